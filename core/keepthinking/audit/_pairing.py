"""One answer against the messages that stand for it: which blocks came back equal, which are left over.

What is found here depends on the answer and on those messages alone, so it is found once, however many requests repeat
them. What became of the blocks that are left over is asked in `_fates`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._compare import NEUTRAL, Held, block_diff, matters, message_diff, visible_blocks
from keepthinking._messages import Block, Item, Media, Message, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking._projection import Projection
from keepthinking._turns import Spot

REFERENCE = "item_reference"
"""The kind of an item that stands for one that the server holds."""

_BY_ID = frozenset({"image_generation_call"})
"""Kinds of items that may come back as their id alone: the server has the rest.

Source: https://developers.openai.com/api/docs/guides/tools-image-generation, multi-turn editing by image id (verified
2026-11-27).
"""


class Stood(NamedTuple):
    """A block with its place.

    Attributes:
        spot: Which of the messages, and which block of it.
        held: The block and its item.
    """

    spot: Spot
    held: Held

    @property
    def block(self) -> Block:
        """The block."""
        return self.held.block


class View(NamedTuple):
    """One answer, and what stands for it.

    Attributes:
        number: Number of the exchange.
        choice: Which of its choices came back.
        answer: That choice.
        expected: Its blocks.
        actual: The blocks of the messages that stand for it.
        pairs: Those that are equal, expected to actual.
        lost: Blocks without an equal.
        spare: Blocks that nothing expected is equal to.
        beside: Path of a member of the message itself that came back changed.
        thoughts: How many thinking blocks the answer has.
        sealed: Whether any of its blocks is sealed.
        clean: Whether all came back as it was.
        lost_marks: What the lost blocks would be known by in another turn.
        spare_marks: What the left-over blocks are known by.
        open_texts: How many visible texts are left over.
        foreign: Whether it was given in another dialect.
        pieces: Whether it may come back in pieces.
        unphased: Pairs of blocks of which the model's said a phase, and the other says none; one an item.
    """

    number: int
    choice: int
    answer: Message
    expected: tuple[Stood, ...]
    actual: tuple[Stood, ...]
    pairs: dict[int, int]
    lost: tuple[int, ...]
    spare: tuple[int, ...]
    beside: str | None
    thoughts: int
    sealed: bool
    clean: bool
    lost_marks: frozenset[tuple[str, ...]]
    spare_marks: frozenset[tuple[str, ...]]
    open_texts: int
    foreign: bool
    pieces: bool
    unphased: tuple[tuple[int, int], ...]


def is_renamed(mine: Block, other: Block, *, foreign: bool) -> bool:
    """Tell whether a call came back with another id; where dialects differ, one of them may have none."""
    if not isinstance(mine, ToolCall) or not isinstance(other, ToolCall) or mine.id == other.id:
        return False
    return not foreign or (isinstance(mine.id, str) and isinstance(other.id, str))


def view(
    number: int,
    choices: Sequence[Message],
    stands: Sequence[Message],
    projection: Projection | None,
    *,
    pieces: bool = False,
) -> View:
    """Compare an answer with what stands for it.

    Args:
        number: Number of the exchange.
        choices: The answer; of several choices the one that fits best is taken.
        stands: The messages that stand for it.
        projection: The dialect's table; none where the answer was given in another dialect: then only what each of
            them can say is compared, words, thoughts and calls.
        pieces: Whether words may come back in the pieces in which a stream gave them.
    """
    stood = _stood if projection is not None else _bare
    actual = tuple(stood(stands))
    table = NEUTRAL if projection is None else projection
    views = [
        _view(
            number,
            choice,
            answer,
            tuple(stood([answer])),
            actual,
            None if projection is None else stands,
            table,
            pieces=pieces,
        )
        for choice, answer in enumerate(choices)
    ]
    return max(views, key=lambda found: (len(found.pairs), -len(found.lost)))


def _stood(messages: Sequence[Message]) -> list[Stood]:
    return [
        Stood(Spot(m, b), Held.of(block, message.items))
        for m, message in enumerate(messages)
        for b, block in visible_blocks(message.blocks)
    ]


def _bare(messages: Sequence[Message]) -> list[Stood]:
    """List what any dialect can say: thoughts with words, calls, and the texts joined; some wires have but one."""
    found: list[Stood] = []
    said: Stood | None = None
    for m, message in enumerate(messages):
        for b, block in visible_blocks(message.blocks):
            spot = Spot(m, b)
            match block:
                case Thinking() if block.text:
                    found.append(Stood(spot, Held(Thinking.of(block.text))))
                case ToolCall() if not block.server:
                    call = ToolCall(id=block.id, name=block.name, arguments=block.arguments, kind="object")
                    found.append(Stood(spot, Held(call)))
                case Text() if block.text:  # one that is only there for its seal says nothing elsewhere
                    before = "" if said is None else said.block.text if isinstance(said.block, Text) else ""
                    joined = Stood(spot if said is None else said.spot, Held(Text(text=before + block.text)))
                    found[:] = [stand for stand in found if stand is not said]
                    found.append(joined)
                    said = joined
                case _:
                    pass
    return found


def _view(  # noqa: PLR0913, PLR0917 - two sides and how to compare them
    number: int,
    choice: int,
    answer: Message,
    expected: tuple[Stood, ...],
    actual: tuple[Stood, ...],
    stands: Sequence[Message] | None,
    projection: Projection,
    *,
    pieces: bool,
) -> View:
    pairs: dict[int, int] = {}
    free = list(range(len(actual)))
    for j in list(free):
        meant = _meant(actual[j], expected)
        if meant:
            pairs.update(dict.fromkeys(meant, j))
            free.remove(j)
    for same in (equal, equal_but_id):
        for i, stand in enumerate(expected):
            if i in pairs:
                continue
            found = [j for j in free if same(stand.held, actual[j].held, projection)]
            if found:
                pairs[i] = min(found, key=lambda j, i=i: abs(j - i))  # type: ignore[misc]  # mypy on a lambda's default
                free.remove(pairs[i])
    if stands is None:
        _rejoined(expected, actual, pairs, free)
    elif pieces:
        _in_pieces(expected, actual, pairs, free)
    lost = tuple(i for i in range(len(expected)) if i not in pairs)
    beside = None if stands is None else _beside(answer, stands, projection)
    apart = len({actual[j].spot.message for j in pairs.values()}) > 1
    foreign = stands is None
    renamed = any(is_renamed(expected[i].block, actual[j].block, foreign=foreign) for i, j in pairs.items())
    return View(
        number=number,
        choice=choice,
        answer=answer,
        expected=expected,
        actual=actual,
        pairs=pairs,
        lost=lost,
        spare=tuple(free),
        beside=beside,
        thoughts=sum(isinstance(stand.block, Thinking) for stand in expected),
        sealed=any(stand.block.seals for stand in expected),
        clean=not (lost or free or beside or apart or renamed or moved(pairs)),
        lost_marks=frozenset(mark(expected[i].block) for i in lost),
        spare_marks=frozenset(mark(actual[j].block) for j in free),
        open_texts=sum(isinstance(actual[j].block, Text) for j in free),
        foreign=foreign,
        pieces=pieces,
        unphased=tuple(_unphased(expected, actual, pairs)),
    )


def _unphased(
    expected: Sequence[Stood], actual: Sequence[Stood], pairs: Mapping[int, int]
) -> Iterator[tuple[int, int]]:
    seen: set[int] = set()
    for i, j in pairs.items():
        said, sent = expected[i].held.item, actual[j].held.item
        if said is not None and isinstance(said.phase, str) and id(said) not in seen:
            seen.add(id(said))
            if sent is None or not isinstance(sent.phase, str):
                yield i, j


def _rejoined(expected: Sequence[Stood], actual: Sequence[Stood], pairs: dict[int, int], free: list[int]) -> None:
    """Take thoughts for there that came back in other pieces, as another dialect has to write them."""
    lost = [i for i, stand in enumerate(expected) if i not in pairs and isinstance(stand.block, Thinking)]
    spare = [j for j in free if isinstance(actual[j].block, Thinking)]
    if lost and spare and _letters(expected[i] for i in lost) == _letters(actual[j] for j in spare):
        pairs.update(dict.fromkeys(lost, spare[0]))
        free[:] = [j for j in free if j not in spare]


def _in_pieces(expected: Sequence[Stood], actual: Sequence[Stood], pairs: dict[int, int], free: list[int]) -> None:
    """Take words for there that came back in pieces, one behind the other, none of them sealed."""
    for i, stand in enumerate(expected):
        block = stand.block
        if i in pairs or block.seals or not isinstance(block, Text | Thinking):
            continue
        for n in range(len(free)):
            run = _run_of(block, [(j, actual[j].block) for j in free[n:]])
            if len(run) > 1:
                pairs[i] = run[0]
                free[:] = [j for j in free if j not in run]
                break


def _run_of(block: Text | Thinking, rest: Sequence[tuple[int, Block]]) -> list[int]:
    """List the blocks at the head of the rest that say together what one block says; nothing if they do not."""
    said, run = "", list[int]()
    for j, piece in rest:
        gap = bool(run) and j != run[-1] + 1
        if gap or type(piece) is not type(block) or piece.seals or not isinstance(piece, Text | Thinking):
            return []
        said += piece.text
        run.append(j)
        if said == block.text:
            return run
        if not block.text.startswith(said):
            return []
    return []


def _letters(thoughts: Iterable[Stood]) -> str:
    return "".join("".join(stand.block.text.split()) for stand in thoughts if isinstance(stand.block, Thinking))


def _meant(stand: Stood, expected: Sequence[Stood]) -> list[int]:
    """List the blocks that a reference stands for: the server puts its own item in its place.

    Source: openai 3.54.0, `types/responses/response_input_item_param.py`, `ItemReference` (read 2026-11-24).
    """
    item = stand.held.item
    if item is None or not isinstance(item.id, str) or not (item.kind == REFERENCE or _is_bare(stand, item)):
        return []
    return [i for i, other in enumerate(expected) if other.held.item is not None and other.held.item.id == item.id]


def _is_bare(stand: Stood, item: Item) -> bool:
    """Tell whether an item that may come back as its id alone says nothing else."""
    body = stand.block.body.value if isinstance(stand.block, Opaque) else None
    return item.kind in _BY_ID and body == {} and item.fields is UNSET


def equal(a: Held, b: Held, projection: Projection) -> bool:
    """Tell whether a block came back equal."""
    return glance(a.block) == glance(b.block) and not any(map(matters, block_diff(a, b, projection)))


def equal_but_id(a: Held, b: Held, projection: Projection) -> bool:
    """Tell whether a call came back equal but for its id."""
    if not isinstance(a.block, ToolCall) or not isinstance(b.block, ToolCall):
        return False
    return equal(a, Held(replace(b.block, id=a.block.id), b.item), projection)


def mark(block: Block) -> tuple[str, ...]:
    """Give what two equal blocks agree in, as far as it tells them from all others."""
    match block:
        case Thinking():
            return ("thinking", block.text or "".join(seal.wire for seal in block.seals))
        case ToolCall():
            return ("call", block.name, block.arguments)
        case _:
            return glance(block)


def glance(block: Block) -> tuple[str, str]:
    """Give what two equal blocks agree in, at little cost."""
    match block:
        case Text():
            return ("text", block.text)
        case Thinking():
            return ("thinking", block.text)
        case ToolCall():
            return ("call", block.name)
        case ToolResult():
            return ("result", "")
        case Media():
            return ("media", block.kind)
        case Opaque():
            return ("opaque", block.kind)


def _beside(answer: Message, stands: Sequence[Message], projection: Projection) -> str | None:
    if len(stands) != 1:
        return None
    return next((found.path for found in message_diff(answer, stands[0], projection) if matters(found)), None)


def moved(pairs: dict[int, int]) -> frozenset[int]:
    """Give the expected blocks that are out of order: those outside one longest rising run."""
    order = sorted(pairs)
    values = [pairs[i] for i in order]
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
    return frozenset(i for n, i in enumerate(order) if n not in keep)
