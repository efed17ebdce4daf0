"""The tools that a model is told of, one row each; what they do is in `keepthinking_conformance.tools`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keepthinking_conformance.scenarios._types import ToolScript


def _tool(name: str, description: str, needed: Mapping[str, str], **optional: str) -> ToolScript:
    """Write a tool: parameters that have to be there, strings all of them, with what they are; and others by type."""
    properties: dict[str, object] = {key: {"type": "string", "description": told} for key, told in needed.items()}
    properties |= {key: {"type": kind} for key, kind in optional.items()}
    schema = {"type": "object", "properties": properties, "required": list(needed)}
    return ToolScript(name=name, description=description, parameters=json.dumps(schema))


_WHY: Final = "Why you look, in a few words."

_TOOLS = (
    _tool("look_up", "Look something up in the archive.", {"key": "What to look for."}),
    _tool("read_note", "Read one note of the archive.", {"key": "Which note."}),
    _tool("find_entry", "Find an entry of the archive.", {"key": "What to look for."}),
    _tool("open_note", "Open a note of the archive.", {"key": "Which note."}),
    ToolScript(
        name="measure",
        description="Measure something.",
        parameters='{"type": "object", "properties": {"key": {"type": "string", "description": "What to measure."}, '
        '"e": {"type": "string"}, "x": {"type": "number"}, "esc": {"type": "string"}, "b": {"type": "number"}, '
        '"a": {"type": "number"}}, "required": ["key"]}',
    ),
    _tool("search", "Search the archive's pages.", {"query": "Words to look for.", "reason": _WHY}),
    _tool("browse", "Open one of the archive's pages.", {"url": "Its address.", "reason": _WHY}),
    _tool("python", "Run Python code, and see what it prints.", {"code": "The code."}),
    _tool(
        "ask_helper",
        "Ask a helper, who has tools of the archive but knows nothing of this conversation.",
        {"task": "What the helper has to find out, in full."},
    ),
)

TOOLS: Final[Mapping[str, ToolScript]] = MappingProxyType({tool.name: tool for tool in _TOOLS})
"""The tools by name."""
