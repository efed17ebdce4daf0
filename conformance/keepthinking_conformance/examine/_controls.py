"""The controls: two scaffolds whose verdict is known before they run.

The faithful one keeps the very bytes of each message, takes nothing apart that it need not, and knows nothing of our
codecs; the forgetful one is the same but for the members that hold thinking and seals. Where the first is not green and
the second not red, the examination cannot see, and no other verdict of the run means anything.

Both speak raw HTTP through the standard library, and do not stream: what they prove is the path from the provider
through the recording to the judge.
"""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from keepthinking import Requirement, Session
from keepthinking._adapter import Capability, Run, Variant
from keepthinking._json import dump
from keepthinking_conformance.examine._control_wires import WIRES, Asked, Told
from keepthinking_conformance.plan import Cell, plan
from keepthinking_conformance.results._results import CellStatus

_PROVIDERS: Final = ("deepseek", "openai", "anthropic", "google-gemini")
"""One provider of each dialect that wants thinking back."""


class ControlSubject(Struct, frozen=True, kw_only=True):
    """A scaffold of a few lines.

    Attributes:
        id: Its id.
        forgets: Whether it drops thinking.
    """

    id: str
    forgets: bool
    framework: str = "control"
    variant: Variant = "kept"
    dialects: frozenset[str] = frozenset(WIRES)
    profiles: frozenset[str] = frozenset()
    requires: tuple[Requirement, ...] = ()
    capabilities: frozenset[Capability] = frozenset({"parallel", "system"})

    async def start(self, run: Run) -> Session:
        """Begin a conversation."""
        return _Talk(run, forgets=self.forgets)


FAITHFUL: Final = ControlSubject(id="control.faithful", forgets=False)
# It forgets by member, and would keep what stands between tags in the text.
FORGETFUL: Final = ControlSubject(id="control.forgetful", forgets=True, profiles=frozenset(_PROVIDERS))

CONTROLS: Final[Mapping[str, CellStatus]] = MappingProxyType({FAITHFUL.id: "pass", FORGETFUL.id: "fail"})
"""What each control has to come out as."""


def control_cells() -> tuple[Cell, ...]:
    """Give the cells of the controls: one provider of each dialect."""
    cells = plan((FAITHFUL, FORGETFUL), providers=_PROVIDERS, scenarios=("loop",))
    return tuple(cell for cell in cells if not cell.stream)


class _Talk:
    """One conversation: a list of messages, each the bytes it came in or went out."""

    def __init__(self, run: Run, *, forgets: bool) -> None:
        self._run = run
        self._forgets = forgets
        self._wire = WIRES[run.endpoint.dialect]
        self._messages = self._wire.system(run.system)

    async def turn(self, text: str) -> str:
        """Go on until the model calls nothing any more."""
        self._messages.append(self._wire.user(text))
        for _ in range(self._run.max_steps):
            took = self._wire.take(await asyncio.to_thread(self._post), forgets=self._forgets)
            self._messages += took.messages
            if not took.calls:
                return took.shown
            self._messages += self._wire.results([await self._call(call) for call in took.calls])
        raise RuntimeError("the model goes on calling tools")

    async def close(self) -> None:
        """Nothing is held."""

    def _post(self) -> bytes:
        endpoint = self._run.endpoint
        url = urlsplit(endpoint.base_url)
        headers = {"Content-Type": "application/json", **self._wire.credential(endpoint.api_key or "")}
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
        try:
            connection.request("POST", f"{url.path}{self._wire.path(endpoint)}", self._body(), headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"HTTP {response.status}")
        return body

    def _body(self) -> bytes:
        tools = [self._tool(tool.tool) for tool in self._run.tools]
        head = dump(self._wire.head(self._run.endpoint, self._run.system, tools))[:-1]
        # Where nothing stands before it, there is no comma.
        comma = b"," if head != b"{" else b""
        return head + comma + dump(self._wire.history) + b":[" + b",".join(self._messages) + b"]}"

    def _tool(self, tool: Any) -> dict[str, object]:
        return self._wire.tool(tool.name, tool.description, tool.parameters.value)

    async def _call(self, call: Asked) -> Told:
        tools = {str(tool.tool.name): tool.call for tool in self._run.tools}
        try:
            return Told(call, await tools[call.name](call.arguments), failed=False)
        except Exception as error:  # noqa: BLE001 - a tool may raise what it likes; the model is told
            return Told(call, str(error), failed=True)
