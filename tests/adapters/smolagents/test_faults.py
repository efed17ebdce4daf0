"""A provider that fails: a typed error or another try, and never half an answer in the history."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from smolagents.memory import ActionStep
from smolagents.utils import AgentGenerationError

from keepthinking import DecodeError, ProviderError, TransportError
from keepthinking_adapters.smolagents import dump, load_memory, save_memory
from keepthinking_conformance.provider import Fault
from tests.adapters.smolagents.agents import WAYS, agent_of, faults, run, verdict

WHENCE = ["deepseek", "anthropic", "openai", "google-gemini"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", WHENCE)
@pytest.mark.parametrize("kind", ["rate-limit", "overloaded"])
def test_a_provider_that_is_busy_is_asked_again(opened: Any, model_for: Any, profile: str, kind: Any, way: str) -> None:
    talk = opened("loop", profile, faults=(Fault(kind=kind, at_request=2, times=2, retry_after=0.05),))

    run(agent_of(model_for(talk, profile), talk, way), talk)

    assert faults(verdict(talk, profile)) == []
    assert talk.requests == sum(talk.expected) + 2


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("profile", WHENCE)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(kind="rate-limit", at_request=2, times=9, retry_after=0.01), ProviderError),
        (Fault(kind="hang", at_request=2, times=9, seconds=60.0), TransportError),
        (Fault(kind="cut", at_request=2, times=9), TransportError),
        (Fault(kind="malformed", at_request=2, times=9), DecodeError),
    ],
    ids=lambda value: getattr(value, "kind", getattr(value, "__name__", "")),
)
def test_a_provider_that_stays_broken_is_a_typed_error_and_the_history_is_whole(  # noqa: PLR0913, PLR0917 - one parameter an axis
    opened: Any, model_for: Any, profile: str, fault: Fault, error: type[Exception], way: str
) -> None:
    talk = opened("loop", profile, faults=(fault,))
    model = model_for(talk, profile, timeout=2 if fault.kind == "hang" else 60, max_retries=1)
    agent = agent_of(model, talk, way)

    # smolagents raises one of its own, and says of which it came.
    with pytest.raises(AgentGenerationError) as caught:
        run(agent, talk)

    assert isinstance(caught.value.__cause__, error)
    assert "sk-canary" not in str(caught.value)
    taken = [step for step in agent.memory.steps if isinstance(step, ActionStep)]
    assert [step.model_output is None for step in taken] == [False, True]
    assert taken[0].observations
    assert taken[1].to_messages() == []


@pytest.mark.parametrize("way", WAYS)
def test_a_run_goes_on_behind_a_provider_that_failed(opened: Any, model_for: Any, way: str) -> None:
    talk = opened("loop", "deepseek", faults=(Fault(kind="cut", at_request=2, times=2),))
    agent = agent_of(model_for(talk, "deepseek", max_retries=0), talk, way)
    for _ in range(2):
        with pytest.raises(AgentGenerationError):
            agent.run(talk.turns[0], reset=len(agent.memory.steps) == 0)
        del agent.memory.steps[2:]

    run(agent, talk)

    assert not [finding for finding in verdict(talk, "deepseek").findings if finding.level == "MUST"]


GOES_ON = """
import io, sys
from rich.console import Console
from smolagents import AgentLogger, LogLevel
from keepthinking_adapters.smolagents import KeepThinkingModel, KeepThinkingToolCallingAgent, load_memory, save_memory
name, url, streams = sys.argv[1:]
model = KeepThinkingModel(name, base_url=url, profile="deepseek", api_key="none", timeout=60)
logger = AgentLogger(LogLevel.OFF, Console(file=io.StringIO()))
agent = KeepThinkingToolCallingAgent(tools=[], model=model, logger=logger, stream_outputs=streams == "streamed")
load_memory(agent, sys.stdin.buffer.read())
try:
    agent.run("Sure?", reset=False)
except KeyboardInterrupt:
    sys.stdout.buffer.write(save_memory(agent))
    sys.exit(130)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("way", WAYS)
def test_ctrl_c_ends_a_run_and_leaves_a_memory_that_goes_on(opened: Any, model_for: Any, way: str) -> None:
    talk = opened("second-turn", "deepseek", faults=(Fault(kind="hang", at_request=4, times=1, seconds=60.0),))
    agent = agent_of(model_for(talk, "deepseek"), talk, way)
    agent.run(talk.turns[0], reset=False)
    asked = talk.requests
    arguments = [sys.executable, "-c", GOES_ON, agent.model.model_id, talk.base_url, way]
    running = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert running.stdin is not None
        running.stdin.write(save_memory(agent))
        running.stdin.close()
        running.stdin = None
        deadline = time.monotonic() + 60
        while talk.requests == asked and time.monotonic() < deadline and running.poll() is None:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()

    assert (running.returncode, err) == (130, b"")
    fresh = agent_of(model_for(talk, "deepseek"), talk, way)
    load_memory(fresh, out)
    assert dump(fresh.memory.steps[: len(agent.memory.steps)]) == dump([*agent.memory.steps])
    assert b"Sure?" in dump(fresh.memory)
