"""What a room is given, looked at before anything is made of it.

Rule 1: what is no history is said to be none, with what it is, where it stands, and what to give instead.
Rule 2: what is to be written is the caller's, and so is the fault; what is to be read is the framework's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from keepthinking._errors import DecodeError, EncodeError
from keepthinking._messages import Message

__all__ = ["History", "has_shape", "json_of", "messages_of"]

_NO_HISTORY: Final = (str, bytes, bytearray, memoryview)
"""Sequences, and of nothing that could be a message."""


class History(NamedTuple):
    """What a framework's history is.

    Attributes:
        framework: The framework's name, as people write it.
        kinds: The classes of what stands in it.
        hint: What to give, for whoever gave something else.
        items: What the framework calls what stands in it, for paths.
        item: One of these, for people.
    """

    framework: str
    kinds: tuple[type[Any], ...]
    hint: str
    items: str = "messages"
    item: str = "message"

    def read(self, given: object) -> Sequence[Any]:
        """Give a history that is to be read.

        Raises:
            DecodeError: It is none; culprit `framework`.
        """
        if (wrong := self._wrong(given)) is not None:
            raise DecodeError(wrong[0], where=wrong[1], culprit="framework", hint=self.hint)
        return cast("Sequence[Any]", given)

    def written(self, given: object) -> Sequence[Any]:
        """Give a history that is to be written down.

        Raises:
            EncodeError: It is none; culprit `caller`.
        """
        if (wrong := self._wrong(given)) is not None:
            raise EncodeError(wrong[0], where=wrong[1], culprit="caller", hint=self.hint)
        return cast("Sequence[Any]", given)

    def _wrong(self, given: object) -> tuple[str, str] | None:
        """Say what is wrong, and where; None for nothing."""
        if not _is_list(given):
            return f"{type(given).__name__} is no history of {self.framework}", "$"
        for i, one in enumerate(cast("Sequence[object]", given)):
            if not isinstance(one, self.kinds):
                return f"{type(one).__name__} is no {self.item} of {self.framework}", f"{self.items}[{i}]"
        return None


def has_shape(native: object, shapes: Mapping[type, Mapping[str, tuple[type, ...]]]) -> bool:
    """Tell whether an object of a framework holds what its class promises.

    Args:
        native: The object.
        shapes: For each class, of which the object may have several, its attributes and what they may be.
    """
    held = vars(native)
    rows = (fields for kind, fields in shapes.items() if isinstance(native, kind))
    return all(name in held and isinstance(held[name], kinds) for fields in rows for name, kinds in fields.items())


def messages_of(given: object) -> Sequence[Message]:
    """Give messages of ours that are to become a framework's.

    Raises:
        EncodeError: It is no list of messages; culprit `caller`.
    """
    if not _is_list(given):
        what = f"{type(given).__name__} is no history"
        raise EncodeError(what, where="$", culprit="caller", hint="give a list of `Message`")
    for i, one in enumerate(cast("Sequence[object]", given)):
        if not isinstance(one, Message):
            what = f"{type(one).__name__} is no message of ours"
            raise EncodeError(what, where=f"messages[{i}]", culprit="caller", hint="read it with `from_native`")
    return cast("Sequence[Message]", given)


def _is_list(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, _NO_HISTORY)


_DUMP: Final = "give what `dump` wrote, all of it"


def json_of(data: object) -> Any:
    """Give the value of a JSON document that was stored; NaN is read, since frameworks write it.

    Args:
        data: The document as it was written, or as a database of texts gives it.

    Raises:
        DecodeError: It is no document (culprit `caller`), or no JSON in UTF-8 (culprit `data`).
    """
    if not isinstance(data, str | bytes | bytearray | memoryview):
        raise DecodeError(f"{type(data).__name__} is no document", where="$", culprit="caller", hint=_DUMP)
    try:
        return json.loads(data if isinstance(data, str) else bytes(cast("bytes", data)).decode())
    except UnicodeDecodeError as error:
        raise DecodeError("it is no UTF-8", where=f"$, byte {error.start}", culprit="data", hint=_DUMP) from error
    except json.JSONDecodeError as error:
        what = f"it is no JSON: {error.msg}"
        raise DecodeError(what, where=f"$, character {error.pos}", culprit="data", hint=_DUMP) from error
    except (ValueError, RecursionError) as error:  # a number of more digits than Python reads, or nested too deep
        raise DecodeError("it is no JSON that can be read", where="$", culprit="data", hint=_DUMP) from error
