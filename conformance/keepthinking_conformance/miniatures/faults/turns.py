"""Faults of turns and of the history as a whole: trimmed, reordered, merged, taken apart."""

from __future__ import annotations

import copy
from typing import Final

from keepthinking_conformance.miniatures._habits import Sent
from keepthinking_conformance.miniatures._wire import Entry, Json
from keepthinking_conformance.miniatures.faults._fault import fault, hands


@fault("https://github.com/langchain-ai/langchain/issues/34794")
def trims_the_loop(sent: Sent) -> None:
    """Drops the first step of a loop of more than two: the answer and its results."""
    for at in _long(sent)[:1]:
        del sent.history[at : at + 2]


@fault("https://github.com/vercel/ai/issues/11036")
def drops_an_answer(sent: Sent) -> None:
    """Drops the first answer of a loop of more than two steps, and keeps its results."""
    for at in _long(sent)[:1]:
        del sent.history[at]


@fault("https://github.com/anthropics/claude-code/issues/12973")
def drops_results(sent: Sent) -> None:
    """Drops the first results of a loop of more than two steps, and keeps their calls."""
    for at in _long(sent)[:1]:
        del sent.history[at + 1]


@fault("https://github.com/langchain-ai/langchain/issues/34794")
def forgets_turns(sent: Sent) -> None:
    """Sends the newest turn alone."""
    users = _at(sent, "user")
    del sent.history[users[0] : users[-1]]


@fault(closes=True)
def closes_without_the_loop(sent: Sent) -> None:
    """Asks for a last answer with the user's words alone, when it may take no more steps."""
    if sent.talk.closing:
        del sent.history[_at(sent, "user")[-1] + 1 :]


@fault()
def speaks_before_the_loop(sent: Sent) -> None:
    """Sends the user's new words right behind the old ones, before what was done for those."""
    first, *others = _at(sent, "user")
    for other in others[-1:]:
        sent.history.insert(first + 1, sent.history.pop(other))


@fault()
def keeps_results_alone(sent: Sent) -> None:
    """Sends what the tools said, and nothing of what the model said."""
    sent.history[:] = [entry for entry in sent.history if entry.kind != "answer"]


@fault("https://github.com/continuedev/continue/issues/11994")
def swaps_steps(sent: Sent) -> None:
    """Sends the first two steps of a loop in the wrong order."""
    if answers := _long(sent):
        one, other = answers[:2]
        sent.history[one : other + 2] = [*sent.history[other : other + 2], *sent.history[one:other]]


@fault("https://github.com/openai/openai-agents-python/issues/1797")
def answers_before_the_call(sent: Sent) -> None:
    """Sends the results of the first step before its calls."""
    for at in _at(sent, "answer")[:1]:
        sent.history[at : at + 2] = reversed(sent.history[at : at + 2])


@fault("https://github.com/openai/openai-agents-python/issues/1797")
def answers_late(sent: Sent) -> None:
    """Sends the results of the first step behind the second answer."""
    if answers := _long(sent):
        sent.history.insert(answers[1], sent.history.pop(answers[0] + 1))


@fault("https://github.com/vercel/ai/issues/7099")
def merges_answers(sent: Sent) -> None:
    """Makes one message of the first two answers of a loop, with both results behind it."""
    if answers := _long(sent):
        other = sent.history.pop(answers[1])
        hands(sent).merge(sent.history[answers[0]].wire, other.wire)


@fault("https://github.com/pipecat-ai/pipecat/pull/3304")
def splits_answers(sent: Sent) -> None:
    """Sends what an answer thought and said as one message, and its calls as another."""
    for answer in sent.answers:
        if sent.wire.calls(answer):
            answer[:] = hands(sent).cut(answer)


@fault("https://github.com/n8n-io/n8n/pull/24982")
def takes_calls_apart(sent: Sent) -> None:
    """Sends each of several calls as a turn of its own, with its result behind it."""
    _take_apart(sent)


@fault("https://github.com/openai/openai-agents-python/pull/3215")
def clones_thinking(sent: Sent) -> None:
    """Sends each of several calls as a turn of its own, with a copy of the thinking."""
    _take_apart(sent)
    thoughts: list[Json] = []
    for answer in sent.answers:
        held = [copy.deepcopy(place.value) for place in sent.wire.thoughts(answer)]
        if not held and sent.wire.calls(answer):
            blocks = sent.wire.called(answer)[0].holder
            blocks[:0] = thoughts
        thoughts = held or thoughts


@fault("https://github.com/harbor-framework/harbor/pull/2451")
def doubles_results(sent: Sent) -> None:
    """Sends the first results twice."""
    for at in _at(sent, "results")[:1]:
        sent.history.insert(at + 1, copy.deepcopy(sent.history[at]))


def _at(sent: Sent, kind: str) -> list[int]:
    return [i for i, entry in enumerate(sent.history) if entry.kind == kind]


def _long(sent: Sent) -> list[int]:
    """Give the places of the answers, where they are more than two."""
    answers = _at(sent, "answer")
    return answers if len(answers) >= _LONG else []


_LONG: Final = 3


def _take_apart(sent: Sent) -> None:
    history: list[Entry] = []
    for entry, following in zip(sent.history, [*sent.history[1:], None], strict=True):
        calls = sent.wire.calls(entry.wire) if entry.kind == "answer" else []
        if len(calls) > 1 and following is not None:
            pairs = zip(hands(sent).apart(entry.wire), hands(sent).results_apart(following.wire), strict=True)
            for call, result in pairs:
                history += [Entry("answer", call, entry.by), Entry("results", result)]
            following.wire = []
        elif entry.wire:
            history.append(entry)
    sent.history[:] = history
