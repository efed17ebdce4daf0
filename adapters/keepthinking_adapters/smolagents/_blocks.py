"""What smolagents holds as blocks, and what stands for a block that does not show.

Rule 1: a picture is what smolagents' clients send of it, a PNG of its pixels (smolagents 1.26.0,
`encode_image_base64`).
Rule 2: a block that does not show has a placeholder of its kind, always the same, so that the blocks of a record and
those that are told are as many.
Rule 3: smolagents makes values of arguments, and of strings in them that look like JSON when it writes a step down. All
that it may show of a call is one call.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any, Final

from msgspec.structs import replace
from PIL import Image
from smolagents.utils import make_json_serializable

from keepthinking import Block, Json, Media, Opaque, Text, Thinking, ToolCall, ToolResult
from keepthinking_adapters.smolagents._show import Picture, looked_at, wire_id

__all__ = ["HIDDEN", "read_call", "read_picture", "variants", "write"]

HIDDEN: Final[Mapping[str, Callable[[], Block]]] = {
    "x": lambda: Text(text=""),
    "t": Thinking,
    "c": lambda: ToolCall(name="", arguments="hidden"),
    "r": ToolResult,
    "m": lambda: Media(kind=""),
    "o": lambda: Opaque(dialect="", kind="", body=Json(b"null")),
}
"""What stands for a block that does not show, by the letter of its kind."""

_TOKENS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|Infinity')
_MODES: Final = frozenset({"1", "L", "LA", "I;16", "P", "RGB", "RGBA"})
"""Modes of Pillow that a PNG can hold."""
_NEAREST: Final = {"I": "I;16", "La": "LA", "PA": "RGBA", "RGBa": "RGBA"}
"""What another mode becomes where `RGB` would lose more of it. Newer Pillows convert nothing by themselves (13.0)."""


def read_call(id_: object, name: object, arguments: object) -> ToolCall:
    """Read a call.

    Args:
        id_: Its id as it shows.
        name: The tool's name.
        arguments: A string as the wire had it, or the value that smolagents has made of it.
    """
    return ToolCall(
        id=wire_id(id_) if isinstance(id_, str) else None,
        name=name if isinstance(name, str) else "",
        arguments=arguments if isinstance(arguments, str) else write(arguments),
        kind="object" if isinstance(arguments, dict) else "json",
    )


def write(value: object) -> str:
    """Write arguments as JSON that gives the same value again."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    except (TypeError, ValueError, RecursionError):
        return repr(value)
    # The standard library writes as a word what it reads as a number, and back.
    return _TOKENS.sub(lambda found: found[0] if found[0].startswith('"') else "1e999", text)


def variants(block: Block) -> Iterable[Block]:
    """Give what smolagents may show instead of a call: its values, and what a dump of a step makes of them."""
    if not isinstance(block, ToolCall) or block.server:
        return
    value = looked_at(block.arguments)
    for shown in (value, _dumped(value), _dumped(block.arguments)):
        yield replace(block, arguments=shown if isinstance(shown, str) else write(shown))


def _dumped(value: Any) -> Any:
    try:
        return make_json_serializable(value)
    except (ValueError, RecursionError):
        return value  # then a step with it cannot be dumped either


def read_picture(picture: Picture) -> Media:
    """Read a picture. Raises `OSError` where its file is broken: Pillow looks into it late."""
    if picture.mode == "P" and picture.getpalette() in (None, []):
        held = Image.frombytes("L", picture.size, picture.tobytes())  # Pillow writes none without a palette
    else:
        held = picture if picture.mode in _MODES else picture.convert(_NEAREST.get(picture.mode, "RGB"))
    buffer = BytesIO()
    held.save(buffer, format="PNG")
    return Media(kind="image", mime="image/png", data=base64.b64encode(buffer.getvalue()).decode())
