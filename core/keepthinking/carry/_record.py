"""The record that travels inside a framework's own message: what the framework has no place for.

Rule 1: what the framework shows is the truth about visible words; the record is believed only where its fingerprints
say that what it speaks of is still there.
Rule 2: text and arguments that differ are an edit of the scaffold, and stand. Thinking that differs is damage: it is
reported, and mended only where the record has what is missing and nothing visible was touched.
Rule 3: a record is ASCII JSON text in one string. Stores turn half an emoji into `?`, large integers into errors and
tuples into lists; they leave such a string alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias, cast

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._codec import dumps, loads
from keepthinking._errors import FormatError
from keepthinking._messages import Block, Message
from keepthinking._reports import Finding
from keepthinking.carry._align import Entry, align
from keepthinking.carry._fingerprint import fingerprint, normal
from keepthinking.carry._hollow import Cut, hollow, is_shown
from keepthinking.carry._joined import Joined, find, take_apart
from keepthinking.carry._mend import mend

__all__ = ["FORMAT", "OnEdit", "Part", "Read", "pack", "unpack"]

FORMAT: Final = "keepthinking-carry/1"
"""The name of the record's format; the number rises only when an older reader could misread it."""

OnEdit = Literal["keep", "drop"]
"""What becomes of the thinking of a message whose visible words were edited."""

Variants: TypeAlias = Callable[[Block], Iterable[Block]]


class Part(NamedTuple):
    """Which of the messages it is that a framework makes of one of ours.

    Attributes:
        group: What the messages of one group have in common.
        number: Which of them, from 0.
        total: How many there are.
    """

    group: str
    number: int
    total: int


class _Head(msgspec.Struct, frozen=True):
    format: str
    role: str
    seen: list[str | list[str] | None]
    message: str
    cut: list[Cut] | UnsetType = UNSET
    joined: list[Joined] | UnsetType = UNSET
    part: tuple[str, int, int] | UnsetType = UNSET


class Read(NamedTuple):
    """What a record and a framework's message say together.

    Attributes:
        message: The message.
        findings: Edits that stand, damage that was mended or left.
        part: Which part of a message it is, where it is one.
        sights: For each block, which of the blocks that the framework shows it is; None for one that does not show.
    """

    message: Message
    findings: tuple[Finding, ...] = ()
    part: Part | None = None
    sights: tuple[int | None, ...] = ()


def _no_variants(_: Block) -> Iterable[Block]:
    return ()


def pack(
    message: Message,
    plain: Message,
    *,
    part: Part | None = None,
    variants: Variants = _no_variants,
    always: bool = False,
) -> str | None:
    """Write what a framework does not tell of a message.

    Visible words are not repeated, with these exceptions: arguments that are no JSON or have a name twice, which
    nothing else makes again; numbers with a spelling of their own; `fields`, such as citations and log
    probabilities, which say what the provider said. They go when the words are edited and the message is read, and
    they stay in what was stored before.

    Args:
        message: The message.
        plain: The same message as the framework alone tells it.
        part: Which part of a message it is, where one becomes several.
        variants: Gives what the framework may show instead of a block, without anyone having edited it.
        always: Whether to write a record also where the framework tells everything.

    Returns:
        The record; None where the framework tells everything.
    """
    bare = replace(message, native=UNSET)
    joined = [] if len(bare.blocks) == len(plain.blocks) else find(bare.blocks, plain.blocks)
    plain = take_apart(plain, joined)[0]
    sighted = [
        (block, seen, () if seen is None else tuple(variants(seen)))
        for block, seen in _sighted(bare.blocks, plain.blocks)
    ]
    is_told = bare == replace(plain, native=UNSET) and not any(others for _, _, others in sighted)
    if part is None and not always and is_told and not joined:
        return None
    entries: list[Any] = []
    cuts: list[Cut] = []
    blocks: list[Block] = []
    for block, seen, others in sighted:
        prints = [] if seen is None else list(dict.fromkeys(map(fingerprint, (seen, *others))))
        # What the framework may show in another way cannot be put together from what it shows.
        kept, cut = (block, Cut()) if seen is None or others else hollow(block, seen)
        entries.append(prints if len(prints) > 1 else next(iter(prints), None))
        blocks.append(kept)
        cuts.append(cut)
    head: dict[str, Any] = {"format": FORMAT, "role": plain.role, "seen": entries}
    if any(cuts):
        head["cut"] = cuts
    if joined:
        head["joined"] = [{"at": one.at, "print": one.print, "lengths": one.lengths} for one in joined]
    if part is not None:
        head["part"] = list(part)
    # A string, not an object: escapes inside opaque JSON count, and writing the record in ASCII would change them.
    head["message"] = dumps(replace(bare, blocks=tuple(blocks))).decode()
    return json.dumps(head, separators=(",", ":"))


def _sighted(blocks: Sequence[Block], seen: Sequence[Block]) -> Iterator[tuple[Block, Block | None]]:
    """Pair blocks with what is shown of them, in order; some may not show at all."""
    if [type(block) for block in blocks] == [type(block) for block in seen]:
        yield from zip(blocks, seen, strict=True)
        return
    at = 0
    for block in blocks:
        is_seen = at < len(seen) and is_shown(block, seen[at])
        yield block, seen[at] if is_seen else None
        at += is_seen


def unpack(records: Sequence[str], plain: Message, *, path: str = "", on_edit: OnEdit = "keep") -> Read:
    """Read a message of a framework together with its record.

    Args:
        records: The record; several where the framework has joined messages into one.
        plain: The message as the framework alone tells it.
        path: Where the message stands, for findings.
        on_edit: Whether thinking goes where visible words were edited: it may hold the word that was taken out.

    Raises:
        FormatError: A record cannot be read.
    """
    if not records:
        return Read(plain, sights=tuple(range(len(plain.blocks))))
    try:
        return _unpack([_head(text) for text in records], plain, path, on_edit)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        # It came through stores and other people's hands: whatever does not fit together is the record's fault.
        if isinstance(error, FormatError):
            raise
        raise FormatError("a record does not fit together", where="$", culprit="framework", hint=_HINT) from error


def _unpack(heads: Sequence[_Head], plain: Message, path: str, on_edit: OnEdit) -> Read:
    hollows = [loads(head.message, type=Message) for head in heads]
    part = None if heads[0].part is UNSET else Part(*heads[0].part)
    first = hollows[0]
    if heads[0].role != plain.role:
        # Whoever changed the role made another message of it; what the model said is no longer what this says.
        what = "The role was changed, and what the message carried is left out."
        changed = Finding(check="text.unaltered", status="warn", level="SHOULD", fate="altered", what=what, path=path)
        return Read(plain, (changed,), sights=tuple(range(len(plain.blocks))))
    entries: list[Entry] = []
    items = list(first.items)
    for number, (head, held) in enumerate(zip(heads, hollows, strict=True)):
        cuts = [Cut() for _ in held.blocks] if head.cut is UNSET else head.cut
        shift = len(items) if number else 0
        items += held.items if number else ()
        for seen, cut, block in zip(head.seen, cuts, held.blocks, strict=True):
            moved = block if block.item is UNSET or not shift else replace(block, item=block.item + shift)
            prints = () if seen is None else (seen,) if isinstance(seen, str) else tuple(seen)
            entries.append(Entry(moved, cut, prints))
    base = replace(first, blocks=tuple(entry.block for entry in entries), items=tuple(items))
    if isinstance(plain.name, str) and normal(plain.name) != normal(base.name if isinstance(base.name, str) else ""):
        base = replace(base, name=plain.name)
    apart = heads[0].joined if len(heads) == 1 and heads[0].joined is not UNSET else []
    plain, origins = take_apart(plain, apart)
    pairs = align(entries, [fingerprint(block) for block in plain.blocks])
    message, findings, found = mend(base, entries, plain, pairs, path=path, on_edit=on_edit)
    sights = tuple(None if sight is None else origins[sight] for sight in found)
    if len(heads) > 1:
        what = f"{len(heads)} messages were joined into one."
        joined = Finding(check="grouping.not-merged", status="fail", level="MUST", fate="altered", what=what, path=path)
        findings = (joined, *findings)
    return Read(message, findings, part, sights)


_HINT: Final = "give the message as it was stored, or take its record out: what stood in it alone is lost then"


def broken() -> FormatError:
    """Give the error for what stands where a record should and is none."""
    return FormatError("a record is broken", where="$", culprit="framework", hint=_HINT)


def _head(text: str) -> _Head:
    try:
        found: object = json.loads(text)
        name = cast("dict[str, object]", found).get("format") if isinstance(found, dict) else None
        if isinstance(name, str) and name != FORMAT:
            what = "a record is in another format"
            raise FormatError(what, where="$.format", culprit="framework", hint="update keepthinking")
        return msgspec.convert(found, _Head)
    except (msgspec.ValidationError, json.JSONDecodeError, RecursionError) as error:
        raise broken() from error
