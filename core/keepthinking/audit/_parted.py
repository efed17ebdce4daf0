"""Calls without ids that came back apart from their answer, with the result of another of its calls between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from keepthinking._messages import Message
from keepthinking.audit._anchors import Anchor, anchors
from keepthinking.audit._history import Step


class Given(Protocol):
    """An answer that was given."""

    @property
    def number(self) -> int:
        """Number of its exchange."""
        ...

    @property
    def messages(self) -> tuple[Message, ...]:
        """The answer, one message a choice."""
        ...


def parted_from(
    step: Step, answers: Iterable[tuple[Given, set[Anchor], Sequence[int]]], path: Sequence[Step]
) -> int | None:
    """Find the answer that a message was parted from.

    A call is too little to be known by anywhere; among the same inputs, where its answer lacks just it, it is not.

    Args:
        step: The message.
        answers: Those that are expected, the last one first, each with what it is known by and where it stands.
        path: The steps of the request.
    """
    calls = _calls(step.message)
    if not calls:
        return None
    own = {anchor for anchor in anchors(step.message) if anchor.is_own}
    for node, known, stands in answers:
        here = [path[i] for i in stands]
        if here and here[0].users == step.users and own <= known:
            had = {call for message in node.messages for call in _calls(message)}
            if calls <= had - {call for one in here for call in _calls(one.message)}:
                return node.number
    return None


def _calls(message: Message) -> set[Anchor]:
    return {anchor for anchor in anchors(message) if anchor.kind == "call"}
