"""The agent of `agent.mjs` as a Python subject: the same loop, with the run's tools instead of its own."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from keepthinking import Endpoint, Session
from keepthinking._adapter import Capability, Run, RunTool
from keepthinking_conformance.subjects import OwnSubject, subject

Told = tuple[str, str, bool]
"""The id of a call, what its tool gave, and whether it failed."""


class Chat:
    """OpenAI's Chat Completions."""

    def __init__(self, endpoint: Endpoint, tools: Sequence[RunTool]) -> None:
        self.url, self.model = f"{endpoint.base_url}/chat/completions", endpoint.model
        self.tools = [
            {"type": "function", "function": {"name": tool.tool.name, "parameters": schema(tool)}} for tool in tools
        ]

    def ask(self, messages: Sequence[Any]) -> Any:
        body = {"model": self.model, "messages": messages, "tools": self.tools}
        return post(self.url, body)["choices"][0]["message"]

    def forget(self, answer: Any) -> Any:
        return {name: answer[name] for name in ("role", "content", "tool_calls") if name in answer}

    def calls(self, answer: Any) -> list[tuple[str, str, str]]:
        held = [(call["id"], call["function"]) for call in answer.get("tool_calls") or ()]
        for _, function in held:
            json.loads(function["arguments"])  # an agent that is given no JSON ends
        return [(id_, function["name"], function["arguments"]) for id_, function in held]

    def told(self, results: Sequence[Told]) -> list[Any]:
        return [{"role": "tool", "tool_call_id": id_, "content": text} for id_, text, _ in results]

    def text(self, answer: Any) -> str:
        return str(answer["content"])


class Claude:
    """Anthropic's Messages."""

    def __init__(self, endpoint: Endpoint, tools: Sequence[RunTool]) -> None:
        self.url, self.model = f"{endpoint.base_url}/v1/messages", endpoint.model
        self.tools = [{"name": tool.tool.name, "input_schema": schema(tool)} for tool in tools]

    def ask(self, messages: Sequence[Any]) -> Any:
        thinking = {"type": "adaptive"}
        body = {
            "model": self.model,
            "max_tokens": 8000,
            "thinking": thinking,
            "messages": messages,
            "tools": self.tools,
        }
        answer = post(self.url, body)
        return {"role": answer["role"], "content": answer["content"]}

    def forget(self, answer: Any) -> Any:
        return {**answer, "content": [block for block in answer["content"] if "thinking" not in block["type"]]}

    def calls(self, answer: Any) -> list[tuple[str, str, str]]:
        made = [block for block in answer["content"] if block["type"] == "tool_use"]
        return [(block["id"], block["name"], json.dumps(block["input"])) for block in made]

    def told(self, results: Sequence[Told]) -> list[Any]:
        content = [
            {"type": "tool_result", "tool_use_id": id_, "content": text, "is_error": failed}
            for id_, text, failed in results
        ]
        return [{"role": "user", "content": content}]

    def text(self, answer: Any) -> str:
        return "".join(block["text"] for block in answer["content"] if block["type"] == "text")


class Talk:
    """One conversation."""

    def __init__(self, run: Run, *, forgets: bool) -> None:
        wire = Claude if run.endpoint.dialect == "anthropic-messages" else Chat
        self.api = wire(run.endpoint, run.tools)
        self.tools = {tool.tool.name: tool for tool in run.tools}
        self.forgets = forgets
        self.messages: list[Any] = []

    async def turn(self, text: str) -> str:
        messages = [*self.messages, {"role": "user", "content": text}]
        while True:
            answer = await asyncio.to_thread(self.api.ask, messages)
            messages.append(self.api.forget(answer) if self.forgets else answer)
            calls = self.api.calls(answer)
            if not calls:
                self.messages = messages
                return self.api.text(answer)
            messages += self.api.told([await self.call(*call) for call in calls])

    async def call(self, id_: str, name: str, arguments: str) -> Told:
        try:
            return id_, await self.tools[name].call(arguments), False
        except Exception as error:  # noqa: BLE001 - a tool may raise what it likes; the model is told
            return id_, f"Error: {error}", True

    async def save(self) -> bytes:
        return json.dumps(self.messages).encode()

    async def load(self, saved: bytes) -> None:
        self.messages = json.loads(saved)

    async def close(self) -> None:
        pass


def schema(tool: RunTool) -> Any:
    parameters: Any = tool.tool.parameters
    return parameters.value


def post(url: str, body: Any) -> Any:
    held = json.dumps(body).encode()
    request = urllib.request.Request(url, held, {"content-type": "application/json"})  # noqa: S310 - the run's own
    with urllib.request.urlopen(request) as response:  # noqa: S310 - likewise
        return json.load(response)


def twin(*, forgets: bool, turns: bool) -> OwnSubject:
    """Make the subject.

    Args:
        forgets: Whether it leaves thinking out of its history.
        turns: Whether it can go on with a conversation that it has saved.
    """

    def start(run: Run) -> Session:
        return Talk(run, forgets=forgets)

    more: tuple[Capability, ...] = ("save",) if turns else ()
    dialects = ("openai-chat", "anthropic-messages")
    return subject(
        "twin", start, dialects=dialects, profiles=("deepseek", "anthropic"), capabilities=("parallel", *more)
    )
