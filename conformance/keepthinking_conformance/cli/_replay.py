"""One cell again, in full: what travelled, every finding, and the shape of the message that it is about.

Of a message only its shape is shown: members, types and lengths. What was said stands in windows of findings alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, cast

import click
from msgspec import UNSET

from keepthinking import Exchange, Finding
from keepthinking.cli._audit_view import clean
from keepthinking_conformance.cli._text import differs
from keepthinking_conformance.cli._wire import shown
from keepthinking_conformance.judge import Outcome

_PLACE: Final = re.compile(r"\$\.(messages|choices)\[(\d+)\]")
_NAMES: Final = frozenset({"role", "type", "name"})
_SAID: Final = frozenset({"input", "arguments", "parameters"})


def as_replay(outcome: Outcome) -> str:
    """Write one outcome in full."""
    return "\n".join(_lines(outcome)) + "\n"


def _lines(outcome: Outcome) -> Iterator[str]:
    result, trace = outcome.result, outcome.trace
    yield click.style(f"{clean(result.id)}: {result.status}", bold=True)
    if result.reason:
        yield f"  {clean(result.reason)}"
    if trace is None:
        return
    for number, exchange in enumerate(trace.exchanges, 1):
        turn = sum(start < number for start in trace.starts)
        size = len(exchange.response) if isinstance(exchange.response, bytes) else 0
        side = "" if exchange.scope == trace.scope else ", no call of the script"
        cut = "" if exchange.delivered else ", not read to its end"
        sent = f"{len(exchange.request):,} bytes sent, {size:,} came back"
        yield f"  request {number}, turn {turn}: HTTP {exchange.status}, {sent}{side}{cut}"
    for finding in result.findings:
        yield ""
        yield f"  {finding.status}  {click.style(finding.check, bold=True)}  {finding.level}  {finding.fate}"
        yield f"        {clean(finding.what)}"
        yield from shown(finding, whole=True)
        yield from _shapes(finding, trace.exchanges)
        if finding.rule is not UNSET:
            yield f"        rule {finding.rule}, verified {finding.verified}: {clean(str(finding.source))}"
    yield ""
    yield from (line for difference in result.differences for line in differs(difference))
    fates = ", ".join(f"{count} {fate}" for fate, count in result.fates.items())
    yield f"  thinking blocks: {fates or 'none'}; {result.seconds:.2f} s"


def _shapes(finding: Finding, exchanges: tuple[Exchange, ...]) -> Iterator[str]:
    if UNSET not in (finding.response, finding.origin):
        shape = _shape(exchanges, cast("int", finding.response), cast("str", finding.origin), response=True)
        yield from (f"          answer     {line}" for line in shape)
    if finding.request:
        for line in _shape(exchanges, finding.request, finding.path, response=False):
            yield f"          message    {line}"


def _shape(exchanges: tuple[Exchange, ...], number: int, path: str, *, response: bool) -> Iterator[str]:
    body = exchanges[number - 1].response if response else exchanges[number - 1].request
    try:
        whole: Any = json.loads(body) if isinstance(body, bytes) else None
    except ValueError:
        return  # an event stream has no one place
    place = _PLACE.match(path)
    if isinstance(whole, dict) and place is not None:
        held = cast("dict[str, Any]", whole).get(place[1])
        several = cast("list[object]", held) if isinstance(held, list) else []
        if int(place[2]) < len(several):
            yield json.dumps(outline(several[int(place[2])]))
    elif isinstance(whole, dict) and path == "$.messages":
        yield ", ".join(str(m.get("role")) for m in cast("dict[str, list[dict[str, Any]]]", whole)["messages"])


def outline(value: object, name: str = "", *, said: bool = False) -> object:
    """Give the shape of a value: members and types as they are, words as their length.

    Args:
        value: The value.
        name: The member that it is.
        said: Whether it is of what the model said, such as arguments, so that no member of it is a mere type.
    """
    said = said or name in _SAID
    if isinstance(value, dict):
        return {key: outline(held, key, said=said) for key, held in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [outline(held, said=said) for held in cast("list[object]", value)]
    if isinstance(value, str) and (said or name not in _NAMES):
        return f"<{len(value)} characters>"
    return f"<{type(value).__name__}>" if said and value is not None else value
