"""A response as a stream, out: one JSON object a line, the last of which says that the answer is done.

Source: https://github.com/ollama/ollama/blob/main/server/routes.go, `ChatHandler` and `streamResponse`, and
https://github.com/ollama/ollama/blob/main/api/types.go, `ChatResponse` (read 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from keepthinking._json import Slice, Slices, dump_string, elements, members, string
from keepthinking.dialects._text import cut
from keepthinking.dialects._wire import array, is_array, is_object, is_string, write_members
from keepthinking.dialects.ollama._names import CALLS, CONTENT, DONE, MESSAGE, ROLE, THINKING

_EVERYWHERE = ("model", "created_at")
"""Members that every line states."""


def frames(body: Slices, cuts: Random | None) -> Iterator[bytes]:
    """Write a whole body as a stream."""
    raw = body.get(MESSAGE)
    if raw is None or not is_object(raw):
        yield _line(body)
        return
    stated = {key: body[key] for key in _EVERYWHERE if key in body}
    message = members(raw, MESSAGE, "caller")
    for piece in _pieces(message, cuts):
        yield _line({**stated, MESSAGE: write_members(piece), DONE: b"false"})
    yield _line({**body, MESSAGE: write_members(message)})


def _pieces(message: Slices, cuts: Random | None) -> Iterator[dict[str, Slice]]:
    """Take out of a message what comes before the last line, and give it piece by piece."""
    usual: dict[str, Slice] = {ROLE: message[ROLE]} if ROLE in message else {}
    thoughts, words = (_taken(message, name) for name in (THINKING, CONTENT))
    if CONTENT in message and is_string(message[CONTENT]):
        usual[CONTENT] = b'""'  # the server's own type has it in each
    for text in cut(thoughts, cuts) if thoughts else ():
        yield {**usual, THINKING: dump_string(text)}
    for text in cut(words, cuts) if words else ():
        yield {**usual, CONTENT: dump_string(text)}
    raw = message.get(CALLS)
    if raw is not None and is_array(raw) and (calls := elements(raw, CALLS, "caller")):
        del message[CALLS]
        for call in calls:
            yield {**usual, CALLS: array([bytes(call)])}


def _taken(message: Slices, name: str) -> str:
    """Take the words of a member; of the content the empty string stays, and of what has no words all does."""
    raw = message.get(name)
    if raw is None or not is_string(raw):
        return ""
    text = string(raw, name, "caller")
    if text and name == THINKING:
        del message[name]
    elif text:
        message[name] = b'""'
    return text


def _line(body: dict[str, Slice]) -> bytes:
    """Write one line; a body that came spaced has line breaks between its tokens alone, where a blank says the same."""
    return write_members(body).translate(_ONE_LINE) + b"\n"


_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
