"""How four providers' wires write one conversation, for tests that need a faithful client.

Every thought, seal, id and result holds an unguessable mark, so that a mark in a report is a leak.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from tests.core.audit.places import Json, Raw, at

Message = dict[str, Json]


@dataclass(frozen=True)
class Thought:
    """A thinking block: words, a seal, or both."""

    text: str
    seal: str = ""


@dataclass(frozen=True)
class Call:
    id: str | None
    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    thoughts: tuple[Thought, ...] = ()
    text: str = ""
    calls: tuple[Call, ...] = ()


class Wire:
    """How one provider's wire writes a conversation.

    Attributes:
        name: Its name in test ids.
        several: Whether an answer may hold several thoughts, and thoughts without words.
        sealed: Whether thoughts have seals.
    """

    name: str
    dialect: str
    host: str
    endpoint: str
    model: str
    several = True
    sealed = True
    more: dict[str, Json] = {}

    def request(self, messages: list[Message], **more: Json) -> Json:
        return {"model": self.model, "messages": messages, "tools": self.tools(), **self.more, **more}

    def tools(self) -> list[Json]:
        raise NotImplementedError

    def said(self, answer: Answer) -> Message:
        raise NotImplementedError

    def response(self, answer: Answer, number: int) -> Json:
        raise NotImplementedError

    def results(self, calls: Sequence[Call], number: int) -> list[Message]:
        raise NotImplementedError

    def thoughts(self, message: Message) -> list[tuple[str | int, ...]]:
        """Where the thoughts of a message stand."""
        raise NotImplementedError

    def words(self, place: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """Where the words of a thought stand, from the message."""
        raise NotImplementedError

    def seal(self, message: Message, place: tuple[str | int, ...]) -> str:
        """The name of the member that seals a thought."""
        raise NotImplementedError

    def calls(self, message: Message) -> list[tuple[str | int, ...]]:
        raise NotImplementedError

    def text(self, message: Message) -> tuple[str | int, ...]:
        raise NotImplementedError

    def arguments(self, message: Message, n: int) -> str:
        raise NotImplementedError

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        raise NotImplementedError

    def as_text(self, text: str) -> Message:
        return {"role": "user", "content": text}


class Chat(Wire):
    dialect = "openai-chat"
    endpoint = "/chat/completions"

    def tools(self) -> list[Json]:
        schema = {"type": "object", "properties": {"q": {"type": "string"}}}
        names = ("look", "read", "write")
        return [{"type": "function", "function": {"name": name, "parameters": schema}} for name in names]

    def said(self, answer: Answer) -> Message:
        message: Message = {"role": "assistant", "content": answer.text or None}
        message |= self.thinking(answer.thoughts)
        if answer.calls:
            message["tool_calls"] = [
                {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
                for c in answer.calls
            ]
        return message

    def thinking(self, thoughts: Sequence[Thought]) -> Message:
        raise NotImplementedError

    def response(self, answer: Answer, number: int) -> Json:
        stop = "tool_calls" if answer.calls else "stop"
        choice = {"index": 0, "finish_reason": stop, "message": self.said(answer)}
        return {"id": f"r{number}", "object": "chat.completion", "model": self.model, "choices": [choice]}

    def results(self, calls: Sequence[Call], number: int) -> list[Message]:
        return [
            {"role": "tool", "tool_call_id": call.id, "content": f"result {number}.{n} {mark('result', number, n)}"}
            for n, call in enumerate(calls)
        ]

    def calls(self, message: Message) -> list[tuple[str | int, ...]]:
        return [("tool_calls", n) for n in range(len(message.get("tool_calls", ())))]

    def text(self, message: Message) -> tuple[str | int, ...]:
        del message  # one text, always there
        return ("content",)

    def arguments(self, message: Message, n: int) -> str:
        return str(message["tool_calls"][n]["function"]["arguments"])

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        message["tool_calls"][n]["function"]["arguments"] = text


class DeepSeek(Chat):
    name, host, model = "deepseek", "api.deepseek.com", "deepseek-v4"
    several = sealed = False

    def thinking(self, thoughts: Sequence[Thought]) -> Message:
        return {"reasoning_content": thoughts[0].text} if thoughts else {}

    def thoughts(self, message: Message) -> list[tuple[str | int, ...]]:
        return [("reasoning_content",)] if "reasoning_content" in message else []

    def words(self, place: tuple[str | int, ...]) -> tuple[str | int, ...]:
        return place


class OpenRouter(Chat):
    name, host, model = "openrouter", "openrouter.ai", "vendor/thinker-1"
    endpoint = "/api/v1/chat/completions"

    def thinking(self, thoughts: Sequence[Thought]) -> Message:
        entries: list[Json] = []
        for n, thought in enumerate(thoughts):
            entry: Message = {
                "type": "reasoning.text",
                "text": thought.text,
                "format": "anthropic-claude-v1",
                "index": n,
            }
            if thought.seal and not thought.text:
                entry = {
                    "type": "reasoning.encrypted",
                    "data": thought.seal,
                    "format": "anthropic-claude-v1",
                    "index": n,
                }
            elif thought.seal:
                entry["signature"] = thought.seal
            entries.append(entry)
        return {"reasoning_details": entries} if entries else {}

    def thoughts(self, message: Message) -> list[tuple[str | int, ...]]:
        return [("reasoning_details", n) for n in range(len(message.get("reasoning_details", ())))]

    def words(self, place: tuple[str | int, ...]) -> tuple[str | int, ...]:
        return (*place, "text")

    def seal(self, message: Message, place: tuple[str | int, ...]) -> str:
        return "signature" if "signature" in at(message, place) else "data"


class Claude(Wire):
    name, dialect, host = "claude", "anthropic-messages", "api.anthropic.com"
    endpoint, model = "/v1/messages", "claude-opus-5"
    more = {"max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 1024}}

    def request(self, messages: list[Message], **more: Json) -> Json:
        system = [m["content"] for m in messages if m["role"] == "system"]
        rest = [m for m in messages if m["role"] != "system"]
        return super().request(rest, system=system[0], **more)

    def tools(self) -> list[Json]:
        schema = {"type": "object", "properties": {"q": {"type": "string"}}}
        return [{"name": name, "input_schema": schema} for name in ("look", "read", "write")]

    def said(self, answer: Answer) -> Message:
        content: list[Json] = []
        for n, thought in enumerate(answer.thoughts):
            if thought.seal and not thought.text and n % 2:
                content.append({"type": "redacted_thinking", "data": thought.seal})
            else:
                content.append({"type": "thinking", "thinking": thought.text, "signature": thought.seal})
        if answer.text:
            content.append({"type": "text", "text": answer.text})
        content += [
            {"type": "tool_use", "id": c.id, "name": c.name, "input": json.loads(c.arguments)} for c in answer.calls
        ]
        return {"role": "assistant", "content": content}

    def response(self, answer: Answer, number: int) -> Json:
        stop = "tool_use" if answer.calls else "end_turn"
        usage = {"input_tokens": 1, "output_tokens": 1}
        head = {"id": f"msg_{number}", "type": "message", "model": self.model, "stop_reason": stop, "usage": usage}
        return {**head, **self.said(answer)}

    def results(self, calls: Sequence[Call], number: int) -> list[Message]:
        if not calls:
            return []
        content = [
            {
                "type": "tool_result",
                "tool_use_id": call.id,
                "content": f"result {number}.{n} {mark('result', number, n)}",
            }
            for n, call in enumerate(calls)
        ]
        return [{"role": "user", "content": content}]

    def _of(self, message: Message, *types: str) -> list[tuple[str | int, ...]]:
        return [("content", n) for n, block in enumerate(message["content"]) if block["type"] in types]

    def thoughts(self, message: Message) -> list[tuple[str | int, ...]]:
        return self._of(message, "thinking", "redacted_thinking")

    def words(self, place: tuple[str | int, ...]) -> tuple[str | int, ...]:
        return (*place, "thinking")

    def seal(self, message: Message, place: tuple[str | int, ...]) -> str:
        return "signature" if "signature" in at(message, place) else "data"

    def calls(self, message: Message) -> list[tuple[str | int, ...]]:
        return self._of(message, "tool_use")

    def text(self, message: Message) -> tuple[str | int, ...]:
        return self._of(message, "text")[0]

    def arguments(self, message: Message, n: int) -> str:
        return json.dumps(at(message, self.calls(message)[n])["input"])

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        at(message, self.calls(message)[n])["input"] = Raw(text)


class MiniMax(Chat):
    name, host, model = "minimax", "api.minimax.io", "MiniMax-M2"
    endpoint = "/v1/chat/completions"
    several = sealed = False

    def said(self, answer: Answer) -> Message:
        message = super().said(answer)
        message["content"] = "".join(f"<think>\n{t.text}\n</think>\n\n" for t in answer.thoughts) + answer.text
        return message

    def thinking(self, thoughts: Sequence[Thought]) -> Message:
        del thoughts  # they stand in the content
        return {}

    def thoughts(self, message: Message) -> list[tuple[str | int, ...]]:
        del message
        return [("content",)]


WIRES: dict[str, Wire] = {wire.name: wire for wire in (DeepSeek(), OpenRouter(), Claude(), MiniMax())}


def mark(what: str, *numbers: int) -> str:
    """Give a mark that nothing else holds."""
    word = f"{what}-{'-'.join(map(str, numbers))}"
    return f"{word}-{hashlib.sha256(word.encode()).hexdigest()[:10]}-canary"
