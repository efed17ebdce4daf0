"""A mistake in a module that is imported anew."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
from collections.abc import Sequence
from types import ModuleType

from tests.conformance.mutation.mutants import Mutant, modules, mutated


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module with a mistake in it.

    Attributes:
        name: Name of the module.
        is_there: Whether the module was imported.
    """

    def __init__(self, mutant: Mutant) -> None:
        self.is_there = False
        self.name = mutant.module
        self._path = modules()[mutant.module]
        self._code = compile(mutated(mutant, self._path.read_bytes()), str(self._path), "exec")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the module."""
        del path, target
        if fullname != self.name:
            return None
        inside = [str(self._path.parent)] if self._path.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            fullname, self._path, loader=self, submodule_search_locations=inside
        )

    def exec_module(self, module: ModuleType) -> None:
        """Run it, mistake and all."""
        self.is_there = True
        exec(self._code, vars(module))  # noqa: S102 - our own code
