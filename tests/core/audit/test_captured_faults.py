"""The same faults, planted in every recorded turn that came back as it was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from keepthinking._exchange import Exchange, Request
from keepthinking._messages import Block, Inline, Message, Segment, Text, Thinking, ToolCall
from keepthinking._reports import Finding
from keepthinking._turns import MODEL_ROLES, Spot
from keepthinking.audit import Report, audit, read
from keepthinking.audit._fates import MESSAGE
from tests.core.audit.places import dump, resolve
from tests.core.audit.test_captures import audited, is_paired
from tests.core.audit.wires import DIALECTS

Counted = Callable[[str], None]
Blocks = list[Block]


class Turn(NamedTuple):
    """A recorded answer that came back as it was.

    Attributes:
        rows: The recording up to the request that holds it.
        message: Index of the message that stands for it.
        request: The request, decoded.
        clean: What the audit finds without a fault.
    """

    rows: list[dict[str, Any]]
    dialect: str
    message: int
    request: Request
    answer: int
    clean: Report


def turns(captures: Path, id_: str) -> Iterator[Turn]:
    found = audited(captures)
    rows, auditor, _ = found
    dialect = DIALECTS[id_]
    for last, row in found.of(id_):
        nodes = auditor._scopes[row["source"]].lineage.nodes
        mine = [n for n, other in enumerate(rows[:last], 1) if other["source"] == row["source"]]
        part = [rows[n - 1] for n in mine]
        clean = judged(part)
        for ancestor in nodes[last].ancestors:
            if not nodes[ancestor].whole:
                continue
            request = dialect.decode_request(row["request"])
            if nodes[ancestor].dialect != id_ or not nodes[ancestor].messages:
                continue
            answer = nodes[ancestor].messages[0]
            for index, message in enumerate(request.messages):
                if message.role in MODEL_ROLES and seen(message) == seen(answer):
                    yield Turn(part, id_, index, request, mine.index(ancestor) + 1, clean)


def seen(message: Message) -> list[tuple[object, ...]]:
    """What a message says, as far as the faults need it."""
    return [
        (
            type(block).__name__,
            str(getattr(block, "name", "")),
            getattr(block, "text", "") or getattr(block, "arguments", ""),
            *(seal.wire.replace("-", "+").replace("_", "/") for seal in block.seals),  # in one alphabet
        )
        for block in message.blocks
        if not (isinstance(block, Text) and not block.text)
    ]


def judged(rows: list[dict[str, Any]]) -> Report:
    exchanges: list[Exchange] = list(read([dump(row) for row in rows]))
    return audit(exchanges)


def first(blocks: Blocks, kind: type, *, wordy: bool = False) -> int | None:
    found = (i for i, block in enumerate(blocks) if type(block) is kind and not getattr(block, "server", False))
    return next((i for i in found if not wordy or text_of(blocks[i])), None)


def text_of(block: Block) -> str:
    return block.text if isinstance(block, Text | Thinking) else ""


def drop(blocks: Blocks) -> str | None:
    at = first(blocks, Thinking)
    if at is None:
        return None
    block = blocks.pop(at)
    assert isinstance(block, Thinking)
    redacted = any(seal.slot != "signature" for seal in block.seals)
    return "thinking.kept" if block.text else "redacted.kept" if redacted else "thinking.empty.kept"


def alter(blocks: Blocks) -> str | None:
    at = first(blocks, Thinking, wordy=True)
    if at is None:
        return None
    block = blocks[at]
    assert isinstance(block, Thinking)
    text = f"{block.text[:-1]}{'!' if block.text[-1] != '!' else '?'}"
    blocks[at] = replace(block, segments=(replace(block.segments[0], text=text),))
    return "thinking.unaltered"


def make_text(blocks: Blocks) -> str | None:
    at = first(blocks, Thinking, wordy=True)
    if at is None or len(text_of(blocks[at])) < 16:  # a shorter one may stand there by chance
        return None
    block = blocks.pop(at)
    assert isinstance(block, Thinking)
    blocks.insert(at, Text(text=f"<thinking>{block.text}</thinking>"))
    return "thinking.not-text"


def cut_seal(blocks: Blocks) -> str | None:
    for i, block in enumerate(blocks):
        if block.seals:
            seal = block.seals[0]
            blocks[i] = replace(block, seals=(replace(seal, wire=seal.wire[:-4]), *block.seals[1:]))
            return "seal.unaltered"
    return None


def drop_seal(blocks: Blocks) -> str | None:
    for i, block in enumerate(blocks):
        if block.seals and (text_of(block) or isinstance(block, ToolCall)):
            blocks[i] = replace(block, seals=block.seals[1:])
            return "seal.kept"
    return None


def invent(blocks: Blocks) -> str | None:
    at = first(blocks, Thinking)
    place = blocks[at] if at is not None else None
    if not isinstance(place, Thinking) or any(isinstance(found, Inline) for found in place.places):
        return None
    words = (Segment(text="Let me think about this for a while, step by step."),)
    blocks[at or 0] = replace(place, segments=words, seals=())
    return "thinking.not-invented"


def change_arguments(blocks: Blocks) -> str | None:
    at = first(blocks, ToolCall)
    if at is None:
        return None
    call = blocks[at]
    assert isinstance(call, ToolCall)
    if call.kind == "freeform":
        blocks[at] = replace(call, arguments=f"{call.arguments}!")
        return "arguments.equal"
    blocks[at] = replace(call, arguments=json.dumps({**json.loads(call.arguments or "{}"), "added": 1}))
    return "arguments.equal"


def rename_tool(blocks: Blocks) -> str | None:
    at = first(blocks, ToolCall)
    if at is None:
        return None
    blocks[at] = replace(blocks[at], name="another_tool")
    return "call.name.unaltered"


def change_id(blocks: Blocks) -> str | None:
    at = first(blocks, ToolCall)
    if at is None:
        return None
    blocks[at] = replace(blocks[at], id="call_of_nobody")
    return "ids.paired"


def drop_call(blocks: Blocks) -> str | None:
    at = first(blocks, ToolCall)
    if at is None:
        return None
    rest = [*blocks[:at], *blocks[at + 1 :]]
    if not any(text_of(block) or block.seals or isinstance(block, ToolCall) for block in rest):
        return None  # nothing would be left to know the turn by
    blocks[:] = rest
    return "call.kept"


def change_text(blocks: Blocks) -> str | None:
    at = first(blocks, Text, wordy=True)
    if at is None:
        return None
    block = blocks[at]
    assert isinstance(block, Text)
    blocks[at] = replace(block, text=f"{block.text} By the way.")
    return "text.unaltered"


FAULTS: list[Callable[[Blocks], str | None]] = [
    *(drop, alter, make_text, cut_seal, drop_seal, invent),
    *(change_arguments, rename_tool, change_id, drop_call, change_text),
]


@pytest.mark.parametrize("id_", DIALECTS)
def test_a_fault_in_a_recorded_turn_is_found_at_its_place(id_: str, captures: Path, counted: Counted) -> None:
    found: Counter[str] = Counter()
    for turn in turns(captures, id_):
        for fault in FAULTS:
            message = turn.request.messages[turn.message]
            blocks = list(message.blocks)
            check = fault(blocks)
            if check is None:
                continue
            name = f"{turn.rows[-1]['source']} n={turn.rows[-1]['n']} {fault.__name__}"
            body, places = planted(turn, blocks)
            report = judged([*turn.rows[:-1], {**turn.rows[-1], "request": body}])
            known = {told(f) for f in turn.clean.findings}
            new = [f for f in report.findings if told(f) not in known]
            hit = [f for f in new if f.check.startswith(check)]
            # the rule lets it go, or the provider reads it as text, too
            lawful = ("legally-dropped", "normalised")
            excused = any(report.fates.get(fate, 0) > turn.clean.fates.get(fate, 0) for fate in lawful)
            assert hit or excused, (name, check, [(f.check, f.what) for f in new])
            assert {f.check.split(".in-loop")[0].split(".cross-turn")[0] for f in new} <= {
                check,
                "context.pairs.kept",
                *(("call.unaltered",) if check == "call.name.unaltered" else ()),  # a name that is the type of an item
            }, name
            there = [finding for finding in hit if finding.path.startswith(places)]
            assert there or not hit, (name, [finding.path for finding in hit], places)
            # a result that names another id than its call may be told besides
            assert len(there) == len(hit) or check == "ids.paired", (name, [finding.path for finding in hit], places)
            for finding in hit:
                resolve(body, finding.path)
            for finding in there:
                assert finding.response == turn.answer
                if isinstance(finding.origin, str) and not isinstance(turn.rows[turn.answer - 1]["response"], str):
                    resolve(turn.rows[turn.answer - 1]["response"], finding.origin)
            found[fault.__name__] += 1
    total = ", ".join(f"{count} {name}" for name, count in found.items())
    counted(f"{id_}: {sum(found.values())} faults planted in recorded turns, all found at their place: {total}")
    assert found or not is_paired(captures, id_)


def told(finding: Finding) -> tuple[object, ...]:
    """What a finding says, wherever in the request it now stands: a block that goes moves those behind it."""
    return finding.check, finding.fate, finding.request, finding.response, finding.origin


def planted(turn: Turn, blocks: Blocks) -> tuple[Any, tuple[str, ...]]:
    """Write the request with other blocks; give it with the paths of the message and of its blocks."""
    dialect = DIALECTS[turn.dialect]
    messages = list(turn.request.messages)
    messages[turn.message] = messages[turn.message].with_blocks(blocks)
    conversation = replace(turn.request.conversation, messages=tuple(messages))
    encoded = dialect.encode_request(replace(turn.request, conversation=conversation), on_loss="report")
    spots = [Spot(turn.message, MESSAGE), *(Spot(turn.message, b) for b in range(len(blocks)))]
    return json.loads(encoded.body), tuple(dialect.request_path(conversation, spot) for spot in spots)
