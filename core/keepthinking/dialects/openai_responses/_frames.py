"""A response as a stream, out: the events and their order are the vendor's.

Source: openai 3.54.0, `types/responses/response_stream_event.py`, and recorded streams (read 2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from keepthinking._json import Slice, Slices, dump_string, elements, members, string
from keepthinking.dialects._sse import frame
from keepthinking.dialects._text import cut
from keepthinking.dialects._wire import NULL, is_array, is_null, is_object, is_string, write_members
from keepthinking.dialects.openai_responses._names import (
    COMPLETED,
    CONTENT,
    FAILED,
    FLAT_ERROR,
    INCOMPLETE,
    LISTS,
    OUTPUT,
    PARTS,
    SEALS,
    STRINGS,
)

_AT_END = ("usage", "completed_at", "incomplete_details")
"""Members that are null until the response has ended."""

_ENDS: Mapping[str, str] = {INCOMPLETE: "response.incomplete", FAILED: "response.failed"}
"""Status of a response to the event that ends it; any other ends with `response.completed`."""


def frames(body: Slices, cuts: Random | None, *, whole: bool) -> Iterator[bytes]:
    """Write a whole body as a stream."""
    for count, (name, event) in enumerate(_events(body, cuts, whole=whole)):
        yield frame(write_members({"type": dump_string(name), "sequence_number": b"%d" % count, **event}), name)


def _events(body: Slices, cuts: Random | None, *, whole: bool) -> Iterator[tuple[str, Slices]]:
    status = _word(body, "status")
    error = body.get("error")
    # An error that is no part of an ended response came as an event of its own.
    apart = error is not None and not is_null(error) and status != FAILED
    if apart:
        body = {key: raw for key, raw in body.items() if key != "error"}
    if body:
        start = {**body, **({OUTPUT: b"[]"} if OUTPUT in body else {})}
        if whole and not apart:
            start.update({key: NULL for key in _AT_END if key in start})
            if "status" in start:
                start["status"] = b'"in_progress"'
        yield "response.created", {"response": write_members(start)}
        yield "response.in_progress", {"response": write_members(start)}
        output = body.get(OUTPUT)
        for i, raw in enumerate(elements(output, OUTPUT, "caller") if output is not None and is_array(output) else []):
            yield from _item(i, raw, cuts)
        if whole and not apart:
            yield _ENDS.get(status, f"response.{COMPLETED}"), {"response": write_members(body)}
    if apart and error is not None:
        yield "error", _flat(error)


def _flat(error: Slice) -> Slices:
    """Give the members of an error event; one of another shape stands in `error`, as gateways write it."""
    if is_object(error) and (found := members(error, "error", "caller")).keys() == set(FLAT_ERROR):
        return found
    return {"error": error}


def _item(index: int, raw: Slice, cuts: Random | None) -> Iterator[tuple[str, Slices]]:
    left = members(raw, f"{OUTPUT}[{index}]", "caller")
    kind = _word(left, "type")
    place: Slices = {"output_index": b"%d" % index}
    if "id" in left and is_string(left["id"]):
        place = {"item_id": left["id"], **place}
    start = dict(left)
    if _word(left, "status") == COMPLETED:
        start["status"] = b'"in_progress"'
    inner: list[tuple[str, Slices]] = []
    for member, event in STRINGS.get(kind, {}).items():
        if member in left and is_string(left[member]):
            start[member] = b'""'
            text = string(left[member], member, "caller")
            inner += [(f"{event}.delta", {**place, "delta": dump_string(piece)}) for piece in cut(text, cuts) if piece]
            inner.append((f"{event}.done", {**place, member: left[member]}))
    for member, (number, added, done) in LISTS.get(kind, {}).items():
        found = left.get(member)
        if found is None or not is_array(found):
            continue
        start[member] = b"[]"
        for n, part in enumerate(elements(found, member, "caller")):
            here: Slices = {**place, number: b"%d" % n}
            if is_object(part):
                inner += _part(part, here, added, done, cuts)
    if any(slot in left for slot in SEALS) and kind:
        start = {key: value for key, value in start.items() if key not in SEALS}
    yield "response.output_item.added", {"output_index": b"%d" % index, "item": write_members(start)}
    yield from inner
    yield "response.output_item.done", {"output_index": b"%d" % index, "item": raw}


def _part(raw: Slice, here: Slices, added: str, done: str, cuts: Random | None) -> Iterator[tuple[str, Slices]]:
    left = members(raw, CONTENT, "caller")
    start = dict(left)
    texts: list[tuple[str, Slices]] = []
    event, member = PARTS.get(_word(left, "type"), ("", ""))
    if event and member in left and is_string(left[member]):
        start[member] = b'""'
        more: Slices = {"logprobs": left.get("logprobs", b"[]")} if event == "response.output_text" else {}
        none: Slices = dict.fromkeys(more, b"[]")
        text = string(left[member], member, "caller")
        texts = [
            (f"{event}.delta", {**here, "delta": dump_string(piece), **none}) for piece in cut(text, cuts) if piece
        ]
        texts += _annotations(left, start, here)
        texts.append((f"{event}.done", {**here, member: left[member], **more}))
    yield added, {**here, "part": write_members(start)}
    yield from texts
    yield done, {**here, "part": raw}


def _annotations(left: Slices, start: Slices, here: Slices) -> Iterator[tuple[str, Slices]]:
    found = left.get("annotations")
    if found is not None and is_array(found):
        start["annotations"] = b"[]"
        for n, one in enumerate(elements(found, "annotations", "caller")):
            yield "response.output_text.annotation.added", {**here, "annotation_index": b"%d" % n, "annotation": one}


def _word(left: Slices, key: str) -> str:
    raw = left.get(key)
    return string(raw, key, "caller") if raw is not None and is_string(raw) else ""
