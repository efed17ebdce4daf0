"""Histories and answers made by hand: what an application builds of blocks, in every shape that a wire has to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keepthinking import Json, Media, Message, Seal, Text, Thinking, Tool, ToolCall, ToolResult

PDF = "JVBERi0xLjQK"
SCHEMA = Json.of({"type": "object", "properties": {"city": {"type": "string"}}})
LOOKUP = Tool(name="look", description="Looks.", parameters=SCHEMA)
CALLS = (ToolCall.of("look", {"city": "Oslo"}, id="call_1"), ToolCall.of("look", {}, id="call_2"))


def results(*contents: Any, **flags: Any) -> tuple[Message, ...]:
    return tuple(
        Message(role="tool", blocks=(ToolResult(call_id=f"call_{n}", content=content, **flags),))
        for n, content in enumerate(contents, 1)
    )


def shown(*blocks: Any) -> tuple[Message, ...]:
    return (Message(role="user", blocks=(Text.of("Look:"), *blocks)), Message.assistant(Text.of("I see.")))


ANSWERS: Mapping[str, Message] = {
    "words": Message.assistant(Text.of("4 degrees.")),
    "several texts": Message.assistant(Text.of("4 "), Text.of("degrees.")),
    "a thought": Message.assistant(Thinking.of("Hm."), Text.of("4 degrees.")),
    "a sealed thought": Message.assistant(Thinking.of("Hm.", signature="c2VhbA=="), Text.of("4 degrees.")),
    "a redacted thought": Message.assistant(
        Thinking(seals=(Seal(slot="data", wire="c2VhbA=="),)), Text.of("4 degrees.")
    ),
    "calls": Message.assistant(Thinking.of("Hm."), Text.of("I look."), *CALLS),
    "nothing but a call": Message.assistant(CALLS[0]),
    "a free text call": Message.assistant(ToolCall(name="patch", arguments="*** Begin", kind="freeform", id="call_1")),
}

HISTORIES: Mapping[str, tuple[tuple[Message, ...], tuple[Tool, ...]]] = {
    "instructions": ((Message.system("Be brief."), Message.user("How warm?"), ANSWERS["words"], Message.user("?")), ()),
    **{f"an answer: {name}": ((Message.user("How warm?"), answer), ()) for name, answer in ANSWERS.items()},
    "a loop": (
        (Message.user("How warm?"), ANSWERS["calls"], *results("4 degrees", ""), ANSWERS["a thought"]),
        (LOOKUP, Tool(name="patch", kind="freeform"), Tool(name="bare")),
    ),
    "a failed result": ((Message.user("go"), ANSWERS["calls"], *results("no", "no", status="error")), (LOOKUP,)),
    "a result in parts": (
        (Message.user("go"), ANSWERS["nothing but a call"], *results((Text.of("4"), Text.of("degrees")))),
        (LOOKUP,),
    ),
    "an image by its address": (shown(Media(kind="image", mime="image/png", url="https://example.com/a.png")), ()),
    "an image": (shown(Media(kind="image", mime="image/png", data="iVBORw0KGgo=")), ()),
    "a document": (shown(Media(kind="file", mime="application/pdf", data=PDF)), ()),
    "words of a file": (shown(Media(kind="file", mime="text/plain", text="4 degrees")), ()),
    "a sound": (shown(Media(kind="audio", mime="audio/wav", data="UklGRg==")), ()),
}

ENDS: Mapping[str, str] = {
    "openai-chat": "stop",
    "anthropic-messages": "end_turn",
    "gemini": "STOP",
    "bedrock-converse": "end_turn",
    "mistral": "stop",
    "cohere": "COMPLETE",
}
"""Why a made answer ended."""
