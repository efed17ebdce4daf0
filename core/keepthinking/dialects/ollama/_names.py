"""The names that stand on the wire, once. All are in ollama 0.6.3, `_types.py` (read 2026-11-24)."""

from __future__ import annotations

from collections.abc import Mapping

ID = "ollama"

MESSAGE = "message"
ROLE = "role"
DONE = "done"
THINKING = "thinking"
CONTENT = "content"
IMAGES = "images"
CALLS = "tool_calls"

COUNTS = frozenset({"prompt_eval_count", "eval_count"})
"""Members of an answer that count tokens: of what was sent, and of what was made."""

TOOL = "tool"
NAMES = ("tool_name", "name")
"""How a result names its tool: today, and before."""

FOREIGN_ROLES: Mapping[str, str] = {"developer": "system", "model": "assistant", "function": TOOL}
"""Roles of other dialects, and what such messages are here."""
