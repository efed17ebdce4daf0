"""The names that stand on the wire, once. All are in anthropic 2.12.0, `types/` and `types/beta/` (read 2026-11-23)."""

from __future__ import annotations

from collections.abc import Mapping

ID = "anthropic-messages"

CONTENT = "content"
SYSTEM = "system"
SYSTEM_ROLES = frozenset({"system", "developer"})
FOREIGN_ROLES: Mapping[str, str] = {
    "developer": SYSTEM,
    "model": "assistant",
    "tool": "user",
    "function": "user",
}
"""Roles of other dialects, and where their messages stand here."""

THINKING, REDACTED = "thinking", "redacted_thinking"
SIGNATURE, DATA = "signature", "data"
WRAPPED = "redactedContent"
"""The slot of Bedrock's Converse for the bytes of `data`, as base64."""

CALL, SERVER_CALL = "tool_use", "server_tool_use"
RESULT = "tool_result"
SERVER_CALLS, SERVER_RESULTS = "_tool_use", "_tool_result"
"""How the types of calls and results end that the provider runs (`mcp_tool_use`, `web_search_tool_result`, ...): later
ones have kept to it, so one that nobody here knows is still a call or a result."""

LISTED = frozenset({RESULT, "web_search_tool_result", "mcp_tool_result"})
"""Results whose `content` is a list; that of the others is one object, and so is an error of these."""

UPLOAD = "container_upload"
FETCHED = "web_fetch_result"
MEDIA: Mapping[str, str] = {"image": "image", "document": "file", UPLOAD: "file", FETCHED: "file"}
"""Content blocks that are media: type to what it is."""

WORDS = "text"
SOURCES: Mapping[str, tuple[str, str]] = {
    "base64": ("data", "data"),
    "url": ("url", "url"),
    "file": ("file_id", "file_id"),
    WORDS: ("data", "text"),
}
"""Where the bytes or words of media are: type of the source to its member and our attribute. A source of the type
`content` holds blocks, and stays in `fields`."""

ELSEWHERE = frozenset({"url", "file"})
"""Sources that have no media type (anthropic 2.12.0, `types/url_image_source_param.py` and
`types/file_image_source_param.py`, verified 2026-11-27)."""

OPAQUE_SEALS: Mapping[str, tuple[str, ...]] = {
    "compaction": ("encrypted_content", SIGNATURE),
    "web_search_result": ("encrypted_content",),
    "advisor_redacted_result": ("encrypted_content",),
    "encrypted_code_execution_result": ("encrypted_stdout",),
}
"""Blocks without a typed place, and those of their members that the vendor calls opaque."""

CLIENT_TOOLS = ("bash_", "text_editor_", "computer_", "memory_", "browser_")
"""How the types of the vendor's tools begin that the scaffold runs; the vendor runs its other typed tools itself."""

TOOLSET = "mcp_toolset"
