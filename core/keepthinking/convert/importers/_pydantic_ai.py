"""pydantic-ai: the JSON of `ModelMessagesTypeAdapter` (`result.all_messages_json()`).

Maps to: a `response` is one assistant message with the origin that its `provider_name` tells; the parts of a `request`
are messages: instructions, what the user says, one message a tool result. Seals get the names of their provider's wire,
so that they can go back to it.

Cannot hold: times, token counts, ids of runs and of parts, what was kept beside a part (`metadata`, `provider_details`
without a place). Each is a `Loss`.

Version notes: pydantic-ai-slim 2.68.0, `messages.py` (read 2026-11-24). A retry is a `tool-return` with the outcome
`retried` since 2.x, a part `retry-prompt` before.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepthinking._errors import DecodeError
from keepthinking._json import Json, Slice, Slices, body_bytes, elements, load, members, string
from keepthinking._messages import (
    Block,
    Conversation,
    Field,
    Item,
    Message,
    Origin,
    Place,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
)
from keepthinking._reports import Converted
from keepthinking.convert._wires import BASE64, CHAT, CONVERSE, GEMINI, MESSAGES, RESPONSES
from keepthinking.convert.importers._pydantic_ai_content import NAME, Content, opaque
from keepthinking.convert.importers._pydantic_ai_names import (
    DETAIL,
    ENCRYPTED,
    FIELDS,
    REDACTED,
    SUMMARY,
    VENDORS,
    Vendor,
)
from keepthinking.dialects._wire import (
    is_array,
    is_null,
    is_string,
    take_nullable,
    take_string,
    write_members,
)

_SIGNATURE = "thought_signature"


def read_pydantic_ai(data: bytes) -> Converted[Conversation]:
    """Read stored messages.

    Args:
        data: JSON, an array of requests and responses.

    Returns:
        The conversation, and what it cannot hold, by JSON path.

    Raises:
        DecodeError: It is no such array.
    """
    raw = body_bytes(data, culprit="caller")
    reader = _Reader()
    for i, slice_ in enumerate(elements(raw, "$", "caller")):
        reader.message(members(slice_, f"$[{i}]", "caller"), f"$[{i}]")
    return Converted(value=Conversation.of(*reader.instructed()), losses=tuple(reader.losses))


class _Reader(Content):
    """Collects messages."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self._instructions: tuple[str, str] | None = None

    def instructed(self) -> list[Message]:
        """Give the messages, the instructions of the last request before them: only those are ever sent."""
        if self._instructions is None:
            return self.messages
        return [Message.system(self._instructions[1]), *self.messages]

    def message(self, left: Slices, path: str) -> None:
        kind = take_string(left, "kind", path)
        parts = left.pop("parts", None)
        if kind not in {"request", "response"} or parts is None or not is_array(parts):
            hint = "the document is what `result.all_messages_json()` gives"
            raise DecodeError("not a message of pydantic-ai", where=path, culprit="caller", hint=hint)
        taken = [
            (members(part, f"{path}.parts[{n}]", "caller"), part, f"{path}.parts[{n}]")
            for n, part in enumerate(elements(parts, f"{path}.parts", "caller"))
        ]
        if kind == "response":
            self._response(left, taken, path)
        else:
            self._request(left, taken, path)
        self._rest(left, path)

    # -- requests ------------------------------------------------------------------------------------------------

    def _request(self, left: Slices, parts: list[tuple[Slices, Slice, str]], path: str) -> None:
        words = take_nullable(left, "instructions", path)
        if isinstance(words, str):
            if self._instructions is not None and self._instructions[1] != words:
                why = "only the instructions of the last request are ever sent"
                self._lose("content", f"{self._instructions[0]}.instructions", "instructions", why)
            self._instructions = (path, words)
        for part, raw, here in parts:
            kind = take_string(part, "part_kind", here)
            read = _REQUEST_PARTS.get(kind if isinstance(kind, str) else "")
            if read is None:
                self.messages.append(Message(role="user", blocks=(opaque(raw, kind),)))
                continue
            self.messages.append(read(self, part, here))
            self._rest(part, here)

    def system(self, part: Slices, path: str) -> Message:
        return Message.system(self._words(part, path))

    def user(self, part: Slices, path: str) -> Message:
        raw = part.pop("content", b'""')
        return Message(role="user", blocks=tuple(self._content(raw, f"{path}.content")))

    def result(self, part: Slices, path: str) -> Message:
        return Message(role="tool", blocks=(self._tool_result(part, path, self._outcome(part, path)),))

    def retry(self, part: Slices, path: str) -> Message:
        """Read the request to try again: of a tool it is its result, else the harness speaks."""
        self._lose("spelling", path, "the words around what went wrong", "the framework adds them when it sends")
        if (raw := part.get("tool_name")) is not None and not is_null(raw):
            return Message(role="tool", blocks=(self._tool_result(part, path, "error"),), author="harness")
        raw = part.pop("content", b'""')
        part.pop("tool_call_id", None)  # there is no call: it was made up with the part
        words = string(raw, f"{path}.content") if is_string(raw) else self._rendered(raw, f"{path}.content")
        return Message(role="user", blocks=(Text(text=words),), author="harness")

    # -- responses -----------------------------------------------------------------------------------------------

    def _response(self, left: Slices, parts: list[tuple[Slices, Slice, str]], path: str) -> None:
        name = take_nullable(left, "provider_name", path)
        vendor = VENDORS.get(name or "") if isinstance(name, str) else None
        origin = Origin(
            dialect=UNSET if vendor is None else vendor.dialect,
            provider=vendor.provider if vendor is not None else name if isinstance(name, str) else UNSET,
            model=take_nullable(left, "model_name", path),
            response_id=take_nullable(left, "provider_response_id", path),
        )
        blocks: list[Block] = []
        items: list[Item] = []
        for part, raw, here in parts:
            kind = take_string(part, "part_kind", here)
            read = _RESPONSE_PARTS.get(kind if isinstance(kind, str) else "")
            if read is None:
                blocks.append(opaque(raw, kind))
                continue
            # a part may come from another provider than its response, as after a fallback
            maker = take_nullable(part, "provider_name", here)
            own = VENDORS.get(maker, vendor) if isinstance(maker, str) else vendor
            block = read(self, part, here, own)
            if own is not vendor:
                why = "a message has one origin"
                self._lose("foreign", f"{here}.provider_name", f"that a part is of `{maker}`", why)
                if block.seals:
                    self._lose("seal", here, "the seal of a part of another provider", why)
                    block = _unsealed(block)
            if isinstance(block, Thinking) and own is not None:
                block = self._in_item(block, part, items, own.dialect, here)
            blocks.append(block)
            self._rest(part, here)
        self.messages.append(Message(role="assistant", blocks=tuple(blocks), items=tuple(items), origin=origin))

    def text(self, part: Slices, path: str, vendor: Vendor | None) -> Block:
        return Text(text=self._words(part, path), seals=self._part_seals(part, path, vendor))

    def call(self, part: Slices, path: str, vendor: Vendor | None) -> Block:
        raw = part.pop("args", None)
        arguments = ""
        if raw is not None and not is_null(raw):
            arguments = string(raw, f"{path}.args") if is_string(raw) else bytes(raw).decode()
        kind = "json" if raw is None or is_null(raw) or is_string(raw) else "object"
        return ToolCall(
            id=take_nullable(part, "tool_call_id", path),
            name=self._words(part, path, "tool_name"),
            arguments=arguments,
            kind="object" if kind == "object" else "json",
            seals=self._part_seals(part, path, vendor),
        )

    def server_call(self, part: Slices, path: str, vendor: Vendor | None) -> Block:
        found = self.call(part, path, vendor)
        assert isinstance(found, ToolCall)  # noqa: S101 - what `_call` gives
        return ToolCall(
            id=found.id, name=found.name, arguments=found.arguments, kind=found.kind, seals=found.seals, server=True
        )

    def server_result(self, part: Slices, path: str, vendor: Vendor | None) -> Block:
        del vendor
        return self._tool_result(part, path, self._outcome(part, path), server=True)

    def file(self, part: Slices, path: str, vendor: Vendor | None) -> Block:
        del vendor
        raw = part.pop("content", b"null")
        return self._piece(raw, f"{path}.content")

    def thinking(self, part: Slices, path: str, vendor: Vendor | None) -> Block:
        words = take_string(part, "content", path)
        name = take_nullable(part, "id", path)
        seal = take_nullable(part, "signature", path)
        seals: tuple[Seal, ...] = self._part_seals(part, path, vendor)
        redacted = name in REDACTED
        if isinstance(seal, str):
            slot = "signature" if vendor is None else vendor.whole if redacted else vendor.seal
            wire = b64encode(seal.encode()).decode() if slot == "redactedContent" else seal
            seals = (Seal(slot=slot, wire=wire, encoding="base64" if slot in BASE64 else "text"), *seals)
        segments: list[Segment] = []
        if isinstance(words, str) and not redacted:
            channel = "summary" if vendor is not None and vendor.summary else "raw"
            if words or not isinstance(seal, str):
                segments.append(Segment(channel="summary" if channel == "summary" else "raw", text=words))
            elif vendor is not None and vendor.dialect in {MESSAGES, CONVERSE}:
                segments.append(Segment(text=words))  # the vendor's own empty text: it goes back with its seal
        segments += self._raw_words(part, path)
        places: tuple[Place, ...] = ()
        if name in FIELDS and isinstance(name, str):
            places = (Field(name=name),)
        elif isinstance(name, str) and not redacted:
            part["id"] = Json.of(name).raw  # an id of the wire's own; whoever has a place for it takes it
        return Thinking(segments=tuple(segments), seals=seals, places=places)

    def _raw_words(self, part: Slices, path: str) -> list[Segment]:
        """Take the words that stand beside a summary (`provider_details.raw_content`)."""
        details = self._details(part, path)
        raw = details.get("raw_content")
        if raw is None or not is_array(raw):
            return []
        found = [piece for piece in load(raw) if isinstance(piece, str)]
        del details["raw_content"]
        self._put_details(part, details)
        return [Segment(channel="raw", text=text) for text in found]

    def _in_item(
        self, block: Thinking, part: Slices, items: list[Item], dialect: str | UnsetType, path: str
    ) -> Thinking:
        """Give a thought the object that it stood in: an item of Responses, an entry of `reasoning_details`."""
        if dialect == RESPONSES:
            items.append(Item(kind="reasoning", id=take_nullable(part, "id", path)))
            return replace(block, item=len(items) - 1)
        details = self._details(part, path) if dialect == CHAT else {}
        kind = take_string(details, "type", f"{path}.provider_details")
        if not isinstance(kind, str) or not kind.startswith(DETAIL):
            return block
        part.pop("provider_details")
        fields = Json(write_members(details)) if details else UNSET
        items.append(Item(kind=kind, id=take_nullable(part, "id", path), fields=fields))
        seals = tuple(replace(seal, slot="data") for seal in block.seals) if kind == ENCRYPTED else block.seals
        segments = tuple(replace(one, channel="summary" if kind == SUMMARY else "raw") for one in block.segments)
        places = (Field(name="reasoning_details"),)
        return Thinking(segments=segments, seals=seals, places=places, item=len(items) - 1)

    def _part_seals(self, part: Slices, path: str, vendor: Vendor | None) -> tuple[Seal, ...]:
        """Take the seal that Gemini puts on any part."""
        if vendor is None or vendor.dialect != GEMINI:
            return ()
        details = self._details(part, path)
        wire = take_string(details, _SIGNATURE, path)
        self._put_details(part, details)
        return (Seal(slot="thoughtSignature", wire=wire, encoding="base64"),) if isinstance(wire, str) else ()

    # -- parts ---------------------------------------------------------------------------------------------------

    def _details(self, part: Slices, path: str) -> Slices:
        raw = part.get("provider_details")
        return {} if raw is None or is_null(raw) else members(raw, f"{path}.provider_details", "caller")

    def _put_details(self, part: Slices, details: Slices) -> None:
        if details:
            part["provider_details"] = write_members(details)
        else:
            part.pop("provider_details", None)


def _unsealed(block: Block) -> Block:
    if isinstance(block, Thinking):
        return Thinking(segments=block.segments, places=block.places)
    if isinstance(block, ToolCall):
        return ToolCall(id=block.id, name=block.name, arguments=block.arguments, kind=block.kind, server=block.server)
    return Text(text=block.text) if isinstance(block, Text) else block


_REQUEST_PARTS: Mapping[str, Callable[[_Reader, Slices, str], Message]] = {
    "system-prompt": _Reader.system,
    "user-prompt": _Reader.user,
    "tool-return": _Reader.result,
    "retry-prompt": _Reader.retry,
    "retry-feedback": _Reader.retry,
}
_RESPONSE_PARTS: Mapping[str, Callable[[_Reader, Slices, str, Vendor | None], Block]] = {
    "text": _Reader.text,
    "thinking": _Reader.thinking,
    "tool-call": _Reader.call,
    "builtin-tool-call": _Reader.server_call,
    "builtin-tool-return": _Reader.server_result,
    "file": _Reader.file,
}

__all__ = ["NAME", "read_pydantic_ai"]
