"""The calls of a run: which were scripted, who answered, and what they held that has to come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from keepthinking import Block, Exchange, Message, Text, Thinking, ToolCall, ToolResult
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run import Trace, Voice
from keepthinking_conformance.run._said import answer_of
from keepthinking_conformance.scenarios import FINAL, TurnScript


class Call(NamedTuple):
    """One call of the script, as it was made.

    Attributes:
        number: Its number among all exchanges, from 1.
        turn: The turn it belongs to, from 0.
        step: The step of that turn that was answered, from 0.
        exchange: What travelled.
        messages: What was answered.
        voice: Who answered.
        held: Whether the user interrupted the answer.
    """

    number: int
    turn: int
    step: int
    exchange: Exchange
    messages: tuple[Message, ...]
    voice: Voice
    held: bool

    @property
    def has_arrived(self) -> bool:
        """Whether the scaffold has the answer, so that it has to come back."""
        return self.is_answered and self.exchange.delivered and not self.held

    @property
    def is_answered(self) -> bool:
        """Whether the model began to answer."""
        return self.exchange.status == HTTPStatus.OK and bool(self.messages)

    @property
    def is_cut(self) -> bool:
        """Whether the answer broke off, by the user or on the way."""
        return self.is_answered and not self.has_arrived

    @property
    def cut_thought(self) -> int | None:
        """The block of the answer that is a thought which broke off; what stands before it was whole."""
        blocks = self.messages[0].blocks if self.is_cut else ()
        return len(blocks) - 1 if blocks and isinstance(blocks[-1], Thinking) else None

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the answer calls; those that the provider ran itself are none."""
        return tuple(b for m in self.messages for b in m.blocks if isinstance(b, ToolCall) and not b.server)

    @property
    def texts(self) -> tuple[str, ...]:
        """The visible texts of the answer."""
        return tuple(b.text for m in self.messages for b in m.blocks if isinstance(b, Text))


def voice_of(cell: Cell, trace: Trace, number: int) -> Voice:
    """Tell who answered an exchange, by its number from 1."""
    return trace.voices[number - 1] if trace.voices else Voice("", cell.served.profile, cell.model)


def calls_of(cell: Cell, trace: Trace) -> tuple[Call, ...]:
    """Give the calls that belong to the script; those of titles, summaries and helpers have scopes of their own."""
    found: list[Call] = []
    for number, exchange in enumerate(trace.exchanges, 1):
        if exchange.scope != trace.scope:
            continue
        turn = max(sum(start < number for start in trace.starts) - 1, 0)
        voice = voice_of(cell, trace, number)
        messages = answer_of(cell, exchange, voice.profile)
        call = Call(number, turn, 0, exchange, messages, voice, held=number in trace.held)
        before = found[-1] if found and found[-1].turn == turn else None
        found.append(call._replace(step=_step(cell, trace, call, before)))
    return tuple(found)


def _step(cell: Cell, trace: Trace, call: Call, before: Call | None) -> int:
    """Tell which step of its turn a call asked for: by what was answered, else by what was asked before.

    A request that met a fault asks for what the one behind it asks for, too.
    """
    made = [asked.arguments for asked in call.tool_calls if asked.name != FINAL]
    said = made if cell.grammar.native else list(call.texts)
    wanted = [one for one in (*trace.wanted, *trace.helped, *trace.denied) if one.thread == 0 and one.turn == call.turn]
    known = [one.step for one in wanted if any(one.key in text for text in said)]
    if known:
        return known[0]
    if (call.has_arrived or call.held) and not made:
        return len(cell.scenario.turns[call.turn].steps) - 1
    if before is None:
        return 0
    return before.step + before.is_answered


def miscount(cell: Cell, trace: Trace, calls: Iterable[Call]) -> str:
    """Tell where a scaffold made other calls than scripted; "" where it did not.

    A request that meets a fault may be made again, and so may one whose answer said nothing that can be shown. Where
    the user has refused a call, a scaffold may give up the turn, and it has to where it may take no more steps. A
    command may ask for the last answer again: nothing tells its model how that one takes an end (mini-swe-agent 2.4.6
    and gptme want a call for it, and say so to the model).
    """
    found = list(calls)
    asked = {(call.turn, call.step) for call in found}
    faults = any(fault.spoils for fault in cell.scenario.faults)
    counted = [call for call in found if call.is_answered and (call.exchange.delivered or call.held)]
    made = Counter(call.turn for call in (counted if faults else found))
    alone = {call.turn for call in found if is_alone(call.messages)}
    wrong: list[str] = []
    for turn, wanted in enumerate(trace.scripted):
        least = 1 if _may_end(cell.scenario.turns[turn]) else wanted
        most = made[turn] if turn in alone or faults else wanted
        if cell.binding is not None:
            most = max(most, wanted - 1 + sum((call.turn, call.step) == (turn, wanted - 1) for call in found))
        steps = sum(t == turn for t, _ in asked)
        if not least <= made[turn] <= most:
            wrong.append(f"{made[turn]} model calls in turn {turn + 1}, where {wanted} were scripted")
        elif steps < least:
            wrong.append(f"{made[turn]} model calls in turn {turn + 1}, for {steps} of the {wanted} answers scripted")
    return "; ".join(wrong)


def gave_up(cell: Cell, calls: Iterable[Call]) -> bool:
    """Tell whether a scaffold ended a turn before its last answer where it may."""
    made = Counter(call.turn for call in calls)
    return any(_may_end(turn) and made[t] < len(turn.steps) for t, turn in enumerate(cell.scenario.turns))


def _may_end(turn: TurnScript) -> bool:
    """Tell whether a turn may be given up: the user refused a call, or there may be no more steps."""
    return turn.approval == "deny" or turn.limited


def is_alone(messages: Iterable[Message]) -> bool:
    """Tell whether an answer is thinking and nothing else."""
    blocks = [block for message in messages for block in message.blocks]
    said = [block for block in blocks if not (isinstance(block, Text) and not block.text)]
    return bool(said) and all(isinstance(block, Thinking) for block in said)


def is_refused(call: Call) -> bool:
    """Tell whether the provider would not take the request, so that it makes no sense to send it again."""
    status = call.exchange.status
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _AGAIN


_AGAIN: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})
"""Statuses of the client's errors after which vendors' own clients try again (openai 3.54.0, anthropic 2.12.0,
`_base_client.py`, `_should_retry`, read 2026-11-28)."""


def held(calls: Iterable[Call]) -> dict[str, int]:
    """Count the blocks of answers that have to come back, by kind."""
    counts = Counter[str]()
    for call in calls:
        if call.held:
            continue
        for message in call.messages:
            for block in message.blocks:
                counts["thinking"] += isinstance(block, Thinking)
                counts["seals"] += len(block.seals)
                counts["calls"] += isinstance(block, ToolCall)
                counts["texts"] += isinstance(block, Text)
    return {kind: counts[kind] for kind in ("thinking", "seals", "calls", "texts")}


def numbered(calls: Iterable[Call]) -> Mapping[int, Call]:
    """Give calls by their numbers."""
    return {call.number: call for call in calls}


def texts_of(block: Block) -> Iterator[str]:
    """Give what a block says: words, or what a tool gave."""
    if isinstance(block, Text):
        yield block.text
    elif isinstance(block, ToolResult):
        held = block.content
        yield from [held] if isinstance(held, str) else [part.text for part in held or () if isinstance(part, Text)]
