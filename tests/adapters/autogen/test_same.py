"""Equality that counts types and pixels."""

import pytest
from autogen_core import FunctionCall, Image
from autogen_core.models import AssistantMessage, FunctionExecutionResult, FunctionExecutionResultMessage, UserMessage
from PIL import Image as Pillow

from keepthinking_adapters.autogen import same_native


def picture(red: int) -> Image:
    return Image(Pillow.new("RGB", (1, 1), (red, 0, 0)))


def called(**changes: str) -> AssistantMessage:
    return AssistantMessage(
        content=[FunctionCall(**{"id": "c", "name": "f", "arguments": "{}", **changes})], source="a"
    )


def result(flag: object) -> FunctionExecutionResultMessage:
    one = FunctionExecutionResult(content="x", name="f", call_id="c")
    vars(one)["is_error"] = flag
    return FunctionExecutionResultMessage.model_construct(content=[one])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (UserMessage(content="", source="u"), UserMessage(content=[], source="u")),
        (UserMessage(content="x", source="u"), UserMessage(content=["x"], source="u")),
        (UserMessage(content="x", source="u"), UserMessage(content="x", source="v")),
        (UserMessage(content=[picture(1)], source="u"), UserMessage(content=[picture(2)], source="u")),
        (AssistantMessage(content="x", source="a"), AssistantMessage(content="x", source="a", thought="")),
        (called(), called(arguments="{ }")),
        (called(), called(id="d")),
        (result(None), result(flag=False)),
        (result(flag=True), result(1)),
        (UserMessage(content="x", source="u"), AssistantMessage(content="x", source="u")),
    ],
)
def test_what_differs_is_not_the_same(a: object, b: object) -> None:
    assert same_native([a], [a])  # type: ignore[list-item] # messages of several classes
    assert not same_native([a], [b])  # type: ignore[list-item] # as above


def test_histories_of_two_lengths_are_not_the_same() -> None:
    assert not same_native([called()], [])


def test_equal_pixels_are_the_same() -> None:
    assert same_native([UserMessage(content=[picture(1)], source="u")], [UserMessage(content=[picture(1)], source="u")])
