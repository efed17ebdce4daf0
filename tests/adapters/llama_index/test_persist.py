"""LlamaIndex's own persistence, held to giving back what it took."""

import json
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    ChatMessage,
    DocumentBlock,
    ImageBlock,
    ThinkingBlock,
    VideoBlock,
)
from llama_index.core.storage.chat_store import SimpleChatStore

from keepthinking import DecodeError, EncodeError, Message, Thinking
from keepthinking_adapters.llama_index import dump, from_native, load, same_native, to_native
from tests.adapters.llama_index.operations import STORES_WRITE
from tests.adapters.llama_index.shapes import SHAPES

pytestmark = pytest.mark.extras


def test_what_was_dumped_is_loaded_as_it_was() -> None:
    natives = to_native([Message.user("hello"), Message.assistant(Thinking.of("plan", signature="s"))]).value

    assert same_native(load(dump(natives)), natives)
    assert from_native(load(dump(natives))).value == from_native(natives).value


def test_a_dump_is_ascii_and_holds_half_an_emoji() -> None:
    natives = [ChatMessage(content="\ud83d é")]

    assert dump(natives).isascii()
    assert same_native(load(dump(natives)), natives)


@pytest.mark.parametrize(
    "block",
    [
        AudioBlock(audio=b"AA=="),
        AudioBlock(audio=b"aGVsbG8=", format="mp3"),
        VideoBlock(video=b"aGVsbG8=", video_mimetype="video/mp4"),
        ImageBlock(image=b"aGVsbG8=", image_mimetype="image/png"),
        DocumentBlock(data=b"aGVsbG8=", title="x.pdf", document_mimetype="application/pdf"),
    ],
    ids=lambda block: block.block_type,
)
def test_what_has_no_address_is_loaded_as_it_was(
    block: AudioBlock | VideoBlock | ImageBlock | DocumentBlock,
) -> None:
    natives = [ChatMessage(role="user", blocks=[block])]

    assert same_native(load(dump(natives)), natives)


def test_a_dump_is_what_a_store_writes_where_it_writes() -> None:
    natives = [native for name, (native, _) in SHAPES.items() if name != "odd members"]
    store = SimpleChatStore(store={"key": natives})

    try:
        written = json.loads(store.model_dump_json())["store"]["key"]
    except ValueError:
        assert not STORES_WRITE
        return

    assert STORES_WRITE
    assert json.loads(dump(natives)) == written


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[1]", b"{}", b'"x"', b'[{"role": "x"}]'], ids=repr)
def test_what_is_no_dump_is_an_error_of_the_data(data: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        load(data)

    assert caught.value.culprit == "data"


def test_an_error_says_which_message_it_is() -> None:
    with pytest.raises(DecodeError, match=r"at messages\[1\] \(fault: data\)"):
        load(b'[{"role": "user"}, {"blocks": 1}]')


@pytest.mark.parametrize(
    "native",
    [
        ChatMessage(content="x", additional_kwargs={"k": object()}),
        ChatMessage(role="assistant", blocks=[ThinkingBlock(additional_information={"k": b"\xff"})]),
        ChatMessage(content="x").model_copy(update={"additional_kwargs": {"images": [1]}}),
    ],
    ids=["an object", "bytes", "images"],
)
def test_a_history_that_could_not_be_loaded_is_not_dumped(native: ChatMessage) -> None:
    with pytest.raises(EncodeError) as caught:
        dump([ChatMessage(content="x"), native])

    assert caught.value.where == "messages[1]"
    assert caught.value.culprit == "framework"
    assert caught.value.hint


def test_a_file_that_is_gone_is_an_error_of_the_data(tmp_path: Any) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"one")
    data = dump([ChatMessage(blocks=[ImageBlock(path=path)])])
    path.unlink()

    with pytest.raises(DecodeError):
        load(data)
