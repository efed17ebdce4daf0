"""A message as a stream, out: the events and their order are the vendor's.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html and botocore 1.44.5,
`ConverseStreamOutput` (read 2026-11-24). Thinking and texts have no `contentBlockStart`.

A block of a kind that the vendor does not stream is one delta under its own key, whole: `_stream` reads it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from keepthinking._json import Slice, Slices, dump_string, elements, members, string, utf8
from keepthinking.dialects._eventstream import Frame, write_frame
from keepthinking.dialects._text import cut
from keepthinking.dialects._wire import is_array, is_json, is_object, is_string, write_members
from keepthinking.dialects.bedrock_converse._names import (
    CALL,
    CITATIONS,
    CITED,
    CONTENT,
    FAMILIES,
    INPUT,
    MESSAGE,
    OUTPUT,
    REDACTED,
    RESULT,
    SIGNATURE,
    STOP,
    TEXT,
    THINKING,
    WORDS,
)

_AT_END = (STOP, "additionalModelResponseFields")
"""Members that the vendor gives in `messageStop`; all others but the message stand in `metadata`."""


def frames(body: Slices, error: Slices, cuts: Random | None, *, whole: bool) -> Iterator[bytes]:
    """Write a whole body as a stream, and the error that ended it."""
    output = members(body.pop(OUTPUT), OUTPUT, "caller") if OUTPUT in body and is_object(body[OUTPUT]) else {}
    if MESSAGE in output:
        yield from _message(members(output.pop(MESSAGE), MESSAGE, "caller"), cuts, ended=whole and not error)
        if output:
            body[OUTPUT] = write_members(output)
        ends = {key: body.pop(key) for key in _AT_END if key in body and (whole or key != STOP)}
        if not error and whole:
            yield _event("messageStop", ends)
        else:
            body = {**ends, **body}
    if body:
        yield _event("metadata", body)
    if error:
        yield _error(error)


def _message(message: Slices, cuts: Random | None, *, ended: bool) -> Iterator[bytes]:
    content = message.pop(CONTENT, None)
    yield _event("messageStart", message)
    for i, raw in enumerate(elements(content, CONTENT, "caller") if content is not None and is_array(content) else []):
        index = b"%d" % i
        left: Slices = members(raw, f"{CONTENT}[{i}]", "caller") if is_object(raw) else {}
        if len({FAMILIES[key] for key in left if key in FAMILIES}) > 1:
            # of one block that is several things a second delta would be read as another block
            yield _event("contentBlockDelta", {"delta": write_members(_at_once(left)), _INDEX: index})
            yield _event("contentBlockStop", {_INDEX: index})
            continue
        if CALL in left and is_object(left[CALL]):
            call = members(left.pop(CALL), CALL, "caller")
            pieces = [] if INPUT not in call else _arguments(call.pop(INPUT), cuts, ended=ended)
            yield _event("contentBlockStart", {"start": write_members({CALL: write_members(call)}), _INDEX: index})
            deltas: list[Slices] = [{CALL: write_members({INPUT: dump_string(piece)})} for piece in pieces]
            whole = bool("".join(pieces))  # of a call that ended without arguments they are `{}`
        elif RESULT in left and is_object(left[RESULT]):
            result = members(left.pop(RESULT), RESULT, "caller")
            parts = result.pop(CONTENT) if is_array(result.get(CONTENT, b"{}")) else None
            yield _event("contentBlockStart", {"start": write_members({RESULT: write_members(result)}), _INDEX: index})
            deltas, whole = [] if parts is None else [{RESULT: parts}], True
        else:
            deltas, whole = list(_deltas(left, cuts)), True
        for delta in deltas:
            yield _event("contentBlockDelta", {"delta": write_members(delta), _INDEX: index})
        if left or not is_object(raw) or bytes(raw) == b"{}":
            yield _event("contentBlockDelta", {"delta": write_members(left) if left else raw, _INDEX: index})
        if whole:
            yield _event("contentBlockStop", {_INDEX: index})


_INDEX = "contentBlockIndex"


def _deltas(left: Slices, cuts: Random | None) -> Iterator[Slices]:
    """Take out of a block what is streamed, and give it as deltas."""
    if TEXT in left and is_string(left[TEXT]):
        yield from _pieces(left.pop(TEXT), TEXT, cuts)
    if THINKING in left and is_object(left[THINKING]) and (thought := members(left[THINKING], THINKING, "caller")):
        del left[THINKING]
        yield from ({THINKING: write_members(delta)} for delta in _thought(thought, cuts))
    if CITED in left and is_object(left[CITED]):
        yield from _cited(left, members(left.pop(CITED), CITED, "caller"), cuts)


def _thought(left: Slices, cuts: Random | None) -> Iterator[Slices]:
    words = members(left.pop(WORDS), WORDS, "caller") if WORDS in left and is_object(left[WORDS]) else {}
    if TEXT in words and is_string(words[TEXT]):
        yield from _pieces(words.pop(TEXT), TEXT, cuts)
    if SIGNATURE in words and is_string(words[SIGNATURE]):
        yield {SIGNATURE: words.pop(SIGNATURE)}
    if REDACTED in left and is_string(left[REDACTED]):
        yield {REDACTED: left.pop(REDACTED)}
    if words:
        left[WORDS] = write_members(words)
    if left:
        yield left


def _cited(block: Slices, left: Slices, cuts: Random | None) -> Iterator[Slices]:
    raw, citations = left.get(CONTENT), left.get(CITATIONS)
    pieces = elements(raw, CONTENT, "caller") if raw is not None and is_array(raw) else []
    piece = members(pieces[0], CONTENT, "caller") if len(pieces) == 1 and is_object(pieces[0]) else {}
    if piece.keys() == {TEXT} and is_string(piece[TEXT]) and citations is not None and is_array(citations):
        quoted = elements(citations, CITATIONS, "caller")
        if quoted:
            yield from _pieces(piece[TEXT], TEXT, cuts)
            yield from ({"citation": citation} for citation in quoted)
            del left[CONTENT], left[CITATIONS]
    if left:
        block[CITED] = write_members(left)


def _pieces(raw: Slice, key: str, cuts: Random | None) -> Iterator[Slices]:
    yield from ({key: dump_string(piece)} for piece in cut(string(raw, key, "caller"), cuts))


def _at_once(left: Slices) -> Slices:
    """Give a block as one delta: in a delta the arguments of a call are the text of their JSON."""
    if CALL not in left or not is_object(left[CALL]):
        return left
    call = members(left[CALL], CALL, "caller")
    if INPUT in call:
        call[INPUT] = dump_string(bytes(call[INPUT]).decode())
    return {**left, CALL: write_members(call)}


def _arguments(raw: Slice, cuts: Random | None, *, ended: bool) -> list[str]:
    """Give the JSON text of arguments in pieces; where the stream is cut, arguments that are none are the words."""
    text = bytes(raw).decode()
    if not ended and is_string(raw) and not is_json(utf8(cut_short := string(raw, INPUT, "caller"))):
        text = cut_short
    return cut(text, cuts)


def _event(name: str, members_: Slices) -> bytes:
    return write_frame(Frame("event", name, write_members(members_)))


def _error(error: Slices) -> bytes:
    ((name, raw), *more) = error.items()
    if more or not is_object(raw):
        return write_frame(Frame("exception", "", write_members(error)))
    return write_frame(Frame("exception", name, bytes(raw)))
