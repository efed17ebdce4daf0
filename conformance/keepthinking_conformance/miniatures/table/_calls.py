"""Calls, their arguments and ids (D11, D13, D14)."""

from __future__ import annotations

from typing import Final

from keepthinking_conformance.miniatures.faults import calls
from keepthinking_conformance.miniatures.table._row import MUST, SHOULD, Miniature, Shown, group

ROWS: Final[tuple[Miniature, ...]] = (
    *group(
        "call.kept",
        calls.keeps_one_call,
        "parallel",
        "dropped",
        Shown("deepseek", MUST, 3, "2 $.messages[2]", "1 $.choices[0].message.tool_calls[1]"),
        Shown("anthropic", MUST, 3, "2 $.messages[1]", "1 $.content[2]"),
        Shown("openai", MUST, 3, "2 $.input[2]", "1 $.output[2]"),
        Shown("google-gemini", MUST, 3, "2 $.contents[1]", "1 $.candidates[0].content.parts[2]"),
        implies={"result.delivered": "the results go with their calls"},
    ),
    *group(
        "call.not-invented",
        calls.makes_a_call_up,
        "parallel",
        "invented",
        Shown("deepseek", MUST, 1, "2 $.messages[2].tool_calls[1]", "1"),
        Shown("anthropic", MUST, 1, "2 $.messages[1].content[2]", "1"),
        Shown("openai", MUST, 1, "2 $.input[4]", "1"),
        Shown("google-gemini", MUST, 1, "2 $.contents[1].parts[2]", "1"),
    ),
    *group(
        "call.unaltered",
        calls.notes_on_calls,
        "loop",
        "altered",
        Shown("deepseek", MUST, 4, "2 $.messages[2].tool_calls[0]", "1 $.choices[0].message.tool_calls[0]"),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[1]", "1 $.content[1]"),
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
    ),
    *group(
        "call.name.unaltered",
        calls.names_tools_anew,
        "loop",
        "altered",
        Shown("deepseek", MUST, 4, "2 $.messages[2].tool_calls[0]", "1 $.choices[0].message.tool_calls[0]"),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[1]", "1 $.content[1]"),
        Shown("openai", MUST, 4, "2 $.input[3]", "1 $.output[1]"),
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
    ),
    *group(
        "arguments.equal",
        calls.fills_arguments_in,
        "loop",
        "altered",
        Shown("deepseek", MUST, 4, "2 $.messages[2].tool_calls[0]", "1 $.choices[0].message.tool_calls[0]"),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[1]", "1 $.content[1]"),
        Shown("openai", MUST, 4, "2 $.input[3]", "1 $.output[1]"),
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
    ),
    *group(
        "arguments.equal",
        calls.retypes_arguments,
        "odd-arguments",
        "altered",
        Shown("deepseek", MUST, 2, "2 $.messages[2].tool_calls[0]", "1 $.choices[0].message.tool_calls[0]"),
        Shown("anthropic", MUST, 2, "2 $.messages[1].content[1]", "1 $.content[1]"),
        Shown("openai", MUST, 2, "2 $.input[3]", "1 $.output[1]"),
        Shown("google-gemini", MUST, 2, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
    ),
    *group(
        "arguments.verbatim",
        calls.sorts_arguments,
        "odd-arguments",
        "normalised",
        Shown("deepseek", SHOULD, 2, "2 $.messages[2].tool_calls[0]", "1 $.choices[0].message.tool_calls[0]"),
        Shown("anthropic", SHOULD, 2, "2 $.messages[1].content[1]", "1 $.content[1]"),
        Shown("openai", SHOULD, 2, "2 $.input[3]", "1 $.output[1]"),
        Shown("google-gemini", SHOULD, 2, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
    ),
    *group(
        "arguments.verbatim",
        calls.respells_arguments,
        "odd-arguments",
        "normalised",
        Shown("deepseek", SHOULD, 2, "2 $.messages[2].tool_calls[0]", "1 $.choices[0].message.tool_calls[0]"),
        Shown("openai", SHOULD, 2, "2 $.input[3]", "1 $.output[1]"),
    ),
    *group(
        "ids.verbatim",
        calls.drops_ids,
        "loop",
        "normalised",
        Shown("google-gemini", SHOULD, 4, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
    ),
    *group(
        "ids.paired",
        calls.renames_ids_of_calls,
        "parallel",
        "altered",
        Shown("deepseek", MUST, 5, "2 $.messages[2].tool_calls[0]", "1 $.choices[0].message.tool_calls[0]"),
        Shown("anthropic", MUST, 5, "2 $.messages[1].content[1]", "1 $.content[1]"),
        Shown("openai", MUST, 5, "2 $.input[3]", "1 $.output[1]"),
        Shown("google-gemini", MUST, 5, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
    ),
)
