"""`keepthinking audit`: the judge over recorded exchanges."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import IO, Any, cast

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from keepthinking._errors import DecodeError, UnknownNameError
from keepthinking._exchange import Exchange
from keepthinking._profiles import profiles
from keepthinking.audit import Auditor, Report, read
from keepthinking.audit._auditor import settle
from keepthinking.audit._order import Order, in_order
from keepthinking.cli._audit_view import as_json, as_text
from keepthinking.cli._exit import Exit
from keepthinking.cli._streams import silence, stdin, stdout
from keepthinking.plugins import dialects

_SHAPE = """\
Each line of a file is one exchange, a JSON object with `request` and `response`: parsed bodies, or their text (an event
stream is text). As far as known it also has `dialect` or `endpoint`, `host`, `status`, `at` (the time), `scope` (what
separates conversations) and `delivered` (false if the client never saw the answer). A binary stream (Bedrock) is base64
text, and the line says so: `"encoding": "base64"`. The lines may stand in any order: the times tell which came first,
else which request holds which answer.
"""
_EXAMPLES = """\b
Examples:
  keepthinking audit traffic.jsonl
  keepthinking audit --strict --profile deepseek run1.jsonl run2.jsonl
  keepthinking audit --format json traffic.jsonl > findings.json
  zcat traffic.jsonl.gz | keepthinking audit -
"""
_EXITS = """\b
Exit codes:
  0  every thought came back, or its provider's rule let it go
  1  a MUST is broken; with --strict also a SHOULD, or a model message in a
     request that no recorded answer explains
  2  something could not be judged, or nothing was there to judge
  3  the call itself is wrong
"""
_SPOOL = 1 << 26
"""So many bytes of a standard input stay in memory; more of it lies in a temporary file."""
_PACKED = {
    b"\x1f\x8b": "zcat",
    b"\x28\xb5\x2f\xfd": "zstdcat",
    b"BZh": "bzcat",
    b"\xfd7zXZ": "xzcat",
    b"PK\x03\x04": "unzip -p",
}


@click.command(name="audit", epilog=f"{_SHAPE}\n{_EXAMPLES}\n{_EXITS}")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True, path_type=str))
@click.option("--dialect", metavar="ID", help="Dialect of exchanges that do not tell, such as openai-chat.")
@click.option(
    "--profile", metavar="NAME", help="Profile of all exchanges, such as minimax; by default host and model decide."
)
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print."
)
@click.option(
    "--strict", is_flag=True, help="Let SHOULD findings fail too, and history that no recorded answer explains."
)
@click.option(
    "--all", "everything", is_flag=True, help="Print each finding and the notes (MAY), not a few of each kind."
)
@click.option("--quiet", is_flag=True, help="Print only what fails, and no progress.")
def command(  # noqa: PLR0913 - one parameter an option
    files: Sequence[str],
    dialect: str | None,
    profile: str | None,
    format_: str,
    *,
    strict: bool,
    everything: bool,
    quiet: bool,
) -> None:
    """Tell what became of every thought in recorded traffic.

    Reads exchanges from FILES (JSON lines; - is the standard input), finds which request goes on from which answer, and
    reports each block of memory that was lost, changed, moved or made up: the check, where it stands in the body, and
    the provider's rule that wants it back. What a model thought is never printed.
    """
    _known(dialect, profile)
    stdout()  # without one nothing could be told
    with ExitStack() as stack:
        recordings = [_Recording(name, stack) for name in files]

        def judge(order: Order | None) -> Auditor:
            auditor = Auditor(dialect=dialect, profile=profile)
            for number, exchange in in_order(_exchanges(recordings, auditor, quiet=quiet), order):
                auditor.add(exchange, number=number)
            return auditor

        report = settle(judge)
    code = exit_code(report, strict=strict)
    text = (
        as_json(report, code=code, strict=strict)
        if format_ == "json"
        else as_text(report, strict=strict, everything=everything, quiet=quiet, color=_color())
    )
    _write(text)
    raise click.exceptions.Exit(code)


def exit_code(report: Report, *, strict: bool) -> Exit:
    """Give the exit code for a report: a check that saw nothing is no pass, nor is, if strict, one that saw half."""
    if any(finding.status == "fail" or (strict and finding.level == "SHOULD") for finding in report.findings):
        return Exit.FINDINGS
    if strict and report.unattributed:
        return Exit.FINDINGS
    return Exit.HARNESS if report.problems or not report.expected else Exit.OK


def _known(dialect: str | None, profile: str | None) -> None:
    """Refuse a name that nobody registered, before anything is read."""
    for option, name, kind, known in (
        ("--dialect", dialect, "dialect", dialects()),
        ("--profile", profile, "profile", tuple(row.name for row in profiles())),
    ):
        if name is not None and name not in known:
            raise click.BadParameter(str(UnknownNameError(kind, name, known)), param_hint=option)


def _color() -> bool:
    console = Console(file=sys.stdout)
    return console.color_system is not None and not console.no_color


def _write(text: str) -> None:
    """Write to the standard output; a reader that has gone away does not change the verdict."""
    shown: Any = sys.stdout
    if hasattr(shown, "reconfigure"):
        shown.reconfigure(errors="backslashreplace")  # a path may hold what the terminal's encoding has not
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence()


# -- reading -------------------------------------------------------------------------------------------------------


class _Recording:
    """A file that can be read more than once, as its exchanges may stand in another order than they were made in.

    Args:
        name: Its name; `-` is the standard input, which is kept in a temporary file without a name if it is large.
        stack: Closes what is opened.
    """

    def __init__(self, name: str, stack: ExitStack) -> None:
        self.name = name
        self.size: int | None = None
        self._stack = stack
        self._file: IO[bytes] | None = None

    def open(self) -> IO[bytes]:
        """Give it from its beginning. Raises `click.UsageError`."""
        if self._file is not None:
            self._file.seek(0)
            return self._file
        try:
            file = stdin() if self.name == "-" else self._stack.enter_context(Path(self.name).open("rb"))  # noqa: SIM115 - the stack closes it
            self._file = file if file.seekable() else self._kept(file)
            self.size = os.fstat(file.fileno()).st_size or None  # a pipe has none
        except OSError as error:
            raise click.BadParameter(f"cannot read {self.name!r}: {error.strerror}", param_hint="FILES") from error
        self._refuse_packed(self._file)
        return self._file

    def _kept(self, stream: IO[bytes]) -> IO[bytes]:
        spool = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115 - the stack closes it
        kept = cast("IO[bytes]", self._stack.enter_context(spool))
        shutil.copyfileobj(stream, kept)
        kept.seek(0)
        return kept

    def _refuse_packed(self, file: IO[bytes]) -> None:
        head = file.read(8)
        file.seek(0)
        for magic, tool in _PACKED.items():
            if head.startswith(magic):
                what = "the standard input" if self.name == "-" else repr(self.name)
                hint = f"{what} is packed; unpack it with `{tool}` and pipe it in"
                raise click.BadParameter(hint, param_hint="FILES")


def _exchanges(recordings: Sequence[_Recording], auditor: Auditor, *, quiet: bool) -> Iterator[Exchange]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    shown = console.is_terminal and not quiet
    bar = Progress(*columns, console=console, disable=not shown, transient=True)
    with bar if shown else nullcontext():  # rich 13 ends a bar that nobody sees with an empty line
        for recording in recordings:
            stream = recording.open()
            task = bar.add_task(Path(recording.name).name, total=recording.size)
            try:
                yield from _read(recording.name, stream, auditor, lambda n, task=task: bar.advance(task, n))  # type: ignore[misc]  # mypy on a lambda's default
            except OSError as error:
                raise click.ClickException(f"cannot read {recording.name!r} to its end: {error.strerror}") from error


def _read(name: str, stream: IO[bytes], auditor: Auditor, progress: Callable[[int], None]) -> Iterator[Exchange]:
    seen = 0

    def broken(error: DecodeError) -> None:
        # a line that is broken behind good ones is an accident; if the first one is, the file is something else
        if not seen:
            hint = "each line of a recording is one JSON object with `request` and `response`"
            raise click.ClickException(f"{name!r} is no recording: {error.where}: {error.what}; {hint}")
        auditor.skip(f"{error.where}: {error.what}", source=name)

    for exchange in read(stream, progress, on_error=broken):
        seen += 1
        yield exchange
