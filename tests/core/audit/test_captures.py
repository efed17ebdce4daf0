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
from tests.core.dialects.wire import DIALECTS, LONE, PAIRED, recordings

LISTED = tomllib.loads((Path(__file__).parent / "expected-findings.toml").read_text(encoding="utf-8"))
Counted = Callable[[str], None]


class Audited(NamedTuple):
    rows: list[dict[str, Any]]
    auditor: Auditor
    report: Report

    def n(self, exchange: object) -> int | None:
        """The number of an exchange in its own recording."""
        return self.rows[exchange - 1]["n"] if isinstance(exchange, int) else None


@cache
def audited(directory: Path, dialect: str) -> Audited:
    lines = (directory / f"{dialect}.jsonl").read_bytes().splitlines()
    auditor = Auditor()
    for exchange in read(lines):
        auditor.add(exchange)
    return Audited([json.loads(line) for line in lines], auditor, auditor.report())


@pytest.mark.parametrize("dialect", LONE)
def test_what_is_left_out_below_has_no_pairs(dialect: str, captures: Path) -> None:
    names = [one.name.partition(": ")[2] for one in recordings(captures, dialect)]
    assert len(names) == len(set(names)), "a recording of several exchanges: take the dialect out of `LONE`"


@pytest.mark.parametrize("dialect", PAIRED)
def test_every_finding_is_listed_with_its_reason(dialect: str, captures: Path, counted: Counted) -> None:
    rows, _, report = found = audited(captures, dialect)
    sources = {row["source"] for row in rows}
    expected = Counter(
        (entry["source"], entry["request"], entry["response"], entry["check"], entry["fate"])
        for entry in LISTED["finding"]
        if entry["source"] in sources and entry["reason"].strip()
    )
    actual = Counter((f.scope, found.n(f.request), found.n(f.response), f.check, f.fate) for f in report.findings)
    fates = ", ".join(f"{count} {fate}" for fate, count in report.fates.items())
    counted(
        f"{dialect}: {report.exchanges} exchanges, {report.expected} answers expected again in later requests; "
        f"thinking: {fates}; {len(report.findings)} findings, all listed"
    )
    assert actual == expected
    assert not report.problems
    assert report.expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_message_without_a_recorded_answer_is_listed_with_its_reason(
    dialect: str, captures: Path, counted: Counted
) -> None:
    rows, _, report = found = audited(captures, dialect)
    sources = {row["source"] for row in rows}
    expected = Counter(
        (entry["source"], entry["request"], entry["path"])
        for entry in LISTED["stranger"]
        if entry["source"] in sources and entry["reason"].strip()
    )
    known = report.model_messages - report.unattributed
    counted(
        f"{dialect}: {known} of {report.model_messages} model messages in requests come from a recorded answer; "
        f"{report.unattributed} do not ({len(report.strangers)} different ones, all listed)"
    )
    assert Counter((s.scope, found.n(s.request), s.path) for s in report.strangers) == expected


# -- an independent look ---------------------------------------------------------------------------------------------

_THOUGHT = {"reasoning_content", "reasoning", "thinking", "text", "summary", "content"}
_PROOF = {"signature", "data", "thought_signature", "encrypted_content"}
_WINDOW = 40


def unguessable(response: Any) -> set[str]:
    """Cut a piece out of each thought and each seal of a response, without any of our decoders."""
    if isinstance(response, str):
        return _pieces(_streamed(response))
    return _pieces(_members(response))


def _members(value: Any, *, inside: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        thinks = inside or str(value.get("type", "")).startswith(("thinking", "reasoning", "redacted"))
        for key, inner in value.items():
            if isinstance(inner, str) and (
                key in {"reasoning_content", "reasoning", "thinking", "signature", "data", "thought_signature"}
                or (thinks and key in _THOUGHT | _PROOF)
            ):
                yield inner
            elif key != "usage":
                yield from _members(inner, inside=thinks or key == "reasoning_details")
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


def _pieces(texts: Iterator[str]) -> set[str]:
    return {text[(len(text) - _WINDOW) // 2 :][:_WINDOW] for text in texts if len(text) >= _WINDOW}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


@pytest.mark.parametrize("dialect", PAIRED)
def test_no_turn_that_came_back_is_missed(dialect: str, captures: Path, counted: Counted) -> None:
    rows, auditor, report = audited(captures, dialect)
    pairs = seen = silent = 0
    missed: list[tuple[int, int]] = []
    for answer, row in enumerate(rows, 1):
        pieces = unguessable(row["response"])
        nodes = auditor._scopes[row["source"]].lineage.nodes
        for request, later in enumerate(rows[answer:], answer + 1):
            if later["source"] != row["source"]:
                continue
            pairs += 1
            texts = list(_strings(later["request"]["messages"]))
            came = any(piece in text for piece in pieces for text in texts)
            known = answer in nodes[request].ancestors
            named = any((f.request, f.response) == (request, answer) for f in report.findings)
            seen += came
            silent += known and nodes[answer].whole and bool(pieces) and not came and not named
            if came and not known:
                missed.append((answer, request))
    counted(f"{dialect}: of {pairs} pairs of an answer and a later request in one recording, {seen} hold its thinking")
    assert missed == []
    # where a known answer's thinking is gone and no finding says so, a rule has let it go
    assert silent == report.fates.get("legally-dropped", 0)
    assert seen
