"""What a difference means, whose a thought is, and what came back in pieces: told of blocks alone, with no request."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET, UnsetType

from keepthinking._compare import NEUTRAL, Difference
from keepthinking._json import Json
from keepthinking._messages import (
    Block,
    Field,
    Media,
    Message,
    Opaque,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking._turns import Spot
from keepthinking.audit._elsewhere import pieces_of
from keepthinking.audit._meaning import changed, dropped, word
from keepthinking.audit._pairing import view
from keepthinking.audit._regroup import Regrouped, mirrors, regrouped, repeated
from keepthinking.audit._thoughts import Thoughts
from keepthinking.audit._verdict import BLANK, GIVEN, MEMBER, RUN, Verdict

LONG = "First I look at what the tool said and keep the plan in mind, then I decide."
OTHER = "99 red balloons; 4711 * 42 = ?"
PLACE = Spot(4, 2)
WORDS = ("segments[0].text", "altered")


def thought(*pieces: str | None, seal: str = "", slot: str = "signature") -> Thinking:
    seals = (Seal(slot=slot, wire=seal),) if seal else ()
    return Thinking(segments=tuple(Segment(text=piece) for piece in pieces), seals=seals)


def call(arguments: str = '{"q":1}', **more: Any) -> ToolCall:
    return ToolCall(**({"id": "call_1", "name": "look", "arguments": arguments} | more))


OPAQUE = Opaque(dialect="openai-responses", kind="tool_search", body=Json.of({}))

# -- one difference ----------------------------------------------------------------------------------------------------


def said_of(mine: Block, other: Block, path: str, kind: str = "altered", at: int | UnsetType = 7) -> Verdict:
    difference = Difference(kind=kind, keep="memory", path=path, at=at)  # type: ignore[arg-type]  # any kind
    found = changed(mine, other, difference, 3, PLACE)
    assert (found.expected, found.actual) == (3, PLACE)
    return found


@pytest.mark.parametrize(
    ("mine", "other", "what", "meaning"),
    [
        (thought(LONG), thought(LONG), ("places[0]", "place"), ("thinking.place", "misplaced", UNSET)),
        (thought("a", "b"), thought("ab"), ("segments", "grouping"), ("grouping.not-merged", "altered", UNSET)),
        (thought("ab"), thought("a", "b"), ("segments", "grouping"), ("grouping.not-split", "altered", UNSET)),
        (thought("ab", "c"), thought("a", "bc"), ("segments", "grouping"), ("grouping.not-split", "altered", UNSET)),
        (call("{}"), call("{ }"), ("arguments", "respelled"), ("arguments.verbatim", "normalised", 7)),
        (call(), call("{}"), ("arguments", "altered"), ("arguments.equal", "altered", 7)),
        (call(), call(name="read"), ("name", "altered"), ("call.name.unaltered", "altered", 7)),
        (call(), call(), ("fields.x", "altered"), ("call.unaltered", "altered", 7)),
        (Text.of("a"), Text.of("b"), ("text", "altered"), ("text.unaltered", "altered", 7)),
        (Text.of("a"), Text.of("a"), ("fields.citations", "altered"), ("text.unaltered", "altered", 7)),
        (OPAQUE, OPAQUE, ("body", "altered"), ("opaque.unaltered", "altered", 7)),
        (OPAQUE, OPAQUE, ("name", "altered"), ("opaque.unaltered", "altered", 7)),
        (thought(LONG), thought(f"{LONG}!"), WORDS, ("thinking.unaltered", "altered", 7)),
        (thought(LONG), thought(LONG), ("fields.x", "altered"), ("thinking.unaltered", "altered", 7)),
        (thought(LONG), thought(OTHER), ("fields.x", "altered"), ("thinking.unaltered", "altered", 7)),
        (thought(LONG), thought(LONG[:10]), WORDS, ("thinking.unaltered", "altered", 7)),
        (thought(LONG), thought(LONG), ("places[0].lead", "altered"), ("thinking.unaltered", "altered", 7)),
        (thought(LONG), thought(""), WORDS, ("thinking.kept", "dropped", UNSET)),
        (thought(LONG), thought(OTHER), WORDS, ("thinking.not-invented", "invented", UNSET)),
        (thought("", seal="s"), thought(OTHER, seal="s"), WORDS, ("thinking.not-invented", "invented", UNSET)),
        (thought(LONG), thought("", seal="s"), WORDS, ("thinking.unaltered", "altered", 7)),
        (thought(LONG), Text.of(LONG), ("", "altered"), ("opaque.unaltered", "altered", 7)),
    ],
)
def test_each_difference_is_one_checks(
    mine: Block, other: Block, what: tuple[str, str], meaning: tuple[str, str, int | UnsetType]
) -> None:
    found = said_of(mine, other, *what)

    assert (found.check, found.fate, found.at) == meaning
    assert (found.part, found.empty) == ("", False)


def test_arguments_that_were_none_may_be_written_as_none() -> None:
    found = said_of(call(""), call("{}"), "arguments", "respelled")

    assert (found.check, found.fate, found.at, found.part) == ("arguments.verbatim", "normalised", 7, GIVEN)


@pytest.mark.parametrize(("seal", "empty"), [("", True), ("s", False)])
def test_no_words_may_be_written_in_two_ways(seal: str, empty: bool) -> None:  # noqa: FBT001 - a row
    found = said_of(thought("", seal=seal), thought(None, seal=seal), "segments[0].text", "missing")

    assert (found.check, found.fate, found.empty) == ("thinking.empty.kept", "altered", empty)


@pytest.mark.parametrize(
    ("path", "seal", "part"), [("item.id", "", MEMBER), ("item.id", "s", ""), ("fields.x", "", "")]
)
def test_a_member_beside_words_counts_less_where_no_seal_stands_there(path: str, seal: str, part: str) -> None:
    found = said_of(thought(LONG, seal=seal), thought(LONG, seal=seal), path)

    assert (found.check, found.part) == ("thinking.unaltered", part)


def test_a_sentence_names_what_was_added_and_what_is_missing() -> None:
    assert said_of(call(), call(), "fields.x", "extra").what == "`fields.x` of a tool call was added"
    assert said_of(call(), call(), "fields.x").what == "`fields.x` of a tool call came back changed or not at all"
    assert said_of(OPAQUE, OPAQUE, "").what.startswith("`type` of a block of the provider's own came back")
    assert said_of(Text.of("a"), Text.of("b"), "text").what == "a visible text came back changed"
    assert said_of(Text.of("a"), Text.of("a"), "fields.x").what == "`fields.x` of a visible text came back changed"
    assert said_of(thought(LONG), thought(LONG), "places[0].lead").what.startswith("the white space around thinking")
    assert said_of(thought(LONG), thought(LONG), "fields.x").what.startswith("`fields.x` of thinking came back")
    assert said_of(thought("a", "b"), thought("ab"), "segments", "grouping").what.startswith("the pieces of a thought")
    assert said_of(thought("ab"), thought("a", "b"), "segments", "grouping").what == "a thought was cut into pieces"


@pytest.mark.parametrize(
    ("block", "check", "part", "empty"),
    [
        (thought(LONG), "thinking.kept", "", False),
        (thought("", seal="s", slot="data"), "redacted.kept", "", False),
        (thought("", seal="s"), "thinking.empty.kept", "", False),
        (thought(""), "thinking.empty.kept", "", True),
        (call(server=True), "call.kept", RUN, False),
        (call(), "call.kept", "", False),
        (Text.of(" \n"), "text.kept", BLANK, False),
        (Text.of("a"), "text.kept", "", False),
        (Media(kind="image"), "text.kept", "", False),
        (OPAQUE, "opaque.kept", "", False),
    ],
)
def test_each_block_that_is_gone_is_one_checks(block: Block, check: str, part: str, empty: bool) -> None:  # noqa: FBT001 - a row
    found = dropped(block, 3, PLACE)

    assert (found.check, found.fate, found.expected, found.actual) == (check, "dropped", 3, PLACE)
    assert (found.part, found.empty) == (part, empty)


def test_each_kind_of_block_has_a_word() -> None:
    blocks = (thought(LONG), call(), Text.of("a"), Media(kind="image"), OPAQUE, ToolResult.of("ok"))

    assert [word(block) for block in blocks] == [
        *("thinking block", "tool call", "text", "picture, sound or file", "block of the provider's own"),
        "result of a tool that the provider ran",
    ]


# -- whose a thought is ------------------------------------------------------------------------------------------------

SAID = "Well, then I do as I was told to."
SIXTEEN, FORTY_EIGHT = "so it is thought", "and another scope must have thought just the same"[:48]


def thoughts(everywhere: dict[str, int] | None = None, /, **answers: Thinking) -> Thoughts:
    found = Thoughts({} if everywhere is None else everywhere)
    for number, block in answers.items():
        found.add(int(number[1:]), [Message(role="assistant", blocks=(Text.of(SAID), call(), block))])
    return found


def test_a_thought_is_known_by_its_words_from_sixteen_letters_on() -> None:
    known = thoughts(_1=thought(SIXTEEN), _2=thought(SIXTEEN[:15]), _3=thought(f" {LONG}\n"))

    assert known.of(thought(SIXTEEN), but=9) == 1
    assert known.of(thought(f"\n{SIXTEEN} "), but=9) == 1
    assert known.of(thought(SIXTEEN[:15]), but=9) is None
    assert known.of(thought(LONG), but=9) == 3
    assert known.of(thought(OTHER), but=9) is None
    assert known.of(thought(SAID), but=9) is None


def test_a_thought_is_its_own_answers_though_another_thought_the_same() -> None:
    known = thoughts(_1=thought(LONG), _2=thought(LONG))

    assert known.of(thought(LONG), but=1) is None
    assert known.of(thought(LONG), but=2) is None
    assert known.of(thought(LONG), but=3) == 2


def test_a_thought_without_words_is_known_by_its_seal() -> None:
    known = thoughts(_1=thought("", seal="first"), _2=thought("Ok.", seal="second"))

    assert known.of(thought("", seal="first"), but=9) == 1
    assert known.of(thought("Ok.", seal="second"), but=9) == 2
    assert known.of(thought("", seal="first"), but=1) is None
    assert known.of(thought("", seal="third"), but=9) is None
    assert known.sealed(Seal(slot="signature", wire="second"))
    assert not known.sealed(Seal(slot="signature", wire="third"))


def test_of_other_conversations_long_thoughts_count_alone() -> None:
    everywhere: dict[str, int] = {}
    thoughts(everywhere, _1=thought(FORTY_EIGHT), _2=thought(FORTY_EIGHT[:47]), _3=thought(FORTY_EIGHT))
    here = thoughts(everywhere, _4=thought(OTHER))

    assert len(FORTY_EIGHT) == 48
    assert here.of(thought(FORTY_EIGHT), but=4) == 1
    assert here.of(thought(FORTY_EIGHT), but=1) is None
    assert here.of(thought(FORTY_EIGHT[:47]), but=4) is None


# -- pieces ------------------------------------------------------------------------------------------------------------


def grouped(expected: list[Block], actual: list[Block]) -> list[Regrouped]:
    one = view(
        1, [Message(role="assistant", blocks=(*expected,))], [Message(role="assistant", blocks=(*actual,))], NEUTRAL
    )
    return regrouped(one, one.lost, one.spare)


def test_words_that_came_back_in_other_blocks_are_found_again() -> None:
    a, b, c = Text.of("One. "), Text.of("Two."), Text.of("Three.")

    assert grouped([a, b], [Text.of("One. Two.")]) == [Regrouped((0, 1), (0,))]
    assert grouped([Text.of("One. Two.")], [a, b]) == [Regrouped((0,), (0, 1))]
    assert grouped([Text.of("One. Two."), Text.of("Three.")], [a, b, Text.of("Th"), Text.of("ree.")]) == [
        Regrouped((0,), (0, 1)),
        Regrouped((1,), (2, 3)),
    ]
    assert grouped([a, b, Text.of("Th"), Text.of("ree.")], [Text.of("One. Two."), Text.of("Th ree.")]) == [
        Regrouped((0, 1), (0,)),
        Regrouped((2, 3), (1,)),
    ]
    assert grouped([Text.of("Ab"), Text.of("c"), Text.of("ab"), Text.of("d")], [Text.of("abd"), Text.of("Abc")]) == [
        Regrouped((2, 3), (0,)),
        Regrouped((0, 1), (1,)),
    ]
    assert grouped([a, b], [Text.of("Two. One.")]) == []
    assert grouped([a, b], [c]) == []
    assert grouped([Text.of(" "), Text.of("x")], [Text.of("xx")]) == []
    assert grouped([thought("One."), Text.of("Two.")], [Text.of("One.Two.")]) == []


def test_what_is_found_once_is_not_found_again() -> None:
    a, b, ab, x = Text.of("A."), Text.of("B."), Text.of("A. B."), Text.of("X.")

    assert grouped([ab, x], [a, b, Text.of("A.B.X.")]) == [Regrouped((0,), (0, 1))]
    assert grouped([ab, ab], [a, b]) == [Regrouped((0,), (0, 1))]
    assert grouped([a, b], [ab, ab]) == [Regrouped((0, 1), (0,))]


def test_one_block_is_no_run() -> None:
    assert grouped([Text.of("A. B.")], [Text.of("A.B.")]) == []
    assert grouped([Text.of(" ")], [Text.of("\n"), Text.of("\t")]) == []
    assert grouped([call()], [call("[]", id="call_2"), call("[1]", id="call_3")]) == []


def test_where_the_wire_tells_no_pieces_apart_none_are_found() -> None:
    answer, back = Message(role="model", blocks=(Text.of("A. B."),)), (Text.of("A."), Text.of("B."))
    one = view(1, [answer], [Message(role="model", blocks=back)], NEUTRAL, pieces=True)

    assert one.lost == (0,)
    assert regrouped(one, one.lost, one.spare) == []


def test_a_run_begins_behind_what_is_not_of_it() -> None:
    lone, one, two = Text.of("Lone."), Text.of("One."), Text.of("Two.")

    assert grouped([Text.of("One.Two.")], [lone, one, two]) == [Regrouped((0,), (1, 2))]
    assert grouped([Text.of("One.Two.")], [one, lone, two]) == []


@pytest.mark.parametrize(("seal", "run"), [("s", (0, 1, 2)), ("t", (0, 1))])
def test_a_seal_behind_the_pieces_is_of_them_where_it_is_their_own(seal: str, run: tuple[int, ...]) -> None:
    back = [thought("One."), thought("Two."), thought("", seal=seal)]

    assert grouped([thought("One. Two.", seal="s")], [*back]) == [Regrouped((0,), run)]


def test_a_thought_that_says_all_that_came_back_once_more_is_not_lost() -> None:
    a, b = thought("One."), thought("Two.")
    both, sealed, other = thought("One. Two."), thought("One. Two.", seal="s"), thought("One. Three.")
    none, text = thought(""), Text.of("One. Two.")
    answer = Message(role="assistant", blocks=(a, both, b, sealed, other, text, none, Text.of("So.")))
    one = view(1, [answer], [Message(role="assistant", blocks=(a, b, Text.of("So.")))], NEUTRAL)

    assert one.lost == (1, 3, 4, 5, 6)
    assert repeated(one, one.pairs, one.lost) == [1]
    assert repeated(one, {}, one.lost) == []


def placed(text: str, *names: str, seal: str = "") -> Thinking:
    seals = (Seal(slot="signature", wire=seal),) if seal else ()
    return Thinking(segments=(Segment(text=text),), places=tuple(Field(name=n) for n in names), seals=seals)


@pytest.mark.parametrize(
    ("extra", "found"),
    [
        (placed("One. Two.", "reasoning"), [2]),
        (placed("One.", "reasoning"), []),
        (placed("One. Two.", "thinking"), []),
        (placed("One. Two."), []),
        (placed("One. Two.", "reasoning", seal="s"), []),
        (Text.of("One. Two."), []),
    ],
)
def test_a_member_that_mirrored_all_thoughts_may_do_so_again(extra: Block, found: list[int]) -> None:
    one, two = placed("One.", "details", "reasoning"), placed("Two.", "details", "reasoning")
    here = view(
        1,
        [Message(role="assistant", blocks=(one, two, Text.of("So.")))],
        [Message(role="assistant", blocks=(one, two, extra, Text.of("So.")))],
        NEUTRAL,
    )

    assert mirrors(here, here.spare) == found


def test_a_mirror_may_say_what_became_of_the_thoughts() -> None:
    one, now = placed("One.", "details", "reasoning"), placed("Done.", "details", "reasoning")
    here = view(
        1,
        [Message(role="assistant", blocks=(one,))],
        [Message(role="assistant", blocks=(now, placed("Done.", "reasoning")))],
        NEUTRAL,
    )

    assert mirrors(here, [1]) == [1]


def test_a_thought_is_sought_piece_by_piece_where_each_tells_enough() -> None:
    more = "and what comes behind"

    assert pieces_of(thought(SIXTEEN, f" {more}\n")) == [SIXTEEN, more]
    assert pieces_of(thought(SIXTEEN[:15], more)) == [SIXTEEN[:15] + more]
    assert pieces_of(thought(f" {LONG}")) == [LONG]
    assert pieces_of(thought(SIXTEEN, None, more)) == [SIXTEEN, more]
    assert pieces_of(Thinking()) == [""]
