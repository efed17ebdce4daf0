"""Summaries that the provider makes: what they say, and how they stand in an item that only the provider reads."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Iterator
from typing import Any, Final

from keepthinking._exchange import Request
from keepthinking._messages import Opaque, Text
from keepthinking_conformance.provider._words import Words

_KIND: Final = "compaction"
_MARK: Final = 16
"""Length of the nonce and of the proof, each, in bytes."""


def carried(said: Iterable[str], known: Iterable[str]) -> str:
    """Say what a summary has to keep: which of some words stand in what is summed up."""
    all_ = list(said)
    return " ".join(word for word in known if any(word in text for text in all_))


def packed(text: str, words: Words, path: str) -> str:
    """Write a summary so that nobody but its provider can read it, or make one."""
    nonce = words.digest(f"{path}/{_KIND}", _MARK)
    hidden = _mixed(text.encode(), nonce, words)
    return base64.b64encode(nonce + _proof(nonce + hidden, words) + hidden).decode()


def unpacked(request: Request, words: Words) -> Iterator[str]:
    """Give the summaries of this provider's own that stand in a request; others say nothing to it."""
    for message in request.messages:
        for block in message.blocks:
            if isinstance(block, Opaque) and block.kind == _KIND:
                for seal in block.seals:
                    yield from _read(seal.wire, words)


def compacted(request: Request, words: Words, here: str, summary: str) -> list[dict[str, Any]]:
    """Give the items that stand for a history: the user's messages, and one that only the provider reads.

    Source: openai 3.54.0, `types/responses/compacted_response.py`, and recorded traffic (`/responses/compact`).
    """
    items: list[dict[str, Any]] = []
    for n, message in enumerate(request.messages):
        if message.role != "user":
            continue
        parts = [{"type": "input_text", "text": block.text} for block in message.blocks if isinstance(block, Text)]
        id_ = f"msg_{words.code(f'{here}/{n}', 24)}"
        items.append({"id": id_, "type": "message", "role": "user", "status": "completed", "content": parts})
    seal = packed(summary, words, here)
    return [*items, {"id": f"cmp_{words.code(here, 24)}", "type": _KIND, "encrypted_content": seal}]


def _read(wire: str, words: Words) -> Iterator[str]:
    try:
        raw = base64.b64decode(wire, validate=True)
    except (binascii.Error, ValueError):
        return
    nonce, proof, hidden = raw[:_MARK], raw[_MARK : 2 * _MARK], raw[2 * _MARK :]
    if hmac.compare_digest(proof, _proof(nonce + hidden, words)):
        yield _mixed(hidden, nonce, words).decode("utf-8", "replace")


def _mixed(raw: bytes, nonce: bytes, words: Words) -> bytes:
    stream = words.digest(f"{_KIND}/{nonce.hex()}", len(raw))
    return bytes(a ^ b for a, b in zip(raw, stream, strict=True))


def _proof(raw: bytes, words: Words) -> bytes:
    return words.digest(f"{_KIND}/{raw.hex()}", _MARK)
