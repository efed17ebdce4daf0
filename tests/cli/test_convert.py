"""`keepthinking convert`: what it reads, what it writes, what it tells, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keepthinking import dialect, loads
from keepthinking._exchange import Request
from keepthinking.cli import run
from keepthinking.cli._losses import FORMAT
from keepthinking.plugins import dialects

pytestmark = pytest.mark.extras

PROGRAM = [sys.executable, "-m", "keepthinking", "convert"]
Convert = Callable[..., tuple[int, bytes, str]]

CHAT: dict[str, Any] = {
    "model": "deepseek-v4",
    "messages": [
        {"role": "user", "content": "go"},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "a plan",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "r"},
    ],
    "max_tokens": 5,
}
ANSWER: dict[str, Any] = {
    "id": "x",
    "object": "chat.completion",
    "model": "deepseek-v4",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
}


@pytest.fixture
def convert(capfdbinary: pytest.CaptureFixture[bytes]) -> Convert:
    """Run the command here; give the exit code and both outputs."""

    def call(*arguments: object) -> tuple[int, bytes, str]:
        code = run(["convert", *map(str, arguments)])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return call


def save(path: Path, *documents: Any) -> Path:
    path.write_text("\n".join(d if isinstance(d, str) else json.dumps(d) for d in documents), encoding="utf-8")
    return path


# -- what it reads -----------------------------------------------------------------------------------------------------


def test_the_body_of_a_request_becomes_one_of_the_target(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.json", CHAT)

    code, out, err = convert("--from", "openai-chat", "--to", "anthropic-messages", path)

    assert code == 1  # Anthropic takes no thought without its seal
    assert [part["type"] for part in json.loads(out)["messages"][1]["content"]] == ["tool_use"]
    assert json.loads(out)["max_tokens"] == 5
    assert "lost  content  a thought" in err
    assert f"{path}: request, messages[1].blocks[0]" in err
    assert "a plan" not in err


def test_what_goes_along_whole_is_no_loss(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.json", CHAT)

    code, out, err = convert(
        "--from", "openai-chat", "--to", "anthropic-messages", "--profile", "minimax-anthropic", path
    )

    assert (code, err) == (0, "")
    assert json.loads(out)["messages"][1]["content"][0] == {"type": "thinking", "thinking": "a plan"}


def test_the_body_of_an_answer_becomes_one_of_the_target(convert: Convert, tmp_path: Path) -> None:
    _, out, _ = convert("--from", "openai-chat", "--to", "anthropic-messages", save(tmp_path / "a.json", ANSWER))

    assert json.loads(out)["content"] == [{"type": "text", "text": "hi"}]
    assert json.loads(out)["stop_reason"] == "end_turn"


def test_a_stream_stays_a_stream(convert: Convert, tmp_path: Path) -> None:
    speaks = dialect("openai-chat")
    stream = b"".join(speaks.encode_stream(speaks.decode_response(ANSWER)))
    (tmp_path / "a.sse").write_bytes(stream)

    _, out, _ = convert("--from", "openai-chat", "--to", "anthropic-messages", tmp_path / "a.sse")

    decoder = dialect("anthropic-messages").stream_decoder()
    decoder.feed(out)
    assert decoder.finish().message.text == "hi"


def test_exchanges_tell_their_dialect_themselves(convert: Convert, tmp_path: Path) -> None:
    line = {"dialect": "openai-chat", "host": "api.deepseek.com", "at": 5, "request": CHAT, "response": ANSWER}

    _, out, _ = convert("--to", "anthropic-messages", save(tmp_path / "a.jsonl", line, line))

    first, second = map(json.loads, out.splitlines())
    assert first == second
    assert (first["dialect"], first["at"], "host" in first) == ("anthropic-messages", 5, False)
    assert first["response"]["content"][0]["text"] == "hi"


def test_a_body_that_tells_no_dialect_is_asked_for_one(convert: Convert, tmp_path: Path) -> None:
    code, out, err = convert("--to", "anthropic-messages", save(tmp_path / "a.json", CHAT))

    assert (code, out) == (2, b"")
    assert "--from" in err
    assert "openai-chat" in err


@pytest.mark.parametrize("to", [name for name in dialects() if name != "cohere"])
def test_the_canonical_format_is_a_way_station(convert: Convert, tmp_path: Path, to: str) -> None:
    path = save(tmp_path / "a.json", CHAT)

    code, stored, _ = convert("--from", "openai-chat", "--to", "canonical", path)
    (tmp_path / "stored.json").write_bytes(stored)
    _, out, _ = convert("--from", "canonical", "--to", to, tmp_path / "stored.json")
    _, direct, _ = convert("--from", "openai-chat", "--to", to, path)

    assert code == 0
    assert loads(stored, Request).conversation.messages[1].thinking == "a plan"
    assert json.loads(out) == json.loads(direct)


def test_many_files_become_one_line_each(convert: Convert, tmp_path: Path) -> None:
    paths = [save(tmp_path / f"{n}.json", json.dumps(CHAT, indent=2)) for n in range(3)]

    _, out, _ = convert("--from", "openai-chat", "--to", "openai-chat", *paths)

    assert [json.loads(line) for line in out.splitlines()] == [CHAT] * 3


def test_a_broken_line_is_named_and_nothing_is_written(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", CHAT, '{"messages": [}')

    code, out, err = convert("--from", "openai-chat", "--to", "anthropic-messages", path, "-o", tmp_path / "out")

    assert (code, out) == (2, b"")
    assert f"{path}, line 2: " in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl"]


@pytest.mark.parametrize("raw", [b"", b"\n \n"])
def test_an_empty_file_is_no_success(convert: Convert, tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a").write_bytes(raw)

    assert convert("--from", "openai-chat", "--to", "openai-chat", tmp_path / "a")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "openai-chatt", "--to", "openai-chat"), "openai-chat"),
        (("--from", "openai-chat", "--to", "antropic-messages"), "anthropic-messages"),
        (("--from", "openai-chat", "--to", "openai-chat", "--profile", "minimx"), "minimax"),
        (("--from", "openai-chat", "--to", "auto"), "known"),
    ],
)
def test_a_misspelt_name_is_a_wrong_call(convert: Convert, tmp_path: Path, arguments: Any, said: str) -> None:
    code, _, err = convert(*arguments, save(tmp_path / "a.json", CHAT))

    assert code == 3
    assert said in err


def test_a_file_that_is_not_there_is_a_wrong_call(convert: Convert, tmp_path: Path) -> None:
    assert convert("--to", "canonical", tmp_path / "nothing")[0] == 3


# -- what it writes ----------------------------------------------------------------------------------------------------


def test_it_reads_the_standard_input_and_writes_the_standard_output() -> None:
    done = subprocess.run(
        [*PROGRAM, "--from", "openai-chat", "--to", "openai-chat", "-"],
        input=json.dumps(CHAT).encode(),
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == CHAT


def test_a_file_may_be_replaced_by_what_it_becomes(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.json", CHAT)
    path.chmod(0o640)

    convert("--from", "openai-chat", "--to", "openai-chat", path, "-o", path)

    assert json.loads(path.read_bytes()) == CHAT
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("output", [True, False])
def test_a_refused_loss_writes_nothing(convert: Convert, tmp_path: Path, output: bool) -> None:  # noqa: FBT001 - a case
    path, out_path = save(tmp_path / "a.json", CHAT), tmp_path / "out.json"
    more = ("-o", out_path) if output else ()

    code, out, err = convert("--from", "openai-chat", "--to", "anthropic-messages", "--on-loss", "refuse", path, *more)

    assert (code, out, out_path.exists()) == (1, b"", False)
    assert "refused: nothing was written" in err


def test_thinking_that_would_be_lost_is_refused(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.json", CHAT)

    code, out, err = convert("--from", "openai-chat", "--to", "anthropic-messages", "--thinking", "refuse", path)

    assert (code, out) == (1, b"")
    assert "refused" in err
    assert "a thought" in err


def test_all_losses_are_listed_for_a_program(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", CHAT, CHAT)

    _, _, err = convert(
        "--from", "openai-chat", "--to", "anthropic-messages", path, "--losses", tmp_path / "l.json", "--quiet"
    )

    report = json.loads((tmp_path / "l.json").read_bytes())
    assert err == ""
    assert report["format"] == FORMAT
    graver = [row for row in report["losses"] if row["kind"] != "spelling"]
    assert [(row["line"], row["part"], row["path"]) for row in graver] == [
        (1, "request", "messages[1].blocks[0]"),
        (2, "request", "messages[1].blocks[0]"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is another thing there")
def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", *[CHAT] * 60_000)
    out = tmp_path / "out.jsonl"
    process = subprocess.Popen(
        [*PROGRAM, "--from", "openai-chat", "--to", "anthropic-messages", path, "-o", out], stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while (
        not any(p.stat().st_size for p in tmp_path.glob(".out.jsonl.*"))
        and process.poll() is None
        and time.monotonic() < deadline
    ):
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)

    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.jsonl"]


def test_the_help_has_examples_that_are_right() -> None:
    shown = subprocess.run([*PROGRAM, "--help"], capture_output=True, check=True, text=True).stdout

    assert "--on-loss" in shown
    for name in re.findall(r"--(?:from|to) ([a-z-]+)", shown):
        assert name in {*dialects(), "canonical", "auto", "pydantic-ai"}


# -- recordings --------------------------------------------------------------------------------------------------------


def test_who_served_a_recording_is_told_by_its_host(convert: Convert, tmp_path: Path) -> None:
    said = {"role": "assistant", "content": "<think>\na plan\n</think>\n\nseen"}
    line = {
        "dialect": "openai-chat",
        "host": "api.minimax.io",
        "request": {"model": "MiniMax-M2", "messages": [{"role": "user", "content": "go"}, said]},
        "response": {"choices": [{"index": 0, "message": said, "finish_reason": "stop"}]},
    }

    code, out, _ = convert("--to", "anthropic-messages", save(tmp_path / "a.jsonl", line))

    exchange = json.loads(out)
    assert code == 1
    assert b"a plan" not in out  # a thought between tags never becomes visible text
    assert exchange["request"]["messages"][1]["content"] == [{"type": "text", "text": "seen"}]
    assert exchange["response"]["content"] == [{"type": "text", "text": "seen"}]


def test_seals_of_a_recording_go_where_its_host_says_that_they_are_good(convert: Convert, tmp_path: Path) -> None:
    said = {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "c2VhbA=="}]}
    line = {
        "dialect": "anthropic-messages",
        "host": "api.anthropic.com",
        "request": {"model": "claude-opus-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "q"}, said]},
        "response": {"type": "message", **said},
    }
    path = save(tmp_path / "a.jsonl", line)

    _, there, _ = convert("--to", "bedrock-converse", "--profile", "bedrock", path)
    _, elsewhere, _ = convert("--to", "gemini", "--profile", "google-gemini", path)

    assert (there.count(b"c2VhbA=="), elsewhere.count(b"c2VhbA==")) == (2, 0)


def test_a_stream_of_a_wire_that_nobody_has_recorded_becomes_one_piece(convert: Convert, tmp_path: Path) -> None:
    speaks = dialect("openai-chat")
    stream = b"".join(speaks.encode_stream(speaks.decode_response(ANSWER)))
    line = {"dialect": "openai-chat", "request": CHAT, "response": stream.decode()}

    _, out, _ = convert("--to", "cohere", save(tmp_path / "a.jsonl", line), "--losses", tmp_path / "l.json")

    assert json.loads(out)["response"]["message"]["content"] == [{"type": "text", "text": "hi"}]
    rows = json.loads((tmp_path / "l.json").read_bytes())["losses"]
    assert [row["kind"] for row in rows if row["what"] == "that an answer was streamed"] == ["spelling"]


@pytest.mark.parametrize("body", [CHAT, ANSWER, {"model": "m"}])
def test_a_body_is_no_stored_value(convert: Convert, tmp_path: Path, body: Any) -> None:
    code, out, err = convert("--from", "canonical", "--to", "openai-chat", save(tmp_path / "a.json", body))

    assert (code, out) == (2, b"")
    assert "no stored" in err
