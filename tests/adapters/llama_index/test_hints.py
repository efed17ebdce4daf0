"""How to look at media, and where a cache ends: on the wire where it has a member for it, else told."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    ImageBlock,
    MessageRole,
    TextBlock,
    ToolCallBlock,
    VideoBlock,
)
from msgspec import UNSET

from keepthinking import Conversation, Finding, Json, Media, Message, Request, dialect
from keepthinking_adapters.llama_index import from_native, same_native, to_native
from keepthinking_adapters.llama_index._from_native import Reader

pytestmark = pytest.mark.extras

IMAGE: Final = ImageBlock(image=b"AAAA", image_mimetype="image/png", detail="high")
VIDEO: Final = VideoBlock(url="https://example.org/a.mp4", video_mimetype="video/mp4", fps=3, detail="low")
MARK: Final = CachePoint(cache_control=CacheControl(type="ephemeral"))
ASKED: Final = [TextBlock(text="x"), IMAGE, VIDEO, AudioBlock(audio=b"aGVsbG8=", format="mp3")]
CALLED: Final = ChatMessage(
    role="assistant", blocks=[ToolCallBlock(tool_call_id="c1", tool_name="f", tool_kwargs="{}")]
)
LOST: Final = {
    "openai-chat": {"blocks[2].detail", "blocks[2].fps"},
    "openai-responses": {"blocks[2].detail", "blocks[2].fps"},
    "gemini": {"blocks[1].detail", "blocks[2].detail"},
    "anthropic-messages": {"blocks[1].detail", "blocks[2].detail", "blocks[2].fps"},
}
WIRE = pytest.mark.parametrize("wire", LOST)


def found(value: object, name: str) -> list[object]:
    """Give each value that a body has under a name."""
    match value:
        case dict():
            inner = [one for held in value.values() for one in found(held, name)]
            return [*([value[name]] if name in value else []), *inner]
        case list():
            return [one for held in value for one in found(held, name)]
        case _:
            return []


def body(history: list[ChatMessage], wire: str) -> tuple[Any, set[str]]:
    """Give what a wire is sent, and the paths of what it has no word for."""
    read = Reader(wire=wire).read(history)
    request = Request(conversation=Conversation.of(*read.value), model="m", params={"max_tokens": Json.of(9)})
    sent = json.loads(dialect(wire).encode_request(request, on_loss="report").body)
    return sent, {loss.path.partition(".")[2] for loss in read.losses}


@WIRE
def test_what_a_wire_has_a_member_for_is_sent_and_the_rest_is_a_loss(wire: str) -> None:
    sent, lost = body([ChatMessage(role="user", blocks=ASKED)], wire)

    assert lost == LOST[wire]
    assert found(sent, "detail") == (["high"] if wire.startswith("openai") else [])
    assert found(sent, "fps") == ([3] if wire == "gemini" else [])


@WIRE
def test_pictures_that_a_tool_gives_are_looked_at_as_it_says(wire: str) -> None:
    result = ChatMessage(
        role="tool", blocks=[TextBlock(text="r"), IMAGE, IMAGE], additional_kwargs={"tool_call_id": "c1"}
    )

    sent, lost = body([CALLED, result], wire)

    is_sent = wire.startswith("openai")
    assert found(sent, "detail") == (["high", "high"] if is_sent else [])
    assert lost == (set() if is_sent else {"blocks[1].detail", "blocks[2].detail"})


def test_what_llama_index_says_today_goes_before_what_the_wire_said() -> None:
    said = Media(
        kind="image", url="https://example.org/a.png", fields=Json.of({"image_url": {"detail": "low", "x": 1}})
    )
    (native,) = to_native([Message(role="user", blocks=(said,))]).value
    block = native.blocks[0]
    assert isinstance(block, ImageBlock)
    assert found(body([native], "openai-chat")[0], "image_url")[0]["detail"] == "low"  # type: ignore[index] # JSON

    block.detail = "high"

    inner = {"url": "https://example.org/a.png", "detail": "high", "x": 1}
    assert found(body([native], "openai-chat")[0], "image_url") == [inner]


def test_of_a_history_alone_all_of_it_is_a_loss_and_comes_back() -> None:
    natives = [ChatMessage(role="user", blocks=ASKED)]

    there = from_native(natives)

    assert {loss.path for loss in there.losses} == {
        "messages[0].blocks[1].detail",
        "messages[0].blocks[2].detail",
        "messages[0].blocks[2].fps",
    }
    assert {loss.kind for loss in there.losses} == {"content"}
    assert all(block.fields is UNSET for block in there.value[0].blocks)
    assert same_native(to_native(there.value).value, natives)


def test_who_says_nothing_of_it_loses_nothing() -> None:
    plain = [ImageBlock(image=b"AAAA", image_mimetype="image/png"), VideoBlock(url="https://example.org/a.mp4")]

    for wire in LOST:
        assert body([ChatMessage(role="user", blocks=plain)], wire)[1] == set()
    assert from_native([ChatMessage(role="user", blocks=plain)]).losses == ()


@WIRE
@pytest.mark.parametrize("by", ["a block", "a word beside them"])
def test_the_end_of_a_cache_reaches_the_wires_that_know_it(wire: str, by: str) -> None:
    kwargs = {} if by == "a block" else {"cache_control": {"type": "ephemeral", "ttl": "5m"}}
    blocks = [TextBlock(text="x"), *([MARK] if by == "a block" else [])]

    sent, lost = body([ChatMessage(role="user", blocks=blocks, additional_kwargs=kwargs)], wire)

    knows = wire in {"anthropic-messages", "openai-chat"}
    assert found(sent, "cache_control") == ([{"type": "ephemeral", "ttl": "5m"}] if knows else [])
    assert lost == (set() if knows else {"blocks[1]" if by == "a block" else "additional_kwargs.cache_control"})


@pytest.mark.parametrize(
    ("profile", "told"), [("openrouter", 0), ("openai", 0), ("anthropic", 2), ("google-gemini", 2)]
)
def test_a_model_tells_once_of_what_it_does_not_send(opened: Any, model_for: Any, profile: str, told: int) -> None:
    talk = opened("interleaved", profile)
    heard: list[Finding] = []
    model = model_for(talk, profile, on_finding=heard.append)
    asked = ChatMessage(role=MessageRole.USER, blocks=[TextBlock(text=talk.turns[0]), IMAGE, IMAGE])

    for _ in range(2):
        model.chat([asked.model_copy(deep=True)])

    assert len(heard) == told
    assert all(one.what.startswith("The `detail` of an image is not sent") for one in heard)
    sent = json.loads(talk.exchanges[0].request)
    assert found(sent, "detail") == ([] if told else ["high", "high"])
