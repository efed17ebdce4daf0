"""What is no history of LangChain, or no document, is an error that says what to do."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, ToolMessage

from keepthinking_adapters.langchain import ADAPTER, from_native
from tests.adapters.bad import CASES, refused, refused_within


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_an_error_that_says_where_whose_fault_it_is_and_what_to_do(case: str) -> None:
    refused(ADAPTER, CASES[case])


@pytest.mark.parametrize(
    "native",
    [
        AIMessage.model_construct(),
        AIMessage.model_construct(content=7),
        AIMessage.model_construct(content=None),
        AIMessage.model_construct(content="x", additional_kwargs=None),
        AIMessage.model_construct(content="x", response_metadata=7),
        AIMessage.model_construct(content="x", tool_calls=None),
        AIMessage.model_construct(content="x", tool_calls=[7]),
        AIMessage.model_construct(content="x", invalid_tool_calls=[7]),
        ToolMessage.model_construct(content="x"),
        ToolMessage.model_construct(content="x", tool_call_id=7),
        ChatMessage.model_construct(content="x"),
        ChatMessage.model_construct(content="x", role=7),
        BaseMessage(content="x", type="somebody"),
    ],
    ids=repr,
)
def test_what_no_message_of_langchain_holds_is_an_error_that_says_where(native: Any) -> None:
    refused_within(ADAPTER, [HumanMessage("a"), native], "messages[1]")


@pytest.mark.parametrize(
    "block",
    [
        {"type": "reasoning", "summary": 7},
        {"type": "reasoning", "summary": [7]},
        {"type": "tool_use", "id": [7], "name": "f", "input": {}},
        {"type": "thinking", "thinking": 7},
        {"type": "text", "text": 7},
        {"type": 7},
        {},
    ],
    ids=repr,
)
def test_a_block_that_no_client_makes_is_read_as_what_it_is(block: dict[str, Any]) -> None:
    native = AIMessage(content=[block])

    again = ADAPTER.to_native(from_native([native]).value).value

    assert ADAPTER.same_native(again, [native])
