"""Seals, and what only the provider can read (D5)."""

from __future__ import annotations

from typing import Final

from keepthinking_conformance.miniatures.faults import seals
from keepthinking_conformance.miniatures.table._row import MUST, SHOULD, Miniature, Shown, group

ROWS: Final[tuple[Miniature, ...]] = (
    *group(
        "seal.kept",
        seals.drops_seals,
        "parallel",
        "dropped",
        Shown(
            "openrouter", MUST, 2, "2 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 2, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 2, "2 $.input[2]", "1 $.output[0]"),
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
        Shown("vertex-gemini", MUST, 5, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
        Shown("minimax-anthropic", SHOULD, 2, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("deepseek-anthropic", SHOULD, 2, "2 $.messages[1].content[0]", "1 $.content[0]"),
    ),
    *group(
        "seal.unaltered",
        seals.cuts_seals,
        "loop",
        "altered",
        Shown(
            "openrouter", MUST, 4, "2 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
    ),
    *group(
        "seal.unaltered",
        seals.pads_seals,
        "loop",
        "altered",
        Shown(
            "openrouter", MUST, 4, "2 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        Shown("vertex-gemini", MUST, 4, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
    ),
    *group(
        "seal.on-its-block",
        seals.swaps_seals,
        "interleaved",
        "misplaced",
        Shown(
            "openrouter", MUST, 4, "2 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        lost_in="unknown",
    ),
    *group(
        "seal.on-its-block",
        seals.moves_seals,
        "parallel",
        "misplaced",
        Shown("google-gemini", MUST, 2, "2 $.contents[1].parts[0]", "1 $.candidates[0].content.parts[1]"),
        Shown("vertex-gemini", MUST, 2, "2 $.contents[1].parts[0]", "1 $.candidates[0].content.parts[1]"),
        lost_in="unknown",
    ),
    *group(
        "seal.not-invented",
        seals.makes_seals_up,
        "loop",
        "invented",
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[0]", "1 $.candidates[0].content.parts[0]"),
        Shown("vertex-gemini", MUST, 4, "2 $.contents[1].parts[0]", "1 $.candidates[0].content.parts[0]"),
    ),
    *group(
        "redacted.kept",
        seals.drops_redacted_thinking,
        "redacted",
        "dropped",
        Shown("anthropic", MUST, 2, "2 $.messages[1]", "1 $.content[0]"),
        Shown("openai", MUST, 2, "2 $.input[2]", "1 $.output[0]"),
    ),
    *group(
        "opaque.unaltered",
        seals.marks_its_cache,
        "loop",
        "invented",
        Shown("deepseek", MUST, 4, "2 $.messages[2].tool_calls[1]", "1"),
        Shown("anthropic", MUST, 4, "2 $.messages[1].content[2]", "1"),
        Shown("openai", MUST, 4, "2 $.input[4]", "1"),
        Shown("google-gemini", MUST, 4, "2 $.contents[1].parts[2]", "1"),
    ),
    *group(
        "opaque.kept",
        seals.drops_hosted,
        "provider-search",
        "dropped",
        Shown("anthropic", MUST, 2, "2 $.messages[1]", "1 $.content[2]"),
        Shown("openai", MUST, 2, "2 $.input[2]", "1 $.output[1]"),
        lost_in="unknown",
    ),
    *group(
        "seal.kept",
        seals.drops_seals,
        "loop",
        "dropped",
        Shown(
            "openrouter", MUST, 4, "2 $.messages[2].reasoning_details[0]", "1 $.choices[0].message.reasoning_details[0]"
        ),
        Shown("anthropic", MUST, 1, "2 $.messages[1].content[0]", "1 $.content[0]", lost_in="unknown"),
        Shown("openai", MUST, 4, "2 $.input[2]", "1 $.output[0]"),
        Shown(
            "google-gemini",
            MUST,
            1,
            "2 $.contents[1].parts[1]",
            "1 $.candidates[0].content.parts[1]",
            lost_in="unknown",
        ),
        temper="strict",
    ),
    *group(
        "seal.unaltered",
        seals.cuts_seals,
        "loop",
        "altered",
        Shown("anthropic", MUST, 1, "2 $.messages[1].content[0]", "1 $.content[0]"),
        Shown("openai", MUST, 1, "2 $.input[2]", "1 $.output[0]"),
        Shown("google-gemini", MUST, 1, "2 $.contents[1].parts[1]", "1 $.candidates[0].content.parts[1]"),
        temper="strict",
        lost_in="unknown",
    ),
)
