"""What goes along to another wire, what stays, and what is said of it."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from keepthinking import (
    UNSET,
    Conversation,
    EncodeError,
    Field,
    Item,
    Json,
    Loss,
    LossError,
    Media,
    Message,
    Opaque,
    Origin,
    Request,
    Response,
    Seal,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    UnknownNameError,
    dialect,
)
from keepthinking.convert import Converter, convert, policy
from keepthinking.plugins import dialects

CLAUDE = Origin(dialect="anthropic-messages", provider="anthropic", model="claude-opus-4-5")
DEEPSEEK = Origin(dialect="openai-chat", provider="deepseek", model="deepseek-v4")
SIGNED = Thinking.of("a plan", signature="c2lnbg==")
REDACTED = Thinking(seals=(Seal(slot="data", wire="b3BhcXVl"),))


def said(origin: Origin, *blocks: Any) -> Message:
    return Message(role="assistant", blocks=blocks, origin=origin)


def kinds(losses: tuple[Loss, ...]) -> list[tuple[str, str]]:
    return [(loss.kind, loss.path) for loss in losses if loss.kind != "spelling"]


# -- identity --------------------------------------------------------------------------------------------------------


def test_a_request_of_the_same_dialect_is_the_very_same() -> None:
    request = dialect("openai-chat").decode_request({"model": "m", "messages": [{"role": "user", "content": "hi"}]})

    assert convert(request, "openai-chat", source="openai-chat").value is request


def test_messages_made_by_hand_are_the_targets_own() -> None:
    history = (Message.user("hi"), Message.assistant(Thinking.of("hm"), Text.of("yes")))

    assert convert(history, "anthropic-messages").value is history


def test_nobody_guesses_whose_members_a_message_holds() -> None:
    history = [Message.user("hi").replace(fields=Json.of({"x": 1}))]

    with pytest.raises(EncodeError, match="nobody says which dialect") as error:
        convert(history, "openai-chat")

    assert error.value.where == "messages[0]"
    assert 'source="openai-chat"' in error.value.hint


def test_nobody_guesses_whose_parameters_a_request_holds() -> None:
    request = Request(conversation=Conversation.of(said(CLAUDE, Text.of("a"))), params={"max_tokens": Json.of(5)})

    with pytest.raises(EncodeError, match="the parameters of a request"):
        convert(request, "openai-chat")


def test_an_unknown_dialect_is_refused_before_anything_is_done() -> None:
    with pytest.raises(UnknownNameError):
        convert([], "openai-chatt")
    with pytest.raises(UnknownNameError):
        convert([], "openai-chat", source="antropic-messages")


# -- thinking and seals ----------------------------------------------------------------------------------------------


def test_a_signed_thought_goes_to_another_provider_without_its_seal() -> None:
    converted = convert([said(CLAUDE, SIGNED, Text.of("x"))], "openai-chat", profile="deepseek")

    (message,) = converted.value
    assert message.blocks == (Thinking.of("a plan"), Text.of("x"))
    assert message.origin == Origin(dialect="openai-chat", provider="anthropic", model="claude-opus-4-5")
    assert kinds(converted.losses) == [("seal", "messages[0].blocks[0].seals[0]")]


def test_a_thought_that_is_only_a_seal_stays_with_it() -> None:
    converted = convert([said(CLAUDE, REDACTED, Text.of("x"))], "openai-chat", profile="deepseek")

    assert converted.value[0].blocks == (Text.of("x"),)
    assert kinds(converted.losses) == [
        ("seal", "messages[0].blocks[0].seals[0]"),
        ("seal", "messages[0].blocks[0]"),
    ]


@pytest.mark.parametrize("profile", ["anthropic", "bedrock-anthropic", None])
def test_a_provider_that_binds_seals_gets_no_thought_without_one(profile: str | None) -> None:
    plain = Thinking(segments=(Segment(text="a plan"),), places=(Field(name="reasoning_content"),))

    converted = convert([said(DEEPSEEK, plain, Text.of("x"))], "anthropic-messages", profile=profile)

    assert converted.value[0].blocks == (Text.of("x"),)
    assert kinds(converted.losses) == [("content", "messages[0].blocks[0]")]


@pytest.mark.parametrize("profile", ["minimax-anthropic", "deepseek-anthropic"])
def test_a_provider_that_binds_none_takes_foreign_thinking_as_its_own(profile: str) -> None:
    plain = Thinking(segments=(Segment(text="a plan"),), places=(Field(name="reasoning_content"),))

    converted = convert([said(DEEPSEEK, plain, Text.of("x"))], "anthropic-messages", profile=profile)

    assert converted.value[0].blocks == (Thinking.of("a plan"), Text.of("x"))
    assert kinds(converted.losses) == []


def test_bedrock_takes_the_seals_of_anthropic() -> None:
    history = [said(CLAUDE, SIGNED, REDACTED, Text.of("x"))]

    assert convert(history, "anthropic-messages", profile="bedrock-anthropic").value[0] is history[0]


def test_another_provider_of_the_same_wire_gets_no_foreign_seal() -> None:
    marked = Text(text="x", fields=Json.of({"cache_control": {"type": "ephemeral"}}))

    converted = convert([said(CLAUDE, SIGNED, REDACTED, marked)], "anthropic-messages", profile="minimax-anthropic")

    assert converted.value[0].blocks == (Thinking.of("a plan"), marked)  # its members are of this wire all the same
    assert kinds(converted.losses) == [
        ("seal", "messages[0].blocks[0].seals[0]"),
        ("seal", "messages[0].blocks[1].seals[0]"),
        ("seal", "messages[0].blocks[1]"),
    ]


def test_seals_of_an_unknown_provider_go_only_if_the_caller_says_so() -> None:
    history = [Message.assistant(SIGNED).replace(fields=Json.of({"x": None}))]
    more: dict[str, Any] = {"source": "anthropic-messages", "profile": "openrouter"}

    kept = convert(history, "openai-chat", **more, seals="keep").value[0].blocks[0]

    assert isinstance(kept, Thinking)
    assert [seal.wire for seal in kept.seals] == ["c2lnbg=="]
    assert kept.places == (Field(name="reasoning_details"),)
    assert convert(history, "openai-chat", **more).value[0].blocks == (Thinking.of("a plan"),)


def test_thinking_becomes_visible_only_where_the_caller_asks_for_it() -> None:
    history = [said(CLAUDE, SIGNED, Text.of("x"))]

    converted = convert(history, "openai-chat", profile="minimax", thinking="text")

    assert converted.value[0].blocks == (Text.of("<think>\na plan\n</think>\n\n"), Text.of("x"))
    assert ("content", "messages[0].blocks[0]") in kinds(converted.losses)


READERS = {
    "anthropic-messages": ("anthropic", "claude-opus-4-5"),
    "bedrock-converse": ("bedrock", "claude-opus-4-5"),
    "gemini": ("google", "gemini-3-pro"),
}

UNTOLD: Any = [
    (DEEPSEEK, Thinking.of("a plan"), "anthropic-messages", "anthropic", []),
    (DEEPSEEK, Thinking.of("a plan"), "gemini", "google-gemini", [("a plan", 0), (None, 0)]),
    (CLAUDE, SIGNED, "bedrock-converse", "bedrock", [("a plan", 1)]),
    (Origin(dialect="anthropic-messages", provider="somebody"), SIGNED, "bedrock-converse", "bedrock", []),
]
"""Who thought it, what, for whom, and what goes there of thoughts and calls: the text, and how many seals."""


@pytest.mark.parametrize(("giver", "thought", "to", "profile", "goes"), UNTOLD)
def test_where_a_caller_says_nothing_no_thought_becomes_visible_and_no_seal_goes_on_trust(
    giver: Origin, thought: Thinking, to: str, profile: str, goes: list[tuple[str | None, int]]
) -> None:
    """The client of our own says nothing: its policy is one without words."""
    call = ToolCall(id="c1", name="f", arguments="{}")
    history = (Message.user("hi"), said(giver, thought, *([call] if to == "gemini" else [Text.of("yes")])))
    reader = Origin(dialect=to, provider=READERS[to][0], model=READERS[to][1])

    by_policy = Converter(policy(to, profile=profile, target=reader)).messages(history).value
    at_once = convert(history, to, profile=profile, target=reader).value

    for made in (by_policy, at_once):
        held = [block for block in made[1].blocks if not isinstance(block, Text)]
        assert [(getattr(block, "text", None), len(block.seals)) for block in held] == goes
        assert [block.text for block in made[1].blocks if isinstance(block, Text)] == ["yes"] * (to != "gemini")


def test_thinking_of_others_is_dropped_where_the_caller_asks_for_it() -> None:
    converted = convert([said(CLAUDE, SIGNED, Text.of("x"))], "openai-chat", thinking="drop")

    assert converted.value[0].blocks == (Text.of("x"),)
    assert ("content", "messages[0].blocks[0]") in kinds(converted.losses)


def test_thinking_that_would_be_lost_is_refused_where_the_caller_asks_for_it() -> None:
    plain = said(DEEPSEEK, Thinking.of("a plan"))

    with pytest.raises(LossError) as error:
        convert([plain], "anthropic-messages", profile="anthropic", thinking="refuse")

    assert [loss.path for loss in error.value.losses] == ["messages[0].blocks[0]"]
    assert convert([plain], "anthropic-messages", profile="minimax-anthropic", thinking="refuse").value


# -- members, items, blocks ------------------------------------------------------------------------------------------


def test_members_items_and_unknown_blocks_of_another_wire_stay_and_are_told() -> None:
    message = Message(
        role="assistant",
        blocks=(
            Text(text="x", fields=Json.of({"cache_control": {"type": "ephemeral"}, "citations": None}), item=0),
            Opaque(dialect="anthropic-messages", kind="compaction", body=Json.of({"content": "c"})),
        ),
        items=(Item(kind="message", id="msg_1", phase="commentary"), Item(kind="empty")),
        fields=Json.of({"future": {"a": 1}}),
        spelling=Json.of({"content": "list"}),
        origin=CLAUDE,
    )

    converted = convert([message], "openai-chat")

    assert converted.value[0].blocks == (Text.of("x"),)
    assert (converted.value[0].fields, converted.value[0].spelling, converted.value[0].items) == (UNSET, UNSET, ())
    assert [(loss.kind, loss.path) for loss in converted.losses] == [
        ("spelling", "messages[0].blocks[0].fields.cache_control.type"),
        ("spelling", "messages[0].blocks[0].fields.citations"),
        ("foreign", "messages[0].blocks[1]"),
        ("foreign", "messages[0].items[0].id"),
        ("foreign", "messages[0].items[0].phase"),
        ("foreign", "messages[0].items[1]"),
        ("foreign", "messages[0].fields.future.a"),
    ]


def test_a_message_of_which_nothing_is_left_does_not_go() -> None:
    converted = convert([Message.user("hi"), said(CLAUDE, REDACTED), Message.user("go on")], "openai-chat")

    assert [message.role for message in converted.value] == ["user", "user"]


def test_a_file_lies_where_it_was_uploaded() -> None:
    message = Message(role="user", blocks=(Media(kind="image", file_id="file-1"), Text.of("see")), origin=DEEPSEEK)

    converted = convert([message], "anthropic-messages")

    assert converted.value[0].blocks == (Text.of("see"),)
    assert ("foreign", "messages[0].blocks[0].file_id") in kinds(converted.losses)


def test_bytes_in_a_url_become_bytes_beside_their_type() -> None:
    picture = Media(kind="image", url="data:image/png;base64,aGk=")

    converted = convert([Message(role="user", blocks=(picture,), origin=DEEPSEEK)], "anthropic-messages")

    assert converted.value[0].blocks == (Media(kind="image", mime="image/png", data="aGk="),)


# -- calls -----------------------------------------------------------------------------------------------------------


def loop(*ids: str | None, origin: Origin = DEEPSEEK, arguments: str = "{}") -> list[Message]:
    calls = [ToolCall(id=UNSET if id_ is None else id_, name="f", arguments=arguments) for id_ in ids]
    results = [Message(role="tool", blocks=(ToolResult(call_id=call.id, content="r"),)) for call in calls]
    return [said(origin, *calls), *results]


def ids(messages: tuple[Message, ...]) -> list[tuple[str, Any]]:
    return [
        ("call", block.id) if isinstance(block, ToolCall) else ("result", block.call_id)
        for message in messages
        for block in message.blocks
        if isinstance(block, ToolCall | ToolResult)
    ]


def test_an_id_that_the_target_takes_stays_as_it_is() -> None:
    assert ids(convert(loop("toolu_1", "call-2"), "anthropic-messages").value) == [
        ("call", "toolu_1"),
        ("call", "call-2"),
        ("result", "toolu_1"),
        ("result", "call-2"),
    ]


@pytest.mark.parametrize("id_", ["functions.f:0", "x" * 65, ""])
def test_an_id_that_the_target_refuses_is_another_one_in_call_and_result(id_: str) -> None:
    converted = convert(loop(id_), "anthropic-messages")

    (_, call), (_, result) = ids(converted.value)
    assert call == result != id_
    told = [loss.path for loss in converted.losses]
    assert told == ["messages[0].blocks[0].id", "messages[1].blocks[0].call_id"]


def test_a_call_without_an_id_gets_one_where_the_target_demands_it() -> None:
    first = convert(loop(None, None), "anthropic-messages")
    again = convert(loop(None, None), "anthropic-messages")

    found = ids(first.value)
    assert len({id_ for _, id_ in found}) == 2
    assert all(isinstance(id_, str) for _, id_ in found)
    assert ids(again.value) == found  # the same place, the same id
    assert {loss.what for loss in first.losses} >= {"that a call had no id"}


def test_an_id_that_comes_again_is_another_one_where_the_target_wants_each_once() -> None:
    converted = convert([*loop("call_0"), *loop("call_0")], "anthropic-messages")

    found = [id_ for _, id_ in ids(converted.value)]
    assert found[0] == found[1] == "call_0"
    assert found[2] == found[3] != "call_0"


def test_a_call_that_cannot_go_takes_its_result_along() -> None:
    converted = convert([*loop("c1", arguments="{broken"), Message.user("and?")], "anthropic-messages")

    assert ids(converted.value) == []
    assert kinds(converted.losses) == [
        ("content", "messages[0].blocks[0]"),
        ("content", "messages[1].blocks[0]"),
    ]


def test_arguments_keep_their_bytes() -> None:
    arguments = '{ "x" :  1.0, "y":1e3, "x": "\\u00e9\\/" }'

    (call,) = convert(loop("c1", arguments=arguments), "anthropic-messages").value[0].blocks
    assert isinstance(call, ToolCall)
    assert (call.arguments, call.kind) == (arguments, "object")
    back = convert([said(CLAUDE, call)], "openai-chat").value[0].blocks[0]
    assert isinstance(back, ToolCall)
    assert (back.arguments, back.kind) == (arguments, "json")


def test_what_a_provider_ran_itself_stays_with_it() -> None:
    searched = said(
        CLAUDE,
        ToolCall(id="s1", name="web_search", arguments="{}", kind="object", server=True),
        ToolResult(call_id="s1", content="found", server=True),
        Text.of("x"),
    )

    converted = convert([searched], "openai-chat")

    assert converted.value[0].blocks == (Text.of("x"),)
    assert kinds(converted.losses) == [("foreign", "messages[0].blocks[0]"), ("foreign", "messages[0].blocks[1]")]


@pytest.mark.parametrize("escape", [True, False])
def test_a_call_of_others_is_marked_for_gemini_only_where_the_caller_asks(escape: bool) -> None:  # noqa: FBT001 - a case
    converted = convert(loop("c1", "c2"), "gemini", profile="google-gemini", escape=escape)

    first, second = converted.value[0].blocks
    assert len(first.seals) == int(escape)
    assert second.seals == ()
    assert [(loss.kind, loss.path) for loss in converted.losses if loss.kind == "seal"] == (
        [("seal", "messages[0].blocks[0]")] if escape else []
    )


def test_one_history_of_three_providers_goes_to_each_of_them() -> None:
    gemini = Origin(dialect="gemini", provider="google", model="gemini-3-pro")
    sealed = ToolCall(
        name="f", arguments="{}", kind="object", seals=(Seal(slot="thoughtSignature", wire="U0lH", encoding="base64"),)
    )
    history = (
        Message.user("go"),
        said(CLAUDE, SIGNED, Text.of("one")),
        Message.user("on"),
        said(DEEPSEEK, Thinking.of("two"), Text.of("2")),
        Message.user("on"),
        Message(role="model", blocks=(sealed,), origin=gemini),
        Message(role="user", blocks=(ToolResult(name="f", content="r"),)),
    )

    claude = convert(history, "anthropic-messages", profile="anthropic").value
    deepseek = convert(history, "openai-chat", profile="deepseek").value
    google = convert(history, "gemini", profile="google-gemini").value

    assert claude[1] is history[1]  # Claude's own turn is the very same
    assert claude[3].thinking == ""
    assert [message.thinking for message in deepseek if message.role == "assistant"] == ["a plan", "two", ""]
    assert google[5] is history[5]
    assert [message.thinking for message in google if message.role == "model"] == ["a plan", "two", ""]
    for messages, to in ((claude, "anthropic-messages"), (deepseek, "openai-chat")):
        call, result = ids(messages)
        assert call[1] == result[1] != UNSET, to


@pytest.mark.parametrize("to", [name for name in dialects() if name != "anthropic-messages"])
def test_what_comes_back_from_another_wire_is_what_went_there_but_for_the_losses(to: str) -> None:
    blocks = (Text.of("x"), ToolCall(id="toolu1234", name="f", arguments='{"a": 1.0}', kind="object"))
    history = (Message.user("go"), said(CLAUDE, SIGNED, REDACTED, *blocks), Message.user("on"))

    there = convert(history, to)
    back = convert(there.value, "anthropic-messages", source=to)

    lost = {loss.path for loss in (*there.losses, *back.losses) if loss.kind != "spelling"}
    (message,) = [message for message in back.value if message.role == "assistant"]
    assert [block for block in message.blocks if isinstance(block, Text)] == [blocks[0]]
    assert [block.arguments for block in message.blocks if isinstance(block, ToolCall)] == ['{"a": 1.0}']
    assert {f"messages[1].blocks[{n}].seals[0]" for n in (0, 1)} <= lost


def test_seals_of_one_domain_come_back_whole_from_the_other_wire() -> None:
    history = [said(CLAUDE, SIGNED, REDACTED, Text.of("x"))]

    there = convert(history, "bedrock-converse", profile="bedrock")
    back = convert(there.value, "anthropic-messages", profile="anthropic")

    assert [seal.slot for block in there.value[0].blocks for seal in block.seals] == ["signature", "redactedContent"]
    assert back.value[0].blocks == history[0].blocks
    assert kinds((*there.losses, *back.losses)) == []


# -- requests and answers --------------------------------------------------------------------------------------------


def test_tools_go_without_their_foreign_members() -> None:
    tools = (
        Tool(name="f", parameters=Json.of({"type": "object"}), fields=Json.of({"function": {"strict": True}})),
        Tool(kind="server", fields=Json.of({"type": "web_search"})),
    )
    request = Request(conversation=Conversation.of(Message.user("hi"), tools=tools))

    converted = convert(request, "anthropic-messages", source="openai-chat")

    assert converted.value.conversation.tools == (Tool(name="f", parameters=Json.of({"type": "object"})),)
    assert kinds(converted.losses) == [("foreign", "tools[0].fields.function.strict"), ("foreign", "tools[1]")]


def test_history_that_a_server_holds_cannot_go() -> None:
    request = Request(conversation=Conversation.of(), state={"previous_response_id": Json.of("resp_1")})

    converted = convert(request, "openai-chat", source="anthropic-messages")

    assert converted.value.state is UNSET
    assert kinds(converted.losses) == [("content", "state.previous_response_id")]


def test_an_answer_says_in_the_targets_words_why_it_ended_and_what_it_cost() -> None:
    answer = dialect("anthropic-messages").decode_response(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 3},
        }
    )

    converted = convert(answer, "openai-chat")

    body = dialect("openai-chat").decode_response(dialect("openai-chat").encode_response(converted.value).body)
    assert body.stop_reason == "tool_calls"
    assert body.usage is not UNSET
    assert body.usage.value == {
        "prompt_tokens": 13,
        "completion_tokens": 5,
        "total_tokens": 18,
        "prompt_tokens_details": {"cached_tokens": 3},
    }
    back = convert(converted.value, "anthropic-messages").value
    assert (back.stop_reason, back.usage) == (answer.stop_reason, answer.usage)
    assert isinstance(back, Response)


# -- growth ----------------------------------------------------------------------------------------------------------


def test_the_same_messages_give_the_same_again() -> None:
    converter = Converter(policy("anthropic-messages"))
    history = (Message.user("go"), *loop("c1", "c2"), *loop("c3"))

    first = converter.messages(history)
    longer = converter.messages((*history, Message.user("more")))

    assert all(a is b for a, b in zip(first.value, longer.value[: len(first.value)], strict=True))
    assert longer.losses == first.losses


def test_a_fork_that_shares_its_beginning_gives_what_it_gives_alone() -> None:
    converter = Converter(policy("anthropic-messages"))
    shared = (Message.user("go"), *loop("c 1"))
    one, other = (*shared, *loop("c 1")), (*shared, *loop(None))
    converter.messages(shared)

    assert [converter.messages(h).value for h in (one, other, one)] == [
        Converter(policy("anthropic-messages")).messages(h).value for h in (one, other, one)
    ]


def test_nothing_is_kept_longer_than_the_history() -> None:
    converter = Converter(policy("anthropic-messages"))
    history: list[Message] | None = [Message.user("go"), *loop("c1"), said(CLAUDE, Text.of("x"))]
    dead = [weakref.ref(message) for message in history or ()]
    converter.messages(tuple(history or ()))

    history = None
    gc.collect()

    assert [ref() for ref in dead] == [None] * len(dead)


SEALED = {
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "q"}]},
            {
                "role": "model",
                "parts": [{"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "c2VhbCBvZiBhIGNhbGw="}],
            },
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"x": 1}}}]},
        ]
    },
    "anthropic-messages": {
        "messages": [
            {"role": "user", "content": "q"},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "plan", "signature": "c2VhbCBvZiBhIGNhbGw="}],
            },
        ]
    },
}


@pytest.mark.parametrize(
    ("dialect_", "source", "profile", "stays"),
    [
        ("gemini", "google-gemini", "vertex-gemini", True),
        ("gemini", "google-gemini", "google-gemini", False),
        ("gemini", None, "vertex-gemini", False),  # nobody says whose the seals are
        ("anthropic-messages", "anthropic", "minimax-anthropic", True),
        ("anthropic-messages", "anthropic", "bedrock-anthropic", False),
    ],
)
def test_seals_of_a_request_body_stay_where_its_giver_is_known_and_another(
    dialect_: str, source: str | None, profile: str, *, stays: bool
) -> None:
    speaks = dialect(dialect_)
    request = speaks.decode_request(SEALED[dialect_])

    converted = convert(request, dialect_, source=dialect_, source_profile=source, profile=profile)

    sent = speaks.encode_request(converted.value, profile).body
    assert (b"c2VhbCBvZiBhIGNhbGw=" not in sent) is stays
    assert [loss.kind for loss in converted.losses] == ["seal"] * stays


@pytest.mark.parametrize("to", ["anthropic-messages", "bedrock-converse"])
@pytest.mark.parametrize(("text", "kind"), [("", "spelling"), ("\n\n", "content")])
def test_a_text_without_words_stays_where_it_would_be_refused(to: str, text: str, kind: str) -> None:
    history = (Message.user("go"), said(DEEPSEEK, Text.of(text), ToolCall.of("f", {}, id="c1")))

    converted = convert(history, to)

    assert [type(block) for block in converted.value[1].blocks] == [ToolCall]
    assert [(loss.kind, loss.path) for loss in converted.losses] == [(kind, "messages[1].blocks[0]")]
    assert [block.text for block in convert(history, "mistral").value[1].blocks if isinstance(block, Text)] == [text]
