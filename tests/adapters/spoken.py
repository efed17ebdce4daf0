"""A provider that says what a test tells it, for agents that are asked for more than a scenario has.

A test tells each answer here, in the dialect's own bytes, over real HTTP; what came back is judged like any traffic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from random import Random
from typing import Any

from keepthinking import Block, Endpoint, Exchange, Message, Response, Text, Thinking, ToolCall, audit, dialect
from keepthinking_conformance.scenarios import PROVIDERS
from tests.core.client.server import Reply, Server, serving

_IDS = count()


def says(thought: str) -> Thinking:
    """Give a thought; the provider seals it if it seals."""
    return Thinking.of(thought)


def in_words(thought: str, words: str) -> tuple[Thinking, Text]:
    """Give an answer to an agent that reads its actions out of the model's text."""
    return says(thought), Text(text=words)


def calls(*wanted: tuple[str, str]) -> tuple[ToolCall, ...]:
    """Give calls by name and arguments."""
    return tuple(ToolCall(id=f"call_{next(_IDS)}", name=name, arguments=arguments) for name, arguments in wanted)


class Spoken:
    """A provider with its answers.

    Args:
        server: Who gives them.
        profile: Whose way of speaking they have.
        answers: The blocks of each.
        stream: Whether they are streamed.
    """

    def __init__(self, server: Server, profile: str, answers: Sequence[Sequence[Block]], *, stream: bool) -> None:
        self.served = PROVIDERS[profile]
        self.codec = dialect(self.served.dialect)
        self._server = server
        self._bodies = [self._body(number, answer, stream=stream) for number, answer in enumerate(answers)]
        kind = "text/event-stream" if stream else "application/json"
        server.play(
            *(Reply(parts=body, headers={"content-type": kind, "connection": "close"}) for body in self._bodies)
        )

    @property
    def endpoint(self) -> Endpoint:
        """Where it is."""
        served = self.served
        return Endpoint(
            dialect=served.dialect,
            base_url=self._server.base(served.dialect),
            model=served.model,
            api_key="none",
            profile=served.profile,
            extra_body=served.extra_body,
        )

    def requests(self) -> list[list[dict[str, Any]]]:
        """Give the messages of each request."""
        members = ("input", "messages", "contents")
        return [next(seen.json[name] for name in members if name in seen.json) for seen in self._server.seen]

    def exchanges(self) -> list[Exchange]:
        """Give what travelled."""
        return [
            Exchange(request=seen.body, response=b"".join(body), path=seen.path)
            for seen, body in zip(self._server.seen, self._bodies, strict=True)
        ]

    def report(self) -> audit.Report:
        """Let the judge read the wire."""
        return audit.audit(self.exchanges(), dialect=self.served.dialect, profile=self.served.profile)

    def _body(self, number: int, answer: Sequence[Block], *, stream: bool) -> list[bytes]:
        signature = f"RXFRQ2dCQ{number}=="
        blocks = [
            Thinking.of(block.text, signature=signature)
            if isinstance(block, Thinking) and self.served.sealed
            else block
            for block in answer
        ]
        stop = "tool_calls" if any(isinstance(block, ToolCall) for block in answer) else "stop"
        response = Response(messages=(Message.assistant(*blocks),), stop_reason=stop)
        if stream:
            return list(self.codec.encode_stream(response, self.served.profile, cuts=Random(number)))
        return [self.codec.encode_response(response, self.served.profile).body]


@contextmanager
def spoken(profile: str, answers: Sequence[Sequence[Block]], *, stream: bool = False) -> Iterator[Spoken]:
    """Give a provider that says these blocks, one answer a request."""
    with serving() as server:
        yield Spoken(server, profile, answers, stream=stream)
