"""smolagents' values as plain ones, and again: steps, errors, pictures, texts that carry, objects of vendors."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final, cast

from PIL import Image
from smolagents import memory, models, monitoring, utils
from smolagents.agent_types import AgentType
from smolagents.models import MessageRole

from keepthinking.carry import Kind, Lost, Values
from keepthinking.carry import Path as At
from keepthinking_adapters.smolagents._steps import RENDERED, KeptStep
from keepthinking_adapters.smolagents._text import KeptText

__all__ = ["VALUES"]

_OURS: Final[Mapping[str, type[Any]]] = {
    cls.__name__: cls
    for cls in (
        *(memory.SystemPromptStep, memory.TaskStep, memory.PlanningStep, memory.ActionStep, KeptStep),
        *(memory.ToolCall, memory.FinalAnswerStep),
        *(models.ChatMessage, models.ChatMessageToolCall, models.ChatMessageToolCallFunction),
        *(monitoring.Timing, monitoring.TokenUsage),
    )
}
_ERRORS: Final[Mapping[str, type[Any]]] = {
    cls.__name__: cls
    for cls in (
        *(utils.AgentError, utils.AgentParsingError, utils.AgentExecutionError, utils.AgentMaxStepsError),
        *(utils.AgentToolCallError, utils.AgentToolExecutionError, utils.AgentGenerationError),
    )
}
_KNOWN: Final = frozenset({"huggingface_hub", "litellm", "openai"})
"""Packages whose objects stand in `raw` (smolagents 1.26.0: what its clients were given)."""
_PLAIN: Final = frozenset({type(None), bool, str, int, float, bytes})


def _kept(value: KeptText, lost: Lost, at: At) -> dict[str, Any]:
    del lost, at
    where = {name: getattr(value, name) for name in ("start", "end", "lead", "trail")}
    return {"v": str(value), "payload": value.payload, **where}


def _kept_again(held: Mapping[str, Any]) -> KeptText:
    where = {name: held[name] for name in ("start", "end", "lead", "trail")}
    return KeptText(held["v"], held["payload"], **where)


def _rendered(value: RENDERED, lost: Lost, at: At) -> dict[str, Any]:
    return {"v": VALUES.taken(value.head, lost, at)}


def _rendered_again(held: Mapping[str, Any]) -> object:
    return RENDERED(VALUES.made(held["v"]))


def _error(value: utils.AgentError, lost: Lost, at: At) -> dict[str, Any]:
    name = type(value).__name__
    if _ERRORS.get(name) is not type(value) or vars(value).keys() - {"message"}:
        lost(at, value)
        name = next(cls.__name__ for cls in type(value).__mro__ if cls in _ERRORS.values())
    return {"class": name, "v": str(vars(value).get("message", value))}


def _error_again(held: Mapping[str, Any]) -> object:
    # Not by the constructor: it wants a logger, and logs the error again.
    cls: Any = _ERRORS[held["class"]]
    again: Any = cls.__new__(cls, held["v"])
    again.args = (held["v"],)
    again.message = held["v"]
    return again


def _picture(value: Image.Image, lost: Lost, at: At) -> dict[str, Any]:
    found: dict[str, Any] = {"mode": value.mode, "size": list(value.size)}
    found["v"] = base64.b64encode(value.tobytes()).decode()
    palette = value.getpalette(None) if value.mode in {"P", "PA"} else None
    if palette and value.palette is not None:
        found |= {"palette": palette, "colours": value.palette.mode}
    info = {key: item for key, item in value.info.items() if isinstance(key, str) and _is_plain(item)}
    return found | ({"info": VALUES.taken(info, lost, at)} if info else {})


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, cast("list[object]", value)))
    return type(value) in _PLAIN


def _picture_again(held: Mapping[str, Any]) -> object:
    found = Image.frombytes(held["mode"], tuple(held["size"]), base64.b64decode(held["v"]))
    if "palette" in held:
        found.putpalette(held["palette"], held["colours"])
    found.info.update(VALUES.made(held.get("info", {})))
    return found


def _raw(value: Any) -> object:
    return value.to_raw()  # what a tool gave, in a wrapper for notebooks


VALUES: Final[Values] = Values(
    own=_OURS,
    vendors=_KNOWN,
    kinds=(
        Kind("kept", KeptText, _kept, _kept_again),
        Kind("rendered", RENDERED, _rendered, _rendered_again),
        Kind.of_one("role", MessageRole, lambda value: value.value, MessageRole),
        Kind("error", utils.AgentError, _error, _error_again),
        Kind("picture", Image.Image, _picture, _picture_again),
    ),
    wrappers=((AgentType, _raw),),
    rest=utils.make_json_serializable,  # what smolagents itself writes of it
)
"""Takes what a step holds apart, and makes it again."""
