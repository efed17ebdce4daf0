"""The canonical JSON: values to bytes and back.

Rule 1: what `dumps` writes reads back equal, or `dumps` raises.
Rule 2: a `Json` travels as a JSON string that holds its text. Stores write JSON anew (Postgres' jsonb sorts keys,
JavaScript turns 1.0 into 1), and bytes that a provider wants back must survive that. It also leaves half an emoji
inside them as plain ASCII.
Rule 3: an older reader hands a newer file on unharmed. Members that it does not know go to `extras`; a block of a
type that it does not know becomes an `Opaque` of the dialect `keepthinking`; both are written back where they stood.
Rule 4: so a later version may add members and block types under the same format name. A new word in a closed list
(a channel, an outcome, a kind of place) could be misread, and needs a new name.

msgspec reads and writes. What it would drop or refuse although the format allows it, a slower path takes: one that
goes apart only where msgspec failed, and knows where it is, so its errors have a path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar, cast, get_args, overload

import msgspec
from msgspec import UNSET, inspect

from keepthinking._errors import DecodeError, EncodeError, FormatError
from keepthinking._json import (
    MAX_BYTES,
    Json,
    Slice,
    Slices,
    body_bytes,
    check,
    dump_string,
    elements,
    join_surrogates,
    kind,
    members,
    string,
    utf8,
)
from keepthinking._messages import FORMAT, Block, Conversation, Extras, Opaque, Value

__all__ = ["LATER", "dumps", "loads"]

LATER: Final = "keepthinking"
"""The dialect of an `Opaque` that holds a block of a later version of this format."""

_LATER_MARK: Final = b'"dialect":"' + LATER.encode() + b'"'
"""How such a block shows in compact JSON; inside a string the quotes would be escaped, so a search is exact."""

_V = TypeVar("_V", bound=Value)


def dumps(value: Value) -> bytes:
    """Write a value of the format as canonical JSON.

    Two halves of a character that stand side by side in a `str` are written as that character: JSON has no other way.

    Args:
        value: A `Conversation`, or any part of one, a `Request` or a `Response`. Only a conversation carries the
            name of its format, so store parts together with one.

    Returns:
        Compact UTF-8 JSON; what has its default is left out.

    Raises:
        EncodeError: A `Json` does not hold JSON, `extras` hold what they cannot, or the value is nested too deep.
    """
    try:
        return _write(value, "$")
    except RecursionError as error:
        raise EncodeError("the value is nested too deep", where="$") from error


@overload
def loads(data: object, *, limit: int = MAX_BYTES) -> Conversation: ...
@overload
def loads(data: object, type: type[_V], *, limit: int = MAX_BYTES) -> _V: ...
def loads(data: object, type: type[Value] = Conversation, *, limit: int = MAX_BYTES) -> Value:  # noqa: A002 - as in msgspec
    """Read what `dumps` wrote.

    Args:
        data: The JSON as `bytes` or `str`, or parsed, as a database driver gives it.
        type: What it is: `Conversation`, or the part that was written.
        limit: Largest size in bytes.

    Raises:
        FormatError: Not JSON, not this type, a later format, too deep, or too large.
    """
    try:
        raw = body_bytes(data, limit=limit)
        try:
            return _decoder(type)(raw)
        except _REFUSED:
            return _read_struct(raw, _info(type), "$")
    except DecodeError as error:
        raise FormatError(error.what, where=error.where, culprit=error.culprit, hint=error.hint) from error
    except RecursionError as error:
        raise FormatError("the JSON is nested too deep", where="$", culprit="data") from error


# Writing


class _CannotWriteFastError(Exception):
    pass


def _enc_hook(value: object) -> str:
    if not isinstance(value, Json) or isinstance(value, Extras):
        raise _CannotWriteFastError
    check(value.raw)
    return value.raw.decode()


_encode = msgspec.json.Encoder(enc_hook=_enc_hook).encode


class _Layout(NamedTuple):
    tag: str | None
    fields: tuple[tuple[str, object], ...]  # name and default; `extras` is not among them


@cache
def _layout(cls: type[Value]) -> _Layout:
    fields = ((field.name, field.default) for field in msgspec.structs.fields(cls) if field.name != "extras")
    return _Layout(cast("str | None", cls.__struct_config__.tag), tuple(fields))


def _write(value: object, path: str) -> bytes:
    try:
        written = _encode(value)
    except (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError, _CannotWriteFastError) as error:
        return _write_slow(value, path, error)
    return _write_slow(value, path) if _LATER_MARK in written else written


def _write_slow(value: object, path: str, cause: Exception | None = None) -> bytes:
    match value:
        case Json():
            return dump_string(_checked_text(value.raw, path))
        case Value():
            return _write_struct(value, path)
        case str():
            return dump_string(join_surrogates(value))
        case tuple():
            items = cast("tuple[object, ...]", value)
            return b"[" + b",".join(_write(item, f"{path}[{i}]") for i, item in enumerate(items)) + b"]"
        case dict():
            pairs = cast("dict[str, object]", value).items()
            return b"{" + b",".join(_key(k, path) + b":" + _write(item, _member(path, k)) for k, item in pairs) + b"}"
        case _:
            raise EncodeError(f"the format has no place for a {type(value).__name__}", where=path) from cause


def _write_struct(value: Value, path: str) -> bytes:
    if isinstance(value, Opaque) and _is_later(value):
        return value.body.raw
    layout = _layout(type(value))
    parts: list[bytes] = []
    if layout.tag is not None:
        parts.append(dump_string(_TAG_FIELD) + b":" + dump_string(layout.tag))
    for name, default in layout.fields:
        item = getattr(value, name)
        # By equality, where msgspec asks for identity: a default that was read from a file is a default, too.
        if item is not UNSET and (default is msgspec.NODEFAULT or item != default):
            parts.append(dump_string(name) + b":" + _write(item, f"{path}.{name}"))
    if value.extras is not UNSET:
        parts.append(_write_extras(value.extras, type(value), f"{path}.extras"))
    return b"{" + b",".join(parts) + b"}"


def _write_extras(extras: Json, cls: type[Value], path: str) -> bytes:
    _checked_text(extras.raw, path)
    try:
        found = members(extras.raw, path, "caller")
    except DecodeError as error:
        raise EncodeError(error.what, where=path) from error
    known = sorted(found.keys() & _names(cls))
    if known:
        what = f"`extras` hold {', '.join(known)}, which this version knows"
        raise EncodeError(what, where=path, hint="set the attribute")
    written = _join(found)
    if not found or b"{" + written + b"}" != extras.raw:
        raise EncodeError("`extras` are empty, doubled, or spaced", where=path, hint="only `loads` should make extras")
    return written


def _join(found: Slices) -> bytes:
    return b",".join(dump_string(key) + b":" + bytes(raw) for key, raw in found.items())


def _names(cls: type[Value]) -> set[str]:
    layout = _layout(cls)
    return {name for name, _ in layout.fields} | (set() if layout.tag is None else {_TAG_FIELD})


def _is_later(block: Opaque) -> bool:
    """Tell whether a block is one that `_read_union` made, so that writing its body alone loses nothing."""
    if block.kind in _TAGS or block != Opaque(dialect=LATER, kind=block.kind, body=block.body):
        return False
    raw = block.body.raw
    try:
        raw.decode()
        found = members(raw, "$")
        return raw[:1] == b"{" and raw[-1:] == b"}" and string(found.get(_TAG_FIELD, b"null"), "$") == block.kind
    except (DecodeError, UnicodeDecodeError):
        return False


def _checked_text(raw: bytes, path: str) -> str:
    try:
        check(raw, path, "caller")
        return raw.decode()
    except (DecodeError, UnicodeDecodeError) as error:
        what = error.what if isinstance(error, DecodeError) else "not UTF-8"
        raise EncodeError(f"a Json value does not hold JSON: {what}", where=path) from error


def _key(key: object, path: str) -> bytes:
    if not isinstance(key, str):
        raise EncodeError(f"a member is named by a {type(key).__name__}", where=path)
    return dump_string(join_surrogates(key))


def _member(path: str, key: str) -> str:
    return f"{path}.{key}" if re.fullmatch(r"\w+", key) else f"{path}[{json.dumps(key)}]"


# Reading

_REFUSED = (msgspec.DecodeError, ValueError, RecursionError)


def _dec_hook(cls: type[Any], value: object) -> Json:
    # A string that is no JSON, a value that is no string, and a member named `extras` all go to the slower path.
    if cls is not Json or not isinstance(value, str):
        raise ValueError
    raw = value.encode()
    check(raw, "$")
    return Json(raw)


@cache
def _decoder(cls: type[Value]) -> Callable[[Slice], Value]:
    return msgspec.json.Decoder(cls, dec_hook=_dec_hook).decode


@cache
def _info(cls: type[Value]) -> inspect.StructType:
    return cast("inspect.StructType", inspect.type_info(cls))


def _read(raw: Slice, info: inspect.Type, path: str) -> object:
    match info:
        case inspect.StructType():
            try:
                return _decoder(cast("type[Value]", info.cls))(raw)
            except _REFUSED:
                return _read_struct(raw, info, path)
        case inspect.UnionType():
            return _read_union(raw, info, path)
        case inspect.VarTupleType(item_type=item):
            return tuple(_read(slice_, item, f"{path}[{i}]") for i, slice_ in enumerate(elements(raw, path)))
        case inspect.DictType(value_type=item):
            return {key: _read(slice_, item, _member(path, key)) for key, slice_ in members(raw, path).items()}
        case _:
            return _read_leaf(raw, info, path)


def _read_struct(raw: Slice, info: inspect.StructType, path: str) -> Value:
    found = members(raw, path)
    if info.cls is Conversation:
        _check_format(found.get("format"), path)
    if info.tag is not None and _tag(found, path) != info.tag:
        raise FormatError(f"expected the type {info.tag}", where=f"{path}.{_TAG_FIELD}", culprit="data")
    fields = {field.name: field for field in info.fields if field.name != "extras"}
    values: dict[str, object] = {}
    unknown: Slices = {}
    for key, slice_ in found.items():
        if key in fields:
            values[key] = _read(slice_, fields[key].type, f"{path}.{key}")
        elif info.tag is None or key != _TAG_FIELD:
            unknown[key] = slice_
    for field in fields.values():
        if field.required and field.name not in values:
            raise FormatError(f"a {info.cls.__name__} has no `{field.name}`", where=path, culprit="data")
    if unknown:
        values["extras"] = Extras(b"{" + _join(unknown) + b"}")
    return cast("type[Value]", info.cls)(**cast("dict[str, Any]", values))


def _read_union(raw: Slice, info: inspect.UnionType, path: str) -> object:
    found = _kind(raw)
    fitting = [one for one in info.types if _KINDS[type(one)] == found]
    if not fitting:
        expected = " or ".join(sorted({_KINDS[type(one)] for one in info.types}))
        raise FormatError(f"expected {expected}, found {found}", where=path, culprit="data")
    if len(fitting) == 1:
        return _read(raw, fitting[0], path)
    # Of one kind of JSON only objects come in several types, and those have tags.
    structs = {one.tag: one for one in cast("list[inspect.StructType]", fitting)}
    tag = _tag(members(raw, path), path)
    if tag in structs:
        return _read(raw, structs[tag], path)
    if _OPAQUE in structs:
        return Opaque(dialect=LATER, kind=tag, body=Json(bytes(raw)))
    raise FormatError(
        f"expected a type out of {', '.join(map(str, structs))}",
        where=f"{path}.{_TAG_FIELD}",
        culprit="data",
        hint=_UPDATE,
    )


def _read_leaf(raw: Slice, info: inspect.Type, path: str) -> object:
    expected, found = _KINDS[type(info)], _kind(raw)
    if found != expected:
        raise FormatError(f"expected {expected}, found {found}", where=path, culprit="data")
    match info:
        case inspect.StrType():
            return string(raw, path)
        case inspect.CustomType():
            return _read_json(raw, path)
        case inspect.LiteralType(values=words):
            word = string(raw, path)
            if word in words:
                return word
            what = f"expected one of {', '.join(map(str, words))}"
            raise FormatError(what, where=path, culprit="data", hint=_UPDATE)
        case _:
            try:
                return msgspec.json.decode(raw, type=_LEAVES[type(info)])
            except msgspec.DecodeError as error:
                raise FormatError(f"{expected} that has no place here", where=path, culprit="data") from error


def _read_json(raw: Slice, path: str) -> Json:
    text = utf8(string(raw, path))
    try:
        check(text, path)
    except DecodeError as error:
        raise FormatError(f"the string does not hold JSON: {error.what}", where=path, culprit="data") from error
    return Json(text)


def _kind(raw: Slice) -> str:
    found = kind(raw)
    return "true or false" if found in {"true", "false"} else found


def _tag(found: Slices, path: str) -> str:
    raw = found.get(_TAG_FIELD)
    if raw is None:
        raise FormatError(f"an object has no `{_TAG_FIELD}`", where=path, culprit="data")
    return string(raw, f"{path}.{_TAG_FIELD}")


def _check_format(raw: Slice | None, path: str) -> None:
    if raw is None:
        raise FormatError(
            "not a conversation: it has no `format`",
            where=path,
            culprit="data",
            hint="a provider's body is read by a dialect, a part of a conversation by naming its type",
        )
    name = string(raw, f"{path}.format")
    if name == FORMAT:
        return
    # Only a name that is surely ours may be shown: a file that is something else may hold anything.
    if re.fullmatch(r"keepthinking/[1-9][0-9]{0,3}", name):
        raise FormatError(
            f"the conversation is in the format {name}, and this version reads {FORMAT}",
            where=f"{path}.format",
            culprit="data",
            hint="update keepthinking",
        )
    raise FormatError(f"not a conversation in the format {FORMAT}", where=f"{path}.format", culprit="data")


_UPDATE: Final = "if a later version wrote this, update keepthinking"
_TAGS: Final = frozenset(str(cls.__struct_config__.tag) for cls in cast("tuple[type[Value], ...]", get_args(Block)))
_OPAQUE: Final = Opaque.__struct_config__.tag
_TAG_FIELD: Final = "type"
_LEAVES: Final[dict[type[inspect.Type], type | None]] = {
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.NoneType: None,
    inspect.BytesType: bytes,
}
_KINDS: Final[dict[type[inspect.Type], str]] = {
    inspect.StructType: "an object",
    inspect.DictType: "an object",
    inspect.VarTupleType: "an array",
    inspect.StrType: "a string",
    inspect.LiteralType: "a string",
    inspect.CustomType: "a string",
    inspect.BytesType: "a string",
    inspect.NoneType: "null",
    inspect.BoolType: "true or false",
    inspect.IntType: "a number",
    inspect.FloatType: "a number",
}
"""What each type is in JSON; the values of the format are made of no others."""
