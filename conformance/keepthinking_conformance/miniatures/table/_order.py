"""Order and grouping (D6, D7, D11)."""

from __future__ import annotations

from typing import Final

from keepthinking_conformance.miniatures.faults import calls, thinking, turns
from keepthinking_conformance.miniatures.table._row import MUST, Miniature, Shown, group

ROWS: Final[tuple[Miniature, ...]] = (
    *group(
        "block.once",
        thinking.doubles_thinking,
        "loop",
        "duplicated",
        Shown(
            "minimax-split",
            MUST,
            4,
            "2 $.messages[2].reasoning_details[1]",
            "1 $.choices[0].message.reasoning_details[0]",
        ),
        Shown(
            "openrouter", MUST, 4, "2 $.messages[2].reasoning_details[1]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[1]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[3]", "1 $.output[0]"),
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[0]"),
    ),
    *group(
        "grouping.not-merged",
        thinking.joins_thoughts,
        "interleaved",
        "altered",
        Shown(
            "minimax-split",
            MUST,
            2,
            "2 $.messages[2].reasoning_details[0]",
            "1 $.choices[0].message.reasoning_details[0]",
        ),
        Shown(
            "openrouter", MUST, 2, "2 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 2, "2 $.messages[1].content[1]", "1 $.content[0]"),
    ),
    *group(
        "grouping.not-merged",
        thinking.joins_paragraphs,
        "loop",
        "altered",
        Shown("openai", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
    ),
    *group(
        "grouping.not-split",
        thinking.halves_thoughts,
        "loop",
        "altered",
        Shown(
            "minimax-split",
            MUST,
            4,
            "2 $.messages[2].reasoning_details[0]",
            "1 $.choices[0].message.reasoning_details[0]",
        ),
        Shown(
            "openrouter", MUST, 4, "2 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[0]", "1 $.content[0]"),
    ),
    *group(
        "order.blocks",
        thinking.thinks_afterwards,
        "loop",
        "reordered",
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[1]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[3]", "1 $.output[0]"),
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[0]"),
    ),
    *group(
        "order.blocks",
        thinking.thinks_afterwards,
        "interleaved",
        "reordered",
        Shown(
            "openrouter", MUST, 2, "2 $.messages[2].reasoning_details[1]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 2, "2 $.messages[1].content[4]", "1 $.content[0]"),
        Shown("openai", MUST, 2, "2 $.input[6]", "1 $.output[0]"),
    ),
    *group(
        "order.turns",
        turns.swaps_steps,
        "loop",
        "reordered",
        Shown("deepseek", MUST, 1, "4 $.messages[4]", "1"),
        Shown("anthropic", MUST, 1, "4 $.messages[3]", "1"),
        Shown("openai", MUST, 1, "4 $.input[5]", "1"),
        Shown("google-gemini", MUST, 1, "4 $.contents[3]", "1"),
    ),
    *group(
        "order.results",
        turns.answers_before_the_call,
        "loop",
        "reordered",
        Shown("deepseek", MUST, 1, "2 $.messages[2].content", "1"),
        Shown("anthropic", MUST, 1, "2 $.messages[1].content[0]", "1"),
        Shown("openai", MUST, 1, "2 $.input[2]", "1"),
        Shown("google-gemini", MUST, 1, "2 $.contents[1].parts[0]", "1"),
    ),
    *group(
        "order.results",
        turns.answers_late,
        "loop",
        "reordered",
        Shown("deepseek", MUST, 1, "4 $.messages[4].content", "1"),
        Shown("anthropic", MUST, 1, "4 $.messages[3].content[0]", "1"),
        Shown("openai", MUST, 1, "4 $.input[6]", "1"),
        Shown("google-gemini", MUST, 1, "4 $.contents[3].parts[0]", "1"),
    ),
    *group(
        "grouping.not-merged",
        turns.merges_answers,
        "loop",
        "altered",
        Shown("minimax-split", MUST, 1, "4 $.messages[2]", "2"),
        Shown("openrouter", MUST, 1, "4 $.messages[2]", "2"),
        Shown("anthropic", MUST, 1, "4 $.messages[1]", "2"),
        Shown("google-gemini", MUST, 1, "4 $.contents[1]", "2"),
    ),
    *group(
        "order.results",
        turns.merges_answers,
        "loop",
        "reordered",
        Shown("openai", MUST, 1, "4 $.input[6]", "1"),
        Shown("deepseek-responses", MUST, 1, "4 $.input[6]", "1"),
    ),
    *group(
        "grouping.not-split",
        turns.splits_answers,
        "loop",
        "altered",
        Shown("deepseek", MUST, 4, "2 $.messages[3].tool_calls[0]", "1"),
        Shown("openrouter", MUST, 4, "2 $.messages[3].tool_calls[0]", "1"),
        Shown("anthropic", MUST, 4, "2 $.messages[2].content[0]", "1"),
    ),
    *group(
        "parallel.together",
        turns.takes_calls_apart,
        "parallel",
        "altered",
        Shown("deepseek", MUST, 2, "2 $.messages[4].tool_calls[0]", "1"),
        Shown("anthropic", MUST, 2, "2 $.messages[3].content[0]", "1"),
        Shown("openai", MUST, 2, "2 $.input[5]", "1"),
        Shown("google-gemini", MUST, 2, "2 $.contents[3].parts[0]", "1"),
        Shown("openrouter", MUST, 2, "2 $.messages[4].tool_calls[0]", "1"),
    ),
    *group(
        "block.once",
        turns.clones_thinking,
        "parallel",
        "duplicated",
        Shown("anthropic", MUST, 2, "2 $.messages[3].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 2, "2 $.input[5]", "1 $.output[0]"),
        Shown("google-gemini", MUST, 2, "2 $.contents[3].parts[0]", "1 $.candidates[0].content.parts[0]"),
        implies={"parallel.together": "calls of one answer become turns of their own"},
    ),
    *group(
        "block.once",
        turns.doubles_results,
        "loop",
        "duplicated",
        Shown("deepseek", MUST, 1, "2 $.messages[4].content", "1"),
        Shown("anthropic", MUST, 1, "2 $.messages[3].content[0]", "1"),
        Shown("openai", MUST, 1, "2 $.input[5]", "1"),
        Shown("google-gemini", MUST, 1, "2 $.contents[3].parts[0]", "1"),
    ),
    *group(
        "block.once",
        calls.doubles_calls,
        "parallel",
        "duplicated",
        Shown("deepseek", MUST, 2, "2 $.messages[2].tool_calls[1]", "1 $.choices[0].message.tool_calls[0]"),
        Shown("anthropic", MUST, 2, "2 $.messages[1].content[2]", "1 $.content[1]"),
        Shown("openai", MUST, 2, "2 $.input[4]", "1 $.output[1]"),
        Shown("google-gemini", MUST, 2, "2 $.contents[1].parts[2]", "1 $.candidates[0].content.parts[1]"),
    ),
    *group(
        "order.blocks",
        calls.reorders_calls,
        "parallel",
        "reordered",
        Shown("deepseek", MUST, 3, "2 $.messages[2].tool_calls[1]", "1 $.choices[0].message.tool_calls[0]"),
        Shown("anthropic", MUST, 2, "2 $.messages[1].content[2]", "1 $.content[1]"),
        Shown("openai", MUST, 2, "2 $.input[4]", "1 $.output[1]"),
        Shown("google-gemini", MUST, 2, "2 $.contents[1].parts[2]", "1 $.candidates[0].content.parts[1]"),
    ),
)
