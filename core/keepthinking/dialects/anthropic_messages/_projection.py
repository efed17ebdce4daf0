"""Which members of a message are the model's memory, each with its source."""

from __future__ import annotations

from keepthinking._projection import Projection, Row

_API = "https://platform.claude.com/docs/en/api/messages (anthropic 2.12.0 types/message_param.py, read 2026-11-23)"
_EXACT = (
    "https://platform.claude.com/docs/en/build-with-claude/preserved-thinking/prefix-checks: send each assistant turn "
    "back exactly as the API returned it (read 2026-11-23)"
)
_THINKING = (
    "anthropic 2.12.0 types/thinking_block_param.py: to be passed back unmodified and in the original order, a "
    "modified block is a 400 (read 2026-11-23)"
)
_REDACTED = (
    "anthropic 2.12.0 types/redacted_thinking_block_param.py: opaque and encrypted, to be passed back unchanged "
    "(read 2026-11-23)"
)
_CALL = (
    "required in anthropic 2.12.0 types/tool_use_block_param.py and server_tool_use_block_param.py (read 2026-11-23)"
)
_RESULT = "required in anthropic 2.12.0 types/tool_result_block_param.py (read 2026-11-23)"
_SEARCH = "required in anthropic 2.12.0 types/web_search_result_block_param.py (read 2026-11-23)"
_CODE = "required in anthropic 2.12.0 types/encrypted_code_execution_result_block_param.py (read 2026-11-23)"
_COMPACTION = (
    "anthropic 2.12.0 types/beta/beta_compaction_block_param.py: opaque, to be round-tripped verbatim (read 2026-11-23)"
)
_MCP = "required in anthropic 2.12.0 types/beta/beta_mcp_tool_use_block_param.py (read 2026-11-23)"
_CITATIONS = "optional in anthropic 2.12.0 types/text_block_param.py (read 2026-11-23)"
_CALLER = "optional in anthropic 2.12.0 types/tool_use_block_param.py (read 2026-11-23)"
_CACHE = (
    "https://docs.litellm.ai/docs/providers/anthropic_preserved_thinking: markers are left out of the comparison of "
    "the prefix; anthropic 2.12.0 has the member in params alone (read 2026-11-23)"
)
_FILES = "anthropic 2.12.0 types/image_block_param.py, document_block_param.py (read 2026-11-23)"

PROJECTION = Projection(
    (
        Row("role", "memory", _API),
        Row("content", "memory", _EXACT),
        Row("content[].type", "memory", _EXACT),
        Row("content[].text", "memory", _EXACT),
        Row("content[].thinking", "memory", _THINKING),
        Row("content[].signature", "memory", _THINKING),
        Row("content[].data", "memory", _REDACTED),
        Row("content[].id", "memory", _CALL),
        Row("content[].name", "memory", _CALL),
        Row("content[].input", "memory", _CALL),
        Row("content[].server_name", "memory", _MCP),
        Row("content[].caller", "link", _CALLER),
        Row("content[].toolset_name", "link", _CALLER),
        Row("content[].tool_use_id", "memory", _RESULT),
        Row("content[].is_error", "memory", _RESULT),
        Row("content[].content", "memory", _EXACT),
        Row("content[].content[].type", "memory", _EXACT),
        Row("content[].content[].encrypted_content", "memory", _SEARCH),
        Row("content[].content[].encrypted_stdout", "memory", _CODE),
        Row("content[].encrypted_content", "memory", _COMPACTION),
        Row("content[].citations", "link", _CITATIONS),
        Row("content[].source", "memory", _FILES),
        Row("content[].cache_control", "spelling", _CACHE),
        Row("content[].content[].cache_control", "spelling", _CACHE),
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
