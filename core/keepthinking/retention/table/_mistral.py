"""Mistral."""

from __future__ import annotations

from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, MISTRAL

ROWS: tuple[Rule, ...] = (
    Rule(
        id="mistral.any.native",
        provider="mistral",
        dialects=MISTRAL,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=Missing(effect="nothing is said"),
        refused=Missing(status=400, text="Reasoning input is not enabled for this model", checks="history"),
        bound="block",
        domain="mistral",
        standing="read",
        source="mistralai 3.7.0; https://github.com/mistralai/mistral-vibe/issues/870; "
        "https://github.com/mistralai/mistral-vibe/issues/758",
        verified="2026-11-24",
        note="Thinking is a part of the content, with a signature since 2026; what that covers is not written "
        "down. The error is that of models that "
        "do not think, such as devstral-small, and comes even where the request asks for no thinking (code 3051).",
    ),
    Rule(
        id="mistral.any.chat",
        provider="mistral",
        dialects=CHAT,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=Missing(effect="nothing is said"),
        refused=Missing(status=400, text="Reasoning input is not enabled for this model", checks="history"),
        bound="block",
        domain="mistral",
        standing="read",
        source="mistralai 3.7.0; https://github.com/mistralai/mistral-vibe/issues/870; "
        "https://github.com/mistralai/mistral-vibe/issues/758",
        verified="2026-11-24",
        note="The same API through an OpenAI client: see `mistral.any.native`.",
    ),
)
