"""Which members of an item are the model's memory, each with its source. Paths start at the item."""

from __future__ import annotations

from keepthinking._projection import Projection, Row

_API = "openai 3.54.0 types/responses/response_input_item_param.py (read 2026-11-24)"
_REASONING = (
    "openai 3.54.0 types/responses/response_reasoning_item_param.py: to be included in `input` of later turns when "
    "the context is managed by hand (read 2026-11-24)"
)
_PHASE = (
    "openai 3.54.0 types/responses/response_output_message_param.py: for models from gpt-5.3-codex on preserve and "
    "resend it on all assistant messages, dropping it can degrade performance (read 2026-11-24)"
)
_ID = (
    "optional in openai 3.54.0 types/responses/response_function_tool_call_param.py; requests without ids are accepted "
    "(recorded 2025-09)"
)
_STATUS = "openai 3.54.0: populated when items are returned via API (read 2026-11-24)"
_CALL = "required in openai 3.54.0 types/responses/response_function_tool_call_param.py (read 2026-11-24)"
_NAMESPACE = (
    "openai 3.54.0 types/responses/response_function_tool_call_param.py: the namespace of the function to run "
    "(read 2026-11-24)"
)
_CUSTOM = "required in openai 3.54.0 types/responses/response_custom_tool_call_param.py (read 2026-11-24)"
_RESULT = "required in openai 3.54.0 types/responses/response_input_item_param.py, FunctionCallOutput (read 2026-11-24)"
_TEXT = "openai 3.54.0 types/responses/response_output_text_param.py (read 2026-11-24)"
_DETAIL = (
    "openai 3.54.0 types/responses/response_input_image_param.py: `auto` by default; requests without it are accepted "
    "(recorded 2025-05)"
)
_COMPACTION = (
    "openai 3.54.0 types/responses/response_compaction_item_param_param.py: the encrypted content of the compaction "
    "summary (read 2026-11-24)"
)
_OPENROUTER = "openrouter 1.3.84 components/reasoningitem.py (read 2026-11-23)"
_CREATED = "openai 3.54.0 types/responses/response_compaction_item.py: of responses alone (read 2026-11-24)"
_CODEX = (
    "OpenAI's own Codex 0.171.0 puts it on each item that goes to OpenAI, and takes it off for others, which refuse it "
    "(its requests; https://github.com/sozercan/vekil/pull/228; both read 2026-11-28)"
)

PROJECTION = Projection(
    (
        Row("type", "memory", _API),
        Row("role", "memory", _API),
        Row("id", "link", _ID),
        Row("phase", "link", _PHASE),
        Row("status", "output", _STATUS),
        Row("created_by", "output", _CREATED),
        Row("internal_chat_message_metadata_passthrough", "link", _CODEX),
        Row("summary", "memory", _REASONING),
        Row("content", "memory", _REASONING),
        Row("encrypted_content", "memory", _COMPACTION),
        Row("signature", "memory", _OPENROUTER),
        Row("format", "link", _OPENROUTER),
        Row("content[].type", "memory", _TEXT),
        Row("content[].text", "memory", _TEXT),
        Row("content[].refusal", "memory", _TEXT),
        Row("content[].annotations", "link", _TEXT),
        Row("content[].logprobs", "output", _TEXT),
        Row("content[].detail", "link", _DETAIL),
        Row("call_id", "memory", _CALL),
        Row("name", "memory", _CALL),
        Row("arguments", "memory", _CALL),
        Row("namespace", "memory", _NAMESPACE),
        Row("input", "memory", _CUSTOM),
        Row("output", "memory", _RESULT),
    ),
    homes={
        "text": "content[]",
        "media": "content[]",
        "opaque": "",
        "thinking": "",
        "item": "",
        "tool_call": "",
        "tool_result": "",
    },
)
