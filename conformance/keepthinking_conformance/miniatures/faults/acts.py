"""Faults of reading: what the model only thought is taken for what it said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from keepthinking_conformance.miniatures._wire import Asked, Entry
from keepthinking_conformance.miniatures.faults._fault import fault, hands_of

if TYPE_CHECKING:
    from keepthinking_conformance.miniatures._talk import Talk

_CLOSES = "</think>"


def _thoughts(answer: Entry, talk: Talk) -> Iterator[str]:
    """List the words of thoughts, those between tags among them."""
    yield from (str(place.value) for place in hands_of(talk).all_words(answer.wire))
    for place in talk.wire.texts(answer.wire):
        thought, closes, _ = place.value.partition(_CLOSES)
        if closes:
            yield thought


@fault("https://github.com/trpc-group/trpc-agent-python/issues/324", at="reads")
def runs_what_is_thought(calls: list[Asked], answer: Entry, talk: Talk) -> list[Asked]:
    """Runs the calls that stand in thoughts; on the wire in place of the model's own, in text before them."""
    held = [Asked(None, *call) for text in _thoughts(answer, talk) for call in talk.tongue.read(text)]
    if not talk.tongue.native:
        return [*held, *calls]
    return [call._replace(arguments=thought.arguments) for call, thought in zip(calls, held, strict=False)] or calls


@fault("https://github.com/huggingface/smolagents/issues/1404", at="ends")
def ends_with_what_is_thought(answer: Entry, talk: Talk) -> str | None:
    """Takes an answer that stands in a thought for the model's, and goes no further."""
    return next((said for text in _thoughts(answer, talk) if (said := talk.tongue.ended(text)) is not None), None)
