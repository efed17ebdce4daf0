"""Chat Completions: one object an answer, with a member for each kind of thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from keepthinking_conformance.miniatures._values import joined
from keepthinking_conformance.miniatures._wire import Asked, Json, Place, Told, Wire, data_url, dropped

FIELDS: Final = ("reasoning_content", "reasoning")
"""The members that hold thinking as a text."""

DETAILS: Final = "reasoning_details"
"""The member that holds it as entries; beside it a text says the same."""

_GROWS: Final = frozenset({"text", "summary"})
"""The members of such an entry that a stream gives in pieces."""

_TAGGED: Final = re.compile(r"<think>.*?</think>\s*", re.DOTALL)


class Chat(Wire):
    """Chat Completions."""

    history = "messages"
    path = "/chat/completions"

    def pictured(self, text: str, image: bytes) -> list[Json]:
        """Give the user's words with a picture beside them."""
        picture = {"type": "image_url", "image_url": {"url": data_url(image)}}
        return [{"role": "user", "content": [{"type": "text", "text": text}, picture]}]

    def tool(self, name: Json, description: Json, schema: Json) -> Json:
        """Give a tool."""
        return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}

    def results(self, told: Sequence[Told]) -> list[Json]:
        """Give what tools said: a message each."""
        return [{"role": "tool", "tool_call_id": one.call.id, "content": one.text} for one in told]

    def answer(self, body: Json) -> list[Json]:
        """Take the message."""
        return [body["choices"][0]["message"]]

    def gathered(self, events: Iterable[Json]) -> list[Json]:
        """Add up deltas: texts by member, entries and calls by their index."""
        growing: dict[str, list[str]] = {}
        details: dict[int, dict[str, Any]] = {}
        calls: dict[int, dict[str, Any]] = {}
        whole = False
        for choice in (choice for event in events for choice in event["choices"]):
            whole = whole or choice.get("finish_reason") is not None
            delta = choice["delta"]
            for name in ("content", *FIELDS):
                if isinstance(delta.get(name), str):
                    growing.setdefault(name, []).append(delta[name])
            for piece in delta.get(DETAILS) or ():
                _grow(details.setdefault(piece["index"], {}), piece, _GROWS)
            for piece in delta.get("tool_calls") or ():
                call = calls.setdefault(piece["index"], {"function": {}})
                call.update({name: piece[name] for name in ("id", "type") if name in piece})
                _grow(call["function"], piece["function"], {"arguments"})
        if not whole:
            raise EOFError("the stream has no end")
        message: dict[str, Any] = {"role": "assistant", "content": None}
        message |= {name: joined(pieces) for name, pieces in growing.items()}
        message |= {DETAILS: [_whole(entry) for entry in details.values()]} if details else {}
        for call in calls.values():
            call["function"] = _whole(call["function"])
        return [{**message, "tool_calls": list(calls.values())} if calls else message]

    def calls(self, answer: list[Json]) -> list[Asked]:
        """List what is to be called."""
        made = [place.value for place in self.called(answer)]
        return [Asked(call.get("id"), call["function"]["name"], call["function"]["arguments"]) for call in made]

    def shown(self, answer: list[Json]) -> str:
        """Give the text without what stands between tags."""
        return _TAGGED.sub("", super().shown(answer))

    def thoughts(self, answer: list[Json]) -> list[Place]:
        """List the entries, or the member, that hold thinking; what stands between tags has no place of its own."""
        message = answer[0]
        if message.get(DETAILS):
            return [Place(message[DETAILS], i) for i in range(len(message[DETAILS]))]
        return [Place(message, name) for name in FIELDS if message.get(name) is not None]

    def texts(self, answer: list[Json]) -> list[Place]:
        """List the one text, if there is one."""
        return [Place(answer[0], "content")] if isinstance(answer[0].get("content"), str) else []

    def called(self, answer: list[Json]) -> list[Place]:
        """List the calls."""
        calls: list[Json] = answer[0].get("tool_calls") or []
        return [Place(calls, i) for i in range(len(calls))]

    def words(self, thought: Place) -> Place:
        """Tell where the words of a thought stand."""
        return thought if isinstance(thought.value, str) else Place(thought.value, "text")

    def seals(self, answer: list[Json]) -> list[Place]:
        """List the seals of entries."""
        held = [entry for message in answer for entry in message.get(DETAILS) or ()]
        return [Place(entry, name) for entry in held for name in ("signature", "data") if entry.get(name) is not None]

    def told(self, results: list[Json]) -> list[Place]:
        """List the messages."""
        return [Place(results, i) for i in range(len(results))]

    def unthink(self, answer: list[Json]) -> None:
        """Take out the members that hold thinking, and what stands between tags."""
        dropped(Place(answer[0], name) for name in (DETAILS, *FIELDS) if name in answer[0])
        if isinstance(answer[0].get("content"), str):
            answer[0]["content"] = _TAGGED.sub("", answer[0]["content"])


class _Pieces(list[str]):
    """The pieces of one text."""


def _grow(held: dict[str, Any], piece: dict[str, Any], growing: Iterable[str]) -> None:
    for name, value in piece.items():
        if name in growing:
            held.setdefault(name, _Pieces()).append(value)
        else:
            held[name] = value


def _whole(held: dict[str, Any]) -> dict[str, Any]:
    return {name: joined(value) if isinstance(value, _Pieces) else value for name, value in held.items()}
