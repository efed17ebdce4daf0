"""A streamed answer as LangChain's chunks: words as they come, and everything else in the last chunk.

The sum of the chunks shows the same as the message that `to_native` makes of the whole answer, so a message is read
back alike whichever way it came.

Rule 1: chunks hold v1 content blocks from the first word on. Nobody can know at the first word of text whether
thinking follows, and pieces of both shapes cannot be added up.
Rule 2: an index of a content block is a string that starts with `lc_`: LangChain adds pieces up by it, and unlike a
number it never meets the index of another message.
Rule 3: what is stated once (the record, the stop reason, the counts) stands in the last chunk: added twice, strings
are joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk

from keepthinking import Event, Message
from keepthinking_adapters.langchain._to_native import carried, shown

_Block: TypeAlias = dict[str, Any]

_V1: Final = {"output_version": "v1"}
_WORDS: Final[Mapping[str, str]] = {"text": "text", "thinking": "reasoning"}
"""Kinds of events that carry words for a reader, and the type of the content block that shows them."""


class Chunks:
    """Makes the chunks of one streamed answer; of several choices LangChain streams the first."""

    def __init__(self) -> None:
        self._indexes: dict[str, list[str]] = {"text": [], "reasoning": [], "tool_call": [], "non_standard": []}
        self._said: dict[str, str] = {}

    def of(self, event: Event) -> AIMessageChunk | None:
        """Give the chunk of an event; None where it shows nothing."""
        if event.choice:
            return None
        if event.kind in _WORDS and isinstance(event.text, str) and event.text != "":
            type_ = _WORDS[event.kind]
            index = self._index(type_, event)
            self._said[index] = self._said.get(index, "") + event.text
            return _chunk([{"type": type_, type_: event.text, "index": index}])
        if event.kind in {"tool_call", "arguments"}:
            return self._call(event)
        if event.kind == "block":
            return _chunk([{"type": "non_standard", "value": {}, "index": self._index("non_standard", event)}])
        return None

    def last(self, message: Message, *, metadata: Mapping[str, Any], usage: UsageMetadata | None) -> AIMessageChunk:
        """Give the last chunk: what the words did not say.

        Args:
            message: The whole answer.
            metadata: What `response_metadata` shall hold.
            usage: The counts.
        """
        blocks = shown(message)
        content = None
        if not self._is_said_by(blocks):
            # What was said cannot be unsaid: the blocks stay as they were streamed, and the record takes them apart.
            blocks = content = self._streamed(blocks)
        return AIMessageChunk(
            content=[*self._rest(blocks)],
            additional_kwargs=carried(message, content),
            response_metadata={**metadata, **_V1},
            usage_metadata=usage,
            chunk_position="last",
        )

    def _call(self, event: Event) -> AIMessageChunk:
        index = f"lc_tool_call_{event.index}"
        is_new = index not in self._indexes["tool_call"]
        self._index("tool_call", event)
        piece = tool_call_chunk(
            name=event.name if is_new and isinstance(event.name, str) else None,
            args=event.text if isinstance(event.text, str) else "",
            id=event.id if is_new and isinstance(event.id, str) else None,
            index=self._indexes["tool_call"].index(index),  # LangChain takes a number here and nothing else
        )
        return AIMessageChunk(
            content=[{**piece, "index": index}], tool_call_chunks=[piece], response_metadata=dict(_V1)
        )

    def _index(self, type_: str, event: Event) -> str:
        index = f"lc_{type_}_{event.index}"
        if index not in self._indexes[type_]:
            self._indexes[type_].append(index)
        return index

    def _is_said_by(self, blocks: Iterable[_Block]) -> bool:
        """Tell whether the streamed words are those of the blocks, one by one."""
        said = {type_: [self._said[index] for index in self._indexes[type_]] for type_ in _WORDS.values()}
        whole = {type_: [b[type_] for b in blocks if b["type"] == type_ and b[type_] != ""] for type_ in said}
        return said == whole or not any(said.values())

    def _streamed(self, blocks: Iterable[_Block]) -> list[_Block]:
        """Give the blocks as they were streamed, and those that are not made of words as they are."""
        types = {index: type_ for type_ in _WORDS.values() for index in self._indexes[type_]}
        words = [{"type": types[index], types[index]: said} for index, said in self._said.items()]
        return [*words, *(block for block in blocks if block["type"] not in _WORDS.values())]

    def _rest(self, blocks: Iterable[_Block]) -> list[str | _Block]:
        """Give what the blocks hold besides the words that were streamed: seals, ids, whole blocks."""
        seen = dict.fromkeys(self._indexes, 0)
        rest: list[str | _Block] = []
        for block in blocks:
            type_ = str(block["type"])
            if type_ in {"tool_call", "invalid_tool_call"}:
                continue
            number = seen.get(type_, 0)
            seen[type_] = number + 1
            known = self._indexes.get(type_, [])
            if number >= len(known):
                rest.append({**block, "index": f"lc_{type_}_whole_{number}"})
                continue
            words: _Block = {} if type_ == "non_standard" else {type_: ""}
            more = {key: value for key, value in block.items() if key not in {"type", *words}}
            if more:
                rest.append({"type": type_, **words, **more, "index": known[number]})
        return rest


def _chunk(content: list[str | _Block]) -> AIMessageChunk:
    return AIMessageChunk(content=content, response_metadata=dict(_V1))
