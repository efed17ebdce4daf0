"""Any value at all is written or refused, and what was written without a loss is read as the same value.

The values come from everywhere: other dialects, other versions, other people's programs.
"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Struct
from msgspec.structs import fields, replace

from keepthinking._compare import diff, matters
from keepthinking._errors import KeepthinkingError
from keepthinking._exchange import Request, Response
from keepthinking._json import Json
from keepthinking._messages import Message, Opaque, Thinking
from keepthinking_conformance import strategies as kts
from tests.core.dialects.wire import DIALECTS, read_stream


@pytest.mark.parametrize("id_", DIALECTS)
@settings(max_examples=30)  # whole requests are slow to make
@given(request_=kts.requests())
def test_any_request_is_written_or_refused(id_: str, request_: Request) -> None:
    dialect = DIALECTS[id_]
    try:
        body = dialect.encode_request(request_, on_loss="report").body
    except KeepthinkingError:
        return
    json.loads(body)
    dialect.decode_request(body)


@pytest.mark.parametrize("id_", DIALECTS)
@settings(max_examples=30)  # whole requests are slow to make
@given(response=kts.responses(), random=st.randoms(use_true_random=False))
def test_any_response_is_written_or_refused(id_: str, response: Response, random: Any) -> None:
    dialect = DIALECTS[id_]
    try:
        body = dialect.encode_response(response).body
        raw = b"".join(dialect.encode_stream(response, cuts=random))
    except KeepthinkingError:
        return
    json.loads(body)
    try:
        read_stream(dialect, raw)
    except KeepthinkingError:
        assert not response.messages  # a stream without a message and without an error says nothing


def bare(value: Any) -> Any:
    """Take off what belongs to one wire: members without a typed place, spelling, and what a later version wrote."""
    if isinstance(value, tuple):
        return tuple(map(bare, value))
    if isinstance(value, Json):
        return Json(value.raw.strip())  # a wire keeps no space around a value
    if not isinstance(value, Struct):
        return value
    found: dict[str, Any] = {field.name: bare(getattr(value, field.name)) for field in fields(value)}
    for name in {"fields", "spelling", "extras"} & found.keys():
        found[name] = UNSET
    if isinstance(value, Opaque):
        found["kind"] = "later"  # one that the dialect has come to know is read into its typed place
    if isinstance(value, Message) and value.role == "tool":
        found["name"] = UNSET  # there the name is the result's
    if isinstance(value, Thinking):
        found["places"] = value.places[:1]  # only what was read together is known to be one thought in two places
    return replace(value, **found)


@pytest.mark.parametrize("id_", DIALECTS)
@settings(max_examples=30)  # whole requests are slow to make
@given(request_=kts.requests())
def test_what_is_written_without_a_loss_is_read_as_the_same(id_: str, request_: Request) -> None:
    dialect, request = DIALECTS[id_], bare(request_)
    request = replace(request, params={}, state=UNSET)
    encoded = dialect.encode_request(request, on_loss="report")
    if not encoded.losses:
        again = dialect.decode_request(encoded.body)
        assert [found for found in diff(request, again, dialect.projection) if matters(found)] == []
        assert dialect.encode_request(again).body == encoded.body
