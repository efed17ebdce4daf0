"""`keepthinking audit`: what it prints, where, and how it ends."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keepthinking.checks import CHECKS
from keepthinking.cli import run
from keepthinking.cli._audit_view import FORMAT, clean
from tests.core.audit.faults import FAULTS
from tests.core.audit.places import dump
from tests.core.audit.scripted import Recorded, record, thought
from tests.core.audit.test_faults import PLANTED
from tests.core.audit.wires import WIRES

pytestmark = pytest.mark.extras

PROGRAM = [sys.executable, "-m", "keepthinking", "audit"]
Audit = Callable[..., tuple[int, str, str]]
Save = Callable[..., Path]


@pytest.fixture
def audit(capsys: pytest.CaptureFixture[str]) -> Audit:
    """Run the command here; give the exit code and both outputs."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run(["audit", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Write a recording to a file."""

    def write(recorded: Recorded | bytes, name: str = "traffic.jsonl") -> Path:
        body = recorded if isinstance(recorded, bytes) else b"".join(map(dump, recorded.lines()))
        (tmp_path / name).write_bytes(body)
        return tmp_path / name

    return write


def faulty(name: str = "thinking_dropped_in_the_loop", wire: str = "deepseek") -> Recorded:
    plant, _, request = FAULTS[name]
    recorded = record(WIRES[wire]).cut(request)
    plant(recorded, request)
    return recorded


def piped(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, check=False, timeout=60)


# -- text --------------------------------------------------------------------------------------------------------------


def test_a_faithful_recording_is_told_in_four_lines(audit: Audit, save: Save) -> None:
    code, out, err = audit(save(record(WIRES["deepseek"])))

    assert (code, err) == (0, "")
    assert out == (
        "8 exchanges; 28 answers expected again in later requests\n"
        "thinking blocks: 28 preserved\n"
        "unattributed: 0 of 28 model messages in requests\n"
        "0 failing, 0 warnings, 0 notes\n"
    )


def test_a_finding_is_told_with_its_places_and_its_rule(audit: Audit, save: Save) -> None:
    code, out, err = audit(save(faulty()))

    assert (code, err) == (1, "")
    assert out.startswith("  fail  thinking.kept.in-loop  MUST  dropped\n")
    assert f"a thinking block of {len(thought(2))} characters did not come back\n" in out
    assert "said in    response 2, $.choices[0].message.reasoning_content\n" in out
    assert "seen in    request 6, $.messages[5]\n" in out
    assert "rule deepseek.v4.chat, verified 20" in out
    assert "https://api-docs.deepseek.com/guides/thinking_mode" in out
    assert out.endswith("1 failing, 0 warnings, 0 notes\n")


def test_of_many_alike_three_are_shown_and_all_with_all(audit: Audit, save: Save) -> None:
    recorded = record(WIRES["deepseek"])
    for one in recorded.exchanges:
        for message in one["request"]["messages"]:
            message.pop("reasoning_content", None)
    path = save(recorded)

    _, few, _ = audit(path)
    _, every, _ = audit(path, "--all")

    assert "thinking.kept.in-loop  MUST  dropped  (6 times)" in few
    assert "and 3 more like it, in requests 5, 6, 8; --all shows them" in few
    assert "thinking.kept.cross-turn  MUST  dropped\n" in few  # the final answer of the first loop
    assert (few.count("said in"), every.count("said in")) == (4, 7)
    assert "and in 6 later requests" in few  # a loss of the loop is the same loss when the loop is over
    assert "more like it" not in every


def test_notes_are_counted_and_shown_with_all(audit: Audit, save: Save) -> None:
    path = save(faulty("instructions_altered_later"))

    code, few, _ = audit(path)
    _, every, _ = audit("--all", path)

    assert code == 0
    assert "prefix.unaltered" not in few
    assert few.endswith("0 failing, 0 warnings, 1 note; --all shows the notes\n")
    assert "  note  prefix.unaltered  MAY  altered\n" in every


def test_strict_lets_a_should_fail(audit: Audit, save: Save) -> None:
    path = save(faulty("result_altered_later"))

    lax, told, _ = audit(path)
    strict, accused, _ = audit("--strict", path)

    assert (lax, strict) == (0, 1)
    assert "  warn  result.unaltered  SHOULD" in told
    assert "  fail  result.unaltered  SHOULD" in accused


def estranged() -> Recorded:
    """A recording whose first exchange is missing."""
    recorded = record(WIRES["deepseek"])
    del recorded.exchanges[0]
    return recorded


def test_history_that_nothing_explains_is_told_with_its_share(audit: Audit, save: Save) -> None:
    code, out, _ = audit(save(estranged()))

    told = "unattributed: 7 of 28 model messages in requests (25.0%) come from no recorded answer"
    assert code == 0
    assert f"{told}, so nothing judges them; --all shows where they stand\n" in out


def test_strict_lets_history_that_nothing_explains_fail(audit: Audit, save: Save) -> None:
    path = save(estranged())

    lax, strict, every = audit(path), audit("--strict", path), audit("--all", "--strict", path)

    assert (lax[0], strict[0], every[0]) == (0, 1, 1)
    assert "--strict fails on that" in strict[1]
    assert "--strict" not in lax[1]
    assert "  unattributed  request 1, $.messages[2]: no recorded answer explains this message\n" in every[1]
    assert "  unattributed  " not in strict[1]
    assert json.loads(audit("--strict", "--format", "json", path)[1])["exit"] == 1


def test_json_tells_what_nothing_explains(audit: Audit, save: Save) -> None:
    report = json.loads(audit("--format", "json", save(estranged()))[1])

    assert (report["unattributed"], report["model_messages"], report["exit"]) == (7, 28, 0)
    assert report["strangers"] == [{"request": 1, "path": "$.messages[2]", "scope": ""}]


def test_quiet_shows_only_what_fails(audit: Audit, save: Save) -> None:
    path = save(faulty("result_altered_later"))

    assert "result.unaltered" not in audit("--quiet", path)[1]
    assert "result.unaltered" in audit("--quiet", "--strict", path)[1]


def test_findings_stand_under_their_scope(audit: Audit, save: Save) -> None:
    lines: list[Any] = []
    for scope in ("one", "two"):
        recorded = faulty()
        lines += [{**exchange, "scope": scope} for exchange in recorded.exchanges]

    _, out, _ = audit(save(b"".join(map(dump, lines))))

    assert re.findall(r"^\w+$", out, re.MULTILINE) == ["one", "two"]


def test_several_files_are_one_recording(audit: Audit, save: Save) -> None:
    lines = [dump(exchange) for exchange in faulty().exchanges]
    first, second = save(b"".join(lines[:3]), "1.jsonl"), save(b"".join(lines[3:]), "2.jsonl")

    code, out, _ = audit(first, second)

    assert code == 1
    assert "said in    response 2" in out


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_json_holds_everything_and_leaves_nothing_out(audit: Audit, save: Save) -> None:
    code, out, err = audit("--format", "json", save(faulty()))

    report = json.loads(out)
    assert (code, err) == (1, "")
    assert (report["format"], report["exit"], report["strict"]) == (FORMAT, 1, False)
    assert (report["exchanges"], report["expected"]) == (6, 15)
    assert report["fates"] == {"dropped": 1, "preserved": 14}
    assert (report["problems"], report["strangers"], report["unattributed"]) == ([], [], 0)
    (finding,) = report["findings"]
    assert finding["check"] in CHECKS
    assert (finding["status"], finding["level"], finding["fate"]) == ("fail", "MUST", "dropped")
    assert (finding["request"], finding["response"], finding["requests"]) == (6, 2, 1)
    assert finding["path"] == "$.messages[5]"
    assert finding["origin"] == "$.choices[0].message.reasoning_content"
    assert (finding["at"], finding["rule"], finding["scope"]) == (None, "deepseek.v4.chat", "")


def test_json_is_the_same_with_and_without_notes(audit: Audit, save: Save) -> None:
    path = save(faulty("instructions_altered_later"))

    assert audit("--format", "json", path) == audit("--format", "json", "--all", "--quiet", path)
    assert len(json.loads(audit("--format", "json", path)[1])["findings"]) == 1


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_a_wrong_call(audit: Audit, tmp_path: Path) -> None:
    code, out, err = audit(tmp_path / "missing.jsonl")

    assert (code, out) == (3, "")
    assert "missing.jsonl': No such file or directory" in err
    assert audit(tmp_path)[0] == 3
    assert audit()[0] == 3


def test_a_broken_line_behind_good_ones_is_told_and_the_rest_is_judged(audit: Audit, save: Save) -> None:
    lines = [dump(exchange) for exchange in faulty().exchanges]
    half = save(b"".join(lines) + lines[2][:400])

    code, out, _ = audit(half)

    assert code == 1  # what fails comes first
    assert f"not judged  a line that is no exchange ({half}): line 7, character" in out
    assert "1 exchange could not be judged" in out
    code, out, _ = audit(save(b"".join(lines[:3]) + b'{"response": {}}\n'))
    assert code == 2
    assert "line 4: the line holds no `request`" in out


def test_something_else_than_a_recording_is_refused_at_its_first_line(audit: Audit, save: Save) -> None:
    for body in (
        b"[\n",
        b"plain text\n",
        b"\xff\xfe{\x00",
        b'"a string"\n',
        b'{\n  "request": {}\n}\n',
        b"[" * 100_000,
    ):
        code, out, err = audit(save(body))
        assert (code, out) == (2, ""), body[:20]
        assert "is no recording: line 1" in err
        assert "each line of a recording is one JSON object" in err


@pytest.mark.parametrize("magic", [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\x00", b"PK\x03\x04"])
def test_a_packed_file_is_told_how_to_be_unpacked(audit: Audit, save: Save, magic: bytes) -> None:
    code, out, err = audit(save(magic + b"rest of it"))

    assert (code, out) == (3, "")
    assert "is packed; unpack it with" in err


def test_a_really_packed_recording_is_refused_from_the_standard_input(save: Save) -> None:
    body = save(faulty()).read_bytes()

    packed = piped("-", stdin=gzip.compress(body))
    plain = piped("-", stdin=body)

    assert (packed.returncode, packed.stdout) == (3, b"")
    assert b"the standard input is packed; unpack it with `zcat`" in packed.stderr
    assert (plain.returncode, plain.stderr) == (1, b"")
    assert plain.stdout.startswith(b"  fail  thinking.kept.in-loop")


@pytest.mark.parametrize("body", [b"", b"\n\n \n", b"\xef\xbb\xbf"])
def test_nothing_to_judge_is_no_pass(audit: Audit, save: Save, body: bytes) -> None:
    code, out, _ = audit(save(body))

    assert code == 2
    assert "Nothing to judge: no request goes on from a recorded answer." in out


def test_a_recording_without_a_second_request_is_no_pass(audit: Audit, save: Save) -> None:
    assert audit(save(record(WIRES["claude"]).cut(1)))[0] == 2


def test_a_byte_order_mark_does_not_hurt(audit: Audit, save: Save) -> None:
    body = b"\xef\xbb\xbf" + save(record(WIRES["claude"])).read_bytes()

    assert audit(save(body))[0] == 0


def test_unknown_names_are_refused_before_anything_is_read(audit: Audit, save: Save) -> None:
    path = save(faulty())

    for option, name, close in (("--dialect", "openai-chta", "openai-chat"), ("--profile", "deepsek", "deepseek")):
        code, out, err = audit(option, name, path)
        assert (code, out) == (3, "")
        assert f"did you mean '{close}'" in err


def test_an_unknown_dialect_in_the_recording_is_a_problem_of_that_exchange(audit: Audit, save: Save) -> None:
    recorded = record(WIRES["deepseek"])
    recorded.exchanges[3] |= {"dialect": "klingon", "endpoint": "/heghlu/meh"}
    recorded.exchanges[4].pop("dialect")
    recorded.exchanges[4]["endpoint"] = "/unheard/of"

    code, out, _ = audit(save(recorded))

    assert code == 2
    assert "exchange 4: no dialect named 'klingon'" in out
    assert "exchange 5: neither `dialect` nor the path tells the dialect" in out
    assert audit("--dialect", "openai-chat", save(recorded))[1].count("not judged") == 1


def test_dialect_and_profile_may_be_given(audit: Audit, save: Save) -> None:
    recorded = record(WIRES["minimax"])
    for one in recorded.exchanges:
        for name in ("dialect", "host", "endpoint"):
            one.pop(name)
    path = save(recorded)

    assert "28 preserved" in audit("--dialect", "openai-chat", "--profile", "minimax", path)[1]
    assert "none expected" in audit("--dialect", "openai-chat", path)[1]  # without tags it is all text


def test_a_broken_body_is_a_problem_and_the_others_are_judged(audit: Audit, save: Save) -> None:
    recorded = faulty()
    recorded.exchanges[1]["response"] = {"choices": 7}
    recorded.exchanges[2]["request"]["messages"][0] = {"role": 7}

    code, out, _ = audit(save(recorded))

    assert code in {1, 2}
    assert "exchange 2" in out
    assert "exchange 3" in out


# -- what may never be printed -----------------------------------------------------------------------------------------

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x9b2J\r\n\u202egnp.exe\u2028\u200b\x00\ud83d"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_recording_cannot_drive_a_terminal(audit: Audit, save: Save, form: str) -> None:
    recorded = faulty("call_dropped")
    for one in recorded.exchanges:
        one["scope"] = HOSTILE
    for message in (recorded.answer(5, 6), recorded.exchanges[4]["response"]["choices"][0]["message"]):
        for call in message["tool_calls"]:
            call["function"]["name"] = HOSTILE
    recorded.exchanges.append({**recorded.exchanges[0], "dialect": HOSTILE, "source": HOSTILE})
    body = b"".join(json.dumps(one).encode() + b"\n" for one in recorded.exchanges)

    code, out, err = audit("--all", "--format", form, save(body))

    assert code == 1
    assert err == ""
    assert all(line.isprintable() for line in out.splitlines())
    assert out.count("\n") == len(out.splitlines())
    assert r"\x1b]0;owned\x07" in out or "\\u001b]0;owned" in out


def test_clean_keeps_what_can_be_shown() -> None:
    assert clean("plain, ünïcode, 思考, 🙂") == "plain, ünïcode, 思考, 🙂"
    assert clean("a\x1b[0m\u202eb\ud800") == r"a\x1b[0m\u202eb\ud800"


@pytest.mark.parametrize("wire", ["deepseek", "claude"])
def test_no_output_holds_thinking(audit: Audit, save: Save, wire: str) -> None:
    assert PLANTED
    for name, (_, wires, _) in FAULTS.items():
        if wire not in wires:
            continue
        recorded = faulty(name, wire)
        for form in ("text", "json"):
            _, out, err = audit("--all", "--strict", "--format", form, save(recorded))
            assert "canary" not in out + err, name


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_no_error_holds_thinking(audit: Audit, save: Save, wire: Any) -> None:
    lines = [dump(exchange) for exchange in record(wire).lines()]
    broken = [
        *(line[: len(line) * n // 10] for line in lines[3:5] for n in range(3, 10)),
        lines[4].replace(b'"messages": [', b'"messages": {"canary": [', 1),
        lines[4].replace(b'"role": "assistant"', b'"role": ["canary"]'),
        lines[4].replace(b'"role": "user"', b'"role": null'),
        lines[4].replace(b'"content"', b'"content": "canary", "content"'),
        lines[4].replace(b"canary", b"canary\\ud800"),
        lines[4].replace(b"canary", b"canary\xff"),
        lines[4].replace(b"canary", b"canary\x01"),
    ]
    for n, line in enumerate(broken):
        for form in ("text", "json"):
            _, out, err = audit("--format", form, save(lines[0] + line.strip() + b"\n"))
            assert "canary" not in out + err, n


# -- as a process ------------------------------------------------------------------------------------------------------


def test_progress_stands_on_a_terminal_and_nowhere_else(save: Save) -> None:
    path = save(faulty())
    master, slave = pty.openpty()
    done = subprocess.run([*PROGRAM, str(path)], stdout=subprocess.PIPE, stderr=slave, check=False, timeout=60)
    os.close(slave)
    shown = os.read(master, 1 << 16)
    os.close(master)
    assert done.returncode == 1
    assert b"traffic.jsonl" in shown
    assert b"\x1b[" in shown
    assert b"\x1b" not in done.stdout

    quiet = piped(path)
    assert (quiet.returncode, quiet.stderr) == (1, b"")
    assert quiet.stdout == done.stdout


def test_color_stands_on_a_terminal_and_nowhere_else(save: Save) -> None:
    path = save(faulty())
    master, slave = pty.openpty()
    subprocess.run([*PROGRAM, str(path)], stdout=slave, stderr=subprocess.DEVNULL, check=False, timeout=60)
    plain = {**os.environ, "NO_COLOR": "1", "TERM": "xterm"}
    os.close(slave)
    shown = os.read(master, 1 << 16)
    os.close(master)
    assert b"\x1b[31m\x1b[1mfail\x1b[0m" in shown

    master, slave = pty.openpty()
    subprocess.run([*PROGRAM, str(path)], stdout=slave, stderr=subprocess.DEVNULL, check=False, timeout=60, env=plain)
    os.close(slave)
    shown = os.read(master, 1 << 16)
    os.close(master)
    assert b"fail" in shown
    assert b"\x1b[31m" not in shown


def test_ctrl_c_ends_it_without_a_traceback(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        subprocess.Popen([*PROGRAM, str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
        pipe.open("wb"),  # waits until the program reads
    ):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (130, b"")
    assert err.strip() == b"interrupted"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_closed_pipe_does_not_change_the_verdict(save: Save, form: str) -> None:
    path = save(faulty())
    with subprocess.Popen(
        [*PROGRAM, "--format", form, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()

    assert (process.returncode, err) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("asked", ["a recording", "the help"])
def test_a_full_disk_is_told(save: Save, asked: str, unbuffered: str) -> None:
    words = [str(save(faulty()))] if asked == "a recording" else ["--help"]
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60, env=env)

    assert (done.returncode, done.stderr) == (2, b"Error: No space left on device\n")


def test_an_encoding_that_has_not_all_letters_does_not_break_it(save: Save) -> None:
    recorded = faulty()
    for one in recorded.exchanges:
        one["scope"] = "思考 é"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*PROGRAM, str(save(recorded))], capture_output=True, check=False, timeout=60, env=environment
    )

    assert (done.returncode, done.stderr) == (1, b"")
    assert rb"\u601d\u8003 \xe9" in done.stdout


def test_help_is_a_page_that_one_can_read(audit: Audit) -> None:
    code, out, err = audit("--help")

    assert (code, err) == (0, "")
    assert all(len(line) <= 80 for line in out.splitlines())
    for word in ("--strict", "--format", "keepthinking audit traffic.jsonl", "zcat traffic.jsonl.gz", "Exit codes:"):
        assert word in out
    assert "\n    2  something could not be judged, or nothing was there to judge\n" in out


# -- order -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timed", "how"), [(True, "by their times"), (False, "by which request holds which answer")], ids=["timed", "not"]
)
def test_files_that_stand_in_another_order_are_judged_oldest_first(
    audit: Audit, save: Save, how: str, *, timed: bool
) -> None:
    lines = [{**line, "at": 1_790_000_000 + n} if timed else line for n, line in enumerate(faulty().lines())]
    old, new = save(b"".join(map(dump, lines[:2])), "log.2"), save(b"".join(map(dump, lines[2:])), "log.1")

    code, out, _ = audit("--format", "json", new, old)
    right = json.loads(audit("--format", "json", old, new)[1])

    numbers = [*range(3, len(lines) + 1), 1, 2]  # by the number of a line here, the one that it has there
    found = json.loads(out)
    told = [(f["check"], numbers[f["request"] - 1], numbers[f["response"] - 1]) for f in found["findings"]]
    assert (code, found["fates"], found["unattributed"]) == (1, right["fates"], 0)
    assert told == [(f["check"], f["request"], f["response"]) for f in right["findings"]]
    assert (right["order"], found["order"]) == ("recorded", "time" if timed else "answers")
    assert how in audit(new, old)[1]


@pytest.mark.skipif(os.name == "nt", reason="there are no such files there")
@pytest.mark.parametrize("named", [False, True], ids=["standard input", "pipe"])
def test_a_recording_that_comes_through_a_pipe_may_be_in_any_order_too(tmp_path: Path, *, named: bool) -> None:
    recording = b"".join(map(dump, reversed(record(WIRES["claude"]).lines())))
    if named:
        os.mkfifo(tmp_path / "pipe")
        with subprocess.Popen([*PROGRAM, str(tmp_path / "pipe")], stdout=subprocess.PIPE) as process:
            (tmp_path / "pipe").write_bytes(recording)
            out, _ = process.communicate(timeout=60)
        code = process.returncode
    else:
        done = piped("-", stdin=recording)
        code, out = done.returncode, done.stdout

    assert code == 0
    assert b"in another order" in out
