"""Which members of a message are the model's memory, each with its source."""

from __future__ import annotations

from keepthinking._projection import Projection, Row

_API = "botocore 1.44.5 bedrock-runtime service-2.json, Message and ContentBlock (read 2026-11-24)"
_WORDS = (
    "botocore 1.44.5 bedrock-runtime service-2.json, ReasoningTextBlock: include the text and its signature unmodified "
    "(read 2026-11-24)"
)
_REDACTED = (
    "botocore 1.44.5 bedrock-runtime service-2.json, ReasoningContentBlock: encrypted by the model provider "
    "(read 2026-11-24)"
)
_CALL = "required in botocore 1.44.5 bedrock-runtime service-2.json, ToolUseBlock (read 2026-11-24)"
_SERVER = (
    "optional in botocore 1.44.5 bedrock-runtime service-2.json, ToolUseBlock and ToolResultBlock (read 2026-11-24)"
)
_RESULT = "required in botocore 1.44.5 bedrock-runtime service-2.json, ToolResultBlock (read 2026-11-24)"
_CITED = (
    "optional in botocore 1.44.5 bedrock-runtime service-2.json, CitationsContentBlock; its words are the answer "
    "(read 2026-11-24)"
)
_CACHE = (
    "https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html: a checkpoint marks a prefix of the "
    "prompt for reuse and says nothing to the model (read 2026-11-24)"
)

PROJECTION = Projection(
    (
        Row("role", "memory", _API),
        Row("content", "memory", _API),
        Row("content[].text", "memory", _API),
        Row("content[].reasoningContent", "memory", _WORDS),
        Row("content[].reasoningContent.reasoningText.text", "memory", _WORDS),
        Row("content[].reasoningContent.reasoningText.signature", "memory", _WORDS),
        Row("content[].reasoningContent.redactedContent", "memory", _REDACTED),
        Row("content[].toolUse.toolUseId", "memory", _CALL),
        Row("content[].toolUse.name", "memory", _CALL),
        Row("content[].toolUse.input", "memory", _CALL),
        Row("content[].toolUse.type", "link", _SERVER),
        Row("content[].toolResult.toolUseId", "memory", _RESULT),
        Row("content[].toolResult.content", "memory", _RESULT),
        Row("content[].toolResult.type", "link", _SERVER),
        Row("content[].citationsContent.content", "memory", _CITED),
        Row("content[].citationsContent.citations", "link", _CITED),
        Row("content[].cachePoint", "spelling", _CACHE),
    ),
    homes={
        "text": "content[]",
        "media": "content[]",
        "opaque": "content[]",
        "thinking": "content[]",
        "item": "",
        "tool_call": "content[]",
        "tool_result": "content[]",
    },
)
