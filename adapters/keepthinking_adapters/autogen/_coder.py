"""One conversation with an agent that writes code, and AutoGen's own agent that runs it.

A `CodeExecutorAgent` without a model reads the code blocks out of what another agent said, and says what they printed.
The two take turns until the one who writes has nothing to run, so a turn has as many steps as the model wants. With a
model of its own it runs code once a turn and sums up (autogen-agentchat 0.7.5), which is no loop; the tests play it
(`tests/adapters/autogen/test_code.py`).

The team is made for a turn, since it always begins with the one who did not speak last, and the agent that has the
model lives on.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Final

from autogen_agentchat.agents import AssistantAgent, CodeExecutorAgent
from autogen_agentchat.base import TaskResult
from autogen_agentchat.conditions import FunctionalTermination
from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core import CancellationToken
from autogen_core.code_executor import CodeBlock, CodeExecutor, CodeResult

from keepthinking import Endpoint
from keepthinking._adapter import CodeFunction
from keepthinking_adapters.autogen._session import AgentSession, Task, parameters_of

__all__ = ["CoderSession"]

_RUNS: Final = "runs_code"
_HOW: Final = """\
To use a function, write a code block that prints what it gives, such as
```python
print(function(name='value'))
```
and wait for what was printed. When you need no more, answer without a code block. The functions are:
"""


class CoderSession(AgentSession):
    """An agent that writes code, and one that runs it."""

    async def _answered(self, agent: AssistantAgent, task: Task, token: CancellationToken) -> TaskResult:
        runs = _runner(self._run.execute)

        async def is_answer(messages: Sequence[BaseAgentEvent | BaseChatMessage]) -> bool:
            last = messages[-1] if messages else None
            if not isinstance(last, BaseChatMessage) or last.source != agent.name:
                return False
            return await runs.extract_code_blocks_from_messages([last]) == []

        # Who runs the code speaks between any two answers of the model.
        most = 2 * self._run.max_steps - 1
        team = RoundRobinGroupChat(
            [agent, runs], termination_condition=FunctionalTermination(is_answer), max_turns=most
        )
        return await self._finished(team, task, token)

    def _made(self, name: str, endpoint: Endpoint) -> AssistantAgent:
        told = [f"{given.tool.name}: {given.tool.description} {parameters_of(given.tool)}" for given in self._run.tools]
        return AssistantAgent(
            name,
            self._client(endpoint),
            description="Writes code.",
            model_context=self._reminded(),
            system_message="\n".join([self._run.system, _HOW, *told]),
            model_client_stream=self._run.stream,
        )


class Interpreter(CodeExecutor):
    """Runs code in the run's own interpreter.

    Args:
        execute: The interpreter.
    """

    component_type = "code_executor"

    def __init__(self, execute: CodeFunction) -> None:
        self._execute = execute

    async def execute_code_blocks(
        self, code_blocks: list[CodeBlock], cancellation_token: CancellationToken
    ) -> CodeResult:
        """Run code blocks, and give what they printed."""
        del cancellation_token
        return CodeResult(exit_code=0, output="\n".join([await self._execute(block.code) for block in code_blocks]))

    async def start(self) -> None:
        """Do nothing: there is no process."""

    async def stop(self) -> None:
        """Do nothing, as above."""

    async def restart(self) -> None:
        """Do nothing, as above."""


def _runner(execute: CodeFunction | None) -> CodeExecutorAgent:
    if execute is None:
        raise ValueError("this run has no interpreter")
    with warnings.catch_warnings():
        # From 0.7 on it warns unless a user is asked before code is run; here the code is the examination's own.
        warnings.simplefilter("ignore", UserWarning)
        return CodeExecutorAgent(_RUNS, Interpreter(execute))
