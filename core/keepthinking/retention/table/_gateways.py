"""Gateways and hosts."""

from __future__ import annotations

from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, RESPONSES, TODAY

_OPENROUTER_DOCS = "https://openrouter.ai/docs/use-cases/reasoning-tokens"

_FIREWORKS_DOCS = "https://docs.fireworks.ai/guides/reasoning"

ROWS: tuple[Rule, ...] = (
    Rule(
        id="fireworks.any.chat",
        provider="fireworks",
        dialects=CHAT,
        in_loop="must",
        cross_turn="unknown",
        boundary="user-query",
        missing=Missing(effect="the model answers the tool's result without its earlier thinking; no error"),
        standing="documented",
        source=_FIREWORKS_DOCS,
        verified="2026-11-24",
        note="Thinking of earlier steps has to be in the request, and is used where its last message is a tool's. "
        "A model that does not interleave ignores it. What becomes of earlier turns by default depends on the model.",
    ),
    Rule(
        id="fireworks.any.chat.interleaved",
        provider="fireworks",
        dialects=CHAT,
        in_loop="must",
        cross_turn="may",
        boundary="user-query",
        missing=Missing(effect="the model answers the tool's result without its earlier thinking; no error"),
        when={"$.reasoning_history": '"interleaved"'},
        alternative_to="fireworks.any.chat",
        standing="documented",
        source=_FIREWORKS_DOCS,
        verified=TODAY,
        note="Thinking before the last real question is left out of the prompt.",
    ),
    Rule(
        id="fireworks.any.chat.preserved",
        provider="fireworks",
        dialects=CHAT,
        in_loop="must",
        cross_turn="should",
        boundary="never",
        missing=Missing(effect="the model answers without its earlier thinking; no error"),
        when={"$.reasoning_history": '"preserved"'},
        alternative_to="fireworks.any.chat",
        standing="documented",
        source=_FIREWORKS_DOCS,
        verified=TODAY,
        note="Thinking of all turns stays in the prompt.",
    ),
    Rule(
        id="openrouter.any.chat",
        provider="openrouter",
        dialects=CHAT,
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(effect="what the model behind it does: its own error, or worse answers without one"),
        refused=Missing(effect="a sequence of `reasoning_details` must be whole, unchanged and in its order"),
        bound="block",
        domain="openrouter",
        standing="documented",
        source=_OPENROUTER_DOCS,
        verified=TODAY,
        note="`reasoning_details` carries the seals, `reasoning` only the words. Preserved thinking of Z.ai "
        "models is not "
        "supported. The prefix check of new Claude models is documented as not enforced behind it.",
    ),
    Rule(
        id="openrouter.claude.chat",
        provider="openrouter",
        dialects=CHAT,
        models=("claude-*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(
            status=400,
            text="messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
            "`{found}`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
            "lastmost set "
            "of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous "
            "turns. To avoid "
            "this requirement, disable `thinking`. Please consult our documentation at "
            "https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
            checks="loop",
            asks="turn",
        ),
        bound="block",
        domain="openrouter",
        standing="observed",
        source=f"{_OPENROUTER_DOCS}; https://github.com/OpenRouterTeam/ai-sdk-provider/issues/162",
        verified="2026-11-24",
        note="The error of the vendor comes through. Whether its signatures are good at the vendor's own address is "
        "not written down, so they stay in a domain of their own.",
    ),
    Rule(
        id="openrouter.gemini-3.chat",
        provider="openrouter",
        dialects=CHAT,
        models=("gemini-3*", "gemini-4*"),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(status=400, checks="loop", asks="calling"),
        bound="block",
        domain="openrouter",
        standing="observed",
        source=f"{_OPENROUTER_DOCS}; https://github.com/RooCodeInc/Roo-Code/issues/10307",
        verified=TODAY,
        note="A client that dropped `reasoning_details` got the vendor's complaint about a missing thought signature.",
    ),
    Rule(
        id="openrouter.any.responses",
        provider="openrouter",
        dialects=RESPONSES,
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=Missing(effect="what the model behind it does: its own error, or worse answers without one"),
        bound="block",
        domain="openrouter",
        standing="documented",
        source=f"{_OPENROUTER_DOCS}; openrouter 1.3.84",
        verified="2026-11-24",
        note="Reasoning items carry `signature` and `format` besides `encrypted_content`. An item may come "
        "under another id in each event of a stream.",
    ),
    Rule(
        id="groq.any.chat",
        provider="groq",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        standing="read",
        source="groq 1.7.0; https://console.groq.com/docs/reasoning",
        verified=TODAY,
        note="The request schema takes `reasoning` on assistant messages; what becomes of it is not written down.",
    ),
    Rule(
        id="cerebras.any.chat",
        provider="cerebras",
        dialects=CHAT,
        in_loop="should",
        cross_turn="unknown",
        boundary="user-message",
        standing="read",
        source="cerebras-cloud-sdk 1.91.0",
        verified=TODAY,
        note="The request schema takes `reasoning` on assistant messages. The default of `clear_thinking` is not "
        "written down.",
    ),
    Rule(
        id="cerebras.any.chat.cleared",
        provider="cerebras",
        dialects=CHAT,
        in_loop="should",
        cross_turn="may",
        boundary="user-message",
        when={"$.clear_thinking": "true"},
        alternative_to="cerebras.any.chat",
        standing="read",
        source="cerebras-cloud-sdk 1.91.0",
        verified=TODAY,
    ),
    Rule(
        id="cerebras.any.chat.kept",
        provider="cerebras",
        dialects=CHAT,
        in_loop="should",
        cross_turn="should",
        boundary="never",
        when={"$.clear_thinking": "false"},
        alternative_to="cerebras.any.chat",
        standing="read",
        source="cerebras-cloud-sdk 1.91.0",
        verified=TODAY,
    ),
)
