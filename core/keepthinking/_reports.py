"""What is reported: losses of a translation, findings of a judge."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from msgspec import UNSET, UnsetType

from keepthinking._messages import Value

LossKind = Literal["content", "seal", "order", "grouping", "foreign", "spelling"]
Level = Literal["MUST", "SHOULD", "MAY"]
Status = Literal["pass", "fail", "warn", "unsupported", "harness-error"]
Fate = Literal[
    "preserved",
    "normalised",
    "legally-dropped",
    "removed-with-turn",
    "altered",
    "reordered",
    "duplicated",
    "misplaced",
    "leaked-as-text",
    "bled",
    "invented",
    "dropped",
]

T = TypeVar("T")


class Loss(Value, frozen=True, kw_only=True):
    """Something that a target cannot hold.

    Attributes:
        kind: `content` (words or blocks), `seal`, `order` (between kinds of blocks), `grouping` (into messages or
            items), `foreign` (another provider's), `spelling` (harmless).
        path: Where it stood in the source, such as `messages[2].blocks[0]`.
        what: What is lost, in words, never the content itself.
        why: Why the target cannot hold it.
    """

    kind: LossKind
    path: str
    what: str
    why: str


class Finding(Value, frozen=True, kw_only=True):
    """One verdict of the judge.

    Attributes:
        check: A stable check id, such as `thinking.kept.in-loop`.
        status: What the check says.
        level: How strongly the provider's rule demands it.
        fate: What became of the block.
        what: One sentence for a person; it holds no thinking.
        request: Number of the request that shows it, from 1, in the order of the recording.
        response: Number of the exchange whose response is meant, from 1.
        path: JSON path in that request's body.
        origin: JSON path in the response's body.
        at: First differing byte, where both sides have the value.
        rule: Id of the rule that sets the level; absent where no dated rule is known.
        source: Where that rule is written.
        verified: When that source was last read, as `YYYY-MM-DD`.
        scope: The recording or conversation it belongs to.
        requests: How many later requests show the same.
    """

    check: str
    status: Status
    level: Level
    fate: Fate
    what: str
    request: int = 0
    response: int | UnsetType = UNSET
    path: str = "$"
    origin: str | UnsetType = UNSET
    at: int | UnsetType = UNSET
    rule: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    verified: str | UnsetType = UNSET
    scope: str = ""
    requests: int = 1


class Converted(Value, Generic[T], frozen=True, kw_only=True):
    """What an adapter gives back.

    Attributes:
        value: The translated history.
        losses: What the target cannot hold.
        findings: What was noticed on the way: edits that stand, damage that was mended or left.
    """

    value: T
    losses: tuple[Loss, ...] = ()
    findings: tuple[Finding, ...] = ()
