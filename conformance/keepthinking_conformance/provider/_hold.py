"""Where an answer is held back: the place in a stream that is in the middle of the first thought."""

from __future__ import annotations

from itertools import accumulate
from random import Random
from typing import Final

from keepthinking import Dialect
from keepthinking._profiles import Profile
from keepthinking_conformance.provider._reply import Reply

HOLD_SECONDS: Final = 10.0
"""So long an answer is held back that the script interrupts: a scaffold needs milliseconds to hang up, and one that
waits for the end of the stream all the same has to end, too."""

_TRIES: Final = 32
"""How often a stream is cut anew until its first thought is in pieces; one cut in seven leaves a text whole."""

_LEAST: Final = 24
"""So many characters of the thought go out, so that whoever finds them again knows where they come from."""


def torn(speaks: Dialect, profile: Profile, found: Reply) -> tuple[list[bytes], int]:
    """Give an answer in frames, its first thought in pieces, and how many frames lead to the middle of that thought.

    A thought without words has no middle: then one frame, which begins the answer, leads there.
    """
    frames: list[bytes] = []
    for number in range(_TRIES):
        cuts = Random(f"{found.cuts.random()} {number}")  # noqa: S311 - seeded, so that a failure comes again
        frames = list(speaks.encode_stream(found.response, profile, cuts=cuts))
        if (middle := _middle(frames, speaks, profile)) is not None:
            return frames, middle
    return frames, 1


def _middle(frames: list[bytes], speaks: Dialect, profile: Profile) -> int | None:
    decoder = speaks.stream_decoder(profile)
    words = [
        sum(
            len(event.text)
            for event in decoder.feed(frame)
            if event.kind == "thinking" and event.index == 0 and isinstance(event.text, str)
        )
        for frame in frames
    ]
    whole = sum(words)
    return next((n for n, seen in enumerate(accumulate(words), 1) if min(_LEAST, whole - 1) <= seen < whole), None)
