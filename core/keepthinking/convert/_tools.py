"""Tools in the words of each wire: what a schema, an empty description and a strict schema are there.

Sources, all read 2026-11-27: openai 3.54.0 `types/shared_params/function_definition.py` and
`types/responses/function_tool_param.py`; google-genai 3.4.0 `types.py` (`Schema`, `Type`); botocore 1.44.8
bedrock-runtime (`ToolSpecification`); anthropic 2.12.0 `types/tool_param.py`; mistralai 3.7.0 `models/function.py`;
cohere 7.3.1 `types/tool_v2function.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from keepthinking._json import Json, dump, load
from keepthinking._messages import Tool
from keepthinking._reports import Loss
from keepthinking.convert._losses import WHY, loss, members_lost
from keepthinking.convert._params import Path, at, put, take
from keepthinking.convert._wires import CHAT, COHERE, CONVERSE, GEMINI, MESSAGES, MISTRAL, RESPONSES
from keepthinking.dialects._text import is_dict, is_list

STRICT: Mapping[str, Path] = {CHAT: ("function", "strict"), RESPONSES: ("strict",)}
"""Where a tool says whether its schema is enforced; what a schema may hold then is each vendor's own."""

ENFORCED = frozenset({RESPONSES})
"""Wires on which a tool that does not say so is strict all the same: its schema is changed until it can be enforced
(https://developers.openai.com/api/docs/guides/function-calling, "Strict mode")."""

WORDED = frozenset({CONVERSE})
"""Wires on which a description has at least one letter."""

SCHEMED = frozenset({RESPONSES, MESSAGES, CONVERSE, MISTRAL, COHERE})
"""Wires on which a tool has a schema; on the others one without any takes no arguments ("omitting `parameters` defines
a function with an empty parameter list", openai 3.54.0 `types/shared_params/function_definition.py`)."""
_NOTHING = Json.of({"type": "object", "properties": {}})

_DATA = frozenset({"const", "default", "enum", "example", "examples"})
"""What of a schema is no schema."""


def convert_tool(tool: Tool, source: str, to: str, path: str, losses: list[Loss]) -> Tool | None:
    """Convert one tool.

    Args:
        tool: What to convert.
        source: The dialect that it is of; empty where nobody says it.
        to: The target's dialect.
        path: Where it stands, for losses.
        losses: Where to tell what stays behind.

    Returns:
        The tool, or None where the target has none of its kind.
    """
    if tool.kind == "server":
        losses.append(loss("foreign", path, "a tool that its own provider runs", WHY))
        return None
    fields = tool.fields
    strict: Any = None
    if isinstance(fields, Json) and source in STRICT and to in STRICT:
        left = load(fields.raw)
        if isinstance(strict := at(left, STRICT[source]), bool):
            take(left, STRICT[source])
            fields = Json(dump(left)) if left else UNSET
    # projections speak of messages: members of tools have no row in any
    losses += members_lost(fields, None, "", f"{path}.fields")
    if strict is None and to in ENFORCED and source not in ENFORCED and tool.kind == "function":
        strict = False
    kept: dict[str, Any] = {}
    if isinstance(strict, bool):
        put(kept, STRICT[to], strict)
    return Tool(
        name=tool.name,
        description=_described(tool.description, to, f"{path}.description", losses),
        parameters=_schema(tool, source, to, f"{path}.parameters", losses),
        kind=tool.kind,
        fields=Json.of(kept) if kept else UNSET,
    )


def _described(words: str | None | UnsetType, to: str, path: str, losses: list[Loss]) -> str | UnsetType:
    """Give a description; one that is null or without a letter is absent where nothing else is taken."""
    if isinstance(words, str) and (words or to not in WORDED):
        return words
    if not isinstance(words, UnsetType):
        losses.append(loss("spelling", path, "that a tool has a description without words", "it is absent here"))
    return UNSET


def _schema(tool: Tool, source: str, to: str, path: str, losses: list[Loss]) -> Json | UnsetType:
    """Give a schema as JSON Schema has it; Gemini's own kind names its types in capitals."""
    schema = tool.parameters
    if isinstance(schema, UnsetType):
        return _NOTHING if to in SCHEMED and tool.kind == "function" else schema
    before = load(schema.raw) if source == GEMINI else None
    after = _lowered(before)
    if after == before:
        return schema
    losses.append(loss("spelling", path, "types of a schema in capitals", "a schema is JSON Schema here"))
    return Json(dump(after))


def _lowered(schema: Any) -> Any:
    if is_list(schema):
        return [_lowered(inner) for inner in schema]
    if not is_dict(schema):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "type" and isinstance(value, str) and value.isupper():
            found[key] = value.lower()
        elif key == "properties" and is_dict(value):
            found[key] = {name: _lowered(inner) for name, inner in value.items()}
        else:
            found[key] = value if key in _DATA else _lowered(value)
    return found
