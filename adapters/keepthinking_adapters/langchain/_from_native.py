"""LangChain's messages as ours."""

from __future__ import annotations

import marshal
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from langchain_core.messages import BaseMessage, RemoveMessage
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking import Converted, DecodeError, Finding, FormatError, Json, Loss, Message
from keepthinking.carry import OnEdit, Part, Read, unpack
from keepthinking_adapters.langchain._plain import SLOT, plain, records
from keepthinking_adapters.langchain._residual import residual
from keepthinking_adapters.langchain._same import same_native
from keepthinking_adapters.langchain._to_native import to_native

__all__ = ["Reader", "from_native"]


def from_native(native: Sequence[BaseMessage], *, on_edit: OnEdit = "keep") -> Converted[tuple[Message, ...]]:
    """Turn LangChain's messages into ours.

    Maps to: see `to_native`. Messages of stock clients are read, too: content blocks of Anthropic, of the Responses API
        in all its output versions, v1 blocks, `reasoning_content` and `reasoning_details`, streamed or not.
    Cannot hold: `RemoveMessage`, which is a command and no message.
    Version notes: what ChatOpenAI (Responses, `output_version="v0"`) has already joined cannot be taken apart.

    Args:
        native: A history; it is not changed.
        on_edit: Whether to `keep` or `drop` the thinking of a message whose visible words were edited.

    Raises:
        DecodeError: Something is no message of LangChain, or carries a broken record; culprit `framework`.
    """
    runs, losses, findings = Reader(on_edit=on_edit).runs(native)
    messages: list[Message] = []
    for at, run in runs:
        bare = run[0].message
        if run[0].part is not None:
            bare = replace(bare, blocks=tuple(block for read in run for block in read.message.blocks))
        held, lost = _residual_of([native[i] for i in at], run, bare, f"messages[{at[0]}]")
        messages.append(bare if held is UNSET else replace(bare, native=held))
        losses += lost
    return Converted(value=tuple(messages), losses=tuple(losses), findings=tuple(findings))


def _residual_of(
    natives: list[BaseMessage], reads: list[Read], message: Message, path: str
) -> tuple[Json | UnsetType, list[Loss]]:
    made = to_native((message,)).value
    if same_native(made, natives):
        return UNSET, []
    plains = [plain(one, ours=bool(records(one))) for one in natives]
    again = [records(one) for one in made] if len(made) == len(natives) else [()] * len(natives)
    fresh = [
        len(record) == 1 and one.additional_kwargs.get(SLOT) == [*record]
        for one, record in zip(natives, again, strict=True)
    ]
    return residual(natives, plains, reads, fresh, path)


_Run: TypeAlias = tuple[list[int], list[Read]]
"""Messages of LangChain that are one of ours: where they stand, and what each was read as."""


class _Known(NamedTuple):
    ref: weakref.ref[BaseMessage]
    stamp: bytes
    read: Read


class _Joined(NamedTuple):
    parts: tuple[weakref.ref[Message], ...]
    message: Message


class Reader:
    """Reads a growing history, each message once.

    A message that has been read before and has not changed since gives the very same canonical message: dialects know
    what they have written by identity. What is kept of a message goes when LangChain's message goes.
    """

    def __init__(self, *, on_edit: OnEdit = "keep") -> None:
        self._on_edit: OnEdit = on_edit
        self._known: dict[int, _Known] = {}
        self._joined: dict[int, _Joined] = {}

    def read(self, native: Sequence[BaseMessage]) -> Converted[tuple[Message, ...]]:
        """Read a history; see `from_native`."""
        runs, losses, findings = self.runs(native)
        messages = tuple(self._join(run) for _, run in runs)
        return Converted(value=messages, losses=tuple(losses), findings=tuple(findings))

    def runs(self, native: Sequence[BaseMessage]) -> tuple[list[_Run], list[Loss], list[Finding]]:
        """Read a history; messages that are one of ours stand together, with their places."""
        losses: list[Loss] = []
        findings: list[Finding] = []
        runs: list[_Run] = []
        for i, one in enumerate(native):
            path = f"messages[{i}]"
            if isinstance(one, RemoveMessage):
                why = "it is a command to LangGraph, not a message"
                losses.append(Loss(kind="content", path=path, what="a `RemoveMessage`", why=why))
                continue
            read = self._one(one, path)
            findings += (replace(found, path=f"{path}.{found.path}" if found.path else path) for found in read.findings)
            if runs and _goes_on(runs[-1][1][-1].part, read.part):
                runs[-1][0].append(i)
                runs[-1][1].append(read)
            else:
                runs.append(([i], [read]))
        return runs, losses, findings

    def _one(self, native: BaseMessage, path: str) -> Read:
        key, stamp = id(native), _stamp(native)
        known = self._known.get(key)
        if known is not None and stamp and known.stamp == stamp and known.ref() is native:
            return known.read
        held = records(native)
        try:
            read = unpack(held, plain(native, ours=bool(held)).message, on_edit=self._on_edit)
        except FormatError as error:
            raise DecodeError(error.what, where=path, culprit="framework", hint=error.hint) from error
        self._keep(key, native, stamp, read)
        return read

    def _keep(self, key: int, native: BaseMessage, stamp: bytes, read: Read) -> None:
        known = self._known

        def forget(gone: weakref.ref[BaseMessage]) -> None:
            if (found := known.get(key)) is not None and found.ref is gone:
                del known[key]

        if stamp:
            known[key] = _Known(weakref.ref(native, forget), stamp, read)

    def _join(self, run: list[Read]) -> Message:
        first = run[0].message
        if run[0].part is None:
            return first
        key, messages = id(first), [read.message for read in run]
        known = self._joined.get(key)
        if known is not None and len(known.parts) == len(run) and all(map(_is, known.parts, messages)):
            return known.message
        made = replace(first, blocks=tuple(block for message in messages for block in message.blocks))
        joined = self._joined

        def forget(gone: weakref.ref[Message]) -> None:
            if (found := joined.get(key)) is not None and found.parts[0] is gone:
                del joined[key]

        parts = (weakref.ref(first, forget), *(weakref.ref(message) for message in messages[1:]))
        joined[key] = _Joined(parts, made)
        return made


def _goes_on(last: Part | None, part: Part | None) -> bool:
    return last is not None and part is not None and last.group == part.group and last.number < part.number


def _is(known: weakref.ref[Message], message: Message) -> bool:
    return known() is message


def _stamp(native: BaseMessage) -> bytes:
    """Write down all that reading looks at; b"" where a value cannot be written, and is then read anew each time.

    Written bytes are compared, not a digest of them: that is faster, and proves more.
    """
    try:
        # Version 2 writes no references, so equal values give equal bytes, and types count.
        return marshal.dumps((type(native).__name__, _looked_at(type(native))(vars(native))), 2)
    except (ValueError, KeyError):
        return b""


@cache
def _looked_at(cls: type[BaseMessage]) -> Callable[[Mapping[str, Any]], Any]:
    return itemgetter(*(name for name in _READ if name in cls.model_fields))


_READ = (
    "content",
    "additional_kwargs",
    "response_metadata",
    "name",
    "role",
    "tool_calls",
    "invalid_tool_calls",
    "tool_call_id",
    "status",
)
"""The members of LangChain's messages that reading looks at."""
