"""What a history says, as it is read: streams of words, calls and seals, for a comparison of before and after.

A second judge beside `facts`, and a stricter one: where that asks whether a word is anywhere in a body, this one reads
the body by the target's own dialect and asks whether the same was said by the same speakers, as often, in the same
order, and nothing besides. It knows nothing of how conversion works but its losses.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from keepthinking import Block, Loss, Media, Message, Opaque, Text, Thinking, Tool, ToolCall, ToolResult
from tests.core.convert.facts import HARM

ANY = "any"
"""Stands for a value that a harmless loss has named: it may be another one now."""

_ROLES = {"developer": "system", "model": "assistant", "tool": "user", "function": "user"}
_JOINED = ("text", "thinking")


class Said(NamedTuple):
    """One thing that was said.

    Attributes:
        stream: By whom, and what kind of thing it is.
        value: What.
    """

    stream: str
    value: Any


def said(messages: Sequence[Message], losses: Iterable[Loss] = (), tools: Iterable[Tool] = ()) -> list[Said]:
    """Give all that messages and tools say, less what losses name."""
    found = _Reader(losses)
    for i, message in enumerate(messages):
        role = _ROLES.get(message.role, message.role)
        role = "user" if f"messages[{i}].role" in found.regrouped else role
        found.read(message.blocks, f"messages[{i}].blocks", role)
    for i, tool in enumerate(tools):
        found.note("tool", tool.name, f"tools[{i}].name")
    return found.said


def differences(before: Sequence[Said], after: Sequence[Said]) -> list[str]:
    """Give what is not the same; words are compared whole, as wires join and part them, all else one by one."""
    found: list[str] = []
    for stream in sorted({one.stream for one in (*before, *after)}):
        one, other = ([x.value for x in side if x.stream == stream] for side in (before, after))
        if stream.endswith(_JOINED):
            one, other = ["".join(one)], ["".join(other)]
        same = len(one) == len(other) and all(a in (ANY, b) for a, b in zip(one, other, strict=True))
        if not same:
            found.append(f"{stream}: {str(one)[:300]} became {str(other)[:300]}")
    return found


class _Reader:
    def __init__(self, losses: Iterable[Loss]) -> None:
        kept = list(losses)
        self._gone = {loss.path for loss in kept if loss.kind in HARM}
        self._harmless = {loss.path for loss in kept if loss.kind == "spelling"}
        self.regrouped = {loss.path for loss in kept if loss.kind == "grouping" and loss.path.endswith(".role")}
        self.said: list[Said] = []

    def note(self, stream: str, value: Any, path: str) -> None:
        """Note something, unless a loss names it or what it is a part of, or it is words and there are none."""
        silent = value == "" and stream.endswith(_JOINED)
        if not silent and not _is_named(path, self._gone):
            self.said.append(Said(stream, ANY if path in self._harmless else value))

    def read(self, blocks: Sequence[Block], path: str, role: str) -> None:
        """Note all that blocks say."""
        for n, block in enumerate(blocks):
            self._block(block, f"{path}[{n}]", role)

    def _block(self, block: Block, path: str, role: str) -> None:
        for n, seal in enumerate(block.seals):
            self.note("seals", seal.wire, f"{path}.seals[{n}]")
        match block:
            case Text():
                self.note(f"{role} text", block.text, path)
            case Thinking():
                for n, segment in enumerate(block.segments):
                    if isinstance(segment.text, str):
                        self.note("thinking", segment.text, f"{path}.segments[{n}]")
            case ToolCall():
                self._call(block, path)
            case ToolResult():
                self._result(block, path)
            case Media():
                self._media(block, path, role)
            case Opaque():
                self.note("opaque", (block.kind, block.body.value), path)
            case _:
                raise AssertionError(type(block))

    def _call(self, block: ToolCall, path: str) -> None:
        if _is_named(path, self._gone):
            return
        self.note("call names", block.name, f"{path}.name")
        self.note("call ids", block.id, f"{path}.id")
        self.note("call arguments", _parsed(block.arguments), f"{path}.arguments")

    def _result(self, block: ToolResult, path: str) -> None:
        if _is_named(path, self._gone):
            return
        self.note("result ids", block.call_id, f"{path}.call_id")
        if block.status == "error":
            self.note("failures", (), f"{path}.status")
        if isinstance(block.content, str):
            self.note("result text", block.content, f"{path}.content")
        elif isinstance(block.content, tuple):
            self.read(block.content, f"{path}.content", "result")

    def _media(self, block: Media, path: str, role: str) -> None:
        if isinstance(block.text, str):
            self.note(f"{role} text", block.text, f"{path}.text")
        for name in ("url", "data", "file_id"):
            value = getattr(block, name)
            if not isinstance(value, str) or _is_named(f"{path}.{name}", self._gone):
                continue
            words = _words(value, block.mime)
            if words is not None:  # on some wires a file of text is bytes, on others words
                self.said.append(Said(f"{role} text", words))
            else:
                self.note(f"{role} media", re.sub(r"^data:[^,]*,", "", value), f"{path}.{name}")


def _words(value: str, mime: object) -> str | None:
    """Give the words of a file of text that is spelt as bytes."""
    head, found, bare = value.partition(";base64,")
    mime = head.removeprefix("data:") if found else mime
    if not isinstance(mime, str) or not mime.startswith("text/"):
        return None
    try:
        return base64.b64decode(bare if found else value, validate=True).decode()
    except ValueError:
        return None


def _is_named(path: str, losses: set[str]) -> bool:
    if path in losses:
        return True
    above, _, last = path.rpartition(".") if not path.endswith("]") else path.rpartition("[")
    return bool(last) and bool(above) and _is_named(above, losses)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
