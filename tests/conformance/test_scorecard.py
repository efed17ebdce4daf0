"""The scorecard: what stock clients are known to do, and that a difference shows either way."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from msgspec.structs import replace

import keepthinking_conformance
from keepthinking import DecodeError
from keepthinking._adapter import Variant
from keepthinking.checks import CHECKS
from keepthinking.plugins import adapter
from keepthinking.retention._rules import rule
from keepthinking_conformance.perturbations import PERTURBATIONS
from keepthinking_conformance.plan import BASE, MODES, NAMES, TEMPERS, is_usual, plan
from keepthinking_conformance.plan import changed as changed_set
from keepthinking_conformance.results import (
    CellResult,
    Exit,
    Found,
    Scorecard,
    compare,
    gate,
    load_scorecard,
    read_scorecard,
    update_scorecard,
    write_scorecard,
)
from keepthinking_conformance.results._results import CellStatus
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS

VERSIONS = {"agents": "1.4.7"}
FRAMEWORKS = ("autogen", "langchain", "llama-index", "smolagents")


def finding(check: str = "thinking.kept.in-loop") -> Found:
    return Found(
        check=check, status="fail", level="MUST", fate="dropped", what="gone", rule="r.v.chat", request=2, path="$.a"
    )


def cell(status: CellStatus = "fail", variant: Variant = "stock", name: str = "s/deepseek/loop/plain") -> CellResult:
    lost = status == "fail"
    return CellResult(
        id=name,
        subject="s",
        title="s",
        framework="agents",
        variant=variant,
        dialect="openai-chat",
        profile="deepseek",
        provider="DeepSeek",
        model="m",
        scenario="loop",
        status=status,
        fates={"dropped": 10} if lost else {"preserved": 10},
        findings=(finding(),) if lost else (),
        held={"thinking": 4},
    )


def recorded(*cells: CellResult, versions: dict[str, str] | None = None) -> Scorecard:
    return update_scorecard(None, cells, framework="agents", installed=versions or VERSIONS)


def differences(found: CellResult, card: Scorecard) -> dict[str, tuple[str, str]]:
    compared = compare(found, card, VERSIONS)
    return {d.what: (d.recorded, d.found) for d in compared.differences}


def code(found: CellResult, card: Scorecard) -> Exit:
    return gate([compare(found, card, VERSIONS)], [], strict=False)


def test_a_loss_that_is_known_fails_nothing() -> None:
    assert differences(cell("fail"), recorded(cell("fail"))) == {}
    assert code(cell("fail"), recorded(cell("fail"))) == Exit.OK


def test_a_loss_that_is_new_fails() -> None:
    found = differences(cell("fail"), recorded(cell("pass")))

    assert found["status"] == ("pass", "fail")
    assert found["fates"] == ("10 preserved", "10 dropped")
    assert found["findings"] == ("none", "thinking.kept.in-loop dropped MUST by r.v.chat")
    assert code(cell("fail"), recorded(cell("pass"))) == Exit.FINDINGS


def test_an_improvement_has_to_be_recorded_too() -> None:
    assert differences(cell("pass"), recorded(cell("fail")))["status"] == ("fail", "pass")
    assert code(cell("pass"), recorded(cell("fail"))) == Exit.FINDINGS


def test_another_check_is_a_difference_though_the_status_is_the_same() -> None:
    other = replace(cell(), findings=(finding("seal.kept"),))

    assert set(differences(other, recorded(cell()))) == {"findings"}


def test_where_the_same_loss_is_seen_is_no_difference() -> None:
    elsewhere = replace(cell(), findings=(replace(finding(), request=3, path="$.b", what="gone, too"),) * 2)

    assert differences(elsewhere, recorded(cell())) == {}


def test_a_cell_that_was_never_recorded_is_a_difference() -> None:
    assert differences(cell(), recorded()) == {"record": ("", "fail")}


def changed(status: CellStatus, *checks: str) -> CellResult:
    """A run with a perturbation, and what was found in it."""
    found = cell(status, name="s/deepseek/loop/plain~user.several")
    return replace(found, perturbation="user.several", findings=tuple(finding(check) for check in checks))


@pytest.mark.parametrize(
    ("without", "found", "known"),
    [
        ("fail", changed("fail", "thinking.kept.in-loop"), False),
        ("fail", changed("fail", "thinking.kept.in-loop", "perturbed.history.unaltered"), True),
        ("fail", changed("error"), True),
        ("error", changed("error"), False),  # as it does without
        ("error", changed("pass"), False),
    ],
)
def test_of_runs_with_a_perturbation_those_are_known_that_come_out_otherwise(
    without: CellStatus, found: CellResult, *, known: bool
) -> None:
    card = recorded(cell(without))

    compared = compare(found, card, VERSIONS)
    again = update_scorecard(card, [found], framework="agents", installed=VERSIONS)

    assert compared.gate == ("scorecard" if known else "unrecorded")
    assert (found.id in again.cells) is known


def test_a_recorded_cell_that_is_not_run_any_more_is_a_difference() -> None:
    gone = replace(cell("unsupported"), fates={})

    assert differences(gone, recorded(cell()))["status"] == ("fail", "unsupported")
    assert differences(gone, recorded()) == {}


@pytest.mark.parametrize("variant", ["kept", "guarded"])
def test_only_stock_subjects_are_held_to_a_scorecard(variant: Variant) -> None:
    compared = compare(cell("fail", variant), recorded(cell("fail")), VERSIONS)

    assert compared.gate == "rule"
    assert gate([compared], [], strict=False) == Exit.FINDINGS


@pytest.mark.parametrize("status", ["absent", "harness-error"])
def test_what_was_not_judged_is_not_compared(status: CellStatus) -> None:
    compared = compare(cell(status), recorded(cell("fail")), VERSIONS)

    assert (compared.gate, compared.differences) == ("rule", ())
    assert gate([compared], [], strict=False) == Exit.HARNESS


def test_a_recording_for_a_range_of_versions_wins_where_it_holds() -> None:
    both = recorded(cell("fail"))
    later = replace(both.cells[cell().id][0], versions={"agents": ">=2"}, status="pass", findings=(), fates={})
    card = replace(both, cells={cell().id: (*both.cells[cell().id], later)})

    assert card.recording(cell().id, {"agents": "1.4.7"}) is card.cells[cell().id][0]
    assert card.recording(cell().id, {"agents": "2.1"}) is later
    assert card.recording(cell().id, {}) is card.cells[cell().id][0]


def test_recording_again_changes_the_recording_that_holds_and_no_other() -> None:
    first = recorded(cell("fail"), cell("fail", name="other"))
    later = replace(first.cells[cell().id][0], versions={"agents": ">=2"}, status="warn")
    card = replace(first, cells={**first.cells, cell().id: (*first.cells[cell().id], later)})

    new = update_scorecard(card, [cell("pass")], framework="agents", installed={"agents": "2.1"})

    assert [r.status for r in new.cells[cell().id]] == ["fail", "pass"]
    assert new.cells[cell().id][1].versions == {"agents": ">=2"}
    assert new.cells["other"] == first.cells["other"]
    assert new.versions == {"agents": "2.1"}


def test_what_differs_in_some_versions_is_recorded_beside_the_rest() -> None:
    lost, kept = cell("fail"), cell("pass", name="other")
    first = recorded(cell("pass"), kept, versions={"agents": "2.1"})
    old = {"agents": "1.4.7"}

    new = update_scorecard(first, [lost, kept], framework="agents", installed=old, only_for={"agents": "<2"})
    assert [(r.status, r.versions) for r in new.cells[lost.id]] == [("pass", {}), ("fail", {"agents": "<2"})]
    assert new.cells["other"] == first.cells["other"]
    assert new.versions == {"agents": "2.1"}
    assert compare(lost, new, old).differences == ()
    assert compare(cell("pass"), new, {"agents": "2.1"}).differences == ()

    again = update_scorecard(new, [cell("warn")], framework="agents", installed=old, only_for={"agents": "<2"})
    assert [(r.status, r.versions) for r in again.cells[lost.id]] == [("pass", {}), ("warn", {"agents": "<2"})]


def test_what_is_recorded_for_some_versions_goes_where_it_will_hold_and_stands_once() -> None:
    old = {"agents": "1.4.7", "wire": "0.9"}
    wide, narrow = {"agents": "<2"}, {"agents": "<2", "wire": "<1"}
    first = recorded(cell("pass"), versions={"agents": "2.1", "wire": "1.0"})
    both = update_scorecard(first, [cell("fail")], framework="agents", installed=old, only_for=narrow)

    again = update_scorecard(both, [cell("warn")], framework="agents", installed=old, only_for=wide)
    assert [(r.status, r.versions) for r in again.cells[cell().id]] == [("pass", {}), ("warn", narrow)]
    assert compare(cell("warn"), again, old).differences == ()

    other = {"agents": "1.4.7", "wire": "1.0"}
    wider = update_scorecard(again, [cell("error")], framework="agents", installed=other, only_for=wide)
    twice = update_scorecard(wider, [cell("fail")], framework="agents", installed=other, only_for=wide)
    assert [(r.status, r.versions) for r in twice.cells[cell().id]] == [
        ("pass", {}),
        ("warn", narrow),
        ("fail", wide),
    ]


@pytest.mark.parametrize("status", ["absent", "harness-error", "unsupported"])
def test_what_did_not_run_keeps_its_recording(status: CellStatus) -> None:
    card = recorded(cell("fail"))

    assert update_scorecard(card, [cell(status)], framework="agents", installed=VERSIONS).cells == card.cells


def test_a_scorecard_is_read_as_it_was_written_and_is_the_same_in_any_order(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    cells = [cell("fail"), cell("pass", name="a"), cell("error", name="z")]

    write_scorecard(recorded(*cells), one)
    write_scorecard(recorded(*reversed(cells)), other)

    assert one.read_bytes() == other.read_bytes()
    assert read_scorecard(one) == read_scorecard(other)
    assert json.loads(one.read_bytes())["schema"] == "keepthinking-scorecard/1"
    assert read_scorecard(tmp_path / "absent.json") is None


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"schema": "keepthinking-scorecard/2"}'])
def test_a_file_that_is_no_scorecard_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(body)

    with pytest.raises(DecodeError, match="no scorecard"):
        read_scorecard(path)


def test_a_scorecard_of_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    write_scorecard(replace(recorded(), schema="keepthinking-scorecard/2"), path)

    with pytest.raises(DecodeError, match="has the schema 'keepthinking-scorecard/2'"):
        read_scorecard(path)


def test_a_framework_without_a_scorecard_has_none() -> None:
    assert load_scorecard("no-such-framework") is None


# -- the scorecards that ship ------------------------------------------------------------------------------------------


def shipped() -> list[Scorecard]:
    home = Path(keepthinking_conformance.__file__).parent / "scorecards"
    return [found for path in sorted(home.glob("*.json")) if (found := load_scorecard(path.stem)) is not None]


def test_the_scorecards_that_ship_name_only_what_is_played_and_checked() -> None:
    cards = shipped()
    assert "langchain" in [card.framework for card in cards]

    for card in cards:
        assert card.versions
        for name, recordings in card.cells.items():
            subject, profile, scenario, mode = name.split("/")
            assert subject.startswith(f"{card.framework}.")
            assert subject.endswith(".stock")
            assert profile in PROVIDERS
            assert scenario in SCENARIOS
            calm, _, change = mode.partition("~")
            assert change == "" or change in PERTURBATIONS
            way, _, named = calm.partition("@")
            assert way.removesuffix("+strict") in MODES
            assert named in NAMES
            for seen in (seen for recording in recordings for seen in recording.findings):
                assert seen.check in CHECKS
                assert seen.rule == "" or rule(seen.rule).id == seen.rule


@pytest.mark.parametrize(
    "framework",
    [pytest.param(name, marks=pytest.mark.framework(name=name)) for name in FRAMEWORKS],
)
def test_every_recorded_cell_is_one_that_the_plan_knows_and_somebody_runs(framework: str) -> None:
    card = load_scorecard(framework)
    assert card is not None
    cells = plan(adapter(framework).subjects(), modes=MODES, tempers=TEMPERS, names=NAMES)
    perturbed = plan(adapter(framework).subjects(), modes=("plain",), perturbations=tuple(PERTURBATIONS))
    # A subject that asks for a newer version than is installed is recorded where it runs.
    played = [cell._replace(skip="", reason="") if cell.skip == "absent" else cell for cell in perturbed]
    known = {cell.id: cell for cell in (*cells, *changed_set(played))}
    assert set(card.cells) <= set(known)

    for cell in (known[name] for name in card.cells):
        # What a subject can do depends on the version that is installed.
        assert cell.skip != "unsupported" or "cannot" in cell.reason, cell.id
        # All that leaves the usual is of a core set: nobody runs the rest again.
        assert is_usual(cell) or cell.scenario.id == BASE or cell.perturbation, cell.id


def test_no_two_recordings_of_a_cell_hold_for_the_same_versions() -> None:
    for card in shipped():
        for recordings in card.cells.values():
            ranges = [tuple(sorted(recording.versions.items())) for recording in recordings]
            assert len(set(ranges)) == len(ranges)


def test_every_note_of_a_scorecard_is_about_cells_that_it_records() -> None:
    for card in shipped():
        for note in card.notes:
            assert any(fnmatchcase(name, note.cells) for name in card.cells), note.cells
            assert note.study
            assert note.found
            assert note.why


def test_every_file_of_scorecards_is_written_as_the_command_writes_it(tmp_path: Path) -> None:
    home = Path(keepthinking_conformance.__file__).parent / "scorecards"
    for path in home.glob("*.json"):
        card = read_scorecard(path)
        assert card is not None
        write_scorecard(card, tmp_path / path.name)
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
