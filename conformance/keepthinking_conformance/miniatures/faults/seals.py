"""Faults of seals, and of what only the provider can read."""

from __future__ import annotations

from typing import Final

from keepthinking_conformance.miniatures._gemini import SEAL
from keepthinking_conformance.miniatures._habits import Sent
from keepthinking_conformance.miniatures._wire import Place, dropped
from keepthinking_conformance.miniatures.faults._fault import fault, hands

SKIP: Final = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""A seal that Gemini takes for none (https://ai.google.dev/gemini-api/docs/thought-signatures, read 2026-11-24)."""


def _seals(sent: Sent) -> list[Place]:
    return [place for answer in sent.answers for place in sent.wire.seals(answer)]


@fault("https://github.com/google/adk-python/issues/4650")
def drops_seals(sent: Sent) -> None:
    """Sends no seal back."""
    dropped(_seals(sent))


@fault("https://github.com/anthropics/claude-code/issues/12973")
def cuts_seals(sent: Sent) -> None:
    """Cuts seals to what its store has room for."""
    for place in _seals(sent):
        place.put(place.value[:-4])


@fault("https://github.com/pydantic/pydantic-ai/issues/5532")
def pads_seals(sent: Sent) -> None:
    """Writes a line break behind seals."""
    for place in _seals(sent):
        place.put(place.value + "\n")


@fault("https://github.com/openai/openai-agents-python/pull/4175")
def swaps_seals(sent: Sent) -> None:
    """Gives the seals of an answer to its blocks in the wrong order."""
    for answer in sent.answers:
        seals = sent.wire.seals(answer)
        for place, value in zip(seals, [seal.value for seal in reversed(seals)], strict=True):
            place.put(value)


@fault("https://github.com/diegosouzapw/OmniRoute/pull/11669")
def moves_seals(sent: Sent) -> None:
    """Puts the seal of an answer's first call on its first thought."""
    for answer in sent.answers:
        for call in sent.wire.called(answer)[:1]:
            sent.wire.thoughts(answer)[0].value[SEAL] = call.value.pop(SEAL)


@fault("https://github.com/Wei-Shaw/claude-relay-service/pull/967")
def makes_seals_up(sent: Sent) -> None:
    """Puts a seal that lets requests pass on thoughts that had none."""
    for answer in sent.answers:
        for place in sent.wire.thoughts(answer):
            place.value[SEAL] = SKIP


@fault("https://github.com/langgenius/dify-official-plugins/pull/3657")
def drops_redacted_thinking(sent: Sent) -> None:
    """Drops thinking that it cannot show."""
    for answer in sent.answers:
        dropped(place for place in sent.wire.thoughts(answer) if not hands(sent).words(place.value))


@fault()
def marks_its_cache(sent: Sent) -> None:
    """Writes a mark of its own behind the blocks of an answer."""
    for answer in sent.answers:
        for place in sent.wire.called(answer)[-1:]:
            place.holder.append({"type": "cache_point"})


@fault("https://github.com/UKGovernmentBEIS/inspect_ai/pull/4979")
def drops_hosted(sent: Sent) -> None:
    """Drops what a tool of the provider's own gave: it knows no such blocks."""
    for answer in sent.answers:
        dropped(hands(sent).hosted(answer))
