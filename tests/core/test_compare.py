"""`same` and `diff`: what has to come back equal, what may be absent, what may differ."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Struct
from msgspec.structs import fields, replace

from keepthinking._compare import NEUTRAL, Difference, diff, first_difference, message_diff, same, seal_equal
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import (
    Block,
    Conversation,
    Field,
    Inline,
    Item,
    Media,
    Message,
    Opaque,
    Origin,
    Seal,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from keepthinking._projection import Projection, Row
from keepthinking.dialects.ollama import DIALECT as OLLAMA
from keepthinking_conformance import strategies as kts
from tests.core.dialects.wire import DIALECTS, WHOLE, recordings

PLACE = Field(name="reasoning_content")
TAGS = Inline(open="<think>", close="</think>", before="\n", after="\n", trail="\n\n")

SAMPLES: dict[str, Block] = {
    "text": Text(text="t", seals=(Seal(slot="thoughtSignature", wire="QQ==", encoding="base64"),)),
    "thinking": Thinking(segments=(Segment(text="a"), Segment(text="b")), places=(PLACE,)),
    "sealed": Thinking(segments=(Segment(text=""),), seals=(Seal(slot="signature", wire="s"),)),
    "redacted": Thinking(seals=(Seal(slot="data", wire="d"),)),
    "call": ToolCall(id="c", name="f", arguments='{"x": 1}'),
    "result": ToolResult(call_id="c", name="f", content="r"),
    "parts": ToolResult(call_id="c", status="error", content=(Text(text="r"), Media(kind="image", url="u"))),
    "media": Media(kind="image", mime="image/png", data="QUI=", url="u", file_id="f", text="t", filename="n"),
    "opaque": Opaque(dialect="openai-chat", kind="k", slot="s", body=Json(b'{"a":1,"b":[1,{"c":2}]}')),
}

MEMORY: list[tuple[str, dict[str, Any]]] = [
    ("text", {"text": "T"}),
    ("text", {"text": "t "}),
    ("text", {"text": "t\u0301"}),
    ("text", {"seals": ()}),
    ("text", {"seals": (Seal(slot="thoughtSignature", wire="Qg==", encoding="base64"),)}),
    ("text", {"seals": (Seal(slot="signature", wire="QQ==", encoding="base64"),)}),
    ("thinking", {"segments": (Segment(text="a"), Segment(text="B"))}),
    ("thinking", {"segments": (Segment(text="ab"),)}),
    ("thinking", {"segments": (Segment(text="a"),)}),
    ("thinking", {"segments": (Segment(text="b"), Segment(text="a"))}),
    ("thinking", {"segments": (Segment(text="a", channel="summary"), Segment(text="b"))}),
    ("thinking", {"segments": (Segment(text="a"), Segment(text="b"), Segment(text=None))}),
    ("thinking", {"places": (Field(name="reasoning"),)}),
    ("thinking", {"places": (TAGS,)}),
    ("sealed", {"segments": ()}),
    ("sealed", {"segments": (Segment(text=None),)}),
    ("sealed", {"segments": (Segment(),)}),
    ("sealed", {"seals": ()}),
    ("sealed", {"seals": (Seal(slot="signature", wire="S"),)}),
    ("sealed", {"seals": (Seal(slot="signature", wire="s"), Seal(slot="data", wire="d"))}),
    ("redacted", {"segments": (Segment(text=""),)}),
    ("call", {"id": None}),
    ("call", {"id": UNSET}),
    ("call", {"id": "C"}),
    ("call", {"name": "g"}),
    ("call", {"arguments": '{"x": 2}'}),
    ("call", {"arguments": '{"x":1}'}),
    ("call", {"arguments": '{"x": 1.0}'}),
    ("call", {"kind": "freeform"}),
    ("call", {"server": True}),
    ("result", {"call_id": "d"}),
    ("result", {"call_id": UNSET}),
    ("result", {"status": "error"}),
    ("result", {"content": "R"}),
    ("result", {"content": None}),
    ("result", {"content": UNSET}),
    ("result", {"server": True}),
    ("parts", {"content": (Text(text="r"),)}),
    ("parts", {"content": (Media(kind="image", url="u"), Text(text="r"))}),
    ("media", {"data": "QUE="}),
    ("media", {"url": "v"}),
    ("media", {"file_id": UNSET}),
    ("media", {"filename": "m"}),
    ("media", {"filename": UNSET}),
    ("media", {"kind": "file"}),
    ("media", {"mime": "image/gif"}),
    ("media", {"text": "T"}),
    ("opaque", {"body": Json(b'{"a":1,"b":[1,{"c":3}]}')}),
    ("opaque", {"body": Json(b'{"a":1.0,"b":[1,{"c":2}]}')}),
    ("opaque", {"body": Json(b'{"a":true,"b":[1,{"c":2}]}')}),
    ("opaque", {"body": Json(b'{"a":1,"b":[{"c":2},1]}')}),
    ("opaque", {"body": Json(b'{"a":1,"b":[1]}')}),
    ("opaque", {"body": Json(b'{"a":1,"b":[1,{"c":2}],"d":0}')}),
    ("opaque", {"kind": "K"}),
    ("opaque", {"slot": ""}),
    ("opaque", {"dialect": "anthropic-messages"}),
]

HARMLESS: list[tuple[str, dict[str, Any]]] = [
    ("text", {"spelling": Json(b'{"x":1}')}),
    ("text", {"seals": (Seal(slot="thoughtSignature", wire="QQ", encoding="base64"),)}),
    ("thinking", {"places": ()}),
    ("thinking", {"places": (Field(name="reasoning"), PLACE)}),
    ("call", {"fields": Json(b'{"later":1}')}),
    ("call", {"fields": Json(b'{"later":null}')}),
    ("result", {"status": "ok"}),
    ("result", {"name": UNSET}),
    ("result", {"content": (Text(text="r"),)}),
    ("result", {"content": (Text(text=""), Text(text="r"))}),
    ("media", {"mime": UNSET}),
    ("media", {"data": "QUI"}),
    ("opaque", {"body": Json(b'{"b":[1,{"c":2}],"a":1}')}),
    ("opaque", {"body": Json(b'{ "a" : 1 , "b" : [ 1 , { "c" : 2 , "d" : null } ] }')}),
]


@pytest.mark.parametrize(("name", "change"), MEMORY, ids=str)
def test_a_changed_leaf_of_memory_breaks_same(name: str, change: dict[str, Any]) -> None:
    block = SAMPLES[name]

    assert not same(block, replace(block, **change))
    assert not same(replace(block, **change), block)


@pytest.mark.parametrize(("name", "change"), HARMLESS, ids=str)
def test_a_harmless_change_keeps_same(name: str, change: dict[str, Any]) -> None:
    block = SAMPLES[name]

    assert all(d.keep == "link" and d.kind != "altered" for d in diff(block, replace(block, **change)))
    assert same(block, replace(block, **change))
    assert same(replace(block, **change), block)


def test_every_attribute_of_a_block_has_a_case() -> None:
    """A new attribute has to be put into one of the tables above, or it would never be compared."""
    cased = {(type(SAMPLES[name]), attribute) for name, change in MEMORY + HARMLESS for attribute in change}
    everywhere = {"extras", "item", "fields", "spelling", "seals"}
    uncased = {
        (cls.__name__, field.name)
        for cls in (Text, Thinking, ToolCall, ToolResult, Media, Opaque)
        for field in fields(cls)
        if field.name not in everywhere and (cls, field.name) not in cased
    }
    assert uncased == set()


# -- seals and arguments -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "encoding", "equal"),
    [
        ("+/8=", "-_8=", "base64", True),
        ("+/8=", "-_8", "base64", True),
        ("+/8=", "-_8", "text", False),
        ("QUI=", "QUE=", "base64", False),
        ("QUJ=", "QUI=", "base64", True),  # two spellings of one byte string: the last two bits say nothing
        ("", "=", "base64", True),
        ("not base64!", "not base64?", "base64", False),
        ("not base64!", "not base64!", "base64", True),
        ("\ud83d", "\ud83d", "base64", True),
    ],
)
def test_base64_is_compared_by_its_bytes(a: str, b: str, encoding: Any, *, equal: bool) -> None:
    one, other = (Seal(slot="data", wire=wire, encoding=encoding) for wire in (a, b))

    assert seal_equal(one, other) is equal
    assert seal_equal(other, one) is equal


def test_any_complete_statement_of_a_seal_is_the_seal() -> None:
    stated = Seal(slot="encrypted_content", wire="done", alternates=("completed", "third"))

    assert all(seal_equal(stated, Seal(slot="encrypted_content", wire=wire)) for wire in ("done", "completed", "third"))
    assert not seal_equal(stated, Seal(slot="encrypted_content", wire="added"))
    assert not seal_equal(stated, Seal(slot="signature", wire="done"))


ARGUMENTS: list[tuple[str, str, str, str]] = [
    ("json", '{"a":1,"b":2}', '{"a":1,"b":2}', ""),
    ("json", '{"a":1,"b":2}', '{"a": 1, "b": 2}', "respelled"),
    ("json", '{"a":1,"b":2}', '{"b":2,"a":1}', "respelled"),
    ("json", '{"a":1}', '{"a":1.0}', "respelled"),
    ("json", '{"a":1}', '{"a":true}', "altered"),
    ("json", '{"a":0}', '{"a":false}', "altered"),
    ("json", '{"a":0}', '{"a":null}', "altered"),
    ("json", '{"a":"\\u00e9"}', '{"a":"é"}', "respelled"),
    ("json", '{"a":9007199254740993}', '{"a":9007199254740992}', "altered"),
    ("json", '{"a":9007199254740993.0}', '{"a":9007199254740992}', "altered"),
    ("json", '{"a":1e999}', '{"a":2e999}', "altered"),
    ("json", '{"a":1e999}', '{"a":10e998}', "respelled"),
    ("json", '{"a":1e99999999999999999999}', '{"a":1e99999999999999999999 }', "respelled"),
    ("json", "1" * 5000, "1" * 5000 + " ", "respelled"),
    ("json", "[1,2]", "[2,1]", "altered"),
    ("json", "", "{}", "respelled"),  # a tool without parameters, of which nothing was streamed
    ("json", "{}", "", "altered"),
    ("freeform", "", "{}", "altered"),
    ("json", "{broken", "{broken ", "altered"),
    ("json", "NaN", "NaN ", "altered"),
    ("json", "[" * 5000, "[" * 5001, "altered"),
    ("object", '{"a":1,"b":2}', '{ "a" : 1, "b" : 2 }', ""),
    ("object", '{"a":"\\u00e9"}', '{"a":"é"}', ""),
    ("object", '{"a":1,"b":2}', '{"b":2,"a":1}', "respelled"),
    ("object", '{"a":1}', '{"a":1.0}', "respelled"),
    ("object", '{"a":1,"a":2}', '{"a":2}', "respelled"),
    ("object", '{"a":1}', '{"a":2}', "altered"),
    ("freeform", '{"a":1}', '{"a": 1}', "altered"),
]


@pytest.mark.parametrize(("kind", "a", "b", "expected"), ARGUMENTS)
def test_arguments_are_equal_respelled_or_altered(kind: Any, a: str, b: str, expected: str) -> None:
    found = diff(ToolCall(name="f", arguments=a, kind=kind), ToolCall(name="f", arguments=b, kind=kind))

    assert [d.kind for d in found] == [expected] * bool(expected)
    assert [(d.path, d.at) for d in found] == [("arguments", first_difference(a, b))] * bool(expected)


def test_the_first_differing_byte_counts_bytes() -> None:
    assert first_difference("aé!", "aé?") == 3
    assert first_difference("abc", "abc") == 3
    assert first_difference("abc", "ab") == 2
    assert first_difference("", "x") == 0
    assert first_difference("\ud83dx", "\ud83dy") == 3
    long = "x" * 100_000
    assert first_difference(f"{long}a{long}", f"{long}b{long}") == 100_000


def test_words_between_the_same_tags_with_other_white_space_are_altered_not_moved() -> None:
    thought = Thinking(segments=(Segment(text="t"),), places=(TAGS,))
    trimmed = replace(thought, places=(replace(TAGS, trail=""),))
    retagged = replace(thought, places=(replace(TAGS, open="[THINK]", close="[/THINK]"),))

    assert [d.kind for d in diff(thought, trimmed)] == ["altered"]
    assert [d.kind for d in diff(thought, retagged)] == ["place"]
    assert [d.kind for d in diff(thought, replace(thought, places=(PLACE,)))] == ["place"]


@pytest.mark.parametrize(
    ("member", "keep"), [("internal_chat_message_metadata_passthrough", "link"), ("of_somebody", "memory")]
)
def test_what_openais_own_agent_puts_on_an_item_is_no_memory_and_all_else_is(member: str, keep: str) -> None:
    def searched(**more: Any) -> Opaque:
        body = Json.of({"type": "web_search_call", "id": "ws_1", **more})
        return Opaque(dialect="openai-responses", kind="web_search_call", body=body)

    found = diff(searched(), searched(**{member: {"turn_id": "t1"}}), WHOLE["openai-responses"].projection)

    assert [(one.kind, one.keep) for one in found] == [("extra", keep)]


# -- messages, items, conversations ----------------------------------------------------------------------------------


def test_an_empty_unsealed_text_says_nothing_and_a_sealed_one_does() -> None:
    call = ToolCall(id="c", name="f", arguments="{}")
    sealed = Text(text="", seals=(Seal(slot="thoughtSignature", wire="s"),))

    assert same(Message.assistant(Text(text=""), call), Message.assistant(call))
    assert not same(Message.assistant(sealed, call), Message.assistant(call))


def test_blocks_in_another_order_or_number_are_not_the_same() -> None:
    a, b = Text(text="a"), Text(text="b")

    assert not same(Message.assistant(a, b), Message.assistant(b, a))
    assert not same(Message.assistant(a, b), Message.assistant(a))
    assert not same(Message.assistant(a), Message.assistant(a, a))
    assert [d.kind for d in diff(Message.assistant(a, b), Message.assistant(a))] == ["missing"]
    assert diff(Message.assistant(a), Message.assistant(a, b)) == (
        Difference(kind="extra", keep="memory", path="blocks[1]"),
    )


def test_what_is_on_no_wire_is_not_compared() -> None:
    message = Message.assistant(Text(text="a"))

    assert same(message, message.replace(author="harness", origin=Origin(model="m"), carrier="input"))
    assert not same(message, message.replace(role="user"))
    assert not same(message.replace(name="a"), message.replace(name="b"))
    assert same(message.replace(name="a"), message)


def test_an_item_counts_also_where_it_holds_no_block() -> None:
    empty = Message(role="assistant", items=(Item(kind="reasoning", id="rs_1"),))

    assert same(empty, Message(role="assistant", items=(Item(kind="reasoning", id="rs_1", spelling=Json(b"{}")),)))
    assert not same(empty, Message(role="assistant"))
    assert not same(Message(role="assistant"), empty)
    assert not same(empty, Message(role="assistant", items=(Item(kind="message", id="rs_1"),)))


def test_links_of_an_item_may_be_absent_and_are_equal_if_present() -> None:
    def held(**more: Any) -> Message:
        return Message(role="assistant", blocks=(Text(text="t", item=0),), items=(Item(kind="message", **more),))

    table = Projection((Row("status", "output", "-"), Row("phase", "link", "-")), {"item": ""})
    assert same(held(id="m1", phase="commentary", status="completed"), held(), table)
    assert same(held(status="completed"), held(status="incomplete"), table)
    assert not same(held(phase="commentary"), held(phase="final_answer"), table)
    assert not same(held(id="m1"), held(id="m2"), table)


def test_tools_are_compared_by_what_the_model_reads() -> None:
    tool = Tool(name="f", description="d", parameters=Json(b'{"a":1,"b":2}'))

    def having(*tools: Tool) -> Conversation:
        return Conversation.of(tools=tools)

    assert same(having(tool), having(replace(tool, spelling=Json(b'{"type":"absent"}'))))
    assert same(having(tool), having(replace(tool, fields=Json(b'{"strict":null}'))))
    assert not same(having(tool), having(replace(tool, parameters=Json(b'{"b":2,"a":1}'))))
    assert not same(having(tool), having(replace(tool, description=UNSET)))
    assert not same(having(tool), having())
    assert not same(having(tool), having(tool, tool))
    assert not same(having(), Conversation.of())


def test_requests_and_responses_are_compared_by_their_messages() -> None:
    one, other = Message.user("a"), Message.user("b")
    request = Request(conversation=Conversation.of(one), model="m")

    assert same(request, replace(request, model="n"))
    assert not same(request, replace(request, conversation=Conversation.of(other)))
    assert (
        diff(request, replace(request, conversation=Conversation.of(one, other)))[0].path == "conversation.messages[1]"
    )
    assert same(Response(messages=(one,)), Response(messages=(one,), usage=Json(b"{}")))
    assert not same(Response(messages=(one,)), Response(messages=(other,)))


def test_values_of_two_types_are_not_compared() -> None:
    with pytest.raises(TypeError, match="Message with Conversation"):
        same(Message.user("a"), Conversation.of())
    with pytest.raises(TypeError, match="Text with Message"):
        diff(Text(text="a"), Message.user("a"))
    assert not same(Text(text="a"), Thinking.of("a"))


# -- members without a typed place ------------------------------------------------------------------------------------

TABLE = Projection(
    (
        Row("memory", "memory", "-"),
        Row("memory.but", "output", "-"),
        Row("output", "output", "-"),
        Row("output.but", "memory", "-"),
        Row("spelling", "spelling", "-"),
        Row("link", "link", "-"),
    ),
    {},
)
MEMBERS: list[tuple[str, str, bool]] = [
    ('{"memory":1}', "{}", False),
    ('{"memory":1}', '{"memory":2}', False),
    ('{"memory":{"a":1}}', '{"memory":{"a":1,"b":2}}', False),
    ('{"memory":{"but":1}}', '{"memory":{"but":2}}', True),
    ('{"memory":{"but":1}}', "{}", True),
    ('{"memory":{"but":1,"a":1}}', "{}", False),
    ('{"output":1}', '{"output":2}', True),
    ('{"output":{"a":1}}', "{}", True),
    ('{"output":{"but":1}}', "{}", False),
    ('{"output":{"but":1}}', '{"output":{"but":2}}', False),
    ('{"spelling":1}', '{"spelling":[]}', True),
    ('{"link":1}', "{}", True),
    ('{"link":1}', '{"link":2}', False),
    ('{"link":null}', '{"link":2}', True),
    ('{"unknown":1}', "{}", True),
    ('{"unknown":1}', '{"unknown":2}', False),
    ('{"unknown":1}', '{"unknown":1.0}', False),
    ('{"unknown":{"a":1,"b":2}}', '{"unknown":{"a":1}}', True),
    ('{"unknown":{"a":1,"b":2}}', '{"unknown":{"a":2}}', False),
    ('{"unknown":{"a":1}}', '{"unknown":[1]}', False),
    ('{"unknown":[1,2]}', '{"unknown":[1]}', False),
    ('{"unknown":[1,2]}', '{"unknown":[2,1]}', False),
    ('{"unknown":true}', '{"unknown":1}', False),
    ('{"unknown":""}', '{"unknown":null}', True),
    ('{"unknown":"","b":1}', '{"b":1,"unknown":""}', True),
    ('{"a.b":1}', '{"a":{"b":2}}', True),
    ('{"a.b":1,"a":{"b":1}}', '{"a.b":1,"a":{"b":2}}', False),
    ('{"unknown":1,"unknown":2}', '{"unknown":2}', True),
]


@pytest.mark.parametrize(("a", "b", "equal"), MEMBERS)
def test_members_follow_the_table(a: str, b: str, *, equal: bool) -> None:
    one, other = (Message(role="assistant", fields=Json(text.encode())) for text in (a, b))

    assert same(one, other, TABLE) is equal
    assert same(other, one, TABLE) is equal
    assert any(d.keep == "memory" or d.kind == "altered" for d in message_diff(one, other, TABLE)) is not equal


@pytest.mark.parametrize("text", ["[" * 2000 + "]" * 2000, '{"a":' * 2000 + "1" + "}" * 2000, '"\\ud83d"', "1e999"])
def test_strange_json_is_equal_to_itself_and_to_nothing_else(text: str) -> None:
    one = Message(role="assistant", fields=Json(b'{"memory":' + text.encode() + b"}"))
    other = Message(role="assistant", fields=Json(b'{"memory":0}'))

    assert same(one, replace(one), TABLE)
    assert not same(one, other, TABLE)
    assert not same(other, one, TABLE)


# -- any value ---------------------------------------------------------------------------------------------------------


def erased(value: Any, names: tuple[str, ...] = ("spelling", "extras")) -> Any:
    """Copy a value, and all inside it, without some attributes."""
    if isinstance(value, tuple):
        return tuple(erased(inner, names) for inner in value)
    if isinstance(value, Struct):
        inner = {field.name: erased(getattr(value, field.name), names) for field in fields(value)}
        return replace(value, **{name: UNSET if name in names else found for name, found in inner.items()})
    return value


@given(kts.conversations())
def test_same_is_reflexive_and_spelling_does_not_count(value: Conversation) -> None:
    assert same(value, value)
    assert diff(value, replace(value)) == ()
    assert diff(value, erased(value)) == ()
    assert diff(erased(value), value) == ()


@given(kts.messages(), kts.messages())
def test_same_is_symmetric(a: Message, b: Message) -> None:
    assert same(a, b) is same(b, a)


@given(kts.messages(), st.data())
def test_a_block_taken_out_or_put_in_is_seen(message: Message, data: st.DataObject) -> None:
    counting = [
        i
        for i, block in enumerate(message.blocks)
        if not (isinstance(block, Text) and not block.text and not block.seals)
    ]
    if not counting:
        return
    gone = data.draw(st.sampled_from(counting))
    less = message.replace(blocks=message.blocks[:gone] + message.blocks[gone + 1 :])

    assert not same(message, less)
    assert not same(less, message)


@given(kts.blocks(), kts.blocks())
def test_equal_values_are_the_same_and_differences_have_a_path(a: Block, b: Block) -> None:
    if a == b:
        assert same(a, b)
    for difference in diff(a, b, NEUTRAL):
        assert difference.path or type(a) is not type(b)


# -- recorded traffic --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", DIALECTS)
def test_recorded_values_are_the_same_without_spelling_and_output(
    id_: str, captures: Path, counted: Callable[[str], None]
) -> None:
    dialect = DIALECTS[id_]
    seen = 0
    for recording in recordings(captures, id_):
        for value in _values(dialect, recording):
            seen += 1
            assert diff(value, erased(value), dialect.projection) == (), recording.name
            for message in value.messages:
                assert same(message, _with_output(message, dialect.projection), dialect.projection), recording.name
    counted(
        f"{id_}: {seen} requests and responses are the same with every spelling erased and every output member changed"
    )
    assert seen


def _values(dialect: Any, recording: Any) -> Iterator[Request | Response]:
    yield dialect.decode_request(recording.request)
    if recording.stream is None:
        yield dialect.decode_response(recording.response, status=recording.status)
    else:
        decoder = dialect.stream_decoder()
        decoder.feed(recording.stream)
        yield decoder.finish()


def _with_output(message: Message, projection: Projection) -> Message:
    """Change every member of the message and of its calls that the table calls output."""

    def changed(value: Json | Any, home: str) -> Json:
        members = {} if value is UNSET else json.loads(value.raw)
        for path, keep in projection.items():
            name = path.removeprefix(f"{home}." if home else "")
            if keep == "output" and path.startswith(home) and name.isidentifier():
                members[name] = {"other": [members.get(name)]}
        return Json.of(members)

    home = projection.homes["tool_call"]
    blocks = tuple(
        replace(block, fields=changed(block.fields, home)) if isinstance(block, ToolCall) else block
        for block in message.blocks
    )
    return message.replace(blocks=blocks, fields=changed(message.fields, ""))


def contents(part: str) -> str:
    return f'{{"contents":[{{"role":"model","parts":[{part}]}}]}}'


def converse(part: str) -> str:
    block = f'{{"toolResult":{{"toolUseId":"c","content":[{part}]}}}}'
    return f'{{"messages":[{{"role":"user","content":[{block}]}}]}}'


def called(id_: str) -> str:
    call = f'{{{id_}"function":{{"name":"f","arguments":{{}}}}}}'
    return f'{{"messages":[{{"role":"assistant","content":"","tool_calls":[{call}]}}]}}'


def responded(response: str) -> str:
    return contents(f'{{"functionResponse":{{"name":"f","response":{response}}}}}')


ALL = {**WHOLE, OLLAMA.id: OLLAMA}
REWRITTEN: dict[str, tuple[str, str, str, bool]] = {
    "a response, spaced anew": ("gemini", responded('{"a":1}'), responded('{"a": 1}'), True),
    "a response of other numbers": ("gemini", responded('{"a":1}'), responded('{"a":1.0}'), False),
    "words that look like a value": ("gemini", responded('{"output":"[1]"}'), responded('{"output":"[ 1]"}'), False),
    "a response with media, spaced anew": (
        "gemini",
        contents('{"functionResponse":{"name":"f","response":{"a":1},"parts":[]}}'),
        contents('{"functionResponse":{"name":"f","response":{"a": 1},"parts":[]}}'),
        True,
    ),
    "a response of a server's tool, escaped anew": (
        "gemini",
        contents('{"toolResponse":{"toolType":"GOOGLE_MAPS","response":{"a":"\\u003c"}}}'),
        contents('{"toolResponse":{"toolType":"GOOGLE_MAPS","response":{"a":"<"}}}'),
        True,
    ),
    "a JSON result, spaced anew": (
        "bedrock-converse",
        converse('{"json":{"a":1}}'),
        converse('{"json":{"a": 1}}'),
        True,
    ),
    "a JSON result of other values": ("bedrock-converse", converse('{"json":[1]}'), converse('{"json":[2]}'), False),
    "a text result, spaced anew": ("bedrock-converse", converse('{"text":"[1]"}'), converse('{"text":"[ 1]"}'), False),
    "a call of Ollama without its id": ("ollama", called('"id":"c",'), called(""), True),
    "a call of Ollama with another id": ("ollama", called('"id":"c",'), called('"id":"d",'), False),
}
"""What clients write anew: the dialect, what came, what goes back, and whether that says the same."""


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_json_value_may_be_written_anew_and_words_may_not(name: str) -> None:
    id_, came, back, equal = REWRITTEN[name]
    dialect = ALL[id_]
    one, other = (dialect.decode_request(body).conversation for body in (came, back))
    assert same(one, other, dialect.projection) is equal
    assert same(other, one, dialect.projection) is equal
