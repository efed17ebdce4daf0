"""A stream of `chat.completion.chunk`s, in: choices that grow by deltas.

Reading builds the body that the same answer would have had without streaming, and hands it to the reader of whole
responses: there is one decoder, not two. How a message grows is in `_grow`, what it shows meanwhile in each room's
`_events`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, Protocol

from msgspec.structs import replace

from keepthinking._errors import DecodeError, EncodeError
from keepthinking._exchange import Event, Outcome, Response
from keepthinking._json import Slices, dump, load, members
from keepthinking._profiles import Profile
from keepthinking.dialects._grow import grow
from keepthinking.dialects._sse import Frame, SSEDecoder
from keepthinking.dialects._text import Halves, is_dict, is_list, settle

CHUNK, WHOLE = "chat.completion.chunk", "chat.completion"
"""What `object` says of a piece of a stream, and of a whole answer."""

_FIRST_WINS = frozenset({"id", "created"})
_EXTENDED = frozenset({"logprobs", "token_ids"})
"""Members of a choice whose lists go on from chunk to chunk (`token_ids`: vLLM 0.33.0); of others the last counts."""
_PADDING = ("obfuscation", "p")
"""Members of a chunk that hide its length and belong to no answer (openai 3.54.0,
`types/chat/chat_completion_stream_options_param.py`, read 2026-11-27; `p`: recorded traffic of Mistral, 2026-05)."""
_TOLD: tuple[Literal["usage", "error"], ...] = ("usage", "error")
_ENVELOPE = frozenset({"choices", "id", "object", "model", "created", "usage", "error"})
"""Members of which a chunk has some, even one that holds no choice yet, or is an error."""
_DONE = "[DONE]"


class Shown(Protocol):
    """What of one choice was shown so far."""

    def delta(self, delta: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Event]:
        """Give what a delta shows, from it and the message that has already grown by it."""
        ...

    def end(self) -> Iterator[Event]:
        """Give what was held back, when nothing more comes."""
        ...


class ChunkDecoder:
    """Bytes of one streamed chat completion in, events out; what comes behind `[DONE]` is not read.

    Args:
        profile: The provider's way of speaking.
        decode: Reads the members of the body that the same answer would have had without streaming.
        shown: Begins to show a choice, by its number.
    """

    def __init__(
        self, profile: Profile, decode: Callable[[Slices], Response], shown: Callable[[int, Profile], Shown]
    ) -> None:
        self._profile = profile
        self._decode = decode
        self._show = shown
        self._frames = SSEDecoder()
        self._halves = Halves()
        self._body: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}
        self._shown: dict[int, Shown] = {}
        self._is_known = self._has_choices = False
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
        if not self._is_known:
            what = "no chunk of the stream has `choices`, nor anything else of a chat chunk"
            raise DecodeError(what, where="byte 0", culprit="provider")
        body = dict(self._body)
        if self._has_choices or not (body.get("error") is not None or body.get("object") == "error"):
            body["choices"] = [choice for _, choice in sorted(self._choices.items())]
        try:
            raw = dump(settle(body))
        except (EncodeError, RecursionError) as error:
            what = "the stream holds a value that is too deep or too large a number"
            raise DecodeError(what, where="$", culprit="provider") from error
        response = self._decode(members(raw, "$", "provider"))
        ended = self._done or (bool(self._choices) and all(c.get("finish_reason") for c in self._choices.values()))
        outcome: Outcome = response.outcome if ended or response.outcome == "failed" else "truncated"
        return replace(response, outcome=outcome)

    def _frame(self, found: Frame) -> Iterator[Event]:
        if self._done or not found.data:
            return
        if found.data.strip() == _DONE:
            self._done = True
            for shown in self._shown.values():
                yield from shown.end()
            yield Event(kind="end")
            return
        where = f"event {self._count}"
        chunk = load(found.data.encode(), where, "provider")
        if is_list(chunk) and len(chunk) == 1:
            chunk = chunk[0]  # an error of Gemini's compatible endpoint
        if not is_dict(chunk):
            raise DecodeError("a chunk is not an object", where=where, culprit="provider")
        if not self._count:
            yield Event(kind="start")
        self._count += 1
        try:
            yield from self._chunk(chunk, where)
        except RecursionError as error:
            raise DecodeError("a chunk is nested too deep", where=where, culprit="provider") from error

    def _chunk(self, chunk: dict[str, Any], where: str) -> Iterator[Event]:
        self._is_known = self._is_known or not _ENVELOPE.isdisjoint(chunk)
        choices = chunk.pop("choices", None)
        for name in _PADDING:
            if isinstance(chunk.get(name), str):
                del chunk[name]
        for key, value in chunk.items():
            if key == "object" and value == CHUNK:
                self._body[key] = WHOLE
            elif key not in _FIRST_WINS or not self._body.get(key):
                # one response, one id: a router that changes it in the middle still began with the first; Azure begins
                # with a chunk on its filters, whose id is "" and which was created at 0
                self._body[key] = _latest(key, self._body.get(key), value)
        yield from (Event(kind=kind) for kind in _TOLD if chunk.get(kind) is not None)
        if choices is None:
            return
        if not is_list(choices):
            raise DecodeError("`choices` is not an array", where=where, culprit="provider")
        self._has_choices = True
        for n, choice in enumerate(choices):
            if not is_dict(choice):
                raise DecodeError("a choice is not an object", where=f"{where}, $.choices[{n}]", culprit="provider")
            yield from self._choice(choice, n, f"{where}, $.choices[{n}]")

    def _choice(self, choice: dict[str, Any], n: int, where: str) -> Iterator[Event]:
        number = choice.get("index")
        number = n if number is None else number
        if not isinstance(number, int):
            raise DecodeError("`index` of a choice is not a number", where=where, culprit="provider")
        delta, whole = choice.pop("delta", None), choice.pop("message", None)
        if delta is not None and not is_dict(delta):
            raise DecodeError("`delta` is not an object", where=where, culprit="provider")
        known = self._choices.setdefault(number, {"message": {"role": "assistant"}})
        message = known["message"]
        for key, value in choice.items():
            if value != "" or known.get(key) is None:  # Snowflake says "" for a reason that never comes
                known[key] = _latest(key, known.get(key), value)
        if is_dict(whole) and not delta:
            if number in self._shown:
                # MiniMax ends with the whole message: what it says counts, what it leaves out stands
                message.update({key: value for key, value in whole.items() if value or key not in message})
            else:
                delta = whole
        if delta:
            grow(message, delta, "", self._profile.cumulative)
            shown = self._shown.get(number) or self._shown.setdefault(number, self._show(number, self._profile))
            yield from shown.delta(delta, message)
        if choice.get("finish_reason") and number in self._shown:
            yield from self._shown[number].end()


def _latest(key: str, known: Any, value: Any) -> Any:
    """Tell what a member beside the message is after another chunk stated it."""
    if value is None:
        return known
    if is_dict(known) and is_dict(value):
        # below a member whose lists go on, all lists do
        below = {n: _latest(key if key in _EXTENDED else n, known.get(n), inner) for n, inner in value.items()}
        return {**known, **below}
    if key in _EXTENDED and is_list(known) and is_list(value):
        known.extend(value)  # ours since the first chunk: a copy for each would cost the square of the stream
        return known
    return value
