"""JSON as a scaffold holds it: parsed, but for the spelling of fractions, which the model may see again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

import msgspec


class Fraction:
    """A number that is no integer, as it was written: `1.0` and `1e2` are not `1` and `100.0`.

    Attributes:
        spelling: How it was written.
    """

    __slots__ = ("spelling",)

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling


_decode: Final = msgspec.json.Decoder(float_hook=Fraction).decode


def load(raw: bytes | str) -> Any:
    """Parse JSON. Raises `ValueError`."""
    try:
        return _decode(raw)
    except msgspec.DecodeError:
        return json.loads(raw, parse_float=Fraction)  # half an emoji, or no JSON


def _spelled(value: object) -> msgspec.Raw:
    if isinstance(value, Fraction):
        return msgspec.Raw(value.spelling.encode())
    raise TypeError(f"{type(value).__name__} is no JSON")


_encode: Final = msgspec.json.Encoder(enc_hook=_spelled).encode


def dump(value: Any) -> bytes:
    """Write JSON, without white space."""
    return _encode(value)


def joined(pieces: Iterable[str]) -> str:
    """Join the pieces of a streamed text; an emoji may have been cut in two."""
    return "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
