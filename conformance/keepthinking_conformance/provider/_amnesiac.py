"""A model that knows what it sees, and nothing else: what lost thinking costs.

Each answer is a pure function of what is visible of the request by the provider's rule (`keepthinking.retention`), of
the task and of the seed. There is no other memory: who loses a thought plays with a model that never had it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

import msgspec

from keepthinking._codec import dumps
from keepthinking._exchange import Request
from keepthinking._messages import Message, Text, Thinking
from keepthinking._turns import MODEL_ROLES
from keepthinking.dialects._text import is_dict
from keepthinking.retention import visible
from keepthinking_conformance.provider._bodies import Spoken
from keepthinking_conformance.provider._texts import texts
from keepthinking_conformance.provider._threads import Called
from keepthinking_conformance.provider._voices import Voice
from keepthinking_conformance.provider._words import Words
from keepthinking_conformance.scenarios import Call, Family, FamilyName, Say, Think

_STEP: Final = "Step {n} of my plan: {key}."
_PLACE: Final = "It is kept in {key}."
_NEXT: Final = re.compile(r"The next key is ([a-z ]+)\.")
_END: Final = "That was the last key."
_FOUND: Final = "This is it."
_RECEIPT: Final = re.compile(r"Receipt (\w{16})\b")


class Seen(NamedTuple):
    """What the model sees of a request.

    Attributes:
        own: What it said and thought itself.
        others: What it was told, in the order of the request.
    """

    own: str
    others: str


class Move(NamedTuple):
    """What the model does next.

    Attributes:
        key: What it looks up; "" where it answers.
        thought: What it thinks.
    """

    key: str
    thought: str


class Amnesiac:
    """One task of a family, and the model that does it.

    Attributes:
        family: The family.
        keys: What there is to look up, in the order in which a model that remembers all does it, as far as it does.
    """

    def __init__(self, family: Family, words: Words) -> None:
        self.family = family
        self._words = words
        self._made_by = _TASKS[family.id]
        self._options = tuple(words.key(f"task/{n}") for n in range(family.options))
        drawn = list(self._options)
        Random(words.code("task/order", 16)).shuffle(drawn)  # noqa: S311 - seeded, so that a task comes again
        self.keys: tuple[str, ...] = self._made_by.keys(self, drawn)

    @property
    def places(self) -> tuple[str, ...]:
        """What there is to choose from, in an order that tells nothing."""
        return tuple(sorted(self._options))

    @property
    def start(self) -> str:
        """The key that a search begins with."""
        return self._words.key("task/start")

    @property
    def asked(self) -> str:
        """What the user wants."""
        return self._made_by.asked(self)

    def result(self, key: str) -> str:
        """Give what a lookup gives; it never says whether it was due."""
        code = self._words.code(f"task/receipt/{key}", 16)
        return f"{self._made_by.result(self, key)} Receipt {code}.".lstrip()

    def key_of(self, arguments: str) -> str:
        """Read which key a call asks for; "" where it asks for none."""
        try:
            held: object = msgspec.json.decode(arguments)
        except msgspec.DecodeError:
            return ""
        key = held.get("key") if is_dict(held) else None
        return key if isinstance(key, str) else ""

    def is_due(self, made: Sequence[str], key: str) -> bool:
        """Tell whether a lookup brings the task on, behind those that were made."""
        if self.family.id == "mixed":
            return key in self.keys and key not in made
        return len(made) < len(self.keys) and self.keys[len(made)] == key

    def is_done(self, made: Sequence[str]) -> bool:
        """Tell whether these lookups are what the user asked for."""
        if self.family.id == "mixed":
            return bool(made) and self.keys[-1] in made
        return tuple(made) == self.keys

    def answer(self, request: Request, voice: Voice) -> tuple[Spoken, ...]:
        """Give what the model says to a request, in parts with their words.

        Args:
            request: The request.
            voice: Who is asked.
        """
        held = visible(request, voice.rule, profile=voice.profile).conversation
        draw = Random(self._words.digest(dumps(held).hex(), 16))  # noqa: S311 - of what is seen alone
        move = self._made_by.policy(self, _seen(held.messages), draw)
        # What was drawn before is drawn again for the same request, by whatever scaffold it is made.
        here = f"amnesia/{self._words.digest(dumps(request.conversation).hex(), 8).hex()}"
        more = self._words.sentence(f"{here}/think")
        thought = Spoken(Think(), f"{here}/0", f"{move.thought} {more}".lstrip())
        if not move.key:
            return thought, Spoken(Say(), f"{here}/1", self._words.sentence(f"{here}/say"))
        call = Call(tool="look_up")
        arguments = call.arguments.replace("$key", move.key)
        id_ = voice.call_id(f"{here}/call", call.tool, 0, len(_RECEIPT.findall(_seen(held.messages).others)))
        called = Called(0, 0, call, id_, move.key, arguments, "", "")
        return thought, Spoken(call, f"{here}/1", called=called)


def _seen(messages: Sequence[Message]) -> Seen:
    own = [
        block.text
        for message in messages
        if message.role in MODEL_ROLES
        for block in message.blocks
        if isinstance(block, Text | Thinking)
    ]
    others = [text for message in messages if message.role not in MODEL_ROLES for text in texts(message)]
    return Seen("\n".join(own), "\n".join(others))


# -- commitment --------------------------------------------------------------------------------------------------------


def _keep_to_plan(task: Amnesiac, seen: Seen, draw: Random) -> Move:
    """Go on with the plan that is there; where there is none any more, make one."""
    step = len(_RECEIPT.findall(seen.others))
    if step >= task.family.steps:
        return Move("", "That was all of it.")
    known = re.findall(re.escape(_STEP.format(n=step + 1, key="@")).replace("@", "([a-z ]+)"), seen.own)
    if known:
        return Move(known[-1], "I go on as I planned.")
    # The first plan is the task's own; whoever has forgotten it draws another one.
    plan = list(task.keys) if step == 0 else draw.sample(task.places, task.family.steps)
    return Move(plan[step], " ".join(_STEP.format(n=n, key=key) for n, key in enumerate(plan, 1)))


# -- control -----------------------------------------------------------------------------------------------------------


def _follow(task: Amnesiac, seen: Seen, draw: Random) -> Move:
    """Look up what the last result names."""
    del draw
    if _END in seen.others:
        return Move("", "There is no next key.")
    named = _NEXT.findall(seen.others)
    return Move(named[-1] if named else task.keys[0], "The result names the key.")


def _link(task: Amnesiac, key: str) -> str:
    if key not in task.keys:
        return "There is nothing here."
    n = task.keys.index(key) + 1
    return _END if n == len(task.keys) else f"The next key is {task.keys[n]}."


# -- mixed -------------------------------------------------------------------------------------------------------------


def _search(task: Amnesiac, seen: Seen, draw: Random) -> Move:
    """Open the place that is known, or one that was not opened yet."""
    if _FOUND in seen.others:
        return Move("", "It is found.")
    if f"{task.start}:" not in seen.others:
        return Move(task.start, _PLACE.format(key=task.keys[-1]))
    known = re.findall(re.escape(_PLACE.format(key="@")).replace("@", "([a-z ]+)"), seen.own)
    left = [key for key in task.places if f"{key}:" not in seen.others]
    if known and known[-1] in left:
        return Move(known[-1], "I know where it is.")
    return Move(draw.choice(left or list(task.places)), "I look where I have not looked yet.")


def _opened(task: Amnesiac, key: str) -> str:
    if key == task.start:
        return f"{key}: the search may begin."
    return f"{key}: {_FOUND}" if key == task.keys[-1] else f"{key}: not here."


# -- the families ------------------------------------------------------------------------------------------------------


class _Task(NamedTuple):
    """What makes a family's tasks.

    Attributes:
        policy: What the model does next.
        keys: Gives the keys in their order, of those that were drawn.
        result: What a lookup says.
        asked: What the user wants.
    """

    policy: Callable[[Amnesiac, Seen, Random], Move]
    keys: Callable[[Amnesiac, list[str]], tuple[str, ...]]
    result: Callable[[Amnesiac, str], str]
    asked: Callable[[Amnesiac], str]


def _planned(task: Amnesiac, drawn: list[str]) -> tuple[str, ...]:
    return tuple(drawn[: task.family.steps])


def _hidden(task: Amnesiac, drawn: list[str]) -> tuple[str, ...]:
    return task.start, drawn[0]


def _says_nothing(task: Amnesiac, key: str) -> str:
    del task, key
    return ""


def _listed(task: Amnesiac) -> str:
    return ", ".join(task.places)


def _asks_to_plan(task: Amnesiac) -> str:
    return f"Make a plan in which order you look up {_listed(task)}, and keep to it."


def _asks_to_follow(task: Amnesiac) -> str:
    return f"Begin with {task.keys[0]}; each entry names the next one."


def _asks_to_find(task: Amnesiac) -> str:
    return f"Begin with {task.start}; then find it in {_listed(task)}."


_TASKS: Final[Mapping[FamilyName, _Task]] = {
    "commitment": _Task(_keep_to_plan, _planned, _says_nothing, _asks_to_plan),
    "control": _Task(_follow, _planned, _link, _asks_to_follow),
    "mixed": _Task(_search, _hidden, _opened, _asks_to_find),
}
