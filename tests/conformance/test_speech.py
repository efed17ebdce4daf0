"""Scaffolds whose model speaks another language than tool calls: played, understood, and judged by what shows."""

from __future__ import annotations

import asyncio
import json
from typing import get_args

import pytest

from keepthinking import Json, Tool
from keepthinking._adapter import RunTool, Speech
from keepthinking.checks import CHECKS
from keepthinking_conformance.judge import expected_checks
from keepthinking_conformance.judge._expected import untold
from keepthinking_conformance.judge._facts import scripted
from keepthinking_conformance.judge._occasions import occasions
from keepthinking_conformance.miniatures import Habits, Scaffold, Sent
from keepthinking_conformance.miniatures._tongues import TONGUES
from keepthinking_conformance.miniatures.faults.thinking import drops_thinking, says_thinking
from keepthinking_conformance.plan import Cell, plan
from keepthinking_conformance.provider import Script
from keepthinking_conformance.scenarios import GRAMMARS, PROVIDERS, SCENARIOS
from keepthinking_conformance.tools import interpreter
from tests.conformance.miniatures.running import run

pytestmark = pytest.mark.extras

SPEECHES: tuple[Speech, ...] = get_args(Speech)
SPOKEN = [speech for speech in SPEECHES if not GRAMMARS[speech].native]
PLAYED = [
    *("loop", "second-turn", "parallel", "interleaved", "research", "tool-error", "resume", "retry", "interrupt"),
    *("compaction", "model-switch", "handoff", "sub-agent", "approval-resume", "single", "no-thought", "redacted"),
]


def cells(speech: Speech, *profiles: str, habits: Habits = Habits(), **axes: list[str]) -> list[Cell]:  # noqa: B008 - a frozen value
    one = Scaffold(id=f"miniature.{speech}", speech=speech, habits=habits)
    return [cell for cell in plan([one], providers=profiles, **axes) if not cell.skip]  # type: ignore[arg-type]  # words of the axes


def test_every_language_has_a_grammar_and_a_scaffold_that_understands_it() -> None:
    assert set(SPEECHES) == {*GRAMMARS} == {*TONGUES}
    assert all(name == row.speech for name, row in GRAMMARS.items())


@pytest.mark.parametrize("profile", ["minimax", "anthropic", "openai", "google-gemini"])
@pytest.mark.parametrize("speech", SPEECHES[1:])
def test_a_correct_scaffold_of_any_language_passes(speech: Speech, profile: str) -> None:
    found = run(cells(speech, profile, scenarios=PLAYED))

    assert {name: one.result.reason for name, one in found.items() if one.result.status != "pass"} == {}
    assert {finding.level for one in found.values() for finding in one.result.findings} <= {"MAY"}
    for one in found.values():
        silent = {check for check, status in one.result.checks.items() if status == "unsupported"}
        assert silent == {*one.result.untold} == {*untold(one.cell)}


@pytest.mark.parametrize("profile", ["minimax", "anthropic", "openai"])
@pytest.mark.parametrize("speech", SPOKEN)
def test_thinking_that_is_lost_in_a_loop_that_no_wire_shows_is_found(speech: Speech, profile: str) -> None:
    found = run(cells(speech, profile, habits=drops_thinking.habits, scenarios=["loop"], modes=["plain"]))

    for one in found.values():
        assert {(f.check, f.fate, f.response, f.request) for f in one.result.findings} == {
            ("thinking.kept.cross-turn", "dropped", number, number + 1) for number in range(1, 5)
        }
        assert one.result.checks["thinking.kept.cross-turn"] in {"warn", "fail"}


@pytest.mark.parametrize("speech", SPOKEN)
def test_thinking_that_is_said_aloud_is_found(speech: Speech) -> None:
    found = run(cells(speech, "anthropic", habits=says_thinking.habits, scenarios=["loop"], modes=["plain"]))

    assert [one.result.checks["thinking.not-text"] for one in found.values()] == ["fail"]


def test_to_a_provider_that_sees_no_tools_nothing_of_a_text_loop_is_due() -> None:
    found = run(cells("react", "deepseek", habits=drops_thinking.habits, scenarios=["loop"], modes=["plain"]))

    assert [(one.result.status, one.result.fates) for one in found.values()] == [
        ("not-wanted", {"legally-dropped": 10})
    ]


# -- what does not show ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speech", SPEECHES)
def test_the_reasons_are_of_the_checks_to_which_a_language_shows_nothing(speech: Speech) -> None:
    row, silent = GRAMMARS[speech], set[str]()
    shown, native = set[str](), set[str]()
    for cell in cells(speech, *PROVIDERS):
        shown |= set(expected_checks(cell))
        native |= set(occasions(scripted(cell, GRAMMARS["native"])))
        silent |= set(untold(cell))
        if cell.served.profile in {"minimax", "openrouter", "anthropic", "openai", "google-gemini"}:
            # The others let go of thinking where no tools are declared, or that stands before a user's message.
            assert {*occasions(scripted(cell, GRAMMARS["native"]))} <= {*expected_checks(cell), *untold(cell)}

    assert set(row.untold) <= set(CHECKS)
    assert silent <= set(row.untold)
    if not row.native:
        assert native - shown == silent - {"ids.paired", "ids.verbatim"}
        assert set(row.untold) - silent <= {"malformed-call.answered", "persist.open-call.kept", "parallel.together"}


@pytest.mark.parametrize(
    ("speech", "scenario", "why"),
    [
        ("react", "parallel", "a model that speaks `react` calls one tool a step"),
        ("code-act", "parallel", ""),
        ("final-answer", "malformed-arguments", ""),
        ("code-act", "malformed-arguments", "it is made for arguments that are no JSON, and arguments are words"),
        ("react", "odd-arguments", "it is made for `arguments.equal`, of which nothing shows"),
        ("react", "loop", ""),
        ("react", "thought-only", "an answer without words is none in `react`"),
        ("final-answer", "thought-only", "an answer without words is none in `final-answer`"),
        ("code-block", "thought-only", ""),
    ],
)
def test_what_a_language_cannot_say_is_said_in_words(speech: Speech, scenario: str, why: str) -> None:
    found = GRAMMARS[speech].misfit(SCENARIOS[scenario])

    assert found.startswith(why)
    assert bool(found) is bool(why)
    if why:
        with pytest.raises(ValueError, match="cannot be played"):
            Script(SCENARIOS[scenario], PROVIDERS["deepseek"], speech=speech)


def declares(sent: Sent) -> None:
    """Declares a tool on the wire."""
    sent.head["tools"] = [sent.wire.tool("look_up", "", {"type": "object"})]


def hides(sent: Sent) -> None:
    """Does not tell the model of its tools."""
    sent.history[0].wire[0]["content"] = sent.history[0].wire[0]["content"].partition("Tools:")[0]


@pytest.mark.parametrize(
    ("habit", "what"),
    [
        (declares, "it offers `look_up` on the wire, where its model speaks `react`"),
        (hides, "it does not offer `look_up`, a tool that the run gave"),
    ],
)
def test_a_scaffold_that_does_not_speak_as_it_says_is_no_subject(habit: object, what: str) -> None:
    found = run(cells("react", "minimax", habits=Habits(sends=habit), scenarios=["loop"], modes=["plain"]))  # type: ignore[arg-type]  # a habit

    assert [one.result.status for one in found.values()] == ["error"]
    assert all(what in one.result.reason for one in found.values())


def brings(sent: Sent) -> None:
    """Declares the tool for answers, which its model need not call."""
    sent.head["tools"] = [*sent.head["tools"], sent.wire.tool("final_answer", "", {"type": "object"})]


def test_a_scaffold_may_bring_the_tool_for_answers_along() -> None:
    found = run(cells("native", "minimax", habits=Habits(sends=brings), scenarios=["loop"], modes=["plain"]))

    assert [one.result.status for one in found.values()] == ["pass"]


# -- how it is said ----------------------------------------------------------------------------------------------------

WRITTEN: dict[Speech, tuple[str, str]] = {
    "react": ('Thought: LEAD\nAction: look_up\nAction Input: {"key": "KEY"}', "Thought: LEAD\nAnswer: SAID"),
    "code-act": ("LEAD\n<execute>\nprint(look_up(key='KEY'))\n</execute>", "SAID"),
    "code-agent": (
        "Thought: LEAD\n<code>\nprint(look_up(key='KEY'))\n</code>",
        "Thought: LEAD\n<code>\nfinal_answer('SAID')\n</code>",
    ),
    "code-block": ("LEAD\n```python\nprint(look_up(key='KEY'))\n```", "SAID"),
}


@pytest.mark.parametrize("speech", SPOKEN)
def test_a_step_is_one_text_in_the_language_s_form(speech: Speech) -> None:
    script = Script(SCENARIOS["loop"], PROVIDERS["anthropic"], seed=1, token="t", speech=speech)  # noqa: S106 - a run's name
    (called,) = script.calls_of(0, 0)
    act, answer = (form.replace("KEY", called.key) for form in WRITTEN[speech])

    first, last = script.answer(0, 0), script.answer(0, 4)

    assert first.text == act.replace("LEAD", script.words.sentence("turn0/step0/lead"))
    said = script.words.sentence("turn0/step4/1/say")
    assert last.text == answer.replace("LEAD", script.words.sentence("turn0/step4/lead")).replace("SAID", said)
    native = Script(SCENARIOS["loop"], PROVIDERS["anthropic"], seed=1, token="t")  # noqa: S106 - a run's name
    assert first.thinking == native.answer(0, 0).thinking
    assert first.tool_calls == last.tool_calls == ()


def test_what_is_said_beside_calls_goes_before_them_and_several_calls_are_lines_of_one_code() -> None:
    script = Script(SCENARIOS["interleaved"], PROVIDERS["anthropic"], seed=1, token="t", speech="code-act")  # noqa: S106 - a run's name
    keys = [called.key for called in script.calls_of(0, 0)]
    message = script.answer(0, 0)

    assert [type(block).__name__ for block in message.blocks] == ["Thinking", "Thinking", "Text"]
    assert message.text == (
        f"{script.words.sentence('turn0/step0/1/say')}\n<execute>\nprint(look_up(key='{keys[0]}'))\n"
        f"print(read_note(key='{keys[1]}'))\n</execute>"
    )


def test_a_final_answer_is_a_call_with_an_id_of_its_own() -> None:
    script = Script(SCENARIOS["second-turn"], PROVIDERS["kimi"], seed=1, token="t", speech="final-answer")  # noqa: S106 - a run's name
    answers = [script.answer(turn, 2) for turn in range(2)]

    for turn, message in enumerate(answers):
        (call,) = message.tool_calls
        assert call.name == "final_answer"
        assert json.loads(call.arguments) == {"answer": script.words.sentence(f"turn{turn}/step2/1/say")}
        assert message.text == ""
    ids = [call.id for turn in range(2) for step in range(3) for call in script.answer(turn, step).tool_calls]
    assert len({*ids}) == len(ids)


# -- the interpreter ---------------------------------------------------------------------------------------------------


async def echo(arguments: str) -> str:
    if "fail" in arguments:
        raise RuntimeError("out of reach")
    return f"<{arguments}>"


EXECUTE = interpreter([RunTool(tool=Tool(name="look_up", description="", parameters=Json(b"{}")), call=echo)])


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("print(look_up(key='a b', n=1.5))", '<{"key": "a b", "n": 1.5}>'),
        ("# why\nprint(look_up(key='é'))\n\nprint(look_up())", '<{"key": "é"}>\n<{}>'),
        ("print(look_up(key='fail'))\nprint(look_up(key='x'))", "RuntimeError: out of reach"),
        ("print(look_up(key='x'))\nprint(look_down(key='x'))", '<{"key": "x"}>\nNameError: name \'look_down\' is not'),
        ("", ""),
        *((code, "SyntaxError: ") for code in ("print(", "import os", "look_up(key='x')", "print(look_up('x'))")),
        *((code, "SyntaxError: ") for code in ("print(look_up(key=open('x')))", "print(look_up(**{'a': 1}, b=x))")),
    ],
)
def test_the_interpreter_prints_what_tools_give_and_runs_nothing_else(code: str, printed: str) -> None:
    async def executes() -> str:
        return await EXECUTE(code)

    found = asyncio.run(executes())

    assert found.startswith(printed)
    assert bool(found) is bool(printed)


# -- what a thought holds ----------------------------------------------------------------------------------------------

HELD: dict[Speech, tuple[str, str]] = {
    "native": (
        'Action:\n<tool_call>\n{"name": "look_up", "arguments": {"key": "KEY"}}\n</tool_call>',
        'Action:\n<tool_call>\n{"name": "final_answer", "arguments": {"answer": "KEY"}}\n</tool_call>',
    ),
    "react": (
        'Thought: That may help.\nAction: look_up\nAction Input: {"key": "KEY"}',
        "Thought: That may be it.\nAnswer: KEY",
    ),
    "code-act": ("<execute>\nprint(look_up(key='KEY'))\n</execute>",) * 2,
    "code-agent": ("<code>\nprint(look_up(key='KEY'))\n</code>", "<code>\nfinal_answer('KEY')\n</code>"),
    "code-block": ("```python\nprint(look_up(key='KEY'))\n```",) * 2,
}


@pytest.mark.parametrize("speech", SPEECHES)
def test_a_thought_holds_a_call_or_an_answer_in_the_scaffold_s_own_language(speech: Speech) -> None:
    script = Script(SCENARIOS["call-in-thought"], PROVIDERS["anthropic"], seed=1, token="t", speech=speech)  # noqa: S106 - a run's name
    forms = HELD["native" if GRAMMARS[speech].native else speech]
    held = [script.voiced(0, step)[0].text.split("\n\n")[1] for step in range(3)]

    assert [called.step for called in script.considered] == [0, 1, 2]
    wanted = zip((forms[0], forms[1], forms[0]), script.considered, strict=True)
    assert held == [form.replace("KEY", called.key) for form, called in wanted]
    for called in script.considered:
        assert not any(called.key in one.arguments for one in script.calls)
        assert called not in script.calls


def test_a_thought_without_what_it_may_hold_has_the_words_that_it_always_had() -> None:
    script = Script(SCENARIOS["call-in-thought"], PROVIDERS["anthropic"], seed=1, token="t")  # noqa: S106 - a run's name
    usual, calm = script.voiced(0, 0), script.voiced(0, 0, calm=True)

    begins, held, ends = usual[0].text.split("\n\n")
    assert calm[0].text == f"{begins}\n\n{ends}"
    assert script.considered[0].key in held
    assert calm[1:] == usual[1:]
