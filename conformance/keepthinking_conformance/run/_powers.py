"""What a session can do besides taking turns, as its subject claims it."""

from __future__ import annotations

from collections.abc import Iterable

from keepthinking import Session
from keepthinking._adapter import POWERS, Capability


def check_powers(session: Session, asked: Iterable[Capability]) -> None:
    """Raise `TypeError` where a session lacks a method of a capability that it will be asked for."""
    for name in sorted(asked):
        if name in POWERS and not isinstance(session, POWERS[name]):
            raise lacks(name)


def lacks(name: Capability) -> TypeError:
    """Make the error that tells which methods a session of such a capability has."""
    methods = " and ".join(f"`{method}`" for method in vars(POWERS[name]) if _is_method(method))
    return TypeError(f"the subject claims `{name}`, and its session has no {methods}")


def _is_method(name: str) -> bool:
    return not name.startswith("_")
