"""Thinking that is lost or changed (D1)."""

from __future__ import annotations

from typing import Final

from keepthinking_conformance.miniatures.faults import thinking
from keepthinking_conformance.miniatures.table._row import MUST, SHOULD, Miniature, Shown, group

ROWS: Final[tuple[Miniature, ...]] = (
    *group(
        "thinking.kept.in-loop",
        thinking.drops_thinking,
        "loop",
        "dropped",
        Shown("deepseek", MUST, 4, "2 $.messages[2]", "1 $.choices[0].message.reasoning_content"),
        Shown("kimi", MUST, 4, "2 $.messages[2]", "1 $.choices[0].message.reasoning_content"),
        Shown("minimax", MUST, 4, "2 $.messages[2]", "1 $.choices[0].message.content"),
        Shown("minimax-split", MUST, 4, "2 $.messages[2]", "1 $.choices[0].message.reasoning_details[0]"),
        Shown("openrouter", MUST, 4, "2 $.messages[2]", "1 $.choices[0].message.reasoning_details[0]"),
        Shown("vllm", MUST, 4, "2 $.messages[2]", "1 $.choices[0].message.reasoning"),
        Shown("anthropic", MUST, 4, "2 $.messages[1]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        Shown("deepseek-responses", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        Shown("google-gemini", SHOULD, 4, "2 $.contents[1]", "1 $.candidates[0].content.parts[0]"),
        Shown("vertex-gemini", SHOULD, 4, "2 $.contents[1]", "1 $.candidates[0].content.parts[0]"),
        Shown("minimax-anthropic", MUST, 4, "2 $.messages[1]", "1 $.content[0]"),
        Shown("deepseek-anthropic", MUST, 4, "2 $.messages[1]", "1 $.content[0]"),
    ),
    *group(
        "thinking.kept.in-loop",
        thinking.empties_thinking,
        "loop",
        "dropped",
        Shown("deepseek", MUST, 4, "2 $.messages[2].reasoning_content", "1 $.choices[0].message.reasoning_content"),
        Shown("kimi", MUST, 4, "2 $.messages[2].reasoning_content", "1 $.choices[0].message.reasoning_content"),
        Shown("vllm", MUST, 4, "2 $.messages[2].reasoning", "1 $.choices[0].message.reasoning"),
        Shown(
            "minimax-split",
            MUST,
            4,
            "2 $.messages[2].reasoning_details[0]",
            "1 $.choices[0].message.reasoning_details[0]",
        ),
        Shown("deepseek-responses", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        Shown("google-gemini", SHOULD, 4, "2 $.contents[1].parts[0]", "1 $.candidates[0].content.parts[0]"),
    ),
    *group(
        "thinking.kept.cross-turn",
        thinking.drops_earlier_thinking,
        "second-turn",
        "dropped",
        Shown("deepseek", MUST, 3, "4 $.messages[2]", "1 $.choices[0].message.reasoning_content"),
        Shown("minimax", SHOULD, 3, "4 $.messages[2]", "1 $.choices[0].message.content"),
        Shown("minimax-split", SHOULD, 3, "4 $.messages[2]", "1 $.choices[0].message.reasoning_details[0]"),
        Shown("openrouter", SHOULD, 3, "4 $.messages[2]", "1 $.choices[0].message.reasoning_details[0]"),
        Shown("anthropic", SHOULD, 3, "4 $.messages[1]", "1 $.content[0]"),
        Shown("openai", MUST, 3, "4 $.input[2]", "1 $.output[0]"),
        Shown("deepseek-responses", MUST, 3, "4 $.input[2]", "1 $.output[0]"),
        Shown("google-gemini", SHOULD, 3, "4 $.contents[1]", "1 $.candidates[0].content.parts[0]"),
        Shown("minimax-anthropic", SHOULD, 3, "4 $.messages[1]", "1 $.content[0]"),
        Shown("deepseek-anthropic", MUST, 3, "4 $.messages[1]", "1 $.content[0]"),
    ),
    *group(
        "thinking.unaltered",
        thinking.strips_thinking,
        "loop",
        "altered",
        Shown("deepseek", MUST, 2, "3 $.messages[4].reasoning_content", "2 $.choices[0].message.reasoning_content"),
        Shown("kimi", MUST, 2, "3 $.messages[4].reasoning_content", "2 $.choices[0].message.reasoning_content"),
        Shown("vllm", MUST, 2, "3 $.messages[4].reasoning", "2 $.choices[0].message.reasoning"),
        Shown(
            "minimax-split",
            MUST,
            2,
            "3 $.messages[4].reasoning_details[0]",
            "2 $.choices[0].message.reasoning_details[0]",
        ),
        Shown(
            "openrouter", MUST, 2, "3 $.messages[4].reasoning_details[0]", "2 $.choices[0].message.reasoning_details[0]"
        ),
    ),
    *group(
        "thinking.unaltered",
        thinking.strips_content,
        "loop",
        "altered",
        Shown("minimax", MUST, 4, "2 $.messages[2].content", "1 $.choices[0].message.content"),
    ),
    *group(
        "thinking.unaltered",
        thinking.cuts_thinking,
        "loop",
        "altered",
        Shown("deepseek", MUST, 4, "2 $.messages[2].reasoning_content", "1 $.choices[0].message.reasoning_content"),
        Shown(
            "openrouter", MUST, 4, "2 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        Shown("deepseek-responses", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        Shown("google-gemini", SHOULD, 4, "2 $.contents[1].parts[0]", "1 $.candidates[0].content.parts[0]"),
    ),
    *group(
        "thinking.unaltered",
        thinking.empties_thinking,
        "loop",
        "altered",
        Shown(
            "openrouter", MUST, 4, "2 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
    ),
    *group(
        "thinking.place",
        thinking.renames_thinking,
        "loop",
        "misplaced",
        Shown("deepseek", MUST, 4, "2 $.messages[2].reasoning", "1 $.choices[0].message.reasoning_content"),
        Shown("kimi", MUST, 4, "2 $.messages[2].reasoning", "1 $.choices[0].message.reasoning_content"),
        lost_in="unknown",
    ),
    *group(
        "thinking.kept.in-loop",
        thinking.drops_thinking,
        "loop",
        "dropped",
        Shown("deepseek", MUST, 1, "2 $.messages[2]", "1 $.choices[0].message.reasoning_content", lost_in="unknown"),
        Shown("kimi", MUST, 1, "2 $.messages[2]", "1 $.choices[0].message.reasoning_content", lost_in="unknown"),
        Shown(
            "openrouter", MUST, 1, "2 $.messages[2]", "1 $.choices[0].message.reasoning_details[0]", lost_in="unknown"
        ),
        Shown("openai", MUST, 1, "2 $.input[2]", "1 $.output[0]", lost_in="unknown"),
        Shown("google-gemini", SHOULD, 4, "2 $.contents[1]", "1 $.candidates[0].content.parts[0]"),
        temper="strict",
    ),
)
