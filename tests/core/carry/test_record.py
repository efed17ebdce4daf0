"""The record: what a framework forgets comes back, what it shows stands, and nothing visible is said twice."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import FormatError, Message, Origin, Seal, Segment, Text, Thinking, ToolCall, ToolResult
from keepthinking.carry import Part, fingerprint, pack, unpack
from keepthinking_conformance import strategies as kts

pytestmark = pytest.mark.extras  # the strategies need hypothesis


def forget(message: Message) -> Message:
    """Give a message as a framework with words, calls and results alone would tell it."""
    blocks = tuple(plain for block in message.blocks if (plain := told(block)) is not None)
    return Message(role=message.role, blocks=blocks)


def told(block: object) -> Text | Thinking | ToolCall | ToolResult | None:
    match block:
        case Text():
            return Text(text=block.text)
        case Thinking():
            return Thinking(segments=(Segment(text=block.text),), seals=block.seals[:1])
        case ToolCall():
            return ToolCall(id=block.id, name=block.name, arguments=block.arguments)
        case ToolResult():
            return ToolResult(call_id=block.call_id, content=block.content if isinstance(block.content, str) else "")
        case _:
            return None


def lossy(message: Message) -> Message:
    """Give a message as a store that knows no lone surrogates gives it back."""

    def stored(text: str) -> str:
        return text.encode("utf-8", "replace").decode()

    def one(block: object) -> object:
        match block:
            case Text():
                return replace(block, text=stored(block.text))
            case Thinking():
                return replace(block, segments=tuple(replace(s, text=stored(str(s.text))) for s in block.segments))
            case _:
                return block

    return message.replace(blocks=tuple(map(one, message.blocks)))


@given(kts.messages())
def test_a_message_comes_back_of_its_record_and_what_is_shown(message: Message) -> None:
    plain = forget(message)
    record = pack(message, plain)

    read = unpack([] if record is None else [record], plain)

    assert read.message == message.replace(native=UNSET)
    assert read.findings == ()
    assert record is None or record.isascii()


@given(kts.messages())
def test_a_message_comes_back_out_of_a_store_that_knows_no_half_characters(message: Message) -> None:
    plain = forget(message)
    record = pack(message, plain, always=True)
    assert record is not None

    read = unpack([record], lossy(plain))

    assert read.message == message.replace(native=UNSET)
    assert read.findings == ()


@given(st.text("абвгдежзиклмн", min_size=12, max_size=40), st.sampled_from(("json", "object")))
def test_words_are_not_repeated(word: str, kind: str) -> None:
    arguments = json.dumps({"a": word, "n": 1.0}, ensure_ascii=False, separators=(" ,", " :"))
    message = Message(
        role="assistant",
        origin=Origin(provider="p"),
        blocks=(
            Thinking(segments=(Segment(text=word[:5]), Segment(text=word[5:], channel="summary"))),
            Text(text=word),
            ToolCall(name="f", arguments=arguments, kind=kind),  # type: ignore[arg-type] # one of two words
            ToolResult(content=word),
        ),
    )

    record = pack(message, forget(message))

    assert record is not None
    assert word not in json.loads(record)["message"]
    assert word not in record.encode().decode("unicode_escape")


@pytest.mark.parametrize("arguments", ["data: ", "[]", "[1]", '"x"', "{}}", "{"])
def test_arguments_that_show_as_none_come_back(arguments: str) -> None:
    message = Message.assistant(ToolCall(name="f", arguments=arguments, server=True))
    plain = Message.assistant(ToolCall(name="f", arguments="{}", server=True))

    record = pack(message, plain)

    assert record is not None
    assert unpack([record], plain).message == message


def test_a_result_in_parts_that_shows_as_a_text_says_it_once() -> None:
    result = ToolResult(call_id="c", content=(Text(text="forty-two"),))
    message = Message(role="tool", blocks=(result,))
    plain = Message(role="tool", blocks=(ToolResult(call_id="c", content="forty-two"),))

    record = pack(message, plain)

    assert record is not None
    assert "forty-two" not in record
    assert unpack([record], plain).message == message
    cleared = plain.replace(blocks=(ToolResult(call_id="c", content="[cleared]"),))
    assert unpack([record], cleared).message.blocks == cleared.blocks


@given(kts.messages(), st.data())
def test_one_edited_text_leaves_every_other_block_as_it_was(message: Message, data: st.DataObject) -> None:
    plain = forget(message)
    texts = [i for i, block in enumerate(plain.blocks) if isinstance(block, Text)]
    if not texts:
        return
    at = data.draw(st.sampled_from(texts))
    now = (*plain.blocks[:at], Text(text="something else entirely"), *plain.blocks[at + 1 :])
    record = pack(message, plain, always=True)
    assert record is not None

    read = unpack([record], plain.replace(blocks=now))

    shown = [i for i, block in enumerate(message.blocks) if told(block) is not None]
    expected = [block for i, block in enumerate(message.blocks) if i != shown[at]]
    found = list(read.message.blocks)
    found.pop(next(i for i, block in enumerate(found) if isinstance(block, Text) and "entirely" in block.text))
    same_kind = [print_ for print_ in map(fingerprint, plain.blocks) if print_ == fingerprint(plain.blocks[at])]
    if len(same_kind) == 1:  # of two equal texts nobody can say which one was edited
        assert [replace(b, item=UNSET) for b in found] == [replace(b, item=UNSET) for b in expected]
    fields = [] if read.message.fields == message.fields else [("prefix.unaltered", "dropped")]
    assert [(one.check, one.fate) for one in read.findings] == [("text.unaltered", "altered"), *fields]


def test_a_framework_that_tells_everything_needs_no_record() -> None:
    message = Message.assistant(Text.of("hi"), ToolCall.of("f", {}))

    assert pack(message, message) is None
    assert pack(message, message, part=Part("g", 0, 2)) is not None


def test_two_blocks_that_changed_places_are_in_the_order_of_the_model() -> None:
    message = Message(
        role="assistant", origin=Origin(provider="p"), blocks=(Text.of("a"), Thinking.of("b"), ToolCall.of("f", {}))
    )
    record = pack(message, message.replace(origin=UNSET))
    assert record is not None

    read = unpack([record], message.replace(origin=UNSET, blocks=message.blocks[::-1]))

    assert read.message == message


def test_a_seal_that_does_not_show_is_in_the_record() -> None:
    call = ToolCall(name="f", arguments="{}", seals=(Seal(slot="thoughtSignature", wire="own"),))
    message = Message.assistant(call)
    record = pack(message, forget(message))
    assert record is not None

    assert unpack([record], forget(message)).message == message


@pytest.mark.parametrize(
    "record", ["", "x", "[]", "null", "{}", '{"format":"keepthinking-carry/1"}', '{"format":"other"}']
)
def test_what_is_no_record_is_an_error(record: str) -> None:
    with pytest.raises(FormatError):
        unpack([record], Message.user("x"))


def test_arguments_with_a_spelling_survive_sorted_keys() -> None:
    call = ToolCall(name="f", arguments='{"b": 1e2, "a": "x\\/"}')
    message = Message.assistant(call)
    record = pack(message, Message.assistant(replace(call, arguments='{"b": 100.0, "a": "x/"}')))
    assert record is not None

    (found,) = unpack([record], Message.assistant(replace(call, arguments='{"a": "x/", "b": 100.0}'))).message.blocks

    assert isinstance(found, ToolCall)
    assert json.loads(found.arguments) == {"a": "x/", "b": 100.0}


def test_arguments_that_are_no_json_are_not_repeated_for_half_a_character() -> None:
    message = Message.assistant(ToolCall(name="f", arguments="card 4111 \ud83d"), Thinking(seals=()))
    plain = Message.assistant(message.blocks[0])
    record = pack(message, plain)
    assert record is not None

    assert "4111" not in record
    assert unpack([record], Message.assistant(ToolCall(name="f", arguments="card 4111 ?"))).message == message
