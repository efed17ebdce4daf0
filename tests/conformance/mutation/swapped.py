"""A mistake in a function that is there already: its code is exchanged, and nothing has to be imported anew."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Final

from tests.conformance.mutation.mutants import Mutant, modules, mutated


def swap(mutant: Mutant) -> bool:
    """Make a mistake in a module that is imported.

    Returns:
        Whether that is possible: not for what was run when the module was imported, as tables and defaults are.
    """
    path = modules()[mutant.module]
    source = path.read_bytes()
    was, now = (compile(tree, str(path), "exec") for tree in (ast.parse(source), mutated(mutant, source)))
    if _outside(was) != _outside(now):
        return False
    before, after = dict(functions_of(was)), dict(functions_of(now))
    changed = [name for name, code in before.items() if code != after[name]]
    found = [function_named(sys.modules[mutant.module], name) for name in changed]
    for name, function in zip(changed, found, strict=True):
        if function is None or function.__code__ != before[name]:
            return False
    for name, function in zip(changed, found, strict=True):
        assert function is not None
        function.__code__ = after[name]
    return bool(changed)


def _inside(code: CodeType) -> Iterator[CodeType]:
    return (one for one in code.co_consts if isinstance(one, CodeType))


def _is_function(code: CodeType) -> bool:
    """Tell the code of a function from that of a class."""
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def functions_of(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    """List the functions of a module or a class, and those of the classes in it, by name."""
    for one in _inside(code):
        if _is_function(one):
            yield one.co_qualname, one
        else:
            yield from functions_of(one)


def _outside(code: CodeType) -> list[object]:
    """List what is run when a module is imported, and which functions it makes."""
    own = [code.co_code, code.co_names, *map(_plain, code.co_consts)]
    return own + [part for one in _inside(code) if not _is_function(one) for part in _outside(one)]


def _plain(value: object) -> object:
    """Give a constant so that 1 is not True; of code its name, and the variables that it has in common with others."""
    return (value.co_qualname, value.co_freevars) if isinstance(value, CodeType) else (type(value), repr(value))


def function_named(module: ModuleType, name: str) -> FunctionType | None:
    """Find a function, whatever stands around it; None where it is not to be found by its name."""
    held: object = module
    for part in name.split("."):
        found: object = vars(held).get(part)
        inside = _AROUND.get(type(found))
        found = found if inside is None else getattr(found, inside)
        held = getattr(found, "__wrapped__", found)
    return held if isinstance(held, FunctionType) else None


_AROUND: Final[Mapping[type[object], str]] = {
    property: "fget",
    staticmethod: "__func__",
    classmethod: "__func__",
    functools.cached_property: "func",
}
"""What a class wraps a function in, and where it keeps it."""
