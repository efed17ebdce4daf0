"""Opaque JSON, kept byte by byte.

`Json` holds a value that is not ours to understand as the bytes it came in: spelling of numbers, key order,
duplicate keys and white space survive. Everything that takes wire bytes apart goes through `members` and
`elements`, which slice without decoding; what they return are still the sender's bytes.

msgspec does the work. It refuses lone surrogates, which a model that emits half an emoji really sends, so a slower
path over the standard library takes such bodies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias, TypeGuard, cast

import msgspec

from keepthinking._errors import Culprit, DecodeError, EncodeError

MAX_BYTES = 128 * 1024 * 1024
"""Largest body that is taken apart, in bytes: four times the largest request a vendor accepts
(Anthropic: 32 MB, https://docs.anthropic.com/en/api/errors, verified 2026-11-23)."""

Slice: TypeAlias = bytes | msgspec.Raw
"""The bytes of one JSON value, as the sender wrote them. A `Raw` pins the whole body: copy before you keep it."""
Slices: TypeAlias = dict[str, Slice]

_SHOWN = 60
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_value = msgspec.json.Decoder(msgspec.Raw).decode
_string = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode
_SURROGATE = re.compile("[\ud800-\udfff]").search
# The scanner of strings that the standard decoder itself uses; public in its module, unknown to the type stubs.
_scan: Callable[[str, int, bool], tuple[str, int]] = vars(json.decoder)["scanstring"]
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class Json:
    """One JSON value as its bytes: hashable, immutable, equal only to the same bytes.

    Attributes:
        raw: UTF-8 bytes of exactly one JSON value, a copy that pins no larger buffer.
    """

    __slots__ = ("raw",)
    raw: bytes

    def __init__(self, raw: bytes) -> None:
        object.__setattr__(self, "raw", bytes(raw))

    @classmethod
    def of(cls, value: object) -> Json:
        """Write a Python value as JSON. Raises `EncodeError` where JSON cannot hold it (NaN, sets, bytes)."""
        return cls(dump(value))

    @property
    def value(self) -> Any:
        """The decoded value, made anew at each call; numbers lose their spelling."""
        return load(self.raw)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("Json is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("Json is immutable")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Json) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __reduce__(self) -> tuple[type[Json], tuple[bytes]]:
        return (type(self), (self.raw,))

    def __repr__(self) -> str:
        text = self.raw.decode("utf-8", "replace")
        return f"Json({text if len(text) <= _SHOWN else f'{text[:_SHOWN]}… {len(self.raw)} bytes'})"


def body_bytes(body: object, *, culprit: Culprit = "data", limit: int = MAX_BYTES) -> bytes:
    """Give a body as validated UTF-8 bytes.

    Args:
        body: `bytes`, `bytearray`, `memoryview`, `str`, or a parsed JSON object.
        culprit: Who made it, for the error.
        limit: Largest size in bytes.

    Raises:
        DecodeError: Too large, not UTF-8, or a parsed object that JSON cannot hold.
    """
    if isinstance(body, bytes | bytearray | memoryview):
        raw = bytes(cast("bytes", body))
    elif isinstance(body, str):
        try:
            raw = body.encode()
        except UnicodeEncodeError as error:
            raise DecodeError(
                "a lone surrogate stands outside an escape", where=f"character {error.start}", culprit=culprit
            ) from error
    else:
        try:
            raw = dump(body)
        except EncodeError as error:
            raise DecodeError(f"the parsed body is not JSON: {error.what}", where="$", culprit="caller") from error
    if len(raw) > limit:
        raise DecodeError(
            f"the body has {len(raw):,} bytes, the limit is {limit:,}",
            where="$",
            culprit=culprit,
            hint="send media by reference, or raise the limit",
        )
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DecodeError("the body is not UTF-8", where=f"byte {error.start}", culprit=culprit) from error
    return raw


def members(raw: Slice, path: str, culprit: Culprit = "data") -> Slices:
    """Slice a JSON object into its members, undecoded.

    Of a key that stands twice the last one counts, as in the providers' own parsers; inside a value that is not
    taken apart both stay.

    Returns:
        Key to `bytes`-like slice, in wire order.

    Raises:
        DecodeError: Not JSON, not an object, or nested too deep.
    """
    try:
        return cast("Slices", _members(raw))
    except msgspec.ValidationError as error:
        raise DecodeError(f"expected an object, found {kind(raw)}", where=path, culprit=culprit) from error
    except (msgspec.DecodeError, RecursionError) as error:
        return _slow_members(bytes(raw), path, culprit, error)


def elements(raw: Slice, path: str, culprit: Culprit = "data") -> list[Slice]:
    """Slice a JSON array into its elements, undecoded. Raises like `members`."""
    try:
        return cast("list[Slice]", _elements(raw))
    except msgspec.ValidationError as error:
        raise DecodeError(f"expected an array, found {kind(raw)}", where=path, culprit=culprit) from error
    except (msgspec.DecodeError, RecursionError) as error:
        return _slow_elements(bytes(raw), path, culprit, error)


def string(raw: Slice, path: str, culprit: Culprit = "data") -> str:
    """Decode a JSON string, lone surrogates included. Raises `DecodeError` for anything else."""
    try:
        return _string(raw)
    except msgspec.ValidationError as error:
        raise DecodeError(f"expected a string, found {kind(raw)}", where=path, culprit=culprit) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        value = _stdlib(bytes(raw), path, culprit, error)
        if not isinstance(value, str):
            raise DecodeError(f"expected a string, found {kind(raw)}", where=path, culprit=culprit) from error
        return value


_KINDS = {b"{": "an object", b"[": "an array", b'"': "a string", b"t": "true", b"f": "false", b"n": "null"}


def kind(raw: Slice) -> str:
    """Name the kind of a JSON value for an error text; no value is shown."""
    first = bytes(raw).lstrip(b" \t\r\n")[:1]
    return _KINDS.get(first, "a number" if first in b"-0123456789" and first else "nothing")


def check(raw: Slice, path: str = "$", culprit: Culprit = "data") -> None:
    """Make sure that bytes are exactly one JSON value, at little cost. Raises `DecodeError`."""
    try:
        _value(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        _stdlib(bytes(raw), path, culprit, error, _SCAN)


def load(raw: Slice, path: str = "$", culprit: Culprit = "data") -> Any:
    """Decode a JSON value to Python objects. Raises `DecodeError`."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _stdlib(bytes(raw), path, culprit, error)


def dump(value: object) -> bytes:
    """Write a Python value as compact JSON.

    Raises:
        EncodeError: NaN, an infinity, or a type that JSON has no word for.
    """
    try:
        # msgspec writes NaN as null: a silent loss. The standard library refuses it.
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise EncodeError(f"not a JSON value: {error}") from error
    return utf8(text)


def utf8(text: str) -> bytes:
    """Encode JSON text as UTF-8; a lone surrogate leaves as its escape."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", lambda m: f"\\u{ord(m[0]):04x}", text).encode()


def dump_string(text: str) -> bytes:
    """Write one string as JSON bytes."""
    try:
        return _encode(text)
    except UnicodeEncodeError:
        return json.dumps(text).encode()


def join_surrogates(text: str) -> str:
    """Join a high and a low surrogate that met: the two halves of an emoji that came in two stream deltas."""
    if not _SURROGATE(text):
        return text
    return _PAIR.sub(lambda m: m[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def ordered(raw: bytes | str) -> Any:
    """Decode for comparison: key order, duplicate keys and the spelling of numbers count, white space does not.

    Returns:
        Nested tuples; a number is `("number", spelling)`.

    Raises:
        ValueError: Not JSON (also for nesting that is too deep).
    """
    try:
        return _freeze(_ORDERED.decode(raw if isinstance(raw, str) else raw.decode("utf-8")))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_ORDERED = json.JSONDecoder(
    object_pairs_hook=lambda pairs: ("object", tuple((key, _freeze(value)) for key, value in pairs)),
    parse_float=lambda text: ("number", text),
    parse_int=lambda text: ("number", text),
    parse_constant=_refuse_constant,
)
_STRICT = json.JSONDecoder(parse_constant=_refuse_constant)
# For bytes that stay bytes: Python refuses to make an int of more than 4,300 digits, and nobody needs it made.
_SCAN = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=str, parse_float=str)


def _freeze(value: object) -> Any:
    return ("array", tuple(map(_freeze, value))) if _is_list(value) else value


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _stdlib(raw: bytes, path: str, culprit: Culprit, cause: Exception, decoder: json.JSONDecoder = _STRICT) -> Any:
    """Decode what msgspec would not: lone surrogates. Everything else becomes a typed error."""
    if isinstance(cause, RecursionError):
        raise _too_deep(path, culprit) from cause
    try:
        return decoder.decode(raw.decode("utf-8"))
    except RecursionError as error:
        raise _too_deep(path, culprit) from error
    except UnicodeDecodeError as error:
        raise DecodeError("not UTF-8", where=path, culprit=culprit) from error
    except ValueError as error:
        raise _broken(error, path, culprit) from cause


def _too_deep(path: str, culprit: Culprit) -> DecodeError:
    return DecodeError(
        "the JSON is nested too deep", where=path, culprit=culprit, hint="no provider accepts such a body"
    )


def _broken(error: ValueError, path: str, culprit: Culprit) -> DecodeError:
    if isinstance(error, json.JSONDecodeError):
        return DecodeError(f"broken JSON: {error.msg}", where=f"{path}, character {error.pos}", culprit=culprit)
    return DecodeError(f"broken JSON: {error}", where=path, culprit=culprit)


def _slow_members(raw: bytes, path: str, culprit: Culprit, cause: Exception) -> Slices:
    text = _checked(raw, path, culprit, cause)
    found: Slices = {}
    at = _skip(text, 0)
    if text[at] != "{":
        raise DecodeError(f"expected an object, found {kind(raw)}", where=path, culprit=culprit) from cause
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _scan(text, at + 1, True)  # noqa: FBT003 - the standard library takes no keyword here
        at = _skip(text, _skip(text, at) + 1)  # over the colon
        end = _SCAN.raw_decode(text, at)[1]
        found[key] = text[at:end].encode()
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _slow_elements(raw: bytes, path: str, culprit: Culprit, cause: Exception) -> list[Slice]:
    text = _checked(raw, path, culprit, cause)
    found: list[Slice] = []
    at = _skip(text, 0)
    if text[at] != "[":
        raise DecodeError(f"expected an array, found {kind(raw)}", where=path, culprit=culprit) from cause
    at = _skip(text, at + 1)
    while text[at] != "]":
        end = _SCAN.raw_decode(text, at)[1]
        found.append(text[at:end].encode())
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _checked(raw: bytes, path: str, culprit: Culprit, cause: Exception) -> str:
    _stdlib(
        raw, path, culprit, cause, _SCAN
    )  # the whole value is valid from here on: the scanners below need no checks
    return raw.decode("utf-8")


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\n\r":
        at += 1
    return at
