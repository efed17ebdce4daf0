"""A scenario with words: everything that is said in one run, as values.

Nothing here depends on what was asked before: a script is made of a scenario, a provider, a seed and a token, and the
same four give the same script in every process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from keepthinking._exchange import Response
from keepthinking._json import Json
from keepthinking._messages import (
    ArgumentsKind,
    Block,
    Field,
    Item,
    Message,
    Place,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
)
from keepthinking._profiles import Profile
from keepthinking._profiles import profile as profile_of
from keepthinking.dialects import _inline
from keepthinking.plugins import dialect as dialect_of
from keepthinking_conformance.provider._bodies import SHAPES, Frame, Spoken
from keepthinking_conformance.provider._hosted import HOSTED
from keepthinking_conformance.provider._looks import Look, look
from keepthinking_conformance.provider._words import Words
from keepthinking_conformance.scenarios import Call, Hosted, Part, Say, Scenario, Served, Think

_DETAILS = "reasoning_details"
_CHAT = "openai-chat"


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
        result: What the tool answers, or the text of its failure.
    """

    turn: int
    step: int
    call: Call
    id: str | UnsetType
    key: str
    arguments: str
    receipt: str
    result: str


class Script:
    """Everything that is said in one run.

    Attributes:
        scenario: Who speaks when.
        served: Who plays the model.
        model: The model's name, as the run asks for it.
        seed: The examination's seed.
        token: The run's own name.
        profile: How the provider speaks.
        words: Where the words come from.
    """

    def __init__(
        self, scenario: Scenario, served: Served, *, model: str | None = None, seed: int = 0, token: str = ""
    ) -> None:
        self.scenario = scenario
        self.served = served
        self.model = served.model if model is None else model
        self.seed = seed
        self.token = token
        self.profile: Profile = profile_of(served.profile, served.dialect)
        self.words = Words(f"{seed}:{token}")

    @property
    def look(self) -> Look:
        """How the answers look around the blocks."""
        return look(self.served.profile, self.served.dialect)

    @cached_property
    def system(self) -> str:
        """The system prompt."""
        return f"You help with an archive. Use your tools one step at a time. {self.words.sentence('system')}"

    @cached_property
    def markers(self) -> tuple[str, ...]:
        """Words of each turn that stand in what the user says, and nowhere else."""
        return tuple(self.words.key(f"turn{t}") for t in range(len(self.scenario.turns)))

    @cached_property
    def turns(self) -> tuple[str, ...]:
        """What the user says in each turn."""
        return tuple(
            f"Please find out what the archive knows of the case {marker}. {self.words.sentence(f'turn{t}/why')}"
            for t, marker in enumerate(self.markers)
        )

    @cached_property
    def calls(self) -> tuple[Called, ...]:
        """All calls, in order."""
        return tuple(self._calls())

    def calls_of(self, turn: int, step: int) -> tuple[Called, ...]:
        """Give the calls of one step."""
        return tuple(called for called in self.calls if (called.turn, called.step) == (turn, step))

    def holds(self, turn: int, step: int) -> bool:
        """Tell whether the user interrupts an answer: the last one of a turn that says so."""
        row = self.scenario.turns[turn]
        return row.interrupted and step == len(row.steps) - 1

    def answer(self, turn: int, step: int) -> Message:
        """Give what the model answers in one step, in the shape in which the dialect's decoder gives it."""
        if self.served.dialect in SHAPES:
            frame = Frame(id="", model="", created=0, envelope={}, asked=0, thought=0, said=0)
            return self.whole(self.spoken(turn, step), frame).message.replace(origin=UNSET)
        calls = iter(self.calls_of(turn, step))
        made: list[Block] = []
        items: list[Item] = []
        for n, part in enumerate(self._ordered(self.scenario.turns[turn].steps[step].blocks)):
            path = f"turn{turn}/step{step}/{n}"
            if isinstance(part, Think):
                made.append(self._thought(part, path, items, edge="\n" if step % 2 else ""))
            elif isinstance(part, Say):
                made.append(Text(text=self.words.sentence(f"{path}/say")))
            elif isinstance(part, Hosted):
                made += self._hosted(path)
            else:
                called = next(calls)
                kind: ArgumentsKind = "json" if self.served.dialect == _CHAT else "object"
                made.append(ToolCall(id=called.id, name=part.tool, arguments=called.arguments, kind=kind))
        return Message(role="assistant", blocks=tuple(made), items=tuple(items))

    def spoken(self, turn: int, step: int) -> tuple[Spoken, ...]:
        """Give the parts of one answer with their words, for a dialect of `SHAPES`."""
        calls = iter(self.calls_of(turn, step))
        found: list[Spoken] = []
        for n, part in enumerate(self.scenario.turns[turn].steps[step].blocks):
            path = f"turn{turn}/step{step}/{n}"
            text = self._thinking(path) if isinstance(part, Think) else self.words.sentence(f"{path}/say")
            called = next(calls) if isinstance(part, Call) else None
            found.append(Spoken(part, path, "" if called else text, self.words.seal(f"{path}/seal"), called))
        return tuple(found)

    def aside(self, path: str) -> tuple[Spoken, ...]:
        """Give an answer that is no part of the scenario, for a dialect of `SHAPES`."""
        return (Spoken(Say(), path, self.words.sentence(path)),)

    def whole(self, spoken: Sequence[Spoken], frame: Frame) -> Response:
        """Give a whole answer as its dialect reads it, for a dialect of `SHAPES`."""
        shape = SHAPES[self.served.dialect]
        body = msgspec.json.encode(shape.body(shape.content(self, spoken), frame))
        return dialect_of(self.served.dialect).decode_response(body, self.profile)

    def called(self, arguments: str) -> Called | None:
        """Find the call that arguments belong to, however a scaffold has spelled them."""
        return next((called for called in self.calls if called.key in arguments), None)

    def _hosted(self, path: str) -> tuple[Block, ...]:
        body = {"role": "assistant", "content": HOSTED[self.served.dialect](self.words, path)}
        return dialect_of(self.served.dialect).decode_response(msgspec.json.encode(body)).message.blocks

    def _ordered(self, blocks: tuple[Part, ...]) -> list[Part]:
        """Put parts in the order that the wire can hold: chat has one member for each kind, in this order."""
        if self.served.dialect != _CHAT:
            return list(blocks)
        return sorted(blocks, key=lambda part: (Think, Say, Call).index(type(part)))

    def _calls(self) -> Iterator[Called]:
        total = 0
        for t, turn in enumerate(self.scenario.turns):
            for s, step in enumerate(turn.steps):
                for n, call in enumerate(step.calls):
                    path = f"turn{t}/step{s}/call{n}"
                    code = self.words.code(f"{path}/id", 22)
                    name = self.look.call_id.format(code=code, n=n, total=total, tool=call.tool)
                    id_ = name or UNSET
                    key = self.words.key(f"{path}/key")
                    receipt = self.words.code(f"{path}/receipt", 16)
                    found = "The archive is out of reach" if call.outcome == "error" else self.words.sentence(path)
                    yield Called(
                        turn=t,
                        step=s,
                        call=call,
                        id=id_,
                        key=key,
                        arguments=call.arguments.replace("$key", key),
                        receipt=receipt,
                        result=f"{found} Receipt {receipt}.",
                    )
                    total += 1

    def _thinking(self, path: str) -> str:
        """Give the words of a thought: two paragraphs, with characters beyond ASCII."""
        return self.words.sentence(f"{path}/think") + "\n\n" + self.words.sentence(f"{path}/think/on") + " — 🧭"

    def _thought(self, think: Think, path: str, items: list[Item], *, edge: str) -> Thinking:
        """Make a thought.

        Args:
            think: What the scenario says.
            path: Where its words come from.
            items: The items of its message, which gets another one where the thought is an entry.
            edge: White space at both ends where the thought has a field of its own. Recorded answers of Z.ai, Groq and
                Ollama have some, and whoever trims it has altered the thought.
        """
        words = self._thinking(path)
        seal = self.words.seal(f"{path}/seal")
        if think.kind == "redacted":
            return Thinking(seals=(Seal(slot="data", wire=seal),))
        if think.kind == "empty-sealed":
            words = ""
        seals = (Seal(slot="signature", wire=seal),) if self.served.sealed else ()
        if self.served.dialect != _CHAT:
            return Thinking(segments=(Segment(text=words),), seals=seals)
        tags = self.profile.tags
        if tags is not None:
            return Thinking(segments=(Segment(text=words),), places=(_inline.framed(tags),))
        words = f"{edge}{words}{edge}"
        places: tuple[Place, ...] = tuple(Field(name=name) for name in self.profile.returns)
        if Field(name=_DETAILS) not in places:
            return Thinking(segments=(Segment(text=words),), places=places)
        # The decoder names the entry first, then the fields that repeat it.
        places = (Field(name=_DETAILS), *(place for place in places if place != Field(name=_DETAILS)))
        number = len(items)
        items.append(
            Item(
                kind="reasoning.text",
                id=self.look.detail_id.format(n=number + 1) if self.look.detail_id else UNSET,
                fields=Json.of({**self.look.detail, "index": number}),
            )
        )
        return Thinking(item=number, segments=(Segment(text=words),), seals=seals, places=places)
