"""Write the generated pages of this directory: `python docs/generate.py`; with `--check` only compare.

The tests compare too, so a page that is out of date fails them.
"""

# ruff: noqa: INP001, T201 - a script beside pages, and to print is its job

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from msgspec import UNSET

from keepthinking._profiles import Profile, profiles
from keepthinking.retention._forms import FlawKind, RewriteKind
from keepthinking.retention._rules import Missing, Rule, rules

HERE = Path(__file__).parent

_HEAD = """\
# Retention rules

Generated from the tables in `core/keepthinking`: change those, then run `python docs/generate.py`.

A rule says what a provider wants back of what its model thought: in the running tool loop, and from before the last
*boundary*. Its *standing* says how we know: `executed` against the vendor's own code, `read` in it, `documented` by the
vendor, `observed` in traffic or issue threads, `unverified` otherwise. Only a rule that is not `unverified` can raise a
MUST. A rule with a condition replaces the one that it names when the request meets the condition; a rule with a day
replaces it from that day on.

`template` is no provider: those rules are the chat templates of open weights, and hold at every server that applies
them.
"""


def rules_page() -> str:
    """Write `rules.md`."""
    parts = [_HEAD]
    for provider, rows in groupby(rules(), key=lambda row: row.provider):
        held = list(rows)
        parts.append(f"\n## {provider}\n")
        parts.append("| rule | models | in loop | across turns | boundary | when it is missing | standing |")
        parts.append("|---|---|---|---|---|---|---|")
        parts.extend(_row(row) for row in held)
        parts.append("")
        parts.extend(_details(row) for row in held)
    parts.append("\n# Profiles\n")
    parts.append("How each provider and server version spells it.\n")
    parts.append("| profile | dialect | hosts | comes in | is read from | provider |")
    parts.append("|---|---|---|---|---|---|")
    parts.extend(_profile(row) for row in profiles())
    return "\n".join(parts) + "\n"


def _row(row: Rule) -> str:
    where = _codes(row.models) or "all"
    if row.alternative_to is not UNSET and not row.models:
        where = "as there"
    cells = (f"`{row.id}`", where, row.in_loop, row.cross_turn, row.boundary, _missing(row.missing), row.standing)
    return f"| {' | '.join(cells)} |"


def _missing(missing: Missing) -> str:
    if missing.status is not UNSET:
        return f"HTTP {missing.status}"
    return "silent" if missing.effect is not UNSET else ""


def _details(row: Rule) -> str:
    lines = [f"- **`{row.id}`** ({'; '.join(_link(s) for s in row.source.split('; '))}; {row.verified})"]
    said: list[str] = []
    if row.alternative_to is not UNSET:
        said.append(f"Replaces `{row.alternative_to}`{_condition(row)}.")
    if row.since is not UNSET:
        said.append(f"Since {row.since}.")
    if row.until is not UNSET:
        said.append(f"Until {row.until}.")
    if row.served_by:
        said.append(f"Also at: {', '.join(row.served_by)}.")
    if row.bound != "nothing":
        said.append(f"A seal is bound to its {row.bound}; domain `{row.domain}`.")
    said.extend(_kept(row))
    if row.phases:
        said.append("The `phase` of what the model said has to come back where one came.")
    if row.empty != "unknown":
        said.append(f"An empty string is {row.empty}.")
    said.extend(
        f"{word}: {_outcome(held)}."
        for word, held in (
            ("Missing", row.missing),
            ("Refused", row.refused),
            ("Of another domain", row.foreign_refused),
        )
        if _outcome(held)
    )
    said.extend(
        f"Refused besides: {_FLAWS[f.kind]}: {_outcome(Missing(status=f.status, text=f.text))}." for f in row.flaws
    )
    said.extend(_REWRITES[change.kind].format(_shown(change.text)) for change in row.rewrites)
    if row.note:
        said.append(row.note)
    return "\n".join([*lines, *(f"  {sentence}" for sentence in said)])


def _kept(row: Rule) -> list[str]:
    """Say what a row adds to its boundary."""
    said: list[str] = []
    if row.roles != ("user",):
        said.append(f"For the boundary these roles are a user's: {_codes(row.roles)}.")
    if row.keep_last is not UNSET:
        said.append(f"The server keeps the last {row.keep_last}.")
    if row.keep_from is not UNSET:
        said.append(f"The server keeps as many turns as `{row.keep_from}` says.")
    said.extend(f"Also without tools: `{path}` is `{text}`." for path, text in row.toolless.items())
    if row.unread:
        said.append("Thinking that comes is not shown to the model.")
    if row.carrier == "call":
        said.append("What has to go back is the seal on each call.")
    if row.channels:
        said.append(f"Only these channels of thinking are read: {_codes(row.channels)}.")
    if row.refuses:
        said.append(f"A block with one of these seals is refused: {_codes(row.refuses)}.")
    if row.foreign != "unknown":
        said.append(f"A sealed block of another domain is {row.foreign}.")
    if row.relays:
        said.append("It passes seals on: whether they are good at the maker of the model, nobody says.")
    return said


def _condition(row: Rule) -> str:
    met = " and ".join(f"`{path}` is `{text}`" for path, text in row.when.items())
    return f" if {met}" if met else ""


def _outcome(missing: Missing) -> str:
    text = f"``{missing.text}``" if missing.text is not UNSET else ""
    status = f"HTTP {missing.status}" if missing.status is not UNSET else ""
    effect = missing.effect if missing.effect is not UNSET else ""
    checks = f"looks at the {missing.checks}" if missing.checks != "unknown" else ""
    asks = _ASKS[missing.asks]
    bare = "" if missing.asks_toolless is UNSET else f"without tools {_ASKS[missing.asks_toolless]}"
    return "; ".join(part for part in (f"{status} {text}".strip(), effect, checks, asks, bare) if part)


def _shown(text: str) -> str:
    return f"`{json.dumps(text)}`" if text else "nothing"


_FLAWS: dict[FlawKind, str] = {
    "repeated-id": "an id that stands twice in a message",
    "reused-id": "an id that stands twice in the history",
    "said-after-call": "anything but thinking behind a call of the same message",
    "after-call": "anything but a call behind a call of the same message",
    "lone-result": "a result whose call is gone",
    "inner-instructions": "instructions as a message of their own",
    "second-instructions": "a second message of instructions",
    "surrogate": "half a surrogate pair, wherever it stands",
}
_REWRITES: dict[RewriteKind, str] = {
    "thoughts-first": "Thinking moves to the head of its message.",
    "thoughts-joined": "Thoughts side by side are joined with {} between them.",
    "results-ordered": "Results are put into the order of their calls.",
    "status-dropped": "Whether a tool failed is not told to the model.",
    "arguments-wrapped": "Arguments that are no JSON object become one argument {}.",
}
_ASKS = {
    "message": "asks every message of the model",
    "calling": "asks messages that call tools",
    "run": "asks every run of items that may begin with thinking",
    "turn": "asks the first message of the turn",
    "first-call": "asks the first call of every message",
    "nothing": "asks nothing by itself, only that what comes fits together",
    "unknown": "",
}


def _profile(row: Profile) -> str:
    name = f"`{row.name}`" + (f" ({row.server})" if row.server is not UNSET else "")
    tags = f" between `{row.tags.open}` and `{row.tags.close}`" if row.tags else ""
    cells = (
        name,
        row.dialect,
        _codes(row.hosts),
        _codes(row.returns) + tags,
        _codes(row.accepts) or "nothing",
        row.provider,
    )
    return f"| {' | '.join(cells)} |"


def _codes(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _link(source: str) -> str:
    return f"<{source}>" if source.startswith("https://") else source


PAGES: dict[str, Callable[[], str]] = {"rules.md": rules_page}


def main(arguments: list[str]) -> int:
    """Write or compare all pages; give the exit code."""
    stale = 0
    for name, page in PAGES.items():
        path, text = HERE / name, page()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{'out of date' if '--check' in arguments else 'written'}: {path}")
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    return int(bool(stale and "--check" in arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
