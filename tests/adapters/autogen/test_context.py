"""AutoGen's contexts with records in their state: standard state, any process, any edit of what was saved."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_core.model_context import ChatCompletionContext, UnboundedChatCompletionContext
from autogen_core.models import LLMMessage, UserMessage

from keepthinking import DecodeError, EncodeError, Message, Seal, Text, Thinking, ToolCall, ToolResult
from keepthinking_adapters.autogen import (
    KeepThinkingBufferedContext,
    KeepThinkingChatCompletionClient,
    KeepThinkingContextMixin,
    KeepThinkingHeadAndTailContext,
    KeepThinkingTokenLimitedContext,
    KeepThinkingUnboundedContext,
    dump,
    from_native,
    load,
    same_native,
    to_native,
)

HISTORY = [
    Message(role="user", blocks=(Text(text="hi"),), author="harness"),
    Message(role="assistant", blocks=(Thinking.of("plan", signature="1"), ToolCall(id="c", name="f", arguments="{}"))),
    Message(role="user", blocks=(ToolResult.of("r", call_id="c"),)),
    Message(role="assistant", blocks=(Thinking.of("so", signature="2"), Text(text="done"))),
]


def client() -> KeepThinkingChatCompletionClient:
    return KeepThinkingChatCompletionClient("m", profile="deepseek", api_key="k")


CONTEXTS: Mapping[str, Callable[[], ChatCompletionContext]] = {
    "unbounded": KeepThinkingUnboundedContext,
    "buffered": lambda: KeepThinkingBufferedContext(9),
    "head and tail": lambda: KeepThinkingHeadAndTailContext(2, 9),
    "token limited": lambda: KeepThinkingTokenLimitedContext(client()),
}


async def state_of(context: ChatCompletionContext, messages: list[LLMMessage]) -> dict[str, Any]:
    for message in messages:
        await context.add_message(message)
    found: dict[str, Any] = json.loads(json.dumps(await context.save_state()))
    return found


async def loaded(context: ChatCompletionContext, state: dict[str, Any]) -> list[LLMMessage]:
    await context.load_state(state)
    return await context.get_messages()


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_context_saves_what_its_messages_carry(name: str) -> None:
    native = to_native(HISTORY).value
    state = asyncio.run(state_of(CONTEXTS[name](), native))

    back = asyncio.run(loaded(CONTEXTS[name](), state))

    assert from_native(back).value == tuple(HISTORY)
    assert same_native(back, native)


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_component_is_made_again_as_the_same_class(name: str) -> None:
    context = CONTEXTS[name]()
    dumped = json.loads(context.dump_component().model_dump_json())
    if name == "token limited":
        dumped["config"]["model_client"]["config"]["base_url"] = "http://127.0.0.1:9"
        dumped["config"]["model_client"]["config"]["profile"] = None
        dumped["config"]["model_client"]["config"]["dialect"] = "openai-chat"

    assert type(ChatCompletionContext.load_component(dumped)) is type(context)


def test_a_stock_context_reads_the_state_and_has_the_standard_shape() -> None:
    native = to_native(HISTORY).value
    state = asyncio.run(state_of(KeepThinkingUnboundedContext(), native))
    stock = asyncio.run(state_of(UnboundedChatCompletionContext(), native))

    assert {key: value for key, value in state.items() if key != "keepthinking"} == stock
    assert same_native(asyncio.run(loaded(UnboundedChatCompletionContext(), state)), native)


def test_our_context_reads_a_stock_state() -> None:
    stock = asyncio.run(state_of(UnboundedChatCompletionContext(), to_native(HISTORY).value))

    back = asyncio.run(loaded(KeepThinkingUnboundedContext(), stock))

    assert same_native(back, to_native(HISTORY).value)
    assert [one.thinking for one in from_native(back).value] == ["", "plan", "", "so"]


def test_a_plain_history_has_a_plain_state() -> None:
    state = asyncio.run(state_of(KeepThinkingUnboundedContext(), [UserMessage(content="hi", source="user")]))

    assert state.keys() == {"messages"}


def test_messages_that_were_taken_out_of_a_state_take_only_their_own_records() -> None:
    state = asyncio.run(state_of(KeepThinkingUnboundedContext(), to_native(HISTORY).value))
    del state["messages"][0]

    back = from_native(asyncio.run(loaded(KeepThinkingUnboundedContext(), state)))

    assert back.value == tuple(HISTORY[1:])
    assert back.findings == ()


def test_words_that_were_edited_in_a_state_stand_and_are_told() -> None:
    state = asyncio.run(state_of(KeepThinkingUnboundedContext(), to_native(HISTORY).value))
    state["messages"][3]["content"] = "[redacted]"

    back = from_native(asyncio.run(loaded(KeepThinkingUnboundedContext(), state)))

    assert back.value[3].text == "[redacted]"
    assert {found.check for found in back.findings} == {"text.unaltered"}


DONE = [
    Message.user("one"),
    Message.assistant(Thinking(seals=(Seal(slot="signature", wire="1"),)), Text(text="Done.")),
    Message.user("two"),
    Message.assistant(Thinking(seals=(Seal(slot="signature", wire="2"),)), Text(text="Done.")),
]
"""Two answers of the same words: nothing but their seals tells which is which."""


def seals_of(native: list[LLMMessage]) -> list[list[str]]:
    return [
        [seal.wire for block in one.blocks for seal in block.seals]
        for one in from_native(native).value
        if one.role == "assistant"
    ]


@pytest.mark.parametrize(
    ("edit", "seals"),
    [
        (lambda _: None, [["1"], ["2"]]),
        (lambda held: held[0].update(content="[redacted]"), [["1"], ["2"]]),
        (lambda held: held[1].update(content="[redacted]"), [["1"], []]),
        (lambda held: held.insert(0, held[0]), [["1"], ["2"]]),
        (lambda held: held.pop(0), [["1"], ["2"]]),
        (lambda held: held.__delitem__(slice(2)), [[]]),
        (lambda held: held.__delitem__(slice(2, 4)), [[]]),
    ],
)
def test_what_is_reworded_put_in_or_taken_out_of_a_state_gives_no_message_the_seal_of_another(
    edit: Callable[[list[dict[str, Any]]], Any], seals: list[list[str]]
) -> None:
    state = asyncio.run(state_of(KeepThinkingUnboundedContext(), to_native(DONE).value))
    edit(state["messages"])

    assert seals_of(asyncio.run(loaded(KeepThinkingUnboundedContext(), state))) == seals


def test_a_message_that_stands_where_another_stood_has_nothing_of_it() -> None:
    state = asyncio.run(state_of(KeepThinkingUnboundedContext(), to_native(DONE[1:3]).value))
    state["messages"] = [state["messages"][1], {**state["messages"][0], "content": "Never said."}]

    assert seals_of(asyncio.run(loaded(KeepThinkingUnboundedContext(), state))) == [[]]


@pytest.mark.parametrize("records", [1, {}, [1], [None], [{"of": 1, "record": "x"}], [{"record": "x"}]])
def test_broken_records_of_a_state_are_named(records: object) -> None:
    state = asyncio.run(state_of(KeepThinkingUnboundedContext(), to_native(HISTORY).value))

    with pytest.raises(DecodeError) as caught:
        asyncio.run(loaded(KeepThinkingUnboundedContext(), {**state, "keepthinking": records}))

    assert caught.value.culprit == "data"


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"messages": 1}', b'{"messages": [{"type": "x"}]}', b"[" * 9999])
def test_what_is_no_state_is_named(data: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        load(data)

    assert caught.value.culprit == "data"


def test_what_autogen_cannot_write_is_named() -> None:
    message = UserMessage(content="x", source="u")
    vars(message)["content"] = object()

    with pytest.raises(EncodeError) as caught:
        dump([message])

    assert caught.value.culprit == "framework"


def test_an_agents_state_holds_the_records() -> None:
    async def saved() -> dict[str, Any]:
        context = KeepThinkingUnboundedContext(to_native(HISTORY).value)
        agent = AssistantAgent("a", model_client=client(), model_context=context)
        found: dict[str, Any] = json.loads(json.dumps(await agent.save_state()))
        return found

    assert len(asyncio.run(saved())["llm_context"]["keepthinking"]) == len(HISTORY)


@pytest.mark.parametrize("name", ["unbounded", "buffered", "head and tail"])
def test_a_component_has_what_its_first_messages_carry(name: str) -> None:
    options = {"buffered": {"buffer_size": 9}, "head and tail": {"head_size": 2, "tail_size": 9}}.get(name, {})
    native = to_native(HISTORY).value
    made: Any = type(CONTEXTS[name]())
    dumped = made(**options, initial_messages=native).dump_component().model_dump_json()

    again = ChatCompletionContext.load_component(json.loads(dumped))
    back = asyncio.run(again.get_messages())

    assert from_native(back).value == tuple(HISTORY)
    assert same_native(back, native)
    assert again.dump_component() == made(**options, initial_messages=back).dump_component()


class Own(KeepThinkingContextMixin, UnboundedChatCompletionContext):
    """A context of somebody's own."""

    component_provider_override = f"{__name__}.Own"


def test_a_context_of_somebody_s_own_keeps_as_ours_do() -> None:
    native = to_native(HISTORY).value
    dumped = Own(native).dump_component().model_dump_json()
    again = ChatCompletionContext.load_component(json.loads(dumped))
    state = asyncio.run(state_of(Own(), native))

    assert type(again) is Own
    assert from_native(asyncio.run(again.get_messages())).value == tuple(HISTORY)
    assert from_native(asyncio.run(loaded(Own(), state))).value == tuple(HISTORY)


def test_a_stock_context_reads_the_configuration_of_ours() -> None:
    dumped = json.loads(KeepThinkingUnboundedContext(to_native(HISTORY).value).dump_component().model_dump_json())
    dumped["provider"] = "autogen_core.model_context.UnboundedChatCompletionContext"

    stock = ChatCompletionContext.load_component(dumped)

    assert same_native(asyncio.run(stock.get_messages()), to_native(HISTORY).value)
