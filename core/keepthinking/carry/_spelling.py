"""How a text was written, without the text.

A framework holds arguments as values and forgets their spelling; a provider wants the bytes. What is kept here makes
the bytes again from the values: the style of a usual JSON writer, and the tokens in which the text departs from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias, cast

from keepthinking.carry._fingerprint import normal, stored_as

__all__ = ["Marks", "fill", "mark", "spell", "spelling"]

Marks: TypeAlias = list[list[int]]
"""Lone surrogates of a text: position and code point."""
Spelling: TypeAlias = dict[str, Any]

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_TOKENS: Final = re.compile(r'[ \t\r\n]+|"(?:[^"\\]|\\.)*"|[-+.\w]+|[\[\]{},:]')
_STYLES: Final = tuple((separators, ascii_) for ascii_ in (False, True) for separators in ((", ", ": "), (",", ":")))
"""Styles of JSON writers: the standard library's default and compact, each with and without escapes."""


def mark(full: str, shown: str) -> Marks | None:
    """Tell what to do to a shown text so that it is the full one again; None where it shows something else."""
    if full != shown and normal(full) != normal(shown):
        return None
    return [[found.start(), ord(found[0])] for found in _SURROGATES.finditer(full)]


def fill(shown: str, marks: Iterable[Iterable[int]]) -> str:
    """Make the full text of a shown one."""
    chars: list[str] | None = None
    for at, code in marks:
        chars = list(shown) if chars is None else chars
        if at < len(chars):
            chars[at] = chr(code)
    return shown if chars is None else "".join(chars)


def spelling(raw: str, value: object) -> Spelling:
    """Tell how JSON text was written, given its value.

    Args:
        raw: The text.
        value: What it decodes to.

    Returns:
        What `spell` needs besides the value. It repeats nothing of the value that is spelt as usual.
    """
    best: Spelling | None = None
    stored = stored_as(value)
    for number, (separators, ascii_) in enumerate(_STYLES):
        usual = json.dumps(value, ensure_ascii=ascii_, separators=separators)
        after = usual if stored == value else json.dumps(stored, ensure_ascii=ascii_, separators=separators)
        if usual == raw == after:
            return {"style": number} if number else {}
        found = _departures(raw, usual, after)
        if found is not None and (best is None or len(found) < len(best["tokens"])):
            best = {"style": number, "tokens": found}
    return {"raw": raw} if best is None or len(best["tokens"]) > len(raw) // 4 + 4 else best


def spell(value: object, how: Spelling) -> str:
    """Write a value as `spelling` found it written."""
    if "raw" in how:
        return cast("str", how["raw"])
    number: int = how.get("style", 0)
    separators, ascii_ = _STYLES[number]
    usual = json.dumps(value, ensure_ascii=ascii_, separators=separators)
    if "tokens" not in how:
        return usual
    tokens = _split(usual)
    for at, text in sorted(cast("list[tuple[int, str]]", how["tokens"]), reverse=True):
        if at < len(tokens):
            tokens[at] = text
    return "".join(tokens)


def _departures(raw: str, usual: str, after: str) -> list[list[Any]] | None:
    """Give position and spelling of the tokens that differ, now or once a store has had the value.

    White space belongs to the token before it, so that the tokens of two spellings of one value are as many.

    Returns:
        None where the tokens do not correspond.
    """
    theirs, ours, later = _split(raw), _split(usual), _split(after)
    if not len(theirs) == len(ours) == len(later) or "".join(theirs) != raw:
        return None
    both = zip(theirs, ours, later, strict=True)
    return [[at, text] for at, (text, now, then) in enumerate(both) if text != now or text != then]


def _split(text: str) -> list[str]:
    tokens = [""]
    for found in _TOKENS.finditer(text):
        if found[0][0] in " \t\r\n":
            tokens[-1] += found[0]
        else:
            tokens.append(found[0])
    return tokens
