"""LangChain's model class over any dialect: what the model thought goes back as it came.

`ChatKeepThinking` is a `BaseChatModel` like every other. It differs in two things: the history that it is given is read
with all that its earlier answers carried, and the request is written by a dialect, so nothing is re-typed on the way.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, ClassVar, Literal, cast

import httpx2
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from keepthinking import UNSET, Conversation, Finding, Message, Profile, ProviderError, Request, Response
from keepthinking.carry import Told
from keepthinking.client import Client, endpoint_for, without_secrets
from keepthinking.options import JSON_MODES, layered, params, tools_of
from keepthinking_adapters.langchain._from_native import Reader
from keepthinking_adapters.langchain._params import ToolLike, bindable, usage_of
from keepthinking_adapters.langchain._stream import Chunks
from keepthinking_adapters.langchain._to_native import to_native

_log = logging.getLogger("keepthinking.langchain")

_ADDRESS = (
    *("model", "base_url", "api_key", "dialect", "provider_profile", "default_headers", "timeout", "max_retries"),
    *("http_client", "http_async_client"),
)
"""Options that a client is made for: a copy of the model with another of these gets a client of its own."""


class ChatKeepThinking(BaseChatModel):
    """A chat model of any provider that sends back what the model thought.

        from keepthinking_adapters.langchain import ChatKeepThinking

        model = ChatKeepThinking(model="MiniMax-M2", profile="minimax-split")

    Maps to: `BaseChatModel`, with sync, async, streaming (all versions of events), tools, structured output.
    Cannot hold: parameters of a provider have no fields of their own; they go in `extra_body` or in a call's keywords.
    Version notes: `stream_events(version="v3")` needs langchain-core 1.4 or newer.

    Attributes:
        model: The model's name, as the provider has it.
        base_url: What the vendor's own client takes (Anthropic's without `/v1`); by default the profile's vendor.
        api_key: The credential; by default the vendor's environment variable. In no `repr`, dump or pickle.
        dialect: The dialect's id; by default that of the profile.
        profile: How the provider speaks, by name (`deepseek`, `minimax-split`, ...) or as a value. It is kept as
            `provider_profile`: LangChain's own `profile`, the model's abilities, is another thing and stays readable.
        provider_profile: See `profile`.
        max_tokens: Most tokens of an answer; by default the provider's, and where it has none (Anthropic) the client's.
        temperature: Sampling temperature.
        stop: Sequences that end an answer.
        timeout: Seconds to wait for the next bytes.
        max_retries: How often a call is tried again after 408, 409, 429, 5xx and broken connections.
        default_headers: Headers to send with each request. They may hold credentials, so no dump or pickle has them.
        extra_body: Parameters to send with each request, such as `{"thinking": {"type": "enabled"}}`.
        streaming: Whether to stream also where nobody asked for chunks.
        on_edit: What to do with thinking whose message the scaffold edited: `keep` it, or `drop` it since it may
            hold what the edit took out.
        on_finding: Called with each edit or damage that a history shows, once. They are logged without content, too.
        http_client: A client of httpx2 to use instead of one of our own; it stays the caller's to close.
        http_async_client: The same for async calls.
    """

    model: str
    base_url: str | None = Field(default=None, repr=False)
    api_key: SecretStr | None = Field(default=None, repr=False)
    dialect: str | None = None
    profile: Any = None
    provider_profile: str | Profile | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    stop: list[str] | None = None
    timeout: float | None = 600.0
    max_retries: int = Field(default=2, ge=0)
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    extra_body: Mapping[str, Any] | None = None
    streaming: bool = False
    on_edit: Literal["keep", "drop"] = "keep"
    on_finding: Callable[[Finding], None] | None = Field(default=None, exclude=True, repr=False)
    http_client: httpx2.Client | None = Field(default=None, exclude=True, repr=False)
    http_async_client: httpx2.AsyncClient | None = Field(default=None, exclude=True, repr=False)

    model_config = ConfigDict(arbitrary_types_allowed=True, protected_namespaces=())

    _client: tuple[tuple[object, ...], Client] | None = PrivateAttr(default=None)
    _reader: tuple[str, Reader] | None = PrivateAttr(default=None)
    _strict: bool | None = PrivateAttr(default=None)
    _told: Told = PrivateAttr(default_factory=Told)

    @model_validator(mode="before")
    @classmethod
    def _take_profile(cls, values: Any) -> Any:
        """Tell our `profile`, a name or a value of ours, from LangChain's, a dictionary of abilities."""
        given = cast("dict[str, Any]", values)  # pydantic hands on what it was called with; a model is made by keyword
        if not isinstance(given.get("profile"), str | Profile):
            return given
        return {**{k: v for k, v in given.items() if k != "profile"}, "provider_profile": given["profile"]}

    # -- what LangChain asks of every model --------------------------------------------------------------------------

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del run_manager
        return self._result(self._speaker().send(self._request(messages, stop, kwargs)))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        del run_manager
        return self._result(await self._speaker().asend(self._request(messages, stop, kwargs)))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        del run_manager  # whoever iterates tells it of the chunks
        chunks = self._chunks()
        with self._speaker().stream(self._request(messages, stop, kwargs)) as stream:
            for event in stream:
                if (chunk := chunks.of(event)) is not None:
                    yield ChatGenerationChunk(message=chunk)
            yield ChatGenerationChunk(message=self._last(chunks, stream.response))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        del run_manager
        chunks = self._chunks()
        async with self._speaker().astream(self._request(messages, stop, kwargs)) as stream:
            async for event in stream:
                if (chunk := chunks.of(event)) is not None:
                    yield ChatGenerationChunk(message=chunk)
            yield ChatGenerationChunk(message=self._last(chunks, stream.response))

    @property
    def _llm_type(self) -> str:
        return "keepthinking"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        spoken = self.provider_profile
        profile = spoken.name if isinstance(spoken, Profile) else spoken
        address = None if self.base_url is None else without_secrets(self.base_url)
        return {"model": self.model, "base_url": address, "dialect": self.dialect, "profile": profile}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        found = super()._get_ls_params(stop=stop, **kwargs)
        found["ls_provider"] = self._speaker().profile.provider
        return found

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[ToolLike] | None = None) -> int:
        """Estimate how many tokens messages are; thinking counts, the record that they carry does not."""
        del tools
        return count_tokens_approximately(messages)

    # -- tools and structured output ---------------------------------------------------------------------------------

    def bind_tools(
        self,
        tools: Sequence[ToolLike],
        *,
        tool_choice: str | bool | dict[str, Any] | None = None,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools to the model.

        Args:
            tools: Functions, classes, tools, or dictionaries in a wire's own shape.
            tool_choice: `auto`, `none`, `any`, a tool's name, or the wire's own object.
            strict: Whether the provider shall enforce the schema of the arguments.
            **kwargs: Other parameters of the call.
        """
        bound = [bindable(tool, strict=self._strict if strict is None else strict) for tool in tools]
        return self.bind(tools=bound, **({} if tool_choice is None else {"tool_choice": tool_choice}), **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        method: Literal["function_calling", "json_schema", "json_mode"] = "function_calling",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """Give a runnable whose answers are values of a schema.

        Args:
            schema: A class, or a JSON Schema.
            method: `function_calling` makes the model call a tool of that schema; `json_schema` asks the provider to
                hold its answer to it, `json_mode` to answer in JSON (no Anthropic route).
            include_raw: Whether to give the message, the value and a parsing error, instead of the value.
            strict: Whether the provider shall enforce the schema.
            **kwargs: None is known; anything else is refused.

        Raises:
            ValueError: An unknown method or keyword, or a method that the dialect does not have.
        """
        methods: tuple[str, ...] = ("function_calling", "json_schema", "json_mode")
        if self._speaker().dialect.id not in JSON_MODES:
            methods = methods[:2]
        if kwargs or method not in methods:
            why = f"unknown: {', '.join(kwargs)}" if kwargs else f"no method {method!r} here"
            raise ValueError(f"{why}; the methods are {', '.join(methods)}")
        if method == "function_calling":
            bound = self.model_copy()
            bound._strict = strict  # noqa: SLF001 - a copy of our own class
            return BaseChatModel.with_structured_output(bound, schema, include_raw=include_raw)
        asked = convert_to_json_schema(schema)
        held = {"name": asked.get("title", "answer"), "schema": asked, **({} if strict is None else {"strict": strict})}
        is_mode = method == "json_mode"
        model = self.bind(
            response_format={"type": "json_object"} if is_mode else {"type": "json_schema", "json_schema": held},
            ls_structured_output_format={"kwargs": {"method": method}, "schema": schema},
        )
        parser: Runnable[Any, Any] = JsonOutputParser()
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            parser = PydanticOutputParser(pydantic_object=schema)
        if not include_raw:
            return model | parser
        parsed: Runnable[Any, Any] = RunnablePassthrough.assign(
            parsed=itemgetter("raw") | parser, parsing_error=lambda _: None
        )
        failed: Runnable[Any, Any] = RunnablePassthrough.assign(parsed=lambda _: None)
        return RunnableMap[Any](raw=model) | parsed.with_fallbacks([failed], exception_key="parsing_error")

    # -- a call ------------------------------------------------------------------------------------------------------

    def _speaker(self) -> Client:
        key = tuple(getattr(self, name) for name in _ADDRESS)
        if self._client is None or self._client[0] != key:
            endpoint = endpoint_for(
                self.model,
                base_url=self.base_url,
                api_key=None if self.api_key is None else self.api_key.get_secret_value(),
                dialect=self.dialect,
                profile=self.provider_profile,
                headers=self.default_headers,
            )
            client = Client(
                endpoint,
                timeout=self.timeout,
                max_retries=self.max_retries,
                http_client=self.http_client,
                http_async_client=self.http_async_client,
            )
            self._client = (key, client)
        return self._client[1]

    def _request(self, messages: Sequence[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]) -> Request:
        if self._reader is None or self._reader[0] != self.on_edit:
            self._reader = (self.on_edit, Reader(on_edit=self.on_edit))
        read = self._reader[1].read(messages)
        for finding in read.findings:
            self._tell(finding, messages)
        spoken = self._speaker().dialect
        options = layered(
            {"max_tokens": self.max_tokens, "temperature": self.temperature, "stop": self.stop},
            self.extra_body or {},
            {} if stop is None else {"stop": stop},
            {name: value for name, value in kwargs.items() if name not in _NOT_SENT},
        )
        tools = kwargs.get("tools")
        return Request(
            conversation=Conversation.of(*read.value, tools=tools_of(tools, spoken) if tools is not None else UNSET),
            model=str(kwargs.get("model", self.model)),
            params=params(spoken.id, options),
        )

    def _tell(self, finding: Finding, messages: Sequence[BaseMessage]) -> None:
        """Tell of a finding once for each message, however often the message is sent."""
        number = re.match(r"messages\[(\d+)\]", finding.path)
        message = None if number is None else messages[int(number[1])]
        # Middleware copies messages, and a copy keeps the id.
        whose = "" if message is None else message.id or str(id(message))
        if not self._told.is_new(finding, whose):
            return
        _log.warning("%s: %s (%s)", finding.check, finding.what, finding.path)
        if self.on_finding is not None:
            self.on_finding(finding)

    # -- an answer ---------------------------------------------------------------------------------------------------

    def _result(self, response: Response) -> ChatResult:
        metadata = self._metadata(response)
        generations: list[ChatGeneration] = []
        for number, message in enumerate(_answers(response)):
            (native,) = to_native((message,)).value
            # A response states why its first choice ended, and counts all of them together.
            own = metadata if number == 0 else {k: v for k, v in metadata.items() if k not in _ENDS.values()}
            native.response_metadata = {**native.response_metadata, **own}
            if isinstance(native, AIMessage) and number == 0:
                native.usage_metadata = usage_of(response)
            generations.append(ChatGeneration(message=native))
        return ChatResult(generations=generations)

    def _chunks(self) -> Chunks:
        spoken = self._speaker().dialect.id
        return Chunks(in_order=spoken in _IN_ORDER, whole_calls=spoken in _WHOLE_CALLS)

    def _last(self, chunks: Chunks, response: Response) -> AIMessageChunk:
        return chunks.last(_answers(response)[0], metadata=self._metadata(response), usage=usage_of(response))

    def _metadata(self, response: Response) -> dict[str, Any]:
        spoken = self._speaker()
        found: dict[str, Any] = {"model_name": self.model, "model_provider": spoken.profile.provider}
        if response.origin is not UNSET and isinstance(response.origin.model, str):
            found["model_name"] = response.origin.model
        if isinstance(response.stop_reason, str):
            found[_ENDS[spoken.dialect.id]] = response.stop_reason
        return found

    # -- being stored ------------------------------------------------------------------------------------------------

    lc_secrets_variable: ClassVar[str] = "KEEPTHINKING_API_KEY"

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Name the option that a dump must not hold."""
        return {"api_key": self.lc_secrets_variable}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Tell LangChain that it may dump the model's options."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Tell LangChain where the class is."""
        return ["keepthinking_adapters", "langchain"]

    def __getstate__(self) -> dict[Any, Any]:
        """Leave out connections, caches and the credential: the other side reads its own environment."""
        state = super().__getstate__()
        options = {**state["__dict__"], **dict.fromkeys(_KEPT_HERE)}
        private: dict[str, Any] = {"_client": None, "_reader": None, "_told": Told()}
        return {**state, "__dict__": options, "__pydantic_private__": private}


_KEPT_HERE = ("api_key", "default_headers", "http_client", "http_async_client", "on_finding")
"""Options that are credentials, or that belong to this process."""

_ENDS = {
    "openai-chat": "finish_reason",
    "openai-responses": "status",
    "anthropic-messages": "stop_reason",
    "gemini": "finish_reason",
    "ollama": "done_reason",
}
"""What LangChain's clients call the reason why an answer ended (langchain-openai 1.7.3, langchain-google-genai 4.4,
langchain-ollama 1.0)."""

_IN_ORDER = frozenset({"anthropic-messages"})
"""Dialects whose events number the wire's blocks."""

_WHOLE_CALLS = frozenset({"gemini", "ollama"})
"""Dialects whose calls come in one piece of a stream."""

_NOT_SENT = frozenset({"tools", "model", "stream", "ls_structured_output_format", "strict"})
"""Keywords of a call that are LangChain's own, or that stand elsewhere in a request."""


def _answers(response: Response) -> tuple[Message, ...]:
    if not response.messages:
        raise ProviderError("the provider answered without a message", status=response.http_status)
    return response.messages
