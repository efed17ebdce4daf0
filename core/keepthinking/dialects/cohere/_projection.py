"""Which members of a message are the model's memory, each with its source."""

from __future__ import annotations

from keepthinking._projection import Projection, Row

_API = "https://docs.cohere.com/reference/chat (cohere 7.3.1 types/chat_message_v2.py, read 2026-11-24)"
_PARTS = "cohere 7.3.1 types/assistant_message_v2content_one_item.py (read 2026-11-24)"
_PLAN = (
    "cohere 7.3.1 types/assistant_message.py: a chain-of-thought style reflection and plan that the model generates "
    "when working with tools (read 2026-11-24)"
)
_CALL = "cohere 7.3.1 types/tool_call_v2.py (read 2026-11-24)"
_RESULT = "required in cohere 7.3.1 types/tool_message_v2.py (read 2026-11-24)"
_CITED = "optional in cohere 7.3.1 types/assistant_message.py (read 2026-11-24)"

PROJECTION = Projection(
    (
        Row("role", "memory", _API),
        Row("content", "memory", _API),
        Row("content[].type", "memory", _PARTS),
        Row("content[].text", "memory", _PARTS),
        Row("content[].thinking", "memory", _PARTS),
        Row("tool_plan", "memory", _PLAN),
        Row("tool_calls[].id", "memory", _CALL),
        Row("tool_calls[].type", "link", _CALL),
        Row("tool_calls[].function", "memory", _CALL),
        Row("tool_call_id", "memory", _RESULT),
        Row("citations", "link", _CITED),
    ),
    homes={
        "text": "content[]",
        "media": "content[]",
        "opaque": "content[]",
        "thinking": "content[]",
        "item": "",
        "tool_call": "tool_calls[]",
        "tool_result": "",
    },
)
