"""smolagents' model class over any dialect: what the model thought goes back as it came.

`KeepThinkingModel` is a `Model` like every other. It differs in two things: the history that it is given is read with
all that its earlier answers carried, and the request is written by a dialect, so nothing is re-typed on the way: calls
and results are calls and results again.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping, Sequence
from hashlib import blake2b
from threading import Lock
from typing import Any, Final, Literal, cast

import httpx2
from smolagents import ChatMessage, Model, Tool, models
from smolagents.models import ChatMessageStreamDelta

from keepthinking import UNSET, Conversation, Finding, Message, Profile, ProviderError, Request, Response, ToolCall
from keepthinking.carry import Told
from keepthinking.client import Client, endpoint_for
from keepthinking.options import layered, params, tools_of
from keepthinking_adapters.smolagents._chat import Reader
from keepthinking_adapters.smolagents._keep import made_final
from keepthinking_adapters.smolagents._params import bindable, stops_of, usage_of
from keepthinking_adapters.smolagents._show import wire_id
from keepthinking_adapters.smolagents._stream import last_of, words_of
from keepthinking_adapters.smolagents._to_native import answer

__all__ = ["KeepThinkingModel"]

_log = logging.getLogger("keepthinking.smolagents")

_REMEMBERED: Final = 4096
"""Of so many calls it is known which tool was offered."""


class KeepThinkingModel(Model):
    """A model of any provider that sends back what it thought.

        from keepthinking_adapters.smolagents import KeepThinkingModel

        model = KeepThinkingModel(model="MiniMax-M2", profile="minimax-split")

    Maps to: `Model`, whole and streamed, with tools and structured output. What the model thought is no text for an
        agent: no code and no call in it is run. An answer without calls ends the run of a `ToolCallingAgent`.
    Cannot hold: parameters of a provider have no options of their own; they go in `extra_body` or in a call's keywords.
        A thought and the calls are no piece of a stream; they come with the last piece.
    Version notes: smolagents 1.21 and newer is tested; before 1.25 `from_dict` of its agents makes models of its own
        alone.

    Args:
        model: The model's name, as the provider has it.
        base_url: What the vendor's own client takes (Anthropic's without `/v1`); by default the profile's vendor.
        api_key: The credential; by default the vendor's environment variable. In no `repr`, dump or pickle.
        dialect: The dialect's id; by default that of the profile.
        profile: How the provider speaks, by name (`deepseek`, `minimax-split`, ...) or as a value.
        max_tokens: Most tokens of an answer; by default the provider's, and where it has none (Anthropic) the client's.
        temperature: Sampling temperature.
        stop: Sequences that end an answer; by default those that the agent asks for, where it offers no tools. With
            tools on the wire they would cut thoughts, and prevent nothing.
        timeout: Seconds to wait for the next bytes.
        max_retries: How often a call is tried again after 408, 409, 429, 5xx and broken connections.
        default_headers: Headers to send with each request. They may hold credentials, so no dump or pickle has them.
        extra_body: Parameters to send with each request, such as `{"thinking": {"type": "enabled"}}`.
        on_edit: What to do with thinking whose message the scaffold edited: `keep` it, or `drop` it since it may
            hold what the edit took out.
        on_finding: Called with each edit or damage that a history shows, once. They are logged without content, too.
        http_client: A client of httpx2 to use instead of one of our own; it stays the caller's to close.
    """

    def __init__(  # noqa: PLR0913 - options of one client, all by name
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        dialect: str | None = None,
        profile: str | Profile | None = None,
        max_tokens: int | None = None,
        temperature: float | None = None,
        stop: Sequence[str] | None = None,
        timeout: float | None = 600.0,
        max_retries: int = 2,
        default_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        on_edit: Literal["keep", "drop"] = "keep",
        on_finding: Callable[[Finding], None] | None = None,
        http_client: httpx2.Client | None = None,
    ) -> None:
        """Make a model; nothing is sent yet.

        Raises:
            MissingKeyError: The vendor wants a key, and neither `api_key` nor its variable holds one.
            EncodeError: `base_url` is no URL.
            UnknownNameError: No such profile or dialect, or no base URL is known.
        """
        cast("Any", super()).__init__(model_id=model)
        self._options: dict[str, Any] = {
            "model": model,
            "base_url": base_url,
            "dialect": dialect,
            "profile": profile.name if isinstance(profile, Profile) else profile,
            "max_tokens": max_tokens,
            "temperature": temperature,
            "stop": None if stop is None else list(stop),
            "timeout": timeout,
            "max_retries": max_retries,
            "extra_body": None if extra_body is None else dict(extra_body),
            "on_edit": on_edit,
        }
        endpoint = endpoint_for(
            model, base_url=base_url, api_key=api_key, dialect=dialect, profile=profile, headers=default_headers
        )
        self._client = Client(endpoint, timeout=timeout, max_retries=max_retries, http_client=http_client)
        self._on_finding = on_finding
        self._reader = Reader(on_edit=on_edit)
        self._told = Told()
        self._offered: OrderedDict[str, dict[str, Any]] = OrderedDict()
        # Agents that share a model may run in threads: managed ones are called as tools are.
        self._lock = Lock()

    # -- a call ----------------------------------------------------------------------------------------------------

    def generate(
        self,
        messages: Sequence[ChatMessage | dict[str, Any]],
        stop_sequences: Sequence[str] | None = None,
        response_format: Mapping[str, Any] | None = None,
        tools_to_call_from: Sequence[Tool] | None = None,
        **kwargs: Any,
    ) -> ChatMessage:
        """Give the model's answer to a history.

        Raises:
            ProviderError: The provider answers with an error.
            TransportError: No whole answer came.
            DecodeError: The history is none, or the answer is not of this dialect.
            EncodeError: The request cannot be written.
        """
        offered = bindable(tools_to_call_from or ())
        request = self._request(messages, stop_sequences, response_format, offered, kwargs)
        return self._answer(self._client.send(request), stop_sequences, offered)

    def generate_stream(
        self,
        messages: Sequence[ChatMessage | dict[str, Any]],
        stop_sequences: Sequence[str] | None = None,
        response_format: Mapping[str, Any] | None = None,
        tools_to_call_from: Sequence[Tool] | None = None,
        **kwargs: Any,
    ) -> Generator[ChatMessageStreamDelta]:
        """Give the words of the model's answer as they come, and in the end the whole answer. Raises as `generate`."""
        offered = bindable(tools_to_call_from or ())
        request = self._request(messages, stop_sequences, response_format, offered, kwargs)
        said = ""
        with self._client.stream(request) as stream:
            for event in stream:
                if (words := words_of(event)) is not None:
                    said += words
                    yield ChatMessageStreamDelta(content=words)
            response = stream.response
        message = self._answer(response, stop_sequences, offered)
        yield last_of(message, said, message.token_usage)

    def parse_tool_calls(self, message: ChatMessage) -> ChatMessage:
        """Take an answer without calls for what it is: it ends the run, as a call of `final_answer` does.

        The call is on no wire: the model is shown its own answer again.
        """
        return message if message.tool_calls else made_final(message)

    def offer(self, tools: Sequence[Tool], calls: Sequence[str]) -> None:
        """Tell which tools some earlier calls were made of.

        A request without tools (a plan, the answer behind the last step) names the tools of the calls in its history,
        which Anthropic wants. Of calls that this model has answered they are known.

        Args:
            tools: The tools.
            calls: Ids of calls, as steps have them.
        """
        known = {held["function"]["name"]: held for held in bindable(tools)}
        with self._lock:
            for held in known.values():
                for id_ in calls:
                    self._offered[_key(wire_id(id_), held["function"]["name"])] = held

    def _request(
        self,
        messages: Sequence[ChatMessage | dict[str, Any]],
        stops: Sequence[str] | None,
        response_format: Mapping[str, Any] | None,
        offered: Sequence[dict[str, Any]],
        extra: Mapping[str, Any],
    ) -> Request:
        with self._lock:
            read = self._reader.read(messages)
            for finding in read.findings:
                self._tell(finding, messages)
            bound = list(offered) or self._called(read.value)
        spoken, own = self._client.dialect, self._options
        model = str(extra.get("model", self.model_id))
        asked = None if offered else stops_of(stops or (), model, spoken.id)
        options = layered(
            {"max_tokens": own["max_tokens"], "temperature": own["temperature"]},
            {"stop": asked if own["stop"] is None else own["stop"]},
            own["extra_body"] or {},
            {"tool_choice": "none" if bound and not offered else None, "response_format": response_format},
            extra,
        )
        return Request(
            conversation=Conversation.of(*read.value, tools=tools_of(bound, spoken) if bound else UNSET),
            model=model,
            params=params(spoken.id, {name: value for name, value in options.items() if name != "model"}),
        )

    def _called(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        """Give the tools that a history has calls of, for a request without tools.

        smolagents sends none with a plan, nor with the answer behind the last step, while Anthropic wants the tools of
        all calls (https://docs.anthropic.com/en/api/messages, "tools", read 2026-11-28). They are known by the calls
        and not by their names: agents that share a model may have different tools of one name.
        """
        calls = [block for message in messages for block in message.blocks if isinstance(block, ToolCall)]
        keys = [_key(call.id, call.name) for call in calls if not call.server]
        found = [self._offered[key] for key in keys if key in self._offered]
        return list({held["function"]["name"]: held for held in found}.values())

    def _tell(self, finding: Finding, messages: Sequence[ChatMessage | dict[str, Any]]) -> None:
        """Tell of a finding once for each message, however often the message is sent."""
        number = re.match(r"messages\[(\d+)\]", finding.path)
        message = None if number is None else messages[int(number[1])]
        # Messages have no id, and are made anew for each request: what one holds is what it is known by.
        whose = blake2b(repr(message).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
        if not self._told.is_new(finding, whose):
            return
        _log.warning("%s: %s (%s)", finding.check, finding.what, finding.path)
        if self._on_finding is not None:
            self._on_finding(finding)

    def _answer(
        self, response: Response, stops: Sequence[str] | None, offered: Sequence[dict[str, Any]]
    ) -> ChatMessage:
        if not response.messages:
            raise ProviderError("the provider answered without a message", status=response.http_status)
        message = answer(response.messages[0], stops=stops or ())
        known = {held["function"]["name"]: held for held in offered}
        with self._lock:
            for block in response.messages[0].blocks:
                if isinstance(block, ToolCall) and block.name in known:
                    self._offered[_key(block.id, block.name)] = known[block.name]
            while len(self._offered) > _REMEMBERED:
                self._offered.popitem(last=False)
        message.token_usage = usage_of(response)
        return message

    # -- being stored ----------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Give what a model is made again from. It holds no credential: neither the key, nor headers."""
        return {name: value for name, value in self._options.items() if value is not None}

    @classmethod
    def from_dict(cls, model_dictionary: dict[str, Any]) -> KeepThinkingModel:
        """Make a model again; its key is the vendor's environment variable."""
        return cls(**model_dictionary)

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave out connections, caches and the credential: the other side reads its own environment."""
        return _again, (type(self), self.to_dict())


def _again(cls: type[KeepThinkingModel], options: dict[str, Any]) -> KeepThinkingModel:
    return cls.from_dict(options)


def _key(id_: object, name: str) -> str:
    return f"{name} {id_!r}"


_REGISTRY: Final = cast("dict[str, Any] | None", getattr(models, "MODEL_REGISTRY", None))
"""The models that agents are made again with, from smolagents 1.25 on. It is the list that one registers in."""
if _REGISTRY is not None:
    _REGISTRY[KeepThinkingModel.__name__] = KeepThinkingModel
