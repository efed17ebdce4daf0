"""How a finding has to be shown: read from what travelled with Python's own JSON alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from keepthinking_conformance.results import Found
from keepthinking_conformance.run import Trace

WIDTH: Final = 400
"""So many characters a window has at most."""

BEFORE: Final = 120
"""So many of them stand before a difference."""


def badly_shown(found: Found, trace: Trace) -> list[str]:
    """Tell what is wrong with the windows and the fix of a finding."""
    here = _raw(trace.exchanges[found.request - 1].request, found.path) if isinstance(found.sent, str) else ""
    both = isinstance(found.said, str) and isinstance(found.sent, str)
    wrong = [f"fix: {found.fix}"] if not found.fix.endswith(".") or {"{", "}"} & {*found.fix} else []
    if both and found.fate in {"altered", "normalised"}:
        there = _answer(found, trace)
        pairs = _compared(there, here) if there else [(str(found.said), w) for w in [str(found.sent)] if w in here]
        good = found.said != found.sent and (found.said, found.sent) in {*pairs}
    elif both and found.fate == "leaked-as-text":
        words = max(re.findall(r"\w+(?: \w+)+", str(found.said)), key=len)
        good = _begins(found.said, _answer(found, trace)) and words in str(found.sent) and str(found.sent) in here
    else:
        good = _begins(found.said, _answer(found, trace)) and _begins(found.sent, here)
    return [*wrong, *([] if good else [f"said: {found.said}, sent: {found.sent}"])]


def _begins(window: object, text: str) -> bool:
    """Tell whether a window shows the beginning of a text; of a text that nobody has, whether it shows any."""
    return not isinstance(window, str) or (window == text[:WIDTH] if text else 0 < len(window) <= WIDTH)


def _answer(found: Found, trace: Trace) -> str:
    """Give the JSON text of the block that a finding is about; "" for one that was streamed, which stands nowhere."""
    if not isinstance(found.response, int) or not isinstance(found.origin, str):
        return ""
    body = trace.exchanges[found.response - 1].response
    return _raw(body, found.origin) if isinstance(body, bytes) and body.startswith(b"{") else ""


def _compared(a: str, b: str) -> Iterator[tuple[str, str]]:
    """List the windows on the first difference of two JSON texts, and on those of the values in them that differ."""
    at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(at - BEFORE, 0)
    yield a[start : start + WIDTH], b[start : start + WIDTH]
    inside = dict(_members(a, 0)), dict(_members(b, 0))
    for name, here in inside[0].items():
        other = inside[1].get(name)
        if other is not None and here != other:
            yield from _compared(here, other)


def _raw(body: bytes, path: str) -> str:
    """Give the JSON text at a path."""
    text = body.decode()
    for name, index in re.findall(r"\.([^.\[]+)|\[(\d+)\]", path):
        text = dict(_members(text, 0))[name or int(index)]
    return text


def _members(text: str, at: int) -> Iterator[tuple[Any, str]]:
    """List the members of an object or the elements of an array, each as it is written."""
    kind = text[at]
    at, number = _past(text, at + 1), 0
    while kind in "{[" and text[at] not in "}]":
        name: Any = number
        if kind == "{":
            name, at = _DECODER.raw_decode(text, at)
            at = _past(text, at)
        end = _DECODER.raw_decode(text, at)[1]
        yield name, text[at:end]
        at, number = _past(text, end), number + 1


def _past(text: str, at: int) -> int:
    """Give where what stands between two values ends."""
    found = _BETWEEN.match(text, at)
    return at if found is None else found.end()


_DECODER: Final = json.JSONDecoder()
_BETWEEN: Final = re.compile(r"[\s,:]*")
