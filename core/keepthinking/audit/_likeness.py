"""How much one block looks like a changed form of another."""

from __future__ import annotations

from difflib import SequenceMatcher

from keepthinking._compare import seal_equal
from keepthinking._messages import Block, Media, Message, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking.audit._anchors import texts_in

ALIKE = 0.5
"""From here on two texts are forms of one text."""

_SEEN = 2000
"""As many characters say enough about likeness, and long thoughts must not cost their square."""


def ratio(a: str, b: str) -> float:
    """Say how much two texts have in common: 1 for equal ones, 0 where either is empty."""
    if a == b:
        return 1.0 if a else 0.0
    if not a or not b:
        return 0.0
    if a in b or b in a:
        return max(ALIKE, min(len(a), len(b)) / max(len(a), len(b)))
    matcher = SequenceMatcher(None, a[:_SEEN], b[:_SEEN], autojunk=True)
    # texts of one language share their letters; only the order of these says more
    return matcher.ratio() if matcher.quick_ratio() > ALIKE else 0.0


def likeness(a: Block, b: Block) -> float:  # noqa: PLR0911 - one a kind of block
    """Say how much one block looks like a changed form of another; 0 means that it does not.

    Words tell more than a seal: a seal may have been put on another block.
    """
    if type(a) is not type(b):
        return 0.0
    match a, b:
        case ToolCall(), ToolCall():
            same_id = isinstance(a.id, str) and a.id == b.id
            return 4.0 * same_id + 2.0 * (a.arguments == b.arguments) + (a.name == b.name)
        case Thinking(), Thinking():
            sealed = any(seal_equal(seal, other) for seal in a.seals for other in b.seals)
            words = ratio(a.text, b.text)
            return 4.0 * (words == 1.0) + 2.0 * sealed + words
        case Text(), Text():
            return ratio(a.text, b.text)
        case Opaque(), Opaque():
            return 1.0 * (a.kind == b.kind)
        case ToolResult(), ToolResult():
            return 1.0 + (a.call_id == b.call_id)
        case Media(), Media():
            return 1.0 * (a.kind == b.kind)
        case _:
            return 0.0


def alike(a: Message, b: Message) -> bool:
    """Tell whether a message may be a changed form of another: a call of the same tool, or words in common."""
    return any(_akin(one, other) for one in a.blocks for other in b.blocks)


def _akin(a: Block, b: Block) -> bool:
    match a, b:
        case ToolCall(), ToolCall():
            return a.name == b.name or a.arguments == b.arguments
        case Thinking() | Text(), Thinking() | Text():
            return ratio(a.text, b.text) >= ALIKE
        case Opaque(), Opaque() if a.kind == b.kind:
            longest = (max(texts_in(block), key=len, default="") for block in (a, b))
            return ratio(*longest) >= ALIKE
        case _:
            return False
