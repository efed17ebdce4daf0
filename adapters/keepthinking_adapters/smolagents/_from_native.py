"""Steps of smolagents' memory as messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace
from smolagents.memory import AgentMemory, MemoryStep

from keepthinking import (
    Converted,
    DecodeError,
    EncodeError,
    Finding,
    FormatError,
    Loss,
    Message,
    ToolCall,
    loads,
)
from keepthinking.carry import OnEdit, Part, Read, broken, fingerprint, unpack
from keepthinking_adapters.smolagents._blocks import variants
from keepthinking_adapters.smolagents._payload import parsed
from keepthinking_adapters.smolagents._plain import Turn, observed, placed, plain, plain_results, rest
from keepthinking_adapters.smolagents._residual import Template, residual, template_of
from keepthinking_adapters.smolagents._same import same_native
from keepthinking_adapters.smolagents._show import Place
from keepthinking_adapters.smolagents._steps import HISTORY, Said, steps_of, turns
from keepthinking_adapters.smolagents._to_native import carried, pieces, to_native

__all__ = ["from_native", "joined", "read_turn"]


def from_native(
    native: Sequence[MemoryStep] | AgentMemory, *, on_edit: OnEdit = "keep"
) -> Converted[tuple[Message, ...]]:
    """Turn a memory of smolagents into messages.

    Maps to: see `to_native`. Steps of stock clients are read, too: what smolagents would say of them to a model, as the
        wire has it (an answer with calls, a result for each, a user's turn), and the thinking that a vendor's object in
        `raw` still has. What was observed after several calls of a stock agent stands with the first.
    Cannot hold: objects of classes that are neither smolagents' nor its clients' (`action_output` of a tool's own
        class, steps and errors of somebody's own), knots, and what stands in a memory that says nothing: named in
        `losses`.
    Version notes: thinking of an answer that a stock client streamed is nowhere in the memory (smolagents 1.26.0).

    Args:
        native: An `AgentMemory`, or steps; nothing of it is changed.
        on_edit: Whether to `keep` or `drop` the thinking of a message whose visible words were edited.

    Raises:
        DecodeError: It is no memory, something is no step of smolagents, or carries a broken record; culprit
            `framework`. A picture cannot be read; culprit `caller`.
    """
    steps = HISTORY.read(steps_of(native))
    findings: list[Finding] = []
    said: list[list[Read]] = []
    for i, step in enumerate(steps):
        path = f"steps[{i}]"
        try:
            reads = [read for turn in turns(step) for read in read_turn(turn, on_edit=on_edit)]
        except FormatError as error:
            raise DecodeError(error.what, where=path, culprit="framework", hint=error.hint) from error
        except DecodeError as error:
            raise DecodeError(error.what, where=path, culprit=error.culprit, hint=error.hint) from error
        except OSError as error:
            hint = "give pictures that Pillow can load"
            raise DecodeError("a picture cannot be read", where=path, culprit="caller", hint=hint) from error
        except RecursionError as error:
            hint = "keep knots, and what is nested a thousand times, out of what a model is told"
            raise DecodeError("a step is nested too deep", where=path, culprit="framework", hint=hint) from error
        for read in reads:
            findings += (replace(one, path=f"{path}.{one.path}" if one.path else path) for one in read.findings)
        said.append(reads)
    messages, places = joined([read for reads in said for read in reads])
    if _is_all(messages, steps):
        return Converted(value=tuple(messages), findings=tuple(findings))
    losses: list[Loss] = []
    whole = _with_templates(steps, said, messages, places, losses)
    return Converted(value=tuple(whole), losses=tuple(losses), findings=tuple(findings))


def _is_all(messages: Sequence[Message], steps: Sequence[MemoryStep]) -> bool:
    """Tell whether messages alone make the very same steps again."""
    try:
        return same_native(to_native(messages).value, steps)
    except RecursionError:
        return False  # a knot, or too deep a value: what is there besides the messages is told below


def joined(reads: Sequence[Read]) -> tuple[list[Message], list[tuple[int, int]]]:
    """Put parts of messages together again.

    Returns:
        The messages, and for each read which message it is of, and which part.
    """
    messages: list[Message] = []
    places: list[tuple[int, int]] = []
    last: Part | None = None
    for read in reads:
        part = read.part
        if part is not None and last is not None and last.group == part.group and last.number < part.number:
            messages[-1] = replace(messages[-1], blocks=(*messages[-1].blocks, *read.message.blocks))
            places.append((len(messages) - 1, places[-1][1] + 1))
        else:
            messages.append(read.message)
            places.append((len(messages) - 1, 0))
        last = part
    return messages, places


class _Group(NamedTuple):
    """A step and those behind it that say nothing; and the first and last read of it."""

    steps: list[int]
    first: int
    stop: int


def _with_templates(
    steps: Sequence[MemoryStep],
    said: Sequence[Sequence[Read]],
    messages: Sequence[Message],
    places: Sequence[tuple[int, int]],
    losses: list[Loss],
) -> list[Message]:
    groups: list[_Group] = []
    silent: list[int] = []
    at = 0
    for i, reads in enumerate(said):
        if reads:
            groups.append(_Group([*silent, i], at, at + len(reads)))
            silent = []
        elif groups:
            groups[-1].steps.append(i)
        else:
            silent.append(i)
        at += len(reads)
    for i in silent:
        what = f"a `{type(steps[i]).__name__}`"
        losses.append(Loss(kind="content", path=f"steps[{i}]", what=what, why="no step says anything"))
    held: dict[int, dict[str, Template]] = {}
    flat = [replace(read.message, native=UNSET) for reads in said for read in reads]
    cut = pieces(messages)
    said_before = Said(steps)
    for group in groups:
        number, part = places[group.first]
        own = flat[group.first : group.stop]
        try:
            template = template_of(
                [steps[i] for i in group.steps],
                partial(said_before.before, group.steps[0]),
                own,
                carried(cut[group.first : group.stop]) if len(cut) == len(flat) else "",
                losses,
                f"steps[{group.steps[0]}]",
            )
            residual({str(part): template})
        except (EncodeError, RecursionError):
            why = "JSON has no room for a value in it"
            path = f"steps[{group.steps[0]}]"
            losses.append(Loss(kind="content", path=path, what="what only smolagents holds", why=why))
            continue
        held.setdefault(number, {})[str(part)] = template
    return [replace(message, native=residual(held[i])) if i in held else message for i, message in enumerate(messages)]


def read_turn(turn: Turn, *, on_edit: OnEdit = "keep") -> list[Read]:
    """Read what a turn says, message by message.

    Args:
        turn: The turn.
        on_edit: Whether to `keep` or `drop` the thinking of a message whose visible words were edited.

    Raises:
        FormatError: It carries a broken record.
    """
    if turn.payload is None:
        message = plain(turn)
        is_said = turn.kind != "assistant" or bool(message.blocks)
        found = [Read(message, sights=tuple(range(len(message.blocks))))] if is_said and turn.kind != "results" else []
        return [*found, *_observed(turn, message)]
    payload = parsed(turn.payload)
    where = [placed(record) for record in payload.records]
    if turn.kind == "results":
        return _results(turn, payload.records, where, on_edit)
    bare = plain(turn)
    if _role(payload.records[0]) != bare.role:
        # Somebody made another message of it: its places say nothing of this one.
        return [unpack(payload.records[:1], bare, on_edit=on_edit)]
    recorded = _calls(payload.records[0])
    shown = _settled(turn, recorded) if turn.kind == "assistant" else turn
    spots = _left(where[0], recorded, shown.calls or ())
    first = unpack(payload.records[:1], plain(shown, spots, payload), on_edit=on_edit)
    if len(payload.records) > 1:
        return [first, *_results(turn, payload.records[1:], where[1:], on_edit)]
    return [first, *_observed(turn, first.message)]


def _observed(turn: Turn, message: Message) -> list[Read]:
    """Read what was observed where no record tells it apart, and say so where that matters."""
    reads = [Read(one) for one in observed(turn, message)]
    many = sum(read.message.role == "tool" for read in reads)
    if many > 1:
        what = f"smolagents has made one text of the results of {many} calls, and it stands with the first."
        told = Finding(check="result.delivered", status="warn", level="SHOULD", fate="altered", what=what, path="")
        reads[0] = reads[0]._replace(findings=(told,))
    return reads


def _results(turn: Turn, records: Sequence[str], where: Sequence[Any], on_edit: OnEdit) -> list[Read]:
    plains = plain_results(turn, where)
    found = [unpack([record], one, on_edit=on_edit) for record, one in zip(records, plains, strict=True)]
    return [*found, *(Read(one) for one in rest(turn, where))]


def _settled(turn: Turn, recorded: Sequence[ToolCall]) -> Turn:
    """Say which calls are shown: of two sights of one call that which differs from the record, since it was edited."""
    known = {fingerprint(one) for call in recorded for one in (call, *variants(call))}
    if turn.is_answer or (turn.calls is None and turn.others is None):
        return turn._replace(calls=tuple(recorded))
    if turn.calls is None or turn.others is None:
        return turn._replace(calls=turn.calls if turn.others is None else turn.others)
    found: list[ToolCall] = []
    left = list(turn.others)
    for call in turn.calls:
        other = next((one for one in left if one.id == call.id), None)
        if other is not None:
            left.remove(other)
            found.append(other if fingerprint(call) in known else call)
    return turn._replace(calls=(*found, *left))


def _left(where: Sequence[Place], recorded: Sequence[ToolCall], shown: Sequence[ToolCall]) -> list[Place]:
    """Leave out the places of calls that were taken out, so that the others keep theirs."""
    ids = [call.id for call in shown]
    if len(ids) >= len(recorded) or not {*ids} <= {call.id for call in recorded}:
        return [*where]
    found: list[Place] = []
    calls = iter(recorded)
    for place in where:
        if place.slot == "call":
            id_ = next(calls).id
            if id_ not in ids:
                continue
            ids.remove(id_)
        found.append(place)
    return found


def _role(record: str) -> object:
    """Give the role of the message that a record is of. Raises `FormatError`."""
    try:
        return json.loads(record)["role"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise broken() from error


def _calls(record: str) -> list[ToolCall]:
    """Give the calls that a record holds. Raises `FormatError`."""
    try:
        message = loads(json.loads(record)["message"], type=Message)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise broken() from error
    return [block for block in message.blocks if isinstance(block, ToolCall) and not block.server]
