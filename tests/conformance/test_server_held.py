"""A scaffold that lets the server hold its conversation, as some do by default at OpenAI's Responses API."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any

import pytest

from keepthinking._adapter import Run
from keepthinking_conformance.cli._text import Look, as_text
from keepthinking_conformance.examine import Order, examine
from keepthinking_conformance.plan import plan
from keepthinking_conformance.results import CellResult, Exit, Results
from keepthinking_conformance.subjects import subject

pytestmark = pytest.mark.extras


def start(run: Run) -> Any:
    tools = {str(tool.tool.name): tool.call for tool in run.tools}
    declared = [
        {"type": "function", "name": name, "parameters": {"type": "object", "properties": {"key": {"type": "string"}}}}
        for name in tools
    ]
    before: dict[str, Any] = {}

    def ask(items: list[Any]) -> Any:
        body = {"model": run.endpoint.model, "instructions": run.system, "input": items, "tools": declared, **before}
        body |= run.endpoint.extra_body
        url = f"{run.endpoint.base_url}/responses"
        request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request) as response:  # noqa: S310 - likewise
            return json.load(response)

    async def told(call: Any) -> str:
        try:
            json.loads(call["arguments"])
        except ValueError as error:
            return f"Error: {error}"
        return await tools[call["name"]](call["arguments"])

    async def turn(text: str) -> str:
        items: list[Any] = [{"role": "user", "content": text}]
        while True:
            answer = await asyncio.to_thread(ask, items)
            before["previous_response_id"] = answer["id"]
            calls = [one for one in answer["output"] if one["type"] == "function_call"]
            if not calls:
                return str(answer["output"][-1]["content"][0]["text"])
            items = [
                {
                    "type": "function_call_output",
                    "call_id": call["call_id"],
                    "output": await told(call),
                }
                for call in calls
            ]

    return turn


def results(*scenarios: str) -> Results:
    cells = plan(
        (subject("held", start, dialects=("openai-responses",)),), providers=("openai",), scenarios=scenarios, own=True
    )
    return examine(Order(cells=cells, frameworks=(), seed=1), lambda _: None).results


def played(found: Results) -> list[CellResult]:
    return [cell for cell in found.cells if cell.status != "unsupported"]


def test_a_conversation_that_the_server_holds_proves_nothing_and_is_no_error_of_ours() -> None:
    scenarios = ("loop", "parallel", "second-turn", "malformed-arguments")
    found = results(*scenarios)

    cells = played(found)
    assert {cell.scenario for cell in cells} == set(scenarios)
    assert {(cell.status, cell.findings) for cell in cells} == {("not-wanted", ())}
    assert all("the server holds the conversation" in cell.reason for cell in cells)
    assert {cell.checks["result.delivered"] for cell in cells if "result.delivered" in cell.checks} == {"pass"}
    assert cells[0].checks["result.delivered"] == "pass"
    assert "thinking.kept.in-loop" not in cells[0].checks
    assert found.summary.exit == Exit.OK


def test_a_terminal_says_why_it_proves_nothing() -> None:
    shown = as_text(results("loop"), Look(strict=False, everything=False, quiet=False, color=False))

    assert "not-wanted  the server holds the conversation" in shown
