"""The file of a simulation: one episode a line, so that one that was stopped goes on where it stood."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from keepthinking import DecodeError
from keepthinking._version import __version__
from keepthinking_conformance.amnesia._episodes import Episode

SCHEMA: Final = "keepthinking-simulation/1"
"""The name of the file's format."""


class Head(Struct, frozen=True, kw_only=True):
    """The first line.

    Attributes:
        schema: The format's name.
        keepthinking: The version that made it.
        simulated: That no model was asked.
    """

    schema: str
    keepthinking: str
    simulated: bool = True


class Store:
    """One file; a line that was not finished when the program was ended is written again.

    Args:
        path: Where it is; it is made where there is none. None keeps nothing.

    Raises:
        DecodeError: There is something else.
        OSError: It cannot be read or written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.episodes = list(_read(path)) if path is not None and path.exists() else []
        if path is None:
            return
        text = b"".join(
            msgspec.json.encode(one) + b"\n" for one in (Head(schema=SCHEMA, keepthinking=__version__), *self.episodes)
        )
        whole = path.with_name(f"{path.name}.new")
        whole.write_bytes(text)
        whole.replace(path)

    def add(self, episode: Episode) -> None:
        """Write one more."""
        self.episodes.append(episode)
        if self.path is not None:
            with self.path.open("ab") as file:
                file.write(msgspec.json.encode(episode) + b"\n")


def _read(path: Path) -> Iterator[Episode]:
    head, *lines = path.read_bytes().split(b"\n")
    try:
        found = msgspec.json.decode(head, type=Head)
    except msgspec.MsgspecError as error:
        raise DecodeError(
            f"{path.name!r} is no file of a simulation: {error}", where="line 1", culprit="data"
        ) from error
    if found.schema != SCHEMA or found.keepthinking != __version__:
        told = (
            f"{path.name!r} is of {found.schema!r} by keepthinking {found.keepthinking}, not of {SCHEMA!r} by this one"
        )
        raise DecodeError(told, where="line 1", culprit="data")
    for number, line in enumerate(lines, 2):
        try:
            yield msgspec.json.decode(line, type=Episode)
        except msgspec.MsgspecError as error:
            if number == len(lines) + 1:  # the program was ended while it wrote it, or the file ends here
                return
            raise DecodeError(f"{path.name!r}: {error}", where=f"line {number}", culprit="data") from error
