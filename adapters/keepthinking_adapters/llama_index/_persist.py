"""LlamaIndex's own persistence of messages.

LlamaIndex has no document of a history that works everywhere: `SimpleChatStore` cannot be written under pydantic 2.14
(llama-index-core 0.14.25, `storage/chat_store/simple_chat_store.py`). What its SQL store, the one behind `Memory`,
writes of each message works under all versions, and `SimpleChatStore` writes the same where it writes: the message's
own `model_dump(mode="json")`. A history is the list of these.
"""

from __future__ import annotations

import json
from typing import cast

from llama_index.core.base.llms.types import ChatMessage

from keepthinking import DecodeError, EncodeError
from keepthinking.carry import json_of
from keepthinking_adapters.llama_index._plain import HISTORY

__all__ = ["dump", "load"]


def dump(native: list[ChatMessage]) -> bytes:
    """Write a history with LlamaIndex's own persistence, as ASCII JSON.

    Raises:
        EncodeError: A message holds what LlamaIndex cannot write (objects, bytes that are no text), or could not load
            again (`images`, which it reads as objects); culprit `framework`. It is no list of messages; culprit
            `caller`.
    """
    found: list[object] = []
    for i, message in enumerate(HISTORY.written(native)):
        where, hint = f"messages[{i}]", "keep objects out of `additional_kwargs` and `additional_information`"
        if message.additional_kwargs.get("images"):
            what = "a message holds `images`, which LlamaIndex could not load again"
            raise EncodeError(what, where=where, culprit="framework", hint="put them into `ImageBlock`s")
        try:
            found.append(message.model_dump(mode="json"))
            json.dumps(found[-1])
        except (ValueError, TypeError, RecursionError) as error:
            what = f"LlamaIndex cannot write a message: {type(error).__name__}"
            raise EncodeError(what, where=where, culprit="framework", hint=hint) from error
    return json.dumps(found).encode()


def load(data: bytes) -> list[ChatMessage]:
    """Read what `dump` wrote.

    Raises:
        DecodeError: LlamaIndex cannot read it; culprit `data`. It is no document; culprit `caller`.
    """
    found, hint = json_of(data), "give what `dump` wrote, all of it"
    if not isinstance(found, list):
        raise DecodeError("it is no list of messages", where="$", culprit="data", hint=hint)
    messages: list[ChatMessage] = []
    for i, one in enumerate(cast("list[object]", found)):
        try:
            messages.append(ChatMessage.model_validate(_readable(one)))
        except Exception as error:
            what = f"LlamaIndex cannot read a message: {type(error).__name__}"
            raise DecodeError(what, where=f"messages[{i}]", culprit="data", hint=hint) from error
    return messages


def _readable(message: object) -> object:
    """Leave out the address that a sound has not: core writes null for it, and before 0.14.16 refuses to read that."""
    match message:
        case {"blocks": list()}:
            held = cast("dict[str, object]", message)
            return {**held, "blocks": [_block(block) for block in cast("list[object]", held["blocks"])]}
        case _:
            return message


def _block(block: object) -> object:
    match block:
        case {"block_type": "audio", "url": None}:
            return {name: value for name, value in cast("dict[str, object]", block).items() if name != "url"}
        case _:
            return block
