"""What a provider's own search leaves in an answer: as the wire has it, in the shape of recorded traffic.

Nobody but the provider understands it, and all of it has to come back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from keepthinking_conformance.provider._words import Words


def _messages(words: Words, path: str) -> list[dict[str, Any]]:
    id_ = f"srvtoolu_01{words.code(f'{path}/id', 22)}"
    found: dict[str, Any] = {
        "type": "web_search_result",
        "title": words.sentence(f"{path}/title"),
        "url": f"https://{words.code(f'{path}/host', 8).lower()}.example/",
        "encrypted_content": words.seal(f"{path}/found"),
        "page_age": None,
    }
    return [
        {"type": "server_tool_use", "id": id_, "name": "web_search", "input": {"query": words.key(f"{path}/query")}},
        {"type": "web_search_tool_result", "tool_use_id": id_, "content": [found], "caller": {"type": "direct"}},
    ]


def _responses(words: Words, path: str) -> list[dict[str, Any]]:
    query = words.key(f"{path}/query")
    action = {"type": "search", "query": query, "queries": [query]}
    return [
        {"id": f"ws_{words.code(f'{path}/id', 24)}", "type": "web_search_call", "status": "completed", "action": action}
    ]


HOSTED: Final[Mapping[str, Callable[[Words, str], list[dict[str, Any]]]]] = {
    "anthropic-messages": _messages,
    "openai-responses": _responses,
}
"""Writes the blocks or items of a search, by dialect."""
