"""The audit over recorded traffic: every finding is listed with its reason, and no turn that came back is missed."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from keepthinking.audit import Auditor, Report, read
from tests.core.audit.wires import DIALECTS

LISTED = tomllib.loads((Path(__file__).parent / "expected-findings.toml").read_text(encoding="utf-8"))
Counted = Callable[[str], None]


OWN = Path(__file__).parents[2] / "captures"


@cache
def listed() -> frozenset[str]:
    """The recordings that the table speaks of; of others it can say nothing."""
    lines = (line for path in sorted(OWN.glob("*.jsonl")) for line in path.read_bytes().splitlines())
    return frozenset(json.loads(line)["source"] for line in lines)


class Audited(NamedTuple):
    """All recordings as one: conversations that change their dialect are in several files.

    Attributes:
        rows: The exchanges, each recording in its own order.
        auditor: The auditor that saw them.
        report: What it found.
    """

    rows: list[dict[str, Any]]
    auditor: Auditor
    report: Report

    def n(self, exchange: object) -> int | None:
        """The number of an exchange in its own recording."""
        return self.rows[exchange - 1]["n"] if isinstance(exchange, int) else None

    def of(self, dialect: str) -> list[tuple[int, dict[str, Any]]]:
        """The exchanges of a dialect, with their numbers."""
        return [(number, row) for number, row in enumerate(self.rows, 1) if spoken(row) == dialect]


def spoken(row: dict[str, Any]) -> str:
    """The dialect of an exchange: a route of its own may have a name of its own."""
    return next((id_ for id_ in DIALECTS if f"{row['dialect']}-".startswith(f"{id_}-")), "")


@cache
def audited(directory: Path) -> Audited:
    lines = [line for path in sorted(directory.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    rows = sorted((row for row in map(json.loads, lines) if spoken(row)), key=lambda row: (row["source"], row["n"]))
    auditor = Auditor()
    for exchange in read(json.dumps(row).encode() for row in rows):
        auditor.add(exchange)
    return Audited(rows, auditor, auditor.report())


def is_paired(directory: Path, dialect: str) -> bool:
    """Tell whether a recording that the table speaks of holds several exchanges of a dialect.

    Each such dialect has answers that came back, so a test that looks at them and sees none is itself at fault. Of
    other recordings nobody knows what their clients send back.
    """
    sources = [row["source"] for _, row in audited(directory).of(dialect) if row["source"] in listed()]
    return len(sources) > len(set(sources))


def test_every_exchange_is_judged(captures: Path, counted: Counted) -> None:
    _, _, report = audited(captures)
    fates = ", ".join(f"{count} {fate}" for fate, count in report.fates.items())
    counted(f"all: {report.exchanges} exchanges, {report.expected} answers expected again; thinking: {fates}")

    assert report.problems == ()
    assert report.expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_finding_is_listed_with_its_reason(dialect: str, captures: Path, counted: Counted) -> None:
    found = audited(captures)
    here = {(row["source"], row["n"]) for _, row in found.of(dialect)}
    numbers = {number for number, _ in found.of(dialect)}
    habits = {
        (entry["check"], entry["fate"])
        for entry in LISTED.get("habit", ())
        if entry["dialect"] == dialect and entry["reason"].strip()
    }
    expected = Counter(
        (entry["source"], entry["request"], entry.get("response"), entry["check"], entry["fate"])
        for entry in LISTED["finding"]
        if (entry["source"], entry["request"]) in here and entry["reason"].strip()
    )
    everything = [finding for finding in found.report.findings if finding.request in numbers]
    findings = [finding for finding in everything if finding.scope in listed()]
    notes = [f for f in findings if f.level == "MAY" and (f.check, f.fate) in habits]
    actual = Counter(
        (f.scope, found.n(f.request), found.n(f.response), f.check, f.fate) for f in findings if f not in notes
    )
    counted(f"{dialect}: {len(numbers)} exchanges; {len(findings)} findings, all listed")
    counted(f"{dialect}: {len(everything) - len(findings)} findings in recordings of which no table speaks")
    assert actual == expected
    known = any(row["source"] in listed() for _, row in found.of(dialect))
    assert {(f.check, f.fate) for f in notes} == (habits if known else set())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_message_without_a_recorded_answer_is_listed_with_its_reason(
    dialect: str, captures: Path, counted: Counted
) -> None:
    found = audited(captures)
    here = {(row["source"], row["n"]) for _, row in found.of(dialect)}
    numbers = {number for number, _ in found.of(dialect)}
    expected = Counter(
        (entry["source"], entry["request"], entry["path"])
        for entry in LISTED["stranger"]
        if (entry["source"], entry["request"]) in here and entry["reason"].strip()
    )
    strangers = [s for s in found.report.strangers if s.request in numbers and s.scope in listed()]
    counted(f"{dialect}: {len(strangers)} model messages in requests come from no recorded answer, all listed")
    assert Counter((s.scope, found.n(s.request), s.path) for s in strangers) == expected


# -- an independent look ---------------------------------------------------------------------------------------------

_SAID = {"reasoning_content", "reasoning", "thinking", "signature", "data"}
_SEALS = {"thought_signature", "thoughtSignature", "encrypted_content", "redactedContent"}
"""Members that hold thoughts and seals wherever they stand."""
_INSIDE = _SAID | _SEALS | {"text", "summary", "content"}
"""Members that do so inside a thought."""
_HOMES = {"reasoning_details", "reasoningContent", "reasoningText"}
_WINDOW = 40


def unguessable(response: Any) -> set[str]:
    """Cut a piece out of each thought and each seal of a response, without any of our decoders."""
    return _pieces(_streamed(response) if isinstance(response, str) else _members(response))


def _members(value: Any, *, inside: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        thinks = inside or str(value.get("type", "")).startswith(("thinking", "reasoning", "redacted"))
        thinks = thinks or value.get("thought") is True
        for key, inner in value.items():
            if isinstance(inner, str) and (key in _SAID | _SEALS or (thinks and key in _INSIDE)):
                yield inner
            elif key not in {"usage", "inlineData"}:
                yield from _members(inner, inside=thinks or key in _HOMES)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, inside=inside)


def _streamed(text: str) -> Iterator[str]:
    joined: dict[str, str] = {}
    for line in text.splitlines():
        payload = line.removeprefix("data:").strip()
        if not line.startswith("data:") or not payload.startswith("{"):
            continue
        chunk = json.loads(payload)
        if str(chunk.get("type", "")).startswith("response.") or "candidates" in chunk:
            if not chunk.get("type", "").endswith(".added"):  # what an item holds when it begins is not yet whole
                yield from _members(chunk)
            continue
        delta = chunk.get("delta") or (chunk.get("choices") or [{}])[0].get("delta") or {}
        number = chunk.get("index", 0)
        for key in ("reasoning_content", "reasoning", "thinking", "signature"):
            if isinstance(delta.get(key), str):
                joined[f"{number} {key}"] = joined.get(f"{number} {key}", "") + delta[key]
        for entry in delta.get("reasoning_details") or ():
            for key in ("text", "signature", "data"):
                if isinstance(entry.get(key), str):
                    place = f"{entry.get('index')} {key}"
                    joined[place] = joined.get(place, "") + entry[key]
    yield from joined.values()


def _texts(response: Any) -> Iterator[str]:
    yield from _streamed(response) if isinstance(response, str) else _strings(response)


def _pieces(texts: Iterator[str]) -> set[str]:
    return {_plain(text[(len(text) - _WINDOW) // 2 :][:_WINDOW]) for text in texts if len(text) >= _WINDOW}


def _plain(text: str) -> str:
    """Write base64 in one alphabet."""
    return text.replace("-", "+").replace("_", "/")


def _is_held(request: Any) -> bool:
    """Tell whether the server has some of the history: it holds it, or something stands for it."""
    named = request.get("previous_response_id") or request.get("conversation")
    return bool(named) or '"compaction"' in json.dumps(request.get("input", request.get("messages")))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


class Look(NamedTuple):
    """What an independent look at the recordings shows.

    Attributes:
        pairs: How many pairs of an answer and a later request of one recording there are.
        seen: In how many the request holds thinking of the answer.
        silent: In how many it should, does not, and no finding says so.
        missed: In which it does, and the audit does not expect it.
    """

    pairs: int
    seen: int
    silent: int
    missed: list[tuple[int, int]]


@cache
def look(directory: Path) -> dict[str, Look]:
    found = audited(directory)
    rows, auditor, report = found
    named = {(finding.request, finding.response) for finding in report.findings}
    looks = dict.fromkeys(DIALECTS, Look(0, 0, 0, []))
    for answer, row in enumerate(rows, 1):
        others = [
            _plain("\0".join(_texts(one["response"])))
            for one in rows
            if one is not row and one["source"] == row["source"]
        ]
        # a model may think the same sentence twice, and a page that it fetched twice says the same
        pieces = {piece for piece in unguessable(row["response"]) if not any(piece in other for other in others)}
        nodes = auditor._scopes[row["source"]].lineage.nodes
        for request, later in enumerate(rows[answer:], answer + 1):
            if later["source"] != row["source"]:
                break
            texts = [_plain(text) for text in _strings({**later["request"], "tools": None})]
            came = any(piece in text for piece in pieces for text in texts)
            known = answer in nodes[request].ancestors
            wanted = known and nodes[answer].whole and bool(pieces) and not _is_held(later["request"])
            wanted = wanted and spoken(row) == spoken(later)  # another dialect has no place for a seal
            one = looks[spoken(later)]
            looks[spoken(later)] = Look(
                one.pairs + 1,
                one.seen + came,
                one.silent + (wanted and not came and (request, answer) not in named),
                [*one.missed, *([(answer, request)] if came and not known else [])],
            )
    return looks


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_turn_that_came_back_is_missed(dialect: str, captures: Path, counted: Counted) -> None:
    one = look(captures)[dialect]
    counted(
        f"{dialect}: of {one.pairs} pairs of an answer and a later request in one recording, "
        f"{one.seen} hold its thinking"
    )
    assert one.missed == []
    assert one.seen or not is_paired(captures, dialect)


def test_where_nothing_came_and_nothing_is_told_a_rule_has_let_it_go(captures: Path) -> None:
    report = audited(captures).report

    assert sum(one.silent for one in look(captures).values()) == report.fates.get("legally-dropped", 0)
