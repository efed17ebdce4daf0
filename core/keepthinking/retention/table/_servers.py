"""Servers of open weights."""

from __future__ import annotations

from keepthinking.retention._forms import Rewrite
from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, MESSAGES, OLLAMA, SGLANG, TEMPLATE_SILENT, TODAY

ROWS: tuple[Rule, ...] = (
    Rule(
        id="vllm.any.chat",
        provider="vllm",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=TEMPLATE_SILENT,
        standing="read",
        source="vllm 0.33.0",
        verified=TODAY,
        note="The server passes thinking to the model's chat template, which decides; this row stands for templates "
        "without one of their own. Which field it reads depends on its version (`profiles`).",
    ),
    Rule(
        id="vllm.any.anthropic",
        provider="vllm",
        dialects=MESSAGES,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=TEMPLATE_SILENT,
        refused=Missing(effect="a `redacted_thinking` block is skipped"),
        rewrites=(Rewrite(kind="thoughts-joined"),),
        standing="read",
        source="vllm 0.33.0",
        verified=TODAY,
        note="Thinking blocks of a message are joined without a separator; the signature is random and not read back.",
    ),
    Rule(
        id="sglang.any.chat",
        provider="sglang",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=TEMPLATE_SILENT,
        standing="read",
        source=SGLANG,
        verified=TODAY,
        note="The model's chat template decides; this row stands for templates without one of their own.",
    ),
    Rule(
        id="sglang.any.anthropic",
        provider="sglang",
        dialects=MESSAGES,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=TEMPLATE_SILENT,
        refused=Missing(text="Anthropic redacted_thinking history is not supported", checks="history"),
        refuses=("data",),
        rewrites=(Rewrite(kind="thoughts-joined", text="\n"),),
        standing="read",
        source=SGLANG,
        verified=TODAY,
        note="Thinking blocks of a message are joined with a line break; the signature is not read.",
    ),
    Rule(
        id="ollama.any.chat",
        provider="ollama",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=TEMPLATE_SILENT,
        standing="observed",
        source="https://ollama.com/frob/qwen3.6",
        verified=TODAY,
        note="Recorded responses carry `reasoning`. Templates drop older thinking, and their switches cannot be "
        "reached.",
    ),
    Rule(
        id="ollama.any.native",
        provider="ollama",
        dialects=OLLAMA,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        missing=TEMPLATE_SILENT,
        standing="unverified",
        source="ollama 0.6.3; https://ollama.com/frob/qwen3.6",
        verified="2026-11-24",
        note="The client has a member for thinking that comes and goes. What the server makes of it is the template's "
        "word; no traffic was recorded.",
    ),
)
