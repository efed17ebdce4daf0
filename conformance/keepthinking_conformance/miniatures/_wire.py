"""What a wire is to a miniature: JSON, and where in it thoughts, calls, texts and seals stand.

Rule 1: nothing of our codecs is used. What a codec of ours got wrong would be wrong here and in the judge alike, and
nobody would see it.
Rule 2: an answer goes into the history as it came, and from there into every request. All else is a fault.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from keepthinking import Endpoint

Json: TypeAlias = Any
"""A parsed JSON value."""


class Place(NamedTuple):
    """Where a value stands: what holds it, and under which name or number.

    Attributes:
        holder: The object or list.
        key: The name or index.
    """

    holder: Json
    key: str | int

    @property
    def value(self) -> Json:
        """What stands there."""
        return self.holder[self.key]

    def put(self, value: Json) -> None:
        """Put something else there."""
        self.holder[self.key] = value

    def drop(self) -> Json:
        """Take it out, and give it."""
        return self.holder.pop(self.key)


PNG: Final = "image/png"
"""The type of all pictures here."""


def data_url(image: bytes) -> str:
    """Write a picture as a URL."""
    return f"data:{PNG};base64,{b64encode(image).decode()}"


class Entry(Struct):
    """One thing in a history.

    Attributes:
        kind: What it is: instructions, the words of the user with which a turn begins, other words of the user, an
            answer, or what tools said to the calls of the answer before it.
        wire: The wire's messages or items.
        by: Name of the profile that gave an answer; "" for the others.
        failed: Whether a tool failed.
    """

    kind: Literal["instructions", "user", "words", "answer", "results"]
    wire: list[Json]
    by: str = ""
    failed: bool = False


class Asked(NamedTuple):
    """A call, as the model made it.

    Attributes:
        id: Its id; None where it has none.
        name: The tool's name.
        arguments: Its arguments, as JSON text.
    """

    id: str | None
    name: str
    arguments: str


class Told(NamedTuple):
    """What a tool said.

    Attributes:
        call: The call.
        text: The words.
        failed: Whether it failed.
    """

    call: Asked
    text: str
    failed: bool = False


class Wire(ABC):
    """One dialect."""

    history: str
    """The member of a request that holds the history."""

    path: str
    """The path behind the base URL; `{model}` stands for the model's name."""

    lines: bool = False
    """Whether a stream is one JSON object a line, and none of events."""

    @property
    def streamed(self) -> str:
        """The path for a streamed answer."""
        return self.path

    # -- what goes out ---------------------------------------------------------------------------------------------

    def credential(self, key: str) -> dict[str, str]:
        """Give the header that holds the key."""
        return {"Authorization": f"Bearer {key}"}

    def head(self, endpoint: Endpoint, system: str, tools: list[Json], *, stream: bool) -> dict[str, Json]:
        """Give what a request has besides its history."""
        del system
        body: dict[str, Json] = {"model": endpoint.model, **endpoint.extra_body}
        if tools:
            body["tools"] = tools
        if stream:
            body["stream"] = True
        return body

    def instructions(self, text: str) -> list[Json]:
        """Give the messages that hold the instructions, where they stand in the history."""
        return [{"role": "system", "content": text}] if text else []

    def user(self, text: str) -> list[Json]:
        """Give the user's words."""
        return [{"role": "user", "content": text}]

    @abstractmethod
    def pictured(self, text: str, image: bytes) -> list[Json]:
        """Give the user's words with a picture (PNG) beside them."""

    @abstractmethod
    def tool(self, name: Json, description: Json, schema: Json) -> Json:
        """Give a tool."""

    @abstractmethod
    def results(self, told: Sequence[Told]) -> list[Json]:
        """Give what tools said."""

    # -- what comes in ---------------------------------------------------------------------------------------------

    @abstractmethod
    def answer(self, body: Json) -> list[Json]:
        """Take the model's messages or items out of an answer, as they are."""

    @abstractmethod
    def gathered(self, events: Iterable[Json]) -> list[Json]:
        """Put together what an answer would have held if it had not been streamed."""

    @abstractmethod
    def calls(self, answer: list[Json]) -> list[Asked]:
        """List what is to be called."""

    def shown(self, answer: list[Json]) -> str:
        """Give what the user is shown."""
        return "".join(place.value for place in self.texts(answer))

    # -- where things stand ----------------------------------------------------------------------------------------

    @abstractmethod
    def thoughts(self, answer: list[Json]) -> list[Place]:
        """List the thinking blocks, or the members that hold thinking."""

    @abstractmethod
    def texts(self, answer: list[Json]) -> list[Place]:
        """List the words that are meant to be seen."""

    @abstractmethod
    def called(self, answer: list[Json]) -> list[Place]:
        """List the calls."""

    @abstractmethod
    def words(self, thought: Place) -> Place:
        """Tell where the words of a thought stand."""

    @abstractmethod
    def seals(self, answer: list[Json]) -> list[Place]:
        """List the seals."""

    @abstractmethod
    def told(self, results: list[Json]) -> list[Place]:
        """List what holds each result: its id and its words."""

    @abstractmethod
    def unthink(self, answer: list[Json]) -> None:
        """Take out of an answer all that was thought, and leave the seals of all else."""

    def forget(self, answer: list[Json]) -> None:
        """Take out of an answer all that was thought, and all seals."""
        self.unthink(answer)
        dropped(self.seals(answer))


def dropped(places: Iterable[Place]) -> None:
    """Take out what stands in several places, the last first, so that the others stay where they are."""
    for place in reversed(list(places)):
        place.drop()


def entries(items: list[Json], *, member: str, among: Iterable[Json]) -> Iterator[Place]:
    """List the objects of a list whose member has one of some values."""
    wanted = set(among)
    return (Place(items, i) for i, item in enumerate(items) if item.get(member) in wanted)
