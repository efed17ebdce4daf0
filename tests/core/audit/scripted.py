"""Scripted conversations, recorded as a faithful client would have them."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from keepthinking.audit import Report, audit, read
from tests.core.audit.places import Json, dump, path, steps
from tests.core.audit.wires import WIRES, Answer, Call, Message, Thought, Wire, mark


def thought(number: int, n: int = 0) -> str:
    words = (
        "First I look at what the tool said and keep the plan in mind",
        "Then I compare both numbers before I decide what to call",
        "The user wants a short answer but the second file is still unread",
    )
    return f"{words[n % 3]}. Step {number}, part {n}: {mark('thought', number, n)}"


def seal(number: int, n: int = 0) -> str:
    return f"Er{number}{n}" + mark("seal", number, n).replace("-", "") + "AQ=="


def script(wire: Wire) -> list[Answer | str]:
    """A loop of six steps and a second user turn; a text is what the user says."""

    def call(number: int, n: int = 0, name: str = "look") -> Call:
        return Call(
            f"call_{number}{n}_{mark('id', number, n)}", name, json.dumps({"q": f"query {number}.{n}", "n": 10})
        )

    one = (Thought(thought(1), seal(1)),)
    several = (Thought(thought(3), seal(3)), Thought("", seal(3, 1)), Thought(thought(3, 2), seal(3, 2)))
    empty = (Thought("", seal(4)),)
    final = (Thought(thought(6), seal(6)),)
    answers: list[Answer | str] = [
        "First question of the user, please look into it.",
        Answer(one, "I will look twice.", (call(1), call(1, 1, "read"))),
        Answer((Thought(thought(2), seal(2)),), "", (call(2),)),
        Answer(several if wire.several else several[:1], "Reading on.", (call(3, name="read"),)),
        Answer(empty if wire.several else (Thought(thought(4)),), "", (call(4),)),
        Answer((Thought(thought(5), seal(5)),), "Two more calls.", (call(5), call(5, 1), call(5, 2, "write"))),
        Answer(final, "This is the first final answer, after all these steps."),
        "Second question of the user, about something else.",
        Answer((Thought(thought(7), seal(7)),), "Looking again.", (call(7),)),
        Answer((Thought(thought(8), seal(8)),), "This is the second and last answer."),
    ]
    return answers


@dataclass
class Recorded:
    """A recorded conversation; its exchanges may be changed before it is judged.

    Attributes:
        wire: The wire.
        exchanges: The exchanges, as a recorder writes them.
        places: For each answer, by number from 1, the index of its message in every later request.
    """

    wire: Wire
    exchanges: list[Json] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)

    def messages(self, number: int) -> list[Message]:
        """The messages of a request, from 1."""
        found: list[Message] = self.exchanges[number - 1]["request"]["messages"]
        return found

    def answer(self, number: int, request: int) -> Message:
        """The message of an answer in a request."""
        return self.messages(request)[self.places[number]]

    def lines(self) -> list[Json]:
        """The exchanges with the bodies as they were sent."""
        return [{**one, "request": self.wire.body(one["request"])} for one in self.exchanges]

    def path(self, request: int, here: str) -> str:
        """Say where in the body as it was sent a path of a request is."""
        return path(*self.wire.where(self.exchanges[request - 1]["request"], tuple(steps(here))))

    def cut(self, number: int) -> Recorded:
        """Keep the first exchanges; nothing is shared with the original."""
        return Recorded(self.wire, copy.deepcopy(self.exchanges[:number]), dict(self.places))

    def report(self, **more: Json) -> Report:
        """Judge it, as read from a file."""
        return audit(read([dump({**line, **more}) for line in self.lines()]))


def record(wire: Wire, events: Sequence[Answer | str] | None = None, scope: str = "", **more: Json) -> Recorded:
    """Record a faithful conversation: each answer comes back as it was, with its results behind it."""
    recorded = Recorded(wire)
    messages: list[Message] = [{"role": "system", "content": "Be brief."}]
    number = 0
    for event in script(wire) if events is None else events:
        if isinstance(event, str):
            messages.append(wire.as_text(event))
            continue
        number += 1
        recorded.exchanges.append(
            {
                "dialect": wire.dialect,
                "host": wire.host,
                "endpoint": wire.endpoint,
                "status": 200,
                "scope": scope,
                "request": wire.request(copy.deepcopy(messages), **more),
                "response": wire.response(event, number),
            }
        )
        recorded.places[number] = len(messages) - wire.heads
        messages += [wire.said(event), *wire.results(event.calls, number)]
    return recorded


def exchange(wire: Wire, messages: list[Message], answer: Answer, number: int = 99, **more: Json) -> Json:
    """Record one exchange by hand, with the request in the shape of `Recorded`."""
    head = {"dialect": wire.dialect, "host": wire.host, "endpoint": wire.endpoint, "status": 200}
    return {**head, "request": wire.request(messages), "response": wire.response(answer, number), **more}


def lines_of(wire: Wire, exchanges: Sequence[Json]) -> list[Json]:
    """Write the exchanges of a recording with the bodies as they were sent."""
    return Recorded(wire, [*exchanges]).lines()


# -- short ones --------------------------------------------------------------------------------------------------------


def look(n: int) -> Call:
    """Make a call that no other is like."""
    return Call(f"call_{n}_unguessable", "look", json.dumps({"q": n}))


def thinks(n: int, text: str = "", *calls: Call) -> Answer:
    """Make an answer with one thought."""
    return Answer((Thought(thought(n)),), text, calls)


def found(report: Report) -> list[tuple[str, str, int, object, str]]:
    """List the findings: check, level, request, response and path."""
    return [(f.check, f.level, f.request, f.response, f.path) for f in report.findings]


def loop() -> Recorded:
    """Record a loop of five steps."""
    return record(WIRES["deepseek"], ["Look.", *(thinks(n, "", look(n)) for n in (1, 2, 3, 4)), thinks(5, "Done.")])
