"""The reply: a pure function of the request and the script.

Nothing is remembered, so a provider that is stopped and started between two requests goes on as if nothing had been.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from msgspec import UNSET

from keepthinking._codec import dumps
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import Message, Origin, Seal, Text, Thinking, ToolCall
from keepthinking.dialects._text import is_dict
from keepthinking_conformance.provider._bodies import SHAPES, Frame
from keepthinking_conformance.provider._position import Position, position
from keepthinking_conformance.provider._script import Script
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
        at: Which step it is; None where the request was no part of the script's conversation (a title, a summary).
        cuts: How a stream is cut into pieces.
    """

    response: Response
    at: Position | None
    cuts: Random


def reply(request: Request, script: Script) -> Response:
    """Give the model's answer to a request; the same two give the same answer in every process."""
    return answer(request, script).response


def answer(request: Request, script: Script) -> Reply:
    """Give the model's answer, and what it was taken for."""
    asked = dumps(request.conversation)
    here = script.words.digest(asked.hex(), 16).hex()
    at = position(request, script)
    wrap = _shaped if script.served.dialect in SHAPES else _wrapped
    response = wrap(at, request, script, here, 1 + len(asked) // 4)
    return Reply(response, at, cuts=Random(f"{script.seed}:{script.token}:{here}"))  # noqa: S311 - seeded, so that a failure comes again


def _shaped(at: Position | None, request: Request, script: Script, here: str, asked: int) -> Response:
    """Give an answer of a dialect that writes it as a whole."""
    spoken = script.aside(f"side/{here}") if at is None else script.spoken(*at)
    thought = sum(1 + len(one.text) // 4 for one in spoken if isinstance(one.part, Think))
    said = sum(1 + len(one.text) // 4 for one in spoken if not isinstance(one.part, Think))
    return script.whole(
        spoken,
        Frame(
            id=_id(script, here),
            model=_model(request, script),
            created=_created(script, here),
            envelope=script.look.envelope,
            asked=asked,
            thought=thought,
            said=said,
        ),
    )


def _wrapped(at: Position | None, request: Request, script: Script, here: str, asked: int) -> Response:
    """Put the envelope around a message: what real servers send besides, and vendors' clients demand."""
    if at is None:
        message = Message(role="assistant", blocks=(Text(text=script.words.sentence(f"side/{here}")),))
    else:
        message = script.answer(*at)
    dialect = script.served.dialect
    origin = Origin(
        dialect=dialect,
        provider=script.profile.provider,
        model=_model(request, script),
        response_id=_id(script, here),
    )
    calls = bool(message.tool_calls)
    chat = dialect == "openai-chat"
    fields: dict[str, Any] = dict(script.look.envelope)
    if chat:
        reason = {"native_finish_reason": _STOP[dialect][calls]} if script.served.profile == "openrouter" else {}
        fields["created"] = _created(script, here)
        fields["choices"] = [{"index": 0, **script.look.choice, **reason}]
    return Response(
        messages=(message.replace(origin=origin),),
        origin=origin,
        stop_reason=_STOP[dialect][calls],
        usage=Json.of(_usage(message, asked, chat=chat)) if not _unasked(request, chat=chat) else UNSET,
        fields=Json.of(fields),
    )


def _id(script: Script, here: str) -> str:
    form = script.look.answer_form
    name = script.words.uuid(here) if form == "uuid" else script.words.code(here, 24)
    return f"{script.look.answer_id}{name}"


def _model(request: Request, script: Script) -> str:
    return request.model if isinstance(request.model, str) else script.model


def _created(script: Script, here: str) -> int:
    return _EPOCH + script.words.number(f"created/{here}", 86_400)


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
