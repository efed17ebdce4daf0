"""What became of the blocks that did not simply come back.

Rule 1: this module knows blocks and fates, not providers; how grave a fate is, is decided in `_levels`.
Rule 2: what is equal is found before what is like: first a block that stands in another turn, then its words as visible
text, then another's thinking in its place, then a changed form of it. What is left was dropped, or made up.
Rule 3: one loss is one verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec import UNSET

from keepthinking._compare import Difference, Held, block_diff, matters, seal_equal, seal_statements
from keepthinking._messages import Block, Item, Message, Opaque, Seal, Text, Thinking, ToolCall
from keepthinking._projection import Projection
from keepthinking._turns import Spot, kind_of
from keepthinking.audit._elsewhere import LONG, Elsewhere, pieces_of
from keepthinking.audit._likeness import likeness
from keepthinking.audit._meaning import attribute_of, changed, dropped, word
from keepthinking.audit._pairing import Stood, View, equal, glance, is_renamed, moved
from keepthinking.audit._regroup import mirrors, regrouped, repeated
from keepthinking.audit._thoughts import Thoughts
from keepthinking.audit._verdict import GIVEN, Verdict

MESSAGE: Final = 1 << 30
"""A block index beyond every block: the message itself."""


class Seen(NamedTuple):
    """What has to be known besides the turns.

    Attributes:
        projection: The dialect's table.
        messages: The messages of the request.
        elsewhere: The visible texts that are no answer's.
        thoughts: What was thought in all answers so far.
        results: Ids of calls that results in this request name and that no call in it has.
        waiting: Places of the calls that no result answers.
    """

    projection: Projection
    messages: Sequence[Message]
    elsewhere: Elsewhere
    thoughts: Thoughts
    results: frozenset[str]
    waiting: frozenset[Spot]


def fates(turns: Sequence[tuple[View, tuple[int, ...]]], seen: Seen) -> Iterator[tuple[View, Verdict]]:
    """Judge the turns in which something did not simply come back.

    Args:
        turns: Each with the indexes of the messages that stand for it.
        seen: What has to be known besides.
    """
    tables = [_Turn(view, stands, seen) for view, stands in turns]
    _share(tables)
    spares = [(table, j) for table in tables for j in table.spare]
    if spares:
        for table in tables:
            for verdict in table.moved_elsewhere(spares):
                yield table.view, verdict
    texts = [text for table in tables for text in table.open_texts()]
    begun = [(table, tuple(table.found(texts))) for table in tables]
    _share(tables)  # once more: a changed block of the one is nothing that was made up in the other
    for table, verdicts in begun:
        for verdict in (*verdicts, *table.left_over()):
            yield table.view, verdict


def _share(tables: Sequence[_Turn]) -> None:
    """Of two answers in one message, what is the one's is not spare for the other."""
    taken = {table.spot(j) for table in tables for j in table.pairs.values()}
    for table in tables:
        table.spare = [j for j in table.spare if table.spot(j) not in taken]


class _Turn:
    """One answer, on the way to a verdict on each of its blocks."""

    def __init__(self, view: View, stands: tuple[int, ...], seen: Seen) -> None:
        self.view = view
        self.stands = stands
        self.seen = seen
        self.pairs = dict(view.pairs)
        self.lost = list(view.lost)
        self.spare = list(view.spare)
        self.holds: set[Spot] = set()
        """Texts that hold leaked thinking, which has its own verdict."""

    def spot(self, j: int) -> Spot:
        """Give the place in the request of an actual block."""
        spot = self.view.actual[j].spot
        return Spot(self.stands[spot.message], spot.block)

    def block(self, i: int) -> int:
        """Give the index in the answer of an expected block."""
        return self.view.expected[i].spot.block

    @property
    def place(self) -> Spot:
        """The message where the answer begins."""
        return Spot(self.stands[0], MESSAGE)

    # -- across turns --------------------------------------------------------------------------------------------

    def moved_elsewhere(self, spares: list[tuple[_Turn, int]]) -> Iterator[Verdict]:
        """Find blocks that stand, equal, in the turn of another answer; what is found is taken from `spares`."""
        for i in list(self.lost):
            mine = self.view.expected[i]
            if not _tells(mine.block):
                continue
            found = next(
                (
                    (other, j)
                    for other, j in spares
                    if equal(mine.held, other.view.actual[j].held, self.seen.projection)
                ),
                None,
            )
            if found is None:
                continue
            other, j = found
            spares.remove(found)
            self.lost.remove(i)
            other.spare.remove(j)
            what = f"a {word(mine.block)} came back in the turn of exchange {other.view.number}"
            if isinstance(mine.block, Thinking):
                yield Verdict("thinking.own", "bled", what, self.block(i), other.spot(j))
            else:
                yield Verdict("order.blocks", "misplaced", what, self.block(i), other.spot(j))

    def open_texts(self) -> Iterator[tuple[Spot, str]]:
        """List the texts that are not the model's own, or not as it wrote them, with their places."""
        kept = set(self.pairs.values())
        for j, stand in enumerate(self.view.actual):
            if j not in kept and isinstance(stand.block, Text):
                yield self.spot(j), stand.block.text

    # -- inside the turn -----------------------------------------------------------------------------------------

    def found(self, texts: Sequence[tuple[Spot, str]]) -> Iterator[Verdict]:
        """Judge what came back changed.

        Args:
            texts: The open texts of all turns, with their places.
        """
        for i in repeated(self.view, self.pairs, self.lost):
            self.lost.remove(i)
        for i in list(self.lost):
            block = self.view.expected[i].block
            if isinstance(block, Thinking) and (found := self._leak(i, block, texts)):
                self.lost.remove(i)
                self.holds.update(found)
                what = "thinking came back as visible text"
                yield Verdict("thinking.not-text", "leaked-as-text", what, self.block(i), found[0])
        for j in mirrors(self.view, self.spare):
            yield from self._mirrored(j)
        yield from self._foreign()
        yield from self._regrouped()
        yield from self._changed()

    def left_over(self) -> Iterator[Verdict]:
        """Judge what is left, and the order of all."""
        yield from map(self._dropped, self.lost)
        for j in self.spare:
            if self.spot(j) not in self.holds and (verdict := self._extra(j)) is not None:
                yield verdict
        yield from self._ids()
        yield from self._order()
        if self.view.beside is not None:
            what = f"`{self.view.beside}` of the message came back changed"
            yield Verdict("text.unaltered", "altered", what, None, self.place, part="beside")

    def _leak(self, i: int, block: Thinking, texts: Sequence[tuple[Spot, str]]) -> list[Spot]:
        """List the texts that hold a thought: one, or one for each piece of it."""
        words = block.text.strip()  # a leak that lost its framing white space is still a leak
        if len(words) < _WORD:
            return []
        mine = tuple(self.open_texts())
        open_ = (*mine, *texts) if len(words) >= LONG else mine
        whole = _holder(words, open_)
        if whole is not None:
            return [whole]
        said = self.view.answer.blocks[self.block(i)]
        pieces = pieces_of(said if isinstance(said, Thinking) else block)
        spots = [spot for piece in pieces if (spot := _holder(piece, open_)) is not None]
        if len(spots) == len(pieces):
            return spots  # each piece of it as a text of its own
        spot = self.seen.elsewhere.find((self.view.number, self.block(i)), pieces)
        return [] if spot is None else [spot]

    def _mirrored(self, j: int) -> Iterator[Verdict]:
        """Judge a member that says once more what all thoughts say, or says it alone: words and place are enough then.

        It has no place for a seal. Where some thoughts came back besides, they are read, and it is not.
        """
        blocks = [(i, one.block) for i, one in enumerate(self.view.expected)]
        said = [(i, block) for i, block in blocks if isinstance(block, Thinking) and block.text]
        beside = any(isinstance(self.view.actual[k].block, Thinking) for k in self.spare if k != j)
        alone = not beside and all(i in self.lost for i, _ in said)
        if alone and ("thinking", "".join(block.text for _, block in said)) != glance(self.view.actual[j].block):
            return  # it is no more than alike, which is told of blocks that changed
        self.spare.remove(j)
        for i, block in said if alone else ():
            self.lost.remove(i)
            self.pairs[i] = j
            if block.seals:
                what = "a thought came back in a member without a place for its seal"
                yield Verdict("seal.kept", "dropped", what, self.block(i), self.spot(j))

    def _foreign(self) -> Iterator[Verdict]:
        """Find thinking of other answers that stands in this turn."""
        for j in list(self.spare):
            stand = self.view.actual[j]
            if not isinstance(stand.block, Thinking):
                continue
            number = self.seen.thoughts.of(stand.block, but=self.view.number)
            if number is None or self._twin(stand) is not None:
                continue
            self.spare.remove(j)
            replaced = next((i for i in self.lost if isinstance(self.view.expected[i].block, Thinking)), None)
            if replaced is not None:
                self.lost.remove(replaced)
            what = f"thinking of exchange {number} stands in this turn"
            yield Verdict(
                "thinking.own", "bled", what, None if replaced is None else self.block(replaced), self.spot(j)
            )

    def _twin(self, stand: Stood) -> int | None:
        """Find the block that came back and that an extra one repeats; its item does not count."""
        alone = Held(stand.block)
        for i in self.pairs:
            mine = Held(self.view.expected[i].block)
            if equal(mine, alone, self.seen.projection) or _same_words(mine.block, stand.block):
                return i
        return None

    def _regrouped(self) -> Iterator[Verdict]:
        """Find blocks that came back in pieces, and blocks of which one was made."""
        for expected, actual in regrouped(self.view, self.lost, self.spare):
            self.lost = [i for i in self.lost if i not in expected]
            self.spare = [j for j in self.spare if j not in actual]
            kind = word(self.view.expected[expected[0]].block)
            here, place = self.block(expected[0]), self.spot(actual[0])
            if len(expected) > 1:
                what = f"{len(expected)} {kind}s came back as one"
                yield Verdict("grouping.not-merged", "altered", what, here, place)
            else:
                what = f"a {kind} came back in {len(actual)} pieces"
                yield Verdict("grouping.not-split", "altered", what, here, place)

    def _changed(self) -> Iterator[Verdict]:
        """Pair what is left by likeness and say what is different."""
        scored = sorted(
            (-likeness(self.view.expected[i].block, self.view.actual[j].block), abs(i - j), i, j)
            for i in self.lost
            for j in self.spare
            if self._twin(self.view.actual[j]) is None
        )
        for unlike, _, i, j in scored:
            mine, other = self.view.expected[i], self.view.actual[j]
            if i not in self.lost or j not in self.spare or type(mine.block) is not type(other.block):
                continue
            if unlike >= 0 and not isinstance(mine.block, Thinking | Text):
                continue
            self.lost.remove(i)
            self.spare.remove(j)
            self.pairs[i] = j
            if self.spot(j) in self.holds:
                continue
            yield from self._differences(i, j)

    def _differences(self, i: int, j: int) -> list[Verdict]:
        """Judge each difference of two paired blocks, one verdict a check."""
        mine, other = self.view.expected[i], self.view.actual[j]
        found: dict[str, Verdict] = {}
        for difference in block_diff(mine.held, other.held, self.seen.projection):
            if not matters(difference) or difference.path == "id":
                continue
            if _is_null(mine.held, other.held, difference, self.seen.projection):
                continue
            if attribute_of(difference) == "seals":
                seal = self._seal(i, j, difference)
                if seal is None:
                    continue
                verdict = seal
            else:
                verdict = changed(mine.block, other.block, difference, self.block(i), self.spot(j))
            found.setdefault(verdict.check, verdict)
        # where nothing of the thought is left, what else its block has lost is the same loss
        whole = [found[check] for check in ("thinking.kept", "thinking.not-invented") if check in found]
        return whole or list(found.values())

    def _seal(self, i: int, j: int, difference: Difference) -> Verdict | None:
        mine, other = self.view.expected[i].block, self.view.actual[j].block
        here, place = self.block(i), self.spot(j)
        number = int(difference.path.partition("[")[2].partition("]")[0])
        if difference.kind == "missing":
            now = self._where(mine.seals[number])
            if now is not None:
                return Verdict("seal.on-its-block", "misplaced", "a seal came back on another block", here, now)
            return Verdict("seal.kept", "dropped", "a seal did not come back", here, place)
        extra = difference.kind == "extra"
        if extra and self._moved_here(other.seals[number]):
            return None  # the verdict on the block that lost it says so
        if self.seen.thoughts.sealed(other.seals[number] if extra else _altered(mine.seals[number], other)):
            return Verdict(
                "seal.on-its-block", "misplaced", "the seal of another block stands on this one", here, place
            )
        if extra:
            return Verdict("seal.not-invented", "invented", "a seal stands on a block that had none", here, place)
        return Verdict("seal.unaltered", "altered", "a seal came back changed", here, place, difference.at)

    def _moved_here(self, seal: Seal) -> bool:
        """Tell whether another block of this answer has lost a seal that now stands on this one."""
        for k, stand in enumerate(self.view.expected):
            if not any(seal_equal(own, seal) for own in stand.block.seals):
                continue
            back = self.pairs.get(k)
            if back is None or not any(seal_equal(own, seal) for own in self.view.actual[back].block.seals):
                return True
        return False

    def _where(self, seal: Seal) -> Spot | None:
        """Find the block of this turn that now has a seal."""
        for j, stand in enumerate(self.view.actual):
            if any(seal_statements(found) & seal_statements(seal) for found in stand.block.seals):
                return self.spot(j)
        return None

    def _dropped(self, i: int) -> Verdict:
        block, here = self.view.expected[i].block, self.block(i)
        if isinstance(block, Text) and not block.text:
            now = self._where(block.seals[0])  # the seal was all there was
            if now is not None:
                return Verdict("seal.on-its-block", "misplaced", "a seal came back on another block", here, now)
            return Verdict("seal.kept", "dropped", "a seal did not come back", here, self.place)
        return dropped(block, here, self.place)

    def _extra(self, j: int) -> Verdict | None:
        stand, place = self.view.actual[j], self.spot(j)
        block = stand.block
        twin = self._twin(stand)
        if twin is not None and not isinstance(block, Opaque):
            what = f"a {word(block)} came back twice"
            return Verdict("block.once", "duplicated", what, self.block(twin), place)
        match block:
            case Thinking() if not block.text and not block.seals:
                thought = any(isinstance(said.block, Thinking) for said in self.view.expected)
                what = "thinking without words stands "
                what += "beside what the model thought" if thought else "where the model sent none"
                return Verdict("thinking.empty.not-invented", "invented", what, None, place, empty=True)
            case Thinking():
                what = "thinking stands in this turn that the model never thought"
                return Verdict("thinking.not-invented", "invented", what, None, place)
            case ToolCall():
                what = f"a call of {block.name!r} stands in this turn that the model never made"
                return Verdict("call.not-invented", "invented", what, None, place)
            case Text():
                what = "a visible text stands in this turn that the model never wrote"
                return Verdict("text.not-invented", "invented", what, None, place)
            case _:
                return Verdict(
                    "opaque.unaltered", "invented", f"a {word(block)} stands here that never came", None, place
                )

    def _ids(self) -> Iterator[Verdict]:
        """Judge the ids of calls that came back with another one."""
        calls = [
            (i, j, mine, other)
            for i, j in self.pairs.items()
            if isinstance(mine := self.view.expected[i].block, ToolCall)
            and isinstance(other := self.view.actual[j].block, ToolCall)
        ]
        old = {mine.id for _, _, mine, _ in calls}
        new = [stand.block.id for stand in self.view.actual if isinstance(stand.block, ToolCall)]
        for i, j, mine, other in calls:
            if not is_renamed(mine, other, foreign=self.view.foreign):
                continue
            fresh = isinstance(other.id, str) and new.count(other.id) == 1 and other.id not in old
            apart = bool(self.seen.results) and self.spot(j) in self.seen.waiting  # its result names another id
            if self._is_left_out(mine, other, j):
                what = "a call id was left out, in the call and in its result, which are paired by their order alone"
                yield Verdict("ids.verbatim", "normalised", what, self.block(i), self.spot(j))
            elif not fresh or apart or mine.id in self.seen.results:
                yield Verdict("ids.paired", "altered", "a call id came back changed", self.block(i), self.spot(j))
            elif mine.id not in {None, UNSET, ""}:  # with such a one nothing can be paired
                what = "a call id was renamed, one to one, in the call and in its result"
                yield Verdict("ids.verbatim", "normalised", what, self.block(i), self.spot(j))
            else:
                what = "a call that had no id came back with one"
                yield Verdict("ids.verbatim", "normalised", what, self.block(i), self.spot(j), part=GIVEN)

    def _is_left_out(self, mine: ToolCall, other: ToolCall, j: int) -> bool:
        """Tell whether an id is gone on both sides, on a wire that pairs by order where there is none."""
        if other.id is not UNSET or self.seen.projection.ids != "link":
            return False
        return self.spot(j) not in self.seen.waiting and mine.id not in self.seen.results

    def _order(self) -> Iterator[Verdict]:
        for i in sorted(moved(self.pairs)):
            what = "a block came back in another order"
            yield Verdict("order.blocks", "reordered", what, self.block(i), self.spot(self.pairs[i]))
        parts = sorted({self.view.actual[j].spot.message for j in self.pairs.values()})
        apart = [after for before, after in pairwise(parts) if not self._is_joined(before, after)]
        if apart:
            what = "parts of one answer came back in several turns"
            yield Verdict("parallel.together", "altered", what, None, self._first_in(apart[0]), part="split")
        elif len(parts) > 1 and not self.view.pieces:
            what = "one answer came back as several messages"
            yield Verdict("grouping.not-split", "altered", what, None, self._first_in(parts[1]), part="split")

    def _is_joined(self, before: int, after: int) -> bool:
        """Tell whether nobody else speaks between two of the messages that stand for the answer."""
        between = self.seen.messages[self.stands[before] + 1 : self.stands[after]]
        return all(kind_of(message) == "response" for message in between)

    def _first_in(self, message: int) -> Spot:
        """Give the place of the first block that came back in one of the messages that stand for the answer."""
        return self.spot(min(j for j in self.pairs.values() if self.view.actual[j].spot.message == message))


def _holder(words: str, texts: Sequence[tuple[Spot, str]]) -> Spot | None:
    """Find a text that holds words."""
    return next((spot for spot, text in texts if words in text), None)


def _is_null(mine: Held, other: Held, difference: Difference, projection: Projection) -> bool:
    """Tell whether a member of an item is null here and absent there, which the wire says is the same.

    Clients that fill a type write nulls.
    """
    match difference.path.split("."), mine.item, other.item:
        case ["item", name], Item() as said, Item() as sent:
            is_none = f"{projection.homes.get('item', '')}.{name}" in projection.nulls
            return is_none and {getattr(said, name), getattr(sent, name)} == {None, UNSET}
        case _:
            return False


_WORD: Final = 2
"""A shorter thought may stand in a text of its own turn by chance."""


def _tells(block: Block) -> bool:
    """Tell whether a block says enough to be known again in another turn."""
    match block:
        case Thinking() | Text():
            return len(block.text) >= LONG or bool(block.seals)
        case ToolCall():
            return True
        case _:
            return False


def _same_words(a: Block, b: Block) -> bool:
    return isinstance(a, Thinking) and isinstance(b, Thinking) and a.text == b.text != ""


def _altered(seal: Seal, block: Block) -> Seal:
    """Give the seal that stands in the slot of one that is altered, which is there."""
    return next(other for other in block.seals if other.slot == seal.slot)
