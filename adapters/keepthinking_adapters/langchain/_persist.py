"""LangChain's own persistence of messages.

`dumps` and `loads` of `langchain_core.load` keep what `messages_to_dict` keeps, and escape what looks like their own
marks; `loads` may make messages only.
"""

from __future__ import annotations

import warnings
from typing import Any, cast

from langchain_core.load import dumps, loads
from langchain_core.messages import BaseMessage

from keepthinking import DecodeError

__all__ = ["dump", "load"]


def dump(native: list[BaseMessage]) -> bytes:
    """Write a history with LangChain's own persistence, as ASCII JSON."""
    return dumps(list(native)).encode()


def load(data: bytes) -> list[BaseMessage]:
    """Read what `dump` wrote.

    Raises:
        DecodeError: LangChain cannot read it; culprit `data`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LangChain marks its loader as beta
            found: Any = loads(data.decode(), allowed_objects="messages")
    except Exception as error:
        raise DecodeError(f"LangChain cannot read it: {type(error).__name__}", where="$", culprit="data") from error
    if not isinstance(found, list) or not all(isinstance(one, BaseMessage) for one in cast("list[object]", found)):
        raise DecodeError("it is no list of messages", where="$", culprit="data")
    return cast("list[BaseMessage]", found)
