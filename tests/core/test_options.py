"""What frameworks ask of a call in OpenAI's words, as each dialect says it."""

from __future__ import annotations

from typing import Any

import pytest

import keepthinking as kt
from keepthinking.options import Counts, counts_of, layered, params, tools_of

DIALECTS = ["openai-chat", "openai-responses", "anthropic-messages", "gemini"]
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


def test_a_later_layer_stands_in_its_own_place() -> None:
    assert list(layered({"a": 1, "b": 2}, {"a": 3}).items()) == [("b", 2), ("a", 3)]
