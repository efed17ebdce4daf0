"""What one difference of two blocks, or the lack of one, means: check, fate and sentence.

Rule 1: no sentence holds words of a model; lengths, names of tools and of members say enough.
"""

from __future__ import annotations

from collections.abc import Mapping

from keepthinking._compare import Difference
from keepthinking._equal import is_none_written
from keepthinking._messages import Block, Media, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking._turns import Spot
from keepthinking.audit._likeness import ALIKE, ratio
from keepthinking.audit._verdict import BLANK, GIVEN, MEMBER, RUN, Verdict


def changed(mine: Block, other: Block, difference: Difference, here: int, place: Spot) -> Verdict:
    """Say what one difference of two blocks of one kind means; seals have their own.

    Args:
        mine: The block as it was said.
        other: The block as it came back.
        difference: Where they differ.
        here: Index of the block in the answer.
        place: Where it came back.
    """
    match mine, other:
        case Thinking() as thought, Thinking() as back:
            return _rethought(thought, back, difference, here, place)
        case ToolCall() as asked, ToolCall() as back:
            return _recalled(asked, back, difference, here, place)
        case Text(), _:
            of = "" if attribute_of(difference) == "text" else f"`{difference.path}` of "
            what = f"{of}a visible text came back changed"
            return Verdict("text.unaltered", "altered", what, here, place, difference.at)
        case _:
            return Verdict("opaque.unaltered", "altered", _member(mine, difference), here, place, difference.at)


def _member(mine: Block, difference: Difference) -> str:
    how = "was added" if difference.kind == "extra" else "came back changed or not at all"
    return f"`{difference.path or 'type'}` of a {word(mine)} {how}"


def _recalled(mine: ToolCall, other: ToolCall, difference: Difference, here: int, place: Spot) -> Verdict:
    """Say what became of a call of which something is not what it was."""
    at = difference.at
    match attribute_of(difference), difference.kind:
        case "arguments", "respelled" if is_none_written(mine, other):
            what = "a call without arguments came back with an empty object of them"
            return Verdict("arguments.verbatim", "normalised", what, here, place, at, part=GIVEN)
        case "arguments", "respelled":
            what = "arguments were written anew: equal as JSON, not byte for byte"
            return Verdict("arguments.verbatim", "normalised", what, here, place, at)
        case "arguments", _:
            return Verdict("arguments.equal", "altered", "arguments came back changed", here, place, at)
        case "name", _:
            what = "a call came back with another tool's name"
            return Verdict("call.name.unaltered", "altered", what, here, place, at)
        case _:
            return Verdict("call.unaltered", "altered", _member(mine, difference), here, place, at)


def _rethought(  # noqa: PLR0911 - a table
    mine: Thinking, other: Thinking, difference: Difference, here: int, place: Spot
) -> Verdict:
    """Say what became of thinking whose words, place or members are not what they were."""
    match attribute_of(difference), difference.kind:
        case "places", "place":
            return Verdict("thinking.place", "misplaced", "thinking came back in another place", here, place)
        case "segments", "grouping" if len(other.segments) < len(mine.segments):
            return Verdict("grouping.not-merged", "altered", "the pieces of a thought were joined", here, place)
        case "segments", "grouping":
            return Verdict("grouping.not-split", "altered", "a thought was cut into pieces", here, place)
        case "segments", _ if mine.text == other.text:
            what = "thinking without words came back written another way"
            return Verdict("thinking.empty.kept", "altered", what, here, place, empty=not mine.seals)
        case "segments", _:
            return _reworded(mine, other, difference, here, place)
        case "places", _:
            what = "the white space around thinking came back changed"
            return Verdict("thinking.unaltered", "altered", what, here, place, difference.at)
        case attribute, _:
            what = f"`{difference.path}` of thinking came back changed or not at all"
            part = MEMBER if attribute == "item" and not mine.seals else ""
            return Verdict("thinking.unaltered", "altered", what, here, place, difference.at, part)


def _reworded(mine: Thinking, other: Thinking, difference: Difference, here: int, place: Spot) -> Verdict:
    if not other.text and not other.seals:
        what = f"a thinking block of {len(mine.text):,} characters came back without its words"
        return Verdict("thinking.kept", "dropped", what, here, place)
    if other.text and ratio(mine.text, other.text) < ALIKE:
        what = "other words stand where the model's thinking was"
        return Verdict("thinking.not-invented", "invented", what, here, place)
    return Verdict("thinking.unaltered", "altered", "thinking came back changed", here, place, difference.at)


def dropped(block: Block, here: int, place: Spot) -> Verdict:  # noqa: PLR0911 - a table
    """Say that a block did not come back.

    Args:
        block: The block.
        here: Its index in the answer.
        place: The message where it should stand.
    """
    match block:
        case Thinking() if block.text:
            what = f"a thinking block of {len(block.text):,} characters did not come back"
            return Verdict("thinking.kept", "dropped", what, here, place)
        case Thinking() if any(seal.slot != "signature" for seal in block.seals):
            return Verdict("redacted.kept", "dropped", "redacted thinking did not come back", here, place)
        case Thinking() if block.seals:
            what = "sealed thinking without words did not come back"
            return Verdict("thinking.empty.kept", "dropped", what, here, place)
        case Thinking():
            what = "thinking without words came back as none at all"
            return Verdict("thinking.empty.kept", "dropped", what, here, place, empty=True)
        case ToolCall() if block.server:
            what = f"the call of {block.name!r}, which the provider ran, did not come back"
            return Verdict("call.kept", "dropped", what, here, place, part=RUN)
        case ToolCall():
            return Verdict("call.kept", "dropped", f"the call of {block.name!r} did not come back", here, place)
        case Text() if block.text.isspace():
            what = "white space that was a text of its own did not come back"
            return Verdict("text.kept", "dropped", what, here, place, part=BLANK)
        case Text():
            what = f"a visible text of {len(block.text):,} characters did not come back"
            return Verdict("text.kept", "dropped", what, here, place)
        case Media():
            return Verdict("text.kept", "dropped", f"a visible {block.kind} did not come back", here, place)
        case _:
            return Verdict("opaque.kept", "dropped", f"a {word(block)} did not come back", here, place)


def attribute_of(difference: Difference) -> str:
    """Name the attribute of a block that differs."""
    return difference.path.partition(".")[0].partition("[")[0]


_WORDS: Mapping[type, str] = {
    Text: "text",
    Thinking: "thinking block",
    ToolCall: "tool call",
    ToolResult: "result of a tool that the provider ran",
    Media: "picture, sound or file",
    Opaque: "block of the provider's own",
}


def word(block: Block) -> str:
    """Name a block in a sentence."""
    return _WORDS[type(block)]
