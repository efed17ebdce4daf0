"""The agents that the examination runs: smolagents' two with its own clients, and with ours.

One class drives them all (`_session`), so that a difference in their verdicts is one of the clients; beside ours a
memory is saved by ours. The clients are imported when a run begins: a subject whose client is absent is listed, not
broken.

Both agents want their answer from a tool: `ToolCallingAgent` by a call of `final_answer`, `CodeAgent` in code. With our
client the first takes a plain answer, too; so it is examined both ways.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final, cast, get_args

from msgspec import Struct
from smolagents import CodeAgent, Model, ToolCallingAgent

from keepthinking import Endpoint, Requirement, Session
from keepthinking._adapter import Capability, Run, Speech, Variant
from keepthinking_adapters.smolagents._agents import KeepThinkingCodeAgent, KeepThinkingToolCallingAgent
from keepthinking_adapters.smolagents._session import Agent, AgentSession, Kept, Persistence

_ALL: Final = frozenset[Capability](get_args(Capability)) - {"approve", "interrupt"}
"""What an agent of smolagents can do: it asks nobody before it calls a tool, and waits for its model where nobody can
stop it."""
_CALLS: Final = _ALL if Requirement("smolagents", ">=1.23").allows(version("smolagents")) else _ALL - {"sub-agent"}
"""What ours can do whose tools are called: before 1.23 smolagents refuses to call a managed agent with a task alone."""


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

    @property
    def name(self) -> str:
        """The class's name."""
        return self.target.partition(":")[2]

    def make(self, endpoint: Endpoint) -> Model:
        """Make the model."""
        module, _, name = self.target.partition(":")
        return cast("Model", getattr(import_module(module), name)(**self.options(endpoint)))


class AgentSubject(Struct, frozen=True, kw_only=True):
    """An agent with one client."""

    id: str
    variant: Variant
    client: Client
    dialects: frozenset[str]
    agent: Agent = ToolCallingAgent
    speech: Speech = "final-answer"
    profiles: frozenset[str] = frozenset()
    framework: str = "smolagents"
    capabilities: frozenset[Capability] = _ALL
    persistence: Callable[[], Persistence] = Persistence

    @property
    def title(self) -> str:
        """The name of the client's class, and of the agent's where that is not the usual one, for tables."""
        if self.speech == "code-agent":
            return f"{self.client.name} (CodeAgent)"
        return f"{self.client.name} (plain answer)" if self.speech == "native" else self.client.name

    @property
    def requires(self) -> tuple[Requirement, ...]:
        """The client; the agents come with smolagents itself."""
        return self.client.requires

    async def start(self, run: Run) -> Session:
        """Begin a conversation of its own, with agents of its own."""
        return AgentSession(run, self.client.make, self.agent, self.persistence())


# -- the clients -------------------------------------------------------------------------------------------------------


def _key(endpoint: Endpoint) -> str:
    return endpoint.api_key or "none"


def _body(endpoint: Endpoint) -> dict[str, Any]:
    return {"extra_body": dict(endpoint.extra_body)} if endpoint.extra_body else {}


def _openai(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "model_id": endpoint.model,
        "api_base": endpoint.base_url,
        "api_key": _key(endpoint),
        **_body(endpoint),
    }


def _inference(endpoint: Endpoint) -> dict[str, Any]:
    # It takes an address or a model and not both (1.26.0), so the model goes among the parameters of each request.
    return {
        "model_id": None,
        "model": endpoint.model,
        "base_url": endpoint.base_url,
        "api_key": _key(endpoint),
        **_body(endpoint),
    }


_PREFIXES: Final[Mapping[str, str]] = {
    "openai-responses": "openai/responses/",
    "anthropic-messages": "anthropic/",
    "gemini": "gemini/",
    "deepseek": "deepseek/",
    "kimi": "moonshot/",
    "minimax": "minimax/",
    "minimax-split": "minimax/",
    "openrouter": "openrouter/",
    "vllm": "hosted_vllm/",
}
"""How LiteLLM is told who serves a model, by dialect, or by profile where many speak it."""


def _litellm(endpoint: Endpoint) -> dict[str, Any]:
    # Otherwise its import asks the network for a table of prices.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    prefix = _PREFIXES.get(endpoint.dialect) or _PREFIXES.get(str(endpoint.profile), "openai/")
    body = dict(endpoint.extra_body)
    # Three parameters have names of LiteLLM's own, whoever serves the model.
    told: dict[str, Any] = {"thinking": body.pop("thinking")} if "thinking" in body else {}
    if prefix == "openai/responses/" and "reasoning" in body:
        told["reasoning_effort"] = body.pop("reasoning")
    if prefix == "gemini/":
        told["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        body = {}
    return {
        "model_id": f"{prefix}{endpoint.model}",
        "api_base": endpoint.base_url,
        "api_key": _key(endpoint),
        **told,
        **({"extra_body": body} if body else {}),
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

_OPENAI: Final = Client(
    target="smolagents:OpenAIModel",
    requires=(Requirement("openai", ">=1.58.1,<4"),),
    options=_openai,
)
_LITELLM: Final = Client(
    target="smolagents:LiteLLMModel",
    requires=(Requirement("litellm", ">=1.110.2,<2"), Requirement("mcp")),
    options=_litellm,
)
_INFERENCE: Final = Client(
    target="smolagents:InferenceClientModel",
    # Before 1.22 it asks for a model "dummy" where it streams.
    requires=(Requirement("huggingface-hub"), Requirement("smolagents", ">=1.22,<2")),
    options=_inference,
)
_OURS: Final = Client(
    target="keepthinking_adapters.smolagents:KeepThinkingModel",
    requires=(Requirement("httpx2", ">=2.0", extra="smolagents"),),
    options=_ours,
)
_KEPT: Final[Mapping[str, Any]] = {
    "variant": "kept",
    "client": _OURS,
    "dialects": _CHAT | _RESPONSES | _MESSAGES | _GEMINI | _OLLAMA,
    "persistence": Kept,
}


def _code_agent(**options: Any) -> KeepThinkingCodeAgent:
    """Make ours as an app does whose tools say much: otherwise what code prints is cut at 50,000 characters."""
    return KeepThinkingCodeAgent(max_print_outputs_length=1_000_000, **options)


SUBJECTS: Final = (
    AgentSubject(id="smolagents.openai.stock", variant="stock", client=_OPENAI, dialects=_CHAT),
    AgentSubject(
        id="smolagents.litellm.stock",
        variant="stock",
        client=_LITELLM,
        dialects=_CHAT | _RESPONSES | _MESSAGES | _GEMINI,
    ),
    AgentSubject(id="smolagents.inference-client.stock", variant="stock", client=_INFERENCE, dialects=_CHAT),
    AgentSubject(
        id="smolagents.code.openai.stock",
        variant="stock",
        client=_OPENAI,
        dialects=_CHAT,
        agent=CodeAgent,
        speech="code-agent",
    ),
    AgentSubject(
        id="smolagents.keepthinking.kept",
        agent=KeepThinkingToolCallingAgent,
        capabilities=_CALLS,
        **_KEPT,
    ),
    AgentSubject(
        id="smolagents.plain.keepthinking.kept",
        agent=KeepThinkingToolCallingAgent,
        speech="native",
        capabilities=_CALLS,
        **_KEPT,
    ),
    AgentSubject(
        id="smolagents.code.keepthinking.kept",
        agent=_code_agent,
        speech="code-agent",
        **_KEPT,
    ),
)
