"""Steps that agents make with stock clients are read, and come back as they were."""

import pytest
from msgspec import to_builtins

from keepthinking import Json, Message, Thinking
from keepthinking_adapters.smolagents import dump, from_native, load, same_native, to_native
from tests.adapters.smolagents.shapes import SHAPES

pytestmark = pytest.mark.extras


def kinds(messages: tuple[Message, ...]) -> str:
    return " / ".join(" ".join(to_builtins(block)["type"] for block in message.blocks) for message in messages)


TOLD = {"several calls": ["result.delivered"]}
"""What is told of a shape: smolagents makes one text of several results."""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_says_what_it_says_and_comes_back(shape: str) -> None:
    step, says = SHAPES[shape]

    read = from_native([step])

    assert kinds(read.value) == says
    assert read.losses == ()
    assert [one.check for one in read.findings] == TOLD.get(shape, [])
    assert same_native(to_native(read.value).value, [step])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_comes_back_out_of_a_dump(shape: str) -> None:
    step, says = SHAPES[shape]

    (again,) = load(dump([step]))

    assert same_native([again], [step])
    assert kinds(from_native([again]).value) == says


def test_a_memory_of_all_shapes_comes_back() -> None:
    steps = [step for step, _ in SHAPES.values()]

    read = from_native(steps)

    assert same_native(to_native(read.value).value, steps)
    assert read.losses == ()
    assert [one.check for one in read.findings] == [check for checks in TOLD.values() for check in checks]


def test_seals_of_a_vendors_object_are_read() -> None:
    step, _ = SHAPES["LiteLLMModel, thinking of Claude"]

    first, second = (block for block in from_native([step]).value[0].blocks if isinstance(block, Thinking))

    assert (first.text, [seal.wire for seal in first.seals]) == ("plan", ["sig"])
    assert (second.text, [seal.wire for seal in second.seals]) == ("", ["enc"])


def test_words_of_a_step_stand_in_its_messages_alone() -> None:
    for name in ("OpenAIModel, reasoning_content", "code"):
        native = from_native([SHAPES[name][0]]).value[0].native
        assert isinstance(native, Json)
        held = native.raw.decode()
        assert "print(1)" not in held
        assert '"plan"' not in held
