"""Several blocks that a framework shows as one, which is what the words of a stream add up to."""

from __future__ import annotations

import pytest

from keepthinking import Message, Text, Thinking, ToolCall
from keepthinking.carry import pack, unpack

MESSAGE = Message.assistant(
    Thinking.of("First.", signature="s1"),
    Thinking.of("", signature="s2"),
    Thinking.of("Then."),
    Text.of("Here"),
    Text.of(" it is."),
    ToolCall.of("f", '{"a": 1}', id="c"),
)


def shown(*, thought: str = "First.Then.", text: str = "Here it is.") -> Message:
    return Message.assistant(Thinking.of(thought), Text.of(text), ToolCall.of("f", '{"a": 1}', id="c"))


def record() -> str:
    made = pack(MESSAGE, shown())
    assert made is not None
    return made


def test_they_are_taken_apart_again() -> None:
    read = unpack([record()], shown())

    assert (read.message, read.findings) == (MESSAGE, ())
    assert read.sights == (0, None, 0, 1, 1, 2)


def test_no_visible_word_is_in_the_record() -> None:
    assert not [word for word in ("First", "Then", "Here", "it is") if word in record()]


def test_an_edited_text_stands_whole_and_nothing_of_the_old_one_comes_back() -> None:
    read = unpack([record()], shown(text="[gone] it is."))

    assert read.message.text == "[gone] it is."
    assert {finding.check for finding in read.findings} == {"text.unaltered", "text.kept"}
    assert read.message.thinking == "First.Then."


@pytest.mark.parametrize("thought", ["First.The", "First.Then. More."])
def test_a_damaged_thought_is_told(thought: str) -> None:
    read = unpack([record()], shown(thought=thought))

    assert "thinking.unaltered" in {finding.check for finding in read.findings}
    assert read.message.text == MESSAGE.text
