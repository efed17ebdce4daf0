"""The model class: answers, options, tools, and what is stored of it."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from typing import Any, cast

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload, LlamaDebugHandler
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel, SecretStr

from keepthinking import Block, DecodeError, EncodeError, Endpoint, Message, ProviderError, Response, dialect, same
from keepthinking_adapters.llama_index import ADAPTER, KeepThinkingLLM
from keepthinking_adapters.llama_index._session import native_tool
from keepthinking_conformance.scenarios import PROVIDERS
from tests.adapters.llama_index.agents import verdict
from tests.adapters.spoken import calls, says, spoken

KEY = "sk-canary-of-this-test"


def sent(talk: Any, index: int = -1) -> Any:
    return json.loads(talk.exchanges[index].request)


def asked(talk: Any) -> list[ChatMessage]:
    return [ChatMessage(role=MessageRole.USER, content=talk.turns[0])]


def tools_of(talk: Any) -> list[Any]:
    return [native_tool(tool) for tool in talk.tools]


def read_of(answer: ChatResponse) -> Message:
    read = ADAPTER.from_native([answer.message])
    assert not read.losses
    assert not read.findings
    (message,) = read.value
    return message


# -- answers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROVIDERS)
def test_an_answer_is_the_same_message_however_it_comes(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("parallel", profile)
    model = model_for(talk, profile)
    given: Any = {"tools": tools_of(talk), "chat_history": asked(talk), "allow_parallel_tool_calls": True}

    async def all_async() -> list[ChatResponse]:
        pieces = [piece async for piece in await model.astream_chat_with_tools(**given)]
        return [await model.achat_with_tools(**given), pieces[-1]]

    pieces = list(model.stream_chat_with_tools(**given))
    answers = [model.chat_with_tools(**given), pieces[-1], *asyncio.run(all_async())]

    first = read_of(answers[0])
    assert first.thinking
    for answer in answers:
        assert same(read_of(answer), first, dialect(PROVIDERS[profile].dialect).projection)
        assert [type(block) for block in answer.message.blocks] == [type(b) for b in answers[0].message.blocks]
        assert ThinkingBlock in {type(block) for block in answer.message.blocks}
        assert len(model.get_tool_calls_from_response(answer)) == 2
        counted = answer.additional_kwargs
        assert counted["prompt_tokens"] > 0
        assert counted["total_tokens"] == counted["prompt_tokens"] + counted["completion_tokens"]
        assert isinstance(answer.raw, dict)
        assert answer.raw["model"] == PROVIDERS[profile].model


@pytest.mark.parametrize("profile", ["deepseek", "anthropic", "openai", "google-gemini"])
def test_the_pieces_of_a_stream_are_its_words_in_order(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("single", profile, token=f"pieces-{profile}")  # so that it is cut alike every time

    pieces = list(model_for(talk, profile).stream_chat(asked(talk)))

    whole = read_of(pieces[-1])
    assert "".join(piece.delta or "" for piece in pieces) == whole.text
    assert "".join(piece.additional_kwargs.get("thinking_delta", "") for piece in pieces) == whole.thinking
    assert len(pieces) > 3


def test_a_call_is_seen_while_it_is_streamed(opened: Any, model_for: Any) -> None:
    talk = opened("loop", "kimi")
    model = model_for(talk, "kimi")

    pieces = list(model.stream_chat_with_tools(tools_of(talk), chat_history=asked(talk)))

    seen = [model.get_tool_calls_from_response(piece, error_on_no_tool_call=False) for piece in pieces]
    assert {len(calls) for calls in seen} == {0, 1}
    assert seen[-1][0].tool_kwargs != {}
    assert isinstance(pieces[-1].message.blocks[-1], ToolCallBlock)


def test_callbacks_hear_the_answer(opened: Any, model_for: Any) -> None:
    talk = opened("single", "kimi")
    ear = LlamaDebugHandler(print_trace_on_end=False)

    answer = model_for(talk, "kimi", callback_manager=CallbackManager([ear])).chat(asked(talk))

    ((_, end),) = ear.get_event_pairs(CBEventType.LLM)
    assert end.payload is not None
    assert end.payload[EventPayload.RESPONSE] is answer


@pytest.mark.parametrize("profile", ["kimi", "anthropic"])
def test_a_completion_is_the_answer_to_a_users_words(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("single", profile)
    model = model_for(talk, profile)

    async def all_async() -> list[str]:
        pieces = [piece async for piece in await model.astream_complete(talk.turns[0])]
        return [(await model.acomplete(talk.turns[0])).text, pieces[-1].text]

    whole = model.complete(talk.turns[0]).text
    texts = [list(model.stream_complete(talk.turns[0]))[-1].text, *asyncio.run(all_async())]

    assert whole != ""
    assert texts == [whole] * 3


def test_an_answer_without_a_message_is_the_providers_error() -> None:
    with pytest.raises(ProviderError, match="without a message"):
        KeepThinkingLLM(model="m", profile="kimi")._answer(Response(messages=()))


# -- options and tools -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "given", "wire"),
    [
        (
            "kimi",
            {"max_tokens": 7, "temperature": 0.5, "stop": ["x"]},
            {"max_tokens": 7, "temperature": 0.5, "stop": ["x"]},
        ),
        ("anthropic", {"max_tokens": 7, "stop": ["x"]}, {"max_tokens": 7, "stop_sequences": ["x"]}),
        ("openai", {"max_tokens": 7, "temperature": 0.5}, {"max_output_tokens": 7, "temperature": 0.5}),
        (
            "google-gemini",
            {"max_tokens": 7, "extra_body": {"generationConfig": {"seed": 1}}},
            {"generationConfig": {"maxOutputTokens": 7, "seed": 1}},
        ),
        ("minimax-split", {"extra_body": {}}, {"reasoning_split": True}),
    ],
)
def test_options_reach_the_wire(opened: Any, model_for: Any, profile: str, given: Any, wire: Any) -> None:
    talk = opened("single", profile)

    model_for(talk, profile, **given).chat(asked(talk))

    assert {key: sent(talk)[key] for key in wire} == wire


def test_what_a_call_says_wins_over_what_is_sent_with_each(opened: Any, model_for: Any) -> None:
    talk = opened("single", "kimi")

    model_for(talk, "kimi", max_tokens=7, extra_body={"max_tokens": 9}).chat(asked(talk), max_tokens=5)

    assert sent(talk)["max_tokens"] == 5


@pytest.mark.parametrize(
    ("profile", "wire"),
    [
        ("kimi", "required"),
        ("openai", "required"),
        ("anthropic", {"type": "any"}),
        ("google-gemini", {"functionCallingConfig": {"mode": "ANY"}}),
    ],
)
def test_a_tool_that_has_to_be_called_is_said_in_the_wires_words(
    opened: Any, model_for: Any, profile: str, wire: Any
) -> None:
    talk = opened("single", profile)
    given: Any = {"tools": tools_of(talk), "chat_history": asked(talk), "allow_parallel_tool_calls": True}

    model_for(talk, profile).chat_with_tools(**given, tool_required=True)
    model_for(talk, profile).chat_with_tools(**given, tool_choice="none", tool_required=True)

    name = "toolConfig" if profile == "google-gemini" else "tool_choice"
    assert sent(talk, 0)[name] == wire
    assert sent(talk, 1)[name] != wire


@pytest.mark.parametrize(
    ("profile", "member", "wire"),
    [
        ("kimi", "parallel_tool_calls", False),
        ("openai", "parallel_tool_calls", False),
        ("anthropic", "tool_choice", {"type": "auto", "disable_parallel_tool_use": True}),
        ("google-gemini", "parallel_tool_calls", None),
    ],
)
def test_one_call_at_a_time_is_said_in_the_wires_words(
    opened: Any, model_for: Any, profile: str, member: str, wire: Any
) -> None:
    talk = opened("single", profile)
    tools = tools_of(talk)

    model_for(talk, profile).chat_with_tools(tools, chat_history=asked(talk), allow_parallel_tool_calls=False)
    model_for(talk, profile).chat_with_tools(tools, chat_history=asked(talk), allow_parallel_tool_calls=True)

    assert sent(talk, 0).get(member) == wire
    assert member not in sent(talk, 1)


@pytest.mark.parametrize(("tools", "where"), [(3, "tools"), ("look_up", "tools"), ([print], "tools[0]")])
def test_what_is_no_tool_is_the_callers_error(tools: Any, where: str) -> None:
    llm = KeepThinkingLLM(model="m", profile="deepseek", api_key=SecretStr("none"))

    with pytest.raises(EncodeError) as caught:
        llm.chat_with_tools(tools, user_msg="Look it up.")

    assert (caught.value.where, caught.value.culprit) == (where, "caller")


def test_the_callers_history_is_left_alone(opened: Any, model_for: Any) -> None:
    talk = opened("single", "kimi")
    history = asked(talk)

    model_for(talk, "kimi").chat_with_tools(tools_of(talk), user_msg="And now?", chat_history=history)

    assert history == asked(talk)
    assert [message["content"] for message in sent(talk)["messages"][-2:]] == [talk.turns[0], "And now?"]


@pytest.mark.parametrize(
    ("held", "read"),
    [
        ('{"a": 1}', {"a": 1}),
        ({"a": 1}, {"a": 1}),
        ("", {}),
        ('{"a": 1', {"a": 1}),
        ("[1]", {}),
        ("nonsense", {}),
        ("[" * 10_000, {}),
    ],
)
def test_arguments_are_read_whatever_has_come_of_them(held: Any, read: Any) -> None:
    blocks = [ToolCallBlock(tool_call_id=None, tool_name="f", tool_kwargs=held)]
    answer = ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks))

    (call,) = KeepThinkingLLM(model="m", profile="kimi").get_tool_calls_from_response(answer)

    assert (call.tool_id, call.tool_name, call.tool_kwargs) == ("", "f", read)


def test_an_answer_without_a_call_is_an_error_where_one_is_wanted() -> None:
    answer = ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, blocks=[TextBlock(text="no")]))
    model = KeepThinkingLLM(model="m", profile="kimi")

    assert model.get_tool_calls_from_response(answer, error_on_no_tool_call=False) == []
    with pytest.raises(ValueError, match="called no tool"):
        model.get_tool_calls_from_response(answer)


class Answer(BaseModel):
    """An answer."""

    key: str


def test_a_structured_answer_is_asked_for_as_a_tool_that_has_to_be_called(opened: Any, model_for: Any) -> None:
    talk = opened("single", "kimi")

    with pytest.raises(ValueError, match="called no tool"):  # the script speaks, and calls nothing
        model_for(talk, "kimi").structured_predict(Answer, PromptTemplate(talk.turns[0].replace("{", "{{")))

    (tool,) = sent(talk)["tools"]
    assert tool["function"]["name"] == "Answer"


@pytest.mark.parametrize("profile", ["deepseek", "anthropic", "openai", "google-gemini", "ollama-native"])
def test_a_structured_answer_that_is_streamed_is_what_the_model_said(profile: str) -> None:
    answer: tuple[Block, ...] = (says("Which key?"), *calls(("Answer", '{"key": "k"}')))

    with spoken(profile, [answer] * 2, stream=True) as provider:
        model: Any = ADAPTER.model(provider.endpoint)

        async def pieces() -> list[Any]:
            stream = await model.astream_structured_predict(Answer, PromptTemplate("Give the key."))
            return [piece async for piece in stream]

        whole = list(model.stream_structured_predict(Answer, PromptTemplate("Give the key.")))
        later = asyncio.run(pieces())

    assert (whole[-1], later[-1]) == (Answer(key="k"), Answer(key="k"))


@pytest.mark.parametrize("given", [None, "x", ChatMessage(content="x")])
def test_calls_are_asked_for_of_an_answer_alone(given: Any) -> None:
    with pytest.raises(DecodeError, match="is no answer") as caught:
        KeepThinkingLLM(model="m", profile="kimi").get_tool_calls_from_response(given, error_on_no_tool_call=False)

    assert (caught.value.where, caught.value.culprit) == ("response", "caller")
    assert caught.value.hint


def test_what_is_no_choice_among_tools_is_the_callers_error() -> None:
    llm, given = KeepThinkingLLM(model="m", profile="kimi"), cast("Any", 7)

    with pytest.raises(EncodeError, match="no choice among tools") as caught:
        llm.chat_with_tools([FunctionTool.from_defaults(print)], tool_choice=given)

    assert (caught.value.where, caught.value.culprit) == ("tool_choice", "caller")


def test_a_schema_that_shall_be_enforced_says_so(opened: Any, model_for: Any) -> None:
    def look(at: str, times: int = 1) -> str:
        """Look."""
        return at * times

    talk = opened("single", "openai")
    tools = [FunctionTool.from_defaults(look)]

    model_for(talk, "openai").chat_with_tools(tools, chat_history=asked(talk), strict=True)
    model_for(talk, "openai").chat_with_tools(tools, chat_history=asked(talk))

    assert [sent(talk, n)["tools"][0]["strict"] for n in (0, 1)] == [True, False]


# -- being made, copied and stored -------------------------------------------------------------------------------------


def test_a_model_is_made_of_an_endpoint(opened: Any) -> None:
    talk = opened("single", "anthropic")
    served = PROVIDERS["anthropic"]
    endpoint = Endpoint(
        dialect=served.dialect,
        base_url=talk.base_url,
        model=served.model,
        api_key=KEY,
        profile="anthropic",
        headers={"X-Trace": "1"},
        extra_body=dict(served.extra_body),
    )

    model = ADAPTER.model(endpoint, max_tokens=9)
    assert isinstance(model, KeepThinkingLLM)
    model.chat(asked(talk))

    assert sent(talk)["max_tokens"] == 9
    assert not verdict(talk, "anthropic").problems


def test_llama_index_knows_what_the_model_can() -> None:
    metadata = KeepThinkingLLM(model="m", profile="kimi", max_tokens=9).metadata

    assert (metadata.is_chat_model, metadata.is_function_calling_model) == (True, True)
    assert (metadata.model_name, metadata.num_output, metadata.context_window) == ("m", 9, 128_000)


def test_the_key_is_in_nothing_that_shows_or_stores_a_model() -> None:
    model = KeepThinkingLLM(
        model="kimi-k2-thinking",
        profile="kimi",
        api_key=SecretStr(KEY),
        default_headers={"Authorization": f"Bearer {KEY}"},
    )

    shown = [repr(model), str(model), str(model.model_dump()), model.model_dump_json(), model.to_json()]
    shown += [str(model.to_dict()), repr(pickle.dumps(model))]
    shown += [str(model.to_payload())] if hasattr(model, "to_payload") else []  # since 0.14.21

    assert not [text for text in shown if KEY in text]


def test_a_model_is_stored_by_llama_index_and_loaded() -> None:
    model = KeepThinkingLLM(model="kimi-k2-thinking", profile="kimi", temperature=0.5, extra_body={"a": {"b": [1]}})

    loaded = KeepThinkingLLM.from_json(model.to_json())

    assert loaded.to_dict() == model.to_dict()
    assert loaded.extra_body == {"a": {"b": [1]}}


def test_a_copy_with_another_option_speaks_by_it(opened: Any, model_for: Any) -> None:
    first, second = opened("single", "kimi"), opened("single", "kimi")
    model = model_for(first, "kimi")
    model.chat(asked(first))

    other = model.model_copy(update={"base_url": second.base_url})
    other.chat(asked(second))
    copy.deepcopy(other).chat(asked(second))

    assert (first.requests, second.requests) == (1, 2)


def test_a_pickled_model_reads_the_key_of_its_new_home(
    opened: Any, model_for: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    talk = opened("single", "kimi")
    used = model_for(talk, "kimi", temperature=0.5, on_finding=lambda _: None)
    used.chat(asked(talk))
    model = pickle.loads(pickle.dumps(used))  # noqa: S301 - our own bytes
    used.chat(asked(talk))  # it still has all that the copy went without
    monkeypatch.setenv("MOONSHOT_API_KEY", KEY)
    model.chat(asked(talk))

    assert talk.requests == 3
    assert model.temperature == 0.5
    assert model.api_key is None
    assert "unpickleable" not in caplog.text
