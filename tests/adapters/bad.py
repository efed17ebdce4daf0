"""What is no history and no document, for every room alike: one table, and what has to be said of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

import pytest

from keepthinking import (
    Adapter,
    DecodeError,
    EncodeError,
    KeepthinkingError,
    Message,
    Text,
)

_MESSAGE: Final = Message.user("x")


class Case(NamedTuple):
    """A call that must not be answered.

    Attributes:
        call: The function of the room.
        given: Makes what it is given.
        error: What it raises.
        where: Where the fault is; `messages` stands for whatever the framework calls what is in a history.
        culprit: Whose fault it is.
    """

    call: str
    given: Callable[[], object]
    error: type[KeepthinkingError]
    where: str
    culprit: str


def _generator() -> Iterator[Message]:
    yield _MESSAGE


_NO_LISTS: Final[Mapping[str, Callable[[], object]]] = {
    "none": lambda: None,
    "a number": lambda: 7,
    "a truth": lambda: True,
    "a text": lambda: "text",
    "an empty text": lambda: "",
    "bytes": lambda: b"bytes",
    "a dictionary": lambda: {"role": "user"},
    "an empty dictionary": dict,
    "a message of ours": lambda: _MESSAGE,
    "a generator": _generator,
    "an object": object,
}
_NO_ITEMS: Final[Mapping[str, object]] = {
    "none": None,
    "a number": 7,
    "a text": "text",
    "a dictionary": {"role": "user", "content": "x"},
    "a list": [],
    "a block": Text(text="x"),
}
_NO_DOCUMENTS: Final[Mapping[str, Callable[[], object]]] = {
    "none": lambda: None,
    "a number": lambda: 7,
    "a truth": lambda: True,
    "a list": list,
    "a dictionary": dict,
    "an object": object,
}
_BROKEN: Final[Mapping[str, tuple[object, str]]] = {
    "nothing": (b"", "$, character 0"),
    "nothing, as text": ("", "$, character 0"),
    "a beginning": (b'{"messages": [', "$, character 14"),
    "two values": (b"[]x", "$, character 2"),
    "no UTF-8": (b'["\xff"]', "$, byte 2"),
    "a knot of lists": (b"[" * 100_000, "$"),
    "a number without an end": (b"9" * 5_000, "$"),
    "null": (b"null", "$"),
    "a number": (b"7", "$"),
    "a text": (b'"x"', "$"),
    "an object": (b"{}", "$"),
    "another's object": (b'{"a": 1}', "$"),
}


def _same(given: object) -> object:
    return given


def _histories() -> Iterator[tuple[str, Case]]:
    rows: list[tuple[str, type[KeepthinkingError], str, str]] = [
        ("to_native", EncodeError, "caller", "ours"),
        ("from_native", DecodeError, "framework", "theirs"),
        ("dump", EncodeError, "caller", "theirs"),
    ]
    for call, error, culprit, whose in rows:
        for name, make in _NO_LISTS.items():
            yield f"{call}: {name}", Case(call, make, error, "$", culprit)
        items = {**_NO_ITEMS, "a message of ours": _MESSAGE} if whose == "theirs" else _NO_ITEMS
        for name, item in items.items():
            first = "messages[0]" if whose == "theirs" else "ours[0]"
            yield f"{call}: a list of {name}", Case(call, partial(list, (item,)), error, first, culprit)


def _documents() -> Iterator[tuple[str, Case]]:
    for name, make in _NO_DOCUMENTS.items():
        yield f"load: {name}", Case("load", make, DecodeError, "$", "caller")
    for name, (data, where) in _BROKEN.items():
        yield f"load: broken, {name}", Case("load", partial(_same, data), DecodeError, where, "data")


CASES: Final = dict((*_histories(), *_documents()))
"""What every room is given, and what it has to say of it."""


def refused(adapter: Adapter[Any], case: Case, *, items: str = "messages") -> None:
    """Give a room what is wrong, and look at what it says.

    Args:
        adapter: The room.
        case: What is wrong.
        items: What the framework calls what stands in a history.
    """
    with pytest.raises(case.error) as caught:
        getattr(adapter, case.call)(case.given())

    where = case.where.replace("messages", items).replace("ours", "messages")
    assert type(caught.value) is case.error
    assert (caught.value.where, caught.value.culprit) == (where, case.culprit)
    assert caught.value.what
    assert caught.value.hint


def refused_within(adapter: Adapter[Any], history: list[Any], where: str) -> None:
    """Give a room a history in which something of the framework's own holds what the framework never puts there."""
    with pytest.raises(DecodeError) as caught:
        adapter.from_native(history)

    assert (caught.value.where, caught.value.culprit) == (where, "framework")
    assert caught.value.what
    assert caught.value.hint
