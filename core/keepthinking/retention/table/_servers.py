"""Servers of open weights."""

from __future__ import annotations

from keepthinking.retention._forms import Flaw, Rewrite
from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, MESSAGES, OLLAMA, SGLANG, TEMPLATE_SILENT, TODAY

_OLLAMA_DOCS = (
    "https://docs.ollama.com/capabilities/tool-calling; https://github.com/ollama/ollama/blob/main/server/routes.go; "
    "https://github.com/promptfoo/promptfoo/pull/10980"
)
_OLLAMA_FLAWS = (
    Flaw(kind="arguments-text", status=400, text="Value looks like object, but can't find closing '}' symbol"),
)

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
        flaws=_OLLAMA_FLAWS,
        standing="documented",
        source=_OLLAMA_DOCS,
        verified="2026-11-28",
        note="The vendor's agent loop sends thinking, words and calls of an answer back together; what the model sees "
        "of them is its template's word. A result may name its tool, and no id is needed: results are taken in their "
        "order. Older servers say of such arguments `json: cannot unmarshal string` and the place.",
    ),
    Rule(
        id="ollama.gpt-oss.native",
        provider="ollama",
        dialects=OLLAMA,
        models=("gpt-oss*",),
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=Missing(effect="calls get worse, since the model calls tools out of its thinking; no error"),
        flaws=_OLLAMA_FLAWS,
        standing="documented",
        source="https://developers.openai.com/cookbook/articles/gpt-oss/handle-raw-cot; "
        f"https://ollama.com/library/gpt-oss; {_OLLAMA_DOCS}",
        verified="2026-11-28",
        note="The maker's demand. Ollama's template renders `thinking` behind the last message of the user, and names "
        "the tool of a result by `tool_name`.",
    ),
)
