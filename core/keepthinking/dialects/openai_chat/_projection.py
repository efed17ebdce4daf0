"""Which members of a chat message are the model's memory, each with its source."""

from __future__ import annotations

from keepthinking._projection import Projection, Row

_OPENAI = "https://platform.openai.com/docs/api-reference/chat/create (openai 3.54.0 types/chat, read 2026-11-23)"
_DEEPSEEK = "https://api-docs.deepseek.com/guides/thinking_mode (read 2026-11-23)"
_OPENROUTER = "https://openrouter.ai/docs/use-cases/reasoning-tokens (openrouter 1.3.84, read 2026-11-23)"
_GOOGLE = "https://ai.google.dev/gemini-api/docs/thought-signatures (read 2026-11-23)"
_VERTEX = "https://github.com/earendil-works/pi/issues/6733; " + _GOOGLE
_MISTRAL = "mistralai 3.7.0 client/models/thinkchunk.py (read 2026-11-23)"
_RESPONSE_ONLY = (
    "openai 3.54.0: in ChatCompletionMessage, absent from ChatCompletionAssistantMessageParam (read 2026-11-23)"
)

PROJECTION = Projection(
    (
        Row("role", "memory", _OPENAI),
        Row("name", "link", _OPENAI),
        Row("content", "memory", _OPENAI),
        Row("content[].type", "memory", _OPENAI),
        Row("content[].text", "memory", _OPENAI),
        Row("content[].thinking", "memory", _MISTRAL),
        Row("content[].signature", "memory", _MISTRAL),
        Row("content[].closed", "link", _MISTRAL),
        Row("content[].cache_control", "link", _OPENROUTER),
        Row("reasoning_content", "memory", _DEEPSEEK),
        Row("reasoning", "memory", _OPENROUTER),
        Row("reasoning_details", "memory", _OPENROUTER),
        Row("reasoning_details[].type", "memory", _OPENROUTER),
        Row("reasoning_details[].text", "memory", _OPENROUTER),
        Row("reasoning_details[].summary", "memory", _OPENROUTER),
        Row("reasoning_details[].data", "memory", _OPENROUTER),
        Row("reasoning_details[].signature", "memory", _OPENROUTER),
        Row("reasoning_details[].id", "memory", _OPENROUTER),
        Row("reasoning_details[].format", "memory", _OPENROUTER),
        Row("reasoning_details[].index", "memory", _OPENROUTER),
        Row("tool_calls[].id", "memory", _OPENAI),
        Row("tool_calls[].type", "memory", _OPENAI),
        Row("tool_calls[].function.name", "memory", _OPENAI),
        Row("tool_calls[].function.arguments", "memory", _OPENAI),
        Row("tool_calls[].function", "memory", _OPENAI),
        # the name and input of a custom call have typed places; what is left under `custom` is an empty twin
        Row("tool_calls[].custom", "link", "Snowflake Cortex sends it empty beside `function` (recorded 2026-06)"),
        Row("tool_calls[].extra_content.google.thought_signature", "memory", _GOOGLE),
        Row("tool_calls[].extra_content.vertex.thought_signature", "memory", _VERTEX),
        Row("extra_content.google.thought_signature", "memory", _GOOGLE),
        Row("extra_content.vertex.thought_signature", "memory", _VERTEX),
        Row("tool_calls[].index", "output", "openai 3.54.0: a member of ChoiceDeltaToolCall alone (read 2026-11-23)"),
        Row("tool_call_id", "memory", _OPENAI),
        Row("function_call", "link", "deprecated in favour of tool_calls; " + _OPENAI),
        Row("refusal", "link", _OPENAI),
        Row("audio", "link", "sent back as {id} alone; " + _OPENAI),
        Row("annotations", "output", _RESPONSE_ONLY),
    ),
    homes={
        "text": "content[]",
        "media": "content[]",
        "opaque": "content[]",
        "thinking": "content[]",
        "item": "reasoning_details[]",
        "tool_call": "tool_calls[]",
        "tool_result": "",
    },
    nulls={
        "reasoning_details[].id": "a string, null or absent in openrouter 0.10.8 components/reasoningdetailtext.py "
        "(read 2026-11-28)"
    },
)
