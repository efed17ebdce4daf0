"""What a wire is, for tests that need a faithful client: how one provider's wire writes a conversation.

A recording holds its requests in one shape for all wires: `messages`, each with a `role` (`system`, `user`,
`assistant`, `tool`) and what this wire writes in it; instructions that have a member of their own stand in `system`.
Faults are planted in this shape; `Wire.body` then writes the body as it is sent, and `Wire.where` says where in it a
place of that shape is.

Every thought, seal, id and result holds an unguessable mark, so that a mark in a report is a leak.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.core.audit.places import Json, at, put

Message = dict[str, Json]
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Thought:
    """A thinking block: words, a seal, or both."""

    text: str
    seal: str = ""


@dataclass(frozen=True)
class Call:
    id: str | None
    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    thoughts: tuple[Thought, ...] = ()
    text: str = ""
    calls: tuple[Call, ...] = ()


class Wire:
    """How one provider's wire writes a conversation.

    Attributes:
        name: Its name in test ids.
        profile: The profile that reads its answers, where the dialect's default cannot.
        several: Whether an answer may hold several thoughts, and thoughts without words.
        sealed: Whether thoughts have seals of their own.
        seal_beside: Whether seals stand on other blocks than thoughts.
        inline: Whether thoughts stand in the visible text.
        named: Whether calls have ids.
        flat: Whether an answer is a run of items, with no message around them.
        objects: Whether arguments are JSON objects; otherwise they are text.
        flags: Whether results may say that their tool failed.
        streams: Whether answers may be streamed.
        heads: How many instructions have a member of their own.
        history: The member of a body that holds the history.
        blocks: The member of a message that holds all its blocks, in order; none where kinds have members of their own.
        wants: At which level thinking has to come back, by the provider's rule: in the loop, and later.
        seal_wants: The same for seals.
        knows: Whether a verified rule of the provider is known.
        empty: The check that thinking without words, but with a seal, falls under.
        tools_level: At which level tools have to be sent again.
    """

    name: str
    dialect: str
    host: str
    endpoint: str
    model: str
    profile: str | None = None
    several = True
    sealed = True
    seal_beside = False
    inline = False
    named = True
    flat = False
    objects = False
    flags = False
    streams = True
    heads = 0
    history = "messages"
    blocks: str | None = None
    wants = ("MUST", "SHOULD")
    seal_wants = ("MUST", "SHOULD")
    knows = True
    empty = "redacted.kept"
    tools_level = "SHOULD"
    id_key = "id"
    result_key = "tool_call_id"
    more: dict[str, Json] = {}

    # -- requests ------------------------------------------------------------------------------------------------------

    def request(self, messages: Sequence[Message], **more: Json) -> Json:
        return {"model": self.model, "messages": [*messages], "tools": self.tools(), **self.more, **more}

    def body(self, request: Json) -> Json:
        """Write the body as it is sent."""
        return request

    def where(self, request: Json, place: Place) -> Place:
        """Say where in the body a place of a request is."""
        del request
        return place

    def tools(self) -> Json:
        raise NotImplementedError

    def as_text(self, text: str) -> Message:
        """Write what a user says."""
        return {"role": "user", "content": text}

    def told(self, message: Message) -> Place:
        """Say where the text of a user stands in a message, as a block."""
        del message
        return ("content",)

    def tell(self, message: Message, text: str) -> None:
        """Add to what a user says."""
        message["content"] += text

    # -- answers -------------------------------------------------------------------------------------------------------

    def said(self, answer: Answer) -> Message:
        raise NotImplementedError

    def response(self, answer: Answer, number: int) -> Json:
        raise NotImplementedError

    def place(self, answer: Message, place: Place) -> Place:
        """Say where in the body of a response a place of its message is."""
        raise NotImplementedError

    def cut(self, response: Json) -> None:
        """Let an answer have ended at its limit of tokens."""
        raise NotImplementedError

    # -- thoughts ------------------------------------------------------------------------------------------------------

    def thoughts(self, message: Message) -> list[Place]:
        """Where the thoughts of a message stand."""
        raise NotImplementedError

    def words(self, place: Place) -> Place:
        """Where the words of a thought stand, from the message."""
        return place

    def seal(self, message: Message, place: Place) -> str:
        """The name of the member that seals a block."""
        raise NotImplementedError

    def seals(self, message: Message) -> list[Place]:
        """Where the sealed blocks of a message stand."""
        return self.thoughts(message)

    def block(self, place: Place) -> Place:
        """The block that a sealed object is, or is part of."""
        return place

    def without_words(self, message: Message, place: Place) -> None:
        """Take the thought out of a message."""
        parent = at(message, place[:-1])
        parent.pop(place[-1])
        if isinstance(place[-1], int) and not parent and place[0] != self.blocks:
            at(message, place[:-2]).pop(place[-2])

    # -- calls and results ---------------------------------------------------------------------------------------------

    def calls(self, message: Message) -> list[Place]:
        raise NotImplementedError

    def inner(self, call: Json) -> Json:
        """The object that holds the name and the arguments of a call."""
        return call

    def id_of(self, call: Json) -> Json:
        """The object that holds the id of a call."""
        return call

    def arguments(self, message: Message, n: int) -> str:
        raise NotImplementedError

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        raise NotImplementedError

    def results(self, calls: Sequence[Call], number: int) -> list[Message]:
        raise NotImplementedError

    def heard(self, message: Message) -> list[Place]:
        """Where the results of a message stand; the empty place is the message itself."""
        raise NotImplementedError

    def result(self, block: Json) -> Json:
        """The object that holds what a result says, and whose call it answers."""
        return block

    def retell(self, block: Json, text: str) -> None:
        """Let a result say something else."""
        self.result(block)["content"] = text

    def fail(self, block: Json) -> None:
        """Let a result say that its tool failed."""
        raise NotImplementedError

    # -- texts ---------------------------------------------------------------------------------------------------------

    def text(self, message: Message) -> Place:
        """Where the visible text of an answer stands, as a block."""
        raise NotImplementedError

    def reword(self, message: Message, text: str) -> None:
        """Write another visible text."""
        put(message, self.text(message), text)

    def untext(self, message: Message) -> None:
        """Take the visible text away."""
        put(message, self.text(message), None)

    def front(self, message: Message, text: str) -> Place:
        """Put visible text before everything else in an answer; give the place of its block."""
        raise NotImplementedError


def results_of(wire: Wire, messages: Sequence[Message], start: int) -> Iterator[tuple[int, Place]]:
    """Give the results that stand right behind a message, with the indexes of their messages."""
    for m in range(start + 1, len(messages)):
        places = wire.heard(messages[m])
        if not places:
            return
        for place in places:
            yield m, place


def mark(what: str, *numbers: int) -> str:
    """Give a mark that nothing else holds."""
    word = f"{what}-{'-'.join(map(str, numbers))}"
    return f"{word}-{hashlib.sha256(word.encode()).hexdigest()[:10]}-canary"


def told(number: int, n: int) -> str:
    """What a tool says."""
    return f"result {number}.{n} {mark('result', number, n)}"


SCHEMA: Json = {"type": "object", "properties": {"q": {"type": "string"}}}
TOOLS = ("look", "read", "write")
