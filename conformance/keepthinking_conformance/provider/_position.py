"""Where a conversation stands, read from the request itself.

A scaffold may have lost, merged, cut or rewritten anything, so nothing is remembered between requests and no shape is
demanded. What counts is which of the script's own words the request holds: the user's, and the receipts of results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from keepthinking._exchange import Request
from keepthinking._messages import Message
from keepthinking._turns import MODEL_ROLES, SYSTEM_ROLES
from keepthinking_conformance.provider._compaction import unpacked
from keepthinking_conformance.provider._script import Called, Script
from keepthinking_conformance.provider._texts import block_texts, results, spoken, texts
from keepthinking_conformance.provider._threads import Thread


class Position(NamedTuple):
    """Which answer is due: the step of a turn, both from 0, and in which conversation; 0 is the agent's own."""

    turn: int
    step: int
    thread: int = 0


class _Heard(NamedTuple):
    """What a request says to the model.

    Attributes:
        request: The request.
        messages: The messages that the model did not say.
        all: All texts of theirs, and of summaries that the provider made itself.
    """

    request: Request
    messages: Sequence[Message]
    all: Sequence[str]


def position(request: Request, script: Script) -> Position | None:
    """Tell which answer a request would get in the loop; whether it is one of the loop at all is another question.

    A step is behind us as soon as one of its calls is answered, so that a scaffold that loses a result goes on as a
    real model would and is not asked the same for ever. A call is answered where its receipt stands in anything that
    the model did not say, or where a result has its id. A result that has neither, behind the user's words, counts for
    the next call that is open: some scaffolds hide the text of a failure and rename its id. A call whose arguments are
    no JSON is answered by whatever is said behind it: there is no tool that could. Where a scaffold has run a call that
    the model only thought of, a real model would take its result for that of the step, too.

    Where all words of the user are gone, as after a summary, the results that are left tell the turn, and failing them
    what a summary says of it.

    Returns:
        The step, or None where neither words of the user nor results of the script's calls stand in the request.
    """
    messages = [message for message in request.messages if message.role not in MODEL_ROLES]
    all_ = [*unpacked(request, script.words), *(text for message in messages for text in texts(message))]
    heard = _Heard(request, messages, all_)
    thread = _thread(heard, script)
    if thread is None:
        return None
    calls = [called for called in script.calls if called.thread == thread.number]
    known = _asked(messages, thread) or _results_of(messages, calls) or _told(heard, thread)
    if not known:
        return None
    turn = max(t for t, _ in known)
    behind = messages[max(0, *(i for t, i in known if t == turn)) :]
    acted = [called for called in script.considered if called.thread == thread.number]
    step = _steps_done(turn, heard, behind, (calls, acted))
    return Position(turn, min(step, len(thread.turns[turn]) - 1), thread.number)


def _thread(heard: _Heard, script: Script) -> Thread | None:
    """Tell in which conversation a request stands.

    A helper is known by its system prompt, and so is the agent; where neither stands in the request, as with scaffolds
    that write their own, by the user's words, of which the agent's come first: a scaffold may show a helper's task to
    the agent again. Which of several helpers it is, the last task tells. Where no words are left, receipts do.
    """
    own, *helpers = script.threads
    if not helpers:
        return own
    candidates: Sequence[Thread] = script.threads
    if any(script.helper_system in text for text in heard.all):
        candidates = helpers
    elif any(script.system in text for text in heard.all):
        candidates = [own]
    asked = [(i, thread) for thread in candidates for _, i in _asked(heard.messages, thread)]
    if any(thread is own for _, thread in asked):
        return own
    if asked:
        return max(asked, key=lambda held: (held[0], held[1].number))[1]
    held = [one.thread for one in script.calls if any(one.receipt in text for text in heard.all)]
    return next((thread for thread in candidates if thread.number in held), None)


def _asked(messages: Sequence[Message], thread: Thread) -> list[tuple[int, int]]:
    """Give the turns whose words of the user stand in messages, each with the message's index."""
    return [
        (t, i)
        for i, message in enumerate(messages)
        if message.role not in SYSTEM_ROLES
        for t, marker in enumerate(thread.markers)
        if any(marker in text for text in texts(message))
    ]


def _results_of(messages: Sequence[Message], calls: Sequence[Called]) -> list[tuple[int, int]]:
    """Give the turns of which results stand in messages, each with the message's index."""
    return [
        (called.turn, i)
        for i, message in enumerate(messages)
        for result in results(message)
        for called in _answered([*block_texts(result)], {result.call_id}, calls)
    ]


def _told(heard: _Heard, thread: Thread) -> list[tuple[int, int]]:
    """Give the turns of which anything tells, such as a summary."""
    return [(t, -1) for t, marker in enumerate(thread.markers) if any(marker in text for text in heard.all)]


def _steps_done(
    turn: int, heard: _Heard, behind: Sequence[Message], all_: tuple[Sequence[Called], Sequence[Called]]
) -> int:
    """Count the steps that are behind us; the calls are those that were made, and those that were only thought of."""
    known = [called for some in all_ for called in some]
    calls = [called for called in all_[0] if called.turn == turn]
    ids: set[object] = {result.call_id for message in heard.messages for result in results(message)}
    done = max((called.step + 1 for called in _answered(heard.all, ids, known) if called.turn == turn), default=0)
    strangers = sum(
        not any(True for _ in _answered([*block_texts(result)], {result.call_id}, known))
        for message in behind
        for result in results(message)
    )
    while open_ := [called for called in calls if called.step == done]:
        told = next((said for called in open_ if (said := _told_of(called, heard.request)) is not None), None)
        if strangers <= 0 and told is None:
            break
        # Words that tell of broken arguments are no result, so all results that nobody knows are of later calls.
        strangers -= len(open_) if told is None or any(results(told)) else 0
        done += 1
    return done


def _answered(said: Sequence[str], ids: set[object], calls: Sequence[Called]) -> Iterator[Called]:
    """Give the calls whose receipts stand in texts, or whose ids are among some."""
    all_ = "\n".join(said)
    return (one for one in calls if (isinstance(one.id, str) and one.id in ids) or one.receipt in all_)


def _told_of(called: Called, request: Request) -> Message | None:
    """Give what was said to the model first, behind a call whose arguments are no JSON."""
    if called.call.outcome != "malformed":
        return None
    is_said = False
    for message in request.messages:
        if message.role in MODEL_ROLES:
            is_said = is_said or any(called.key in text for text in spoken(message))
        elif is_said and message.role not in SYSTEM_ROLES:
            return message
    return None
