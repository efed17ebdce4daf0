"""Thinking that is said aloud, made up, or another's (D8, D16, D21)."""

from __future__ import annotations

from typing import Final

from keepthinking._adapter import Speech
from keepthinking_conformance.miniatures.faults import acts, thinking
from keepthinking_conformance.miniatures.table._row import MAY, MUST, SHOULD, Miniature, Shown, group

_SPOKEN: Final[tuple[Speech, ...]] = ("react", "code-act", "code-agent", "code-block")
"""The languages without calls on the wire."""

_ENDING: Final[tuple[Speech, ...]] = ("final-answer", "react", "code-agent")
"""The languages in which an answer has a form of its own."""

ROWS: Final[tuple[Miniature, ...]] = (
    *group(
        "thinking.not-text",
        thinking.says_thinking,
        "loop",
        "leaked-as-text",
        Shown("deepseek", MUST, 4, "2 $.messages[2].content", "1 $.choices[0].message.reasoning_content"),
        Shown("kimi", MUST, 4, "2 $.messages[2].content", "1 $.choices[0].message.reasoning_content"),
        Shown("vllm", MUST, 4, "2 $.messages[2].content", "1 $.choices[0].message.reasoning"),
        Shown("minimax-split", MUST, 4, "2 $.messages[2].content", "1 $.choices[0].message.reasoning_details[0]"),
        Shown("openrouter", MUST, 4, "2 $.messages[2].content", "1 $.choices[0].message.reasoning_details[0]"),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[2].content[0]", "1 $.output[0]"),
        Shown("deepseek-responses", MUST, 4, "2 $.input[2].content[0]", "1 $.output[0]"),
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[0]", "1 $.candidates[0].content.parts[0]"),
    ),
    *group(
        "thinking.not-text",
        thinking.tells_thinking,
        "loop",
        "leaked-as-text",
        Shown("deepseek", MUST, 1, "2 $.messages[1].content", "1 $.choices[0].message.reasoning_content"),
        Shown("anthropic", MUST, 1, "2 $.messages[0].content", "1 $.content[0]"),
        Shown("openai", MUST, 1, "2 $.input[1].content", "1 $.output[0]"),
        Shown("google-gemini", MUST, 1, "2 $.contents[0].parts[0]", "1 $.candidates[0].content.parts[0]"),
        implies={"prefix.unaltered": "the thought is told in the user's words, which were others"},
    ),
    *group(
        "thinking.not-executed",
        acts.runs_what_is_thought,
        "call-in-thought",
        "misplaced",
        Shown("deepseek", MUST, 1, "2 $.messages[3].content", "1 $.choices[0].message.reasoning_content"),
        Shown("minimax-split", MUST, 1, "2 $.messages[3].content", "1 $.choices[0].message.reasoning_details[0]"),
        Shown("minimax", MUST, 1, "2 $.messages[3].content", "1 $.choices[0].message.content"),
        Shown("anthropic", MUST, 1, "2 $.messages[2].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 1, "2 $.input[4]", "1 $.output[0]"),
        Shown("google-gemini", MUST, 1, "2 $.contents[2].parts[0]", "1 $.candidates[0].content.parts[0]"),
        implies={"result.delivered": "what the call in the thought gave is told instead"},
    ),
    *(
        row
        for speech in _SPOKEN
        for row in group(
            "thinking.not-executed",
            acts.runs_what_is_thought,
            "call-in-thought",
            "misplaced",
            Shown("minimax", MUST, 1, "2 $.messages[3].content", "1 $.choices[0].message.content"),
            Shown("anthropic", MUST, 1, "2 $.messages[2].content", "1 $.content[0]"),
            speech=speech,
        )
    ),
    *group(
        "thinking.not-executed",
        acts.ends_with_what_is_thought,
        "call-in-thought",
        "misplaced",
        Shown("deepseek", MUST, 1, "2 $", "2 $.choices[0].message.reasoning_content"),
        Shown("minimax", MUST, 1, "2 $", "2 $.choices[0].message.content"),
        Shown("anthropic", MUST, 1, "2 $", "2 $.content[0]"),
    ),
    *(
        row
        for speech in _ENDING
        for row in group(
            "thinking.not-executed",
            acts.ends_with_what_is_thought,
            "call-in-thought",
            "misplaced",
            Shown("minimax", MUST, 1, "2 $", "2 $.choices[0].message.content"),
            Shown("openai", MUST, 1, "2 $", "2 $.output[0]"),
            speech=speech,
        )
    ),
    *group(
        "thinking.not-invented",
        thinking.puts_a_placeholder,
        "loop",
        "invented",
        Shown("deepseek", MUST, 4, "2 $.messages[2].reasoning_content", "1 $.choices[0].message.reasoning_content"),
        Shown(
            "minimax-split",
            MUST,
            4,
            "2 $.messages[2].reasoning_details[0]",
            "1 $.choices[0].message.reasoning_details[0]",
        ),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        Shown("google-gemini", SHOULD, 4, "2 $.contents[1].parts[0]", "1 $.candidates[0].content.parts[0]"),
    ),
    *group(
        "thinking.empty.kept",
        thinking.drops_empty_thinking,
        "empty-sealed",
        "dropped",
        Shown("anthropic", MUST, 2, "2 $.messages[1]", "1 $.content[0]"),
    ),
    *group(
        "thinking.own",
        thinking.mixes_thoughts_up,
        "loop",
        "bled",
        Shown("deepseek", MUST, 2, "4 $.messages[2].reasoning_content", "1 $.choices[0].message.reasoning_content"),
        Shown(
            "openrouter", MUST, 2, "4 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 2, "4 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 2, "4 $.input[2]", "1 $.output[0]"),
        Shown("google-gemini", MUST, 2, "4 $.contents[1].parts[0]", "1 $.candidates[0].content.parts[0]"),
        lost_in="unknown",
    ),
    *group(
        "thinking.own",
        thinking.repeats_the_first_thought,
        "loop",
        "bled",
        Shown("minimax-split", MUST, 3, "3 $.messages[4].reasoning_details[0]", "2"),
        Shown("anthropic", MUST, 3, "3 $.messages[3].content[0]", "2"),
        Shown("openai", MUST, 3, "3 $.input[5]", "2"),
        Shown("google-gemini", MUST, 3, "3 $.contents[3].parts[0]", "2"),
        lost_in="unknown",
    ),
    *group(
        "thinking.empty.not-invented",
        thinking.adds_empty_thinking,
        "no-thought",
        "invented",
        Shown("deepseek", MAY, 1, "3 $.messages[4].reasoning_content", "2", lost_in="unknown"),
        Shown("kimi", SHOULD, 1, "3 $.messages[4].reasoning_content", "2", lost_in="unknown"),
        Shown("vllm", SHOULD, 1, "3 $.messages[4].reasoning_content", "2", lost_in="unknown"),
        Shown("minimax-split", SHOULD, 1, "3 $.messages[4].reasoning_content", "2", lost_in="unknown"),
        Shown("minimax-anthropic", SHOULD, 1, "3 $.messages[3].content[0]", "2"),
        Shown("google-gemini", SHOULD, 1, "3 $.contents[3].parts[0]", "2"),
        Shown("openai", SHOULD, 1, "3 $.input[5]", "2"),
    ),
    *group(
        "thinking.not-invented",
        thinking.thinks_for_the_model,
        "no-thought",
        "invented",
        Shown("deepseek", MUST, 1, "3 $.messages[4].reasoning_content", "2"),
        Shown("kimi", MUST, 1, "3 $.messages[4].reasoning_content", "2"),
        Shown("minimax-anthropic", MUST, 1, "3 $.messages[3].content[0]", "2"),
        Shown("google-gemini", SHOULD, 1, "3 $.contents[3].parts[0]", "2"),
        Shown("openai", MUST, 1, "3 $.input[5]", "2"),
    ),
)
