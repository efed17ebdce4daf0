"""What a subject is given for a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from keepthinking import Endpoint
from keepthinking._adapter import Helper, Run, RunTool
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run._trace import Told
from keepthinking_conformance.scenarios import PROVIDERS, Served
from keepthinking_conformance.tools import interpreter

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server, this module does not
    from keepthinking_conformance.provider import Talk

API_KEY: Final = "sk-keepthinking-check"
"""The credential that subjects are given; the provider takes any."""


def run_of(cell: Cell, talk: Talk, directory: Path, told: list[Told]) -> Run:
    """Make what a subject is given.

    Args:
        cell: The cell.
        talk: The run as the provider has it.
        directory: A directory that nothing else uses.
        told: Gets what the tools will have said.
    """
    scenario = cell.scenario
    tools = _heard(talk.tools, talk, told)
    return Run(
        id=cell.id,
        endpoint=_endpoint(cell.served, talk.base_url, cell.model),
        directory=directory,
        tools=tools,
        system=talk.system,
        stream=cell.stream,
        sync=cell.mode == "sync",
        approvals=scenario.asks,
        other=_other(cell, talk),
        helper=_helper(talk, told),
        execute=interpreter(tools) if cell.grammar.code else None,
        max_steps=scenario.max_steps,
    )


def _other(cell: Cell, talk: Talk) -> Endpoint | None:
    if not cell.scenario.has_other:
        return None
    served = PROVIDERS[cell.served.other]
    return _endpoint(served, talk.base_url_of("other"), served.model)


def _helper(talk: Talk, told: list[Told]) -> Helper | None:
    helper = talk.helper
    return None if helper is None else replace(helper, tools=_heard(helper.tools, talk, told))


def _endpoint(served: Served, base_url: str, model: str) -> Endpoint:
    return Endpoint(
        dialect=served.dialect,
        base_url=base_url,
        model=model,
        api_key=API_KEY,
        profile=served.profile,
        extra_body=served.extra_body,
    )


def _heard(tools: Sequence[RunTool], talk: Talk, told: list[Told]) -> tuple[RunTool, ...]:
    """Give tools that note what they say."""
    return tuple(_noting(tool, talk, told) for tool in tools)


def _noting(tool: RunTool, talk: Talk, told: list[Told]) -> RunTool:
    async def call(arguments: str) -> str:
        called = talk.script.called(arguments)
        try:
            text = await tool.call(arguments)
        except Exception as error:
            if called is not None:
                told.append(Told(called, str(error), failed=True))
            raise
        if called is not None:
            told.append(Told(called, text, failed=False))
        return text

    return replace(tool, call=call)
