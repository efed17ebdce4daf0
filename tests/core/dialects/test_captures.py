"""Recorded traffic comes back equal as JSON, whatever the order of keys; requests and whole responses."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.core.dialects.wire import WHOLE, differences, recordings, shuffled

SEEDS = range(4)
"""Orders of keys, the first of them as recorded."""

Counted = Callable[[str], None]


@pytest.mark.parametrize("id_", WHOLE)
def test_every_recorded_body_comes_back_equal(id_: str, captures: Path, counted: Counted) -> None:
    dialect = WHOLE[id_]
    wrong: list[str] = []
    requests = responses = streams = 0
    for recording in recordings(captures, id_):
        requests += 1
        streams += recording.stream is not None
        responses += isinstance(recording.response, dict)
        for seed in SEEDS:
            body = shuffled(recording.request, Random(seed)) if seed else recording.request
            encoded = dialect.encode_request(dialect.decode_request(body))
            wrong += [f"{recording.name}, request: {path}" for path, *_ in differences(body, json.loads(encoded.body))]
            if isinstance(recording.response, dict):
                body = shuffled(recording.response, Random(seed)) if seed else recording.response
                encoded = dialect.encode_response(dialect.decode_response(body, status=recording.status))
                paths = [path for path, *_ in differences(body, json.loads(encoded.body))]
                wrong += [f"{recording.name}, response: {path}" for path in paths]
                assert not encoded.losses, recording.name
    counted(
        f"{id_}: {requests} requests and {responses} whole responses came back equal under {len(SEEDS)} key orders; "
        f"{streams} streamed ones are in test_streams"
    )
    assert not wrong
    assert requests == responses + streams, "a response is neither whole nor streamed"


@pytest.mark.parametrize("id_", WHOLE)
def test_bytes_text_and_parsed_bodies_are_one(id_: str, captures: Path) -> None:
    dialect = WHOLE[id_]
    for recording in recordings(captures, id_):
        compact = json.dumps(recording.request, ensure_ascii=False, separators=(",", ":"))
        decoded = dialect.decode_request(recording.request)
        assert dialect.decode_request(compact) == decoded, recording.name
        assert dialect.decode_request(compact.encode()) == decoded, recording.name
        assert dialect.decode_request(bytearray(compact.encode())) == decoded, recording.name


@pytest.mark.parametrize("id_", WHOLE)
def test_what_was_written_is_read_as_the_same_value(id_: str, captures: Path) -> None:
    dialect = WHOLE[id_]
    for recording in recordings(captures, id_):
        request = dialect.decode_request(recording.request)
        assert dialect.decode_request(dialect.encode_request(request).body) == request, recording.name
        if isinstance(recording.response, dict):
            response = dialect.decode_response(recording.response, status=recording.status)
            body = dialect.encode_response(response).body
            assert dialect.decode_response(body, status=recording.status) == response, recording.name
