"""The nastiest cases of real wires, both ways and after everything that LlamaIndex does to messages."""

import pytest
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock, ToolCallBlock
from llama_index.core.schema import ImageDocument
from msgspec import UNSET, UnsetType
from pydantic import BaseModel

from keepthinking import (
    Block,
    Field,
    Inline,
    Item,
    Json,
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
from keepthinking_adapters.llama_index import from_native, same_native, to_native
from keepthinking_adapters.llama_index._values import made
from tests.adapters.llama_index.operations import COPIES, REFUSALS, STORES, TURNS

pytestmark = pytest.mark.extras

CLAUDE = Origin(dialect="anthropic-messages", provider="anthropic", model="claude-opus-4-5", response_id="msg_1")
DEEPSEEK = Origin(dialect="openai-chat", provider="deepseek", model="deepseek-v4-pro")
OPERATIONS = {**COPIES, **STORES, **TURNS}


def said(*blocks: Block, origin: Origin | UnsetType = CLAUDE, items: tuple[Item, ...] = ()) -> Message:
    return Message(role="assistant", blocks=blocks, origin=origin, items=items)


def field(text: str | None, name: str = "reasoning_content") -> Thinking:
    return Thinking(segments=(Segment(text=text),), places=(Field(name=name),))


def call(arguments: str = "{}", call_id: str | None = "c1", **more: object) -> ToolCall:
    return ToolCall(id=call_id, name="f", arguments=arguments, **more)  # type: ignore[arg-type] # one row, many members


def seal(wire: str, slot: str = "signature") -> tuple[Seal, ...]:
    return (Seal(slot=slot, wire=wire),)


REDACTED = Thinking(seals=seal("opaque", "data"))
REMINDER = Message(role="user", author="harness", blocks=(Text(text="continue"),))

CASES: dict[str, list[Message]] = {
    "thinking without words and with a seal, before a call": [
        said(Thinking(segments=(Segment(text=""),), seals=seal("s" * 300)), call())
    ],
    "thinking that is empty": [said(field(""), call(), origin=DEEPSEEK)],
    "thinking that is null": [said(field(None), call(), origin=DEEPSEEK)],
    "thinking that is absent": [said(call(), origin=DEEPSEEK)],
    "several thoughts, one of them redacted": [
        said(Thinking.of("a", signature="1"), REDACTED, Thinking.of("b"), call())
    ],
    "thinking, text, thinking, call": [said(Thinking.of("a"), Text(text="t"), Thinking.of("b", signature="2"), call())],
    "thinking after a call of the server": [
        said(
            Thinking.of("a", signature="1"),
            call('{"q":"x"}', "s1", server=True, kind="object"),
            ToolResult(call_id="s1", content=(Text(text="found"),), server=True),
            Thinking.of("b", signature="2"),
            Text(text="done"),
        )
    ],
    "seals on calls": [
        said(
            call(seals=seal("one", "thoughtSignature")),
            call("{}", "c2"),
            call("{}", "c3", seals=seal("3", "thoughtSignature")),
        )
    ],
    "a seal alone on an empty text": [said(Text(text="hi"), Text(text="", seals=seal("late", "thoughtSignature")))],
    "a seal that was stated twice, and a phase": [
        said(
            Thinking(item=0, seals=(Seal(slot="encrypted_content", wire="done", alternates=("completed",)),)),
            Text(text="t", item=1),
            items=(Item(kind="reasoning", id="rs_1", status=None), Item(kind="message", id="m", phase="commentary")),
        )
    ],
    "arguments whose bytes matter": [
        said(call(text, f"c{i}", kind=kind))
        for kind in ("json", "object")
        for i, text in enumerate(
            (
                '{ "x" :  1.0, "y":1e3, "z":"\\u00e9\\/" }',
                '{"a":1,"a":2}',
                '{"n":123456789012345678}',
                "{}",
                '{"n": null}',
                '{"n":1e999}',
                '{"k":"\\ud83d"}',
            )
        )
    ],
    "arguments that are no JSON": [
        said(call(text)) for text in ("", "null", '"x"', "[1]", '{"a":', "free text", "NaN")
    ],
    "input of a tool that takes text": [said(call("*** Begin Patch\n", kind="freeform"))],
    "ids that repeat, are null, are absent": [
        said(call("{}", "call_0"), call('{"a":1}', "call_0"), call("{}", None), ToolCall(name="f", arguments="{}")),
        Message(
            role="user",
            blocks=(
                ToolResult.of("2", call_id="c2"),
                ToolResult.of("1", call_id="c1"),
                ToolResult.of("x"),
                Text(text="so?"),
            ),
        ),
    ],
    "a user in the middle of a loop": [
        said(Thinking.of("a"), call()),
        REMINDER,
        Message(role="tool", blocks=(ToolResult.of("r", call_id="c1"),)),
    ],
    "a place of the cache": [
        Message(role="user", blocks=(Text(text="t", fields=Json(b'{"cache_control":{"type":"ephemeral"}}')),))
    ],
    "tags inside the text": [
        said(
            Thinking(
                segments=(Segment(text="a </think> b"),),
                places=(Inline(open="<mm:think>", close="</mm:think>", before="\n", after="\n", trail="\n\n"),),
            ),
            Text(text="answer"),
            origin=DEEPSEEK,
        )
    ],
    "a thought in two places": [
        said(Thinking(segments=(Segment(text="a"),), places=(Field(name="reasoning"), Field(name="reasoning_content"))))
    ],
    "half an emoji, NUL, U+2028, both normal forms": [
        said(
            Thinking.of("\ud83d x \x00 \u2028 e\u0301 é", signature="s"),
            Text(text="é \ude00"),
            call('{"k": "\\ud83d"}'),
        )
    ],
    "long thinking and a long seal": [said(Thinking.of("word " * 40_000, signature="A" * 100_000), call())],
    "base64 in two spellings": [
        said(Thinking(seals=(Seal(slot="data", wire="YQ", encoding="base64", alternates=("YQ==",)),)), call())
    ],
    "three providers in one history": [
        said(Thinking.of("a", signature="1"), call()),
        said(field("b"), call("{}", "c2"), origin=DEEPSEEK),
        said(Thinking(seals=seal("g", "thoughtSignature")), origin=Origin(provider="google", model="gemini-3-pro")),
    ],
    "a block that nobody knows": [
        said(
            Opaque(dialect="anthropic-messages", kind="compaction", body=Json(b'{"content":null, "n":1e2}')),
            Text(text="t"),
        )
    ],
    "media and a failing tool": [
        Message(
            role="user",
            blocks=(
                ToolResult(
                    call_id="c1",
                    status="error",
                    content=(Text(text="no"), Media(kind="image", data="aa", mime="image/png")),
                ),
                ToolResult(call_id="c2", content=None),
                ToolResult(call_id="c3"),
                ToolResult(call_id="c4", content=()),
                Media(kind="file", url="https://example.org/a.pdf"),
            ),
        )
    ],
    "media in a spelling that LlamaIndex does not keep": [
        Message(
            role="user",
            blocks=(
                Media(kind="image", url="https://EXAMPLE.org", mime="image/png"),
                Media(kind="image", url="no address", data="YR=="),
                Media(kind="image", data="YQ", file_id="file-1"),
                Media(kind="image", data="iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"),
                Media(kind="audio", url="https://example.org/a", data="aGVsbG8=", mime="audio/mp3"),
                Media(kind="video", url="data:video/mp4;base64,AAAA", mime=None),
                Media(kind="file", text="words", mime="text/plain"),
                Media(kind="file", data="", filename=""),
                Media(kind="document", url="", file_id=None),
                Media(kind="image"),
            ),
        )
    ],
    "an answer of several items, with a summary in parts": [
        said(
            Thinking(
                item=0,
                seals=seal("e1", "encrypted_content"),
                segments=(Segment(channel="summary", text="one"), Segment(channel="summary", text="two\nthree")),
            ),
            Text(text="a", item=1),
            Text(text="b", item=1),
            Thinking(item=2, seals=seal("e2", "encrypted_content")),
            Text(text="a", item=3),
            call(item=4),
            items=(
                Item(kind="reasoning", id="rs_1"),
                Item(kind="message", id="m1", phase="commentary"),
                Item(kind="reasoning", id="rs_2", status=None),
                Item(kind="message", id="m2"),
                Item(kind="function_call", id="fc_1"),
            ),
        )
    ],
    "texts without words": [said(Text(text=""), Thinking.of(""), Text(text=""), Text(text=""), call())],
    "a body that LlamaIndex cannot hold": [
        said(
            Opaque(dialect="gemini", kind="later", body=Json(b'{"a":1e999,"b":"\\ud83d","type":"x","a":2}')),
            Opaque(dialect="gemini", kind="redacted_thinking", body=Json(b'["x"]')),
        )
    ],
    "instructions and a name": [
        Message(role="developer", blocks=(Text(text="d"),), carrier="instructions"),
        Message(role="system", blocks=(Text(text="s"), Text(text="t")), carrier="system"),
        Message(role="user", blocks=(Text(text="u"),), name="bob"),
        Message(role="assistant", blocks=(Text(text="a"),), name=""),
        Message(role="critic", blocks=(Text(text="c"),), name=None),
    ],
    "nothing at all": [Message(role=role) for role in ("assistant", "user", "system", "tool", "")],
}
UNHELD = {
    "half an emoji, NUL, U+2028, both normal forms": {"json", "json of each", "SimpleChatStore.persist"},
    # Bytes and addresses are no JSON, and nobody turns them into it there (the former in llama-index-core 0.14.25).
    "media in a spelling that LlamaIndex does not keep": {"ChatMemoryBuffer.to_string", "SimpleChatStore.persist"},
}
"""What a store of LlamaIndex refuses to write, so that there is nothing to read."""


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_case_comes_back(case: str, operation: str) -> None:
    messages = CASES[case]
    there = to_native(messages)
    try:
        passed = OPERATIONS[operation](there.value)
    except REFUSALS:
        assert operation in UNHELD.get(case, set())
        return

    back = from_native(passed)

    assert [one.replace(native=UNSET) for one in back.value] == messages
    assert (there.losses, back.losses, back.findings) == ((), (), ())
    assert same_native(to_native(back.value).value, passed)


@pytest.mark.parametrize("case", CASES)
def test_what_was_never_given_to_llama_index_has_nothing_of_it(case: str) -> None:
    assert all(one.native is UNSET for one in from_native(to_native(CASES[case]).value).value)


def test_visible_words_are_where_llama_index_looks_for_them() -> None:
    (plain,) = to_native([said(Text(text="hi"), call('{"a":1}'), origin=UNSET)]).value
    (thought,) = to_native(
        [said(Thinking.of("plan", signature="s"), REDACTED, Text(text="hi"), call('{"a":1}', kind="object"))]
    ).value

    assert plain == ChatMessage(
        role="assistant",
        blocks=[TextBlock(text="hi"), ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs='{"a":1}')],
    )
    assert plain.content == thought.content == "hi"
    first, *rest = thought.blocks
    assert isinstance(first, ThinkingBlock)
    assert first.content == "plan"
    assert first.additional_information.pop("keepthinking").isascii()
    assert first.additional_information == {"signature": "s"}
    assert rest == [
        ThinkingBlock(content=None, additional_information={"type": "redacted_thinking", "data": "opaque"}),
        TextBlock(text="hi"),
        ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs={"a": 1}),
    ]


def test_the_record_counts_no_tokens_where_that_can_be_helped() -> None:
    answer, reminder = to_native([said(Text(text="hi")), REMINDER]).value

    assert answer.additional_kwargs == {}
    assert isinstance(answer.blocks[-1], ThinkingBlock)
    assert answer.blocks[-1].content is None
    assert [*reminder.additional_kwargs] == ["keepthinking"]
    assert reminder.blocks == [TextBlock(text="continue")]


@pytest.mark.parametrize("id_", [None, UNSET])
def test_calls_without_an_id_can_be_run_and_none_is_sent(id_: None | UnsetType) -> None:
    one = ToolCall(id=id_, name="f", arguments="{}")
    message = Message(role="assistant", blocks=(Thinking.of("hm"), one, one))
    (native,) = to_native([message]).value
    ids = [block.tool_call_id for block in native.blocks if isinstance(block, ToolCallBlock)]
    answers = [ChatMessage(role="tool", content="r", additional_kwargs={"tool_call_id": shown}) for shown in ids]

    read = from_native([native, *answers])

    assert len({str(shown) for shown in ids} - {"None"}) == len(ids)
    assert read.value[0] == message
    assert read.findings == ()
    assert [block.call_id for answer in read.value[1:] for block in answer.blocks if isinstance(block, ToolResult)] == [
        id_,
        id_,
    ]
    assert same_native(to_native(read.value).value, [native, *answers])


def test_data_makes_no_object_of_a_class_that_is_nobodys_in_a_message() -> None:
    held = {"$is": "model", "class": f"{Stranger.__module__}:{Stranger.__qualname__}", "fields": {"a": 1}, "set": ["a"]}

    assert made(held) == {"a": 1}


class Stranger(BaseModel):
    """A class of an app."""

    a: int


def test_pictures_of_the_old_kind_are_read_once_however_often_they_are_written() -> None:
    # LlamaIndex puts a block for each of `images` behind the others whenever it validates a message.
    held = {"images": [ImageDocument(image="aGVsbG8=")]}
    native = ChatMessage(content="look", additional_kwargs=held)

    message = from_native([native]).value[0]
    again = to_native([message]).value

    assert [type(block) for block in message.blocks] == [Text, Media]
    assert same_native(again, [native])
    assert from_native(again).value == (message,)
