"""Messages that pydantic-ai stored, as a conversation: each part is there, or a loss names it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keepthinking import (
    UNSET,
    DecodeError,
    Item,
    Media,
    Opaque,
    Request,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    dumps,
)
from keepthinking.convert import Converter, convert, policy
from keepthinking.convert._translate import translate_request
from keepthinking.convert.importers import IMPORTERS
from keepthinking.plugins import dialects
from tests.core.convert.facts import Fact, facts, named, silent

HERE = Path(__file__).parent / "stored"
STORED = HERE / "pydantic-ai-2.68.json"
"""What pydantic-ai-slim 2.68.0 dumps (`result.all_messages_json()`) of one run with parts of three providers."""
KINDS = HERE / "pydantic-ai-2.68-kinds.json"
"""What `ModelMessagesTypeAdapter.dump_json` of the same version gives for parts of nearly every kind. Each value that
says something has a name of its own."""


def read(*messages: Any) -> Any:
    return IMPORTERS["pydantic-ai"](json.dumps(messages).encode())


def response(*parts: Any, provider: str = "anthropic") -> dict[str, Any]:
    return {"kind": "response", "provider_name": provider, "model_name": "m", "parts": list(parts)}


def request(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "request", "parts": list(parts), **more}


def thinking(**members: Any) -> dict[str, Any]:
    return {"part_kind": "thinking", "content": "", "id": None, "signature": None, **members}


def test_a_real_dump_is_read_part_by_part() -> None:
    found = IMPORTERS["pydantic-ai"](STORED.read_bytes())

    assert [(message.role, [type(block).__name__ for block in message.blocks]) for message in found.value] == [
        ("system", ["Text"]),
        ("system", ["Text"]),
        ("user", ["Text", "Media", "Media"]),
        ("assistant", ["Thinking", "Thinking", "Text", "ToolCall", "ToolCall"]),
        ("tool", ["ToolResult"]),
        ("tool", ["ToolResult"]),
        ("assistant", ["Thinking", "ToolCall"]),
        ("tool", ["ToolResult"]),
        ("assistant", ["Text"]),
    ]
    assert [loss.path for loss in found.losses if loss.kind != "spelling"] == ["$[1].parts[0].id"]


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{n}]")
    else:
        yield path, value


@pytest.mark.parametrize("stored", [STORED, KINDS], ids=lambda path: path.stem)
def test_every_leaf_of_a_real_dump_is_in_the_conversation_or_a_loss_names_it(stored: Path) -> None:
    found = IMPORTERS["pydantic-ai"](stored.read_bytes())
    kept = [str(value) for _, value in leaves(json.loads(dumps(found.value)), "$")]
    text = "\0".join(kept).replace('\\"', '"')

    said = {"kind", "part_kind", "id", "outcome", "provider_name"}  # what these say has another name in our format
    silent_ = [
        (path, value)
        for path, value in leaves(json.loads(stored.read_bytes()), "$")
        if value not in {None, ""}
        and path.rpartition(".")[2] not in said
        and str(value) not in text
        and not named(Fact(path, value, frozenset({"content", "foreign", "seal", "spelling"})), found.losses)
    ]

    assert silent_ == []


def test_each_kind_of_part_is_read_as_what_it_is() -> None:
    found = IMPORTERS["pydantic-ai"](KINDS.read_bytes())
    blocks = [block for message in found.value for block in message.blocks]
    results = [block for block in blocks if isinstance(block, ToolResult)]
    files = [block.content for block in results if isinstance(block.content, tuple)]

    assert Text(text='<t>{"city":"STRUCT-VALUE"}</t>') in blocks
    # what a tool gave may look like a message of its own; it is text to the model
    assert [block.content for block in results if block.call_id == "call_c"] == ['[{"kind":"cat","name":"RES-C"}]']
    assert [[type(part).__name__ for part in content] for content in files] == [["Media", "Text", "Text"], ["Media"]]
    assert [block.seals[0].slot for block in blocks if block.seals and block.item is not UNSET] == [
        "encrypted_content",
        "signature",
        "data",
    ]


def test_entries_of_reasoning_details_go_back_as_they_came() -> None:
    conversation = IMPORTERS["pydantic-ai"](KINDS.read_bytes()).value
    converter = Converter(policy("openai-chat", profile="openrouter"))

    body = json.loads(translate_request(Request(conversation=conversation), converter).body)

    (details,) = [message["reasoning_details"] for message in body["messages"] if "reasoning_details" in message]
    assert details == [
        {
            "type": "reasoning.text",
            "id": "or_1",
            "text": "OR-TEXT",
            "signature": "OR-SIG",
            "format": "anthropic-claude-v1",
            "index": 0,
        },
        {"type": "reasoning.encrypted", "data": "OR-DATA", "format": "openai-responses-v1", "index": 1},
        {"type": "reasoning.summary", "summary": "OR-SUM", "format": "openai-responses-v1", "index": 2},
    ]


@pytest.mark.parametrize("to", dialects())
@pytest.mark.parametrize("stored", [STORED, KINDS], ids=lambda path: path.stem)
def test_a_real_dump_says_it_all_on_a_wire_or_a_loss_tells(to: str, stored: Path) -> None:
    conversation = IMPORTERS["pydantic-ai"](stored.read_bytes()).value

    encoded = translate_request(Request(conversation=conversation), Converter(policy(to)))

    assert silent(facts(conversation.messages), encoded.body, encoded.losses) == []


@pytest.mark.parametrize(
    ("provider", "part", "block"),
    [
        (
            "anthropic",
            thinking(content="t", signature="s"),
            Thinking(segments=(Segment(text="t"),), seals=(Seal(slot="signature", wire="s"),)),
        ),
        (
            "anthropic",
            thinking(signature="s"),
            Thinking(segments=(Segment(text=""),), seals=(Seal(slot="signature", wire="s"),)),
        ),
        (
            "anthropic",
            thinking(id="redacted_thinking", signature="d"),
            Thinking(seals=(Seal(slot="data", wire="d"),)),
        ),
        (
            "bedrock",
            thinking(id="redacted_content", signature="d"),
            Thinking(seals=(Seal(slot="redactedContent", wire="ZA==", encoding="base64"),)),
        ),
        (
            "openai",
            thinking(content="sum", id="rs_1", signature="enc", provider_details={"raw_content": ["a", "b"]}),
            Thinking(
                item=0,
                segments=(Segment(channel="summary", text="sum"), Segment(text="a"), Segment(text="b")),
                seals=(Seal(slot="encrypted_content", wire="enc"),),
            ),
        ),
        (
            "google",
            {"part_kind": "text", "content": "x", "provider_details": {"thought_signature": "U0lH"}},
            Text(text="x", seals=(Seal(slot="thoughtSignature", wire="U0lH", encoding="base64"),)),
        ),
        (
            "google",
            {
                "part_kind": "tool-call",
                "tool_name": "f",
                "args": {"a": 1.0},
                "tool_call_id": "c",
                "provider_details": {"thought_signature": "U0lH"},
            },
            ToolCall(
                id="c",
                name="f",
                arguments='{"a": 1.0}',
                kind="object",
                seals=(Seal(slot="thoughtSignature", wire="U0lH", encoding="base64"),),
            ),
        ),
        ("anthropic", {"part_kind": "tool-call", "tool_name": "f", "args": None}, ToolCall(name="f", arguments="")),
        (
            "anthropic",
            {"part_kind": "builtin-tool-call", "tool_name": "web_search", "args": "{}", "tool_call_id": "s"},
            ToolCall(id="s", name="web_search", arguments="{}", server=True),
        ),
        (
            "anthropic",
            {"part_kind": "builtin-tool-return", "tool_name": "web_search", "content": "r", "tool_call_id": "s"},
            ToolResult(call_id="s", name="web_search", content="r", server=True),
        ),
        (
            "openai",
            {"part_kind": "file", "content": {"kind": "binary", "data": "aGk=", "media_type": "image/png"}},
            Media(kind="image", mime="image/png", data="aGk="),
        ),
    ],
)
def test_a_part_of_a_response_is_a_block(provider: str, part: Any, block: Any) -> None:
    found = read(response(part, provider=provider))

    assert found.value.messages[0].blocks == (block,)
    assert [loss for loss in found.losses if loss.kind != "spelling"] == []


def test_a_thought_of_responses_keeps_its_item() -> None:
    assert read(response(thinking(id="rs_1"), provider="openai")).value.messages[0].items == (
        Item(kind="reasoning", id="rs_1"),
    )


@pytest.mark.parametrize("kind", ["compaction", "speech", "a-later-kind"])
def test_a_part_that_nobody_knows_is_kept_and_told_when_it_goes_out(kind: str) -> None:
    part = {"part_kind": kind, "content": "c"}

    found = read(request({"part_kind": kind, "x": 1}), response(part))

    assert [type(block) for message in found.value for block in message.blocks] == [Opaque, Opaque]
    told = convert(found.value.messages, "openai-chat").losses
    assert ("foreign", "messages[1].blocks[0]") in [(loss.kind, loss.path) for loss in told]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("success", "ok"), ("retried", "error"), ("denied", "ok"), ("failed", "error"), (None, "unspecified")],
)
def test_the_outcome_of_a_tool_is_the_status_of_its_result(outcome: str | None, status: str) -> None:
    part = {"part_kind": "tool-return", "tool_name": "f", "tool_call_id": "c", "content": "r", "outcome": outcome}

    (block,) = read(request(part)).value.messages[0].blocks

    assert block == ToolResult(call_id="c", name="f", content="r", status=status)  # type: ignore[arg-type]  # one of its words


def test_a_request_to_try_again_is_a_result_or_the_harness_speaking() -> None:
    of_tool = {"part_kind": "retry-prompt", "content": "no", "tool_name": "f", "tool_call_id": "c"}
    plain = {"part_kind": "retry-prompt", "content": "no", "tool_name": None, "tool_call_id": "x"}

    first, second = read(request(of_tool, plain)).value.messages

    assert (first.role, first.blocks[0].status, first.author) == ("tool", "error", "harness")
    assert (second.role, second.text, second.author) == ("user", "no", "harness")


def test_only_the_last_instructions_are_sent_and_others_are_told() -> None:
    found = read(request(instructions="old"), request(instructions="new"))

    assert [message.text for message in found.value] == ["new"]
    assert [(loss.kind, loss.path) for loss in found.losses] == [("content", "$[0].instructions")]


def test_a_seal_of_a_part_by_another_provider_is_told() -> None:
    found = read(response(thinking(content="t", signature="s", provider_name="openai")))

    assert found.value.messages[0].blocks[0].seals == ()
    assert ("seal", "$[0].parts[0]") in [(loss.kind, loss.path) for loss in found.losses]


def test_members_without_a_place_are_told() -> None:
    found = read(response({"part_kind": "text", "content": "x", "metadata": {"a": 1}, "timestamp": "t"}))

    assert [(loss.kind, loss.path) for loss in found.losses] == [
        ("foreign", "$[0].parts[0].metadata"),
        ("spelling", "$[0].parts[0].timestamp"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"[1]",
        b"[{}]",
        b'[{"kind":"request"}]',
        b'[{"kind":"other","parts":[]}]',
        b'[{"kind":"response","parts":[1]}]',
        b'[{"kind":"response","parts":[{"part_kind":"text"}]}]',
        b"[" * 9000,
    ],
)
def test_what_is_no_such_dump_is_refused_with_a_place(document: bytes) -> None:
    with pytest.raises(DecodeError) as error:
        IMPORTERS["pydantic-ai"](document)

    assert error.value.where
    assert error.value.culprit == "caller"
