"""What a scaffold changes in a step that carries a record: words stand, thinking is reported and never made up."""

import base64
import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from PIL import Image
from smolagents.memory import ActionStep, MemoryStep, PlanningStep, SystemPromptStep, TaskStep, ToolCall
from smolagents.models import ChatMessage, MessageRole
from smolagents.monitoring import Timing

from keepthinking import (
    Converted,
    DecodeError,
    Json,
    Message,
    Opaque,
    Origin,
    Seal,
    Text,
    Thinking,
    ToolResult,
    dumps,
)
from keepthinking import ToolCall as Call
from keepthinking_adapters.smolagents import dump, from_chat, from_native, to_native
from keepthinking_adapters.smolagents._chat import Reader
from keepthinking_adapters.smolagents._keep import carry_on, keep_step
from keepthinking_adapters.smolagents._steps import KeptStep
from keepthinking_adapters.smolagents._text import KeptText

pytestmark = pytest.mark.extras

ORIGIN = Origin(dialect="anthropic-messages", provider="anthropic", model="claude-opus-4-5")
SECRET = "4111-1111"  # noqa: S105 - no password, but a word that someone may take out
CALL = Call(id="c1", name="f", arguments='{"card":"4111-1111",  "n":1e2}', kind="object")
OTHER = Call(id="c2", name="f", arguments='{"card":"4222"}', kind="object")
MESSAGE = Message(
    role="assistant",
    origin=ORIGIN,
    blocks=(
        Thinking.of("plan", signature="sig"),
        Thinking(seals=(Seal(slot="data", wire="redacted"),)),
        Text(text=f"card {SECRET}", seals=(Seal(slot="thoughtSignature", wire="own"),)),
        CALL,
        Text(text=" done"),
    ),
)
RESULTS = (
    Message(role="tool", blocks=(ToolResult.of(f"owner of {SECRET}", call_id="c1"),)),
    Message(role="tool", blocks=(ToolResult.of("nobody", call_id="c2"),)),
)


def native(*more: Message, message: Message = MESSAGE) -> ActionStep:
    (step,) = to_native([message, *more]).value
    assert isinstance(step, ActionStep)
    return step


def called() -> ActionStep:
    """Give a step of two calls and their results."""
    return native(*RESULTS, message=MESSAGE.replace(blocks=(*MESSAGE.blocks, OTHER)))


def said(step: ActionStep) -> ChatMessage:
    assert step.model_output_message is not None
    return step.model_output_message


def read(step: MemoryStep, **options: Any) -> Converted[tuple[Message, ...]]:
    return from_native([step], **options)


def blocks(step: MemoryStep, at: int = 0, **options: Any) -> tuple[object, ...]:
    return read(step, **options).value[at].blocks


def bare(step: MemoryStep) -> list[Message]:
    return [one.replace(native=UNSET) for one in read(step).value]


def checks(step: MemoryStep) -> list[tuple[str, str, str]]:
    return [(found.check, found.status, found.fate) for found in read(step).findings]


def told(step: MemoryStep) -> Converted[tuple[Message, ...]]:
    """Read what a model is told of a step."""
    return from_chat(step.to_messages())


def asked(step: ActionStep, arguments: Any, at: int = 0) -> None:
    """Change arguments in both places in which a step has them."""
    assert said(step).tool_calls
    assert step.tool_calls
    said(step).tool_calls[at].function.arguments = arguments  # type: ignore[index] # there are some
    step.tool_calls[at].arguments = arguments


def records_of(step: ActionStep) -> str:
    return str(said(step).raw["keepthinking"])  # type: ignore[index] # ours


def test_the_record_repeats_no_visible_word() -> None:
    result = Message(role="tool", blocks=(ToolResult.of(f"owner of {SECRET}", call_id="c2"),))
    held = records_of(native(result, message=MESSAGE.replace(blocks=(*MESSAGE.blocks[:3], OTHER))))

    for word in (SECRET, "owner"):
        assert word not in held
    kept = to_native([Message(role="user", author="harness", blocks=(Text(text=SECRET),))]).value[0]
    assert isinstance(kept, KeptStep)
    assert SECRET not in kept.payload


def test_a_result_in_parts_is_not_repeated() -> None:
    parts = Message(role="tool", blocks=(ToolResult(call_id="c1", content=(Text(text=SECRET), Text(text="b"))),))
    step = native(parts)

    assert step.observations == f"{SECRET}\nb"
    assert read(step).value == (MESSAGE, parts)
    step.observations = "[cleared]"
    assert SECRET not in records_of(native(parts, message=MESSAGE.replace(blocks=(OTHER,))))
    (result,) = blocks(step, 1)
    assert isinstance(result, ToolResult)
    assert SECRET not in str(result.content)


@pytest.mark.parametrize("edit", ["[REDACTED]", "", "card 4*** done"])
def test_an_edited_text_stands_and_all_else_stays(edit: str) -> None:
    step = native()
    step.model_output = edit

    found = blocks(step)

    assert "".join(block.text for block in found if isinstance(block, Text)) == edit
    assert [block for block in found if not isinstance(block, Text)] == [*MESSAGE.blocks[:2], CALL]
    assert {check for check, _, _ in checks(step)} <= {"text.unaltered", "text.kept"}
    carry_on(step)
    assert step.model_output == edit
    assert told(step).value[0].blocks == found
    assert told(step).findings


def test_an_edit_inside_one_text_leaves_the_other_as_it_was() -> None:
    step = native()
    step.model_output = "card [REDACTED] done"

    assert blocks(step) == (*MESSAGE.blocks[:2], Text(text="card [REDACTED]"), *MESSAGE.blocks[3:])
    assert checks(step) == [("text.unaltered", "warn", "altered")]


def test_a_text_that_was_edited_is_in_no_step_that_is_written_again() -> None:
    step = native(message=MESSAGE.replace(blocks=MESSAGE.blocks[:3]))
    step.model_output = "card [REDACTED]"

    again = to_native(bare(step)).value

    assert SECRET not in dump(again).decode()


FIELDS = Json.of({"refusal": None, "logprobs": {"content": [{"token": SECRET}]}, "annotations": []})


def test_fields_that_may_hold_an_edited_word_go_with_it() -> None:
    cited = Text(text=f"card {SECRET}", fields=Json.of({"citations": [{"cited_text": SECRET}]}))
    step = native(message=Message(role="assistant", blocks=(cited,), fields=FIELDS))
    assert read(step).value[0].fields == FIELDS
    step.model_output = "card [REDACTED]"

    (message,) = read(step).value

    assert message.fields == Json.of({"refusal": None, "annotations": []})
    assert message.blocks[0].fields == UNSET
    assert SECRET not in repr(dumps(message.replace(native=UNSET)))


@pytest.mark.parametrize("arguments", [{}, "{}"])
def test_cleared_arguments_stay_cleared(arguments: Any) -> None:
    step = native()
    asked(step, arguments)

    assert blocks(step) == (
        *MESSAGE.blocks[:3],
        Call(id="c1", name="f", arguments="{}", kind="object"),
        MESSAGE.blocks[4],
    )
    assert checks(step) == [("arguments.equal", "warn", "altered")]
    assert told(step).value[0].blocks == blocks(step)


@pytest.mark.parametrize("where", ["what was said", "what was run"])
def test_arguments_that_were_cleared_in_one_place_are_cleared(where: str) -> None:
    step = native()
    if where == "what was said":
        said(step).tool_calls[0].function.arguments = {}  # type: ignore[index] # there is one
    else:
        step.tool_calls[0].arguments = {}  # type: ignore[index] # there is one

    (found,) = [block for block in blocks(step) if isinstance(block, Call)]
    assert found.arguments == "{}"
    assert checks(step) == [("arguments.equal", "warn", "altered")]


def test_arguments_that_were_cleared_are_in_the_record_until_the_step_is_written_again() -> None:
    """Of a step whose tool failed a stock agent tells the model no call, so the record alone has them there."""
    step = native()
    asked(step, {"card": "[cleared]"})
    assert SECRET in records_of(step)
    step.model_output = "done"

    again = to_native(bare(step)).value

    assert SECRET not in dump(again).decode()
    assert "[cleared]" in dump(again).decode()


def test_arguments_in_another_order_of_keys_are_the_ones_that_were_sent() -> None:
    step = native()
    asked(step, {"n": 100.0, "card": SECRET})

    assert checks(step) == []
    assert json.loads(blocks(step)[3].arguments) == json.loads(CALL.arguments)  # type: ignore[attr-defined] # a call


def test_arguments_that_somebody_wrote_anew_are_the_ones_that_were_sent() -> None:
    step = native()
    asked(step, json.dumps(json.loads(CALL.arguments)))

    assert checks(step) == []
    assert blocks(step)[3] == CALL


def test_a_call_that_was_taken_out_stays_out_and_the_other_is_told() -> None:
    step = called()
    del said(step).tool_calls[0]  # type: ignore[union-attr] # there are two
    del step.tool_calls[0]  # type: ignore[union-attr] # there are two

    assert blocks(step) == (*MESSAGE.blocks[:3], MESSAGE.blocks[4], OTHER)
    assert checks(step) == [("call.kept", "warn", "dropped")]


def test_a_call_that_was_added_stands() -> None:
    step = native()
    assert step.tool_calls is not None
    step.tool_calls.append(ToolCall(name="g", arguments={}, id="c9"))

    assert blocks(step) == (*MESSAGE.blocks, Call(id="c9", name="g", arguments="{}", kind="object"))
    assert checks(step) == [("call.not-invented", "warn", "invented")]


def test_calls_that_smolagents_sorts_are_in_the_order_of_the_model() -> None:
    turned = MESSAGE.replace(blocks=(OTHER, *MESSAGE.blocks))
    step = native(message=turned)

    assert [call.id for call in step.tool_calls or ()] == ["c1", "c2"]
    assert blocks(step) == turned.blocks
    assert told(step).value[0].blocks == turned.blocks


@pytest.mark.parametrize("words", ["[cleared]", "", "two\nlines"])
def test_a_cleared_result_stays_cleared(words: str) -> None:
    step = native(RESULTS[0])
    step.observations = words

    assert blocks(step, 1) == (ToolResult.of(words, call_id="c1"),)
    assert [one.check for one in read(step).findings] == ["result.unaltered"]


def test_of_two_results_the_cleared_one_is_cleared_and_the_other_keeps_its_place() -> None:
    step = called()
    step.observations = "[cleared]\nnobody"

    assert blocks(step, 1) == (ToolResult.of("[cleared]", call_id="c1"),)
    assert blocks(step, 2) == RESULTS[1].blocks
    assert list(told(step).value) == bare(step)


def test_results_that_were_taken_out_are_not_made_up() -> None:
    step = called()
    step.observations = None

    found = [block for message in read(step).value for block in message.blocks if isinstance(block, ToolResult)]

    assert not any(block.content for block in found)
    assert SECRET not in str(found)


def test_a_step_that_says_nothing_any_more_says_nothing() -> None:
    step = native()
    step.model_output = None
    step.model_output_message = None
    step.tool_calls = None

    assert not any(block for message in read(step).value for block in message.blocks)


def test_the_record_goes_with_the_answer_that_holds_it_and_nothing_tells() -> None:
    """Whoever writes a step anew from its words has taken the record out; nothing tells it from a stock one."""
    step = native()
    step.model_output = f"card {SECRET} done"
    step.model_output_message = None

    assert [type(block) for block in blocks(step)] == [Text, Call]
    assert checks(step) == []


def test_either_place_of_the_record_is_enough() -> None:
    for take in (take_raw, take_carriers):
        step = native(*RESULTS[:1])
        take(step)

        assert bare(step) == [MESSAGE, RESULTS[0]]
        assert checks(step) == []


def take_raw(step: ActionStep) -> None:
    said(step).raw = None


def take_carriers(step: ActionStep) -> None:
    said(step).content = str(said(step).content)
    step.model_output = str(step.model_output)


def test_where_the_two_disagree_the_raw_is_believed() -> None:
    other = to_native([MESSAGE.replace(blocks=(Thinking.of("other"), *MESSAGE.blocks[1:]))]).value[0]
    step = native()
    assert isinstance(other, ActionStep)
    step.model_output = other.model_output

    assert blocks(step) == MESSAGE.blocks


def test_after_an_edit_thinking_goes_where_that_is_asked() -> None:
    step = native()
    step.model_output = "card [REDACTED] done"

    found = read(step, on_edit="drop")

    assert [type(block) for block in found.value[0].blocks] == [Text, Call, Text]
    assert [one.check for one in found.findings] == ["text.unaltered", "thinking.kept.in-loop"]
    carry_on(step)
    assert Reader(on_edit="drop").read(step.to_messages()).value[0].blocks == found.value[0].blocks


def test_without_an_edit_thinking_stays_where_its_loss_is_asked() -> None:
    assert blocks(native(), on_edit="drop") == MESSAGE.blocks


def test_added_text_stands() -> None:
    step = native()
    step.model_output = f"{step.model_output} and more"

    assert "".join(b.text for b in blocks(step) if isinstance(b, Text)) == f"card {SECRET} done and more"
    assert [block for block in blocks(step) if not isinstance(block, Text)] == [*MESSAGE.blocks[:2], CALL]
    assert checks(step)


def planned() -> PlanningStep:
    answer = said(native(message=Message(role="assistant", blocks=(Thinking.of("plan"), Text(text=f"1. {SECRET}")))))
    step = PlanningStep([], answer, f"Here is the plan:\n```\n{answer.content}\n```", Timing(0.0))
    keep_step(step)
    return step


@pytest.mark.parametrize("frame", ["Here is the plan:\n```\n{}\n```", "{}"])
def test_a_plan_that_was_edited_stands(frame: str) -> None:
    step = planned()
    assert blocks(step) == (Thinking.of("plan"), Text(text=f"1. {SECRET}"))
    step.plan = frame.format("1. [REDACTED]")

    assert blocks(step) == (Thinking.of("plan"), Text(text="1. [REDACTED]"))
    assert checks(step) == [("text.unaltered", "warn", "altered")]
    carry_on(step)
    assert step.plan == frame.format("1. [REDACTED]")
    assert told(step).value[0].blocks == blocks(step)


def test_words_of_a_user_and_of_instructions_that_were_edited_stand() -> None:
    for role, kind in (("user", "task"), ("system", "system_prompt")):
        message = Message(role=role, blocks=(Text(text=SECRET), Text(text="more")))
        (step,) = to_native([message]).value
        text = "[REDACTED]"
        setattr(step, kind, text)

        assert "".join(b.text for b in blocks(step) if isinstance(b, Text)) == text
        assert SECRET not in dump(to_native(bare(step)).value).decode()


def test_a_message_of_another_role_is_not_what_the_model_said() -> None:
    held = said(native())
    held.role = MessageRole.SYSTEM

    found = from_chat([held])

    assert found.value[0] == Message.system(f"card {SECRET} done")
    assert [one.status for one in found.findings] == ["warn"]


def test_findings_hold_no_words() -> None:
    step = called()
    step.model_output = "card [REDACTED]"
    step.observations = "[cleared]"
    asked(step, {"card": "[gone]"})

    spoken = " ".join(one.what for one in read(step).findings)

    assert spoken
    assert not any(word in spoken for word in ("plan", SECRET, "REDACTED", "cleared", "gone", "nobody"))


def test_an_edited_step_is_read_the_same_way_after_it_was_written_again() -> None:
    step = called()
    step.model_output = "card [REDACTED]"
    step.observations = "[cleared]\nnobody"
    first = bare(step)

    assert [*from_native(to_native(first).value).value] == first


def test_a_step_taken_out_takes_its_calls_results_and_thinking_with_it() -> None:
    messages = [Message.user("a"), MESSAGE, RESULTS[0], Message.user("b"), Message.assistant(Text.of("c"))]
    steps = to_native(messages).value
    del steps[1]

    assert [*from_native(steps).value] == [messages[0], *messages[3:]]


BROKEN: list[Any] = ["", "{}", "[]", "null", "keepthinking:", "keepthinking:{}", 'keepthinking:{"records":[]}']
BROKEN += ['keepthinking:{"records":["x"]}', 'keepthinking:{"records":["{}"]}', "keepthinking:" + "[" * 9999, 1, ["x"]]


@pytest.mark.parametrize("record", BROKEN, ids=lambda record: repr(record)[:40])
def test_a_broken_record_is_an_error_that_says_where(record: Any) -> None:
    step = native()
    said(step).raw = {"keepthinking": record}

    with pytest.raises(DecodeError) as caught:
        from_native([TaskStep("a"), step])
    with pytest.raises(DecodeError) as caught_too:
        from_chat([ChatMessage(MessageRole.USER, "a"), said(step)])

    assert (caught.value.where, caught.value.culprit) == ("steps[1]", "framework")
    assert (caught_too.value.where, caught_too.value.culprit) == ("messages[1]", "framework")
    assert caught.value.hint


def replaced(text: str, at: int, new: str) -> str:
    return text[:at] + new + text[at + 1 :]


@settings(max_examples=300)
@given(data=st.data())
def test_a_record_that_was_damaged_anywhere_is_read_or_an_error_that_says_where(data: st.DataObject) -> None:
    step = called()
    held = records_of(step)
    at = data.draw(st.integers(0, len(held) - 1))
    new = data.draw(st.sampled_from(["", "0", "9", "-", "x", '"', "\\", "[", "]", "{", "}", ",", "null", "\ud83d"]))
    said(step).raw = {"keepthinking": replaced(held, at, new)}

    ways: list[Callable[[], Any]] = [lambda: read(step), lambda: from_chat([said(step), *step.to_messages()[1:]])]

    for reads in ways:
        try:
            assert reads().value
        except DecodeError as error:
            assert error.culprit == "framework"  # noqa: PT017 - whether one comes is what differs


def action(**held: Any) -> ActionStep:
    return ActionStep(**{"step_number": 1, "timing": Timing(0.0), **held})


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "text",
        {"task": "x"},
        Message.user("x"),
        ChatMessage(MessageRole.USER, "x"),
        MemoryStep(),
        TaskStep(task=None),  # type: ignore[arg-type] # the point of the test
        TaskStep("x", task_images=1),  # type: ignore[arg-type] # as above
        SystemPromptStep(system_prompt=1),  # type: ignore[arg-type] # as above
        PlanningStep([], "x", "x", Timing(0.0)),  # type: ignore[arg-type] # as above
        action(model_output=[{"type": "text", "text": "x"}]),
        action(model_output_message={"role": "assistant"}),
        action(observations=1),
        action(tool_calls=["x"]),
        action(tool_calls=1),
        action(observations_images=["x"]),
        TaskStep("x", task_images=["x"]),  # type: ignore[list-item] # as above
    ],
    ids=lambda junk: type(junk).__name__,
)
def test_what_is_no_step_is_an_error_that_says_where(junk: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        from_native([TaskStep("a"), junk])

    assert caught.value.where == "steps[1]"
    assert caught.value.culprit == "framework"


def chat(content: Any, role: Any = MessageRole.USER, **held: Any) -> ChatMessage:
    return ChatMessage(role, content, **held)


@pytest.mark.parametrize(
    "junk",
    [
        None,
        "text",
        {},
        {"role": "nobody", "content": "x"},
        chat("x", "nobody"),
        chat(1),
        chat(["x"]),
        chat([{"type": "image", "image": "x"}]),
        chat([{"type": "image_url", "image_url": {"url": "https://a.b/c"}}]),
        chat([{"type": "text"}]),
        chat("x", MessageRole.ASSISTANT, raw={"keepthinking": {}}),
    ],
    ids=lambda junk: repr(junk)[:60],
)
def test_what_is_no_chat_message_is_an_error_that_says_where(junk: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        from_chat([chat("a"), junk])

    assert caught.value.where == "messages[1]"
    assert caught.value.culprit == "framework"


PIXEL = BytesIO()
Image.new("RGB", (64, 64)).save(PIXEL, format="PNG")


def cut_off() -> Image.Image:
    """Give a picture whose file ends too early; Pillow finds out when it is looked at."""
    return Image.open(BytesIO(PIXEL.getvalue()[:60]))


@pytest.mark.parametrize(
    ("reads", "where"),
    [
        (lambda picture: from_native([TaskStep("a"), TaskStep("x", task_images=[picture])]), "steps[1]"),
        (lambda picture: from_chat(TaskStep("x", task_images=[picture]).to_messages()), "messages[0]"),
    ],
    ids=["steps", "messages"],
)
def test_a_picture_that_cannot_be_read_is_an_error_of_the_caller(reads: Callable[[Any], Any], where: str) -> None:
    with pytest.raises(DecodeError) as caught:
        reads(cut_off())

    assert (caught.value.where, caught.value.culprit) == (where, "caller")


def test_what_is_said_besides_stays_where_a_word_is_taken_out() -> None:
    secret = base64.b64encode(SECRET.encode()).decode()
    body = Opaque(dialect="anthropic-messages", kind="container_upload", body=Json.of({"file": secret}))
    (step,) = to_native([Message(role="user", blocks=(Text(text=SECRET), body))]).value
    assert isinstance(step, KeptStep)
    step.task = "[REDACTED]"

    assert blocks(step) == (Text(text="[REDACTED]"), body)


def test_a_text_that_carries_is_cut_like_any_other() -> None:
    text = native().model_output
    assert isinstance(text, KeptText)
    for made in (text[1:], text.replace(SECRET, "x"), text.upper(), f"{text}"):
        assert type(made) is str
