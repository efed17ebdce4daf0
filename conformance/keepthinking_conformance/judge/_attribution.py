"""Where something was lost: in the framework's own objects, by its client, or on the provider's side.

Rule 1: what a framework's memory holds and the request does not, its client has lost; what the memory does not hold was
lost before. Where the memory is not shown, nobody knows.
Rule 2: words that are there either way, in another place, order or grouping, tell nothing; nor do words that the model
said again.
Rule 3: a memory may be written in any way: JSON or Python, with any white space. What is a text on the wire is known by
its spelling, what is an object by its members.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import Final, TypeAlias

from keepthinking import Block, Finding, ToolCall
from keepthinking_conformance.judge._answers import Call
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._evidence import Evidence, plain_pieces, words_of
from keepthinking_conformance.judge._runs import STOPS, given, holds, results_in
from keepthinking_conformance.results._results import LostIn

_GONE: Final = frozenset({"dropped", "removed-with-turn", "altered", "normalised"})
"""Fates of what the request does not hold as it was."""

_REGROUPED: Final = frozenset({"grouping.not-merged", "grouping.not-split", "stream.thinking.whole"})
"""Checks of how words are grouped: that all of them are there tells nothing."""

Needle: TypeAlias = tuple[str, ...]
"""What a memory would hold, in all spellings."""

_MARK: Final = 8
"""So many characters before leaked words show what they were put behind; fewer may stand anywhere by chance."""


def lost_in(case: Case, finding: Finding, shown: Evidence) -> LostIn:
    """Tell where something went wrong."""
    if shown.call is not None and not shown.call.has_arrived and not shown.call.held:
        return "provider"
    if finding.check in STOPS and (finding.path == "$" or finding.fate == "misplaced"):
        return "framework"  # whether a turn goes on, and what is run, is for its loop to say
    memory = _memory(case, finding)
    return "unknown" if memory is None else _by_memory(case, finding, shown, memory)


def _by_memory(case: Case, finding: Finding, shown: Evidence, memory: str) -> LostIn:
    if finding.fate == "leaked-as-text":
        return _put_by([_around(shown)], memory, exact=True)
    if finding.fate == "invented":
        return _put_by([shown.sent or ""], memory, exact=False)
    if finding.check == "thinking.unaltered" and (beside := shown.beside()) is not None:
        now = json.loads(beside)
        return _put_by([now], memory, exact=True) if isinstance(now, str) else "unknown"
    made = list(_untold(case, finding)) if finding.check == "result.delivered" else []
    if made and _put_by(made, memory, exact=True) == "framework":
        return "framework"
    return _lost_by(list(_needles(case, finding, shown)), memory, finding) if finding.fate in _GONE else "unknown"


def _lost_by(needles: Sequence[Needle], memory: str, finding: Finding) -> LostIn:
    """Tell who lost what was said."""
    if not all(any(_holds(memory, words) for words in needle) for needle in needles):
        return "framework"
    return "client" if needles and finding.check not in _REGROUPED else "unknown"


def _put_by(words: Iterable[str], memory: str, *, exact: bool) -> LostIn:
    """Tell who put words into a request that nobody said there."""
    found = list(words)
    if any(len(said) < _MARK for said in found):
        return "unknown"
    holds = _holds_exactly if exact else _holds
    return "framework" if all(holds(memory, said) for said in found) else "client"


def _memory(case: Case, finding: Finding) -> str | None:
    """Give what the framework held when the turn of a request had ended."""
    turn = max(sum(start < finding.request for start in case.trace.starts) - 1, 0)
    return case.trace.memories[turn] if turn < len(case.trace.memories) else None


def _needles(case: Case, finding: Finding, shown: Evidence) -> Iterator[Needle]:
    """List what the memory would hold if nothing had been lost before, each in all spellings."""
    block, family = shown.block, finding.check.partition(".")[0]
    if finding.check == "result.delivered" and shown.call is not None:
        here = (shown.call.turn, shown.call.step, 0)
        yield from ((given(case, one),) for one in case.trace.wanted if (one.turn, one.step, one.thread) == here)
    elif shown.member is not None:
        held = json.loads(shown.member)  # the words of the block tell nothing of a member beside it
        yield (held if isinstance(held, str) else shown.member,)
    elif block is None:
        if family in {"context", "persist"} and shown.call is not None and not _is_said_again(case, shown.call):
            yield from (said for message in shown.call.messages for b in message.blocks if (said := _spellings(b)))
    elif family == "seal":
        yield from ((seal.wire,) for seal in block.seals)
    elif isinstance(block, ToolCall) and family == "ids":
        yield from ((block.id,),) if isinstance(block.id, str) else ()
    elif said := _spellings(block):
        yield said


def _spellings(block: Block) -> tuple[str, ...]:
    """Give how a memory may spell what a block is known by; of an object on the wire the white space is nobody's."""
    words = words_of(block)
    if not isinstance(block, ToolCall) or block.kind != "object":
        return (words,) if words else ()
    return (words, *dict.fromkeys(_written(words, quote, gap) for quote in _QUOTES for gap in ("", " ")))


def _written(text: str, quote: Callable[[str], str], gap: str) -> str:
    """Write JSON anew, token by token, so that numbers keep their spelling."""

    def anew(token: str) -> str:
        if token.startswith('"'):
            return quote(str(json.loads(token)))
        return token + gap if token in {",", ":"} else _PYTHON.get(token, token) if quote is repr else token

    return "".join(map(anew, _TOKEN.findall(text)))


_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_PYTHON: Final[Mapping[str, str]] = MappingProxyType({"true": "True", "false": "False", "null": "None"})
_QUOTES: Final[tuple[Callable[[str], str], ...]] = (json.dumps, partial(json.dumps, ensure_ascii=False), repr)
"""How a text is quoted in JSON and in Python."""


def _is_said_again(case: Case, call: Call) -> bool:
    """Tell whether a later answer says the same: the scaffold began the step anew."""
    return any((later.turn, later.step) == (call.turn, call.step) for later in case.behind(call))


def _untold(case: Case, finding: Finding) -> Iterator[str]:
    """List the results of a request that no tool gave."""
    asked = next((call for call in case.calls if call.number == finding.request), None)
    request = None if asked is None else case.request(asked)
    for _, _, text in () if request is None else results_in(request):
        if not any(holds(text, told.text) or text in told.text for told in case.trace.told):
            yield text


def _around(shown: Evidence) -> str:
    """Give leaked words together with what stands right before them, as only the request has them."""
    sent, piece = shown.sent or "", next(iter(plain_pieces(words_of(shown.block))), "")
    before, is_there, _ = sent.partition(piece) if piece else ("", "", "")
    before = _unescaped(before[-_MARK:].rpartition('"')[2]) if is_there else ""
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
    # Arguments and short words are known by their spelling alone.
    return bool(pieces) and not _is_json(words) and all(piece in memory for piece in pieces)


def _is_json(words: str) -> bool:
    return words.lstrip()[:1] in {"{", "["}


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
