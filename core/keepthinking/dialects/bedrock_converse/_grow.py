"""One content block that grows, member by member."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, TypeVar

from keepthinking._json import Slice, dump_string, elements, join_surrogates, members, string, utf8
from keepthinking.dialects._text import Grow
from keepthinking.dialects._wire import array, is_array, is_json, is_object, is_string, write_members
from keepthinking.dialects.bedrock_converse._names import CALL, CITED, CONTENT, INPUT, TEXT

Path: TypeAlias = tuple[str, ...]
How: TypeAlias = Literal["join", "json", "bytes", "append", "extend"]

_EMPTY = b"{}"


class _Blob(Grow):
    """Pieces of base64, which spell bytes that belong together."""

    __slots__ = ("pieces",)

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Add a piece."""
        self.pieces.append(piece)

    def __str__(self) -> str:
        if len(self.pieces) == 1:
            return self.pieces[0]
        try:
            decoded = [base64.b64decode(piece, validate=True) for piece in self.pieces]
        except (binascii.Error, ValueError):
            return "".join(self.pieces)  # no base64: joined as it is
        return base64.b64encode(b"".join(decoded)).decode()


class _Arguments(Grow):
    """Pieces of JSON text."""


_Leaf: TypeAlias = bytes | Grow | list[bytes]
_LeafT = TypeVar("_LeafT", bytes, Grow, list[bytes])
_MAKE: Mapping[str, Callable[[], Grow]] = {"join": Grow, "json": _Arguments, "bytes": _Blob}


class Growing:
    """The members of one block by their path; what is below an object is a member of its own.

    Attributes:
        kinds: What it is, by its members so far; nothing while no member that is known has come.
        stopped: Whether the block is whole.
    """

    __slots__ = ("_held", "_raw", "kinds", "stopped")

    def __init__(self) -> None:
        self._held: dict[Path, _Leaf] = {}
        self._raw: bytes | None = None
        self.kinds: set[str] = set()
        self.stopped = False

    def takes(self, kinds: set[str]) -> bool:
        """Tell whether members of these kinds can be members of this block."""
        return not kinds or not self.kinds or bool(kinds & self.kinds)

    def whole(self, raw: Slice) -> None:
        """Take a block that is no object."""
        self._raw = bytes(raw)

    def set(self, path: Path, raw: Slice) -> None:
        """Set a member, whatever it was before."""
        inner = members(raw, ".".join(path), "provider") if is_object(raw) else {}
        for key, value in inner.items():
            self.set((*path, key), value)
        if not inner:
            self._put(path, bytes(raw))

    def grow(self, path: Path, raw: Slice, how: How) -> None:
        """Let a member grow by one delta; a delta of an unexpected type replaces what it cannot grow."""
        known = self._held.get(path)
        if how == "append" or (how == "extend" and is_array(raw)):
            held = known if isinstance(known, list) else self._put(path, [])
            held += [bytes(raw)] if how == "append" else map(bytes, elements(raw, ".".join(path), "provider"))
        elif how == "extend" or not is_string(raw):
            self._put(path, bytes(raw))
        else:
            text = known if isinstance(known, Grow) else self._put(path, _MAKE[how]())
            text.add(string(raw, ".".join(path), "provider"))

    def guess(self, path: Path, raw: Slice) -> None:
        """Let a member grow that nobody here knows, by its type."""
        known = self._held.get(path)
        if known is None or not (is_string(raw) or is_array(raw)):
            if bytes(raw) != _EMPTY or not any(held[: len(path)] == path for held in self._held):
                self._put(path, bytes(raw))
        elif isinstance(known, Grow):
            self.grow(path, raw, "join")
        elif isinstance(known, bytes) and is_string(known) and is_string(raw):
            self._put(path, Grow(string(known, ".".join(path), "provider")))
            self.grow(path, raw, "join")
        elif isinstance(known, bytes) and is_array(known) and is_array(raw):
            self._put(path, list(map(bytes, elements(known, ".".join(path), "provider"))))
            self.grow(path, raw, "extend")
        else:
            self.grow(path, raw, "extend" if isinstance(known, list) else "join")

    def done(self, *, ended: bool) -> bytes:
        """Write the block as it stands.

        Args:
            ended: Whether the whole message has ended, and so this block, of which a proxy may not say so.

        Arguments are the pieces of JSON text, joined and otherwise untouched; of a whole call that came without any
        they are `{}`, as in an answer that is not streamed. Where the stream was cut they are no JSON; then they stand
        as a string, which the reader takes for what it is.
        """
        if self._raw is not None:
            return self._raw
        held = dict(self._held)
        if any(path[0] == CITED for path in held) and isinstance(text := held.get((TEXT,)), Grow):
            words = dump_string(join_surrogates(str(text)))
            held = {(CITED, CONTENT): array([write_members({TEXT: words})]), **held}
            del held[TEXT,]
        calls = any(path[0] == CALL for path in held)
        if calls and self.stopped and not any(path[:2] == (CALL, INPUT) for path in held):
            held[CALL, INPUT] = _EMPTY
        return _nested({path: _written(leaf, stopped=self.stopped or ended) for path, leaf in held.items()})

    def _put(self, path: Path, leaf: _LeafT) -> _LeafT:
        if path not in self._held:
            for other in tuple(self._held):  # a member is a value or an object, not both
                if other[: len(path)] == path or path[: len(other)] == other:
                    del self._held[other]
        self._held[path] = leaf
        return leaf


def _written(leaf: _Leaf, *, stopped: bool) -> bytes:
    if isinstance(leaf, bytes):
        return leaf
    if isinstance(leaf, list):
        return array(leaf)
    text = join_surrogates(str(leaf))
    if not isinstance(leaf, _Arguments):
        return dump_string(text)
    if stopped and not text.strip():
        return _EMPTY
    return utf8(text) if is_json(utf8(text)) else dump_string(text)


def _nested(held: dict[Path, bytes]) -> bytes:
    parts: dict[str, bytes | dict[Path, bytes]] = {}
    for (key, *below), raw in held.items():
        inner = parts.setdefault(key, {} if below else raw)
        if below and isinstance(inner, dict):
            inner[tuple(below)] = raw
    return write_members({key: part if isinstance(part, bytes) else _nested(part) for key, part in parts.items()})
