"""Mistral."""

from __future__ import annotations

from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, MISTRAL

_SOURCE = "mistralai 3.7.0"
_REFUSED_SEEN = (
    "https://github.com/mistralai/mistral-vibe/issues/870; https://github.com/mistralai/mistral-vibe/issues/758"
)
_SAME = "The same API through an OpenAI client: see `{}`."
_PLAIN = Missing(status=400, text="Reasoning input is not enabled for this model", checks="history")

ROWS: tuple[Rule, ...] = (
    Rule(
        id="mistral.any.native",
        provider="mistral",
        dialects=MISTRAL,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=Missing(effect="nothing is said"),
        bound="block",
        domain="mistral",
        standing="read",
        source=_SOURCE,
        verified="2026-11-24",
        note="Thinking is a part of the content, with a signature since 2026; what that covers is not written "
        "down. Models that do not think refuse it: `mistral.devstral-small.native`.",
    ),
    Rule(
        id="mistral.any.chat",
        provider="mistral",
        dialects=CHAT,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=Missing(effect="nothing is said"),
        bound="block",
        domain="mistral",
        standing="read",
        source=_SOURCE,
        verified="2026-11-24",
        note=_SAME.format("mistral.any.native"),
    ),
    Rule(
        id="mistral.devstral-small.native",
        provider="mistral",
        dialects=MISTRAL,
        models=("devstral-small*",),
        in_loop="must-not",
        cross_turn="must-not",
        boundary="never",
        refused=_PLAIN,
        bound="block",
        domain="mistral",
        standing="observed",
        source=_REFUSED_SEEN,
        verified="2026-11-28",
        note="It does not think. The error (code 3051) comes for what another model of the vendor thought before a "
        "switch, and even where the request asks for no thinking.",
    ),
    Rule(
        id="mistral.devstral-small.chat",
        provider="mistral",
        dialects=CHAT,
        models=("devstral-small*",),
        in_loop="must-not",
        cross_turn="must-not",
        boundary="never",
        refused=_PLAIN,
        bound="block",
        domain="mistral",
        standing="observed",
        source=_REFUSED_SEEN,
        verified="2026-11-28",
        note=_SAME.format("mistral.devstral-small.native"),
    ),
)
