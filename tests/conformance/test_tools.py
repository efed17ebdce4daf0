"""The suite's own tools: what they give, that they give it again, and that no code outlives its call."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from pathlib import Path

import pytest

from keepthinking_conformance.scenarios import SCENARIOS, TOOLS, Call
from keepthinking_conformance.tools import browse, pages, result, run_python, scripted, search
from keepthinking_conformance.tools._python import MOST_BYTES


def calls(tool: str) -> list[Call]:
    return [call for row in SCENARIOS.values() for turn in row.turns for call in turn.calls if call.tool == tool]


def give(name: str, **arguments: str) -> str:
    return asyncio.run(result(name, json.dumps(arguments)))


# -- the archive -------------------------------------------------------------------------------------------------------


def test_the_archive_is_shipped_and_each_page_has_an_address_of_its_own() -> None:
    assert len(pages()) >= 12
    assert len({page.url for page in pages()}) == len(pages())
    for page in pages():
        assert page.url.startswith("https://archive.example/")
        assert page.title
        assert page.text
        assert "\r" not in page.text


def test_a_search_gives_titles_addresses_and_lines_the_best_page_first() -> None:
    found = search("lighthouse keepers").splitlines()

    assert found[0] == "1. The lighthouse at Cold Point"
    assert found[1] == "   https://archive.example/lighthouse"
    assert [line[:2] for line in found[::3]] == ["1.", "2.", "3."]
    assert search("keepers").startswith("1. The keepers of Cold Point and their book")
    assert search("lighthouse keepers") == search("keepers LIGHTHOUSE")


def test_a_line_of_a_search_holds_words_of_the_query() -> None:
    for page in pages():
        word = max(re.findall(r"\b[a-z]+\b", page.text), key=len)
        _, _, behind = search(word).partition(f"   {page.url}\n")
        assert word in behind.splitlines()[0]


@pytest.mark.parametrize("query", ["", "zzzz", "!?"])
def test_a_search_for_what_is_nowhere_says_so(query: str) -> None:
    assert search(query) == f"No page has a word of {query!r}."


def test_a_page_is_given_whole_and_a_wrong_address_is_an_ordinary_answer() -> None:
    page = pages()[0]

    assert browse(page.url) == f"{page.title}\n\n{page.text}"
    assert browse(page.url + "x") == f"404 Not Found: {page.url}x"


def test_some_page_holds_what_a_careless_client_rewrites() -> None:
    text = browse("https://archive.example/notation")

    assert '{"mark":"N° 7/b",  "height": 6.910,' in text
    assert "🧭" in text


# -- by name -----------------------------------------------------------------------------------------------------------


def test_what_a_tool_finds_stands_before_what_the_script_says() -> None:
    assert give("search", query="tide", reason="x") == search("tide") + "\n\n"
    assert give("browse", url="nowhere", reason="x") == "404 Not Found: nowhere\n\n"
    assert give("python", code="print(6 * 7)") == "42\n\n"
    assert [give(name, key="x") for name in ("look_up", "read_note", "measure")] == [""] * 3


@pytest.mark.parametrize("arguments", ["{}", "[]", "{", '{"query": 1, "url": null, "code": []}'])
def test_arguments_that_lack_what_a_tool_needs_are_told(arguments: str) -> None:
    for name, key in (("search", "query"), ("browse", "url"), ("python", "code")):
        assert asyncio.run(result(name, arguments)) == f"There is no `{key}`.\n\n"


def test_an_interpreter_runs_what_the_script_wrote_however_it_is_spelled_and_nothing_else() -> None:
    wanted = '{"code": "print(\\"\\u00e9\\")\\n"}'
    code = json.loads(wanted)["code"]

    assert scripted("python", json.dumps({"code": code}, ensure_ascii=False, indent=1), wanted)
    for other in (code.strip(), code + " ", "import os", ""):
        assert not scripted("python", json.dumps({"code": other}), wanted)
    for broken in ("", "{", "[]", "{}", '{"code": null}'):
        assert not scripted("python", broken, wanted)
        assert not scripted("python", broken, broken)


def test_every_call_of_a_scenario_finds_something_and_finds_it_again() -> None:
    for name in ("search", "browse", "python"):
        assert calls(name)
        for arguments in {call.arguments.replace("$key", "a key") for call in calls(name)}:
            first, again = (asyncio.run(result(name, arguments)) for _ in range(2))
            assert first == again
            assert not any(word in first for word in ("There is no", "No page has", "Traceback", "exit status"))


def test_the_page_that_is_gone_is_gone() -> None:
    found = [asyncio.run(result("browse", call.arguments)) for call in calls("browse")]

    assert {text.startswith("404 Not Found") for text in found} == {True, False}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_the_schema_of_a_tool_is_one_and_names_what_has_to_be_there(tool: object) -> None:
    schema = json.loads(tool.parameters)  # type: ignore[attr-defined]  # a ToolScript

    assert schema["type"] == "object"
    assert set(schema["required"]) <= set(schema["properties"])


# -- the interpreter ---------------------------------------------------------------------------------------------------


def run(code: str, seconds: float = 20) -> str:
    return asyncio.run(run_python(code, seconds=seconds))


def test_code_sees_neither_the_environment_nor_the_users_files_nor_the_project(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEEPTHINKING_SECRET", "x")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))

    assert run("import os; print(sorted(set(os.environ) - {'SYSTEMROOT', 'LC_CTYPE'}))") == "[]"
    assert run("import os; print(os.listdir())") == "[]"
    assert run("import sys; print(sys.flags.isolated, sys.flags.utf8_mode)") == "1 1"
    assert "ModuleNotFoundError" in run("import test_tools")


def test_the_folder_of_a_run_is_removed_with_what_was_written_to_it() -> None:
    where = run("import os; open('note', 'w').close(); print(os.getcwd())")

    assert Path(where).parent == Path(tempfile.gettempdir()).resolve()
    assert not Path(where).exists()


def test_what_is_printed_is_given_errors_and_all() -> None:
    assert run("print('é 🧭'); print()") == "é 🧭"
    assert (
        run("import sys; print('a', flush=True); print('b', file=sys.stderr); sys.exit(3)") == "a\nb\n(exit status 3)"
    )
    assert run("input()").endswith("EOFError: EOF when reading a line\n(exit status 1)")
    assert run("") == ""


def test_code_that_does_not_end_is_ended() -> None:
    began = time.perf_counter()
    told = run("print('begun', flush=True)\nwhile True: pass", seconds=5)

    assert told == "begun\n(stopped after 5 seconds)"
    assert time.perf_counter() - began < 60


def test_code_that_prints_for_ever_is_ended() -> None:
    told = run("while True: print('x' * 99)")

    assert told.endswith(f"(stopped: it printed more than {MOST_BYTES} bytes)")
    assert len(told) < MOST_BYTES + 99


BEATS = "import time\nwhile True:\n    open({file!r}, 'a').write('.')\n    time.sleep(0.01)"
STARTS_ANOTHER = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {beats!r}]{more})
while not os.path.exists({file!r}): time.sleep(0.01)
{then}
"""


@pytest.mark.parametrize("then", ["", "child.wait()"], ids=["ends", "waits"])
@pytest.mark.parametrize("more", ["", ", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"], ids=["holds", "quiet"])
def test_what_code_has_started_does_not_outlive_it(tmp_path: Path, more: str, then: str) -> None:
    file = tmp_path / "beats"
    beats = BEATS.format(file=str(file))

    run(STARTS_ANOTHER.format(beats=beats, file=str(file), more=more, then=then), seconds=6)

    assert file.exists()
    assert is_still(file)


def test_code_whose_caller_is_stopped_is_ended(tmp_path: Path) -> None:
    file = tmp_path / "beats"

    async def stopped() -> None:
        running = asyncio.create_task(run_python(BEATS.format(file=str(file)), seconds=60))
        await asyncio.to_thread(wait_for, file)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(stopped())

    assert is_still(file)


def wait_for(file: Path) -> None:
    while not file.exists():
        time.sleep(0.01)


def is_still(file: Path) -> bool:
    """Tell whether nobody writes any more; what was killed may be about to end."""
    for _ in range(20):
        before = file.stat().st_size
        time.sleep(0.3)
        if file.stat().st_size == before:
            return True
    return False
