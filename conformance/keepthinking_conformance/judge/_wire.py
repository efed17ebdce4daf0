"""Places in recorded bodies: what stands at a JSON path, as the wire has it."""

from __future__ import annotations

from collections.abc import Iterable

from keepthinking import KeepthinkingError
from keepthinking._json import Slice, elements, kind, members, string
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


def path_of(text: str, value: str) -> str | None:
    """Give the JSON path of the first place in a JSON text that holds a value; None where none does.

    Args:
        text: The JSON text.
        value: A string as it is decoded, or the JSON text of anything else.
    """
    return _path_of(text.encode("utf-8", "replace"), value, "$")


def _path_of(raw: Slice, value: str, path: str) -> str | None:
    inner: Iterable[tuple[str, Slice]] = ()
    try:
        match kind(raw):
            case "a string":
                return path if string(raw, path) == value else None
            case "an object":
                inner = ((f"{path}.{name}", held) for name, held in members(raw, path).items())
            case "an array":
                inner = ((f"{path}[{number}]", held) for number, held in enumerate(elements(raw, path)))
            case _:
                pass
    except KeepthinkingError:
        return None
    if bytes(raw).decode("utf-8", "replace") == value:
        return path
    return next((found for place, held in inner if (found := _path_of(held, value, place)) is not None), None)


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
