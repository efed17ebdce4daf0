"""Cohere."""

from __future__ import annotations

from keepthinking.retention._rules import Rule
from keepthinking.retention.table._common import COHERE

ROWS: tuple[Rule, ...] = (
    Rule(
        id="cohere.any.native",
        provider="cohere",
        dialects=COHERE,
        in_loop="unknown",
        cross_turn="unknown",
        boundary="never",
        standing="unverified",
        source="cohere 7.3.1; https://docs.cohere.com/docs/reasoning",
        verified="2026-11-24",
        note="The API takes thinking and `tool_plan` back; whether the model reads them is written nowhere.",
    ),
)
