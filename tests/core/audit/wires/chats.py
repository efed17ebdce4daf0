"""Wires with a member of its own for each kind of block: text, thinking, calls."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.core.audit.places import Json, Raw, at, put
from tests.core.audit.wires.base import SCHEMA, TOOLS, Answer, Call, Message, Place, Thought, Wire, told


class Chat(Wire):
    dialect = "openai-chat"
    endpoint = "/chat/completions"

    def tools(self) -> list[Json]:
        return [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in TOOLS]

    def said(self, answer: Answer) -> Message:
        message: Message = {"role": "assistant", "content": answer.text or None}
        message |= self.thinking(answer.thoughts)
        if answer.calls:
            message["tool_calls"] = [self.called(call) for call in answer.calls]
        return message

    def called(self, call: Call) -> Json:
        return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}

    def thinking(self, thoughts: Sequence[Thought]) -> Message:
        raise NotImplementedError

    def response(self, answer: Answer, number: int) -> Json:
        stop = "tool_calls" if answer.calls else "stop"
        choice = {"index": 0, "finish_reason": stop, "message": self.said(answer)}
        return {"id": f"r{number}", "object": "chat.completion", "model": self.model, "choices": [choice]}

    def place(self, answer: Message, place: Place) -> Place:
        del answer
        return ("choices", 0, "message", *place)

    def cut(self, response: Json) -> None:
        response["choices"][0]["finish_reason"] = "length"

    def results(self, calls: Sequence[Call], number: int) -> list[Message]:
        return [{"role": "tool", self.result_key: call.id, "content": told(number, n)} for n, call in enumerate(calls)]

    def heard(self, message: Message) -> list[Place]:
        return [()] if message["role"] == "tool" else []

    def calls(self, message: Message) -> list[Place]:
        return [("tool_calls", n) for n in range(len(message.get("tool_calls", ())))]

    def inner(self, call: Json) -> Json:
        return call["function"]

    def text(self, message: Message) -> Place:
        del message  # one text, always there
        return ("content",)

    def arguments(self, message: Message, n: int) -> str:
        return str(message["tool_calls"][n]["function"]["arguments"])

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        message["tool_calls"][n]["function"]["arguments"] = text

    def front(self, message: Message, text: str) -> Place:
        message["content"] = text + (message["content"] or "")
        return ("content",)


class DeepSeek(Chat):
    name, host, model = "deepseek", "api.deepseek.com", "deepseek-v4"
    several = sealed = False
    wants = ("MUST", "MUST")
    tools_level = "MUST"

    def thinking(self, thoughts: Sequence[Thought]) -> Message:
        return {"reasoning_content": thoughts[0].text} if thoughts else {}

    def thoughts(self, message: Message) -> list[Place]:
        return [("reasoning_content",)] if "reasoning_content" in message else []


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

    def thoughts(self, message: Message) -> list[Place]:
        return [("reasoning_details", n) for n in range(len(message.get("reasoning_details", ())))]

    def words(self, place: Place) -> Place:
        return (*place, "text")

    def seal(self, message: Message, place: Place) -> str:
        return "signature" if "signature" in at(message, place) else "data"


class MiniMax(Chat):
    name, host, model = "minimax", "api.minimax.io", "MiniMax-M2"
    endpoint = "/v1/chat/completions"
    profile = "minimax"
    several = sealed = False
    inline = True

    def said(self, answer: Answer) -> Message:
        message = super().said(answer)
        message["content"] = "".join(f"<think>\n{t.text}\n</think>\n\n" for t in answer.thoughts) + answer.text
        return message

    def thinking(self, thoughts: Sequence[Thought]) -> Message:
        del thoughts  # they stand in the content
        return {}

    def thoughts(self, message: Message) -> list[Place]:
        del message
        return [("content",)]

    def without_words(self, message: Message, place: Place) -> None:
        del place
        message["content"] = message["content"].rpartition("</think>\n\n")[2]


class Chunked(Chat):
    """A chat whose text and thinking are chunks of one list, beside the calls."""

    several = sealed = False

    def said(self, answer: Answer) -> Message:
        message: Message = {"role": "assistant"}
        chunks = [self.chunk(thought) for thought in answer.thoughts]
        if answer.text:
            chunks.append({"type": "text", "text": answer.text})
        if chunks:
            message["content"] = chunks
        if answer.calls:
            message["tool_calls"] = [self.called(call) for call in answer.calls]
        return message

    def chunk(self, thought: Thought) -> Json:
        raise NotImplementedError

    def _of(self, message: Message, kind: str) -> list[Place]:
        chunks = message.get("content", ())
        return [("content", n) for n, chunk in enumerate(chunks) if chunk["type"] == kind]

    def thoughts(self, message: Message) -> list[Place]:
        return self._of(message, "thinking")

    def text(self, message: Message) -> Place:
        return self._of(message, "text")[0]

    def reword(self, message: Message, text: str) -> None:
        at(message, self.text(message))["text"] = text

    def untext(self, message: Message) -> None:
        self.without_words(message, self.text(message))

    def front(self, message: Message, text: str) -> Place:
        message.setdefault("content", []).insert(0, {"type": "text", "text": text})
        return ("content", 0)


class Mistral(Chunked):
    name, dialect, host, model = "mistral", "mistral", "api.mistral.ai", "magistral-medium-latest"
    endpoint = "/v1/chat/completions"
    wants = ("SHOULD", "SHOULD")

    def chunk(self, thought: Thought) -> Json:
        return {"type": "thinking", "thinking": [{"type": "text", "text": thought.text}]}

    def words(self, place: Place) -> Place:
        return (*place, "thinking", 0, "text")


class Cohere(Chunked):
    name, dialect, host, model = "cohere", "cohere", "api.cohere.com", "command-a-reasoning-08-2025"
    endpoint = "/v2/chat"
    wants = ("MAY", "MAY")
    knows = False
    streams = False

    def chunk(self, thought: Thought) -> Json:
        return {"type": "thinking", "thinking": thought.text}

    def words(self, place: Place) -> Place:
        return (*place, "thinking")

    def response(self, answer: Answer, number: int) -> Json:
        stop = "TOOL_CALL" if answer.calls else "COMPLETE"
        return {"id": f"r{number}", "finish_reason": stop, "message": self.said(answer)}

    def place(self, answer: Message, place: Place) -> Place:
        del answer
        return ("message", *place)

    def cut(self, response: Json) -> None:
        response["finish_reason"] = "MAX_TOKENS"


class Ollama(Chat):
    name, dialect, host, model = "ollama", "ollama", "localhost:11434", "qwen3:8b"
    endpoint = "/api/chat"
    several = sealed = named = streams = False
    objects = True
    wants = ("SHOULD", "MAY")
    result_key = "tool_name"

    def said(self, answer: Answer) -> Message:
        return {**super().said(answer), "content": answer.text}

    def thinking(self, thoughts: Sequence[Thought]) -> Message:
        return {"thinking": thoughts[0].text} if thoughts else {}

    def called(self, call: Call) -> Json:
        return {"function": {"name": call.name, "arguments": json.loads(call.arguments)}}

    def thoughts(self, message: Message) -> list[Place]:
        return [("thinking",)] if "thinking" in message else []

    def response(self, answer: Answer, number: int) -> Json:
        head = {"model": self.model, "created_at": f"2026-10-0{number % 9 + 1}T00:00:00Z"}
        return {**head, "message": self.said(answer), "done": True, "done_reason": "stop"}

    def place(self, answer: Message, place: Place) -> Place:
        del answer
        return ("message", *place)

    def cut(self, response: Json) -> None:
        response["done_reason"] = "length"

    def results(self, calls: Sequence[Call], number: int) -> list[Message]:
        return [{"role": "tool", "tool_name": call.name, "content": told(number, n)} for n, call in enumerate(calls)]

    def arguments(self, message: Message, n: int) -> str:
        return json.dumps(message["tool_calls"][n]["function"]["arguments"])

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        message["tool_calls"][n]["function"]["arguments"] = Raw(text)

    def untext(self, message: Message) -> None:
        put(message, ("content",), "")
