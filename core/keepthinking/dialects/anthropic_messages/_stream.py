"""A streamed message, in.

Reading builds the body that the same answer would have had without streaming, and hands it to the reader of whole
responses: there is one decoder, not two. How each member grows is a table, taken from the vendor's own client
(anthropic 2.12.0, `lib/streaming/_beta_messages.py`, `accumulate_event`, read 2026-11-23). Members keep the bytes they
came in, so numbers and unknown members are spelled as the provider spelled them.

What differs from that client on purpose: a delta is applied whatever the type of its block, so that blocks which the
client does not know grow too; a delta of an unknown type grows the members it names; members of `message_delta` that
the client does not know are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._errors import DecodeError
from keepthinking._exchange import Event, EventKind, Outcome, Response
from keepthinking._json import Slice, Slices, dump_string, elements, join_surrogates, members, string, utf8
from keepthinking._profiles import Profile
from keepthinking.dialects._sse import Frame
from keepthinking.dialects._text import Grow, Halves, Snapshots
from keepthinking.dialects._wire import array, is_array, is_json, is_null, is_object, is_string, write_members
from keepthinking.dialects.anthropic_messages._invoke import FrameDecoder
from keepthinking.dialects.anthropic_messages._names import CALL, CONTENT, DATA, SERVER_CALLS, SIGNATURE, THINKING

How = Literal["join", "append", "replace", "json"]
"""How a member of a block grows: texts are joined; one element is appended to a list; the newest statement wins; pieces
of JSON text are joined and read as JSON at the end."""

Row: TypeAlias = tuple[str, str, How]
"""A member of a delta, the member of the block that it grows, and how."""

DELTAS: Mapping[str, tuple[Row, ...]] = {
    "text_delta": (("text", "text", "join"),),
    "thinking_delta": ((THINKING, THINKING, "join"),),
    # One delta holds the whole signature and replaces the "" of the start; the client assigns it, it does not add.
    "signature_delta": ((SIGNATURE, SIGNATURE, "replace"),),
    "citations_delta": (("citation", "citations", "append"),),
    "input_json_delta": (("partial_json", "input", "json"),),
    "compaction_delta": ((CONTENT, CONTENT, "replace"), ("encrypted_content", "encrypted_content", "replace")),
}
"""Type of a delta to what it grows; `_guess` speaks for a type of a later version."""

_EVENTS: Mapping[str, tuple[str, EventKind]] = {
    "text_delta": ("text", "text"),
    "thinking_delta": (THINKING, "thinking"),
    "input_json_delta": ("partial_json", "arguments"),
}


class MessagesStreamDecoder:
    """Bytes of one streamed message in, events out."""

    def __init__(self, profile: Profile, decode: Callable[[Slices], Response]) -> None:
        self._profile = profile
        self._decode = decode
        self._frames = FrameDecoder()
        self._halves = Halves()
        self._body: dict[str, Slice] = {}
        self._blocks: list[_Block] = []
        self._count = 0
        self._begun = False
        self._done = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes and give the events that they complete. Raises `DecodeError`."""
        events = (event for found in self._frames.feed(chunk) for event in self._frame(found))
        return [whole for event in events if (whole := self._halves.whole(event)) is not None]

    def finish(self) -> Response:
        """End the stream and give the response; `outcome` tells whether it was whole.

        Raises:
            DecodeError: The stream held neither a message nor an error, or an event of it is no event.
        """
        for found in self._frames.finish():
            for _ in self._frame(found):
                pass
        body = dict(self._body)
        if self._begun:
            body[CONTENT] = array([block.done() for block in sorted(self._blocks, key=lambda block: block.index)])
        elif "error" not in body:
            raise DecodeError(
                "the stream holds neither `message_start` nor `error`", where="byte 0", culprit="provider"
            )
        usage = body.get("usage")
        if usage is not None and is_object(usage) and not members(usage, "usage", "provider"):
            del body["usage"]  # what stands in a stream for counts that nobody knows
        response = self._decode(body)
        # The client too takes a message as whole at `message_stop` alone.
        outcome: Outcome = response.outcome if self._done or response.outcome == "failed" else "truncated"
        return replace(response, outcome=outcome)

    def _frame(self, found: Frame) -> Iterator[Event]:
        if not found.data.strip() or found.data == "[DONE]":  # some gateways end every stream as chat does
            return
        where = f"event {self._count}"
        event = members(utf8(found.data), where, "provider")
        self._count += 1
        tag = event.pop("type", None)
        type_ = found.event if tag is None or not is_string(tag) else string(tag, f"{where}, $.type", "provider")
        # An event of a later version, and `ping`, change nothing (https://platform.claude.com/docs/en/api/streaming).
        if type_ == "message_start":
            yield from self._start(event, where)
        elif type_ == "content_block_start":
            yield from self._block_start(event, where)
        elif type_ == "content_block_delta":
            yield from self._block_delta(event, where)
        elif type_ == "message_delta":
            yield from self._message_delta(event, where)
        elif type_ == "message_stop":
            self._done = True
            self._merge(event)
            yield Event(kind="end")
        elif type_ == "error":
            self._body["error"] = bytes(event.pop("error", b"{}"))
            self._merge({"type": b'"error"', **event} if not self._begun else event)
            yield Event(kind="error")

    def _start(self, event: Slices, where: str) -> Iterator[Event]:
        raw = event.pop("message", None)
        if raw is None:
            raise DecodeError("`message_start` has no `message`", where=where, culprit="provider")
        self._begun = True
        self._merge(members(raw, f"{where}, $.message", "provider"))
        self._merge(event)
        yield Event(kind="start")
        content = self._body.pop(CONTENT, None)
        self._body[CONTENT] = b"[]"
        if content is not None and is_array(content):
            for i, block in enumerate(elements(content, f"{where}, $.message.content", "provider")):
                yield from self._begin(_Block(i, block, f"{where}, $.message.content[{i}]"))

    def _block_start(self, event: Slices, where: str) -> Iterator[Event]:
        raw = event.get("content_block")
        if raw is None:
            raise DecodeError("`content_block_start` has no `content_block`", where=where, culprit="provider")
        yield from self._begin(_Block(_index(event, where), raw, f"{where}, $.content_block"))

    def _begin(self, block: _Block) -> Iterator[Event]:
        self._blocks.append(block)
        name, id_ = block.text("name"), block.text("id")
        if block.type == CALL or block.type.endswith(SERVER_CALLS):
            yield Event(kind="tool_call", index=block.index, name=name, id=id_ or UNSET, server=block.type != CALL)
        elif block.type in {"text", THINKING}:
            if text := block.text(block.type):  # empty by the vendor, but not by every server that speaks this
                yield Event(kind="text" if block.type == "text" else "thinking", index=block.index, text=text)
        elif block.text(DATA):
            yield Event(kind="seal", index=block.index, name=DATA)
        else:
            yield Event(kind="block", index=block.index, name=block.type)

    def _block_delta(self, event: Slices, where: str) -> Iterator[Event]:
        index = _index(event, where)
        block = next((block for block in reversed(self._blocks) if block.index == index), None)
        raw = event.get("delta")
        if block is None or raw is None:
            what = "a delta of a block that never began" if block is None else "`content_block_delta` has no `delta`"
            raise DecodeError(what, where=where, culprit="provider")
        delta = members(raw, f"{where}, $.delta", "provider")
        tag = delta.pop("type", None)
        type_ = "" if tag is None or not is_string(tag) else string(tag, f"{where}, $.delta.type", "provider")
        guessed: Iterator[Row] = ((key, key, _guess(value)) for key, value in delta.items())
        for source, target, how in tuple(DELTAS.get(type_, guessed)):
            if source in delta:
                block.grow(target, delta[source], how, f"{where}, $.delta.{source}", self._profile.cumulative)
        if type_ in _EVENTS:
            source, kind = _EVENTS[type_]
            piece = delta.get(source)
            if piece is not None and is_string(piece) and (text := string(piece, where, "provider")):
                yield Event(kind=kind, index=index, text=text)
        elif type_ == "signature_delta":
            yield Event(kind="seal", index=index, name=SIGNATURE)

    def _message_delta(self, event: Slices, where: str) -> Iterator[Event]:
        delta, usage = event.pop("delta", None), event.pop("usage", None)
        if delta is not None and is_object(delta):
            self._merge(members(delta, f"{where}, $.delta", "provider"))
        self._merge(event)
        if usage is not None and is_object(usage):
            known = self._body.get("usage")
            before = members(known, f"{where}, usage", "provider") if known is not None and is_object(known) else {}
            counted = members(usage, f"{where}, $.usage", "provider")
            _merge(before, counted)
            self._body["usage"] = write_members(before)
            if counted:
                yield Event(kind="usage")

    def _merge(self, newer: Slices) -> None:
        _merge(self._body, newer)


def _merge(known: dict[str, Slice], newer: Slices) -> None:
    """Let newer statements win; a null says nothing about what is known already."""
    for key, raw in newer.items():
        if not is_null(raw) or key not in known:
            known[key] = bytes(raw)


def _index(event: Slices, where: str) -> int:
    raw = bytes(event.get("index", b""))
    if not raw.isdigit() or len(raw) > _DIGITS:
        raise DecodeError("`index` of a block is not a number", where=where, culprit="provider")
    return int(raw)


_DIGITS = 9


def _guess(raw: Slice) -> How:
    return "join" if is_string(raw) else "append" if is_object(raw) else "replace"


class _Block:
    """One content block that grows."""

    __slots__ = ("_grown", "_left", "_lists", "_partial", "index", "type")

    def __init__(self, index: int, raw: Slice, where: str) -> None:
        self.index = index
        self._left = {key: bytes(value) for key, value in members(raw, where, "provider").items()}
        self._grown: dict[str, Grow] = {}
        self._lists: dict[str, list[bytes]] = {}
        self._partial: dict[str, Grow] = {}
        self.type = self.text("type")

    def text(self, key: str) -> str:
        """Give a member that is a string as it stands in the start, or ""."""
        raw = self._left.get(key)
        return string(raw, key, "provider") if raw is not None and is_string(raw) else ""

    def grow(self, key: str, raw: Slice, how: How, where: str, cumulative: tuple[str, ...]) -> None:
        """Let a member grow by one delta; a delta of an unexpected type replaces what it cannot grow."""
        if how == "append":
            known = self._left.get(key)
            if key not in self._lists:
                before = elements(known, where, "provider") if known is not None and is_array(known) else []
                self._lists[key] = [bytes(element) for element in before]
            self._lists[key].append(bytes(raw))
        elif how == "replace" or not is_string(raw):
            if how == "replace" or not is_null(raw):
                self._grown.pop(key, None)
                self._partial.pop(key, None)
                self._left[key] = bytes(raw)
        else:
            grown = self._partial if how == "json" else self._grown
            piece = string(raw, where, "provider")
            text = grown.get(key)
            if text is None:
                kind = Snapshots if f"{CONTENT}[].{key}" in cumulative else Grow
                text = grown[key] = kind(self.text(key) if how == "join" else "")
            text.add(piece)

    def done(self) -> bytes:
        """Write the block as it stands.

        Arguments are the pieces of JSON text, joined and otherwise untouched. Where nothing came, those of the start
        stand (`{}`, or all of them from a server that does not stream them). Where the stream was cut they are no
        JSON; then they stand as a string, which no provider sends and which the reader takes for what it is.
        """
        body = dict(self._left)
        for key, entries in self._lists.items():
            body[key] = array(entries)
        for key, grown in self._grown.items():
            body[key] = dump_string(join_surrogates(str(grown)))
        for key, grown in self._partial.items():
            text = join_surrogates(str(grown))
            if text.strip():
                body[key] = utf8(text) if is_json(utf8(text)) else dump_string(text)
        return write_members(body)
