"""The fast way of reading gives the value that the slow way gives."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking._errors import DecodeError
from keepthinking._json import members
from keepthinking._profiles import profile
from keepthinking.dialects._quick import Memo
from keepthinking.dialects.anthropic_messages._fast import read_messages as read_turns
from keepthinking.dialects.anthropic_messages._read import read_message as read_blocks
from keepthinking.dialects.bedrock_converse._fast import read_messages as read_unions
from keepthinking.dialects.bedrock_converse._read import read_message as read_union
from keepthinking.dialects.cohere._fast import read_messages as read_plans
from keepthinking.dialects.cohere._read import read_message as read_plan
from keepthinking.dialects.ollama._fast import read_messages as read_local
from keepthinking.dialects.ollama._read import read_message as read_one_local
from keepthinking.dialects.openai_chat._fast import read_messages
from keepthinking.dialects.openai_chat._read import read_message
from keepthinking.dialects.openai_responses._fast import read_input
from keepthinking.dialects.openai_responses._read import read_items

NAMES = ("openai-chat", "minimax", "minimax-split", "deepseek")

texts = st.one_of(st.text(max_size=8), st.sampled_from(["", "<think>\na\n</think>\n\nb", "<think>cut", "\ud83d"]))
odd: st.SearchStrategy[object] = st.one_of(st.none(), texts, st.integers(), st.just([]), st.just({}))
calls = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "id": texts,
                "type": st.just("function"),
                "function": st.fixed_dictionaries({"name": texts, "arguments": texts}),
            },
            optional={"index": st.integers(0, 3)},
        ),
        st.fixed_dictionaries({"id": odd, "function": st.fixed_dictionaries({"name": texts, "arguments": odd})}),
    ),
    max_size=2,
)
messages = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "system", "developer"]), "content": st.one_of(texts, st.none())}
    ),
    st.fixed_dictionaries({"role": st.just("tool"), "content": texts}, optional={"tool_call_id": texts, "name": texts}),
    st.fixed_dictionaries(
        {"role": st.just("assistant")},
        optional={
            "content": st.one_of(st.none(), texts),
            "reasoning_content": st.one_of(st.none(), texts),
            "reasoning": st.one_of(st.none(), texts),
            "tool_calls": st.one_of(st.none(), calls),
            "refusal": st.none(),
        },
    ),
)


@given(history=st.lists(messages, max_size=4), name=st.sampled_from(NAMES))
def test_fast_and_slow_reading_agree(history: list[dict[str, object]], name: str) -> None:
    raw = json.dumps(history).encode()
    spoken = profile(name, "openai-chat")
    slow = tuple(
        read_message(members(json.dumps(message).encode(), "$"), f"$.messages[{i}]", spoken, "data")
        for i, message in enumerate(history)
    )

    assert read_messages(raw, spoken, "data") == slow


@pytest.mark.parametrize("count", [1, 3])
def test_one_odd_message_does_not_change_its_neighbours(count: int) -> None:
    plain = {"role": "user", "content": "hello"}
    odd_one = {"role": "assistant", "content": "x", "refusal": None}
    spoken = profile(None, "openai-chat")

    alone = read_messages(json.dumps([plain] * count).encode(), spoken, "data")
    mixed = read_messages(json.dumps([*[plain] * count, odd_one]).encode(), spoken, "data")

    assert mixed[:count] == alone
    assert mixed[count].text == "x"


parts = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": odd}),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": odd}, optional={"signature": odd}),
    st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": texts}),
    st.fixed_dictionaries({"type": st.just("tool_use"), "id": odd, "name": texts, "input": odd}),
    st.fixed_dictionaries(
        {"type": st.just("tool_result"), "tool_use_id": texts},
        optional={
            "content": st.one_of(
                texts, st.none(), st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": texts}), max_size=2)
            ),
            "is_error": st.one_of(st.booleans(), st.none()),
            "cache_control": st.just({"type": "ephemeral"}),
        },
    ),
)
turns = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["user", "assistant", "system"]),
        "content": st.one_of(texts, st.none(), st.lists(parts, max_size=3)),
    }
)


@given(history=st.lists(turns, max_size=4))
def test_fast_and_slow_reading_of_blocks_agree(history: list[dict[str, object]]) -> None:
    slow = [
        read_blocks(members(json.dumps(message).encode(), "$"), f"$.messages[{i}]", "data")
        for i, message in enumerate(history)
    ]

    assert read_turns(json.dumps(history).encode(), "data") == slow


said = st.fixed_dictionaries({"text": odd}, optional={"signature": odd})
unions = st.one_of(
    st.fixed_dictionaries({"text": odd}, optional={"x": odd}),
    st.fixed_dictionaries({"reasoningContent": st.fixed_dictionaries({"reasoningText": said})}),
    st.fixed_dictionaries(
        {"reasoningContent": st.fixed_dictionaries({}, optional={"redactedContent": odd, "reasoningText": said})}
    ),
    st.fixed_dictionaries(
        {"toolUse": st.fixed_dictionaries({"toolUseId": odd, "name": texts, "input": odd}, optional={"type": odd})}
    ),
    st.fixed_dictionaries(
        {
            "toolResult": st.fixed_dictionaries(
                {"toolUseId": texts, "content": st.lists(st.fixed_dictionaries({"text": texts}), max_size=2)},
                optional={"status": st.sampled_from(["success", "error", "odd", None]), "type": odd},
            )
        }
    ),
    odd,
)
converse = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"])}, optional={"content": st.lists(unions, max_size=3)}
)


@given(history=st.lists(converse, max_size=4))
def test_fast_and_slow_reading_of_unions_agree(history: list[dict[str, object]]) -> None:
    slow = [
        read_union(members(json.dumps(message).encode(), "$"), f"$.messages[{i}]", "data")
        for i, message in enumerate(history)
    ]

    assert read_unions(json.dumps(history).encode(), "data") == slow


lists = st.one_of(
    texts,
    st.none(),
    st.lists(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["output_text", "input_text", "summary_text", "reasoning_text"]), "text": odd},
            optional={"annotations": st.just([]), "logprobs": st.just([{"a": 1.0}])},
        ),
        max_size=2,
    ),
)
items = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system", "tool"]), "content": lists}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["message", "reasoning", "function_call", "function_call_output"])},
        optional={
            "role": st.sampled_from(["user", "assistant"]),
            "id": odd,
            "status": odd,
            "phase": odd,
            "content": lists,
            "summary": lists,
            "encrypted_content": odd,
            "call_id": odd,
            "name": odd,
            "arguments": odd,
            "output": odd,
        },
    ),
    st.fixed_dictionaries({"type": st.just("function_call"), "call_id": texts, "name": texts, "arguments": texts}),
    st.fixed_dictionaries({"type": st.just("function_call_output"), "call_id": texts, "output": texts}),
    st.fixed_dictionaries(
        {"type": st.just("reasoning"), "summary": lists},
        optional={"content": lists, "encrypted_content": texts, "id": texts},
    ),
    st.fixed_dictionaries({"type": st.just("message"), "role": st.just("assistant"), "content": lists}),
)


@given(history=st.lists(items, max_size=5))
def test_fast_and_slow_reading_of_items_agree(history: list[dict[str, object]]) -> None:
    raw = json.dumps(history).encode()
    slices = [json.dumps(item).encode() for item in history]
    try:
        slow = read_items(slices, "$.input", "data")
    except DecodeError:
        with pytest.raises(DecodeError):
            read_input(raw, "data")
        return

    assert read_input(raw, "data") == slow
    assert read_input(raw, "data", Memo()) == slow


objects: st.SearchStrategy[object] = st.one_of(odd, st.just({"a": 1.0}))
local_calls = st.lists(
    st.fixed_dictionaries(
        {
            "function": st.fixed_dictionaries(
                {"name": texts, "arguments": objects}, optional={"index": st.integers(0, 3)}
            )
        },
        optional={"id": odd},
    ),
    max_size=2,
)
local = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "system", "odd"])}, optional={"content": texts}),
    st.fixed_dictionaries(
        {"role": st.just("tool")},
        optional={"content": texts, "tool_name": odd, "name": texts, "tool_call_id": texts},
    ),
    st.fixed_dictionaries(
        {"role": st.just("assistant")},
        optional={
            "content": st.one_of(st.none(), texts),
            "thinking": st.one_of(st.none(), texts),
            "tool_calls": st.one_of(st.none(), local_calls),
            "images": st.just(["AAAA"]),
        },
    ),
)


@given(history=st.lists(local, max_size=4))
def test_fast_and_slow_reading_of_local_messages_agree(history: list[dict[str, object]]) -> None:
    slow = [
        read_one_local(members(json.dumps(message).encode(), "$"), f"$.messages[{i}]", "data")
        for i, message in enumerate(history)
    ]

    assert read_local(json.dumps(history).encode(), "data") == slow


planned = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "system", "odd"])}, optional={"content": texts}),
    st.fixed_dictionaries({"role": st.just("tool"), "tool_call_id": texts}, optional={"content": texts, "x": odd}),
    st.fixed_dictionaries(
        {"role": st.just("assistant")},
        optional={
            "content": st.one_of(
                st.none(),
                texts,
                st.lists(
                    st.one_of(
                        st.fixed_dictionaries({"type": st.just("text"), "text": odd}),
                        st.fixed_dictionaries({"type": st.just("thinking"), "thinking": odd}, optional={"x": odd}),
                    ),
                    max_size=2,
                ),
            ),
            "tool_plan": st.one_of(st.none(), texts),
            "tool_calls": st.one_of(st.none(), calls),
        },
    ),
)


@given(history=st.lists(planned, max_size=4))
def test_fast_and_slow_reading_of_plans_agree(history: list[dict[str, object]]) -> None:
    slow = [
        read_plan(members(json.dumps(message).encode(), "$"), f"$.messages[{i}]", "data")
        for i, message in enumerate(history)
    ]

    assert read_plans(json.dumps(history).encode(), "data") == slow
