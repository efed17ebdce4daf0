"""Runs that nobody made, written down by hand: what no scaffold here does, the judge is asked all the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, get_args

from keepthinking import Exchange, Subject
from keepthinking._adapter import Capability, Speech
from keepthinking_conformance.judge._case import Case
from keepthinking_conformance.plan import Cell
from keepthinking_conformance.provider._script import Called
from keepthinking_conformance.run import Given, Trace
from keepthinking_conformance.scenarios import Call, Say, Scenario, StepScript, Think, TurnScript
from tests.conformance.judge.runs import cell_of
from tests.conformance.subjects import FAITHFUL, Miniature

Wire = dict[str, Any]
"""A message as the wire of `openai-chat` has it."""

LOOK = StepScript((Think(), Call(tool="look_up")))
LAST = StepScript((Think(), Say()))

SYSTEM: Wire = {"role": "system", "content": "You are a careful clerk."}
HELLO: Wire = {"role": "user", "content": "What is in box 4?"}
AGAIN: Wire = {"role": "user", "content": "And what is in box 5?"}
TOOL: Wire = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}


@dataclass
class Speaks(Miniature):
    """A subject whose model says in another way what it wants done."""

    speech: Speech = "native"


def play(*turns: TurnScript, **more: Any) -> Scenario:
    """Make a scenario."""
    return Scenario(id="made", title="Made for a test", turns=turns, needs=frozenset(get_args(Capability)), **more)


def call(id_: str, key: str = "key-1", name: str = "look_up", arguments: str | None = None) -> Wire:
    """Write a call down."""
    spelt = json.dumps({"key": key}) if arguments is None else arguments
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": spelt}}


def answer(thought: str = "", text: str | None = None, *calls: Wire) -> Wire:
    """Write an answer down."""
    said: Wire = {"role": "assistant", "content": text}
    if thought:
        said["reasoning_content"] = thought
    return {**said, "tool_calls": list(calls)} if calls else said


def result(id_: str, text: str) -> Wire:
    """Write a result down."""
    return {"role": "tool", "tool_call_id": id_, "content": text}


def exchange(history: list[Wire], said: Wire | None = None, *, model: str = "deepseek-v4-pro", **more: Any) -> Exchange:
    """Write down what was asked, and what was answered; by default that nothing was."""
    tools = {"tools": [TOOL]} if more.pop("tools", False) else {}
    asked = json.dumps({"model": model, "messages": history, **tools}).encode()
    choice = {"index": 0, "finish_reason": "stop", "message": said}
    body: dict[str, Any] = {"request": asked, "path": "/v1/chat/completions", "scope": "made", **more}
    if said is not None and "response" not in more:
        body["response"] = json.dumps({"id": "a", "object": "chat.completion", "choices": [choice]}).encode()
    return Exchange(**body)


def responses(items: list[Wire], *said: Wire, id_: str = "resp_1", **more: Any) -> Exchange:
    """Write down what was asked by the Responses API, and the items that were answered."""
    asked = json.dumps({"model": "gpt-5.6", "input": items, **more}).encode()
    body = {"id": id_, "object": "response", "status": "completed", "model": "gpt-5.6", "output": list(said)}
    return exchange([], request=asked, response=json.dumps(body).encode(), path="/v1/responses")


def trace_of(*exchanges: Exchange, **more: Any) -> Trace:
    """Write down what happened."""
    held: dict[str, Any] = {
        "scope": "made",
        "starts": (0,),
        "scripted": (len(exchanges),),
        "resumed": None,
        "answers": (),
        "incident": None,
        "problems": (),
        "seconds": 0.0,
        **more,
    }
    return Trace(exchanges, **held)


def recorded(
    scenario: str | Scenario,
    *exchanges: Exchange,
    profile: str = "deepseek",
    subject: Subject = FAITHFUL,
    axes: dict[str, str] | None = None,
    **more: Any,
) -> Case:
    """Put on trial what happened; `system` is what the scaffold was told."""
    cell = cell_of(profile, scenario, subject, **(axes or {}))
    return Case(cell, trace_of(*exchanges, given=given_of(cell, more.pop("system", "")), **more))


def given_of(cell: Cell, system: str = "") -> tuple[Given, ...]:
    """Say that one session was given the tools of its scenario."""
    return (Given(0, frozenset(cell.scenario.tools), system),)


def wanted(turn: int = 0, step: int = 0, key: str = "key-1", *, id_: str = "c1", **more: Any) -> Called:
    """Say what the script wants called."""
    asked = more.pop("call", Call(tool="look_up"))
    spelt = json.dumps({"key": key})
    held = {"receipt": "R-1", "result": "It holds R-1.", **more}
    return Called(turn, step, asked, id_, key, spelt, **held)
