"""The room's functions as one object, which is what the plugin manager gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic import SecretStr

from keepthinking import Adapter, Converted, Endpoint, Message, Requirement, Subject
from keepthinking_adapters.autogen import _from_native, _persist, _same, _to_native
from keepthinking_adapters.autogen._chat import Native
from keepthinking_adapters.autogen._model import KeepThinkingChatCompletionClient
from keepthinking_adapters.autogen._subjects import SUBJECTS


class AutoGen:
    """AutoGen's histories are lists of the messages that its model clients are sent, or that its agents send.

    Maps to: `list[LLMMessage]`, one canonical message being one native message, or several where a wire holds the
        results of several tools in one. What was read from messages of agents becomes these again.
    Cannot hold: see `to_native`.
    Version notes: autogen-core 0.6.2 to 0.7.5 is tested.
    """

    @property
    def name(self) -> str:
        """Its name."""
        return "autogen"

    @property
    def requires(self) -> Requirement:
        """AutoGen's core; the extra brings its agents, too, and stock clients are what its subjects need."""
        return Requirement("autogen-core", ">=0.6.2,<0.8", extra="autogen")

    def to_native(self, messages: Sequence[Message]) -> Converted[list[Any]]:
        """Turn messages into AutoGen's; what they cannot hold is in `losses`."""
        return _to_native.to_native(messages)

    def from_native(self, native: list[Native]) -> Converted[tuple[Message, ...]]:
        """Turn AutoGen's messages into ours; edits and damage are in `findings`. Raises `DecodeError`."""
        return _from_native.from_native(native)

    def same_native(self, a: list[Native], b: list[Native]) -> bool:
        """Tell whether two histories are the same, types and all."""
        return _same.same_native(a, b)

    def dump(self, native: list[Native]) -> bytes:
        """Write a history with AutoGen's own persistence."""
        return _persist.dump(native)

    def load(self, data: bytes) -> list[Any]:
        """Read what `dump` wrote. Raises `DecodeError`."""
        return _persist.load(data)

    def model(self, endpoint: Endpoint, **native_options: Any) -> KeepThinkingChatCompletionClient:
        """Make a `KeepThinkingChatCompletionClient` for an endpoint.

        Args:
            endpoint: Where the model is.
            **native_options: Options of `KeepThinkingChatCompletionClient` that an endpoint does not have.
        """
        return KeepThinkingChatCompletionClient(
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
        """Give the agents that can be examined: AutoGen's own clients, and ours."""
        return SUBJECTS


ADAPTER: Final[Adapter[list[Native]]] = AutoGen()
