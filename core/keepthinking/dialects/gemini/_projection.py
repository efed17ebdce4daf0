"""Which members of a content are the model's memory, each with its source."""

from __future__ import annotations

from keepthinking._projection import Projection, Row

_API = "https://ai.google.dev/api/caching#Content (google-genai 3.4.0 types.py Content, read 2026-11-24)"
_SEAL = (
    "https://ai.google.dev/gemini-api/docs/thought-signatures: return each signature inside the part in which it came "
    "(read 2026-11-24)"
)
_THOUGHT = (
    "google-genai 3.4.0 chats.py: the vendor's own client puts every part of an answer into its history, thoughts too "
    "(read 2026-11-24)"
)
_CALL = "google-genai 3.4.0 types.py FunctionCall (read 2026-11-24)"
_RESULT = "google-genai 3.4.0 types.py FunctionResponse (read 2026-11-24)"
_SERVER = (
    "google-genai 3.4.0 types.py ToolCall, ToolResponse: to be passed back in a later turn within a content "
    "(read 2026-11-24)"
)
_CODE = "google-genai 3.4.0 types.py ExecutableCode, CodeExecutionResult (read 2026-11-24)"
_FILES = "google-genai 3.4.0 types.py Blob, FileData (read 2026-11-24)"
_BESIDE = "optional in google-genai 3.4.0 types.py Part (read 2026-11-24)"

PROJECTION = Projection(
    (
        Row("role", "memory", _API),
        Row("parts", "memory", _SEAL),
        Row("parts[].text", "memory", _SEAL),
        Row("parts[].thought", "memory", _THOUGHT),
        Row("parts[].thoughtSignature", "memory", _SEAL),
        Row("parts[].functionCall", "memory", _CALL),
        # optional, and what answers a call without one is matched by its name and place, as before there were ids
        Row("parts[].functionCall.id", "link", _CALL),
        Row("parts[].functionCall.name", "memory", _CALL),
        Row("parts[].functionCall.args", "memory", _CALL),
        Row("parts[].functionResponse", "memory", _RESULT),
        Row("parts[].functionResponse.scheduling", "link", _RESULT),
        Row("parts[].functionResponse.willContinue", "link", _RESULT),
        Row("parts[].toolCall", "memory", _SERVER),
        Row("parts[].toolResponse", "memory", _SERVER),
        Row("parts[].executableCode", "memory", _CODE),
        Row("parts[].codeExecutionResult", "memory", _CODE),
        Row("parts[].inlineData", "memory", _FILES),
        Row("parts[].inlineData.displayName", "link", _FILES),
        Row("parts[].fileData", "memory", _FILES),
        Row("parts[].fileData.displayName", "link", _FILES),
        Row("parts[].partMetadata", "link", _BESIDE),
        Row("parts[].videoMetadata", "link", _BESIDE),
        Row("parts[].mediaResolution", "link", _BESIDE),
    ),
    homes={
        "text": "parts[]",
        "media": "parts[]",
        "opaque": "parts[]",
        "thinking": "parts[]",
        "item": "",
        "tool_call": "parts[]",
        "tool_result": "parts[]",
    },
    ids="parts[].functionCall.id",
)
