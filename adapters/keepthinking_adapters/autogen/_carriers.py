"""What travels on AutoGen's messages and calls without being a field of them.

A carrier is an attribute that is no field: copies and pickles keep it, while no dump, no `repr`, no event and no stock
client shows it (autogen-core 0.6.2 to 0.7.5).
"""

from __future__ import annotations

from typing import Any, Final, cast

from autogen_core import FunctionCall
from autogen_core.models import AssistantMessage, LLMMessage
from msgspec import UNSET
from pydantic import BaseModel

__all__ = [
    "CARRIERS",
    "SLOT",
    "THOUGHT",
    "put",
    "put_on_call",
    "put_thought",
    "record_of",
    "unnamed_thought",
    "with_thought",
]

SLOT: Final = "keepthinking"
"""Holds the record, as a string."""
THOUGHT: Final = "keepthinking_thought"
"""Holds the thought of the answer, for loops that make a message of the words or the calls alone."""
CARRIERS: Final = frozenset({SLOT, THOUGHT})
"""All of them."""


def put(native: Any, record: object) -> None:
    """Put a record on a message or a call. Pydantic would refuse an attribute that is no field."""
    vars(native)[SLOT] = record


def put_thought(native: Any, thought: str | None) -> None:
    """Put the thought of an answer on what was made of the answer."""
    vars(native)[THOUGHT] = thought


def put_on_call(call: FunctionCall, record: object, thought: str | None) -> None:
    """Put a record on a call, and the thought that the call was made with."""
    put(call, record)
    put_thought(call, thought)


def record_of(native: object) -> object:
    """Give the record that a message carries itself, or that its calls carry; UNSET where there is none."""
    own: object = vars(native).get(SLOT, UNSET)
    if own is not UNSET:
        return own
    return next((vars(call)[SLOT] for call in _calls(native) if SLOT in vars(call)), UNSET)


def with_thought(native: LLMMessage) -> LLMMessage:
    """Give a message with the thought of its answer, where whoever made it never named one.

    AutoGen's `tool_agent_caller_loop` makes its messages of the words or the calls alone (autogen-core 0.7.5). A
    thought that was set to None is one that somebody took out, and stays out.
    """
    thought = unnamed_thought(native) if isinstance(native, AssistantMessage) else None
    return native if thought is None else native.model_copy(update={"thought": thought})


def unnamed_thought(native: BaseModel) -> str | None:
    """Give the thought that a message or its calls carry, where whoever made it never named one."""
    if "thought" in native.model_fields_set:
        return None
    held = (vars(one).get(THOUGHT) for one in (native, *_calls(native)))
    return next((one for one in held if isinstance(one, str)), None)


def _calls(native: object) -> list[FunctionCall]:
    content: object = vars(native).get("content")
    held = cast("list[object]", content) if isinstance(content, list) else []
    return [call for call in held if isinstance(call, FunctionCall)]
