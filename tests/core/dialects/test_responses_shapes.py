"""Responses by shape: what recordings lack, both directions. Every body here comes back as it is."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._compare import diff, matters, same
from keepthinking._errors import DecodeError, LossError
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import (
    Conversation,
    Item,
    Media,
    Message,
    Opaque,
    Origin,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking._turns import Spot, pair
from keepthinking.dialects._quick import Memo
from keepthinking.dialects.openai_responses import DIALECT, OpenAIResponses

USER = {"role": "user", "content": "go"}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}", "status": "completed"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "r"}
REASONING = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}],
    "encrypted_content": "seal",
}
SAID = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "phase": "commentary",
    "content": [{"type": "output_text", "text": "yes", "annotations": []}],
}


def comes_back(body: Mapping[str, Any]) -> Request:
    """Read a request, make sure that it is written as it came, and give it."""
    request = DIALECT.decode_request(body)
    encoded = DIALECT.encode_request(request)
    assert json.loads(encoded.body) == body
    assert not encoded.losses
    assert DIALECT.decode_request(body, memo=Memo()) == request
    return request


def of(*items: Any) -> dict[str, Any]:
    return {"model": "m", "input": list(items)}


BODIES: Mapping[str, dict[str, Any]] = {
    "a string": {"model": "m", "input": "go"},
    "an empty string": {"model": "m", "input": ""},
    "an empty list": {"model": "m", "input": []},
    "null": {"model": "m", "input": None, "prompt": {"id": "p"}},
    "a prompt alone": {"model": "m", "prompt": {"id": "p"}},
    "a string with instructions": {"model": "m", "instructions": "be brief", "input": "go"},
    "instructions null": {"model": "m", "instructions": None, "input": "go"},
    "instructions empty": {"model": "m", "instructions": "", "input": [USER]},
    "instructions of a later shape": {"model": "m", "instructions": [SAID], "input": [USER]},
    "history on the server": {"previous_response_id": "resp_1", "input": [RESULT]},
    "history on the server, null": {"previous_response_id": None, "conversation": None, "input": "go"},
    "a conversation": {"conversation": {"id": "conv_1"}, "input": "go", "tools": None, "stream": None},
    "a typed message": of({"type": "message", **USER}, {"type": "message", "role": "user", "content": []}),
    "types that are none": of({"type": "", **USER}, {"type": None, **USER}, {"type": "", **USER, "role": "assistant"}),
    "system and developer": of({"role": "system", "content": "s"}, {"role": "developer", "content": [], "id": None}),
    "roles of other wires": of({"role": "tool", "content": "r"}, {"role": "model"}, {"role": "function"}),
    "content null and absent": of({"role": "user", "content": None}, {"role": "assistant"}, {"role": "user"}),
    "an easy answer": of(USER, {"role": "assistant", "content": "yes"}, {"role": "assistant", "content": ""}),
    "media": of(
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "look"},
                {"type": "input_image", "image_url": "data:image/png;base64,QUFB", "detail": "auto"},
                {"type": "input_image", "file_id": "file_1", "image_url": None},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QUFB"},
                {"type": "input_file", "filename": "", "file_data": "data:application/pdf;base64,QUFB"},
                {"type": "input_file", "filename": None, "file_id": "file_2"},
                {"type": "input_image", "filename": "a.png", "file_id": "file_3", "detail": "low"},
                {"type": "input_file", "file_url": "https://example.com/a.pdf"},
                {"type": "input_audio", "input_audio": {"data": "QUFB", "format": "wav"}},
                {"type": "later", "text": "x"},
                {"text": "no type"},
                7,
            ],
        }
    ),
    "one turn": of(USER, REASONING, SAID, CALL, RESULT, REASONING, {**SAID, "phase": "final_answer"}),
    "several thoughts": of(REASONING, {**REASONING, "id": "rs_2"}, CALL),
    "own words": of({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]}),
    "thoughts of every emptiness": of(
        {"type": "reasoning", "summary": []},
        {"type": "reasoning"},
        {"type": "reasoning", "summary": None, "content": None, "encrypted_content": None, "id": None},
        {"type": "reasoning", "summary": [], "content": [], "encrypted_content": "", "status": None},
        {"type": "reasoning", "summary": [{}, {"type": "later", "x": 1}, {"text": None}], "content": [{"text": "u"}]},
        {"type": "reasoning", "summary": "words", "content": {"a": 1}, "encrypted_content": 7},
        {"type": "reasoning", "summary": [7], "content": ["x"]},
    ),
    "a gateway's thought": of({**REASONING, "signature": "sig", "format": "anthropic-claude-v1"}, CALL),
    "ids absent": of({"type": "reasoning", "summary": [], "encrypted_content": "s"}, {**CALL, "id": None}),
    "free text": of(
        {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": "*** Begin\n{"},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "ok"},
    ),
    "results": of(
        CALL,
        {**RESULT, "output": [{"type": "input_text", "text": "r"}, {"type": "input_image", "file_id": "f"}]},
        {**RESULT, "output": None, "id": "fco_1", "status": "completed"},
        {"type": "function_call_output", "output": ""},
        {"type": "function_call_output", "call_id": None},
        {"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot"}},
        {"type": "mcp_approval_response", "approval_request_id": "a", "approve": True},
    ),
    "calls of every shape": of(
        {"type": "function_call", "call_id": "c"},
        {"type": "function_call", "call_id": None, "name": "f"},
        {"type": "function_call", "name": "f", "arguments": {"a": 1}},
        {"type": "function_call", "name": "f", "arguments": None, "namespace": "n"},
        {"type": "function_call", "name": "f", "arguments": ""},
        {"type": "function_call", "call_id": "c", "arguments": '{"x":1}'},
        {"type": "function_call", "call_id": "c", "arguments": '{"x":1}', "name": None},
        {"type": "custom_tool_call", "call_id": "c", "input": "words", "name": 7},
        {"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}, "environment": {"type": "local"}},
        {"type": "local_shell_call", "id": "l", "call_id": "c", "action": {}, "status": "completed"},
        {"type": "apply_patch_call", "call_id": "c", "operation": {"type": "delete_file", "path": "a"}},
        {"type": "computer_call", "call_id": "c", "actions": [], "pending_safety_checks": []},
        {"type": "later_call", "call_id": "c", "arguments": {"a": 1}},
        {"type": "later_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ),
    "hosted tools": of(
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
        {"type": "file_search_call", "id": "fs_1", "queries": ["q"], "results": None, "status": "completed"},
        {"type": "code_interpreter_call", "id": "ci_1", "code": "1", "container_id": "x", "outputs": []},
        {"type": "image_generation_call", "id": "ig_1", "result": "QUFB", "status": "completed"},
        {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": []},
        {"type": "mcp_approval_request", "id": "a", "name": "f", "arguments": "{}", "server_label": "s"},
        {"type": "mcp_call", "id": "mcp_1", "name": "f", "arguments": "{}", "server_label": "s", "output": None},
        {"type": "program", "id": "p", "call_id": "c", "code": "x", "fingerprint": "f"},
        {"type": "program_output", "id": "p", "call_id": "c", "result": "1", "status": "completed"},
    ),
    "compaction": of(
        {"type": "compaction", "id": "cmp_1", "encrypted_content": "seal"},
        {"type": "compaction", "encrypted_content": None},
        {"type": "compaction"},
        {"type": "compaction_trigger"},
    ),
    "references": of(
        USER, {"type": "item_reference", "id": "rs_1"}, {"id": "msg_1"}, {"id": "x", "type": None}, RESULT
    ),
    "unknown items": of(
        {"type": "later", "x": {"y": [1.0]}},
        {"type": "later", "role": "assistant", "content": "x"},
        {"type": "later", "role": "user"},
        {"type": "later_output", "x": 1},
        {"type": "additional_tools", "role": "developer", "tools": []},
        {"type": "configuration_update", "reasoning": {"effort": "low"}},
    ),
    "answers of every shape": of(
        {**SAID, "content": []},
        {**SAID, "content": None, "phase": None},
        {"type": "message", "role": "assistant", "content": "x", "id": "m", "later": 1},
        {**SAID, "content": [{"type": "refusal", "refusal": "no"}, {"type": "output_text", "text": "a", "x": 1}]},
        {**SAID, "content": [{"type": "input_text", "text": "odd"}, {"type": "later"}, {"type": "output_text"}]},
        {"type": 7, "role": "assistant", "content": "x"},
    ),
    "tools": {
        "input": "go",
        "tools": [
            {"type": "function", "name": "f", "parameters": {}, "strict": True, "description": None},
            {"type": "function", "name": "g", "parameters": None},
            {"type": "custom", "name": "patch", "format": {"type": "grammar"}},
            {"type": "web_search"},
            {"type": "mcp", "server_label": "s", "require_approval": "never"},
            {"type": "namespace", "name": "n", "description": "d", "tools": []},
            {"name": "f"},
            {},
        ],
    },
}


@pytest.mark.parametrize("name", BODIES)
def test_a_request_of_this_shape_comes_back(name: str) -> None:
    comes_back(BODIES[name])


def test_a_run_of_items_that_the_model_made_is_one_message() -> None:
    reference = {"type": "item_reference", "id": "rs_0"}
    request = comes_back(of(USER, reference, REASONING, SAID, CALL, RESULT, SAID, USER))
    assert [message.role for message in request.messages] == ["user", "assistant", "tool", "assistant", "user"]
    turn = request.messages[1]
    assert [type(block) for block in turn.blocks] == [Opaque, Thinking, Text, ToolCall]
    assert [item.kind for item in turn.items] == ["item_reference", "reasoning", "message", "function_call"]
    assert [(item.id, item.phase) for item in turn.items[2:]] == [("msg_1", "commentary"), ("fc_1", UNSET)]
    assert turn.blocks[1] == Thinking(
        item=1,
        segments=(Segment(channel="summary", text="one"), Segment(channel="summary", text="two")),
        seals=(Seal(slot="encrypted_content", wire="seal"),),
    )


HOSTED = {"type": "shell_call", "call_id": "h", "action": {}, "environment": {"type": "container_reference"}}
SHELL_OUTPUT = {"type": "shell_call_output", "call_id": "h", "output": []}


@pytest.mark.parametrize(
    ("items", "roles"),
    [
        ([HOSTED, SHELL_OUTPUT, SAID], ["assistant"]),
        ([{**HOSTED, "environment": None}, SHELL_OUTPUT, SAID], ["assistant", "tool", "assistant"]),
        ([SHELL_OUTPUT], ["tool"]),
        ([CALL, {"type": "tool_search_output", "execution": "server", "tools": []}], ["assistant"]),
        ([CALL, {"type": "tool_search_output", "execution": "client", "call_id": "c"}], ["assistant", "tool"]),
        ([{"type": "program_output", "call_id": "c"}, SAID], ["assistant"]),
        ([{"type": "later_output"}, {"type": "later"}], ["tool", "assistant"]),
        ([{"type": "later", "role": "developer"}, {"type": "compaction_trigger"}], ["developer", "developer"]),
    ],
)
def test_who_made_an_item_is_told_by_a_rule(items: list[Any], roles: list[str]) -> None:
    assert [message.role for message in comes_back(of(*items)).messages] == roles


def test_a_hosted_call_and_its_result_are_the_servers() -> None:
    (message,) = comes_back(of(HOSTED, SHELL_OUTPUT)).messages
    assert [getattr(block, "server", None) for block in message.blocks] == [True, True]
    assert message.tool_calls == ()


def test_a_result_without_its_call_is_external_where_the_server_holds_history() -> None:
    request = comes_back({"previous_response_id": "resp_1", "input": [RESULT]})
    assert request.state == {"previous_response_id": Json(b'"resp_1"')}
    assert [found.state for found in pair(request.conversation, server_held=True)] == ["external"]


def test_a_growing_list_is_read_at_the_cost_of_what_is_new() -> None:
    memo = Memo()
    items: list[Any] = [USER]
    before: tuple[Message, ...] = ()
    for _ in range(3):
        items += [REASONING, CALL, RESULT]
        messages = DIALECT.decode_request(of(*items), memo=memo).messages
        assert messages == DIALECT.decode_request(of(*items)).messages
        assert all(one is other for one, other in zip(messages, before, strict=False))
        before = messages
    # a run that goes on is another message, and what stood before it is not read again
    more = DIALECT.decode_request(of(*items, SAID), memo=memo).messages
    assert all(one is other for one, other in zip(more, before, strict=False))


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"input": [{"type": "message", "content": "x"}]}, "$.input[0]"),
        ({"input": [{"type": ""}]}, "$.input[0]"),
        ({"input": [USER, {"content": "x"}]}, "$.input[1]"),
        ({"input": {"role": "user"}}, "$.input"),
        ({"instructions": "x"}, "$"),
    ],
)
def test_what_is_no_request_says_where(body: Any, where: str) -> None:
    with pytest.raises(DecodeError) as caught:
        DIALECT.decode_request(body)
    assert (caught.value.where, caught.value.culprit) == (where, "framework")


# -- responses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({"id": "r", "object": "response", "status": "completed", "output": [REASONING, SAID]}, "complete"),
        ({"id": "r", "object": "response", "output": []}, "complete"),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": [REASONING]},
            "truncated",
        ),
        ({"status": "failed", "error": {"code": "server_error", "message": "x"}, "output": []}, "failed"),
        ({"status": "queued", "output": [], "background": True, "error": None, "usage": None}, "pending"),
        ({"status": "in_progress", "output": None}, "pending"),
        ({"status": "cancelled", "output": [SAID]}, "truncated"),
        ({"error": {"message": "x"}}, "failed"),
        ({"id": "r", "object": "response.compaction", "output": [{**SAID, "role": "user"}, SAID]}, "complete"),
        ({"status": "completed", "output": [HOSTED, SHELL_OUTPUT, RESULT, {"type": "later"}]}, "complete"),
    ],
)
def test_a_response_of_this_shape_comes_back(body: dict[str, Any], outcome: str) -> None:
    response = DIALECT.decode_response(body)
    encoded = DIALECT.encode_response(response)
    assert json.loads(encoded.body) == body
    assert (response.outcome, encoded.losses) == (outcome, ())
    assert len(response.messages) == isinstance(body.get("output"), list)


def test_an_answer_goes_back_as_it_came() -> None:
    body = {"id": "r", "object": "response", "status": "completed", "output": [REASONING, SAID, CALL]}
    answer = DIALECT.decode_response(body).message
    request = DIALECT.decode_request(of(USER))
    grown = request.conversation.append(answer, Message(role="tool", blocks=(ToolResult.of("r", call_id="c1"),)))
    encoded = DIALECT.encode_request(Request(conversation=grown, model="m"))
    assert json.loads(encoded.body) == of(USER, REASONING, SAID, CALL, RESULT)


def test_what_the_caller_said_is_no_block_of_an_answer() -> None:
    echoed = {"type": "message", "id": "msg_0", "role": "user", "status": "completed", "content": []}
    compaction = {"type": "compaction", "id": "cmp_1", "encrypted_content": "seal"}
    body = {"id": "r", "object": "response.compaction", "output": [echoed, compaction, echoed]}
    message = DIALECT.decode_response(body).message
    assert [type(block) for block in message.blocks] == [Opaque]
    assert [item.kind for item in message.items] == ["message", "compaction", "message"]
    assert DIALECT.response_path(message, 0) == "$.output[1]"
    back = DIALECT.decode_request(of(echoed, compaction, echoed)).messages[1]
    assert same(message, back, DIALECT.projection)
    empty = DIALECT.decode_request(of({**SAID, "content": []}, compaction)).messages[0]
    assert not same(empty, back, DIALECT.projection)
    encoded = DIALECT.encode_request(Request(conversation=Conversation.of(message), model="m"))
    assert json.loads(encoded.body)["input"] == body["output"]


# -- values of other wires, and made by hand --------------------------------------------------------------------------


def written(*messages: Message) -> Any:
    return json.loads(DIALECT.encode_request(Request(conversation=Conversation.of(*messages)), on_loss="report").body)[
        "input"
    ]


def lost(*messages: Message) -> list[tuple[str, str]]:
    request = Request(conversation=Conversation.of(*messages))
    return [(loss.kind, loss.path) for loss in DIALECT.encode_request(request, on_loss="report").losses]


def test_a_conversation_made_by_hand_is_written_as_the_vendor_writes_it() -> None:
    history = (
        Message.user("go"),
        Message.assistant(
            Thinking.of("hm"),
            Text.of("first"),
            ToolCall.of("f", {"a": 1}, id="c1"),
            ToolCall(name="patch", arguments="*** free", kind="freeform", id="c2"),
        ),
        Message(role="tool", blocks=(ToolResult.of("r", call_id="c1"),)),
        Message(role="tool", blocks=(ToolResult.of("done", call_id="c2"),)),
        Message.assistant(Text.of("a"), Text.of("b")),
    )
    assert lost(*history) == []
    assert written(*history) == [
        USER,
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
        {"role": "assistant", "content": "first"},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
        {"type": "custom_tool_call", "call_id": "c2", "name": "patch", "input": "*** free"},
        {"type": "function_call_output", "call_id": "c1", "output": "r"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "done"},
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "a", "annotations": []},
                {"type": "output_text", "text": "b", "annotations": []},
            ],
        },
    ]


def test_a_summary_and_own_words_go_to_their_lists() -> None:
    thought = Thinking(segments=(Segment(channel="summary", text="s"), Segment(text="o"), Segment(text="p")))
    (item,) = written(Message.assistant(thought))
    assert (item["summary"], [part["text"] for part in item["content"]]) == (
        [{"type": "summary_text", "text": "s"}],
        ["o", "p"],
    )
    late = Thinking(segments=(Segment(text="o"), Segment(channel="summary", text="s")))
    assert lost(Message.assistant(late)) == [("order", "messages[0].blocks[0].segments")]


@pytest.mark.parametrize(
    ("message", "losses"),
    [
        (Message.assistant(Thinking.of("t", signature="s")), [("seal", "messages[0].blocks[0].seals[0]")]),
        (
            Message.assistant(Text(text="x", seals=(Seal(slot="thoughtSignature", wire="s"),))),
            [("seal", "messages[0].blocks[0].seals[0]")],
        ),
        (Message.assistant(ToolCall.of("f", {})), [("content", "messages[0].blocks[0].id")]),
        (Message(role="tool", blocks=(ToolResult.of("r"),)), [("content", "messages[0].blocks[0].call_id")]),
        (
            Message(role="tool", blocks=(ToolResult(call_id="c", content="r", status="error"),)),
            [("content", "messages[0].blocks[0].status")],
        ),
        (Message(role="user", blocks=(Media(kind="audio", data="QUFB"),)), [("content", "messages[0].blocks[0]")]),
        (Message.assistant(Media(kind="image", data="QUFB")), [("content", "messages[0].blocks[0]")]),
        (
            Message(role="user", blocks=(Media(kind="image", data="QUFB", mime="image/png"),)),
            [("spelling", "messages[0].blocks[0].data")],
        ),
        (Message(role="user", blocks=(Media(kind="file", text="w"),)), [("spelling", "messages[0].blocks[0]")]),
        (
            Message.assistant(Opaque(dialect="anthropic-messages", kind="fallback", body=Json(b"{}"))),
            [("foreign", "messages[0].blocks[0]")],
        ),
        (
            Message.assistant(ToolCall(name="web", arguments="{}", kind="object", server=True)),
            [("foreign", "messages[0].blocks[0]")],
        ),
        (
            Message(role="assistant", blocks=(Thinking(item=0),), items=(Item(kind="reasoning.text", id="x"),)),
            [("foreign", "messages[0].items[0]")],
        ),
        (Message(role="user", blocks=(Text.of("x"),), name="ann"), [("content", "messages[0].name")]),
        (Message(role="assistant"), [("spelling", "messages[0]")]),
        (Message(role="model", blocks=(Text.of("x"),)), [("spelling", "messages[0].role")]),
        (Message(role="user", blocks=(Thinking.of("t"),)), [("content", "messages[0].blocks[0]")]),
        (
            Message(role="user", blocks=(ToolResult.of("r", call_id="c"), Text.of("x"))),
            [("grouping", "messages[0]")],
        ),
        (
            Message(role="assistant", blocks=(Text.of("x"),), fields=Json(b'{"refusal":null}')),
            [("spelling", "messages[0].fields")],
        ),
        (
            Message(role="assistant", blocks=(Text.of("x"),), fields=Json(b'{"audio":{"id":"a"}}')),
            [("content", "messages[0].fields")],
        ),
    ],
)
def test_what_this_wire_cannot_hold_is_told(message: Message, losses: list[tuple[str, str]]) -> None:
    assert lost(message) == losses
    if any(kind != "spelling" for kind, _ in losses):
        with pytest.raises(LossError):
            DIALECT.encode_request(Request(conversation=Conversation.of(message)))


def test_messages_of_the_model_in_a_row_are_one_run_and_say_so() -> None:
    history = (Message.assistant(Text.of("a")), Message.assistant(Text.of("b")))
    assert lost(*history) == [("spelling", "messages[1]")]
    again = DIALECT.decode_request({"input": written(*history)})
    assert [block.text for block in again.messages[0].blocks if isinstance(block, Text)] == ["a", "b"]


def test_only_the_first_system_message_of_that_carrier_is_instructions() -> None:
    carried = Message.system("s").replace(carrier="instructions")
    body = json.loads(
        DIALECT.encode_request(
            Request(conversation=Conversation.of(carried, carried, Message.user("x"))), on_loss="report"
        ).body
    )
    assert (body["instructions"], [item["role"] for item in body["input"]]) == ("s", ["system", "user"])
    assert [item["role"] for item in written(Message.system("s"), Message.user("x"))] == ["system", "user"]


def test_an_answer_made_by_hand_is_one_that_a_client_can_read() -> None:
    message = Message.assistant(Thinking.of("hm"), Text.of("yes"), ToolCall.of("f", {}, id="c"))
    body = json.loads(DIALECT.encode_response(Response(messages=(message,))).body)
    assert (body["object"], body["status"]) == ("response", "completed")
    assert [item["type"] for item in body["output"]] == ["reasoning", "message", "function_call"]
    assert body["output"][1]["content"] == [{"type": "output_text", "text": "yes", "annotations": []}]
    other = Response(
        messages=(message,), origin=Origin(dialect="openai-chat"), stop_reason="length", outcome="truncated"
    )
    encoded = DIALECT.encode_response(other)
    assert json.loads(encoded.body)["status"] == "incomplete"
    assert [(loss.kind, loss.path) for loss in encoded.losses] == [("spelling", "stop_reason")]


# -- ids, paths, edits ------------------------------------------------------------------------------------------------


def test_ids_and_phases_may_be_absent_and_are_equal_if_present() -> None:
    full, bare, other = (
        DIALECT.decode_request(of(item)).messages[0]
        for item in (SAID, {k: v for k, v in SAID.items() if k not in {"id", "phase"}}, {**SAID, "id": "msg_2"})
    )
    assert same(full, bare, DIALECT.projection)
    assert [found.path for found in diff(full, other, DIALECT.projection) if matters(found)] == ["blocks[0].item.id"]


def test_a_status_is_no_memory() -> None:
    one, other = (DIALECT.decode_request(of({**CALL, **more})).messages[0] for more in ({}, {"status": "in_progress"}))
    assert diff(one, other, DIALECT.projection) == ()


@pytest.mark.parametrize(
    ("body", "spot", "path"),
    [
        ({"input": "go"}, Spot(0, 0), "$.input"),
        ({"instructions": "s", "input": "go"}, Spot(0, 0), "$.instructions"),
        ({"instructions": "s", "input": [USER]}, Spot(1, 0), "$.input[0].content"),
        (of(USER, REASONING, SAID, CALL, RESULT), Spot(1, 0), "$.input[1]"),
        (of(USER, REASONING, SAID, CALL, RESULT), Spot(1, 1), "$.input[2].content[0]"),
        (of(USER, REASONING, SAID, CALL, RESULT), Spot(1, 2), "$.input[3]"),
        (of(USER, REASONING, SAID, CALL, RESULT), Spot(2, 0), "$.input[4]"),
        (of({"role": "assistant", "content": "x"}), Spot(0, 0), "$.input[0].content"),
        (of(USER, SAID), Spot(1, 7), "$.input[1]"),
    ],
)
def test_a_path_leads_to_its_block(body: dict[str, Any], spot: Spot, path: str) -> None:
    request = DIALECT.decode_request(body)
    assert DIALECT.request_path(request.conversation, spot) == path


def test_a_block_without_its_item_gets_one_of_its_own() -> None:
    message = DIALECT.decode_request(of(REASONING, SAID, CALL)).messages[0]
    first, *others = message.blocks
    edited = message.with_blocks([*others, Thinking.of("new")])
    assert [item["type"] for item in written(edited)] == ["message", "function_call", "reasoning"]
    swapped = message.with_blocks([others[0], first])
    assert [item["type"] for item in written(swapped)] == ["message", "reasoning"]


def test_the_result_of_a_free_text_call_is_found_out_once() -> None:
    dialect = OpenAIResponses()
    call = Message.assistant(ToolCall(name="p", arguments="x", kind="freeform", id="c"))
    history = [Message.user("go"), call]
    for n in range(3):
        history.append(Message(role="tool", blocks=(ToolResult.of(str(n), call_id="c"),)))
        body = json.loads(dialect.encode_request(Request(conversation=Conversation.of(*history))).body)
        assert [item["type"] for item in body["input"][2:]] == ["custom_tool_call_output"] * (n + 1)


def test_words_of_the_model_without_an_id_are_a_string_as_the_vendors_type_has_them() -> None:
    said = {"role": "assistant", "content": "yes"}
    request = comes_back(of(USER, {**said, "phase": "commentary", "type": "message"}, USER))
    plain = request.messages[1].items[0]
    (item,) = written(request.messages[1].replace(items=(replace(plain, spelling=UNSET),)))
    assert item == {"type": "message", "phase": "commentary", **said}
    parts = [{"type": "output_text", "text": "yes"}]
    request = comes_back(of(USER, {**said, "content": parts}))
    assert DIALECT.request_path(request.conversation, Spot(1, 0)) == "$.input[1].content[0]"
    answer = DIALECT.decode_response({"output": [{"type": "message", **said, "content": parts}]})
    item = replace(answer.message.items[0], spelling=UNSET)
    body = DIALECT.encode_response(replace(answer, messages=(answer.message.replace(items=(item,)),))).body
    assert json.loads(body)["output"][0]["content"] == parts  # an answer has parts, whoever gave it


def test_what_compact_gives_has_no_status() -> None:
    body = {"id": "r", "object": "response.compaction", "output": [{"type": "compaction", "encrypted_content": "s"}]}
    response = replace(DIALECT.decode_response(body), spelling=UNSET)
    assert json.loads(DIALECT.encode_response(response).body) == body
