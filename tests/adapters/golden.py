"""The nastiest cases of real wires: what every framework has to carry, both ways, through all that it does."""

from __future__ import annotations

from msgspec import UnsetType

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

CLAUDE = Origin(dialect="anthropic-messages", provider="anthropic", model="claude-opus-4-5", response_id="msg_1")
DEEPSEEK = Origin(dialect="openai-chat", provider="deepseek", model="deepseek-v4-pro")


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
    "arguments that JSON libraries refuse": [
        said(call(text), call(text, "c2", kind="object")) for text in ('{"n":1e999}', '{"k":"\\ud83d"}')
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
    "media in spellings of their own": [
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
    "a body with numbers and half letters that JSON libraries change": [
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
