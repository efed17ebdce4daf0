"""Places in recorded bodies: what stands at a JSON path, as the wire has it."""

from __future__ import annotations

from keepthinking import KeepthinkingError
from keepthinking._json import Slice, elements, members
from keepthinking.audit._recording import is_stream
from keepthinking.retention._paths import steps
from keepthinking_conformance.judge._answers import Call
from keepthinking_conformance.judge._case import Case


def at_path(body: bytes, path: str) -> str | None:
    """Give the JSON text at a path; None where nothing stands there."""
    raw: Slice = body
    try:
        for step in steps(path):
            held = members(raw, path).get(step) if isinstance(step, str) else _nth(elements(raw, path), step)
            if held is None:
                return None
            raw = held
    except (ValueError, KeepthinkingError):
        return None
    return bytes(raw).decode("utf-8", "replace")


def _nth(found: list[Slice], index: int) -> Slice | None:
    return found[index] if index < len(found) else None


def answer_body(case: Case, call: Call) -> bytes | None:
    """Give the body of an answer; one that was streamed is written as a whole one would have been."""
    body = call.exchange.response
    if not isinstance(body, bytes):
        return None
    if not is_stream(body):
        return body
    profile = case.profile(call)
    try:
        decoder = case.dialect.stream_decoder(profile)
        decoder.feed(body)
        return case.dialect.encode_response(decoder.finish(), profile).body
    except KeepthinkingError:
        return None
