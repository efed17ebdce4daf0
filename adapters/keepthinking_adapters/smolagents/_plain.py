"""A turn of smolagents as smolagents alone tells it, whoever made it.

A *turn* is what one step says: an answer, and what was observed after it. It is read from a step, or from the messages
that smolagents makes of a step for its model; both say the same.

Rule 1: without a record there is no thinking, unless a vendor's own object in `raw` has it; calls are what is shown of
them; and what was observed after several calls cannot be told apart: the first has all of it.
Rule 2: with a record each text is taken apart as it was put together, and what never showed has a placeholder.
Rule 3: words by which smolagents marks what a message is ("New task:", "Observation:", "Calling tools:") are no part of
it, where the wire has a kind of its own for it: a user's turn, a result, a call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from msgspec import UNSET

from keepthinking import Block, Message, Text, ToolCall, ToolResult
from keepthinking.carry import broken
from keepthinking_adapters.smolagents._blocks import HIDDEN, read_picture
from keepthinking_adapters.smolagents._payload import Payload
from keepthinking_adapters.smolagents._show import HIDDEN_PART, PICTURE_PART, Kind, Picture, Place, print_of
from keepthinking_adapters.smolagents._text import KeptText

__all__ = [
    "OBSERVATION",
    "PLACES",
    "PROCEED",
    "Turn",
    "observed",
    "placed",
    "plain",
    "plain_results",
    "rest",
    "words_of",
]

Author = Literal["harness", "unknown"]
Status = Literal["error", "unspecified"]

PLACES: Final = "places"
"""The member of a record that says where each block shows."""
OBSERVATION: Final = "Observation:\n"
PROCEED: Final = "Now proceed and carry out this plan."
"""What smolagents says behind a plan."""
_ROLES: Final = {"results": "tool"}


class Turn(NamedTuple):
    """What one step says.

    Attributes:
        kind: What it is to smolagents.
        text: Its words; None where it has none.
        calls: Its calls; None where they are not shown here, and only the record has them.
        others: What is shown of the calls a second time; None where nothing is.
        pictures: Pictures of the message itself.
        observation: What the agent observed; None for nothing.
        error: What smolagents says of an error; None for none.
        seen: Pictures that were observed.
        thoughts: Thinking that a vendor's object has.
        payload: The records.
        is_code: Whether the step was code that ran: its calls are on no wire.
        is_answer: Whether its one call was made up by us, to end a run with a plain answer.
    """

    kind: Kind
    text: str | None = None
    calls: tuple[ToolCall, ...] | None = None
    others: tuple[ToolCall, ...] | None = None
    pictures: tuple[Picture, ...] = ()
    observation: str | None = None
    error: str | None = None
    seen: tuple[Picture, ...] = ()
    thoughts: Message | None = None
    payload: str | None = None
    is_code: bool = False
    is_answer: bool = False


def placed(record: str) -> list[Place]:
    """Give the places that a record names.

    Raises:
        FormatError: It names none.
    """
    try:
        found: Any = json.loads(record)[PLACES]
        held = [Place(k, s, int(n), p, None if q is None else _parts(q)) for k, s, n, p, q in found]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise broken() from error
    kinds = [one.kind for one in held] + [kind for one in held for kind, _, _ in one.parts or ()]
    if any(kind not in HIDDEN for kind in kinds):
        raise broken()
    return held


def _parts(found: Any) -> tuple[tuple[str, int, str], ...]:
    return tuple((str(kind), int(length), str(print_)) for kind, length, print_ in found)


def words_of(text: str | None, payload: Payload | None, where: Sequence[Place]) -> str | None:
    """Give the words of a message, without what smolagents has put behind them again.

    Args:
        text: What shows.
        payload: What it carries.
        where: Where each block shows.
    """
    if text is None or payload is None:
        return text
    if isinstance(text, KeptText):
        is_known = text.behind in ("", *payload.stops)
        return text.words if is_known else text.lead + text[text.start :]
    length = sum(place.length for place in where if place.slot == "text")
    for stop in payload.stops:
        if text.endswith(stop) and len(text) - len(stop) == length:
            return text[:length]
    return text


def plain(turn: Turn, where: Sequence[Place] | None = None, payload: Payload | None = None) -> Message:
    """Read the message of a turn without its record.

    Args:
        turn: The turn; it is not changed.
        where: Where each block shows; None where no record says so.
        payload: What it carries.
    """
    role = _ROLES.get(turn.kind, turn.kind)
    if where is None:
        return _usual(role, turn)
    words = words_of(turn.text, payload, where)
    spots = [place for place in where if place.slot == "text"]
    texts = iter(_apart(words, [(place.length, place.print) for place in spots]))
    calls, pictures = list(turn.calls or ()), list(turn.pictures)
    found: list[Block] = []
    for place in where:
        match place.slot:
            case "text":
                piece = next(texts)
                if piece is not None:
                    found.append(Text(text=piece))
            case "call":
                if calls:
                    found.append(calls.pop(0))
            case "picture":
                if pictures:
                    found.append(read_picture(pictures.pop(0)))
            case _:
                found.append(HIDDEN[place.kind]())
    # What somebody put in since then.
    if not spots and words not in {None, ""}:
        found.append(Text(text=words or ""))
    found += [*calls, *map(read_picture, pictures)]
    return Message(role=role, blocks=tuple(found))


def _usual(role: str, turn: Turn) -> Message:
    calls: Sequence[ToolCall] = () if turn.is_code or turn.is_answer else turn.calls or turn.others or ()
    found: list[Block] = [] if turn.thoughts is None else [*turn.thoughts.blocks]
    if turn.text is not None and (turn.text != "" or not (calls or turn.pictures or found)):
        found.append(Text(text=turn.text))
    found += [*calls, *map(read_picture, turn.pictures)]
    items = () if turn.thoughts is None else turn.thoughts.items
    author: Author = "harness" if turn.kind == "user" and turn.text == PROCEED else "unknown"
    return Message(role=role, author=author, blocks=tuple(found), items=items)


def plain_results(turn: Turn, where: Sequence[Sequence[Place]]) -> list[Message]:
    """Read what was observed, message by message, without the records.

    Args:
        turn: The turn.
        where: Where the results of each message show.
    """
    spots = [spot for places in where for place in places for spot in _spots(place)]
    texts = iter(_apart(turn.observation, spots, "\n") if spots else [])
    pictures = iter(turn.seen)
    found: list[Message] = []
    for places in where:
        blocks: list[Block] = []
        for place in places:
            block = _result(turn, place, texts, pictures)
            if block is not None:
                blocks.append(block)
        found.append(Message(role="tool", blocks=tuple(blocks)))
    return found


def _spots(place: Place) -> list[tuple[int, str]]:
    if place.slot != "observation":
        return []
    if place.parts is None:
        return [(place.length, place.print)]
    texts = [(length, print_) for _, length, print_ in place.parts if length >= 0]
    return texts or [(0, print_of(""))]


def _result(turn: Turn, place: Place, texts: Iterator[str | None], pictures: Iterator[Picture]) -> Block | None:
    if place.slot == "error":
        return None if turn.error is None else ToolResult(content=turn.error)
    if place.slot != "observation":
        return HIDDEN[place.kind]()
    if place.parts is None:
        text = next(texts)
        return None if text is None else ToolResult(content=text)
    if not any(length >= 0 for _, length, _ in place.parts):
        next(texts)
    content: list[Block] = []
    for kind, length, _ in place.parts:
        if length == HIDDEN_PART:
            content.append(HIDDEN[kind]())
        elif length == PICTURE_PART:
            picture = next(pictures, None)
            if picture is not None:
                content.append(read_picture(picture))
        elif (text := next(texts)) is not None:
            content.append(Text(text=text))
    return ToolResult(content=tuple(content))


def _apart(text: str | None, spots: Sequence[tuple[int, str]], between: str = "") -> list[str | None]:
    """Take a text apart.

    What is still there is found from both ends by its print. Where somebody edited the middle, the first piece of it
    that had words has all of it, and others that had some are gone. Pieces without words stay: they are there for their
    seals.

    Args:
        text: The text; None where there is none any more.
        spots: Length and print of each piece.
        between: What stands between two pieces.
    """
    if text is None:
        return [None] * len(spots)
    found: list[str | None] = [None] * len(spots)
    first, last, start, end = 0, len(spots), 0, len(text)
    while first < last:
        length, print_ = spots[first]
        stop = start + length
        is_end = stop == end if first == last - 1 else text.startswith(between, stop)
        if stop > end or not is_end or print_of(text[start:stop]) != print_:
            break
        found[first] = text[start:stop]
        start = min(stop + len(between), end) if first < last - 1 else stop
        first += 1
    while last > first + 1:
        length, print_ = spots[last - 1]
        at = end - length
        if at - len(between) < start or not text.endswith(between, start, at) or print_of(text[at:end]) != print_:
            break
        found[last - 1] = text[at:end]
        end = at - len(between)
        last -= 1
    if first < last:
        left = range(first, last)
        main = next((i for i in left if spots[i][0]), first)
        for i in left:
            found[i] = text[start:end] if i == main else None if spots[i][0] else ""
    return found


def observed(turn: Turn, message: Message) -> list[Message]:
    """Read what was observed where no record tells how it belongs together.

    Args:
        turn: The turn.
        message: What the model said.
    """
    if turn.is_answer:
        turn = turn._replace(observation=None)
    calls = (
        []
        if turn.is_code or turn.is_answer
        else [b for b in message.blocks if isinstance(b, ToolCall) and not b.server]
    )
    if turn.observation is None and turn.error is None:
        calls = []
    found: list[Message] = []
    words = [text for text in (turn.observation, turn.error) if text is not None]
    if calls:
        status: Status = "unspecified" if turn.error is None else "error"
        first: str | tuple[Block, ...] = words[0] if len(words) == 1 else tuple(Text(text=text) for text in words)
        for i, call in enumerate(calls):
            content = first if i == 0 else ""
            block = ToolResult(call_id=call.id, name=UNSET, status=status if i == 0 else "unspecified", content=content)
            found.append(Message(role="tool", blocks=(block,)))
    else:
        if turn.observation is not None:
            found.append(_harness(Text(text=OBSERVATION + turn.observation)))
        if turn.error is not None:
            found.append(_harness(Text(text=turn.error)))
    if turn.seen:
        # Between a call and its result there must be nothing; smolagents has pictures there.
        found.insert(len(calls), _harness(*map(read_picture, turn.seen)))
    return found


def rest(turn: Turn, where: Sequence[Sequence[Place]]) -> list[Message]:
    """Read what was observed besides the results that records know.

    Args:
        turn: The turn.
        where: Where the results of each message show.
    """
    spots = [place for places in where for place in places]
    many = sum(length == PICTURE_PART for place in spots for _, length, _ in place.parts or ())
    found = [_harness(*map(read_picture, turn.seen[many:]))] if turn.seen[many:] else []
    if turn.error is not None and not any(place.slot == "error" for place in spots):
        found.append(_harness(Text(text=turn.error)))
    if turn.observation is not None and not any(place.slot == "observation" for place in spots):
        found.append(_harness(Text(text=OBSERVATION + turn.observation)))
    return found


def _harness(*blocks: Block) -> Message:
    return Message(role="user", author="harness", blocks=blocks)
