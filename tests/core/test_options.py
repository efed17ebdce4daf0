"""What frameworks ask of a call in OpenAI's words, as each dialect says it."""

from __future__ import annotations

from typing import Any

import pytest

import keepthinking as kt
from keepthinking.options import Counts, counts_of, layered, params, tools_of

DIALECTS = ["openai-chat", "openai-responses", "anthropic-messages", "gemini", "ollama"]
FUNCTION = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}


def said(dialect: str, **options: Any) -> dict[str, Any]:
    return {name: value.value for name, value in params(dialect, options).items()}


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("openai-chat", {"max_tokens": 9, "stop": ["x"], "tool_choice": "required"}),
        ("openai-responses", {"max_output_tokens": 9, "stop": ["x"], "tool_choice": "required"}),
        ("anthropic-messages", {"max_tokens": 9, "stop_sequences": ["x"], "tool_choice": {"type": "any"}}),
        (
            "gemini",
            {
                "generationConfig": {"maxOutputTokens": 9, "stopSequences": ["x"]},
                "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
            },
        ),
        ("ollama", {"options": {"num_predict": 9, "stop": ["x"]}, "tool_choice": "required"}),
    ],
)
def test_an_option_has_the_name_that_the_dialect_gives_it(dialect: str, expected: object) -> None:
    assert said(dialect, max_tokens=9, stop=["x"], tool_choice="any", temperature=None) == expected


def test_what_no_table_names_goes_out_as_the_caller_wrote_it() -> None:
    assert said("openai-chat", top_k=3, thinking={"type": "enabled"}) == {"top_k": 3, "thinking": {"type": "enabled"}}
    assert said("anthropic-messages", parallel_tool_calls=False) == {
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}
    }


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_function_of_openais_shape_is_a_tool_of_every_dialect(dialect: str) -> None:
    (tool,) = tools_of([FUNCTION], kt.dialect(dialect))

    assert tool.name == "look_up"
    assert isinstance(tool.parameters, kt.Json)
    assert tool.parameters.value == {"type": "object"}


@pytest.mark.parametrize(
    ("dialect", "usage", "expected"),
    [
        ("openai-chat", {"prompt_tokens": 7, "completion_tokens": 3}, Counts(7, 3)),
        ("anthropic-messages", {"input_tokens": 7, "cache_read_input_tokens": 2, "output_tokens": 3}, Counts(9, 3, 2)),
        (
            "gemini",
            {"promptTokenCount": 7, "candidatesTokenCount": 3, "thoughtsTokenCount": 4},
            Counts(7, 7, reasoning=4),
        ),
        ("openai-chat", {"cost": 1}, None),
        ("openai-chat", None, None),
    ],
)
def test_tokens_are_counted_where_the_dialect_counts_them(dialect: str, usage: Any, expected: Counts | None) -> None:
    held = kt.UNSET if usage is None else kt.Json.of(usage)
    answer = kt.Response(messages=(), usage=held, origin=kt.Origin(provider="x", dialect=dialect))

    assert counts_of(answer) == expected


def test_counts_may_stand_beside_the_answer() -> None:
    body = {"message": {"role": "assistant", "content": "a"}, "done": True}

    counted = kt.dialect("ollama").decode_response({**body, "prompt_eval_count": 7, "eval_count": 3})
    assert counts_of(counted) == Counts(7, 3)
    assert counts_of(kt.dialect("ollama").decode_response(body)) is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"type": "json_object"}, {"format": "json"}),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
            {"format": {"type": "object"}},
        ),
    ],
)
def test_ollama_takes_the_schema_of_an_answer_as_it_is(asked: object, expected: object) -> None:
    assert said("ollama", response_format=asked, parallel_tool_calls=True) == expected


def test_claude_is_told_that_objects_have_no_other_members() -> None:
    part = {"type": "object", "properties": {"default": {"type": "object"}, "type": {"const": {"type": "object"}}}}
    schema = {
        "type": "object",
        "properties": {
            "part": {"$ref": "#/$defs/Part"},
            "maybe": {"anyOf": [{"type": ["object", "null"]}, {"type": "null"}], "default": {"type": "object"}},
            "open": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
        "$defs": {"Part": part},
    }
    asked = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}

    written = said("anthropic-messages", response_format=asked)["output_config"]["format"]["schema"]

    closed = {"additionalProperties": False}
    inner = {"default": {"type": "object", **closed}, "type": {"const": {"type": "object"}}}
    assert written == {
        "type": "object",
        "properties": {
            "part": {"$ref": "#/$defs/Part"},
            "maybe": {
                "anyOf": [{"type": ["object", "null"], **closed}, {"type": "null"}],
                "default": {"type": "object"},
            },
            "open": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
        "$defs": {"Part": {"type": "object", "properties": inner, **closed}},
        **closed,
    }
    assert schema["$defs"] == {"Part": part}
    assert "additionalProperties" not in schema  # the caller's is left alone


def test_a_later_layer_stands_in_its_own_place() -> None:
    assert list(layered({"a": 1, "b": 2}, {"a": 3}).items()) == [("b", 2), ("a", 3)]
