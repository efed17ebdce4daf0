"""`keepthinking convert` and the world around it: pipes, devices, links, full disks, closed streams, large files."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keepthinking.cli._documents import documents
from tests.cli.test_convert import CHAT, PROGRAM, Convert, convert, save

__all__ = ["convert"]

pytestmark = pytest.mark.extras
POSIX = pytest.mark.skipif(os.name == "nt", reason="there are no such files there")

TO_CLAUDE = ("--from", "openai-chat", "--to", "anthropic-messages")


def call(*arguments: object, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], stderr=subprocess.PIPE, check=False, **more)


# -- reading -----------------------------------------------------------------------------------------------------------


class Watched(io.RawIOBase):
    """A file that tells how much of it was asked for."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines: Iterator[bytes] = iter(lines)
        self.taken = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        del size
        self.taken += 1
        return next(self._lines, b"")


def test_a_file_of_lines_is_never_in_memory_whole() -> None:
    file = Watched([b'{"n": %d}\n' % n for n in range(10_000)])

    found = documents(file)  # type: ignore[arg-type]  # it has what is needed

    for number in range(1, 100):
        assert next(found).line == number
        assert file.taken <= number + 2


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", []),
        (b"\xef\xbb\xbf\n \r\n", []),
        (b'{"a": 1}', [(None, b'{"a": 1}')]),
        (b'\xef\xbb\xbf{"a": 1}\n', [(None, b'{"a": 1}\n')]),
        (b'\n{"a": 1}\r\n\n{"b": 2}', [(2, b'{"a": 1}\r\n'), (4, b'{"b": 2}')]),
        (b"[1]\n[2]\n", [(1, b"[1]\n"), (2, b"[2]\n")]),
        (b'[{"a": 1}\n,{"b": 2}]\n', [(None, b'[{"a": 1}\n,{"b": 2}]\n')]),
        (b'{\n"a": 1\n}\n', [(None, b'{\n"a": 1\n}\n')]),
        (b"\n\ndata: {}\n\ndata: {}\n\n", [(None, b"data: {}\n\ndata: {}\n\n")]),
        (b'"text"\n"text"', [(None, b'"text"\n"text"')]),
    ],
)
def test_a_file_tells_by_its_first_line_what_it_is(raw: bytes, expected: list[tuple[int | None, bytes]]) -> None:
    assert [(one.line, one.raw) for one in documents(io.BytesIO(raw))] == expected
    assert sum(one.size for one in documents(io.BytesIO(raw))) in {len(raw), 0}


def test_an_array_of_bodies_is_asked_for_as_lines(convert: Convert, tmp_path: Path) -> None:
    code, _, err = convert(*TO_CLAUDE, save(tmp_path / "a.json", [CHAT, CHAT]))

    assert code == 2
    assert "one document a line" in err


def test_agents_histories_may_stand_one_a_line(convert: Convert, tmp_path: Path) -> None:
    part = {"part_kind": "user-prompt", "content": "go", "timestamp": "2026-11-24T00:00:00Z"}
    history = [{"kind": "request", "parts": [part]}]

    _, out, _ = convert("--from", "pydantic-ai", "--to", "openai-chat", save(tmp_path / "a.jsonl", history, history))

    assert [json.loads(line)["messages"][0]["content"] for line in out.splitlines()] == ["go", "go"]


# -- writing -----------------------------------------------------------------------------------------------------------


def test_what_the_standard_output_has_shown_is_not_denied(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", CHAT, '{"messages": [}')

    code, out, err = convert(*TO_CLAUDE, path)

    assert (code, len(out.splitlines())) == (2, 1)
    assert "what stands before it was written" in err
    assert "nothing was written" not in err


@pytest.mark.parametrize("how", [("--thinking", "refuse"), ("--on-loss", "refuse")])
def test_a_refusal_comes_before_anything_is_shown(convert: Convert, tmp_path: Path, how: tuple[str, str]) -> None:
    fine = {"model": "m", "messages": [{"role": "user", "content": "go"}]}
    path = save(tmp_path / "a.jsonl", fine, CHAT)

    code, out, err = convert(*TO_CLAUDE, *how, path, "--losses", tmp_path / "l.json")

    assert (code, out) == (1, b"")
    assert "refused: nothing was written" in err
    rows = json.loads((tmp_path / "l.json").read_bytes())["losses"]
    assert [(row["line"], row["path"]) for row in rows if row["kind"] == "content"] == [(2, "messages[1].blocks[0]")]


def test_what_was_held_back_is_written_in_the_end(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", *[CHAT] * 3)
    same = ("--from", "openai-chat", "--to", "openai-chat")

    _, out, _ = convert(*same, "--on-loss", "refuse", path)

    assert [json.loads(line) for line in out.splitlines()] == [CHAT] * 3


def test_one_file_is_not_written_twice(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.json", CHAT)

    assert convert(*TO_CLAUDE, path, "-o", tmp_path / "b", "--losses", tmp_path / "x" / ".." / "b")[0] == 3
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@POSIX
def test_behind_a_link_stands_the_file_that_is_meant(convert: Convert, tmp_path: Path) -> None:
    path = save(tmp_path / "a.json", CHAT)
    (tmp_path / "link").symlink_to(tmp_path / "there.json")

    convert("--from", "openai-chat", "--to", "openai-chat", path, "-o", tmp_path / "link")

    assert (tmp_path / "link").is_symlink()
    assert json.loads((tmp_path / "there.json").read_bytes()) == CHAT


@POSIX
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    path, pipe = save(tmp_path / "a.json", CHAT), tmp_path / "pipe"
    os.mkfifo(pipe)
    arguments = [*PROGRAM, "--from", "openai-chat", "--to", "openai-chat", str(path), "-o", str(pipe)]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE) as process:
        out = pipe.read_bytes()

    assert process.returncode == 0
    assert json.loads(out) == CHAT
    assert pipe.is_fifo()


@POSIX
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("how", ["redirected", "named"])
def test_a_full_disk_is_told(tmp_path: Path, how: str, unbuffered: str) -> None:
    path = save(tmp_path / "a.json", CHAT)
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        more: dict[str, Any] = {"stdout": full, "env": env} if how == "redirected" else {"env": env}
        done = call(*TO_CLAUDE, path, *(() if how == "redirected" else ("-o", "/dev/full")), **more)

    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert Path("/dev/full").is_char_device()


@POSIX
@pytest.mark.parametrize(("stream", "sign"), [("input", "<&-"), ("output", ">&-")])
def test_a_closed_stream_is_told(tmp_path: Path, stream: str, sign: str) -> None:
    path = "-" if stream == "input" else save(tmp_path / "a.json", CHAT)
    line = f"exec {sys.executable} -m keepthinking convert --from openai-chat --to openai-chat {path} {sign}"

    done = subprocess.run(["/bin/sh", "-c", line], stderr=subprocess.PIPE, check=False)

    assert done.returncode == 3
    assert f"the standard {stream} is closed".encode() in done.stderr


@POSIX
def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", *[CHAT] * 5_000)
    arguments = [*PROGRAM, *TO_CLAUDE, str(path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert (process.returncode, err) == (0, b"")


@POSIX
def test_ctrl_c_says_what_the_standard_output_has_shown(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jsonl", *[CHAT] * 60_000)
    with (tmp_path / "out").open("wb") as out:
        process = subprocess.Popen([*PROGRAM, *TO_CLAUDE, path], stdout=out, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (tmp_path / "out").stat().st_size and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)

    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert err.strip() == b"interrupted; what stands before it was written"
    assert all(json.loads(line) for line in (tmp_path / "out").read_bytes().splitlines())


def test_the_help_lists_the_names(convert: Convert) -> None:
    code, out, _ = convert("--help")

    assert code == 0
    assert all(name in out for name in (b"bedrock-converse", b"pydantic-ai", b"canonical", b"minimax-split"))
