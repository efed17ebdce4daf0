"""The archive: a dozen short pages that ship with the package, written for it. Nothing in them is true."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final, NamedTuple

HOST: Final = "https://archive.example/"
"""Where the pages are said to be: `.example` is reserved, so no page of that name exists (RFC 2606)."""


class Page(NamedTuple):
    """One page.

    Attributes:
        url: Its address.
        title: Its title.
        text: Its words, without the title.
    """

    url: str
    title: str
    text: str


@cache
def pages() -> tuple[Page, ...]:
    """Give all pages, in the order of their addresses."""
    home = resources.files("keepthinking_conformance.tools") / "corpus"
    found = sorted((entry.name, entry.read_text("utf-8")) for entry in home.iterdir() if entry.name.endswith(".txt"))
    return tuple(_page(name.removesuffix(".txt"), text) for name, text in found)


def _page(name: str, text: str) -> Page:
    title, _, body = text.partition("\n")
    return Page(url=f"{HOST}{name}", title=title, text=body.strip("\n"))
