"""Anthropic's Messages: an answer is a list of blocks."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any, Final

from keepthinking import Endpoint
from keepthinking_conformance.miniatures._values import dump, joined, load
from keepthinking_conformance.miniatures._wire import PNG, Asked, Json, Place, Told, Wire, dropped, entries

_THINKING: Final = ("thinking", "redacted_thinking")
_TOKENS: Final = 4096
"""Anthropic demands a limit (`max_tokens`, https://docs.anthropic.com/en/api/messages, read 2026-11-23)."""

_DELTAS: Final = {
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "text_delta": "text",
    "input_json_delta": "partial_json",
}
"""Which member of a delta grows."""


class Messages(Wire):
    """Anthropic's Messages."""

    history = "messages"
    path = "/v1/messages"

    def credential(self, key: str) -> dict[str, str]:
        """Give the header that holds the key."""
        return {"x-api-key": key}

    def head(self, endpoint: Endpoint, system: str, tools: list[Json], *, stream: bool) -> dict[str, Json]:
        """Give what a request has besides its history: the instructions among it."""
        beside = {"max_tokens": _TOKENS, **({"system": system} if system else {})}
        return {**super().head(endpoint, system, tools, stream=stream), **beside}

    def instructions(self, text: str) -> list[Json]:
        """Give nothing: they do not stand in the history."""
        del text
        return []

    def pictured(self, text: str, image: bytes) -> list[Json]:
        """Give the user's words with a picture beside them."""
        source = {"type": "base64", "media_type": PNG, "data": b64encode(image).decode()}
        return [{"role": "user", "content": [{"type": "text", "text": text}, {"type": "image", "source": source}]}]

    def tool(self, name: Json, description: Json, schema: Json) -> Json:
        """Give a tool."""
        return {"name": name, "description": description, "input_schema": schema}

    def results(self, told: Sequence[Told]) -> list[Json]:
        """Give what tools said: one message of the user."""
        blocks = [
            {"type": "tool_result", "tool_use_id": one.call.id, "content": one.text}
            | ({"is_error": True} if one.failed else {})
            for one in told
        ]
        return [{"role": "user", "content": blocks}]

    def answer(self, body: Json) -> list[Json]:
        """Take the blocks."""
        return [{"role": "assistant", "content": body["content"]}]

    def gathered(self, events: Iterable[Json]) -> list[Json]:
        """Add up the deltas of each block."""
        blocks: dict[int, dict[str, Any]] = {}
        growing: dict[tuple[int, str], list[str]] = {}
        whole = False
        for event in events:
            match event["type"]:
                case "content_block_start":
                    blocks[event["index"]] = {**event["content_block"]}
                case "content_block_delta":
                    name = _DELTAS[event["delta"]["type"]]
                    growing.setdefault((event["index"], name), []).append(event["delta"][name])
                case "message_stop":
                    whole = True
                case _:
                    pass
        if not whole:
            raise EOFError("the stream has no end")
        for (index, name), pieces in growing.items():
            text = joined(pieces)
            if name == "partial_json":
                blocks[index]["input"] = load(text) if text else {}
            else:
                blocks[index][name] = text
        return [{"role": "assistant", "content": list(blocks.values())}]

    def calls(self, answer: list[Json]) -> list[Asked]:
        """List what is to be called."""
        made = [place.value for place in self.called(answer)]
        return [Asked(call["id"], call["name"], dump(call["input"]).decode()) for call in made]

    def thoughts(self, answer: list[Json]) -> list[Place]:
        """List the thinking blocks, redacted ones among them."""
        return list(entries(answer[0]["content"], member="type", among=_THINKING))

    def texts(self, answer: list[Json]) -> list[Place]:
        """List the texts."""
        return [Place(place.value, "text") for place in entries(answer[0]["content"], member="type", among=["text"])]

    def called(self, answer: list[Json]) -> list[Place]:
        """List the calls."""
        return list(entries(answer[0]["content"], member="type", among=["tool_use"]))

    def words(self, thought: Place) -> Place:
        """Tell where the words of a thought stand."""
        return Place(thought.value, "thinking")

    def seals(self, answer: list[Json]) -> list[Place]:
        """List the signatures and the redacted data."""
        held = [place.value for place in self.thoughts(answer)]
        return [Place(block, name) for block in held for name in ("signature", "data") if name in block]

    def told(self, results: list[Json]) -> list[Place]:
        """List the blocks."""
        return list(entries(results[0]["content"], member="type", among=["tool_result"]))

    def unthink(self, answer: list[Json]) -> None:
        """Take out the thinking blocks, whose seals go with them."""
        dropped(self.thoughts(answer))
