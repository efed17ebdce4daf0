"""Telling that the name of a file stays behind, on wires whose media have none."""

from __future__ import annotations

from keepthinking._messages import Media
from keepthinking._reports import Loss


def lose_name(block: Media, path: str, losses: list[Loss]) -> None:
    """Tell that the name of a file has no place; where it is absent or null, there is nothing to tell.

    The kind is `spelling`: the bytes go along, and nobody wants a request refused for the name that they had.
    """
    if isinstance(block.filename, str):
        why = "media have no name here"
        losses.append(Loss(kind="spelling", path=f"{path}.filename", what="the name of a file", why=why))
