"""Wires whose answers are one list of blocks of all kinds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from tests.core.audit.places import Json, Raw, at
from tests.core.audit.wires.base import SCHEMA, TOOLS, Answer, Call, Message, Place, Thought, Wire, told


class Listed(Wire):
    """A wire with one list of blocks; its instructions have a member of their own."""

    blocks: str = "content"
    heads = 1

    def request(self, messages: Sequence[Message], **more: Json) -> Json:
        system = [m["content"] for m in messages if m["role"] == "system"]
        rest = [m for m in messages if m["role"] != "system"]
        return super().request(rest, system=system[0], **more)

    def said(self, answer: Answer) -> Message:
        return {"role": "assistant", self.blocks: self.all(answer)}

    def all(self, answer: Answer) -> list[Json]:
        content = [self.thought(thought, n) for n, thought in enumerate(answer.thoughts)]
        if answer.text:
            content.append(self.spoken(answer.text))
        return [*content, *map(self.called, answer.calls)]

    def thought(self, thought: Thought, n: int) -> Json:
        raise NotImplementedError

    def spoken(self, text: str) -> Json:
        raise NotImplementedError

    def called(self, call: Call) -> Json:
        raise NotImplementedError

    def answers(self, call: Call, text: str) -> Json:
        raise NotImplementedError

    def results(self, calls: Sequence[Call], number: int) -> list[Message]:
        content = [self.answers(call, told(number, n)) for n, call in enumerate(calls)]
        return [{"role": "user", self.blocks: content}] if content else []

    def place(self, answer: Message, place: Place) -> Place:
        del answer
        return place

    def is_thought(self, block: Json) -> bool:
        raise NotImplementedError

    def is_text(self, block: Json) -> bool:
        raise NotImplementedError

    def is_call(self, block: Json) -> bool:
        raise NotImplementedError

    def is_result(self, block: Json) -> bool:
        raise NotImplementedError

    def _all(self, message: Message) -> list[tuple[Place, Json]]:
        blocks = message.get(self.blocks)
        return [((self.blocks, n), block) for n, block in enumerate(blocks)] if isinstance(blocks, list) else []

    def thoughts(self, message: Message) -> list[Place]:
        return [place for place, block in self._all(message) if self.is_thought(block)]

    def calls(self, message: Message) -> list[Place]:
        return [place for place, block in self._all(message) if self.is_call(block)]

    def heard(self, message: Message) -> list[Place]:
        return [place for place, block in self._all(message) if self.is_result(block)]

    def text(self, message: Message) -> Place:
        return next(place for place, block in self._all(message) if self.is_text(block))

    def reword(self, message: Message, text: str) -> None:
        at(message, self.text(message))["text"] = text

    def untext(self, message: Message) -> None:
        message[self.blocks].pop(self.text(message)[1])

    def front(self, message: Message, text: str) -> Place:
        message[self.blocks].insert(0, self.spoken(text))
        return (self.blocks, 0)


class Claude(Listed):
    name, dialect, host = "claude", "anthropic-messages", "api.anthropic.com"
    endpoint, model = "/v1/messages", "claude-opus-5"
    objects = flags = True
    empty = "thinking.empty.kept"
    result_key = "tool_use_id"
    more = {"max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 1024}}

    def tools(self) -> list[Json]:
        return [{"name": name, "input_schema": SCHEMA} for name in TOOLS]

    def thought(self, thought: Thought, n: int) -> Json:
        if thought.seal and not thought.text and n % 2:
            return {"type": "redacted_thinking", "data": thought.seal}
        return {"type": "thinking", "thinking": thought.text, "signature": thought.seal}

    def spoken(self, text: str) -> Json:
        return {"type": "text", "text": text}

    def called(self, call: Call) -> Json:
        return {"type": "tool_use", "id": call.id, "name": call.name, "input": json.loads(call.arguments)}

    def answers(self, call: Call, text: str) -> Json:
        return {"type": "tool_result", "tool_use_id": call.id, "content": text}

    def response(self, answer: Answer, number: int) -> Json:
        stop = "tool_use" if answer.calls else "end_turn"
        usage = {"input_tokens": 1, "output_tokens": 1}
        head = {"id": f"msg_{number}", "type": "message", "model": self.model, "stop_reason": stop, "usage": usage}
        return {**head, **self.said(answer)}

    def cut(self, response: Json) -> None:
        response["stop_reason"] = "max_tokens"

    def is_thought(self, block: Json) -> bool:
        return block["type"] in {"thinking", "redacted_thinking"}

    def is_text(self, block: Json) -> bool:
        return bool(block["type"] == "text")

    def is_call(self, block: Json) -> bool:
        return bool(block["type"] == "tool_use")

    def is_result(self, block: Json) -> bool:
        return bool(block["type"] == "tool_result")

    def words(self, place: Place) -> Place:
        return (*place, "thinking")

    def seal(self, message: Message, place: Place) -> str:
        return "signature" if "signature" in at(message, place) else "data"

    def arguments(self, message: Message, n: int) -> str:
        return json.dumps(at(message, self.calls(message)[n])["input"])

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        at(message, self.calls(message)[n])["input"] = Raw(text)

    def fail(self, block: Json) -> None:
        block["is_error"] = True


class Bedrock(Listed):
    """Blocks of a union: the one member of each tells its kind."""

    name, dialect, host = "bedrock", "bedrock-converse", "bedrock-runtime.us-east-1.amazonaws.com"
    endpoint, model = "/model/us.anthropic.claude-sonnet-4-6/converse", "us.anthropic.claude-sonnet-4-6"
    objects = flags = True
    empty = "thinking.empty.kept"
    id_key = "toolUseId"
    result_key = "toolUseId"

    def body(self, request: Json) -> Json:
        body = {key: value for key, value in request.items() if key not in {"model", "tools", "system"}}
        if "system" in request:
            body["system"] = [{"text": request["system"]}]
        if "tools" in request:
            body["toolConfig"] = {"tools": request["tools"]}
        return body

    def tools(self) -> list[Json]:
        return [{"toolSpec": {"name": name, "inputSchema": {"json": SCHEMA}}} for name in TOOLS]

    def as_text(self, text: str) -> Message:
        return {"role": "user", "content": [{"text": text}]}

    def told(self, message: Message) -> Place:
        del message
        return ("content", 0)

    def tell(self, message: Message, text: str) -> None:
        message["content"][0]["text"] += text

    def thought(self, thought: Thought, n: int) -> Json:
        if thought.seal and not thought.text and n % 2:
            return {"reasoningContent": {"redactedContent": thought.seal}}
        return {"reasoningContent": {"reasoningText": {"text": thought.text, "signature": thought.seal}}}

    def spoken(self, text: str) -> Json:
        return {"text": text}

    def called(self, call: Call) -> Json:
        return {"toolUse": {"toolUseId": call.id, "name": call.name, "input": json.loads(call.arguments)}}

    def answers(self, call: Call, text: str) -> Json:
        return {"toolResult": {"toolUseId": call.id, "content": [{"text": text}]}}

    def response(self, answer: Answer, number: int) -> Json:
        stop = "tool_use" if answer.calls else "end_turn"
        usage = {"inputTokens": 1, "outputTokens": number, "totalTokens": number + 1}
        return {"output": {"message": self.said(answer)}, "stopReason": stop, "usage": usage}

    def place(self, answer: Message, place: Place) -> Place:
        del answer
        return ("output", "message", *place)

    def cut(self, response: Json) -> None:
        response["stopReason"] = "max_tokens"

    def is_thought(self, block: Json) -> bool:
        return "reasoningContent" in block

    def is_text(self, block: Json) -> bool:
        return "text" in block

    def is_call(self, block: Json) -> bool:
        return "toolUse" in block

    def is_result(self, block: Json) -> bool:
        return "toolResult" in block

    def words(self, place: Place) -> Place:
        return (*place, "reasoningContent", "reasoningText", "text")

    def seals(self, message: Message) -> list[Place]:
        inner = ((place, at(message, (*place, "reasoningContent"))) for place in self.thoughts(message))
        return [
            (*place, "reasoningContent", *(("reasoningText",) if "reasoningText" in content else ()))
            for place, content in inner
        ]

    def seal(self, message: Message, place: Place) -> str:
        return "signature" if "signature" in at(message, place) else "redactedContent"

    def block(self, place: Place) -> Place:
        return place[:2]

    def inner(self, call: Json) -> Json:
        return call["toolUse"]

    def id_of(self, call: Json) -> Json:
        return call["toolUse"]

    def arguments(self, message: Message, n: int) -> str:
        return json.dumps(at(message, self.calls(message)[n])["toolUse"]["input"])

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        at(message, self.calls(message)[n])["toolUse"]["input"] = Raw(text)

    def result(self, block: Json) -> Json:
        return block["toolResult"]

    def retell(self, block: Json, text: str) -> None:
        block["toolResult"]["content"] = [{"text": text}]

    def fail(self, block: Json) -> None:
        block["toolResult"]["status"] = "error"


class Gemini(Listed):
    """Thoughts have words and no seal; the seal stands on the part that they led to, and calls have no ids."""

    name, dialect, host = "gemini", "gemini", "generativelanguage.googleapis.com"
    endpoint, model = "/v1beta/models/gemini-3-pro-preview:generateContent", "gemini-3-pro-preview"
    blocks, history = "parts", "contents"
    several = sealed = named = False
    seal_beside = objects = flags = True
    wants = ("SHOULD", "SHOULD")

    def body(self, request: Json) -> Json:
        roles = {"assistant": "model"}
        contents = [{**m, "role": roles.get(m["role"], m["role"])} for m in request["messages"]]
        rest = {k: v for k, v in request.items() if k not in {"model", "messages", "tools", "system"}}
        body = {"contents": contents, **rest}
        if "system" in request:
            body["systemInstruction"] = {"parts": [{"text": request["system"]}]}
        if "tools" in request:
            body["tools"] = [{"functionDeclarations": request["tools"]}]
        return body

    def where(self, request: Json, place: Place) -> Place:
        del request
        return ("contents", *place[1:]) if place[:1] == ("messages",) else place

    def tools(self) -> list[Json]:
        return [{"name": name, "parametersJsonSchema": SCHEMA} for name in TOOLS]

    def as_text(self, text: str) -> Message:
        return {"role": "user", "parts": [{"text": text}]}

    def told(self, message: Message) -> Place:
        del message
        return ("parts", 0)

    def tell(self, message: Message, text: str) -> None:
        message["parts"][0]["text"] += text

    def all(self, answer: Answer) -> list[Json]:
        parts = [{"text": thought.text, "thought": True} for thought in answer.thoughts if thought.text]
        spoken = [self.spoken(answer.text)] if answer.text else []
        called = [*map(self.called, answer.calls)]
        seal = next((thought.seal for thought in answer.thoughts), "")
        if seal:
            for part in (called or spoken)[:1]:
                part["thoughtSignature"] = seal
        return [*parts, *spoken, *called]

    def spoken(self, text: str) -> Json:
        return {"text": text}

    def called(self, call: Call) -> Json:
        return {"functionCall": {"name": call.name, "args": json.loads(call.arguments)}}

    def answers(self, call: Call, text: str) -> Json:
        return {"functionResponse": {"name": call.name, "response": {"output": text}}}

    def response(self, answer: Answer, number: int) -> Json:
        content = {"role": "model", "parts": self.all(answer)}
        candidate = {"content": content, "finishReason": "STOP", "index": 0}
        return {"candidates": [candidate], "modelVersion": self.model, "responseId": f"r{number}"}

    def place(self, answer: Message, place: Place) -> Place:
        del answer
        return ("candidates", 0, "content", *place)

    def cut(self, response: Json) -> None:
        response["candidates"][0]["finishReason"] = "MAX_TOKENS"

    def is_thought(self, block: Json) -> bool:
        return bool(block.get("thought"))

    def is_text(self, block: Json) -> bool:
        return "text" in block and not block.get("thought")

    def is_call(self, block: Json) -> bool:
        return "functionCall" in block

    def is_result(self, block: Json) -> bool:
        return "functionResponse" in block

    def words(self, place: Place) -> Place:
        return (*place, "text")

    def seals(self, message: Message) -> list[Place]:
        return [place for place, part in self._all(message) if "thoughtSignature" in part]

    def seal(self, message: Message, place: Place) -> str:
        del message, place
        return "thoughtSignature"

    def inner(self, call: Json) -> Json:
        return call["functionCall"]

    def arguments(self, message: Message, n: int) -> str:
        return json.dumps(at(message, self.calls(message)[n])["functionCall"]["args"])

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        at(message, self.calls(message)[n])["functionCall"]["args"] = Raw(text)

    def result(self, block: Json) -> Json:
        return block["functionResponse"]

    def retell(self, block: Json, text: str) -> None:
        block["functionResponse"]["response"] = {"output": text}

    def fail(self, block: Json) -> None:
        block["functionResponse"]["response"] = {"error": block["functionResponse"]["response"]["output"]}


class Responses(Listed):
    """A flat list of items; what stands in one message here is a run of them."""

    name, dialect, host = "responses", "openai-responses", "api.openai.com"
    endpoint, model = "/v1/responses", "gpt-5.6"
    blocks, history = "items", "input"
    flat = True
    wants = ("MUST", "MUST")
    seal_wants = ("MUST", "MUST")
    id_key = "call_id"
    result_key = "call_id"
    more = {"store": False, "include": ["reasoning.encrypted_content"]}

    def body(self, request: Json) -> Json:
        items = [item for message in request["messages"] for item in self._flat(message)]
        rest = {k: v for k, v in request.items() if k not in {"messages", "system"}}
        head = {"instructions": request["system"]} if "system" in request else {}
        return {"input": items, **head, **rest}

    def _flat(self, message: Message) -> list[Json]:
        found: list[Json] = message.get("items", [message])
        return found

    def where(self, request: Json, place: Place) -> Place:
        if place[:1] != ("messages",) or len(place) == 1:
            return place
        messages, (number, *inside) = request["messages"], place[1:]
        before = sum(len(self._flat(message)) for message in messages[:number])
        if inside[:1] == ["items"]:
            return ("input", before + int(inside[1]), *inside[2:])
        return ("input", before, *inside)

    def tools(self) -> list[Json]:
        return [{"type": "function", "name": name, "parameters": SCHEMA, "strict": False} for name in TOOLS]

    def thought(self, thought: Thought, n: int) -> Json:
        summary = [{"type": "summary_text", "text": thought.text}] if thought.text else []
        id_ = f"rs_{sha256(f'{n}{thought}'.encode()).hexdigest()[:12]}"
        return {"type": "reasoning", "id": id_, "summary": summary, "encrypted_content": thought.seal}

    def spoken(self, text: str) -> Json:
        content = [{"type": "output_text", "text": text, "annotations": []}]
        id_ = f"msg_{sha256(text.encode()).hexdigest()[:12]}"
        return {"type": "message", "id": id_, "role": "assistant", "status": "completed", "content": content}

    def called(self, call: Call) -> Json:
        head = {"type": "function_call", "id": f"fc_{call.id}", "call_id": call.id, "name": call.name}
        return {**head, "arguments": call.arguments, "status": "completed"}

    def answers(self, call: Call, text: str) -> Json:
        return {"type": "function_call_output", "call_id": call.id, "output": text}

    def response(self, answer: Answer, number: int) -> Json:
        head = {"id": f"resp_{number}", "object": "response", "model": self.model, "status": "completed"}
        return {**head, "output": self.all(answer)}

    def place(self, answer: Message, place: Place) -> Place:
        del answer
        return ("output", *place[1:]) if place[:1] == ("items",) else place

    def cut(self, response: Json) -> None:
        response |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}

    def is_thought(self, block: Json) -> bool:
        return bool(block.get("type") == "reasoning")

    def is_text(self, block: Json) -> bool:
        return bool(block.get("type") == "message")

    def is_call(self, block: Json) -> bool:
        return bool(block.get("type") == "function_call")

    def is_result(self, block: Json) -> bool:
        return bool(block.get("type") == "function_call_output")

    def words(self, place: Place) -> Place:
        return (*place, "summary", 0, "text")

    def seal(self, message: Message, place: Place) -> str:
        del message, place
        return "encrypted_content"

    def text(self, message: Message) -> Place:
        return (*super().text(message), "content", 0)

    def untext(self, message: Message) -> None:
        message["items"].pop(self.text(message)[1])

    def front(self, message: Message, text: str) -> Place:
        return (*super().front(message, text), "content", 0)

    def arguments(self, message: Message, n: int) -> str:
        return str(at(message, self.calls(message)[n])["arguments"])

    def set_arguments(self, message: Message, n: int, text: str) -> None:
        at(message, self.calls(message)[n])["arguments"] = text

    def retell(self, block: Json, text: str) -> None:
        block["output"] = text
