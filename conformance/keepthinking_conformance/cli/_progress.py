"""Progress on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def progress(what: str, total: int, *, quiet: bool) -> Generator[Callable[[], None]]:
    """Show how far something has come; give what is called for each part that is done."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:  # rich 13 ends a bar that nobody sees with an empty line
        yield _nothing
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def _nothing() -> None:
    """Show nothing."""
