"""Streams (D2): the pieces of a thought are one thought, however many fields say them.

What a streamed answer loses that a whole one keeps is told by two runs (`_twins`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keepthinking import Finding, Thinking
from keepthinking._turns import Spot
from keepthinking_conformance.judge._answers import Call
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.judge._runs._finding import ENOUGH, Seen, first_of, found, letters, level_for, thoughts_in

Stands = Sequence[tuple[Spot, Thinking]]


def whole(case: Case) -> Iterator[Finding]:
    """Find thoughts that came back in the pieces of the stream.

    Where a wire has words in pieces anyway, as Gemini's, they may come back so.
    """
    if case.in_pieces:
        return
    for call, block, words in _thoughts(case):
        yield from first_of(_in_pieces(case, call, block, words))


def once(case: Case) -> Iterator[Finding]:
    """Find thoughts that came back twice."""
    for call, block, words in _thoughts(case):
        yield from first_of(_doubled(case, call, block, words))


def _thoughts(case: Case) -> Iterator[tuple[Call, int, str]]:
    """List the streamed thoughts that tell enough, each with its words less their white space."""
    if not case.cell.stream:
        return
    for call in case.calls:
        if not call.has_arrived:
            continue
        for b, block in enumerate(call.messages[0].blocks):
            if isinstance(block, Thinking) and len(words := letters(block.text)) >= ENOUGH:
                yield call, b, words


def _sent(case: Case, call: Call) -> Iterator[tuple[Call, Stands]]:
    for later in case.behind(call):
        request = case.request(later)
        if request is not None:
            yield later, list(thoughts_in(request.messages))


def _in_pieces(case: Case, call: Call, block: int, words: str) -> Iterator[Finding]:
    for later, stands in _sent(case, call):
        number = _run(words, [letters(held.text) for _, held in stands])
        if number is not None:
            level, rule = level_for(case, later, call, "thinking.unaltered")
            yield found(
                case,
                "stream.thinking.whole",
                Seen(later, call, stands[number][0], block),
                fate="altered",
                what="a thought that was streamed in pieces came back as several thoughts",
                level=level,
                rule=rule,
            )


def _run(words: str, pieces: Sequence[str]) -> int | None:
    """Give the first of several pieces in a row that say the words together."""
    for n, piece in enumerate(pieces):
        said = piece
        if not piece or piece == words:
            continue
        for more in pieces[n + 1 :]:
            said += more
            if said == words:
                return n
    return None


def _doubled(case: Case, call: Call, block: int, words: str) -> Iterator[Finding]:
    held = [letters(b.text) for b in call.messages[0].blocks if isinstance(b, Thinking)]
    for later, stands in _sent(case, call):
        in_message = [(spot, letters(b.text).count(words)) for spot, b in stands]
        for message in dict.fromkeys(spot.message for spot, _ in in_message):
            here = [(spot, count) for spot, count in in_message if spot.message == message and count]
            if sum(count for _, count in here) > max(held.count(words), 1):
                spot = next((spot for spot, count in here if count > 1), here[-1][0])
                level, rule = level_for(case, later, call, "thinking.unaltered")
                yield found(
                    case,
                    "stream.thinking.once",
                    Seen(later, call, spot, block),
                    fate="duplicated",
                    what="a thought that was streamed once came back twice",
                    level=level,
                    rule=rule,
                )
