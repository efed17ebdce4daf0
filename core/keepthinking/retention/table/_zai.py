"""Z.ai: GLM."""

from __future__ import annotations

from keepthinking.retention._rules import Missing, Rule
from keepthinking.retention.table._common import CHAT, TODAY, ZAI_DOCS

_DAY = "2026-11-28"
_ALWAYS = "https://github.com/NousResearch/hermes-agent/issues/85890; https://github.com/THU-MAIC/OpenMAIC/issues/1400"
_ZAI_SILENT = Missing(effect="worse results and a missed cache; no error")

ROWS: tuple[Rule, ...] = (
    Rule(
        id="zai.glm.chat",
        provider="zai",
        dialects=CHAT,
        models=("glm-4.5*", "glm-4.6*", "glm-4.7*", "glm-5*"),
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=_ZAI_SILENT,
        standing="documented",
        source=f"{ZAI_DOCS}; {_ALWAYS}",
        verified=_DAY,
        note="The standard endpoint: preserved thinking is off unless `clear_thinking` is false. GLM-5.3 always "
        "thinks: `thinking.type` `disabled` is refused there (HTTP 400, code 1210).",
    ),
    Rule(
        id="zai.glm.chat.preserved",
        provider="zai",
        dialects=CHAT,
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_ZAI_SILENT,
        when={"$.thinking.clear_thinking": "false"},
        alternative_to="zai.glm.chat",
        standing="documented",
        source=ZAI_DOCS,
        verified=TODAY,
        note="All of it, unchanged and in the order of the original.",
    ),
    Rule(
        id="zai.glm.coding",
        provider="zai-coding",
        dialects=CHAT,
        models=("glm-4.5*", "glm-4.6*", "glm-4.7*", "glm-5*"),
        in_loop="must",
        cross_turn="must",
        boundary="never",
        missing=_ZAI_SILENT,
        standing="documented",
        source=f"{ZAI_DOCS}; {_ALWAYS}",
        verified=_DAY,
        note="The coding-plan endpoint: preserved thinking is on by default. GLM-5.3 always thinks: `thinking.type` "
        "`disabled` is taken here, and changes nothing.",
    ),
    Rule(
        id="zai.glm.coding.cleared",
        provider="zai-coding",
        dialects=CHAT,
        in_loop="must",
        cross_turn="may",
        boundary="user-message",
        missing=_ZAI_SILENT,
        when={"$.thinking.clear_thinking": "true"},
        alternative_to="zai.glm.coding",
        standing="documented",
        source=ZAI_DOCS,
        verified=TODAY,
    ),
)
