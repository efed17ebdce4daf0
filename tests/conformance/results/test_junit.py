"""JUnit XML: of the shape that build servers take, with what a maintainer needs, and red where the examination is."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking_conformance.results import CellResult, Difference, Exit, Results, gate
from keepthinking_conformance.results._results import CellStatus
from keepthinking_conformance.results.views import as_junit
from tests.conformance.results.everything import CELL, EVERYTHING, FOUND, HOSTILE, said
from tests.conformance.results.test_merge import GOOD, STATUSES, here, merged
from tests.conformance.results.test_merge import run as examined

pytestmark = pytest.mark.extras

SCHEMA = xmlschema.XMLSchema10(Path(__file__).with_name("junit.xsd"))


def tree(results: Results) -> ET.Element:
    written = as_junit(results)
    SCHEMA.validate(written)
    return ET.fromstring(written.encode())  # noqa: S314 - our own


def cases(results: Results) -> dict[str, ET.Element]:
    return {f"{case.get('classname')} {case.get('name')}": case for case in tree(results).iter("testcase")}


def outcome(case: ET.Element) -> str:
    return next((child.tag for child in case if child.tag != "system-out"), "passed")


def outcomes(*cells: CellResult, strict: bool = False) -> dict[str, str]:
    found = cases(examined(*cells, strict=strict))
    return {
        str(case.get("name")): outcome(case) for case in found.values() if "control" not in str(case.get("classname"))
    }


# -- shape -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("results", [EVERYTHING, *map(said, HOSTILE)], ids=lambda _: "results")
def test_build_servers_and_a_library_of_others_read_it(results: Results) -> None:
    written = as_junit(results)

    SCHEMA.validate(written)
    read = JUnitXml.fromstring(written.encode())
    assert sum(suite.tests for suite in read) == len(list(tree(results).iter("testcase")))


def test_one_test_case_a_cell_and_check_and_one_for_the_run() -> None:
    assert list(cases(EVERYTHING)) == [
        "keepthinking controls control.forgetful/deepseek/loop/plain",
        "agents.chat.stock/deepseek/loop/plain [environment 1] run",
        "agents.chat.stock/deepseek/loop/plain [environment 1] thinking.kept.in-loop",
        "agents.chat.stock/deepseek/loop/plain [environment 1] arguments.verbatim",
        "agents.chat.stock/deepseek/loop/sync+strict@gpt-5 [environment 1, 2] run",
        "agents.chat.stock/deepseek/loop/sync+strict@gpt-5 [environment 1, 2] scorecard",
    ]


def test_a_failure_holds_all_that_a_maintainer_needs() -> None:
    failure = cases(EVERYTHING)["agents.chat.stock/deepseek/loop/plain [environment 1] thinking.kept.in-loop"][0]

    assert failure.attrib == {"message": "MUST, altered: the words differ", "type": "fail"}
    for part in (
        "said in    response 1, $.choices[0].message.reasoning_content\n",
        "seen in    request 2, $.messages[2].reasoning_content, first differing byte 17, and in 2 later requests\n",
        'it said    "reasoning_content":"First Oslo, then Rome."\n',
        'sent back  "reasoning_content":"First Rome, then Oslo."\n',
        "lost in    the client, ",
        "rule       deepseek.v4.chat, verified 2026-11-23: https://api-docs.deepseek.com/guides/thinking_mode\n",
        "fix        Use `ChatKeepThinking`.\n",
        "replay     keepthinking check agents --id agents.chat.stock/deepseek/loop/plain",
    ):
        assert part in str(failure.text)


def test_what_is_gone_is_said_to_be_gone() -> None:
    lost = replace(CELL, findings=(replace(FOUND, fate="dropped", sent=UNSET),))

    assert "sent back  nothing in its place\n" in as_junit(examined(lost))


def test_versions_and_seed_are_properties_of_the_controls() -> None:
    told = {p.get("name"): p.get("value") for p in tree(EVERYTHING).iter("property")}

    assert told["seed"] == "7"
    assert told["environment 2"] == "Python 3.13.1, Windows AMD64"
    assert told["environment 2: agents"] == "2.0"


# -- what is red -------------------------------------------------------------------------------------------------------


def test_a_check_is_red_by_the_level_that_the_examination_goes_by() -> None:
    checks = {"a.kept": "pass", "b.kept": "fail", "c.kept": "warn", "d.kept": "unsupported"}
    cell = replace(CELL, findings=(), checks=checks)

    lenient = {"run": "passed", "a.kept": "passed", "b.kept": "failure", "c.kept": "passed", "d.kept": "skipped"}
    assert outcomes(cell) == lenient
    assert outcomes(cell, strict=True) == {**lenient, "c.kept": "failure"}


def test_a_warning_is_told_though_it_passes() -> None:
    warned = replace(CELL, status="warn", checks={}, findings=(replace(FOUND, status="warn", level="SHOULD"),))

    (case,) = [case for name, case in cases(examined(warned)).items() if name.endswith("in-loop")]

    assert outcome(case) == "passed"
    assert "thinking.kept.in-loop: SHOULD, altered" in str(case[0].text)
    assert "replay     keepthinking check" in str(case[0].text)


def test_a_loss_that_the_scorecard_knows_is_skipped_and_a_difference_fails() -> None:
    known = replace(CELL, gate="scorecard")
    other = replace(known, differences=(Difference(what="status", recorded="pass", found="fail"),))

    assert outcomes(known)["thinking.kept.in-loop"] == "skipped"
    assert outcomes(known)["scorecard"] == "passed"
    assert outcomes(other)["scorecard"] == "failure"
    assert "status: recorded pass; found fail" in as_junit(examined(other))
    assert outcomes(replace(CELL, gate="unrecorded"))["thinking.kept.in-loop"] == "skipped"


def test_what_did_not_run_is_skipped_with_its_reason() -> None:
    for status in ("unsupported", "absent"):
        skipped = replace(CELL, status=status, reason="the subject cannot stream", findings=(), checks={})
        (case,) = [case for name, case in cases(examined(skipped)).items() if name.endswith("run")]

        assert outcomes(skipped) == {"run": "skipped"}
        assert case[0].get("message") == "the subject cannot stream"


def test_a_control_that_came_out_wrong_is_an_error() -> None:
    wrong = replace(GOOD, status="pass", reason="it saw nothing")

    case = cases(examined(CELL, controls=(wrong,)))[f"keepthinking controls {GOOD.id}"]

    assert outcome(case) == "error"
    assert case[0].get("message") == "pass, but it must be fail: it saw nothing"


def test_one_cell_of_two_environments_is_two_classes() -> None:
    found = merged(
        examined(CELL),
        examined(replace(CELL, status="pass", checks={}, findings=())),
        examined(CELL, environment=here("2.0")),
    )

    assert {name.rpartition(" ")[0] for name in cases(found) if "control" not in name} == {
        f"{CELL.id} [environment 1, 2]",
        f"{CELL.id} [environment 1]",
    }
    assert len({(case.get("classname"), case.get("name")) for case in tree(found).iter("testcase")}) == len(
        cases(found)
    )


def cells() -> st.SearchStrategy[CellResult]:
    levels = st.sampled_from(["MUST", "SHOULD", "MAY"])
    fails = levels.map(lambda level: replace(FOUND, level=level, status="fail" if level == "MUST" else "warn"))

    def made(status: CellStatus, gated: str, found: list, number: int) -> CellResult:  # type: ignore[type-arg]
        kept = tuple(found) if status in {"pass", "warn", "fail", "harness-error"} else ()
        if status == "fail":
            kept = (*kept, FOUND)
        elif status == "warn":
            kept = (replace(FOUND, level="SHOULD", status="warn"),)
        elif status == "pass":
            kept = tuple(one for one in kept if one.level == "MAY")
        other = (Difference(what="status", recorded="pass", found=status),) if gated == "differs" else ()
        gate_ = "scorecard" if gated == "differs" else gated
        return replace(
            CELL, id=f"s/p/{number}/plain", status=status, gate=gate_, findings=kept, checks={}, differences=other
        )

    gates = st.sampled_from(["rule", "scorecard", "differs", "unrecorded"])
    return st.builds(made, st.sampled_from(STATUSES), gates, st.lists(fails, max_size=2), st.integers(0, 10**9))


@settings(max_examples=50)
@given(st.lists(cells(), min_size=1, max_size=4), st.booleans())
def test_it_is_red_where_the_examination_is(several: list[CellResult], strict: bool) -> None:  # noqa: FBT001 - drawn
    results = examined(*several, strict=strict)
    found = {outcome(case) for case in tree(results).iter("testcase")}

    assert ("failure" in found) == any(gate([cell], [GOOD], strict=strict) == Exit.FINDINGS for cell in several)
    assert ("error" in found) == any(cell.status == "harness-error" for cell in several)
    if gate(several, [GOOD], strict=strict) == Exit.OK:
        assert found <= {"passed", "skipped"}


# -- hostile words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_was_said_is_text_and_nothing_of_it_is_lost(words: str) -> None:
    root = tree(said(words))
    plain = {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
        "system-out",
        "properties",
        "property",
    }

    assert {element.tag for element in root.iter()} <= plain
    texts = [text for element in root.iter() for text in (element.text or "", *element.attrib.values())]
    shown = [c for c in words if unicodedata.category(c)[0] in "LNPS"]
    assert any(all(c in text for c in shown) for text in texts)
    for hidden in "\x00\x1b\x7f\u202e\u200b\ufeff\ud83d":
        if hidden in words:
            assert not any(hidden in text for text in texts)
            assert any(hidden.encode("unicode_escape").decode() in text for text in texts)


def test_a_megabyte_is_cut_everywhere() -> None:
    assert len(as_junit(examined(replace(CELL, findings=(replace(FOUND, said="x" * 1_000_000),))))) < 10_000
    assert len(as_junit(said("x" * 1_000_000))) < 300_000


@settings(max_examples=25)
@given(st.text())
def test_any_text_can_be_written(words: str) -> None:
    SCHEMA.validate(as_junit(said(words)))
