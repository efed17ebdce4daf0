"""The names that stand on the wire, once. All are in cohere 7.3.1, `types/` and `v2/types/` (read 2026-11-24)."""

from __future__ import annotations

from collections.abc import Mapping

ID = "cohere"

CONTENT, PLAN, CALLS = "content", "tool_plan", "tool_calls"
THINKING, TEXT, IMAGE = "thinking", "text", "image_url"
CALL, CALL_ID = "function", "tool_call_id"
MESSAGE, FINISH, USAGE = "message", "finish_reason", "usage"

TOOL = "tool"
FOREIGN_ROLES: Mapping[str, str] = {"developer": "system", "model": "assistant", "function": TOOL}
"""Roles of other dialects, and what such messages are here."""
