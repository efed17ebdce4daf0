"""What a value says, and whether a body still says it: a judge that knows nothing of how conversion works.

Everything of a canonical value that a model or a user could miss is a fact with a path. A fact has to be found in the
target's body by its value, or in a loss by its path. So that a short word is not found by chance, each text gets a mark
of its own before anything is converted.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import (
    Block,
    Json,
    Loss,
    Media,
    Message,
    Opaque,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)

HARM = {"content", "foreign", "seal"}
"""Kinds of losses that may name a fact: harmless spelling, order and grouping take no word away."""


SPELT = frozenset({*HARM, "spelling"})
"""And those of what may be written in another way: an id, a schema, base64."""


class Fact(NamedTuple):
    """One thing that a value says.

    Attributes:
        path: Where.
        said: The value: a text, or JSON.
        kinds: Kinds of losses that may name it.
    """

    path: str
    said: Any
    kinds: frozenset[str] = frozenset(HARM)


FAILED = {"a failed tool": True}
"""What stands for the flag of a failed tool, which each wire writes in its own way."""
_FLAGS = (("is_error", True), ("status", "error"))


def facts(messages: Sequence[Message], tools: Iterable[Tool] = ()) -> Iterator[Fact]:
    """Give everything that messages and tools say."""
    for i, message in enumerate(messages):
        if isinstance(message.name, str):
            yield Fact(f"messages[{i}].name", message.name)
        for b, block in enumerate(message.blocks):
            yield from _of_block(block, f"messages[{i}].blocks[{b}]")
    for t, tool in enumerate(tools):
        for name in ("name", "description"):
            if isinstance(value := getattr(tool, name), str):
                yield Fact(f"tools[{t}].{name}", value)
        if isinstance(tool.parameters, Json):
            yield Fact(f"tools[{t}].parameters", tool.parameters.value, SPELT)


def _of_block(block: Block, path: str) -> Iterator[Fact]:  # noqa: C901, PLR0912 - one case a kind of block
    for n, seal in enumerate(block.seals):
        yield Fact(f"{path}.seals[{n}]", seal.wire)
    match block:
        case Text():
            yield Fact(path, block.text)
        case Thinking():
            for n, segment in enumerate(block.segments):
                if isinstance(segment.text, str):
                    yield Fact(f"{path}.segments[{n}]", segment.text)
        case ToolCall():
            yield Fact(f"{path}.name", block.name)
            if isinstance(block.id, str):
                yield Fact(f"{path}.id", block.id, SPELT)
            if block.arguments:
                yield Fact(f"{path}.arguments", _parsed(block.arguments))
        case ToolResult():
            if isinstance(block.call_id, str):
                yield Fact(f"{path}.call_id", block.call_id, SPELT)
            if block.status == "error":
                yield Fact(f"{path}.status", FAILED)
            if isinstance(block.content, str):
                yield Fact(f"{path}.content", block.content)
            elif isinstance(block.content, tuple):
                for n, part in enumerate(block.content):
                    yield from _of_block(part, f"{path}.content[{n}]")
        case Media():
            for name in ("url", "data", "file_id", "text"):
                if isinstance(value := getattr(block, name), str):
                    kinds = SPELT if name == "data" else frozenset(HARM)
                    yield Fact(f"{path}.{name}", value.rpartition(";base64,")[2], kinds)
        case Opaque():
            yield Fact(path, block.kind)
            for leaf in _strings(block.body.value):
                yield Fact(path, leaf)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def silent(found: Iterable[Fact], body: bytes, losses: Sequence[Loss]) -> list[Fact]:
    """Give the facts that are neither in a body nor named by a loss."""
    said = _Said(json.loads(body))
    return [fact for fact in found if not (fact.said is not None and said.holds(fact.said)) and not named(fact, losses)]


def named(fact: Fact, losses: Sequence[Loss]) -> bool:
    """Tell whether a loss names a fact, or something that it is a part of."""
    return any(
        loss.kind in fact.kinds and (fact.path == loss.path or fact.path.startswith((f"{loss.path}.", f"{loss.path}[")))
        for loss in losses
    )


class _Said:
    """All that a body says, at any depth, and in JSON that stands inside of strings."""

    def __init__(self, body: Any) -> None:
        self.values: list[Any] = []
        self._walk(body)
        self.text = "\0".join(value for value in self.values if isinstance(value, str))

    def _walk(self, value: Any) -> None:
        self.values.append(value)
        if isinstance(value, dict):
            if any(value.get(key) == flag for key, flag in _FLAGS) or "error" in value:
                self.values.append(FAILED)
            for key, inner in value.items():
                self._walk(key)
                self._walk(inner)
        elif isinstance(value, list):
            for inner in value:
                self._walk(inner)
        elif isinstance(value, str) and value[:1] in {"{", "["}:
            try:
                self.values.append(json.loads(value))
            except ValueError:
                return
            self._walk(self.values[-1])

    def holds(self, said: Any) -> bool:
        if isinstance(said, str):
            return said in self.text
        return any(type(value) is type(said) and value == said for value in self.values)


# -- marks -----------------------------------------------------------------------------------------------------------


def marked(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Give every text a mark of its own."""
    numbers = count()

    def mark(text: str) -> str:
        return f"⟦{next(numbers)}⟧{text}"

    return tuple(
        message.replace(blocks=tuple(_marked(block, mark) for block in message.blocks)) for message in messages
    )


def _marked(block: Block, mark: Callable[[str], str]) -> Block:  # noqa: PLR0911 - one case a kind of block
    match block:
        case Text():
            return replace(block, text=mark(block.text))
        case Thinking():
            segments = tuple(
                replace(part, text=mark(part.text)) if isinstance(part.text, str) else part for part in block.segments
            )
            return replace(block, segments=segments)
        case ToolCall():
            value = _parsed(block.arguments)
            if isinstance(value, dict):
                return replace(block, arguments=json.dumps({**value, "mark": mark("")}))
            return block
        case ToolResult():
            if isinstance(block.content, str):
                return replace(block, content=mark(block.content))
            if isinstance(block.content, tuple):
                return replace(block, content=tuple(_marked(part, mark) for part in block.content))
            return block
        case _:
            return block


def marked_request(request: Request) -> Request:
    """Give every text of a request a mark of its own."""
    return replace(request, conversation=replace(request.conversation, messages=marked(request.messages)))


# -- members ---------------------------------------------------------------------------------------------------------


def members(messages: Sequence[Message]) -> Iterator[str]:
    """Give the path of every member without a typed place."""
    for i, message in enumerate(messages):
        for path, fields in _all_fields(message, f"messages[{i}]"):
            for leaf in _leaves(fields.value):
                yield f"{path}{leaf}"


def _all_fields(value: Any, path: str) -> Iterator[tuple[str, Json]]:
    if not isinstance(value, msgspec.Struct):
        return
    for name in value.__struct_fields__:
        inner = getattr(value, name)
        if name == "fields" and isinstance(inner, Json):
            yield f"{path}.fields", inner
        elif isinstance(inner, tuple):
            for n, one in enumerate(inner):
                yield from _all_fields(one, f"{path}.{name}[{n}]")


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            for path in _leaves(inner):
                yield f".{key}{path}"
    elif isinstance(value, list) and value:
        for n, inner in enumerate(value):
            for path in _leaves(inner):
                yield f"[{n}]{path}"
    else:
        yield ""


__all__ = ["UNSET", "Fact", "facts", "marked", "marked_request", "members", "named", "silent"]
