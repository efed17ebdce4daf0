"""What the answers of each provider look like around the blocks: ids, envelopes, usage.

The shapes are those of recorded traffic where there is some (DeepSeek, OpenRouter, Anthropic, OpenAI, Gemini), else
plausible and not proven. None of it is memory: it has to satisfy the vendors' clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

IdForm = Literal["code", "uuid"]


class Look(Struct, frozen=True, kw_only=True):
    """The look of one provider.

    Attributes:
        answer_id: What the id of an answer begins with.
        answer_form: What follows.
        call_id: The id of a call: `{code}` stands for letters and digits, `{n}` for its number in the answer, `{total}`
            for its number in the conversation, `{tool}` for the tool's name; "" where calls have none.
        envelope: What else stands beside the choices, or beside the content.
        choice: What else stands beside the message of a choice.
        detail: What else stands in an entry of `reasoning_details`, besides its `index`.
        detail_id: The id of such an entry, with `{n}` for its number from 1; "" where it has none.
        noise: A frame that says nothing, sent after the first one of a stream.
    """

    answer_id: str = "chatcmpl-"
    answer_form: IdForm = "code"
    call_id: str = "call_{code}"
    envelope: Mapping[str, Any] = {}
    choice: Mapping[str, Any] = {}
    detail: Mapping[str, Any] = {}
    detail_id: str = ""
    noise: bytes = b""


_CHAT: Mapping[str, Any] = {"object": "chat.completion", "system_fingerprint": None}
_MESSAGE: Mapping[str, Any] = {"stop_sequence": None}
_PING = b'event: ping\ndata: {"type": "ping"}\n\n'
_LOGPROBS: Mapping[str, Any] = {"logprobs": None}
_RESPONSE: Mapping[str, Any] = {
    "object": "response",
    "status": "completed",
    "background": False,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": "medium", "summary": "detailed"},
    "service_tier": "default",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 0.98,
    "truncation": "disabled",
    "user": None,
}

USUAL: Final[Mapping[str, Look]] = {
    "openai-chat": Look(envelope=_CHAT, choice=_LOGPROBS),
    "openai-responses": Look(answer_id="resp_", envelope=_RESPONSE),
    "anthropic-messages": Look(answer_id="msg_01", call_id="toolu_01{code}", envelope=_MESSAGE, noise=_PING),
    "gemini": Look(answer_id="", call_id="{code:.8}"),
    # Calls have no id on the vendor's pages, and none in its own client, which drops those that servers from 0.12.10 on
    # give (https://docs.ollama.com/capabilities/tool-calling; ollama 0.6.3, `_types.py`; read 2026-11-28).
    "ollama": Look(answer_id="", call_id=""),
}
"""How a dialect usually looks."""

LOOKS: Final[Mapping[str, Look]] = {
    "deepseek": Look(
        answer_id="",
        answer_form="uuid",
        call_id="call_0{n}_{code}",
        envelope={"object": "chat.completion", "system_fingerprint": "fp_8b330d02d0_prod0820_fp8_kvcache"},
        choice=_LOGPROBS,
    ),
    # `functions.{name}:{index}`: ikawrakow/ik_llama.cpp, examples/server/function_calls.md (read 2026-11-24). The index
    # goes on over the whole conversation, so two conversations may share an id, as real ones do.
    "kimi": Look(call_id="functions.{tool}:{total}", envelope=_CHAT),
    "minimax": Look(answer_id="", call_id="call_function_{code}_{n}", envelope=_CHAT),
    "minimax-split": Look(
        answer_id="",
        call_id="call_function_{code}_{n}",
        envelope=_CHAT,
        detail={"format": "MiniMax-response-v1"},
        detail_id="reasoning-text-{n}",
    ),
    "openrouter": Look(
        answer_id="gen-1784729346-",
        call_id="toolu_01{code}",
        envelope={**_CHAT, "provider": "Anthropic"},
        choice=_LOGPROBS,
        detail={"format": "anthropic-claude-v1"},
        noise=b": OPENROUTER PROCESSING\n\n",
    ),
    "vllm": Look(call_id="chatcmpl-tool-{code}", envelope={**_CHAT, "service_tier": None}, choice=_LOGPROBS),
    "minimax-anthropic": Look(answer_id="", call_id="call_function_{code}_{n}", envelope=_MESSAGE),
    "vertex-gemini": Look(answer_id="", call_id="", envelope={"createTime": "2026-07-22T14:09:06.919086Z"}),
    "deepseek-responses": Look(answer_id="", answer_form="uuid", call_id="call_0{n}_{code}", envelope=_RESPONSE),
    "deepseek-anthropic": Look(answer_id="", answer_form="uuid", call_id="call_0{n}_{code}", envelope=_MESSAGE),
}
"""How a profile looks where that differs from its dialect's usual look."""


def look(profile: str, dialect: str) -> Look:
    """Give the look of a profile."""
    return LOOKS.get(profile, USUAL[dialect])
