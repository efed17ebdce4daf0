"""How a call of the script becomes a call of a tool that the scaffold brings along itself.

A run usually gives the tools. A scaffold that is started as a command has its own, so the script has to call these,
with arguments that do no harm, and what they find has to hold the call's receipt: else nobody could tell whether the
model was given what the tool returned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from keepthinking_conformance.scenarios._types import Call, Part, Scenario, StepScript, TurnScript

Finds = Literal["file", "line", "folder", "name", "echo", "anything"]
"""What a tool finds: a file that holds the receipt; a line of one, by what stands before the receipt; a folder with a
file of that name; a file by its name, of which the receipt is a part; what it was told to say; or anything, so that a
result is known by its call alone."""

NOTES: Final = "notes"
"""The folder of the workspace in which tools find what is asked of them."""

_BROKEN: Final = ', "pages": 12-19}'
"""How arguments end that are no JSON."""


class Binding(Struct, frozen=True, kw_only=True):
    """A tool of the scaffold's own, and how it is called.

    Attributes:
        tool: Its name, as it is declared.
        arguments: Its arguments; in their texts `{key}` stands for words that no other call has, `{receipt}` for the
            code that its result has to hold, `{path}` and `{folder}` for a file and a folder that hold it, and
            `{workspace}` for the folder in which the scaffold works.
        finds: What it finds.
    """

    tool: str
    arguments: Mapping[str, Any]
    finds: Finds = "file"

    @property
    def fails(self) -> bool:
        """Whether it can be called so that it fails: where there is no such file, or no such folder."""
        return self.finds in {"file", "folder"}

    def call(self, outcome: Any, workspace: Path) -> Call:
        """Give a call of it.

        Args:
            outcome: What becomes of it.
            workspace: Where the scaffold works; an absolute path.
        """
        notes = workspace / NOTES
        words = {
            "{key}": "$key",
            "{receipt}": "$receipt",
            "{path}": str(notes / "$key.txt"),
            "{folder}": str(notes / "$key"),
            "{workspace}": str(workspace),
        }
        written = json.dumps(_filled(self.arguments, words), ensure_ascii=False)
        if outcome == "malformed":
            written = f"{written[:-1].rstrip()}{_BROKEN}"
        return Call(tool=self.tool, arguments=written, outcome=outcome)

    def note(self, key: str, receipt: str, text: str) -> tuple[str, str] | None:
        """Give the file that a call has to find: a path below the workspace, with `/`, and its text; None for none."""
        match self.finds:
            case "file":
                return f"{NOTES}/{key}.txt", f"{text}\n"
            case "folder":
                return f"{NOTES}/{key}/{receipt}.txt", f"{text}\n"
            case "line":
                return f"{NOTES}/{key}.txt", f"{key}: {text}\n"
            case "name":
                return f"{NOTES}/{key} {receipt}.txt", f"{text}\n"
            case _:
                return None


def bound(scenario: Scenario, binding: Binding, workspace: Path) -> Scenario:
    """Let a scenario call a tool of the scaffold's own wherever it calls one; the turns and steps stay what they are.

    Args:
        scenario: The scenario.
        binding: The tool.
        workspace: Where the scaffold works.
    """

    def part(one: Part) -> Part:
        return binding.call(one.outcome, workspace) if isinstance(one, Call) else one

    def turn(one: TurnScript) -> TurnScript:
        return replace(one, steps=tuple(StepScript(tuple(map(part, step.blocks))) for step in one.steps))

    return replace(scenario, turns=tuple(map(turn, scenario.turns)), usual=binding.call("ok", workspace))


def unbound(scenario: Scenario, binding: Binding) -> str:
    """Tell why a scenario cannot be played with a tool of the scaffold's own, for a report; "" where it can."""
    calls = [call for turn in scenario.turns for call in turn.calls]
    if "arguments.verbatim" in scenario.checks:
        return "it is made for the spelling of arguments that only a tool of ours takes"
    if any(call.outcome == "error" for call in calls) and not binding.fails:
        return f"`{binding.tool}`, as it may be called, cannot fail"
    return ""


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    return walked(value, lambda text: _put(text, words))


def _put(text: str, words: Mapping[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(name, word)
    return text


def walked(value: Any, change: Callable[[str], str]) -> Any:
    """Change each text of a JSON value; names of members stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: walked(held, change) for name, held in value.items()}  # pyright: ignore[reportUnknownVariableType]  # any JSON
    if isinstance(value, list | tuple):
        return [walked(held, change) for held in value]  # pyright: ignore[reportUnknownVariableType]  # any JSON
    return value
