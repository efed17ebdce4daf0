"""The names that stand on the wire, once."""

from __future__ import annotations

from collections.abc import Mapping

from keepthinking._json import Json
from keepthinking.dialects import _grow

ID = "openai-chat"

FOREIGN_ROLES: Mapping[str, str] = {"model": "assistant"}
"""Roles of other dialects, and what such messages are here."""

CONTENT, CALLS, DETAILS = _grow.CONTENT, _grow.CALLS, _grow.DETAILS
FIELDS = ("reasoning_content", "reasoning")
"""String fields in which thinking stands, whatever the profile: it goes back where it came from."""

DETAIL_TEXT: Mapping[str, str] = {
    "reasoning.text": "text",
    "reasoning.summary": "summary",
    "reasoning.encrypted": "",
    "": "text",  # MiniMax's own agent sends entries that hold nothing but a text
}
"""Entries of `reasoning_details` that are thinking: type to the member that holds the words."""

DETAIL_SEALS = ("signature", "data")
GOOGLE_SEALS = (
    ("extra_content", "google", "thought_signature"),
    ("extra_content", "vertex", "thought_signature"),
)
"""Where Gemini's compatible endpoints put the seal of a call: the Gemini API, and Vertex AI
(https://github.com/earendil-works/pi/issues/6733)."""

MEDIA: Mapping[str, tuple[str, str]] = {
    "image_url": ("image", "url"),
    "video_url": ("video", "url"),
    "audio_url": ("audio", "url"),
    "input_audio": ("audio", "data"),
    "file": ("file", "file_data"),
}
"""Content parts that are media: type to what it is and the member that holds it."""

VALUE = Json.of({"as": "value"})
"""The spelling of words that are an object in place of content, and no string: Workers AI gives the parsed object
where a schema was asked for (recorded traffic of Cloudflare, 2025-12)."""
