"""Ollama's own API: one object an answer, with a member for each kind of thing; calls have no ids."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any, Final

from keepthinking import Endpoint
from keepthinking_conformance.miniatures._values import dump, joined
from keepthinking_conformance.miniatures._wire import Asked, Json, Place, Told, Wire, dropped

THINKING: Final = "thinking"


class Ollama(Wire):
    """Ollama's own API."""

    history = "messages"
    path = "/api/chat"
    lines = True

    def head(self, endpoint: Endpoint, system: str, tools: list[Json], *, stream: bool) -> dict[str, Json]:
        """Give what a request has besides its history; without a word it would be streamed."""
        return {**super().head(endpoint, system, tools, stream=stream), "stream": stream}

    def pictured(self, text: str, image: bytes) -> list[Json]:
        """Give the user's words with a picture beside them."""
        return [{"role": "user", "content": text, "images": [b64encode(image).decode()]}]

    def tool(self, name: Json, description: Json, schema: Json) -> Json:
        """Give a tool."""
        return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}

    def results(self, told: Sequence[Told]) -> list[Json]:
        """Give what tools said: a message each, which names the tool."""
        return [{"role": "tool", "tool_name": one.call.name, "content": one.text} for one in told]

    def answer(self, body: Json) -> list[Json]:
        """Take the message."""
        return [body["message"]]

    def gathered(self, events: Iterable[Json]) -> list[Json]:
        """Join words and thoughts, and gather calls."""
        growing: dict[str, list[str]] = {"content": []}
        calls: list[Json] = []
        whole = False
        for event in events:
            whole = whole or event["done"]
            for name in ("content", THINKING):
                if name in event["message"]:
                    growing.setdefault(name, []).append(event["message"][name])
            calls += event["message"].get("tool_calls", ())
        if not whole:
            raise EOFError("the stream has no end")
        message: dict[str, Any] = {"role": "assistant", **{name: joined(pieces) for name, pieces in growing.items()}}
        return [{**message, "tool_calls": calls} if calls else message]

    def calls(self, answer: list[Json]) -> list[Asked]:
        """List what is to be called."""
        made = [place.value["function"] for place in self.called(answer)]
        return [Asked(None, call["name"], dump(call["arguments"]).decode()) for call in made]

    def thoughts(self, answer: list[Json]) -> list[Place]:
        """List the member that holds thinking."""
        return [Place(answer[0], THINKING)] if answer[0].get(THINKING) is not None else []

    def texts(self, answer: list[Json]) -> list[Place]:
        """List the one text, if there is one."""
        return [Place(answer[0], "content")] if answer[0].get("content") else []

    def called(self, answer: list[Json]) -> list[Place]:
        """List the calls."""
        calls: list[Json] = answer[0].get("tool_calls") or []
        return [Place(calls, i) for i in range(len(calls))]

    def words(self, thought: Place) -> Place:
        """Tell where the words of a thought stand."""
        return thought

    def seals(self, answer: list[Json]) -> list[Place]:
        """List nothing: nothing is sealed."""
        del answer
        return []

    def told(self, results: list[Json]) -> list[Place]:
        """List the messages."""
        return [Place(results, i) for i in range(len(results))]

    def unthink(self, answer: list[Json]) -> None:
        """Take out the member that holds thinking."""
        dropped(self.thoughts(answer))
