"""Results as data and as tables: what a program reads, and what a newcomer does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from keepthinking.checks import CHECKS
from keepthinking.cli._exit import Exit as CoreExit
from keepthinking_conformance.results import (
    COLUMNS,
    CellResult,
    Control,
    Environment,
    Exit,
    Found,
    Incident,
    Results,
    as_json,
    as_markdown,
    gate,
    rows,
    summarise,
)
from keepthinking_conformance.results._results import CellStatus
from keepthinking_conformance.results._table import column_of
from tests.conformance.test_scorecard import cell, finding

pytestmark = pytest.mark.extras

GOOD = Control(id="control", expected="fail", status="fail")
BAD = Control(id="control", expected="fail", status="pass")


def results(*cells: CellResult, controls: tuple[Control, ...] = (GOOD,)) -> Results:
    return Results(
        keepthinking="0.1",
        seed=1,
        environments=(Environment(python="3.11.7", platform="Linux x", distributions={"agents": "1.4"}),),
        controls=controls,
        cells=cells,
        summary=summarise(cells, seconds=1.23456, interrupted=False, code=1),
    )


# -- exit codes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "strict", "code"),
    [
        (["pass"], False, Exit.OK),
        (["pass", "warn", "unsupported", "absent"], False, Exit.OK),
        (["pass", "not-wanted"], True, Exit.OK),
        (["not-wanted"], False, Exit.OK),
        (["warn"], True, Exit.FINDINGS),
        (["pass", "fail"], False, Exit.FINDINGS),
        (["pass", "error"], False, Exit.FINDINGS),
        (["fail", "harness-error"], False, Exit.FINDINGS),
        (["pass", "harness-error"], False, Exit.HARNESS),
        (["unsupported", "absent"], False, Exit.HARNESS),
        ([], False, Exit.HARNESS),
    ],
)
def test_the_exit_code_is_that_of_the_gravest_cell(statuses: list[CellStatus], strict: bool, code: Exit) -> None:  # noqa: FBT001 - a column of the table
    assert gate([cell(status, "kept") for status in statuses], [GOOD], strict=strict) == code


def test_a_control_that_came_out_wrong_outweighs_every_verdict() -> None:
    assert gate([cell("fail", "kept")], [GOOD, BAD], strict=False) == Exit.HARNESS


def test_the_exit_codes_are_those_of_the_whole_program() -> None:
    assert {code.name: code.value for code in Exit} == {code.name: code.value for code in CoreExit}


# -- data --------------------------------------------------------------------------------------------------------------


def members(value: Any) -> set[str]:
    return set(value)


def test_every_member_is_always_there_and_absent_values_are_null() -> None:
    incident = Incident(kind="KeyError", message="'é\u2028'", where="turn 1", culprit="scaffold")
    odd = replace(cell("error"), incident=incident)

    text = as_json(results(cell(), odd))

    assert text.isascii()
    read = json.loads(text)
    assert list(read) == list(Results.__struct_fields__)
    assert next(iter(read)) == "schema"
    assert read["schema"] == "keepthinking-results/1"
    assert [list(held) for held in read["cells"]] == [list(CellResult.__struct_fields__)] * 2
    assert read["cells"][0]["incident"] is None
    assert read["cells"][1]["incident"]["message"] == "'é\u2028'"
    seen = read["cells"][0]["findings"][0]
    assert members(seen) == set(Found.__struct_fields__) - {"extras"}
    assert (seen["response"], seen["rule"]) == (None, "r.v.chat")
    assert read["summary"]["statuses"] == {"error": 1, "fail": 1}
    assert read["summary"]["seconds"] == 1.235


# -- tables ------------------------------------------------------------------------------------------------------------


def test_every_check_counts_in_a_column() -> None:
    assert {column_of(check) for check in CHECKS} == set(COLUMNS)
    assert column_of("thinking.kept.in-loop") == column_of("redacted.kept") == "thinking"
    assert column_of("seal.on-its-block") == column_of("persist.seal.kept") == "seals"
    assert column_of("grouping.not-merged") == "order"
    assert column_of("arguments.verbatim") == "calls"
    assert column_of("text.kept") == "other"


def test_a_row_counts_what_came_back_and_leaves_out_what_may_go() -> None:
    kept = replace(cell("pass"), fates={"preserved": 3, "normalised": 1, "legally-dropped": 5})
    lost = replace(cell("fail"), id="s/deepseek/loop/stream", mode="stream", fates={"dropped": 2})

    (row,) = rows([kept, lost])

    assert (row.kept, row.expected, row.plain, row.stream, row.status) == (4, 6, "pass", "fail", "fail")
    assert row.columns["thinking"] == "fail"


def test_a_row_asks_for_nothing_that_a_scaffold_sent_besides() -> None:
    (row,) = rows([replace(cell("warn"), fates={"preserved": 3, "invented": 3, "duplicated": 2})])

    assert (row.kept, row.expected) == (3, 3)


def test_a_column_says_nothing_where_nothing_of_its_kind_had_to_come_back() -> None:
    (row,) = rows([replace(cell("pass"), held={"thinking": 4, "seals": 0, "calls": 2, "texts": 0})])

    assert row.columns == {"thinking": "pass", "seals": "", "order": "pass", "calls": "pass", "other": ""}


def test_a_thought_that_is_gone_took_its_seal_along() -> None:
    (row,) = rows([replace(cell("fail"), held={"thinking": 4, "seals": 4})])

    assert row.columns["seals"] == "fail"


def test_a_note_colours_nothing() -> None:
    note = replace(finding(), level="MAY", status="warn")

    (row,) = rows([replace(cell("pass"), findings=(note,))])

    assert row.columns["thinking"] == "pass"


def test_thoughts_that_all_came_back_in_other_pieces_are_not_gone_and_their_seals_are_kept() -> None:
    joined = replace(finding(), check="grouping.not-merged", fate="altered")
    held = {"thinking": 4, "seals": 4, "texts": 1}

    row = rows([replace(cell("fail"), fates={"altered": 10}, held=held, findings=(joined,))])[0]

    assert (row.thinking, row.kept, row.expected) == ("fail", 0, 10)
    assert (row.columns["seals"], row.columns["order"]) == ("pass", "fail")


def test_cells_of_one_subject_and_provider_are_one_row() -> None:
    kimi = replace(cell(), profile="kimi", provider="Kimi")

    assert [len(row.cells) for row in rows([cell(), cell("pass"), kimi])] == [2, 1]


def test_the_markdown_table_has_one_line_a_row_and_names_the_versions() -> None:
    piped = replace(cell("pass"), title="a|b", provider="Deep\nSeek", mode="stream")

    lines = as_markdown(results(cell("fail"), piped)).splitlines()

    assert lines[:3] == ["**1 of 2 runs fails.**", "", lines[2]]
    assert lines[2] == "| Scaffold | Provider | Thinking | Seals | Order | Calls | Text | Plain | Streamed |"
    assert lines[4] == "| s | DeepSeek | **no**, 10 of 20 | - | yes | - | - | **no** | yes |"
    assert lines[6] == "keepthinking 0.1, Python 3.11.7, agents 1.4."


def test_where_no_thinking_was_wanted_no_column_of_thinking_says_that_it_came_back() -> None:
    free = replace(
        cell("not-wanted"),
        fates={"legally-dropped": 1},
        held={"thinking": 1, "seals": 1, "texts": 1},
    )

    row = rows([free])[0]

    assert (row.status, row.plain, row.expected) == ("not-wanted", "not-wanted", 0)
    assert {name: row.columns[name] for name in ("thinking", "seals", "order", "other")} == {
        "thinking": "",
        "seals": "",
        "order": "",
        "other": "pass",
    }
    assert "not wanted" in as_markdown(results(free))
