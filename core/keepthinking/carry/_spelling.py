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
_UNITS: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)
"""What one character is written as in a string token."""
_SHORTS: Final = {"\n": "n", "\t": "t", "\r": "r", "\b": "b", "\f": "f"}
_LITERAL: Final = -1
_SHORT: Final = -2
_TOKEN, _RUN = 2, 3
_SPACE: Final = " \t\r\n"
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
        What `spell` needs besides the value. It repeats nothing of the value that is spelt as usual, and of strings
        nothing at all: only where a character was escaped and how. Numbers with a spelling of their own are repeated
        (`1e2`), and the whole text (`raw`) is where nothing else makes it again: names that stand twice in an object,
        and what is no JSON.
    """
    best: Spelling | None = None
    stored = stored_as(value)
    for number, (separators, ascii_) in enumerate(_STYLES):
        usual = json.dumps(value, ensure_ascii=ascii_, separators=separators)
        after = usual if stored == value else json.dumps(stored, ensure_ascii=ascii_, separators=separators)
        if usual == raw == after:
            return {"style": number} if number else {}
        found = _departures(raw, usual, after, ascii_=ascii_)
        if found is not None and (best is None or len(found) < len(best["tokens"])):
            best = {"style": number, "tokens": found}
    return {"raw": raw} if best is None else best


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
    for found in cast("list[list[Any]]", how["tokens"]):
        at = cast("int", found[0])
        now = tokens[at] if at < len(tokens) else None
        if now is not None and len(found) == _TOKEN:
            tokens[at] = cast("str", found[1])
        elif now is not None and now.startswith('"'):
            tokens[at] = _escaped(now, found[1], found[2], ascii_=ascii_)
    return "".join(tokens)


def _departures(raw: str, usual: str, after: str, *, ascii_: bool) -> list[list[Any]] | None:
    """Give position and spelling of the tokens that differ, now or once a store has had the value.

    White space belongs to the token before it, so that the tokens of two spellings of one value are as many.

    Returns:
        Position and text of a token; of a string its position, its escapes, and the white space after it. None where
        the tokens do not correspond.
    """
    theirs, ours, later = _split(raw), _split(usual), _split(after)
    if not len(theirs) == len(ours) == len(later) or "".join(theirs) != raw:
        return None
    found: list[list[Any]] = []
    for at, (text, now, then) in enumerate(zip(theirs, ours, later, strict=True)):
        if text == now == then:
            continue
        if not text.startswith('"'):
            found.append([at, text])
            continue
        word = text.rstrip(_SPACE)
        runs, space = _escapes(word, ascii_=ascii_), text[len(word) :]
        if not all(one.startswith('"') and _escaped(one, runs, space, ascii_=ascii_) == text for one in (now, then)):
            return None
        found.append([at, runs, space])
    return found


def _escapes(token: str, *, ascii_: bool) -> list[list[int]]:
    r"""Tell where a string token of JSON is escaped otherwise than usual, without its letters.

    Args:
        token: The token in its quotes.
        ascii_: Whether usual is to escape what is not ASCII.

    Returns:
        Runs of characters: position, length, form. A form is `_LITERAL`, `_SHORT` (`\/`), or for `\u00fc` which
        of its digits are capitals, as bits. A lone surrogate, which stores forget, stands alone with its code point.
    """
    runs: list[list[int]] = []
    for at, found in enumerate(_UNITS.finditer(token, 1, len(token) - 1)):
        unit = found[0]
        char: str = unit if unit[0] != "\\" else json.loads(f'"{unit}"')
        is_lone = bool(_SURROGATES.fullmatch(char))
        if unit == _usual(char, ascii_=ascii_) and not is_lone:
            continue
        form = _form(unit)
        if is_lone:
            runs.append([at, 1, form, ord(char)])
        elif runs and len(runs[-1]) == _RUN and runs[-1][2] == form and sum(runs[-1][:2]) == at:
            runs[-1][1] += 1
        else:
            runs.append([at, 1, form])
    return runs


def _form(unit: str) -> int:
    if unit[0] != "\\":
        return _LITERAL
    if unit[1] != "u":
        return _SHORT
    return sum(1 << i for i, digit in enumerate(unit.replace("\\u", "")) if digit.isupper())


def _escaped(token: str, runs: Iterable[list[int]], space: str, *, ascii_: bool) -> str:
    """Write a string token as `_escapes` found it written."""
    chars: list[str] = [*json.loads(token.rstrip(_SPACE), strict=False)]
    units = [_usual(char, ascii_=ascii_) for char in chars]
    for at, length, form, *code in runs:
        for i in range(at, min(at + length, len(chars))):
            units[i] = _unit(chr(code[0]) if code else chars[i], form)
    return f'"{"".join(units)}"{space}'


def _usual(char: str, *, ascii_: bool) -> str:
    return json.dumps(char, ensure_ascii=ascii_)[1:-1]


def _unit(char: str, form: int) -> str:
    if form == _LITERAL:
        return char
    if form == _SHORT:
        return "\\" + _SHORTS.get(char, char)
    digits = char.encode("utf-16-be", "surrogatepass").hex()
    digits = "".join(digit.upper() if form >> i & 1 else digit for i, digit in enumerate(digits))
    return "".join(f"\\u{digits[i : i + 4]}" for i in range(0, len(digits), 4))


def _split(text: str) -> list[str]:
    tokens = [""]
    for found in _TOKENS.finditer(text):
        if found[0][0] in " \t\r\n":
            tokens[-1] += found[0]
        else:
            tokens.append(found[0])
    return tokens
