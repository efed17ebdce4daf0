"""Chat messages, which a model of smolagents is given and gives, as ours and back.

What a model is given is what smolagents makes of the memory at every step: an answer, its calls repeated in words,
pictures, and what was observed, each a message. Here they are one turn again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeVar, cast

from msgspec.structs import replace
from smolagents.models import ChatMessage, MessageRole

from keepthinking import Converted, DecodeError, Finding, FormatError, Message, ToolCall
from keepthinking._turns import MODEL_ROLES
from keepthinking.carry import History, OnEdit, Read
from keepthinking_adapters.smolagents._blocks import read_call
from keepthinking_adapters.smolagents._from_native import joined, read_turn
from keepthinking_adapters.smolagents._payload import in_raw, payload_of
from keepthinking_adapters.smolagents._plain import OBSERVATION, Turn
from keepthinking_adapters.smolagents._show import Kind, Picture
from keepthinking_adapters.smolagents._steps import INTERPRETER, TASK, calls_of, echoed, error_in, is_answer
from keepthinking_adapters.smolagents._text import KeptText
from keepthinking_adapters.smolagents._to_native import answer, built, pieces

__all__ = ["Reader", "from_chat", "to_chat"]

_REMEMBERED: Final = 4096
"""So many turns are kept as they were read: a dialect knows by identity what it has written."""
V = TypeVar("V")
_SPOKEN: Final = frozenset(role.value for role in MessageRole)
_CHAT: Final = History("smolagents", (ChatMessage, dict), "give a list of `ChatMessage`")
"""What a model of smolagents is given."""
_PARTS: Final = "give text, and pictures as {'type': 'image', 'image': <a picture of Pillow>}"


def to_chat(messages: Sequence[Message]) -> Converted[list[ChatMessage]]:
    """Turn messages into chat messages of smolagents.

    Maps to: `ChatMessage`. An answer is what a model gives: words, calls with the arguments as they were written, and
        its record in `raw["keepthinking"]` and on the words. All else is what smolagents makes of a step for its model.
    Cannot hold: see `to_native`.
    Version notes: see `to_native`.

    Args:
        messages: A history.

    Raises:
        EncodeError: It is no list of our messages; culprit `caller`.
    """
    found: list[ChatMessage] = []
    for piece in pieces(messages):
        if piece.message.role in MODEL_ROLES:
            found.append(answer(piece.message))
        else:
            found += built([piece], 0).to_messages()
    return Converted(value=found)


def from_chat(
    chat: Sequence[ChatMessage | dict[str, Any]], *, on_edit: OnEdit = "keep"
) -> Converted[tuple[Message, ...]]:
    """Turn chat messages of smolagents into ours, as a wire shall have them.

    Maps to: an answer, its calls and the results of each are messages of their own. The calls that smolagents repeats
        in words are left out, and its words for what a message is (`New task:`, `Observation:`).
    Cannot hold: what was observed after several calls of a stock agent cannot be told apart; the first has all of it.
    Version notes: see `to_native`.

    Args:
        chat: The messages; nothing of them is changed.
        on_edit: Whether to `keep` or `drop` the thinking of a message whose visible words were edited.

    Raises:
        DecodeError: It is no list, something is no message of smolagents, or carries a broken record; culprit
            `framework`. A picture cannot be read; culprit `caller`.
    """
    return Reader(on_edit=on_edit).read(chat)


class Reader:
    """Reads a growing history; what has not changed gives the very same messages.

    smolagents makes new chat messages of its memory for every request, so a turn is known by all that it says.

    Args:
        on_edit: Whether to `keep` or `drop` the thinking of a message whose visible words were edited.
    """

    def __init__(self, *, on_edit: OnEdit = "keep") -> None:
        self._on_edit: OnEdit = on_edit
        self._known = _Lately[list[Read]]()
        self._parts = _Lately[tuple[list[Read], Message]]()
        self._echoes = _Lately["_Echo | None"]()

    def read(self, chat: Sequence[ChatMessage | dict[str, Any]]) -> Converted[tuple[Message, ...]]:
        """Read a history. Raises `DecodeError`; culprit `framework`."""
        reads: list[Read] = []
        findings: list[Finding] = []
        for number, turn in _turns(chat, self._echo):
            path = f"messages[{number}]"
            try:
                found = self._known.of(_stamp(turn), partial(read_turn, turn, on_edit=self._on_edit))
            except FormatError as error:
                raise DecodeError(error.what, where=path, culprit="framework", hint=error.hint) from error
            except OSError as error:
                hint = "give pictures that Pillow can load"
                raise DecodeError("a picture cannot be read", where=path, culprit="caller", hint=hint) from error
            for one in found:
                findings += (replace(f, path=f"{path}.{f.path}" if f.path else path) for f in one.findings)
            reads += found
        return Converted(value=tuple(self._joined(reads)), findings=tuple(findings))

    def _echo(self, text: str) -> _Echo | None:
        return self._echoes.of(text, partial(_read_echo, text))

    def _joined(self, reads: Sequence[Read]) -> Iterator[Message]:
        messages, places = joined(reads)
        runs: list[list[Read]] = [[] for _ in messages]
        for read, (number, _) in zip(reads, places, strict=True):
            runs[number].append(read)
        for message, run in zip(messages, runs, strict=True):
            if len(run) == 1:
                yield message
            else:
                yield self._parts.of(tuple(map(id, run)), partial(_pair, run, message))[1]


class _Lately(OrderedDict[object, V]):
    """What was made of something lately."""

    def of(self, key: object, make: Callable[[], V]) -> V:
        """Give what was made of it, or make it."""
        if key in self:
            self.move_to_end(key)
        else:
            self[key] = make()
            if len(self) > _REMEMBERED:
                self.popitem(last=False)
        return self[key]


class _Echo(NamedTuple):
    """The calls of a step that smolagents repeats in words."""

    calls: tuple[ToolCall, ...]
    is_code: bool
    is_made: bool


_ReadEcho = Callable[[str], _Echo | None]


def _read_echo(text: str) -> _Echo | None:
    found = echoed(text)
    if found is None:
        return None
    return _Echo(
        tuple(read_call(one.get("id"), one["function"]["name"], one["function"]["arguments"]) for one in found),
        is_code=len(found) == 1 and found[0]["function"]["name"] == INTERPRETER,
        is_made=is_answer([one.get("id") for one in found]),
    )


def _pair(run: list[Read], message: Message) -> tuple[list[Read], Message]:
    return run, message


def _stamp(turn: Turn) -> object:
    pictures = ((one.mode, one.size, blake2b(one.tobytes()).digest()) for one in (*turn.pictures, *turn.seen))
    text = turn.text
    carried = text.__reduce__()[1] if isinstance(text, KeptText) else text
    return (turn._replace(text=None, pictures=(), seen=()), len(turn.pictures), carried, *pictures)


def _turns(chat: Sequence[ChatMessage | dict[str, Any]], echo: _ReadEcho) -> Iterator[tuple[int, Turn]]:
    """Put messages together that are one turn, with the place of the first."""
    messages = [_checked(one, i) for i, one in enumerate(_CHAT.read(chat))]
    at = 0
    while at < len(messages):
        first = at
        role = MessageRole(messages[at].role)
        match role:
            case MessageRole.ASSISTANT | MessageRole.TOOL_CALL:
                at, turn = _spoken(messages, at, echo)
                yield first, turn
            case MessageRole.TOOL_RESPONSE:
                yield first, _observed(messages[at])
                at += 1
            case _:
                yield first, _told(messages[at], role)
                at += 1


def _checked(given: ChatMessage | dict[str, Any], number: int) -> ChatMessage:
    where = f"messages[{number}]"
    try:
        made: Any = ChatMessage
        one: ChatMessage = made.from_dict(deepcopy(given)) if isinstance(given, dict) else given
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = "it is no message of smolagents"
        raise DecodeError(what, where=where, culprit="framework", hint=_CHAT.hint) from error
    role: object = one.role
    if role not in _SPOKEN:
        raise DecodeError("a message has no role of smolagents", where=where, culprit="framework", hint=_CHAT.hint)
    content: object = vars(one)["content"]
    if content is not None and not isinstance(content, str | list):
        what = "the content of a message is neither text nor parts"
        raise DecodeError(what, where=where, culprit="framework", hint=_PARTS)
    for part in cast("list[object]", content) if isinstance(content, list) else ():
        if not _is_part(part):
            what = "a part of a message is neither text nor a picture"
            raise DecodeError(what, where=where, culprit="framework", hint=_PARTS)
    try:
        in_raw(one.raw)
    except FormatError as error:
        raise DecodeError(error.what, where=where, culprit="framework", hint=error.hint) from error
    return one


def _is_part(part: object) -> bool:
    held = cast("dict[str, object]", part) if isinstance(part, dict) else {}
    match held.get("type"):
        case "text":
            return isinstance(held.get("text"), str)
        case "image":
            return isinstance(held.get("image"), Picture)
        case _:
            return False


def _parts(message: ChatMessage) -> tuple[str | None, tuple[Any, ...]]:
    """Give the words and the pictures of a message."""
    if message.content is None or isinstance(message.content, str):
        return message.content, ()
    parts = cast("list[Mapping[str, Any]]", message.content)
    texts = [part["text"] for part in parts if part["type"] == "text"]
    pictures = tuple(part["image"] for part in parts if part["type"] == "image")
    return (texts[0] if len(texts) == 1 else "".join(texts) if texts else None), pictures


def _spoken(messages: Sequence[ChatMessage], at: int, echo: _ReadEcho) -> tuple[int, Turn]:
    """Read an answer, and all behind it that smolagents makes of the same step."""
    text, pictures, calls, others = None, (), None, None
    payload: str | None = None
    is_code = is_made = False
    if messages[at].role == MessageRole.ASSISTANT:
        text, pictures = _parts(messages[at])
        held = messages[at].tool_calls
        calls = None if held is None else calls_of(held)
        is_made = is_answer([one.id for one in held or ()])
        payload = payload_of(messages[at].raw, text)
        at += 1
    if at < len(messages) and messages[at].role == MessageRole.TOOL_CALL:
        found = echo(_parts(messages[at])[0] or "")
        if found is not None:
            is_code, is_made, others = found.is_code, is_made or found.is_made, found.calls
        at += 1
    seen: tuple[Any, ...] = ()
    if at + 1 < len(messages) and messages[at + 1].role == MessageRole.TOOL_RESPONSE and _is_pictures(messages[at]):
        seen = _parts(messages[at])[1]
        at += 1
    observation = error = None
    while at < len(messages) and messages[at].role == MessageRole.TOOL_RESPONSE:
        words, more = _parts(messages[at])
        found_error = error_in(words or "")
        if found_error is not None and error is None:
            error = found_error
        elif found_error is None and observation is None and payload_of(messages[at].raw, words) is None:
            observation = _bare(words, OBSERVATION)
            seen += more
        else:
            break
        at += 1
    turn = Turn(
        "assistant",
        text,
        calls=calls,
        others=None if is_code else others,
        pictures=pictures,
        observation=observation,
        error=error,
        seen=seen,
        payload=payload,
        is_code=is_code,
        is_answer=is_made,
    )
    return at, turn


def _is_pictures(message: ChatMessage) -> bool:
    text, pictures = _parts(message)
    return message.role == MessageRole.USER and text is None and bool(pictures)


def _bare(text: str | None, front: str) -> str | None:
    """Give a text without the words by which smolagents marks what it is."""
    return text if text is None else text.removeprefix(front)


def _observed(message: ChatMessage) -> Turn:
    text, pictures = _parts(message)
    payload = payload_of(message.raw, text)
    if payload is not None:
        return Turn("results", observation=_words(text), seen=pictures, payload=payload)
    error = error_in(text or "")
    return Turn("results", observation=_bare(text, OBSERVATION) if error is None else None, error=error, seen=pictures)


def _told(message: ChatMessage, role: MessageRole) -> Turn:
    text, pictures = _parts(message)
    payload = payload_of(message.raw, text)
    kind: Kind = "system" if role is MessageRole.SYSTEM else "user"
    if payload is not None:
        return Turn(kind, _words(text) if kind == "user" else text, pictures=pictures, payload=payload)
    if kind == "user" and isinstance(message.content, list):
        text = _bare(text, TASK)
    return Turn(kind, text, pictures=pictures)


def _words(text: str | None) -> str | None:
    return text.words if isinstance(text, KeptText) else text
