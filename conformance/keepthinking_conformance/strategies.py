"""Hypothesis strategies for every value of the format, for our tests and for yours.

What is in a value is what providers and clients have really sent, and worse: absent against null against empty, half
an emoji, NUL and U+2028, numbers that no float holds, keys that stand twice.

    from hypothesis import given
    from keepthinking_conformance import strategies as kts

    @given(kts.conversations())
    def test_my_store_keeps_everything(conversation): ...

Every value can be written and read back: `keepthinking.loads(keepthinking.dumps(value)) == value`. A strategy has the
name of its value in the plural; what a value is made of is written beside that value in `keepthinking`.
"""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any, Final, TypeVar

from hypothesis import strategies as st
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from keepthinking._exchange import Request, Response
from keepthinking._json import Json, dump_string, join_surrogates
from keepthinking._messages import (
    FORMAT,
    Block,
    Conversation,
    Extras,
    Field,
    Inline,
    Item,
    Media,
    Message,
    Opaque,
    Origin,
    Place,
    Seal,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)

__all__ = [
    "blocks",
    "conversations",
    "extras",
    "items",
    "json_objects",
    "json_values",
    "later_blocks",
    "media",
    "messages",
    "opaques",
    "origins",
    "places",
    "requests",
    "responses",
    "seals",
    "segments",
    "strings",
    "texts",
    "thinkings",
    "tool_calls",
    "tool_results",
    "tools",
]

_T = TypeVar("_T")
_S = TypeVar("_S", bound=Struct)

_ODD: Final = (
    *("\x00", "\x1f", "\x7f", "\u2028", "\u2029", "\ufeff", "\ufffe", "\u200b"),
    *("\ud83d", "\ude00", "\U0001f600", "e\u0301", "\u00e9", "\U0010ffff"),
    *('"', "\\", "\\u0041", "\r\n", "</script>", "<think>", "</think>", "data: ", "[DONE]", "null", "{}"),
)
_NUMBERS: Final = (
    *("0", "-0", "1", "1.0", "1.00", "1e0", "1E+0", "10e-1", "0.1", "0.10", "-1.5e300", "1e999", "-1e-999"),
    *("9007199254740993", "18446744073709551616", "1" + "0" * 400, "0." + "3" * 40),
)
_KEYS: Final = ("type", "text", "index", "signature", "extras", "format", "$ref", "", "\ud83d", "a.b", "a b")


@cache
def strings() -> st.SearchStrategy[str]:
    """Give texts, lone surrogates and control characters included."""
    plain = st.text(st.characters(exclude_categories=()), max_size=8)
    odd = st.sampled_from(_ODD)
    # Two halves that meet are one character in JSON, so a text that JSON can tell apart has none.
    return st.one_of(plain, odd, st.tuples(plain, odd, odd).map("".join)).map(join_surrogates)


@cache
def json_values() -> st.SearchStrategy[Json]:
    """Give opaque JSON as bytes: odd spacing, key orders, doubled keys, spellings of numbers and strings."""
    return _json_texts(_values()).map(lambda text: Json(text.encode()))


@cache
def json_objects() -> st.SearchStrategy[Json]:
    """Give opaque JSON that is an object."""
    return _json_texts(_object_texts(_values())).map(lambda text: Json(text.encode()))


@cache
def extras() -> st.SearchStrategy[Extras]:
    """Give members of a later version of the format, as `loads` makes them."""
    names = st.sampled_from(("later", "later_too", "extras", "Later", "\u2028", "\ud83d"))
    members = st.dictionaries(names, _values(), min_size=1, max_size=3)
    return members.map(
        lambda found: Extras(
            b"{" + b",".join(dump_string(name) + b":" + text.encode() for name, text in found.items()) + b"}"
        )
    )


@cache
def seals() -> st.SearchStrategy[Seal]:
    """Give seals, empty and repeated ones included."""
    wires = st.one_of(st.binary(max_size=12).map(_base64), strings())
    return _with_extras(
        st.builds(
            Seal,
            slot=st.sampled_from(("signature", "data", "encrypted_content", "thoughtSignature")),
            wire=wires,
            encoding=st.sampled_from(("text", "base64")),
            alternates=_tuples(wires, 2),
        )
    )


@cache
def segments() -> st.SearchStrategy[Segment]:
    """Give pieces of thinking."""
    return _with_extras(
        st.builds(
            Segment,
            channel=st.sampled_from(("raw", "summary", "update", "reference")),
            text=_nullable(strings()),
            fields=_absent(json_objects()),
        )
    )


@cache
def places() -> st.SearchStrategy[Place]:
    """Give places of thinking."""
    white = st.text(" \n\t", max_size=3)
    fields = st.builds(Field, name=st.sampled_from(("reasoning_content", "reasoning", "reasoning_details")))
    inline = st.builds(
        Inline,
        open=st.sampled_from(("<think>", "[THINK]", "")),
        close=st.sampled_from(("</think>", "[/THINK]", "")),
        lead=white,
        before=white,
        after=white,
        trail=white,
    )
    return st.one_of(_with_extras(fields), _with_extras(inline))


@cache
def items() -> st.SearchStrategy[Item]:
    """Give wire objects that group blocks."""
    return _with_extras(
        st.builds(
            Item,
            kind=st.sampled_from(("reasoning", "message", "function_call", "reasoning.text", "")),
            id=_nullable(strings()),
            phase=_nullable(st.sampled_from(("commentary", "final_answer"))),
            status=_nullable(st.sampled_from(("completed", "in_progress", "incomplete"))),
            fields=_absent(json_objects()),
            spelling=_absent(json_objects()),
        )
    )


@cache
def texts() -> st.SearchStrategy[Text]:
    """Give text blocks."""
    return _block(Text, text=strings())


@cache
def thinkings() -> st.SearchStrategy[Thinking]:
    """Give thinking blocks: empty but sealed, without a place, in several places."""
    return _block(Thinking, segments=_tuples(segments(), 3), places=_tuples(places(), 2))


@cache
def tool_calls() -> st.SearchStrategy[ToolCall]:
    """Give tool calls, with arguments that are no JSON among them."""
    return _block(
        ToolCall,
        id=_nullable(strings()),
        name=strings(),
        arguments=st.one_of(_values(), strings()),
        kind=st.sampled_from(("json", "object", "freeform")),
        server=st.booleans(),
    )


@cache
def tool_results(*, depth: int = 1) -> st.SearchStrategy[ToolResult]:
    """Give tool results.

    Args:
        depth: How deep results may stand inside results.
    """
    inner = blocks(depth=depth - 1) if depth else texts()
    return _block(
        ToolResult,
        call_id=_nullable(strings()),
        name=_nullable(strings()),
        status=st.sampled_from(("ok", "error", "unspecified")),
        content=_nullable(st.one_of(strings(), _tuples(inner, 2))),
        server=st.booleans(),
    )


@cache
def media() -> st.SearchStrategy[Media]:
    """Give images, sounds and files."""
    return _block(
        Media,
        kind=st.sampled_from(("image", "audio", "video", "file")),
        mime=_nullable(st.sampled_from(("image/png", "audio/wav"))),
        url=_nullable(strings()),
        data=_nullable(st.binary(max_size=12).map(_base64)),
        file_id=_nullable(strings()),
        text=_nullable(strings()),
        filename=_nullable(strings()),
    )


@cache
def opaques() -> st.SearchStrategy[Opaque]:
    """Give blocks that nobody knows, also such as claim to be of a later version of the format and are not."""
    return _block(
        Opaque,
        dialect=st.sampled_from(("openai-chat", "anthropic-messages", "keepthinking")),
        kind=st.sampled_from(("container_upload", "text", "", "later")),
        slot=st.sampled_from(("", "annotations")),
        body=json_values(),
    )


@cache
def later_blocks() -> st.SearchStrategy[Opaque]:
    """Give blocks of a later version of the format, as `loads` makes them."""
    kinds = st.sampled_from(("later", "text2", "", "\u2028", "\ud83d"))
    bodies = st.dictionaries(st.sampled_from(("text", "seals", "more", "\u2028")), _values(), max_size=3)

    def make(kind: str, members: dict[str, str]) -> Opaque:
        parts = [f"{json.dumps(key)}: {text}" for key, text in members.items()]
        parts.insert(len(parts) // 2, f'"type" :{json.dumps(kind)}')
        return Opaque(dialect="keepthinking", kind=kind, body=Json(("{ " + " , ".join(parts) + "}").encode()))

    return st.builds(make, kinds, bodies)


@cache
def blocks(*, depth: int = 1) -> st.SearchStrategy[Block]:
    """Give blocks of all types.

    Args:
        depth: How deep results may stand inside results.
    """
    return st.one_of(texts(), thinkings(), tool_calls(), media(), opaques(), later_blocks(), tool_results(depth=depth))


@cache
def origins() -> st.SearchStrategy[Origin]:
    """Give origins of messages."""
    return _with_extras(
        st.builds(
            Origin,
            dialect=_absent(st.sampled_from(("openai-chat", "anthropic-messages", "keepthinking"))),
            provider=_absent(st.sampled_from(("minimax", "anthropic", "openrouter"))),
            endpoint=_absent(strings()),
            model=_nullable(strings()),
            account=_absent(strings()),
            response_id=_nullable(strings()),
        )
    )


@cache
def messages() -> st.SearchStrategy[Message]:
    """Give messages; where a block points to an item, the message has it."""
    pointed = st.tuples(blocks(), st.one_of(st.none(), st.integers(0, 2)))

    def make(held: list[tuple[Block, int | None]], grouped: tuple[Item, ...], **parts: Any) -> Message:
        return Message(blocks=tuple(_point(block, at, len(grouped)) for block, at in held), items=grouped, **parts)

    return _with_extras(
        st.builds(
            make,
            st.lists(pointed, max_size=3),
            _tuples(items(), 3),
            role=st.sampled_from(("system", "developer", "user", "assistant", "tool", "\u2028")),
            carrier=st.sampled_from(("message", "system", "instructions", "input")),
            author=st.sampled_from(("human", "harness", "unknown")),
            name=_nullable(strings()),
            origin=_absent(origins()),
            fields=_absent(json_objects()),
            spelling=_absent(json_objects()),
            native=_absent(json_objects()),
        )
    )


@cache
def tools() -> st.SearchStrategy[Tool]:
    """Give tools."""
    return _with_extras(
        st.builds(
            Tool,
            name=_nullable(strings()),
            description=_nullable(strings()),
            parameters=_absent(json_values()),
            kind=st.sampled_from(("function", "freeform", "server")),
            fields=_absent(json_objects()),
            spelling=_absent(json_objects()),
        )
    )


@cache
def conversations() -> st.SearchStrategy[Conversation]:
    """Give whole conversations. Their order of messages need not make sense: no wire promises that it does."""
    return _with_extras(
        st.builds(
            Conversation,
            format=st.just(FORMAT),
            tools=_nullable(_tuples(tools(), 2)),
            messages=_tuples(messages(), 3),
        )
    )


@cache
def requests() -> st.SearchStrategy[Request]:
    """Give requests."""
    params = st.dictionaries(strings(), json_values(), max_size=2)
    return _with_extras(
        st.builds(
            Request,
            conversation=conversations(),
            model=_nullable(strings()),
            stream=_nullable(st.booleans()),
            state=_absent(params),
            params=params,
        )
    )


@cache
def responses() -> st.SearchStrategy[Response]:
    """Give responses, failed and truncated ones included."""
    return _with_extras(
        st.builds(
            Response,
            messages=_tuples(messages(), 2),
            origin=_absent(origins()),
            stop_reason=_nullable(strings()),
            usage=_absent(json_values()),
            outcome=st.sampled_from(("complete", "truncated", "failed", "pending")),
            error=_absent(json_values()),
            http_status=st.sampled_from((200, 404, 529)),
            fields=_absent(json_objects()),
            spelling=_absent(json_objects()),
        )
    )


def _absent(strategy: st.SearchStrategy[_T]) -> st.SearchStrategy[_T | UnsetType]:
    return st.one_of(st.just(UNSET), strategy)


def _nullable(strategy: st.SearchStrategy[_T]) -> st.SearchStrategy[_T | UnsetType | None]:
    return st.one_of(st.just(UNSET), st.none(), strategy)


def _tuples(strategy: st.SearchStrategy[_T], most: int) -> st.SearchStrategy[tuple[_T, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


def _with_extras(strategy: st.SearchStrategy[_S]) -> st.SearchStrategy[_S]:
    # Seldom: what comes from a later version is the exception.
    def add(value: _S, found: Extras) -> _S:
        return replace(value, extras=found)

    return st.one_of(strategy, strategy, strategy, st.builds(add, strategy, extras()))


def _block(cls: type[_S], **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[_S]:
    common = {
        "seals": _tuples(seals(), 2),
        "fields": _absent(json_objects()),
        "spelling": _absent(json_objects()),
    }
    return _with_extras(st.builds(cls, **common, **parts))


def _point(block: Block, at: int | None, count: int) -> Block:
    # What a later version wrote is kept as it is, so it points nowhere that we could see.
    if at is None or at >= count or (isinstance(block, Opaque) and block.dialect == "keepthinking"):
        return block
    return replace(block, item=at)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@cache
def _values() -> st.SearchStrategy[str]:
    leaves = st.one_of(
        st.sampled_from(("null", "true", "false", "{}", "[]", '""', *_NUMBERS)),
        st.integers().map(str),
        st.floats(allow_nan=False, allow_infinity=False).map(repr),
        strings().map(json.dumps),
        strings().map(lambda text: dump_string(text).decode()),
    )
    return st.recursive(leaves, lambda inner: st.one_of(_object_texts(inner), _array_texts(inner)), max_leaves=6)


def _object_texts(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    keys = st.one_of(st.sampled_from(_KEYS), strings()).map(json.dumps)
    pairs = st.lists(st.tuples(keys, inner), max_size=3)  # a list, so that a key may stand twice
    return pairs.map(lambda found: "{" + ",".join(f"{key}:{value}" for key, value in found) + "}")


def _array_texts(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=3).map(lambda found: "[" + ", ".join(found) + "]")


def _json_texts(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    white = st.sampled_from(("", "", "", " ", "\n", "\t\r\n"))
    return st.tuples(white, inner, white).map("".join)
