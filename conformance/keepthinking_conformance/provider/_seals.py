"""Seals: opaque to everybody but who made them, who knows them again without having kept them.

A seal is a nonce and two codes (HMAC-SHA256). One is over the nonce, what the seal covers of its block and, where the
rule says that it is bound to its `prefix`, all that stood before the block; the other is over the same without what
stood before, and over the first code. The key is of the run and of the seal's domain. So a later request alone tells
whether a seal is good: the codes are computed anew from what the request holds. One that was copied, moved, edited,
cut, invented or made elsewhere does not fit.

What a seal covers of its block is in `COVERS`, by dialect and with a source. A seal whose rule says `nothing` is made
in the same way, since it has to look like one, and nobody checks it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Final, Literal

from keepthinking._messages import Block, Item, Seal, Text, Thinking, ToolCall
from keepthinking_conformance.provider._projected import plain, written
from keepthinking_conformance.provider._words import Words

_NONCE, _CODE = 16, 120
"""Lengths in bytes of the nonce and of each code; together a seal has 256."""

Bound = Literal["nothing", "block", "prefix"]

Seen = Literal["good", "forged", "elsewhere", "moved", "absent"]
"""What a seal is found to be: `good`; `forged`: made for no such block; `elsewhere`: made for this block behind
something else; `moved`: good, in an item that it was not made for; `absent`."""


class Mint:
    """Makes the seals of one domain in one run, and knows them again.

    Attributes:
        bound: What its seals are bound to.
    """

    def __init__(self, words: Words, domain: str, *, bound: Bound) -> None:
        self._words = words
        self._domain = domain
        self.bound: Bound = bound

    def seal(self, path: str, covered: bytes, before: bytes) -> str:
        """Make a seal.

        Args:
            path: Where its nonce comes from.
            covered: What it covers of its block (`COVERS`).
            before: All that stood before the block (`Prefix.digest`).
        """
        nonce = self._nonce(path)
        whole = self._whole(nonce, covered, before)
        return base64.b64encode(nonce + self._own(nonce, covered, whole) + whole).decode()

    def item_id(self, path: str) -> str:
        """Name the item of a seal: its id follows from the nonce, so that the seal tells it."""
        return self._item_id(self._nonce(path))

    def item_of(self, seal: Seal) -> str | None:
        """Tell the id of the item that a seal was made for; None where it is no seal of any shape of ours."""
        raw = _bytes(seal)
        return None if raw is None or len(raw) != _NONCE + 2 * _CODE else self._item_id(raw[:_NONCE])

    def look(self, seal: Seal, covered: bytes, before: bytes) -> Seen:
        """Tell whether a seal was made here for what a request holds now, by computing it anew."""
        raw = _bytes(seal)
        if raw is None or len(raw) != _NONCE + 2 * _CODE or not self._is_spelt(seal, raw):
            return "forged"
        nonce, own, whole = raw[:_NONCE], raw[_NONCE:-_CODE], raw[-_CODE:]
        if own != self._own(nonce, covered, whole):
            return "forged"
        good = whole == self._whole(nonce, covered, before)
        return "good" if good else "elsewhere" if self.bound == "prefix" else "forged"

    def _is_spelt(self, seal: Seal, raw: bytes) -> bool:
        # Where bytes are documented their spelling is free; elsewhere a seal is a text.
        return seal.encoding == "base64" or seal.wire == base64.b64encode(raw).decode()

    def _nonce(self, path: str) -> bytes:
        return self._words.digest(f"{path}/nonce", _NONCE)

    def _whole(self, nonce: bytes, covered: bytes, before: bytes) -> bytes:
        prefix = before.hex() if self.bound == "prefix" else ""
        return self._words.digest(f"seal/{self._domain}/{nonce.hex()}/{covered.hex()}/whole/{prefix}", _CODE)

    def _own(self, nonce: bytes, covered: bytes, whole: bytes) -> bytes:
        return self._words.digest(f"seal/{self._domain}/{nonce.hex()}/{covered.hex()}/own/{whole.hex()}", _CODE)

    def _item_id(self, nonce: bytes) -> str:
        return f"rs_{self._words.code(f'item/{nonce.hex()}', 24)}"


def _bytes(seal: Seal) -> bytes | None:
    text = seal.wire.replace("-", "+").replace("_", "/") if seal.encoding == "base64" else seal.wire
    text = text.rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _words_of(block: Block) -> object:
    return [block.text] if isinstance(block, Thinking | Text) else []


def _call_of(block: Block) -> object:
    return [block.name, plain(block.arguments)] if isinstance(block, ToolCall) else []


def _nothing(block: Block) -> object:  # noqa: ARG001 - as the others
    return []


COVERS: Final[Mapping[str, Callable[[Block], object]]] = {
    # A block that differs in any way, merged or with edited text, is refused (a comment of Anthropic's,
    # https://github.com/anthropics/anthropic-sdk-python/issues/1598, read 2026-11-28); emptied text too
    # (https://github.com/Yeachan-Heo/gajae-code/issues/4247). Opaque data has no words to cover.
    "anthropic-messages": _words_of,
    # The vendor's seal comes through: openrouter.ai/docs/use-cases/reasoning-tokens.
    "openai-chat": _words_of,
    # The id of its item, which the seal itself tells (`Mint.item_of`): "Encrypted content item_id did not match the
    # target item id", https://github.com/maximhq/bifrost/issues/5186 (read 2026-11-28). That summaries are compared is
    # written nowhere.
    "openai-responses": _nothing,
    # It goes back on the part it came with: https://ai.google.dev/gemini-api/docs/thought-signatures. The id of a call
    # may be left out, so it is not covered.
    "gemini": _call_of,
}
"""What a seal covers of its block, by dialect."""


def covered(dialect: str, block: Block) -> bytes:
    """Give what a seal covers of its block, as bytes."""
    return written(COVERS[dialect](block))


def is_of(item: Item | None, mint: Mint, seal: Seal) -> bool:
    """Tell whether a seal stands in the item that it was made for; an item that does not say its id may be any."""
    return item is None or not isinstance(item.id, str) or item.id == mint.item_of(seal)
