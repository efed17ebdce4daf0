"""`keepthinking merge`: the results of several examinations as one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from keepthinking_conformance.cli._output import can_be_written, color, form_options, rendered, save_results, write
from keepthinking_conformance.cli._text import Look
from keepthinking_conformance.results import MergeError, Named, Results, load_results
from keepthinking_conformance.results import merge as merged

_ABOUT = """\
Stock clients of different frameworks may need different versions of one package, so they are examined in environments
of their own. A cell that came out alike in several is shown once; where two differ, both stay, each with its versions,
and the worse one decides. What is absent or cannot be asked gives way to a run. One file alone is shown again, in
another form.
"""
_EXAMPLES = """\b
Examples:
  keepthinking merge langchain.json crewai.json --out all.json
  keepthinking merge results-*.json --out all.json --out summary.md --format markdown
  keepthinking merge results.json --all
"""
_EXITS = """\b
Exit codes, those of the whole, made anew:
  0    everything came back, or fails as the scorecard says
  1    a MUST is broken, a scaffold raised, or a stock client differs from the scorecard
  2    something could not be judged, a control came out wrong, or a file is none of results
  3    the call itself is wrong, or the files are not of one seed, strictness and version of keepthinking
  130  one of the examinations was interrupted
"""


@click.command(name="merge", epilog=f"{_ABOUT}\n{_EXAMPLES}\n{_EXITS}")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@form_options
@click.option("--all", "everything", is_flag=True, help="Print each finding, the notes (MAY), and what does not apply.")
@click.option("--quiet", is_flag=True, help="Print only what fails.")
def merge(*, files: Sequence[Path], form: str, outs: Sequence[Path], everything: bool, quiet: bool) -> None:
    """Join the results that `keepthinking check --out` wrote in different environments."""
    can_be_written(("--out", path) for path in outs)
    try:
        results = merged([Named(str(path), _read(path)) for path in files])
    except MergeError as error:
        raise (click.UsageError if error.culprit == "caller" else click.ClickException)(str(error)) from error
    look = Look(strict=results.strict, everything=everything, quiet=quiet, color=color())
    write(rendered(results, form, look))
    save_results(results, outs, look)
    raise click.exceptions.Exit(results.summary.exit)


def _read(path: Path) -> Results:
    try:
        return load_results(path)
    except OSError as error:
        raise click.ClickException(f"cannot read {str(path)!r}: {error.strerror}") from error
