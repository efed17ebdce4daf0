"""`keepthinking convert`: histories, answers and recordings in another dialect."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import IO, NamedTuple, Self, cast

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from keepthinking._errors import KeepthinkingError, LossError, UnknownNameError
from keepthinking._reports import Loss
from keepthinking.audit._recording import is_stream
from keepthinking.cli._audit_view import clean
from keepthinking.cli._exit import Exit
from keepthinking.convert import Seals, Thoughts
from keepthinking.convert._documents import AUTO, CANONICAL, Documents
from keepthinking.convert.importers import IMPORTERS
from keepthinking.plugins import dialects

FORMAT = "keepthinking-losses/1"
"""The name of the format of `--losses`."""

_SHAPE = """\
A file is one JSON document (the body of a request or of an answer, a stored conversation, an agent's own messages), an
event stream, or JSON lines of such bodies or of exchanges (objects with `request` and `response`). Each document
becomes one; an event stream stays one. `--from auto` reads the dialect from the exchanges themselves (`dialect`, or the
path of the endpoint).
"""
_EXAMPLES = """\b
Examples:
  keepthinking convert --from openai-chat --to anthropic-messages request.json
  keepthinking convert --to canonical traffic.jsonl -o traffic.canonical.jsonl
  keepthinking convert --from pydantic-ai --to bedrock-converse --thinking drop messages.json
  curl -sN ... | keepthinking convert --from openai-chat --to anthropic-messages -
"""
_EXITS = """\b
Exit codes:
  0  everything went along, but for harmless spelling
  1  something stayed behind (it is told); with --on-loss refuse nothing is written then
  2  a document could not be read or written
  3  the call itself is wrong
"""


@click.command(name="convert", epilog=f"{_SHAPE}\n{_EXAMPLES}\n{_EXITS}")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True, path_type=str))
@click.option("--from", "source", metavar="NAME", default=AUTO, show_default=True, help="What the files are.")
@click.option("--to", metavar="NAME", required=True, help="What they become: a dialect, or canonical.")
@click.option("--from-profile", metavar="NAME", help="Who served it; only then can seals be known to be good.")
@click.option("--profile", metavar="NAME", help="Who will read it, such as minimax-anthropic.")
@click.option(
    "--thinking",
    type=click.Choice(["native", "drop", "text", "refuse"]),
    default="native",
    show_default=True,
    help="What becomes of thinking whose seal cannot go along: the target's own thinking where it takes such, "
    "nothing, visible text, or an error.",
)
@click.option(
    "--seals",
    type=click.Choice(["domain", "keep", "drop"]),
    default="domain",
    show_default=True,
    help="Which seals go along: those that a rule says are good there, also those of which none says anything, none.",
)
@click.option(
    "--on-loss",
    type=click.Choice(["report", "refuse"]),
    default="report",
    show_default=True,
    help="Whether something that stays behind is told, or ends the conversion before anything is written.",
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(dir_okay=False), help="Where to write; whole or not.")
@click.option("--losses", metavar="FILE", type=click.Path(dir_okay=False), help="Write all that stays behind as JSON.")
@click.option("--quiet", is_flag=True, help="Tell nothing of what stays behind, and no progress.")
def command(  # noqa: PLR0913, PLR0917 - one parameter an option
    files: Sequence[str],
    source: str,
    to: str,
    from_profile: str | None,
    profile: str | None,
    thinking: str,
    seals: str,
    on_loss: str,
    output: str | None,
    losses: str | None,
    *,
    quiet: bool,
) -> None:
    """Convert histories, answers and recordings to another dialect.

    Reads FILES (- is the standard input) and writes what they say in the dialect --to, to the standard output or to a
    file. Seals go only where they are good, and no thinking becomes visible text unless you ask for that. What the
    target cannot hold is told on the standard error, by its path in the file.
    """
    documents = _documents(
        source=source,
        to=to,
        source_profile=from_profile,
        profile=profile,
        thinking=cast("Thoughts", thinking),
        seals=cast("Seals", seals),
    )
    told: list[_Told] = []
    # a refusal comes before anything is written, so nothing goes out until all is converted
    with _Output(output, held=on_loss == "refuse") as out:
        for piece in _converted(files, documents, told, quiet=quiet):
            out.write(piece)
        grave = any(one.loss.kind != "spelling" for one in told)
        if grave and on_loss == "refuse":
            out.discard()
    if losses is not None:
        with _Output(losses, held=False) as report:
            report.write(_as_json(told))
    if not quiet:
        click.echo(_as_text(told, refused=grave and on_loss == "refuse"), err=True, nl=False)
    raise click.exceptions.Exit(Exit.FINDINGS if grave else Exit.OK)


class _Told(NamedTuple):
    """A loss, and where it stands: the file, the line, and the part of an exchange."""

    file: str
    line: int | None
    part: str
    loss: Loss


def _documents(  # noqa: PLR0913 - what a caller may say, each by name
    *,
    source: str,
    to: str,
    source_profile: str | None,
    profile: str | None,
    thinking: Thoughts,
    seals: Seals,
) -> Documents:
    known = {*dialects(), CANONICAL}
    for option, name, names in (("--from", source, {*known, AUTO, *IMPORTERS}), ("--to", to, known)):
        if name not in names:
            raise click.BadParameter(str(UnknownNameError("format", name, names)), param_hint=option)
    try:
        return Documents(
            source=source, to=to, source_profile=source_profile, profile=profile, thinking=thinking, seals=seals
        )
    except UnknownNameError as error:
        raise click.BadParameter(str(error), param_hint="--profile") from error


# -- reading ---------------------------------------------------------------------------------------------------------


def _converted(files: Sequence[str], documents: Documents, told: list[_Told], *, quiet: bool) -> Iterator[bytes]:
    console = Console(stderr=True)
    shown = console.is_terminal and not quiet
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    bar = Progress(*columns, console=console, disable=not shown, transient=True)
    with _heard() as interrupted, bar if shown else nullcontext():  # rich 13 ends an unseen bar with an empty line
        for name in files:
            raw = _read(name)
            task = bar.add_task(Path(name).name, total=len(raw))
            for line, document in _split(raw):
                if interrupted:
                    raise KeyboardInterrupt
                try:
                    written = documents.convert(document)
                except LossError as error:
                    click.echo(f"refused: {_where(name, line)}{error}; nothing was written", err=True)
                    raise click.exceptions.Exit(Exit.FINDINGS) from error
                except KeepthinkingError as error:
                    raise click.ClickException(f"{_where(name, line)}{error}; nothing was written") from error
                told += [_Told(name, line, one.part, one.loss) for one in written.told]
                yield written.body if written.stream and line is None else written.body + b"\n"
                bar.advance(task, len(document) + 1)


@contextmanager
def _heard() -> Generator[list[int]]:
    """Remember Ctrl-C: one that comes while a value is let go is raised where Python ignores it."""
    heard: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler or current_thread() is not main_thread():
        yield heard  # nobody hears it here, or somebody else does
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise click.BadParameter(f"cannot read {name!r}: {error.strerror}", param_hint="FILES") from error


def _split(raw: bytes) -> Iterator[tuple[int | None, bytes]]:
    """Give the documents of a file, with their lines where it has one a line."""
    text = raw.removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        raise click.ClickException("nothing to convert: the file is empty")
    head = text.lstrip()[:1]
    if head != b"[" and is_stream(text):
        yield None, text
        return
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if head == b"{" and len(lines) > 1 and _is_whole(lines[0][1]):
        yield from lines
    else:
        yield None, text


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _where(name: str, line: int | None) -> str:
    return f"{clean(name)}: " if line is None else f"{clean(name)}, line {line}: "


# -- writing ---------------------------------------------------------------------------------------------------------


class _Output:
    """A file that is there whole or not at all, or the standard output."""

    def __init__(self, name: str | None, *, held: bool) -> None:
        self._name = name
        self._held = held
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self._name is not None:
            target = Path(self._name)
            try:
                file = tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False)
            except OSError as error:
                raise click.BadParameter(f"cannot write {self._name!r}: {error.strerror}", param_hint="-o") from error
            self._file = cast("IO[bytes]", file)
        return self

    def write(self, piece: bytes) -> None:
        """Write; held back where a refusal may still come."""
        if self._file is not None:
            self._file.write(piece)
        elif self._held:
            self._pieces.append(piece)
        else:
            _print(piece)

    def discard(self) -> None:
        """Let nothing of it be written."""
        self._pieces = []
        if self._file is not None:
            _remove(self._file)
            self._file = None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._file is None:
            if kind is None and self._pieces:
                _print(b"".join(self._pieces))
            return
        if kind is not None or self._name is None:
            self.discard()
            return
        self._file.close()
        Path(self._file.name).chmod(_mode(Path(self._name)))
        Path(self._file.name).replace(self._name)


def _mode(target: Path) -> int:
    """Give the permissions of a file that is replaced, or those of a new one; temporary files are the owner's alone."""
    with suppress(OSError):
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _remove(file: IO[bytes]) -> None:
    file.close()
    with suppress(OSError):
        Path(file.name).unlink()


def _print(piece: bytes) -> None:
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


# -- telling ---------------------------------------------------------------------------------------------------------


def _as_text(told: Sequence[_Told], *, refused: bool) -> str:
    """Tell what stays behind, alike things once; harmless spelling is only counted."""
    groups: dict[tuple[str, str, str], list[_Told]] = {}
    spelling = 0
    for one in told:
        if one.loss.kind == "spelling":
            spelling += 1
        else:
            groups.setdefault((one.loss.kind, one.loss.what, one.loss.why), []).append(one)
    lines: list[str] = []
    for (kind, what, why), alike in groups.items():
        first = alike[0]
        place = f"{_where(first.file, first.line)}{first.part + ', ' if first.part else ''}{first.loss.path}"
        more = f" and {len(alike) - 1} more" if len(alike) > 1 else ""
        lines.append(f"lost  {kind}  {clean(what)}: {clean(why)}\n        {clean(place)}{more}")
    if refused:
        lines.append("refused: nothing was written")
    if lines and spelling:
        lines.append(f"besides, {spelling} harmless differences of spelling (--losses FILE lists all)")
    return "".join(f"{line}\n" for line in lines)


def _as_json(told: Sequence[_Told]) -> bytes:
    rows = [
        {
            "file": one.file,
            "line": one.line,
            "part": one.part or None,
            "kind": one.loss.kind,
            "path": one.loss.path,
            "what": one.loss.what,
            "why": one.loss.why,
        }
        for one in told
    ]
    return json.dumps({"format": FORMAT, "losses": rows}, indent=2).encode() + b"\n"
