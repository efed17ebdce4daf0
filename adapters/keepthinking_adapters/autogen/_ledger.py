"""The record of an answer, from when the model gave it until AutoGen's message of it is there.

AutoGen's agents take three values out of a model's answer and make a message of them: words or calls, the thought,
and who spoke (autogen-agentchat 0.7.5, `AssistantAgent`). Calls are objects, and stay the same objects: an attribute on
them is the way. Words are strings, and stay the same strings, though nothing can be put on a string: so the record is
kept here, until a message of them is read or put into a context.

Rule 1: a record never goes to another conversation. Equal words say nothing: two answers are "Done." So each answer
gets strings of its own, and only these very objects are known again. Words that came out of JSON or a pickle, or that
somebody put together anew, are not; contexts of this room keep records through that.
Rule 2: Python has the empty string once, and many a single letter. An answer of no more than that is known by being
the last one of its task: the next message of the task that a context of ours takes is the answer's, or none is.
Rule 3: what is kept here is bounded, and the oldest goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from contextvars import ContextVar
from itertools import count
from threading import Lock
from typing import Final, NamedTuple

from autogen_core.models import AssistantMessage, LLMMessage
from msgspec import UNSET

from keepthinking_adapters.autogen._carriers import put, put_thought, record_of

__all__ = ["LEDGER", "Answer", "Ledger", "attach"]

_ANSWERS: Final = 4096
_CHARACTERS: Final = 64 * 1024 * 1024


class Answer(NamedTuple):
    """What AutoGen takes of an answer, and what it does not.

    Attributes:
        content: The words; None for an answer that calls.
        thought: The thought.
        record: What no field of AutoGen holds; None where there is no such thing.
    """

    content: str | None
    thought: str | None
    record: str | None

    @property
    def own(self) -> list[str]:
        """The strings that no other answer has."""
        return [text for text in (self.content, self.thought) if text is not None and len(text) > 1]


class _Last:
    """The last answer of a task, which is taken once."""

    def __init__(self, answer: Answer) -> None:
        self.answer: Answer | None = answer


_LAST: Final[ContextVar[_Last | None]] = ContextVar("keepthinking_autogen_last", default=None)


class Ledger:
    """Answers by the strings that they were given; safe to share between threads and event loops.

    Args:
        answers: How many answers are remembered.
        characters: How many characters they may have together; the newest answer is remembered whatever it has.
    """

    def __init__(self, answers: int = _ANSWERS, characters: int = _CHARACTERS) -> None:
        self._most = (answers, characters)
        self._lock = Lock()
        self._numbers = count()
        # An id is good as long as its string lives, and the answer holds it.
        self._known: OrderedDict[int, Answer] = OrderedDict()
        self._by_id: dict[int, int] = {}
        self._size = 0

    def keep(self, native: AssistantMessage) -> AssistantMessage:
        """Remember an answer, also one without a record.

        Returns:
            The same answer, of strings of its own: what is made of these is found again.
        """
        content = _own(native.content) if isinstance(native.content, str) else None
        thought = None if native.thought is None else _own(native.thought)
        held = record_of(native)
        answer = Answer(content, thought, held if isinstance(held, str) else None)
        _LAST.set(_Last(answer))
        with self._lock:
            number = next(self._numbers)
            self._known[number] = answer
            self._by_id |= {id(text): number for text in answer.own}
            self._size += _size(answer)
            while len(self._known) > self._most[0] or (self._size > self._most[1] and len(self._known) > 1):
                self._forget_oldest()
        return native.model_copy(update={"content": native.content if content is None else content, "thought": thought})

    def _forget_oldest(self) -> None:
        _, gone = self._known.popitem(last=False)
        self._size -= _size(gone)
        for text in gone.own:
            del self._by_id[id(text)]

    def of(self, native: AssistantMessage) -> Answer | None:
        """Give the answer that AutoGen made a message of; None where none is known."""
        by_words, by_thought = self.said(native.content), self._find(native.thought)
        if by_words is not None:
            return by_words
        return by_thought if by_thought is not None and by_thought.thought is native.thought else None

    def said(self, text: object) -> Answer | None:
        """Give the answer that has these very words."""
        answer = self._find(text)
        return answer if answer is not None and answer.content is text else None

    def is_thought(self, text: object) -> bool:
        """Tell whether a string is what a model thought, and not what it said."""
        answer = self._find(text)
        return answer is not None and answer.thought is text

    def _find(self, text: object) -> Answer | None:
        with self._lock:
            return self._known.get(self._by_id.get(id(text), -1))


def attach(native: LLMMessage, *, is_next: bool = False) -> None:
    """Put the record of a model's answer on the message that AutoGen made of it.

    Args:
        native: The message.
        is_next: Whether it is the next message of this task that a context of ours takes.
    """
    last = _take_last() if is_next else None
    held = record_of(native)
    if held is not UNSET:
        put(native, held)
    elif isinstance(native, AssistantMessage) and isinstance(vars(native).get("content"), str):
        is_last = last is not None and last.content is native.content and last.thought is native.thought
        answer = last if is_last else LEDGER.of(native)
        if answer is not None:
            put_thought(native, answer.thought)
        if answer is not None and answer.record is not None:
            put(native, answer.record)


def _take_last() -> Answer | None:
    last = _LAST.get()
    if last is None:
        return None
    answer, last.answer = last.answer, None
    return answer


def _own(text: str) -> str:
    """Give a string of the same words that is nobody else's object, where Python has such a thing."""
    return text[:1] + text[1:]


def _size(answer: Answer) -> int:
    return sum(len(text) for text in answer if text is not None)


LEDGER: Final = Ledger()
"""One for all clients of a process: who is handed over to may have a client of its own."""
