"""The JSON Schema of results, made from the values.

It is shipped as `schema/results-1.json` for readers in other languages. It is exact: a member that it does not name is
refused, here and there, so that nothing of a later version is lost in silence.

`python -m keepthinking_conformance.results._schema` writes it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast, get_args, get_type_hints

import msgspec
from msgspec import Struct, UnsetType

from keepthinking._messages import Extras
from keepthinking._schema import attributes_of, head_of
from keepthinking_conformance.results import _results
from keepthinking_conformance.results._results import SCHEMA, Results
from keepthinking_conformance.results._shape import NAME, Part

VERSION: Final = "1.0"
"""Version of the schema, apart from the package's. The minor part rises when a member is added; the major part is that
of the format's name."""

ID: Final = f"urn:keepthinking:schema:results:{VERSION}"

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = (
    "What one examination found, or several that were merged. Every member is always there; null stands for what is"
    " absent. A member that is marked `volatile` may differ between two runs of one seed, and no other one may."
)


def schema() -> Part:
    """Make the schema."""
    _, components = msgspec.json.schema_components((Results,), schema_hook=_extras, ref_template="#/$defs/{name}")
    return {
        "$schema": _DIALECT,
        "$id": ID,
        "title": f"{SCHEMA}: what an examination found",
        "description": _TEXT,
        "$ref": "#/$defs/Results",
        "$defs": {name: _object(name, part) for name, part in sorted(components.items())},
    }


def render() -> bytes:
    """Give the schema as the bytes of its file."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"


def _extras(cls: type[object]) -> Part:
    if cls is not Extras:
        raise NotImplementedError(cls)
    return {"type": "object"}  # of findings; no file holds it


def _object(name: str, part: Part) -> Part:
    """Close an object, ask for all of its members, and take its words from the docstrings."""
    cls = cast("type[Struct]", vars(_results)[name])
    attributes = attributes_of(cls)
    hints = get_type_hints(cls)
    properties: dict[str, Part] = {}
    for key, member in part["properties"].items():
        if key != "extras":
            kept = {word: held for word, held in member.items() if word != "default"}  # every member is always there
            kept = _nullable(kept) if UnsetType in get_args(hints[key]) else kept
            properties[key] = {"description": attributes[key], **kept}
    return {
        "title": name,
        "description": head_of(cls.__doc__ or ""),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(part: Part) -> Part:
    if "$ref" in part:
        return {"anyOf": [part, {"type": "null"}]}
    return {**part, "type": [part["type"], "null"]}


if __name__ == "__main__":
    Path(__file__).with_name("schema").joinpath(NAME).write_bytes(render())
