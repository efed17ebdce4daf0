"""A faithful scaffold in few lines, over plain HTTP: what it is answered it sends back, block for block."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Sequence
from urllib.parse import urlsplit

from keepthinking import Conversation, Dialect, Json, Message, Request, Response, Text, Tool, ToolResult, dialect
from keepthinking._adapter import RunTool
from keepthinking_conformance.provider import Script, Talk, ToolFailure
from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, TOOLS, misfit

PATHS = {"openai-chat": "/chat/completions", "anthropic-messages": "/v1/messages"}
CELLS = [
    (profile, scenario.id)
    for profile, served in PROVIDERS.items()
    for scenario in SCENARIOS.values()
    if not misfit(scenario, served)
]


def speaks(script: Script) -> Dialect:
    return dialect(script.served.dialect)


def opening(script: Script) -> list[Message]:
    if script.served.dialect == "openai-chat":
        return [Message.system(script.system)]
    return [Message(role="system", carrier="system", blocks=(Text(text=script.system),))]


def ask(
    script: Script, messages: Sequence[Message], talk_tools: Sequence[str] = (), *, stream: bool = False
) -> Request:
    """Make a request of a history, with the tools of the run."""

    tools = [
        Tool(name=name, description=TOOLS[name].description, parameters=Json(TOOLS[name].parameters.encode()))
        for name in (talk_tools or script.scenario.tools)
    ]
    chat = script.served.dialect == "openai-chat"
    params = {key: Json.of(value) for key, value in script.served.extra_body.items()}
    if not chat:
        params["max_tokens"] = Json(b"4096")
    elif stream:
        params["stream_options"] = Json(b'{"include_usage":true}')
    return Request(
        conversation=Conversation.of(*messages, tools=tools), model=script.model, stream=stream, params=params
    )


def post(url: str, body: bytes, timeout: float = 20) -> tuple[int, bytes]:
    """Send a body and give status and answer, whatever the status."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.netloc, timeout=timeout)
    try:
        connection.request("POST", where.path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def send(talk: Talk, request: Request) -> Response:
    """Send a request and read the answer with our own decoders."""
    wire, profile = speaks(talk.script), talk.script.profile
    url = talk.base_url + PATHS[wire.id]
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
    chat = talk.script.served.dialect == "openai-chat"
    tools = {tool.tool.name: tool for tool in talk.tools}
    found: list[ToolResult] = []
    for call in message.tool_calls:
        try:
            text = run_tool(tools[call.name], call.arguments)
            found.append(ToolResult(call_id=call.id, content=text, status="unspecified"))
        except ToolFailure as failure:
            found.append(ToolResult(call_id=call.id, content=str(failure), status="unspecified" if chat else "error"))
    return (
        [Message(role="tool", blocks=(one,)) for one in found] if chat else [Message(role="user", blocks=tuple(found))]
    )


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
    chat = script.served.dialect == "openai-chat"
    messages = opening(script)
    found: list[tuple[int, int, list[Message]]] = []
    for t, text in enumerate(script.turns):
        messages.append(Message.user(text))
        for s in range(len(script.scenario.turns[t].steps)):
            found.append((t, s, list(messages)))
            messages.append(script.answer(t, s))
            answers = [ToolResult(call_id=called.id, content=called.result) for called in script.calls_of(t, s)]
            if chat:
                messages += [Message(role="tool", blocks=(one,)) for one in answers]
            elif answers:
                messages.append(Message(role="user", blocks=tuple(answers)))
    return found
