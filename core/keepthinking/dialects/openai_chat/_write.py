"""Writing one wire message.

Rule 1: a block goes back to the place it came from; one that was never on a wire goes where the profile says.
Rule 2: what this wire cannot hold is a `Loss`, never a guess.
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._json import dump_string
from keepthinking._messages import (
    Block,
    Field,
    Inline,
    Message,
    Opaque,
    Place,
    Thinking,
    ToolCall,
    ToolResult,
)
from keepthinking._profiles import Profile
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects import _inline
from keepthinking.dialects._alone import numbered
from keepthinking.dialects._cache import Written
from keepthinking.dialects._choices import RESULT_ROLES
from keepthinking.dialects._wire import (
    NULL,
    Spelling,
    Tree,
    array,
    put,
    write,
)
from keepthinking.dialects.openai_chat._names import (
    CALLS,
    CONTENT,
    DETAIL_TEXT,
    DETAILS,
    FIELDS,
    FOREIGN_ROLES,
    ID,
)
from keepthinking.dialects.openai_chat._write_parts import (
    as_text,
    foreign,
    is_piece,
    value_of,
    write_call,
    write_detail,
    write_opaque,
    write_parts,
)

_RANK = {**dict.fromkeys((*FIELDS, DETAILS), 0), CONTENT: 1, CALLS: 2}
_EMPTY = {"null": NULL, "empty": b"[]"}


def write_message(message: Message, profile: Profile, *, answer: bool = False) -> Written:
    """Write a message as one element of `messages`, or as several where it holds several tool results.

    Args:
        message: The message.
        profile: How the provider speaks.
        answer: Whether it is what a model answers, whose content is a string: clients have no other type for it
            (openai 3.54.0, `types/chat/chat_completion_message.py`, verified 2026-11-27).
    """
    results = [block for block in message.blocks if isinstance(block, ToolResult) and not block.server]
    if not results:
        return _Writer(message, profile, answer=answer).done()
    if len(message.blocks) == 1 and message.role in RESULT_ROLES:
        losses: list[Loss] = []
        typed: dict[str, bytes | Tree] = {"role": dump_string(message.role)}
        typed.update(_result(results[0], "blocks[0]", losses))
        return Written(write(typed, message.fields), tuple(losses))
    return _split(message, profile)


def _split(message: Message, profile: Profile) -> Written:
    """Give each tool result a message of its own, and the rest one after them."""
    bodies: list[bytes] = []
    others: list[int] = []
    why = "each tool result is a message of its own here"
    losses = [Loss(kind="grouping", path="", what="one message of several parts", why=why)]
    for i, block in enumerate(message.blocks):
        if isinstance(block, ToolResult) and not block.server:
            typed: dict[str, bytes | Tree] = {"role": b'"tool"'}
            typed.update(_result(block, f"blocks[{i}]", losses))
            bodies.append(write(typed))
        else:
            others.append(i)
    if others:
        written = _Writer(message.with_blocks([message.blocks[i] for i in others]), profile).done()
        bodies.append(written.body)
        losses += numbered(written.losses, others)
    elif message.fields is not UNSET:
        why = "no message is left to hold them"
        losses.append(Loss(kind="content", path="fields", what="members of the message", why=why))
    return Written(b",".join(bodies), tuple(losses))


class _Writer:
    """One message on its way out: its blocks sorted into the members of the wire message."""

    def __init__(self, message: Message, profile: Profile, *, answer: bool = False) -> None:
        self.message = message
        self.profile = profile
        self.answer = answer
        self.losses: list[Loss] = []
        self.fields: dict[str, list[tuple[int, Thinking]]] = {}
        self.details: list[bytes] = []
        self.content: list[tuple[int, Block]] = []
        self.calls: list[bytes] = []
        rank = 0
        for i, found in enumerate(message.blocks):
            block = self._placed(found)
            if block is None:
                if isinstance(found, Thinking) and (found.text or found.seals):
                    self._lose("content", i, "thinking", f"`{profile.name}` has no field that takes it back")
                continue
            if message.role in RESULT_ROLES:
                self._lose("grouping", i, f"{_word(block)} in a tool message", "all of such a message is one result")
            slots = self._slots(block)
            now = max(_RANK.get(slot, 0) for slot in slots)
            if now < rank:
                why = "thinking, text and calls are separate members here, in this order"
                self._lose("order", i, f"the place of {_word(block)} after later parts", why)
            rank = max(rank, now)
            for slot in slots:
                self._sort(i, block, slot)
        self._lose_items()

    def _lose_items(self) -> None:
        """Tell of the objects around blocks that are no entries of `reasoning_details`."""
        entries = {
            block.item
            for block in self.message.blocks
            if isinstance(block, Thinking)
            and block.item is not UNSET
            and (placed := self._placed(block)) is not None
            and DETAILS in self._slots(placed)
        }
        for i, item in enumerate(self.message.items):
            if i not in entries or item.kind not in DETAIL_TEXT:
                why = "only thinking in `reasoning_details` stands in an object of its own here"
                what = f"the `{item.kind}` object around a block"
                self.losses.append(Loss(kind="foreign", path=f"items[{i}]", what=what, why=why))

    def done(self) -> Written:
        """Write the members in the order in which providers write them."""
        spelling = Spelling(self.message.spelling)
        typed: dict[str, bytes | Tree] = {"role": dump_string(self._role(spelling))}
        put(typed, "name", self.message.name)
        self._write_content(typed, spelling)
        for name, thoughts in self.fields.items():
            typed[name] = dump_string("".join(block.text for _, block in thoughts))
            for i, block in thoughts[1:]:
                if len(self._slots(block)) == 1:
                    self._lose("grouping", i, "the border between two thoughts", f"`{name}` is one string")
        if self.details:
            typed[DETAILS] = array(self.details)
        if self.calls:
            typed[CALLS] = array(self.calls)
        for name in (*FIELDS, DETAILS, CALLS):
            if name not in typed and (word := spelling.of(name, "")) in _EMPTY:
                typed[name] = _EMPTY[word]
        return Written(write(typed, self.message.fields), tuple(self.losses))

    def _role(self, spelling: Spelling) -> str:
        role = FOREIGN_ROLES.get(self.message.role, self.message.role)
        if role == self.message.role or spelling.of("role", "") == "own":
            return self.message.role
        why, what = f"such messages are of the role `{role}` here", f"the role `{self.message.role}`"
        self.losses.append(Loss(kind="spelling", path="role", what=what, why=why))
        return role

    def _lose(self, kind: str, index: int, what: str, why: str) -> None:
        self.losses.append(Loss(kind=kind, path=f"blocks[{index}]", what=what, why=why))  # type: ignore[arg-type]  # a literal at each call

    def _placed(self, block: Block) -> Block | None:
        """Give thinking a place that the provider reads, or None where it reads none.

        What came from this provider, or from a body of this dialect, goes back where it was. What came from another
        one, or was never on a wire, goes where the profile says.
        """
        if not isinstance(block, Thinking):
            return block
        origin = self.message.origin
        elsewhere = not isinstance(origin, UnsetType) and origin.provider not in {UNSET, self.profile.provider}
        known = tuple(place for place in block.places if isinstance(place, Inline) or place.name in _RANK)
        if elsewhere and self.profile.name != ID:
            known = tuple(place for place in known if _reads(self.profile, place))
        if known:
            return block if known == block.places else replace(block, places=known)
        tags = self.profile.tags
        if not _reads(self.profile, Field(name=self.profile.writes)):
            return None
        inline = self.profile.writes == CONTENT and tags is not None
        return replace(block, places=(_inline.framed(tags),) if inline and tags is not None else ())

    def _slots(self, block: Block) -> tuple[str, ...]:
        """Tell which members of the wire message hold a block; several where a thought is mirrored."""
        if isinstance(block, ToolCall):
            return (CALLS,)
        if isinstance(block, Opaque):
            return (block.slot or CONTENT,)
        if isinstance(block, Thinking):
            if not block.places:
                return (self.profile.writes,)
            return tuple(CONTENT if isinstance(place, Inline) else place.name for place in block.places)
        return (CONTENT,)

    def _sort(self, i: int, block: Block, slot: str) -> None:
        if isinstance(block, Opaque) and (block.dialect != ID or slot not in {CONTENT, CALLS, DETAILS}):
            self.losses.append(foreign(block, f"blocks[{i}]"))
        elif isinstance(block, ToolCall | ToolResult) and block.server:
            why = "chat completions have no calls that the provider runs"
            self._lose("foreign", i, f"the server's call of `{block.name}`" if slot == CALLS else "its result", why)
        elif isinstance(block, ToolCall):
            self.calls.append(write_call(block, f"blocks[{i}]", self.losses))
        elif slot == CONTENT:
            self._tagged_late(i, block)
            self.content.append((i, block))
            if is_piece(block) and isinstance(block, Thinking) and len(self._slots(block)) == 1:
                self.losses.extend(as_text(block, f"blocks[{i}]", "between tags there is nothing but text"))
        elif isinstance(block, Opaque):
            written = write_opaque(block, f"blocks[{i}]", self.losses)
            (self.calls if slot == CALLS else self.details).append(written)
        elif isinstance(block, Thinking) and slot == DETAILS:
            self.details.append(write_detail(block, i, self.message.items, len(self.details), self.losses))
        elif isinstance(block, Thinking):
            self._field(i, block, slot)

    def _field(self, i: int, block: Thinking, slot: str) -> None:
        if block.segments or not block.seals:  # of a thought that is a seal alone nothing is left to be written
            self.fields.setdefault(slot, []).append((i, block))
        if DETAILS not in self._slots(block):
            self.losses.extend(as_text(block, f"blocks[{i}]", f"`{slot}` is a plain string"))

    def _tagged_late(self, i: int, block: Block) -> None:
        if self.content and is_piece(block) and isinstance(block, Thinking):
            tags = self.profile.tags
            if tags is None or tags.where == "head":
                self._lose("order", i, "the place of thinking behind visible text", "tags count only at the head here")

    def _write_content(self, typed: dict[str, bytes | Tree], spelling: Spelling) -> None:
        how = spelling.of(CONTENT, "")
        blocks = [block for _, block in self.content]
        if not blocks:
            if how != "absent" and self.message.role not in RESULT_ROLES:
                typed[CONTENT] = b"[]" if how in {"list", "part"} else NULL
            return
        pieces = [block for block in blocks if is_piece(block)]
        tagged = any(isinstance(block, Thinking) for block in pieces)
        joined = len(blocks) == 1 or tagged or self.answer or how == "string"
        if how != "list" and (value := value_of(blocks)) is not None:
            typed[CONTENT] = value
        elif len(pieces) == len(blocks) and how == "part":
            typed[CONTENT] = array([write({"type": b'"text"', "text": dump_string(_inline.join(pieces))})])
        elif len(pieces) == len(blocks) and how != "list" and joined:
            typed[CONTENT] = dump_string(_inline.join(pieces))
            if how != "string" and not tagged:
                for i, _ in self.content[1:]:
                    self._lose("grouping", i, "the border between two texts", "an answer's content is one string here")
        else:
            typed[CONTENT] = write_parts([(f"blocks[{i}]", block) for i, block in self.content], self.losses)
        for i, block in self.content:
            if block.seals and not isinstance(block, Thinking):
                self._lose("seal", i, f"the seal of {_word(block)}", "content parts have no place for it")


def _reads(profile: Profile, place: Place) -> bool:
    """Tell whether a provider reads thinking in a place."""
    if isinstance(place, Inline):
        return profile.tags is not None and (place.open or profile.tags.open, place.close or profile.tags.close) == (
            profile.tags.open,
            profile.tags.close,
        )
    if place.name == CONTENT:
        return bool({CONTENT, "content[].thinking"} & set(profile.accepts))
    return place.name in profile.accepts


def _result(block: ToolResult, path: str, losses: list[Loss]) -> dict[str, bytes | Tree]:
    """Write the members of a tool message that belong to its result."""
    typed: dict[str, bytes | Tree] = {}
    put(typed, "tool_call_id", block.call_id)
    put(typed, "name", block.name)
    if isinstance(block.content, tuple) and (value := value_of(block.content)) is not None:
        typed[CONTENT] = value
    elif isinstance(block.content, tuple):
        typed[CONTENT] = write_parts([(f"{path}.content[{n}]", part) for n, part in enumerate(block.content)], losses)
    else:
        put(typed, CONTENT, block.content)
    for n, seal in enumerate(block.seals):
        why = "tool messages have no place for it"
        losses.append(Loss(kind="seal", path=f"{path}.seals[{n}]", what=f"the `{seal.slot}` of a result", why=why))
    if block.fields is not UNSET:
        why = "a tool message is its result, and has members of its own"
        losses.append(Loss(kind="content", path=f"{path}.fields", what="members of a result", why=why))
    if not typed:
        losses.append(Loss(kind="content", path=path, what="an empty result", why="a tool message without any is none"))
    if block.status != "unspecified":
        kind: LossKind = "content" if block.status == "error" else "spelling"
        why = "tool messages have no such flag"
        losses.append(Loss(kind=kind, path=f"{path}.status", what="whether a tool failed", why=why))
    return typed


def block_path(message: Message, index: int) -> str:
    """Give the path of a block from its wire message, for reports."""
    block = message.blocks[index]
    if isinstance(block, ToolResult):
        return CONTENT
    slot = _home(block)
    if slot in FIELDS:
        return slot
    number = sum(_home(earlier) == slot for earlier in message.blocks[:index])
    if slot == CONTENT and all(is_piece(other) for other in message.blocks if _home(other) == CONTENT):
        return CONTENT
    return f"{slot}[{number}]"


def _home(block: Block) -> str:
    """Name the member that holds a block, as it came."""
    if isinstance(block, ToolCall):
        return CALLS
    if isinstance(block, Opaque):
        return block.slot or CONTENT
    if isinstance(block, Thinking):
        place = block.places[0] if block.places else Field(name=FIELDS[0])
        return CONTENT if isinstance(place, Inline) else place.name
    return CONTENT


def _word(block: Block) -> str:
    return {"Thinking": "thinking", "Text": "a text", "Media": "media"}.get(type(block).__name__, "a block")
