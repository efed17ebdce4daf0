"""smolagents' values as plain ones, and the values again: steps, errors, pictures, texts that carry, vendors' objects.

Rule 1: what is taken is dictionaries, lists, and what JSON has; a value of another kind is a dictionary that says so.
Rule 2: data makes objects of smolagents' own classes and of vendors' clients', and of no others; and of the latter only
where somebody has loaded them.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, Final, cast

from PIL import Image
from smolagents import memory, models, monitoring, utils
from smolagents.models import MessageRole

from keepthinking.carry import Path as At
from keepthinking_adapters.smolagents._steps import RENDERED, KeptStep
from keepthinking_adapters.smolagents._text import KeptText

__all__ = ["MARK", "STEPS", "made", "taken"]

MARK: Final = "$is"
"""The key that says what kind of value a dictionary stands for; a key that starts like it has it once more in front."""
STEPS: Final[Mapping[str, type[Any]]] = {
    cls.__name__: cls
    for cls in (memory.SystemPromptStep, memory.TaskStep, memory.PlanningStep, memory.ActionStep, KeptStep)
}
"""Classes of steps by name."""
_OURS: Final[Mapping[str, type[Any]]] = {
    **STEPS,
    **{
        cls.__name__: cls
        for cls in (
            *(memory.ToolCall, memory.FinalAnswerStep),
            *(models.ChatMessage, models.ChatMessageToolCall, models.ChatMessageToolCallFunction),
            *(monitoring.Timing, monitoring.TokenUsage),
        )
    },
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

Lost = Callable[[At, object], None]


def _is_model(value: object) -> bool:
    """Tell whether a value is an object of pydantic, which smolagents does not bring."""
    return hasattr(type(value), "__pydantic_fields__")


def _is_data(value: object) -> bool:
    """Tell whether a value is an object of a dataclass."""
    return hasattr(type(value), "__dataclass_fields__")


def taken(value: object, lost: Lost, at: At = ()) -> Any:  # noqa: C901, PLR0911 - one row a kind
    """Give a value as plain values.

    Args:
        value: The value.
        lost: Called with the place of what cannot be made again as it was, and with it.
        at: Where the value stands.
    """
    match value:
        case KeptText():
            held = {"payload": value.payload, "start": value.start, "end": value.end}
            return {MARK: "kept", "v": str(value), **held, "lead": value.lead, "trail": value.trail}
        case RENDERED():
            return {MARK: "rendered", "v": taken(value.head, lost, at)}
        case MessageRole():
            return {MARK: "role", "v": value.value}
        case Enum():
            lost(at, value)
            return taken(value.value, lost, at)
        case utils.AgentError():
            return _error(value, lost, at)
        case Image.Image():
            return _picture(value, lost, at)
        case _ if _is_model(value):
            return _model(value, lost, at)
        case _ if _is_data(value):
            return _data(value, lost, at)
        case dict():
            held_ = cast("dict[Any, object]", value)
            return {_escaped(key): taken(item, lost, (*at, key)) for key, item in held_.items()}
        case list() | tuple():
            items = [taken(item, lost, (*at, i)) for i, item in enumerate(cast("list[object]", value))]
            return items if isinstance(value, list) else tuple(items)
        case _ if type(value) in _PLAIN:
            return value
        case _:
            lost(at, value)
            return utils.make_json_serializable(value)  # what smolagents itself writes of it


def made(value: object) -> Any:
    """Make a value again. Raises `KeyError`, `TypeError` or `ValueError` for what `taken` never gave."""
    if isinstance(value, list | tuple):
        items = [made(item) for item in cast("list[object]", value)]
        return items if isinstance(value, list) else tuple(items)
    if not isinstance(value, dict):
        return value
    held = cast("dict[str, Any]", value)
    kind = held.get(MARK)
    return {_bare(key): made(item) for key, item in held.items()} if kind is None else _MAKERS[kind](held)


def _name(value: object) -> str:
    cls = type(value)
    return f"{cls.__module__}:{cls.__qualname__}"


def _members(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = value.__dict__
    return found


def _model(value: Any, lost: Lost, at: At) -> dict[str, Any]:
    held = _members(value)
    found: dict[str, Any] = {
        MARK: "model",
        "class": _name(value),
        "fields": {key: taken(item, lost, (*at, key)) for key, item in held.items()},
        "set": sorted(value.model_fields_set),
    }
    extra = value.__pydantic_extra__
    return {**found, "extra": taken(extra, lost, at)} if extra else found


def _data(value: Any, lost: Lost, at: At) -> dict[str, Any]:
    cls: str | None = next((name for name, one in _OURS.items() if type(value) is one), None)
    if cls is None:
        cls = next((name for name, one in reversed([*_OURS.items()]) if isinstance(value, one)), None)
        if cls is not None:
            lost(at, value)  # a class of somebody's own comes back as the one that it extends
    held = _members(value)
    if cls is not None and type(value) is not _OURS[cls]:
        held = {field.name: held.get(field.name) for field in fields(_OURS[cls])}
    return {
        MARK: "data",
        "class": _name(value) if cls is None else cls,
        "fields": {key: taken(item, lost, (*at, key)) for key, item in held.items()},
    }


def _data_again(held: dict[str, Any]) -> object:
    found = made(held["fields"])
    cls: Any = _OURS.get(held["class"]) or _loaded(held["class"])
    if not hasattr(cls, "__dataclass_fields__"):
        return found
    # Not by the constructor: it rewrites what it is given (smolagents 1.26.0: calls of a message).
    again: Any = cls.__new__(cls)
    for key, item in found.items():
        setattr(again, key, item)
    return again


def _model_again(held: dict[str, Any]) -> object:
    found, extra = made(held["fields"]), made(held.get("extra", {}))
    cls = _loaded(held["class"])
    if cls is None or not hasattr(cls, "model_construct"):
        return {**found, **extra}
    # By pydantic itself: OpenAI's classes have a `model_construct` of their own, which looks into the values, and fails
    # on types of litellm's (openai 2.54).
    construct: Any = next(base for base in cls.__mro__ if base.__module__ == "pydantic.main")
    again: Any = construct.model_construct.__func__(cls, _fields_set=set(held["set"]), **found, **extra)
    for name in again.__dict__.keys() - found.keys():
        del again.__dict__[name]  # litellm takes members away that were not said
    return again


def _loaded(name: object) -> type[Any] | None:
    module, _, path = str(name).partition(":")
    found: object = sys.modules.get(module) if module.partition(".")[0] in _KNOWN else None
    for part in path.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


def _error(value: utils.AgentError, lost: Lost, at: At) -> dict[str, Any]:
    name = type(value).__name__
    if _ERRORS.get(name) is not type(value):
        lost(at, value)
        name = next(cls.__name__ for cls in type(value).__mro__ if cls in _ERRORS.values())
    return {MARK: "error", "class": name, "v": str(vars(value).get("message", value))}


def _error_again(held: dict[str, Any]) -> object:
    # Not by the constructor: it wants a logger, and logs the error again.
    cls: Any = _ERRORS[held["class"]]
    again: Any = cls.__new__(cls, held["v"])
    again.args = (held["v"],)
    again.message = held["v"]
    return again


def _picture(value: Image.Image, lost: Lost, at: At) -> dict[str, Any]:
    found: dict[str, Any] = {MARK: "picture", "mode": value.mode, "size": list(value.size)}
    found["v"] = base64.b64encode(value.tobytes()).decode()
    palette = value.getpalette(None) if value.mode in {"P", "PA"} else None
    if palette and value.palette is not None:
        found |= {"palette": palette, "colours": value.palette.mode}
    info = {key: item for key, item in value.info.items() if isinstance(key, str) and _is_plain(item)}
    return found | ({"info": taken(info, lost, at)} if info else {})


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, cast("list[object]", value)))
    return type(value) in _PLAIN


def _picture_again(held: dict[str, Any]) -> object:
    found = Image.frombytes(held["mode"], tuple(held["size"]), base64.b64decode(held["v"]))
    if "palette" in held:
        found.putpalette(held["palette"], held["colours"])
    found.info.update(made(held.get("info", {})))
    return found


def _kept_again(held: dict[str, Any]) -> object:
    where = {name: held[name] for name in ("start", "end", "lead", "trail")}
    return KeptText(held["v"], held["payload"], **where)


_MAKERS: Final[Mapping[str, Callable[[dict[str, Any]], object]]] = {
    "data": _data_again,
    "error": _error_again,
    "kept": _kept_again,
    "model": _model_again,
    "picture": _picture_again,
    "rendered": lambda held: RENDERED(made(held["v"])),
    "role": lambda held: MessageRole(held["v"]),
}


def _escaped(key: object) -> object:
    return MARK + key if isinstance(key, str) and key.startswith(MARK) else key


def _bare(key: object) -> object:
    return key.removeprefix(MARK) if isinstance(key, str) else key
