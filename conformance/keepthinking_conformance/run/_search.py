"""A search that the provider runs itself: whether a request asks for one."""

from __future__ import annotations

from typing import Final

from keepthinking import Request
from keepthinking._codec import dumps

UNASKED: Final = "it asks for no search that the provider runs, so no provider answers with one"
"""Why nobody is judged by such an answer who does not ask for it."""

_SEARCH: Final = b"web_search"
"""What stands in the type of a search that the provider runs, with Anthropic's and OpenAI's (`provider._hosted`)."""


def searches(request: Request) -> bool:
    """Tell whether a request lets the provider search: without, no vendor answers with what it found."""
    return any(tool.kind == "server" and _SEARCH in dumps(tool) for tool in request.conversation.tools or ())
