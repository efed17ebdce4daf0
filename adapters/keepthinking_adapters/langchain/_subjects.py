"""The agents that the examination runs: `create_agent` with LangChain's own clients, and with ours.

One class drives them all (`_session`), so that a difference in their verdicts is one of the clients. The clients are
imported when a run begins: a subject whose client is absent is listed, not broken.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, cast, get_args

from langchain_core.language_models import BaseChatModel
from msgspec import Struct
from pydantic import SecretStr

from keepthinking import Endpoint, Requirement, Session
from keepthinking._adapter import Capability, Run, Variant
from keepthinking_adapters.langchain._session import AgentSession

_AGENT: Final = (Requirement("langchain", ">=1.4,<2"), Requirement("langgraph-checkpoint-sqlite", ">=3.0,<4"))
_ALL: Final = frozenset[Capability](get_args(Capability))
"""What an agent of LangChain can do: all that an examination asks for."""


class Client(Struct, frozen=True, kw_only=True):
    """A chat model class, and how it is made for an endpoint.

    Attributes:
        target: `package.module:Class`.
        requires: The distributions that it needs.
        options: Gives the class's own options.
        mode: Which way of the class it is, where it has several; for tables.
    """

    target: str
    requires: tuple[Requirement, ...]
    options: Callable[[Endpoint], dict[str, Any]]
    mode: str = ""

    def make(self, endpoint: Endpoint) -> BaseChatModel:
        """Make the model."""
        module, _, name = self.target.partition(":")
        return cast("BaseChatModel", getattr(import_module(module), name)(**self.options(endpoint)))


class AgentSubject(Struct, frozen=True, kw_only=True):
    """`create_agent` with one client."""

    id: str
    variant: Variant
    client: Client
    dialects: frozenset[str]
    profiles: frozenset[str] = frozenset()
    framework: str = "langchain"
    capabilities: frozenset[Capability] = _ALL

    @property
    def title(self) -> str:
        """The name of the client's class, and which way of it, for tables."""
        name = self.client.target.partition(":")[2]
        return f"{name} ({self.client.mode})" if self.client.mode else name

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """The client, the agent and the checkpointer."""
        return (*_AGENT, *self.client.requires)

    async def start(self, run: Run) -> Session:
        """Begin a conversation of its own, in a database of its own."""
        return AgentSession(run, self.client.make)


# -- the clients -------------------------------------------------------------------------------------------------------


def _key(endpoint: Endpoint) -> SecretStr:
    return SecretStr(endpoint.api_key or "none")


def _chat(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "api_key": _key(endpoint),
        "extra_body": dict(endpoint.extra_body),
    }


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    body = dict(endpoint.extra_body)
    named: dict[str, Any] = {name: body.pop(name) for name in ("reasoning", "include") if name in body}
    return {**_chat(endpoint), **named, "extra_body": body, "use_responses_api": True}


def _gemini(endpoint: Endpoint) -> dict[str, Any]:
    config = dict(endpoint.extra_body).get("generationConfig", {}).get("thinkingConfig", {})
    return {
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "api_key": _key(endpoint),
        "include_thoughts": config.get("includeThoughts"),
    }


def _deepseek(endpoint: Endpoint) -> dict[str, Any]:
    # Its own name for the address: `base_url` was a parent's alias until 1.1, and left calls going to the vendor.
    options = _chat(endpoint)
    return {"api_base": options.pop("base_url"), **options}


def _openrouter(endpoint: Endpoint) -> dict[str, Any]:
    body = dict(endpoint.extra_body)
    reasoning = body.pop("reasoning", None)
    return {
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "api_key": _key(endpoint),
        "reasoning": reasoning,
        "model_kwargs": body,
    }


def _anthropic(endpoint: Endpoint) -> dict[str, Any]:
    body = dict(endpoint.extra_body)
    thinking = body.pop("thinking", None)
    return {
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "api_key": _key(endpoint),
        "max_tokens": 16_000,
        "thinking": thinking,
        "model_kwargs": body,
    }


def _ollama(endpoint: Endpoint) -> dict[str, Any]:
    return {"model": endpoint.model, "base_url": endpoint.base_url, "reasoning": endpoint.extra_body.get("think")}


def _ours(endpoint: Endpoint) -> dict[str, Any]:
    return {**_chat(endpoint), "dialect": endpoint.dialect, "profile": endpoint.profile}


_CHAT: Final = frozenset({"openai-chat"})
_RESPONSES: Final = frozenset({"openai-responses"})
_MESSAGES: Final = frozenset({"anthropic-messages"})
_GEMINI: Final = frozenset({"gemini"})
_OLLAMA: Final = frozenset({"ollama"})

SUBJECTS: Final = (
    AgentSubject(
        id="langchain.chat-openai.stock",
        variant="stock",
        client=Client(
            target="langchain_openai:ChatOpenAI", requires=(Requirement("langchain-openai", ">=1.0,<2"),), options=_chat
        ),
        dialects=_CHAT,
    ),
    AgentSubject(
        id="langchain.chat-openai-responses.stock",
        variant="stock",
        client=Client(
            target="langchain_openai:ChatOpenAI",
            requires=(Requirement("langchain-openai", ">=1.0,<2"),),
            options=_responses,
            mode="Responses",
        ),
        dialects=_RESPONSES,
    ),
    AgentSubject(
        id="langchain.chat-deepseek.stock",
        variant="stock",
        client=Client(
            target="langchain_deepseek:ChatDeepSeek",
            requires=(Requirement("langchain-deepseek", ">=1.0,<2"),),
            options=_deepseek,
        ),
        dialects=_CHAT,
        profiles=frozenset({"deepseek"}),
    ),
    AgentSubject(
        id="langchain.chat-openrouter.stock",
        variant="stock",
        client=Client(
            target="langchain_openrouter:ChatOpenRouter",
            requires=(Requirement("langchain-openrouter", ">=0.2.1,<1"), Requirement("openrouter")),
            options=_openrouter,
        ),
        dialects=_CHAT,
        profiles=frozenset({"openrouter"}),
    ),
    AgentSubject(
        id="langchain.chat-anthropic.stock",
        variant="stock",
        client=Client(
            target="langchain_anthropic:ChatAnthropic",
            requires=(Requirement("langchain-anthropic", ">=1.0,<2"),),
            options=_anthropic,
        ),
        dialects=_MESSAGES,
    ),
    AgentSubject(
        id="langchain.chat-google.stock",
        variant="stock",
        client=Client(
            target="langchain_google_genai:ChatGoogleGenerativeAI",
            requires=(Requirement("langchain-google-genai", ">=4.4,<5"),),
            options=_gemini,
        ),
        dialects=_GEMINI,
        profiles=frozenset({"google-gemini"}),
    ),
    AgentSubject(
        id="langchain.chat-ollama.stock",
        variant="stock",
        client=Client(
            target="langchain_ollama:ChatOllama",
            requires=(Requirement("langchain-ollama", ">=1.0,<2"),),
            options=_ollama,
        ),
        dialects=_OLLAMA,
    ),
    AgentSubject(
        id="langchain.chat-keepthinking.kept",
        variant="kept",
        client=Client(
            target="keepthinking_adapters.langchain:ChatKeepThinking",
            requires=(Requirement("httpx2", ">=2.0", extra="langchain"),),
            options=_ours,
        ),
        dialects=_CHAT | _RESPONSES | _MESSAGES | _GEMINI | _OLLAMA,
    ),
)
