"""The order in which exchanges are judged: oldest first, in whatever order they were recorded.

Rule 1: where every exchange has its time, the times tell.
Rule 2: where some have none, answers tell: a request that holds one came after it. An order is sought only where a
message of a request is explained by an answer that was recorded later, and it counts only if it explains more.
Rule 3: exchanges keep the numbers that they have in the recording.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeVar

from msgspec import UnsetType

from keepthinking._messages import Message
from keepthinking.audit._anchors import Anchor, anchors
from keepthinking.audit._history import Step

_T = TypeVar("_T")

How = Literal["recorded", "time", "answers"]

_ENOUGH = 3.0
"""So much has to speak for an answer: one unguessable value, or a long text."""

_TELLING = frozenset({"seal", "thinking", "id", "call", "text"})


class Order(NamedTuple):
    """An order that is not that of the recording.

    Attributes:
        numbers: The numbers of the exchanges, oldest first.
        how: What told it.
    """

    numbers: tuple[int, ...]
    how: How


class Waiting:
    """Model messages that nothing explained when they came, until an answer does."""

    def __init__(self) -> None:
        self.answers: dict[Step, int] = {}
        self._steps: list[tuple[int, Step]] = []
        self._scores: dict[Step, float] = {}
        self._known: defaultdict[Anchor, list[int]] = defaultdict(list)

    def add(self, request: int, step: Step) -> None:
        """Remember a message of a request."""
        for anchor in anchors(step.message):
            if anchor.kind in _TELLING:
                self._known[anchor].append(len(self._steps))
        self._steps.append((request, step))

    def explain(self, answer: int, messages: Iterable[Message]) -> None:
        """Find the messages that an answer explains, which came after all requests that wait; the best one stands."""
        if not self._steps:
            return
        scores: defaultdict[int, float] = defaultdict(float)
        for anchor in {anchor for message in messages for anchor in anchors(message)}:
            for waiting in self._known.get(anchor, ()):
                scores[waiting] += anchor.weight
        for waiting, score in scores.items():
            request, step = self._steps[waiting]
            if score >= _ENOUGH and request != answer and score > self._scores.get(step, 0.0):
                self._scores[step] = score
                self.answers[step] = answer


def by_time(times: Mapping[int, float | UnsetType]) -> Order | None:
    """Order exchanges by their times; None where one has none, or they are in order.

    Args:
        times: The time of each exchange, by number, in the order of the recording.
    """
    known = {number: time for number, time in times.items() if not isinstance(time, UnsetType)}
    if len(known) < len(times):
        return None
    found = tuple(sorted(known, key=known.__getitem__))  # equal times stay as they were recorded
    return None if found == tuple(times) else Order(found, "time")


def by_answers(ends: Mapping[int, Step | None], later: Mapping[Step, int]) -> Order | None:
    """Order exchanges so that each request comes after the answers that it holds; None where they are in order.

    Args:
        ends: The last step of each request, by number, in the order of the recording; None of one that was not read.
        later: Messages of requests that an answer explains which was recorded later, with that answer.
    """
    if not later:
        return None
    numbers = tuple(ends)
    after: defaultdict[int, set[int]] = defaultdict(set)
    for request, end in ends.items():
        step = end
        while step is not None:
            answer = later.get(step, step.owner)
            if answer is not None and answer != request:
                after[answer].add(request)
            step = step.before
    open_ = dict.fromkeys(numbers, 0)
    for requests in after.values():
        for request in requests:
            open_[request] += 1
    place = {number: n for n, number in enumerate(numbers)}
    ready = [place[number] for number, count in open_.items() if not count]
    heapq.heapify(ready)
    found: list[int] = []
    while ready:
        number = numbers[heapq.heappop(ready)]
        found.append(number)
        for request in after.get(number, ()):
            open_[request] -= 1
            if not open_[request]:
                heapq.heappush(ready, place[request])
    held = {*found}
    # what is left holds each other's answers, which no order explains
    found += (number for number in numbers if number not in held)
    return Order(tuple(found), "answers")


def in_order(pieces: Iterable[_T], order: Order | None) -> Iterator[tuple[int, _T]]:
    """Give exchanges with their numbers, in an order; those that come too early are held back."""
    numbered = enumerate(pieces, 1)
    if order is None:
        yield from numbered
        return
    held: dict[int, _T] = {}
    for number in order.numbers:
        while number not in held:
            found = next(numbered, None)
            if found is None:
                return  # the recording has become shorter
            held[found[0]] = found[1]
        yield number, held.pop(number)
