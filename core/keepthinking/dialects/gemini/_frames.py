"""A response as a stream, out: each frame is a response of its own, as the vendor sends them.

Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent and recorded streams (read
2026-11-24).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from keepthinking._json import Slice, Slices, dump_string, elements, members, string
from keepthinking.dialects._sse import frame
from keepthinking.dialects._text import cut
from keepthinking.dialects._wire import array, is_array, is_object, is_string, write_members
from keepthinking.dialects.gemini._names import CANDIDATES, CONTENT, PARTS, RESPONSE_ID, TEXT, THOUGHT, VERSION, snake

_EVERYWHERE = frozenset({VERSION, RESPONSE_ID, snake(VERSION), snake(RESPONSE_ID)})
"""Members that every chunk states."""


def frames(body: Slices, cuts: Random | None) -> Iterator[bytes]:
    """Write a whole body as a stream."""
    raw = body.get(CANDIDATES)
    listed = elements(raw, CANDIDATES, "caller") if raw is not None and is_array(raw) else []
    chunks = [chunk for i, one in enumerate(listed) for chunk in _candidate(one, i, cuts)]
    if not chunks:
        yield frame(write_members(body))
        return
    stated = {key: value for key, value in body.items() if key in _EVERYWHERE}
    last = {key: value for key, value in body.items() if key not in {*_EVERYWHERE, CANDIDATES}}
    for n, chunk in enumerate(chunks, 1):
        yield frame(write_members({CANDIDATES: chunk, **(last if n == len(chunks) else {}), **stated}))


def _candidate(raw: Slice, position: int, cuts: Random | None) -> Iterator[bytes]:
    """Give the lists of candidates of the chunks that one candidate becomes."""
    rest = members(raw, CANDIDATES, "caller")
    index = rest.get("index")
    # Without a number of its own its place in the list tells which candidate it is.
    before = [] if index is not None else [b"{}"] * position
    named = {} if index is None else {"index": index}
    content = rest.pop(CONTENT, None)
    inner = members(content, CONTENT, "caller") if content is not None and is_object(content) else None
    parts = None if inner is None else inner.pop(PARTS, None)
    if inner is None or parts is None or not is_array(parts) or not (groups := list(_groups(parts, cuts))):
        if content is not None:
            rest[CONTENT] = content
        yield array([*before, write_members(rest)])
        return
    for n, group in enumerate(groups, 1):
        part = {CONTENT: write_members({PARTS: array(group), **inner})}
        yield array([*before, write_members({**part, **(rest if n == len(groups) else named)})])


def _groups(parts: Slice, cuts: Random | None) -> Iterator[list[bytes]]:
    """Give the parts of each chunk: what could be read as going on with the part before stands in one chunk with it."""
    group: list[bytes] = []
    before: tuple[str, bytes] | None = None
    for raw in elements(parts, PARTS, "caller"):
        text = _growing(raw)
        kind = None if text is None else text[1]
        if group and not (text is not None and before is not None and before[1] == kind):
            yield group
            group = []
        if text is None:
            group.append(bytes(raw))
        else:
            first, *more = [_text(piece, text[1]) for piece in cut(text[0], cuts)]
            group.append(first)
            for piece in more:
                yield group
                group = [piece]
        before = text
    if group:
        yield group


def _growing(raw: Slice) -> tuple[str, bytes] | None:
    """Give the words of a part that is nothing but a text, and what it says of being a thought."""
    if not is_object(raw):
        return None
    left = members(raw, PARTS, "caller")
    text = left.get(TEXT)
    if text is None or not is_string(text) or not left.keys() <= {TEXT, THOUGHT}:
        return None
    return string(text, TEXT, "caller"), bytes(left.get(THOUGHT, b""))


def _text(text: str, thought: bytes) -> bytes:
    words = {TEXT: dump_string(text)}
    return write_members({**words, THOUGHT: thought} if thought else words)
