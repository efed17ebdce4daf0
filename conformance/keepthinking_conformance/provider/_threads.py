"""The conversations of a run: the agent's own, and one for each time that it asks a helper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import UnsetType

from keepthinking_conformance.provider._words import Words
from keepthinking_conformance.scenarios import Call, Scenario, StepScript

Naming = Callable[["Thread", int, str, str, int, int], str | UnsetType]
"""Gives the id of a call: conversation, turn, path, tool, its number in the answer, its number in the conversation."""

TASK: Final = '{"task": "$key"}'
"""What a helper is called with: its user's words."""

_USUAL: Final = Call(tool="").arguments


class Called(NamedTuple):
    """One call of the script.

    Attributes:
        turn: Number of its turn, from 0.
        step: Number of its step in the turn, from 0.
        call: What the scenario says.
        id: The id of the call; UNSET where the provider gives none.
        key: Words that stand in its arguments and nowhere else.
        arguments: Its arguments, as the model spells them.
        receipt: A code that stands in its result and nowhere else.
        result: What the tool answers, or the text of its failure; of a call that asks a helper, what that one answers.
        thread: Number of its conversation: 0 is the agent's own.
    """

    turn: int
    step: int
    call: Call
    id: str | UnsetType
    key: str
    arguments: str
    receipt: str
    result: str
    thread: int = 0


class Thread(NamedTuple):
    """One conversation of a run.

    Attributes:
        number: 0 for the agent's own.
        path: Where its words come from.
        turns: The steps of each turn.
        markers: Words of each turn that stand in what the user says, and nowhere else.
        words: What the user says in each turn.
        receipt: A code that its last answer holds, for who waits for it; "" where nobody does.
    """

    number: int
    path: str
    turns: tuple[tuple[StepScript, ...], ...]
    markers: tuple[str, ...]
    words: tuple[str, ...]
    receipt: str = ""

    def path_of(self, turn: int, step: int) -> str:
        """Give the path of one answer."""
        return f"{self.path}turn{turn}/step{step}"


def main(scenario: Scenario, words: Words) -> Thread:
    """Make the agent's own conversation."""
    markers = tuple(words.key(f"turn{t}") for t in range(len(scenario.turns)))
    said = tuple(f"{asked(marker)} {words.sentence(f'turn{t}/why')}" for t, marker in enumerate(markers))
    return Thread(0, "", tuple(turn.steps for turn in scenario.turns), markers, said)


def asked(marker: str) -> str:
    """Say what a user wants."""
    return f"Please find out what the archive knows of the case {marker}."


def helped(calls: Sequence[Called]) -> Iterator[Thread]:
    """Make the conversations of the helpers that are asked, in order."""
    for number, called in enumerate((one for one in calls if one.call.helper), 1):
        path = f"turn{called.turn}/step{called.step}/{called.receipt}/"
        yield Thread(number, path, (called.call.helper,), (called.key,), (asked(called.key),), called.receipt)


def calls_in(thread: Thread, words: Words, named: Naming) -> Iterator[Called]:
    """Give the calls of a conversation, in order."""
    total = 0
    for t, steps in enumerate(thread.turns):
        for s, step in enumerate(steps):
            for n, call in enumerate(step.calls):
                path = f"{thread.path_of(t, s)}/call{n}"
                key, receipt = words.key(f"{path}/key"), words.code(f"{path}/receipt", 16)
                yield Called(
                    turn=t,
                    step=s,
                    call=call,
                    id=named(thread, t, path, call.tool, n, total),
                    key=key,
                    arguments=_arguments(call, key, receipt),
                    receipt=receipt,
                    result=f"{_found(call, words, path)} Receipt {receipt}.",
                    thread=thread.number,
                )
                total += 1


def _arguments(call: Call, key: str, receipt: str) -> str:
    if call.helper:
        return (TASK if call.arguments == _USUAL else call.arguments).replace("$key", asked(key))
    text = call.arguments.replace("$key", key).replace("$receipt", receipt)
    if call.outcome == "malformed" and _is_json(text):
        # A model that is stopped in the middle of its arguments: what there is of them is no JSON.
        return text[: text.index(key) + len(key)]
    return text


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True


def _found(call: Call, words: Words, path: str) -> str:
    if call.outcome == "error":
        return "The archive is out of reach"
    return "The arguments are no JSON, so nothing was called." if call.outcome == "malformed" else words.sentence(path)
