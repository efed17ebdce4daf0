"""Hypothesis strategies for LlamaIndex's own messages, whatever a user or a client may put into one."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)

from keepthinking_conformance import strategies as kts

_URLS: Final = (
    "https://EXAMPLE.com",
    "https://example.com/a%20b?c=%7Ed",
    "data:image/png;base64,AAAA",
    "http://[::1]/x.mp3",
)
_KEYS: Final = (
    *("tool_call_id", "call_id", "name", "cache_control", "reasoning_content", "reasoning", "reasoning_details"),
    *("tool_calls", "function_call", "session_id", "is_error", "usage", "$", "$is", "$is$is", "k", "", "\ud83d"),
)
_INFORMATION: Final = ("signature", "data", "encrypted_content", "id", "type", "status", "value", "args", "$is", "k")
_TYPES: Final = (
    *("thinking", "reasoning", "redacted_thinking", "opaque", "empty_text", "server_tool_call", "server_tool_result"),
    *("image", "file", "text-plain", "keepthinking"),
)


@cache
def values() -> st.SearchStrategy[Any]:
    """Give values that JSON has, and others that LlamaIndex's dictionaries may hold."""
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        kts.strings(),
        st.binary(max_size=6),
        st.sampled_from(_TYPES),
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=2),
            st.lists(inner, max_size=2).map(tuple),
            st.dictionaries(st.one_of(st.sampled_from(_KEYS), st.integers(0, 3)), inner, max_size=2),
        ),
        max_leaves=4,
    )


@cache
def kwargs(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    """Give dictionaries with some of the keys that mean something."""
    return st.dictionaries(st.sampled_from(keys), st.one_of(kts.strings(), values(), _calls()), max_size=3)


def _calls() -> st.SearchStrategy[list[Any]]:
    function = st.fixed_dictionaries({"name": kts.strings(), "arguments": kts.strings()})
    chat = st.fixed_dictionaries({"id": kts.strings(), "function": function})
    anthropic = st.fixed_dictionaries({"id": kts.strings(), "name": kts.strings(), "input": kwargs_of_tools()})
    return st.lists(st.one_of(chat, anthropic), max_size=2)


@cache
def kwargs_of_tools() -> st.SearchStrategy[dict[str, Any]]:
    """Give arguments as a dictionary."""
    inner = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), kts.strings()),
        lambda leaf: st.one_of(st.lists(leaf, max_size=2), st.dictionaries(kts.strings(), leaf, max_size=2)),
        max_leaves=3,
    )
    return st.dictionaries(kts.strings(), inner, max_size=2)


def _optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@cache
def blocks() -> st.SearchStrategy[Any]:
    """Give content blocks of all kinds."""
    text = st.builds(TextBlock, text=kts.strings())
    bytes_ = st.one_of(st.binary(max_size=9), st.binary(min_size=1, max_size=9).map(base64.b64encode))
    control = st.builds(CacheControl, type=st.sampled_from(("ephemeral", "")), ttl=st.sampled_from(("5m", "1h")))
    urls = st.sampled_from(_URLS)
    return st.one_of(
        text,
        st.builds(
            ThinkingBlock,
            content=_optional(kts.strings()),
            num_tokens=_optional(st.integers(0, 9)),
            additional_information=kwargs(*_INFORMATION),
        ),
        st.builds(
            ToolCallBlock,
            tool_call_id=_optional(kts.strings()),
            tool_name=kts.strings(),
            tool_kwargs=st.one_of(kts.strings(), kwargs_of_tools()),
        ),
        st.builds(ImageBlock, image=bytes_, detail=_optional(kts.strings())),
        st.builds(ImageBlock, url=urls, image_mimetype=_optional(kts.strings())),
        st.builds(AudioBlock, audio=bytes_, format=_optional(st.sampled_from(("mp3", "wav", "ogg", "")))),
        st.builds(AudioBlock, url=urls),
        st.builds(VideoBlock, video=bytes_, fps=_optional(st.integers(0, 9))),
        st.builds(
            DocumentBlock, data=bytes_, title=_optional(kts.strings()), document_mimetype=_optional(kts.strings())
        ),
        st.builds(DocumentBlock, url=kts.strings()),
        st.builds(CachePoint, cache_control=control),
        st.builds(CitableBlock, title=kts.strings(), source=kts.strings(), content=st.lists(text, max_size=2)),
        st.builds(
            CitationBlock,
            title=kts.strings(),
            source=kts.strings(),
            cited_content=text,
            additional_location_info=st.dictionaries(kts.strings(), st.integers(0, 9), max_size=2),
        ),
    )


@cache
def messages() -> st.SearchStrategy[ChatMessage]:
    """Give messages; nothing in them need make sense."""
    return st.builds(
        ChatMessage,
        role=st.sampled_from(MessageRole),
        blocks=st.lists(blocks(), max_size=3),
        additional_kwargs=kwargs(*_KEYS),
    )
