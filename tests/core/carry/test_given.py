"""What a room is given: lists that are none, and documents as they come out of files, sockets and databases."""

from __future__ import annotations

import math
from collections import UserList, deque

import pytest

from keepthinking import DecodeError, EncodeError, Message
from keepthinking.carry import History, has_shape, json_of, messages_of

NUMBERS = History("Sums", (int,), "give numbers", items="numbers", item="number")


@pytest.mark.parametrize("given", [[], [1, 2], (1,), deque([1]), UserList([1])], ids=repr)
def test_every_sequence_is_a_history(given: object) -> None:
    assert NUMBERS.read(given) is given
    assert NUMBERS.written(given) is given


def test_the_first_that_is_wrong_is_named() -> None:
    with pytest.raises(DecodeError) as read:
        NUMBERS.read([1, "2", None])
    with pytest.raises(EncodeError) as written:
        NUMBERS.written([1, "2", None])

    assert str(read.value) == "str is no number of Sums at numbers[1] (fault: framework); give numbers"
    assert str(written.value) == "str is no number of Sums at numbers[1] (fault: caller); give numbers"


def test_messages_are_given_as_they_are() -> None:
    messages = (Message.user("a"), Message.user("b"))

    assert messages_of(messages) is messages


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_document_is_text_or_bytes(kind: type) -> None:
    assert json_of('{"é": 1}') == json_of(kind('{"é": 1}'.encode())) == {"é": 1}


def test_what_frameworks_write_and_json_has_not_is_read() -> None:
    assert math.isnan(json_of(b"NaN"))


class _Shaped:
    def __init__(self, **held: object) -> None:
        vars(self).update(held)


class _More(_Shaped):
    pass


@pytest.mark.parametrize(
    ("native", "fits"),
    [
        (_Shaped(a=1), True),
        (_Shaped(a=1, b=2), True),
        (_Shaped(a="1"), False),
        (_Shaped(), False),
        (_More(a=1, b=None), True),
        (_More(a=1, b=2), False),
        (_More(b=None), False),
    ],
)
def test_a_shape_is_that_of_all_classes_of_an_object(native: object, *, fits: bool) -> None:
    assert has_shape(native, {_Shaped: {"a": (int,)}, _More: {"b": (type(None),)}}) is fits
