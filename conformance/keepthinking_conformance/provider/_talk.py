"""One run: what the scaffold is given, and what was recorded of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Literal

from msgspec import UNSET

from keepthinking._adapter import Helper, RunTool, ToolFunction
from keepthinking._exchange import Exchange
from keepthinking._json import Json
from keepthinking._messages import Tool
from keepthinking_conformance.provider._script import Called, Script
from keepthinking_conformance.provider._strays import Stray
from keepthinking_conformance.provider._voices import Voice, VoiceName
from keepthinking_conformance.scenarios import TOOLS
from keepthinking_conformance.scenarios._faults import Fault
from keepthinking_conformance.tools import result, scripted

_BASES: Final = {"openai-chat": "/v1", "openai-responses": "/v1", "anthropic-messages": "", "gemini": "", "ollama": ""}
"""What a vendor's own client takes as its base URL, behind the host: those of Anthropic and Google add the version, and
Ollama's adds `/api`."""
Temper = Literal["lenient", "strict"]

COUNTING: Final = "counting"
"""What is noted of a request that only counts tokens."""

_STRAYS: Final = 1000

_TASK: Final = {
    "type": "object",
    "properties": {"task": {"type": "string", "description": "What to find out."}},
    "required": ["task"],
}


class ToolFailure(Exception):  # noqa: N818 - an event of the script, no error of ours
    """A tool of a run failed, as its scenario says or because it was called with arguments of no scripted call."""


class Record:
    """One exchange while it goes on; written by the server's thread only.

    Attributes:
        side: Why it is none of the loop; "" where it is one. Where tokens are counted, it is no exchange at all.
        tokens: How many tokens were asked and said, about.
        torn: Whether an answer that was held back ended while somebody still waited for it.
    """

    __slots__ = (
        *("at", "chunks", "delivered", "held", "path", "request"),
        *("scope", "side", "status", "tokens", "torn", "voice"),
    )

    def __init__(self, path: str, request: bytes, voice: Voice) -> None:
        self.path = path
        self.request = request
        self.at = time.time()
        self.chunks: list[bytes] = []
        self.status = 200
        self.delivered = False
        self.held = False
        self.scope = ""
        self.side = ""
        self.tokens = 0
        self.torn = False
        self.voice: Voice = voice


class Talk:
    """One run of a scenario against one scaffold; `Provider.open` makes it.

    Attributes:
        script: Everything that is said in it.
        temper: `lenient`: everything that can be read is answered; `strict`: what the vendor refuses is refused.
        cap: How many requests are answered.
        faults: What goes wrong on purpose.
        pace: Seconds between two frames of a stream. Without any, a short stream is sent before a client can hang up,
            and counts as delivered.
        problems: Failures of the provider itself: with any of them the run proves nothing.
        acted: What it called that stood in a thought and was never called, in order.
        called: What the scaffold called, in order: the call of the script, or None for arguments of none of them.
        made: The keys that were looked up, where the model does a task.
        held: Set when an answer stands in the middle of its first thought and goes no further, so that the user may
            interrupt. Whoever waits for a second one clears it.
        strays: What was asked of the run that is nothing of it: telemetry, unknown paths, other protocols; so many at
            most that a flood fills no memory.
        records: What is recorded; of what comes far above the cap only how much, in `flood`.
    """

    def __init__(  # noqa: PLR0913 - one keyword an option of a run
        self,
        script: Script,
        origin: str,
        *,
        temper: Temper,
        cap: int,
        faults: tuple[Fault, ...],
        pace: float,
        end: Callable[[], None],
    ) -> None:
        self.script = script
        self.temper: Temper = temper
        self.cap = cap
        self.faults = faults
        self.pace = pace
        self.problems: list[str] = []
        self.called: list[Called | None] = []
        self.acted: list[Called] = []
        self.made: list[str] = []
        self.held = threading.Event()
        self.records: list[Record] = []
        self.strays: list[Stray] = []
        self.flood = 0
        self._origin = origin
        self._end = end

    @property
    def token(self) -> str:
        """The run's own name; it stands in the URL and in every word that is said."""
        return self.script.token

    @property
    def base_url(self) -> str:
        """What the vendor's own client takes."""
        return self.base_url_of("")

    def base_url_of(self, name: VoiceName) -> str:
        """Give what the vendor's own client takes to ask one model of the run: "", or `other`.

        Raises:
            ValueError: The run has no such model.
        """
        voice = self.voice(name)
        return f"{self._origin}/{self.token}{'~' if name else ''}{name}{_BASES[voice.dialect]}"

    def voice(self, name: str) -> Voice:
        """Give one model of the run: "", or `other`. Raises `ValueError` where there is none of that name."""
        found = next((voice for voice in self.script.voices if voice.name == name), None)
        if found is None:
            raise ValueError(f"this run has no model {name!r}: it was opened without another one")
        return found

    @property
    def voices(self) -> tuple[Voice, ...]:
        """Who was asked by each of the exchanges, in their order."""
        return tuple(record.voice for record in self._exchanged)

    @property
    def sides(self) -> tuple[str, ...]:
        """Why each of the exchanges is none of the loop, in their order; "" for those that are."""
        return tuple(record.side for record in self._exchanged)

    @property
    def system(self) -> str:
        """The system prompt."""
        return self.script.system

    @property
    def turns(self) -> tuple[str, ...]:
        """What the user says, turn by turn."""
        return self.script.turns

    @property
    def tools(self) -> tuple[RunTool, ...]:
        """The tools that the agent has."""
        return tuple(self._tool(name) for name in self.script.scenario.tools)

    @property
    def expected(self) -> tuple[int, ...]:
        """How many model calls a faithful scaffold makes, turn by turn."""
        return tuple(len(turn.steps) for turn in self.script.scenario.turns)

    @property
    def requests(self) -> int:
        """How many requests came, those above the cap among them."""
        return len(self.records) + self.flood

    @property
    def refused(self) -> int:
        """How many requests came above the cap."""
        return max(0, self.requests - self.cap)

    @property
    def exchanged(self) -> int:
        """How many exchanges were recorded so far."""
        return len(self._exchanged)

    @property
    def counted(self) -> int:
        """How many requests only counted tokens; they are no exchanges."""
        return sum(record.side == COUNTING for record in list(self.records))

    @property
    def _exchanged(self) -> list[Record]:
        return [record for record in list(self.records) if record.side != COUNTING]

    @property
    def interrupted(self) -> tuple[int, ...]:
        """Numbers of the exchanges, from 1, whose answer was held back."""
        return tuple(number for number, record in enumerate(self._exchanged, 1) if record.held)

    @property
    def torn(self) -> bool:
        """Whether an answer that was held back ended while somebody still waited for it."""
        return any(record.torn for record in list(self.records))

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was recorded so far, in the order in which the requests came.

        The scope of one that belongs to a helper ends in `/helper`, that of one that is no part of the script in
        `/side`.
        """
        return tuple(
            Exchange(
                request=record.request,
                response=b"".join(record.chunks) if record.chunks else UNSET,
                status=record.status,
                path=record.path,
                host=_host(record.voice),
                scope=f"{self.token}{record.scope}",
                at=record.at,
                dialect=record.voice.dialect,
                delivered=record.delivered,
                source=f"{record.voice.served.profile}/{self.script.scenario.id}",
            )
            for record in self._exchanged
        )

    def stray(self, stray: Stray) -> None:
        """Note a request that asks for nothing of the run."""
        if len(self.strays) < _STRAYS:
            self.strays.append(stray)

    def close(self) -> None:
        """End the run: later requests get a 404. What was recorded stays."""
        self._end()

    @property
    def helper(self) -> Helper | None:
        """The agent that the agent asks as a tool; None where the scenario has none."""
        calls = [call for turn in self.script.scenario.turns for call in turn.calls if call.helper]
        if not calls:
            return None
        inner = dict.fromkeys(one.tool for call in calls for step in call.helper for one in step.calls)
        row = TOOLS.get(calls[0].tool)
        about = "Ask somebody who looks things up in the archive." if row is None else row.description
        tool = Tool(name=calls[0].tool, description=about, parameters=Json.of(_TASK))
        return Helper(tool=tool, system=self.script.helper_system, tools=tuple(map(self._tool, inner or ("look_up",))))

    def _tool(self, name: str) -> RunTool:
        row = TOOLS[name]
        tool = Tool(name=row.name, description=row.description, parameters=Json(row.parameters.encode()))
        return RunTool(tool=tool, call=self._function(name))

    def _function(self, name: str) -> ToolFunction:
        async def call(arguments: str) -> str:
            if self.script.task is not None:
                self.made.append(self.script.task.key_of(arguments))
                return self.script.task.result(self.made[-1])
            called = self.script.called(arguments)
            thought = next((one for one in self.script.considered if one.key in arguments), None)
            if called is None and thought is not None:
                self.acted.append(thought)
                return thought.result
            found = called is not None and called.call.tool == name and scripted(name, arguments, called.arguments)
            self.called.append(called if found else None)
            if called is None or not found:
                raise ToolFailure(f"`{name}` was called with arguments that the model never wrote")
            if called.call.outcome != "ok":
                raise ToolFailure(called.result)
            return await result(name, arguments) + called.result

        return call


def _host(voice: Voice) -> str:
    return next((host for host in voice.profile.hosts if not set("*?[:") & set(host)), "")
