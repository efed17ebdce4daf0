"""What a message's record held, in a few words outside of it: who takes the record out is told of it.

Rule 1: the record of what a model said stands in a block of thinking (`_to_native`), so it goes with that block. The
witness stands beside the blocks and holds no content, since LlamaIndex's memories count what stands there as tokens.
Rule 2: only `to_native` writes one, and only with a record; a message without one has nothing to tell.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, cast

from llama_index.core.base.llms.types import ChatMessage

from keepthinking import Finding, FormatError, Message, Thinking

__all__ = ["WITNESS", "counted", "missed"]

WITNESS: Final = "keepthinking_held"
"""The key of `additional_kwargs` that holds the counts."""


class _Row(NamedTuple):
    check: str
    what: str


_ROWS: Final = {
    "thinking": _Row("thinking.kept.in-loop", "thoughts"),
    "redacted": _Row("redacted.kept", "thoughts without words"),
    "seals": _Row("seal.kept", "seals"),
}


def counted(message: Message) -> dict[str, int]:
    """Give how much of what nobody makes again a message holds; what it has none of is not named."""
    thoughts = [block for block in message.blocks if isinstance(block, Thinking)]
    worded = sum(any(isinstance(segment.text, str) for segment in block.segments) for block in thoughts)
    seals = sum(len(block.seals) for block in message.blocks)
    found = {"thinking": worded, "redacted": len(thoughts) - worded, "seals": seals}
    return {name: count for name, count in found.items() if count}


def missed(native: ChatMessage, seen: Message) -> tuple[Finding, ...]:
    """Tell what was taken out of a message whose record is gone; () where it never had one.

    Args:
        native: The message, which carries no record.
        seen: What LlamaIndex alone tells of it.

    Raises:
        FormatError: Something else stands where a witness should.
    """
    if WITNESS not in native.additional_kwargs:
        return ()
    held, left = _checked(native.additional_kwargs[WITNESS]), counted(seen)
    found: list[Finding] = []
    for name, row in _ROWS.items():
        gone = held.get(name, 0) - left.get(name, 0)
        if gone > 0:
            what = f"Of {held[name]} {row.what} {gone} were taken out, and the record with them; they are lost."
            found.append(Finding(check=row.check, status="fail", level="MUST", fate="dropped", what=what, path=""))
    what = "The record was taken out, and with it whatever LlamaIndex has no field for."
    rest = Finding(check="prefix.unaltered", status="warn", level="SHOULD", fate="dropped", what=what, path="")
    return (*found, rest)


def _checked(value: object) -> dict[str, int]:
    counts = cast("dict[Any, object]", value) if isinstance(value, dict) else {None: None}
    if all(type(name) is str and type(count) is int for name, count in counts.items()):
        return cast("dict[str, int]", counts)
    raise FormatError("a witness is broken", where="$", culprit="framework", hint=f"take `{WITNESS}` out")
