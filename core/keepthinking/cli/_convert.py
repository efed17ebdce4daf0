"""`keepthinking convert`: histories, answers and recordings in another dialect."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import IO, cast

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from keepthinking._errors import KeepthinkingError, LossError, UnknownNameError
from keepthinking._profiles import profiles
from keepthinking.cli._documents import documents as documents_of
from keepthinking.cli._exit import Exit
from keepthinking.cli._interrupts import Interrupts
from keepthinking.cli._losses import Report, where
from keepthinking.cli._output import Output
from keepthinking.cli._output import output as open_output
from keepthinking.cli._streams import silence, stdin
from keepthinking.convert import Seals, Thoughts
from keepthinking.convert._documents import AUTO, CANONICAL, Documents, Told
from keepthinking.convert.importers import IMPORTERS
from keepthinking.plugins import dialects

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


class _Command(click.Command):
    """The command, whose help lists the names that there are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what stands below the options."""
        super().format_epilog(ctx, formatter)
        rows = [
            ("--from, --to", ", ".join([*dialects(), CANONICAL])),
            ("--from", ", ".join([AUTO, *IMPORTERS])),
            ("profiles", ", ".join(sorted({row.name for row in profiles()}))),
        ]
        with formatter.indentation(), formatter.section("Names"):
            formatter.write_dl(rows)


@click.command(name="convert", cls=_Command, epilog=f"{_SHAPE}\n{_EXAMPLES}\n{_EXITS}")
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
    if losses is not None and output is not None and Path(losses).resolve() == Path(output).resolve():
        raise click.BadParameter("it is the file of --output, too", param_hint="--losses")
    # a refusal comes before anything is written, so nothing goes out until all is converted
    held = on_loss == "refuse" or thinking == "refuse"
    try:
        with ExitStack() as stack:
            rows = None if losses is None else stack.enter_context(open_output(losses, option="--losses"))
            out = stack.enter_context(open_output(output, held=held))
            report = Report(rows)
            refused = not _convert(files, documents, out, report, quiet=quiet)
            refused = refused or (report.grave and on_loss == "refuse")
            if refused:
                out.discard()
            report.close()
    except BrokenPipeError as error:  # who reads it has seen enough
        silence()
        raise click.exceptions.Exit(Exit.OK) from error
    if not quiet:
        click.echo(report.text(refused=refused), err=True, nl=False)
    raise click.exceptions.Exit(Exit.FINDINGS if report.grave else Exit.OK)


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


def _convert(files: Sequence[str], documents: Documents, out: Output, report: Report, *, quiet: bool) -> bool:
    """Convert all files; false where the policy refuses a loss, and the rest is left alone."""
    console = Console(stderr=True)
    shown = console.is_terminal and not quiet
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn())
    bar = Progress(*columns, console=console, disable=not shown, transient=True)
    with (
        Interrupts(out) as interrupts,
        bar if shown else nullcontext(),
    ):  # rich 13 ends an unseen bar with an empty line
        for name in files:
            with _opened(name) as (file, size):
                task = bar.add_task(Path(name).name, total=size)
                empty = True
                for document in interrupts.each(documents_of(file)):
                    empty = False
                    try:
                        written = documents.convert(document.raw)
                    except LossError as error:
                        report.add(name, document.line, (Told("", loss) for loss in error.losses))
                        return False
                    except KeepthinkingError as error:
                        message = f"{where(name, document.line)}{error}; {out.state}"
                        raise click.ClickException(message) from error
                    report.add(name, document.line, written.told)
                    alone = written.stream and document.line is None
                    with interrupts.waiting():
                        out.write(written.body if alone else written.body + b"\n")
                    bar.advance(task, document.size)
                if empty:
                    raise click.ClickException(f"{where(name, None)}nothing to convert: the file is empty; {out.state}")
    return True


@contextmanager
def _opened(name: str) -> Generator[tuple[IO[bytes], int | None]]:
    """Open a file and give it with its size, where it has one."""
    try:
        file = nullcontext(stdin()) if name == "-" else Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise click.BadParameter(f"cannot read {name!r}: {error.strerror}", param_hint="FILES") from error
    with file as opened:
        try:
            yield opened, None if name == "-" else os.fstat(opened.fileno()).st_size or None
        except BrokenPipeError:
            raise
        except OSError as error:
            raise click.ClickException(f"cannot read {name!r} to its end: {error.strerror}") from error
