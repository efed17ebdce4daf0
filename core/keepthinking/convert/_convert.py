"""The one function: a request, an answer or a history of one dialect, in another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import overload

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import EncodeError, LossError
from keepthinking._exchange import Request, Response
from keepthinking._messages import Message, Origin
from keepthinking._reports import Converted, Loss
from keepthinking.convert._answers import EITHER, convert_stop, convert_usage
from keepthinking.convert._blocks import Made
from keepthinking.convert._converter import Converter
from keepthinking.convert._losses import REFUSED, loss, members_lost
from keepthinking.convert._params import convert_params
from keepthinking.convert._policy import Policy, Seals, Thoughts, policy
from keepthinking.convert._tools import convert_tool
from keepthinking.dialects._base import ProfileLike
from keepthinking.plugins import dialect as dialect_of


@overload
def convert(
    value: Request,
    to: str,
    *,
    source: str | None = None,
    source_profile: ProfileLike = None,
    profile: ProfileLike = None,
    target: Origin | None = None,
    thinking: Thoughts = "native",
    seals: Seals = "domain",
    escape: bool = False,
) -> Converted[Request]: ...
@overload
def convert(
    value: Response,
    to: str,
    *,
    source: str | None = None,
    source_profile: ProfileLike = None,
    profile: ProfileLike = None,
    target: Origin | None = None,
    thinking: Thoughts = "native",
    seals: Seals = "domain",
    escape: bool = False,
) -> Converted[Response]: ...
@overload
def convert(
    value: Sequence[Message],
    to: str,
    *,
    source: str | None = None,
    source_profile: ProfileLike = None,
    profile: ProfileLike = None,
    target: Origin | None = None,
    thinking: Thoughts = "native",
    seals: Seals = "domain",
    escape: bool = False,
) -> Converted[tuple[Message, ...]]: ...


def convert(  # noqa: PLR0913 - what a caller may say, each by name
    value: Request | Response | Sequence[Message],
    to: str,
    *,
    source: str | None = None,
    source_profile: ProfileLike = None,
    profile: ProfileLike = None,
    target: Origin | None = None,
    thinking: Thoughts = "native",
    seals: Seals = "domain",
    escape: bool = False,
) -> Converted[Request] | Converted[Response] | Converted[tuple[Message, ...]]:
    """Convert to another dialect, or to another provider of the same one.

    Members of another wire go no further, seals go only where they are good, and whatever stays behind is a `Loss` with
    its path in the value that was given. What has nothing to change comes back as the very same object.

    Args:
        value: A request, an answer, or the messages of a history.
        to: The target's dialect, such as `gemini`.
        source: The dialect that messages without an origin were read from, as those of a request body are.
        source_profile: Who served it; only then can seals of a request body be known to be good at the target.
        profile: How the target's provider speaks its dialect.
        target: Who will read it; by default the profile's provider and the request's model.
        thinking: What becomes of thinking of others whose seal does not go along. `native`: it goes as the target's own
            thinking where the target takes a thought without a seal, else it stays; `drop`: it stays; `text`: it goes
            as visible text between the profile's tags, or between `<think>` and `</think>`; `refuse`: as `native`, but
            an error where a thought would stay.
        seals: Which seals go along. `domain`: those that a rule says are good at the target; `keep`: also those of
            which no rule says anything; `drop`: none of others.
        escape: Whether the first call of each foreign step gets the word that the provider takes in place of a seal
            (Gemini 3 refuses calls without one). Never by default: it tells the model that nothing was thought.

    Raises:
        LossError: `thinking="refuse"`, and thinking would be lost.
        EncodeError: Nobody says which dialect the wire members of the value are of.
        UnknownNameError: No such dialect or profile.
    """
    dialect_of(to)
    if source is not None:
        dialect_of(source)
    settled = policy(
        to,
        source=source,
        source_profile=source_profile,
        profile=profile,
        target=target,
        model=value.model if isinstance(value, Request) else UNSET,
        thinking=thinking,
        seals=seals,
        escape=escape,
    )
    converter = Converter(settled)
    if isinstance(value, Request):
        return convert_request(value, converter)
    if isinstance(value, Response):
        return convert_response(value, converter)[0]
    messages = tuple(value)
    _check_source(messages, settled)
    return converter.messages(messages)


def convert_request(request: Request, converter: Converter) -> Converted[Request]:
    """Convert a request. Raises as `convert`."""
    settled = converter.policy
    _check_source(request.messages, settled)
    source = settled.source or _only_source(request, settled)
    history = converter.messages(request.messages)
    if source in {"", settled.to}:
        if history.value is request.messages:
            return Converted(value=request, losses=history.losses)
        changed = replace(request, conversation=replace(request.conversation, messages=history.value))
        return Converted(value=changed, losses=history.losses)
    losses = list(history.losses)
    tools = request.conversation.tools
    if isinstance(tools, tuple):
        found = [convert_tool(tool, source, settled.to, f"tools[{i}]", losses) for i, tool in enumerate(tools)]
        tools = tuple(tool for tool in found if tool is not None) or UNSET
    if isinstance(request.conversation.tools, tuple) and not request.conversation.tools:
        losses.append(loss("spelling", "tools", "an empty list of tools", "some wires refuse one"))
    params, told = convert_params(request.params, source, settled.to, tools=isinstance(tools, tuple))
    losses += told
    if not isinstance(request.state, UnsetType):
        for name, held in request.state.items():
            empty = held.raw == b"null"
            why = "null names nothing" if empty else "history that a server holds cannot be sent to another"
            losses.append(loss("spelling" if empty else "content", f"state.{name}", f"`{name}`", why))
    made = Request(
        conversation=replace(request.conversation, messages=history.value, tools=tools),
        model=request.model,
        stream=request.stream,
        params=params,
    )
    return Converted(value=made, losses=tuple(losses))


def _check_source(messages: Iterable[Message], settled: Policy) -> None:
    """Refuse to guess whose wire members a message holds."""
    if settled.source:
        return
    for i, message in enumerate(messages):
        if settled.origin(message).dialect is not UNSET:
            continue
        held = (message, *message.blocks)
        if any(part.fields is not UNSET or part.spelling is not UNSET for part in held):
            raise EncodeError(
                "nobody says which dialect the wire members of a message are of",
                where=f"messages[{i}]",
                hint='name it: convert(..., source="openai-chat")',
            )


def _only_source(request: Request, settled: Policy) -> str:
    """Give the dialect of parameters and tools where the caller does not: they were made for the target."""
    fielded = any(tool.fields is not UNSET for tool in request.conversation.tools or ())
    if not fielded and not request.params:
        return settled.to
    origins = {settled.origin(message).dialect for message in request.messages} - {UNSET}
    if origins <= {settled.to}:
        return settled.to
    raise EncodeError(
        "nobody says which dialect the parameters of a request are of",
        where="params",
        hint='name it: convert(..., source="openai-chat")',
    )


def convert_response(
    response: Response, converter: Converter, after: tuple[Message, ...] = ()
) -> tuple[Converted[Response], tuple[Made, ...]]:
    """Convert an answer; give also what became of each choice.

    Args:
        response: The answer.
        converter: For whom.
        after: The history that it answers, if the converter has carried it: calls get the ids that they have there.

    Raises:
        LossError: As `convert`.
    """
    settled = converter.policy
    origin = response.origin if not isinstance(response.origin, UnsetType) else settled.giver
    source = origin.dialect if isinstance(origin.dialect, str) else settled.source
    if source == "" or (source == settled.to and not settled.stranger(origin)):
        return Converted(value=response), ()
    # an answer that was read knows where it is from; one made by hand is of whom the response says
    giver = replace(origin, dialect=source)
    known = (message if message.origin is not UNSET else message.replace(origin=giver) for message in response.messages)
    found = tuple(converter.choice(message, after) for message in known)
    losses = [_in_choice(i, told) for i, made in enumerate(found) for told in made.losses]
    refused = [_in_choice(i, told) for i, made in enumerate(found) for told in made.refused]
    if refused:
        raise LossError(settled.to, refused, hint=REFUSED)
    messages = tuple(made.message for made in found if made.message is not None)
    if source == settled.to:  # only seals are no good with another provider of the same wire
        return Converted(value=replace(response, messages=messages), losses=tuple(losses)), found
    stop, told = convert_stop(response, source, settled.to)
    losses += told
    usage, told = convert_usage(response.usage, source, settled.to)
    losses += told
    # members of an answer beside its messages never come back to anybody
    losses += members_lost(response.fields, None, "", "fields", "output")
    error = response.error
    if not isinstance(error, UnsetType) and response.messages and settled.to in EITHER:
        losses.append(loss("foreign", "error", "an error behind an answer", "a body is an answer or an error here"))
        error = UNSET
    elif not isinstance(error, UnsetType):
        losses.append(loss("spelling", "error", "the shape of an error", "each wire has its own"))
    made_response = Response(
        messages=messages,
        origin=replace(origin, dialect=settled.to),
        stop_reason=stop,
        usage=usage,
        outcome=response.outcome,
        error=error,
        http_status=response.http_status,
    )
    return Converted(value=made_response, losses=tuple(losses)), found


def _in_choice(index: int, told: Loss) -> Loss:
    return replace(told, path=f"messages[{index}].{told.path}")
