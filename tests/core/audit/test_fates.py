"""What became of the blocks of an answer: told of messages alone, without a recording."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pytest
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._compare import NEUTRAL
from keepthinking._json import Json
from keepthinking._messages import Block, Field, Item, Message, Opaque, Seal, Segment, Text, Thinking, ToolCall
from keepthinking._projection import Projection, Row
from keepthinking._turns import Spot
from keepthinking.audit._elsewhere import Elsewhere
from keepthinking.audit._fates import MESSAGE, Seen, fates
from keepthinking.audit._history import Step
from keepthinking.audit._pairing import view
from keepthinking.audit._thoughts import Thoughts
from keepthinking.audit._verdict import GIVEN, Verdict

LONG = "First I look at what the tool said and keep the plan in mind, then I decide."
OTHER = "99 red balloons; 4711 * 42 = ?"
WORDS = "Here is what the two files say about it."
LINKED = Projection([Row("id", "link", "https://example.org/docs")], {}, ids="id")
"""The table of a wire that pairs a call and its result by their order, too."""


def thought(*pieces: str, seal: str = "", slot: str = "signature") -> Thinking:
    seals = (Seal(slot=slot, wire=seal),) if seal else ()
    return Thinking(segments=tuple(Segment(text=piece) for piece in pieces), seals=seals)


def call(
    id_: str | UnsetType | None = "call_1", arguments: str = '{"q":1}', name: str = "look", **more: Any
) -> ToolCall:
    return ToolCall(id=id_, name=name, arguments=arguments, **more)


def opaque(kind: str = "tool_search", **body: int) -> Opaque:
    return Opaque(dialect="openai-responses", kind=kind, body=Json.of(body))


def said(*blocks: Block, **more: Any) -> Message:
    return Message(role="assistant", blocks=blocks, **more)


def asked(text: str = "Look, please.") -> Message:
    return Message(role="user", blocks=(Text.of(text),))


class History:
    """A request of which it is known what stands for which answer.

    Attributes:
        messages: Its messages.
        strangers: Indexes of the model's messages that are no answer's.
    """

    def __init__(self, *messages: Message, strangers: Sequence[int] = ()) -> None:
        self.messages = messages
        self.strangers = strangers
        self.thoughts = Thoughts({})
        self._turns: list[tuple[Any, tuple[int, ...]]] = []

    def answer(self, number: int, message: Message, *stands: int, pieces: bool = False, same: bool = True) -> History:
        """Say which answer some messages stand for."""
        here = [self.messages[m] for m in stands]
        self.thoughts.add(number, [message])
        one = view(number, [message], here, NEUTRAL if same else None, pieces=pieces)
        self._turns.append((one, stands))
        return self

    def judged(
        self, results: Sequence[str] = (), waiting: Sequence[Spot] = (), projection: Projection = NEUTRAL
    ) -> list[tuple[int, Verdict]]:
        """Give the verdicts, each with the number of the answer."""
        path = list(accumulate(self.messages, Step.after, initial=Step()))[1:]
        seen = Seen(
            projection=projection,
            messages=self.messages,
            elsewhere=Elsewhere(self.messages, 0, path, self.strangers, {}),
            thoughts=self.thoughts,
            results=frozenset(results),
            waiting=frozenset(waiting),
        )
        return [(one.number, verdict) for one, verdict in fates(self._turns, seen)]


def brief(verdict: Verdict) -> tuple[str, str, int | None, Spot | None]:
    return verdict.check, verdict.fate, verdict.expected, verdict.actual


def became(answer: Message, *stands: Message, **more: Any) -> list[tuple[str, str, int | None, Spot | None]]:
    """Judge one answer, which stands behind a question."""
    history = History(asked(), *stands).answer(1, answer, *range(1, len(stands) + 1))
    return [brief(verdict) for _, verdict in history.judged(**more)]


Shown = tuple[int, str, str, int | None, Spot | None]


def two(one: Message, other: Message, here: Message, there: Message) -> list[Shown]:
    """Judge two answers, each of which stands behind a question."""
    history = History(asked(), here, asked("And?"), there).answer(1, one, 1).answer(2, other, 3)
    return [(number, *brief(verdict)) for number, verdict in history.judged()]


# -- another turn ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "check", "fate"),
    [
        (thought(LONG), "thinking.own", "bled"),
        (thought("Ok.", seal="s"), "thinking.own", "bled"),
        (thought(LONG[:16]), "thinking.own", "bled"),
        (Text.of(WORDS), "order.blocks", "misplaced"),
        (Text.of(WORDS[:16]), "order.blocks", "misplaced"),
        (call(), "order.blocks", "misplaced"),
    ],
)
def test_a_block_that_stands_in_another_turn_is_found_there(block: Block, check: str, fate: str) -> None:
    one, other = said(Text.of("One."), block), said(Text.of("Two."))

    found = two(one, other, said(Text.of("One.")), said(Text.of("Two."), block))

    assert found == [(1, check, fate, 1, Spot(3, 1))]


@pytest.mark.parametrize("block", [thought(LONG[:15]), Text.of(WORDS[:15]), opaque()])
def test_a_block_that_tells_little_is_not_known_again(block: Block) -> None:
    one, other = said(Text.of("One."), block), said(Text.of("Two."))

    found = two(one, other, said(Text.of("One.")), said(Text.of("Two."), block))

    assert [(number, fate) for number, _, fate, _, _ in found] == [(1, "dropped"), (2, "invented")]


def test_one_block_is_found_once() -> None:
    one, other = said(Text.of("One."), Text.of(WORDS)), said(Text.of("Two."), Text.of(WORDS))
    history = History(asked(), said(Text.of("One.")), said(Text.of("Two.")), said(Text.of("Three."), Text.of(WORDS)))
    history.answer(1, one, 1).answer(2, other, 2).answer(3, said(Text.of("Three.")), 3)

    assert [(number, *brief(verdict)) for number, verdict in history.judged()] == [
        (1, "order.blocks", "misplaced", 1, Spot(3, 1)),
        (2, "text.kept", "dropped", 1, Spot(2, MESSAGE)),
    ]


def test_another_kind_of_block_is_not_the_block() -> None:
    one, other = said(Text.of("One."), Text.of(WORDS)), said(Text.of("Two."))

    found = two(one, other, said(Text.of("One.")), said(Text.of("Two."), thought(WORDS)))

    assert [(number, check) for number, check, *_ in found] == [(1, "text.kept"), (2, "thinking.not-invented")]


def test_what_two_answers_in_one_message_hold_is_not_left_over() -> None:
    one, other = said(Text.of("One."), thought(LONG)), said(Text.of("Two."), thought(OTHER))
    both = said(*one.blocks, *other.blocks)

    assert History(asked(), both).answer(1, one, 1).answer(2, other, 1).judged() == []


def test_what_says_all_thoughts_once_more_is_neither_lost_nor_new() -> None:
    a, b, both = thought("First this. "), thought("Then that."), thought("First this. Then that.")

    assert became(said(a, both, b), said(a, b)) == []

    members = [Field(name=name) for name in ("details", "reasoning")]
    mirrored = replace(a, places=(*members,))

    assert became(said(mirrored), said(mirrored, replace(a, places=(members[1],)))) == []


def test_a_sealed_thought_without_words_beside_a_mirror_is_not_what_the_mirror_says() -> None:
    details, reasoning = Field(name="details"), Field(name="reasoning")
    one = replace(thought(LONG, seal="s"), places=(details, reasoning))
    sealed = replace(thought("", seal="t"), places=(details,))

    assert became(said(one, sealed), said(replace(thought(LONG), places=(reasoning,)), sealed)) == [
        ("seal.kept", "dropped", 0, Spot(1, 0))
    ]


# -- thinking as text --------------------------------------------------------------------------------------------------


def leaked(answer: Message, back: Message, *, strangers: Sequence[int] = (), question: str = "Look.") -> list[Any]:
    history = History(asked(question), back, said(Text.of(f"Who? {LONG}")), strangers=strangers).answer(1, answer, 1)
    return [brief(verdict) for _, verdict in history.judged()]


def test_a_thought_that_came_back_as_text_is_leaked() -> None:
    answer = said(thought(f" {LONG}\n"), Text.of("So."))

    assert became(answer, said(Text.of(f"<think>{LONG}</think>"), Text.of("So."))) == [
        ("thinking.not-text", "leaked-as-text", 0, Spot(1, 0))
    ]
    assert became(answer, said(Text.of(f"<think>{LONG}</think>So."))) == [
        ("thinking.not-text", "leaked-as-text", 0, Spot(1, 0))
    ]


@pytest.mark.parametrize(("words", "check"), [("Ok", "thinking.not-text"), ("O", "thinking.kept")])
def test_one_letter_may_stand_in_a_text_by_chance(words: str, check: str) -> None:
    found = became(said(thought(words), Text.of("So.")), said(Text.of(f"{words}, then."), Text.of("So.")))

    assert found[0][0] == check


def test_what_the_model_said_itself_is_no_leak() -> None:
    answer = said(thought(LONG), Text.of(f"I thought: {LONG}"))

    assert became(answer, said(answer.blocks[1])) == [("thinking.kept", "dropped", 0, Spot(1, MESSAGE))]


@pytest.mark.parametrize(("length", "found"), [(16, "thinking.not-text"), (15, "thinking.kept")])
def test_a_leak_into_another_turn_takes_sixteen_letters(length: int, found: str) -> None:
    words = OTHER[:length].strip().ljust(length, "x")
    one, other = said(thought(words), Text.of("One.")), said(Text.of("Two."))

    first, *_ = two(one, other, said(Text.of("One.")), said(Text.of(f"({words})"), Text.of("Two.")))

    assert first[:2] == (1, found)


def test_a_thought_may_leak_in_pieces() -> None:
    pieces = ("First I look at what was said.", "Then I decide what to do next.")
    answer = said(thought(*pieces), Text.of("So."))

    assert became(answer, said(Text.of(pieces[0]), Text.of(pieces[1]), Text.of("So."))) == [
        ("thinking.not-text", "leaked-as-text", 0, Spot(1, 0))
    ]
    assert became(answer, said(Text.of(pieces[0]), Text.of("So."))) == [
        ("thinking.kept", "dropped", 0, Spot(1, MESSAGE)),
        ("text.not-invented", "invented", None, Spot(1, 0)),
    ]


def test_a_text_with_all_of_a_thought_tells_more_than_one_with_a_piece() -> None:
    pieces = ("First I look at what was said.", "Then I decide what to do next.")
    answer = said(thought(*pieces), Text.of("So."))

    found = became(answer, said(Text.of(f"{pieces[0]}.."), Text.of("".join(pieces)), Text.of("So.")))

    assert found[0] == ("thinking.not-text", "leaked-as-text", 0, Spot(1, 1))


def test_the_pieces_of_a_thought_may_leak_into_another_dialect() -> None:
    pieces = ("First I look at what was said.", "Then I decide what to do next.")
    back = said(Text.of(f"1. {pieces[0]} 2. {pieces[1]}"), call())

    ((_, verdict),) = History(asked(), back).answer(1, said(thought(*pieces), call()), 1, same=False).judged()[:1]

    assert brief(verdict) == ("thinking.not-text", "leaked-as-text", 0, Spot(1, 0))


def test_a_thought_may_leak_to_where_no_answer_stands() -> None:
    answer, back = said(thought(LONG), Text.of("So.")), said(Text.of("So."))
    leak = "thinking.not-text", "leaked-as-text", 0
    gone = "thinking.kept", "dropped", 0, Spot(1, MESSAGE)

    assert leaked(answer, back, question=f"Look. {LONG}") == [(*leak, Spot(0, 0))]
    assert leaked(answer, back, strangers=[2]) == [(*leak, Spot(2, 0))]
    assert leaked(answer, back) == [gone]
    assert leaked(said(thought(LONG[:15]), Text.of("So.")), back, question=f"Look. {LONG}") == [gone]
    assert leaked(said(thought(LONG[:17]), Text.of("So.")), back, question=f"Look. {LONG}") == [(*leak, Spot(0, 0))]


# -- thinking of others ------------------------------------------------------------------------------------------------


def bled(answer: Message, back: Message) -> list[tuple[str, str, int | None, Spot | None]]:
    history = History(asked(), back).answer(2, answer, 1)
    history.thoughts.add(1, [said(thought(LONG, seal="sealed"))])
    return [brief(verdict) for _, verdict in history.judged()]


def test_thinking_of_another_answer_has_bled() -> None:
    so = Text.of("So.")

    assert bled(said(so), said(thought(LONG), so)) == [("thinking.own", "bled", None, Spot(1, 0))]
    assert bled(said(so, thought(OTHER)), said(so, thought(LONG))) == [("thinking.own", "bled", 1, Spot(1, 1))]
    assert bled(said(call(), so), said(thought(LONG), so)) == [
        ("thinking.own", "bled", None, Spot(1, 0)),
        ("call.kept", "dropped", 0, Spot(1, MESSAGE)),
    ]
    assert bled(said(so), said(so, Text.of(LONG))) == [("text.not-invented", "invented", None, Spot(1, 1))]
    assert bled(said(so), said(so, thought(OTHER))) == [("thinking.not-invented", "invented", None, Spot(1, 1))]


def test_a_thought_that_this_answer_had_too_came_back_twice() -> None:
    history = History(asked(), said(thought(LONG), thought(LONG))).answer(2, said(thought(LONG)), 1)
    history.thoughts.add(1, [said(thought(LONG))])

    assert [brief(verdict) for _, verdict in history.judged()] == [("block.once", "duplicated", 0, Spot(1, 1))]


def test_a_short_thought_that_has_anothers_seal_is_this_answers_own_again() -> None:
    own = thought("Ok.", seal="t")

    assert bled(said(own), said(own, thought("Ok.", seal="sealed"))) == [("block.once", "duplicated", 0, Spot(1, 1))]


# -- twice -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "again"),
    [
        (Text.of(WORDS), Text.of(WORDS)),
        (thought(LONG), thought(LONG)),
        (thought(LONG, seal="s"), thought(LONG)),
        (thought(LONG), thought(LONG, seal="t")),
        (call(), call()),
    ],
)
def test_a_block_came_back_twice(block: Block, again: Block) -> None:
    assert became(said(Text.of("So."), block), said(Text.of("So."), block, again)) == [
        ("block.once", "duplicated", 1, Spot(1, 2))
    ]


def test_the_item_of_a_block_does_not_make_it_another() -> None:
    items = (Item(kind="message", id="msg_1"), Item(kind="message", id="msg_2"))
    one, again = (replace(Text.of(WORDS), item=n) for n in (0, 1))

    assert became(said(one, items=items[:1]), said(one, again, items=items)) == [
        ("block.once", "duplicated", 0, Spot(1, 1))
    ]


def test_a_block_that_nobody_knows_may_be_there_twice_and_is_not_asked() -> None:
    assert became(said(opaque()), said(opaque(), opaque())) == [("opaque.unaltered", "invented", None, Spot(1, 1))]


def test_thoughts_without_words_are_not_one_thought() -> None:
    assert became(said(thought("", seal="s")), said(thought("", seal="s"), thought("", seal="t"))) == [
        ("thinking.not-invented", "invented", None, Spot(1, 1))
    ]


def test_the_same_words_in_another_kind_of_block_are_not_the_block_again() -> None:
    assert became(said(thought(LONG)), said(thought(LONG), Text.of(LONG)))[0][0] == "text.not-invented"
    assert became(said(Text.of(LONG)), said(Text.of(LONG), thought(LONG)))[0][0] == "thinking.not-invented"
    assert became(said(call()), said(call(), thought(LONG)))[0][0] == "thinking.not-invented"
    assert became(said(thought(LONG)), said(thought(LONG), call()))[0][0] == "call.not-invented"


def test_what_is_there_twice_is_no_changed_form_of_another() -> None:
    assert became(said(Text.of(WORDS), Text.of(OTHER)), said(Text.of(WORDS), Text.of(WORDS))) == [
        ("text.kept", "dropped", 1, Spot(1, MESSAGE)),
        ("block.once", "duplicated", 0, Spot(1, 1)),
    ]


# -- pieces ------------------------------------------------------------------------------------------------------------


def test_one_of_two_and_two_of_one() -> None:
    a, b, ab = thought("First this. "), thought("Then that."), thought("First this. Then that.")

    assert became(said(Text.of("So."), a, b), said(Text.of("So."), ab)) == [
        ("grouping.not-merged", "altered", 1, Spot(1, 1))
    ]
    assert became(said(Text.of("So."), ab), said(Text.of("So."), a, b)) == [
        ("grouping.not-split", "altered", 1, Spot(1, 1))
    ]


def test_the_sentence_counts_the_pieces() -> None:
    a, b, ab = thought("First this. "), thought("Then that."), thought("First this. Then that.")
    merged = History(asked(), said(ab)).answer(1, said(a, b), 1).judged()
    split = History(asked(), said(a, b)).answer(1, said(ab), 1).judged()

    assert [verdict.what for _, verdict in (*merged, *split)] == [
        "2 thinking blocks came back as one",
        "a thinking block came back in 2 pieces",
    ]


def test_an_empty_mirror_beside_a_thought_is_no_piece_of_it() -> None:
    """A client may fill a member that the answer had, too, and still send all that the model thought."""
    answer, back = said(thought(LONG, seal="s")), said(thought(LONG, seal="s", slot="other"), thought(""))

    found = History(asked(), back).answer(1, answer, 1).judged()

    assert ("grouping.not-split", "altered") not in [brief(verdict)[:2] for _, verdict in found]
    assert [verdict.what for _, verdict in found if verdict.check == "thinking.empty.not-invented"] == [
        "thinking without words stands beside what the model thought"
    ]


# -- changes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "back", "check", "fate"),
    [
        (thought(LONG), thought(f"{LONG} More."), "thinking.unaltered", "altered"),
        (thought(LONG), thought(OTHER), "thinking.not-invented", "invented"),
        (Text.of(WORDS), Text.of(f"{WORDS} More."), "text.unaltered", "altered"),
        (Text.of(WORDS), Text.of(OTHER), "text.unaltered", "altered"),
        (call(), call(arguments='{"q":2}'), "arguments.equal", "altered"),
        (call(), call(arguments='{"q": 1}'), "arguments.verbatim", "normalised"),
        (call(), call(name="read"), "call.name.unaltered", "altered"),
        (opaque(a=1), opaque(a=2), "opaque.unaltered", "altered"),
        (thought(LONG, seal="s"), thought(LONG), "seal.kept", "dropped"),
        (thought(LONG, seal="s"), thought(LONG, seal="t"), "seal.unaltered", "altered"),
        (thought(LONG), thought(LONG, seal="t"), "seal.not-invented", "invented"),
        (thought(LONG, seal="s"), thought("", seal=""), "thinking.kept", "dropped"),
    ],
)
def test_a_changed_block_is_one_finding(block: Block, back: Block, check: str, fate: str) -> None:
    assert became(said(Text.of("So."), block), said(Text.of("So."), back)) == [(check, fate, 1, Spot(1, 1))]


def test_a_call_without_anything_in_common_is_another_call() -> None:
    assert became(said(call()), said(call("call_9", "[]", "read"))) == [
        ("call.kept", "dropped", 0, Spot(1, MESSAGE)),
        ("call.not-invented", "invented", None, Spot(1, 0)),
    ]


def test_what_is_most_alike_is_taken_for_the_changed_form() -> None:
    one, other = thought(f"{LONG} One."), thought(f"{OTHER} Two.")

    assert became(said(one, other), said(thought(f"{OTHER} Two!"), thought(f"{LONG} One!"))) == [
        ("thinking.unaltered", "altered", 0, Spot(1, 1)),
        ("thinking.unaltered", "altered", 1, Spot(1, 0)),
        ("order.blocks", "reordered", 0, Spot(1, 1)),
    ]


def test_a_block_has_one_changed_form_and_the_nearest_is_taken() -> None:
    one, two, three = (thought(f"{LONG}{end}") for end in "!?;")
    so = Text.of("So.")

    assert became(said(one), said(two, three)) == [
        ("thinking.unaltered", "altered", 0, Spot(1, 0)),
        ("thinking.not-invented", "invented", None, Spot(1, 1)),
    ]
    assert became(said(one, two), said(three)) == [
        ("thinking.unaltered", "altered", 0, Spot(1, 0)),
        ("thinking.kept", "dropped", 1, Spot(1, MESSAGE)),
    ]
    assert became(said(one, one, so), said(so, two))[:2] == [
        ("thinking.unaltered", "altered", 1, Spot(1, 1)),
        ("thinking.kept", "dropped", 0, Spot(1, MESSAGE)),
    ]


def test_another_id_is_judged_apart_from_what_else_is_changed() -> None:
    assert became(said(call("a")), said(call("b", "[]"))) == [
        ("arguments.equal", "altered", 0, Spot(1, 0)),
        ("ids.verbatim", "normalised", 0, Spot(1, 0)),
    ]


def test_what_a_history_need_not_hold_is_no_change() -> None:
    more = replace(Text.of(f"{WORDS} More."), fields=Json.of({"x": 1}))
    found = History(asked(), said(more)).answer(1, said(Text.of(WORDS)), 1).judged()

    assert [verdict.what for _, verdict in found] == ["a visible text came back changed"]


@pytest.mark.parametrize(
    ("name", "back", "checks"),
    [
        ("id", None, {"seal.kept"}),
        ("id", "", {"seal.kept", "thinking.unaltered"}),
        ("status", None, {"seal.kept", "thinking.unaltered"}),
    ],
)
def test_a_null_says_what_absence_says_where_the_table_of_the_wire_says_so(
    name: str, back: str | None, checks: set[str]
) -> None:
    source = "https://example.org/docs"
    rows = [Row(f"details[].{name}", "memory", source) for name in ("id", "status")]
    table = Projection(rows, {"item": "details[]"}, nulls={"details[].id": source})
    answer = said(replace(thought(LONG, seal="s"), item=0), items=(Item(kind="text"),))
    sent = said(replace(thought(LONG), item=0), items=(replace(Item(kind="text"), **{name: back}),))

    assert {check for check, *_ in became(answer, sent, projection=table)} == checks


def test_a_text_that_holds_a_leak_is_not_changed_besides() -> None:
    answer = said(thought(LONG), Text.of(WORDS))

    assert became(answer, said(Text.of(f"{LONG}{WORDS}"))) == [("thinking.not-text", "leaked-as-text", 0, Spot(1, 0))]


# -- seals -------------------------------------------------------------------------------------------------------------


def test_a_seal_may_stand_on_another_block() -> None:
    answer = said(thought(LONG, seal="s"), call())
    seal = Seal(slot="signature", wire="s")

    assert became(answer, said(thought(LONG), call(seals=(seal,)))) == [
        ("seal.on-its-block", "misplaced", 0, Spot(1, 1))
    ]
    assert became(
        said(thought(LONG, seal="s"), thought(OTHER, seal="t")), said(thought(LONG, seal="t"), thought(OTHER, seal="t"))
    ) == [("seal.on-its-block", "misplaced", 0, Spot(1, 0))]
    assert became(
        said(thought(LONG, seal="s"), thought(OTHER)), said(thought(LONG, seal="s"), thought(OTHER, seal="s"))
    ) == [("seal.on-its-block", "misplaced", 1, Spot(1, 1))]


def test_a_seal_that_moved_is_told_once() -> None:
    one, two = thought(LONG), thought(OTHER)
    sealed = thought(LONG, seal="s"), thought(OTHER, seal="s")

    assert became(said(sealed[0], two), said(one, sealed[1])) == [("seal.on-its-block", "misplaced", 0, Spot(1, 1))]
    assert became(said(one, sealed[1]), said(sealed[0], two)) == [("seal.on-its-block", "misplaced", 1, Spot(1, 0))]


def test_seals_that_change_places_are_told_of_both() -> None:
    answer = said(thought(LONG, seal="s"), thought(OTHER, seal="t"))

    assert became(answer, said(thought(LONG, seal="t"), thought(OTHER, seal="s"))) == [
        ("seal.on-its-block", "misplaced", 0, Spot(1, 0)),
        ("seal.on-its-block", "misplaced", 1, Spot(1, 1)),
    ]


def test_a_changed_seal_is_looked_up_by_its_slot() -> None:
    def sealed(signature: str, data: str) -> Message:
        seals = (Seal(slot="signature", wire=signature), Seal(slot="data", wire=data))
        return said(replace(thought(LONG), seals=seals))

    assert became(sealed("s", "d"), sealed("s", "e")) == [("seal.unaltered", "altered", 0, Spot(1, 0))]


def test_a_text_that_was_nothing_but_its_seal() -> None:
    seal = Seal(slot="signature", wire="s")
    answer = said(thought(LONG), Text(text="", seals=(seal,)))

    assert became(answer, said(thought(LONG))) == [("seal.kept", "dropped", 1, Spot(1, MESSAGE))]
    assert became(answer, said(thought(LONG, seal="s"))) == [
        ("seal.on-its-block", "misplaced", 1, Spot(1, 0)),
    ]


def test_a_seal_alone_is_no_text_in_another_dialect() -> None:
    answer = said(call(), Text(text="", seals=(Seal(slot="signature", wire="s"),)))

    assert History(asked(), said(call())).answer(1, answer, 1, same=False).judged() == []


# -- what was never said -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "check"),
    [
        (thought(""), "thinking.empty.not-invented"),
        (thought("", seal="s"), "thinking.not-invented"),
        (thought(LONG), "thinking.not-invented"),
        (call(), "call.not-invented"),
        (Text.of(WORDS), "text.not-invented"),
        (opaque(), "opaque.unaltered"),
    ],
)
def test_a_block_that_never_came_is_invented(block: Block, check: str) -> None:
    history = History(asked(), said(Text.of("So."), block)).answer(1, said(Text.of("So.")), 1)

    ((_, verdict),) = history.judged()

    assert brief(verdict) == (check, "invented", None, Spot(1, 1))
    assert verdict.empty is (check == "thinking.empty.not-invented")


# -- ids ---------------------------------------------------------------------------------------------------------------


def named(
    *ids: str | UnsetType | None, back: Sequence[str | UnsetType | None], **more: Any
) -> list[tuple[str, str, str]]:
    calls = [call(id_, f'{{"q":{n}}}') for n, id_ in enumerate(ids)]
    again = [call(id_, f'{{"q":{n}}}') for n, id_ in enumerate(back)]
    found = History(asked(), said(*again)).answer(1, said(*calls), 1).judged(**more)
    return [(v.check, v.fate, v.part) for _, v in found]


RENAMED, PAIRED = ("ids.verbatim", "normalised", ""), ("ids.paired", "altered", "")


def test_an_id_is_renamed_one_to_one_or_lost() -> None:
    here = Spot(1, 0)

    assert named("a", back=["a"]) == []
    assert named("a", back=["b"]) == [RENAMED]
    assert named("a", "b", back=["c", "d"]) == [RENAMED, RENAMED]
    assert named("a", "b", back=["c", "c"]) == [PAIRED, PAIRED]
    assert named("a", "b", back=["b", "a"]) == [PAIRED, PAIRED]
    assert named("a", "b", back=["b", "c"]) == [PAIRED, RENAMED]
    assert named("a", back=["b"], results=["a"]) == [PAIRED]
    assert named("a", back=["b"], results=["c"], waiting=[here]) == [PAIRED]
    assert named("a", back=["b"], results=["c"]) == [RENAMED]
    assert named("a", back=["b"], waiting=[here]) == [RENAMED]
    assert named("a", back=[None]) == [PAIRED]
    assert named("a", back=[UNSET]) == [PAIRED]
    assert named(UNSET, back=["b"]) == [("ids.verbatim", "normalised", GIVEN)]
    assert named(None, back=["b"], results=["c"]) == [("ids.verbatim", "normalised", GIVEN)]


def test_an_id_may_be_left_out_where_the_order_tells() -> None:
    here = Spot(1, 0)

    assert named("a", back=[UNSET], projection=LINKED) == [RENAMED]
    assert named("a", back=[None], projection=LINKED) == [PAIRED]
    assert named("a", back=[UNSET], projection=LINKED, waiting=[here]) == [PAIRED]
    assert named("a", back=[UNSET], projection=LINKED, results=["a"]) == [PAIRED]
    assert named("a", back=[UNSET], projection=LINKED, results=["b"], waiting=[Spot(1, 1)]) == [RENAMED]


# -- order -------------------------------------------------------------------------------------------------------------


def test_blocks_are_in_order() -> None:
    a, b, c = thought(LONG), Text.of(WORDS), call()

    assert became(said(a, b, c), said(b, a, c)) == [("order.blocks", "reordered", 0, Spot(1, 1))]
    assert became(said(a, b, c), said(a, b, c)) == []


def test_parts_of_an_answer_stand_together() -> None:
    a, b, c = thought(LONG), Text.of(WORDS), call()
    answer = said(a, b, c)

    assert became(answer, said(a, b), said(c)) == [("grouping.not-split", "altered", None, Spot(2, 0))]
    assert [v.part for _, v in History(asked(), said(a, b), said(c)).answer(1, answer, 1, 2).judged()] == ["split"]
    assert became(answer, said(a), said(b), said(c)) == [("grouping.not-split", "altered", None, Spot(2, 0))]

    apart = History(asked(), said(a, b), asked("Well?"), said(c)).answer(1, answer, 1, 3)
    assert [brief(verdict) for _, verdict in apart.judged()] == [("parallel.together", "altered", None, Spot(3, 0))]
    assert [verdict.part for _, verdict in apart.judged()] == ["split"]

    piecewise = History(asked(), said(a, b), said(c)).answer(1, answer, 1, 2, pieces=True)
    assert piecewise.judged() == []

    apart = History(asked(), said(a, b), asked("Well?"), said(c)).answer(1, answer, 1, 3, pieces=True)
    assert [verdict.check for _, verdict in apart.judged()] == ["parallel.together"]


def test_a_member_of_the_message_itself_may_be_changed() -> None:
    found = History(asked(), said(Text.of("So."), name="two")).answer(1, said(Text.of("So."), name="one"), 1).judged()

    assert [(*brief(verdict), verdict.part) for _, verdict in found] == [
        ("text.unaltered", "altered", None, Spot(1, MESSAGE), "beside")
    ]
