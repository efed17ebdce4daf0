"""Mutants of the code that judges: a module with one mistake in it. What the mistake changes, a run has to show."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.conformance.mutation.mistakes import sites

_JUDGE = "keepthinking_conformance.judge"
"""The package of which every module is mutated."""

_AUDIT = "answers around elsewhere fates history levels meaning regroup results ruling thoughts verdict"
"""The modules of the audit that decide what is found.

Not measured are those that decide what belongs together in traffic of any kind, such as no run of ours makes: `_order`,
`_held`, `_lineage`, `_pairing`, `_likeness` and `_anchors`. What they decide changes findings, too; the audit's own
tests and recorded traffic are about them.
"""


class Mutant(NamedTuple):
    """One mistake.

    Attributes:
        module: Name of the module.
        place: The class and function that it is in; "" outside of all.
        what: What is changed, in the words of the source.
        number: Which of several that read alike in one place.
        lines: The first and the last line of what has to be reached before it makes a difference; 0 where all needs it.
        site: Its number in the module.
    """

    module: str
    place: str
    what: str
    number: int
    lines: tuple[int, int]
    site: int

    @property
    def id(self) -> str:
        """What it is known by, wherever in the file it stands."""
        more = f" #{self.number + 1}" if self.number else ""
        return f"{self.module}:{self.place}: {self.what}{more}"

    @property
    def package(self) -> str:
        """The package that its module is in."""
        return ".".join(self.module.split(".")[:2])


def packages() -> list[Path]:
    """List the folders of our packages."""
    return [_file("keepthinking").parent, _file("keepthinking_conformance").parent]


@cache
def modules() -> dict[str, Path]:
    """List what is mutated."""
    home = _file(_JUDGE).parent
    found = {f"keepthinking.audit._{name}": _file(f"keepthinking.audit._{name}") for name in _AUDIT.split()}
    for path in sorted(home.rglob("*.py")):
        parts = path.relative_to(home).with_suffix("").parts
        found[".".join([_JUDGE, *(parts[:-1] if parts[-1] == "__init__" else parts)])] = path
    return found


def _file(module: str) -> Path:
    """Find a module without importing the packages that it is in."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    assert spec is not None
    assert spec.origin is not None
    found = Path(spec.origin).parent.joinpath(*rest)
    return found / "__init__.py" if found.is_dir() else found.with_suffix(".py")


def mutants() -> Iterator[Mutant]:
    """List all of them, in the order of the files."""
    return (mutant for module in modules() for mutant in mutants_of(module))


def mutants_of(module: str) -> Iterator[Mutant]:
    """List those of a module."""
    seen: dict[tuple[str, str], int] = {}
    for index, site in enumerate(sites(ast.parse(modules()[module].read_bytes()))):
        key = (site.place, site.what)
        number = seen[key] = seen.get(key, -1) + 1
        yield Mutant(module, site.place, site.what, number, site.lines, index)


def mutated(mutant: Mutant, source: bytes) -> ast.Module:
    """Give a module with a mistake in it."""
    tree = ast.parse(source)
    site = list(sites(tree))[mutant.site]
    assert (site.place, site.what) == (mutant.place, mutant.what)
    site.change()
    return ast.fix_missing_locations(tree)
