"""Alibaba: Qwen."""

from __future__ import annotations

from keepthinking.retention._rules import Rule
from keepthinking.retention.table._common import CHAT, QWEN_CARD, QWEN_QUERY, QWEN_SILENT, TODAY

ROWS: tuple[Rule, ...] = (
    Rule(
        id="alibaba.qwen3.chat",
        provider="alibaba",
        dialects=CHAT,
        models=("qwen3*", "qwen-3*", "qwq*"),
        in_loop="should",
        cross_turn="may",
        boundary="user-query",
        missing=QWEN_SILENT,
        standing="observed",
        source=QWEN_CARD,
        verified=TODAY,
        note=f"As the chat template of the open weights does it. {QWEN_QUERY}",
    ),
    Rule(
        id="alibaba.qwen3.chat.preserved",
        provider="alibaba",
        dialects=CHAT,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        missing=QWEN_SILENT,
        when={"$.preserve_thinking": "true"},
        alternative_to="alibaba.qwen3.chat",
        standing="observed",
        source=QWEN_CARD,
        verified=TODAY,
        note="The vendor's API takes the switch at the top level, servers of the weights in `chat_template_kwargs`.",
    ),
)
