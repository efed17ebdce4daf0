"""An AutoGen message as AutoGen alone tells it, whoever made it.

Rule 1: without a record a `thought` is a thought. Of stock clients it may be words that stood beside calls (OpenAI,
Ollama) or thinking (Anthropic), and nothing in the message says which (autogen-ext 0.7.5).
Rule 2: with a record each text is taken apart as it was put together, and what never showed has a placeholder.
Rule 3: who spoke (`source`) is AutoGen's own, and no participant's name on a wire.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, Final, TypeAlias, cast

from autogen_core import FunctionCall
from autogen_core.models import (
    AssistantMessage,
    FunctionExecutionResult,
    FunctionExecutionResultMessage,
    LLMMessage,
    SystemMessage,
    UserMessage,
)
from msgspec import UNSET

from keepthinking import Block, DecodeError, Message, Segment, Text, Thinking
from keepthinking.carry import History, broken, has_shape
from keepthinking_adapters.autogen._blocks import HIDDEN, read_call, read_item, read_result
from keepthinking_adapters.autogen._carriers import record_of
from keepthinking_adapters.autogen._show import Place

__all__ = ["HISTORY", "MESSAGES", "PLACES", "checked", "placed", "plain", "records"]

MESSAGES: Final = (SystemMessage, UserMessage, AssistantMessage, FunctionExecutionResultMessage)
HISTORY: Final = History(
    "AutoGen",
    MESSAGES,
    "give a list of messages of `autogen_core.models`; an agent's own messages have `to_model_message()`",
    item="message for a model",
)
"""What a history for a model is."""
PLACES: Final = "places"
"""The member of a record that says where each block shows."""

_Texts: TypeAlias = dict[str, str]
_Reads: TypeAlias = Callable[[Any, Place | None], Block]


def checked(native: LLMMessage) -> LLMMessage:
    """Give a message of AutoGen; pydantic looks at what a message is made of, and not at what is put in later.

    Raises:
        DecodeError: It is none.
    """
    if not _is_sound(native):
        what = "a message holds what AutoGen never puts there"
        raise DecodeError(what, where="$", culprit="framework", hint="make messages with their constructors")
    return native


_SHAPES: Final[Mapping[type, Mapping[str, tuple[type, ...]]]] = {
    SystemMessage: {"content": (str,)},
    UserMessage: {"content": (str, list), "source": (str,)},
    AssistantMessage: {"content": (str, list), "source": (str,), "thought": (str, NoneType)},
    FunctionExecutionResultMessage: {"content": (list,)},
    FunctionExecutionResult: {"content": (str,), "name": (str,), "call_id": (str,), "is_error": (bool, NoneType)},
    FunctionCall: {"id": (str,), "arguments": (str,), "name": (str,)},
}
"""What AutoGen's constructors see to (autogen-core 0.7.5)."""


def _is_sound(native: LLMMessage) -> bool:
    if not has_shape(native, _SHAPES):
        return False
    held: object = native.content
    items = cast("list[object]", held) if isinstance(held, list) else []
    match native:
        case AssistantMessage():
            return all(has_shape(one, _SHAPES) for one in items if isinstance(one, FunctionCall))
        case FunctionExecutionResultMessage():
            return all(isinstance(one, FunctionExecutionResult) and has_shape(one, _SHAPES) for one in items)
        case _:
            return True


def records(native: LLMMessage) -> tuple[str, ...]:
    """Give the record that a message carries.

    Raises:
        FormatError: Something else stands where a record should.
    """
    held = record_of(native)
    if held is None or held is UNSET:
        return ()
    if isinstance(held, str):
        return (held,)
    raise broken()


def placed(record: str) -> list[Place]:
    """Give the places that a record names.

    Raises:
        FormatError: It names none.
    """
    try:
        found: Any = json.loads(record)[PLACES]
        held = [Place(k, s, int(n), None if p is None else tuple((a, b) for a, b in p)) for k, s, n, p in found]
        if all(one.kind in HIDDEN for one in held):
            return held
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise broken() from error
    raise broken()


def plain(native: LLMMessage, where: Sequence[Place] | None = None) -> Message:
    """Read a message without its record.

    Args:
        native: The message; it is not changed.
        where: Where each block shows; None where no record says so.

    Raises:
        DecodeError: A part of it is none of AutoGen.
    """
    match native:
        case SystemMessage():
            is_said = native.content != "" or where is None or any(place.slot == "content" for place in where)
            return _made("system", {"content": native.content} if is_said else {}, [], read_item, where)
        case UserMessage():
            return _made("user", {}, _parts(native, where), read_item, where)
        case AssistantMessage():
            calls = native.content if isinstance(native.content, list) else []
            return _made("assistant", _texts(native, where), calls, read_call, where)
        case FunctionExecutionResultMessage():
            return _made("tool", {}, native.content, read_result, where)


def _parts(native: UserMessage, where: Sequence[Place] | None) -> Sequence[object]:
    if isinstance(native.content, list):
        return native.content
    hides_all = native.content == "" and where is not None and all(place.slot == "" for place in where)
    return [] if hides_all else [native.content]


def _texts(native: AssistantMessage, where: Sequence[Place] | None) -> _Texts:
    found = {} if native.thought is None else {"thought": native.thought}
    if isinstance(native.content, str):
        # Empty words beside a thought are AutoGen's way to say that there are none; alone they are what was said.
        is_said = native.content != "" or (where is None and native.thought is None)
        if is_said or any(place.slot == "content" for place in where or ()):
            found["content"] = native.content
    return found


def _made(role: str, texts: _Texts, items: Sequence[Any], read: _Reads, where: Sequence[Place] | None) -> Message:
    if where is None:
        usual = [*(_word(slot, "", text) for slot, text in texts.items()), *(read(item, None) for item in items)]
        return Message(role=role, blocks=tuple(usual))
    pieces = {slot: _pieces(text, [p.length for p in where if p.slot == slot]) for slot, text in texts.items()}
    left = list(items)
    found: list[Block] = []
    for place in where:
        match place.slot:
            case "":
                found.append(HIDDEN[place.kind]())
            case "item":
                if left:
                    found.append(read(left.pop(0), place))
            case slot:
                piece = pieces[slot].pop(0) if pieces.get(slot) else None
                if piece is not None:
                    found.append(_word(slot, place.kind, piece))
    # What somebody put in since then.
    found += (_word(slot, "", text) for slot, more in pieces.items() for text in more if text is not None)
    found += (read(item, None) for item in left)
    return Message(role=role, blocks=tuple(found))


def _pieces(text: str, lengths: Sequence[int]) -> list[str | None]:
    """Take a text apart.

    Where somebody made it longer or shorter, the first piece that had words has them all, and others that had some are
    gone. Pieces without words stay what they were: they are there for their seals.
    """
    if not lengths:
        return [text]
    at = 0
    found: list[str | None] = []
    if sum(lengths) != len(text):
        first = next((i for i, length in enumerate(lengths) if length), 0)
        return [text if i == first else None if length else "" for i, length in enumerate(lengths)]
    for length in lengths:
        found.append(text[at : at + length])
        at += length
    return found


def _word(slot: str, kind: str, text: str) -> Block:
    if kind == "t" or (kind == "" and slot == "thought"):
        return Thinking(segments=(Segment(text=text),))
    return Text(text=text)
