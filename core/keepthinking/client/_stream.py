"""A streamed answer, as its caller sees it: an iterator of events that ends with a response."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from types import TracebackType
from typing import Self

from keepthinking._exchange import Event, Response
from keepthinking.client._answer import Answer


class Stream(Iterator[Event]):
    """The events of one answer.

    The request is sent when the first event is asked for. Leaving the context, or `close`, ends the connection.

    Raises:
        KeepthinkingError: As `Client.send`; after the first event nothing is tried again.
    """

    def __init__(self, answer: Answer, events: Callable[[Answer], Generator[Event]]) -> None:
        self._answer = answer
        self._events = events(answer)

    @property
    def response(self) -> Response:
        """The whole response. Raises `RuntimeError` before the last event."""
        return self._answer.response

    def __next__(self) -> Event:
        return next(self._events)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, read to the end or not."""
        self._events.close()


class AsyncStream(AsyncIterator[Event]):
    """The events of one answer, as `Stream`; a task that is cancelled ends the connection."""

    def __init__(self, answer: Answer, events: Callable[[Answer], AsyncGenerator[Event]]) -> None:
        self._answer = answer
        self._events = events(answer)

    @property
    def response(self) -> Response:
        """The whole response. Raises `RuntimeError` before the last event."""
        return self._answer.response

    async def __anext__(self) -> Event:
        return await anext(self._events)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the connection, read to the end or not."""
        await self._events.aclose()
