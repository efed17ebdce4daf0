"""What is known of each mutant, one a line in a file: a session that was stopped goes on where it stood."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from tests.conformance.mutation.direct import ROOT
from tests.conformance.mutation.mutants import packages

SCHEMA: Final = "keepthinking-mutants/1"
"""The name of the file's format."""

Fate = Literal["shown", "hung", "open"]
"""What became of a mutant: a test or a verdict shows it, something comes to no end, or nothing shows it."""


class Head(Struct, frozen=True, kw_only=True):
    """The first line.

    Attributes:
        schema: The format's name.
        sources: The digest of what was measured.
    """

    schema: str
    sources: str


class Decided(Struct, frozen=True, kw_only=True):
    """A mutant.

    Attributes:
        mutant: Its id.
        fate: What became of it.
        by: The test or the verdict that shows it; "" where none does, or where it is not known which.
    """

    mutant: str
    fate: Fate
    by: str


class Ledger:
    """One file. What was measured of other sources is forgotten; a line that was not finished is left out.

    Args:
        path: Where it is; it is made where there is none. None keeps nothing.
        sources: The digest of what is measured.

    Raises:
        ValueError: There is something else.
        OSError: It cannot be read or written.
    """

    def __init__(self, path: Path | None, sources: str) -> None:
        self.decided: dict[str, Decided] = {}
        self._path = path
        if path is None:
            return
        if path.exists():
            self.decided = {one.mutant: one for one in _read(path, sources)}
        lines = (msgspec.json.encode(one) for one in (Head(schema=SCHEMA, sources=sources), *self.decided.values()))
        whole = path.with_name(f"{path.name}.new")
        whole.write_bytes(b"".join(line + b"\n" for line in lines))
        whole.replace(path)

    def add(self, one: Decided) -> None:
        """Write one more."""
        self.decided[one.mutant] = one
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(msgspec.json.encode(one) + b"\n")


def _read(path: Path, sources: str) -> Iterator[Decided]:
    head, *lines = path.read_bytes().split(b"\n")
    try:
        found = msgspec.json.decode(head, type=Head)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path} is no file of mutants; name another, or take it away: {error}") from error
    if found != Head(schema=SCHEMA, sources=sources):
        return
    for number, line in enumerate(lines, 2):
        try:
            yield msgspec.json.decode(line, type=Decided)
        except msgspec.MsgspecError as error:
            if number == len(lines) + 1:  # the program was ended while it wrote it, or the file ends here
                return
            raise ValueError(f"{path}, line {number}: take the file away; {error}") from error


def digest() -> str:
    """Give the digest of what decides about a mutant: our packages, the tests, and the Python that runs them."""
    found = hashlib.sha256(platform.python_version().encode())
    for folder in (*packages(), *(ROOT / "tests" / name for name in _TESTS)):
        for path in sorted(one for kind in ("*.py", "*.toml", "*.json") for one in folder.rglob(kind)):
            found.update(f"{folder.name}/{path.relative_to(folder).as_posix()}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


_TESTS: Final = ("core/audit", "conformance/judge", "conformance/miniatures", "conformance/mutation")
"""The folders of the tests that show mistakes, and of what makes them."""
