"""LangChain's own persistence of messages.

`dumps` and `load` of `langchain_core.load` keep what `messages_to_dict` keeps, and escape what looks like their own
marks; `load` may make messages only. They are named one by one, since LangChain's own list of messages is without
`ChatMessage` (langchain-core 1.7.2).
"""

from __future__ import annotations

import warnings
from typing import Any, Final, cast

from langchain_core import load as persistence
from langchain_core.messages import BaseMessage

from keepthinking import DecodeError, EncodeError
from keepthinking.carry import json_of
from keepthinking_adapters.langchain._plain import HISTORY
from keepthinking_adapters.langchain._residual import CLASSES

__all__ = ["dump", "load"]

_UNREADABLE: Final = b'"not_implemented"'
"""What LangChain writes in the place of a value that it cannot write (langchain-core 1.7.2, `load/serializable.py`)."""


def dump(native: list[BaseMessage]) -> bytes:
    """Write a history with LangChain's own persistence, as ASCII JSON.

    Raises:
        EncodeError: A message holds what LangChain can write and not read again (bytes, objects); culprit `framework`.
            It is no list of messages; culprit `caller`.
    """
    data = persistence.dumps(list(HISTORY.written(native))).encode()
    if _UNREADABLE in data:
        try:
            load(data)
        except DecodeError as error:
            what = "a message holds what LangChain could not load again"
            hint = "keep bytes and objects out of `artifact` and `additional_kwargs`"
            raise EncodeError(what, culprit="framework", hint=hint) from error
    return data


def load(data: bytes) -> list[BaseMessage]:
    """Read what `dump` wrote.

    Raises:
        DecodeError: LangChain cannot read it; culprit `data`. It is no document; culprit `caller`.
    """
    document, hint = json_of(data), "give what `dump` wrote, all of it"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LangChain marks its loader as beta
            found: Any = persistence.load(document, allowed_objects=[*CLASSES.values()])
    except Exception as error:
        what = f"LangChain cannot read it: {type(error).__name__}"
        raise DecodeError(what, where="$", culprit="data", hint=hint) from error
    if not isinstance(found, list) or not all(isinstance(one, BaseMessage) for one in cast("list[object]", found)):
        raise DecodeError("it is no list of messages", where="$", culprit="data", hint=hint)
    return cast("list[BaseMessage]", found)
