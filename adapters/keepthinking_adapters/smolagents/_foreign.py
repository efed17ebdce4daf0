"""Thinking in a vendor's own object, which stock clients keep in `raw` and never send back.

Rule 1: it is read by the dialect of the wire that it came over, so that it can be sent on.
Rule 2: of one thought that stands there twice, the one with its seals is read.
Rule 3: what cannot be read is no thought; the object itself stays what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from keepthinking import KeepthinkingError, Message, Thinking, dialect

__all__ = ["thoughts_of"]

_FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_details")


def thoughts_of(raw: object) -> Message | None:
    """Give the thinking of an answer as a message of nothing else; None where there is none.

    Args:
        raw: What a client was given: an answer of Chat Completions, alive or written down (openai 3.57.0, litellm
            1.110.2, huggingface_hub 2.4.0).
    """
    choices = _member(raw, "choices")
    answers = cast("list[object]", choices) if isinstance(choices, list) else []
    first = answers[0] if answers else None
    said = _member(first, "message")
    for name, read in _PLACES.items():
        value = _plain(_member(said, name))
        found = _read(read, value) if value not in (None, []) else None
        if found is not None:
            return found
    fields = {name: value for name in _FIELDS if (value := _plain(_member(said, name))) is not None}
    return _read(_chat, fields) if fields else None


def _member(value: object, name: str) -> object:
    beside: object = getattr(value, name, None)
    return cast("dict[str, object]", value).get(name, beside) if isinstance(value, dict) else beside


def _plain(value: object) -> object:
    """Give a member as JSON has it; None for what is neither text nor a list."""
    if isinstance(value, list):
        return [_written(one) for one in cast("list[object]", value)]
    return value if isinstance(value, str) else None


def _written(one: Any) -> object:
    return one.model_dump(exclude_unset=True) if hasattr(one, "model_dump") else one


def _read(read: Callable[[Any], Message], value: object) -> Message | None:
    try:
        message = read(value)
    except (KeepthinkingError, IndexError):
        return None
    thoughts = [block for block in message.blocks if isinstance(block, Thinking)]
    return Message(role="assistant", items=message.items, blocks=tuple(thoughts)) if thoughts else None


def _chat(fields: Mapping[str, object]) -> Message:
    body = {"model": "", "messages": [{"role": "assistant", "content": None, **fields}]}
    return dialect("openai-chat").decode_request(body).conversation.messages[0]


def _claude(blocks: Sequence[object]) -> Message:
    body = {"model": "", "max_tokens": 1, "messages": [{"role": "assistant", "content": blocks}]}
    return dialect("anthropic-messages").decode_request(body).conversation.messages[0]


def _items(items: Sequence[object]) -> Message:
    return dialect("openai-responses").decode_request({"model": "", "input": items}).conversation.messages[0]


_PLACES: Final[Mapping[str, Callable[[Any], Message]]] = {"thinking_blocks": _claude, "reasoning_items": _items}
"""Where litellm keeps thinking with its seals."""
