"""How each wire groups messages, and regrouping a history for another wire.

Wires group differently: chat has one message a tool result, Anthropic's API wants all results of a turn in one user
message and the instructions beside the messages. Writing a dialect is faithful to the messages that it is given, so
they are regrouped before. How is a table, `GROUPINGS`.

Rule 1: no block is lost, changed or moved before another of its kind; what a message held besides its blocks and has
no place any more is a `Loss`.
Rule 2: the same messages give the very same messages again. The cache of what was written knows messages by identity,
so a regrouped history costs what is new, as any other.
Rule 3: nothing is kept longer than the messages it was made from.
"""

from __future__ import annotations

import operator
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._messages import Block, Item, Message, ToolResult
from keepthinking._reports import Loss, LossKind
from keepthinking._turns import MODEL_ROLES, SYSTEM_ROLES
from keepthinking.dialects._wire import Spelling

RESULT_ROLES = frozenset({"tool", "function"})
"""Roles of messages that hold results of tools and nothing else."""


class Grouping(NamedTuple):
    """How one wire groups messages.

    Attributes:
        results: Whether the results of one turn stand `together` in one message, or `apart`, one message each.
        role: The role of a message that holds results.
        carrier: Which part of the request holds the instructions at the head.
        listed: What the spelling of instructions says that were read from the list of messages all the same.
    """

    results: Literal["together", "apart"]
    role: str
    carrier: str
    listed: str = ""


GROUPINGS: Mapping[str, Grouping] = {
    # "All tool results must be in a single user message": separate ones teach the model to avoid parallel calls
    # (https://platform.claude.com/docs/en/agents-and-tools/tool-use/parallel-tool-use, verified 2026-11-24).
    "anthropic-messages": Grouping(results="together", role="user", carrier="system", listed="messages"),
    # A tool message answers one call: it has one `tool_call_id` (openai 3.54.0,
    # `types/chat/chat_completion_tool_message_param.py`, verified 2026-11-24).
    "openai-chat": Grouping(results="apart", role="tool", carrier="message"),
    # One `tool_call_id` a tool message, too (mistralai 3.7.0, `client/models/toolmessage.py`, verified 2026-11-24).
    "mistral": Grouping(results="apart", role="tool", carrier="message"),
    # And one here, too (cohere 7.3.1, `types/tool_message_v2.py`, verified 2026-11-24).
    "cohere": Grouping(results="apart", role="tool", carrier="message"),
    # Results stand in a message of the role user, and roles alternate, so those of one turn share a message
    # (https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use-inference-call.html, verified 2026-11-24).
    "bedrock-converse": Grouping(results="together", role="user", carrier="system"),
    # An item answers one call, too; `instructions` stand beside the list (openai 3.54.0,
    # `types/responses/response_create_params.py`, verified 2026-11-24).
    "openai-responses": Grouping(results="apart", role="tool", carrier="instructions", listed="input"),
    # A tool message names one tool (ollama 0.6.3, `_types.py`, verified 2026-11-24).
    "ollama": Grouping(results="apart", role="tool", carrier="message"),
    # All answers to the calls of one step stand in one content behind it; the instructions stand beside the contents
    # (https://ai.google.dev/gemini-api/docs/function-calling, verified 2026-11-24).
    "gemini": Grouping(results="together", role="user", carrier="systemInstruction", listed="contents"),
}
"""Dialects by id; one without a row takes messages as they are."""

_Told: TypeAlias = tuple[int, Loss]
"""A loss, and which message of a run it is about."""


class Grouped(NamedTuple):
    """A regrouped history.

    Attributes:
        messages: The messages; those that stand as they stood are the very same.
        losses: What messages held besides their blocks and has no place any more, by path from the original history.
    """

    messages: tuple[Message, ...]
    losses: tuple[Loss, ...] = ()


class _Made(NamedTuple):
    """What became of a run of messages; it lives as long as all of them."""

    sources: tuple[weakref.ref[Message], ...]
    messages: tuple[Message, ...]
    told: tuple[_Told, ...]


class _Branch(NamedTuple):
    """A history that was regrouped; it lives as long as its last message.

    `safe` and `kept` cut both histories before their last run, which may still grow.
    """

    earlier: tuple[Message, ...]  # all but the last, which only the history itself may keep alive
    last: weakref.ref[Message]
    safe: int
    kept: tuple[Message, ...]
    losses: tuple[Loss, ...]


class Grouper:
    """Regroups histories; safe to share between threads."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, tuple[int, ...]], _Made] = {}
        self._branches: dict[tuple[str, int], _Branch] = {}
        self._lock = threading.Lock()

    def regroup(self, messages: tuple[Message, ...], dialect: str) -> tuple[Message, ...]:
        """Group messages as a dialect does; `group` also tells what has no place any more."""
        return self.group(messages, dialect).messages

    def group(self, messages: tuple[Message, ...], dialect: str) -> Grouped:
        """Group messages as a dialect does.

        Args:
            messages: A whole history.
            dialect: The dialect's id.

        Returns:
            The messages, and what has no place any more. The same messages give the very same messages again.
        """
        row = GROUPINGS.get(dialect)
        if row is None or not messages:
            return Grouped(messages)
        branch = self._find(messages, dialect)
        start = 0 if branch is None else branch.safe
        out: list[Message] = [] if branch is None else list(branch.kept)
        losses: list[Loss] = [] if branch is None else list(branch.losses)
        safe, kept, known = start, len(out), len(losses)
        head = all(message.role in SYSTEM_ROLES for message in messages[:start])
        at = start
        while at < len(messages):
            head = head and messages[at].role in SYSTEM_ROLES
            end, change = _run(messages, at, row, head=head)
            safe, kept, known = at, len(out), len(losses)
            if change is None:
                out.append(messages[at])
            else:
                made = self._make(messages[at:end], dialect, row, change)
                out += made.messages
                losses += [_at(at + offset, loss) for offset, loss in made.told]
            at = end
        self._keep(messages, dialect, branch, _Cut(safe, tuple(out[:kept]), tuple(losses[:known])))
        return Grouped(tuple(out), tuple(losses))

    def _make(self, run: tuple[Message, ...], dialect: str, row: Grouping, change: _Change) -> _Made:
        key = (dialect, tuple(map(id, run)))
        known = self._made.get(key)
        if known is not None and all(ref() is message for ref, message in zip(known.sources, run, strict=True)):
            return known
        messages, told = change(run, row)

        def forget(_: weakref.ref[Message]) -> None:
            # An id is given again only after this ran, so what is popped is what was made of the dead message.
            self._made.pop(key, None)

        made = _Made(tuple(weakref.ref(message, forget) for message in run), messages, told)
        with self._lock:
            # Two threads that make the same: the first stands, or the cache of what was written would know neither.
            held = self._made.get(key)
            if held is not None and all(ref() is message for ref, message in zip(held.sources, run, strict=True)):
                return held
            self._made[key] = made
        return made

    def _find(self, messages: tuple[Message, ...], dialect: str) -> _Branch | None:
        for count in range(len(messages) if self._branches else 0, 0, -1):
            branch = self._branches.get((dialect, id(messages[count - 1])))
            if branch is None or branch.last() is not messages[count - 1] or len(branch.earlier) != count - 1:
                continue
            if all(map(operator.is_, branch.earlier, messages)):
                return branch
        return None

    def _keep(self, messages: tuple[Message, ...], dialect: str, before: _Branch | None, cut: _Cut) -> None:
        last = messages[-1]
        if before is not None and before.last() is last and len(before.earlier) == len(messages) - 1:
            return
        key = (dialect, id(last))

        def forget(gone: weakref.ref[Message]) -> None:
            if (found := self._branches.get(key)) is not None and found.last is gone:
                self._branches.pop(key, None)

        with self._lock:
            if before is not None and (known := before.last()) is not None:
                self._branches.pop((dialect, id(known)), None)  # one entry a branch: it moves on
            self._branches[key] = _Branch(messages[:-1], weakref.ref(last, forget), *cut)


class _Cut(NamedTuple):
    """Where a regrouped history may be taken up again: see `_Branch`."""

    safe: int
    kept: tuple[Message, ...]
    losses: tuple[Loss, ...]


_Change: TypeAlias = Callable[
    [tuple[Message, ...], Grouping],
    tuple[tuple[Message, ...], tuple[_Told, ...]],
]


def _run(messages: tuple[Message, ...], at: int, row: Grouping, *, head: bool) -> tuple[int, _Change | None]:
    """Tell where the run ends that begins at a message, and what has to become of it; None where it may stand."""
    message = messages[at]
    if head:
        return at + 1, _carried if _misplaced(message, row) else None
    if row.results == "together":
        if message.role not in RESULT_ROLES:
            return at + 1, None
        end = at + 1
        while end < len(messages) and messages[end].role in RESULT_ROLES:
            end += 1
        return end, _together
    if message.role in MODEL_ROLES or not any(map(_is_result, message.blocks)):
        return at + 1, None
    alone = len(message.blocks) == 1 and message.role in RESULT_ROLES
    return at + 1, None if alone else _apart


def _misplaced(message: Message, row: Grouping) -> bool:
    if message.carrier == row.carrier:
        return False
    # Instructions that were read from the list of messages go back there: their spelling says so.
    return not row.listed or Spelling(message.spelling).of("carrier", "") != row.listed


def _is_result(block: Block) -> bool:
    return isinstance(block, ToolResult) and not block.server


def _carried(run: tuple[Message, ...], row: Grouping) -> tuple[tuple[Message, ...], tuple[_Told, ...]]:
    return tuple(message.replace(carrier=row.carrier) for message in run), ()


def _together(run: tuple[Message, ...], row: Grouping) -> tuple[tuple[Message, ...], tuple[_Told, ...]]:
    """Put the results of one turn into one message."""
    if len(run) == 1:
        return (run[0].replace(role=row.role),), ()
    blocks: list[Block] = []
    items: list[Item] = []
    for message in run:
        shift = len(items)
        blocks += [
            block if not shift or block.item is UNSET else replace(block, item=block.item + shift)
            for block in message.blocks
        ]
        items += message.items
    # Who wrote them and where from still holds if it holds of all; on no wire, so it is no loss if it does not.
    author = run[0].author if len({message.author for message in run}) == 1 else "unknown"
    origin = run[0].origin if all(message.origin == run[0].origin for message in run) else UNSET
    merged = Message(role=row.role, blocks=tuple(blocks), items=tuple(items), author=author, origin=origin)
    why = "the results of one turn are one message here"
    return (merged,), tuple((n, loss) for n, message in enumerate(run) for loss in _left(message, why))


def _apart(run: tuple[Message, ...], row: Grouping) -> tuple[tuple[Message, ...], tuple[_Told, ...]]:
    """Give each result a message of its own, and the rest one after them."""
    (message,) = run
    told: list[Loss] = []
    results: list[Message] = []
    others: list[Block] = []
    for i, block in enumerate(message.blocks):
        if not isinstance(block, ToolResult) or block.server:
            others.append(block)
            continue
        if others:
            why = "results stand before what else was said"
            told.append(_loss("order", f"blocks[{i}]", "the place of a result after other parts", why))
        if block.item is not UNSET:
            what = "the object around a result"
            told.append(_loss("foreign", f"blocks[{i}].item", what, "a result is a message of its own here"))
            block = replace(block, item=UNSET)  # noqa: PLW2901 - the result as it goes on
        results.append(Message(role=row.role, blocks=(block,), author=message.author, origin=message.origin))
    if others:
        rest = message.with_blocks(others)
        results.append(rest.replace(role="user") if message.role in RESULT_ROLES else rest)
    else:
        told += _left(message, "each result is a message of its own here")
    return tuple(results), tuple((0, loss) for loss in told)


def _left(message: Message, why: str) -> list[Loss]:
    """Tell what a message held besides its blocks."""
    found: list[Loss] = []
    if isinstance(message.name, str):
        found.append(_loss("content", "name", "the name of the participant", why))
    if message.fields is not UNSET:
        found.append(_loss("content", "fields", "members of the message", why))
    if message.extras is not UNSET:
        found.append(_loss("content", "extras", "members of a later version of the format", why))
    return found


def _loss(kind: LossKind, path: str, what: str, why: str) -> Loss:
    return Loss(kind=kind, path=path, what=what, why=why)


def _at(index: int, loss: Loss) -> Loss:
    return replace(loss, path=f"messages[{index}].{loss.path}")
