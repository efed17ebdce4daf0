"""The model class by itself: what LangChain promises of every model, options, answers, and what must not get out."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.structured_output import ProviderStrategy, StructuredOutputValidationError
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.runnables import Runnable
from langchain_tests.unit_tests import ChatModelUnitTests
from pydantic import BaseModel, SecretStr

from keepthinking import Message, UnknownNameError, dialect, same
from keepthinking_adapters.langchain import ADAPTER, ChatKeepThinking
from keepthinking_adapters.langchain._session import native_tool
from keepthinking_conformance.scenarios import PROVIDERS
from tests.adapters.langchain.agents import verdict

KEY = "sk-canary-0123456789"


class TestStandard(ChatModelUnitTests):
    """LangChain's own unit tests of a model."""

    @property
    def chat_model_class(self) -> type[ChatKeepThinking]:
        return ChatKeepThinking

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "deepseek-v4-pro", "profile": "deepseek", "api_key": KEY}

    @pytest.mark.xfail(reason="LangChain loads nobody's classes but its partners' unless the caller names them")
    def test_serdes(self, model: Any, snapshot: Any) -> None:
        super().test_serdes(model, snapshot)


def sent(talk: Any, index: int = -1) -> Any:
    return json.loads(talk.exchanges[index].request)


# Answers


@pytest.mark.parametrize("profile", PROVIDERS)
def test_an_answer_is_the_same_message_however_it_comes(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("parallel", profile)
    model = model_for(talk, profile).bind_tools([native_tool(tool) for tool in talk.tools])
    given = [HumanMessage(talk.turns[0])]

    async def all_async() -> list[AIMessage]:
        chunks = [chunk async for chunk in model.astream(given)]
        return [await model.ainvoke(given), added(chunks)]

    answers = [model.invoke(given), added(list(model.stream(given))), *asyncio.run(all_async())]

    first = read_of(answers[0])
    assert first.thinking
    for answer in answers:
        assert same(read_of(answer), first, dialect(PROVIDERS[profile].dialect).projection)
        assert [block["type"] for block in answer.content_blocks] == [
            block["type"] for block in answers[0].content_blocks
        ]
        assert "reasoning" in {block["type"] for block in answer.content_blocks}
        assert len(answer.tool_calls) == 2
        assert answer.usage_metadata is not None
        assert answer.usage_metadata["input_tokens"] > 0
        assert answer.usage_metadata["total_tokens"] == (
            answer.usage_metadata["input_tokens"] + answer.usage_metadata["output_tokens"]
        )
        assert answer.response_metadata["model_name"] == PROVIDERS[profile].model
        assert answer.response_metadata["model_provider"]


def read_of(answer: AIMessage) -> Message:
    read = ADAPTER.from_native([answer])
    assert not read.losses
    assert not read.findings
    (message,) = read.value
    return message


def added(chunks: list[Any]) -> AIMessageChunk:
    assert len(chunks) > 2
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert isinstance(whole, AIMessageChunk)
    return whole


@pytest.mark.parametrize("profile", ["deepseek", "anthropic"])
def test_the_events_of_version_3_give_the_same_message(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("parallel", profile)
    model = model_for(talk, profile)
    tools = [native_tool(tool) for tool in talk.tools]
    given = [HumanMessage(talk.turns[0])]

    stream: Any = model.bind_tools(tools).stream_events(given, version="v3")
    thought = "".join(stream.reasoning)

    assert thought != ""
    whole = model.bind_tools(tools).invoke(given)
    assert same(read_of(stream.output), read_of(whole), dialect(PROVIDERS[profile].dialect).projection)


def test_callbacks_hear_every_token_once(opened: Any, model_for: Any) -> None:
    talk = opened("single", "kimi")
    heard: list[str] = []

    class Ear(BaseCallbackHandler):
        def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
            del kwargs
            heard.append(token if isinstance(token, str) else "".join(b.get("text", "") for b in token))

    chunks = list(model_for(talk, "kimi").stream([HumanMessage(talk.turns[0])], {"callbacks": [Ear()]}))

    assert "".join(heard) == "".join(chunk.text for chunk in chunks)
    assert len(heard) == len(chunks)


def test_a_model_told_to_stream_streams_when_invoked(opened: Any, model_for: Any) -> None:
    talk = opened("single", "kimi")

    model_for(talk, "kimi", streaming=True).invoke([HumanMessage(talk.turns[0])])

    assert sent(talk)["stream"] is True


# Options and tools


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
            {"max_tokens": 7, "temperature": 0.5, "stop": ["x"], "extra_body": {"generationConfig": {"seed": 1}}},
            {"generationConfig": {"maxOutputTokens": 7, "temperature": 0.5, "stopSequences": ["x"], "seed": 1}},
        ),
        (
            "google-gemini",
            {"max_tokens": 7, "extra_body": {"generationConfig": {"maxOutputTokens": 9}}},
            {"generationConfig": {"maxOutputTokens": 9}},
        ),
        ("minimax-split", {"extra_body": {}}, {"reasoning_split": True}),
        ("kimi", {"extra_body": {"thinking": {"keep": "all"}}}, {"thinking": {"keep": "all"}}),
    ],
)
def test_options_reach_the_wire(opened: Any, model_for: Any, profile: str, given: Any, wire: Any) -> None:
    talk = opened("single", profile)

    model_for(talk, profile, **given).invoke([HumanMessage(talk.turns[0])])

    assert {key: sent(talk)[key] for key in wire} == wire


def test_what_a_call_says_wins_over_what_is_sent_with_each(opened: Any, model_for: Any) -> None:
    for profile, limit in (("kimi", "max_tokens"), ("google-gemini", "maxOutputTokens")):
        talk = opened("single", profile)
        body = {"max_tokens": 9} if profile == "kimi" else {"generationConfig": {limit: 9}}

        model_for(talk, profile, max_tokens=7, extra_body=body).invoke([HumanMessage(talk.turns[0])], max_tokens=5)

        assert sent(talk).get("generationConfig", sent(talk))[limit] == 5


_ANY: dict[str, Any] = {
    "kimi": "required",
    "openai": "required",
    "anthropic": {"type": "any"},
    "google-gemini": {"functionCallingConfig": {"mode": "ANY"}},
}
_CHOICES: dict[Any, dict[str, Any]] = {
    "auto": {
        "kimi": "auto",
        "openai": "auto",
        "anthropic": {"type": "auto"},
        "google-gemini": {"functionCallingConfig": {"mode": "AUTO"}},
    },
    "none": {
        "kimi": "none",
        "openai": "none",
        "anthropic": {"type": "none"},
        "google-gemini": {"functionCallingConfig": {"mode": "NONE"}},
    },
    "any": _ANY,
    "required": _ANY,
    True: _ANY,
    "look_up": {
        "kimi": {"type": "function", "function": {"name": "look_up"}},
        "openai": {"type": "function", "name": "look_up"},
        "anthropic": {"type": "tool", "name": "look_up"},
        "google-gemini": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look_up"]}},
    },
}


@pytest.mark.parametrize(
    ("choice", "profile", "wire"),
    [(choice, profile, wire) for choice, wires in _CHOICES.items() for profile, wire in wires.items()],
)
def test_the_choice_of_a_tool_is_said_in_the_wires_words(
    opened: Any, model_for: Any, choice: Any, profile: str, wire: Any
) -> None:
    talk = opened("single", profile)
    tools = [native_tool(tool) for tool in talk.tools]

    model_for(talk, profile).bind_tools(tools, tool_choice=choice).invoke([HumanMessage(talk.turns[0])])

    assert sent(talk)["toolConfig" if profile == "google-gemini" else "tool_choice"] == wire


def test_one_call_at_a_time_is_said_in_anthropics_words(opened: Any, model_for: Any) -> None:
    talk = opened("single", "anthropic")
    tools = [native_tool(tool) for tool in talk.tools]

    model_for(talk, "anthropic").bind_tools(tools, parallel_tool_calls=False).invoke([HumanMessage(talk.turns[0])])

    assert sent(talk)["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert "parallel_tool_calls" not in sent(talk)


@pytest.mark.parametrize(
    ("profile", "tool"),
    [
        ("anthropic", {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}),
        ("openai", {"type": "web_search", "search_context_size": "low"}),
        ("openai", {"type": "custom", "name": "run", "description": "Runs it."}),
        ("google-gemini", {"googleSearch": {}}),
        ("google-gemini", {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}),
    ],
)
def test_a_tool_of_the_wires_own_goes_as_it_was_written(opened: Any, model_for: Any, profile: str, tool: Any) -> None:
    talk = opened("single", profile)

    model_for(talk, profile).bind_tools([tool]).invoke([HumanMessage(talk.turns[0])])

    assert sent(talk)["tools"] == [tool]


@pytest.mark.parametrize(
    ("profile", "path"),
    [
        ("kimi", ["tools", 0, "function", "strict"]),
        ("openai", ["tools", 0, "strict"]),
        ("anthropic", ["tools", 0, "strict"]),
        ("google-gemini", None),
    ],
)
def test_a_schema_that_is_enforced_is_said_in_the_wires_place(
    opened: Any, model_for: Any, profile: str, path: list[Any] | None
) -> None:
    talk = opened("single", profile)
    tools = [native_tool(tool) for tool in talk.tools]

    model_for(talk, profile).bind_tools(tools, strict=True).invoke([HumanMessage(talk.turns[0])])

    if path is None:
        assert b"strict" not in talk.exchanges[0].request
        return
    found: Any = sent(talk)
    for key in path:
        found = found[key]
    assert found is True
    assert talk.exchanges[0].request.count(b'"strict"') == len(tools)


@pytest.mark.parametrize(("strict", "said"), [(None, False), (False, False), (True, True)])
def test_a_schema_is_enforced_on_responses_only_where_the_caller_says_so(
    opened: Any, model_for: Any, *, strict: bool | None, said: bool
) -> None:
    def look(at: str, times: int = 1) -> str:
        """Look."""
        return at * times

    talk = opened("single", "openai")

    model_for(talk, "openai").bind_tools([look], strict=strict).invoke([HumanMessage(talk.turns[0])])

    (tool,) = sent(talk)["tools"]
    assert tool["strict"] is said
    # of what is not enforced the schema stays as it is, and with it what may be left out
    assert (tool["parameters"]["required"] == ["at"]) is not said


class Answer(BaseModel):
    """An answer."""

    key: str


@pytest.mark.parametrize("profile", ["kimi", "openai", "anthropic", "google-gemini"])
def test_a_structured_answer_is_asked_for_as_a_tool(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("loop", profile)
    asked: Runnable[Any, Any] = model_for(talk, profile).with_structured_output(Answer, include_raw=True)

    found = asked.invoke([HumanMessage(talk.turns[0])])

    # The script calls a tool of its own, so what comes back is a call of another name: it is no value, and no error.
    assert isinstance(found["raw"], AIMessage)
    assert found["parsed"] is None
    tool = sent(talk)["tools"][0]
    (tool,) = tool.get("functionDeclarations", [tool])
    assert tool.get("function", tool)["name"] == "Answer"


_SCHEMAS = {
    "kimi": ["response_format", "json_schema", "schema"],
    "openai": ["text", "format", "schema"],
    "anthropic": ["output_config", "format", "schema"],
    "google-gemini": ["generationConfig", "responseJsonSchema"],
}


@pytest.mark.parametrize(
    ("profile", "wire"),
    [
        ("kimi", {"response_format": {"type": "json_object"}}),
        ("openai", {"text": {"format": {"type": "json_object"}}}),
        ("google-gemini", {"generationConfig": {"responseMimeType": "application/json"}}),
    ],
)
def test_an_answer_in_json_of_no_schema_can_be_asked_for(
    opened: Any, model_for: Any, profile: str, wire: dict[str, Any]
) -> None:
    talk = opened("single", profile)
    model = model_for(talk, profile, extra_body=None)

    model.with_structured_output(Answer, method="json_mode", include_raw=True).invoke([HumanMessage(talk.turns[0])])

    assert {key: sent(talk)[key] for key in wire} == wire


def test_a_structured_answer_can_be_asked_of_the_provider(opened: Any, model_for: Any) -> None:
    for profile, path in _SCHEMAS.items():
        talk = opened("single", profile)
        asked = model_for(talk, profile).with_structured_output(Answer, method="json_schema", include_raw=True)

        found = asked.invoke([HumanMessage(talk.turns[0])])

        body = shape = sent(talk)
        for key in path:
            shape = shape[key]
        assert shape["required"] == ["key"]
        assert ("response_format" in body) is (profile == "kimi")
        assert isinstance(found["parsing_error"], Exception)  # the script speaks no JSON


@pytest.mark.parametrize("wrong", [{"method": "json_mode"}, {"color": "red"}])
def test_a_structured_answer_that_cannot_be_asked_for_is_refused(wrong: Any) -> None:
    model = ChatKeepThinking(model="m", profile="anthropic", api_key=SecretStr(KEY))

    with pytest.raises(ValueError, match="json_schema"):
        model.with_structured_output(Answer, **wrong)


@pytest.mark.parametrize("profile", _SCHEMAS)
def test_an_agent_may_ask_the_provider_for_a_schema(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("loop", profile)
    agent = create_agent(
        model_for(talk, profile),
        tools=[native_tool(tool) for tool in talk.tools],
        response_format=ProviderStrategy(Answer),
    )

    with pytest.raises(StructuredOutputValidationError):  # the script's last answer is no JSON
        asyncio.run(agent.ainvoke({"messages": [HumanMessage(talk.turns[0])]}))

    assert talk.requests == talk.expected[0]
    assert _SCHEMAS[profile][0] in sent(talk)
    assert ("response_format" in sent(talk)) is (profile == "kimi")


# Being made, copied and stored


def test_a_model_is_made_of_an_endpoint(opened: Any) -> None:
    from keepthinking import Endpoint

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
    assert isinstance(model, ChatKeepThinking)
    model.invoke([HumanMessage(talk.turns[0])])

    assert sent(talk)["max_tokens"] == 9
    assert not verdict(talk, "anthropic").problems


def test_the_key_is_in_nothing_that_shows_or_stores_a_model() -> None:
    model = ChatKeepThinking(
        model="kimi-k2-thinking",
        profile="kimi",
        api_key=SecretStr(KEY),
        default_headers={"Authorization": f"Bearer {KEY}"},
    )

    shown = [repr(model), str(model), dumps(model), str(model.model_dump()), model.model_dump_json()]
    shown += [model._get_llm_string(), str(model._get_ls_params())]
    shown += [repr(pickle.dumps(model)), repr(model.bind_tools([])), str(model._identifying_params)]

    assert not [text for text in shown if KEY in text]


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
def test_a_model_is_stored_by_langchain_and_loaded_by_whoever_names_its_class() -> None:
    model = ChatKeepThinking(model="kimi-k2-thinking", profile="kimi", api_key=SecretStr(KEY), temperature=0.5)
    secrets = dict.fromkeys(model.lc_secrets.values(), KEY)

    loaded = loads(
        dumps(model),
        allowed_objects=[ChatKeepThinking],
        valid_namespaces=["keepthinking_adapters"],
        secrets_map=secrets,
    )

    assert loaded == model


def test_an_address_is_shown_without_what_may_be_a_credential() -> None:
    model = ChatKeepThinking(model="m", base_url=f"https://user:{KEY}@api.example.com/v1?key={KEY}")

    assert KEY not in f"{model!r} {model} {model._identifying_params}"
    assert "api.example.com" in str(model._identifying_params)


def test_each_choice_ends_for_its_own_reason_and_the_tokens_are_counted_once() -> None:
    model = ChatKeepThinking(model="m", profile="kimi", api_key=SecretStr(KEY))
    choices = [
        {"index": i, "finish_reason": reason, "message": {"role": "assistant", "content": reason}}
        for i, reason in enumerate(("stop", "length"))
    ]
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    body = {"id": "r", "model": "m", "choices": choices, "usage": usage}
    result = model._result(dialect("openai-chat").decode_response(body, "kimi"))

    messages = [generation.message for generation in result.generations]
    assert [message.response_metadata.get("finish_reason") for message in messages] == ["stop", None]
    assert [bool(getattr(message, "usage_metadata", None)) for message in messages] == [True, False]


def test_a_copy_with_another_option_speaks_by_it(opened: Any, model_for: Any) -> None:
    first, second = opened("single", "kimi"), opened("single", "kimi")
    model = model_for(first, "kimi")
    model.invoke([HumanMessage(first.turns[0])])

    other = model.model_copy(update={"base_url": second.base_url})
    other.invoke([HumanMessage(second.turns[0])])
    copy.deepcopy(other).invoke([HumanMessage(second.turns[0])])

    assert (first.requests, second.requests) == (1, 2)


@pytest.mark.parametrize("profile", PROVIDERS)
def test_an_answer_out_of_a_cache_goes_back_as_the_one_that_came(opened: Any, model_for: Any, profile: str) -> None:
    talk = opened("loop", profile)
    cache = InMemoryCache()
    model = model_for(talk, profile, cache=cache).bind_tools([native_tool(tool) for tool in talk.tools])
    given: list[Any] = [HumanMessage(talk.turns[0])]

    first, again = model.invoke(given), model.invoke(given)

    assert talk.requests == 1
    assert read_of(first).thinking
    assert same(read_of(again), read_of(first))
    assert KEY not in repr(vars(cache))


@pytest.mark.parametrize("other", [{"base_url": "http://b/v1"}, {"profile": "vllm"}, {"extra_body": {"a": 1}}])
def test_a_cache_holds_answers_of_one_provider_and_one_way_to_ask_apart(other: dict[str, Any]) -> None:
    given: dict[str, Any] = {"model": "m", "base_url": "http://a/v1", "profile": "deepseek", "api_key": KEY}
    one, another = ChatKeepThinking(**given), ChatKeepThinking(**{**given, **other})

    keys = [model._get_llm_string() for model in (one, another)]

    assert keys[0] != keys[1]
    assert KEY not in "".join(keys)


def test_a_pickled_model_reads_the_key_of_its_new_home(
    opened: Any, model_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = opened("single", "kimi")
    model = pickle.loads(pickle.dumps(model_for(talk, "kimi")))  # noqa: S301 - our own bytes
    monkeypatch.setenv("MOONSHOT_API_KEY", KEY)

    model.invoke([HumanMessage(talk.turns[0])])

    assert talk.requests == 1


@pytest.mark.parametrize("wrong", [{"profile": "mini"}, {"dialect": "chat"}])
def test_a_wrong_name_is_told_with_the_names_that_exist(wrong: Any) -> None:
    model = ChatKeepThinking(model="m", base_url="http://127.0.0.1:9", api_key=SecretStr("k"), **wrong)

    with pytest.raises(UnknownNameError):
        model.invoke("hello")


def test_a_missing_key_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPSEEK_API_KEY", raising=False)

    with pytest.raises(Exception, match="DEEPSEEK_API_KEY"):
        ChatKeepThinking(model="deepseek-v4-pro", profile="deepseek").invoke("hello")
