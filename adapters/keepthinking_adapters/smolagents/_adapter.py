"""The room's functions as one object, which is what the plugin manager gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from smolagents.memory import MemoryStep

from keepthinking import Adapter, Converted, Endpoint, Message, Requirement, Subject
from keepthinking_adapters.smolagents import _from_native, _persist, _same, _to_native
from keepthinking_adapters.smolagents._model import KeepThinkingModel
from keepthinking_adapters.smolagents._subjects import SUBJECTS


class Smolagents:
    """smolagents' histories are lists of steps; an `AgentMemory` is taken for its own.

    Maps to: `list[MemoryStep]`, an answer and the results of its calls being one step.
    Cannot hold: see `to_native`.
    Version notes: smolagents 1.21 and newer is tested.
    """

    @property
    def name(self) -> str:
        """Its name."""
        return "smolagents"

    @property
    def requires(self) -> Requirement:
        """smolagents; stock clients are what its subjects need."""
        return Requirement("smolagents", ">=1.21,<2", extra="smolagents")

    def to_native(self, messages: Sequence[Message]) -> Converted[list[MemoryStep]]:
        """Turn messages into steps; what they cannot hold is in `losses`."""
        return _to_native.to_native(messages)

    def from_native(self, native: list[MemoryStep]) -> Converted[tuple[Message, ...]]:
        """Turn steps into messages; edits and damage are in `findings`. Raises `DecodeError`."""
        return _from_native.from_native(native)

    def same_native(self, a: list[MemoryStep], b: list[MemoryStep]) -> bool:
        """Tell whether two histories are the same, types and all."""
        return _same.same_native(a, b)

    def dump(self, native: list[MemoryStep]) -> bytes:
        """Write a history; smolagents has no persistence that it reads again."""
        return _persist.dump(native)

    def load(self, data: bytes) -> list[MemoryStep]:
        """Read what `dump` wrote. Raises `DecodeError`."""
        return _persist.load(data)

    def model(self, endpoint: Endpoint, **native_options: Any) -> KeepThinkingModel:
        """Make a `KeepThinkingModel` for an endpoint.

        Args:
            endpoint: Where the model is.
            **native_options: Options of `KeepThinkingModel` that an endpoint does not have.
        """
        return KeepThinkingModel(
            model=endpoint.model,
            base_url=endpoint.base_url,
            api_key=endpoint.api_key,
            dialect=endpoint.dialect,
            profile=endpoint.profile,
            default_headers=dict(endpoint.headers),
            extra_body=dict(endpoint.extra_body),
            **native_options,
        )

    def subjects(self) -> Iterable[Subject]:
        """Give the agents that can be examined: smolagents' own clients, and ours."""
        return SUBJECTS


ADAPTER: Final[Adapter[list[MemoryStep]]] = Smolagents()
