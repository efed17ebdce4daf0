"""The names that stand on the wire, once. All are in mistralai 3.7.0, `client/models/` (read 2026-11-24)."""

from __future__ import annotations

from collections.abc import Mapping

ID = "mistral"

CONTENT = "content"
CALLS = "tool_calls"

THINKING = "thinking"
SIGNATURE = "signature"

TOOL = "tool"
FOREIGN_ROLES: Mapping[str, str] = {"developer": "system", "model": "assistant", "function": TOOL}
"""Roles of other dialects, and what such messages are here."""

MEDIA: Mapping[str, tuple[str, str]] = {
    "image_url": ("image", "url"),
    "document_url": ("file", "url"),
    "file": ("file", "file_id"),
    "input_audio": ("audio", "data"),
}
"""Chunks that are media: type to what it is and our attribute. Their member is named as the type, but for `file`."""

MEMBERS: Mapping[str, str] = {"file": "file_id"}
"""The members of media chunks that are not named as the type."""
