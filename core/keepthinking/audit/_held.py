"""History that the server holds: a request names it, and sends only what is new.

Source: openai 3.54.0, `types/responses/response_create_params.py`, `previous_response_id` and `conversation` (read
2026-11-24): the items of the named response, or of the conversation, stand before those of the request.
"""

from __future__ import annotations

from typing import cast

from keepthinking._exchange import Request, Response
from keepthinking._json import Json


class State:
    """What servers hold in one scope: the answers by their ids, and the last one of each conversation."""

    def __init__(self) -> None:
        self._responses: dict[str, int] = {}
        self._conversations: dict[str, int] = {}

    def before(self, request: Request) -> int | None:
        """Give the exchange that the held history of a request ends with; none where none is held, or it is unknown."""
        response, conversation = _named(request, _RESPONSE), _named(request, _CONVERSATION)
        if response is not None:
            return self._responses.get(response)
        return None if conversation is None else self._conversations.get(conversation)

    def add(self, number: int, request: Request, response: Response) -> None:
        """Remember an answer by what later requests may call it."""
        for origin in (response.origin, *(message.origin for message in response.messages)):
            if isinstance(id_ := getattr(origin, "response_id", None), str):
                self._responses.setdefault(id_, number)
        conversation = _named(request, _CONVERSATION)
        if conversation is not None:
            self._conversations[conversation] = number


def is_held(request: Request) -> bool:
    """Tell whether the server holds some of the history; null names nothing."""
    return isinstance(request.state, dict) and any(held.raw != b"null" for held in request.state.values())


_RESPONSE, _CONVERSATION = "previous_response_id", "conversation"


def _named(request: Request, key: str) -> str | None:
    """Give the id of what is held: as a text, or as an object with an id."""
    held = request.state.get(key) if isinstance(request.state, dict) else None
    value: object = held.value if isinstance(held, Json) else None
    if isinstance(value, dict):
        value = cast("dict[str, object]", value).get("id")
    return value if isinstance(value, str) else None
