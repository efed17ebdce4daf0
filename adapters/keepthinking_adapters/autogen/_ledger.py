"""The record of an answer, from when the model gave it until AutoGen's message of it is there.

AutoGen's agents take three values out of a model's answer and make a message of them: words or calls, the thought,
and who spoke (autogen-agentchat 0.7.5, `AssistantAgent`). Calls are objects, and stay the same objects: an attribute on
them is the way. Words are strings, and stay the same strings, though nothing can be put on a string: so the record is
kept here, by the words and the thought, until a message of them is read or put into a context.

Rule 1: a record never goes to another conversation. Where two answers have the same words and different records, the
string itself says which one it is; a string that is neither (it came out of JSON) has none.
Rule 2: Python has the empty string once, and each single letter. An answer of no words is known by being the last one
of its task, and only to a context of ours, which takes each message at once.
"""

from __future__ import annotations

from collections import OrderedDict
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final, NamedTuple, cast

from autogen_core import FunctionCall
from autogen_core.models import AssistantMessage, LLMMessage
from msgspec import UNSET

__all__ = ["CARRIERS", "LEDGER", "SLOT", "Ledger", "attach", "put", "put_on_call", "record_of", "with_thought"]

SLOT: Final = "keepthinking"
"""The attribute of a message, and of a call, that holds the record, as a string. It is no field: copies and pickles
keep it, while no dump, no `repr`, no event and no stock client shows it (autogen-core 0.6.2 to 0.7.5)."""
_THOUGHT: Final = "keepthinking_thought"
"""The attribute of a call that holds the thought beside it, for loops that make a message of the calls alone."""
CARRIERS: Final = frozenset({SLOT, _THOUGHT})
"""All attributes of ours."""
_REMEMBERED: Final = 4096
"""So many answers are known; one whose message is in a context of ours, or was sent once, need not be."""


class _Answer(NamedTuple):
    content: str
    thought: str | None
    record: str | None


_LATEST: Final[ContextVar[_Answer | None]] = ContextVar("keepthinking_autogen_latest", default=None)
"""The last answer of a task."""


class Ledger:
    """Records of answers by what AutoGen takes of them; safe to share between threads.

    Args:
        size: How many answers are remembered.
    """

    def __init__(self, size: int = _REMEMBERED) -> None:
        self._size = size
        self._lock = Lock()
        self._known: OrderedDict[tuple[str, str | None], list[_Answer]] = OrderedDict()

    def keep(self, content: str, thought: str | None, record: str | None) -> None:
        """Remember an answer, also one without a record: it must not be taken for another with the same words."""
        answer = _Answer(content, thought, record)
        _LATEST.set(answer)
        with self._lock:
            self._known.setdefault((content, thought), []).append(answer)
            self._known.move_to_end((content, thought))
            held = self._known[content, thought]
            del held[: -self._size]
            while len(self._known) > self._size:
                self._known.popitem(last=False)

    def find(self, content: str, thought: str | None) -> str | None:
        """Give the record of an answer; None where there is none, or where it is not certain which one it is."""
        with self._lock:
            known = list(self._known.get((content, thought), ()))
        exact = [one for one in known if one.content is content and one.thought is thought]
        records = {one.record for one in exact or known}
        return records.pop() if len(records) == 1 else None


LEDGER: Final = Ledger()
"""One for all clients of a process: who is handed over to may have a client of its own."""


def record_of(native: LLMMessage) -> object:
    """Give the record that a message carries itself, or that its calls carry; UNSET where there is none."""
    own: object = vars(native).get(SLOT, UNSET)
    if own is not UNSET or not isinstance(native, AssistantMessage):
        return own
    content: object = native.content
    calls = cast("list[object]", content) if isinstance(content, list) else []
    return next((vars(call)[SLOT] for call in calls if isinstance(call, FunctionCall) and SLOT in vars(call)), UNSET)


def attach(native: LLMMessage, *, at_once: bool = False) -> None:
    """Put the record of a model's answer on the message that AutoGen made of it.

    Args:
        native: The message.
        at_once: Whether nothing else was asked in this task since the message was made.
    """
    held = record_of(native)
    if held is UNSET and isinstance(native, AssistantMessage) and isinstance(native.content, str):
        latest = _LATEST.get() if at_once else None
        is_latest = latest is not None and latest.content is native.content and latest.thought is native.thought
        found = latest.record if latest is not None and is_latest else LEDGER.find(native.content, native.thought)
        held = UNSET if found is None else found
    if held is not UNSET:
        put(native, held)


def put_on_call(call: FunctionCall, record: object, thought: str | None) -> None:
    """Put a record on a call, and the thought that the call was made with."""
    put(call, record)
    vars(call)[_THOUGHT] = thought


def with_thought(native: LLMMessage) -> LLMMessage:
    """Give a message with the thought of its calls, where whoever made it never named one.

    AutoGen's `tool_agent_caller_loop` makes its messages of the calls alone (autogen-core 0.7.5). A thought that was
    set to None is one that somebody took out, and stays out.
    """
    if not isinstance(native, AssistantMessage) or "thought" in native.model_fields_set:
        return native
    content: object = native.content
    calls = cast("list[object]", content) if isinstance(content, list) else []
    held = (vars(call).get(_THOUGHT) for call in calls if isinstance(call, FunctionCall))
    thought = next((one for one in held if isinstance(one, str)), None)
    return native if thought is None else native.model_copy(update={"thought": thought})


def put(native: Any, record: object) -> None:
    """Put a record on a message or a call. Pydantic would refuse an attribute that is no field."""
    vars(native)[SLOT] = record
