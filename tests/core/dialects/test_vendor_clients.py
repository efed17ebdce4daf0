"""Our streams, read by the vendors' own clients over real HTTP, sync and async, give the blocks that were written.

Bedrock's client has its tests with its streams (`test_bedrock_streams`), and so has Mistral's (`test_mistral_streams`).
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from keepthinking import Block, Message, Opaque, Origin, Response, Seal, Text, Thinking, ToolCall, ToolResult
from keepthinking.convert import Converter, policy
from keepthinking.convert._convert import convert_response
from tests.core.client.server import SSE, WIRES, Reply, serving
from tests.core.dialects.made import ANSWERS, ENDS
from tests.core.dialects.vendor_clients import CLIENTS, Held, read_all
from tests.core.dialects.wire import ALL, WHOLE, answer_of, read_stream, recordings

pytestmark = pytest.mark.vendors
Counted = Callable[[str], None]
CHAT, RESPONSES, MESSAGES, GEMINI = "openai-chat", "openai-responses", "anthropic-messages", "gemini"
EVERY = pytest.mark.parametrize("id_", CLIENTS)


class Case(NamedTuple):
    name: str
    response: Response


# -- what is said, without any of our own comparing --------------------------------------------------------------------


def said(response: Response) -> list[list[Any]]:
    """Give what an answer says, choice by choice and in order."""
    return [[_said(block) for block in message.blocks] for message in response.messages]


def _said(block: Block) -> tuple[Any, ...]:
    seals = [(seal.slot, _wire(seal)) for seal in block.seals]
    match block:
        case Text():
            return "text", block.text, seals
        case Thinking():
            return "thinking", [(segment.channel, segment.text) for segment in block.segments], seals
        case ToolCall():
            # the clients of Anthropic and Google parse arguments, so that their spelling is gone
            arguments = json.loads(block.arguments) if block.kind == "object" else block.arguments
            return "call", block.id, block.name, arguments, block.kind, block.server, seals
        case ToolResult():
            return "result", block.call_id, block.server, block.status
        case Opaque():
            return block.kind, block.body.value, seals
        case _:
            return (block,)


def _wire(seal: Seal) -> object:
    """Give a seal by its bytes where the wire's are bytes: Google's client spells base64 in another alphabet."""
    return base64.urlsafe_b64decode(seal.wire.translate(_URL_SAFE)) if seal.encoding == "base64" else seal.wire


_URL_SAFE = str.maketrans("+/", "-_")


def held(id_: str, found: Held) -> Response:
    """Read what a client holds."""
    if id_ != GEMINI:
        return ALL[id_].decode_response(found.body)
    raw = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in found.body)
    return read_stream(ALL[id_], raw).response


# -- streams -----------------------------------------------------------------------------------------------------------


def reply(response: Response, id_: str, seed: int) -> Reply:
    """Write a stream, cut into deltas by a seed, and into pieces of HTTP that know no frames."""
    random = Random(seed)
    raw = b"".join(ALL[id_].encode_stream(response, cuts=random if seed % 3 else None))
    ends = [0]
    while ends[-1] < len(raw):
        ends.append(ends[-1] + random.choice((7, 100, 1_000, 5_000)))
    return Reply([raw[start:end] for start, end in pairwise(ends)], headers=SSE)


def read(id_: str, cases: list[Case], played: list[Case]) -> Iterator[tuple[Case, Held]]:
    """Let the vendor's client read each answer twice: sync and async, in other pieces each time."""
    with serving() as server:
        plays = [
            [partial(server.play, reply(case.response, id_, seed)) for seed in (2 * n, 2 * n + 1)]
            for n, case in enumerate(played)
        ]
        one, other = read_all(id_, f"{server.root}{WIRES[id_].base}", plays)
        assert len(server.seen) == 2 * len(cases)
    for case, *both in zip(cases, one, other, strict=True):
        yield from ((case, found) for found in both)


class Differs(NamedTuple):
    """A way of a client of its own; what it reads otherwise, another client of the same wire need not.

    Attributes:
        of: Tells whether an answer is one that it reads otherwise.
        why: What it does.
    """

    of: Callable[[Response], bool]
    why: str


def numbered_twice(response: Response) -> bool:
    """Tell whether entries of `reasoning_details` share a number."""
    numbers = [item.fields.value.get("index") for message in response.messages for item in message.items if item.fields]
    return len(set(numbers)) < len(numbers)


DIFFERENCES: Mapping[str, tuple[Differs, ...]] = {
    CHAT: (
        Differs(
            numbered_twice,
            "openai 3.54.0 makes one entry of all that have a number, and OpenRouter gives a summary and its seal one",
        ),
    ),
    RESPONSES: (),
    MESSAGES: (),
    GEMINI: (),
}
"""Known ways of the clients, each with its reason; one that no answer shows fails."""


def check(id_: str, cases: list[Case], *, known: tuple[Differs, ...] = (), played: list[Case] | None = None) -> None:
    """Compare what a client holds with what was answered.

    Args:
        id_: The dialect.
        cases: What was answered.
        known: Known ways of the client.
        played: What the server says, where that is something else.
    """
    wrong: list[str] = []
    used: set[Differs] = set()
    for case, found in read(id_, cases, cases if played is None else played):
        ours, theirs = case.response, held(id_, found)
        row = next((row for row in known if row.of(ours)), None)
        if row is not None:
            used.add(row)
            continue
        if said(theirs) != said(ours):
            wrong.append(f"{case.name}: {said(theirs)!r:.300} is not {said(ours)!r:.300}")
        # an empty word for the end is none in openai's client
        if (theirs.outcome, theirs.stop_reason or None) != (ours.outcome, ours.stop_reason or None):
            wrong.append(f"{case.name}: ended as {theirs.stop_reason} and not {ours.stop_reason}")
        wrong += [f"{case.name}: {line}" for line in _on_the_way(id_, ours, found)]
    assert not wrong, "\n".join(wrong[:20])
    assert [row for row in known if row not in used] == []


def _on_the_way(id_: str, response: Response, found: Held) -> Iterator[str]:
    """Compare what a client showed while it read: pieces of one choice, and items as they were done."""
    if len(response.messages) == 1:
        message = response.message
        whole = {"text": message.text, "thinking": message.thinking, "arguments": _arguments(message)}
        for kind, text in found.shown.items():
            if text != whole[kind]:
                yield f"shown {kind} {text!r:.100} is not {whole[kind]!r:.100}"
    if found.items:
        told = ALL[id_].decode_response({"output": found.items})
        if said(told) != said(response):
            yield f"done {said(told)!r:.200} is not {said(response)!r:.200}"


def _arguments(message: Message) -> str:
    calls = (block for block in message.blocks if isinstance(block, ToolCall) and not block.server)
    return "".join(call.arguments for call in calls if call.kind == "json")


def is_streamed(response: Response) -> bool:
    """Tell whether an answer is one that a server would stream: an error is not."""
    return response.outcome != "failed" and response.http_status == 200


@EVERY
def test_the_vendors_client_reads_every_recorded_answer_as_the_same_blocks(
    id_: str, captures: Path, counted: Counted
) -> None:
    cases = [Case(one.name, answer_of(id_, one)) for one in recordings(captures, id_)]
    cases = [case for case in cases if is_streamed(case.response)]
    check(id_, cases, known=DIFFERENCES[id_])
    counted(f"{id_}: the vendor's own client read {len(cases)} streams twice, sync and async, as the same blocks")


STEP = 12
"""Every how many answers of others one is read: each costs two requests over HTTP."""


@EVERY
def test_the_vendors_client_reads_answers_of_others_as_the_same_blocks(
    id_: str, captures: Path, counted: Counted
) -> None:
    cases: list[Case] = []
    for source in WHOLE:
        converter = Converter(policy(id_, source=source))
        for recording in recordings(captures, source)[::STEP] if source != id_ else ():
            response = answer_of(source, recording)
            if is_streamed(response):
                cases.append(Case(recording.name, _as_read(id_, convert_response(response, converter)[0].value)))
    assert cases
    check(id_, cases)
    counted(f"{id_}: the vendor's own client read {len(cases)} answers of others as the same blocks")


@EVERY
def test_the_vendors_client_reads_answers_made_by_hand_as_the_same_blocks(id_: str) -> None:
    cases: list[Case] = []
    for name, message in ANSWERS.items():
        origin = Origin(model="m", response_id="r")
        response = Response(messages=(message,), origin=origin, stop_reason=ENDS.get(id_, "completed"))
        cases.append(Case(name, _as_read(id_, response)))
    check(id_, cases)


CALLED = ToolCall.of("f", {"a": 1}, id="call_1")
OTHERS: Mapping[str, tuple[Message, Message]] = {
    "a word": (Message.assistant(Text.of("a b")), Message.assistant(Text.of("a c"))),
    "white space": (Message.assistant(Text.of("a\n")), Message.assistant(Text.of("a"))),
    "a thought": (
        Message.assistant(Thinking.of("b", signature="s"), Text.of("a")),
        Message.assistant(Thinking.of("c", signature="s"), Text.of("a")),
    ),
    "no thought": (Message.assistant(Thinking.of("b"), Text.of("a")), Message.assistant(Text.of("a"))),
    "an id": (Message.assistant(CALLED), Message.assistant(ToolCall.of("f", {"a": 1}, id="call_2"))),
    "an argument": (Message.assistant(CALLED), Message.assistant(ToolCall.of("f", {"a": 2}, id="call_1"))),
    "the order": (
        Message.assistant(CALLED, ToolCall.of("g", {}, id="call_2")),
        Message.assistant(ToolCall.of("g", {}, id="call_2"), CALLED),
    ),
}
"""Two answers that differ in one thing."""


@EVERY
@pytest.mark.parametrize("what", OTHERS)
def test_what_a_client_would_read_otherwise_is_found(id_: str, what: str) -> None:
    ours, other = (
        Case(what, _as_read(id_, Response(messages=(message,), stop_reason=ENDS.get(id_, "completed"))))
        for message in OTHERS[what]
    )
    with pytest.raises(AssertionError, match=r" is not "):
        check(id_, [ours], played=[other])


def _as_read(id_: str, response: Response) -> Response:
    """Give an answer as whoever reads its body: what the wire cannot hold is told when it is written."""
    return ALL[id_].decode_response(ALL[id_].encode_response(response).body)
