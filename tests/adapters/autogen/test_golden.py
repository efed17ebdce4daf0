"""The nastiest cases of real wires, both ways and after everything that AutoGen does to messages."""

import pytest
from autogen_core import FunctionCall
from autogen_core.models import (
    AssistantMessage,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    SystemMessage,
    UserMessage,
)
from msgspec import UNSET, UnsetType

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
from keepthinking_adapters.autogen import from_native, same_native, to_native
from tests.adapters.autogen.operations import COPIES, STORES, TURNS

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
    "instructions and a name": [
        Message(role="developer", blocks=(Text(text="d"),), carrier="instructions"),
        Message(role="system", blocks=(Text(text="s"), Text(text="t")), carrier="system"),
        Message(role="user", blocks=(Text(text="u"),), name="bob"),
        Message(role="assistant", blocks=(Text(text="a"),), name=""),
        Message(role="critic", blocks=(Text(text="c"),), name=None),
    ],
    "nothing at all": [Message(role=role) for role in ("assistant", "user", "system", "tool", "")],
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_case_comes_back(case: str, operation: str) -> None:
    messages = CASES[case]
    there = to_native(messages)

    passed = OPERATIONS[operation](there.value)
    back = from_native(passed)

    assert [one.replace(native=UNSET) for one in back.value] == messages
    assert (there.losses, back.losses, back.findings) == ((), (), ())
    assert same_native(to_native(back.value).value, passed)


@pytest.mark.parametrize("case", CASES)
def test_what_was_never_given_to_autogen_has_nothing_of_it(case: str) -> None:
    assert all(one.native is UNSET for one in from_native(to_native(CASES[case]).value).value)


def test_visible_words_are_where_autogen_looks_for_them() -> None:
    system, user, words, thought, beside, results = to_native(
        [
            Message.system("be brief"),
            Message.user("hi"),
            said(Thinking.of("plan", signature="s"), REDACTED, Text(text="a"), Text(text="b")),
            said(Thinking.of("plan"), Text(text="unseen"), Thinking.of(" on"), call('{"a":1}', kind="object")),
            said(Text(text="let me see"), call('{"a":1}')),
            Message(
                role="user",
                blocks=(
                    ToolResult(call_id="c1", name="f", status="error", content=(Text(text="n"), Text(text="o"))),
                    ToolResult(call_id="c2", content=None),
                ),
            ),
        ]
    ).value

    assert system == SystemMessage(content="be brief")
    assert user == UserMessage(content="hi", source="user")
    assert words == AssistantMessage(content="ab", thought="plan", source="assistant")
    one = FunctionCall(id="c1", name="f", arguments='{"a":1}')
    assert thought == AssistantMessage(content=[one], thought="plan on", source="assistant")
    assert beside == AssistantMessage(content=[one], thought="let me see", source="assistant")
    assert results == FunctionExecutionResultMessage(
        content=[
            FunctionExecutionResult(content="no", name="f", call_id="c1", is_error=True),
            FunctionExecutionResult(content="", name="", call_id="c2", is_error=None),
        ]
    )


def test_no_field_and_no_dump_of_autogen_shows_the_record() -> None:
    for messages in CASES.values():
        for native in to_native(messages).value:
            shown = f"{native!r} {native.model_dump()}"
            assert "keepthinking-carry" not in shown
            assert "'keepthinking'" not in shown


def test_a_plain_chat_carries_no_record() -> None:
    plain = [
        Message.system("be brief"),
        Message.user("hello"),
        said(Thinking(segments=(Segment(text="hm"),)), Text(text="hi"), origin=UNSET),
        said(Thinking(segments=(Segment(text="hm"),)), call('{"a": 1}'), origin=UNSET),
        Message(role="tool", blocks=(ToolResult(call_id="c1", name="f", status="ok", content="42"),)),
    ]

    assert all("keepthinking" not in vars(native) for native in to_native(plain).value)
    assert from_native(to_native(plain).value).value == tuple(plain)


@pytest.mark.parametrize("id_", [None, UNSET])
def test_calls_without_an_id_can_be_run_and_none_is_sent(id_: None | UnsetType) -> None:
    one = ToolCall(id=id_, name="f", arguments="{}")
    message = Message(role="assistant", blocks=(Thinking.of("hm"), one, one))
    (native,) = to_native([message]).value
    assert isinstance(native, AssistantMessage)
    assert isinstance(native.content, list)
    answers = [FunctionExecutionResult(content="r", name="f", call_id=one.id) for one in native.content]

    read = from_native([native, FunctionExecutionResultMessage(content=answers)])

    assert len({one.call_id for one in answers} - {""}) == len(answers)
    assert read.value[0] == message
    assert read.findings == ()
    assert [block.call_id for block in read.value[1].blocks if isinstance(block, ToolResult)] == [id_, id_]
