"""What happened to each answer, as numbers: of the script as it is written, and of a run as it went.

Both are counted in the same words, so that one table of occasions (`_occasions`) says of the script what has to be
seen, and of the run what was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from keepthinking import Message, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking._messages import Origin
from keepthinking._profiles import profile as profile_of
from keepthinking.retention import rule as rule_named
from keepthinking.retention._reading import LET_GO, demand
from keepthinking.retention._rules import Rule, seals_travel
from keepthinking_conformance.judge._answers import Call, is_refused
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.scenarios import PROVIDERS, Grammar, Say, Served, StepScript, Think, TurnScript
from keepthinking_conformance.scenarios import Call as Asked

_SIGNATURE: Final = "signature"


class Wants(Struct, frozen=True):
    """What the rule of who answered wants.

    Attributes:
        loop: Whether it wants thinking of the running loop back.
        later: Whether it wants that of earlier turns back.
        never: Whether it forbids some.
        forgets: Whether a message of the scaffold in the loop would make it forget.
    """

    loop: bool = True
    later: bool = True
    never: bool = False
    forgets: bool = False


def wants_of(rule: Rule | None, *, native: bool = True) -> Wants:
    """Read what a rule wants; where none is known, the law itself asks for all.

    Args:
        rule: The rule.
        native: Whether calls stand on the wire. Otherwise no request declares tools, and none has a tool loop.
    """
    if rule is None:
        return Wants()
    if not native:
        wanted = demand(rule, in_loop=False, tools=False, asked=False).keep not in LET_GO
        return Wants(loop=wanted, later=wanted, never="must-not" in {rule.in_loop, rule.cross_turn})
    keeps = (rule.in_loop, rule.cross_turn)
    return Wants(
        loop=rule.in_loop not in LET_GO and not rule.unread,
        later=rule.cross_turn not in LET_GO and not rule.unread,
        never="must-not" in keeps,
        forgets=rule.cross_turn in LET_GO,
    )


class Held(Struct, frozen=True):
    """What an answer holds.

    Attributes:
        thoughts: Thoughts with words.
        redacted: Thoughts that are opaque data.
        empty: Thoughts without words that are sealed.
        seals: Seals, on any block.
        texts: Visible texts.
        calls: Calls of tools that the scaffold runs.
        ids: Those of them that have an id.
        opaque: Blocks that only the provider understands.
        acts: Calls and answers that stand in its thoughts, word for word.
    """

    thoughts: int = 0
    redacted: int = 0
    empty: int = 0
    seals: int = 0
    texts: int = 0
    calls: int = 0
    ids: int = 0
    opaque: int = 0
    acts: int = 0

    @property
    def thinking(self) -> int:
        """Thoughts of any kind."""
        return self.thoughts + self.redacted + self.empty

    @property
    def blocks(self) -> int:
        """Blocks of any kind."""
        return self.thinking + self.texts + self.calls + self.opaque


class Tools(Struct, frozen=True, kw_only=True):
    """What becomes of the calls of an answer.

    Attributes:
        results: How many results the model has to be told.
        broken: How many met a tool that failed, or were refused by the user.
        malformed: How many have arguments that are no JSON.
    """

    results: int = 0
    broken: int = 0
    malformed: int = 0


class Fact(Struct, frozen=True, kw_only=True):
    """One answer, or one request that got none, and what followed.

    Attributes:
        held: What the answer holds.
        wants: What the rule of who answered wants.
        nth: How many answers stood before it.
        whole: Whether it reached the scaffold, to its end.
        cut: Whether it broke off in the middle of a thought.
        failed: Whether the request met a fault.
        streamed: Whether it was streamed.
        named: Whether the model was asked for by another name.
        tools: What becomes of its calls.
        waits: Whether its calls waited for the user while the conversation was saved and loaded.
        loop: How many later requests of its turn there are, as the provider sees turns.
        later: How many requests of later turns there are to who gave it, likewise.
        inside: How many later requests of its turn there are, as its user sees turns.
        loaded: How many of those all stand behind a load.
        reread: How many of these have to hold its thinking, by the rule.
        handed: How many stand behind a handoff and the way back.
        switched: How many stand behind a switch of the model and the way back.
        abroad: How many requests went to another provider, whose seals are others.
        hands: Whether that other one was another agent.
        perturbed: Whether something was changed while the scaffold worked.
    """

    held: Held
    wants: Wants
    nth: int = 0
    whole: bool = True
    cut: bool = False
    failed: bool = False
    streamed: bool = False
    named: bool = False
    tools: Tools = Tools()
    waits: bool = False
    loop: int = 0
    later: int = 0
    inside: int = 0
    loaded: int = 0
    reread: int = 0
    handed: int = 0
    switched: int = 0
    abroad: int = 0
    hands: bool = False
    perturbed: bool = False

    @property
    def followed(self) -> int:
        """How many later requests have to hold it."""
        return self.loop + self.later

    @property
    def wanted(self) -> int:
        """How many of them have to hold its thinking, by the rule."""
        return self.loop * self.wants.loop + self.later * self.wants.later


class Asking(Struct, frozen=True, kw_only=True):
    """One request, before it is known what follows.

    Attributes:
        turn: Its turn, from 0.
        step: Its step, from 0.
        voice: Who is asked: "" or `other`.
        profile: Name of the profile.
        loads: How many times the conversation had been loaded before.
    """

    turn: int
    step: int
    voice: str
    profile: str
    loads: int


def scripted(cell: Cell, grammar: Grammar | None = None) -> tuple[Fact, ...]:
    """Count what the script has, if a faithful scaffold plays it.

    Args:
        cell: The cell.
        grammar: In which language the model speaks; by default that of the subject.
    """
    grammar = cell.grammar if grammar is None else grammar
    rows: list[tuple[Asking, Fact]] = []
    wants = {
        voice: Wants() if served is None else wants_of(rule_named(served.rule), native=grammar.native)
        for voice in ("", "other")
        for served in (_asked(cell, voice),)
    }
    loads = 0
    for t, turn in enumerate(cell.scenario.turns):
        loads += turn.before == "resume"
        voice = "other" if turn.by_other else ""
        for s, step in enumerate(turn.steps):
            loads += turn.reopened and s == 1
            asking = Asking(turn=t, step=s, voice=voice, profile=_played(cell, voice), loads=loads)
            cut = turn.interrupted and s == len(turn.steps) - 1
            fact = Fact(
                held=_written(grammar.step(step, last=s == len(turn.steps) - 1), sealed=_seals(cell, voice)),
                wants=wants[voice],
                whole=not cut,
                cut=cut,
                streamed=cell.stream,
                named=bool(cell.name),
                perturbed=bool(cell.perturbation),
                waits=turn.reopened and s == 0,
                tools=_tools(turn, step),
            )
            rows.append((asking, fact))
    found = _followed(cell, rows, grammar)
    faults = sum(fault.times for fault in cell.scenario.faults if fault.spoils)
    return (*found, *[Fact(held=Held(), wants=wants[""], whole=False, failed=True)] * faults)


def seen(case: Case) -> tuple[Fact, ...]:
    """Count what a run had."""
    cell = case.cell
    rows: list[tuple[Asking, Fact]] = []
    for call in case.calls:
        loads = sum(number < call.number for number in case.trace.loads)
        asking = Asking(turn=call.turn, step=call.step, voice=call.voice.name, profile=call.voice.profile, loads=loads)
        turn = cell.scenario.turns[call.turn]
        step = turn.steps[min(call.step, len(turn.steps) - 1)]
        fact = Fact(
            held=_read(call.messages, [one.key for one in case.trace.considered]),
            wants=wants_of(case.rule(call), native=cell.grammar.native),
            whole=call.has_arrived,
            cut=call.cut_thought is not None,
            failed=_failed(call),
            streamed=cell.stream,
            named=bool(cell.name),
            perturbed=bool(cell.perturbation),
            waits=_waits(case, call),
            tools=_tools(turn, step),
        )
        rows.append((asking, fact))
    return _followed(cell, rows, cell.grammar)


def _followed(cell: Cell, rows: Sequence[tuple[Asking, Fact]], grammar: Grammar) -> tuple[Fact, ...]:
    """Count what stands behind each answer."""
    found: list[Fact] = []
    acts = [turn.before for turn in cell.scenario.turns]
    for n, (mine, fact) in enumerate(rows):
        behind = [asking for asking, _ in rows[n + 1 :]]
        own = [asking for asking in behind if asking.voice == mine.voice]
        others = [asking for asking in behind if asking.voice != mine.voice]
        inside = [asking for asking in own if asking.turn == mine.turn]
        # What a tool said in words of the user begins a new turn for the provider.
        loop = inside if grammar.native else []
        back = [asking for asking in own if any(mine.turn < other.turn < asking.turn for other in others)]
        handed = any(acts[other.turn] == "handoff" for other in others) or "hand-back" in acts[mine.turn + 1 :]
        found.append(
            replace(
                fact,
                nth=sum(before.whole for _, before in rows[:n]),
                loop=len(loop),
                later=len(own) - len(loop),
                inside=len(inside),
                loaded=sum(asking.loads > mine.loads for asking in own),
                reread=sum(
                    asking.loads > mine.loads and (fact.wants.loop if asking.turn == mine.turn else fact.wants.later)
                    for asking in own
                ),
                handed=len(back) * handed,
                switched=len(back) * (not handed),
                abroad=sum(_apart(cell, mine.profile, other.profile) for other in others),
                hands=handed,
            )
        )
    return tuple(found)


def _apart(cell: Cell, mine: str, other: str) -> bool:
    """Tell whether what one seals is good at the other only by mistake."""
    one, two = (profile_of(name, cell.served.dialect).provider for name in (mine, other))
    return seals_travel(Origin(provider=one), Origin(provider=two)) == "different"


def _played(cell: Cell, voice: str) -> str:
    return (cell.served.other or cell.served.profile) if voice else cell.served.profile


def _asked(cell: Cell, voice: str) -> Served | None:
    """Give who is asked under a voice; None where there is no other."""
    return PROVIDERS.get(cell.served.other) if voice else cell.served


def _seals(cell: Cell, voice: str) -> bool:
    """Tell whether a voice seals what it thinks."""
    return (_asked(cell, voice) or cell.served).sealed


def _tools(turn: TurnScript, step: StepScript) -> Tools:
    """Count what becomes of the calls of a step; a call that the user refuses runs no tool."""
    denied = turn.approval == "deny"
    made = [call for call in step.calls if not call.helper and not denied]
    return Tools(
        results=sum(call.outcome != "malformed" for call in made),
        broken=sum(denied or call.outcome == "error" for call in step.calls),
        malformed=sum(call.outcome == "malformed" for call in step.calls),
    )


def _written(step: StepScript, *, sealed: bool) -> Held:
    kinds = [part.kind for part in step.blocks if isinstance(part, Think)]
    calls = sum(isinstance(part, Asked) for part in step.blocks)
    texts = sum(isinstance(part, Say) for part in step.blocks)
    return Held(
        thoughts=kinds.count("plain"),
        redacted=kinds.count("redacted"),
        empty=kinds.count("empty-sealed"),
        seals=len(kinds) * sealed,
        texts=texts,
        calls=calls,
        opaque=len(step.blocks) - len(kinds) - calls - texts,
        acts=sum(bool(part.holds) for part in step.thoughts),
    )


def _read(messages: Iterable[Message], considered: Iterable[str]) -> Held:
    blocks = [block for message in messages for block in message.blocks]
    thoughts = [block for block in blocks if isinstance(block, Thinking)]
    bare = [block for block in thoughts if not block.text and block.seals]
    redacted = sum(any(seal.slot != _SIGNATURE for seal in block.seals) for block in bare)
    calls = list(_calls(blocks))
    return Held(
        thoughts=sum(bool(block.text) for block in thoughts),
        redacted=redacted,
        empty=len(bare) - redacted,
        seals=sum(len(block.seals) for block in blocks),
        texts=sum(isinstance(block, Text) and bool(block.text) for block in blocks),
        calls=len(calls),
        ids=sum(isinstance(call.id, str) for call in calls),
        opaque=sum(isinstance(block, Opaque | ToolResult) for block in blocks),
        acts=sum(any(key in block.text for block in thoughts) for key in considered),
    )


def _calls(blocks: Iterable[object]) -> Iterator[ToolCall]:
    return (block for block in blocks if isinstance(block, ToolCall) and not block.server)


def _failed(call: Call) -> bool:
    return not call.held and not is_refused(call) and not (call.is_answered and call.exchange.delivered)


def _waits(case: Case, call: Call) -> bool:
    """Tell whether the conversation was saved and loaded between a call and the next one."""
    if not call.tool_calls or not case.cell.scenario.turns[call.turn].reopened:
        return False
    after = next((b.number for a, b in pairwise(case.calls) if a is call), len(case.trace.exchanges) + 1)
    return any(call.number <= load < after for load in case.trace.loads)
