"""Telling what stays behind: members of another wire, and the objects that grouped blocks there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import UnsetType

from keepthinking._json import Json, load
from keepthinking._messages import Item
from keepthinking._projection import Keep, Projection
from keepthinking._reports import Loss, LossKind
from keepthinking.dialects._text import is_dict, is_list

WHY = "only its own dialect knows it"

REFUSED = 'thinking="native" and "drop" leave it behind and tell, "text" makes it visible'
"""What to do where the policy refuses to lose thinking."""


def loss(kind: LossKind, path: str, what: str, why: str) -> Loss:
    """Make a loss."""
    return Loss(kind=kind, path=path, what=what, why=why)


def under(path: str, name: str) -> str:
    """Give the path of a member."""
    if not path or name.startswith("["):
        return f"{path}{name}"
    return f"{path}.{name}"


def members_lost(
    fields: Json | UnsetType, projection: Projection | None, home: str, path: str, otherwise: Keep = "link"
) -> Iterator[Loss]:
    """Tell of the members that a wire object held besides what has a typed place.

    Args:
        fields: The members.
        projection: The table of the dialect that they are of; None where nobody knows it.
        home: Wire path of the object that held them.
        path: Where they stand in the source.
        otherwise: What a member is that no row speaks of.
    """
    if isinstance(fields, UnsetType):
        return
    for name, value in _leaves(load(fields.raw)):
        wire = _wire_path(home, name)
        keep = otherwise if projection is None else projection.keep(wire, otherwise)
        # a null without a typed place says nothing: see `_leaves` of the core
        kind: LossKind = "spelling" if value is None or keep in {"output", "spelling"} else "foreign"
        yield loss(kind, under(path, name), f"`{name}`" if name else "members", WHY)


def item_lost(item: Item, projection: Projection | None, path: str, *, empty: bool) -> Iterator[Loss]:
    """Tell of the object that grouped blocks, or of one that stood there without any."""
    if empty:
        yield loss("foreign", path, f"a `{item.kind}` without content", "no object groups blocks here")
        return
    home = "" if projection is None else projection.homes.get("item", "")
    for name, value in (("id", item.id), ("phase", item.phase), ("status", item.status)):
        if isinstance(value, str):
            keep = "link" if projection is None else projection.keep(_wire_path(home, name))
            kind: LossKind = "spelling" if keep in {"output", "spelling"} else "foreign"
            yield loss(kind, f"{path}.{name}", f"the `{name}` of a `{item.kind}`", "no object groups blocks here")
    yield from members_lost(item.fields, projection, home, f"{path}.fields")


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if is_dict(value) and value:
        for key, inner in value.items():
            yield from _leaves(inner, under(path, key))
    elif is_list(value) and any(is_dict(inner) or is_list(inner) for inner in value):
        for i, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{i}]")
    elif path or not is_dict(value):
        yield path, value


def _wire_path(home: str, name: str) -> str:
    """Give the path of a member by which a projection knows it: lists have no numbers there."""
    plain = "".join("[]" if step.isdigit() else step for step in name.replace("[", "\0").replace("]", "\0").split("\0"))
    return f"{home}.{plain}" if home else plain
