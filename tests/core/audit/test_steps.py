"""What is known at the steps of a history: what a tool said, who asked it, and where a thought was looked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, cast

import pytest
from msgspec import UNSET, UnsetType

from keepthinking._json import Json
from keepthinking._messages import Message, Opaque, Text, ToolCall, ToolResult
from keepthinking._turns import Spot
from keepthinking.audit._elsewhere import Elsewhere, Searched
from keepthinking.audit._history import Heard, Step, compaction_of, head_of
from keepthinking.audit._lineage import Node
from keepthinking.audit._results import Results, Told, asker, calls_of, lone_ids, which
from keepthinking.audit._ruling import _is
from keepthinking.dialects._base import Dialect
from keepthinking.plugins import dialect

LONG = "First I look at what the tool said and keep the plan in mind, then I decide."

Id = str | UnsetType | None


def call(id_: Id = "a", q: int = 1, name: str = "look") -> ToolCall:
    return ToolCall(id=id_, name=name, arguments=f'{{"q":{q}}}')


def result(id_: Id = "a", text: str = "ok") -> ToolResult:
    return ToolResult(call_id=id_, content=text)


def said(*blocks: Any) -> Message:
    return Message(role="assistant", blocks=blocks)


def heard(*blocks: Any) -> Message:
    return Message(role="tool", blocks=blocks)


def asked(text: str = "Look, please.") -> Message:
    return Message(role="user", blocks=(Text.of(text),))


def path(*messages: Message, owners: Sequence[int | None] = (), strays: Sequence[int] = ()) -> list[Step]:
    """Walk a history; `owners` says of each message whose answer it is, `strays` what else stands in the second."""
    found = [Step()]
    for n, message in enumerate(messages):
        owner = owners[n] if n < len(owners) else None
        found.append(found[-1].after(message, owner, tuple(strays) if n == 1 else ()))
    return found[1:]


def node(number: int, *messages: Message) -> Node:
    return Node(number, number, Step(), (), messages, True, "m", "p", 0, 0)  # noqa: FBT003 - a row


# -- steps -------------------------------------------------------------------------------------------------------------


def test_before_the_first_message_nobody_spoke_and_nothing_was_said() -> None:
    root = Step()

    assert (root.index, root.speaks, root.inputs, root.users, root.spoken) == (-1, False, 0, 0, 0)
    assert (root.line, root.turn, root.compacted, root.borders) == (0, -1, -1, (-1, -1, -1))
    assert root.heard == (Heard(0, result=False, all=0, aside=0),)
    assert root.after(said(Text.of("Hi."))).turn == 0


def test_a_turn_begins_with_the_first_message_of_the_models() -> None:
    steps = path(asked(), said(Text.of("One.")), said(call()), heard(result()), said(Text.of("Two.")), asked("And?"))

    assert [step.turn for step in steps] == [-1, 1, 1, 1, 4, 4]
    assert [step.users for step in steps] == [1, 1, 1, 1, 1, 2]
    assert [step.inputs for step in steps] == [1, 1, 1, 2, 2, 3]
    assert [step.spoken for step in steps] == [0, 1, 2, 2, 3, 3]
    assert [step.speaks for step in steps] == [False, True, True, False, True, False]


def test_the_line_tells_whose_answers_stand_there() -> None:
    one, two, three = Text.of("One."), Text.of("Two."), Text.of("Three.")

    alone = path(asked(), said(one), asked(), said(three), owners=(None, 1, None, 2))
    parts = path(asked(), said(one), said(two), asked(), said(three), owners=(None, 1, 1, None, 2))
    stranger = path(asked(), said(one), said(two), asked(), said(three), owners=(None, 1, None, None, 2))
    other = path(asked(), said(one), asked(), said(three), owners=(None, 1, None, 3))

    assert alone[-1].line == parts[-1].line == stranger[-1].line
    assert len({alone[-1].line, alone[1].line, other[-1].line}) == 3
    assert alone[0].line == 0
    assert alone[1].line == alone[2].line


def test_what_was_said_besides_results_is_told_apart() -> None:
    one, other, question = (
        path(asked(), said(call()), heard(result(text=text)), asked(more))
        for text, more in (("ok", "And?"), ("no", "And?"), ("ok", "Or?"))
    )

    assert [step.heard[-1].result for step in one] == [False, False, True, False]
    assert one[2].heard[-1].all != other[2].heard[-1].all
    assert one[2].heard[-1].aside == other[2].heard[-1].aside == one[0].heard[-1].aside
    assert one[3].heard[-1].aside == other[3].heard[-1].aside != question[3].heard[-1].aside
    assert one[1].heard == one[0].heard
    assert [step.user for step in one] == [one[0].message, one[0].message, one[0].message, one[3].message]


def test_the_ways_to_tell_a_boundary() -> None:
    steps = path(asked(), said(call()), heard(result()), said(Text.of("So.")), asked("And?"), said(call("b")))

    assert [step.boundary("user-message") for step in steps] == [0, 0, 0, 0, 4, 4]
    assert [step.boundary("user-query") for step in steps] == [0, 0, 0, 0, 4, 4]
    assert [step.boundary("final-answer") for step in steps] == [-1, -1, -1, 3, 3, 3]
    assert [step.boundary("final-channel") for step in steps] == [-1, -1, -1, 3, 3, 3]
    assert [step.boundary("never") for step in steps] == [0, 0, 0, 0, 4, 4]


def test_a_compaction_is_the_last_one_and_no_other_block() -> None:
    one, two = (Opaque(dialect="openai-responses", kind=kind, body=Json.of({})) for kind in ("compaction", "search"))

    assert compaction_of(said(Text.of("So."), two)) is None
    assert compaction_of(said(one, two, one, Text.of("So."))) == 2
    assert [step.compacted for step in path(asked(), said(one), asked(), said(two))] == [-1, 1, 1, 1]


def test_instructions_stand_at_the_head() -> None:
    system, developer = (Message(role=role, blocks=(Text.of("Be brief."),)) for role in ("system", "developer"))

    assert head_of((system, developer, asked(), system)) == 2
    assert head_of((asked(), system)) == 0
    assert head_of((system,)) == 1


# -- results -----------------------------------------------------------------------------------------------------------


def told(results: Results, number: int, steps: list[Step], *, at: int = -1, merged: bool = False) -> Any:
    """Let the first result at a step be heard."""
    asks, answers = steps[at].answers[0]
    assert asks is not None
    return results.hear(number, "chat", steps, asks, answers, node(1, said(call())), merged=merged)


def test_a_result_is_compared_with_what_it_said_first() -> None:
    results = Results()
    steps, other = (path(asked(), said(call()), heard(result(text=text)), owners=(None, 1)) for text in ("ok", "no"))

    assert told(results, 2, steps) is None
    assert told(results, 3, steps) is None
    before, now = told(results, 4, other)
    assert (before.request, now.request) == (2, 4)
    assert before.says != now.says
    assert (before.late, now.late) == (False, False)


def test_a_result_behind_a_later_answer_is_late() -> None:
    early = path(asked(), said(call()), heard(result()), owners=(None, 1))
    late = path(asked(), said(call()), said(Text.of("So.")), heard(result()), owners=(None, 1, 2))
    own = path(asked(), said(call()), said(Text.of("So.")), heard(result()), owners=(None, 1, 1))
    stranger = path(asked(), said(call()), said(Text.of("So.")), heard(result()), owners=(None, 1, None))

    for steps, merged, is_late in (
        (late, False, True),
        (early, True, True),
        (own, False, False),
        (stranger, False, False),
    ):
        results = Results()
        assert told(results, 2, early) is None
        found = told(results, 3, steps, merged=merged)
        assert (found is not None and found[1].late) is is_late

    results = Results()
    assert told(results, 2, late) is None
    assert told(results, 3, late) is None
    assert told(results, 4, early) is None  # it was late from the first


def test_a_result_without_a_call_of_the_answer_tells_nothing() -> None:
    results = Results()
    strange = path(asked(), said(call("x", 7, "other"), call("y", 8, "other")), heard(result("y")), owners=(None, 1))

    assert told(results, 2, strange) is None
    assert results._told == {}


def missed(results: Results, steps: Sequence[Step], one: Node, dialect: str = "chat") -> Told | None:
    """Ask for the result of the call in the second message."""
    asks = steps[1].message.blocks[0]
    assert isinstance(asks, ToolCall)
    return results.gone(dialect, steps, (Spot(1, 0), asks), one)


def test_a_result_that_was_there_is_gone() -> None:
    results = Results()
    steps = path(asked(), said(call()), heard(result()), owners=(None, 1))
    told(results, 2, steps)
    one = node(1, said(call()))
    gone = path(asked(), said(call()), asked("And?"))
    moved = path(heard(result()), said(call()), asked("And?"))
    other = path(heard(result("b")), said(call()), asked("And?"))

    found = missed(results, gone, one)
    assert isinstance(found, Told)
    assert found.request == 2
    assert missed(results, gone, one, "responses") is None
    assert missed(results, gone, node(2, said(call()))) is None
    assert missed(results, moved, one) is None
    assert missed(results, other, one) is found
    unknown = path(heard(result(UNSET)), said(call(UNSET)))
    assert missed(results, unknown, node(2, said(call(UNSET)))) is None


def test_a_result_without_an_id_is_known_by_what_it_says() -> None:
    results = Results()
    one = node(1, said(call(UNSET)))
    steps = path(asked(), said(call(UNSET)), heard(result(UNSET)), owners=(None, 1))
    results.hear(2, "chat", steps, Spot(1, 0), Spot(2, 0), one, merged=False)

    assert missed(results, path(asked(), said(call(UNSET))), one) is not None
    assert missed(results, path(heard(result(UNSET)), said(call(UNSET))), one) is None
    assert missed(results, path(heard(result(UNSET, "no")), said(call(UNSET))), one) is not None


@pytest.mark.parametrize(
    ("made", "blocks", "at", "found"),
    [
        ([call("a"), call("b", 2)], [call("a"), call("b", 2)], 1, 1),
        ([call("a"), call("b", 2)], [call("b", 2)], 0, 1),  # by its id
        ([call("a"), call("b", 2)], [call("x", 2)], 0, 1),  # by what it asks
        ([call("a"), call("b", 1)], [call("x"), call("y")], 1, 1),  # by its number
        ([call("a"), call("b", 1)], [call("x", 7), call("a")], 1, 0),  # by its id, though another is there
        ([call("a", 1, "look"), call("b", 1, "read")], [call("x", 1, "read")], 0, 1),  # by the tool's name
        ([call("a", 1, "look"), call("b", 2, "look")], [call("x", 2, "look")], 0, 1),  # by the arguments
        ([call("a", 1)], [call("x", 7), call("y", 8)], 1, None),  # there is no second
        ([call("a", 1)], [call("x", 7), call("a", 1)], 0, None),  # the first is the other one's
        ([Text.of("So."), call("a")], [Text.of("So."), call("x", 7)], 1, 1),  # texts do not count
        ([call("a")], [Text.of("So.")], 0, None),
        ([call(UNSET), call(UNSET, 2)], [call(UNSET, 2)], 0, 1),
        ([call("a"), call("a")], [call("a")], 0, 0),
        ([call("a"), call("a")], [call("a"), call("a")], 1, None),
        ([call(UNSET, 1), call(UNSET, 1)], [call(UNSET, 1), call(UNSET, 1)], 1, 1),
    ],
)
def test_a_call_is_found_in_its_answer(made: list[Any], blocks: list[Any], at: int, found: int | None) -> None:
    assert which(path(asked(), said(*blocks)), Spot(1, at), node(1, said(*made))) == found


def test_a_call_may_be_of_another_choice() -> None:
    one = node(1, said(Text.of("So.")), said(Text.of("So."), call("a")))

    assert which(path(asked(), said(call("a"))), Spot(1, 0), one) == 1


def test_of_several_answers_in_one_message_a_call_tells_whose_it_is() -> None:
    nodes = {
        1: node(1, said(Text.of("So."), call("a", 1), call("s", 5))),
        2: node(2, said(call("b", 2))),
        3: node(3, said(call("c", 1))),
    }
    blocks = (call("a", 1), call("b", 2), call("x", 2), call("c", 1), call("y", 9), Text.of("So."))
    _, together = path(asked(), said(*blocks), owners=(None, 1), strays=(2, 3))
    _, alone = path(asked(), said(*blocks), owners=(None, 1))
    _, nobodys = path(asked(), said(*blocks), strays=(2, 3))

    assert [asker(together, b, nodes) for b in range(6)] == [1, 2, 2, 3, 1, 1]
    assert [asker(alone, b, nodes) for b in range(6)] == [1] * 6
    assert [asker(nobodys, b, nodes) for b in range(6)] == [3, 2, 2, 3, None, None]


def test_ids_that_only_a_result_names() -> None:
    steps = path(asked(), said(call("a")), heard(result("a"), result("b"), result(None), result(UNSET)))

    assert list(lone_ids(steps)) == ["b"]
    assert list(lone_ids([])) == []
    assert calls_of([step.message for step in path(said(call("a"), call(None), Text.of("So.")), said(call("b")))]) == {
        *("a", "b"),
    }


# -- what was looked for in vain ---------------------------------------------------------------------------------------


def sought(messages: Sequence[Message], head: int, searched: Searched, words: str = LONG) -> Spot | None:
    steps = list(accumulate(messages[head:], Step.after, initial=Step()))[1:]
    return Elsewhere(messages, head, steps, (), searched).find((1, 0), [words])


def test_a_thought_is_looked_for_once_in_what_was_there_before() -> None:
    system, leak = Message(role="system", blocks=(Text.of("Be brief."),)), asked(f"Note: {LONG}")
    messages = [system, *(asked(f"{n}") for n in range(6))]
    searched: Searched = {}
    steps = list(accumulate(messages[1:], Step.after, initial=Step()))[1:]

    assert Elsewhere(messages, 1, steps, (), searched).find((1, 0), [LONG]) is None
    assert searched == {(1, 0): steps[-1]}

    longer = [*steps, steps[-1].after(leak)]
    more = [*longer, longer[-1].after(asked("So."))]
    assert Elsewhere([*messages, leak], 1, longer, (), searched).find((1, 0), [LONG]) == Spot(7, 0)
    assert Elsewhere([*messages, leak, asked("So.")], 1, more, (), searched).find((1, 0), [LONG]) == Spot(7, 0)
    assert searched == {(1, 0): steps[-1]}

    told_later = Message(role="system", blocks=(Text.of(LONG),))
    assert Elsewhere([told_later, *messages[1:]], 1, steps, (), searched).find((1, 0), [LONG]) == Spot(0, 0)


def test_what_was_searched_in_vain_is_not_read_again() -> None:
    read: list[int] = []

    class Watched(list[Message]):
        def __getitem__(self, at: Any) -> Any:
            read.append(at)
            return super().__getitem__(at)

    messages = Watched(asked(f"{n}") for n in range(6))
    steps = list(accumulate([*messages], Step.after, initial=Step()))[1:]
    searched: Searched = {}

    assert Elsewhere(messages, 0, steps, (), searched).find((1, 0), [LONG]) is None
    messages.append(asked("So."))
    more = [*steps, steps[-1].after(messages[6])]
    assert read == [0, 1, 2, 3, 4, 5, 6]
    read.clear()
    assert Elsewhere(messages, 0, more, (), searched).find((1, 0), [LONG]) is None
    assert read == [6]


def test_another_history_is_searched_from_its_beginning() -> None:
    messages = [asked("One."), asked("Two.")]
    searched: Searched = {}

    assert sought(messages, 0, searched) is None
    assert sought([asked(LONG)], 0, searched) == Spot(0, 0)
    assert sought([asked(LONG), asked("Two.")], 0, searched) == Spot(0, 0)


def test_instructions_are_searched_and_answers_are_not() -> None:
    system = Message(role="system", blocks=(Text.of(LONG),))

    assert sought([system, asked(), said(Text.of("So."))], 1, {}) == Spot(0, 0)
    assert sought([said(Text.of(LONG)), asked()], 0, {}) is None
    assert sought([asked(), heard(result()), asked(LONG[:17])], 0, {}, LONG[:17]) == Spot(2, 0)
    assert sought([asked("so it is thought")], 0, {}, "so it is thought") == Spot(0, 0)


def test_without_a_history_nothing_is_remembered() -> None:
    searched: Searched = {}

    assert sought([], 0, searched) is None
    assert sought([asked(LONG)], 0, {}, LONG[:15]) is None
    assert searched == {}


def test_a_dialect_from_elsewhere_need_not_say_that_it_joins_what_stands_in_a_row() -> None:
    assert not _is(cast("Dialect", object()), "flat")
    assert _is(dialect("openai-responses"), "flat")
