"""Streams: a thought that was streamed is one thought, and stands there once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Block, Message, Segment, Text, Thinking
from keepthinking_conformance.provider import Provider
from keepthinking_conformance.scenarios import PROVIDERS
from tests.conformance.judge.runs import cell_of, checks, compared, judged, of
from tests.conformance.subjects import Miniature, Talk

Change = Callable[[Thinking], list[Block]]
pytestmark = pytest.mark.extras


def each(change: Change, messages: Sequence[Message]) -> list[Message]:
    """Change each thought."""
    return [
        m.with_blocks([b for block in m.blocks for b in (change(block) if isinstance(block, Thinking) else [block])])
        for m in messages
    ]


def worded(block: Thinking, words: str) -> Thinking:
    return replace(block, segments=(Segment(text=words),))


def pieces(block: Thinking) -> list[Block]:
    """Cut a thought in three, as a stream might have; its seal stays on the last piece."""
    words = block.text
    parts = [words[:20], words[20:50], words[50:]]
    made = [worded(block, part) for part in parts]
    return [*(replace(one, seals=()) for one in made[:-1]), made[-1]]


def twice(block: Thinking) -> list[Block]:
    return [worded(block, block.text * 2)]


def repeated(block: Thinking) -> list[Block]:
    return [block, replace(block, item=UNSET)]


def streamed(change: Change) -> Callable[[Talk], list[Message]]:
    def sends(talk: Talk) -> list[Message]:
        return each(change, talk.messages) if talk.run.stream else talk.messages

    return sends


PIECES = Miniature("mini.pieces", sends=streamed(pieces))
TWICE = Miniature("mini.twice", sends=streamed(twice))
REPEATED = Miniature("mini.repeated", sends=streamed(repeated))


@pytest.mark.parametrize("profile", ["anthropic", "minimax-anthropic"])
def test_a_thought_that_comes_back_in_its_pieces_is_found(provider: Provider, profile: str) -> None:
    cell = cell_of(profile, "loop", PIECES, mode="stream")
    found = compared(provider, cell)[cell.id]

    finding, *others = of(found, "stream.thinking.whole")
    assert len(others) == 3
    assert (finding.request, finding.response, finding.fate) == (2, 1, "altered")
    assert finding.rule == PROVIDERS[profile].rule
    assert found.checks["stream.thinking.whole"] == ("fail" if finding.level == "MUST" else "warn")
    assert found.checks["stream.thinking.once"] == "pass"


def test_pieces_of_gemini_are_how_its_own_client_sends_them(provider: Provider) -> None:
    found = judged(provider, cell_of("google-gemini", "loop", PIECES, mode="stream"))

    assert "stream.thinking.whole" not in checks(found)


@pytest.mark.parametrize(
    ("subject", "profile"),
    [(TWICE, "deepseek"), (TWICE, "anthropic"), (TWICE, "openrouter"), (REPEATED, "anthropic")],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_a_thought_that_is_doubled_is_found(provider: Provider, subject: Miniature, profile: str) -> None:
    found = judged(provider, cell_of(profile, "loop", subject, mode="stream"))

    finding, *others = of(found, "stream.thinking.once")
    assert (finding.fate, finding.request, finding.response) == ("duplicated", 2, 1)
    assert len(others) == 3
    assert found.checks["stream.thinking.once"] in {"fail", "warn"}


@pytest.mark.parametrize("subject", [PIECES, TWICE, REPEATED], ids=lambda subject: subject.id)
def test_what_streaming_does_is_not_found_in_a_plain_run(provider: Provider, subject: Miniature) -> None:
    found = judged(provider, cell_of("anthropic", "loop", subject))

    assert found.status == "pass"
    assert not any(check.startswith("stream.") for check in found.checks)


def test_two_equal_thoughts_of_one_answer_are_no_double(provider: Provider) -> None:
    found = judged(provider, cell_of("anthropic", "interleaved", mode="stream"))

    assert found.status == "pass"
    assert found.checks["stream.thinking.once"] == "pass"


def test_text_and_calls_that_only_streaming_loses_are_named(provider: Provider) -> None:
    def without_text(talk: Talk) -> list[Message]:
        if not talk.run.stream:
            return talk.messages
        return [
            m.with_blocks([b for b in m.blocks if not isinstance(b, Text)]) if m.tool_calls else m
            for m in talk.messages
        ]

    cell = cell_of("anthropic", "interleaved", Miniature("mini.wordless", sends=without_text), mode="stream")
    found = compared(provider, cell)[cell.id]

    assert {"text.kept", "stream.answer.kept"} == checks(found)
    assert found.checks["stream.answer.kept"] == "warn"
    assert found.checks["stream.thinking.kept"] == "pass"
