"""What a run serves, by dialect: where answers are asked for, where tokens are counted, where a history is made short.

Counting and making short stand beside the loop by their path alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from msgspec.structs import replace

from keepthinking._codec import dumps
from keepthinking._exchange import Request
from keepthinking._json import dump, members
from keepthinking.plugins import dialect as dialect_of
from keepthinking_conformance.provider._compaction import carried, compacted
from keepthinking_conformance.provider._script import Script
from keepthinking_conformance.provider._texts import texts
from keepthinking_conformance.provider._voices import Voice

Kind = Literal["answer", "count", "compact"]

SERVED: Final = (
    "POST /<run>/v1/chat/completions, /<run>/v1/tokenizers/estimate-token-count, /<run>/v1/responses (and /compact, "
    "/input_tokens below it), /<run>/v1/messages (and /count_tokens below it) and "
    "/<run>/v1beta/models/<model>:generateContent (or :streamGenerateContent?alt=sse, :countTokens), "
    "GET /<run>/v1/models and one below it; POST /<run>/api/chat and /api/show, "
    "GET /<run>/api/tags, /api/ps and /api/version"
)
_MODEL = r"/models/(?P<model>[^/:]+):"
_ROUTES: Final[Mapping[str, tuple[tuple[Kind, re.Pattern[str]], ...]]] = {
    "openai-chat": (
        ("answer", re.compile(r"/chat/completions$")),
        ("count", re.compile(r"/tokenizers/estimate-token-count$")),
    ),
    "openai-responses": (
        ("answer", re.compile(r"/responses$")),
        ("count", re.compile(r"/responses/input_tokens$")),
        ("compact", re.compile(r"/responses/compact$")),
    ),
    "anthropic-messages": (
        ("answer", re.compile(r"/v1/messages$")),
        ("count", re.compile(r"/v1/messages/count_tokens$")),
    ),
    "gemini": (
        ("answer", re.compile(rf"{_MODEL}(?:generateContent|(?P<stream>streamGenerateContent))$")),
        ("count", re.compile(rf"{_MODEL}countTokens$")),
    ),
    "ollama": (("answer", re.compile(r"/api/chat$")),),
}
"""How the path of a request ends; where it names the model and tells a stream, the body does not.

Sources: openai 3.54.0, `resources/responses/`; anthropic 2.12.0, `resources/messages/messages.py`; google-genai 3.4.0,
`models.py`; ollama 0.6.3, `_client.py`; the count of Kimi's chat completions, the one vendor that has one:
https://platform.kimi.ai/docs/api/estimate (read 2026-11-28).
"""

_STREAMING: Final = frozenset({"ollama"})
"""Dialects whose server streams unless it is told not to (https://docs.ollama.com/api/streaming, read 2026-11-28)."""


class Route(NamedTuple):
    """What a path asks for.

    Attributes:
        kind: `answer`: the model's answer; `count`: how many tokens there are; `compact`: a shorter history.
        said: What the path says of the request: the model, and whether to stream.
    """

    kind: Kind
    said: Mapping[str, str | None]


def route_of(path: str, dialect: str) -> Route | None:
    """Find out what a path asks for; None where nothing is served there."""
    for kind, pattern in _ROUTES[dialect]:
        if match := pattern.search(path):
            return Route(kind, match.groupdict())
    return None


def dialect_of_path(path: str) -> str:
    """Tell which dialect a path is of, for who asks where nobody is; `openai-chat` where it is of none."""
    return next((dialect for dialect in _ROUTES if route_of(path, dialect) is not None), "openai-chat")


def read(body: bytes, voice: Voice, route: Route) -> Request:
    """Read a request; what its path says of it is added.

    Raises:
        DecodeError: It cannot be read.
    """
    asked = _inner(body) if route.kind == "count" and voice.dialect == "gemini" else body
    request = dialect_of(voice.dialect).decode_request(asked, voice.profile)
    if "model" in route.said:
        model = route.said["model"]
        return replace(request, model=model, stream=route.said.get("stream") is not None)
    if voice.dialect in _STREAMING and request.stream is not False:
        return replace(request, stream=True)
    return request


def _inner(body: bytes) -> bytes:
    """Give what Gemini is asked to count: a whole request may stand in a member of its own."""
    inner = members(body, "$", "framework").get("generateContentRequest")
    return body if inner is None else bytes(inner)


def counted(request: Request, dialect: str) -> bytes:
    """Say how many tokens a request has: a quarter of its characters, which is near enough for who adds them up.

    Sources: https://platform.kimi.ai/docs/api/estimate, https://ai.google.dev/api/tokens (read 2026-11-28); anthropic
    2.12.0, `types/message_tokens_count.py`; openai 3.54.0, `types/responses/input_token_count_response.py`.
    """
    tokens = tokens_of(request)
    if dialect == "openai-chat":
        return dump({"data": {"total_tokens": tokens}})
    if dialect == "gemini":
        detail = [{"modality": "TEXT", "tokenCount": tokens}]
        return dump({"totalTokens": tokens, "promptTokensDetails": detail})
    whole = {"object": "response.input_tokens"} if dialect == "openai-responses" else {}
    return dump({**whole, "input_tokens": tokens})


def tokens_of(request: Request) -> int:
    """Count the tokens of a request."""
    return 1 + len(dumps(request.conversation)) // 4


def shortened(request: Request, script: Script) -> bytes:
    """Make a history short, as `/responses/compact` does."""
    here = script.words.digest(dumps(request.conversation).hex(), 16).hex()
    said = [text for message in request.messages for text in texts(message)]
    asked = tokens_of(request)
    usage = {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 100,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": asked + 100,
    }
    return dump(
        {
            "id": f"resp_{script.words.code(here, 24)}",
            "object": "response.compaction",
            "created_at": 1_784_729_346,
            "output": compacted(request, script.words, here, carried(said, script.memory)),
            "usage": usage,
        }
    )
