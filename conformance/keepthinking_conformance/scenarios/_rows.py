"""The scenarios, one row each, and the tools that they call."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keepthinking_conformance.scenarios._types import Call, Say, Scenario, StepScript, Think, ToolScript, TurnScript

_TOOLS = (
    ToolScript(
        name="look_up",
        description="Look something up in the archive.",
        parameters='{"type": "object", "properties": {"key": {"type": "string", "description": "What to look for."}}, '
        '"required": ["key"]}',
    ),
    ToolScript(
        name="read_note",
        description="Read one note of the archive.",
        parameters='{"type": "object", "properties": {"key": {"type": "string", "description": "Which note."}}, '
        '"required": ["key"]}',
    ),
    ToolScript(
        name="measure",
        description="Measure something.",
        parameters='{"type": "object", "properties": {"key": {"type": "string", "description": "What to measure."}, '
        '"e": {"type": "string"}, "x": {"type": "number"}, "esc": {"type": "string"}, "b": {"type": "number"}, '
        '"a": {"type": "number"}}, "required": ["key"]}',
    ),
)

TOOLS: Final[Mapping[str, ToolScript]] = MappingProxyType({tool.name: tool for tool in _TOOLS})
"""The tools by name."""

_LOOK = Call(tool="look_up")
_READ = Call(tool="read_note")
_ONE = StepScript((Think(), _LOOK))
_OTHER = StepScript((Think(), _READ))
_ANSWER = StepScript((Think(), Say()))
_TURN = TurnScript((_ONE, _OTHER, _ANSWER))
_MESSAGES = frozenset({"anthropic-messages"})
_OPAQUE = frozenset({"anthropic-messages", "openai-responses"})

_ROWS = (
    Scenario(id="single", title="A thought and an answer, then another question", turns=(TurnScript((_ANSWER,)),) * 2),
    Scenario(id="loop", title="Four steps of one call", turns=(TurnScript((_ONE, _OTHER, _ONE, _OTHER, _ANSWER)),)),
    Scenario(
        id="parallel",
        title="Several calls in one step",
        turns=(TurnScript((StepScript((Think(), _LOOK, _READ)), StepScript((Think(), _LOOK, _LOOK, _READ)), _ANSWER)),),
        needs=frozenset({"parallel"}),
    ),
    Scenario(
        id="interleaved",
        title="Several thoughts in one answer, with words between",
        turns=(
            TurnScript(
                (
                    StepScript((Think(), Say(), Think(), _LOOK, _READ)),
                    StepScript((Think(), Think(), Say(), _LOOK)),
                    _ANSWER,
                )
            ),
        ),
        needs=frozenset({"parallel"}),
    ),
    Scenario(
        id="redacted",
        title="Thoughts that come as opaque data",
        turns=(
            TurnScript(
                (
                    StepScript((Think(kind="redacted"), _LOOK)),
                    StepScript((Think(), Think(kind="redacted"), _READ)),
                    _ANSWER,
                )
            ),
        ),
        dialects=_OPAQUE,
    ),
    Scenario(
        id="empty-sealed",
        title="Thoughts without words that carry a signature",
        turns=(
            TurnScript(
                (
                    StepScript((Think(kind="empty-sealed"), _LOOK)),
                    StepScript((Think(kind="empty-sealed"), Say(), _READ)),
                    _ANSWER,
                )
            ),
        ),
        dialects=_MESSAGES,
    ),
    Scenario(
        id="odd-arguments",
        title="Arguments whose spelling counts",
        turns=(
            TurnScript(
                (
                    StepScript(
                        (
                            Think(),
                            Call(
                                tool="measure",
                                arguments='{"key":"$key", "e":"\\u00e9","x":1e2,"esc":"\\/"}',
                            ),
                        )
                    ),
                    StepScript((Think(), Call(tool="measure", arguments='{ "b": 2.50,  "a": 1.0, "key" : "$key" }'))),
                    _ANSWER,
                )
            ),
        ),
    ),
    Scenario(
        id="tool-error",
        title="A tool that fails",
        turns=(TurnScript((StepScript((Think(), Call(tool="look_up", outcome="error"))), _OTHER, _ANSWER)),),
    ),
    Scenario(id="second-turn", title="A second question after a loop", turns=(_TURN, _TURN)),
    Scenario(
        id="resume",
        title="Saved, and loaded in a fresh session before the second question",
        turns=(_TURN, TurnScript(_TURN.steps, before="resume")),
        needs=frozenset({"save"}),
    ),
)

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType({row.id: row for row in _ROWS})
"""The scenarios by id."""
