"""The checks, one table: what a scaffold can do to a model's memory, family by family.

Rule 1: an id is stable for ever. A check may be retired; its id is never given to another.
Rule 2: the level here is what the law itself asks. Where a dated rule of the provider speaks, its level wins and the
finding cites it.
Rule 3: a row says from what it can be judged. A check that a recording cannot decide is never reported on one, and one
that no request shows is never reported on a run.
Rule 4: an id names the subject first and what holds of it last, so that a prefix waives or selects a subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from keepthinking._messages import Value
from keepthinking._reports import Level

Judged = Literal["recording", "run", "beside"]

FAMILIES: Mapping[str, str] = {
    "D1": "thinking lost",
    "D2": "streams",
    "D3": "saving, loading, resuming",
    "D4": "trimming, summarising, compaction",
    "D5": "opaque state",
    "D6": "order",
    "D7": "merging, splitting, doubling",
    "D8": "thinking as text",
    "D9": "handoffs",
    "D10": "failed turns",
    "D11": "parallel calls",
    "D12": "retries and malformed calls",
    "D13": "arguments",
    "D14": "ids and names",
    "D15": "results",
    "D16": "absent, empty, placeholder",
    "D17": "other models",
    "D18": "gates by name",
    "D19": "gateways and engines, which are not charged to the scaffold",
    "D20": "injection and perturbation",
    "D21": "bleeding",
    "D22": "traces and data",
}
"""The families of failures seen in the field, and what each is about."""


class Check(Value, frozen=True, kw_only=True):
    """One check.

    Attributes:
        id: Stable for ever.
        family: `D1` to `D22`.
        title: What holds when it passes, one sentence.
        level: What the law asks where no rule of the provider speaks.
        judged: `recording`: requests and responses are enough; `run`: only a run that knows what the scaffold was
            asked to do (resume, hand off, retry) can tell; `beside`: neither can, since what it asks about never
            reaches the provider, or happens behind it. It is looked at beside a run, and no run reports it.
    """

    id: str
    family: str
    title: str
    level: Level
    judged: Judged


def _check(family: str, id: str, level: Level, judged: Judged, title: str) -> Check:  # noqa: A002 - the row's own word
    return Check(id=id, family=family, level=level, judged=judged, title=title)


_ROWS = (
    _check("D1", "thinking.kept.in-loop", "MUST", "recording", "Thinking of the running tool loop comes back."),
    _check("D1", "thinking.kept.cross-turn", "SHOULD", "recording", "Thinking of earlier turns comes back."),
    _check("D1", "thinking.unaltered", "MUST", "recording", "Thinking that comes back is unchanged."),
    _check("D1", "thinking.place", "MUST", "recording", "Thinking comes back in a place that the provider reads."),
    _check("D2", "stream.thinking.kept", "MUST", "run", "A streamed answer keeps the thinking that a whole one keeps."),
    _check("D2", "stream.thinking.whole", "MUST", "run", "The pieces of a streamed thought come back as one block."),
    _check("D2", "stream.thinking.once", "MUST", "run", "A streamed thought is not doubled, in however many fields."),
    _check("D2", "stream.seal.kept", "MUST", "run", "A streamed seal is kept, also where it comes alone or last."),
    _check("D2", "stream.answer.kept", "MUST", "run", "A streamed answer keeps its text and calls beside thinking."),
    _check("D3", "persist.thinking.kept", "MUST", "run", "Thinking survives saving and loading."),
    _check("D3", "persist.seal.kept", "MUST", "run", "Seals survive saving and loading."),
    _check(
        "D3", "persist.unfinished.not-kept", "MUST", "run", "A thought that was cut off is not stored as a whole one."
    ),
    _check(
        "D3", "persist.open-call.kept", "MUST", "run", "A call that waits for its result still waits after loading."
    ),
    _check("D4", "context.turn.kept.in-loop", "MUST", "recording", "No turn of the running tool loop is removed."),
    _check("D4", "context.turn.kept.cross-turn", "MAY", "recording", "Earlier turns are still there."),
    _check("D4", "context.pairs.kept", "MUST", "recording", "A call and its result are kept or removed together."),
    _check("D4", "text.kept", "SHOULD", "recording", "What the model said visibly comes back."),
    _check("D4", "text.unaltered", "SHOULD", "recording", "What the model said visibly has the words it had."),
    _check("D4", "text.not-invented", "SHOULD", "recording", "The model is made to say nothing that it never said."),
    _check("D5", "seal.kept", "MUST", "recording", "Signatures and encrypted content come back."),
    _check("D5", "seal.unaltered", "MUST", "recording", "A seal comes back byte for byte."),
    _check("D5", "seal.on-its-block", "MUST", "recording", "A seal comes back on the block that it was made for."),
    _check("D5", "seal.not-invented", "MUST", "recording", "No seal comes back that the provider never made."),
    _check("D5", "redacted.kept", "MUST", "recording", "Redacted thinking comes back though nobody can read it."),
    _check("D5", "opaque.kept", "MUST", "recording", "Blocks that only the provider understands come back."),
    _check("D5", "opaque.unaltered", "MUST", "recording", "Blocks that only the provider understands are unchanged."),
    _check("D6", "order.blocks", "MUST", "recording", "Thinking, text and calls of a turn keep their order."),
    _check("D6", "order.turns", "MUST", "recording", "Turns keep their order."),
    _check("D6", "order.results", "MUST", "recording", "Results follow the turn that asked for them."),
    _check("D7", "grouping.not-merged", "MUST", "recording", "Blocks and answers that came apart stay apart."),
    _check("D7", "grouping.not-split", "MUST", "recording", "What came as one block or answer stays one."),
    _check("D7", "block.once", "MUST", "recording", "Nothing comes back twice."),
    _check("D8", "thinking.not-text", "MUST", "recording", "Thinking is not turned into visible text."),
    _check("D8", "thinking.not-executed", "MUST", "run", "A call or code inside thinking is never run."),
    _check("D9", "handoff.thinking.kept", "MUST", "run", "Thinking survives a handoff and the way back."),
    _check(
        "D9", "handoff.foreign.not-sent", "MUST", "run", "Another agent's sealed thinking is not sent as one's own."
    ),
    _check("D10", "failed-turn.thinking.kept", "MUST", "run", "A turn whose tool failed keeps its thinking."),
    _check("D10", "failed-turn.survived", "MUST", "run", "After an answer of thinking alone the run goes on."),
    _check("D11", "call.kept", "MUST", "recording", "Every tool call of a turn comes back."),
    _check("D11", "call.unaltered", "MUST", "recording", "A tool call that comes back is the same call."),
    _check("D11", "call.not-invented", "MUST", "recording", "No call comes back that the model never made."),
    _check("D11", "parallel.together", "MUST", "recording", "Parallel calls of one answer stay in one turn."),
    _check("D12", "retry.history.unaltered", "SHOULD", "run", "A retry sends the history that it had."),
    _check("D12", "malformed-call.answered", "SHOULD", "run", "A malformed call stays in the history and is answered."),
    _check("D13", "arguments.equal", "MUST", "recording", "Arguments come back equal as JSON."),
    _check("D13", "arguments.verbatim", "SHOULD", "recording", "Arguments come back byte for byte."),
    _check("D14", "ids.paired", "MUST", "recording", "Every call and its result share an id that no other pair has."),
    _check("D14", "ids.verbatim", "SHOULD", "recording", "Call ids come back as they were."),
    _check("D14", "call.name.unaltered", "MUST", "recording", "A call comes back with the tool's name that it had."),
    _check("D15", "result.delivered", "MUST", "run", "What a tool returned reaches the model as the tool gave it."),
    _check("D15", "result.unaltered", "SHOULD", "recording", "A result that was sent once is not changed later."),
    _check("D16", "thinking.empty.kept", "MUST", "recording", "Thinking without words is not taken for none."),
    _check(
        "D16",
        "thinking.empty.not-invented",
        "SHOULD",
        "recording",
        "None is not written down as thinking without words.",
    ),
    _check("D16", "thinking.not-invented", "MUST", "recording", "No words come back that the model never thought."),
    _check("D17", "foreign.not-sent", "MUST", "recording", "Sealed thinking goes only where its seal is good."),
    _check("D17", "thinking.not-sent", "MUST", "recording", "Thinking is not sent where the provider refuses it."),
    _check(
        "D17", "switch.thinking.kept", "SHOULD", "run", "One's own thinking is there again after a switch and back."
    ),
    _check("D18", "gate.not-by-name", "SHOULD", "run", "Whether thinking is kept does not hang on the model's name."),
    _check("D19", "gateway.thinking.kept", "SHOULD", "beside", "What the client sent is what the provider receives."),
    _check("D20", "prefix.unaltered", "MAY", "recording", "Instructions, tools and inputs once sent are not changed."),
    _check("D20", "tools.kept", "SHOULD", "recording", "A history with tool calls goes with the tools."),
    _check("D20", "inject.boundary", "SHOULD", "recording", "No message inside a tool loop ends the model's turn."),
    _check("D20", "perturbed.history.unaltered", "MUST", "run", "A perturbation changes what is new, never what was."),
    _check("D21", "thinking.own", "MUST", "recording", "A turn comes back with its own thinking, not another's."),
    _check("D22", "trace.thinking.kept", "SHOULD", "beside", "Traces and stored trajectories keep the thinking."),
)

CHECKS: Mapping[str, Check] = {check.id: check for check in _ROWS}
"""Every check by its id, in the order of the families."""
