"""Server-sent events: the same frames however the bytes are cut."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keepthinking._errors import DecodeError
from keepthinking.dialects._sse import Frame, SSEDecoder, frame


def read(chunks: Iterable[bytes]) -> list[Frame]:
    decoder = SSEDecoder()
    found = [one for chunk in chunks for one in decoder.feed(chunk)]
    return found + decoder.finish()


def cut(raw: bytes, at: Iterable[int]) -> list[bytes]:
    edges = sorted({0, len(raw), *(edge % (len(raw) + 1) for edge in at)})
    return [raw[a:b] for a, b in pairwise(edges)]


CASES: dict[str, tuple[str, list[Frame]]] = {
    "one event": ("data: a\n\n", [Frame("", "a")]),
    "named event": ("event: ping\ndata: a\n\n", [Frame("ping", "a")]),
    "two events": ("data: a\n\ndata: b\n\n", [Frame("", "a"), Frame("", "b")]),
    "CRLF": ("event: e\r\ndata: a\r\n\r\ndata: b\r\n\r\n", [Frame("e", "a"), Frame("", "b")]),
    "CR": ("data: a\r\rdata: b\r\r", [Frame("", "a"), Frame("", "b")]),
    "mixed line ends": ("data: a\r\n\ndata: b\r\r\ndata: c\n\r", [Frame("", "a"), Frame("", "b"), Frame("", "c")]),
    "several data lines": ("data: a\ndata:\ndata: b\n\n", [Frame("", "a\n\nb")]),
    "comments": (": hello\n\n:\ndata: a\n: OPENROUTER PROCESSING\n\n", [Frame("", "a")]),
    "comment with data in it": (":data: no\n\ndata: a\n\n", [Frame("", "a")]),
    "no space": ("data:a\n\n", [Frame("", "a")]),
    "two spaces": ("data:  a\n\n", [Frame("", " a")]),
    "colons in data": ('data: {"a":"b: c"}\n\n', [Frame("", '{"a":"b: c"}')]),
    "empty data": ("data\n\ndata:\n\n", [Frame("", ""), Frame("", "")]),
    "event without data": ("event: ping\n\ndata: a\n\n", [Frame("", "a")]),
    "id and retry": ("id: 7\nretry: 10\ndata: a\n\n", [Frame("", "a")]),
    "unknown fields": ("Data: no\nfoo: no\n data: no\ndata: a\n\n", [Frame("", "a")]),
    "BOM": ("\ufeffdata: a\n\n", [Frame("", "a")]),
    "BOM in the middle": ("data: a\n\n\ufeffdata: b\n\n", [Frame("", "a")]),
    "two BOMs": ("\ufeff\ufeffdata: a\n\ndata: b\n\n", [Frame("", "b")]),
    "many blank lines": ("\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [Frame("", "a"), Frame("", "b")]),
    "no last blank line": ("data: a\n\ndata: [DONE]\n", [Frame("", "a"), Frame("", "[DONE]")]),
    "no last line end": ("data: a\n\ndata: [DONE]", [Frame("", "a"), Frame("", "[DONE]")]),
    "half an event without data": ("data: a\n\nevent: e\n", [Frame("", "a")]),
    "other line separators": ("data: a\u2028b\x0bc\x0cd\x85e\n\n", [Frame("", "a\u2028b\x0bc\x0cd\x85e")]),
    "NUL": ("data: \x00\n\n", [Frame("", "\x00")]),
    "wide characters": ("event: é\ndata: \U0001f600\u20ac\n\n", [Frame("é", "\U0001f600\u20ac")]),
    "nothing": ("", []),
}

cases = pytest.mark.parametrize(("text", "frames"), CASES.values(), ids=CASES)


@cases
def test_a_stream_in_one_piece(text: str, frames: list[Frame]) -> None:
    assert read([text.encode()]) == frames


@cases
def test_a_stream_byte_by_byte(text: str, frames: list[Frame]) -> None:
    assert read(bytes([byte]) for byte in text.encode()) == frames


@cases
def test_a_stream_in_two_pieces_wherever_it_is_cut(text: str, frames: list[Frame]) -> None:
    raw = text.encode()

    for at in range(len(raw) + 1):
        assert read([raw[:at], raw[at:]]) == frames, at


@cases
def test_a_stream_in_odd_pieces_with_empty_ones_between(text: str, frames: list[Frame]) -> None:
    raw = text.encode()
    rng = random.Random(text)

    for _ in range(20):
        pieces = cut(raw, (rng.randrange(1000) for _ in range(rng.randrange(6))))
        assert read(piece for one in pieces for piece in (b"", one)) == frames


@given(st.text(st.sampled_from("da:t\r\n\ufeff e\u20ac"), max_size=40), st.lists(st.integers(0, 200), max_size=8))
@example("data: a\r\n\r\n", [8, 9, 10])
def test_cuts_never_matter(text: str, at: list[int]) -> None:
    raw = text.encode()

    assert read(cut(raw, at)) == read([raw])


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=9),
            st.sampled_from(("", "message_start")),
        ),
        max_size=4,
    ),
    st.lists(st.integers(0, 200), max_size=8),
)
def test_what_is_written_reads_back(events: list[tuple[str, str]], at: list[int]) -> None:
    raw = b"".join(frame(data.encode(), name) for data, name in events)

    assert read(cut(raw, at)) == [Frame(name, data) for data, name in events]


def test_a_frame_is_given_as_soon_as_it_is_whole() -> None:
    decoder = SSEDecoder()

    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\n") == [Frame("", "a")]
    assert decoder.feed(b"data: b\r\n\r") == [Frame("", "b")]
    assert decoder.feed(b"\ndata: c") == []
    assert decoder.finish() == [Frame("", "c")]
    assert decoder.finish() == []


@pytest.mark.parametrize(
    ("chunks", "where"),
    [
        ([b"data: \xff\n\n"], "byte 6"),
        ([b"data: a\n\n", b"data: \xff"], "byte 15"),
        ([b"data: \xe2", b"\x82", b"x"], "byte 6"),
    ],
)
def test_bytes_that_are_no_utf8_say_where(chunks: list[bytes], where: str) -> None:
    with pytest.raises(DecodeError) as caught:
        read(chunks)

    assert (caught.value.where, caught.value.culprit) == (where, "provider")


def test_a_stream_that_never_ends_is_stopped() -> None:
    decoder = SSEDecoder(limit=20)
    decoder.feed(b"data: " + b"a" * 10)

    with pytest.raises(DecodeError, match="more than 20 bytes"):
        decoder.feed(b"a" * 10)
