"""Shapes whose spelling, once erased, must take nothing else along; recordings are in `test_mutation`."""

import json
from typing import Any

import pytest

from keepthinking._compare import same
from tests.core.dialects.test_mutation import without_spelling
from tests.core.dialects.wire import ALL, HISTORY

ADDRESS = "https://example.org/a.png"

SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "the detail of a picture (Mistral)": (
        "mistral",
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": ADDRESS, "detail": "auto"}}]},
    ),
    "the detail of a picture (chat)": (
        "openai-chat",
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": ADDRESS, "detail": "low"}}]},
    ),
    "a picture without a detail (Responses)": (
        "openai-responses",
        {"role": "user", "content": [{"type": "input_image", "image_url": ADDRESS}]},
    ),
    "words with the sources that they quote (Bedrock)": (
        "bedrock-converse",
        {
            "role": "assistant",
            "content": [{"citationsContent": {"content": [{"text": "w"}], "citations": [{"title": "t"}]}}],
        },
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_without_its_spelling_a_shape_says_the_same(name: str) -> None:
    id_, message = SHAPES[name]
    dialect = ALL[id_]
    request = dialect.decode_request({HISTORY.get(id_, "messages"): [message]})

    encoded = dialect.encode_request(without_spelling(request))

    assert encoded.losses == ()
    assert same(request, dialect.decode_request(encoded.body), dialect.projection)


def test_a_picture_keeps_what_stands_beside_its_address() -> None:
    _, message = SHAPES["the detail of a picture (Mistral)"]
    request = ALL["mistral"].decode_request({"messages": [message]})

    assert json.loads(ALL["mistral"].encode_request(without_spelling(request)).body)["messages"] == [message]
