"""Agents of few lines on the vendors' own clients: what an answer holds, as that client read it, goes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keepthinking import Json
from keepthinking._adapter import RunTool
from keepthinking_conformance.provider import Talk
from tests.conformance.provider_client import run_tool

History = list[Any]


class Client:
    """A vendor's client that holds a history as that vendor's page does.

    Attributes:
        history: What has been said, as the client sends it.
    """

    def __init__(self, talk: Talk, sdk: Any) -> None:
        self.talk = talk
        self.sdk = sdk
        self.served = talk.script.served
        self.tools = {tool.tool.name: tool for tool in talk.tools}
        self.history: History = []

    def begin(self, turn: int = 0) -> None:
        self.history.append({"role": "user", "content": self.talk.turns[turn]})

    def go_on(self, steps: int) -> None:
        """Take so many answers, with the results of their calls."""
        for _ in range(steps):
            self.take(self.send(self.history))

    def run(self, name: str, arguments: str) -> str:
        return run_tool(self.tools[name], arguments)

    def send(self, history: History, **more: Any) -> Any:
        raise NotImplementedError

    def take(self, answer: Any) -> None:
        raise NotImplementedError

    def error(self) -> type[Exception]:
        raise NotImplementedError


class Chat(Client):
    """The client of OpenAI, for Chat Completions."""

    def send(self, history: History, *, system: str = "", **more: Any) -> Any:
        tools: Any = [_function(tool) for tool in self.talk.tools]
        head: Any = [{"role": "system", "content": self.talk.system + system}]
        extra = dict(self.served.extra_body)
        return self.sdk.chat.completions.create(
            model=self.served.model, messages=[*head, *history], tools=tools, extra_body=extra, **more
        )

    def take(self, answer: Any) -> None:
        said = answer.choices[0].message
        self.history.append(said.model_dump(exclude_none=True))
        for call in said.tool_calls or ():
            text = self.run(call.function.name, call.function.arguments)
            self.history.append({"role": "tool", "tool_call_id": call.id, "content": text})

    def error(self) -> type[Exception]:
        import openai

        return openai.BadRequestError


class Responses(Client):
    """The client of OpenAI, for the Responses API."""

    def send(self, history: History, **more: Any) -> Any:
        tools: Any = [{"type": "function", **_function(tool)["function"]} for tool in self.talk.tools]
        return self.sdk.responses.create(
            model=self.served.model,
            instructions=self.talk.system,
            input=history,
            tools=tools,
            extra_body=dict(self.served.extra_body),
            **more,
        )

    def take(self, answer: Any) -> None:
        self.history += [item.model_dump(mode="json", exclude_unset=True) for item in answer.output]
        for item in answer.output:
            if item.type == "function_call":
                text = self.run(item.name, item.arguments)
                self.history.append({"type": "function_call_output", "call_id": item.call_id, "output": text})

    def error(self) -> type[Exception]:
        import openai

        return openai.BadRequestError


class Messages(Client):
    """The client of Anthropic."""

    def send(self, history: History, *, system: str = "", tools: Any = None, **more: Any) -> Any:
        offered: Any = [
            {
                "name": tool.tool.name,
                "description": tool.tool.description,
                "input_schema": _schema(tool),
            }
            for tool in self.talk.tools
        ]
        return self.sdk.messages.create(
            model=self.served.model,
            system=self.talk.system + system,
            messages=history,
            tools=offered if tools is None else tools(offered),
            max_tokens=4096,
            extra_body=dict(self.served.extra_body),
            **more,
        )

    def take(self, answer: Any) -> None:
        self.history.append(
            {"role": "assistant", "content": [b.model_dump(mode="json", exclude_unset=True) for b in answer.content]}
        )
        results = [
            {"type": "tool_result", "tool_use_id": b.id, "content": self.run(b.name, json.dumps(b.input))}
            for b in answer.content
            if b.type == "tool_use"
        ]
        if results:
            self.history.append({"role": "user", "content": results})

    def error(self) -> type[Exception]:
        import anthropic

        return anthropic.BadRequestError


class Google(Client):
    """The client of Google."""

    def begin(self, turn: int = 0) -> None:
        self.history.append({"role": "user", "parts": [{"text": self.talk.turns[turn]}]})

    def send(self, history: History, **more: Any) -> Any:
        declared = [
            {"name": t.tool.name, "description": t.tool.description, "parameters_json_schema": _schema(t)}
            for t in self.talk.tools
        ]
        config = {
            "system_instruction": self.talk.system,
            "tools": [{"function_declarations": declared}],
            "automatic_function_calling": {"disable": True},
            "thinking_config": {"include_thoughts": True},
        }
        return self.sdk.models.generate_content(model=self.served.model, contents=history, config=config, **more)

    def take(self, answer: Any) -> None:
        content = answer.candidates[0].content
        self.history.append(content.model_dump(exclude_none=True))
        calls = [part.function_call for part in content.parts if part.function_call]
        results = [
            {
                "function_response": {
                    **({"id": call.id} if call.id else {}),
                    "name": call.name,
                    "response": {"output": self.run(call.name, json.dumps(call.args))},
                }
            }
            for call in calls
        ]
        if results:
            self.history.append({"role": "user", "parts": results})

    def error(self) -> type[Exception]:
        from google.genai import errors

        return errors.ClientError


class Ollama(Client):
    """The client of Ollama."""

    def send(self, history: History, **more: Any) -> Any:
        tools: Any = [_function(tool) for tool in self.talk.tools]
        head: Any = [{"role": "system", "content": self.talk.system}]
        extra = dict(self.served.extra_body)
        return self.sdk.chat(model=self.served.model, messages=[*head, *history], tools=tools, **extra, **more)

    def take(self, answer: Any) -> None:
        said = answer.message
        self.history.append(said.model_dump(exclude_none=True))
        for call in said.tool_calls or ():
            text = self.run(call.function.name, json.dumps(call.function.arguments))
            self.history.append({"role": "tool", "tool_name": call.function.name, "content": text})

    def error(self) -> type[Exception]:
        import ollama

        return ollama.ResponseError


def _function(tool: RunTool) -> Any:
    told = {"name": tool.tool.name, "description": tool.tool.description, "parameters": _schema(tool)}
    return {"type": "function", "function": told}


def _schema(tool: RunTool) -> Any:
    assert isinstance(tool.tool.parameters, Json)
    return tool.tool.parameters.value


@contextmanager
def client_of(talk: Talk) -> Iterator[Client]:
    import anthropic
    import ollama
    import openai
    from google import genai
    from google.genai import types

    dialect = talk.script.served.dialect
    if dialect == "anthropic-messages":
        with anthropic.Anthropic(base_url=talk.base_url, api_key="none", max_retries=0) as sdk:
            yield Messages(talk, sdk)
    elif dialect == "gemini":
        with genai.Client(api_key="none", http_options=types.HttpOptions(base_url=talk.base_url)) as google:
            yield Google(talk, google)
    elif dialect == "ollama":
        with ollama.Client(host=talk.base_url) as local:
            yield Ollama(talk, local)
    else:
        with openai.OpenAI(base_url=talk.base_url, api_key="none", max_retries=0) as other:
            yield (Responses if dialect == "openai-responses" else Chat)(talk, other)
