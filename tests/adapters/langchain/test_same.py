"""When two histories of LangChain are the same: types count, and the order of keys where models read it."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage

from keepthinking_adapters.langchain import same_native

pytestmark = pytest.mark.extras


def call(args: dict[str, Any]) -> AIMessage:
    return AIMessage(content="", tool_calls=[{"name": "f", "args": args, "id": "1"}])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(call({"x": 1}), call({"x": True}), id="true is not 1"),
        pytest.param(call({"x": 1}), call({"x": 1.0}), id="1 is not 1.0"),
        pytest.param(call({"x": 0.0}), call({"x": -0.0}), id="0.0 is not -0.0"),
        pytest.param(call({"x": 1, "y": 2}), call({"y": 2, "x": 1}), id="arguments have an order"),
        pytest.param(call({"x": {"a": 1, "b": 2}}), call({"x": {"b": 2, "a": 1}}), id="arguments inside have one, too"),
        pytest.param(AIMessage(content=""), AIMessage(content=[]), id="no text is not an empty list"),
        pytest.param(AIMessage(content="x"), AIMessage(content=[{"type": "text", "text": "x"}]), id="string and list"),
        pytest.param(AIMessage(content="x"), AIMessageChunk(content="x"), id="a chunk is no message"),
        pytest.param(AIMessage(content="x"), HumanMessage(content="x"), id="classes"),
        pytest.param(AIMessage(content="x"), AIMessage(content="x", name=""), id="an empty name is a name"),
        pytest.param(AIMessage(content="x", a=1), AIMessage(content="x"), id="extra attributes"),
        pytest.param(
            ToolMessage(content="", tool_call_id="1", artifact=(1,)),
            ToolMessage(content="", tool_call_id="1", artifact=[1]),
            id="a tuple is no list",
        ),
    ],
)
def test_these_differ(a: Any, b: Any) -> None:
    assert not same_native([a], [b])
    assert same_native([a], [a.model_copy(deep=True)])


def test_the_order_of_other_keys_says_nothing() -> None:
    a = AIMessage(content="", additional_kwargs={"x": 1, "y": 2})
    b = AIMessage(content="", additional_kwargs={"y": 2, "x": 1})

    assert same_native([a], [b])


def test_nan_is_itself() -> None:
    assert same_native([call({"x": float("nan")})], [call({"x": float("nan")})])


def test_histories_of_other_lengths_differ() -> None:
    assert not same_native([AIMessage(content="")], [])
