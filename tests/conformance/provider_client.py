"""A faithful scaffold in few lines, over plain HTTP: what it is answered it sends back, block for block."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import UNSET

from keepthinking import Conversation, Dialect, Json, Message, Request, Response, Text, Tool, ToolResult, dialect
from keepthinking._adapter import RunTool
from keepthinking._messages import ResultStatus
from keepthinking_conformance.provider import Script, Talk, ToolFailure
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, TOOLS, misfit
from tests.conformance.wires import WIRES, grouped

CELLS = [
    (profile, scenario.id)
    for profile, served in PROVIDERS.items()
    for scenario in SCENARIOS.values()
    # What is here only talks and calls tools; and what is long, tests of whole runs play.
    if not misfit(scenario, served)
    and not {"interrupt", "sub-agent"} & scenario.needs
    and scenario.id != "long-loop"
    and not scenario.has_other
]


def speaks(script: Script) -> Dialect:
    return dialect(script.served.dialect)


def opening(script: Script) -> list[Message]:
    carrier = WIRES[script.served.dialect].carrier
    return [Message(role="system", carrier=carrier, blocks=(Text(text=script.system),))]


def ask(
    script: Script, messages: Sequence[Message], talk_tools: Sequence[str] = (), *, stream: bool = False
) -> Request:
    """Make a request of a history, with the tools of the run."""

    tools = [
        Tool(name=name, description=TOOLS[name].description, parameters=Json(TOOLS[name].parameters.encode()))
        for name in (talk_tools or script.scenario.tools)
    ]
    params = {key: Json.of(value) for key, value in script.served.extra_body.items()}
    params |= WIRES[script.served.dialect].params
    if stream and script.served.dialect == "openai-chat":
        params["stream_options"] = Json(b'{"include_usage":true}')
    return Request(
        conversation=Conversation.of(*messages, tools=tools), model=script.model, stream=stream, params=params
    )


def post(url: str, body: bytes, timeout: float = 20) -> tuple[int, bytes]:
    """Send a body and give status and answer, whatever the status."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.netloc, timeout=timeout)
    try:
        connection.request("POST", f"{where.path}?{where.query}", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def send(talk: Talk, request: Request) -> Response:
    """Send a request and read the answer with our own decoders."""
    wire, profile = speaks(talk.script), talk.script.profile
    row = WIRES[wire.id]
    url = talk.base_url + (row.streamed if request.stream else row.path).format(model=talk.script.model)
    status, raw = post(url, wire.encode_request(request, profile, on_loss="report").body)
    assert status == 200, raw
    if not request.stream:
        return wire.decode_response(raw, profile)
    decoder = wire.stream_decoder(profile)
    decoder.feed(raw)
    return decoder.finish()


def run_tool(tool: RunTool, arguments: str) -> str:
    """Run a tool and wait for it."""

    async def run() -> str:
        return await tool.call(arguments)

    return asyncio.run(run())


def results(talk: Talk, message: Message) -> list[Message]:
    """Run the tools that a message calls."""
    row = WIRES[talk.script.served.dialect]
    tools = {tool.tool.name: tool for tool in talk.tools}
    found: list[ToolResult] = []
    for call in message.tool_calls:
        name = call.name if row.named else UNSET
        try:
            text = run_tool(tools[call.name], call.arguments)
            found.append(ToolResult(call_id=call.id, name=name, content=text))
        except ToolFailure as failure:
            status: ResultStatus = "error" if row.flags else "unspecified"
            found.append(ToolResult(call_id=call.id, name=name, content=str(failure), status=status))
    return grouped(row, found)


def converse(talk: Talk, *, stream: bool, turns: Sequence[str] | None = None) -> list[Message]:
    """Have a whole conversation, faithfully."""
    messages = opening(talk.script)
    for text in talk.turns if turns is None else turns:
        messages.append(Message.user(text))
        messages += finish_turn(talk, messages, stream=stream)
    return messages


def finish_turn(talk: Talk, messages: Sequence[Message], *, stream: bool) -> list[Message]:
    """Go on until the model calls nothing, and give what has come to the history."""
    new: list[Message] = []
    while True:
        said = send(talk, ask(talk.script, [*messages, *new], stream=stream)).message
        new.append(said)
        if not said.tool_calls:
            return new
        new += results(talk, said)


def histories(script: Script) -> list[tuple[int, int, list[Message]]]:
    """Give the history before each answer of a faithful conversation, without any server: turn, step, messages."""
    row = WIRES[script.served.dialect]
    messages = opening(script)
    found: list[tuple[int, int, list[Message]]] = []
    for t, text in enumerate(script.turns):
        messages.append(Message.user(text))
        for s in range(len(script.scenario.turns[t].steps)):
            found.append((t, s, list(messages)))
            messages.append(script.answer(t, s))
            messages += grouped(
                row,
                [
                    ToolResult(call_id=called.id, name=called.call.tool if row.named else UNSET, content=called.result)
                    for called in script.calls_of(t, s)
                ],
            )
    return found
