"""Joining runs: what agrees is one, what differs stays, nothing worse is hidden, what cannot be compared is refused."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from keepthinking_conformance.results import (
    CellResult,
    Control,
    Difference,
    Environment,
    Exit,
    MergeError,
    Named,
    Results,
    as_json,
    gate,
    merge,
    read_results,
    rows,
    shipped,
    summarise,
)
from keepthinking_conformance.results._results import CellStatus
from tests.conformance.results.everything import CELL, EVERYTHING

pytestmark = pytest.mark.extras

GOOD = Control(id="control.forgetful/deepseek/loop/plain", expected="fail", status="fail")
STATUSES: tuple[CellStatus, ...] = (
    "pass",
    "not-wanted",
    "warn",
    "fail",
    "error",
    "harness-error",
    "unsupported",
    "absent",
)


def here(version: str = "1.0", python: str = "3.11.7") -> Environment:
    return Environment(python=python, platform="Linux x86_64", distributions={"agents": version})


def cell(status: CellStatus = "pass", name: str = "s/deepseek/loop/plain", **changes: Any) -> CellResult:
    plain = replace(CELL, id=name, status=status, findings=(), checks={}, fates={"preserved": 1}, replay="again")
    return replace(plain, **changes)


def run(*cells: CellResult, environment: Environment | None = None, **changes: Any) -> Results:
    controls = changes.pop("controls", (GOOD,))
    strict = changes.pop("strict", False)
    code = gate(cells, controls, strict=strict)
    found = Results(
        keepthinking="0.1",
        seed=1,
        strict=strict,
        environments=(environment or here(),),
        controls=controls,
        cells=cells,
        summary=summarise(cells, seconds=1.0, interrupted=False, code=code),
    )
    return replace(found, **changes)


def merged(*several: Results) -> Results:
    return merge([Named(f"{letter}.json", one) for letter, one in zip("ABCDEFG", several, strict=False)])


def told(results: Results) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.id, one.status, one.environments) for one in results.cells]


# -- what is joined ----------------------------------------------------------------------------------------------------


def test_one_file_stays_what_it_is() -> None:
    assert merged(run(cell(), cell("fail", "s/kimi/loop/plain"))) == run(cell(), cell("fail", "s/kimi/loop/plain"))


def test_cells_of_two_environments_stand_side_by_side_each_with_its_versions() -> None:
    found = merged(run(cell(name="a/x/y/plain")), run(cell("fail", "b/x/y/plain"), environment=here("2.0")))

    assert told(found) == [("a/x/y/plain", "pass", ("1",)), ("b/x/y/plain", "fail", ("2",))]
    assert [(one.id, one.distributions) for one in found.environments] == [
        ("1", {"agents": "1.0"}),
        ("2", {"agents": "2.0"}),
    ]
    assert (found.summary.cells, found.summary.exit, found.summary.seconds) == (2, Exit.FINDINGS, 2.0)
    assert found.summary.statuses == {"fail": 1, "pass": 1}


def test_equal_verdicts_are_one_cell_of_both_environments() -> None:
    later = cell(seconds=9.0, reason="at port 2", replay="otherwise")

    found = merged(run(cell()), run(later, environment=here("2.0")))

    assert found.cells == (cell(environments=("1", "2")),)
    assert [control.environments for control in found.controls] == [("1", "2")]


def test_two_verdicts_stay_two_and_the_worse_decides() -> None:
    for order in permutations([run(cell("pass")), run(cell("fail"), environment=here("2.0"))]):
        found = merged(*order)

        assert sorted(one.status for one in found.cells) == ["fail", "pass"]
        assert len({one.environments for one in found.cells}) == 2
        assert found.summary.exit == Exit.FINDINGS
        (row,) = rows(found.cells)
        assert row.status == "fail"


def test_a_verdict_is_more_than_its_status() -> None:
    for other in (
        cell("fail", fates={"dropped": 1}),
        cell("fail", requests=6),
        cell("fail", differences=(Difference(what="status", recorded="pass", found="fail"),)),
        cell("fail", checks={"seal.kept": "fail"}),
        cell("fail", findings=CELL.findings),
    ):
        assert len(merged(run(cell("fail")), run(other, environment=here("2.0"))).cells) == 2


@pytest.mark.parametrize("gap", ["absent", "unsupported"])
@pytest.mark.parametrize("status", [status for status in STATUSES if status not in {"absent", "unsupported"}])
def test_a_gap_gives_way_to_whatever_ran(gap: CellStatus, status: CellStatus) -> None:
    for order in permutations([run(cell(gap), environment=here("9")), run(cell(status))]):
        (left,) = merged(*order).cells

        assert left.status == status


def test_what_is_not_installed_gives_way_to_what_cannot_be_asked() -> None:
    (left,) = merged(run(cell("absent"), cell(name="b")), run(cell("unsupported"), environment=here("2.0"))).cells[:1]

    assert left.status == "unsupported"


def test_one_environment_that_gave_two_verdicts_keeps_both() -> None:
    assert told(merged(run(cell("pass")), run(cell("fail")))) == [
        ("s/deepseek/loop/plain", "pass", ("1",)),
        ("s/deepseek/loop/plain", "fail", ("1",)),
    ]


def test_a_framework_is_absent_only_where_no_environment_has_it() -> None:
    missing = {"agents": "'agents>=1'", "crews": "'crews'"}

    assert merged(run(cell("absent"), absent=missing), run(cell(), environment=here("2.0"))).absent == {
        "crews": "'crews'"
    }


def test_a_set_is_named_only_where_all_ran_it() -> None:
    assert merged(run(cell(), chosen="core"), run(cell(), chosen="core")).chosen == "core"
    assert merged(run(cell(), chosen="core"), run(cell(), chosen="full")).chosen == "asked"


def test_an_examination_that_was_stopped_makes_the_whole_unfinished() -> None:
    stopped = run(cell())
    stopped = replace(stopped, summary=replace(stopped.summary, interrupted=True, exit=Exit.INTERRUPTED))

    found = merged(run(cell("fail"), environment=here("2.0")), stopped)

    assert (found.summary.interrupted, found.summary.exit) == (True, Exit.INTERRUPTED)


def test_a_control_that_came_out_wrong_in_one_file_outweighs_every_verdict() -> None:
    wrong = replace(GOOD, status="pass", reason="it saw nothing")

    for order in permutations([run(cell("fail")), run(cell(), controls=(wrong,), environment=here("2.0"))]):
        found = merged(*order)

        assert found.summary.exit == Exit.HARNESS
        assert sorted(control.status for control in found.controls) == ["fail", "pass"]


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("seed", 2, "'A.json' and 'B.json' are not of one seed: 1 and 2 at $.seed"),
        ("strict", True, "'A.json' and 'B.json' are not of one strictness: False and True at $.strict"),
        ("keepthinking", "0.2", "'A.json' and 'B.json' are not of one version of keepthinking: '0.1' and '0.2'"),
    ],
)
def test_what_cannot_be_compared_is_refused(member: str, value: object, said: str) -> None:
    with pytest.raises(MergeError) as raised:
        merged(run(cell()), replace(run(cell()), **{member: value}))

    assert said in str(raised.value)
    assert raised.value.hint


def test_cells_without_a_control_are_refused() -> None:
    with pytest.raises(MergeError, match=r"'B.json' has no controls, so nothing shows that its examination could see"):
        merged(run(cell()), run(cell(), controls=()))


def test_nothing_is_refused() -> None:
    with pytest.raises(MergeError, match="there is nothing to merge"):
        merged()


# -- whatever is merged ------------------------------------------------------------------------------------------------


def examinations() -> st.SearchStrategy[Results]:
    cells = st.builds(cell, st.sampled_from(STATUSES), st.sampled_from(["a/x/y/plain", "b/x/y/plain"]))
    several = st.lists(cells, max_size=2, unique_by=lambda one: one.id)
    return st.builds(
        lambda held, version: run(*held, environment=here(version)), several, st.sampled_from(["1.0", "2.0", "3.0"])
    )


def verdicts(results: Results) -> set[tuple[str, str, frozenset[str]]]:
    versions = {one.id: one.distributions["agents"] for one in results.environments}
    return {(one.id, one.status, frozenset(versions[name] for name in one.environments)) for one in results.cells}


@given(st.lists(examinations(), min_size=1, max_size=4))
def test_the_order_of_files_and_of_merging_changes_no_verdict(several: list[Results]) -> None:
    whole = merged(*several)

    assert verdicts(merged(*several[::-1])) == verdicts(whole)
    assert verdicts(merged(*several, *several)) == verdicts(whole)
    step = several[0]
    for one in several[1:]:
        step = merged(step, one)
    assert verdicts(step) == verdicts(whole)
    assert step.summary.exit == whole.summary.exit == merged(*several[::-1]).summary.exit


@given(st.lists(examinations(), min_size=1, max_size=4))
def test_nothing_worse_is_hidden(several: list[Results]) -> None:
    whole = merged(*several)
    seen = {(one.id, one.status) for results in several for one in results.cells}

    kept = {(one.id, one.status) for one in whole.cells}
    for name, status in seen - kept:
        assert status in {"absent", "unsupported"}
        assert any(other == name for other, _ in kept)
    assert kept <= seen


@given(st.lists(examinations(), min_size=1, max_size=4))
def test_what_was_merged_is_valid_and_read_back(several: list[Results]) -> None:
    written = as_json(merged(*several))

    Draft202012Validator(json.loads(shipped())).validate(json.loads(written))
    assert read_results(written) == merged(*several)


def test_everything_is_merged() -> None:
    found = merge([Named("A.json", EVERYTHING), Named("B.json", EVERYTHING)])

    assert found.cells == EVERYTHING.cells
    assert found.environments == EVERYTHING.environments
