"""What other wires say, given to a writer as it is: nothing vanishes, and nothing foreign gets onto the wire unnoticed.

The values are as each wire's reader makes them. Conversion prepares a history better; a writer must be right without.
"""

import json
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from keepthinking._exchange import Request
from keepthinking._json import Json
from keepthinking._messages import (
    Block,
    Conversation,
    Item,
    Message,
    Opaque,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking.dialects._base import JsonDialect
from keepthinking.dialects.anthropic_messages import DIALECT as CLAUDE
from keepthinking.dialects.mistral import DIALECT as MISTRAL
from keepthinking.dialects.openai_chat import DIALECT as CHAT

SEALED = "~~~"
ALL = ("openai-chat", "anthropic-messages", "mistral")


def seal(slot: str) -> tuple[Seal, ...]:
    return (Seal(slot=slot, wire=SEALED),)


class Case(NamedTuple):
    """A message of another wire, and the kind and place of each loss, by the wire that it is written in."""

    name: str
    message: Message
    losses: dict[str, set[tuple[str, str]]]


def spoken(*blocks: Block, role: str = "assistant", items: tuple[Item, ...] = ()) -> Message:
    return Message(role=role, blocks=blocks, items=items)


WHOLE = Thinking(seals=seal("encrypted_content"), item=0)
REASONING = Item(kind="reasoning", id="rs_1", status="completed")

CASES = (
    Case(
        "responses: a thought that is nothing but its seal",
        spoken(WHOLE, Text.of("yes"), items=(REASONING,)),
        {id_: {("seal", "blocks[0].seals[0]"), ("foreign", "items[0]")} for id_ in ALL},
    ),
    Case(
        "responses: a phase and a free call",
        spoken(
            replace(Text.of("yes"), item=0),
            ToolCall(id="c", name="f", arguments="free", kind="freeform", item=1),
            items=(Item(kind="message", id="msg_1", phase="commentary"), Item(kind="custom_tool_call", id="ctc_1")),
        ),
        {
            "openai-chat": {("foreign", "items[0]"), ("foreign", "items[1]")},
            "anthropic-messages": {("foreign", "items[0]"), ("foreign", "items[1]"), ("content", "blocks[1]")},
            "mistral": {("foreign", "items[0]"), ("foreign", "items[1]"), ("content", "blocks[1]")},
        },
    ),
    Case(
        "responses: pieces of a summary",
        spoken(Thinking(segments=tuple(Segment(channel="summary", text=text) for text in "ab"))),
        {
            "openai-chat": {
                ("grouping", "blocks[0].segments"),
                ("spelling", "blocks[0].segments[0].channel"),
                ("spelling", "blocks[0].segments[1].channel"),
            },
            "anthropic-messages": {
                ("grouping", "blocks[0].segments"),
                ("spelling", "blocks[0].segments[0].channel"),
                ("spelling", "blocks[0].segments[1].channel"),
            },
            "mistral": {
                ("spelling", "blocks[0].segments[0].channel"),
                ("spelling", "blocks[0].segments[1].channel"),
            },
        },
    ),
    Case(
        "gemini: the role of its model, and a sealed text",
        spoken(Text(text="yes", seals=seal("thoughtSignature")), role="model"),
        {
            "openai-chat": {("spelling", "role"), ("seal", "blocks[0]")},
            "anthropic-messages": {("spelling", "role"), ("seal", "blocks[0].seals[0]")},
            "mistral": {("spelling", "role"), ("seal", "blocks[0].seals[0]")},
        },
    ),
    Case(
        "gemini: a call without an id",
        spoken(ToolCall(name="f", arguments='{"a":1}', kind="object"), role="model"),
        {id_: {("spelling", "role")} for id_ in ALL},
    ),
    Case(
        "bedrock: a redacted thought",
        spoken(Thinking(seals=seal("redactedContent")), Text.of("yes")),
        {id_: {("seal", "blocks[0].seals[0]")} for id_ in ALL},
    ),
    Case(
        "mistral: a reference inside a thought",
        spoken(
            Thinking(
                segments=(
                    Segment(text="a"),
                    Segment(channel="reference", fields=Json(b'{"type":"reference","reference_ids":[1]}')),
                )
            )
        ),
        {
            "openai-chat": {
                ("grouping", "blocks[0].segments"),
                ("spelling", "blocks[0].segments[1].channel"),
                ("content", "blocks[0].segments[1].fields"),
            },
            "anthropic-messages": {
                ("grouping", "blocks[0].segments"),
                ("spelling", "blocks[0].segments[1].channel"),
                ("content", "blocks[0].segments[1].fields"),
            },
            "mistral": set(),
        },
    ),
    Case(
        "a block that only gemini knows",
        spoken(Text.of("yes"), Opaque(dialect="gemini", kind="executableCode", body=Json(b'{"code":"~~~"}'))),
        {id_: {("foreign", "blocks[1]")} for id_ in ALL},
    ),
)

RESULT = Message(
    role="tool",
    blocks=(ToolResult(call_id="c", content="r", fields=Json(b'{"cache_control":{"type":"ephemeral"}}')),),
)


@pytest.mark.parametrize("dialect", [CHAT, CLAUDE, MISTRAL], ids=lambda dialect: str(dialect.id))
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_foreign_is_told_and_stays_off_the_wire(case: Case, dialect: JsonDialect) -> None:
    request = Request(conversation=Conversation.of(Message.user("q"), case.message), model="m")
    encoded = dialect.encode_request(request, on_loss="report")
    told = {(loss.kind, loss.path.removeprefix("messages[1].")) for loss in encoded.losses}
    assert told == case.losses[dialect.id]
    assert SEALED.encode() not in encoded.body
    (written,) = json.loads(encoded.body)["messages"][1:]
    assert written["role"] == "assistant"
    again = dialect.decode_request(encoded.body).messages[1]
    # no thought has become visible, and none was invented
    assert again.text == case.message.text
    assert again.thinking == case.message.thinking
    empty = [block for block in again.blocks if isinstance(block, Thinking) and not block.text and not block.seals]
    assert empty == []


def test_members_of_a_result_that_chat_cannot_hold_are_told() -> None:
    encoded = CHAT.encode_request(Request(conversation=Conversation.of(RESULT)), on_loss="report")
    assert [(loss.kind, loss.path) for loss in encoded.losses] == [("content", "messages[0].blocks[0].fields")]


@pytest.mark.parametrize("dialect", [CHAT, CLAUDE, MISTRAL], ids=lambda dialect: str(dialect.id))
def test_a_strange_role_that_came_from_a_wire_goes_back_to_it(dialect: JsonDialect) -> None:
    body = {"messages": [{"role": "model", "content": "a"}]}
    encoded = dialect.encode_request(dialect.decode_request(body))
    assert (json.loads(encoded.body), encoded.losses) == (body, ())
