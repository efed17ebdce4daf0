"""What an AutoGen message holds besides the message that it says, and the very message again.

Rule 1: a message that `to_native` would make anyway has no residual.
Rule 2: words stand in the blocks alone. What is left are three things: who spoke, whether content is a list, and ids of
ours for calls that have none. So an edited block is an edited message of AutoGen, and all else of it stays.
Rule 3: AutoGen's own classes drop what they have no field for; what somebody's own class added is a loss, and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from autogen_core import FunctionCall
from autogen_core.models import (
    AssistantMessage,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    LLMMessage,
    UserMessage,
)
from msgspec import UNSET, UnsetType

from keepthinking import EncodeError, Json, Loss, Message
from keepthinking_adapters.autogen._plain import MESSAGES
from keepthinking_adapters.autogen._show import wire_id

__all__ = ["ADAPTER", "Template", "identify", "items_of", "residual", "template", "templates"]

ADAPTER: Final = "autogen"
"""The key of `Message.native` that is ours."""
Template = dict[str, Any]


def residual(natives: Sequence[LLMMessage], path: str) -> tuple[Json | UnsetType, list[Loss]]:
    """Write what some messages of AutoGen hold besides what they say.

    Args:
        natives: The messages that are one of ours.
        path: Where they stand, for losses.
    """
    losses = [
        Loss(
            kind="foreign", path=path, what=f"the class `{type(one).__name__}`", why="only AutoGen's own are made again"
        )
        for one in natives
        if type(one) not in MESSAGES
    ]
    try:
        return Json.of({ADAPTER: {"parts": [template(one) for one in natives]}}), losses
    except EncodeError:
        why = "JSON has no room for a value in it"
        return UNSET, [*losses, Loss(kind="content", path=path, what="who spoke", why=why)]


def template(native: LLMMessage) -> Template:
    """Write what a message holds besides what it says."""
    found: Template = {"type": native.type}
    if isinstance(native, UserMessage | AssistantMessage):
        found |= {"source": native.source, "list": isinstance(native.content, list)}
    ids = [one.id if isinstance(one, FunctionCall) else one.call_id for one in items_of(native)]
    return found | ({"ids": ids} if any(wire_id(id_) != id_ for id_ in ids) else {})


def items_of(native: LLMMessage) -> list[FunctionCall] | list[FunctionExecutionResult]:
    """Give the calls or the results of a message."""
    if isinstance(native, FunctionExecutionResultMessage):
        return native.content
    return native.content if isinstance(native, AssistantMessage) and isinstance(native.content, list) else []


def identify(native: LLMMessage, template: Template) -> None:
    """Give calls without an id, and what answers them, the ids that they showed; the message has just been made."""
    ids: object = template.get("ids")
    held = cast("list[object]", ids) if isinstance(ids, list) else []
    items = items_of(native)
    if len(held) != len(items):
        return
    for one, id_ in zip(items, held, strict=True):
        if not isinstance(id_, str) or wire_id(id_) == id_:
            continue
        if isinstance(one, FunctionCall) and wire_id(one.id) != one.id:
            one.id = id_
        elif isinstance(one, FunctionExecutionResult) and one.call_id == "":
            one.call_id = id_


def templates(message: Message) -> list[Template]:
    """Give the residual of a message by its parts; [] where there is none that can be read."""
    if message.native is UNSET:
        return []
    try:
        parts: object = message.native.value[ADAPTER]["parts"]
    except (KeyError, TypeError, ValueError):
        return []
    held = cast("list[Template]", parts) if isinstance(parts, list) else []
    return held if all(type(part) is dict and isinstance(part.get("type"), str) for part in held) else []
