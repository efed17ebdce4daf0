"""Which members of a message are the model's memory, each with its source."""

from __future__ import annotations

from keepthinking._projection import Projection, Row

_TYPES = "ollama 0.6.3 _types.py, Message (read 2026-11-24)"
_CALL = "ollama 0.6.3 _types.py, Message.ToolCall (read 2026-11-24)"
_IDS = "https://github.com/ollama/ollama-python/issues/667: the client drops them (read 2026-11-24)"

PROJECTION = Projection(
    (
        Row("role", "memory", _TYPES),
        Row("thinking", "memory", _TYPES),
        Row("content", "memory", _TYPES),
        Row("images", "memory", _TYPES),
        Row("tool_calls", "memory", _CALL),
        Row("tool_calls[].function.name", "memory", _CALL),
        Row("tool_calls[].function.arguments", "memory", _CALL),
        Row("tool_calls[].function.index", "link", _IDS),
        Row("tool_calls[].id", "link", _IDS),
        Row("tool_calls[].type", "link", _IDS),
        Row("tool_name", "memory", _TYPES),
        Row("tool_call_id", "link", _IDS),
    ),
    homes={
        "text": "",
        "media": "images[]",
        "opaque": "tool_calls[]",
        "thinking": "",
        "item": "",
        "tool_call": "tool_calls[]",
        "tool_result": "",
    },
    ids="tool_calls[].id",
)
