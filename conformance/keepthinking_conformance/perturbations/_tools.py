"""Tool info and tool set: what a model is told of its tools, and which it has.

Where tools change in the middle of a run they do between two sessions of one conversation: an agent that was saved goes
on under a new release.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import replace

from keepthinking import Tool
from keepthinking._adapter import Run, RunTool
from keepthinking._json import Json
from keepthinking_conformance.perturbations._types import SECOND, Perturbation, Stage
from keepthinking_conformance.scenarios import Call, Scenario, StepScript, TurnScript

_NAMES: Final[Mapping[str, str]] = {"look_up": "find_entry", "read_note": "open_note"}
"""What the tools are called later."""

_HUNDRED: Final = 100

_SCHEMA: Final = Json.of({"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]})


def _other(name: str, description: str) -> RunTool:
    """Make a tool that nobody is told to call."""

    async def call(arguments: str) -> str:
        del arguments
        raise LookupError(f"nobody has called `{name}`")

    return RunTool(tool=Tool(name=name, description=description, parameters=_SCHEMA), call=call)


def _only(run: Run, names: Sequence[str]) -> Run:
    return replace(run, tools=tuple(tool for tool in run.tools if tool.tool.name in names))


def _later(scenario: Scenario, names: Mapping[str, str]) -> Scenario:
    """Let the model call tools by other names from the second turn on."""
    first, *others = scenario.turns
    return replace(scenario, turns=(first, *(_renamed(turn, names) for turn in others)))


def _renamed(turn: TurnScript, names: Mapping[str, str]) -> TurnScript:
    steps = (
        StepScript(
            tuple(
                replace(part, tool=names.get(part.tool, part.tool)) if isinstance(part, Call) else part
                for part in step.blocks
            )
        )
        for step in turn.steps
    )
    return replace(turn, steps=tuple(steps))


def _two_names(run: Run, stage: Stage) -> Run:
    return _only(run, [*_NAMES.values()] if stage.session >= SECOND else [*_NAMES])


def _reordered(run: Run, stage: Stage) -> Run:
    return replace(run, tools=run.tools[::-1]) if stage.session >= SECOND else run


def _added(run: Run, stage: Stage) -> Run:
    new = _other("list_entries", "List the entries of the archive.")
    return replace(run, tools=(new, *run.tools)) if stage.session >= SECOND else run


def _removed(run: Run, stage: Stage) -> Run:
    return _only(run, ["look_up"]) if stage.session >= SECOND else run


def _decoyed(run: Run, stage: Stage) -> Run:
    del stage
    twins = [_other(f"{tool.tool.name}_v2", _said(tool.tool)) for tool in run.tools]
    return replace(run, tools=tuple(one for pair in zip(run.tools, twins, strict=True) for one in pair))


def _hundred(run: Run, stage: Stage) -> Run:
    more = [
        _other(f"archive_{n:02}", f"Look into cabinet {n} of the archive.") for n in range(len(run.tools), _HUNDRED)
    ]
    # The agent's own stand anywhere among them.
    tools = [*more]
    for tool in run.tools:
        tools.insert(stage.draw.randrange(len(tools) + 1), tool)
    return replace(run, tools=tuple(tools))


def _reworded(run: Run, stage: Stage) -> Run:
    return replace(run, tools=tuple(map(_in_other_words, run.tools))) if stage.session >= SECOND else run


def _in_other_words(tool: RunTool) -> RunTool:
    held: Any = {} if tool.tool.parameters is UNSET else tool.tool.parameters.value
    schema = json.loads(json.dumps(held))
    for name, property_ in schema.get("properties", {}).items():
        property_["description"] = f"The `{name}`, as exactly as you can."
    schema["additionalProperties"] = False
    told = replace(tool.tool, description=f"Reworded: {_said(tool.tool)}", parameters=Json.of(schema))
    return replace(tool, tool=told)


def _said(tool: Tool) -> str:
    return tool.description if isinstance(tool.description, str) else ""


_DECLARED: Final = "the declarations differ from the second session on; the calls of the first keep what they say"

ROWS: Final = (
    Perturbation(
        id="tools.renamed",
        axis="tools",
        title="Saved, and loaded by an agent whose tools have other names",
        rule=f"The names of new calls, and {_DECLARED}.",
        plays="resume",
        script=lambda scenario: _later(scenario, _NAMES),
        given=_two_names,
        allows={"tools.kept": "the tools of the first session are gone by the perturbation's own doing"},
    ),
    Perturbation(
        id="tools.reordered",
        axis="tools",
        title="Saved, and loaded by an agent whose tools stand in another order",
        rule=f"The order of the declarations: {_DECLARED}.",
        plays="resume",
        given=_reordered,
    ),
    Perturbation(
        id="tools.added",
        axis="tools",
        title="Saved, and loaded by an agent that has a tool more",
        rule=f"The declaration of the new tool: {_DECLARED}.",
        plays="resume",
        given=_added,
    ),
    Perturbation(
        id="tools.removed",
        axis="tools",
        title="Saved, and loaded by an agent that lacks a tool which was called",
        rule=f"The declaration of the tool that is gone: {_DECLARED}.",
        plays="resume",
        script=lambda scenario: _later(scenario, {"read_note": "look_up"}),
        given=_removed,
        allows={"tools.kept": "a tool of the first session is gone by the perturbation's own doing"},
    ),
    Perturbation(
        id="tools.reworded",
        axis="tools",
        title="Saved, and loaded by an agent whose tools are described in other words",
        rule=f"Descriptions and schemas: {_DECLARED}.",
        plays="resume",
        given=_reworded,
    ),
    Perturbation(
        id="tools.decoy",
        axis="tools",
        title="Beside each tool one of nearly the same name, which is never called",
        rule="The declarations hold a twin of each tool; nothing else differs.",
        given=_decoyed,
    ),
    Perturbation(
        id="tools.hundred",
        axis="tools",
        title="A hundred tools",
        rule="The declarations hold a hundred tools; nothing else differs.",
        given=_hundred,
    ),
)
"""The perturbations of this axis."""
