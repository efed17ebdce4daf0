"""The search engine and the browser, over the archive."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from keepthinking_conformance.tools._pages import Page, pages

_WORD: Final = re.compile(r"\w+")
_MOST: Final = 3
"""So many pages a search gives."""

_SNIPPET: Final = 120
"""So many characters of a page stand in a result."""

_TITLE: Final = 4
"""A word in the title counts as so many in the text."""


def search(query: str) -> str:
    """Find pages, the best first: by how many words of the query a page has, then how often, then its address."""
    wanted = set(_words(query))
    ranked = sorted((_rank(page, wanted), page) for page in pages())
    found = [page for (missing, _, _), page in ranked if missing < len(wanted)][:_MOST]
    if not found:
        return f"No page has a word of {query!r}."
    return "\n".join(
        f"{n}. {page.title}\n   {page.url}\n   {_snippet(page, wanted)}" for n, page in enumerate(found, 1)
    )


def browse(url: str) -> str:
    """Give a page by its address; where there is none, say so as a server would."""
    page = next((page for page in pages() if page.url == url), None)
    return f"404 Not Found: {url}" if page is None else f"{page.title}\n\n{page.text}"


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _rank(page: Page, wanted: set[str]) -> tuple[int, int, str]:
    counts = Counter(_words(page.text))
    counts.update(_words(page.title) * _TITLE)
    return sum(word not in counts for word in wanted), -sum(counts[word] for word in wanted), page.url


def _snippet(page: Page, wanted: set[str]) -> str:
    """Give the line of a page that has most words of a query, the first of several."""
    lines = [line for line in page.text.splitlines() if line]
    return max(lines, key=lambda line: len(wanted & set(_words(line))))[:_SNIPPET]
