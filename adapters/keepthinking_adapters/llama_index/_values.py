"""LlamaIndex's values as plain ones, and the values again: objects of pydantic, addresses, paths, bytes.

Rule 1: what is taken is dictionaries, lists, and what JSON has; a value of another kind is a dictionary that says so.
Rule 2: data makes objects of LlamaIndex's own classes and of vendors' clients', and of no others; and of the latter
only where somebody has loaded them.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from enum import Enum
from io import IOBase
from pathlib import Path, PurePath
from typing import Any, Final, cast

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from pydantic import AnyUrl, BaseModel

from keepthinking.carry import Path as At
from keepthinking_adapters.llama_index._blocks import BLOCKS

__all__ = ["MARK", "made", "taken"]

MARK: Final = "$is"
"""The key that says what kind of value a dictionary stands for; a key that starts like it has it once more in front."""
_PLAIN: Final = frozenset({type(None), bool, str, int, float, bytes})
_KNOWN: Final = frozenset({"anthropic", "llama_index", "openai"})
"""Packages whose objects stand in messages: clients leave theirs in `tool_calls` (llama-index-llms-openai 0.8.3)."""
_OURS: Final[dict[str, type[BaseModel]]] = {**BLOCKS, "ChatMessage": ChatMessage}


def taken(value: object, lost: Callable[[At, object], None], at: At = ()) -> Any:  # noqa: C901, PLR0911 - one row a kind
    """Give a value as plain values.

    Args:
        value: The value.
        lost: Called with the place of what cannot be made again as it was, and with it.
        at: Where the value stands.
    """
    match value:
        case BaseModel():
            return _model(value, lost, at)
        case MessageRole():
            return {MARK: "role", "v": value.value}
        case Enum():
            lost(at, value)
            return taken(value.value, lost, at)
        case AnyUrl():
            return {MARK: "url", "v": str(value)}
        case PurePath():
            return {MARK: "path", "v": str(value)}
        case bytes() if value.isascii():
            return {MARK: "ascii", "v": value.decode("ascii")}
        case IOBase():
            lost(at, value)  # the bytes are kept, as LlamaIndex itself keeps them when it writes a message down
            return {MARK: "ascii", "v": _read(value)}
        case dict():
            held = cast("dict[Any, object]", value)
            return {_escaped(key): taken(item, lost, (*at, key)) for key, item in held.items()}
        case list() | tuple():
            items = [taken(item, lost, (*at, i)) for i, item in enumerate(cast("list[object]", value))]
            return items if isinstance(value, list) else tuple(items)
        case _ if type(value) in _PLAIN:
            return value
        case _:
            lost(at, value)
            return None


def made(value: object) -> Any:
    """Make a value again. Raises `KeyError`, `TypeError` or `ValueError` for what `taken` never gave."""
    if isinstance(value, list | tuple):
        items = [made(item) for item in cast("list[object]", value)]
        return items if isinstance(value, list) else tuple(items)
    if not isinstance(value, dict):
        return value
    held = cast("dict[str, Any]", value)
    match held.get(MARK):
        case None:
            return {_bare(key): made(item) for key, item in held.items()}
        case "model":
            return _again(held)
        case kind:
            return _MAKERS[kind](held["v"])


_MAKERS: Final[dict[str, Callable[[str], object]]] = {
    "role": MessageRole,
    "url": AnyUrl,
    "path": Path,
    "ascii": lambda text: text.encode("ascii"),
}


def _model(value: BaseModel, lost: Callable[[At, object], None], at: At) -> dict[str, Any]:
    cls = next((name for name, one in _OURS.items() if isinstance(value, one)), None)
    taken_: dict[str, Any] = {
        MARK: "model",
        "class": f"{type(value).__module__}:{type(value).__qualname__}" if cls is None else cls,
        "fields": {key: taken(item, lost, (*at, key)) for key, item in _fields(value, cls).items()},
        "set": sorted(value.model_fields_set),
    }
    if value.__pydantic_extra__:
        taken_["extra"] = taken(value.__pydantic_extra__, lost, at)
    return taken_


def _fields(value: BaseModel, cls: str | None) -> dict[str, object]:
    # A class of somebody's own comes back as the one that it extends, which has no room for its fields.
    return {key: item for key, item in value.__dict__.items() if cls is None or key in _OURS[cls].model_fields}


def _again(held: dict[str, Any]) -> object:
    fields, extra = made(held["fields"]), made(held.get("extra", {}))
    cls = _OURS.get(held["class"]) or _loaded(str(held["class"]))
    if cls is None:
        return {**fields, **extra}  # what LlamaIndex's own JSON would have made of it
    # Not by the constructor: it rewrites what it is given (llama-index-core 0.14.25: addresses, base64, `images`).
    return cls.model_construct(_fields_set=set(held["set"]), **fields, **extra)


def _loaded(name: str) -> type[BaseModel] | None:
    module, _, path = name.partition(":")
    found: object = sys.modules.get(module) if module.partition(".")[0] in _KNOWN else None
    for part in path.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _read(stream: IOBase) -> str:
    held = cast("Any", stream)
    at = held.tell()
    held.seek(0)
    raw = held.read()
    held.seek(at)
    return base64.b64encode(raw if isinstance(raw, bytes) else str(raw).encode()).decode()


def _escaped(key: object) -> object:
    return MARK + key if isinstance(key, str) and key.startswith(MARK) else key


def _bare(key: object) -> object:
    return key.removeprefix(MARK) if isinstance(key, str) else key
