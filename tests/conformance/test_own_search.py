"""A search that the provider runs itself, at a scaffold of somebody's own that asks for none, or does."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any

import pytest

from keepthinking._adapter import Run
from keepthinking_conformance.examine import Order, examine
from keepthinking_conformance.plan import plan
from keepthinking_conformance.results import CellResult
from keepthinking_conformance.subjects import Start, subject

pytestmark = pytest.mark.extras

SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def agent(*more: Any, holds: bool = True) -> Start:
    """Make an agent at Anthropic's Messages API; one that does not hold what the provider ran sends the rest."""

    def start(run: Run) -> Any:
        tools = {str(tool.tool.name): tool for tool in run.tools}
        schema = {"type": "object", "properties": {"key": {"type": "string"}}}
        declared = [*({"name": name, "input_schema": schema} for name in tools), *more]
        messages: list[Any] = []

        def ask() -> list[Any]:
            body = {"model": run.endpoint.model, "max_tokens": 8000, "messages": messages, "tools": declared}
            body |= {"system": run.system, **run.endpoint.extra_body}
            headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "none"}
            url = f"{run.endpoint.base_url}/v1/messages"
            request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - loopback
            with urllib.request.urlopen(request) as response:  # noqa: S310 - likewise
                content: list[Any] = json.load(response)["content"]
            return content

        async def turn(text: str) -> str:
            messages.append({"role": "user", "content": text})
            while True:
                said = await asyncio.to_thread(ask)
                kept = [block for block in said if holds or "web_search" not in json.dumps(block)]
                messages.append({"role": "assistant", "content": kept})
                calls = [block for block in said if block["type"] == "tool_use"]
                if not calls:
                    return str(said[-1]["text"])
                results = [(call["id"], await tools[call["name"]].call(json.dumps(call["input"]))) for call in calls]
                told = [{"type": "tool_result", "tool_use_id": id_, "content": held} for id_, held in results]
                messages.append({"role": "user", "content": told})

        return turn

    return start


def judged(start: Start) -> CellResult:
    own = subject("mine", start, dialects=("anthropic-messages",))
    cells = plan((own,), providers=("anthropic",), scenarios=("provider-search",), own=True)
    found = examine(Order(cells=cells, frameworks=(), seed=1), lambda _: None).results.cells
    return next(cell for cell in found if cell.mode == "plain")


@pytest.mark.parametrize("holds", [False, True])
def test_who_asks_for_no_search_is_not_judged_by_an_answer_that_nobody_would_give(*, holds: bool) -> None:
    cell = judged(agent(holds=holds))

    assert (cell.status, cell.findings) == ("unsupported", ())
    assert "it asks for no search that the provider runs" in cell.reason


def test_who_asks_for_a_search_has_to_send_it_back() -> None:
    assert judged(agent(SEARCH)).status == "pass"

    fails = judged(agent(SEARCH, holds=False))
    assert fails.status == "fail"
    assert {"call.kept", "opaque.kept"} <= {finding.check for finding in fails.findings}
