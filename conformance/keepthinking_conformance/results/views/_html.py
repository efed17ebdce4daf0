"""Results as one static HTML page: no script, no network, no second file.

Rule 1: whatever stands between double braces is spelt out, cut and escaped, by the environment and not by the template.
Rule 2: the page may load nothing and run nothing: its policy allows the one style sheet that is in it, by its digest.
Rule 3: only addresses of the web become links.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from keepthinking_conformance.results._evidence import Side, cut, spelt
from keepthinking_conformance.results._results import Results
from keepthinking_conformance.results._sentences import counted
from keepthinking_conformance.results.views._page import page

_HOME: Final = "keepthinking_conformance.results.views"
_WEB: Final = frozenset({"http", "https"})


def as_html(results: Results) -> str:
    """Write results as one HTML page."""
    css = _file("report.css")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    template = _environment().get_template("report.html")
    # `Markup` because it is our own style sheet, which is not to be escaped.
    return template.render(page=page(results), css=Markup(css), digest=digest, counted=counted).lstrip()  # noqa: S704


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_file),
        autoescape=True,
        finalize=_plain,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"words": words, "wire": wire, "source": source}
    return environment


def _file(name: str) -> str:
    return (files(_HOME) / "templates" / name).read_text(encoding="utf-8")


def _plain(value: object) -> object:
    """Make a value harmless before it is escaped."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return spelt(cut(value))


def words(text: str) -> Markup:
    """Write a sentence in which code stands between backticks."""
    pieces = spelt(cut(text)).split("`")
    even = len(pieces) % 2  # with an odd number of backticks, the last one is a character like any other
    if not even:
        pieces[-2:] = ["`".join(pieces[-2:])]
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )


def wire(side: Side) -> Markup:
    """Write one side of the wire: what differs is marked, the first differing character twice."""
    pieces = [
        _gap(side.before, "before"),
        _spelt(side.same),
        Markup('<mark class="first" title="first difference">{}</mark>').format(_spelt(side.first))
        if side.first
        else "",
        Markup("<mark>{}</mark>").format(_spelt(side.differs)) if side.differs else "",
        _spelt(side.rest),
        _gap(side.behind, "behind"),
    ]
    return Markup("").join(pieces)


def _gap(count: int, where: str) -> Markup:
    return Markup('<i class="gap">{} more {}</i>').format(f"{count:,}", where) if count else Markup("")


def _spelt(text: str) -> Markup:
    """Escape a text, and show what was spelt out as something that does not stand there."""
    runs = ((shows, "".join(run)) for shows, run in groupby(text, str.isprintable))
    spelling = Markup('<i class="spelt">{}</i>')
    return Markup("").join(escape(run) if shows else spelling.format(spelt(run)) for shows, run in runs)


def source(text: str) -> Markup:
    """Write an address of the web as a link, anything else as text."""
    shown = spelt(cut(text))
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in _WEB and bool(parts.hostname) and text == shown and " " not in text
    except ValueError:
        is_web = False
    if not is_web:
        return escape(shown)
    return Markup('<a href="{0}" rel="external noopener noreferrer">{0}</a>').format(text)
