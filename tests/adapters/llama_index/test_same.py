"""When two histories of LlamaIndex are the same: types count, and the order of keys where models read it."""

from io import BytesIO
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from openai.types.chat import ChatCompletionMessageFunctionToolCall
from openai.types.chat.chat_completion_message_function_tool_call import Function

from keepthinking_adapters.llama_index import same_native

pytestmark = pytest.mark.extras


class Mine(ChatMessage):
    """A class of a user's own."""


def call(args: dict[str, Any] | str) -> ChatMessage:
    return ChatMessage(role="assistant", blocks=[ToolCallBlock(tool_call_id="1", tool_name="f", tool_kwargs=args)])


def thought(**held: Any) -> ChatMessage:
    return ChatMessage(role="assistant", blocks=[ThinkingBlock(**held)])


def kwargs(**held: Any) -> ChatMessage:
    return ChatMessage(content="x", additional_kwargs=held)


def live(arguments: str) -> ChatCompletionMessageFunctionToolCall:
    return ChatCompletionMessageFunctionToolCall(
        id="1", type="function", function=Function(name="f", arguments=arguments)
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(call({"x": 1}), call({"x": True}), id="true is not 1"),
        pytest.param(call({"x": 1}), call({"x": 1.0}), id="1 is not 1.0"),
        pytest.param(call({"x": 0.0}), call({"x": -0.0}), id="0.0 is not -0.0"),
        pytest.param(call({"x": 1, "y": 2}), call({"y": 2, "x": 1}), id="arguments have an order"),
        pytest.param(call({"x": {"a": 1, "b": 2}}), call({"x": {"b": 2, "a": 1}}), id="arguments inside have one, too"),
        pytest.param(call({}), call(""), id="no arguments are not empty ones"),
        pytest.param(call({"x": 1}), call('{"x": 1}'), id="a dictionary is no string"),
        pytest.param(thought(content=""), thought(content=None), id="no words are not empty ones"),
        pytest.param(thought(), thought(num_tokens=0), id="a count of none"),
        pytest.param(ChatMessage(content=""), ChatMessage(), id="an empty text is no list without blocks"),
        pytest.param(ChatMessage(content="x"), Mine(blocks=[TextBlock(text="x")]), id="classes"),
        pytest.param(ChatMessage(content="x"), ChatMessage(content="x", role="assistant"), id="roles"),
        pytest.param(kwargs(a=1), kwargs(), id="what stands beside"),
        pytest.param(kwargs(a=(1,)), kwargs(a=[1]), id="a tuple is no list"),
        pytest.param(kwargs(a=live("{}")), kwargs(a=live("{} ")), id="objects of a client"),
        pytest.param(kwargs(a=live("{}")), kwargs(a=live("{}").model_dump()), id="an object is no dictionary"),
        pytest.param(
            ChatMessage(blocks=[ImageBlock(url="http://a.b/c")]),
            ChatMessage(blocks=[ImageBlock(url="http://a.b/d")]),
            id="addresses",
        ),
        pytest.param(
            ChatMessage(blocks=[TextBlock(text="x")]),
            ChatMessage(blocks=[DocumentBlock(url="x")]),
            id="kinds of blocks",
        ),
    ],
)
def test_these_differ(a: Any, b: Any) -> None:
    assert not same_native([a], [b])
    assert same_native([a], [a.model_copy(deep=True)])


def test_the_order_of_other_keys_says_nothing() -> None:
    assert same_native([kwargs(x=1, y=2)], [kwargs(y=2, x=1)])


def test_nan_is_itself() -> None:
    assert same_native([call({"x": float("nan")})], [call({"x": float("nan")})])


def stream(held: BytesIO) -> ChatMessage:
    block = ImageBlock(image_mimetype="image/png")
    message = ChatMessage(blocks=[block])
    block.image = held  # constructors take it from llama-index-core 0.14.8 on
    return message


def test_a_stream_is_the_same_as_itself_alone() -> None:
    held = BytesIO(b"x")

    assert same_native([stream(held)], [stream(held)])
    assert not same_native([stream(held)], [stream(BytesIO(b"x"))])


def test_histories_of_other_lengths_differ() -> None:
    assert not same_native([ChatMessage(content="")], [])
