"""Judges: a body against the types of the vendor's own SDK, as strictly as they can be read.

Most SDKs hardly look at what they send or get: openai and anthropic check no request at all, read every answer, and
take a list for a generator that nobody runs; mistralai, cohere and ollama drop or keep what they do not know. Their
types know better. So they are validated as they stand, but closed: no member that the type has not, no number for a
string, and each element of each list. Nothing of an SDK is changed for it; the schema that is made harder is ours.
"""

from __future__ import annotations

import base64
import json
import re
import typing
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, NotRequired


class Fault(NamedTuple):
    """One thing in a body that the vendor's types refuse.

    Attributes:
        path: Where, without numbers: `messages[].content[].text`.
        kind: What is wrong, in the word of the validator: `missing`, `extra_forbidden`, `literal_error`, ...
    """

    path: str
    kind: str


Side = Callable[[Any], list[Fault]]


class Judge(NamedTuple):
    """Validates the parsed bodies of one dialect."""

    request: Side
    response: Side


# -- pydantic ----------------------------------------------------------------------------------------------------------

_NAMED = {"choices", "fields"}
"""What of a core schema holds schemas by names of their own."""
_VALUES = {"cls", "config", "default", "expected", "function", "members", "metadata", "serialization"}
"""What of it is no schema."""
_LENIENT = {"function-before", "function-wrap"}
"""Functions of SDKs that mend a value before it is looked at: they rename members, and take the unknown for known."""


def _closed(schema: Any) -> Any:
    """Copy a core schema so that nothing gets past it; a type that says itself that it is open stays so.

    Models become plain dictionaries: for a model pydantic would take the validator that its class already has.
    """
    if isinstance(schema, list | tuple):
        return type(schema)(map(_closed, schema))
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in _LENIENT or schema.get("type") == "model":
        kept = {key: schema[key] for key in ("ref", "config") if key in schema}
        return {**_closed(schema["schema"]), **kept}
    found: dict[str, Any] = {}
    for key, value in schema.items():
        named = key in _NAMED and isinstance(value, dict)
        found[key] = {name: _closed(inner) for name, inner in value.items()} if named else value
        if not named and key not in _VALUES:
            found[key] = _closed(value)
    match found.get("type"):
        case "generator":
            found["type"] = "list"
        case "model-fields":
            found["type"], found["cls_name"] = "typed-dict", found["model_name"]
        case "model-field":
            found["type"], found["required"] = "typed-dict-field", found["schema"]["type"] != "default"
    if found.get("type") == "typed-dict" and "extras_schema" not in found:
        found["extra_behavior"] = "forbid"
    return found


def _of(type_: Any) -> Side:
    """Judge by a type that pydantic can read."""
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator, ValidationError

    adapter = TypeAdapter[Any](type_)
    adapter.rebuild()
    validator = SchemaValidator(_closed(adapter.core_schema))

    def judge(body: Any) -> list[Fault]:
        with warnings.catch_warnings(action="ignore"):  # google-genai warns of words that are newer than its enums
            try:
                validator.validate_json(json.dumps(body), strict=True)
            except ValidationError as error:
                found = [(tuple(one["loc"]), one["type"]) for one in error.errors(include_url=False)]
                return [Fault(path.removeprefix("."), kind) for path, kind in _told(body, found)]
            except AttributeError as error:  # google-genai's enums fall over what is no text
                return [Fault("", str(error))]
            return []

    return judge


_Errors = Sequence[tuple[tuple[int | str, ...], str]]


def _told(data: Any, errors: _Errors) -> Iterator[tuple[str, str]]:
    """Give errors by their paths. Of the members of a union the one that the body came closest to tells."""
    inside: dict[int | str, list[tuple[tuple[int | str, ...], str]]] = {}
    for place, kind in errors:
        if place:
            inside.setdefault(place[0], []).append((place[1:], kind))
        else:
            yield "", kind
    branches: list[_Errors] = []
    for step, rest in inside.items():
        if isinstance(data, dict) and (step in data or ((), "missing") in rest):
            yield from ((f".{step}{path}", kind) for path, kind in _told(data.get(step), rest))
        elif isinstance(data, list) and isinstance(step, int):
            yield from (("[]" + path, kind) for path, kind in _told(data[step], rest))
        else:
            branches.append(rest)
    if branches:
        yield from _told(data, min(branches, key=_distance))


def _distance(errors: _Errors) -> tuple[bool, bool, int]:
    """Tell how far a body is from a member of a union: another kind of JSON, another tag, other members."""
    other = any(place in {("type",), ("role",)} and kind in {"literal_error", "missing"} for place, kind in errors)
    return any(not place for place, _ in errors), other, len(errors)


def _body(members: Mapping[str, Any], needed: Collection[str] = ()) -> Any:
    """Make the type of a body from those of its members, where the SDK has none."""
    made: Any = import_module("typing_extensions").TypedDict  # pydantic wants that one before Python 3.12
    return made("body", {name: type_ if name in needed else NotRequired[type_] for name, type_ in members.items()})


def _streamed(plain: Any, streamed: Any) -> Side:
    """Judge by one of two types: that of a request for a stream says so."""
    first, second = _of(plain), _of(streamed)
    return lambda body: (second if body.get("stream") is True else first)(body)


def _openai_chat() -> Judge:
    from openai.types.chat import ChatCompletion
    from openai.types.chat import completion_create_params as params

    plain, streamed = params.CompletionCreateParamsNonStreaming, params.CompletionCreateParamsStreaming
    return Judge(_streamed(plain, streamed), _of(ChatCompletion))


def _openai_responses() -> Judge:
    from openai.types.responses import CompactedResponse, Response
    from openai.types.responses import response_create_params as params

    plain, streamed = params.ResponseCreateParamsNonStreaming, params.ResponseCreateParamsStreaming
    whole, compacted = _of(Response), _of(CompactedResponse)
    return Judge(
        _streamed(plain, streamed),
        lambda body: (compacted if body.get("object") == "response.compaction" else whole)(body),
    )


def _anthropic() -> Judge:
    # the types of the beta: they know what the stable ones know, and the blocks that are asked for by a header
    from anthropic.types.beta import BetaMessage
    from anthropic.types.beta import message_create_params as params

    plain, streamed = params.MessageCreateParamsNonStreaming, params.MessageCreateParamsStreaming
    return Judge(_streamed(plain, streamed), _of(BetaMessage))


def _gemini() -> Judge:
    from google.genai import types

    # the client has no type of the whole body; these are its members, as its `models.py` puts them together
    body = _body(
        {
            "contents": list[types.Content],
            "systemInstruction": types.Content,
            "tools": list[types.Tool],
            "toolConfig": types.ToolConfig,
            "generationConfig": types.GenerationConfig,
            "safetySettings": list[types.SafetySetting],
            "cachedContent": str,
            "labels": dict[str, str],
        }
    )
    return Judge(_of(body), _of(types.GenerateContentResponse))


def _mistral() -> Judge:
    from mistralai.client.models import ChatCompletionRequest, ChatCompletionResponse, ChatCompletionStreamRequest

    return Judge(_streamed(ChatCompletionRequest, ChatCompletionStreamRequest), _of(ChatCompletionResponse))


def _cohere() -> Judge:
    from cohere.v2.client import V2Client
    from cohere.v2.types.v2chat_response import V2ChatResponse

    # the client has no type of the body, but one for each of its arguments
    arguments = typing.get_type_hints(V2Client.chat)
    members = {name: arguments[name] for name in arguments.keys() - {"return", "request_options"}}
    body = _body(members | {"stream": bool}, needed=("model", "messages"))
    return Judge(_of(body), _of(V2ChatResponse))


def _ollama() -> Judge:
    from ollama import ChatResponse
    from ollama._types import ChatRequest, Message

    request, message, response = _of(ChatRequest), _of(Message), _of(ChatResponse)

    def native(body: Any) -> Any:
        """Give images as the client holds them: its type of an image is what it reads from a file."""
        if not isinstance(body, dict) or not isinstance(body.get("images"), list):
            return body
        return {**body, "images": [{"value": image} for image in body["images"]]}

    def asked(body: Any) -> list[Fault]:
        # a request's messages may be any mapping there, so each is judged by the type of a message
        found = [fault for one in body["messages"] for fault in message(native(one))]
        return request(body) + [Fault(f"messages[].{path}", kind) for path, kind in found]

    return Judge(asked, lambda body: response({**body, "message": native(body["message"])}))


# -- botocore ----------------------------------------------------------------------------------------------------------


def _converse() -> Judge:
    # botocore has no types
    session: Any = import_module("botocore.session").Session()
    validator: Any = import_module("botocore.validate").ParamValidator()
    operation = session.get_service_model("bedrock-runtime").operation_model("Converse")

    def judged(shape: Any, beside: Mapping[str, str]) -> Side:
        def judge(body: Any) -> list[Fault]:
            found: list[Fault] = []
            native = _native(body, shape, "", found)
            for kind, place, told in validator.validate({**beside, **native}, shape)._errors:
                last = told.get("required_name", told.get("unknown_param", ""))
                path = re.sub(r"\[\d+\]", "[]", place) + (f".{last}" if last else "")
                found.append(Fault(path.removeprefix("."), kind))
            return found

        return judge

    return Judge(judged(operation.input_shape, {"modelId": "m"}), judged(operation.output_shape, {}))


def _native(value: Any, shape: Any, path: str, found: list[Fault]) -> Any:
    """Give a JSON value as the client holds it: blobs as bytes, which it writes as base64."""
    match shape.type_name, value:
        case "structure", dict() if not getattr(shape, "is_document_type", False):
            known = shape.members
            return {
                name: _native(inner, known[name], f"{path}.{name}", found) if name in known else inner
                for name, inner in value.items()
            }
        case "list", list():
            return [_native(inner, shape.member, f"{path}[]", found) for inner in value]
        case "blob", str():
            try:
                return base64.b64decode(value, validate=True)
            except ValueError:
                found.append(Fault(path.removeprefix("."), "no base64"))
                return b""
        case _:
            return value


_MAKERS: Mapping[str, Callable[[], Judge]] = {
    "openai-chat": _openai_chat,
    "openai-responses": _openai_responses,
    "anthropic-messages": _anthropic,
    "gemini": _gemini,
    "bedrock-converse": _converse,
    "mistral": _mistral,
    "cohere": _cohere,
    "ollama": _ollama,
}


@cache
def judge(id_: str) -> Judge:
    """Give the judge of a dialect; to make one takes up to a second."""
    return _MAKERS[id_]()
