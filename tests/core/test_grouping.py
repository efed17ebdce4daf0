"""Regrouping keeps every block, gives the same messages again, and costs what is new."""

import gc
import operator
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking import (
    UNSET,
    Block,
    Conversation,
    Item,
    Json,
    Message,
    Request,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    dialect,
)
from keepthinking._grouping import GROUPINGS, Grouper

DIALECTS = tuple(GROUPINGS)


def result(number: int, content: str = "r") -> ToolResult:
    return ToolResult(call_id=f"c{number}", content=content)


def tool(number: int, **more: object) -> Message:
    return Message(role="tool", blocks=(result(number),)).replace(**more)


def step(number: int) -> list[Message]:
    """A model's message with two calls, and their results as chat has them."""
    calls = [ToolCall.of("f", {}, id=f"c{n}") for n in (2 * number, 2 * number + 1)]
    return [Message.assistant(Thinking.of("t"), *calls), tool(2 * number), tool(2 * number + 1)]


def blocks(messages: tuple[Message, ...]) -> list[Block]:
    return [block for message in messages for block in message.blocks]


# -- the table ---------------------------------------------------------------------------------------------------


def test_results_of_one_turn_become_one_user_message_for_anthropic() -> None:
    history = (Message.user("go"), *step(0), *step(1))

    grouped = Grouper().regroup(history, "anthropic-messages")

    assert [(message.role, len(message.blocks)) for message in grouped] == [
        ("user", 1),
        ("assistant", 3),
        ("user", 2),
        ("assistant", 3),
        ("user", 2),
    ]
    assert blocks(grouped) == blocks(history)


def test_a_single_result_becomes_a_user_message_for_anthropic() -> None:
    (grouped,) = Grouper().regroup((tool(1),), "anthropic-messages")

    assert grouped == Message(role="user", blocks=(result(1),))


def test_results_and_text_of_one_user_message_become_tool_messages_and_a_user_message_for_chat() -> None:
    message = Message(role="user", blocks=(result(1), result(2), Text.of("and now?")))

    grouped = Grouper().group((message,), "openai-chat")

    assert grouped.messages == (tool(1), tool(2), Message.user("and now?"))
    assert grouped.losses == ()


@pytest.mark.parametrize(("dialect_id", "carrier"), [("anthropic-messages", "system"), ("openai-chat", "message")])
def test_instructions_at_the_head_are_carried_as_the_wire_carries_them(dialect_id: str, carrier: str) -> None:
    history = (
        Message.system("one").replace(carrier="system"),
        Message(role="developer", blocks=(Text.of("two"),)),
        Message.user("go"),
        Message.system("later"),
    )

    grouped = Grouper().regroup(history, dialect_id)

    assert [message.carrier for message in grouped] == [carrier, carrier, "message", "message"]
    assert blocks(grouped) == blocks(history)


def test_instructions_that_stood_in_the_list_of_messages_stay_there() -> None:
    body = b'{"model":"m","max_tokens":1,"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"}]}'
    request = dialect("anthropic-messages").decode_request(body)

    grouped = Grouper().regroup(request.messages, "anthropic-messages")

    assert all(map(operator.is_, grouped, request.messages))


def test_an_unknown_dialect_takes_messages_as_they_are() -> None:
    history = (Message.user("go"), *step(0))

    assert Grouper().regroup(history, "somebody-elses") is history


def test_results_that_the_provider_made_stay_in_their_message() -> None:
    pair = (ToolCall(id="s", name="search", arguments="{}", server=True), ToolResult(call_id="s", server=True))
    history = (Message.assistant(*pair), Message(role="user", blocks=pair))

    for dialect_id in DIALECTS:
        assert all(map(operator.is_, Grouper().regroup(history, dialect_id), history))


# -- what has no place any more ----------------------------------------------------------------------------------


def test_what_merged_messages_held_besides_is_told() -> None:
    fields = Json(b'{"cache_control":{"type":"ephemeral"}}')
    history = (Message.user("go"), tool(1, name="f"), tool(2, fields=fields))

    losses = Grouper().group(history, "anthropic-messages").losses

    assert [(loss.kind, loss.path) for loss in losses] == [
        ("content", "messages[1].name"),
        ("content", "messages[2].fields"),
    ]


def test_what_a_split_message_held_besides_is_told_only_where_nothing_is_left_of_it() -> None:
    fields = Json(b'{"x":1}')
    only_results = Message(role="user", blocks=(result(1), result(2)), fields=fields, name="ann")
    with_text = only_results.replace(blocks=(result(1), Text.of("t")))

    lost = Grouper().group((only_results,), "openai-chat").losses
    kept = Grouper().group((with_text,), "openai-chat")

    assert [loss.path for loss in lost] == ["messages[0].name", "messages[0].fields"]
    assert kept.losses == ()
    assert kept.messages[1].fields == fields


def test_a_result_that_moves_before_other_parts_is_told() -> None:
    message = Message(role="user", blocks=(Text.of("t"), result(1)))

    grouped = Grouper().group((Message.user("go"), message), "openai-chat")

    assert [(loss.kind, loss.path) for loss in grouped.losses] == [("order", "messages[1].blocks[1]")]
    assert [message.role for message in grouped.messages] == ["user", "tool", "user"]


def test_blocks_of_merged_messages_point_to_their_own_items() -> None:
    one, two = (
        Message(
            role="tool",
            items=(Item(kind="function_call_output", id=str(n)),),
            blocks=(ToolResult(call_id=str(n), content="r", item=0),),
        )
        for n in (1, 2)
    )

    (merged,) = Grouper().regroup((one, two), "anthropic-messages")

    for block in merged.blocks:
        assert isinstance(block, ToolResult)
        assert block.item is not UNSET
        assert merged.items[block.item].id == block.call_id


def test_losses_are_told_again_when_a_known_history_grows() -> None:
    grouper = Grouper()
    history: tuple[Message, ...] = (Message.user("go"), tool(1, name="f"), tool(2, name="f"))
    first = grouper.group(history, "anthropic-messages").losses

    again = grouper.group((*history, Message.user("more")), "anthropic-messages").losses

    assert len(first) == 2
    assert again == first


# -- identity ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_the_same_messages_give_the_very_same_messages_again(dialect_id: str) -> None:
    grouper = Grouper()
    many = Message(role="user", blocks=(result(8), result(9), Text.of("t")))
    history = (Message.system("s"), Message.user("go"), *step(0), many, *step(1))

    first = grouper.regroup(history, dialect_id)
    grown = grouper.regroup((*history, Message.user("more")), dialect_id)
    fork = grouper.regroup((*history[:6], Message.user("other")), dialect_id)

    assert all(a is b for a, b in zip(first, grown, strict=False))
    assert all(a is b for a, b in zip(grown, fork[:-1], strict=False))


def test_a_turn_that_gets_another_result_is_regrouped() -> None:
    grouper = Grouper()
    history = (Message.user("go"), *step(0))

    assert len(grouper.regroup(history[:3], "anthropic-messages")[-1].blocks) == 1
    assert len(grouper.regroup(history, "anthropic-messages")[-1].blocks) == 2


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_nothing_is_kept_longer_than_the_messages(dialect_id: str) -> None:
    grouper = Grouper()
    history = (Message.user("go"), *step(0), Message(role="user", blocks=(result(8), result(9))))
    made = [weakref.ref(message) for message in grouper.regroup(history, dialect_id)]

    del history
    gc.collect()

    assert [ref() for ref in made if ref() is not None] == []
    assert not grouper._made
    assert not grouper._branches


def test_a_growing_loop_keeps_one_entry_a_branch() -> None:
    grouper = Grouper()
    history: tuple[Message, ...] = (Message.user("go"),)
    for number in range(20):
        history = (*history, *step(number))
        grouper.regroup(history, "anthropic-messages")

    assert len(grouper._branches) == 1
    assert len(grouper._made) == 20


@pytest.mark.parametrize("dialect_id", DIALECTS)
def test_a_regrouped_history_is_written_without_a_loss(dialect_id: str) -> None:
    history = (
        Message.system("s"),
        Message.user("go"),
        *step(0),
        *step(4)[:1],
        Message(role="user", blocks=(result(8), Text.of("t"))),
    )
    grouped = Grouper().regroup(history, dialect_id)

    encoded = dialect(dialect_id).encode_request(Request(conversation=Conversation.of(*grouped), model="m"))

    assert [loss for loss in encoded.losses if loss.kind != "spelling"] == []


# -- any history -------------------------------------------------------------------------------------------------

PARTS = st.one_of(
    st.builds(Text.of, st.text(max_size=3)),
    st.builds(Thinking.of, st.text(max_size=3)),
    st.builds(result, st.integers(0, 3), st.text(max_size=3)),
    st.builds(lambda: ToolResult(call_id="s", server=True)),
)
MESSAGES = st.builds(
    Message,
    role=st.sampled_from(["system", "developer", "user", "assistant", "tool", "function"]),
    blocks=st.lists(PARTS, max_size=4).map(tuple),
    name=st.sampled_from([UNSET, None, "ann"]),
    carrier=st.sampled_from(["message", "system"]),
)
HISTORIES = st.lists(MESSAGES, max_size=8).map(tuple)


def identities(found: list[Block]) -> list[int]:
    return [id(block) for block in found]


@given(HISTORIES, st.sampled_from(DIALECTS))
def test_every_block_is_kept_and_each_kind_in_order(history: tuple[Message, ...], dialect_id: str) -> None:
    before, after = blocks(history), blocks(Grouper().regroup(history, dialect_id))

    assert sorted(identities(before)) == sorted(identities(after))
    for kind in (True, False):
        ours = [[b for b in found if (isinstance(b, ToolResult) and not b.server) is kind] for found in (before, after)]
        assert identities(ours[0]) == identities(ours[1])


@given(HISTORIES, st.sampled_from(DIALECTS))
def test_regrouping_twice_is_regrouping_once(history: tuple[Message, ...], dialect_id: str) -> None:
    grouper = Grouper()
    once = grouper.regroup(history, dialect_id)

    assert all(map(operator.is_, grouper.regroup(once, dialect_id), once))


@given(HISTORIES, HISTORIES, st.data(), st.sampled_from(DIALECTS))
def test_what_was_seen_before_changes_nothing(
    history: tuple[Message, ...], other: tuple[Message, ...], data: st.DataObject, dialect_id: str
) -> None:
    grouper = Grouper()
    for _ in range(3):
        cut = data.draw(st.integers(0, len(history)))
        grouper.group(history[:cut] + other[: data.draw(st.integers(0, len(other)))], dialect_id)

    assert grouper.group(history, dialect_id) == Grouper().group(history, dialect_id)
