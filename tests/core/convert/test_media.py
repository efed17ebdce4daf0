"""Images, files and sounds on their way to another wire, and what is left of messages and results without content."""

import base64
from typing import Any

import pytest
from msgspec import UNSET

from keepthinking import Media, Message, Text, ToolCall, ToolResult
from keepthinking.convert import convert
from keepthinking.plugins import dialect

BYTES = bytes(range(240, 256))
URL_SAFE = base64.urlsafe_b64encode(BYTES).decode()
STANDARD = base64.b64encode(BYTES).decode()


def media_of(source: str, to: str, media: Media) -> tuple[Media, list[tuple[str, str]]]:
    converted = convert([Message(role="user", blocks=(media,))], to, source=source)
    (block,) = converted.value[0].blocks
    assert isinstance(block, Media)
    return block, [(loss.kind, loss.path.removeprefix("messages[0].blocks[0].")) for loss in converted.losses]


@pytest.mark.parametrize("to", ["openai-chat", "openai-responses", "anthropic-messages", "bedrock-converse", "mistral"])
def test_bytes_are_spelt_in_the_standard_alphabet(to: str) -> None:
    assert set("-_") & set(URL_SAFE)
    for wire in (URL_SAFE, URL_SAFE.rstrip("=")):
        block, losses = media_of("gemini", to, Media(kind="image", mime="image/png", data=wire))
        assert (block.data, losses) == (STANDARD, [("spelling", "data")])
    block, losses = media_of("gemini", to, Media(kind="image", mime="image/png", data=STANDARD))
    assert (block.data, losses) == (STANDARD, [])


def test_gemini_reads_both_alphabets() -> None:
    block, losses = media_of("openai-chat", "gemini", Media(kind="image", mime="image/png", data=URL_SAFE))
    assert (block.data, losses) == (URL_SAFE, [])


def test_an_address_that_stood_in_for_bytes_is_an_address() -> None:
    request: dict[str, Any] = {
        "messages": [
            {"role": "user", "content": [{"type": "file", "file": {"file_data": "https://example.com/a.pdf"}}]}
        ]
    }
    (message,) = dialect("openai-chat").decode_request(request).messages
    converted = convert([message], "anthropic-messages", source="openai-chat")
    (block,) = converted.value[0].blocks
    assert block == Media(kind="file", url="https://example.com/a.pdf")


def test_a_file_of_text_is_its_words_where_bytes_are_a_pdf() -> None:
    words = "# Títle\n"
    file = Media(kind="file", mime="text/markdown", data=base64.b64encode(words.encode()).decode())
    block, losses = media_of("gemini", "anthropic-messages", file)
    assert block == Media(kind="file", mime="text/plain", text=words)
    assert losses == [("spelling", "data"), ("spelling", "mime")]
    for odd in ("no base64", base64.b64encode(b"\xff").decode()):
        odd_file = Media(kind="file", mime="text/plain", data=odd)
        assert media_of("openai-responses", "anthropic-messages", odd_file)[0].text is UNSET
    assert media_of("gemini", "bedrock-converse", file)[0].data == file.data


def test_instructions_that_say_nothing_stay_behind() -> None:
    converted = convert([Message(role="system"), Message.user("go")], "openai-chat", source="bedrock-converse")
    assert [message.role for message in converted.value] == ["user"]
    assert [(loss.kind, loss.path) for loss in converted.losses] == [("spelling", "messages[0]")]


@pytest.mark.parametrize(
    ("to", "content"),
    [
        ("openai-chat", ""),
        ("openai-responses", ""),
        ("mistral", ""),
        ("cohere", ""),
        ("bedrock-converse", ()),
        ("anthropic-messages", UNSET),
        ("gemini", UNSET),
        ("ollama", UNSET),
    ],
)
def test_a_result_without_content_is_empty_where_it_has_to_have_one(to: str, content: object) -> None:
    calls = Message.assistant(ToolCall.of("f", {}, id="call_1"))
    result = Message(role="tool", blocks=(ToolResult(call_id="call_1"),))
    source = "anthropic-messages" if to != "anthropic-messages" else "openai-chat"
    (found,) = convert([calls, result], to, source=source).value[1].blocks
    assert isinstance(found, ToolResult)
    assert found.content == content


def test_a_result_of_cohere_shows_nothing() -> None:
    shown = ToolResult(call_id="c", content=(Text.of("a"), Media(kind="image", url="https://example.com/a.png")))
    history = [Message.assistant(ToolCall.of("f", {}, id="c")), Message(role="tool", blocks=(shown,))]
    converted = convert(history, "cohere", source="openai-chat")
    (found,) = converted.value[1].blocks
    assert isinstance(found, ToolResult)
    assert found.content == (Text.of("a"),)
    assert [(loss.kind, loss.path) for loss in converted.losses] == [("content", "messages[1].blocks[0].content[1]")]
