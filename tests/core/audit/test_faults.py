"""Planted faults: each is found, by its own check, at its exact place, at the level that the rule gives it."""

from __future__ import annotations

import base64
import json

import pytest
from msgspec import UNSET
from msgspec.structs import asdict

from keepthinking._reports import Finding
from keepthinking.checks import CHECKS
from tests.core.audit.faults import FAULTS, SHIFTED, Fault, calls, seals, thinking, turns
from tests.core.audit.places import Json, path, resolve
from tests.core.audit.scripted import Recorded, record, thought
from tests.core.audit.wires import WIRES, Wire

PLANTED = (calls, seals, thinking, turns)
"""The modules that register their faults."""

CASES = [
    pytest.param(plant, WIRES[wire], request, id=f"{name}-{wire}")
    for name, (plant, wires, request) in FAULTS.items()
    for wire in wires
]


@pytest.mark.parametrize(("plant", "wire", "request_"), CASES)
def test_a_planted_fault_is_found(plant: Fault, wire: Wire, request_: int) -> None:
    recorded = record(wire).cut(request_)
    expect = plant(recorded, request_)

    report = recorded.report()

    found = [finding for finding in report.findings if finding.check == expect.check]
    shown = [(f.check, f.fate, f.level, f.response, f.path, f.origin) for f in report.findings]
    implied = expect.implied if wire.named else expect.implied | SHIFTED
    assert {finding.check for finding in report.findings} <= {expect.check} | implied, shown
    assert len(found) == expect.times or expect.check in expect.implied, shown
    here = recorded.path(request_, expect.path)
    first = next((finding for finding in found if finding.path == here), None)
    assert first is not None, shown
    assert first.fate == expect.fate
    assert first.level == expect.level
    assert first.status == ("fail" if first.level == "MUST" else "warn")
    assert first.request == request_
    assert first.response == (UNSET if expect.answer is None else expect.answer)
    assert first.origin == (UNSET if expect.origin is None else expect.origin)
    assert not report.problems
    _resolves(recorded, report.findings)
    assert "canary" not in json.dumps([{k: str(v) for k, v in asdict(f).items()} for f in report.findings])


def _resolves(recorded: Recorded, findings: tuple[Finding, ...]) -> None:
    lines = recorded.lines()
    for finding in findings:
        resolve(lines[finding.request - 1]["request"], finding.path)
        if isinstance(finding.origin, str) and isinstance(finding.response, int):
            resolve(recorded.exchanges[finding.response - 1]["response"], finding.origin)


@pytest.mark.parametrize(
    "name", ["thinking_dropped_in_the_loop", "result_altered_later", "turn_gone_in_the_loop_with_its_results"]
)
@pytest.mark.parametrize("wire", ["deepseek", "claude"])
def test_one_loss_is_one_finding_however_many_requests_show_it(name: str, wire: str) -> None:
    recorded = record(WIRES[wire])
    plant = FAULTS[name][0]
    expect, *_ = [plant(recorded, request) for request in (4, 5, 6)]

    report = recorded.report()

    found = [(finding.check, finding.request, finding.requests) for finding in report.findings]
    assert found == [(expect.check, 4, 3)]


def test_the_first_differing_byte_is_told() -> None:
    recorded = record(WIRES["deepseek"]).cut(6)
    thinking.thinking_altered_by_one_byte(recorded, 6)

    (finding,) = recorded.report().findings

    assert finding.at == thought(2).index("plan") + 3


def test_a_seal_in_another_base64_alphabet_is_the_same_seal() -> None:
    """Where the provider documents bytes: the seal of a Gemini call."""
    raw = base64.b64encode(bytes(range(200, 256))).decode()
    assert "+" in raw or "/" in raw
    recorded = record(WIRES["deepseek"]).cut(3)
    for body in recorded.exchanges:
        body["host"], body["request"]["model"] = "generativelanguage.googleapis.com", "gemini-3-pro"

    def sealed(wire: str) -> Json:
        return {"google": {"thought_signature": wire}}

    recorded.exchanges[1]["response"]["choices"][0]["message"]["tool_calls"][0]["extra_content"] = sealed(raw)
    call = recorded.answer(2, 3)["tool_calls"][0]
    for spelt in (raw, raw.replace("+", "-").replace("/", "_"), raw.rstrip("=")):
        call["extra_content"] = sealed(spelt)
        assert recorded.report().findings == ()
    for other, check in ((raw[:-8], "seal.unaltered"), (None, "seal.kept")):
        call["extra_content"] = None if other is None else sealed(other)
        (finding,) = recorded.report().findings
        assert (finding.check, finding.level) == (check, "MUST")
        assert finding.path == path("messages", recorded.places[2], "tool_calls", 0)


def test_every_check_that_a_recording_decides_is_planted_somewhere() -> None:
    planted = set[str]()
    for plant, wires, request in FAULTS.values():
        recorded = record(WIRES[(wires or [*WIRES])[0]]).cut(request)
        planted.add(plant(recorded, request).check)
    elsewhere = {
        *("thinking.empty.kept", "thinking.empty.not-invented", "foreign.not-sent", "thinking.not-sent"),
        *("inject.boundary", "opaque.kept", "opaque.unaltered", "call.unaltered", "prefix.unaltered"),
    }
    recorded_ones = {check.id for check in CHECKS.values() if check.judged == "recording"}
    assert recorded_ones - planted <= elsewhere
