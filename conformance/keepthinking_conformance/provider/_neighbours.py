"""Items of the Responses API that come without what they came with.

An item that comes with its id has to have its neighbours: one behind a thought needs that thought, and a thought needs
something behind it. Without ids nothing is said.

Sources: https://github.com/continuedev/continue/issues/11530 and .../8933; https://github.com/openai/openai-node/issues/1567
(read 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from keepthinking._exchange import Request
from keepthinking._messages import Message
from keepthinking._turns import MODEL_ROLES, Spot
from keepthinking_conformance.provider._script import Script
from keepthinking_conformance.provider._voices import Voice

PARAM: Final = "input"
"""The member of the request that the vendor names in these errors."""

_THOUGHT: Final = "reasoning"
_LOST: Final = "Item '{id}' of type '{kind}' was provided without its required 'reasoning' item: '{thought}'."
_LONELY: Final = "Item '{id}' of type 'reasoning' was provided without its required following item."


def gone(request: Request, came: Mapping[str, str]) -> Iterator[tuple[Spot, str]]:
    """Give the items whose neighbours are gone, each with the vendor's words for it.

    Args:
        request: The request.
        came: What came behind which thought (`needs`).
    """
    before: set[str] = set()
    for m, message in enumerate(request.messages):
        if message.role not in MODEL_ROLES:
            continue
        for n, item in enumerate(message.items):
            if not isinstance(item.id, str):
                continue
            before.add(item.id)
            thought = came.get(item.id, "")
            if thought and thought not in before:
                yield _spot(m, message, n), _LOST.format(id=item.id, kind=item.kind, thought=thought)
            if item.kind == _THOUGHT and item.id in came and n == len(message.items) - 1:
                yield _spot(m, message, n), _LONELY.format(id=item.id)


def needs(script: Script, voice: Voice) -> Mapping[str, str]:
    """Give the id of the thought behind which each item came; "" for those that came behind none."""
    found: dict[str, str] = {}
    for thread in script.threads:
        for t, steps in enumerate(thread.turns):
            for s in range(len(steps)):
                thought = ""
                for item in script.answer(t, s, thread.number, voice=voice).items:
                    found[str(item.id)] = thought
                    thought = str(item.id) if item.kind == _THOUGHT else thought
    return found


def _spot(m: int, message: Message, n: int) -> Spot:
    return Spot(m, next((b for b, block in enumerate(message.blocks) if block.item == n), 0))
