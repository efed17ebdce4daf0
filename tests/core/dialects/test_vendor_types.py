"""What we write is of the vendors' types: recorded, in its usual spelling, from every other dialect, and made by hand.

Rule 1: what a type refuses is in the table, with its reason, or the test fails; a row that nothing needs fails as well.
Rule 2: a body that was refused before we touched it is not ours: written again it may be refused for the same, no more.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec import UNSET
from msgspec.structs import fields, replace

from keepthinking import (
    Conversation,
    Json,
    Origin,
    Request,
    Response,
)
from keepthinking.convert import Converter, policy
from keepthinking.convert._translate import translate_request, translate_response
from tests.core.dialects.made import ANSWERS, ENDS, HISTORIES
from tests.core.dialects.vendor_types import Fault, Side, judge
from tests.core.dialects.wire import ALL, WHOLE, answer_of, leaves, recordings, with_leaf

pytestmark = pytest.mark.vendors
Counted = Callable[[str], None]
CHAT, RESPONSES, MESSAGES, GEMINI = "openai-chat", "openai-responses", "anthropic-messages", "gemini"
CONVERSE, MISTRAL, COHERE, OLLAMA = "bedrock-converse", "mistral", "cohere", "ollama"


class Known(NamedTuple):
    """Faults that a vendor's types find and that are no fault of ours.

    Attributes:
        side: `request` or `response`.
        path: Pattern of the whole path.
        kind: Pattern of the kind.
        why: The reason.
    """

    side: str
    path: str
    kind: str
    why: str

    def takes(self, side: str, fault: Fault) -> bool:
        return (
            side == self.side
            and bool(re.fullmatch(self.path, fault.path))
            and bool(re.fullmatch(self.kind, fault.kind))
        )


MISSING, EXTRA, WORD, TYPE = (
    "missing|missing required field",
    "extra_forbidden|unknown field",
    "literal_error",
    r"\w+_type",
)
OTHERS = "other providers speak the wire, too, with members, words and parts of their own; the SDK is for OpenAI"
NEWER = "the provider sends it, and this version of its SDK has no place for it"
OLDER = "a recording from before the member was there"

RECORDED: Mapping[str, tuple[Known, ...]] = {
    CHAT: (
        Known("request", r".*", EXTRA, OTHERS),
        Known("request", r"service_tier|reasoning_effort", WORD, OTHERS),
        Known("request", r"tools\[\]\.type", WORD, OTHERS),
        Known("request", r"tools\[\]\.function", MISSING, OTHERS),
        Known("request", r"messages\[\]\.content\[\]\.type", WORD, "OpenRouter's `video_url`"),
        Known("request", r"messages\[\]\.content\[\]\.text", MISSING, "the type that `video_url` is closest to has it"),
        Known("request", r"messages\[\]\.(name|tool_calls)", TYPE, "Hugging Face's client writes every member as null"),
        Known("request", r"tool_choice\.type", MISSING, "Hugging Face's client leaves it out"),
        Known("response", r".*", EXTRA, OTHERS),
        Known("response", r"service_tier|choices\[\]\.finish_reason", WORD, OTHERS),
        Known("response", r"choices\[\]\.message\.content", TYPE, "Mistral's list of chunks"),
        Known("response", r"choices\[\]\.message\.tool_calls\[\]\.function\.arguments", MISSING, "OpenRouter, once"),
    ),
    RESPONSES: (
        Known("request", r"input\[\]\.status", WORD, "pydantic-ai sent null"),
        Known("response", r".*", EXTRA, NEWER),
        Known("response", r"usage\.input_tokens_details\.cache_write_tokens", MISSING, OLDER),
        Known("response", r"status", WORD, "written by hand: `complete` is no status"),
        Known("response", r"tools|tool_choice", MISSING, "written by hand"),
        Known("response", r"output\[\]\.type", WORD, "`/responses/compact` repeats what the caller said"),
        Known("response", r"output\[\]\.action\.sources\[\]\.type", WORD, NEWER),
        Known("response", r"output\[\]\.action\.sources\[\]\.url", MISSING, "a source of that newer type has none"),
    ),
    MESSAGES: (Known("response", r"usage\.server_tool_use\.web_fetch_requests", MISSING, OLDER),),
    GEMINI: (Known("response", r"usageMetadata\.serviceTier", EXTRA, NEWER),),
    CONVERSE: (Known("response", r"usage\.(serverToolUsage|cache(Read|Write)InputTokenCount)", EXTRA, NEWER),),
    MISTRAL: (),
    COHERE: (),
}
"""What is refused in recorded bodies."""

SERVERS = "only the server that answers can state it"
ASKED = "it repeats what was asked, which an answer does not know"
COUNTED = "the wire it comes from does not count it"
UNENDED = "an answer that was cut, or goes on, has no reason to end"

CONVERTED: Mapping[str, tuple[Known, ...]] = {
    CHAT: (
        Known("request", r"messages\[\]\.reasoning_content", EXTRA, "thinking, of which OpenAI's chat knows nothing"),
        Known(
            "request",
            r"messages\[\]\.name",
            EXTRA,
            "Kimi K3 refuses a tool message without the tool's name (https://github.com/diegosouzapw/OmniRoute/pull/9005)",
        ),
        Known("request", r"messages\[\]\.content\[\]\.type", WORD, "images in results: OpenAI's are text alone"),
        Known("request", r"messages\[\]\.content\[\]\.text", MISSING, "as the row above"),
        Known("request", r"messages\[\]\.content\[\]\.(file|image_url)", EXTRA, "as the row above"),
        Known("request", r"messages\[\]\.content\[\]\.(audio|video)_url", EXTRA, "parts of vLLM and OpenRouter"),
        Known("response", r"choices\[\]\.message\.reasoning_content", EXTRA, "thinking, as above"),
        Known("response", r"created|model|id", MISSING, SERVERS),
        Known("response", r"choices\[\]\.finish_reason", MISSING, UNENDED),
    ),
    RESPONSES: (
        Known("request", r"input\[\]\.(id|status)", MISSING, "two texts of others are one message, without its id"),
        Known("response", r"created_at|model|id|output\[\]\.id", MISSING, SERVERS),
        Known("response", r"tools|tool_choice|parallel_tool_calls", MISSING, ASKED),
        Known("response", r"usage\.(in|out)put_tokens_details(\.cache_write_tokens)?", MISSING, COUNTED),
    ),
    MESSAGES: (
        Known("request", r"temperature|top_p|top_k", EXTRA, "earlier Claudes take it; the SDK had it before 2.0"),
        Known("response", r"model|id|usage", MISSING, SERVERS),
    ),
    GEMINI: (),
    CONVERSE: (
        Known("response", r"metrics|usage", MISSING, SERVERS),
        Known("response", r"stopReason", MISSING, UNENDED),
    ),
    MISTRAL: (
        Known("response", r"created|model|id|usage", MISSING, SERVERS),
        Known("response", r"choices\[\]\.finish_reason", MISSING, UNENDED),
    ),
    COHERE: (
        Known("request", r"k", "int_type", "a number goes as it was written, and 40.0 was"),
        Known("response", r"id", MISSING, SERVERS),
        Known("response", r"finish_reason", MISSING, UNENDED),
    ),
    OLLAMA: (
        Known(
            "request",
            r"tools\[\]\.function\.parameters\..*",
            EXTRA,
            "a schema is JSON Schema, of which the client's type knows a part",
        ),
        Known(
            "request",
            r"messages\[\]\.(tool_calls\[\]\.id|tool_call_id)",
            EXTRA,
            "Ollama's server has them, its client drops them",
        ),
        Known("response", r"message\.tool_calls\[\]\.id", EXTRA, "Ollama's server has them, its client drops them"),
    ),
}
"""What is refused in bodies that come from another dialect."""


class Found:
    """Faults as they are found, each with the row that explains it."""

    def __init__(self, rows: tuple[Known, ...]) -> None:
        self.rows = rows
        self.used: set[Known] = set()
        self.wrong: list[str] = []

    def take(self, name: str, side: str, faults: list[Fault]) -> None:
        for fault in faults:
            row = next((row for row in self.rows if row.takes(side, fault)), None)
            if row is None:
                self.wrong.append(f"{name}, {side}: {fault.path}: {fault.kind}")
            else:
                self.used.add(row)

    def done(self) -> None:
        assert not self.wrong, "\n".join(self.wrong[:20])
        assert [row for row in self.rows if row not in self.used] == [], "rows that nothing needs"


def erased(value: Any) -> Any:
    """Copy a value without any spelling: it is written in the dialect's usual way."""
    if isinstance(value, tuple):
        return tuple(map(erased, value))
    if not hasattr(value, "__struct_fields__"):
        return value
    found = {field.name: erased(getattr(value, field.name)) for field in fields(value)}
    return replace(value, **found | ({"spelling": UNSET} if "spelling" in found else {}))


# -- the judges judge --------------------------------------------------------------------------------------------------

SAID = {"role": "user", "content": "go"}
DEEP: Mapping[str, tuple[str, Any, list[Fault]]] = {
    CHAT: (
        "request",
        {"model": "m", "messages": [{**SAID, "content": [{"type": "text", "txt": "a"}]}], "n": "1"},
        [
            Fault("messages[].content[].text", "missing"),
            Fault("messages[].content[].txt", "extra_forbidden"),
            Fault("n", "int_type"),
        ],
    ),
    RESPONSES: (
        "request",
        {"model": "m", "input": [{"type": "reasoning", "id": "rs", "summary": [{"type": "summary", "text": "t"}]}]},
        [Fault("input[].summary[].type", "literal_error")],
    ),
    MESSAGES: (
        "request",
        {
            "model": "m",
            "max_tokens": 1,
            "messages": [{"role": "assistant", "content": [{"type": "thinking", "thinking": "t"}]}],
        },
        [Fault("messages[].content[].signature", "missing")],
    ),
    GEMINI: (
        "request",
        {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "?"}}]}], "odd": 1},
        [Fault("contents[].parts[].inlineData.data", "bytes_invalid_encoding"), Fault("odd", "extra_forbidden")],
    ),
    CONVERSE: (
        "request",
        {"messages": [{"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": "?"}}, "odd": 1}]}]},
        [
            Fault("messages[].content[].image.source.bytes", "no base64"),
            Fault("messages[].content[]", "more than one input"),
            Fault("messages[].content[].odd", "unknown field"),
        ],
    ),
    MISTRAL: (
        "request",
        {"model": "m", "messages": [{"role": "assistant", "content": [{"type": "thinking", "thinking": "t"}]}]},
        [Fault("messages[].content[].thinking", "list_type")],
    ),
    COHERE: (
        "request",
        {"model": "m", "messages": [{"role": "assistant", "tool_calls": [{"id": 7, "type": "function"}]}]},
        [Fault("messages[].tool_calls[].id", "string_type")],
    ),
    OLLAMA: (
        "request",
        {
            "model": "m",
            "messages": [{**SAID, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}], "odd": 1}],
        },
        [
            Fault("messages[].tool_calls[].function.arguments", "dict_type"),
            Fault("messages[].odd", "extra_forbidden"),
        ],
    ),
}
"""For each SDK a body that it sends without a word, with a fault deep inside, and what its types say of it."""


@pytest.mark.parametrize("id_", ALL)
def test_a_fault_deep_inside_is_found(id_: str) -> None:
    side, body, faults = DEEP[id_]
    found: Side = getattr(judge(id_), side)
    assert found(body) == faults


@pytest.mark.parametrize("id_", WHOLE)
def test_a_fault_anywhere_in_a_recorded_answer_is_found(id_: str, captures: Path) -> None:
    """Every member of a recorded answer that is a text is made a number, each alone."""
    judged = judge(id_).response
    recording = next(one for one in recordings(captures, id_) if answer_of(id_, one).outcome == "complete")
    body = json.loads(ALL[id_].encode_response(answer_of(id_, recording)).body)
    before, unseen, seen = judged(body), set(), 0
    for path, changed in _numbered(body):
        if judged(changed) == before:
            unseen.add(path)
        else:
            seen += 1
    assert seen > len(unseen), unseen


def _numbered(body: Any) -> Iterator[tuple[str, Any]]:
    for path, leaf in leaves(body):
        if isinstance(leaf, str):
            yield ".".join(map(str, path)), with_leaf(body, path, 7)


# -- bodies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", WHOLE)
def test_recorded_bodies_are_of_the_vendors_types_in_any_spelling(id_: str, captures: Path, counted: Counted) -> None:
    dialect, judged, found = ALL[id_], judge(id_), Found(RECORDED[id_])
    seen: Counter[str] = Counter()
    for recording in recordings(captures, id_):
        request = dialect.decode_request(recording.request)
        before = judged.request(recording.request)
        found.take(recording.name, "request", before)
        body = json.loads(dialect.encode_request(erased(request)).body)
        seen += Counter(requests=1, refused=any(not re.fullmatch(EXTRA, fault.kind) for fault in before))
        more = Counter(judged.request(body)) - Counter(before)
        found.wrong += [f"{recording.name}, request, erased: {path}: {kind}" for path, kind in more]
        response = answer_of(id_, recording)
        if response.outcome == "failed":
            continue  # an error is no answer, and has no type
        before = judged.response(json.loads(dialect.encode_response(response).body))
        found.take(recording.name, "response", before)
        body = json.loads(dialect.encode_response(erased(response)).body)
        seen += Counter(answers=1, rejected=any(not re.fullmatch(EXTRA, fault.kind) for fault in before))
        more = Counter(judged.response(body)) - Counter(before)
        found.wrong += [f"{recording.name}, response, erased: {path}: {kind}" for path, kind in more]
    counted(
        f"{id_}: {seen['requests']} requests and {seen['answers']} answers are of the vendor's types, members that it "
        f"does not know aside, but for {seen['refused']} and {seen['rejected']} that were not when they were recorded"
    )
    found.done()


STATED: Mapping[str, dict[str, Json]] = {MESSAGES: {"max_tokens": Json.of(1024)}}
"""Parameters that a wire demands and nobody but the caller can state."""


@pytest.mark.parametrize("to", ALL)
def test_what_comes_from_every_other_dialect_is_of_the_vendors_types(to: str, captures: Path, counted: Counted) -> None:
    judged, found = judge(to), Found(CONVERTED[to])
    seen: Counter[str] = Counter()
    for source in WHOLE:
        converter = Converter(policy(to, source=source))
        for recording in recordings(captures, source) if source != to else ():
            request = ALL[source].decode_request(recording.request)
            body = json.loads(translate_request(replace(request, model="m"), converter).body)
            stated = {name: value.value for name, value in STATED.get(to, {}).items()}
            found.take(recording.name, "request", judged.request(stated | body))
            response = answer_of(source, recording)
            seen["requests"] += 1
            if response.outcome != "failed":
                body = json.loads(translate_response(response, converter)[1].body)
                found.take(recording.name, "response", judged.response(body))
                seen["answers"] += 1
    counted(f"{to}: {seen['requests']} requests and {seen['answers']} answers of others are of the vendor's types")
    found.done()


# -- shapes written by hand --------------------------------------------------------------------------------------------


def _shapes(id_: str) -> Iterator[tuple[str, Any]]:
    """Give the bodies that the tests of a dialect have of shapes that no recording holds."""
    from tests.core.dialects import test_bedrock_shapes as bedrock
    from tests.core.dialects import test_chat_shapes as chat
    from tests.core.dialects import test_cohere_shapes as cohere
    from tests.core.dialects import test_gemini_shapes as gemini
    from tests.core.dialects import test_mistral_shapes as mistral
    from tests.core.dialects import test_ollama_shapes as ollama
    from tests.core.dialects import test_responses_shapes as responses

    match id_:
        case "bedrock-converse":
            yield from ((name, {"messages": [bedrock.message(wire)]}) for name, (wire, _) in bedrock.SHAPES.items())
        case "openai-chat":
            yield from ((shape.name, {"messages": [shape.body]}) for shape in chat.MESSAGES)
        case "cohere":
            yield from ((name, {"messages": [wire]}) for name, (wire, _) in cohere.SHAPES.items())
        case "gemini":
            yield from ((name, gemini.body(wire)) for name, (wire, _) in gemini.PARTS.items())
        case "mistral":
            yield from ((shape.name, mistral.body_of(shape.body)) for shape in mistral.SHAPES)
        case "ollama":
            yield from ((shape.name, ollama.body_of(shape.body)) for shape in ollama.SHAPES)
        case "openai-responses":
            yield from responses.BODIES.items()


ODD = {RESPONSES: {"answers of every shape"}}
"""Shapes that are of no type, however they are written: an item with an id and without a status."""


@pytest.mark.parametrize("id_", [id_ for id_ in ALL if id_ != MESSAGES])
def test_odd_shapes_are_no_odder_in_their_usual_spelling(id_: str, counted: Counted) -> None:
    dialect, judged, seen, wrong = ALL[id_], judge(id_), 0, list[str]()
    for name, body in _shapes(id_):
        if name in ODD.get(id_, ()):
            continue
        seen += 1
        request = erased(dialect.decode_request(body))
        again = json.loads(dialect.encode_request(request, on_loss="report").body)
        more = Counter(judged.request(again)) - Counter(judged.request(body))
        wrong += [f"{name}: {path}: {kind}" for path, kind in more]
    counted(f"{id_}: {seen} odd shapes are no odder in their usual spelling")
    assert seen
    assert not wrong, "\n".join(wrong)


# -- values made by hand -----------------------------------------------------------------------------------------------

UNMADE = "whoever makes a tool by hand says what it takes: nobody else knows it"

MADE: Mapping[str, tuple[Known, ...]] = {
    CHAT: (
        Known("request", r"messages\[\]\.reasoning_content", EXTRA, "thinking, of which OpenAI's chat knows nothing"),
        Known("response", r"choices\[\]\.message\.reasoning_content", EXTRA, "thinking, as above"),
        Known("response", r"created", MISSING, SERVERS),
    ),
    RESPONSES: (
        Known("request", r"input\[\]\.(id|status)", MISSING, "what nobody but the provider can state"),
        Known("request", r"tools\[\]\.(parameters|strict)", MISSING, UNMADE),
        Known("response", r"created_at|output\[\]\.id", MISSING, SERVERS),
        Known("response", r"tools|tool_choice|parallel_tool_calls", MISSING, ASKED),
    ),
    MESSAGES: (
        Known("request", r"messages\[\]\.content\[\]\.signature", MISSING, "MiniMax and DeepSeek take it without"),
        Known("request", r"tools\[\]\.input_schema", MISSING, UNMADE),
        Known("response", r"content\[\]\.signature", MISSING, "as above"),
        Known("response", r"usage", MISSING, SERVERS),
    ),
    GEMINI: (),
    CONVERSE: (
        Known("request", r"toolConfig\.tools\[\]\.toolSpec\.inputSchema", MISSING, UNMADE),
        Known("response", r"metrics|usage", MISSING, SERVERS),
    ),
    MISTRAL: (
        Known("request", r"tools\[\]\.function\.parameters", MISSING, UNMADE),
        Known("response", r"created|usage", MISSING, SERVERS),
    ),
    COHERE: (Known("request", r"tools\[\]\.function\.parameters", MISSING, UNMADE),),
    OLLAMA: (
        Known(
            "request",
            r"messages\[\]\.(tool_calls\[\]\.id|tool_call_id)",
            EXTRA,
            "Ollama's server has them, its client drops them",
        ),
        Known("response", r"message\.tool_calls\[\]\.id", EXTRA, "Ollama's server has them, its client drops them"),
    ),
}
"""What is refused in values made by hand."""


@pytest.mark.parametrize("id_", ALL)
def test_what_is_made_by_hand_is_of_the_vendors_types(id_: str) -> None:
    judged, found = judge(id_), Found(MADE[id_])
    stated = {name: value.value for name, value in STATED.get(id_, {}).items()}
    for name, (messages, tools) in HISTORIES.items():
        conversation = Conversation.of(*messages, tools=tools or UNSET)
        encoded = ALL[id_].encode_request(Request(conversation=conversation, model="m"), on_loss="report")
        found.take(name, "request", judged.request(stated | json.loads(encoded.body)))
    for name, message in ANSWERS.items():
        response = Response(
            messages=(message,), origin=Origin(model="m", response_id="r"), stop_reason=ENDS.get(id_, UNSET)
        )
        found.take(name, "response", judged.response(json.loads(ALL[id_].encode_response(response).body)))
    found.done()
