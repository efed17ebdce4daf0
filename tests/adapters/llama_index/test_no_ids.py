"""Calls without ids, as Gemini on Vertex AI makes them: LlamaIndex needs one, and no wire may see it."""

from __future__ import annotations

from llama_index.core.base.llms.types import ChatMessage, MessageRole, ToolCallBlock

from keepthinking import UNSET, Conversation, Message, Request, ToolCall, ToolResult, dialect
from keepthinking_adapters.llama_index import from_native, to_native
from keepthinking_adapters.llama_index._from_native import Reader


def history(order: tuple[int, ...]) -> list[ChatMessage]:
    """Give a history whose tools were done in this order."""
    calls = [ToolCall(name="look_up", arguments=f'{{"n":{i}}}', kind="object") for i in range(len(order))]
    said = to_native((Message.user("Look up all."), Message.assistant(*calls))).value
    ids = [block.tool_call_id for block in said[1].blocks if isinstance(block, ToolCallBlock)]
    assert len(set(ids)) == len(ids)
    results = [
        ChatMessage(role=MessageRole.TOOL, content=f"result {i}", additional_kwargs={"tool_call_id": ids[i]})
        for i in order
    ]
    return [*said, *results]


def test_results_stand_in_the_order_of_their_calls_and_name_the_tool() -> None:
    read = Reader().read(history((2, 0, 1))).value

    found = [block for message in read for block in message.blocks if isinstance(block, ToolResult)]
    assert [(result.call_id, result.name, result.content) for result in found] == [
        (UNSET, "look_up", f"result {i}") for i in range(3)
    ]
    request = Request(conversation=Conversation.of(*read), model="gemini-3-pro-preview")
    sent = dialect("gemini").encode_request(request, "vertex-gemini", on_loss="report")
    assert [loss for loss in sent.losses if loss.kind != "spelling"] == []
    assert b"keepthinking" not in sent.body


def test_a_history_is_the_same_again_ids_of_ours_and_all() -> None:
    native = history((1, 0))

    assert to_native(from_native(native).value).value == native


def test_ids_of_the_wire_keep_their_order() -> None:
    calls = [ToolCall(id=f"c{i}", name="f", arguments="{}") for i in range(2)]
    native = to_native((Message.assistant(*calls),)).value
    native += [
        ChatMessage(role=MessageRole.TOOL, content="r", additional_kwargs={"tool_call_id": id_}) for id_ in ("c1", "c0")
    ]

    found = [b.call_id for m in Reader().read(native).value for b in m.blocks if isinstance(b, ToolResult)]
    assert found == ["c1", "c0"]
