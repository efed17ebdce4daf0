"""The JSON Schema of the canonical format, made from the types.

It is shipped as `schema/conversation-1.json`, for readers in other languages and for databases. It accepts what `loads`
accepts: members and block types of a later version among the rest. `python -m keepthinking._schema` writes it anew.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final, TypeAlias, cast, get_args

import msgspec

from keepthinking import _exchange, _messages
from keepthinking._json import Json
from keepthinking._messages import FORMAT, Block, Conversation, Value

VERSION: Final = "1.0"
"""Version of the schema, apart from the package's. The minor part rises when a member or a block type is added; the
major part is that of the format's name."""

ID: Final = f"urn:keepthinking:schema:conversation:{VERSION}"
NAME: Final = "conversation-1.json"
ROOTS: Final = (Conversation, _exchange.Request, _exchange.Response)

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = (
    "A whole history with the tools it may use. Members that this version does not name, and blocks of other types, may"
    " come from a later version: keep them as they are, in place. A string of media type application/json holds opaque"
    " JSON: keep its characters, too."
)
_Schema: TypeAlias = dict[str, Any]
_Part: TypeAlias = _Schema | list[Any] | str | float | None
_BLOCKS: Final = cast("tuple[type[Value], ...]", get_args(Block))
_TAGS: Final = [cast("str", cls.__struct_config__.tag) for cls in _BLOCKS]


def schema() -> _Schema:
    """Make the schema: of a conversation, with requests and responses beside it in `$defs`."""
    _, components = msgspec.json.schema_components(ROOTS, schema_hook=_opaque, ref_template="#/$defs/{name}")
    defs = {name: _object(name, part) for name, part in components.items()}
    defs["LaterBlock"] = {
        "title": "LaterBlock",
        "description": "A block of a later version.",
        "type": "object",
        "properties": {"type": {"type": "string", "not": {"enum": _TAGS}}},
        "required": ["type"],
    }
    names = [*(cls.__name__ for cls in _BLOCKS), "LaterBlock"]
    defs["Block"] = {"title": "Block", "anyOf": [{"$ref": f"#/$defs/{name}"} for name in names]}
    return {
        "$schema": _DIALECT,
        "$id": ID,
        "title": f"{FORMAT}: a conversation",
        "description": _TEXT,
        "$ref": "#/$defs/Conversation",
        "$defs": dict(sorted(defs.items())),
    }


def render() -> bytes:
    """Give the schema as the bytes of its file."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"


def shipped() -> bytes:
    """Give the bytes of the file that ships with the package."""
    return (files("keepthinking") / "schema" / NAME).read_bytes()


def _opaque(cls: type[object]) -> _Schema:
    if not issubclass(cls, Json):
        raise NotImplementedError(cls)
    return {"type": "string", "contentMediaType": "application/json"}


def _object(name: str, part: _Schema) -> _Schema:
    """Open an object for later members, and take its words from the docstrings."""
    cls = _classes()[name]
    attributes = attributes_of(cls)
    properties = {
        key: {**_named_block(value), **({"description": attributes[key]} if key in attributes else {})}
        for key, value in part["properties"].items()
        if key != "extras"  # they stand beside the members, not in one
    }
    opened = {key: value for key, value in part.items() if key != "additionalProperties"}
    return {**opened, "description": head_of(cls.__doc__ or ""), "properties": properties}


def _named_block(part: _Part) -> Any:
    """Put the one definition of a block wherever msgspec lists all types of blocks, and drop OpenAPI's own words."""
    if isinstance(part, list):
        return [_named_block(value) for value in part]
    if not isinstance(part, dict):
        return part
    if {"$ref": "#/$defs/Opaque"} in part.get("anyOf", ()):
        return {"$ref": "#/$defs/Block"}
    return {key: _named_block(value) for key, value in part.items() if key != "discriminator"}


def head_of(doc: str) -> str:
    """Give what a docstring says before its attributes, in one line."""
    return " ".join(cleandoc(doc).partition("\nAttributes:")[0].split())


def attributes_of(cls: type[object]) -> dict[str, str]:
    """Give what a class and its bases say of each attribute, by name."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        found |= _listed(base.__doc__ or "")
    return found


def _listed(doc: str) -> dict[str, str]:
    # One attribute is `    name: words`, and goes on where lines stand deeper than that.
    listed = cleandoc(doc).partition("\nAttributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", listed, re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}


@cache
def _classes() -> dict[str, type[object]]:
    # Through the roots' modules and not by a list, which a new type would be missing from.
    return {**vars(_messages), **vars(_exchange)}


if __name__ == "__main__":
    Path(__file__).with_name("schema").joinpath(NAME).write_bytes(render())
