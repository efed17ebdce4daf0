"""xAI."""

from __future__ import annotations

from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, RESPONSES

ROWS: tuple[Rule, ...] = (
    Rule(
        id="xai.any.responses",
        provider="xai",
        dialects=RESPONSES,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=Missing(effect="earlier thinking is gone, and the cached prefix with it"),
        bound="block",
        domain="xai",
        standing="documented",
        source="https://docs.x.ai/developers/model-capabilities/text/best-practices",
        verified="2026-11-24",
        note="The encrypted thinking is to be sent back with every turn. Chat Completions is deprecated and has no "
        "field for it, so it loses it by design.",
    ),
    Rule(
        id="xai.any.chat",
        provider="xai",
        dialects=CHAT,
        in_loop="may",
        cross_turn="may",
        boundary="never",
        unread=True,
        standing="documented",
        source="https://docs.x.ai/developers/model-capabilities/text/best-practices",
        verified="2026-11-24",
        note="Deprecated. It has no field for the encrypted thinking, so every conversation of several turns or with "
        "tools loses what the model thought before. Some models show words in `reasoning_content`.",
    ),
)
