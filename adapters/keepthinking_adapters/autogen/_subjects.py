"""The agents that the examination runs: `AssistantAgent` with AutoGen's own clients, and with ours.

One class drives them (`_session`), so that a difference in their verdicts is one of the clients; beside ours there
is our model context. The clients are imported when a run begins: a subject whose client is absent is listed, not
broken.

`CodeExecutorAgent` runs code that an `AssistantAgent` writes into its words (`_coder`). A few providers are enough for
it: one that thinks in the text itself, and one of each wire that wants thinking of earlier turns back.

`OpenAIAgent` is not among them: it sends no tools.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, cast, get_args

from autogen_core.model_context import ChatCompletionContext, UnboundedChatCompletionContext
from autogen_core.models import ChatCompletionClient
from msgspec import Struct

from keepthinking import Endpoint, Requirement, Session
from keepthinking._adapter import Capability, Run, Speech, Variant
from keepthinking_adapters.autogen._coder import CoderSession
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
    session: type[AgentSession] = AgentSession
    speech: Speech = "native"

    @property
    def title(self) -> str:
        """The name of the client's class, for tables, behind that of an agent that is not the usual one."""
        name = self.client.target.partition(":")[2]
        return name if self.speech == "native" else f"CodeExecutorAgent, {name}"

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """The client, and what the agent runs on."""
        return (*_AGENT, *self.client.requires)

    async def start(self, run: Run) -> Session:
        """Begin a conversation of its own, with agents of its own."""
        return self.session(run, self.client.make, self.context)


# -- the clients -------------------------------------------------------------------------------------------------------

_TOLD: Final = {
    "vision": True,
    "function_calling": True,
    "json_output": False,
    "structured_output": False,
    "multiple_system_messages": False,
    "family": "unknown",
}
"""What an app says of a model that AutoGen's list does not know: without vision AutoGen would send it no picture."""


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


def _ollama(endpoint: Endpoint) -> dict[str, Any]:
    return {"model": endpoint.model, "host": endpoint.base_url, "model_info": _TOLD, **endpoint.extra_body}


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
_OLLAMA: Final = frozenset({"ollama"})

_EXT: Final = Requirement("autogen-ext", ">=0.7.5,<0.8")
"""Before 0.7.5 neither client takes the parameters that ask a provider for thinking."""

_OPENAI: Final = Client(
    target="autogen_ext.models.openai:OpenAIChatCompletionClient",
    requires=(_EXT, Requirement("openai", ">=1.93,<4"), Requirement("tiktoken")),
    options=_openai,
)
_ANTHROPIC: Final = Client(
    target="autogen_ext.models.anthropic:AnthropicChatCompletionClient",
    # From 1.0 on the SDK refuses the `temperature` that each request has.
    requires=(_EXT, Requirement("anthropic", ">=0.48,<1"), Requirement("tiktoken")),
    options=_anthropic,
)
_KEPT: Final = Client(
    target="keepthinking_adapters.autogen:KeepThinkingChatCompletionClient",
    requires=(Requirement("httpx2", ">=2.0", extra="autogen"),),
    options=_ours,
)
_CODE: Final[Mapping[str, Any]] = MappingProxyType(
    {"session": CoderSession, "speech": "code-block", "capabilities": _ALL - {"sub-agent"}}
)
"""An agent that writes code: an agent is no function that code can call."""

SUBJECTS: Final = (
    AgentSubject(id="autogen.openai.stock", variant="stock", client=_OPENAI, dialects=_CHAT),
    AgentSubject(id="autogen.anthropic.stock", variant="stock", client=_ANTHROPIC, dialects=_MESSAGES),
    AgentSubject(
        id="autogen.ollama.stock",
        variant="stock",
        client=Client(
            target="autogen_ext.models.ollama:OllamaChatCompletionClient",
            # The file is the same in 0.6.2 and in 0.7.5. The SDK has a member for thinking since 0.5.
            requires=(
                Requirement("autogen-ext", ">=0.6.2,<0.8"),
                Requirement("ollama", ">=0.5.1,<1"),
                Requirement("tiktoken"),
            ),
            options=_ollama,
        ),
        dialects=_OLLAMA,
    ),
    AgentSubject(
        id="autogen.keepthinking.kept",
        variant="kept",
        client=_KEPT,
        dialects=_CHAT | _RESPONSES | _MESSAGES | _GEMINI | _OLLAMA,
        context=KeepThinkingUnboundedContext,
    ),
    AgentSubject(
        id="autogen.code-executor.openai.stock",
        variant="stock",
        client=_OPENAI,
        dialects=_CHAT,
        profiles=frozenset({"minimax", "openrouter"}),
        **_CODE,
    ),
    AgentSubject(
        id="autogen.code-executor.anthropic.stock",
        variant="stock",
        client=_ANTHROPIC,
        dialects=_MESSAGES,
        profiles=frozenset({"anthropic"}),
        **_CODE,
    ),
    AgentSubject(
        id="autogen.code-executor.keepthinking.kept",
        variant="kept",
        client=_KEPT,
        dialects=_CHAT | _RESPONSES | _MESSAGES | _GEMINI,
        profiles=frozenset({"minimax", "openrouter", "openai", "anthropic", "google-gemini"}),
        context=KeepThinkingUnboundedContext,
        **_CODE,
    ),
)
