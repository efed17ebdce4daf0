"""Redacted thinking on the wires of Anthropic and of Bedrock: the same bytes, spelt as text there and as base64 here.

Source: pydantic-ai-slim 2.68.0, `models/bedrock.py`: `redactedContent` decoded as UTF-8 is what its Anthropic model
keeps of `data`, and either goes to both (read 2026-11-24). Recorded values of `redactedContent` spell such a text.
"""

from __future__ import annotations

import base64
import binascii


def wrapped(data: str) -> str:
    """Give the `redactedContent` of a `data`: base64 of its bytes."""
    return base64.b64encode(data.encode("utf-8", "surrogatepass")).decode()


def unwrapped(redacted: str) -> str | None:
    """Give the `data` of a `redactedContent`, or None where the bytes are no text."""
    try:
        return base64.b64decode(redacted, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
