"""The provider as the vendors' own clients and LangChain's stock classes read it, over real HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from keepthinking import Message, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking_conformance.provider import Provider, Talk
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.conformance.provider_client import CELLS, ask, histories, speaks

pytestmark = pytest.mark.extras

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
CHAT, RESPONSES, MESSAGES, GEMINI, OLLAMA = (
    [cell for cell in CELLS if PROVIDERS[cell[0]].dialect == dialect]
    for dialect in ("openai-chat", "openai-responses", "anthropic-messages", "gemini", "ollama")
)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


def body_of(talk: Talk, messages: list[Message]) -> dict[str, Any]:
    request = ask(talk.script, messages)
    body: dict[str, Any] = json.loads(speaks(talk.script).encode_request(request, talk.script.profile).body)
    body.pop("stream", None)
    return body


@pytest.mark.vendors
@BOTH
@pytest.mark.parametrize("cell", CHAT, ids="/".join)
def test_the_client_of_openai_reads_every_answer(provider: Provider, cell: tuple[str, str], *, stream: bool) -> None:
    import openai

    profile, scenario = cell
    talk = provider.open(SCENARIOS[scenario], profile=profile)
    with openai.OpenAI(base_url=talk.base_url, api_key="none", max_retries=0) as client:
        for turn, step, messages in histories(talk.script):
            body = body_of(talk, messages)
            extra = {key: body.pop(key) for key in PROVIDERS[profile].extra_body}
            if stream:
                with client.chat.completions.stream(
                    **body, extra_body=extra, stream_options={"include_usage": True}
                ) as events:
                    for _ in events:
                        pass
                    got = events.get_final_completion()
            else:
                got = client.chat.completions.create(**body, extra_body=extra)
            wanted = talk.script.answer(turn, step)
            said = got.choices[0].message
            calls = [(call.id, call.function.name, call.function.arguments) for call in said.tool_calls or ()]
            assert calls == [(call.id, call.name, call.arguments) for call in wanted.tool_calls]
            assert (said.content or "").endswith(wanted.text)
            assert got.choices[0].finish_reason == ("tool_calls" if calls else "stop")
            assert got.usage is not None
            assert got.usage.completion_tokens > 0
            assert got.model == talk.script.model
            for name in talk.script.profile.returns:
                if name in {"reasoning", "reasoning_content"} and not stream:
                    assert getattr(said, name, "") == wanted.thinking
    assert talk.problems == []
    talk.close()


@pytest.mark.vendors
@BOTH
@pytest.mark.parametrize("cell", MESSAGES, ids="/".join)
def test_the_client_of_anthropic_reads_every_answer(provider: Provider, cell: tuple[str, str], *, stream: bool) -> None:
    import anthropic

    profile, scenario = cell
    talk = provider.open(SCENARIOS[scenario], profile=profile)
    with anthropic.Anthropic(base_url=talk.base_url, api_key="none", max_retries=0) as client:
        for turn, step, messages in histories(talk.script):
            body = body_of(talk, messages)
            if stream:
                with client.messages.stream(**body) as events:
                    got = events.get_final_message()
            else:
                got = client.messages.create(**body)
            read = [block.model_dump(exclude_none=True) for block in got.content]
            assert read == [_as_anthropic(block) for block in talk.script.answer(turn, step).blocks]
            assert got.stop_reason == ("tool_use" if talk.script.calls_of(turn, step) else "end_turn")
            assert got.usage.output_tokens > 0
            assert got.model == talk.script.model
    assert talk.problems == []
    talk.close()


def _as_anthropic(block: object) -> dict[str, Any]:
    if isinstance(block, Text):
        return {"type": "text", "text": block.text}
    if isinstance(block, ToolCall):
        kind = "server_tool_use" if block.server else "tool_use"
        return {"type": kind, "id": block.id, "name": block.name, "input": json.loads(block.arguments)}
    if isinstance(block, ToolResult):
        assert isinstance(block.content, tuple)
        return {
            **block.fields.value,
            "tool_use_id": block.call_id,
            "content": [_as_found(one) for one in block.content],
        }
    assert isinstance(block, Thinking)
    if not block.segments:
        return {"type": "redacted_thinking", "data": block.seals[0].wire}
    signature = {"signature": block.seals[0].wire} if block.seals else {}
    return {"type": "thinking", "thinking": block.text, **signature}


def _as_found(block: object) -> dict[str, Any]:
    assert isinstance(block, Opaque)
    told = {name: value for name, value in block.body.value.items() if value is not None}
    return {"type": block.kind, "encrypted_content": block.seals[0].wire, **told}


@pytest.mark.vendors
@BOTH
@pytest.mark.parametrize("cell", RESPONSES, ids="/".join)
def test_the_client_of_openai_reads_every_answer_of_the_responses_api(
    provider: Provider, cell: tuple[str, str], *, stream: bool
) -> None:
    import openai

    profile, scenario = cell
    talk = provider.open(SCENARIOS[scenario], profile=profile)
    with openai.OpenAI(base_url=talk.base_url, api_key="none", max_retries=0) as client:
        for turn, step, messages in histories(talk.script):
            body = body_of(talk, messages)
            if stream:
                with client.responses.stream(**body) as events:
                    kinds = [event.type for event in events]
                    got: Any = events.get_final_response()
                assert kinds[-1] == "response.completed"
            else:
                got = client.responses.create(**body)
            wanted = talk.script.answer(turn, step)
            read = [item.model_dump(mode="json", exclude_unset=True) for item in got.output]
            thoughts = [item for item in read if item["type"] == "reasoning"]
            assert [_words(item) for item in thoughts] == [
                [segment.text for segment in block.segments] for block in wanted.blocks if isinstance(block, Thinking)
            ]
            assert [item.get("encrypted_content") for item in thoughts] == [
                block.seals[0].wire if block.seals else None for block in wanted.blocks if isinstance(block, Thinking)
            ]
            calls = [
                (item["call_id"], item["name"], item["arguments"]) for item in read if item["type"] == "function_call"
            ]
            assert calls == [(call.id, call.name, call.arguments) for call in wanted.tool_calls]
            assert [item["id"] for item in read] == [item.id for item in wanted.items]
            assert [item.get("phase") for item in read] == [item.phase or None for item in wanted.items]
            assert got.output_text == wanted.text
            assert got.status == "completed"
            assert got.usage is not None
            assert got.usage.output_tokens > 0
            assert got.model == talk.script.model
    assert talk.problems == []
    talk.close()


def _words(item: dict[str, Any]) -> list[str]:
    return [part["text"] for part in [*item["summary"], *(item.get("content") or ())]]


@pytest.mark.vendors
@BOTH
@pytest.mark.parametrize("cell", GEMINI, ids="/".join)
def test_the_client_of_google_reads_every_answer(provider: Provider, cell: tuple[str, str], *, stream: bool) -> None:
    from google import genai
    from google.genai import types

    profile, scenario = cell
    talk = provider.open(SCENARIOS[scenario], profile=profile)
    options = types.HttpOptions(base_url=talk.base_url)
    with genai.Client(api_key="none", http_options=options) as client:
        for turn, step, messages in histories(talk.script):
            body = body_of(talk, messages)
            config = {"system_instruction": body["systemInstruction"], "tools": body["tools"]}
            config |= body["generationConfig"]
            asked: Any = {"model": talk.script.model, "contents": body["contents"], "config": config}
            if stream:
                chunks = list(client.models.generate_content_stream(**asked))
            else:
                chunks = [client.models.generate_content(**asked)]
            parts = [part for chunk in chunks for part in _content(chunk)]
            wanted = talk.script.answer(turn, step)
            assert "".join(part.text for part in parts if part.text and part.thought) == wanted.thinking
            assert "".join(part.text for part in parts if part.text and not part.thought) == wanted.text
            calls = [(part.function_call, part.thought_signature) for part in parts if part.function_call]
            assert [(call.id, call.name, call.args) for call, _ in calls] == [
                (call.id or None, call.name, json.loads(call.arguments)) for call in wanted.tool_calls
            ]
            assert [part.thought_signature for part in parts if part.thought_signature] == [
                base64.b64decode(seal.wire) for block in wanted.blocks for seal in block.seals
            ]
            assert all(signature is not None for _, signature in calls[:1])
            assert chunks[-1].model_version == talk.script.model
            counted = chunks[-1].usage_metadata
            assert counted is not None
            assert counted.total_token_count
    assert talk.problems == []
    talk.close()


def _content(chunk: Any) -> list[Any]:
    return (chunk.candidates[0].content.parts or []) if chunk.candidates[0].content else []


@pytest.mark.vendors
def test_the_client_of_google_lists_the_model(provider: Provider) -> None:
    from google import genai
    from google.genai import types

    talk = provider.open(SCENARIOS["loop"], profile="google-gemini")
    with genai.Client(api_key="none", http_options=types.HttpOptions(base_url=talk.base_url)) as client:
        assert [row.name for row in client.models.list()] == [f"models/{talk.script.model}"]


@pytest.mark.vendors
@BOTH
@pytest.mark.parametrize("cell", OLLAMA, ids="/".join)
def test_the_client_of_ollama_reads_every_answer(provider: Provider, cell: tuple[str, str], *, stream: bool) -> None:
    import ollama

    profile, scenario = cell
    talk = provider.open(SCENARIOS[scenario], profile=profile)
    with ollama.Client(host=talk.base_url) as client:
        for turn, step, messages in histories(talk.script):
            asked = body_of(talk, messages)
            chunks = list(client.chat(**asked, stream=True)) if stream else [client.chat(**asked)]
            wanted = talk.script.answer(turn, step)
            said = [chunk.message for chunk in chunks]
            assert "".join(one.thinking or "" for one in said) == wanted.thinking
            assert "".join(one.content or "" for one in said) == wanted.text
            calls = [call.function for one in said for call in one.tool_calls or ()]
            assert [(call.name, dict(call.arguments)) for call in calls] == [
                (call.name, json.loads(call.arguments)) for call in wanted.tool_calls
            ]
            assert [chunk.done for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
            assert (chunks[-1].done_reason, chunks[-1].model) == ("stop", talk.script.model)
            assert chunks[-1].eval_count
            assert chunks[-1].prompt_eval_count
    assert talk.problems == []
    talk.close()


@pytest.mark.vendors
def test_the_client_of_ollama_is_told_what_the_model_can_do(provider: Provider) -> None:
    import ollama

    talk = provider.open(SCENARIOS["loop"], profile="ollama-native")
    with ollama.Client(host=talk.base_url) as client:
        assert [row.model for row in client.list().models] == [talk.script.model]
        shown = client.show(talk.script.model)
        assert {"completion", "tools", "thinking"} <= {*(shown.capabilities or ())}
        with pytest.raises(ollama.ResponseError, match="is not served"):
            client.embed(model=talk.script.model, input="x")
    assert (talk.requests, talk.exchanges) == (0, ())


@pytest.mark.vendors
@pytest.mark.parametrize("profile", ["deepseek", "openai", "anthropic"])
def test_the_clients_list_the_model(provider: Provider, profile: str) -> None:
    import anthropic
    import openai

    talk = provider.open(SCENARIOS["loop"], profile=profile)
    made: Any = anthropic.Anthropic if profile == "anthropic" else openai.OpenAI
    with made(base_url=talk.base_url, api_key="none") as client:
        assert [row.id for row in client.models.list()] == [talk.script.model]


def _openai(talk: Talk) -> Any:
    import langchain_openai as module

    return _made(module, "ChatOpenAI", talk, base_url=talk.base_url, extra_body=dict(talk.script.served.extra_body))


def _deepseek(talk: Talk) -> Any:
    import langchain_deepseek as module

    return _made(module, "ChatDeepSeek", talk, api_base=talk.base_url, extra_body=dict(talk.script.served.extra_body))


def _openrouter(talk: Talk) -> Any:
    import langchain_openrouter as module

    return _made(module, "ChatOpenRouter", talk, base_url=talk.base_url)


def _anthropic(talk: Talk) -> Any:
    import langchain_anthropic as module

    more = dict(talk.script.served.extra_body)
    return _made(module, "ChatAnthropic", talk, base_url=talk.base_url, max_tokens=4096, **more)


def _responses(talk: Talk) -> Any:
    import langchain_openai as module

    more = {"use_responses_api": True, **talk.script.served.extra_body}
    return _made(module, "ChatOpenAI", talk, base_url=talk.base_url, **more)


def _google(talk: Talk) -> Any:
    import langchain_google_genai as module

    return _made(module, "ChatGoogleGenerativeAI", talk, base_url=talk.base_url, include_thoughts=True)


def _made(module: ModuleType, name: str, talk: Talk, **options: Any) -> Any:
    # By name: their signatures know no alias, which is how users call them.
    return getattr(module, name)(model=talk.script.model, api_key="none", **options)


SHAPES = {"single", "parallel", "interleaved", "redacted", "empty-sealed", "odd-arguments"}
"""Scenarios whose first answers differ in shape; those of the others are like that of one of them."""
STOCK = [
    (make, cell)
    for makes, cells in (
        ((_openai, _deepseek, _openrouter), CHAT),
        ((_responses,), RESPONSES),
        ((_anthropic,), MESSAGES),
        ((_google,), GEMINI),
    )
    for make in makes
    for cell in cells
    if cell[1] in SHAPES
]


@pytest.mark.framework(name="langchain")
@BOTH
@pytest.mark.parametrize(("make", "cell"), STOCK, ids=[f"{make.__name__[1:]}-{'/'.join(cell)}" for make, cell in STOCK])
def test_the_stock_classes_of_langchain_read_the_first_answer_of_every_turn(
    provider: Provider, make: Any, cell: tuple[str, str], *, stream: bool
) -> None:
    profile, scenario = cell
    talk = provider.open(SCENARIOS[scenario], profile=profile)
    model = make(talk).bind_tools(
        [
            {
                "type": "function",
                "function": {
                    "name": tool.tool.name,
                    "description": tool.tool.description,
                    "parameters": json.loads(tool.tool.parameters.raw),  # type: ignore[union-attr]  # ours have some
                },
            }
            for tool in talk.tools
        ]
    )
    for turn, text in enumerate(talk.turns):
        history = [("system", talk.system), ("human", text)]
        if stream:
            first, *more = model.stream(history)
            said = sum(more, start=first)
        else:
            said = model.invoke(history)
        wanted = talk.script.answer(turn, 0)
        calls = [(call["id"], call["name"], call["args"]) for call in said.tool_calls]
        # Where the wire has no ids, LangChain's client makes some up.
        assert calls == [
            (call.id or mine, call.name, json.loads(call.arguments))
            for call, (mine, *_) in zip(wanted.tool_calls, calls, strict=True)
        ]
        assert said.text.endswith(wanted.text)
    assert talk.problems == []
    assert [exchange.delivered for exchange in talk.exchanges] == [True] * len(talk.turns)
    talk.close()
