"""LlamaIndex's model class over any dialect: what the model thought goes back as it came.

`KeepThinkingLLM` is a `FunctionCallingLLM` like every other. It differs in two things: the history that it is given is
read with all that its earlier answers carried, and the request is written by a dialect, so nothing is re-typed on the
way.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Literal, TypeVar, cast

import httpx2
from llama_index.core.base.llms.generic_utils import (
    achat_to_completion_decorator,
    astream_chat_to_completion_decorator,
    chat_to_completion_decorator,
    stream_chat_to_completion_decorator,
)
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
    ToolCallBlock,
)
from llama_index.core.llms import callbacks, utils
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools.types import BaseTool
from pydantic import Field, PrivateAttr, SecretStr

from keepthinking import (
    UNSET,
    Conversation,
    DecodeError,
    Finding,
    Loss,
    Message,
    Profile,
    ProviderError,
    Request,
    Response,
)
from keepthinking.carry import Told
from keepthinking.client import Client, endpoint_for
from keepthinking.options import layered, params, tools_of
from keepthinking_adapters.llama_index._from_native import Reader
from keepthinking_adapters.llama_index._params import bindable, choice_of, usage_of
from keepthinking_adapters.llama_index._stream import Chunks
from keepthinking_adapters.llama_index._to_native import to_native

_log = logging.getLogger("keepthinking.llama_index")

F = TypeVar("F", bound=Callable[..., Any])

_UNTYPED: Any = callbacks
"""LlamaIndex's decorators have no types, and hide those of what they decorate."""


def _chats(call: F) -> F:
    """Let LlamaIndex's callbacks and events hear of a chat."""
    return cast("F", _UNTYPED.llm_chat_callback()(call))


def _completes(call: F) -> F:
    """Let LlamaIndex's callbacks and events hear of a completion."""
    return cast("F", _UNTYPED.llm_completion_callback()(call))


_ADDRESS = (
    *("model", "base_url", "api_key", "dialect", "profile", "default_headers", "timeout", "max_retries"),
    *("http_client", "http_async_client"),
)
"""Options that a client is made for: a copy of the model with another of these gets a client of its own."""


class KeepThinkingLLM(FunctionCallingLLM):
    """A model of any provider that sends back what it thought.

        from keepthinking_adapters.llama_index import KeepThinkingLLM

        llm = KeepThinkingLLM(model="MiniMax-M2", profile="minimax-split")

    Maps to: `FunctionCallingLLM`, with sync, async, streaming, tools, structured output.
    Cannot hold: parameters of a provider have no fields of their own; they go in `extra_body` or in a call's keywords.
    Version notes: llama-index-core 0.14.5 and newer is tested.

    Attributes:
        model: The model's name, as the provider has it.
        base_url: What the vendor's own client takes (Anthropic's without `/v1`); by default the profile's vendor.
        api_key: The credential; by default the vendor's environment variable. In no `repr`, dump or pickle.
        dialect: The dialect's id; by default that of the profile.
        profile: How the provider speaks, by name (`deepseek`, `minimax-split`, ...) or as a value.
        context_window: Tokens that the model holds. LlamaIndex's memories leave earlier turns out beyond three quarters
            of it.
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
        http_async_client: The same for async calls.
    """

    model: str
    base_url: str | None = Field(default=None, repr=False)
    api_key: SecretStr | None = Field(default=None, exclude=True, repr=False)
    dialect: str | None = None
    profile: str | Profile | None = None
    context_window: int = Field(default=128_000, gt=0)
    max_tokens: int | None = None
    temperature: float | None = None
    stop: list[str] | None = None
    timeout: float | None = 600.0
    max_retries: int = Field(default=2, ge=0)
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    extra_body: Mapping[str, Any] | None = None
    on_edit: Literal["keep", "drop"] = "keep"
    on_finding: Callable[[Finding], None] | None = Field(default=None, exclude=True, repr=False)
    http_client: httpx2.Client | None = Field(default=None, exclude=True, repr=False)
    http_async_client: httpx2.AsyncClient | None = Field(default=None, exclude=True, repr=False)

    _client: tuple[tuple[object, ...], Client] | None = PrivateAttr(default=None)
    _reader: tuple[tuple[str, str], Reader] | None = PrivateAttr(default=None)
    _told: Told = PrivateAttr(default_factory=Told)

    # -- what LlamaIndex asks of every model ---------------------------------------------------------------------------

    @classmethod
    def class_name(cls) -> str:
        """Give the name under which LlamaIndex dumps the model."""
        return "KeepThinkingLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """Tell LlamaIndex that the model chats and calls tools."""
        return LLMMetadata(
            context_window=self.context_window,
            num_output=-1 if self.max_tokens is None else self.max_tokens,
            is_chat_model=True,
            is_function_calling_model=True,
            model_name=self.model,
        )

    @_chats
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Give the model's answer to a history."""
        return self._chat(messages, **kwargs)

    @_chats
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Give the model's answer to a history."""
        return await self._achat(messages, **kwargs)

    @_chats
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Give the model's answer piece by piece; the last piece holds the whole message."""
        return self._stream_chat(messages, **kwargs)

    @_chats
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Give the model's answer piece by piece; the last piece holds the whole message."""
        return await self._astream_chat(messages, **kwargs)

    @_completes
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: FBT001, FBT002 - LlamaIndex's signature
        """Give the model's answer to a user's words."""
        del formatted
        return chat_to_completion_decorator(self._chat)(prompt, **kwargs)

    @_completes
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: FBT001, FBT002 - as above
        """Give the model's answer to a user's words."""
        del formatted
        return await achat_to_completion_decorator(self._achat)(prompt, **kwargs)

    @_completes
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:  # noqa: FBT001, FBT002 - as above
        """Give the model's answer to a user's words piece by piece."""
        del formatted
        return stream_chat_to_completion_decorator(self._stream_chat)(prompt, **kwargs)

    @_completes
    async def astream_complete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: FBT001, FBT002 - as above
        **kwargs: Any,
    ) -> CompletionResponseAsyncGen:
        """Give the model's answer to a user's words piece by piece."""
        del formatted
        return await astream_chat_to_completion_decorator(self._astream_chat)(prompt, **kwargs)

    # -- tools ---------------------------------------------------------------------------------------------------------

    def _prepare_chat_with_tools(  # noqa: PLR0913, PLR0917 - LlamaIndex's signature
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,  # noqa: FBT001, FBT002 - as above
        allow_parallel_tool_calls: bool = False,  # noqa: FBT001, FBT002 - as above
        tool_required: bool = False,  # noqa: FBT001, FBT002 - as above
        *,
        tool_choice: str | dict[str, Any] | None = None,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        del verbose
        said = ChatMessage(role=MessageRole.USER, content=user_msg) if isinstance(user_msg, str) else user_msg
        found: dict[str, Any] = {"messages": [*(chat_history or ()), *(() if said is None else (said,))], **kwargs}
        if tools:
            found["tools"] = bindable(tools, strict=strict)
            choice = choice_of(tool_choice, tool_required=tool_required)
            found |= {} if choice is None else {"tool_choice": choice}
            # Several calls in one answer are what providers allow anyway, and not each knows the word for it.
            found |= {} if allow_parallel_tool_calls else {"parallel_tool_calls": False}
        return found

    def get_tool_calls_from_response(
        self,
        response: ChatResponse,
        error_on_no_tool_call: bool = True,  # noqa: FBT001, FBT002 - as above
        **kwargs: Any,
    ) -> list[ToolSelection]:
        """Give the calls of an answer, or of a piece of one.

        Args:
            response: The answer.
            error_on_no_tool_call: Whether an answer without a call is an error.
            **kwargs: Not used.

        Raises:
            ValueError: There is no call.
            DecodeError: It is no answer; culprit `caller`.
        """
        del kwargs
        given = cast("object", response)
        if not isinstance(given, ChatResponse):
            hint = "give the `ChatResponse` that `chat_with_tools` gave"
            raise DecodeError(f"{type(given).__name__} is no answer", where="response", culprit="caller", hint=hint)
        calls = [block for block in response.message.blocks if isinstance(block, ToolCallBlock)]
        if not calls and error_on_no_tool_call:
            raise ValueError("the model called no tool; pass error_on_no_tool_call=False where it need not")
        return [
            ToolSelection(
                tool_id=call.tool_call_id or "", tool_name=call.tool_name, tool_kwargs=_arguments(call.tool_kwargs)
            )
            for call in calls
        ]

    # -- a call --------------------------------------------------------------------------------------------------------

    def _chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return self._answer(self._speaker().send(self._request(messages, kwargs)))

    async def _achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return self._answer(await self._speaker().asend(self._request(messages, kwargs)))

    def _stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        request = self._request(messages, kwargs)

        def pieces() -> ChatResponseGen:
            chunks = Chunks()
            with self._speaker().stream(request) as stream:
                for event in stream:
                    if (chunk := chunks.of(event)) is not None:
                        yield chunk
                yield self._last(chunks, stream.response)

        return pieces()

    async def _astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        request = self._request(messages, kwargs)

        async def pieces() -> ChatResponseAsyncGen:
            chunks = Chunks()
            async with self._speaker().astream(request) as stream:
                async for event in stream:
                    if (chunk := chunks.of(event)) is not None:
                        yield chunk
                yield self._last(chunks, stream.response)

        return pieces()

    def _speaker(self) -> Client:
        key = tuple(getattr(self, name) for name in _ADDRESS)
        if self._client is None or self._client[0] != key:
            endpoint = endpoint_for(
                self.model,
                base_url=self.base_url,
                api_key=None if self.api_key is None else self.api_key.get_secret_value(),
                dialect=self.dialect,
                profile=self.profile,
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

    def _request(self, messages: Sequence[ChatMessage], kwargs: Mapping[str, Any]) -> Request:
        spoken = self._speaker().dialect
        key = (self.on_edit, spoken.id)
        if self._reader is None or self._reader[0] != key:
            self._reader = (key, Reader(on_edit=self.on_edit, wire=spoken.id))
        read = self._reader[1].read(messages)
        for finding in (*read.findings, *map(_unsent, read.losses)):
            self._tell(finding, messages)
        options = layered(
            {"max_tokens": self.max_tokens, "temperature": self.temperature, "stop": self.stop},
            self.extra_body or {},
            {name: value for name, value in kwargs.items() if name not in _NOT_SENT},
        )
        tools = kwargs.get("tools")
        return Request(
            conversation=Conversation.of(*read.value, tools=tools_of(tools, spoken) if tools is not None else UNSET),
            model=str(kwargs.get("model", self.model)),
            params=params(spoken.id, options),
        )

    def _tell(self, finding: Finding, messages: Sequence[ChatMessage]) -> None:
        """Tell of a finding once for each message, however often the message is sent."""
        number = re.match(r"messages\[(\d+)\]", finding.path)
        message = None if number is None else messages[int(number[1])]
        # Memories give a message as a new object each time, and it has no id: what it holds is what it is known by.
        whose = blake2b(repr(message).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
        if not self._told.is_new(finding, whose):
            return
        _log.warning("%s: %s (%s)", finding.check, finding.what, finding.path)
        if self.on_finding is not None:
            self.on_finding(finding)

    # -- an answer -----------------------------------------------------------------------------------------------------

    def _answer(self, response: Response) -> ChatResponse:
        (native,) = to_native((_first(response),)).value
        return ChatResponse(message=native, raw=self._raw(response), additional_kwargs=usage_of(response))

    def _last(self, chunks: Chunks, response: Response) -> ChatResponse:
        (native,) = to_native((_first(response),)).value
        return chunks.last(native, raw=self._raw(response), usage=usage_of(response))

    def _raw(self, response: Response) -> dict[str, Any]:
        """Give what else the provider said of an answer: LlamaIndex shows it, and keeps it in no history."""
        found: dict[str, Any] = {"model": self.model, "provider": self._speaker().profile.provider}
        if response.origin is not UNSET:
            named = {"model": response.origin.model, "id": response.origin.response_id}
            found |= {name: value for name, value in named.items() if isinstance(value, str)}
        if isinstance(response.stop_reason, str):
            found["stop_reason"] = response.stop_reason
        return found

    # -- being stored --------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """Leave out connections, caches and the credential: the other side reads its own environment."""
        # Of a model that never spoke: LlamaIndex warns of whatever it finds that cannot be pickled.
        kept = {name: value for name, value in self if name not in _KEPT_HERE}
        state = super(KeepThinkingLLM, type(self).model_construct(**kept)).__getstate__()
        options = {name: value for name, value in state["__dict__"].items() if name not in _KEPT_HERE}
        return {**state, "__dict__": options}


_KEPT_HERE = ("api_key", "default_headers", "http_client", "http_async_client", "on_finding", "callback_manager")
"""Options that are credentials, or that belong to this process."""

_NOT_SENT = frozenset({"tools", "model", "stream", "formatted"})
"""Keywords of a call that are LlamaIndex's own, or that stand elsewhere in a request."""


def _unsent(loss: Loss) -> Finding:
    """Give what the wire has no word for as a finding: LlamaIndex has no other place that would tell of it."""
    what = f"{loss.what[:1].upper()}{loss.what[1:]} is not sent: {loss.why}."
    return Finding(check="prefix.unaltered", status="warn", level="SHOULD", fate="dropped", what=what, path=loss.path)


def _first(response: Response) -> Message:
    if not response.messages:
        raise ProviderError("the provider answered without a message", status=response.http_status)
    return response.messages[0]


def _arguments(held: dict[str, Any] | str) -> dict[str, Any]:
    """Give arguments for a tool: {} for what is none, as LlamaIndex's own clients do, and what has come of a stream."""
    if isinstance(held, dict):
        return held
    readers: tuple[Callable[[str], Any], ...] = (json.loads, cast("Any", utils).parse_partial_json)
    for read in readers:
        try:
            found = read(held)
        except (ValueError, TypeError, RecursionError, IndexError):
            continue
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    return {}
