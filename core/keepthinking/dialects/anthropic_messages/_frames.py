"""A message as a stream, out: the events and their order are the vendor's. How each is put into bytes is not said here.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming and recorded streams (read 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import NamedTuple

from keepthinking._json import Slice, Slices, dump_string, elements, members, string, utf8
from keepthinking.dialects._text import cut
from keepthinking.dialects._wire import NULL, is_array, is_json, is_object, is_string, write_members
from keepthinking.dialects.anthropic_messages._names import CALL, CONTENT, SERVER_CALLS, SIGNATURE, THINKING

_AT_END = ("stop_reason", "stop_sequence", "stop_details")
"""Members that the vendor gives as null in `message_start` and fills in `message_delta`."""

_STREAMED: Mapping[str, tuple[str, str]] = {"text": ("text", "text_delta"), THINKING: (THINKING, "thinking_delta")}
"""Types of blocks whose text is streamed: the member, and the type of its deltas."""


class Event(NamedTuple):
    """One event of a stream.

    Attributes:
        data: Its body, JSON.
        name: What it is.
    """

    data: bytes
    name: str


def events(body: Slices, cuts: Random | None, *, whole: bool) -> Iterator[Event]:
    """Give a whole body as the events of a stream."""
    error = body.pop("error", None)
    content = body.pop(CONTENT, None)
    if content is not None:
        yield from _message(body, content, cuts)
        if error is None and whole:
            yield _event("message_stop", {})
        body = {}
    if error is not None:
        body.pop("type", None)
        yield _event("error", {"error": error, **body})


def _message(body: Slices, content: Slice, cuts: Random | None) -> Iterator[Event]:
    ends = {key: body[key] for key in _AT_END if key in body}
    # the client adds the counts of the end to those of the start, and fails where one of them is absent (2.12.0)
    usage = body.get("usage", b"{}")
    start = {**body, **dict.fromkeys(ends, NULL), CONTENT: b"[]", "usage": usage}
    yield _event("message_start", {"message": write_members(start)})
    for i, raw in enumerate(elements(content, CONTENT, "caller") if is_array(content) else []):
        yield from _block(i, raw, cuts)
    last: Slices = {"delta": write_members(ends)}
    if is_object(usage):
        last["usage"] = usage
    yield _event("message_delta", last)


def _block(index: int, raw: Slice, cuts: Random | None) -> Iterator[Event]:
    left = members(raw, f"{CONTENT}[{index}]", "caller")
    deltas = list(_deltas(left, cuts))
    yield _event("content_block_start", {"index": b"%d" % index, "content_block": write_members(left)})
    for delta in deltas:
        yield _event("content_block_delta", {"index": b"%d" % index, "delta": write_members(delta)})
    yield _event("content_block_stop", {"index": b"%d" % index})


def _deltas(left: Slices, cuts: Random | None) -> Iterator[Slices]:
    """Take out of a block what is streamed, and give it as deltas."""
    tag = left.get("type")
    type_ = string(tag, "type", "caller") if tag is not None and is_string(tag) else ""
    if type_ in _STREAMED:
        member, name = _STREAMED[type_]
        yield from _text_deltas(left, member, name, member, cuts)
    citations = left.get("citations")
    if type_ == "text" and citations is not None and is_array(citations):
        left["citations"] = b"[]"
        for citation in elements(citations, "citations", "caller"):
            yield {"type": b'"citations_delta"', "citation": citation}
    signature = left.get(SIGNATURE)
    if type_ == THINKING and signature is not None and is_string(signature):
        left[SIGNATURE] = b'""'
        if signature != b'""':
            yield {"type": b'"signature_delta"', SIGNATURE: signature}
    if "input" in left and (type_ == CALL or type_.endswith(SERVER_CALLS)):
        yield from _input_deltas(left, cuts)


def _text_deltas(left: Slices, member: str, name: str, source: str, cuts: Random | None) -> Iterator[Slices]:
    raw = left.get(member)
    if raw is None or not is_string(raw):
        return
    left[member] = b'""'
    for piece in cut(string(raw, member, "caller"), cuts):
        if piece:
            yield {"type": dump_string(name), source: dump_string(piece)}


def _input_deltas(left: Slices, cuts: Random | None) -> Iterator[Slices]:
    raw = left["input"]
    text = bytes(raw).decode()
    if is_string(raw) and not is_json(utf8(cut_short := string(raw, "input", "caller"))):
        text = cut_short
    left["input"] = b"{}"
    yield {"type": b'"input_json_delta"', "partial_json": b'""'}
    if text != "{}":
        yield from ({"type": b'"input_json_delta"', "partial_json": dump_string(piece)} for piece in cut(text, cuts))


def _event(name: str, members_: Slices) -> Event:
    return Event(write_members({"type": dump_string(name), **members_}), name)
