"""The names that stand on the wire, once. All are in google-genai 3.4.0, `types.py` (read 2026-11-24)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from msgspec import UNSET, UnsetType

ID = "gemini"

CONTENTS, CONTENT, PARTS = "contents", "content", "parts"
SYSTEM = "systemInstruction"
USER, MODEL = "user", "model"
SYSTEM_ROLES = frozenset({"system", "developer"})
FOREIGN_ROLES: Mapping[str, str] = {
    "assistant": MODEL,
    "tool": USER,
    "function": USER,
    "system": USER,
    "developer": USER,
}
"""Roles of other dialects, and where their messages stand here."""

TEXT, THOUGHT, SEAL = "text", "thought", "thoughtSignature"
CALL, RESULT = "functionCall", "functionResponse"
SERVER_CALL, SERVER_RESULT = "toolCall", "toolResponse"
INLINE, FILE = "inlineData", "fileData"
MIME, URI, TOOL_TYPE = "mimeType", "fileUri", "toolType"
PIECES, MORE = "partialArgs", "willContinue"
CODE, CODE_RESULT = "executableCode", "codeExecutionResult"

OUTPUT, ERROR = "output", "error"
BOXES = (OUTPUT, ERROR, "result")
"""Members of a function's response that hold all of it: `output` and `error` are the vendor's words, `result` is what
its agent kit writes around a value that is no object."""

CANDIDATES, FEEDBACK, USAGE = "candidates", "promptFeedback", "usageMetadata"
FINISH, VERSION, RESPONSE_ID = "finishReason", "modelVersion", "responseId"
TOOLS, DECLARATIONS = "tools", "functionDeclarations"
PARAMETERS, SCHEMA = "parameters", "parametersJsonSchema"

_BESIDE = (
    "videoMetadata",
    "mediaResolution",
    "partMetadata",
    "audioTranscription",
    "mediaProcessing",
    "speechMetadata",
    "documentMetadata",
    "spreadsheetMetadata",
    "audioMetadata",
)
"""Members of a part that stand beside what the part is."""


def snake(name: str) -> str:
    """Give the other spelling of a member, which proto JSON takes as well."""
    return _UPPER.sub(lambda match: f"_{match[0].lower()}", name)


def camel(name: str) -> str:
    """Give the usual spelling of a member; a name that has no other one stays."""
    usual = _LOW.sub(lambda match: match[1].upper(), name)
    return usual if snake(usual) == name else name


_UPPER, _LOW = re.compile("[A-Z]"), re.compile("_([a-z])")

BESIDE = frozenset({*_BESIDE, *map(snake, _BESIDE), THOUGHT})
"""What tells nothing about the kind of a part, in both spellings."""

SEALS: Mapping[str, str] = {SEAL: SEAL, "extra_content.google.thought_signature": SEAL}
"""Slots of the same proof: on this wire, and on the OpenAI-compatible route of the same provider."""


def model_of(path: str) -> str | UnsetType:
    """Give the model that a URL path names, which a body does not.

    Args:
        path: The path of a request: `/v1beta/models/NAME:generateContent`, Vertex AI's
            `/.../publishers/google/models/NAME:streamGenerateContent`, or that of a tuned model
            (`/v1beta/tunedModels/NAME:...`, `/.../endpoints/NUMBER:...`).
    """
    found = _PATH.search(path.partition("?")[0])
    return UNSET if found is None else unquote(found[1])


_PATH = re.compile(r"(?:^|/)(?:models|tunedModels|endpoints)/([^/:]+)(?::\w+)?/?$")
