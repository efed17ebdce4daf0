"""The names that stand on the wire, once. All are in openai 3.54.0, `types/responses/` (read 2026-11-24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from keepthinking._messages import ArgumentsKind

ID = "openai-responses"

INPUT, OUTPUT, INSTRUCTIONS = "input", "output", "instructions"
STATE = ("previous_response_id", "conversation")
"""Names of history that the server holds."""

MESSAGE, REASONING, REFERENCE = "message", "reasoning", "item_reference"
ASSISTANT, SYSTEM, TOOL = "assistant", "system", "tool"
CONTENT, SUMMARY = "content", "summary"

ENCRYPTED = "encrypted_content"
SEALS = (ENCRYPTED, "signature")
"""Members of a reasoning item that the provider wants back byte for byte. `signature` is what OpenRouter adds for
models of Anthropic (openrouter 1.3.84, `ReasoningItem`, read 2026-11-23)."""


class Parts(NamedTuple):
    """A list of a reasoning item.

    Attributes:
        channel: What its words are.
        type: The usual type of a part.
        empty: How the list is written where it holds nothing; `summary` is required
            (`response_reasoning_item_param.py`).
    """

    channel: Literal["summary", "raw"]
    type: str
    empty: Literal["list", "absent"]


SEGMENTS: Mapping[str, Parts] = {
    SUMMARY: Parts("summary", "summary_text", "list"),
    CONTENT: Parts("raw", "reasoning_text", "absent"),
}
"""The lists of a reasoning item."""

ARGUMENTS = "arguments"
CALL, FREEFORM_CALL = "function_call", "custom_tool_call"
CALLS: Mapping[str, tuple[str, ArgumentsKind]] = {CALL: (ARGUMENTS, "json"), FREEFORM_CALL: ("input", "freeform")}
"""Calls of tools that the caller named: type to the member that holds the arguments, and what they are."""

CALL_ENDS, RESULT_ENDS = "_call", ("_output", "_response")
"""How the types of calls and results end; later ones have kept to it."""

BUILT_IN: Mapping[str, str] = {
    "shell_call": "action",
    "local_shell_call": "action",
    "computer_call": "action",
    "apply_patch_call": "operation",
}
"""Calls without a name of their own that the scaffold answers: type to the member that holds the arguments. That of one
that is not here is `arguments`. Its type is its name."""

RESULT, FREEFORM_RESULT = "function_call_output", "custom_tool_call_output"

HOSTED_CALL, HOSTED_RESULT = "shell_call", "shell_call_output"
CONTAINER = "container_reference"
"""The environment of a shell that the provider runs: then the result is its own, too."""

SERVED = frozenset({"program_output"})
"""Results that the provider writes itself."""

GIVEN = frozenset({"additional_tools", "compaction_trigger", "configuration_update"})
"""Items of the caller that are no message and no result."""
GIVEN_ROLE = "developer"
"""The role of such a message where the item names none: `additional_tools` names this one."""

TEXTS = frozenset({"output_text", "input_text", "text"})
REFUSAL = "refusal"


def text_type(role: str) -> str:
    """Give the usual type of a text in the content of a message, or in a result."""
    return "output_text" if role == ASSISTANT else "input_text"


MEDIA: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "input_image": ("image", {"image_url": "url", "file_id": "file_id"}),
    "input_file": ("file", {"file_url": "url", "file_data": "data", "file_id": "file_id"}),
}
"""Content parts that are media: type to what it is, and its members with our attributes."""

TOOL_KINDS: Mapping[str, Literal["function", "freeform"]] = {"function": "function", "custom": "freeform"}

COMPLETED, INCOMPLETE, FAILED = "completed", "incomplete", "failed"
PENDING = frozenset({"queued", "in_progress"})

# -- streams ------------------------------------------------------------------------------------------------------

STRINGS: Mapping[str, Mapping[str, str]] = {
    CALL: {ARGUMENTS: "response.function_call_arguments"},
    FREEFORM_CALL: {INPUT: "response.custom_tool_call_input"},
    "mcp_call": {ARGUMENTS: "response.mcp_call_arguments"},
    "code_interpreter_call": {"code": "response.code_interpreter_call_code"},
}
"""Members of items that are streamed: type of the item to the member and how its events begin."""

LISTS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    MESSAGE: {CONTENT: ("content_index", "response.content_part.added", "response.content_part.done")},
    REASONING: {
        SUMMARY: (
            "summary_index",
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_part.done",
        ),
        CONTENT: ("content_index", "response.content_part.added", "response.content_part.done"),
    },
}
"""Lists of items whose parts are streamed: type of the item to the list, what numbers its parts, and their events."""

PARTS: Mapping[str, tuple[str, str]] = {
    "output_text": ("response.output_text", "text"),
    REFUSAL: ("response.refusal", REFUSAL),
    "reasoning_text": ("response.reasoning_text", "text"),
    "summary_text": ("response.reasoning_summary_text", "text"),
}
"""Parts whose text is streamed: type to how its events begin, and the member."""

FLAT_ERROR = ("code", "message", "param")
"""Members of an `error` event, which are the error."""
