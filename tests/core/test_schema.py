"""The JSON Schema that is shipped: up to date, valid, and of one mind with the codec."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from keepthinking import _schema
from keepthinking._codec import dumps, loads
from keepthinking._errors import FormatError
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import (
    FORMAT,
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
    Value,
)
from keepthinking_conformance import strategies as kts

SCHEMA = json.loads(_schema.shipped())


def validator(name: str) -> Validator:
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})


CONVERSATION = Draft202012Validator(SCHEMA)

EVERYTHING = Conversation.of(
    Message(
        role="assistant",
        blocks=(
            Thinking(
                segments=(Segment(channel="summary", text="t", fields=Json(b"{}")),),
                places=(Field(name="reasoning"), Inline(open="<think>", close="</think>")),
                seals=(Seal(slot="signature", wire="w", encoding="base64", alternates=("v",)),),
                item=0,
            ),
            Text(text="x", fields=Json(b"{}"), spelling=Json(b"{}")),
            ToolCall.of("f", {"a": 1}, id="1"),
            Media(kind="image", mime="image/png", url="u", data="d", file_id="f", filename="n"),
            Opaque(dialect="openai-chat", kind="k", slot="s", body=Json(b"{}")),
            ToolResult(call_id="1", name="f", status="ok", content=(Text(text="r"),), server=True),
        ),
        items=(Item(kind="reasoning", id="i", phase="p", status="s", fields=Json(b"{}")),),
        carrier="input",
        author="human",
        name="n",
        origin=Origin(dialect="openai-chat", provider="p", model="m", response_id="r"),
        native=Json(b'{"langchain":{}}'),
    ),
    tools=(Tool(name="f", description="d", parameters=Json(b"{}"), kind="server"),),
)


def test_the_file_is_up_to_date() -> None:
    assert _schema.shipped() == _schema.render(), "run: python -m keepthinking._schema"


def test_it_is_a_valid_schema_with_an_id_of_its_own() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert SCHEMA["$id"].endswith(f":{_schema.VERSION}")
    assert FORMAT.endswith(f"/{_schema.VERSION.partition('.')[0]}")
    assert _schema.NAME.startswith(f"conversation-{_schema.VERSION.partition('.')[0]}.")


def test_every_object_and_every_member_says_what_it_is() -> None:
    silent = [name for name, part in SCHEMA["$defs"].items() if name != "Block" and not part["description"]]
    silent += [
        f"{name}.{key}"
        for name, part in SCHEMA["$defs"].items()
        for key, member in part.get("properties", {}).items()
        if key != "type" and not member.get("description")
    ]

    assert silent == []


@settings(suppress_health_check=list(HealthCheck))
@given(kts.conversations())
def test_what_is_written_is_valid(conversation: Conversation) -> None:
    CONVERSATION.validate(json.loads(dumps(conversation)))


@settings(suppress_health_check=list(HealthCheck), max_examples=40)
@given(kts.requests(), kts.responses())
def test_requests_and_responses_that_are_written_are_valid(request: Request, response: Response) -> None:
    validator("Request").validate(json.loads(dumps(request)))
    validator("Response").validate(json.loads(dumps(response)))


def test_everything_has_everything() -> None:
    # Or the next test would say nothing about what is missing here.
    written = dumps(EVERYTHING).decode()

    for part in ("Conversation", "Message", "Thinking", "Seal", "Segment", "Item", "Tool", "Media", "ToolResult"):
        for member in SCHEMA["$defs"][part]["properties"]:
            assert f'"{member}":' in written, f"{part}.{member}"


@pytest.mark.parametrize("new", [None, 7, "7", [], {}, True, [{}], ["7"], {"type": "later"}], ids=json.dumps)
def test_schema_and_codec_refuse_the_same(new: object) -> None:
    whole = json.loads(dumps(EVERYTHING))
    for path in paths(whole):
        changed = deepcopy(whole)
        place(changed, path[:-1])[path[-1]] = new

        assert CONVERSATION.is_valid(changed) == readable(changed), path


def test_schema_and_codec_miss_the_same() -> None:
    whole = json.loads(dumps(EVERYTHING))
    for path in paths(whole):
        changed = deepcopy(whole)
        del place(changed, path[:-1])[path[-1]]

        assert CONVERSATION.is_valid(changed) == readable(changed), path


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from paths(inner, (*path, key))


def place(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def readable(value: object, kind: type[Value] = Conversation) -> bool:
    try:
        loads(json.dumps(value), kind)
    except FormatError:
        return False
    return True
