"""Which profile plays which model, under which rule, and what a client has to send for it.

A red cell cites the rule of its row, so each row names it; a test asks `rule_for` whether it still holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from keepthinking_conformance.scenarios._types import Scenario, ThinkKind

_PLAIN: frozenset[ThinkKind] = frozenset({"plain"})


class Served(Struct, frozen=True, kw_only=True):
    """One provider as it is played.

    Attributes:
        profile: The profile's name.
        dialect: The dialect's id.
        model: The model's name as sent.
        rule: Id of the rule under which its verdicts fall.
        extra_body: Parameters that a client has to send, so that the model thinks and the rule holds.
        kinds: The kinds of thoughts that it gives.
        several: Whether one answer of it may hold several thoughts.
        sealed: Whether it seals its thoughts.
        raw: Whether its thoughts are the model's own words where the dialect has a summary, too.
        alone: Whether it is known to answer with a thought and nothing else, now and then.
        always: Whether it thinks before every answer: by its rule one without a thought is refused when it comes back.
        hosts: Whether it runs tools of its own inside an answer.
        other: The profile of the other model, where a run has two: one of the same dialect whose seals are of another
            domain, as far as one of the two has seals.
    """

    profile: str
    dialect: str
    model: str
    rule: str
    extra_body: Mapping[str, Any] = MappingProxyType({})
    kinds: frozenset[ThinkKind] = _PLAIN
    several: bool = False
    sealed: bool = False
    raw: bool = False
    alone: bool = False
    always: bool = False
    hosts: bool = False
    other: str = ""


_THOUGHTS = MappingProxyType({"generationConfig": {"thinkingConfig": {"includeThoughts": True}}})

# Who answers with a thought alone (all read 2026-11-25). MiniMax measures how often a deployment of M2 does ("not only
# reasoning", https://github.com/MiniMax-AI/MiniMax-Provider-Verifier); vLLM: vllm-project/vllm-ascend issue 9131;
# Claude: boldsoftware/shelley pull request 177 and can1357/oh-my-pi issue 5881.
_ROWS = (
    Served(
        profile="deepseek",
        dialect="openai-chat",
        model="deepseek-v4-pro",
        rule="deepseek.v4.chat",
        always=True,
        other="openrouter",
    ),
    Served(
        profile="kimi",
        dialect="openai-chat",
        model="kimi-k2-thinking",
        rule="moonshot.k2-thinking.chat",
        always=True,
        other="openrouter",
    ),
    Served(
        profile="minimax",
        dialect="openai-chat",
        model="MiniMax-M2",
        rule="minimax.m2.chat",
        alone=True,
        other="openrouter",
    ),
    Served(
        profile="minimax-split",
        dialect="openai-chat",
        model="MiniMax-M2",
        rule="minimax.m2.split",
        extra_body=MappingProxyType({"reasoning_split": True}),
        several=True,
        alone=True,
        other="openrouter",
    ),
    Served(
        profile="openrouter",
        dialect="openai-chat",
        model="anthropic/claude-sonnet-4.5",
        rule="openrouter.claude.chat",
        extra_body=MappingProxyType({"reasoning": {"max_tokens": 2048}}),
        several=True,
        sealed=True,
        other="deepseek",
    ),
    Served(
        profile="vllm",
        dialect="openai-chat",
        model="MiniMaxAI/MiniMax-M2",
        rule="template.minimax-m2.chat",
        alone=True,
        other="openrouter",
    ),
    Served(
        profile="anthropic",
        dialect="anthropic-messages",
        model="claude-opus-4-6",
        rule="anthropic.claude-kept.messages.adaptive",
        extra_body=MappingProxyType({"thinking": {"type": "adaptive"}}),
        kinds=frozenset({"plain", "redacted", "empty-sealed"}),
        several=True,
        sealed=True,
        alone=True,
        hosts=True,
        other="minimax-anthropic",
    ),
    Served(
        profile="openai",
        dialect="openai-responses",
        model="gpt-5.6",
        rule="openai.gpt-5-6.responses",
        extra_body=MappingProxyType({"reasoning": {"effort": "medium", "summary": "detailed"}}),
        kinds=frozenset({"plain", "redacted"}),
        several=True,
        sealed=True,
        hosts=True,
        other="deepseek-responses",
    ),
    Served(
        profile="deepseek-responses",
        dialect="openai-responses",
        model="deepseek-v4-pro",
        rule="deepseek.v4.responses",
        raw=True,
        always=True,
        other="openai",
    ),
    Served(
        profile="google-gemini",
        dialect="gemini",
        model="gemini-3-pro-preview",
        rule="google.gemini-3.native",
        extra_body=_THOUGHTS,
        sealed=True,
        other="vertex-gemini",
    ),
    Served(
        profile="vertex-gemini",
        dialect="gemini",
        model="gemini-3-pro-preview",
        rule="google-vertex.gemini-3.native",
        extra_body=_THOUGHTS,
        sealed=True,
        other="google-gemini",
    ),
    Served(
        profile="minimax-anthropic",
        dialect="anthropic-messages",
        model="MiniMax-M2",
        rule="minimax.m2.anthropic",
        several=True,
        sealed=True,
        other="anthropic",
    ),
    Served(
        profile="deepseek-anthropic",
        dialect="anthropic-messages",
        model="deepseek-v4-pro",
        rule="deepseek.v4-pro.anthropic",
        sealed=True,
        always=True,
        other="anthropic",
    ),
    Served(
        profile="ollama-native",
        dialect="ollama",
        model="gpt-oss:20b",
        rule="ollama.gpt-oss.native",
        extra_body=MappingProxyType({"think": True}),
        other="ollama-native",
    ),
)

PROVIDERS: Final[Mapping[str, Served]] = MappingProxyType({row.profile: row for row in _ROWS})
"""The providers that are played, by the profile's name."""

BESIDE: Final[Mapping[str, Served]] = MappingProxyType(
    {
        # Its seals are bound to all that stands before them. For a scaffold its wire is that of the other Claude, so it
        # stands in no default matrix: it would ask for twice the runs of that dialect.
        "anthropic-bound": Served(
            profile="anthropic",
            dialect="anthropic-messages",
            model="claude-opus-5-5",
            rule="anthropic.claude-bound.messages",
            extra_body=MappingProxyType({"thinking": {"type": "adaptive"}}),
            kinds=frozenset({"plain", "redacted", "empty-sealed"}),
            several=True,
            sealed=True,
            alone=True,
            hosts=True,
            other="minimax-anthropic",
        ),
    }
)
"""Providers that are played where they are asked for by name."""


MODEL_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "neutral": "model-a",
        "deepseek": "deepseek-v4-pro",
        "claude": "claude-opus-4-6",
        "gpt-5": "gpt-5.6",
        "gemini": "gemini-3-pro-preview",
    }
)
"""Model names under which one and the same server is asked, by name of the axis' value: clients have gates by name."""


def misfit(scenario: Scenario, served: Served) -> str:
    """Tell why a provider cannot play a scenario, in words for a report; "" where it can."""
    name, missing = f"`{served.profile}`", scenario.kinds - served.kinds
    strange = bool(scenario.dialects) and served.dialect not in scenario.dialects
    reasons = (
        (strange, f"`{served.dialect}` has no such blocks"),
        (bool(missing), f"{name} gives no {' or '.join(sorted(missing))} thoughts"),
        (scenario.several and not served.several, f"{name} gives one thought an answer"),
        (scenario.alone and not served.alone, f"{name} is not known to answer with a thought alone"),
        (scenario.unthought and served.always, f"{name} takes no answer back that has no thought"),
        (scenario.hosted and not served.hosts, f"{name} runs no tools of its own"),
    )
    return next((why for holds, why in reasons if holds), "")
