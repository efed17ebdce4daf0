"""LangChain's content blocks as blocks: the v1 shapes, and those of the stock clients.

Rule 1: a block of a vendor's own shape is read by that vendor's dialect, so that it can be sent on.
Rule 2: what is LangChain's alone (`index`, `id`, `annotations`) is in no `fields`: it must not reach a wire.
Rule 3: a block of unknown shape is kept whole, in place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from msgspec import UNSET, UnsetType

from keepthinking import (
    Block,
    Item,
    Json,
    KeepthinkingError,
    Media,
    Opaque,
    Seal,
    Segment,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    dialect,
)
from keepthinking_adapters.langchain._show import ARGUMENT, MEDIA, REDACTED, SEALS, Shown, wire_id

__all__ = ["CALLS", "Sight", "call", "content_of", "google_seal", "read_block", "reasoning_item"]

LANGCHAIN: Final = "langchain"
"""The dialect of a block that nobody but LangChain knows."""
CALLS: Final = frozenset(
    {"tool_call", "tool_call_chunk", "invalid_tool_call", "tool_use", "function_call", "custom_tool_call"}
)
"""Types of content blocks that stand for an entry of `tool_calls` or `invalid_tool_calls`."""
_WIRE: Final = ("cache_control", "citations")
"""What a user or Anthropic puts on a text block and what belongs on the wire."""
_ANTHROPIC: Final = frozenset({"document", "search_result", "container_upload", "tool_result", "server_tool_use"})
_CHAT: Final = frozenset({"image_url", "input_audio", "video_url", "audio_url"})


class Sight(NamedTuple):
    """A block and the item that it belongs to."""

    block: Block
    item: Item | None = None


def read_block(part: object, *, ours: bool = False) -> Sight:
    """Read one content block.

    Args:
        part: The block as it stands in `content`: a string or a mapping.
        ours: Whether the message carries a record: a block that is no standard one is then what `show` made of it.
    """
    if isinstance(part, str):
        return Sight(Text(text=part))
    if not isinstance(part, dict):
        return Sight(Opaque(dialect=LANGCHAIN, kind="", body=_json(part)))
    block = cast("Shown", part)
    type_ = str(block.get("type", ""))
    if type_ in CALLS:
        return call(block)
    read = _READERS.get(type_)
    found = None if read is None else read(block)
    if found is None and not (ours and type_ == "non_standard"):
        found = _vendor(type_, block)
    return _unknown(type_, block) if found is None else found


def call(block: Shown, entry: Mapping[str, Any] | None = None) -> Sight:
    """Read a call.

    Args:
        block: The content block that shows it, or the entry itself.
        entry: The entry of `tool_calls` or `invalid_tool_calls`, which is the truth about name, id and arguments.
    """
    type_ = str(block.get("type", ""))
    truth = block if entry is None else entry
    id_ = truth.get("id")
    if entry is None and type_ in {"function_call", "custom_tool_call"}:
        id_ = block.get("call_id")
    item = None
    if isinstance(item_id := block.get("id"), str) and "call_id" in block:
        item = Item(kind=type_, id=item_id)
    raw = _raw(type_, block)
    value = truth.get("args", raw)
    text = value if isinstance(value, str) else "" if value is None else write(value)
    kind: Any = "object" if type_ == "tool_use" else "json"
    if type_ == "custom_tool_call":
        held = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        text, kind = str(held.get(ARGUMENT, text)), "freeform"
    elif isinstance(raw, str) and not isinstance(value, str) and _same(raw, text):
        text = raw
    name = truth.get("name")
    made = ToolCall(
        id=wire_id(str(id_)) if id_ is not None else None,
        name=name if isinstance(name, str) else "",
        arguments=text,
        kind=kind,
        item=UNSET if item is None else 0,
    )
    return Sight(made, item)


def reasoning_item(block: Shown) -> Sight:
    """Read a reasoning item of the Responses API: a summary in parts, perhaps encrypted content, and an id."""
    held = block.get("summary")
    summary = cast("list[object]", held) if isinstance(held, list) else []
    segments = tuple(
        Segment(channel="summary", text=str(cast("Shown", part).get("text", "")))
        for part in summary
        if isinstance(part, dict)
    )
    item = Item(kind="reasoning", id=block["id"]) if isinstance(block.get("id"), str) else None
    return Sight(Thinking(segments=segments, seals=_seals(block), item=UNSET if item is None else 0), item)


def write(value: object) -> str:
    """Write arguments as LangChain's clients do (langchain-openai 1.7.3, `json.dumps(args, ensure_ascii=False)`)."""
    return json.dumps(value, ensure_ascii=False, default=repr)


def _raw(type_: str, block: Shown) -> object:
    match type_:
        case "function_call":
            return block.get("arguments")
        case "tool_use":
            # A streamed block keeps an empty `input`, and its arguments in `partial_json`.
            return block.get("partial_json") or block.get("input")
        case "custom_tool_call":
            return block.get("input")
        case _:
            return block.get("args")


def _same(raw: str, text: str) -> bool:
    try:
        return write(json.loads(raw)) == text
    except (ValueError, RecursionError):
        return False


def _text(block: Shown) -> Sight | None:
    text = block.get("text")
    if not isinstance(text, str):
        return None
    fields = {key: block[key] for key in _WIRE if block.get(key)}
    extras = block.get("extras")
    signature = cast("Shown", extras).get("signature") if isinstance(extras, dict) else None
    seals = (google_seal(signature),) if isinstance(signature, str) else ()
    item = None
    if isinstance(id_ := block.get("id"), str) and id_.startswith("msg_"):
        phase = block.get("phase")
        item = Item(kind="message", id=id_, phase=phase if isinstance(phase, str) else UNSET)
    made = Text(text=text, seals=seals, fields=_json(fields) if fields else UNSET, item=UNSET if item is None else 0)
    return Sight(made, item)


def google_seal(wire: str) -> Seal:
    """Give a seal of Gemini, whose client keeps them under a name of its own (langchain-google-genai 4.4.2)."""
    return Seal(slot="thoughtSignature", wire=wire, encoding="base64")


def _reasoning(block: Shown) -> Sight:
    if "summary" in block:
        return reasoning_item(block)
    text = block.get("reasoning")
    segments = (Segment(text=text),) if isinstance(text, str) else ()
    id_ = block.get("id")
    item = Item(kind="reasoning", id=id_) if isinstance(id_, str) and id_.startswith("rs_") else None
    return Sight(Thinking(segments=segments, seals=_seals(block), item=UNSET if item is None else 0), item)


def _thinking(block: Shown) -> Sight:
    text = block.get("thinking")
    return Sight(Thinking(segments=(Segment(text=text),) if isinstance(text, str) else (), seals=_seals(block)))


def _redacted(block: Shown) -> Sight | None:
    data = block.get("data")
    return Sight(Thinking(seals=(Seal(slot="data", wire=data),))) if isinstance(data, str) else None


def _seals(block: Shown) -> tuple[Seal, ...]:
    extras = block.get("extras")
    held = {**(cast("Shown", extras) if isinstance(extras, dict) else {}), **_without(block, "type", "extras")}
    return tuple(Seal(slot=slot, wire=held[slot]) for slot in SEALS if isinstance(held.get(slot), str))


def _non_standard(block: Shown) -> Sight | None:
    value = block.get("value")
    if not isinstance(value, dict):
        return None
    held = cast("Shown", value)
    return _redacted(held) if held.get("type") == REDACTED else None


def _server_call(block: Shown) -> Sight:
    id_, name = block.get("id"), block.get("name")
    made = ToolCall(
        id=id_ if isinstance(id_, str) else None,
        name=name if isinstance(name, str) else "",
        arguments=write(block.get("args", {})),
        server=True,
    )
    return Sight(made)


def _server_result(block: Shown) -> Sight:
    call_id = block.get("tool_call_id")
    made = ToolResult(
        call_id=call_id if isinstance(call_id, str) else None,
        status="error" if block.get("status") == "error" else "unspecified",
        content=content_of(block.get("output"), ours=True),
        server=True,
    )
    return Sight(made)


def content_of(content: object, *, ours: bool) -> str | tuple[Block, ...] | UnsetType:
    """Read the content of a result."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return tuple(read_block(part, ours=ours).block for part in cast("list[object]", content))
    return UNSET


def _media(block: Shown) -> Sight | None:
    type_, old = str(block["type"]), block.get("source_type")
    if "source" in block or (type_ == "file" and isinstance(block.get("file"), dict)):
        return None  # a vendor's own shape
    names = {"url": "url", "data": "data" if old else "base64", "file_id": "id" if old == "id" else "file_id"}
    held = {name: block[key] for name, key in names.items() if isinstance(block.get(key), str)}
    mime, text = block.get("mime_type"), block.get("text")
    extras = block.get("extras")
    name = cast("Shown", extras).get("filename") if isinstance(extras, dict) else block.get("filename")
    return Sight(
        Media(
            kind=type_ if type_ in MEDIA else "file",
            mime=mime if isinstance(mime, str) else UNSET,
            text=text if type_ == "text-plain" and isinstance(text, str) else UNSET,
            filename=name if isinstance(name, str) else UNSET,
            **held,
        )
    )


def _vendor(type_: str, block: Shown) -> Sight | None:
    """Have a vendor's dialect read a block of its shape."""
    held = cast("Shown", block["value"]) if type_ == "non_standard" and isinstance(block.get("value"), dict) else block
    body = _without(held, "index")
    kind = str(held.get("type", ""))
    is_anthropic = kind in _ANTHROPIC or "source" in held or kind.endswith("_tool_result")
    is_chat = kind in _CHAT or (kind == "file" and "file" in held)
    if not is_anthropic and not is_chat:
        return None
    message = {"role": "assistant" if kind.endswith("_tool_result") else "user", "content": [body]}
    request = {"model": "", "max_tokens": 1, "messages": [message]}
    try:
        found = dialect("anthropic-messages" if is_anthropic else "openai-chat").decode_request(request)
    except KeepthinkingError:
        return None
    return Sight(found.messages[0].blocks[0])


def _unknown(type_: str, block: Shown) -> Sight:
    if type_ == "non_standard" and isinstance(block.get("value"), dict):
        block = cast("Shown", block["value"])
        type_ = str(block.get("type", ""))
    return Sight(Opaque(dialect=LANGCHAIN, kind=type_, body=_json(_without(block, "type", "index"))))


def _without(block: Shown, *names: str) -> Shown:
    return {key: value for key, value in block.items() if key not in names}


def _json(value: object) -> Json:
    try:
        return Json.of(value)
    except KeepthinkingError:
        return Json.of(repr(value))


_READERS: Final[Mapping[str, Callable[[Shown], Sight | None]]] = {
    "text": _text,
    "output_text": _text,
    "reasoning": _reasoning,
    "thinking": _thinking,
    REDACTED: _redacted,
    "non_standard": _non_standard,
    "server_tool_call": _server_call,
    "server_tool_result": _server_result,
    **dict.fromkeys((*MEDIA, "text-plain"), _media),
}
