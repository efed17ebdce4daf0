"""How a scaffold's model has to speak, as data: what a step of the script becomes, and what can no longer be judged.

An agent that reads its actions out of text gets no call on the wire, and its results are words of the user. So there
are no ids, no arguments and no results to look at; thoughts, seals, order and words are judged like everybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from keepthinking._adapter import Speech
from keepthinking_conformance.scenarios._types import Call, Say, Scenario, StepScript

FINAL: Final = "final_answer"
"""The tool, or the function, by which some scaffolds want their answer."""

_NO_LOOP: Final = "to the provider each result is a user's message, so it sees no tool loop"
_NO_CALL: Final = "the model's calls are words in its text"
_NO_RESULT: Final = "what a tool said is a user's message"
_NO_ID: Final = "calls in text have no ids"
_NO_ARGUMENTS: Final = "arguments are words in the model's text"

_IN_TEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "thinking.kept.in-loop": _NO_LOOP,
        "persist.open-call.kept": _NO_CALL,
        "context.pairs.kept": _NO_CALL,
        "order.results": _NO_RESULT,
        "call.kept": _NO_CALL,
        "call.unaltered": _NO_CALL,
        "parallel.together": _NO_CALL,
        "malformed-call.answered": _NO_ARGUMENTS,
        "arguments.equal": _NO_ARGUMENTS,
        "arguments.verbatim": _NO_ARGUMENTS,
        "ids.paired": _NO_ID,
        "ids.verbatim": _NO_ID,
        "call.name.unaltered": _NO_CALL,
        "result.unaltered": _NO_RESULT,
        "tools.kept": "the tools are told in the instructions",
        "inject.boundary": _NO_LOOP,
    }
)


class Grammar(Struct, frozen=True, kw_only=True):
    """One way of speaking.

    Attributes:
        speech: Its name.
        title: How the model says what it wants done, for a person.
        native: Whether calls stand on the wire.
        code: Whether the model writes code.
        parallel: Whether one step may call several tools.
        ends: Whether the answer itself is a call of `final_answer`, on the wire or in code.
        untold: Checks that it leaves nothing to look at, by id, each with the reason.
    """

    speech: Speech
    title: str
    native: bool = False
    code: bool = False
    parallel: bool = True
    ends: bool = False
    untold: Mapping[str, str] = _IN_TEXT

    @property
    def has_answer(self) -> bool:
        """Whether an answer has a form of its own, so that one could be read out of a thought."""
        return self.native or self.ends or not self.code

    def step(self, step: StepScript, *, last: bool) -> StepScript:
        """Give a step as the wire has it.

        Args:
            step: As the scenario has it.
            last: Whether it is the last one of its turn.
        """
        if self.native and not (self.ends and last):
            return step
        blocks = step.blocks
        spot = max((n for n, part in enumerate(blocks) if isinstance(part, Say | Call)), default=-1)
        said = Call(tool=FINAL, arguments='{"answer": "$key"}') if self.native else Say()
        return StepScript(
            tuple(
                said if n == spot else part
                for n, part in enumerate(blocks)
                if n == spot or not isinstance(part, Say | Call)
            )
        )

    def misfit(self, scenario: Scenario) -> str:
        """Tell why a scenario cannot be played so, in words for a report; "" where it can."""
        if scenario.alone and (self.ends or not (self.native or self.code)):
            return f"an answer without words is none in `{self.speech}`, so the scaffold has to ask again"
        if self.native:
            return ""
        steps = [step for turn in scenario.turns for step in turn.steps]
        calls = [call for step in steps for call in step.calls]
        if any(call.outcome == "malformed" for call in calls):
            return f"it is made for arguments that are no JSON, and {_NO_ARGUMENTS}"
        if not self.parallel and any(len(step.calls) > 1 for step in steps):
            return f"a model that speaks `{self.speech}` calls one tool a step"
        if scenario.checks and not set(scenario.checks) - set(self.untold):
            check = scenario.checks[0]
            return f"it is made for `{check}`, of which nothing shows: {self.untold[check]}"
        return ""


_ROWS: Final = (
    Grammar(speech="native", title="Tool calls of the wire", native=True, untold={}),
    Grammar(
        speech="final-answer",
        title="Tool calls of the wire; the answer is the call of a tool",
        native=True,
        ends=True,
        untold=dict.fromkeys(("text.kept", "text.unaltered"), "the answer is the call of a tool"),
    ),
    Grammar(speech="react", title="Thought, Action and Action Input, or Answer", parallel=False),
    Grammar(speech="code-act", title="Python between `<execute>` and `</execute>`", code=True),
    Grammar(speech="code-agent", title="Python between `<code>` and `</code>`, the answer, too", code=True, ends=True),
    Grammar(speech="code-block", title="Python in a fence of Markdown", code=True),
)

GRAMMARS: Final[Mapping[Speech, Grammar]] = MappingProxyType({row.speech: row for row in _ROWS})
"""The ways of speaking, by name."""
