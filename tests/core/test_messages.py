"""The canonical values: frozen, four-stated, short to make, and quiet about seals."""

from __future__ import annotations

import copy
import gc
import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from msgspec import UNSET
from msgspec.structs import replace

import keepthinking
from keepthinking import _messages
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import (
    Conversation,
    Extras,
    Field,
    Inline,
    Item,
    Media,
    Message,
    Opaque,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Value,
    unset_or,
)
from keepthinking_conformance import strategies as kts

slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], max_examples=50)

# All of them alike


def kinds(base: type[Value] = Value) -> Iterator[type[Value]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_no_kind_of_value_forgets_what_every_value_is() -> None:
    # msgspec inherits none of these options but keeps them from the class line, where one is easily left out.
    for module in pkgutil.walk_packages(keepthinking.__path__, "keepthinking."):
        if not module.name.startswith(("keepthinking.cli", "keepthinking.__main__")):  # these need an extra, or run
            importlib.import_module(module.name)

    found = {kind for kind in kinds() if kind.__module__.startswith("keepthinking.")}
    assert len(found) > 25
    for kind in found:
        options = kind.__struct_config__
        assert options.frozen, kind
        assert options.weakref, kind
        assert options.omit_defaults, kind
        assert options.forbid_unknown_fields, kind
        assert not options.array_like, kind
        parameters = list(inspect.signature(kind).parameters.values())
        assert all(p.kind is p.KEYWORD_ONLY for p in parameters), kind
        assert kind.__struct_fields__[0] == "extras", kind
        assert kind.__doc__, kind


def test_every_block_has_its_own_tag_and_carries_what_every_block_may() -> None:
    blocks = _messages.Block.__args__

    assert len({kind.__struct_config__.tag for kind in blocks}) == len(blocks) == 6
    for kind in blocks:
        assert {"item", "seals", "fields", "spelling"} <= set(kind.__struct_fields__)


@pytest.mark.parametrize(
    "value",
    [Text.of("a"), Thinking.of("a", signature="b"), Message.user("a"), Conversation.of(), Seal(slot="s", wire="w")],
    ids=lambda value: type(value).__name__,
)
def test_values_cannot_be_changed(value: Value) -> None:
    for name in value.__struct_fields__:
        with pytest.raises(AttributeError):
            setattr(value, name, None)
    with pytest.raises(AttributeError):
        value.more = 1  # type: ignore[attr-defined]


def test_positional_arguments_are_refused() -> None:
    with pytest.raises(TypeError):
        Text("a")  # type: ignore[call-arg, arg-type]


# Copies, hashes, references


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled], ids=["copy", "deepcopy", "pickle"])
@slow
@given(conversation=kts.conversations())
def test_values_survive_copies(duplicate: Callable[[Any], Any], conversation: Conversation) -> None:
    again = duplicate(conversation)

    assert again == conversation
    assert hash(again) == hash(conversation)
    assert repr(again) == repr(conversation)


def test_a_pickle_is_read_by_another_process() -> None:
    conversation = Conversation.of(
        Message.assistant(Thinking.of("so", signature="x"), Text(text="y", fields=Json(b"1")))
    )
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).messages[0].blocks[0].seals[0].wire)"

    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(conversation), capture_output=True, check=True
    )

    assert done.stdout.strip() == b"x"


def test_equal_values_are_one_key() -> None:
    one = Message.assistant(Thinking.of("a", signature="b"), ToolCall.of("f", {"x": 1}, id="1"))
    other = Message.assistant(Thinking.of("a", signature="b"), ToolCall.of("f", {"x": 1}, id="1"))

    assert one is not other
    assert {one: 1}[other] == 1
    assert len({Text.of("a"), Thinking.of("a")}) == 2


def test_values_can_be_referred_to_weakly() -> None:
    message = Message.user("a")
    reference = weakref.ref(message)
    assert reference() is message

    del message
    gc.collect()

    assert reference() is None


def test_a_request_has_no_default_that_is_shared() -> None:
    one, other = Request(conversation=Conversation.of()), Request(conversation=Conversation.of())
    one.params["a"] = Json(b"1")

    assert other.params == {}


# Four states


@pytest.mark.parametrize(
    ("kind", "name", "rest"),
    [
        (Segment, "text", {}),
        (ToolCall, "id", {"name": "f", "arguments": ""}),
        (ToolResult, "content", {}),
        (ToolResult, "call_id", {}),
        (Media, "url", {"kind": "image"}),
        (Item, "id", {"kind": "reasoning"}),
        (Message, "name", {"role": "user"}),
        (Response, "stop_reason", {}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_absent_null_and_empty_are_three_things(kind: Callable[..., Value], name: str, rest: dict[str, Any]) -> None:
    states = [kind(**rest), kind(**rest, **{name: None}), kind(**rest, **{name: ""})]

    assert [getattr(state, name) for state in states] == [UNSET, None, ""]
    assert len(set(states)) == 3


def test_absent_null_and_none_at_all_are_three_lists_of_tools() -> None:
    absent, empty = Conversation.of(), Conversation.of(tools=())

    assert absent.tools is UNSET
    assert empty.tools == ()
    assert len({absent, empty, replace(absent, tools=None)}) == 3


def test_absent_fields_and_braces_are_two_things() -> None:
    assert Text.of("a") != Text(text="a", fields=Json(b"{}"))


def test_a_value_or_a_default() -> None:
    assert unset_or(UNSET, 1) == 1
    assert unset_or(None, 1) is None


# Everyday use


def test_what_is_made_in_one_line() -> None:
    message = Message.assistant(
        Thinking.of("one ", signature="s"), Text.of("a"), Thinking.of("two"), Text.of("b"), ToolCall.of("f", {"x": 1})
    )

    assert (message.thinking, message.text) == ("one two", "ab")
    assert [call.arguments for call in message.tool_calls] == ['{"x":1}']
    assert ToolCall.of("f", '{"x": 1}').arguments == '{"x": 1}'
    assert ToolResult.of("r", call_id="1").content == "r"
    assert [Message.user("a").role, Message.system("a").role] == ["user", "system"]


def test_calls_that_the_provider_runs_are_not_the_scaffolds() -> None:
    message = Message.assistant(ToolCall(name="search", arguments="{}", server=True))

    assert message.tool_calls == ()


def test_thinking_without_words_is_thinking() -> None:
    sealed = Thinking(segments=(Segment(text=None), Segment(), Segment(text="a")), seals=(Seal(slot="data", wire="x"),))

    assert sealed.text == "a"
    assert Thinking().text == ""


def test_a_conversation_grows_by_sharing() -> None:
    first = Conversation.of(Message.user("a"))
    second = first.append(Message.assistant(Text.of("b")), Message.user("c"))

    assert len(first) == 1
    assert [message.text for message in second] == ["a", "b", "c"]
    assert second.messages[0] is first.messages[0]


def test_a_copy_with_a_change_refuses_unknown_names() -> None:
    assert Message.user("a").replace(role="system") == Message.system("a")
    with pytest.raises(TypeError):
        Message.user("a").replace(rolle="x")


def test_inline_thinking_is_put_back_with_all_its_white_space() -> None:
    place = Inline(open="<think>", close="</think>", lead="\n", before=" ", after="\t", trail="\n\n")

    assert place.wrap("x") == "\n<think> x\t</think>\n\n"


# Items


ITEMS = tuple(Item(kind=kind) for kind in ("a", "empty", "b", "c"))
POINTED = Message(
    role="assistant",
    blocks=(
        Text(text="a", item=0),
        Text(text="b1", item=2),
        Text(text="b2", item=2),
        Text(text="-"),
        Text(text="c", item=3),
    ),
    items=ITEMS,
)


def left(*keep: int) -> tuple[list[str], list[str | None]]:
    message = POINTED.with_blocks([POINTED.blocks[i] for i in keep])
    pointed = [None if block.item is UNSET else message.items[block.item].kind for block in message.blocks]
    return [item.kind for item in message.items], pointed


@pytest.mark.parametrize(
    ("keep", "items", "pointed"),
    [
        ((0, 1, 2, 3, 4), ["a", "empty", "b", "c"], ["a", "b", "b", None, "c"]),
        ((0, 2, 4), ["a", "empty", "b", "c"], ["a", "b", "c"]),
        ((1, 2, 3, 4), ["empty", "b", "c"], ["b", "b", None, "c"]),
        ((0, 3, 4), ["a", "empty", "c"], ["a", None, "c"]),
        ((4, 0), ["a", "empty", "c"], ["c", "a"]),
        ((), ["empty"], []),
    ],
)
def test_an_item_goes_with_its_last_block(keep: tuple[int, ...], items: list[str], pointed: list[str | None]) -> None:
    assert left(*keep) == (items, pointed)


def test_a_new_block_may_stand_in_an_item_that_was_empty() -> None:
    message = POINTED.with_blocks([Text(text="new", item=1)])

    assert [item.kind for item in message.items] == ["empty"]
    assert message.blocks[0].item == 0


@slow
@given(kts.messages())
def test_leaving_all_blocks_in_place_changes_nothing(message: Message) -> None:
    assert message.with_blocks(message.blocks) == message


# What is shown


def test_what_is_shown_is_short_and_hides_seals() -> None:
    seal = "EqRk" * 300
    message = Message.assistant(Thinking.of("the plan", signature=seal), Text.of("x" * 5000))

    shown = repr(message)

    assert seal not in shown
    assert "the plan" in shown
    assert len(shown) < 400


def test_what_is_absent_or_default_is_not_shown() -> None:
    assert repr(Text.of("a")) == "Text(text='a')"
    assert repr(Message.user("a")) == "Message(role='user', blocks=(Text(text='a'),))"
    assert repr(Segment(text=None)) == "Segment(text=None)"
    assert repr(Field(name="reasoning")) == "Field(name='reasoning')"


def test_what_a_later_version_wrote_is_shown() -> None:
    assert "later" in repr(Text(text="a", extras=Extras(b'{"later":1}')))
    assert "container" in repr(Opaque(dialect="d", kind="container", body=Json(b"{}")))


@slow
@given(kts.responses())
def test_anything_can_be_shown(response: Response) -> None:
    assert repr(response).startswith("Response(")


def test_msgspec_can_read_a_value_from_parts() -> None:
    # What tools that know msgspec do with a value; the format itself is in test_codec.
    text = msgspec.convert({"type": "text", "text": "a"}, Text)

    assert text == Text.of("a")
    assert msgspec.to_builtins(text) == {"type": "text", "text": "a"}
