"""AutoGen's model class over any dialect: what the model thought goes back as it came.

`KeepThinkingChatCompletionClient` is a `ChatCompletionClient` like every other. It differs in two things: the history
that it is given is read with all that its earlier answers carried, and the request is written by a dialect, so nothing
is re-typed on the way.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, ClassVar, Literal

import httpx2
from autogen_core import EVENT_LOGGER_NAME, CancellationToken, Component
from autogen_core.logging import LLMCallEvent, LLMStreamEndEvent, LLMStreamStartEvent
from autogen_core.models import (
    AssistantMessage,
    ChatCompletionClient,
    CreateResult,
    LLMMessage,
    ModelInfo,
    RequestUsage,
    validate_model_info,
)
from autogen_core.tools import Tool, ToolSchema
from pydantic import BaseModel, SecretStr

from keepthinking import UNSET, Conversation, Finding, Profile, ProviderError, Request, Response
from keepthinking.carry import Told
from keepthinking.client import Client, endpoint_for
from keepthinking.options import NO_CHOICE, layered, params, tools_of
from keepthinking_adapters.autogen._around import LETTERS, cancelled_by, letters_of, said, shown
from keepthinking_adapters.autogen._carriers import record_of
from keepthinking_adapters.autogen._config import INFO, KeepThinkingConfig
from keepthinking_adapters.autogen._from_native import Reader
from keepthinking_adapters.autogen._ledger import LEDGER
from keepthinking_adapters.autogen._params import (
    KnownTools,
    bindable,
    choice_of,
    extras_of,
    finish_of,
    form_of,
    usage_of,
)
from keepthinking_adapters.autogen._plain import HISTORY
from keepthinking_adapters.autogen._stream import words_of
from keepthinking_adapters.autogen._to_native import to_native

__all__ = ["KeepThinkingChatCompletionClient"]

_log = logging.getLogger("keepthinking.autogen")
_events = logging.getLogger(EVENT_LOGGER_NAME)


class KeepThinkingChatCompletionClient(ChatCompletionClient, Component[KeepThinkingConfig]):
    """A model of any provider that sends back what it thought.

        from keepthinking_adapters.autogen import KeepThinkingChatCompletionClient

        client = KeepThinkingChatCompletionClient(model="MiniMax-M2", profile="minimax-split")

    Maps to: `ChatCompletionClient`, whole and streamed, with tools and structured output.
    Cannot hold: parameters of a provider have no options of their own; they go in `extra_body` or `extra_create_args`.
        A thought is no piece of a stream, since agents would show it as words; it comes with the whole answer.
    Version notes: autogen-core 0.6.2 and newer is tested.

    Args:
        model: The model's name, as the provider has it.
        base_url: What the vendor's own client takes (Anthropic's without `/v1`); by default the profile's vendor.
        api_key: The credential; by default the vendor's environment variable. In no `repr`, dump or pickle.
        dialect: The dialect's id; by default that of the profile.
        profile: How the provider speaks, by name (`deepseek`, `minimax-split`, ...) or as a value.
        model_info: What AutoGen shall believe of the model; by default that it sees, calls tools, and answers in JSON.
        context_window: Tokens that the model holds; contexts that limit tokens ask for it.
        max_tokens: Most tokens of an answer; by default the provider's, and where it has none (Anthropic) the client's.
        temperature: Sampling temperature.
        stop: Sequences that end an answer.
        timeout: Seconds to wait for the next bytes.
        max_retries: How often a call is tried again after 408, 409, 429, 5xx and broken connections.
        default_headers: Headers to send with each request. They may hold credentials, so no dump or pickle has them.
        extra_body: Parameters to send with each request, such as `{"thinking": {"type": "enabled"}}`.
        on_edit: What to do with thinking whose message the scaffold edited: `keep` it, or `drop` it since it may
            hold what the edit took out.
        on_finding: Called with each edit or damage that a history shows, once. They are logged without content, too.
        http_client: A client of httpx2 to use instead of one of our own; it stays the caller's to close.
    """

    component_type: ClassVar[Any] = "model"
    component_config_schema = KeepThinkingConfig
    component_provider_override = "keepthinking_adapters.autogen.KeepThinkingChatCompletionClient"

    def __init__(  # noqa: PLR0913 - options of one client, all by name
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | SecretStr | None = None,
        dialect: str | None = None,
        profile: str | Profile | None = None,
        model_info: ModelInfo | None = None,
        context_window: int = 128_000,
        max_tokens: int | None = None,
        temperature: float | None = None,
        stop: list[str] | None = None,
        timeout: float | None = 600.0,
        max_retries: int = 2,
        default_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        on_edit: Literal["keep", "drop"] = "keep",
        on_finding: Callable[[Finding], None] | None = None,
        http_client: httpx2.AsyncClient | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Raises:
            ValueError: `model_info` lacks something that AutoGen needs.
            MissingKeyError: The vendor wants a key, and neither `api_key` nor its variable holds one.
            EncodeError: `base_url` is no URL.
            UnknownNameError: No such profile or dialect, or no base URL is known.
        """
        if model_info is not None:
            validate_model_info(model_info)
        self._config = KeepThinkingConfig(
            model=model,
            base_url=base_url,
            dialect=dialect,
            profile=profile.name if isinstance(profile, Profile) else profile,
            model_info=model_info,
            context_window=context_window,
            max_tokens=max_tokens,
            temperature=temperature,
            stop=stop,
            timeout=timeout,
            max_retries=max_retries,
            extra_body=None if extra_body is None else dict(extra_body),
            on_edit=on_edit,
        )
        self._here: dict[str, Any] = {
            "api_key": SecretStr(api_key) if isinstance(api_key, str) else api_key,
            "profile": profile,
            "default_headers": default_headers,
            "on_finding": on_finding,
            "http_client": http_client,
        }
        endpoint = endpoint_for(
            model,
            base_url=base_url,
            api_key=api_key.get_secret_value() if isinstance(api_key, SecretStr) else api_key,
            dialect=dialect,
            profile=profile,
            headers=default_headers,
        )
        self._client = Client(endpoint, timeout=timeout, max_retries=max_retries, http_async_client=http_client)
        self._reader = Reader(on_edit=on_edit)
        self._told = Told()
        self._known = KnownTools()
        self._last = self._total = RequestUsage(prompt_tokens=0, completion_tokens=0)

    # -- a call --------------------------------------------------------------------------------------------------

    async def create(  # noqa: PLR0913 - AutoGen's signature
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Tool | Literal["auto", "required", "none"] = "auto",
        json_output: bool | type[BaseModel] | None = None,
        extra_create_args: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
    ) -> CreateResult:
        """Give the model's answer to a history.

        Raises:
            ProviderError: The provider answers with an error.
            TransportError: No whole answer came.
            DecodeError: The history is none, or the answer is not of this dialect.
            EncodeError: The request cannot be written.
        """
        request = self._request(messages, tools, tool_choice, json_output, extras_of(extra_create_args))
        with cancelled_by(cancellation_token):
            response = await self._client.asend(request)
        result = self._answer(request, response)
        if _events.isEnabledFor(logging.INFO):
            _events.info(LLMCallEvent(messages=shown(messages), **said(result)))
        return result

    async def create_stream(  # noqa: PLR0913 - AutoGen's signature
        self,
        messages: Sequence[LLMMessage],
        *,
        tools: Sequence[Tool | ToolSchema] = (),
        tool_choice: Tool | Literal["auto", "required", "none"] = "auto",
        json_output: bool | type[BaseModel] | None = None,
        extra_create_args: Mapping[str, Any] | None = None,
        cancellation_token: CancellationToken | None = None,
    ) -> AsyncGenerator[str | CreateResult, None]:
        """Give the words of the model's answer as they come, and in the end the whole answer. Raises as `create`."""
        request = self._request(messages, tools, tool_choice, json_output, extras_of(extra_create_args))
        if _events.isEnabledFor(logging.INFO):
            _events.info(LLMStreamStartEvent(messages=shown(messages)))
        with cancelled_by(cancellation_token):
            async with self._client.astream(request) as stream:
                async for event in stream:
                    if (words := words_of(event)) is not None:
                        yield words
                response = stream.response
        result = self._answer(request, response)
        if _events.isEnabledFor(logging.INFO):
            _events.info(LLMStreamEndEvent(**said(result)))
        yield result

    async def close(self) -> None:
        """Do nothing: connections are closed when nobody uses them any more."""

    def _request(
        self,
        messages: Sequence[LLMMessage],
        tools: Sequence[Tool | ToolSchema],
        tool_choice: Tool | Literal["auto", "required", "none"],
        json_output: bool | type[BaseModel] | None,  # noqa: FBT001 - as above
        extra: Mapping[str, Any],
    ) -> Request:
        read = self._reader.read(messages)
        for finding in read.findings:
            self._tell(finding, messages)
        spoken, config = self._client.dialect, self._config
        offered = bindable(tools)
        choice, given = choice_of(tool_choice, offered), tools_of(offered, spoken)
        # An agent that reflects on results sends none (autogen-agentchat 0.7.5, `_reflect_on_tool_use_flow`), while
        # Anthropic wants the tools of all calls (https://docs.anthropic.com/en/api/messages, "tools", read 2026-11-28).
        # Where no word forbids a call, none is offered.
        bound = given or (() if spoken.id in NO_CHOICE else self._known.of(read.value))
        options = layered(
            {"max_tokens": config.max_tokens, "temperature": config.temperature, "stop": config.stop},
            config.extra_body or {},
            {
                "tool_choice": choice if given else "none" if bound else None,
                "response_format": form_of(json_output, spoken.id),
            },
            extra,
        )
        return Request(
            conversation=Conversation.of(*read.value, tools=bound or UNSET),
            model=str(extra.get("model", config.model)),
            params=params(spoken.id, {name: value for name, value in options.items() if name != "model"}),
        )

    def _tell(self, finding: Finding, messages: Sequence[LLMMessage]) -> None:
        """Tell of a finding once for each message, however often the message is sent."""
        number = re.match(r"messages\[(\d+)\]", finding.path)
        message = None if number is None else messages[int(number[1])]
        held = None if message is None else record_of(message)
        # Messages have no id: what one holds is what it is known by.
        whose = blake2b(f"{message!r}{held}".encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
        if not self._told.is_new(finding, whose):
            return
        _log.warning("%s: %s (%s)", finding.check, finding.what, finding.path)
        tell = self._here["on_finding"]
        if tell is not None:
            tell(finding)

    def _answer(self, request: Request, response: Response) -> CreateResult:
        if not response.messages:
            raise ProviderError("the provider answered without a message", status=response.http_status)
        (native,) = to_native(response.messages[:1]).value
        if not isinstance(native, AssistantMessage):
            raise ProviderError("the provider answered in another role", status=response.http_status)
        self._known.note(request, response.messages[0])
        native = LEDGER.keep(native)
        self._last = usage_of([response])
        self._total = RequestUsage(
            prompt_tokens=self._total.prompt_tokens + self._last.prompt_tokens,
            completion_tokens=self._total.completion_tokens + self._last.completion_tokens,
        )
        return CreateResult(
            finish_reason=finish_of(response, calls=isinstance(native.content, list)),
            content=native.content,
            thought=native.thought,
            usage=self._last,
            cached=False,
        )

    # -- what AutoGen asks of every model ------------------------------------------------------------------------

    def actual_usage(self) -> RequestUsage:
        """Give the counts of the last call."""
        return self._last

    def total_usage(self) -> RequestUsage:
        """Give the counts of all calls."""
        return self._total

    def count_tokens(self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()) -> int:
        """Give about how many tokens a history and tools are, thinking included; no table of a vendor is loaded.

        Raises:
            DecodeError: It is no history.
            EncodeError: Something is no tool.
        """
        letters = sum(letters_of(message) for message in HISTORY.read(messages))
        letters += sum(len(json.dumps(one)) for one in bindable(tools))
        return letters // LETTERS

    def remaining_tokens(self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()) -> int:
        """Give about how many tokens are left of what the model holds."""
        return self._config.context_window - self.count_tokens(messages, tools=tools)

    @property
    def capabilities(self) -> ModelInfo:
        """Give what AutoGen shall believe of the model."""
        return self.model_info

    @property
    def model_info(self) -> ModelInfo:
        """Give what AutoGen shall believe of the model."""
        return self._config.model_info or INFO

    # -- being stored --------------------------------------------------------------------------------------------

    def _to_config(self) -> KeepThinkingConfig:
        return self._config.model_copy(deep=True)

    @classmethod
    def _from_config(cls, config: KeepThinkingConfig) -> KeepThinkingChatCompletionClient:
        made: KeepThinkingChatCompletionClient = _again(cls, config)
        return made

    def __deepcopy__(self, _: dict[int, Any]) -> KeepThinkingChatCompletionClient:
        """Make another client with the same options, in this process."""
        options = {name: getattr(self._config, name) for name in KeepThinkingConfig.model_fields}
        return type(self)(**{**options, **self._here})

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave out connections, caches and the credential: the other side reads its own environment."""
        return _again, (type(self), self._config)


def _again(cls: Any, config: KeepThinkingConfig) -> Any:
    return cls(**{name: getattr(config, name) for name in KeepThinkingConfig.model_fields})
