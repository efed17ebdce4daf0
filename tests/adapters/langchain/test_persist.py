"""LangChain's own persistence, held to giving back what it took."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from keepthinking import DecodeError, EncodeError, Message, Thinking
from keepthinking_adapters.langchain import dump, from_native, load, same_native, to_native

pytestmark = pytest.mark.extras


def test_what_was_dumped_is_loaded_as_it_was() -> None:
    natives = to_native([Message.user("hello"), Message.assistant(Thinking.of("plan", signature="s"))]).value

    assert same_native(load(dump(natives)), natives)
    assert from_native(load(dump(natives))).value == from_native(natives).value


def test_arguments_that_look_like_langchains_own_marks_come_back() -> None:
    args = {"lc": 1, "type": "secret", "id": ["KEY"]}
    native = AIMessage(content="", tool_calls=[{"name": "f", "args": args, "id": "1"}])

    assert same_native(load(dump([native])), [native])


def test_a_dump_is_ascii() -> None:
    assert dump([HumanMessage(content="\ud83d é")]).isascii()


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[1]", b"{}", b'"x"'], ids=repr)
def test_what_is_no_dump_is_an_error_of_the_data(data: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        load(data)

    assert caught.value.culprit == "data"


def test_nothing_but_messages_is_made() -> None:
    other = b'[{"lc": 1, "type": "constructor", "id": ["langchain_core", "prompts", "PromptTemplate"], "kwargs": {}}]'

    with pytest.raises(DecodeError):
        load(other)


def test_a_history_that_could_not_be_loaded_is_not_dumped() -> None:
    with pytest.raises(EncodeError):
        dump([ToolMessage(content="", tool_call_id="1", artifact=b"bytes")])


def test_words_that_name_langchains_mark_are_dumped() -> None:
    native = HumanMessage(content=[{"type": "text", "text": "x", "note": "not_implemented"}])

    assert same_native(load(dump([native])), [native])
