"""Where something was lost: in the framework's own objects, by its client, or on the provider's side.

Rule 1: what a framework's memory holds and the request does not, its client has lost; what the memory does not hold was
lost before. Where the memory is not shown, nobody knows.
Rule 2: words that are there either way, in another place or order, tell nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from keepthinking import Block, Finding, ToolCall
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._evidence import Evidence, plain_pieces, words_of
from keepthinking_conformance.judge._runs import STOPS
from keepthinking_conformance.results._results import LostIn

_GONE: Final = frozenset({"dropped", "removed-with-turn", "altered", "normalised"})
"""Fates of what the request does not hold as it was."""

_MARK: Final = 8
"""So many characters before leaked words show what they were put behind."""

_PIECES: Final = 6
"""So many pieces of a text are looked for: enough to know it again."""


def lost_in(case: Case, finding: Finding, shown: Evidence) -> LostIn:
    """Tell where something went wrong."""
    if shown.call is not None and not shown.call.has_arrived and not shown.call.held:
        return "provider"
    stopped = finding.check in STOPS and finding.path == "$"
    memory = _memory(case, finding)
    if memory is None or stopped:
        return "framework" if stopped else "unknown"  # whether a turn goes on is for its loop to say
    if finding.fate == "leaked-as-text":
        return _put_by(_around(shown), memory, exact=True)
    if finding.fate == "invented":
        return _put_by(shown.sent or "", memory, exact=False)
    needles = list(_needles(case, finding, shown)) if finding.fate in _GONE else []
    if not needles:
        return "unknown"
    return "client" if all(_holds(memory, needle) for needle in needles) else "framework"


def _put_by(words: str, memory: str, *, exact: bool) -> LostIn:
    """Tell who put words into a request that nobody said there."""
    if not words:
        return "unknown"
    return "framework" if (_holds_exactly if exact else _holds)(memory, words) else "client"


def _memory(case: Case, finding: Finding) -> str | None:
    """Give what the framework held when the turn of a request had ended."""
    if not case.trace.memories:
        return None
    turn = max(sum(start < finding.request for start in case.trace.starts) - 1, 0)
    return case.trace.memories[turn] if turn < len(case.trace.memories) else None


def _needles(case: Case, finding: Finding, shown: Evidence) -> Iterator[str]:
    """List what the memory would hold if nothing had been lost before."""
    block, family = shown.block, finding.check.partition(".")[0]
    if finding.check == "result.delivered" and shown.call is not None:
        here = (shown.call.turn, shown.call.step, 0)
        yield from (one.receipt for one in case.trace.wanted if (one.turn, one.step, one.thread) == here)
    elif block is None:
        if family in {"context", "persist"} and shown.call is not None:
            yield from (words for message in shown.call.messages for b in message.blocks if (words := words_of(b)))
    elif family == "seal" or finding.check.endswith("seal.kept"):
        yield from (seal.wire for seal in block.seals)
    else:
        yield from _of_block(block, family)


def _of_block(block: Block, family: str) -> Iterator[str]:
    if isinstance(block, ToolCall) and family == "ids":
        yield from (block.id,) if isinstance(block.id, str) else ()
    elif words := words_of(block):
        yield words


def _around(shown: Evidence) -> str:
    """Give leaked words together with what stands right before them, as only the request has them."""
    sent, piece = shown.sent or "", next(iter(plain_pieces(words_of(shown.block))), "")
    at = sent.find(piece) if piece else -1
    before = _unescaped(sent[max(at - _MARK, 0) : at].rpartition('"')[2]) if at > 0 else ""
    return f"{before}{piece}" if before else ""


def _unescaped(text: str) -> str:
    """Read a piece of a JSON string, which may begin inside an escape."""
    for start in range(len(text)):
        with suppress(ValueError):
            return str(json.loads(f'"{text[start:]}"'))
    return ""


def _holds(memory: str, words: str) -> bool:
    """Tell whether a text that was written out holds words, however they are escaped in it."""
    if _holds_exactly(memory, words):
        return True
    pieces = plain_pieces(words)
    # Arguments and short words are known by their exact spelling alone.
    exact = words.lstrip()[:1] in "{[" or not pieces
    return not exact and all(piece in memory for piece in pieces[:_PIECES])


def _holds_exactly(memory: str, words: str) -> bool:
    return any(form in memory for form in _forms(words))


def _forms(words: str) -> Iterator[str]:
    yield words
    for ascii_ in (True, False):
        once = json.dumps(words, ensure_ascii=ascii_)[1:-1]
        yield once
        yield json.dumps(once, ensure_ascii=ascii_)[1:-1]
    yield repr(words)[1:-1]
    try:
        yield repr(base64.b64decode(words, validate=True))[2:-1] or words
    except (binascii.Error, ValueError):
        return
