"""Values that the wires shape differently: which tool to call, and answers in JSON.

Each is read into a neutral form and written from it; None means that a wire has no word for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from keepthinking.dialects._text import is_dict, is_list


class Codec(NamedTuple):
    """How a value is read into a neutral form and written from it; None means that the wire has no word for it."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


def as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def same(value: Any) -> Any:
    return value


def negated(value: Any) -> Any:
    return None if not isinstance(value, bool) else not value


# -- which tool to call: {"mode": "auto" | "none" | "any"} or {"name": ...} ------------------------------------------


def read_words(value: Any) -> Any:
    words = {"auto": "auto", "none": "none", "required": "any", "any": "any"}
    if isinstance(value, str):
        return {"mode": words[value.lower()]} if value.lower() in words else None
    if not is_dict(value) or value.get("type", "function") != "function":
        return None  # clients of Mistral leave the type out
    inner = value.get("function", value)
    return {"name": inner["name"]} if is_dict(inner) and isinstance(inner.get("name"), str) else None


def words(any_: str, *, nested: bool) -> Callable[[Any], Any]:
    def written(choice: Any) -> Any:
        if "name" in choice:
            inner = {"name": choice["name"]}
            return {"type": "function", "function": inner} if nested else {"type": "function", **inner}
        return any_ if choice["mode"] == "any" else choice["mode"]

    return written


def read_typed(value: Any) -> Any:
    if not is_dict(value):
        return None
    kind = value.get("type")
    if kind == "tool":
        return {"name": value["name"]} if isinstance(value.get("name"), str) else None
    return {"mode": kind} if kind in {"auto", "any", "none"} else None


def write_typed(choice: Any) -> Any:
    return {"type": "tool", "name": choice["name"]} if "name" in choice else {"type": choice["mode"]}


def read_gemini(value: Any) -> Any:
    if not is_dict(value) or not isinstance(mode := value.get("mode"), str):
        return None
    names = value.get("allowedFunctionNames")
    if is_list(names):
        return {"name": names[0]} if mode.upper() == "ANY" and len(names) == 1 else None
    return {"mode": mode.lower()} if mode.upper() in {"AUTO", "ANY", "NONE"} else None


def write_gemini(choice: Any) -> Any:
    if "name" in choice:
        return {"mode": "ANY", "allowedFunctionNames": [choice["name"]]}
    return {"mode": choice["mode"].upper()}


def read_converse(value: Any) -> Any:
    if not is_dict(value) or len(value) != 1:
        return None
    ((kind, inner),) = value.items()
    if kind == "tool":
        return {"name": inner["name"]} if is_dict(inner) and isinstance(inner.get("name"), str) else None
    return {"mode": kind} if kind in {"auto", "any"} else None


def write_converse(choice: Any) -> Any:
    if "name" in choice:
        return {"tool": {"name": choice["name"]}}
    return {choice["mode"]: {}} if choice["mode"] != "none" else None


def read_cohere(value: Any) -> Any:
    return {"mode": {"REQUIRED": "any", "NONE": "none"}[value]} if value in {"REQUIRED", "NONE"} else None


def write_cohere(choice: Any) -> Any:
    return {"any": "REQUIRED", "none": "NONE"}.get(choice.get("mode", ""))


# -- answers in JSON: {"schema": ..., "name"?, "strict"?} -------------------------------------------------------------


def read_nested(value: Any) -> Any:
    inner = value.get("json_schema") if is_dict(value) and value.get("type") == "json_schema" else None
    return {k: inner[k] for k in ("name", "schema", "strict") if k in inner} if is_dict(inner) else None


def write_nested(schema: Any) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "answer", **schema}}


def read_flat(value: Any) -> Any:
    if not is_dict(value) or value.get("type") != "json_schema":
        return None
    return {k: value[k] for k in ("name", "schema", "strict") if k in value}


def write_flat(schema: Any) -> Any:
    return {"type": "json_schema", "name": "answer", **schema}


def read_claude(value: Any) -> Any:
    return {"schema": value["schema"]} if is_dict(value) and value.get("type") == "json_schema" else None


def write_claude(schema: Any) -> Any:
    return {"type": "json_schema", "schema": schema.get("schema", {})}


def read_bare(value: Any) -> Any:
    return {"schema": value} if is_dict(value) else None


def write_bare(schema: Any) -> Any:
    return schema.get("schema", {})


BARE = Codec(read_bare, write_bare)

PLAIN = Codec(same, same)


def among(*known: str) -> Codec:
    """Write a word where the wire has it."""

    def written(word: Any) -> Any:
        return word if word in known else None

    return Codec(same, written)
