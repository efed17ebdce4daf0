"""AutoGen's messages as ours."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from itertools import groupby
from typing import Any, Final, cast

from autogen_core import FunctionCall, Image
from autogen_core.models import FunctionExecutionResult, LLMMessage
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Converted, Finding, Loss, Message, carry
from keepthinking.carry import OnEdit, Read, unpack
from keepthinking_adapters.autogen._carriers import with_thought
from keepthinking_adapters.autogen._chat import NATIVES, Chat, Group, Native, groups, is_chat, told_of
from keepthinking_adapters.autogen._ledger import LEDGER, attach
from keepthinking_adapters.autogen._plain import HISTORY, MESSAGES, checked, placed, plain, records
from keepthinking_adapters.autogen._residual import residual
from keepthinking_adapters.autogen._same import same_native
from keepthinking_adapters.autogen._to_native import to_native

__all__ = ["Reader", "from_native"]


def from_native(native: Sequence[Native], *, on_edit: OnEdit = "keep") -> Converted[tuple[Message, ...]]:
    """Turn AutoGen's messages into ours.

    Maps to: see `to_native`. Messages of stock clients are read, too, as AutoGen itself takes them: a `thought` is a
        thought. Answers of our own model class are found again by what AutoGen's agents take of them.
        Messages of agents (`TaskResult.messages`, the thread of a team) are read as what a model said and heard; see
        `keepthinking_adapters.autogen._chat`. They hold no seals, which is told of each answer.
    Cannot hold: fields that a class of somebody's own added to a message for a model.
    Version notes: autogen-core 0.6.2 and newer is tested.

    Args:
        native: A history. No field of it is changed; an answer of ours may get its record back.
        on_edit: Whether to `keep` or `drop` the thinking of a message whose visible words were edited.

    Raises:
        DecodeError: It is no list, something is no message, or carries a broken record; culprit `framework`.
    """
    found: list[Converted[tuple[Message, ...]]] = []
    at = 0
    for chat, run in groupby(NATIVES.read(native), is_chat):
        held = list(run)
        if chat:
            found += [_chat(group, on_edit) for group in groups(cast("list[Chat]", held), start=at)]
        else:
            found.append(_history(cast("list[LLMMessage]", held), at, on_edit))
        at += len(held)
    return Converted(
        value=tuple(message for one in found for message in one.value),
        losses=tuple(loss for one in found for loss in one.losses),
        findings=tuple(finding for one in found for finding in one.findings),
    )


def _history(native: Sequence[LLMMessage], start: int, on_edit: OnEdit) -> Converted[tuple[Message, ...]]:
    runs, losses, findings = Reader(on_edit=on_edit).runs(native, start=start)
    messages: list[Message] = []
    for at, run in runs:
        bare = run[0].message
        if run[0].part is not None:
            bare = replace(bare, blocks=tuple(block for read in run for block in read.message.blocks))
        natives = [native[i] for i in at]
        if not same_native(to_native((bare,)).value, natives):
            held, lost = residual(natives, f"messages[{start + at[0]}]")
            bare = bare if held is UNSET else replace(bare, native=held)
            losses += lost
        messages.append(bare)
    return Converted(value=tuple(messages), losses=tuple(losses), findings=tuple(findings))


def _chat(group: Group, on_edit: OnEdit) -> Converted[tuple[Message, ...]]:
    message, findings = Message(role="user", blocks=()), list[Finding]()
    if group.whole is not None:
        runs, _, findings = Reader(on_edit=on_edit).runs([group.whole], start=group.at)
        message = runs[0][1][0].message
    message, losses, lost = told_of(group, message)
    again = to_native((message,))
    if again.losses == () and not same_native(again.value, group.natives):
        why = "AutoGen's own dump does not give it back"
        losses.append(Loss(kind="content", path=f"messages[{group.at}]", what="a value of an agent's message", why=why))
    return Converted(value=(message,), losses=tuple(losses), findings=(*findings, *lost))


class Reader(carry.Reader[LLMMessage]):
    """Reads a growing history, each message once; see `keepthinking.carry.Reader`."""

    def __init__(self, *, on_edit: OnEdit = "keep") -> None:
        super().__init__(partial(_read, on_edit), _stamp, HISTORY)


def _read(on_edit: OnEdit, native: LLMMessage) -> Read | Loss:
    checked(native)
    held = records(native)
    native = with_thought(native)
    read = unpack(held, plain(native, placed(held[0]) if held else None), on_edit=on_edit)
    if LEDGER.is_thought(vars(native)["content"]):
        return read._replace(findings=(*read.findings, _SHOWN))
    return read


_SHOWN: Final = Finding(
    check="thinking.not-text",
    status="fail",
    level="MUST",
    fate="leaked-as-text",
    what="A thought was made words of the model, as AutoGen does beside a handoff; the words stand.",
    path="",
)
"""It stays words: a history that ends in a thought is refused by Anthropic ("The final block in an assistant message
cannot be `thinking`", https://github.com/tailcallhq/forgecode/issues/2107, read 2026-11-28)."""


def _stamp(native: object) -> bytes:
    """Write down all that reading looks at; b"" where a value cannot be written, and is then read anew each time."""
    if not isinstance(native, MESSAGES):
        return b""
    attach(native)
    try:
        # Version 2 writes no references, so equal values give equal bytes, and types count.
        return marshal.dumps(cast("Any", [sorted(native.model_fields_set), _written(vars(native))]), 2)
    except ValueError:
        return b""


def _written(value: object) -> object:
    match value:
        case FunctionCall() | FunctionExecutionResult():
            return (type(value).__name__, _written(vars(value)))
        case Image():
            return (value.image.size, blake2b(value.image.tobytes()).digest())
        case list():
            return [_written(item) for item in cast("list[object]", value)]
        case dict():
            return {key: _written(item) for key, item in cast("dict[object, object]", value).items()}
        case _:
            return value
