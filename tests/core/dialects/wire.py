"""What the tests of all dialects share: the dialects, the recordings, and JSON as a tree of paths.

A new dialect adds its row to `DIALECTS`; its recordings are found by its id. No test knows a single recording.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from keepthinking._exchange import Event, Response
from keepthinking.dialects import (
    anthropic_messages,
    bedrock_converse,
    cohere,
    gemini,
    mistral,
    ollama,
    openai_chat,
    openai_responses,
)
from keepthinking.dialects._base import Dialect

DIALECTS: Mapping[str, Dialect] = {
    openai_chat.DIALECT.id: openai_chat.DIALECT,
    anthropic_messages.DIALECT.id: anthropic_messages.DIALECT,
    mistral.DIALECT.id: mistral.DIALECT,
    openai_responses.DIALECT.id: openai_responses.DIALECT,
    gemini.DIALECT.id: gemini.DIALECT,
}

UNRECORDED = ("ollama",)
"""Dialects of which no traffic was recorded: their shapes are written by hand, in a test of their own."""

WHOLE: Mapping[str, Dialect] = {
    **DIALECTS,
    bedrock_converse.DIALECT.id: bedrock_converse.DIALECT,
    cohere.DIALECT.id: cohere.DIALECT,
}
"""All dialects, with those whose streams are binary, and have tests of their own, or are not read at all."""

ALL: Mapping[str, Dialect] = {**WHOLE, ollama.DIALECT.id: ollama.DIALECT}
"""Every dialect, also one of which nothing was recorded: for tests that make their own bodies."""


HISTORY: Mapping[str, str] = {"openai-responses": "input", "gemini": "contents"}
"""The member of a request that holds the history, where it is not `messages`."""


def of(id_: str, body: str) -> str:
    """Write a body with the dialect's own name for its history."""
    return body.replace("messages", HISTORY.get(id_, "messages"))


class Streamed(NamedTuple):
    """What a stream gave."""

    response: Response
    events: list[Event]


class Recording(NamedTuple):
    """One recorded exchange; a streamed response is its text."""

    name: str
    status: int
    request: Any
    response: Any

    @property
    def stream(self) -> bytes | None:
        """The bytes of a streamed response."""
        return self.response.encode() if isinstance(self.response, str) else None


def recordings(directory: Path, dialect: str) -> list[Recording]:
    """Read all recordings of a dialect; there must be some, or a test would prove nothing."""
    found: list[Recording] = []
    for path in sorted(directory.glob(f"{dialect}*.jsonl")):  # a route of its own may have a file of its own
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], 1):
            entry = json.loads(line)
            name = f"{path.name}, line {number}: {entry.get('source', '')}"
            found.append(Recording(name, entry.get("status", 200), entry["request"], entry.get("response")))
    assert found, f"no recordings of {dialect} in {directory}"
    return found


def shuffled(value: Any, random: Random) -> Any:
    """Copy a JSON value with the members of each object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        random.shuffle(keys)
        return {key: shuffled(value[key], random) for key in keys}
    if isinstance(value, list):
        return [shuffled(inner, random) for inner in value]
    return value


def differences(a: Any, b: Any, path: str = "$") -> Iterator[tuple[str, Any, Any]]:
    """Give the smallest subtrees in which two JSON values differ, as path and both sides."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for key in a:
            yield from differences(a[key], b[key], f"{path}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (left, right) in enumerate(zip(a, b, strict=True)):
            yield from differences(left, right, f"{path}[{i}]")
    elif type(a) is not type(b) or a != b:
        yield path, a, b


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Give every leaf of a JSON value; an empty object or array is a leaf."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for i, inner in enumerate(value):
            yield from leaves(inner, (*path, i))
    else:
        yield path, value


def with_leaf(value: Any, path: tuple[str | int, ...], leaf: Any) -> Any:
    """Copy a JSON value with one leaf changed."""
    if not path:
        return leaf
    first, *more = path
    if isinstance(value, dict):
        return {key: with_leaf(inner, tuple(more), leaf) if key == first else inner for key, inner in value.items()}
    return [with_leaf(inner, tuple(more), leaf) if i == first else inner for i, inner in enumerate(value)]


def other(leaf: Any) -> Any:
    """Give another leaf of the same type; a mark in front keeps what is recognised by its end."""
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, str):
        return MARK + leaf
    if isinstance(leaf, int | float):
        return leaf + 1
    return MARK  # null, {} and []


MARK = "~"


def read_stream(dialect: Dialect, raw: bytes, cuts: Random | None = None, profile: str | None = None) -> Streamed:
    """Read a stream whole, or cut into random pieces."""
    decoder = dialect.stream_decoder(profile)
    events: list[Event] = []
    at = 0
    while at < len(raw):
        size = len(raw) if cuts is None else cuts.choice((1, 2, 3, 17, 400))
        events += decoder.feed(raw[at : at + size])
        at += size
    return Streamed(decoder.finish(), events)


def answer_of(id_: str, recording: Recording) -> Response:
    """Read a recorded answer, whole or streamed."""
    if recording.stream is None:
        return ALL[id_].decode_response(recording.response, status=recording.status)
    decoder = ALL[id_].stream_decoder()
    decoder.feed(recording.stream)
    return decoder.finish()
