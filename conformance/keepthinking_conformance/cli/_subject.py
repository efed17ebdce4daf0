"""What a subject has to be: each attribute of the type that it announces, and no name that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, cast, get_args

from keepthinking import Requirement, Subject, UnknownNameError
from keepthinking._adapter import Capability, Variant
from keepthinking._profiles import profiles
from keepthinking.plugins import dialects

MEMBERS: Final = ("id", "framework", "variant", "dialects", "profiles", "requires", "capabilities", "start")
"""What every subject has."""

_ID: Final = re.compile(r"[\w.+@-]+")
"""An id is a part of a cell's id, which `/` takes apart, and is printed."""


def is_subject(value: object) -> bool:
    """Tell whether a value has a subject's members; a class has them, too, and is none until it is called."""
    return not isinstance(value, type) and isinstance(value, Subject)


def faults(subject: Any) -> list[str]:
    """Tell which attributes of a subject are not of their type.

    Raises:
        UnknownNameError: A dialect, profile or capability is none.
    """
    wrong: list[str] = []
    for name in ("id", "framework"):
        value = getattr(subject, name)
        if not isinstance(value, str) or not _ID.fullmatch(value):
            wrong.append(f"`{name}` is {value!r}, and has to be a name of letters, digits, `.`, `_`, `+`, `@` and `-`")
    if subject.variant not in get_args(Variant):
        wrong.append(f"`variant` is {subject.variant!r}, and has to be one of {', '.join(get_args(Variant))}")
    known: Mapping[str, Iterable[str]] = {
        "dialects": dialects(),
        "profiles": [row.name for row in profiles()],
        "capabilities": get_args(Capability),
    }
    kinds = {"dialects": "dialect", "profiles": "profile", "capabilities": "capability"}
    for attribute, names in known.items():
        held: object = getattr(subject, attribute)
        kind = type(held).__name__
        members = cast("AbstractSet[object]", held) if isinstance(held, AbstractSet) else None
        if members is None or not all(isinstance(member, str) for member in members):
            wrong.append(f"`{attribute}` is a {kind}, and has to be a set of names")
            continue
        for member in sorted(map(str, members - set(names))):
            raise UnknownNameError(kinds[attribute], member, names)
    needs = subject.requires
    if not isinstance(needs, tuple) or not all(isinstance(n, Requirement) for n in cast("tuple[object, ...]", needs)):
        wrong.append("`requires` has to be a tuple of `Requirement`")
    if not callable(subject.start):
        wrong.append("`start` cannot be called")
    return wrong
