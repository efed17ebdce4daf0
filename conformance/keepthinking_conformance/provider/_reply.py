"""The reply: a pure function of the request and the script.

Nothing is remembered, so a provider that is stopped and started between two requests goes on as if nothing had been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from msgspec import UNSET

from keepthinking._codec import dumps
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import Message, Origin, Seal, Text, Thinking, ToolCall
from keepthinking._turns import MODEL_ROLES
from keepthinking.dialects._text import is_dict
from keepthinking.plugins import dialect as dialect_of
from keepthinking_conformance.provider._amnesiac import Amnesiac
from keepthinking_conformance.provider._bodies import SHAPES, Frame, Spoken
from keepthinking_conformance.provider._compaction import carried
from keepthinking_conformance.provider._forms import filled, form_of
from keepthinking_conformance.provider._position import Position, position
from keepthinking_conformance.provider._projected import Prefix
from keepthinking_conformance.provider._routes import tokens_of
from keepthinking_conformance.provider._script import Script
from keepthinking_conformance.provider._side import aside, closing
from keepthinking_conformance.provider._speech import message_of, whole
from keepthinking_conformance.provider._stops import stopped, stops_of
from keepthinking_conformance.provider._texts import texts
from keepthinking_conformance.provider._voices import Voice
from keepthinking_conformance.scenarios import Think

_EPOCH = 1_784_729_346
"""Seconds since the epoch at which every played conversation begins: a clock would make two equal replies differ."""

_STOP = {
    "openai-chat": ("stop", "tool_calls"),
    "anthropic-messages": ("end_turn", "tool_use"),
}
"""Why an answer ended: without calls, and with some."""


class Reply(NamedTuple):
    """What is answered.

    Attributes:
        response: The answer.
        at: Which step it is; None where the request was none of the loop (a title, a summary).
        side: Why it was none (`_side.REASONS`); "" where it was one.
        tokens: How many tokens were asked and said, about.
        cuts: How a stream is cut into pieces.
    """

    response: Response
    at: Position | None
    side: str
    tokens: int
    cuts: Random


def reply(request: Request, script: Script, voice: Voice | None = None) -> Response:
    """Give the model's answer to a request; the same three give the same answer in every process.

    Args:
        request: The request, as its dialect reads it.
        script: Everything that is said in the run.
        voice: Who is asked; by default the run's own model.
    """
    return answer(request, script, voice).response


def answer(request: Request, script: Script, voice: Voice | None = None) -> Reply:
    """Give the model's answer, and what it was taken for."""
    voice = voice or script.voices[0]
    here = script.words.digest(dumps(request.conversation).hex(), 16).hex()
    at = position(request, script)
    last = closing(request, script, at)
    side = "" if last is not None else aside(request, script, at)
    at = at if last is None else last
    if side or at is None:
        at = None
        kept = carried((text for message in request.messages for text in texts(message)), script.memory)
        spoken = _formed(script.aside(f"side/{here}", kept), form_of(request))
    else:
        heard = [text for message in request.messages if message.role not in MODEL_ROLES for text in texts(message)]
        acted = any(one.receipt in text for one in script.considered for text in heard)
        spoken = _of_task(script, script.task, request, voice) if script.task else script.voiced(*at, calm=acted)
    spoken, stop = stopped(spoken, stops_of(request, voice.dialect))
    around = _Around(request, voice, here, tokens_of(request), stop)
    response = _shaped(spoken, around) if voice.dialect in SHAPES else _wrapped(spoken, around)
    said = sum(1 + len(one.text) // 4 for one in spoken)
    return Reply(response, at, side, tokens=around.asked + said, cuts=Random(f"{script.seed}:{script.token}:{here}"))  # noqa: S311 - seeded, so that a failure comes again


def _formed(spoken: tuple[Spoken, ...], form: Mapping[str, Any] | None) -> tuple[Spoken, ...]:
    """Say the same in the form that is asked for."""
    return spoken if form is None else tuple(one._replace(text=filled(form, one.text)) for one in spoken)


def _of_task(script: Script, task: Amnesiac, request: Request, voice: Voice) -> tuple[Spoken, ...]:
    """Let a model answer that knows nothing but what it sees."""
    spoken = task.answer(request, voice)
    return script.phrased(spoken, script.threads[0], 0, spoken[0].path)


class _Around(NamedTuple):
    """What stands around an answer.

    Attributes:
        request: What was asked.
        voice: Who answers.
        here: A name of this one request.
        asked: How many tokens it has.
        stop: The sequence of the request's at which the answer ends; None where it comes to its own end.
    """

    request: Request
    voice: Voice
    here: str
    asked: int
    stop: str | None

    @property
    def id(self) -> str:
        """The answer's id."""
        words, look = self.voice.words, self.voice.look
        return f"{look.answer_id}{words.uuid(self.here) if look.answer_form == 'uuid' else words.code(self.here, 24)}"

    @property
    def model(self) -> str:
        """The model's name: the one that was asked for."""
        return self.request.model if isinstance(self.request.model, str) else self.voice.model

    @property
    def created(self) -> int:
        """Seconds since the epoch."""
        return _EPOCH + self.voice.words.number(f"created/{self.here}", 86_400)


def _shaped(spoken: Sequence[Spoken], around: _Around) -> Response:
    """Give an answer of a dialect that writes it as a whole."""
    thought = sum(1 + len(one.text) // 4 for one in spoken if isinstance(one.part, Think))
    said = sum(1 + len(one.text) // 4 for one in spoken if not isinstance(one.part, Think))
    frame = Frame(
        id=around.id,
        model=around.model,
        created=around.created,
        envelope=around.voice.look.envelope,
        asked=around.asked,
        thought=thought,
        said=said,
    )
    return whole(around.voice, spoken, frame)


def _wrapped(spoken: Sequence[Spoken], around: _Around) -> Response:
    """Put the envelope around a message: what real servers send besides, and vendors' clients demand."""
    request, voice = around.request, around.voice
    bound = voice.rule.bound == "prefix"
    message = message_of(voice, spoken, Prefix.of(request, dialect_of(voice.dialect)) if bound else None)
    origin = Origin(dialect=voice.dialect, provider=voice.profile.provider, model=around.model, response_id=around.id)
    calls = bool(message.tool_calls)
    chat = voice.dialect == "openai-chat"
    fields: dict[str, Any] = dict(voice.look.envelope)
    if chat:
        reason = {"native_finish_reason": _STOP[voice.dialect][calls]} if voice.served.profile == "openrouter" else {}
        fields["created"] = around.created
        fields["choices"] = [{"index": 0, **voice.look.choice, **reason}]
    elif around.stop is not None:
        fields["stop_sequence"] = around.stop
    return Response(
        messages=(message.replace(origin=origin),),
        origin=origin,
        stop_reason=_STOP[voice.dialect][calls] if chat or around.stop is None else "stop_sequence",
        usage=Json.of(_usage(message, around.asked, chat=chat)) if not _unasked(request, chat=chat) else UNSET,
        fields=Json.of(fields),
    )


def _unasked(request: Request, *, chat: bool) -> bool:
    """Tell whether a stream leaves out the usage: chat says it only to those who ask."""
    options = request.params.get("stream_options")
    value: object = None if options is None else options.value
    wanted = is_dict(value) and value.get("include_usage") is True
    return chat and request.stream is True and not wanted


def _usage(message: Message, asked: int, *, chat: bool) -> dict[str, Any]:
    """Count tokens as a quarter of the characters, which is near enough for whoever adds them up."""
    thought = sum(_tokens(block) for block in message.blocks if isinstance(block, Thinking))
    said = thought + sum(_tokens(block) for block in message.blocks if isinstance(block, Text | ToolCall))
    if chat:
        return {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": thought},
        }
    return {
        "input_tokens": asked,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": said,
        "service_tier": "standard",
    }


def _tokens(block: Thinking | Text | ToolCall) -> int:
    seals: tuple[Seal, ...] = block.seals
    text = block.arguments if isinstance(block, ToolCall) else block.text
    return 1 + (len(text) + sum(len(seal.wire) for seal in seals if not text)) // 4
