"""The Markdown: verdict, table and the first red runs folded, small, and nothing of what was said is markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking_conformance.results import Difference, Results, as_markdown
from keepthinking_conformance.results._evidence import spelt
from keepthinking_conformance.results._results import CellResult
from tests.conformance.results.everything import CELL, EVERYTHING, FOUND, HOSTILE, RAISED, said
from tests.conformance.results.test_html import Seen, red
from tests.conformance.results.test_merge import run as examined

pytestmark = pytest.mark.extras

TAGS = frozenset(re.findall(r"\w+", "b code details h3 li p pre strong summary table tbody td th thead tr ul"))


def seen(results: Results) -> Seen:
    """Read the Markdown as a service does that lets all HTML through."""
    return Seen(MarkdownIt("commonmark", {"html": True}).enable("table").render(as_markdown(results)))


def test_a_red_run_is_folded_and_holds_what_a_maintainer_needs() -> None:
    text = " ".join(seen(examined(CELL)).text.split())

    for part in (
        "The one run fails.",
        "What fails",
        "agents.chat.stock/deepseek/loop/plain thinking.kept.in-loop, altered",
        "MUST the words differ",
        'The provider said "reasoning_content":"First Oslo, then Rome."',
        'The scaffold sent back "reasoning_content":"First Rome, then Oslo."',
        "seen in request 2, $.messages[2].reasoning_content, first differing byte 17",
        "lost in the client",
        "rule deepseek.v4.chat, verified 2026-11-23: https://api-docs.deepseek.com/guides/thinking_mode",
        "fix: Use `ChatKeepThinking`.",
        "keepthinking check agents --id agents.chat.stock/deepseek/loop/plain",
    ):
        assert part in text


def test_the_first_differing_character_is_marked() -> None:
    assert "First <b>O</b>slo" in as_markdown(examined(CELL))


def test_what_is_gone_is_said_to_be_gone() -> None:
    gone = replace(CELL, findings=(replace(FOUND, fate="dropped", sent=UNSET),))

    assert "<pre>nothing in its place</pre>" in as_markdown(examined(gone))


def test_thinking_that_left_lawfully_with_its_turns_is_not_said_to_have_come_back() -> None:
    gone = replace(CELL, findings=(), status="warn", fates={"removed-with-turn": 5}, held={"thinking": 5, "seals": 5})
    free = replace(gone, fates={"legally-dropped": 5})
    kept = replace(gone, fates={"preserved": 1, "removed-with-turn": 4})

    def row(cell: CellResult) -> str:
        return next(line for line in as_markdown(examined(cell)).splitlines() if line.startswith(f"| {CELL.title} |"))

    assert "| gone, 0 of 5 | - |" in row(gone)
    assert "| - | - |" in row(free)
    assert "| yes, 1 of 5 | yes |" in row(kept)


def test_what_raised_and_what_differs_says_so() -> None:
    other = replace(CELL, gate="scorecard", differences=(Difference(what="status", recorded="", found="fail"),))
    text = seen(examined(replace(RAISED, environments=("1",), gate="rule"), other)).text

    assert "turn 1: KeyError: 'reasoning'" in text
    assert "status: recorded nothing, found fail" in text


def test_known_losses_are_shown_where_nothing_fails() -> None:
    text = as_markdown(examined(replace(CELL, gate="scorecard")))

    assert "### What is lost, and fails nothing" in text
    assert "### What fails" not in text
    assert "###" not in as_markdown(examined(replace(CELL, status="pass", findings=())))


def test_only_the_first_ten_are_shown_and_the_rest_is_counted() -> None:
    text = as_markdown(red(150))

    assert text.count("<details>") == 10
    assert "140 more are in the other forms of this report." in text


def test_it_fits_into_the_summary_of_a_build() -> None:
    wire = '{"role":"assistant","content":[{"type":"thinking"}]}' * 8
    found = tuple(replace(FOUND, check=f"check.{n}", said=wire, sent=wire) for n in range(30))

    assert len(as_markdown(red(150, findings=found)).encode()) < 100_000
    assert len(as_markdown(said("<x>" * 350_000)).encode()) < 200_000


@pytest.mark.parametrize("results", [EVERYTHING, *map(said, HOSTILE)], ids=lambda _: "results")
def test_nothing_of_what_was_said_is_markup(results: Results) -> None:
    found = seen(results)

    assert set(found.tags) <= TAGS
    assert found.attributes == []


@pytest.mark.parametrize("hostile", [words for words in HOSTILE if words])
def test_whatever_was_said_is_seen(hostile: str) -> None:
    found = seen(said(hostile))

    # Around a cell's text Markdown drops white space.
    assert found.text.count(spelt(hostile).strip()) > 8


@settings(max_examples=50)
@given(st.text())
def test_any_text_can_be_written(hostile: str) -> None:
    found = seen(said(hostile))

    assert set(found.tags) <= TAGS
    assert found.attributes == []
