"""Where results go: the forms they are printed and saved in, and files that are written whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click
from rich.console import Console

from keepthinking import MissingExtraError
from keepthinking_conformance.cli._text import Look, as_text
from keepthinking_conformance.results import Results, as_json, as_markdown

F = TypeVar("F", bound=Callable[..., Any])

FORMS: Final = ("text", "json", "markdown", "junit", "html")
"""What results can be printed as."""

_SUFFIXES: Final = {".htm": "html", ".html": "html", ".md": "markdown", ".xml": "junit"}
"""Which form a file is written in, by how its name ends; JSON for every other name."""


def form_options(command: F) -> F:
    """Give a command `--format` and `--out`."""
    out = click.option(
        "--out",
        "outs",
        multiple=True,
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Also write the results there: a page for a name in .html, JUnit for .xml, Markdown for .md, else JSON. "
        "Repeatable.",
    )
    form = click.option(
        "--format", "form", type=click.Choice(FORMS), default="text", show_default=True, help="What to print."
    )
    return form(out(command))


def form_of(path: Path) -> str:
    """Tell which form a file is written in."""
    return _SUFFIXES.get(path.suffix.lower(), "json")


def rendered(results: Results, form: str, look: Look) -> str:
    """Write results in a form."""
    match form:
        case "json":
            return as_json(results)
        case "markdown":
            return as_markdown(results)
        case "junit" | "html":
            return _view(f"as_{form}")(results)
        case _:
            return as_text(results, look)


def _view(name: str) -> Callable[[Results], str]:
    try:
        # Late: with the extra `cli` alone these libraries are not there, and the help of all commands shall be.
        from keepthinking_conformance.results import views  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("a library that writes reports", "conformance") from error
    found: Callable[[Results], str] = getattr(views, name)
    return found


def save_results(results: Results, outs: Sequence[Path], look: Look) -> None:
    """Write results to files, the one that all others can be made from first.

    Raises:
        click.ClickException: A file cannot be written.
    """
    for path in sorted(outs, key=lambda path: form_of(path) != "json"):
        save(path, rendered(results, form_of(path), look))


def save(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        click.ClickException: It cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        whole = path.resolve()  # a link stays one
        half = whole.with_name(f".{whole.name}.{os.getpid()}.part")
        try:
            half.write_text(text, encoding="utf-8", newline="\n")
            half.replace(whole)
        finally:
            half.unlink(missing_ok=True)
    except OSError as error:
        raise click.ClickException(f"cannot write {str(path)!r}: {error.strerror}") from error


def can_be_written(paths: Iterable[tuple[str, Path | None]]) -> None:
    """Refuse what could not be saved at the end, before minutes went by.

    Args:
        paths: Files, each with the option that names it.

    Raises:
        click.ClickException: One cannot be written.
    """
    for option, path in paths:
        if path is None:
            continue
        new = not path.exists()
        try:
            path.open("ab").close()
            if new:
                path.unlink()
        except OSError as error:
            raise click.ClickException(f"{option}: cannot write {str(path)!r}: {error.strerror}") from error


def color() -> bool:
    """Tell whether the standard output shows colours."""
    console = Console(file=sys.stdout)
    return console.color_system is not None and not console.no_color


def write(text: str) -> None:
    """Write to the standard output; a reader that has gone away does not change the verdict."""
    stdout: Any = sys.stdout
    if hasattr(stdout, "reconfigure"):
        stdout.reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter tries again as it ends
        if not isinstance(error, BrokenPipeError):
            raise click.ClickException(f"cannot write to the standard output: {error.strerror}") from error


def leave(code: int, *, abandoned: bool) -> NoReturn:
    """End the program.

    Args:
        code: The exit code.
        abandoned: Whether a scaffold left something that does not end, for which Python would wait.
    """
    if abandoned:
        sys.stderr.flush()
        os._exit(code)
    raise click.exceptions.Exit(code)
