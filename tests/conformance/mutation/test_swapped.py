"""Mistakes that are made in functions which are there: each is what an import with the mistake would have made."""

from __future__ import annotations

import importlib
from types import FunctionType
from zlib import adler32

import pytest

from tests.conformance.mutation.mutants import Mutant, modules, mutants, mutated
from tests.conformance.mutation.swapped import function_named, functions_of, swap

pytestmark = pytest.mark.extras

SAMPLE = sorted(mutants(), key=lambda one: adler32(one.id.encode()))[:60]


def functions(mutant: Mutant) -> dict[str, FunctionType]:
    module = importlib.import_module(mutant.module)
    source = modules()[mutant.module].read_bytes()
    code = compile(source, str(modules()[mutant.module]), "exec")
    found = {name: function_named(module, name) for name, _ in functions_of(code)}
    return {name: function for name, function in found.items() if function is not None}


@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda one: one.id)
def test_a_mistake_is_made_as_it_is_written(mutant: Mutant) -> None:
    path = modules()[mutant.module]
    there = functions(mutant)
    before = {name: function.__code__ for name, function in there.items()}
    wrong = dict(functions_of(compile(mutated(mutant, path.read_bytes()), str(path), "exec")))
    try:
        made = swap(mutant)
        after = {name: function.__code__ for name, function in there.items()}
    finally:
        for name, function in there.items():
            function.__code__ = before[name]

    assert after == ({name: wrong[name] for name in there} if made else before)
    assert (after != before) is made


def test_what_an_import_makes_is_not_made_in_place() -> None:
    tables = [one for one in mutants() if not one.lines[0]]

    assert [one.id for one in tables if swap(one)] == []


def test_most_mistakes_are_made_in_place() -> None:
    inside = [one for one in SAMPLE if one.lines[0]]
    made = 0
    for one in inside:
        there = {function: function.__code__ for function in functions(one).values()}
        made += swap(one)
        for function, code in there.items():
            function.__code__ = code

    assert made > 0.95 * len(inside)
