"""A call whose arguments come piece by piece (`streamFunctionCallArguments`, Vertex AI alone).

The first chunk names the function; each later one holds a `functionCall` without a name, with values by their path in
the arguments (`partialArgs`), until one comes without `willContinue`. Pieces of a string are joined.

Source: google-genai 3.4.0, `types.py`, `FunctionCall`, `PartialArg` and `FunctionCallingConfig` (read 2026-11-24). No
such stream was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from keepthinking._json import Slice, Slices, dump_string, elements, join_surrogates, members, string
from keepthinking.dialects._text import Grow
from keepthinking.dialects._wire import array, is_array, is_null, is_object, is_string, write_members
from keepthinking.dialects.gemini._names import CALL, MORE, PIECES, camel
from keepthinking.dialects.gemini._spelt import key_of

_Step: TypeAlias = str | int
_Tree: TypeAlias = "dict[_Step, _Tree] | Grow | bytes"

_STRING, _NULL, _PATH = "stringValue", "nullValue", "jsonPath"
_VALUES = (_STRING, "numberValue", "boolValue", _NULL)
_STEP = re.compile(r"""\.([^.\[\]'"*]+)|\[(\d{1,6})\]|\['((?:[^'\\])*)'\]|\["((?:[^"\\])*)"\]""")


class CallPieces:
    """One call that grows.

    Attributes:
        open: Whether more is to come.
        known: Whether a piece has come.
    """

    def __init__(self, part: Slices, key: str, where: str) -> None:
        self._part = part
        self._key = key
        self._call = members(part[key], f"{where}.{key}", "provider")
        self._pieces: list[bytes] = []
        self._args: dict[_Step, _Tree] = {}
        self._readable = "args" not in self._call
        self.open = _more(self._call)
        self._take(self._call, where)

    @property
    def known(self) -> bool:
        return bool(self._pieces)

    def extend(self, part: Slices, key: str, where: str) -> bool:
        """Go on with a part that names no function; False where it is another call's, and nothing was taken."""
        call = _stated(members(part[key], f"{where}.{key}", "provider"))
        # in the spelling of the first chunk, so that two signatures are told to be two
        beside = {key_of(self._part, camel(name)) or name: raw for name, raw in _stated(part).items() if name != key}
        if not self.open or not _agree(_stated(self._call), call, ("id",)):
            return False
        if not _agree(_stated(self._part), beside, beside):
            return False  # two signatures: neither may be lost
        self._part.update(beside)
        self.open = _more(call)
        self._take(call, where)
        self._call.update(call)
        return True

    def arguments(self) -> str:
        """Give the arguments as they stand; "" where no piece has come, or one that cannot be read."""
        return _written(self._args).decode() if self.known and self._readable else ""

    def body(self, *, ended: bool) -> bytes:
        """Write the part: with the arguments where the call or the answer has ended, else with the pieces."""
        call = dict(self._call)
        if self.known and self._readable and (ended or not self.open):
            call["args"] = _written(self._args)
        elif self.known:
            call[PIECES] = array(self._pieces)
        if self.open:
            call[MORE] = b"true"
        return write_members({**self._part, self._key: write_members(call)})

    def _take(self, call: Slices, where: str) -> None:
        for name in (PIECES, MORE):
            key = key_of(call, name)
            if key is None or is_null(call[key]):
                continue
            raw = call.pop(key)
            if name != PIECES:
                continue
            if not is_array(raw):
                self._readable = False
                self._pieces.append(bytes(raw))
                continue
            for one in elements(raw, f"{where}.{PIECES}", "provider"):
                self._pieces.append(bytes(one))
                self._readable = self._readable and self._set(one, where)

    def _set(self, raw: Slice, where: str) -> bool:
        """Put one value in its place; False where that place or that value is none."""
        if not is_object(raw):
            return False
        piece = members(raw, f"{where}.{PIECES}", "provider")
        path = key_of(piece, _PATH)
        steps = None if path is None or not is_string(piece[path]) else _steps(string(piece[path], where, "provider"))
        found = [(name, piece[key]) for name in _VALUES if (key := key_of(piece, name)) and not is_null(piece[key])]
        below = None if steps is None else self._place(steps)
        if steps is None or below is None or len(found) > 1:
            return False
        last = steps[-1]
        held = below.get(last)
        if not found:
            # the end of a value that has come, or the beginning of one that will
            return held is not None or _more(piece)
        ((name, value),) = found
        if name == _STRING and is_string(value):
            words = string(value, where, "provider")
            if isinstance(held, Grow):
                held.add(words)
            else:
                below[last] = Grow(words)
        else:
            below[last] = b"null" if name == _NULL else bytes(value)
        return held is None or isinstance(held, Grow) is (name == _STRING)

    def _place(self, steps: Sequence[_Step]) -> dict[_Step, _Tree] | None:
        """Find the object or list that holds what a path names; None where a list would have a gap, or both kinds."""
        below: _Tree = self._args
        for n, step in enumerate(steps):
            if not isinstance(below, dict) or any(type(other) is not type(step) for other in below):
                return None
            if isinstance(step, int) and step > len(below):
                return None
            if n == len(steps) - 1:
                return below
            below = below.setdefault(step, {})
        return None


def opening(part: Slices, where: str) -> CallPieces | None:
    """Give the call that a part begins of which more is to come, or of which pieces have come."""
    key = _key(part)
    call = None if key is None else _stated(members(part[key], f"{where}.{CALL}", "provider"))
    if key is None or call is None or not is_string(call.get("name", b"null")):
        return None
    return CallPieces(dict(part), key, where) if key_of(call, PIECES) is not None or _more(call) else None


def continuing(part: Slices, where: str) -> str | None:
    """Give the member in which a part goes on with a call, or None where it does not."""
    key = _key(part)
    name = None if key is None else members(part[key], f"{where}.{key}", "provider").get("name")
    return None if name is not None and not is_null(name) else key


def _key(part: Slices) -> str | None:
    key = key_of(part, CALL)
    return None if key is None or not is_object(part[key]) else key


def _stated(left: Slices) -> Slices:
    """Leave out what is null, and so not stated."""
    return {name: raw for name, raw in left.items() if not is_null(raw)}


def _agree(one: Slices, other: Slices, names: Iterable[str]) -> bool:
    return all(bytes(one[name]) == bytes(other[name]) for name in names if name in one and name in other)


def _more(left: Slices) -> bool:
    key = key_of(left, MORE)
    return key is not None and bytes(left[key]) == b"true"


def _steps(path: str) -> list[_Step] | None:
    """Take a path apart that names one place (RFC 9535), such as `$.foo.bar[0]['x y']`."""
    steps: list[_Step] = []
    at = 1
    while path[:1] == "$" and at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            return None
        name, number, *quoted = found.groups()
        steps.append(int(number) if number is not None else next(word for word in (name, *quoted) if word is not None))
        at = found.end()
    return steps if steps and isinstance(steps[0], str) else None


def _written(tree: _Tree) -> bytes:
    if isinstance(tree, bytes):
        return tree
    if isinstance(tree, Grow):
        return dump_string(join_surrogates(str(tree)))
    if tree and all(isinstance(step, int) for step in tree):
        return array([_written(tree[number]) for number in range(len(tree))])
    return write_members({str(step): _written(inner) for step, inner in tree.items()})
