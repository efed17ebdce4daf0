"""Memories written down and read again, here and in a process that has seen nothing of them."""

import json
import subprocess
import sys
from typing import Any

import pytest
from msgspec import UNSET
from PIL import Image
from smolagents import ToolCallingAgent
from smolagents.memory import ActionStep, AgentMemory, MemoryStep, TaskStep
from smolagents.models import ChatMessage, MessageRole
from smolagents.monitoring import Timing

from keepthinking import DecodeError, EncodeError, Media, Message, Text, Thinking, ToolCall, ToolResult
from keepthinking_adapters.smolagents import dump, from_native, load, load_memory, same_native, save_memory, to_native
from tests.adapters.golden import CASES
from tests.adapters.smolagents.operations import written_by_smolagents
from tests.adapters.smolagents.scripted import Scripted, quiet

pytestmark = pytest.mark.extras

MESSAGES = [
    Message.user("hello"),
    Message.assistant(
        Thinking.of('["plan"]', signature="s"), Text.of(" [1, 2.50] "), ToolCall.of("f", '{"a":  1e2}', id="c1")
    ),
    Message(role="tool", blocks=(ToolResult.of("r", call_id="c1"),)),
]


def action(**held: Any) -> ActionStep:
    return ActionStep(step_number=1, timing=Timing(0.0), **held)


def said(raw: Any) -> ActionStep:
    return action(model_output_message=ChatMessage(MessageRole.ASSISTANT, "x", raw=raw), model_output="x")


def test_what_was_dumped_is_loaded_as_it_was() -> None:
    natives = to_native(MESSAGES).value

    assert same_native(load(dump(natives)), natives)
    assert from_native(load(dump(natives))).value == from_native(natives).value


def test_a_memory_is_its_steps_behind_its_instructions() -> None:
    memory = AgentMemory("be brief")
    memory.steps = to_native(MESSAGES).value  # type: ignore[assignment] # smolagents itself puts any step there

    again = load(dump(memory))

    assert same_native(again, [memory.system_prompt, *memory.steps])


def test_a_dump_is_ascii_and_holds_half_an_emoji() -> None:
    natives: list[MemoryStep] = [TaskStep("\ud83d é")]

    assert dump(natives).isascii()
    assert same_native(load(dump(natives)), natives)


OTHER_PROCESS = """
import sys
from keepthinking import dumps
from keepthinking_adapters.smolagents import from_native, load

read = from_native(load(sys.stdin.buffer.read()))
assert (read.losses, read.findings) == ((), ())
sys.stdout.buffer.write(b"\\n".join(map(dumps, read.value)))
"""


def test_another_process_reads_every_message_byte_by_byte() -> None:
    from keepthinking import dumps

    messages = [message for case in CASES.values() for message in case] + MESSAGES
    data = dump(to_native(messages).value)

    done = subprocess.run([sys.executable, "-c", OTHER_PROCESS], input=data, capture_output=True, check=True)

    assert done.stdout.split(b"\n") == [dumps(message) for message in messages]


def test_a_file_loads_no_class_but_those_of_smolagents_and_its_clients() -> None:
    (step,) = load(dump([said({"a": 1})]))
    data = dump([step]).replace(b'"class": "ChatMessage"', b'"class": "subprocess:Popen"')

    assert b"Popen" in data
    with pytest.raises(DecodeError):
        from_native(load(data))


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"\xff", b"[1]", b"{}", b'"x"', b"null", b"1", b'[{"role": "x"}]', b'[{"step_number": 1}]'),
        b'{"format": "keepthinking-smolagents/1"}',
        b'{"format": "keepthinking-smolagents/9", "steps": []}',
        b'{"format": "keepthinking-smolagents/1", "steps": [{"$is": "nothing"}]}',
        b'{"format": "keepthinking-smolagents/1", "steps": [{"$is": "picture", "mode": "L", "size": [9], "v": "x"}]}',
        b'{"format": "keepthinking-smolagents/1", "steps": [{"$is": "data", "class": "TaskStep", "fields": 1}]}',
        nested(100_000),
        b'{"format": "keepthinking-smolagents/1", "steps": [' + nested(900) + b"]}",
    ],
    ids=lambda data: repr(data[:60]),
)
def test_what_is_no_dump_is_an_error_of_the_data(data: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        load(data)

    assert caught.value.culprit == "data"
    assert caught.value.where.startswith("$")


def test_a_dump_that_was_cut_off_anywhere_is_an_error_of_the_data() -> None:
    data = dump(to_native(MESSAGES).value)

    for length in range(len(data)):
        with pytest.raises(DecodeError) as caught:
            load(data[:length])
        assert caught.value.culprit == "data"


def test_an_error_says_which_step_it_is() -> None:
    held = json.loads(dump(to_native(MESSAGES).value))
    held["steps"][1] = {"$is": "nothing"}

    with pytest.raises(DecodeError, match=r"at \$\.steps\[1\] \(fault: data\)"):
        load(json.dumps(held).encode())


def test_an_agent_keeps_its_memory_where_what_it_is_given_is_none() -> None:
    agent = ToolCallingAgent(tools=[], model=Scripted([]), logger=quiet())
    agent.memory.steps[:] = [TaskStep("mine")]

    with pytest.raises(DecodeError):
        load_memory(agent, save_memory(agent)[:-1])

    assert same_native([*agent.memory.steps], [TaskStep("mine")])


def knotted() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize("value", [knotted(), {1: "a", None: knotted()}], ids=["a knot", "a knot in a dictionary"])
def test_a_history_that_could_not_be_loaded_is_not_dumped(value: object) -> None:
    with pytest.raises(EncodeError) as caught:
        dump([TaskStep("x"), action(action_output=value)])

    assert caught.value.where == "steps[1]"
    assert caught.value.culprit == "framework"


def test_what_a_tool_gave_that_json_has_no_room_for_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", logger="keepthinking.smolagents"):
        dump([action(action_output=object())])

    assert "steps[0].fields.action_output" in caplog.text or "steps[0].action_output" in caplog.text


def test_pictures_come_back_in_every_mode() -> None:
    for mode in (
        "1",
        "L",
        "LA",
        "P",
        "RGB",
        "RGBA",
        "CMYK",
        "I",
        "F",
        "HSV",
        "YCbCr",
        "LAB",
        "PA",
        "La",
        "RGBa",
        "I;16",
    ):
        natives: list[MemoryStep] = [TaskStep("x", task_images=[Image.new(mode, (3, 2))])]

        assert same_native(load(dump(natives)), natives), mode
        (block,) = [one for one in from_native(natives).value[0].blocks if isinstance(one, Media)]
        assert block.mime == "image/png"


def test_what_smolagents_itself_wrote_has_every_thought() -> None:
    passed = written_by_smolagents(to_native(MESSAGES).value)

    assert [message.replace(native=UNSET) for message in from_native(passed).value] == MESSAGES
