"""Reading the flat list of items.

Rule 1: a maximal run of items that the model made is one message; each of its items is an `Item`, and the blocks point
to theirs. What the caller gave is one message an item.
Rule 2: who made an item of an unknown type is told by its role, else by how its type ends: results (`_output`,
`_response`) are the caller's, all else is the model's, references to stored items among it.
Rule 3: what is known is taken, what is left stays in `fields`; an item of unknown shape is kept whole, in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from keepthinking._errors import Culprit, DecodeError
from keepthinking._grouping import RESULT_ROLES
from keepthinking._json import Json, Slice, Slices, members, string
from keepthinking._messages import Block, Item, Message, Opaque, Seal, Text, Tool
from keepthinking._turns import MODEL_ROLES, SYSTEM_ROLES
from keepthinking.dialects._base import role_of
from keepthinking.dialects._wire import (
    Spelling,
    is_null,
    is_object,
    rest,
    take_json,
    take_nullable,
    take_string,
    write_members,
)
from keepthinking.dialects.openai_responses._names import (
    ASSISTANT,
    CALL_ENDS,
    CALLS,
    CONTAINER,
    CONTENT,
    ENCRYPTED,
    FREEFORM_RESULT,
    GIVEN,
    GIVEN_ROLE,
    HOSTED_CALL,
    HOSTED_RESULT,
    ID,
    INPUT,
    INSTRUCTIONS,
    MESSAGE,
    REASONING,
    REFERENCE,
    RESULT,
    RESULT_ENDS,
    SERVED,
    SYSTEM,
    TOOL,
    TOOL_KINDS,
)
from keepthinking.dialects.openai_responses._plan import is_easy
from keepthinking.dialects.openai_responses._read_parts import (
    read_call,
    read_content,
    read_result,
    read_thinking,
    word,
)


class Sort(NamedTuple):
    """What one item says about who made it.

    Attributes:
        made: Whether the model made it.
        hosts: Id of a call that the provider runs itself.
        answers: Id of the call that it answers, where that decides who made it.
    """

    made: bool
    hosts: str = ""
    answers: str = ""


class Run(NamedTuple):
    """Which items are one message: several `made` by the model, or one that the caller gave."""

    start: int
    end: int
    made: bool


def read_items(slices: Sequence[Slice], base: str, culprit: Culprit) -> list[Message]:
    """Read a list of items as messages. Raises `DecodeError`."""
    held = [members(slice_, f"{base}[{i}]", culprit) for i, slice_ in enumerate(slices)]
    sorts = [sort(left, f"{base}[{i}]", culprit) for i, left in enumerate(held)]
    return [read_run(run, held[run.start : run.end], base, culprit) for run in runs(sorts)]


def sort(left: Slices, path: str, culprit: Culprit) -> Sort:
    """Tell who made an item. Raises `DecodeError` for what is no item."""
    kind = kind_of(left, path, culprit)
    if kind == MESSAGE:
        return Sort(role_of(dict(left), path, culprit) == ASSISTANT)
    if role := word(left, "role"):
        return Sort(role == ASSISTANT)
    if kind == HOSTED_CALL and _is_hosted(left, path):
        return Sort(made=True, hosts=word(left, "call_id"))
    if kind == HOSTED_RESULT:
        return Sort(made=False, answers=word(left, "call_id"))
    served = kind in SERVED or word(left, "execution") == "server"
    return Sort(served or not (kind in GIVEN or kind.endswith(RESULT_ENDS)))


def runs(sorts: Sequence[Sort]) -> Iterator[Run]:
    """Group items into messages."""
    start, made = 0, False
    hosted: set[str] = set()
    for at, one in enumerate(sorts):
        mine = one.made or (made and one.answers in hosted)
        if at and not (mine and made):
            yield Run(start, at, made)
            start = at
            hosted = set()
        made = mine
        if one.hosts:
            hosted.add(one.hosts)
    if sorts:
        yield Run(start, len(sorts), made)


def read_run(run: Run, held: Sequence[Slices], base: str, culprit: Culprit) -> Message:
    """Read the items of one run, given as their members, as one message."""
    if run.made:
        return read_made(held, base, culprit, run.start)
    return _given(held[0], f"{base}[{run.start}]", culprit)


def read_made(held: Sequence[Slices], base: str, culprit: Culprit, first: int = 0) -> Message:
    """Read items that the model made, or that stand in its answer, as one message."""
    items: list[Item] = []
    blocks: list[Block] = []
    for n, left in enumerate(held):
        item, found = _made(left, f"{base}[{first + n}]", culprit)
        items.append(item)
        blocks += [replace(block, item=n) for block in found]
    return Message(role=ASSISTANT, blocks=tuple(blocks), items=tuple(items))


def read_string(raw: Slice, culprit: Culprit) -> Message:
    """Read an `input` that is one string: what the user said."""
    return Message(role="user", blocks=(Text(text=string(raw, f"$.{INPUT}", culprit)),), carrier=INPUT)


def read_instructions(raw: Slice, culprit: Culprit) -> Message:
    """Read `instructions`, a string or null."""
    blocks = () if is_null(raw) else (Text(text=string(raw, f"$.{INSTRUCTIONS}", culprit)),)
    return Message(role=SYSTEM, blocks=blocks, carrier=INSTRUCTIONS)


def read_tool(left: Slices, path: str) -> Tool:
    """Read one tool: functions are flat here; what has another type the provider knows by that."""
    kind: Literal["function", "freeform", "server"] = TOOL_KINDS.get(word(left, "type"), "server")
    spelling = Spelling()
    if kind != "server":
        del left["type"]
    elif not word(left, "type"):
        spelling.note("type", "absent")  # what tells it from a tool of another wire
    return Tool(
        name=take_nullable(left, "name", path),
        description=take_nullable(left, "description", path),
        parameters=take_json(left, "parameters"),
        kind=kind,
        fields=rest(left),
        spelling=spelling.json(),
    )


# -- one item -----------------------------------------------------------------------------------------------------


def kind_of(left: Slices, path: str, culprit: Culprit) -> str:
    """Give the type of an item; a message and a reference may do without (`EasyInputMessageParam`, `ItemReference`)."""
    if kind := word(left, "type"):
        return kind
    if "role" in left:
        return MESSAGE
    if word(left, "id"):
        return REFERENCE
    raise DecodeError("an item has neither a type nor a role", where=path, culprit=culprit)


def _made(left: Slices, path: str, culprit: Culprit) -> tuple[Item, list[Block]]:
    kind = kind_of(left, path, culprit)
    spelling = Spelling()
    _take_type(left, spelling)
    blocks: list[Block] = []
    if kind != MESSAGE:
        blocks = [_block(left, kind, path, culprit)]
    elif role_of(dict(left), path, culprit) == ASSISTANT:
        del left["role"]
        blocks = read_content(left, path, spelling, culprit, ASSISTANT)
    # else the caller's own words, repeated in an answer: the model did not say them, so they are no block
    id_, phase, status = (take_nullable(left, key, path) for key in ("id", "phase", "status"))
    if kind == MESSAGE and is_easy(id_, status, blocks) and spelling.of(CONTENT, "list") == "list":
        spelling.note(CONTENT, "list")
    if blocks and isinstance(block := blocks[0], Opaque) and kind != MESSAGE:
        blocks = [replace(block, body=Json(write_members(left)))]
        left = {}
    item = Item(kind=kind, id=id_, phase=phase, status=status, fields=rest(left), spelling=spelling.json())
    return item, blocks


def _block(left: Slices, kind: str, path: str, culprit: Culprit) -> Block:
    """Read the block of an item that has one."""
    block: Block | None = None
    if kind == REASONING:
        block = read_thinking(left, path, culprit)
    elif word(left, "execution") == "server":
        block = None  # an id or none, the provider runs both call and output itself
    elif kind in CALLS or (kind.endswith(CALL_ENDS) and word(left, "call_id") and "name" not in left):
        block = read_call(left, kind, path)
        if block is not None and kind == HOSTED_CALL and _is_hosted(left, path):
            block = replace(block, server=True)
    elif _is_result(left, kind):
        block = replace(read_result(left, path, culprit), server=True)
    return _opaque(left, kind, path) if block is None else block


def _given(left: Slices, path: str, culprit: Culprit) -> Message:
    """Read one item that the caller gave."""
    kind = kind_of(left, path, culprit)
    if _is_result(left, kind):
        if kind == RESULT:
            del left["type"]
        result = read_result(left, path, culprit)
        return Message(role=TOOL, blocks=(replace(result, fields=rest(left)),))
    if kind != MESSAGE:
        role = word(left, "role") or (GIVEN_ROLE if kind in GIVEN else TOOL)
        del left["type"]
        return Message(role=role, blocks=(_opaque(left, kind, path),), carrier=INPUT)
    spelling = Spelling()
    if word(left, "type"):
        spelling.note("type", MESSAGE)
        del left["type"]
    role = role_of(left, path, culprit)
    if role in SYSTEM_ROLES:
        spelling.note("carrier", INPUT)  # what tells it from `instructions`
    elif role in RESULT_ROLES or role in MODEL_ROLES:
        spelling.note("role", "own")  # it came from this wire, so it may go back to it
    blocks = read_content(left, path, spelling, culprit, role)
    return Message(role=role, blocks=tuple(blocks), fields=rest(left), spelling=spelling.json())


def _opaque(left: Slices, kind: str, path: str) -> Opaque:
    """Keep an item whole, less its type and its seal."""
    wire = take_string(left, ENCRYPTED, path)
    seals = (Seal(slot=ENCRYPTED, wire=wire),) if isinstance(wire, str) else ()
    return Opaque(dialect=ID, kind=kind, seals=seals, body=Json(write_members(left)))


def _take_type(left: Slices, spelling: Spelling) -> None:
    if word(left, "type"):
        del left["type"]
    else:
        spelling.note("type", "absent")


def _is_result(left: Slices, kind: str) -> bool:
    return (kind.endswith(RESULT_ENDS[0]) and bool(word(left, "call_id"))) or kind in {RESULT, FREEFORM_RESULT}


def _is_hosted(left: Slices, path: str) -> bool:
    raw = left.get("environment")
    return raw is not None and is_object(raw) and word(members(raw, path), "type") == CONTAINER
