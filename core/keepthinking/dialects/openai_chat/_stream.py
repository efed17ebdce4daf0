"""A streamed chat completion, in and out.

Reading builds the body that the same answer would have had without streaming, and hands it to the reader of whole
responses: there is one decoder, not two. How each member grows is a table; a member that no table names grows as the
vendor's own client lets it grow (openai 3.54.0, `lib/streaming/_deltas.py`, read 2026-11-23): texts are joined, lists
merged by `index`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from msgspec.structs import replace

from keepthinking._errors import DecodeError
from keepthinking._exchange import Event, Outcome, Response
from keepthinking._json import Slices, dump, load, members
from keepthinking._profiles import Profile
from keepthinking.dialects._inline import Splitter
from keepthinking.dialects._sse import Frame, SSEDecoder
from keepthinking.dialects._text import Grow, Halves, Snapshots, is_dict, is_list, settle
from keepthinking.dialects.openai_chat._events import calls, thoughts
from keepthinking.dialects.openai_chat._names import CHUNK, CONTENT, WHOLE

LAST_WINS = frozenset({"role", "channel", "type", "object", "format", "status"})
"""Labels that some servers repeat in every chunk (`channel`: Groq, `role`: Z.ai). The vendor's client joins them."""


_FIRST_WINS = frozenset({"id", "created"})
_TOLD: tuple[Literal["usage", "error"], ...] = ("usage", "error")


class ChatStreamDecoder:
    """Bytes of one streamed chat completion in, events out."""

    def __init__(self, profile: Profile, decode: Callable[[Slices], Response]) -> None:
        self._profile = profile
        self._decode = decode
        self._frames = SSEDecoder()
        self._halves = Halves()
        self._body: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}
        self._tags: dict[int, Splitter] = {}
        self._count = 0
        self._done = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes and give the events that they complete. Raises `DecodeError`."""
        events = (event for found in self._frames.feed(chunk) for event in self._frame(found))
        return [whole for event in events if (whole := self._halves.whole(event)) is not None]

    def finish(self) -> Response:
        """End the stream and give the response; `outcome` tells whether it was whole.

        Raises:
            DecodeError: The stream held no chunk at all, or one of them is no chat chunk.
        """
        for found in self._frames.finish():
            for _ in self._frame(found):
                pass
        if not self._count:
            raise DecodeError("the stream holds no chunk", where="byte 0", culprit="provider")
        body = dict(self._body)
        body["choices"] = [settle(choice) for _, choice in sorted(self._choices.items())]
        response = self._decode(members(dump(settle(body)), "$", "provider"))
        ended = self._done or (
            bool(self._choices) and all(c.get("finish_reason") is not None for c in self._choices.values())
        )
        outcome: Outcome = response.outcome if ended or response.outcome == "failed" else "truncated"
        return replace(response, outcome=outcome)

    def _frame(self, found: Frame) -> Iterator[Event]:
        if found.data == "[DONE]":
            self._done = True
            yield from self._flush()
            yield Event(kind="end")
            return
        if not found.data:
            return
        where = f"event {self._count}"
        chunk = load(found.data.encode("utf-8", "surrogatepass"), where, "provider")
        if not is_dict(chunk):
            raise DecodeError("a chunk is not an object", where=where, culprit="provider")
        if not self._count:
            yield Event(kind="start")
        self._count += 1
        yield from self._chunk(chunk, where)

    def _chunk(self, chunk: dict[str, Any], where: str) -> Iterator[Event]:
        choices = chunk.pop("choices", None)
        for key, value in chunk.items():
            self._body[key] = _latest(key, self._body.get(key), value)
        yield from (Event(kind=kind) for kind in _TOLD if chunk.get(kind) is not None)
        if choices is None:
            return
        if not is_list(choices):
            raise DecodeError("`choices` is not an array", where=where, culprit="provider")
        for n, choice in enumerate(choices):
            if not is_dict(choice):
                raise DecodeError("a choice is not an object", where=f"{where}, $.choices[{n}]", culprit="provider")
            yield from self._choice(choice, n, f"{where}, $.choices[{n}]")

    def _choice(self, choice: dict[str, Any], n: int, where: str) -> Iterator[Event]:
        number = choice.get("index", n)
        if not isinstance(number, int):
            raise DecodeError("`index` of a choice is not a number", where=where, culprit="provider")
        delta = choice.pop("delta", None)
        if delta is not None and not is_dict(delta):
            raise DecodeError("`delta` is not an object", where=where, culprit="provider")
        known = self._choices.setdefault(number, {"message": {"role": "assistant"}})
        whole = choice.pop("message", None)
        if is_dict(whole) and not delta:
            known["message"] = whole
        for key, value in choice.items():
            before = known.get(key)
            if is_dict(before) and is_dict(value):
                grow(before, value, key, ())
            elif value is not None or key not in known:
                known[key] = value
        if delta:
            grow(known["message"], delta, "", self._profile.cumulative)
            yield from thoughts(delta, number)
            if isinstance(text := delta.get(CONTENT), str) and text:
                yield from self._visible(number, text)
            yield from calls(delta, number)

    def _visible(self, choice: int, text: str) -> Iterator[Event]:
        tags = self._profile.tags
        if tags is None:
            yield Event(kind="text", choice=choice, text=text)
            return
        for thinks, piece in self._tags.setdefault(choice, Splitter(tags)).feed(text):
            yield Event(kind="thinking" if thinks else "text", choice=choice, text=piece)

    def _flush(self) -> Iterator[Event]:
        for choice, splitter in self._tags.items():
            for thinks, piece in splitter.finish():
                yield Event(kind="thinking" if thinks else "text", choice=choice, text=piece)


def _latest(key: str, known: Any, value: Any) -> Any:
    """Tell what a member of the body is after another chunk stated it."""
    if key == "object" and value == CHUNK:
        return WHOLE
    if key in _FIRST_WINS and known is not None:
        return known  # one response, one id: a router that changes it in the middle still began with this one
    if is_dict(known) and is_dict(value):
        return {**known, **value}
    return known if value is None else value


def grow(known: dict[str, Any], delta: Mapping[str, Any], path: str, cumulative: tuple[str, ...]) -> None:
    """Let an object grow by a delta.

    Args:
        known: What there is so far; changed in place, texts become `Grow`.
        delta: What came.
        path: Wire path of the object from the message, for the table.
        cumulative: Wire paths of texts that come as a growing whole.
    """
    for key, value in delta.items():
        here = f"{path}.{key}" if path else key
        before = known.get(key)
        if value is None:
            known.setdefault(key, None)
        elif isinstance(value, str) and key not in LAST_WINS and key not in {"id", "index"}:
            known[key] = _grow_text(before, value, repeated=key == "name", cumulative=here in cumulative)
        elif is_list(value) and is_list(before):
            _grow_list(before, value, f"{here}[]", cumulative)
        elif is_list(value):
            known[key] = []
            _grow_list(known[key], value, f"{here}[]", cumulative)
        elif is_dict(value):
            if not is_dict(before):
                known[key] = {}
            grow(known[key], value, here, cumulative)
        elif key == "id" and value == "" and before:
            pass  # some servers repeat the id as an empty string
        else:
            known[key] = value


def _grow_text(before: object, value: str, *, repeated: bool, cumulative: bool) -> object:
    if not isinstance(before, Grow):
        return Snapshots(value) if cumulative else Grow(value)
    if repeated and value == str(before):
        return before  # some servers repeat the tool's name in every chunk
    before.add(value)
    return before


def _grow_list(known: list[Any], entries: list[Any], path: str, cumulative: tuple[str, ...]) -> None:
    for entry in entries:
        found = _same_entry(known, entry) if is_dict(entry) else None
        if found is None:
            if is_dict(entry):
                fresh: dict[str, Any] = {}
                known.append(fresh)
                grow(fresh, entry, path, cumulative)
            else:
                known.append(entry)
        else:
            grow(found, entry, path, cumulative)


def _same_entry(known: list[Any], entry: Mapping[str, Any]) -> dict[str, Any] | None:
    """Find the entry that this one continues: same index and type, unless two ids tell them apart.

    Two ids, since one server numbers all parallel calls 0 (Gemini's compatible endpoint).
    """
    index, type_, id_ = entry.get("index"), entry.get("type"), entry.get("id")
    for other in reversed(known):
        if not is_dict(other):
            continue
        if id_ and other.get("id") and other["id"] != id_:
            continue
        if index is None:
            if id_ and other.get("id") == id_:
                return other
            continue
        if other.get("index") == index and (type_ is None or other.get("type") in {None, type_}):
            return other
    return None
