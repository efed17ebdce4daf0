"""Answers beside the loop in the form that is asked for, as the clients of the vendors ask for it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Json, Message, Text
from keepthinking_conformance.provider import Script, reply
from keepthinking_conformance.provider._forms import filled
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS
from tests.conformance.provider_client import ask

pytestmark = pytest.mark.extras

RUN = "forms"
SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "score": {"type": "integer", "minimum": 1, "maximum": 100}},
    "required": ["reason", "score"],
    "additionalProperties": False,
}
ASKED: dict[str, dict[str, Any]] = {
    "deepseek": {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}},
    "openai": {"text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}}},
    "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    "google-gemini": {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}},
    "ollama-native": {"format": SCHEMA},
}
ANY: dict[str, dict[str, Any]] = {
    "deepseek": {"response_format": {"type": "json_object"}},
    "openai": {"text": {"format": {"type": "json_object"}}},
    "google-gemini": {"generationConfig": {"responseMimeType": "application/json"}},
    "ollama-native": {"format": "json"},
}
WORDS: dict[str, dict[str, Any]] = {
    "deepseek": {"response_format": {"type": "text"}},
    "openai": {"text": {"format": {"type": "text"}, "verbosity": "low"}},
    "anthropic": {"output_config": {"effort": "low"}},
    "google-gemini": {"generationConfig": {"responseMimeType": "text/plain"}},
    "ollama-native": {"format": None},
}


def beside(profile: str, params: dict[str, Any], words: str = "Rate this chat; no title.") -> str:
    """Ask for what is none of the loop, and give what is answered."""
    script = Script(SCENARIOS["loop"], PROVIDERS[profile], token=RUN)
    request = ask(script, [Message.user(words)])
    request = replace(
        request,
        params={**request.params, **{name: Json.of(value) for name, value in params.items()}},
        conversation=replace(request.conversation, tools=UNSET),
    )
    (said,) = reply(request, script).message.blocks
    assert isinstance(said, Text)
    return said.text


@pytest.mark.parametrize("profile", ASKED)
def test_what_stands_beside_the_loop_is_said_by_the_schema_that_is_asked_for(profile: str) -> None:
    jsonschema.validate(json.loads(beside(profile, ASKED[profile])), SCHEMA)


@pytest.mark.parametrize("profile", ANY)
def test_any_json_is_said_where_any_is_asked_for(profile: str) -> None:
    assert list(json.loads(beside(profile, ANY[profile]))) == ["text"]


@pytest.mark.parametrize("profile", WORDS)
def test_words_are_said_where_no_form_is_asked_for(profile: str) -> None:
    assert not beside(profile, WORDS[profile]).startswith("{")


SCHEMAS: list[dict[str, Any]] = [
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
    {"enum": ["user", "model"]},
    {"anyOf": [{"type": "null"}, {"type": "string"}]},
    {"type": ["number", "null"], "exclusiveMinimum": 4},
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"const": 3}}, "required": ["a"]},
    {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}, "b": {"default": "c"}}},
    {"type": "object"},
    {"type": "number", "maximum": -2},
    {"type": "string"},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_what_is_said_is_what_the_schema_takes(schema: dict[str, Any]) -> None:
    jsonschema.validate(json.loads(filled(schema, "The words that are said.")), schema)


def test_the_first_text_is_what_is_said_and_types_may_be_in_capitals() -> None:
    schema = {
        "type": "OBJECT",
        "properties": {"n": {"type": "INTEGER"}, "a": {"type": "STRING"}, "b": {"type": "STRING"}},
    }

    assert json.loads(filled(schema, "words")) == {"n": 1, "a": "words", "b": "none"}


def test_a_schema_that_holds_itself_ends() -> None:
    schema = {"properties": {"more": {"$ref": "#"}}}

    assert json.loads(filled(schema, "words"))["more"]["more"]
