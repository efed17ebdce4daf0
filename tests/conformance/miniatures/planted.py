"""A mistake in a module that is imported anew; as a plugin of pytest, one in a package while its tests run.

python -m pytest -p tests.conformance.miniatures.planted --mutant ID tests/core/audit/test_held.py
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType
from typing import Final

import pytest

from tests.conformance.miniatures.mutants import Mutant, modules, mutant_named, mutated

_MEMORY: Final = 4 << 30
"""So many bytes a mistake may take."""


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


def limit_memory() -> None:
    """Let a mistake take no more memory than there is."""
    with suppress(ImportError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


# -- the plugin --------------------------------------------------------------------------------------------------------

_PLANTED: Final = pytest.StashKey[Planted]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for the mistake."""
    parser.addoption("--mutant", required=True, help="id of the mistake that is made")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Make the mistake before anything imports what it is in."""
    limit_memory()
    made = early_config.stash[_PLANTED] = Planted(mutant_named(early_config.known_args_namespace.mutant))
    package = ".".join(made.name.split(".")[:2])
    for name in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[name]
    sys.meta_path.insert(0, made)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse tests that do not use the module: they would all pass."""
    if not session.config.stash[_PLANTED].is_there:
        raise pytest.UsageError("no test imports the module with the mistake")
