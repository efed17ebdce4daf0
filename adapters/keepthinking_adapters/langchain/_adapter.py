"""The room's functions as one object, which is what the plugin manager gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from langchain_core.messages import BaseMessage
from pydantic import SecretStr

from keepthinking import Adapter, Converted, Endpoint, Message, Requirement, Subject
from keepthinking_adapters.langchain import _from_native, _persist, _same, _to_native
from keepthinking_adapters.langchain._model import ChatKeepThinking
from keepthinking_adapters.langchain._subjects import SUBJECTS


class LangChain:
    """LangChain's histories are lists of messages.

    Maps to: `list[BaseMessage]`, one canonical message being one native message, or several where a wire holds the
        results of several tools in one.
    Cannot hold: see `to_native`.
    Version notes: langchain-core 1.6 and newer is tested.
    """

    @property
    def name(self) -> str:
        """Its name."""
        return "langchain"

    @property
    def requires(self) -> Requirement:
        """LangChain's core; agents and stock clients are what its subjects need."""
        return Requirement("langchain-core", ">=1.6,<2", extra="langchain")

    def to_native(self, messages: Sequence[Message]) -> Converted[list[BaseMessage]]:
        """Turn messages into LangChain's; what they cannot hold is in `losses`."""
        return _to_native.to_native(messages)

    def from_native(self, native: list[BaseMessage]) -> Converted[tuple[Message, ...]]:
        """Turn LangChain's messages into ours; edits and damage are in `findings`. Raises `DecodeError`."""
        return _from_native.from_native(native)

    def same_native(self, a: list[BaseMessage], b: list[BaseMessage]) -> bool:
        """Tell whether two histories are the same, types and all."""
        return _same.same_native(a, b)

    def dump(self, native: list[BaseMessage]) -> bytes:
        """Write a history with LangChain's own persistence."""
        return _persist.dump(native)

    def load(self, data: bytes) -> list[BaseMessage]:
        """Read what `dump` wrote. Raises `DecodeError`."""
        return _persist.load(data)

    def model(self, endpoint: Endpoint, **native_options: Any) -> ChatKeepThinking:
        """Make a `ChatKeepThinking` for an endpoint.

        Args:
            endpoint: Where the model is.
            **native_options: Options of `ChatKeepThinking` that an endpoint does not have.
        """
        return ChatKeepThinking(
            model=endpoint.model,
            base_url=endpoint.base_url,
            api_key=None if endpoint.api_key is None else SecretStr(endpoint.api_key),
            dialect=endpoint.dialect,
            profile=endpoint.profile,
            default_headers=dict(endpoint.headers),
            extra_body=dict(endpoint.extra_body),
            **native_options,
        )

    def subjects(self) -> Iterable[Subject]:
        """Give the agents that can be examined: LangChain's own clients, and ours."""
        return SUBJECTS


ADAPTER: Final[Adapter[list[BaseMessage]]] = LangChain()
