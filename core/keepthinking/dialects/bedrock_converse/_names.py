"""The names that stand on the wire, once.

All are in botocore 1.44.5, `data/bedrock-runtime/2023-09-30/service-2.json` (read 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Mapping

ID = "bedrock-converse"

CONTENT = "content"
SYSTEM = "system"
SYSTEM_ROLES = frozenset({"system", "developer"})
FOREIGN_ROLES: Mapping[str, str] = {"developer": SYSTEM, "tool": "user", "function": "user", "model": "assistant"}
"""Roles of other dialects, and where their messages stand here."""

TOOL_CONFIG, TOOLS = "toolConfig", "tools"
TOOL, SCHEMA = "toolSpec", "inputSchema"
OTHER_TOOLS = frozenset({"systemTool", "cachePoint"})
"""Members of the union of tools that are no tool of the scaffold."""

OUTPUT, MESSAGE, STOP = "output", "message", "stopReason"

TEXT, JSON = "text", "json"
THINKING, WORDS = "reasoningContent", "reasoningText"
SIGNATURE, REDACTED = "signature", "redactedContent"
DATA = "data"
"""The slot of Anthropic's own API for the same bytes, where they are a text and not base64 of one."""

CALL, RESULT = "toolUse", "toolResult"
CALL_ID, INPUT = "toolUseId", "input"
SERVER_CALL = "server_tool_use"
"""The `type` of a call that the provider runs itself; its result has a `type` of its own, and other results none."""
CITED, CITATIONS = "citationsContent", "citations"

STATUS: Mapping[str, str] = {"success": "ok", "error": "error"}
"""What the wire calls the status of a result."""

DOCUMENT, NAME = "document", "name"
MEDIA: Mapping[str, str] = {"image": "image", DOCUMENT: "file", "video": "video", "audio": "audio"}
"""Content blocks that are media: member to what it is."""

SOURCES: Mapping[str, str] = {"bytes": "data", TEXT: "text"}
"""Where the bytes or words of media are: member of the source to our attribute. A document's `content` is a list of
texts and stays in `fields`; `s3Location` holds an address."""
BUCKET, ADDRESS = "s3Location", "uri"
S3 = "s3://"

FORMATS: Mapping[str, Mapping[str, str]] = {
    "image": {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"},
    "document": {
        "pdf": "application/pdf",
        "csv": "text/csv",
        "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "html": "text/html",
        "txt": "text/plain",
        "md": "text/markdown",
    },
    "video": {
        "mkv": "video/x-matroska",
        "mov": "video/quicktime",
        "mp4": "video/mp4",
        "webm": "video/webm",
        "flv": "video/x-flv",
        "mpeg": "video/mpeg",
        "mpg": "video/mpg",
        "wmv": "video/x-ms-wmv",
        "three_gp": "video/3gpp",
    },
    "audio": {
        "mp3": "audio/mpeg",
        "opus": "audio/opus",
        "wav": "audio/wav",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "mp4": "audio/mp4",
        "ogg": "audio/ogg",
        "mkv": "audio/x-matroska",
        "pcm": "audio/pcm",
        "webm": "audio/webm",
    },
}
"""Member to what its `format` calls a media type (RFC 6838 registry where it has one). A format that is not here stays
in `fields`, and a type that is not here has no word on this wire."""

FAMILIES: Mapping[str, str] = {
    TEXT: TEXT,
    "citation": TEXT,
    CITED: TEXT,
    **{kind: kind for kind in (THINKING, CALL, RESULT, *MEDIA, "guardContent", "searchResult", "cachePoint")},
}
"""Members of blocks and of deltas that say of what kind a block is; words and what they quote are one kind."""

EXCEPTION = "Exception"
"""How the names of errors end, those of a stream (`throttlingException`) and those of a whole answer."""
ERROR = "error"
"""Where an error is kept that a stream tells in its headers alone."""
MESSAGES_OF_ERRORS = frozenset({"message", "Message", "__type"})
"""Members that a whole answer has only where it is an error (botocore 1.44.5, `parsers.py`, `BaseJSONParser`)."""
