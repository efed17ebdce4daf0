"""Converting a history that grows: each message once.

Rule 1: the same messages give the very same messages again, so that the cache of what was written still knows them.
Rule 2: a history that goes on from one that was converted costs what is new.
Rule 3: nothing is kept longer than the messages it was made from.
"""

from __future__ import annotations

import hashlib
import operator
import re
import threading
import weakref
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._errors import LossError
from keepthinking._grouping import Grouper
from keepthinking._json import utf8
from keepthinking._messages import Block, Message, ToolCall, ToolResult
from keepthinking._projection import Projection
from keepthinking._reports import Converted, Loss
from keepthinking._turns import OpenCalls, Spot
from keepthinking.convert._blocks import Carrier, Gone, Ids, Made
from keepthinking.convert._losses import REFUSED, loss
from keepthinking.convert._policy import Policy
from keepthinking.dialects._wire import is_json, is_object
from keepthinking.plugins import dialect as dialect_of
from keepthinking.plugins import dialects


class _State(NamedTuple):
    """What the next message has to know of those before it; a value, so that forks may share it.

    Attributes:
        calls: The calls that wait for a result.
        ids: What became of their ids.
        seen: The ids that stand in the converted history, where the wire wants each once, and those that were made.
    """

    calls: OpenCalls = OpenCalls()
    ids: dict[Spot, str | Gone | None] = {}
    seen: frozenset[str] = frozenset()


class _Branch(NamedTuple):
    """A history that was converted; it lives as long as its last message.

    `tail` is what became of that message, or None where it stands as it stood: a branch must not keep it alive.
    """

    earlier: tuple[Message, ...]
    last: weakref.ref[Message]
    made: tuple[Made, ...]
    tail: Made | None
    losses: tuple[Loss, ...]
    refused: tuple[Loss, ...]
    state: _State


class Carried(NamedTuple):
    """A history as it goes on, message by message, before it is grouped.

    Attributes:
        made: What became of each message.
        losses: What stays behind, by path from the history.
        refused: Those of it that the caller refuses to lose.
    """

    made: tuple[Made, ...]
    losses: tuple[Loss, ...]
    refused: tuple[Loss, ...]


class Converter:
    """Converts histories for one target; safe to share between threads.

    Attributes:
        policy: What it depends on.
    """

    policy: Policy

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._grouper = Grouper()
        self._made: dict[tuple[int, tuple[tuple[int, str | Gone], ...]], tuple[weakref.ref[Message], Made]] = {}
        self._branches: dict[int, _Branch] = {}
        self._projections: dict[str, Projection | None] = {}
        self._lock = threading.Lock()

    def messages(self, messages: tuple[Message, ...]) -> Converted[tuple[Message, ...]]:
        """Convert a whole history, grouped as the target groups it.

        Args:
            messages: The history; where nothing has to change, the very same comes back.

        Returns:
            The messages, and what stays behind, by path from the history that was given.

        Raises:
            LossError: Thinking cannot go as it is, and the policy refuses that.
        """
        carried = self.carry(messages)
        out = tuple(made.message for made in carried.made if made.message is not None)
        grouped = self._grouper.group(out, self.policy.to)
        told = grouped.losses
        if told and len(out) < len(messages):
            left = [i for i, made in enumerate(carried.made) if made.message is not None]
            told = tuple(replace(one, path=_renumbered(one.path, left)) for one in told)
        found = grouped.messages
        same = len(found) == len(messages) and all(map(operator.is_, found, messages))
        return Converted(value=messages if same else found, losses=carried.losses + told)

    def carry(self, messages: tuple[Message, ...]) -> Carried:
        """Convert each message of a history by itself. Raises `LossError` as `messages`."""
        branch = self._find(messages)
        state = _State() if branch is None else branch.state
        made = [] if branch is None else [*branch.made, branch.tail or Made(messages[len(branch.made)])]
        losses = [] if branch is None else list(branch.losses)
        refused = [] if branch is None else list(branch.refused)
        for index in range(len(made), len(messages)):
            message = messages[index]
            ids, state = self._ids(index, message, state)
            one = self._one(message, ids)
            made.append(one)
            losses += [_at(index, told) for told in one.losses]
            refused += [_at(index, told) for told in one.refused]
        carried = Carried(tuple(made), tuple(losses), tuple(refused))
        if messages and (branch is None or len(branch.earlier) + 1 < len(messages)):
            self._keep(messages, branch, carried, state)
        if carried.refused:
            raise LossError(self.policy.to, carried.refused, hint=REFUSED)
        return carried

    def choice(self, message: Message, after: tuple[Message, ...] = ()) -> Made:
        """Convert one answer; it stays even where nothing of it is left.

        Args:
            message: The answer.
            after: The history that it answers, by which its calls get the ids that they will have in the next request.
        """
        branch = self._find(after)
        ids, _ = self._ids(len(after), message, _State() if branch is None else branch.state)
        return self._convert(message, ids, empty=True)

    # -- one message ---------------------------------------------------------------------------------------------

    def _one(self, message: Message, ids: Ids) -> Made:
        key = (id(message), tuple(ids.items()))
        known = self._made.get(key)
        if known is not None and known[0]() is message:
            return known[1]
        made = self._convert(message, ids)

        def forget(_: weakref.ref[Message]) -> None:
            self._made.pop(key, None)

        with self._lock:
            # of two threads that make the same the first one's stands, or the cache of what was written knows neither
            held = self._made.get(key)
            if held is not None and held[0]() is message:
                return held[1]
            if made.message is not message:  # what stands as it stood needs no memory, and would keep itself alive
                self._made[key] = (weakref.ref(message, forget), made)
        return made

    def _convert(self, message: Message, ids: Ids, *, empty: bool = False) -> Made:
        origin = self.policy.origin(message)
        if self.policy.native(origin):
            if self.policy.stranger(origin):
                return Carrier(message, self.policy, None, ids).strange()
            return _renamed(message, ids, self.policy) if ids else Made(message)
        name = origin.dialect if isinstance(origin.dialect, str) else ""
        return Carrier(message, self.policy, self._projection(name), ids).made(empty=empty)

    def _projection(self, name: str) -> Projection | None:
        if name not in self._projections:
            self._projections[name] = dialect_of(name).projection if name in dialects() else None
        return self._projections[name]

    # -- ids -----------------------------------------------------------------------------------------------------

    def _ids(self, index: int, message: Message, state: _State) -> tuple[Ids, _State]:
        """Settle the ids of calls and results: those that change, and what the next message has to know."""
        calls, answers = state.calls.after(index, message)
        if calls == state.calls and not answers:
            return {}, state
        changed: dict[int, str | Gone] = {}
        final = dict(state.ids)
        seen = state.seen
        foreign = not self.policy.native(self.policy.origin(message))
        for b, block in enumerate(message.blocks):
            if not isinstance(block, ToolCall):
                continue
            now = self._id(block, seen) if foreign else block.id if isinstance(block.id, str) else None
            final[Spot(index, b)] = now
            if isinstance(now, Gone) or (isinstance(now, str) and now != block.id):
                changed[b] = now
            if isinstance(now, str) and (self.policy.row.ids.unique or not isinstance(block.id, str)):
                seen |= {now}
        for call, spot in answers:
            result = message.blocks[spot.block]
            now = final.pop(call, None) if call is not None else None
            if call is None and foreign and isinstance(result, ToolResult):
                now = self._orphan(result)
            asked = result.call_id if isinstance(result, ToolResult) else UNSET
            if isinstance(now, Gone) or (isinstance(now, str) and now != asked):
                changed[spot.block] = now
        return changed, _State(calls, final, seen)

    def _id(self, call: ToolCall, seen: frozenset[str]) -> str | Gone | None:
        row = self.policy.row
        if call.server:
            return Gone("only its own provider runs it")
        if call.kind == "freeform" and not row.freeform:
            return Gone("arguments are JSON here, no free text")
        if row.arguments == "object" and call.arguments != "" and not _is_json_object(call):
            return Gone("its arguments are no JSON object")
        if not isinstance(call.id, str):
            # by what it asks, not by its place: the answer and all later requests have to give it the same
            return self._new_id(f"{call.name}\0{call.arguments}", seen) if row.ids.demanded else None
        if row.ids.takes(call.id) and call.id not in seen:
            return call.id
        return self._new_id(call.id, seen) if row.ids.unique else self._made_id(call.id)

    def _new_id(self, seed: str, seen: frozenset[str]) -> str:
        """Make an id that stands nowhere yet."""
        found = self._made_id(seed)
        again = 0
        while found in seen:
            again += 1
            found = self._made_id(f"{seed}\0{again}")
        return found

    def _orphan(self, result: ToolResult) -> str | Gone | None:
        if result.server:
            return Gone("only its own provider runs it")
        if isinstance(result.call_id, str) and not self.policy.row.ids.takes(result.call_id):
            return self._made_id(result.call_id)
        return None

    def _made_id(self, seed: str) -> str:
        """Make an id that is always the same for the same call."""
        digest = hashlib.sha256(utf8(seed)).hexdigest()
        return digest[:9] if self.policy.row.ids.make == "nine" else f"call_{digest[:24]}"

    # -- memory --------------------------------------------------------------------------------------------------

    def _find(self, messages: tuple[Message, ...]) -> _Branch | None:
        for count in range(len(messages) if self._branches else 0, 0, -1):
            branch = self._branches.get(id(messages[count - 1]))
            if branch is None or branch.last() is not messages[count - 1] or len(branch.earlier) != count - 1:
                continue
            if all(map(operator.is_, branch.earlier, messages)):
                return branch
        return None

    def _keep(self, messages: tuple[Message, ...], before: _Branch | None, carried: Carried, state: _State) -> None:
        last = messages[-1]
        key = id(last)
        *made, tail = carried.made

        def forget(gone: weakref.ref[Message]) -> None:
            if (found := self._branches.get(key)) is not None and found.last is gone:
                self._branches.pop(key, None)

        with self._lock:
            if before is not None and (known := before.last()) is not None:
                self._branches.pop(id(known), None)  # one entry a branch: it moves on
            self._branches[key] = _Branch(
                earlier=messages[:-1],
                last=weakref.ref(last, forget),
                made=tuple(made),
                tail=None if tail.message is last else tail,
                losses=carried.losses,
                refused=carried.refused,
                state=state,
            )


def _renamed(message: Message, ids: Ids, policy: Policy) -> Made:
    """Change the ids of results whose calls got others; what stood beside them stays as it is."""
    losses: list[Loss] = []
    blocks: list[Block] = []
    sources: list[str] = []
    for i, block in enumerate(message.blocks):
        found = ids.get(i)
        path = f"blocks[{i}]"
        if isinstance(found, Gone):
            losses.append(loss("content", path, "the result of a call that stays behind", found.why))
            continue
        if isinstance(found, str) and isinstance(block, ToolResult):
            what = "the id of a call, which is another one now"
            losses.append(loss("spelling", f"{path}.call_id", what, policy.row.ids.why(block.call_id)))
            block = replace(block, call_id=found)  # noqa: PLW2901 - the result as it goes on
        blocks.append(block)
        sources.append(path)
    made = message.with_blocks(blocks) if blocks else None
    return Made(made, tuple(losses), tuple(sources))


def _is_json_object(call: ToolCall) -> bool:
    raw = utf8(call.arguments).lstrip(b" \t\r\n")
    return bool(raw) and is_json(raw) and is_object(raw)


def _at(index: int, told: Loss) -> Loss:
    return replace(told, path=f"messages[{index}]" + (f".{told.path}" if told.path else ""))


def _renumbered(path: str, left: list[int]) -> str:
    return _NUMBER.sub(lambda m: str(left[int(m[0])]), path, count=1)


_NUMBER = re.compile(r"(?<=^messages\[)\d+")
