"""A subject of one's own: the page's example, what `start` may give, and the class for pytest."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from keepthinking import Session, Subject
from keepthinking._adapter import Run
from keepthinking_conformance.subjects import subject

pytestmark = pytest.mark.extras

PAGE = Path(__file__).parents[2] / "docs" / "examining-your-scaffold.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
CLASS = "class TestMyAgent(ScaffoldConformance):"


async def echo(text: str) -> str:
    return text


def began(start: Any) -> Session:
    run: Any = None  # no `start` here looks at it
    return asyncio.run(subject("mine", start).start(run))


def test_the_example_has_thirty_lines_and_passes(tmp_path: Path) -> None:
    lines = [line for line in BLOCKS[0].splitlines() if line]
    assert len(lines) <= 30
    (tmp_path / "my_agent.py").write_text(BLOCKS[0], encoding="utf-8")

    done = program(tmp_path, "check", "--subject", "my_agent:SUBJECT", "--profile", "deepseek", "--scenario", "loop")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing fails." in done.stdout


def program(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "keepthinking", *arguments]
    return subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)


def suite(here: Path, *, agent: str = BLOCKS[0], cls: str = BLOCKS[1]) -> str:
    """Run a project's own tests, and give what pytest says."""
    (here / "test_mine.py").write_text(f"{agent}\n\n{cls}", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA", "test_mine.py"]
    # Plug-ins that come with some framework's tests are none of this project's.
    others = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    alone = {**others, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=here, env=alone, capture_output=True, text=True, check=False).stdout


def test_the_class_gives_a_test_for_each_check_of_each_run(tmp_path: Path) -> None:
    said = suite(tmp_path)

    assert "PASSED test_mine.py::TestMyAgent::test_check[thinking.kept.in-loop-deepseek/loop/plain]" in said
    assert "PASSED test_mine.py::TestMyAgent::test_run[deepseek/second-turn/plain]" in said
    assert "PASSED test_mine.py::TestMyAgent::test_controls" in said
    assert "FAILED" not in said


FORGETFUL = BLOCKS[0].replace("history.append(message)", 'message.pop("reasoning_content"); history.append(message)')


def test_a_scaffold_that_forgets_fails_by_the_check_and_says_all_that_is_needed(tmp_path: Path) -> None:
    said = suite(tmp_path, agent=FORGETFUL)

    assert "FAILED test_mine.py::TestMyAgent::test_check[thinking.kept.in-loop-deepseek/loop/plain]" in said
    for part in ("seen in  request 2, $.messages[2]", "rule     deepseek.v4.chat, verified 2026-"):
        assert part in said


def test_a_waiver_excuses_and_does_not_outlive_its_reason(tmp_path: Path) -> None:
    waived = BLOCKS[1].replace("waived = {}", 'waived = {"thinking.*": "known", "seal.*": "not needed"}')

    said = suite(tmp_path, agent=FORGETFUL, cls=waived)

    assert "XFAIL test_mine.py::TestMyAgent::test_check[thinking.kept.in-loop-deepseek/loop/plain] - known" in said
    assert "nothing fails any more by: seal.*" in said
    assert "FAILED test_mine.py::TestMyAgent::test_run" not in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("    def test_check(self): pass", "replaces the inherited 'test_check' without a reason"),
        ("    test_check = None", "replaces the inherited 'test_check' without a reason"),
        ('    waived = {"thinking.*": " "}', "waives 'thinking.*' without a reason"),
    ],
)
def test_a_class_cannot_take_a_test_away_in_silence(tmp_path: Path, more: str, said: str) -> None:
    assert said in suite(tmp_path, cls=f"{BLOCKS[1]}\n{more}\n")


def test_a_class_without_a_subject_says_so(tmp_path: Path) -> None:
    assert "needs `subject = ...`" in suite(tmp_path, cls=BLOCKS[1].replace("    subject = SUBJECT\n", ""))


def test_a_function_is_a_session_and_an_async_start_too() -> None:
    async def starts(run: Run) -> Any:
        del run
        return echo

    for start in (lambda run: echo, starts):  # noqa: ARG005 - as users write it
        session = began(start)
        assert isinstance(session, Session)
        assert asyncio.run(session.turn("hi")) == "hi"
        asyncio.run(session.close())


def test_a_start_that_gives_neither_is_told_what_it_lacks() -> None:
    class Half:
        async def turn(self, text: str) -> str:
            return text

    with pytest.raises(TypeError, match="gave a Half without `close`"):
        began(lambda run: Half())  # noqa: ARG005 - as users write it
    with pytest.raises(TypeError, match="gave a int without `turn`"):
        began(lambda run: 7)  # noqa: ARG005 - as users write it
    assert isinstance(subject("mine", lambda run: echo), Subject)  # noqa: ARG005 - as users write it


def test_an_agent_that_reads_text_and_ends_at_a_call_is_told_how_to_say_so(tmp_path: Path) -> None:
    reads = BLOCKS[0].replace('"tools": declared, ', "")
    # It takes what is no answer in its language for an error, as such agents do.
    ends = '            if not message.get("tool_calls"):\n                return message["content"]\n'
    assert ends in reads
    reads = reads.replace(ends, '            raise ValueError("no answer")\n')
    (tmp_path / "my_agent.py").write_text(reads, encoding="utf-8")

    done = program(tmp_path, "check", "--subject", "my_agent:SUBJECT", "--profile", "deepseek", "--scenario", "loop")

    said = " ".join(done.stdout.split())
    assert done.returncode == 1
    assert (
        "ValueError: no answer; its requests declare no tool: where its model speaks in text, `speech` says how" in said
    )
