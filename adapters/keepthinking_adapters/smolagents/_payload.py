"""What a step carries: the records of its messages, as one string.

Rule 1: it does not look like JSON, since `ActionStep.dict()` parses what does (smolagents 1.26.0,
`make_json_serializable`), and it is ASCII, so that every store leaves it alone.
Rule 2: it stands in two places, and both are enough: in `raw` of the answer, which JSON keeps, and on the text, which
reaches the model. Where both are there, `raw` is believed.
"""

from __future__ import annotations

import json
from typing import Any, Final, cast

import msgspec

from keepthinking.carry import broken
from keepthinking_adapters.smolagents._text import KeptText

__all__ = ["SLOT", "Payload", "in_raw", "parsed", "payload_of", "written"]

SLOT: Final = "keepthinking"
"""The key of `raw` that is ours, and the first word of a payload."""
_MARK: Final = f"{SLOT}:"


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """The records of a step.

    Attributes:
        records: One for the answer, and one for each message of results.
        stops: What the provider stopped at, and smolagents may put behind the words again.
    """

    records: tuple[str, ...]
    stops: tuple[str, ...] = ()


def written(payload: Payload) -> str:
    """Write a payload."""
    return _MARK + json.dumps(msgspec.to_builtins(payload), separators=(",", ":"))


def parsed(text: str) -> Payload:
    """Read a payload.

    Raises:
        FormatError: It is none.
    """
    try:
        if text.startswith(_MARK):
            found = msgspec.convert(json.loads(text.removeprefix(_MARK)), Payload)
            if found.records:
                return found
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:  # its errors were no `ValueError` before 0.20
        raise broken() from error
    raise broken()


def in_raw(raw: object) -> str | None:
    """Give the payload that the `raw` of a message holds; None where it holds none.

    Raises:
        FormatError: Something else stands where it should.
    """
    held = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
    found: object = held.get(SLOT)
    if found is None or isinstance(found, str):
        return found
    raise broken()


def payload_of(raw: object, *texts: object) -> str | None:
    """Give the payload of a message: that of `raw`, else the first that a text carries. Raises as `in_raw` does."""
    found = in_raw(raw)
    carried = (text.payload for text in texts if isinstance(text, KeptText) and text.payload != "")
    return found if found is not None else next(carried, None)
