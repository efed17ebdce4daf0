"""What a subject is given for a run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from keepthinking import Endpoint
from keepthinking._adapter import Helper, Run, RunTool
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.run._change import Change
from keepthinking_conformance.run._laid import WORKSPACE
from keepthinking_conformance.run._trace import Told
from keepthinking_conformance.scenarios import PROVIDERS, Served
from keepthinking_conformance.tools import interpreter

if TYPE_CHECKING:  # a provider is handed in: whoever makes one needs its server, this module does not
    from keepthinking_conformance.provider import Talk

API_KEY: Final = "sk-keepthinking-check"
"""The credential that subjects are given; the provider takes any."""


Calling: TypeAlias = Callable[[], Awaitable[None]]
"""Is called when a tool begins to work."""


class Hearing(NamedTuple):
    """Who hears what the tools say.

    Attributes:
        talk: The run as the provider has it.
        change: What is changed in it.
        told: Gets what the tools will have said.
        calling: Is called first.
    """

    talk: Talk
    change: Change
    told: list[Told]
    calling: Calling


def run_of(cell: Cell, hearing: Hearing, directory: Path, session: int) -> Run:
    """Make what a subject is given.

    Args:
        cell: The cell.
        hearing: The run as the provider has it, and who hears what its tools say.
        directory: A directory that nothing else uses.
        session: Number of the session, from 0.
    """
    scenario, talk = cell.scenario, hearing.talk
    tools = () if cell.binding is not None else _heard(talk.tools, hearing)
    run = Run(
        id=cell.id,
        endpoint=_endpoint(cell.served, talk.base_url, cell.model),
        directory=directory,
        tools=tools,
        system="" if cell.binding is not None else talk.system,
        stream=cell.stream,
        sync=cell.mode == "sync",
        approvals=scenario.asks,
        other=_other(cell, talk),
        helper=_helper(hearing),
        max_steps=scenario.max_steps,
        workspace=None if cell.binding is None else directory.parent / WORKSPACE,
    )
    run = hearing.change.given(run, session)
    return replace(run, execute=interpreter(run.tools)) if cell.grammar.code else run


def _other(cell: Cell, talk: Talk) -> Endpoint | None:
    if not cell.scenario.has_other:
        return None
    served = PROVIDERS[cell.served.other]
    return _endpoint(served, talk.base_url_of("other"), served.model)


def _helper(hearing: Hearing) -> Helper | None:
    helper = hearing.talk.helper
    return None if helper is None else replace(helper, tools=_heard(helper.tools, hearing))


def _endpoint(served: Served, base_url: str, model: str) -> Endpoint:
    return Endpoint(
        dialect=served.dialect,
        base_url=base_url,
        model=model,
        api_key=API_KEY,
        profile=served.profile,
        extra_body=served.extra_body,
    )


def _heard(tools: Sequence[RunTool], hearing: Hearing) -> tuple[RunTool, ...]:
    """Give tools that note what they say."""
    return tuple(_noting(tool, hearing) for tool in tools)


def _noting(tool: RunTool, hearing: Hearing) -> RunTool:
    talk, change, told, calling = hearing

    async def call(arguments: str) -> str:
        await calling()
        called = talk.script.called(arguments)
        try:
            text = await tool.call(arguments)
            if called is not None:
                text = await change.told(called, text, len(told))
        except Exception as error:
            if called is not None:
                told.append(Told(called, str(error), failed=True))
            raise
        if called is not None:
            told.append(Told(called, text, failed=False))
        return text

    return replace(tool, call=call)
