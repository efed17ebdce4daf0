"""What became of each block of one response, in one later request.

Rule 1: this module knows blocks and fates, not providers; how grave a fate is, is decided by `_auditor` with the rules.
Rule 2: exact matches first, wherever they stand; only what is left is compared by likeness.
Rule 3: a call id may be renamed one to one. Then calls and results still pair, and the fate is `normalised`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._compare import Difference, diff, matters, same, visible_blocks
from keepthinking._messages import Block, Item, Message, Opaque, Text, Thinking, ToolCall
from keepthinking._projection import Projection
from keepthinking._reports import Fate
from keepthinking._turns import Spot


class Stood(NamedTuple):
    """A block with its place.

    Attributes:
        spot: Message and block index.
        block: The block.
        items: The items of its message.
    """

    spot: Spot
    block: Block
    items: tuple[Item, ...]


class Verdict(NamedTuple):
    """What became of one block.

    Attributes:
        check: The check that this concerns.
        fate: The fate.
        what: A sentence; it holds no thinking.
        expected: Where the block stood in the response, if it stood there.
        actual: Where it, or what stands for it, is in the request.
        at: First differing byte.
    """

    check: str
    fate: Fate
    what: str
    expected: Spot | None = None
    actual: Spot | None = None
    at: int | UnsetType = UNSET


def stood(messages: Iterable[tuple[int, Message]]) -> list[Stood]:
    """List the blocks that count, with their places."""
    return [Stood(Spot(m, b), block, message.items) for m, message in messages for b, block in visible_blocks(message.blocks)]


def judge(
    expected: Sequence[Stood],
    actual: Sequence[Stood],
    elsewhere: Mapping[str, Spot],
    foreign: Mapping[str, int],
    projection: Projection,
    renamed: Mapping[str, str],
) -> Iterator[Verdict]:
    """Judge the blocks of one response against the turn that stands for it.

    Args:
        expected: The blocks of the response.
        actual: The blocks of the turn in the request.
        elsewhere: Visible text of the whole request outside that turn: text to place.
        foreign: Thinking of other responses: text to the number of the exchange.
        projection: The dialect's table.
        renamed: Call ids that were renamed one to one, old to new.
    """
    pairs, exact = _pair(expected, actual, projection, renamed)
    taken = {j for j in pairs.values() if j is not None}
    left = [stand for j, stand in enumerate(actual) if j not in taken]
    changed = [stand for j, stand in enumerate(actual) if j not in exact]
    leaked: set[Spot] = set()
    for i, stand in enumerate(expected):
        j = pairs[i]
        if j is None:
            verdict = _missing(stand, left, changed, elsewhere)
            if verdict.fate == "leaked-as-text" and verdict.actual is not None:
                leaked.add(verdict.actual)
            yield verdict
        else:
            yield from _kept(stand, actual[j], projection, renamed, leaked)
    yield from _order(expected, actual, pairs)
    for stand in left:
        if stand.spot not in leaked:
            yield from _extra(stand, expected, foreign, projection)


# -- pairing -----------------------------------------------------------------------------------------------------


def _pair(expected: Sequence[Stood], actual: Sequence[Stood], projection: Projection, renamed: Mapping[str, str]) -> tuple[dict[int, int | None], set[int]]:
    """Pair blocks: exact ones first, then by likeness, in order of the response.

    Returns:
        For each expected block the number of the actual one, and the numbers of those that are equal.
    """
    free = list(range(len(actual)))
    pairs: dict[int, int | None] = {}
    for i, stand in enumerate(expected):
        block = _rename(stand.block, renamed)
        exact = [j for j in free if type(actual[j].block) is type(block) and same(_alone(block, stand.items), _alone(actual[j].block, actual[j].items), projection)]
        pairs[i] = min(exact, key=lambda j: abs(j - i), default=None)
        if (found := pairs[i]) is not None:
            free.remove(found)
    equal = {j for j in pairs.values() if j is not None}
    for i, stand in enumerate(expected):
        if pairs[i] is not None:
            continue
        scored = [(score, -abs(j - i), j) for j in free if (score := _likeness(stand.block, actual[j].block)) > 0]
        if scored:
            pairs[i] = max(scored)[2]
            free.remove(max(scored)[2])
    return pairs, equal


def _alone(block: Block, items: tuple[Item, ...]) -> Message:
    """Put a block with its item into a message of its own, so that the item is compared too."""
    if isinstance(block.item, UnsetType) or block.item >= len(items):
        return Message(role="assistant", blocks=(block,))
    return Message(role="assistant", blocks=(replace(block, item=0),), items=(items[block.item],))


def _rename(block: Block, renamed: Mapping[str, str]) -> Block:
    if isinstance(block, ToolCall) and isinstance(block.id, str) and block.id in renamed:
        return replace(block, id=renamed[block.id])
    return block


def _likeness(a: Block, b: Block) -> float:
    """Say how much one block looks like a changed form of another; 0 means that it does not."""
    if type(a) is not type(b):
        return 0.0
    if isinstance(a, ToolCall) and isinstance(b, ToolCall):
        return 2.0 * (isinstance(a.id, str) and a.id == b.id) + (a.name == b.name) + (a.arguments == b.arguments)
    if isinstance(a, Thinking) and isinstance(b, Thinking):
        sealed = bool({seal.wire for seal in a.seals} & {seal.wire for seal in b.seals})
        slots = bool({seal.slot for seal in a.seals} & {seal.slot for seal in b.seals})
        words = _ratio(a.text, b.text)
        return 3.0 * sealed + words + 0.1 * slots if sealed or words > 0.3 else 0.1 * (slots and not a.text and not b.text)
    if isinstance(a, Text) and isinstance(b, Text):
        return 0.1 + _ratio(a.text, b.text)
    return 0.5 + (isinstance(a, Opaque) and isinstance(b, Opaque) and a.kind == b.kind)


def _ratio(a: str, b: str) -> float:
    if a == b:
        return 1.0 if a else 0.0
    if not a or not b:
        return 0.0
    if a in b or b in a:
        return max(0.4, min(len(a), len(b)) / max(len(a), len(b)))
    # likeness of the first 2,000 characters says enough, and long thoughts must not cost their square
    return SequenceMatcher(None, a[:2000], b[:2000], autojunk=True).quick_ratio() * 0.9


# -- fates -------------------------------------------------------------------------------------------------------


def _missing(stand: Stood, left: Sequence[Stood], changed: Sequence[Stood], elsewhere: Mapping[str, Spot]) -> Verdict:
    block, spot = stand.block, stand.spot
    match block:
        case Thinking():
            if (found := _leak(block, changed, elsewhere)) is not None:
                return Verdict("thinking.not-text", "leaked-as-text", "thinking came back as visible text", spot, found)
            if not block.text and any(seal.slot == "data" for seal in block.seals):
                return Verdict("redacted.kept", "dropped", "redacted thinking did not come back", spot)
            if not block.text and block.seals:
                return Verdict("thinking.empty.kept", "dropped", "sealed thinking without words did not come back", spot)
            if not block.text:
                return Verdict("thinking.empty.kept", "dropped", "empty thinking came back as none at all", spot)
            return Verdict("thinking.kept", "dropped", f"a thinking block of {len(block.text):,} characters did not come back", spot)
        case ToolCall():
            return Verdict("call.kept", "dropped", f"the call of {block.name!r} did not come back", spot)
        case Text():
            other = next((other for other in left if isinstance(other.block, Text)), None)
            if other is None:
                return Verdict("text.unaltered", "dropped", f"a visible text of {len(block.text):,} characters did not come back", spot)
            return Verdict("text.unaltered", "altered", "a visible text came back changed", spot, other.spot)
        case _:
            return Verdict("call.kept", "dropped", "a block of the provider's own did not come back", spot)


def _leak(block: Thinking, changed: Sequence[Stood], elsewhere: Mapping[str, Spot]) -> Spot | None:
    words = block.text.strip()  # a leak that lost its framing white space is still a leak
    if len(words) < 2:
        return None
    for stand in changed:  # a text that the model itself wrote may hold the same words
        if isinstance(stand.block, Text) and words in stand.block.text:
            return stand.spot
    return next((spot for text, spot in elsewhere.items() if len(words) >= _LEAK and words in text), None)


_LEAK = 16
"""A shorter thought may stand in another text by chance."""


def _kept(stand: Stood, other: Stood, projection: Projection, renamed: Mapping[str, str], leaked: set[Spot]) -> Iterator[Verdict]:
    block = stand.block
    if isinstance(block, ToolCall) and isinstance(block.id, str) and block.id in renamed:
        yield Verdict("ids.verbatim", "normalised", "a call id was renamed, one to one", stand.spot, other.spot)
        block = _rename(block, renamed)
    found = [d for d in diff(_alone(block, stand.items), _alone(other.block, other.items), projection) if matters(d)]
    seen: set[str] = set()
    for difference in found:
        check, fate, what = _meaning(block, other.block, difference)
        if check not in seen:
            seen.add(check)
            if isinstance(block, Text) and isinstance(other.block, Text) and other.spot in leaked:
                continue  # the text holds leaked thinking, which has its own verdict
            yield Verdict(check, fate, what, stand.spot, other.spot, difference.at)


def _meaning(block: Block, other: Block, difference: Difference) -> tuple[str, Fate, str]:
    """Give check, fate and sentence for one difference of two paired blocks."""
    path = difference.path.partition(".")[2]  # behind `blocks[0]`
    attribute = path.partition(".")[0].partition("[")[0]
    match attribute, difference.kind:
        case "seals", "missing":
            return "seal.kept", "dropped", "a seal did not come back"
        case "seals", "extra":
            return "seal.on-its-block", "misplaced", "a seal stands on a block that had none"
        case "seals", _:
            return "seal.unaltered", "altered", "a seal came back changed"
        case "places", _:
            return "thinking.place", "misplaced", "thinking came back in another place"
        case "segments", "grouping":
            return "grouping.not-merged", "altered", "the pieces of a thought were joined or split"
        case "arguments", "respelled":
            return "arguments.verbatim", "normalised", "arguments were written anew: equal as JSON, not byte for byte"
        case "arguments", _:
            return "arguments.equal", "altered", "arguments came back changed"
        case "id", _ if isinstance(block, ToolCall):
            return "ids.paired", "altered", "a call id came back changed"
        case "name", _ if isinstance(block, ToolCall):
            return "call.name", "altered", "a call came back with another tool's name"
    if isinstance(block, Thinking) and isinstance(other, Thinking):
        if block.text == other.text and attribute in {"item", "fields"}:
            return "seal.unaltered", "altered", f"`{path}` of a thinking entry came back changed or not at all"
        if not block.text and other.text:
            return "thinking.not-invented", "invented", "words stand where the model had thought none"
        return "thinking.unaltered", "altered", "thinking came back changed"
    if isinstance(block, Text):
        return "text.unaltered", "altered", "a visible text came back changed"
    return "call.kept", "altered", f"`{path or type(block).__name__}` came back changed"


def _order(expected: Sequence[Stood], actual: Sequence[Stood], pairs: Mapping[int, int | None]) -> Iterator[Verdict]:
    placed = [(i, j) for i, j in pairs.items() if j is not None]
    keep = _longest_rise([j for _, j in placed])
    for n, (i, j) in enumerate(placed):
        if n not in keep:
            yield Verdict("order.blocks", "reordered", "a block came back in another order", expected[i].spot, actual[j].spot)
    if len({stand.spot.message for stand in expected}) == 1:
        messages = sorted({actual[j].spot.message for _, j in placed})
        if len(messages) > 1:
            first = next(j for _, j in placed if actual[j].spot.message == messages[1])
            yield Verdict("grouping.not-split", "altered", "one answer came back as several messages", expected[0].spot, actual[first].spot)


def _longest_rise(values: Sequence[int]) -> set[int]:
    """Give the positions of one longest increasing run: what is outside it has moved."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for n, value in enumerate(values):
        at = bisect_right(tails, value)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [value]
        ends[at : at + 1] = [n]
    keep: set[int] = set()
    n = ends[-1] if ends else -1
    while n >= 0:
        keep.add(n)
        n = before[n]
    return keep


def _extra(stand: Stood, expected: Sequence[Stood], foreign: Mapping[str, int], projection: Projection) -> Iterator[Verdict]:
    block = stand.block
    twice = next((e for e in expected if type(e.block) is type(block) and same(_alone(e.block, ()), _alone(replace(block, item=UNSET), ()), projection)), None)
    if twice is not None and not isinstance(block, Opaque):
        yield Verdict("block.once", "duplicated", f"a {_word(block)} came back twice", twice.spot, stand.spot)
    elif isinstance(block, Thinking):
        if block.text and block.text in foreign:
            yield Verdict("thinking.own", "bled", f"the thinking of exchange {foreign[block.text]} came back in this turn", None, stand.spot)
        elif any(isinstance(e.block, Thinking) and e.block.text and e.block.text == block.text for e in expected):
            origin = next(e.spot for e in expected if isinstance(e.block, Thinking) and e.block.text == block.text)
            yield Verdict("block.once", "duplicated", "a thinking block came back twice", origin, stand.spot)
        else:
            yield Verdict("thinking.not-invented", "invented", "thinking stands in this turn that the model never thought", None, stand.spot)
    elif isinstance(block, ToolCall):
        yield Verdict("call.not-invented", "invented", f"a call of {block.name!r} stands in this turn that the model never made", None, stand.spot)
    elif isinstance(block, Text):
        yield Verdict("text.unaltered", "invented", "a visible text stands in this turn that the model never wrote", None, stand.spot)


def _word(block: Block) -> str:
    return {"Thinking": "thinking block", "ToolCall": "tool call", "Text": "text"}.get(type(block).__name__, "block")
