"""What each wire can hold of a history that came from another one: roles, ids, arguments, names of seals.

Rule 1: rows, no code. A dialect without a row is taken to hold what most hold, and its own writer tells what it cannot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

CHAT = "openai-chat"
RESPONSES = "openai-responses"
MESSAGES = "anthropic-messages"
GEMINI = "gemini"
CONVERSE = "bedrock-converse"
MISTRAL = "mistral"
COHERE = "cohere"
OLLAMA = "ollama"


class Ids(NamedTuple):
    """What a wire demands of the id of a call.

    Attributes:
        demanded: Whether a call without an id is refused.
        pattern: What an id has to look like, as a regular expression of the whole.
        unique: Whether an id may stand once in a whole history.
        make: How an id is made where one has to be: `call_` and a number, or nine letters and digits.
        source: Where that is written.
    """

    demanded: bool = False
    pattern: str = r"(?s).*"
    unique: bool = False
    make: Literal["call", "nine"] = "call"
    source: str = ""

    def takes(self, id: str) -> bool:  # noqa: A002 - the wire's own word
        """Tell whether the wire takes an id as it is."""
        return re.fullmatch(self.pattern, id) is not None

    def why(self, before: object) -> str:
        """Say why an id is another one."""
        if not isinstance(before, str):
            return "a call has an id here"
        return "an id stands once here" if self.takes(before) else f"an id matches `{self.pattern}` here"


class WireRow(NamedTuple):
    """One wire.

    Attributes:
        model_role: The role of what the model says.
        roles: Other roles that the wire has; one that it has not becomes `instead` of it.
        arguments: Whether arguments are a text that holds JSON, or a JSON object.
        freeform: Whether a call may hold text that is no JSON.
        ids: What it demands of ids.
        sealed: Whether the seal of a thought stands on the thought itself, so that a provider which binds seals refuses
            a thought without one.
        unsealed: Whether a thought without a seal goes out where no rule of the provider says it.
        base64: Which alphabet bytes are written in; `either` is taken where both are read (protobuf's JSON).
        texts: Whether a file of text is its words, and no bytes.
        shows: Whether a result may hold images and files.
        nothing: What stands in a result that has no content, where it is refused without any.
        blank: Whether a text without words is taken. Claude's servers refuse one, though Claude may say it: `text
            content blocks must be non-empty`, `text content blocks must contain non-whitespace text`
            (https://github.com/anthropics/claude-code/issues/23440,
            https://github.com/anthropics/anthropic-sdk-python/issues/461, read 2026-11-27).
    """

    model_role: str = "assistant"
    roles: Mapping[str, str] = {"developer": "system", "function": "tool"}
    arguments: Literal["json", "object"] = "json"
    freeform: bool = False
    ids: Ids = Ids()
    sealed: bool = False
    unsealed: bool = True
    base64: Literal["standard", "either"] = "standard"
    texts: bool = False
    shows: bool = True
    nothing: Literal["", "words", "list"] = ""
    blank: bool = True


_CLAUDE_IDS = Ids(
    demanded=True,
    pattern="[a-zA-Z0-9_-]{1,64}",
    unique=True,
    source="`tool_use.id: String should match pattern`, https://github.com/QwenLM/qwen-code/issues/8160; "
    "64 characters, https://github.com/LibreChat-AI/agents/pull/153; `tool_use` ids must be unique, "
    "https://github.com/NVIDIA-NeMo/Switchyard/issues/502 (read 2026-11-24)",
)
_CHAT_IDS = Ids(
    demanded=True,
    source="required in openai 3.54.0 types/chat/chat_completion_message_function_tool_call_param.py (read 2026-11-24)",
)

WIRES: Mapping[str, WireRow] = {
    CHAT: WireRow(roles={"function": "tool"}, freeform=True, ids=_CHAT_IDS, nothing="words"),
    RESPONSES: WireRow(
        roles={"function": "tool"},
        freeform=True,
        ids=Ids(
            demanded=True,
            source="`call_id` is required in openai 3.54.0 types/responses/response_function_tool_call_param.py "
            "(read 2026-11-24)",
        ),
        sealed=True,
        unsealed=False,
        nothing="words",
    ),
    # a document in base64 is a PDF: anthropic 2.12.0 types/base64_pdf_source_param.py (read 2026-11-27)
    MESSAGES: WireRow(arguments="object", ids=_CLAUDE_IDS, sealed=True, unsealed=False, blank=False, texts=True),
    # a thought of others goes as `{"text", "thought": true}`, as pydantic-ai-slim 2.68.0 sends it (`models/google.py`)
    GEMINI: WireRow(model_role="model", arguments="object", base64="either"),
    CONVERSE: WireRow(
        arguments="object",
        ids=Ids(
            demanded=True,
            pattern="[a-zA-Z0-9_.:-]{1,64}",
            source="botocore 1.44.5, bedrock-runtime, shape `ToolUseId` (read 2026-11-24)",
        ),
        sealed=True,
        unsealed=False,
        nothing="list",
        blank=False,
    ),
    MISTRAL: WireRow(
        ids=Ids(
            demanded=True,
            pattern="[a-zA-Z0-9]{9}",
            make="nine",
            source="`Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9.`, "
            "https://github.com/langchain-ai/langchain/pull/24668, "
            "https://github.com/nearai/ironclaw/issues/1241 (read 2026-11-24)",
        ),
        nothing="words",
    ),
    # cohere 7.3.1 types/tool_message_v2content.py (read 2026-11-27)
    COHERE: WireRow(
        ids=Ids(demanded=True, source="cohere 7.3.1 types/tool_call_v2.py (read 2026-11-24)"),
        shows=False,
        nothing="words",
    ),
    OLLAMA: WireRow(arguments="object"),
}


def wire(dialect: str) -> WireRow:
    """Give the row of a dialect; one that nobody knows here gets the usual one."""
    return WIRES.get(dialect, _USUAL)


_USUAL = WireRow()

SealMeaning = Literal["proof", "whole", "thought"]

SEALS: Mapping[SealMeaning, Mapping[str, tuple[str, ...]]] = {
    # a proof of words that stand beside it
    "proof": {
        MESSAGES: ("signature",),
        CONVERSE: ("signature",),
        CHAT: ("signature",),
        MISTRAL: ("signature",),
        RESPONSES: ("signature",),
    },
    # the thought itself, sealed
    "whole": {
        MESSAGES: ("data",),
        CONVERSE: ("redactedContent",),
        CHAT: ("data",),
        RESPONSES: ("encrypted_content",),
    },
    # a seal that stands on any part
    "thought": {
        GEMINI: ("thoughtSignature",),
        CHAT: ("extra_content.google.thought_signature", "extra_content.vertex.thought_signature"),
    },
}
"""What a seal is, and the names that each wire has for it. The first name of a row is the one that is written."""

BYTES = frozenset({"redactedContent"})
"""Seals that are bytes on the wire: base64 of what other wires write as text."""

BASE64 = BYTES | {"thoughtSignature"}
"""Seals that the provider documents as bytes: two spellings of the same bytes are equal."""

SEALED_PLACE: Mapping[str, str] = {CHAT: "reasoning_details"}
"""The field for a thought that keeps its seal, where the wire has several."""

BY_DOMAIN: Mapping[tuple[str, str], str] = {(CHAT, "google-vertex"): "extra_content.vertex.thought_signature"}
"""The name of a seal where one wire has several, by the domain of the profile."""

ESCAPES: Mapping[str, str] = {GEMINI: "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="}
"""What a provider takes in place of the seal of a call that its model never made: the bytes of
`skip_thought_signature_validator` (https://ai.google.dev/gemini-api/docs/thought-signatures; pydantic-ai-slim 2.68.0
`models/google.py`, which saw both of Google's APIs take them, read 2026-11-24). Sent only where the caller asks."""
