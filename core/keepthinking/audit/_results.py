"""What tools' results said when they were first sent, and whether they still say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from keepthinking._messages import Message, ToolCall, ToolResult
from keepthinking._turns import Spot
from keepthinking.audit._anchors import result_says
from keepthinking.audit._history import Step
from keepthinking.audit._lineage import Node


class Told(NamedTuple):
    """A result as it was first sent.

    Attributes:
        request: Number of the request.
        says: One number for what it said.
        late: Whether another answer stood between it and its call.
    """

    request: int
    says: int
    late: bool


class Results:
    """The results of one scope, by the call that they answer and by dialect: each writes them in its own way."""

    def __init__(self) -> None:
        self._told: dict[tuple[int, int, str], Told] = {}

    def hear(  # noqa: PLR0913, PLR0917 - a result and its place
        self, number: int, dialect: str, path: Sequence[Step], call: Spot, result: Spot, node: Node, *, merged: bool
    ) -> tuple[Told, Told] | None:
        """Take a result and give what it said before, where that is something else, and what it says now.

        Args:
            number: Number of the request.
            dialect: The dialect of the request.
            path: The request's steps.
            call: The call.
            result: Its result.
            node: The exchange that made the call.
            merged: Whether a later answer stands in one message with it, as a flat list has no border between them.
        """
        step, made = path[result.message], which(path, call, node)
        said = step.message.blocks[result.block]
        if made is None or not isinstance(said, ToolResult):
            return None
        behind = step.voice.owner not in {None, path[call.message].owner}
        # what stands behind the later one of two answers in one message stands behind both
        now = Told(number, result_says(said), behind or merged)
        before = self._told.setdefault((node.number, made, dialect), now)
        changed = before.says != now.says or (now.late and not before.late)
        return (before, now) if changed else None

    def gone(self, dialect: str, path: Sequence[Step], call: tuple[Spot, ToolCall], node: Node) -> Told | None:
        """Give the result that a call once had, if it stands nowhere in the request.

        Args:
            dialect: The dialect of the request.
            path: The request's steps.
            call: A call that no result answers, and its place.
            node: The exchange that made the call.
        """
        spot, asked = call
        found = which(path, spot, node)
        told = None if found is None else self._told.get((node.number, found, dialect))
        if told is None:
            return None
        results = (block for step in path for block in step.message.blocks if isinstance(block, ToolResult))
        return None if any(_answers(block, asked, told) for block in results) else told


def asker(step: Step, block: int, nodes: Mapping[int, Node]) -> int | None:
    """Tell whose call a call in a model message is: where several answers stand in it, by its id or by what it asks."""
    call = step.message.blocks[block]
    if isinstance(call, ToolCall):
        for same in (_by_id, _by_words):
            for number in (step.owner, *step.strays):
                if number is not None and any(same(made, call) for made in _made(nodes[number])):
                    return number
    return step.owner


def _made(node: Node) -> Iterator[ToolCall]:
    return (block for answer in node.messages for block in answer.blocks if isinstance(block, ToolCall))


def which(path: Sequence[Step], spot: Spot, node: Node) -> int | None:
    """Tell which block of an answer a call in a request is: by its id, by what it asks, or by its number."""
    here = path[spot.message].message
    call = here.blocks[spot.block]
    if not isinstance(call, ToolCall):
        return None
    others = [block for b, block in enumerate(here.blocks) if isinstance(block, ToolCall) and b != spot.block]
    nth = sum(isinstance(block, ToolCall) for block in here.blocks[: spot.block])
    for answer in node.messages:
        calls = [(b, block) for b, block in enumerate(answer.blocks) if isinstance(block, ToolCall)]
        for same in (_by_id, _by_words):
            found = [b for b, block in calls if same(block, call)]
            if len(found) == 1:
                return found[0]
        if nth < len(calls) and not any(_by_id(calls[nth][1], other) for other in others):
            return calls[nth][0]
    return None


def _answers(result: ToolResult, call: ToolCall, told: Told) -> bool:
    return result.call_id == call.id if isinstance(call.id, str) else result_says(result) == told.says


def _by_id(a: ToolCall, b: ToolCall) -> bool:
    return isinstance(a.id, str) and a.id == b.id


def _by_words(a: ToolCall, b: ToolCall) -> bool:
    return a.name == b.name and a.arguments == b.arguments


def lone_ids(path: Sequence[Step]) -> Iterator[str]:
    """List the ids that results name and that no call before them has."""
    for spot in path[-1].lone if path else ():
        match path[spot.message].message.blocks[spot.block]:
            case ToolResult(call_id=str(id_)):
                yield id_
            case _:
                pass


def calls_of(messages: Sequence[Message]) -> set[str]:
    """List the ids of all calls."""
    return {
        block.id
        for message in messages
        for block in message.blocks
        if isinstance(block, ToolCall) and isinstance(block.id, str)
    }
