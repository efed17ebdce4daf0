"""A provider that says what a test tells it, for agents that read their actions out of the model's text.

The scenarios of the examination have calls on the wire, which such agents never ask for. So a test tells each answer
here, in the dialect's own bytes, over real HTTP; what came back is judged like any other traffic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

from keepthinking import Endpoint, Exchange, Message, Response, Text, Thinking, audit, dialect
from keepthinking_conformance.scenarios import PROVIDERS
from tests.core.client.server import Reply, Server, serving


class Spoken:
    """A provider with its answers.

    Args:
        server: Who gives them.
        profile: Whose way of speaking they have.
        answers: The words of each, and the thought before them.
        stream: Whether they are streamed.
    """

    def __init__(self, server: Server, profile: str, answers: Sequence[tuple[str, str]], *, stream: bool) -> None:
        self.served = PROVIDERS[profile]
        self.codec = dialect(self.served.dialect)
        self._server = server
        self._bodies = [self._body(number, *answer, stream=stream) for number, answer in enumerate(answers)]
        kind = "text/event-stream" if stream else "application/json"
        server.play(
            *(Reply(parts=body, headers={"content-type": kind, "connection": "close"}) for body in self._bodies)
        )

    @property
    def endpoint(self) -> Endpoint:
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
        return [seen.json["input" if "input" in seen.json else "messages"] for seen in self._server.seen]

    def report(self) -> audit.Report:
        """Let the judge read the wire."""
        exchanges = [
            Exchange(request=seen.body, response=b"".join(body), path=seen.path)
            for seen, body in zip(self._server.seen, self._bodies, strict=True)
        ]
        return audit.audit(exchanges, dialect=self.served.dialect, profile=self.served.profile)

    def _body(self, number: int, thought: str, words: str, *, stream: bool) -> list[bytes]:
        signature = f"RXFRQ2dCQ{number}==" if self.served.sealed else None
        thinking = Thinking.of(thought) if signature is None else Thinking.of(thought, signature=signature)
        message = Message.assistant(thinking, Text(text=words))
        response = Response(messages=(message,), stop_reason="stop")
        if stream:
            return list(self.codec.encode_stream(response, self.served.profile, cuts=Random(number)))
        return [self.codec.encode_response(response, self.served.profile).body]


@contextmanager
def spoken(profile: str, answers: Sequence[tuple[str, str]], *, stream: bool = False) -> Iterator[Spoken]:
    """Give a provider that says these thoughts and words, one answer a request."""
    with serving() as server:
        yield Spoken(server, profile, answers, stream=stream)
