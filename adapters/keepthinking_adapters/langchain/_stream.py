"""A streamed answer as LangChain's chunks: words as they come, and everything else in the last chunk.

The sum of the chunks shows the same as the message that `to_native` makes of the whole answer, so a message is read
back alike whichever way it came.

Rule 1: chunks hold v1 content blocks from the first word on. Nobody can know at the first word of text whether
thinking follows, and pieces of both shapes cannot be added up.
Rule 2: an index of a content block is a string that starts with `lc_`: LangChain adds pieces up by it, and unlike a
number it never meets the index of another message.
Rule 3: what is stated once (the record, the stop reason, the counts) stands in the last chunk: added twice, strings
are joined.
Rule 4: what was said cannot be unsaid. Where the streamed pieces are not the blocks, they stay, and the record says
how the blocks are made of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias
from uuid import uuid4

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk
from msgspec import UNSET

from keepthinking import Event, Message, ToolCall
from keepthinking_adapters.langchain._show import ARGUMENT, identified, no_id
from keepthinking_adapters.langchain._to_native import carried, shown

_Block: TypeAlias = dict[str, Any]

_V1: Final = {"output_version": "v1"}
_WORDS: Final[Mapping[str, str]] = {"text": "text", "thinking": "reasoning"}
"""Kinds of events that carry words for a reader, and the type of the content block that shows them."""
_EMPTY: Final = {"type": "text", "text": ""}
_CALLS: Final = frozenset({"tool_call", "invalid_tool_call", "server_tool_call"})
"""Types of content blocks that are streamed whole, argument by argument."""
_SEALED: Final = {"data": "redacted_thinking"}
"""Seals that stand in a block of their own, and its type."""
_RESULT: Final = "_tool_result"
"""How Anthropic's types of results of its own tools end; they show as `server_tool_result`."""


class Chunks:
    """Makes the chunks of one streamed answer; of several choices LangChain streams the first.

    Args:
        in_order: Whether the events' indexes are those of the wire's blocks, as Anthropic's are: then a block without
            words gets its place when it begins, and not behind all others.
        whole_calls: Whether a call comes in one piece, so that one that begins without an id has none. It gets one of
            ours at once: version 3 of LangChain's events takes a call for complete when the next block begins.
    """

    def __init__(self, *, in_order: bool, whole_calls: bool = False) -> None:
        self._in_order = in_order
        self._whole_calls = whole_calls
        self._open: dict[str, _Block] = {}
        self._calls: dict[str, bool] = {}
        self._given: set[str] = set()
        self._plain: str | None = None

    def of(self, event: Event) -> AIMessageChunk | None:
        """Give the chunk of an event; None where it shows nothing."""
        if event.choice:
            return None
        closed = self._closed(event)
        chunk = self._of(event)
        return chunk if closed is None else closed if chunk is None else closed + chunk

    def _of(self, event: Event) -> AIMessageChunk | None:
        if event.kind in _WORDS and isinstance(event.text, str) and event.text != "":
            return self._words(_WORDS[event.kind], event.index, event.text)
        if event.kind in {"tool_call", "arguments"}:
            return self._call(event)
        if self._in_order and event.kind in {"seal", "block"}:
            return self._place(event)
        return None

    def last(self, message: Message, *, metadata: Mapping[str, Any], usage: UsageMetadata | None) -> AIMessageChunk:
        """Give the last chunk: what the words did not say.

        Args:
            message: The whole answer.
            metadata: What `response_metadata` shall hold.
            usage: The counts.
        """
        # A text without words is shown by no event, and would be shown for nothing behind all others.
        blocks = [b for b in shown(message) if b["type"] != "text" or b["text"] != "" or len(b) > len(_EMPTY)]
        content = blocks if len(blocks) < len(message.blocks) else None
        rest = self._rest(blocks)
        if rest is None:
            content = [*self._open.values(), *(b for b in blocks if b["type"] not in _WORDS.values())]
            rest = [b for b in content if "index" not in b and b["type"] not in _CALLS]
        named = self._named(message)
        closing = self._closing()
        return AIMessageChunk(
            content=[*rest, *({**piece, "index": index} for index, piece in (*closing, *named.items()))],
            tool_call_chunks=[piece for _, piece in (*closing, *named.items())],
            additional_kwargs=carried(message, content),
            response_metadata={**metadata, **_V1},
            usage_metadata=usage,
            chunk_position="last",
        )

    def _closed(self, event: Event) -> AIMessageChunk | None:
        """End a call in plain text as soon as something else begins."""
        if self._plain is None or (event.kind == "arguments" and f"lc_call_{event.index}" == self._plain):
            return None
        ((index, piece),) = self._closing()
        return AIMessageChunk(
            content=[{**piece, "index": index}], tool_call_chunks=[piece], response_metadata=dict(_V1)
        )

    def _closing(self) -> list[tuple[str, ToolCallChunk]]:
        index, self._plain = self._plain, None
        return [] if index is None else [(index, tool_call_chunk(args='"}', index=list(self._calls).index(index)))]

    def _words(self, type_: str, number: int, words: str) -> AIMessageChunk:
        index = f"lc_{type_}_{number}"
        held = self._open.setdefault(index, {"type": type_, type_: "", "index": index})
        held[type_] += words
        return _chunk({"type": type_, type_: words, "index": index})

    def _place(self, event: Event) -> AIMessageChunk | None:
        """Give a block without words its place; what it holds comes last."""
        name = event.name if isinstance(event.name, str) else ""
        # LangChain keeps the type of a value as it came first.
        empty: _Block = {"type": "non_standard", "value": {"type": _SEALED.get(name, name)}}
        if event.kind == "seal" and name not in _SEALED:
            empty = {"type": "reasoning", "reasoning": ""}
        elif name.endswith(_RESULT):
            empty = {"type": "server_tool_result"}
        index = f"lc_{empty['type']}_{event.index}"
        if index in self._open:
            return None
        self._open[index] = {**empty, "index": index}
        return _chunk({**empty, "index": index})

    def _call(self, event: Event) -> AIMessageChunk:
        index = f"lc_call_{event.index}"
        is_new = index not in self._calls
        is_server = self._calls.setdefault(index, event.server)
        id_ = event.id if is_new and isinstance(event.id, str) else None
        if is_new and id_ is None and self._whole_calls and not is_server:
            id_ = no_id(None if event.id is None else UNSET, uuid4().hex[:8], len(self._calls))
            self._given.add(index)
        args = event.text if isinstance(event.text, str) else ""
        if is_new and event.freeform:
            # LangChain takes arguments for JSON, and the one of a plain text stands under a name of its own.
            self._plain, args = index, f'{{"{ARGUMENT}": "'
        elif index == self._plain:
            args = json.dumps(args)[1:-1]
        piece = tool_call_chunk(
            name=event.name if is_new and isinstance(event.name, str) else None,
            args=args,
            id=id_,
            index=list(self._calls).index(index),  # LangChain takes a number here and nothing else
        )
        if is_server:  # the provider runs it: an agent must not see a call
            said = {key: value for key, value in piece.items() if value is not None}
            return _chunk({**said, "type": "server_tool_call_chunk", "index": index})
        return AIMessageChunk(
            content=[{**piece, "index": index}], tool_call_chunks=[piece], response_metadata=dict(_V1)
        )

    def _named(self, message: Message) -> dict[str, ToolCallChunk]:
        """Give ids to calls that came without one: LangChain runs no call that has none."""
        spoken = [index for index, is_server in self._calls.items() if not is_server]
        pairs = [
            (before, after)
            for before, after in zip(message.blocks, identified(message.blocks), strict=True)
            if isinstance(before, ToolCall) and isinstance(after, ToolCall) and not before.server
        ]
        numbers = list(self._calls)
        return {
            index: tool_call_chunk(id=after.id, index=numbers.index(index))
            for index, (before, after) in zip(spoken, pairs, strict=False)
            if index not in self._given and not isinstance(before.id, str) and isinstance(after.id, str)
        }

    def _rest(self, blocks: Iterable[_Block]) -> list[_Block] | None:
        """Give what the blocks hold besides what was streamed; None where they are not what was streamed."""
        rest: list[_Block] = []
        left = {type_: [b for b in self._open.values() if b["type"] == type_] for type_ in _types(self._open)}
        for number, block in enumerate(blocks):
            type_ = str(block["type"])
            if type_ in _CALLS:
                continue
            held = left.get(type_, [])
            if held and block.get(type_, "") == held[0].get(type_, ""):
                known = held.pop(0)
                words: _Block = {type_: ""} if type_ in _WORDS.values() else {}
                more = {key: value for key, value in block.items() if key not in {"type", *words}}
                if more:
                    rest.append({"type": type_, **words, **more, "index": known["index"]})
            elif type_ not in _WORDS.values() or block[type_] == "":
                rest.append({**block, "index": f"lc_{type_}_whole_{number}"})
            else:
                return None
        return None if any(left.values()) else rest


def _types(blocks: Mapping[str, _Block]) -> set[str]:
    return {str(block["type"]) for block in blocks.values()}


def _chunk(block: _Block) -> AIMessageChunk:
    return AIMessageChunk(content=[block], response_metadata=dict(_V1))
