"""A framework's own objects as plain values, and again: what comes back, and what is told."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType
from typing import Any

import pytest

from keepthinking.carry import MARK, Kind, Path, Values


@dataclass
class Step:
    """A class of the framework's own, which writes anew what it is given."""

    text: str
    calls: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.text.upper()


@dataclass
class Mine(Step):
    """Somebody's own, which extends it."""

    more: int = 0


@dataclass(frozen=True, slots=True)
class Sealed:
    """A class that nobody can write to."""

    seal: bytes


class Colour(Enum):
    """Values by name."""

    RED = "red"


def values(**more: Any) -> Values:
    return Values(own={"Step": Step}, vendors=frozenset({"vendor_of_tests"}), **more)


def there_and_back(value: object, made_by: Values | None = None) -> tuple[Any, list[Path]]:
    told: list[Path] = []
    these = made_by or values()
    return these.made(these.taken(value, lambda at, _: told.append(at))), told


def test_an_own_object_comes_back_as_it_stood() -> None:
    step = Step("x")
    step.text = "as it stands"

    again, told = there_and_back([step, (1, 1.0, None, "")])

    assert again == [step, (1, 1.0, None, "")]
    assert type(again[0]) is Step
    assert told == []


def test_a_class_of_somebodys_own_comes_back_as_the_one_that_it_extends_and_is_told() -> None:
    again, told = there_and_back({"steps": [Mine("x", more=2)]})

    assert type(again["steps"][0]) is Step
    assert "more" not in vars(again["steps"][0])
    assert told == [("steps", 0)]


def test_an_object_of_a_strangers_comes_back_as_what_it_holds_and_is_told() -> None:
    again, told = there_and_back(Sealed(b"s"))

    assert again == {"seal": b"s"}
    assert told == [()]


def test_an_object_of_a_vendors_comes_back_where_its_class_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("vendor_of_tests")
    theirs: Any = dataclass(frozen=True)(
        type("Theirs", (), {"__annotations__": {"a": int}, "__module__": module.__name__})
    )
    vars(module)["Theirs"] = theirs
    monkeypatch.setitem(sys.modules, module.__name__, module)
    taken = values().taken(theirs(1), lambda *_: pytest.fail("nothing is lost"))

    assert values().made(taken) == theirs(1)
    monkeypatch.delitem(sys.modules, module.__name__)
    assert values().made(taken) == {"a": 1}


def test_a_wrapper_comes_back_as_what_it_holds_and_what_extends_a_kind_as_that_kind() -> None:
    class Words(str):
        __slots__ = ()

    assert there_and_back([1, 2], values(wrappers=((list, len),))) == (2, [()])
    again, told = there_and_back([Words("x")])
    assert (again, type(again[0]), told) == (["x"], str, [(0,)])


def test_no_other_class_is_made_from_data() -> None:
    assert values().made({MARK: "data", "class": "subprocess:Popen", "fields": {"args": ["x"]}}) == {"args": ["x"]}
    assert values().made({MARK: "data", "class": "vendor_of_tests:gone", "fields": {}}) == {}


def test_a_word_that_is_also_a_mark_stays_a_word() -> None:
    assert there_and_back({MARK: "data", MARK * 2: 1}) == ({MARK: "data", MARK * 2: 1}, [])


def test_what_has_no_kind_is_told_and_the_rest_says_what_stands_there() -> None:
    assert there_and_back([object(), Colour.RED]) == ([None, "red"], [(0,), (1,)])
    assert there_and_back(object(), values(rest=lambda value: type(value).__name__)) == ("object", [()])


def test_the_first_kind_that_fits_counts_and_one_may_decline() -> None:
    def bits(value: complex, *_: object) -> dict[str, Any] | None:
        return None if value.imag else {"re": value.real}

    kinds = (
        Kind("real", complex, bits, lambda held: complex(held["re"])),
        Kind("pair", complex, lambda value, *_: {"v": [value.real, value.imag]}, lambda held: complex(*held["v"])),
        Kind("colour", Colour, lambda value, *_: {"v": value.name}, lambda held: Colour[held["v"]]),
    )
    made_by = values(kinds=kinds)

    assert made_by.taken(1 + 0j, lambda *_: None)[MARK] == "real"
    assert there_and_back([1 + 0j, 2j, Colour.RED], made_by) == ([1 + 0j, 2j, Colour.RED], [])


@pytest.mark.parametrize("value", [{MARK: "none of ours"}, {MARK: "data"}, {MARK: "data", "class": "Step"}])
def test_what_was_never_taken_is_an_error(value: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        values().made(value)
