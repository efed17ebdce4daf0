"""The room's functions as one object, which is what the plugin manager gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from llama_index.core.base.llms.types import ChatMessage
from pydantic import SecretStr

from keepthinking import Adapter, Converted, Endpoint, Message, Requirement, Subject
from keepthinking_adapters.llama_index import _from_native, _persist, _same, _to_native
from keepthinking_adapters.llama_index._model import KeepThinkingLLM
from keepthinking_adapters.llama_index._subjects import SUBJECTS


class LlamaIndex:
    """LlamaIndex's histories are lists of messages.

    Maps to: `list[ChatMessage]`, one canonical message being one native message, or several where a wire holds the
        results of several tools in one.
    Cannot hold: see `to_native`.
    Version notes: llama-index-core 0.14.5 and newer is tested.
    """

    @property
    def name(self) -> str:
        """Its name."""
        return "llama-index"

    @property
    def requires(self) -> Requirement:
        """LlamaIndex's core; stock clients are what its subjects need."""
        return Requirement("llama-index-core", ">=0.14.5,<0.15", extra="llama-index")

    def to_native(self, messages: Sequence[Message]) -> Converted[list[ChatMessage]]:
        """Turn messages into LlamaIndex's; what they cannot hold is in `losses`."""
        return _to_native.to_native(messages)

    def from_native(self, native: list[ChatMessage]) -> Converted[tuple[Message, ...]]:
        """Turn LlamaIndex's messages into ours; edits and damage are in `findings`. Raises `DecodeError`."""
        return _from_native.from_native(native)

    def same_native(self, a: list[ChatMessage], b: list[ChatMessage]) -> bool:
        """Tell whether two histories are the same, types and all."""
        return _same.same_native(a, b)

    def dump(self, native: list[ChatMessage]) -> bytes:
        """Write a history with LlamaIndex's own persistence."""
        return _persist.dump(native)

    def load(self, data: bytes) -> list[ChatMessage]:
        """Read what `dump` wrote. Raises `DecodeError`."""
        return _persist.load(data)

    def model(self, endpoint: Endpoint, **native_options: Any) -> KeepThinkingLLM:
        """Make a `KeepThinkingLLM` for an endpoint.

        Args:
            endpoint: Where the model is.
            **native_options: Options of `KeepThinkingLLM` that an endpoint does not have.
        """
        return KeepThinkingLLM(
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
        """Give the agents that can be examined: LlamaIndex's own clients, and ours."""
        return SUBJECTS


ADAPTER: Final[Adapter[list[ChatMessage]]] = LlamaIndex()
