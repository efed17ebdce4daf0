"""Which earlier answers a request should hold: lineages found by whatever anchor survived.

Retries, forks, side calls and answers that were never delivered are normal. A request is attributed by its own
history: what stands in it that an earlier answer is known to have said. Where nothing of an answer is left, the inputs
around it still tell: a request that repeats the inputs of an earlier one and adds to them goes on from there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


from keepthinking._messages import Block, Media, Message, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking._turns import Turn

Anchor = tuple[str, str]

_WEIGHT = {"seal": 8.0, "thinking": 8.0, "id": 6.0, "call": 3.0, "text": 3.0, "leak": 2.0}
_SHORT = 12
"""A shorter text says little about who wrote it."""


class Node(NamedTuple):
    """One exchange, as the lineage sees it.

    Attributes:
        number: Its number, from 1.
        inputs: Digests of the messages that the scaffold itself put in, in order.
        ancestors: Numbers of the exchanges whose answers its request should hold, in order.
        messages: The answer, one message a choice; empty where it is not expected to come back.
    """

    number: int
    inputs: tuple[int, ...]
    ancestors: tuple[int, ...]
    messages: tuple[Message, ...]


class Attribution(NamedTuple):
    """What a request's history is made of.

    Attributes:
        expected: Numbers of the exchanges whose answers should be there, in order.
        stands: For each of these, the indexes of the messages that stand for it; empty where none does.
        unattributed: Indexes of model messages that no recorded answer explains.
        inputs: Digests of its inputs.
    """

    expected: tuple[int, ...]
    stands: dict[int, tuple[int, ...]]
    unattributed: tuple[int, ...]
    inputs: tuple[int, ...]


class Lineage:
    """The exchanges of one scope, and what they are known by."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self._anchors: defaultdict[Anchor, list[int]] = defaultdict(list)
        self._by_inputs: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, node: Node) -> None:
        """Add an exchange; its answer can be attributed from now on."""
        self.nodes[node.number] = node
        for anchor in {anchor for message in node.messages for block in message.blocks for anchor in anchors(block)}:
            self._anchors[anchor].append(node.number)
        if node.messages:
            self._by_inputs[hash(node.inputs)].append(node.number)

    def attribute(self, turns: Sequence[Turn]) -> Attribution:
        """Find which answers a request should hold, and where they stand."""
        inputs = tuple(digest(message) for turn in turns if turn.kind == "input" for message in turn.messages)
        voted: dict[int, int] = {}  # message index to exchange
        chain: list[int] = []
        for turn in turns:
            if turn.kind != "response":
                continue
            for index, message in enumerate(turn.messages, turn.first):
                number = self._vote(message, chain)
                if number is not None:
                    voted[index] = number
                    if number not in chain:
                        chain.append(number)
        expected = self._expected(chain, inputs)
        stands: dict[int, tuple[int, ...]] = {number: tuple(i for i, n in voted.items() if n == number) for number in expected}
        loose = [i for turn in turns if turn.kind == "response" for i in range(turn.first, turn.first + len(turn.messages)) if i not in voted]
        self._fill(expected, stands, loose, turns)
        return Attribution(tuple(expected), stands, tuple(loose), inputs)

    def _vote(self, message: Message, chain: Sequence[int]) -> int | None:
        votes: defaultdict[int, float] = defaultdict(float)
        for block in message.blocks:
            for anchor in anchors(block):
                kind, value = anchor
                numbers = self._anchors.get(anchor, ())
                # an anchor that many answers share (`call_0` in each) is worth little
                weight = _WEIGHT[kind] / max(1, len(numbers)) * (0.5 if kind == "text" and len(value) < _SHORT else 1.0)
                for number in numbers:
                    votes[number] += weight
        if not votes:
            return None
        for number in votes:
            ancestors = self.nodes[number].ancestors
            if list(ancestors) == list(chain):
                votes[number] += 1.0
            elif number in chain:
                votes[number] += 0.5
        return max(votes, key=lambda number: (votes[number], number))

    def _expected(self, chain: Sequence[int], inputs: tuple[int, ...]) -> list[int]:
        """Follow the last known answer's own ancestors; go on by inputs where answers vanished whole."""
        parent = chain[-1] if chain else None
        by_inputs = self._longest(inputs)
        if by_inputs is not None and (parent is None or parent in self.nodes[by_inputs].ancestors):
            parent = by_inputs
        if parent is None:
            return list(chain)
        line = [*self.nodes[parent].ancestors, parent]
        return sorted({*line, *chain})

    def _longest(self, inputs: tuple[int, ...]) -> int | None:
        """Find the latest exchange whose inputs are the longest true beginning of these."""
        for count in range(len(inputs) - 1, 0, -1):
            found = [n for n in self._by_inputs.get(hash(inputs[:count]), ()) if self.nodes[n].inputs == inputs[:count]]
            if found:
                return found[-1]
        return None

    def _fill(self, expected: Sequence[int], stands: dict[int, tuple[int, ...]], loose: list[int], turns: Sequence[Turn]) -> None:
        """Let a message that nothing names stand for an answer that nothing else stands for, if it lies between its neighbours."""
        for at, number in enumerate(expected):
            if stands[number]:
                continue
            low = max((i for n in expected[:at] for i in stands[n]), default=-1)
            high = min((i for n in expected[at + 1 :] for i in stands[n]), default=1 << 62)
            turn = next((t for t in turns if t.kind == "response" and any(low < i < high and i in loose for i in range(t.first, t.first + len(t.messages)))), None)
            if turn is None:
                continue
            mine = tuple(i for i in range(turn.first, turn.first + len(turn.messages)) if low < i < high and i in loose)
            stands[number] = mine
            for i in mine:
                loose.remove(i)
        # pieces of a split answer that hold nothing known belong to the turn they stand in
        for turn in turns:
            if turn.kind != "response":
                continue
            inside = range(turn.first, turn.first + len(turn.messages))
            owner = next((n for n in expected if any(i in inside for i in stands[n])), None)
            if owner is None:
                continue
            mine = tuple(i for i in inside if i in loose)
            if mine:
                stands[owner] = tuple(sorted((*stands[owner], *mine)))
                for i in mine:
                    loose.remove(i)


def anchors(block: Block) -> Iterator[Anchor]:
    """Give what a block is known by."""
    for seal in block.seals:
        yield ("seal", seal.wire)
    match block:
        case Thinking() if block.text:
            yield ("thinking", block.text)
            yield ("leak", block.text.strip())  # the same words as visible text, less their framing white space
        case Text() if block.text:
            yield ("text", block.text)
            yield ("leak", block.text.strip())
        case ToolCall():
            if isinstance(block.id, str) and block.id:
                yield ("id", block.id)
            yield ("call", f"{block.name}\0{block.arguments}")


def digest(message: Message) -> int:
    """Give one number for what an input message says; how it is written and cached does not count."""
    return hash((message.role, tuple(_says(message.blocks))))


def _says(blocks: Iterable[Block]) -> Iterator[object]:
    for block in blocks:
        match block:
            case Text():
                yield block.text
            case ToolResult():
                yield ("result", tuple(_says(block.content)) if isinstance(block.content, tuple) else (block.content,) if isinstance(block.content, str) else ())
            case Media():
                yield (block.kind, block.url if isinstance(block.url, str) else "", block.data if isinstance(block.data, str) else "")
            case Opaque():
                yield (block.kind, block.body.raw)
            case _:
                yield type(block).__name__


