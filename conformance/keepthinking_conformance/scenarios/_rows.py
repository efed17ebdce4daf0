"""The scenarios, one row each.

Rule 1: an id is stable for ever, and so is what is said under it: a word comes from its place in the turns and steps.
Rule 2: `checks` names what a row is made for. That every check is some row's purpose is held by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle, islice
from types import MappingProxyType
from typing import Final

from keepthinking_conformance.scenarios._faults import Fault
from keepthinking_conformance.scenarios._types import Before, Call, Hosted, Say, Scenario, StepScript, Think, TurnScript

_LOOK = Call(tool="look_up")
_READ = Call(tool="read_note")
_SEARCH = Call(tool="search", arguments='{"query": "lighthouse keepers", "reason": "$key"}')
_BROWSE = Call(tool="browse", arguments='{"url": "https://archive.example/notation", "reason": "$key"}')
_GONE = Call(tool="browse", arguments='{"url": "https://archive.example/lighthouse-2", "reason": "$key"}')
_PYTHON = Call(
    tool="python",
    arguments='{"code": "# $key\\nnights = {1862: 41, 1871: 58, 1903: 37}\\n'
    'for year, fog in nights.items():\\n    print(f\\"{year}: {fog / 365:.1%}\\")\\nprint(sum(nights.values()))"}',
)
_BROKEN = Call(tool="look_up", arguments='{"key": "$key", "pages": 12-19}', outcome="malformed")

_ONE = StepScript((Think(), _LOOK))
_OTHER = StepScript((Think(), _READ))
_ANSWER = StepScript((Think(), Say()))
_TURN = TurnScript((_ONE, _OTHER, _ANSWER))
_MESSAGES = frozenset({"anthropic-messages"})
_OPAQUE = frozenset({"anthropic-messages", "openai-responses"})
_STRINGS = frozenset({"openai-chat", "openai-responses"})
"""Dialects in which arguments are a string, which may be no JSON."""


def _turn(before: Before) -> TurnScript:
    return TurnScript(_TURN.steps, before=before)


def _each(*calls: Call) -> tuple[StepScript, ...]:
    """Give a step for each call, and an answer."""
    return (*(StepScript((Think(), call)) for call in calls), _ANSWER)


_LOOPS = (
    Scenario(
        id="single",
        title="A thought and an answer, then another question",
        turns=(TurnScript((_ANSWER,)),) * 2,
        checks=("thinking.kept.cross-turn", "text.kept", "text.unaltered", "text.not-invented"),
    ),
    Scenario(
        id="loop",
        title="Four steps of one call",
        turns=(TurnScript((_ONE, _OTHER, _ONE, _OTHER, _ANSWER)),),
        checks=(
            "thinking.kept.in-loop",
            "thinking.unaltered",
            "thinking.place",
            "thinking.not-text",
            "thinking.not-invented",
            "thinking.own",
            "seal.kept",
            "seal.unaltered",
            "seal.not-invented",
            "stream.thinking.kept",
            "stream.thinking.whole",
            "stream.thinking.once",
            "stream.seal.kept",
            "stream.answer.kept",
            "gate.not-by-name",
            "inject.boundary",
        ),
    ),
    Scenario(
        id="long-loop",
        title="Fifty steps of one call",
        turns=(TurnScript(_each(*islice(cycle((_LOOK, _SEARCH, _BROWSE, _PYTHON, _READ)), 50))),),
        checks=("thinking.kept.in-loop", "context.turn.kept.in-loop", "context.pairs.kept", "prefix.unaltered"),
    ),
    Scenario(
        id="research",
        title="A search, two pages, of which one is gone, and a calculation",
        turns=(TurnScript(_each(_SEARCH, _GONE, _BROWSE, _PYTHON)),),
        checks=("result.delivered", "result.unaltered", "call.name.unaltered", "arguments.equal"),
    ),
    Scenario(
        id="call-in-thought",
        title="Thoughts that hold a call, or an answer, word for word",
        turns=(
            TurnScript(
                (
                    StepScript((Think(holds="call"), _LOOK)),
                    StepScript((Think(holds="answer"), _READ)),
                    StepScript((Think(holds="call"), Say())),
                )
            ),
        ),
        checks=("thinking.not-executed",),
    ),
    Scenario(
        id="no-thought",
        title="A step that the model takes without a thought",
        turns=(TurnScript((_ONE, StepScript((Say(), _READ)), _ANSWER)),),
        checks=("thinking.empty.not-invented",),
    ),
)

_BLOCKS = (
    Scenario(
        id="parallel",
        title="Several calls in one step",
        turns=(TurnScript((StepScript((Think(), _LOOK, _READ)), StepScript((Think(), _LOOK, _LOOK, _READ)), _ANSWER)),),
        needs=frozenset({"parallel"}),
        checks=(
            "parallel.together",
            "call.kept",
            "call.unaltered",
            "call.not-invented",
            "ids.paired",
            "ids.verbatim",
            "order.results",
            "seal.on-its-block",
            "grouping.not-split",
        ),
    ),
    Scenario(
        id="interleaved",
        title="Several thoughts in one answer, with words between",
        turns=(
            TurnScript(
                (
                    StepScript((Think(), Say(), Think(), _LOOK, _READ)),
                    StepScript((Think(), Think(), Say(), _LOOK)),
                    _ANSWER,
                )
            ),
        ),
        needs=frozenset({"parallel"}),
        checks=("order.blocks", "grouping.not-merged", "block.once", "seal.on-its-block", "stream.thinking.whole"),
    ),
    Scenario(
        id="redacted",
        title="Thoughts that come as opaque data",
        turns=(
            TurnScript(
                (
                    StepScript((Think(kind="redacted"), _LOOK)),
                    StepScript((Think(), Think(kind="redacted"), _READ)),
                    _ANSWER,
                )
            ),
        ),
        dialects=_OPAQUE,
        checks=("redacted.kept",),
    ),
    Scenario(
        id="empty-sealed",
        title="Thoughts without words that carry a signature",
        turns=(
            TurnScript(
                (
                    StepScript((Think(kind="empty-sealed"), _LOOK)),
                    StepScript((Think(kind="empty-sealed"), Say(), _READ)),
                    _ANSWER,
                )
            ),
        ),
        dialects=_MESSAGES,
        checks=("thinking.empty.kept", "seal.kept"),
    ),
    Scenario(
        id="provider-search",
        title="A search that the provider runs itself",
        turns=(
            TurnScript((StepScript((Think(), Hosted(), _LOOK)), StepScript((Think(), Hosted(), Say())))),
            TurnScript((_ONE, _ANSWER)),
        ),
        dialects=_OPAQUE,
        checks=("opaque.kept", "opaque.unaltered"),
    ),
)

_FAILURES = (
    Scenario(
        id="odd-arguments",
        title="Arguments whose spelling counts",
        turns=(
            TurnScript(
                (
                    StepScript(
                        (
                            Think(),
                            Call(
                                tool="measure",
                                arguments='{"key":"$key", "e":"\\u00e9","x":1e2,"esc":"\\/"}',
                            ),
                        )
                    ),
                    StepScript((Think(), Call(tool="measure", arguments='{ "b": 2.50,  "a": 1.0, "key" : "$key" }'))),
                    _ANSWER,
                )
            ),
        ),
        checks=("arguments.equal", "arguments.verbatim"),
    ),
    Scenario(
        id="tool-error",
        title="A tool that fails",
        turns=(TurnScript((StepScript((Think(), Call(tool="look_up", outcome="error"))), _OTHER, _ANSWER)),),
        checks=("failed-turn.thinking.kept",),
    ),
    Scenario(
        id="malformed-arguments",
        title="Arguments that are no JSON",
        turns=(TurnScript(_each(_BROKEN, _READ)),),
        dialects=_STRINGS,
        checks=("malformed-call.answered",),
    ),
    Scenario(
        id="thought-only",
        title="An answer that is a thought and nothing else, then another question",
        turns=(TurnScript((_ONE, StepScript((Think(),)))), _TURN),
        checks=("failed-turn.survived",),
    ),
    Scenario(
        id="retry",
        title="Too many requests in the first turn, an overloaded provider in the second",
        turns=(_TURN, _TURN),
        faults=(
            Fault(kind="rate-limit", at_request=2, retry_after=0.05),
            Fault(kind="overloaded", at_request=6, retry_after=0.05),
        ),
        checks=("retry.history.unaltered",),
    ),
    Scenario(
        id="retry-cut",
        title="A stream that breaks off in its middle",
        turns=(_TURN, _TURN),
        needs=frozenset({"stream"}),
        modes=frozenset({"stream"}),
        faults=(Fault(kind="cut", at_request=2),),
        checks=("retry.history.unaltered",),
    ),
)

_LIVES = (
    Scenario(
        id="second-turn",
        title="A second question after a loop",
        turns=(_TURN, _TURN),
        checks=("thinking.kept.cross-turn", "context.turn.kept.cross-turn", "order.turns", "tools.kept"),
    ),
    Scenario(
        id="resume",
        title="Saved, and loaded in a fresh session before the second question",
        turns=(_TURN, _turn("resume")),
        needs=frozenset({"save"}),
        checks=("persist.thinking.kept", "persist.seal.kept"),
    ),
    Scenario(
        id="interrupt",
        title="Interrupted in the middle of a thought, then asked again",
        turns=(TurnScript(_TURN.steps, interrupted=True), _TURN),
        needs=frozenset({"interrupt", "stream"}),
        modes=frozenset({"stream"}),
        checks=("persist.unfinished.not-kept",),
    ),
    Scenario(
        id="step-limit",
        title="Stopped after so many steps in the middle of a loop, then asked again",
        turns=(TurnScript((_ONE, _OTHER, _ONE, _OTHER, _ONE, _ANSWER), limited=True), TurnScript((_OTHER, _ANSWER))),
        needs=frozenset({"step-limit"}),
        checks=("context.turn.kept.in-loop", "context.turn.kept.cross-turn", "order.turns"),
    ),
    Scenario(
        id="approval",
        title="Calls that wait until the user allows them",
        turns=(TurnScript(_TURN.steps, approval="allow"),) * 2,
        needs=frozenset({"approve"}),
        checks=("thinking.kept.in-loop", "call.kept"),
    ),
    Scenario(
        id="denial",
        title="A call that the user denies, and one that is allowed",
        turns=(TurnScript((_ONE, _ANSWER), approval="deny"), TurnScript((_OTHER, _ANSWER), approval="allow")),
        needs=frozenset({"approve"}),
        checks=("ids.paired", "call.kept"),
    ),
    Scenario(
        id="approval-resume",
        title="Saved, and loaded in a fresh session while a call waits",
        turns=(TurnScript(_TURN.steps, approval="allow", reopened=True),),
        needs=frozenset({"approve", "save"}),
        checks=("persist.open-call.kept", "persist.thinking.kept", "persist.seal.kept"),
    ),
    Scenario(
        id="compaction",
        title="The history is trimmed or summarised before the third question",
        turns=(_TURN, _TURN, _turn("compact")),
        needs=frozenset({"compact"}),
        checks=("context.turn.kept.in-loop", "context.turn.kept.cross-turn", "context.pairs.kept", "tools.kept"),
    ),
    Scenario(
        id="handoff",
        title="Another agent takes a turn, then the first one again",
        turns=(_TURN, _turn("handoff"), _turn("hand-back")),
        needs=frozenset({"handoff"}),
        checks=("handoff.thinking.kept", "handoff.foreign.not-sent"),
    ),
    Scenario(
        id="model-switch",
        title="Another model takes a turn, then the first one again",
        turns=(_TURN, _turn("switch-model"), _turn("switch-back")),
        needs=frozenset({"switch-model"}),
        checks=("switch.thinking.kept", "foreign.not-sent"),
    ),
    Scenario(
        id="sub-agent",
        title="A helper with a conversation of its own",
        turns=(
            TurnScript(
                _each(
                    _LOOK,
                    Call(tool="ask_helper", arguments='{"task": "$key"}', helper=_each(_READ, _LOOK)),
                    _READ,
                )
            ),
            _TURN,
        ),
        needs=frozenset({"sub-agent"}),
        checks=("thinking.own", "thinking.kept.in-loop"),
    ),
)

_ROWS = (*_LOOPS, *_BLOCKS, *_FAILURES, *_LIVES)

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType({row.id: row for row in _ROWS})
"""The scenarios by id."""
