"""A scenario with words: everything that is said in one run, as values.

Nothing here depends on what was asked before: a script is made of a scenario, a provider, a seed and a token, and the
same four give the same script in every process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Final, TypeVar, cast

from msgspec import UNSET, UnsetType

from keepthinking._adapter import Speech
from keepthinking._messages import Message
from keepthinking._profiles import Profile
from keepthinking_conformance.provider._amnesiac import Amnesiac
from keepthinking_conformance.provider._bodies import Spoken
from keepthinking_conformance.provider._languages import considered, in_text
from keepthinking_conformance.provider._looks import Look
from keepthinking_conformance.provider._projected import Prefix
from keepthinking_conformance.provider._speech import message_of
from keepthinking_conformance.provider._threads import Called, Thread, calls_in, helped, main
from keepthinking_conformance.provider._voices import OTHER, Voice
from keepthinking_conformance.provider._words import Words
from keepthinking_conformance.scenarios import FINAL, GRAMMARS, Call, Family, Say, Scenario, Served, Think

__all__ = ["Called", "Script"]

_STRINGS: Final = frozenset({"openai-chat", "openai-responses"})
"""Dialects whose arguments are a string, which may hold anything; elsewhere they are an object."""
T = TypeVar("T")
_COMPASS: Final = " — 🧭"
"""The end of a thought: characters beyond ASCII, one of them beyond two bytes."""


class Script:
    """Everything that is said in one run.

    Attributes:
        scenario: Who speaks when.
        served: Who plays the model.
        model: The model's name, as the run asks for it.
        seed: The examination's seed.
        token: The run's own name.
        grammar: In which language the model says what it wants done.
        words: Where the words come from.
        voices: The run's own model, and the one that takes over, if there is one.
        task: What a model does that knows nothing but what it sees; None where it plays the scenario.

    Raises:
        ValueError: The scenario cannot be played so.
    """

    def __init__(  # noqa: PLR0913 - one keyword an axis of a run
        self,
        scenario: Scenario,
        served: Served,
        *,
        model: str | None = None,
        seed: int = 0,
        token: str = "",
        other: Served | None = None,
        speech: Speech = "native",
        family: Family | None = None,
    ) -> None:
        self.scenario = scenario
        self.served = served
        self.seed = seed
        self.token = token
        self.grammar = GRAMMARS[speech]
        self.words = Words(f"{seed}:{token}")
        self.task = None if family is None else Amnesiac(family, self.words)
        own = Voice("", served, self.words, model=model)
        self.voices: tuple[Voice, ...] = (own,) if other is None else (own, Voice(OTHER, other, self.words))
        self.model = own.model
        self._kept: dict[tuple[object, str], object] = {}
        if misfit := self.grammar.misfit(scenario):
            raise ValueError(f"scenario {scenario.id!r} cannot be played: {misfit}")
        if scenario.has_other and other is None:
            raise ValueError(f"scenario {scenario.id!r} has turns of another model, and the run has none")
        nested = [
            inner for turn in scenario.turns for call in turn.calls for step in call.helper for inner in step.calls
        ]
        if any(inner.helper for inner in nested):
            raise ValueError(f"scenario {scenario.id!r} has a helper that asks a helper")
        spoilt = any(call.outcome == "malformed" for turn in scenario.turns for call in (*turn.calls, *nested))
        if spoilt and not {voice.dialect for voice in self.voices} <= _STRINGS:
            raise ValueError(f"scenario {scenario.id!r} has arguments that are no JSON, which only a string can hold")

    @property
    def profile(self) -> Profile:
        """How the run's own provider speaks."""
        return self.voices[0].profile

    @property
    def look(self) -> Look:
        """How the answers of the run's own model look around the blocks."""
        return self.voices[0].look

    @cached_property
    def system(self) -> str:
        """The system prompt."""
        return f"You help with an archive. Use your tools one step at a time. {self.words.sentence('system')}"

    @cached_property
    def helper_system(self) -> str:
        """The system prompt of a helper."""
        return f"You help somebody who helps with an archive. {self.words.sentence('helper/system')}"

    @cached_property
    def threads(self) -> tuple[Thread, ...]:
        """The conversations: the agent's own, then one for each time that it asks a helper."""
        own = main(self.scenario, self.words)
        if self.task is not None:
            own = own._replace(words=tuple(f"{words} {self.task.asked}" for words in own.words))
        return (own, *helped(tuple(calls_in(own, self.words, self._named))))

    @property
    def markers(self) -> tuple[str, ...]:
        """Words of each turn that stand in what the user says, and nowhere else."""
        return self.threads[0].markers

    @property
    def turns(self) -> tuple[str, ...]:
        """What the user says in each turn."""
        return self.threads[0].words

    @cached_property
    def calls(self) -> tuple[Called, ...]:
        """All calls, in order; those of a helper stand behind all of the agent's own."""
        made = [called for thread in self.threads for called in calls_in(thread, self.words, self._named)]
        ends = {thread.receipt: self._last_words(thread) for thread in self.threads[1:]}
        return tuple(one._replace(result=ends[one.receipt]) if one.call.helper else one for one in made)

    @cached_property
    def considered(self) -> tuple[Called, ...]:
        """Calls and answers that stand in thoughts and were never made, in order; an answer is a call of `FINAL`."""
        return tuple(
            self._considered(thread, t, s, n, part)
            for thread in self.threads
            for t, steps in enumerate(thread.turns)
            for s, step in enumerate(steps)
            for n, part in enumerate(step.blocks)
            if isinstance(part, Think) and part.holds
        )

    def _considered(self, thread: Thread, turn: int, step: int, n: int, part: Think) -> Called:
        path = f"{thread.path_of(turn, step)}/{n}/held"
        key, receipt = self.words.key(f"{path}/key"), self.words.code(f"{path}/receipt", 16)
        ends = part.holds == "answer" and self.grammar.has_answer
        call = Call(tool=FINAL, arguments='{"answer": "$key"}') if ends else self.scenario.usual
        result = f"{self.words.sentence(path)} Receipt {receipt}."
        return Called(
            turn=turn,
            step=step,
            call=call,
            id=UNSET,
            key=key,
            arguments=call.arguments.replace("$key", key).replace("$receipt", receipt),
            receipt=receipt,
            result=result,
            thread=thread.number,
        )

    @cached_property
    def said(self) -> tuple[str, ...]:
        """Words of the model that stand in its answers, and nowhere else."""
        words = [one.text.split("\n\n")[0] for one in self._spoken() if one.text]
        return (*words, *(called.key for called in self.calls if not called.call.helper))

    @cached_property
    def thoughtless(self) -> tuple[str, ...]:
        """Words of answers that hold no thought, each of which stands in one of them alone."""
        answers = (
            self.spoken(t, s, thread.number)
            for thread in self.threads
            for t, steps in enumerate(thread.turns)
            for s, step in enumerate(steps)
            if not step.thoughts
        )
        return tuple(
            one.text if one.called is None else one.called.key
            for said in answers
            for one in said
            if one.text or one.called
        )

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """All that is said in the run by anybody, in pieces; the longest come first."""
        thoughts = [line for one in self._spoken() for line in one.text.removesuffix(_COMPASS).split("\n\n") if line]
        others = [text for called in self.calls for text in (called.arguments, called.result, called.key)]
        asked = [words for thread in self.threads for words in (*thread.words, *thread.markers)]
        return tuple(sorted({self.system, self.helper_system, *thoughts, *others, *asked}, key=len, reverse=True))

    @cached_property
    def stamp(self) -> str:
        """A code that stands in answers beside the loop, by which a summary is known again."""
        return self.words.code("aside", 12)

    @cached_property
    def memory(self) -> tuple[str, ...]:
        """Words that a summary has to keep, so that the run goes on where it stood: of the users, and of results."""
        asked = [marker for thread in self.threads for marker in thread.markers]
        return (*asked, *(called.receipt for called in self.calls))

    def calls_of(self, turn: int, step: int, thread: int = 0) -> tuple[Called, ...]:
        """Give the calls of one step."""
        return tuple(one for one in self.calls if (one.turn, one.step, one.thread) == (turn, step, thread))

    def voice_of(self, turn: int, thread: int = 0) -> Voice:
        """Give the voice that speaks in a turn as the script has it; helpers are asked by the run's own model."""
        by_other = thread == 0 and self.scenario.turns[turn].by_other
        return self.voices[-1] if by_other else self.voices[0]

    def holds(self, turn: int, step: int, thread: int = 0) -> bool:
        """Tell whether the user interrupts an answer: the last one of a turn that says so."""
        row = self.scenario.turns[turn]
        return thread == 0 and row.interrupted and step == len(row.steps) - 1

    def answer(
        self, turn: int, step: int, thread: int = 0, *, voice: Voice | None = None, before: Prefix | None = None
    ) -> Message:
        """Give what the model answers in one step, in the shape in which the dialect's decoder gives it.

        Args:
            turn: Number of the turn, from 0.
            step: Number of its step, from 0.
            thread: Number of the conversation; 0 is the agent's own.
            voice: Who says it; by default who speaks in that turn.
            before: All that stands before it: seals may be bound to that.
        """
        return message_of(voice or self.voice_of(turn, thread), self.voiced(turn, step, thread), before)

    def voiced(self, turn: int, step: int, thread: int = 0, *, calm: bool = False) -> tuple[Spoken, ...]:
        """Give the parts of one answer as the scaffold's language has them.

        Args:
            turn: Number of the turn, from 0.
            step: Number of its step, from 0.
            thread: Number of the conversation.
            calm: Whether its thoughts hold no calls: a model that sees what came of one does not think of it again.
        """
        spoken = self.spoken(turn, step, thread, calm=calm)
        return self.phrased(spoken, self.threads[thread], turn, self.threads[thread].path_of(turn, step))

    def phrased(self, spoken: tuple[Spoken, ...], thread: Thread, turn: int, path: str) -> tuple[Spoken, ...]:
        """Say the parts of an answer in the scaffold's language.

        Args:
            spoken: The parts.
            thread: The conversation.
            turn: Number of the turn, from 0.
            path: Where words come from that the language needs besides.
        """
        if not self.grammar.native:
            return in_text(self.grammar.speech, spoken, self.words.sentence(f"{path}/lead"))
        if self.grammar.ends and not any(one.called for one in spoken):
            return self._ended(spoken, thread, turn, path)
        return spoken

    def _ended(self, spoken: Sequence[Spoken], thread: Thread, turn: int, path: str) -> tuple[Spoken, ...]:
        """Let an answer be the call of the tool by which the scaffold wants it."""
        said = [one for one in spoken if isinstance(one.part, Say)]
        if not said:
            return tuple(spoken)
        answer = json.dumps({"answer": " ".join(one.text for one in said)}, ensure_ascii=False)
        call = Call(tool=FINAL, arguments=answer)
        total = sum(len(step.calls) for steps in thread.turns for step in steps) + turn
        id_ = self._named(thread, turn, f"{path}/final", FINAL, 0, total)
        called = Called(turn, len(thread.turns[turn]) - 1, call, id_, "", answer, "", said[-1].text, thread.number)
        others = [one for one in spoken if one not in said[:-1]]
        return tuple(Spoken(call, one.path, called=called) if one is said[-1] else one for one in others)

    def spoken(self, turn: int, step: int, thread: int = 0, *, calm: bool = False) -> tuple[Spoken, ...]:
        """Give the parts of one answer with their words."""
        held = self.threads[thread]
        calls = iter(self.calls_of(turn, step, thread))
        considered = iter([one for one in self.considered if (one.turn, one.step, one.thread) == (turn, step, thread)])
        found: list[Spoken] = []
        for n, part in enumerate(held.turns[turn][step].blocks):
            path = f"{held.path_of(turn, step)}/{n}"
            if isinstance(part, Call):
                found.append(Spoken(part, path, called=next(calls)))
            elif isinstance(part, Think):
                words = self._thinking(path, next(considered) if part.holds and not calm else None)
                found.append(Spoken(part, path, words, edge="\n" if step % 2 else ""))
            elif isinstance(part, Say):
                found.append(Spoken(part, path, self._saying(held, turn, step, n)))
            else:
                found.append(Spoken(part, path))
        return tuple(found)

    def aside(self, path: str, kept: str) -> tuple[Spoken, ...]:
        """Give an answer that is no part of the scenario: a sentence, what a summary has to keep, and the stamp."""
        words = f"{self.words.sentence(path)} {kept} {self.stamp}." if kept else self.words.sentence(path)
        return (Spoken(Say(), path, words, sealed=False),)

    def kept(self, made: Callable[[Script, Voice], T], voice: Voice) -> T:
        """Give what is made of this script and a voice, and is the same for every request; it is made once."""
        if (made, voice.name) not in self._kept:
            self._kept[made, voice.name] = made(self, voice)
        return cast("T", self._kept[made, voice.name])

    def called(self, arguments: str) -> Called | None:
        """Find the call that arguments belong to, however a scaffold has spelled them."""
        return next((called for called in self.calls if called.key in arguments), None)

    def _named(self, thread: Thread, turn: int, path: str, tool: str, n: int, total: int) -> str | UnsetType:  # noqa: PLR0913, PLR0917 - what a name may depend on
        return self.voice_of(turn, thread.number).call_id(path, tool, n, total)

    def _thinking(self, path: str, held: Called | None) -> str:
        """Give the words of a thought: two paragraphs, with characters beyond ASCII, and between them what it holds."""
        middle = "" if held is None else f"{considered(self.grammar.speech, held)}\n\n"
        begins, ends = self.words.sentence(f"{path}/think"), self.words.sentence(f"{path}/think/on")
        return f"{begins}\n\n{middle}{ends}{_COMPASS}"

    def _spoken(self) -> Iterator[Spoken]:
        return (
            one
            for thread in self.threads
            for t, steps in enumerate(thread.turns)
            for s in range(len(steps))
            for one in self.spoken(t, s, thread.number)
        )

    def _saying(self, thread: Thread, turn: int, step: int, n: int) -> str:
        words = self.words.sentence(f"{thread.path_of(turn, step)}/{n}/say")
        steps = thread.turns[turn]
        ends = step == len(steps) - 1 and not any(isinstance(part, Say) for part in steps[step].blocks[n + 1 :])
        return f"{words} Receipt {thread.receipt}." if ends and thread.receipt else words

    def _last_words(self, thread: Thread) -> str:
        """Give what a helper says last: the result of the call that asked it."""
        step = len(thread.turns[0]) - 1
        said = [n for n, part in enumerate(thread.turns[0][step].blocks) if isinstance(part, Say)]
        return self._saying(thread, 0, step, said[-1]) if said else ""
