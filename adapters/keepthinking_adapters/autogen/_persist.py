"""AutoGen's own persistence of messages: the state of a model context.

A context of this room writes what the stock one writes, and the records beside it, under a key that stock contexts
leave alone: so its state is read by either (autogen-core 0.7.5, `ChatCompletionContextState`). A record stands at the
place of its message. Where messages were put in or taken out since, it is found by the message's digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, cast

from autogen_core.model_context import ChatCompletionContextState
from autogen_core.models import LLMMessage
from pydantic import ValidationError

from keepthinking import DecodeError, EncodeError
from keepthinking_adapters.autogen._ledger import SLOT, attach, put, record_of

__all__ = ["dump", "load", "restored", "saved"]

_MESSAGES: Final = "messages"


def dump(native: Sequence[LLMMessage]) -> bytes:
    """Write a history as a context of this room saves it, as ASCII JSON.

    Raises:
        EncodeError: A message holds what AutoGen cannot write; culprit `framework`.
    """
    try:
        state = ChatCompletionContextState(messages=list(native)).model_dump(warnings="error")
        return json.dumps({**state, **saved(native)}).encode()
    except (ValueError, TypeError, RecursionError) as error:
        what = f"AutoGen cannot write the messages: {type(error).__name__}"
        raise EncodeError(what, where="$", culprit="framework") from error


def load(data: bytes) -> list[LLMMessage]:
    """Read what `dump` wrote, or what any context of AutoGen saved.

    Raises:
        DecodeError: AutoGen cannot read it; culprit `data`.
    """
    try:
        state: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DecodeError("it is no JSON", where="$", culprit="data") from error
    if not isinstance(state, dict) or _MESSAGES not in state:
        raise DecodeError("it is no state of a context", where="$", culprit="data")
    held = cast("dict[str, Any]", state)
    try:
        messages = ChatCompletionContextState.model_validate(held).messages
    except ValidationError as error:
        raise DecodeError("AutoGen cannot read the messages", where="$.messages", culprit="data") from error
    except Exception as error:  # Pillow raises what it likes for bytes that are no picture
        raise DecodeError("AutoGen cannot read a picture", where="$.messages", culprit="data") from error
    restored(messages, held)
    return messages


def saved(messages: Sequence[LLMMessage]) -> dict[str, Any]:
    """Give what stands beside the messages in a state: their records; nothing where there are none."""
    found: list[dict[str, str] | None] = []
    for message in messages:
        attach(message)
        held = record_of(message)
        found.append({"of": _digest(message), "record": held} if isinstance(held, str) else None)
    return {SLOT: found} if any(found) else {}


def restored(messages: Sequence[LLMMessage], state: Mapping[str, Any]) -> None:
    """Put the records of a state on its messages.

    Raises:
        DecodeError: What stands where the records should is none of ours; culprit `data`.
    """
    held: object = state.get(SLOT, [])
    entries = cast("list[object]", held) if isinstance(held, list) else None
    if entries is None or not all(one is None or _is_entry(one) for one in entries):
        raise DecodeError("the records beside the messages are broken", where=f"$.{SLOT}", culprit="data")
    known = cast("list[dict[str, str] | None]", entries)
    if len(known) == len(messages):
        for message, one in zip(messages, known, strict=True):
            if one is not None:
                put(message, one["record"])
        return
    at = 0
    for message in messages:
        digest = _digest(message)
        found = next((i for i in range(at, len(known)) if (one := known[i]) and one["of"] == digest), None)
        if found is not None:
            put(message, cast("dict[str, str]", known[found])["record"])
            at = found + 1


def _is_entry(value: object) -> bool:
    held = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return isinstance(held.get("of"), str) and isinstance(held.get("record"), str)


def _digest(message: LLMMessage) -> str:
    text = json.dumps(message.model_dump(), sort_keys=True)
    return blake2b(text.encode(), digest_size=8).hexdigest()
