"""The controls: two scaffolds whose verdict is known before they run.

The faithful one keeps the very bytes of each message, takes nothing apart that it need not, and knows nothing of our
codecs; the forgetful one is the same but for the members that hold thinking. Where the first is not green and the
second not red, the examination cannot see, and no other verdict of the run means anything.

Both speak raw HTTP through the standard library, and do not stream: what they prove is the path from the provider
through the recording to the judge.
"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from keepthinking import Requirement, Session
from keepthinking._adapter import Capability, Run, Variant
from keepthinking._json import Slice, dump, elements, members
from keepthinking_conformance._cells import Cell, plan
from keepthinking_conformance.results._results import CellStatus

_THINKING: Final = frozenset({"thinking", "redacted_thinking"})
_FIELDS: Final = frozenset({"reasoning_content", "reasoning", "reasoning_details"})
_TOKENS: Final = 4096
"""Anthropic demands a limit (`max_tokens`, https://docs.anthropic.com/en/api/messages, read 2026-11-23)."""


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
    dialects: frozenset[str] = frozenset({"openai-chat", "anthropic-messages"})
    profiles: frozenset[str] = frozenset()
    requires: tuple[Requirement, ...] = ()
    capabilities: frozenset[Capability] = frozenset({"parallel", "system"})

    async def start(self, run: Run) -> Session:
        """Begin a conversation."""
        return _Talk(run, forgets=self.forgets)


FAITHFUL: Final = ControlSubject(id="control.faithful", forgets=False)
# It forgets by member, and would keep what stands between tags in the text.
FORGETFUL: Final = ControlSubject(id="control.forgetful", forgets=True, profiles=frozenset({"deepseek", "anthropic"}))

CONTROLS: Final[Mapping[str, CellStatus]] = MappingProxyType({FAITHFUL.id: "pass", FORGETFUL.id: "fail"})
"""What each control has to come out as."""


def control_cells() -> tuple[Cell, ...]:
    """Give the cells of the controls: one provider of each dialect that wants thinking back."""
    cells = plan((FAITHFUL, FORGETFUL), providers=("deepseek", "anthropic"), scenarios=("loop",))
    return tuple(cell for cell in cells if not cell.stream)


class _Talk:
    """One conversation: a list of messages, each the bytes it came in or went out."""

    def __init__(self, run: Run, *, forgets: bool) -> None:
        self._run = run
        self._forgets = forgets
        self._anthropic = run.endpoint.dialect == "anthropic-messages"
        self._messages: list[bytes] = []
        if not self._anthropic and run.system:
            self._messages.append(dump({"role": "system", "content": run.system}))

    async def turn(self, text: str) -> str:
        """Go on until the model calls nothing any more."""
        self._messages.append(dump({"role": "user", "content": text}))
        for _ in range(self._run.max_steps):
            body = await asyncio.to_thread(self._post)
            shown, calls = self._take(body)
            if not calls:
                return shown
            await self._call(calls)
        raise RuntimeError("the model goes on calling tools")

    async def close(self) -> None:
        """Nothing is held."""

    # -- the wire ----------------------------------------------------------------------------------------------------

    def _post(self) -> bytes:
        endpoint = self._run.endpoint
        url = urlsplit(endpoint.base_url)
        tail = "/v1/messages" if self._anthropic else "/chat/completions"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {endpoint.api_key}"}
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
        try:
            connection.request("POST", f"{url.path}{tail}", self._body(), headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"HTTP {response.status}")
        return body

    def _body(self) -> bytes:
        head: dict[str, Any] = {"model": self._run.endpoint.model, **self._run.endpoint.extra_body}
        head["tools"] = [self._tool(tool.tool.name, tool.tool) for tool in self._run.tools]
        if not head["tools"]:
            del head["tools"]
        if self._anthropic:
            head["max_tokens"] = _TOKENS
            if self._run.system:
                head["system"] = self._run.system
        return dump(head)[:-1] + b',"messages":[' + b",".join(self._messages) + b"]}"

    def _tool(self, name: object, tool: Any) -> dict[str, object]:
        schema = tool.parameters.value
        if self._anthropic:
            return {"name": name, "description": tool.description, "input_schema": schema}
        return {"type": "function", "function": {"name": name, "description": tool.description, "parameters": schema}}

    # -- answers and results -----------------------------------------------------------------------------------------

    def _take(self, body: bytes) -> tuple[str, list[tuple[str, str, str]]]:
        """Append the model's message as it came, and give its text and its calls: id, name, arguments."""
        whole = members(body, "$")
        if self._anthropic:
            blocks = [(json.loads(bytes(raw)), bytes(raw)) for raw in elements(whole["content"], "$.content")]
            kept = [raw for block, raw in blocks if not (self._forgets and block["type"] in _THINKING)]
            self._messages.append(b'{"role":"assistant","content":[' + b",".join(kept) + b"]}")
            shown = "".join(block["text"] for block, _ in blocks if block["type"] == "text")
            calls = [(b["id"], b["name"], _raw(raw, "input")) for b, raw in blocks if b["type"] == "tool_use"]
            return shown, calls
        message = members(members(elements(whole["choices"], "$.choices")[0], "$.choices[0]")["message"], "$")
        self._messages.append(_object((k, v) for k, v in message.items() if not (self._forgets and k in _FIELDS)))
        plain = {name: json.loads(bytes(raw)) for name, raw in message.items()}
        calls = [
            (call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in plain.get("tool_calls") or ()
        ]
        return plain.get("content") or "", calls

    async def _call(self, calls: Iterable[tuple[str, str, str]]) -> None:
        tools = {str(tool.tool.name): tool.call for tool in self._run.tools}
        results: list[dict[str, object]] = []
        for id_, name, arguments in calls:
            try:
                content, failed = await tools[name](arguments), False
            except Exception as error:  # noqa: BLE001 - a tool may raise what it likes; the model is told
                content, failed = str(error), True
            if self._anthropic:
                result: dict[str, object] = {"type": "tool_result", "tool_use_id": id_, "content": content}
                results.append({**result, "is_error": True} if failed else result)
            else:
                self._messages.append(dump({"role": "tool", "tool_call_id": id_, "content": content}))
        if self._anthropic:
            self._messages.append(dump({"role": "user", "content": results}))


def _raw(block: bytes, name: str) -> str:
    return bytes(members(block, "$")[name]).decode()


def _object(found: Iterable[tuple[str, Slice]]) -> bytes:
    return b"{" + b",".join(dump(name) + b":" + bytes(raw) for name, raw in found) + b"}"
