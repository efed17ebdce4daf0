"""Write the generated pages: `python docs/generate.py`; with `--check` only compare.

The tests compare too, so a page that is out of date fails them.
"""

# ruff: noqa: INP001, T201 - a script beside pages, and to print is its job

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

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
    "unanswered": "a call without a result, once something stands behind it",
    "last-thought": "a thought at the end of the history",
    "inner-instructions": "instructions as a message of their own",
    "second-instructions": "a second message of instructions",
    "arguments-text": "arguments that stand as a text",
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


_COSTS = """\
# What lost thinking costs

**Simulated: no real model was asked.** Generated from the files in `simulated`: `keepthinking simulate FRAMEWORK --out
FILE` plays (`nox -s simulate` for each) and prints them with `--show --format json`; then `python docs/generate.py`.

An agent of each framework does small tasks at a scripted provider. The model there is a policy that sees of each
request what the provider's own rule lets a model see, and knows nothing else: what the scaffold has lost, it has never
known. There are three families of tasks.

- *commitment*: a plan of three steps, drawn at random and written into the first thought alone. Who forgets it draws
  each step again: {commitment} of such tasks succeed.
- *control*: each result names the next key, so no thinking is needed. Whatever is lost, all succeed, or the scaffold
  breaks something else.
- *mixed*: one of five places, known from the first thought, and found by search otherwise: 2 lookups with memory,
  {mixed} without.

So the figures say what a scaffold does to a model that relies on its thoughts, and nothing of how much a real one does.
`n` is the number of tasks, each with its own seed; intervals are Wilson's, 95 %. An `error` is a run that its scaffold
ended with an exception. *Wasted* are tokens of lookups that brought nothing on, in *mixed*. Something is changed at
DeepSeek and MiniMax alone. smolagents waits a minute behind a rate limit with clients that do not try again themselves,
so those of LiteLLM and Hugging Face were not played with changed surroundings, which are such a limit.
"""
_AXES = {
    "": "nothing",
    "tools": "tools",
    "system": "system prompt",
    "user": "user's words",
    "environment": "surroundings",
    "results": "tools' results",
}
_Figure = dict[str, Any]


def _simulated() -> dict[str, dict[str, Any]]:
    files = sorted((HERE / "simulated").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def _share(row: _Figure) -> str:
    errors = f", {row['errors']} errors" if row["errors"] else ""
    return f"{row['successes']} of {row['n']} ({row['low']:.2f}-{row['high']:.2f}){errors}"


def costs_page() -> str:
    """Write `what-it-costs.md`."""
    runs = _simulated()
    chance = next(iter(runs.values()))["without_memory"]
    parts = [_COSTS.format(commitment=f"{chance['commitment']['success']:.0%}", mixed=f"{chance['mixed']['calls']:g}")]
    for framework, run in runs.items():
        named = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
        parts.append(f"\n## {framework}\n\nPlayed with {named}.\n")
        parts.append("| subject | provider | changed | commitment | control | mixed: lookups | wasted tokens |")
        parts.append("|---|---|---|---|---|---:|---:|")
        parts.extend(_costs(run["figures"]))
    return "\n".join(parts) + "\n"


def _costs(figures: list[_Figure]) -> Iterator[str]:
    """Give a line for each subject, provider and axis."""
    found: dict[tuple[str, str, str], dict[str, _Figure]] = {}
    for row in figures:
        found.setdefault((row["subject"], row["profile"], row["axis"]), {})[row["family"]] = row
    for (subject, profile, axis), held in found.items():
        mixed = held["mixed"]
        calls, wasted = ("-", "-") if mixed["errors"] else (f"{mixed['calls']:.1f}", f"{mixed['wasted']:.0f}")
        shares = (_share(held["commitment"]), _share(held["control"]))
        yield f"| {' | '.join((f'`{subject}`', profile, _AXES[axis], *shares, calls, wasted))} |"


_SHOWN = "deepseek"
_BEGIN, _END = "<!-- simulated: `python docs/generate.py` -->\n", "<!-- end of simulated -->\n"


def readme_page() -> str:
    """Write README.md anew: of the simulated figures it shows one client of each framework, and ours beside it."""
    before, _, rest = README.read_text(encoding="utf-8").partition(_BEGIN)
    lines = ["| scaffold | plans followed to the end | lookups, 2 are enough |", "|---|---|---:|"]
    for run in _simulated().values():
        plain = [row for row in run["figures"] if not row["axis"] and row["profile"] == _SHOWN]
        subjects = dict.fromkeys(row["subject"] for row in plain)
        for variant in ("stock", "kept"):
            first = next(name for name in subjects if name.endswith(f".{variant}"))
            held = {row["family"]: row for row in plain if row["subject"] == first}
            lines.append(f"| `{first}` | {_share(held['commitment'])} | {held['mixed']['calls']:.1f} |")
    return before + _BEGIN + "\n".join(lines) + "\n" + _END + rest.partition(_END)[2]


README = HERE.parent / "README.md"
PAGES: dict[Path, Callable[[], str]] = {
    HERE / "rules.md": rules_page,
    HERE / "what-it-costs.md": costs_page,
    README: readme_page,
}


def main(arguments: list[str]) -> int:
    """Write or compare all pages; give the exit code."""
    stale = 0
    for path, page in PAGES.items():
        text = page()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        print(f"{'out of date' if '--check' in arguments else 'written'}: {path}")
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    return int(bool(stale and "--check" in arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
