"""What a terminal shows of a finding: both sides of the wire, who lost it, what to do; in ASCII and 80 columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking_conformance.cli._wire import shown
from keepthinking_conformance.results._evidence import LOST
from tests.conformance.results.everything import FOUND, HOSTILE

pytestmark = pytest.mark.extras

PLACED = replace(FOUND, path="$.p", origin="$.o", at=UNSET, requests=1)


def lines(**changes: object) -> list[str]:
    return list(shown(replace(PLACED, **changes)))


def test_a_finding_shows_both_sides_and_points_at_the_first_difference() -> None:
    assert lines() == [
        "          said in    response 1, $.o",
        "          seen in    request 2, $.p",
        '          it said    ...g_content":"First Oslo, then Rome."',
        '          sent back  ...g_content":"First Rome, then Oslo."',
        "                                          ^ differs from here",
        "          lost in    the client, as it wrote the request; the framework still",
        "                     had it",
        "          fix        Use `ChatKeepThinking`.",
    ]


def test_what_is_gone_or_was_never_said_is_told_in_words() -> None:
    assert "          sent back  nothing in its place" in lines(fate="dropped", sent=UNSET)
    assert "          it said    nothing that has a place" in lines(fate="invented", said=UNSET)
    assert not [line for line in lines(said=UNSET, sent=UNSET) if "it said" in line or "sent back" in line]


def test_where_nobody_knows_what_to_do_nothing_is_said() -> None:
    assert not [line for line in lines(fix="") if "fix" in line]


@pytest.mark.parametrize("lost_in", LOST)
def test_it_is_said_who_lost_it(lost_in: str) -> None:
    told = lines(lost_in=lost_in)
    start = next(number for number, line in enumerate(told) if "lost in" in line)

    assert LOST[lost_in].partition(" ")[0] in told[start]  # type: ignore[index]  # drawn from the table itself


def test_the_whole_windows_are_shown_where_one_run_is_looked_at() -> None:
    said, sent = "a" * 150 + "b" * 250, "a" * 150 + "c" * 100

    told = list(shown(replace(PLACED, said=said, sent=sent), whole=True))
    start = next(number for number, line in enumerate(told) if "it said" in line)
    end = next(number for number, line in enumerate(told) if "lost in" in line)

    assert "".join(line[21:] for line in told[start:end]) == said[30:] + sent[30:]


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("whole", [True, False])
def test_whatever_was_said_it_is_ascii_and_drives_no_terminal(words: str, whole: bool) -> None:  # noqa: FBT001 - drawn
    told = list(shown(replace(PLACED, said=words, sent=f"{words[:3]}x{words}", fix=words), whole=whole))

    assert all(line.isascii() and line.isprintable() for line in told)
    assert max(map(len, told)) <= 80


@given(st.text(max_size=500), st.text(max_size=500), st.sampled_from(["altered", "dropped", "invented", "reordered"]))
def test_no_line_is_too_long_and_the_mark_stands_below_two_characters_that_differ(
    said: str, sent: str, fate: str
) -> None:
    told = lines(said=said, sent=sent, fate=fate)

    assert max(map(len, told)) <= 80
    assert all(line.isascii() for line in told)
    marks = [number for number, line in enumerate(told) if line.endswith("^ differs from here")]
    if fate != "altered" or said == sent:
        assert marks == []
    else:
        (number,) = marks
        column = told[number].index("^")
        above, here = told[number - 2], told[number - 1]
        assert above[21:column] == here[21:column]


def test_a_letter_that_looks_alike_is_told_apart() -> None:
    told = lines(said="\u0430bc", sent="abc")

    assert "          it said    \\u0430bc" in told
    assert "          sent back  abc" in told
