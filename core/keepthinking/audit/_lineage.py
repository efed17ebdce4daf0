"""Which earlier answers a request should hold, found by whatever of them survived.

Retries, forks, side calls and answers that were never delivered are normal. A request is attributed by its own
history: what stands in it that an earlier answer is known to have said, and where it stands. Where nothing of an answer
is left, the inputs around it still tell: a request that repeats the inputs of an earlier one and adds to them goes on
from there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from keepthinking._messages import Message
from keepthinking.audit._anchors import LONG, Anchor, anchors
from keepthinking.audit._history import Step
from keepthinking.audit._likeness import alike
from keepthinking.audit._parted import parted_from

_ENOUGH: Final = 3.0
"""So much has to speak for an answer: one unguessable value, or a weak one in the right place."""

_HERE, _NEXT, _ALIKE = 4.0, 1.5, 3.0
"""What the place adds: the same inputs before it; the same answers before it; and so much for mere likeness there."""

_VISIBLE: Final = frozenset({"id", "call", "run", "text", "held"})


class Node(NamedTuple):
    """One exchange, as the lineage sees it.

    Attributes:
        number: Its number, from 1.
        place: Its place among those that were judged, which is another one where they were not recorded in order.
        step: Where its request ended.
        ancestors: Numbers of the exchanges whose answers its request should hold, in order.
        messages: The answer, one message a choice.
        whole: Whether it has to come back: delivered, and not cut off.
        model: The model that was asked for.
        provider: Who was asked.
        system: What its instructions say.
        tools: What its tools are; 0 where there are none.
        dialect: The dialect that was spoken.
        held: Whether the server held some of its history.
    """

    number: int
    place: int
    step: Step
    ancestors: tuple[int, ...]
    messages: tuple[Message, ...]
    whole: bool
    model: str
    provider: str
    system: int
    tools: int
    dialect: str = ""
    held: bool = False


class Attribution(NamedTuple):
    """What a request's history is made of.

    Attributes:
        path: Its messages behind the instructions, as steps.
        fresh: How many of the steps, from the end, no earlier request had.
        head: How many instructions stand before them.
        expected: Numbers of the exchanges whose answers should be there, in order.
        parent: The last of these.
        stands: For each of these, the indexes of the messages that stand for it; empty where none does.
        merged: The exchanges whose answers stand inside the message of another.
        strangers: Indexes of model messages that no recorded answer explains.
    """

    path: list[Step]
    fresh: int
    head: int
    expected: tuple[int, ...]
    parent: int | None
    stands: dict[int, tuple[int, ...]]
    merged: frozenset[int]
    strangers: tuple[int, ...]

    @property
    def end(self) -> Step:
        """The last step."""
        return self.path[-1] if self.path else Step()


class Lineage:
    """The exchanges of one scope, and what they are known by."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self._root = Step()
        self._anchors: defaultdict[Anchor, list[int]] = defaultdict(list)
        self._known: dict[int, set[Anchor]] = {}
        self._said: defaultdict[int, list[int]] = defaultdict(list)
        self._filled: dict[Step, int] = {}

    def add(self, node: Node) -> None:
        """Add an exchange; its answer can be attributed from now on."""
        self.nodes[node.number] = node
        if not node.messages:
            return
        self._known[node.number] = {anchor for message in node.messages for anchor in anchors(message)}
        for anchor in self._known[node.number]:
            self._anchors[anchor].append(node.number)
        if not node.held:  # else its inputs are not all that was said
            self._said[node.step.heard[-1].all].append(node.number)

    def attribute(
        self, messages: Sequence[Message], head: int, *, whole: bool = True, behind: int | None = None
    ) -> Attribution:
        """Find which answers a request should hold, and where they stand.

        Args:
            messages: Its messages.
            head: How many instructions stand at their head.
            whole: Whether they are the whole history; otherwise the server holds some of it.
            behind: Number of the exchange that the history which the server holds ends with, if it is known.
        """
        path: list[Step] = []
        step, fresh = self._root, 0
        for message in messages[head:]:
            known = step.next.get(id(message))
            if known is None:
                fresh += 1
                known = step.after(message, *self._owner(step, message))
            path.append(known)
            step = known
        placed, loose = self._placed(path)
        chain = (*placed, *self._going_on(path, placed))
        parent, expected = self._expected(path, chain, whole=whole, behind=behind)
        stands = {number: placed.get(number, []) for number in expected}
        if loose:
            self._fill(expected, stands, loose, path, fresh)
        merged = self._merge(expected, stands, path)
        return Attribution(
            path=path,
            fresh=fresh,
            head=head,
            expected=expected,
            parent=parent,
            stands={number: tuple(i + head for i in found) for number, found in stands.items()},
            merged=merged,
            strangers=tuple(step.index + head for step in loose),
        )

    def _placed(self, path: Sequence[Step]) -> tuple[dict[int, list[int]], list[Step]]:
        """Give where each answer stands, and the model's messages that are no known answer's."""
        owned: dict[int, list[Step]] = {}
        loose: list[Step] = []
        for step in path:
            if step.owner is not None:
                owned.setdefault(step.owner, []).append(step)
            elif step.speaks:
                loose.append(step)
        for number, steps in owned.items():
            if steps[0].users != steps[-1].users:
                owned[number] = self._once(number, steps)
                loose += [step for step in steps if step not in owned[number]]
        loose.sort(key=lambda step: step.index)
        return {number: [step.index for step in steps] for number, steps in owned.items()}, loose

    def _going_on(self, path: Sequence[Step], placed: Container[int]) -> Iterator[int]:
        """Give the answers inside the message of another that they go on from, with nothing said between them."""
        for step in path:
            for number in step.strays:
                if number not in placed and self._went_on_from(number) == step.owner:
                    yield number

    def _once(self, number: int, steps: list[Step]) -> list[Step]:
        """Of messages in several turns keep one turn's, and those that only this answer can be.

        A model may say the same twice. Where its second answer was not recorded, the words alone do not say which of
        the two a message is.
        """
        own = {anchor for anchor in self._known[number] if anchor.is_own or anchor.kind == "thinking"}
        home = self.nodes[number].step.users
        users = home if any(step.users == home for step in steps) else steps[0].users
        return [step for step in steps if step.users == users or not own.isdisjoint(anchors(step.message))]

    # -- who said a message --------------------------------------------------------------------------------------

    def _owner(self, before: Step, message: Message) -> tuple[int | None, tuple[int, ...]]:
        """Find whose answer a message is, and who else said something that stands in it."""
        if message.role not in _MODEL:
            return None, ()
        found = anchors(message)
        scores = {number: score for number, score in self._score(found).items() if not self._ran(found, number)}
        for number in self._said.get(before.heard[-1].all, ()):
            if self._is_another(found, number):
                continue
            if number in scores:
                scores[number] += _HERE
            elif any(alike(message, choice) for choice in self.nodes[number].messages):
                scores[number] = _ALIKE
        for number in scores:
            if self.nodes[number].step.line == before.line:
                scores[number] += _NEXT
        # Results stand with their calls, so calls and words say whose turn it is; a thought may have been put anywhere.
        shown = self._score(anchor for anchor in found if anchor.kind in _VISIBLE)
        shown = {number: score for number, score in shown.items() if score >= _ENOUGH}
        owner = max(scores, key=lambda n: (shown.get(n, 0.0), scores[n], self.nodes[n].place), default=None)
        if owner is None or scores[owner] < _ENOUGH:
            return None, ()
        rest = found - self._known[owner]
        others, every = self._score(anchor for anchor in rest if anchor.kind in _VISIBLE), self._score(rest)
        return owner, tuple(
            number
            for number, score in others.items()
            if score >= _ENOUGH or (every[number] >= _ENOUGH and self.is_one(number, owner))
        )

    def is_one(self, a: int, b: int | None) -> bool:
        """Tell whether of two answers one went on from the other, with nothing said between them."""
        return b is not None and (self._went_on_from(a) == b or self._went_on_from(b) == a)

    def _went_on_from(self, number: int) -> int | None:
        """Give the answer that another one went on from with nothing said between them, if it did."""
        node = self.nodes[number]
        before = node.ancestors[-1] if node.ancestors else None
        return before if before is not None and node.step.inputs == self.nodes[before].step.inputs else None

    def _is_another(self, found: set[Anchor], number: int) -> bool:
        """Tell whether a message is another answer to the same question, of which there may be no recording.

        Two answers to one question are alike, and so is one answer and what a scaffold has made of it. But where each
        has values that nobody else can have, and they have nothing in common that tells anything, they are two.
        """
        known = self._known[number]
        if self._ran(found, number):
            return True
        if any(anchor.kind == "call" or len(anchor.value) >= LONG for anchor in found & known):
            return False
        return any(anchor.is_own for anchor in found) and any(anchor.is_own for anchor in known)

    def _ran(self, found: set[Anchor], number: int) -> bool:
        """Tell whether a message holds other calls that the provider ran than an answer does."""
        mine, its = ({anchor for anchor in one if anchor.kind == "run"} for one in (found, self._known[number]))
        return bool(mine and its) and mine.isdisjoint(its)

    def _score(self, found: Iterable[Anchor]) -> dict[int, float]:
        scores: defaultdict[int, float] = defaultdict(float)
        for anchor in found:
            numbers = self._anchors.get(anchor, ())
            for number in numbers:
                # what many answers share (`call_0` in each) tells little of any of them
                scores[number] += anchor.weight / len(numbers)
        return scores

    # -- which answers should be there ---------------------------------------------------------------------------

    def _expected(
        self, path: Sequence[Step], chain: tuple[int, ...], *, whole: bool, behind: int | None
    ) -> tuple[int | None, tuple[int, ...]]:
        """Follow the ancestors of what is there, and go on by inputs where answers vanished whole.

        Args:
            path: The request's steps.
            chain: The exchanges whose answers are there, in order of their first message.
            whole: Whether this is the whole history.
            behind: Number of the exchange that the rest ends with.
        """
        if behind is not None:
            numbers = {*self.nodes[behind].ancestors, behind, *chain}
            return (chain[-1] if chain else behind), self._in_order(numbers)
        parent = chain[-1] if chain else None
        if parent is not None and not self._explains(parent, chain):
            parent = max(reversed(chain), key=lambda number: len({*self.nodes[number].ancestors} & {*chain}))
        vanished = self._by_inputs(path, chain, parent) if whole else None
        parent = parent if vanished is None else vanished
        if parent is None:
            return None, ()
        line = (*self.nodes[parent].ancestors, parent)
        return parent, line if line == chain else self._in_order({*line, *chain})

    def _in_order(self, numbers: Iterable[int]) -> tuple[int, ...]:
        return tuple(sorted(numbers, key=lambda number: self.nodes[number].place))

    def _explains(self, number: int, chain: tuple[int, ...]) -> bool:
        ancestors = self.nodes[number].ancestors
        return (*ancestors, number) == chain or {*chain} <= {*ancestors, number}

    def _by_inputs(self, path: Sequence[Step], chain: tuple[int, ...], parent: int | None) -> int | None:
        """Find the latest exchange whose inputs are the longest true beginning of these."""
        floor = 0 if parent is None else self.nodes[parent].step.inputs
        total = path[-1].inputs if path else 0
        for step in reversed(path):
            if step.inputs <= floor:
                break
            if step.speaks:
                continue
            count = step.inputs
            for heard in reversed(step.heard):
                if floor < count < total:
                    reply = path[step.index + 1] if count == step.inputs else None
                    for number in reversed(self._said.get(heard.all, ())):
                        node = self.nodes[number]
                        if node.step.inputs != count or number in chain or not self._explains(number, chain):
                            continue
                        if reply is None or not reply.speaks or not self._is_another(anchors(reply.message), number):
                            return number
                count -= 1
        return None

    # -- what is left over ---------------------------------------------------------------------------------------

    def _fill(
        self,
        expected: Sequence[int],
        stands: dict[int, list[int]],
        loose: list[Step],
        path: Sequence[Step],
        fresh: int,
    ) -> None:
        """Let messages that nothing names stand for the answers that nothing else stands for."""
        missing = {number for number in expected if not stands[number]}
        by_inputs: defaultdict[int, list[int]] = defaultdict(list)
        for number in missing:
            by_inputs[self.nodes[number].step.inputs].append(number)
        for step in list(loose):
            if step.index >= len(path) - fresh and step not in self._filled:
                # a message that was there before cannot come from an answer that was not
                for number in by_inputs[step.inputs]:
                    if any(alike(step.message, choice) for choice in self.nodes[number].messages):
                        self._filled[step] = number
            known = self._filled.get(step)
            if known in missing:
                stands[known].append(step.index)
                missing.remove(known)
                loose.remove(step)
        self._rejoin(expected, stands, loose, path)
        # what stands in the turn of a known answer and holds nothing known is a piece of that answer
        owners = {i: number for number, found in stands.items() for i in found} if loose else {}
        for step in list(loose):
            near = [i for i in _turn_of(step, path) if i in owners]
            if near:
                owner = owners[min(near, key=lambda i: (abs(i - step.index), i))]
                stands[owner] = sorted((*stands[owner], step.index))
                loose.remove(step)

    def _rejoin(
        self, expected: Sequence[int], stands: dict[int, list[int]], loose: list[Step], path: Sequence[Step]
    ) -> None:
        """Let messages stand for the answers that they were parted from."""
        for step in list(loose):
            owner = parted_from(step, ((self.nodes[n], self._known[n], stands[n]) for n in reversed(expected)), path)
            if owner is not None:
                stands[owner] = sorted((*stands[owner], step.index))
                loose.remove(step)

    def _merge(self, expected: Sequence[int], stands: dict[int, list[int]], path: Sequence[Step]) -> frozenset[int]:
        """Find answers that stand inside the message of another."""
        missing = {number for number in expected if not stands[number]}
        if not missing:
            return frozenset()
        merged: set[int] = set()
        for step in path:
            for number in step.strays:
                if number in missing:
                    stands[number].append(step.index)
                    merged.add(number)
        return frozenset(merged)


def _turn_of(step: Step, path: Sequence[Step]) -> range:
    """Give the indexes of the messages of a step's turn."""
    end = step.index
    while end < len(path) and path[end].speaks:
        end += 1
    return range(step.turn, end)


_MODEL: Final = frozenset({"assistant", "model"})
