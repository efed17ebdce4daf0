"""The agents that the examination runs: `AssistantAgent` with AutoGen's own clients, and with ours.

One class drives them all (`_session`), so that a difference in their verdicts is one of the clients; beside ours there
is our model context. The clients are imported when a run begins: a subject whose client is absent is listed, not
broken.

`OllamaChatCompletionClient` is not among them: it speaks Ollama's own API, which is no dialect. Nor is `OpenAIAgent`,
which sends no tools.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, cast, get_args

from autogen_core.model_context import ChatCompletionContext, UnboundedChatCompletionContext
from autogen_core.models import ChatCompletionClient
from msgspec import Struct

from keepthinking import Endpoint, Requirement, Session
from keepthinking._adapter import Capability, Run, Variant
from keepthinking_adapters.autogen._context import KeepThinkingUnboundedContext
from keepthinking_adapters.autogen._session import AgentSession

_AGENT: Final = (Requirement("autogen-agentchat", ">=0.6.2,<0.8"),)
"""The loop."""
_ALL: Final = frozenset[Capability](get_args(Capability)) - {"sync", "approve"}
"""What an agent of AutoGen can do: all but to be driven by calls that block, which its agents do not have, and to ask
before it calls a tool, which is nowhere in its loop (`_session`)."""


class Client(Struct, frozen=True, kw_only=True):
    """A model client, and how it is made for an endpoint.

    Attributes:
        target: `package.module:Class`.
        requires: The distributions that it needs.
        options: Gives the class's own options.
    """

    target: str
    requires: tuple[Requirement, ...]
    options: Callable[[Endpoint], dict[str, Any]]

    def make(self, endpoint: Endpoint) -> ChatCompletionClient:
        """Make the model client."""
        module, _, name = self.target.partition(":")
        return cast("ChatCompletionClient", getattr(import_module(module), name)(**self.options(endpoint)))


class AgentSubject(Struct, frozen=True, kw_only=True):
    """An agent with one client."""

    id: str
    variant: Variant
    client: Client
    dialects: frozenset[str]
    profiles: frozenset[str] = frozenset()
    framework: str = "autogen"
    capabilities: frozenset[Capability] = _ALL
    context: Callable[[], ChatCompletionContext] = UnboundedChatCompletionContext

    @property
    def title(self) -> str:
        """The name of the client's class, for tables."""
        return self.client.target.partition(":")[2]

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """The client, and what the agent runs on."""
        return (*_AGENT, *self.client.requires)

    async def start(self, run: Run) -> Session:
        """Begin a conversation of its own, with agents of its own."""
        return AgentSession(run, self.client.make, self.context)


# -- the clients -------------------------------------------------------------------------------------------------------

_TOLD: Final = {
    "vision": False,
    "function_calling": True,
    "json_output": False,
    "structured_output": False,
    "multiple_system_messages": False,
    "family": "unknown",
}
"""What an app says of a model that AutoGen's list does not know."""


def _key(endpoint: Endpoint) -> str:
    return endpoint.api_key or "none"


def _openai(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "api_key": _key(endpoint),
        "model_info": _TOLD,
        **({"extra_body": dict(endpoint.extra_body)} if endpoint.extra_body else {}),
    }


def _anthropic(endpoint: Endpoint) -> dict[str, Any]:
    # Of the parameters of a request it takes `thinking`, and none that it does not know.
    return {
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "api_key": _key(endpoint),
        "model_info": _TOLD,
        "max_tokens": 16_000,
        **{name: value for name, value in endpoint.extra_body.items() if name == "thinking"},
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

_EXT: Final = Requirement("autogen-ext", ">=0.7.5,<0.8")
"""Before 0.7.5 neither client takes the parameters that ask a provider for thinking."""

SUBJECTS: Final = (
    AgentSubject(
        id="autogen.openai.stock",
        variant="stock",
        client=Client(
            target="autogen_ext.models.openai:OpenAIChatCompletionClient",
            requires=(_EXT, Requirement("openai", ">=1.93,<4"), Requirement("tiktoken")),
            options=_openai,
        ),
        dialects=_CHAT,
    ),
    AgentSubject(
        id="autogen.anthropic.stock",
        variant="stock",
        client=Client(
            target="autogen_ext.models.anthropic:AnthropicChatCompletionClient",
            # From 1.0 on the SDK refuses the `temperature` that each request has.
            requires=(_EXT, Requirement("anthropic", ">=0.48,<1"), Requirement("tiktoken")),
            options=_anthropic,
        ),
        dialects=_MESSAGES,
    ),
    AgentSubject(
        id="autogen.keepthinking.kept",
        variant="kept",
        client=Client(
            target="keepthinking_adapters.autogen:KeepThinkingChatCompletionClient",
            requires=(Requirement("httpx2", ">=2.0", extra="autogen"),),
            options=_ours,
        ),
        dialects=_CHAT | _RESPONSES | _MESSAGES | _GEMINI,
        context=KeepThinkingUnboundedContext,
    ),
)
