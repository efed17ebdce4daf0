"""The agents that the examination runs: LlamaIndex's, with its own clients, and with ours.

One class drives them all (`_session`), so that a difference in their verdicts is one of the clients; beside ours there
is our serializer, and `settle`. The clients are imported when a run begins: a subject whose client is absent is
listed, not broken.

`ReActAgent` and `CodeActAgent` read their actions out of the model's text (`speech`). Beside our client they are the
ones of `_agents`, since LlamaIndex's own write anew what the model said. A few providers are enough for them: one that
thinks in the text itself, and one of each wire that wants thinking of earlier turns back, which all of it is here.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final, cast, get_args

from llama_index.core.agent.workflow import CodeActAgent, FunctionAgent, ReActAgent
from llama_index.core.llms import LLM
from msgspec import Struct

from keepthinking import Endpoint, Requirement, Session
from keepthinking._adapter import Capability, Run, Speech, Variant
from keepthinking_adapters.llama_index._agents import KeepThinkingCodeActAgent, KeepThinkingReActAgent
from keepthinking_adapters.llama_index._context import MessageSerializer, ended, settle
from keepthinking_adapters.llama_index._session import Agent, AgentSession

_AGENT: Final = (Requirement("llama-index-workflows", ">=2.14,<3"), Requirement("pydantic", ">=2.8,<3"))
"""The loop, and what decides about a context: from pydantic 2.14 on LlamaIndex's own serializer skips its memory."""
_ALL: Final = frozenset[Capability](get_args(Capability)) - {"sync"}
"""What an agent of LlamaIndex can do: all but to be driven by calls that block, which its agents do not have."""
_WAITS: Final = (
    _ALL
    if Requirement("llama-index-core", ">=0.14.7").allows(version("llama-index-core"))
    else _ALL - {"approve", "interrupt"}
)
"""Before 0.14.7 an agent takes a tool that waits for the user for one that failed, and tells the model so; and it takes
a cancelled step up again beside a loop that was put into the memory."""


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
    agent: Agent = FunctionAgent
    speech: Speech = "native"

    @property
    def title(self) -> str:
        """The name of the client's class, for tables, behind that of an agent that is not the usual one."""
        name = self.client.target.partition(":")[2]
        return name if self.agent is FunctionAgent else f"{getattr(self.agent, '__name__', '')}, {name}"

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """The client, and what the agent runs on."""
        # Agents that read text have been examined with this core alone; older ones end a run otherwise.
        core = () if self.speech == "native" else (Requirement("llama-index-core", ">=0.14.25,<0.15"),)
        return (*_AGENT, *core, *self.client.requires)

    async def start(self, run: Run) -> Session:
        """Begin a conversation of its own, in a context of its own."""
        if self.variant == "stock":
            return AgentSession(run, self.client.make, agent=self.agent)
        return AgentSession(run, self.client.make, MessageSerializer(), settle, agent=self.agent, ends=ended)


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


def _ollama(endpoint: Endpoint) -> dict[str, Any]:
    # It would ask the server how much the model takes.
    return {
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "thinking": endpoint.extra_body.get("think"),
        "context_window": _WINDOW,
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
_OLLAMA: Final = frozenset({"ollama"})

_LIKE: Final = Client(
    target="llama_index.llms.openai_like:OpenAILike",
    requires=(Requirement("llama-index-llms-openai-like", ">=0.7,<1"), Requirement("llama-index-llms-openai")),
    options=_like,
)
_KEPT: Final = Client(
    target="keepthinking_adapters.llama_index:KeepThinkingLLM",
    requires=(Requirement("httpx2", ">=2.0", extra="llama-index"),),
    options=_ours,
)
_UNASKED: Final = frozenset[Capability]({"remind"})
"""What is not asked of agents that read text: words within a turn are put into the loop of `FunctionAgent`."""
_CODE: Final = _ALL - _UNASKED - {"approve", "sub-agent"}
"""What `CodeActAgent` can do: its tools wait for nobody, and it has no agent for a function."""

SUBJECTS: Final = (
    AgentSubject(id="llama-index.openai-like.stock", variant="stock", client=_LIKE, dialects=_CHAT),
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
        id="llama-index.ollama.stock",
        variant="stock",
        client=Client(
            target="llama_index.llms.ollama:Ollama",
            requires=(Requirement("llama-index-llms-ollama", ">=0.10.1,<1"), Requirement("ollama")),
            options=_ollama,
        ),
        dialects=_OLLAMA,
    ),
    AgentSubject(
        id="llama-index.keepthinking.kept",
        variant="kept",
        client=_KEPT,
        dialects=_CHAT | _RESPONSES | _MESSAGES | _GEMINI | _OLLAMA,
        capabilities=_WAITS,
    ),
    AgentSubject(
        id="llama-index.react.openai-like.stock",
        variant="stock",
        client=_LIKE,
        dialects=_CHAT,
        profiles=frozenset({"minimax", "openrouter"}),
        capabilities=_ALL - _UNASKED,
        agent=ReActAgent,
        speech="react",
    ),
    AgentSubject(
        id="llama-index.react.keepthinking.kept",
        variant="kept",
        client=_KEPT,
        dialects=_CHAT | _RESPONSES | _MESSAGES | _GEMINI | _OLLAMA,
        profiles=frozenset({"minimax", "openrouter", "openai", "anthropic", "google-gemini", "ollama-native"}),
        capabilities=_WAITS - _UNASKED,
        agent=KeepThinkingReActAgent,
        speech="react",
    ),
    AgentSubject(
        id="llama-index.code-act.openai-like.stock",
        variant="stock",
        client=_LIKE,
        dialects=_CHAT,
        profiles=frozenset({"minimax", "openrouter"}),
        capabilities=_CODE,
        agent=CodeActAgent,
        speech="code-act",
    ),
    AgentSubject(
        id="llama-index.code-act.keepthinking.kept",
        variant="kept",
        client=_KEPT,
        dialects=_CHAT | _RESPONSES | _MESSAGES | _GEMINI | _OLLAMA,
        profiles=frozenset({"minimax", "openrouter", "openai", "anthropic", "google-gemini", "ollama-native"}),
        capabilities=_CODE,
        agent=KeepThinkingCodeActAgent,
        speech="code-act",
    ),
)
