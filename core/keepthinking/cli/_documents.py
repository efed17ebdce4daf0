"""Taking a file apart into documents, one after the other: no more of it is in memory than one of them.

Rule 1: the file itself tells what it is. Where its first line is a whole JSON document and more follow, each line is
one; else the file is one document, whatever it holds.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import IO, NamedTuple


class Document(NamedTuple):
    """A document of a file.

    Attributes:
        line: Its line, from 1; None where the file is one document.
        raw: The document.
        size: How many bytes of the file it took, with what stood before it.
    """

    line: int | None
    raw: bytes
    size: int


def documents(file: IO[bytes]) -> Iterator[Document]:
    """Give the documents of a file; none where nothing but white space and a byte order mark is in it."""
    lines = _lines(file)
    first = next(lines, None)
    if first is None:
        return
    if not _is_whole(first.raw):
        rest = file.read()
        # the blank lines before the first one say nothing, in JSON and in an event stream alike
        yield Document(None, first.raw + rest, first.size + len(rest))
        return
    second = next(lines, None)
    if second is None:
        yield first._replace(line=None)
        return
    yield first
    yield second
    yield from lines


def _lines(file: IO[bytes]) -> Iterator[Document]:
    """Give the lines that hold something, each with its end."""
    size = 0
    for number, line in enumerate(iter(file.readline, b""), 1):
        text = line.removeprefix(BOM_UTF8) if number == 1 else line
        size += len(line)
        if text.strip():
            yield Document(number, text, size)
            size = 0


def _is_whole(line: bytes) -> bool:
    if line.lstrip()[:1] not in {b"{", b"["}:
        return False
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True
