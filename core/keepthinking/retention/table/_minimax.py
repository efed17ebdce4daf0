"""MiniMax."""

from __future__ import annotations

from keepthinking.retention._forms import Flaw
from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, MESSAGES

_MINIMAX_CHAT = "https://platform.minimax.io/docs/api-reference/text-openai-api"
_MINIMAX_MESSAGES = "https://platform.minimax.io/docs/api-reference/text-anthropic-api"
_MINIMAX_WHY = "https://minimax.io/news/why-is-interleaved-thinking-important-for-m2"
_DAY = "2026-11-28"
_MINIMAX_SILENT = Missing(
    effect="accumulated understanding breaks down, state drifts, self-correction and planning get weaker; no error",
)
_LONE = (Flaw(kind="lone-result", status=400, text="invalid params, tool result's tool id({id}) not found (2013)"),)
_ONE_SYSTEM = (
    *_LONE,
    Flaw(kind="second-instructions", status=400, text="invalid params, invalid chat setting (2013)"),
)
_ONE_SYSTEM_SEEN = "https://github.com/can1357/oh-my-pi/pull/954; https://github.com/dataelement/Clawith/issues/198"
_NO_SYSTEM = (
    *_LONE,
    Flaw(
        kind="inner-instructions",
        status=400,
        text="invalid params, chat content has invalid message role: system (2013)",
    ),
)
_NO_SYSTEM_SEEN = "https://github.com/MiniMax-AI/MiniMax-M2.7/issues/43"
_LONE_SEEN = (
    "https://github.com/MiniMax-AI/MiniMax-M2/issues/76; https://github.com/Kilo-Org/kilocode/issues/3967; "
    "https://github.com/anomalyco/opencode/pull/32609"
)
_M2_ACROSS = (
    "Across user turns the vendor asks for it too, but the chat template of the open M2 weights skips thinking "
    "before the "
    "last user message, so a loss there is a SHOULD."
)
_M3_ACROSS = (
    "What the served M3 does with thinking of earlier user turns is not published; the vendor's text asks for all."
)

ROWS: tuple[Rule, ...] = (
    Rule(
        id="minimax.m2.chat",
        provider="minimax",
        dialects=CHAT,
        models=("minimax-m2*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        flaws=_ONE_SYSTEM,
        standing="documented",
        source=f"{_MINIMAX_CHAT}; {_MINIMAX_WHY}; {_LONE_SEEN}; {_ONE_SYSTEM_SEEN}",
        verified=_DAY,
        note=f"Thinking stands in `content` between `<think>` tags, and the content goes back whole. {_M2_ACROSS}",
    ),
    Rule(
        id="minimax.m2.split",
        provider="minimax",
        dialects=CHAT,
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        flaws=_ONE_SYSTEM,
        when={"$.reasoning_split": "true"},
        alternative_to="minimax.m2.chat",
        standing="documented",
        source=f"{_MINIMAX_CHAT}; {_MINIMAX_WHY}; {_LONE_SEEN}; {_ONE_SYSTEM_SEEN}",
        verified=_DAY,
        note=f"`reasoning_details` goes back whole; `reasoning_content` mirrors it. {_M2_ACROSS}",
    ),
    Rule(
        id="minimax.m2.anthropic",
        provider="minimax",
        dialects=MESSAGES,
        models=("minimax-m2*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        flaws=_NO_SYSTEM,
        standing="documented",
        source=f"{_MINIMAX_MESSAGES}; {_MINIMAX_WHY}; {_LONE_SEEN}; {_NO_SYSTEM_SEEN}",
        verified=_DAY,
        note=f"The whole `content` list goes back. The vendor's own agent never sends a `signature`. {_M2_ACROSS}",
    ),
    Rule(
        id="minimax.m3.chat",
        provider="minimax",
        dialects=CHAT,
        models=("minimax-m3*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        flaws=_ONE_SYSTEM,
        standing="documented",
        source=f"{_MINIMAX_CHAT}; {_LONE_SEEN}; {_ONE_SYSTEM_SEEN}",
        verified=_DAY,
        note=_M3_ACROSS,
    ),
    Rule(
        id="minimax.m3.split",
        provider="minimax",
        dialects=CHAT,
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        flaws=_ONE_SYSTEM,
        when={"$.reasoning_split": "true"},
        alternative_to="minimax.m3.chat",
        standing="documented",
        source=f"{_MINIMAX_CHAT}; {_LONE_SEEN}; {_ONE_SYSTEM_SEEN}",
        verified=_DAY,
        note=_M3_ACROSS,
    ),
    Rule(
        id="minimax.m3.anthropic",
        provider="minimax",
        dialects=MESSAGES,
        models=("minimax-m3*",),
        in_loop="must",
        cross_turn="should",
        boundary="user-message",
        missing=_MINIMAX_SILENT,
        flaws=_NO_SYSTEM,
        standing="documented",
        source=f"{_MINIMAX_MESSAGES}; {_LONE_SEEN}; {_NO_SYSTEM_SEEN}",
        verified=_DAY,
        note=_M3_ACROSS,
    ),
)
