"""Two providers in one conversation, on one wire: each exchange is judged under the profile that it is given with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from keepthinking.audit import Auditor, Report, read
from tests.core.audit.places import Json, dump
from tests.core.audit.scripted import script
from tests.core.audit.wires import WIRES, Answer, Message, Wire

Own = Callable[[int], bool]
CHAT, CLAUDE = WIRES["deepseek"], WIRES["claude"]
BOUND = ("anthropic", "claude-opus-5-5")
PAIRS = [
    pytest.param(CHAT, ("deepseek", "deepseek-v4-pro"), ("kimi", "kimi-k2-thinking"), id="chat"),
    pytest.param(CLAUDE, ("anthropic", "claude-opus-5"), ("minimax-anthropic", "MiniMax-M2"), id="messages"),
    pytest.param(CLAUDE, BOUND, ("minimax-anthropic", "MiniMax-M2"), id="messages, bound to all before"),
]
"""A wire, who speaks first and last on it, and who speaks in between: names of profiles and models."""

CLAUDES = (("anthropic", "claude-opus-5"), ("anthropic", "claude-opus-4-6"))
"""Two models of one provider read each other's thinking."""

OTHERS = ("moonshot.k2-thinking", "minimax.m2")
"""How the rules of those who speak in between begin."""

VOICES = (0, 0, 0, 1, 1, 1, 0, 0)
"""Whose answer each one of the script is."""


class Told:
    """The script, told by two voices; what is sent of the other's thinking is for the test to say."""

    def __init__(self, wire: Wire, *voices: tuple[str, str]) -> None:
        self.wire = wire
        self.voices = voices
        self.system = ["Be brief.", "Be brief."]

    def record(self, sends: Callable[[int, int], bool]) -> list[tuple[Json, str]]:
        """Record it. `sends` says whether thinking of one voice, the first, is sent to another, the second."""
        lines: list[tuple[Json, str]] = []
        events = script(self.wire)
        number = 0
        for at, event in enumerate(events):
            if isinstance(event, Answer):
                voice = VOICES[number]
                profile, model = self.voices[voice]
                body = self.wire.body(self.wire.request(self.history(events[:at], voice, sends), model=model))
                number += 1
                row = {"dialect": self.wire.dialect, "endpoint": self.wire.endpoint, "at": "2026-11-20T12:00:00Z"}
                lines.append(({**row, "request": body, "response": self.wire.response(event, number)}, profile))
        return lines

    def history(self, events: Sequence[Answer | str], voice: int, sends: Callable[[int, int], bool]) -> list[Message]:
        messages: list[Message] = [{"role": "system", "content": self.system[voice]}]
        number = 0
        for event in events:
            if isinstance(event, str):
                messages.append(self.wire.as_text(event))
                continue
            kept = event if sends(VOICES[number], voice) else replace(event, thoughts=())
            number += 1
            messages += [self.wire.said(kept), *self.wire.results(event.calls, number)]
        return messages


def judged(lines: Sequence[tuple[Json, str]]) -> Report:
    auditor = Auditor()
    for line, profile in lines:
        (exchange,) = read([dump(line)])
        auditor.add(exchange, profile=profile)
    report = auditor.report()
    assert report.problems == ()
    return report


def accused(report: Report) -> set[tuple[str, str, object]]:
    return {(f.check, f.level, f.rule) for f in report.findings}


def own(mine: int, now: int) -> bool:
    return mine == now


@pytest.mark.parametrize(("wire", "first", "second"), PAIRS)
def test_to_keep_ones_own_thinking_and_send_none_of_the_others_is_lawful(
    wire: Wire, first: tuple[str, str], second: tuple[str, str]
) -> None:
    report = judged(Told(wire, first, second).record(own))

    assert accused(report) == set()
    assert report.fates["preserved"] > 0
    assert report.fates["legally-dropped"] > 0


@pytest.mark.parametrize(("wire", "first", "second"), PAIRS)
def test_each_voice_is_held_to_its_own_rule(wire: Wire, first: tuple[str, str], second: tuple[str, str]) -> None:
    report = judged(Told(wire, first, second).record(lambda mine, now: mine == now == 0))

    assert "thinking.kept.in-loop" in {f.check for f in report.findings}
    assert {f.request for f in report.findings} <= {5, 6}
    assert all(str(f.rule).startswith(OTHERS) for f in report.findings)

    report = judged(Told(wire, first, second).record(lambda mine, now: mine == now == 1))

    assert {"thinking.kept.in-loop", "thinking.kept.cross-turn"} <= {f.check for f in report.findings}
    assert not any(str(f.rule).startswith(OTHERS) for f in report.findings)


def test_a_seal_of_the_other_voice_is_sent_where_it_is_not_good() -> None:
    model = "gemini-3-pro-preview"
    told = Told(WIRES["gemini"], ("google-gemini", model), ("vertex-gemini", model))

    report = judged(told.record(lambda _mine, _now: True))

    assert "foreign.not-sent" in {f.check for f in report.findings}
    assert min(f.request for f in report.findings) == 4
    assert {f.check for f in judged(Told(CLAUDE, *CLAUDES).record(lambda _mine, _now: True)).findings} == set()


@pytest.mark.parametrize(("wire", "first", "second"), PAIRS)
def test_an_agent_with_instructions_of_its_own_changes_nothing_that_was_sent(
    wire: Wire, first: tuple[str, str], second: tuple[str, str]
) -> None:
    told = Told(wire, first, second)
    told.system[1] = "You are another agent."

    assert accused(judged(told.record(own))) == set()


def test_a_prefix_that_a_seal_is_bound_to_is_compared_with_the_last_request_to_its_own_provider() -> None:
    told = Told(CLAUDE, BOUND, ("minimax-anthropic", "MiniMax-M2"))
    lines = told.record(own)
    told.system[0] = "Be long."
    lines[6:] = told.record(own)[6:]

    report = judged(lines)

    (finding,) = report.findings
    assert (finding.check, finding.level, finding.request) == ("prefix.unaltered", "MUST", 7)
    assert "request 3" in finding.what


def test_a_model_that_is_called_by_another_name_falls_under_the_rule_of_its_own() -> None:
    told = Told(CHAT, ("deepseek", "some-alias"), ("kimi", "kimi-k2-thinking"))
    auditor, named = Auditor(), Auditor()
    for line, profile in told.record(lambda _mine, _now: False)[:3]:
        (exchange,) = read([dump(line)])
        auditor.add(exchange, profile=profile, model="deepseek-reasoner")
        named.add(exchange, profile=profile)

    assert {f.rule for f in auditor.report().findings} == {"deepseek.v4.chat"}
    assert auditor.report().fates == named.report().fates
