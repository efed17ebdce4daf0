"""Where a conversation stands, read from the request itself.

A scaffold may have lost, merged, cut or rewritten anything, so nothing is remembered between requests and no shape is
demanded. What counts is which of the script's own words the request holds: the user's, and the receipts of results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from keepthinking._exchange import Request
from keepthinking._messages import Block, Message, Text, ToolResult
from keepthinking._turns import MODEL_ROLES, SYSTEM_ROLES
from keepthinking_conformance.provider._script import Called, Script


class Position(NamedTuple):
    """Which answer is due: the step of a turn, both from 0."""

    turn: int
    step: int


def position(request: Request, script: Script) -> Position | None:
    """Tell which answer a request asks for.

    A step is behind us as soon as one of its calls is answered, so that a scaffold that loses a result goes on as a
    real model would and is not asked the same for ever. A call is answered where its receipt stands in anything that
    the model did not say, or where a result has its id. A result that has neither, behind the user's words, counts for
    the next call that is open: some scaffolds hide the text of a failure and rename its id.

    Where all words of the user are gone, as after a summary, the results that are left tell the turn.

    Returns:
        The step, or None where the request is no part of the script's conversation: neither words of the user nor
        results of its calls stand in it, or it offers no tool where one would have to be called.
    """
    heard = [message for message in request.messages if message.role not in MODEL_ROLES]
    asked = [
        (t, i)
        for i, message in enumerate(heard)
        if message.role not in SYSTEM_ROLES
        for t, marker in enumerate(script.markers)
        if any(marker in text for text in _texts(message))
    ]
    answered = [
        (called.turn, i)
        for i, message in enumerate(heard)
        for result in _results(message)
        for called in script.calls
        if _answered(called, list(_block_texts(result)), {result.call_id})
    ]
    known = asked or answered
    if not known:
        return None
    turn = max(t for t, _ in known)
    behind = heard[max(i for t, i in known if t == turn) :]
    step = _steps_done(turn, heard, behind, script)
    found = Position(turn, min(step, len(script.scenario.turns[turn].steps) - 1))
    if script.calls_of(*found) and not request.conversation.tools:
        return None
    return found


def _steps_done(turn: int, heard: Sequence[Message], behind: Sequence[Message], script: Script) -> int:
    calls = [called for called in script.calls if called.turn == turn]
    texts = [text for message in heard for text in _texts(message)]
    ids: set[object] = {result.call_id for message in heard for result in _results(message)}
    done = max((called.step + 1 for called in calls if _answered(called, texts, ids)), default=0)
    strangers = sum(not _known(result, script) for message in behind for result in _results(message))
    while strangers > 0 and (open_ := [called for called in calls if called.step == done]):
        strangers -= len(open_)
        done += 1
    return done


def _answered(called: Called, texts: Sequence[str], ids: set[object]) -> bool:
    return (isinstance(called.id, str) and called.id in ids) or any(called.receipt in text for text in texts)


def _known(result: ToolResult, script: Script) -> bool:
    texts = list(_block_texts(result))
    return any(_answered(called, texts, {result.call_id}) for called in script.calls)


def _results(message: Message) -> Iterator[ToolResult]:
    return (block for block in message.blocks if isinstance(block, ToolResult))


def _texts(message: Message) -> Iterator[str]:
    return (text for block in message.blocks for text in _block_texts(block))


def _block_texts(block: Block) -> Iterator[str]:
    if isinstance(block, Text):
        yield block.text
    elif isinstance(block, ToolResult) and isinstance(block.content, str):
        yield block.content
    elif isinstance(block, ToolResult) and isinstance(block.content, tuple):
        for part in block.content:
            yield from _block_texts(part)
