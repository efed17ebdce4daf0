"""The dialect's object: requests and responses, whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from msgspec.structs import replace

from keepthinking._errors import Culprit
from keepthinking._exchange import Encoded, Response
from keepthinking._json import Slice, Slices, body_bytes, elements, members
from keepthinking._messages import Message, Tool
from keepthinking._profiles import Profile
from keepthinking.dialects._base import Body, Memo, ProfileLike
from keepthinking.dialects._cache import Written
from keepthinking.dialects._choices import ChoicesDialect
from keepthinking.dialects._wire import NULL, Spelling, array, is_array, is_object
from keepthinking.dialects.openai_chat._events import Shown
from keepthinking.dialects.openai_chat._fast import read_messages
from keepthinking.dialects.openai_chat._frames import deltas
from keepthinking.dialects.openai_chat._names import CONTENT, ID
from keepthinking.dialects.openai_chat._projection import PROJECTION
from keepthinking.dialects.openai_chat._read import read_message
from keepthinking.dialects.openai_chat._read_parts import read_tool
from keepthinking.dialects.openai_chat._write import block_path, write_message
from keepthinking.dialects.openai_chat._write_parts import write_tool


class OpenAIChat(ChoicesDialect):
    """The dialect `openai-chat`."""

    id = ID
    projection = PROJECTION
    truncated = frozenset({"length", "max_tokens", "model_length", "model_context_window_exceeded"})
    """OpenAI, Gemini, Mistral (mistralai 3.7.0), Z.ai."""
    broken = frozenset({"error", "network_error"})
    """OpenRouter and Mistral, Z.ai."""
    stateless = "chat completions keep no state"

    def decode_response(self, body: Body, profile: ProfileLike = None, *, status: int = 200) -> Response:
        """Read a response body that came whole. Raises `DecodeError`, `UnknownNameError`.

        Gemini's compatible endpoint wraps an error object in a list of one
        (https://github.com/SuzumiyaAkizuki/ComfyUI-NewBie-LLM-Formatter/issues/3); it is read as what it wraps.
        """
        raw = body_bytes(body, culprit="provider")
        wrapped = elements(raw, "$", "provider") if raw.lstrip()[:1] == b"[" else []
        if len(wrapped) != 1 or not is_object(wrapped[0]):
            return super().decode_response(raw, profile, status=status)
        response = super().decode_response(bytes(wrapped[0]), profile, status=status)
        spelling = Spelling(response.spelling)
        spelling.note("body", "list")
        return replace(response, spelling=spelling.json())

    def encode_response(self, response: Response, profile: ProfileLike = None) -> Encoded:
        """Write a response body. Raises `EncodeError`, `UnknownNameError`."""
        encoded = super().encode_response(response, profile)
        if Spelling(response.spelling).of("body", "") != "list":
            return encoded
        return replace(encoded, body=array([encoded.body]))

    def _block_path(self, message: Message, block: int) -> str:
        return block_path(message, block)

    # -- parts ---------------------------------------------------------------------------------------------------

    def _refuses(self, left: Slices) -> bool:
        """Tell whether a body without an `error` says that something failed.

        MiniMax answers 200 with a status of its own in `base_resp`
        (https://github.com/MiniMax-AI/MiniMax-M2/issues/76).
        """
        status = left.get("base_resp")
        if super()._refuses(left) or status is None or not is_object(status):
            return super()._refuses(left)
        return bytes(members(status, "$.base_resp", "provider").get("status_code", b"0")) not in {b"0", NULL}

    def _read_messages(self, raw: Slice, profile: Profile, culprit: Culprit, memo: Memo | None) -> Sequence[Message]:
        return read_messages(raw, profile, culprit, memo)

    def _read_message(self, left: Slices, path: str, profile: Profile, culprit: Culprit) -> Message:
        return read_message(left, path, profile, culprit)

    def _write_message(self, message: Message, profile: Profile) -> Written:
        return write_message(message, profile)

    def _read_answer(self, choice: Slices, path: str, profile: Profile, culprit: Culprit) -> Message:
        raw = choice.get("message")
        listed = raw is not None and is_object(raw) and is_array(members(raw, path, culprit).get(CONTENT, NULL))
        message = super()._read_answer(choice, path, profile, culprit)
        spelling = Spelling(message.spelling)
        if not listed or spelling.of(CONTENT, ""):
            return message
        spelling.note(CONTENT, "list")  # several texts are usually one string in an answer
        return message.replace(spelling=spelling.json())

    def _write_choice(self, message: Message, profile: Profile) -> Written:
        return write_message(message, profile, answer=True)

    def _shown(self, choice: int, profile: Profile) -> Shown:
        return Shown(choice, profile)

    def _deltas(self, message: dict[str, Any], cuts: Random | None) -> Iterator[dict[str, Any]]:
        return deltas(message, cuts)

    def _tool(self, left: Slices, path: str, culprit: Culprit) -> Tool:
        return read_tool(left, path, culprit)

    def _write_tool(self, tool: Tool) -> Written:
        return write_tool(tool)
