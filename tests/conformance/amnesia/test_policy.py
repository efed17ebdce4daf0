"""The model that knows what it sees: with its thoughts it does every task, without them as the closed form says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import pytest

from keepthinking import Conversation, Message, Request, Text, Thinking, Tool, ToolCall, ToolResult
from keepthinking_conformance.amnesia import wilson
from keepthinking_conformance.provider._amnesiac import Amnesiac
from keepthinking_conformance.provider._speech import message_of
from keepthinking_conformance.provider._voices import Voice
from keepthinking_conformance.provider._words import Words
from keepthinking_conformance.scenarios import FAMILIES, PROVIDERS, Family, FamilyName

pytestmark = pytest.mark.extras

SEEDS = 400
MOST = 30
FORMAT: Final = "keepthinking/1"
TOOL = Tool(name="look_up")
Keeps = Callable[[Message], Message]


class Played(NamedTuple):
    """What became of one task."""

    done: bool
    made: list[str]


def whole(message: Message) -> Message:
    return message


def without_thinking(message: Message) -> Message:
    kept = tuple(block for block in message.blocks if not isinstance(block, Thinking))
    return Message(role="assistant", blocks=kept)


def in_text(message: Message) -> Message:
    """Give a message whose thoughts have become words."""
    kept = tuple(Text(text=block.text) if isinstance(block, Thinking) else block for block in message.blocks)
    return Message(role="assistant", blocks=kept)


def play(family: Family, seed: int, keeps: Keeps, profile: str = "deepseek", says: str = "") -> Played:
    """Do a task with a scaffold that makes this of each answer."""
    words = Words(f"{seed}:t")
    voice, task = Voice("", PROVIDERS[profile], words), Amnesiac(family, words)
    messages = [Message.user(task.asked)]
    made: list[str] = []
    while len(made) < MOST:
        request = Request(
            conversation=Conversation(format=FORMAT, tools=(TOOL,), messages=tuple(messages)), model=voice.model
        )
        answer = message_of(voice, task.answer(request, voice))
        messages.append(keeps(answer))
        calls = [block for block in answer.blocks if isinstance(block, ToolCall)]
        if not calls:
            return Played(task.is_done(made), made)
        made.append(task.key_of(calls[0].arguments))
        result = ToolResult(call_id=calls[0].id, content=task.result(made[-1]))
        messages.append(Message(role="tool", blocks=(result,)))
        if says:
            messages.append(Message.user(says))
    return Played(done=False, made=made)


FAMILY = pytest.mark.parametrize("name", FAMILIES)


@FAMILY
@pytest.mark.parametrize("keeps", [whole, in_text])
def test_a_model_that_sees_its_thoughts_does_every_task_in_as_many_calls_as_it_takes(
    name: FamilyName, keeps: Keeps
) -> None:
    family = FAMILIES[name]

    for seed in range(50):
        played = play(family, seed, keeps)
        assert played.done
        assert len(played.made) == len(set(played.made)) == family.steps


@FAMILY
def test_a_model_that_has_forgotten_succeeds_as_often_as_the_closed_form_says(name: FamilyName) -> None:
    family = FAMILIES[name]
    played = [play(family, seed, without_thinking) for seed in range(SEEDS)]

    low, high = wilson(sum(one.done for one in played), SEEDS)
    assert low <= family.success <= high
    assert sum(len(one.made) for one in played) / SEEDS == pytest.approx(family.calls, rel=0.05)


def test_the_control_needs_no_thinking() -> None:
    assert all(play(FAMILIES["control"], seed, without_thinking).done for seed in range(50))


def test_what_the_rule_hides_the_model_does_not_see() -> None:
    # One keeps thinking behind a user's new words, the other's template drops it: to it the loop ended there.
    def done(profile: str) -> int:
        family = FAMILIES["commitment"]
        return sum(play(family, seed, whole, profile=profile, says="Go on.").done for seed in range(40))

    assert done("deepseek") == 40
    assert done("vllm") < 20


def test_two_seeds_are_two_tasks_and_one_seed_is_one() -> None:
    tasks = [Amnesiac(FAMILIES["commitment"], Words(f"{seed}:t")).keys for seed in (1, 1, 2)]

    assert tasks[0] == tasks[1] != tasks[2]


def test_a_result_never_says_whether_it_was_due() -> None:
    task = Amnesiac(FAMILIES["commitment"], Words("1:t"))

    lengths = {len(task.result(key)) for key in (*task.places, "another key")}

    assert len(lengths) == 1


def test_arguments_that_hold_no_key_ask_for_none() -> None:
    task = Amnesiac(FAMILIES["control"], Words("1:t"))

    assert [task.key_of(text) for text in ("{", "[]", '{"key": 1}', "{}", '{"key": "a b"}')] == ["", "", "", "", "a b"]
