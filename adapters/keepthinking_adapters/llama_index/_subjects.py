"""The agents that the examination runs: `FunctionAgent` with LlamaIndex's own clients, and with ours.

One class drives them all (`_session`), so that a difference in their verdicts is one of the clients; beside ours there
is our serializer, and `settle`. The clients are imported when a run begins: a subject whose client is absent is
listed, not broken.

`ReActAgent` and `CodeActAgent` are not among them: they read their actions out of text, and the scenarios have calls on
the wire. Their tests tell the model's words themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final, cast, get_args

from llama_index.core.llms import LLM
from msgspec import Struct

from keepthinking import Endpoint, Requirement, Session
from keepthinking._adapter import Capability, Run, Variant
from keepthinking_adapters.llama_index._context import MessageSerializer, settle
from keepthinking_adapters.llama_index._session import AgentSession

_AGENT: Final = (Requirement("llama-index-workflows", ">=2.14,<3"), Requirement("pydantic", ">=2.8,<3"))
"""The loop, and what decides about a context: from pydantic 2.14 on LlamaIndex's own serializer skips its memory."""
_ALL: Final = frozenset[Capability](get_args(Capability)) - {"sync"}
"""What an agent of LlamaIndex can do: all but to be driven by calls that block, which its agents do not have."""
_WAITS: Final = (
    _ALL if Requirement("llama-index-core", ">=0.14.7").allows(version("llama-index-core")) else _ALL - {"approve"}
)
"""Before 0.14.7 an agent takes a tool that waits for the user for one that failed, and tells the model so."""


class Client(Struct, frozen=True, kw_only=True):
    """A model class, and how it is made for an endpoint.

    Attributes:
        target: `package.module:Class`.
        requires: The distributions that it needs.
        options: Gives the class's own options.
    """

    target: str
    requires: tuple[Requirement, ...]
    options: Callable[[Endpoint], dict[str, Any]]

    def make(self, endpoint: Endpoint) -> LLM:
        """Make the model."""
        module, _, name = self.target.partition(":")
        return cast("LLM", getattr(import_module(module), name)(**self.options(endpoint)))


class AgentSubject(Struct, frozen=True, kw_only=True):
    """An agent with one client."""

    id: str
    variant: Variant
    client: Client
    dialects: frozenset[str]
    profiles: frozenset[str] = frozenset()
    framework: str = "llama-index"
    capabilities: frozenset[Capability] = _ALL

    @property
    def title(self) -> str:
        """The name of the client's class, for tables."""
        return self.client.target.partition(":")[2]

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """The client, and what the agent runs on."""
        return (*_AGENT, *self.client.requires)

    async def start(self, run: Run) -> Session:
        """Begin a conversation of its own, in a context of its own."""
        if self.variant == "kept":
            return AgentSession(run, self.client.make, MessageSerializer(), settle)
        return AgentSession(run, self.client.make)


# -- the clients -------------------------------------------------------------------------------------------------------

_WINDOW: Final = 200_000
"""So many tokens the models of the providers take at least; by default `OpenAILike` assumes 3900, and trims."""


def _key(endpoint: Endpoint) -> str:
    return endpoint.api_key or "none"


def _openai(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "model": endpoint.model,
        "api_base": endpoint.base_url,
        "api_key": _key(endpoint),
        "additional_kwargs": {"extra_body": dict(endpoint.extra_body)} if endpoint.extra_body else {},
    }


def _like(endpoint: Endpoint) -> dict[str, Any]:
    # Nothing asks the server what its model can do, so the app says it.
    told = {"is_chat_model": True, "is_function_calling_model": True, "context_window": _WINDOW}
    return {**_openai(endpoint), **told}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    # `reasoning_options` reaches the wire for models of a list only, in which these are not.
    return {**_openai(endpoint), "additional_kwargs": dict(endpoint.extra_body), "context_window": _WINDOW}


def _anthropic(endpoint: Endpoint) -> dict[str, Any]:
    body = dict(endpoint.extra_body)
    return {
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "api_key": _key(endpoint),
        "max_tokens": 16_000,
        "thinking_dict": body.pop("thinking", None),
        "additional_kwargs": body,
    }


def _ours(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "api_key": _key(endpoint),
        "dialect": endpoint.dialect,
        "profile": endpoint.profile,
        "extra_body": dict(endpoint.extra_body),
    }


_CHAT: Final = frozenset({"openai-chat"})
_RESPONSES: Final = frozenset({"openai-responses"})
_MESSAGES: Final = frozenset({"anthropic-messages"})
_GEMINI: Final = frozenset({"gemini"})

SUBJECTS: Final = (
    AgentSubject(
        id="llama-index.openai-like.stock",
        variant="stock",
        client=Client(
            target="llama_index.llms.openai_like:OpenAILike",
            requires=(Requirement("llama-index-llms-openai-like", ">=0.7,<1"), Requirement("llama-index-llms-openai")),
            options=_like,
        ),
        dialects=_CHAT,
    ),
    AgentSubject(
        id="llama-index.openai.stock",
        variant="stock",
        client=Client(
            target="llama_index.llms.openai:OpenAI",
            requires=(Requirement("llama-index-llms-openai", ">=0.7,<1"),),
            options=_openai,
        ),
        dialects=_CHAT,
        # It refuses names that are not OpenAI's, so one server is enough: the one that serves its model under any name.
        profiles=frozenset({"vllm"}),
    ),
    AgentSubject(
        id="llama-index.openai-responses.stock",
        variant="stock",
        client=Client(
            target="llama_index.llms.openai:OpenAIResponses",
            requires=(Requirement("llama-index-llms-openai", ">=0.7,<1"),),
            options=_responses,
        ),
        dialects=_RESPONSES,
    ),
    AgentSubject(
        id="llama-index.deepseek.stock",
        variant="stock",
        client=Client(
            target="llama_index.llms.deepseek:DeepSeek",
            requires=(Requirement("llama-index-llms-deepseek", ">=0.4,<1"), Requirement("llama-index-llms-openai")),
            options=_like,
        ),
        dialects=_CHAT,
        profiles=frozenset({"deepseek"}),
    ),
    AgentSubject(
        id="llama-index.minimax.stock",
        variant="stock",
        client=Client(
            target="llama_index.llms.minimax:MiniMax",
            requires=(Requirement("llama-index-llms-minimax", ">=0.2,<1"), Requirement("llama-index-llms-openai")),
            options=_like,
        ),
        dialects=_CHAT,
        profiles=frozenset({"minimax", "minimax-split"}),
    ),
    AgentSubject(
        id="llama-index.openrouter.stock",
        variant="stock",
        client=Client(
            target="llama_index.llms.openrouter:OpenRouter",
            requires=(Requirement("llama-index-llms-openrouter", ">=0.6,<1"), Requirement("llama-index-llms-openai")),
            options=_like,
        ),
        dialects=_CHAT,
        profiles=frozenset({"openrouter"}),
    ),
    AgentSubject(
        id="llama-index.anthropic.stock",
        variant="stock",
        client=Client(
            target="llama_index.llms.anthropic:Anthropic",
            requires=(
                Requirement("llama-index-llms-anthropic", ">=0.10.8,<1"),
                Requirement("anthropic", ">=0.75,<3"),
            ),
            options=_anthropic,
        ),
        dialects=_MESSAGES,
        profiles=frozenset({"anthropic"}),  # it refuses names that are not Anthropic's
    ),
    AgentSubject(
        id="llama-index.keepthinking.kept",
        variant="kept",
        client=Client(
            target="keepthinking_adapters.llama_index:KeepThinkingLLM",
            requires=(Requirement("httpx2", ">=2.0", extra="llama-index"),),
            options=_ours,
        ),
        dialects=_CHAT | _RESPONSES | _MESSAGES | _GEMINI,
        capabilities=_WAITS,
    ),
)
