"""The canonical JSON: everything comes back, later versions pass through, and bad input is a typed error."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking._codec import dumps, loads
from keepthinking._errors import EncodeError, FormatError, KeepthinkingError
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import (
    FORMAT,
    Conversation,
    Extras,
    Message,
    Opaque,
    Seal,
    Segment,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Value,
)
from keepthinking_conformance import strategies as kts

VALUES: dict[type[Value], st.SearchStrategy[Any]] = {
    Conversation: kts.conversations(),
    Message: kts.messages(),
    Request: kts.requests(),
    Response: kts.responses(),
    Tool: kts.tools(),
    Thinking: kts.thinkings(),
    ToolResult: kts.tool_results(depth=3),
    Opaque: kts.opaques(),
}

slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def of(*blocks: Any, **more: Any) -> Conversation:
    return Conversation.of(Message(role="assistant", blocks=blocks, **more))


def wire(message: str) -> bytes:
    return f'{{"format":"{FORMAT}","messages":[{message}]}}'.encode()


# Round trips


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
@slow
@given(data=st.data())
def test_what_is_written_reads_back_equal(kind: type[Value], data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])

    written = dumps(value)

    assert loads(written, kind) == value
    assert dumps(loads(written, kind)) == written


@slow
@given(kts.conversations())
def test_a_conversation_survives_a_store_that_writes_json_anew(conversation: Conversation) -> None:
    # What a later version wrote is plain JSON to the store, and nobody can protect it.
    ours = without_later(conversation)

    stored = json.dumps(json.loads(dumps(ours)), sort_keys=True, indent=3)

    assert loads(stored) == ours


def without_later(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(without_later(v) for v in value if not (isinstance(v, Opaque) and v.dialect == "keepthinking"))
    if isinstance(value, Value):
        return replace(
            value, extras=UNSET, **{f: without_later(getattr(value, f)) for f in value.__struct_fields__[1:]}
        )
    return value


def test_opaque_bytes_survive_a_store_that_sorts_keys_and_respells_numbers() -> None:
    raw = b'{"z":1.0,"a":1e2, "a":[ ],"big":123456789012345678901234567890}'
    conversation = of(Text(text="x", fields=Json(raw)), spelling=Json(b"-0"))

    stored = json.dumps(json.loads(dumps(conversation)), sort_keys=True, separators=(" , ", " : "))

    assert loads(stored) == conversation


def test_a_parsed_conversation_can_be_read() -> None:
    conversation = of(Thinking.of("so", signature="abc"))

    assert loads(json.loads(dumps(conversation))) == conversation
    assert loads(dumps(conversation).decode()) == conversation


def test_the_shape_on_disk() -> None:
    conversation = of(Thinking.of("so", signature="abc"), ToolCall.of("look", {"at": 1}, id=None))

    assert json.loads(dumps(conversation)) == {
        "format": "keepthinking/1",
        "messages": [
            {
                "role": "assistant",
                "blocks": [
                    {
                        "type": "thinking",
                        "seals": [{"slot": "signature", "wire": "abc"}],
                        "segments": [{"text": "so"}],
                    },
                    {"type": "tool_call", "id": None, "name": "look", "arguments": '{"at":1}'},
                ],
            }
        ],
    }


def test_absent_null_empty_and_braces_stay_four_things() -> None:
    values = [Segment(), Segment(text=None), Segment(text=""), Segment(fields=Json(b"{}"))]

    written = [dumps(value) for value in values]

    assert written == [b"{}", b'{"text":null}', b'{"text":""}', b'{"fields":"{}"}']
    assert [loads(one, Segment) for one in written] == values


def test_the_slower_path_writes_the_same_bytes() -> None:
    message = Message(
        role="assistant",
        blocks=(Thinking.of("a", signature="b"), Text(text="c", fields=Json(b"{}")), ToolResult.of("d", call_id=None)),
        carrier="system",
    )
    later = replace(message, extras=Extras(b'{"later":1}'))

    assert dumps(later) == dumps(message)[:-1] + b',"later":1}'


# Lone surrogates


@pytest.mark.parametrize("text", ["\ud83d", "a\ude00b", "\ude00\ud83d", "\ud83d\u2028\x00"])
def test_half_an_emoji_comes_back(text: str) -> None:
    conversation = of(
        Text(text=text),
        Thinking.of(text, signature=text),
        ToolCall.of(text, text, id=text),
        ToolResult.of(text, call_id=text),
        name=text,
    )

    written = dumps(conversation)

    written.decode()
    assert loads(written) == conversation


def test_two_halves_that_meet_are_one_character() -> None:
    assert loads(dumps(of(Text(text="\ud83d\ude00")))) == of(Text(text="\U0001f600"))


def test_an_escaped_half_inside_opaque_json_is_plain_ascii_on_disk() -> None:
    conversation = of(Text(text="x", fields=Json(rb'{"a":"\ud83d"}')))

    assert rb"\\ud83d" in dumps(conversation)
    assert loads(dumps(conversation)) == conversation


def test_names_of_parameters_may_hold_half_an_emoji() -> None:
    request = Request(conversation=Conversation.of(), params={"\ud83d": Json(b"1"), "n": Json(b"1.0")})

    assert loads(dumps(request), Request) == request


# Later versions

LATER = """{"format":"keepthinking/1","head":{"b":1.0,"a":[1, 2]},"messages":[
  {"role":"assistant","mood":1e2,"blocks":[
    {"type":"text","text":"hi","extras":"theirs","lang":"\\ud83d"},
    {"type":"dream", "depth":1.50,"depth":2 },
    {"type":"thinking","seals":[{"slot":"signature","wire":"x","hash":null}],"places":[{"type":"field","name":"r","at":0}]},
    {"type":"tool_result","content":[{"type":"dream"},{"type":"text","text":"","x":{}}]}
  ],"items":[{"kind":"reasoning","rank":-0}],"origin":{"region":"eu"}}
],"tools":[{"name":"t","strict":true}]}"""


def test_unknown_members_and_blocks_are_kept_where_they_stood() -> None:
    conversation = loads(LATER)
    message = conversation.messages[0]
    text, dream, thinking, result = message.blocks

    assert conversation.extras == Extras(b'{"head":{"b":1.0,"a":[1, 2]}}')
    assert message.extras == Extras(b'{"mood":1e2}')
    assert text == Text(text="hi", extras=Extras(rb'{"extras":"theirs","lang":"\ud83d"}'))
    assert dream == Opaque(
        dialect="keepthinking", kind="dream", body=Json(b'{"type":"dream", "depth":1.50,"depth":2 }')
    )
    assert isinstance(thinking, Thinking)
    assert thinking.seals[0].extras == Extras(b'{"hash":null}')
    assert thinking.places[0].extras == Extras(b'{"at":0}')
    assert isinstance(result, ToolResult)
    assert isinstance(result.content, tuple)
    assert [type(block) for block in result.content] == [Opaque, Text]
    assert message.items[0].extras == Extras(b'{"rank":-0}')


def test_an_older_reader_hands_a_newer_file_on_unharmed() -> None:
    written = dumps(loads(LATER))

    assert _numbers_spelt(written) == _numbers_spelt(LATER.encode())
    assert dumps(loads(written)) == written


def test_an_edit_leaves_what_a_later_version_wrote_beside_it() -> None:
    conversation = loads(LATER)
    message = conversation.messages[0]

    edited = replace(conversation, messages=(message.with_blocks(message.blocks[1:]),))

    assert b'"depth":1.50,"depth":2' in dumps(edited)
    assert b'"mood":1e2' in dumps(edited)
    assert b'"text":"hi"' not in dumps(edited)


@slow
@given(st.lists(kts.later_blocks(), min_size=1, max_size=2), kts.extras())
def test_blocks_of_a_later_version_are_written_as_they_came(blocks: list[Opaque], extras: Extras) -> None:
    written = dumps(replace(of(*blocks), extras=extras))

    for block in blocks:
        assert block.body.raw in written
    assert extras.raw[1:-1] in written


@pytest.mark.parametrize(
    "block",
    [
        Opaque(dialect="keepthinking", kind="text", body=Json(b'{"type":"text","text":"x"}')),
        Opaque(dialect="keepthinking", kind="later", body=Json(b'{"type":"other"}')),
        Opaque(dialect="keepthinking", kind="later", body=Json(b'{"type":1}')),
        Opaque(dialect="keepthinking", kind="later", body=Json(b' {"type":"later"}')),
        Opaque(dialect="keepthinking", kind="later", body=Json(b"[]")),
        Opaque(dialect="keepthinking", kind="later", body=Json(b'{"type":"later"}'), seals=(Seal(slot="s", wire="w"),)),
        Opaque(dialect="openai-chat", kind="later", body=Json(b'{"type":"later"}')),
    ],
    ids=["a known type", "another type", "no type", "spaced", "no object", "sealed", "of a wire"],
)
def test_an_opaque_block_that_only_looks_like_a_later_one_stays_opaque(block: Opaque) -> None:
    assert b'"type":"opaque"' in dumps(of(block))
    assert loads(dumps(of(block))) == of(block)


def _numbers_spelt(raw: bytes) -> Any:
    """Parse, with numbers as they are spelt and doubled keys kept; the order of keys does not count."""
    return json.loads(
        raw,
        parse_float=lambda text: f"number {text}",
        parse_int=lambda text: f"number {text}",
        object_pairs_hook=lambda pairs: sorted(pairs, key=repr),
    )


# Errors of reading


def refused(data: object, kind: type[Value] = Conversation) -> FormatError:
    with pytest.raises(FormatError) as caught:
        loads(data, kind)
    return caught.value


@pytest.mark.parametrize("name", ["keepthinking/2", "keepthinking/10"])
def test_a_later_format_says_what_to_do(name: str) -> None:
    error = refused(f'{{"format":"{name}","messages":"anything"}}')

    assert name in error.what
    assert FORMAT in error.what
    assert (error.where, error.culprit, error.hint) == ("$.format", "data", "update keepthinking")


def test_a_later_format_inside_a_request_has_its_path() -> None:
    assert refused('{"conversation":{"format":"keepthinking/2"}}', Request).where == "$.conversation.format"


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        ("", "$", "JSON"),
        ("nonsense", "$", "JSON"),
        ("[]", "$", "an array"),
        ("null", "$", "null"),
        ('{"messages":[]}', "$", "no `format`"),
        ('{"model":"m","messages":[{"role":"user","content":"hi"}]}', "$", "no `format`"),
        ('{"format":1}', "$.format", "a number"),
        ('{"format":"my diary"}', "$.format", "not a conversation"),
        (wire("{}"), "$.messages[0]", "no `role`"),
        (wire('{"role":1}'), "$.messages[0].role", "a number"),
        (wire('{"role":"u","author":"cat"}'), "$.messages[0].author", "expected one of harness, human, unknown"),
        (wire('{"role":"u","fields":{}}'), "$.messages[0].fields", "an object"),
        (wire('{"role":"u","fields":"{"}'), "$.messages[0].fields", "does not hold JSON"),
        (wire('{"role":"u","fields":"NaN"}'), "$.messages[0].fields", "does not hold JSON"),
        (wire('{"role":"u","blocks":[{}]}'), "$.messages[0].blocks[0]", "no `type`"),
        (wire('{"role":"u","blocks":[[]]}'), "$.messages[0].blocks[0]", "an array"),
        (wire('{"role":"u","blocks":[{"type":3}]}'), "$.messages[0].blocks[0].type", "a number"),
        (wire('{"role":"u","blocks":[{"type":"text"}]}'), "$.messages[0].blocks[0]", "no `text`"),
        (
            wire('{"role":"u","blocks":[{"type":"text","text":"x","item":"1"}]}'),
            "$.messages[0].blocks[0].item",
            "string",
        ),
        (
            wire('{"role":"u","blocks":[{"type":"text","text":"x","item":1.5}]}'),
            "$.messages[0].blocks[0].item",
            "number",
        ),
        (
            wire('{"role":"u","blocks":[{"type":"thinking","places":[{"type":"aura"}]}]}'),
            "$.messages[0].blocks[0].places[0].type",
            "expected a type out of field, inline",
        ),
        (
            wire('{"role":"u","blocks":[{"type":"tool_result","content":[{"type":"text","text":null}]}]}'),
            "$.messages[0].blocks[0].content[0].text",
            "null",
        ),
        (
            wire('{"role":"u","blocks":[{"type":"tool_result","content":7}]}'),
            "$.messages[0].blocks[0].content",
            "expected a string or an array or null, found a number",
        ),
        (
            wire('{"role":"u","blocks":[{"type":"tool_result","server":1}]}'),
            "$.messages[0].blocks[0].server",
            "expected true or false",
        ),
        (b"\xff", "byte 0", "UTF-8"),
        ("\ud83d", "character 0", "surrogate"),
        ({"format": FORMAT, "messages": {1}}, "$", "not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_and_where(data: object, where: str, what: str) -> None:
    error = refused(data)

    assert error.where.startswith(where)
    assert what in error.what
    assert error.culprit in {"data", "caller"}


def test_a_part_that_is_another_part_says_so() -> None:
    error = refused(dumps(Text(text="x")), Thinking)

    assert (error.where, error.what) == ("$.type", "expected the type thinking")


def test_a_parameter_that_is_no_json_has_its_path() -> None:
    body = '{"conversation":{"format":"keepthinking/1"},"params":{"a b":"1","%s":"x"}}'

    assert refused(body % "c", Request).where.startswith("$.params.c")
    assert refused(body % "c d", Request).where.startswith('$.params["c d"]')


def test_no_error_shows_what_was_thought() -> None:
    thought = "I must not tell anyone about the canary"
    for bad in (
        wire(f'{{"role":"u","author":"{thought}"}}'),
        wire(f'{{"role":"u","fields":"{thought}"}}'),
        wire(f'{{"role":"u","blocks":[{{"type":"thinking","places":[{{"type":"{thought}"}}]}}]}}'),
        f'{{"format":"{thought}"}}'.encode(),
        f'{{"format":"keepthinking/1", {thought}'.encode(),
    ):
        error: BaseException | None = refused(bad)
        assert thought not in str(error)


@pytest.mark.parametrize(
    "make",
    [
        lambda depth: "[" * depth,
        lambda depth: "[" * depth + "]" * depth,
        lambda depth: '{"format":"keepthinking/1","messages":' + "[" * depth + "]" * depth + "}",
        lambda depth: '{"format":"keepthinking/1","later":' + '{"a":' * depth + "1" + "}" * depth + "}",
        lambda depth: wire(
            '{"role":"u","blocks":[' + '{"type":"tool_result","content":[' * depth + "]}" * depth + "]}"
        ),
        lambda depth: wire('{"role":"u","fields":"' + "[" * depth + "]" * depth + '"}'),
        lambda depth: wire('{"role":"u","name":"\\ud83d","fields":"' + "[" * depth + "]" * depth + '"}'),
    ],
    ids=["open", "closed", "messages", "extras", "results", "fields", "fields beside half an emoji"],
)
@pytest.mark.parametrize("depth", [600, 10_000, 200_000])
def test_depth_is_an_error_and_no_crash(make: Callable[[int], Any], depth: int) -> None:
    outcome = attempt(loads, make(depth))
    if isinstance(outcome, Conversation):  # within the interpreter's reach: then it has to leave again, too
        assert depth < 10_000 or sys.version_info >= (3, 12)
        outcome = attempt(dumps, outcome)
        assert isinstance(outcome, bytes) or "deep" in outcome.what
    else:
        assert outcome.where


def test_a_huge_file_is_an_error_with_its_size_and_a_way_out() -> None:
    error = refused(b" " * 200_000_000)

    assert "200,000,000" in error.what
    assert "limit" in error.hint
    assert refused(b"[     ]").what != error.what
    with pytest.raises(FormatError, match="limit is 5"):
        loads(b"[     ]", limit=5)


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60)))
@example(b"\x00")
@example('{"format":"keepthinking/1","format":"keepthinking/2"}')
def test_random_input_raises_nothing_but_a_typed_error(data: bytes | str) -> None:
    outcome = attempt(loads, data)

    assert isinstance(outcome, Conversation) or (outcome.where and outcome.culprit == "data")


@slow
@given(kts.conversations(), st.randoms(use_true_random=False))
def test_mutated_input_raises_nothing_but_a_typed_error(conversation: Conversation, rng: random.Random) -> None:
    raw = bytearray(dumps(conversation))
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(raw))
        match rng.randrange(4):
            case 0:
                raw[at] = rng.randrange(256)
            case 1:
                del raw[at : at + rng.randrange(1, 20)]
            case 2:
                raw[at:at] = raw[rng.randrange(len(raw)) :][:20]
            case _:
                raw[at : at + 1] = rng.choice([b'"', b"{", b"}", b"null", b"1e9", b"\\ud83d", b",,", b"[[["])
        if not raw:
            break
    outcome = attempt(loads, bytes(raw))
    if isinstance(outcome, Conversation):
        assert loads(dumps(outcome)) == outcome
    else:
        assert outcome.where
        assert outcome.culprit == "data"


def attempt(function: Callable[[Any], Any], argument: object) -> Any:
    """Give what a function gives, or the typed error; no other is caught."""
    try:
        return function(argument)
    except (FormatError, EncodeError) as error:
        return error


# Errors of writing


def unwritable(value: Value) -> EncodeError:
    with pytest.raises(EncodeError) as caught:
        dumps(value)
    return caught.value


@pytest.mark.parametrize("raw", [b"", b"{", b"NaN", b"1 2", b"\xff", b'"\xff"', b"[" * 100_000])
def test_opaque_json_that_is_none_is_not_written(raw: bytes) -> None:
    error = unwritable(of(Text(text="x"), Text(text="y", fields=Json(raw))))

    assert error.where == "$.messages[0].blocks[1].fields"
    assert error.culprit == "caller"


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"[]",
        b"",
        b'{"text":"x"}',
        b'{"type":"x"}',
        b'{"a":1,"a":2}',
        b'{ "a":1}',
        rb'{"\u0061":1}',
        b'{"a":\xff}',
    ],
)
def test_extras_that_would_not_come_back_are_not_written(raw: bytes) -> None:
    assert unwritable(of(Text(text="x", extras=Extras(raw)))).where == "$.messages[0].blocks[0].extras"


def test_a_value_nested_too_deep_is_not_written() -> None:
    block = ToolResult.of("x")
    for _ in range(20_000):  # beyond the reach of every Python, which is 1,000 for some and 10,000 for others
        block = ToolResult(content=(block,))

    assert "deep" in unwritable(block).what


def test_a_value_that_has_no_place_in_the_format_is_not_written() -> None:
    error = unwritable(of(Text(text=object())))  # type: ignore[arg-type]

    assert error.where == "$.messages[0].blocks[0].text"


def test_every_error_is_one_of_ours() -> None:
    assert issubclass(FormatError, KeepthinkingError)
    assert issubclass(FormatError, ValueError)


def test_reading_does_not_pin_the_file() -> None:
    raw = dumps(of(Text(text="x", fields=Json(b'{"a":1}'))))
    conversation = loads(raw)
    fields = conversation.messages[0].blocks[0].fields

    assert fields is not UNSET
    assert type(fields.raw) is bytes
    assert not isinstance(fields.raw, msgspec.Raw)
