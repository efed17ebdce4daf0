"""Texts that grow: pieces, growing wholes, and characters that a stream cut in two."""

import json
from itertools import accumulate
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking._exchange import Event
from keepthinking.dialects._text import Grow, Halves, Snapshots, cut
from keepthinking.dialects.openai_chat import DIALECT

WORDS = ["\n", "\nThe", " user", " asks", " the", " the", " weather"]


@pytest.mark.parametrize("chunks", [WORDS, list(accumulate(WORDS))], ids=["pieces", "growing whole"])
@pytest.mark.parametrize("count", range(3, len(WORDS) + 1))
def test_both_ways_of_streaming_give_one_text(chunks: list[str], count: int) -> None:
    text = Snapshots(chunks[0])
    for chunk in chunks[1:count]:
        text.add(chunk)

    assert "".join(WORDS[:count]) == str(text)


@pytest.mark.parametrize(
    ("first", "second", "whole"),
    [("ha", "haha", "hahaha"), ("ha", "ha", "haha"), ("long enough", "long enough yes", "long enough yes")],
)
def test_two_chunks_are_a_growing_whole_only_if_that_is_likely(first: str, second: str, whole: str) -> None:
    text = Snapshots(first)
    text.add(second)

    assert whole == str(text)


@pytest.mark.parametrize("chunks", [WORDS, list(accumulate(WORDS))], ids=["pieces", "growing whole"])
def test_minimax_is_read_whichever_way_it_streams(chunks: list[str]) -> None:
    decoder = DIALECT.stream_decoder("minimax-split")
    for chunk in chunks:
        entry = {"type": "reasoning.text", "id": "reasoning-text-1", "index": 0, "text": chunk}
        body = {"choices": [{"index": 0, "delta": {"reasoning_details": [entry]}}]}
        decoder.feed(b"data: " + json.dumps(body).encode() + b"\n\n")

    assert "".join(WORDS) == decoder.finish().message.thinking


@given(text=st.text(), seed=st.integers())
def test_cut_pieces_are_the_text(text: str, seed: int) -> None:
    pieces = cut(text, Random(seed))
    grown = Grow(pieces[0])
    for piece in pieces[1:]:
        grown.add(piece)

    assert text == str(grown)


@given(text=st.text(alphabet=st.sampled_from("a\U0001f600é\U00010348"), max_size=8))
def test_no_event_holds_half_a_character(text: str) -> None:
    halves = Halves()
    units = text.encode("utf-16-be")
    chars = [units[i : i + 2].decode("utf-16-be", "surrogatepass") for i in range(0, len(units), 2)]

    shown = [whole.text for char in chars if (whole := halves.whole(Event(kind="text", text=char))) is not None]

    assert text == "".join(str(piece) for piece in shown)
    assert not any("\ud800" <= char <= "\udfff" for piece in shown for char in str(piece))
