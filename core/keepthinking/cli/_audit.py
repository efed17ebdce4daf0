"""`keepthinking audit`: the judge over recorded exchanges."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click
import msgspec
from msgspec import UNSET
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from keepthinking._errors import KeepthinkingError
from keepthinking._exchange import Exchange
from keepthinking._reports import Finding
from keepthinking.audit import Auditor, Report, read
from keepthinking.cli._exit import Exit

_STYLE = {"fail": "bold red", "warn": "yellow"}
_EXAMPLES = """\b
Examples:
  keepthinking audit traffic.jsonl
  keepthinking audit --strict --profile deepseek run1.jsonl run2.jsonl
  keepthinking audit --format json traffic.jsonl > findings.json
  zcat traffic.jsonl.gz | keepthinking audit -
"""
_SHAPE = """\b
Each line is one object: `request` and `response` (parsed bodies, or text; an event stream is text), and as far as known
`endpoint` or `dialect`, `host`, `status`, `scope` (what separates conversations), `delivered`.
"""


@click.command(name="audit", epilog=f"{_SHAPE}\n{_EXAMPLES}")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True, path_type=str))
@click.option("--dialect", metavar="ID", help="Dialect of exchanges that do not tell, such as openai-chat.")
@click.option("--profile", metavar="NAME", help="Profile of all exchanges; by default host and model decide.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="What to print.")
@click.option("--strict", is_flag=True, help="Let SHOULD findings fail too, not only MUST.")
@click.option("--quiet", is_flag=True, help="Print only what fails, and no progress.")
def command(files: Sequence[str], dialect: str | None, profile: str | None, format_: str, *, strict: bool, quiet: bool) -> None:
    """Tell what became of every thought in recorded traffic.

    Reads exchanges (JSON lines), finds which request goes on from which answer, and reports each block of memory that
    was lost, changed, moved or made up: the check, where it stands in the body, and the provider's rule that wants it.

    Exits with 1 where a MUST is broken, with 2 where something could not be judged or nothing was there to judge.
    """
    auditor = Auditor(dialect=dialect, profile=profile)
    for exchange in _exchanges(files, quiet=quiet):
        auditor.add(exchange)
    report = auditor.report()
    if format_ == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
        sys.stdout.buffer.flush()
    else:
        _print(report, Console(highlight=False, soft_wrap=True), strict=strict, quiet=quiet)
    raise click.exceptions.Exit(exit_code(report, strict=strict))


def exit_code(report: Report, *, strict: bool) -> Exit:
    """Give the exit code for a report: a check that saw nothing is no pass."""
    if any(fails(finding, strict=strict) for finding in report.findings):
        return Exit.FINDINGS
    return Exit.HARNESS if report.problems or not report.expected else Exit.OK


def fails(finding: Finding, *, strict: bool) -> bool:
    """Tell whether a finding fails the run."""
    return finding.status == "fail" or (strict and finding.level == "SHOULD")


def _exchanges(files: Sequence[str], *, quiet: bool) -> Iterator[Exchange]:
    console = Console(stderr=True)
    bar = Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=console, disable=quiet or not console.is_terminal, transient=True)
    with bar:
        for name in files:
            with ExitStack() as stack:
                stream = _open(name, stack)
                task = bar.add_task(name, total=None if name == "-" else os.stat(name).st_size)
                try:
                    yield from read(stream, lambda size, task=task: bar.advance(task, size))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                except KeepthinkingError as error:
                    raise click.ClickException(f"{name}: {error}") from error


def _open(name: str, stack: ExitStack) -> IO[bytes]:
    if name == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(Path(name).open("rb"))
    except OSError as error:
        raise click.BadParameter(f"cannot read {name!r}: {error.strerror}", param_hint="FILES") from error


# -- text ----------------------------------------------------------------------------------------------------------


def _print(report: Report, console: Console, *, strict: bool, quiet: bool) -> None:
    scope: str | None = None
    for finding in report.findings:
        failing = fails(finding, strict=strict)
        if quiet and not failing:
            continue
        if finding.scope != scope:
            scope = finding.scope
            if scope:
                console.print(Text(scope, style="bold"))
        console.print(_finding(finding, failing=failing))
    for problem in report.problems:
        where = f" ({problem.source})" if problem.source else ""
        console.print(Text.assemble(("not judged ", "bold magenta"), f"exchange {problem.exchange}{where}: {problem.what}"))
    console.print(_summary(report, strict=strict))


def _finding(finding: Finding, *, failing: bool) -> Text:
    text = Text()
    text.append(f"  {'fail' if failing else 'warn'}  ", _STYLE["fail" if failing else "warn"])
    text.append(finding.check, "bold")
    text.append(f"  {finding.level}  {finding.fate}\n        {finding.what}\n")
    if finding.origin is not UNSET:
        text.append(f"        said in    response {finding.response}, {finding.origin}\n")
    seen = f", and in {finding.requests - 1} later requests" if finding.requests > 1 else ""
    at = "" if finding.at is UNSET else f", first differing byte {finding.at}"
    text.append(f"        missed in  request {finding.request}, {finding.path}{at}{seen}\n")
    if finding.rule is not UNSET:
        text.append(f"        rule       {finding.rule}: {finding.source} (verified {finding.verified})\n", "dim")
    return text


def _summary(report: Report, *, strict: bool) -> Text:
    failing = sum(fails(finding, strict=strict) for finding in report.findings)
    fates = ", ".join(f"{count} {fate}" for fate, count in sorted(report.fates.items(), key=lambda pair: -pair[1]))
    text = Text()
    text.append(f"{report.exchanges} exchanges; {report.expected} answers expected again in later requests\n")
    text.append(f"thinking blocks: {fates or 'none expected'}\n")
    if report.unattributed:
        text.append(f"{report.unattributed} of {report.model_messages} model messages in requests come from no recorded answer\n")
    if report.problems:
        text.append(f"{len(report.problems)} exchanges could not be judged\n", "magenta")
    if not report.expected:
        text.append("Nothing to judge: no request goes on from a recorded answer.\n", "magenta")
    text.append(f"{failing} failing, {len(report.findings) - failing} more findings", "bold red" if failing else "bold")
    return text
