"""The correct scaffold, and every other one: the same with a habit."""

from __future__ import annotations

from typing import Final, get_args

from msgspec import Struct

from keepthinking import Requirement
from keepthinking._adapter import Capability, Run, Session, Speech, Variant
from keepthinking_conformance.miniatures._habits import Habits
from keepthinking_conformance.miniatures._talk import Talk
from keepthinking_conformance.miniatures._wires import WIRES


class Scaffold(Struct, frozen=True, kw_only=True):
    """A scaffold of a few lines that can do everything.

    Attributes:
        id: Its id.
        title: What it does, for a person.
        habits: Where it goes wrong.
        speech: In which language its model says what it wants done.
    """

    id: str
    title: str = ""
    habits: Habits = Habits()
    framework: str = "miniature"
    variant: Variant = "kept"
    dialects: frozenset[str] = frozenset(WIRES)
    profiles: frozenset[str] = frozenset()
    requires: tuple[Requirement, ...] = ()
    capabilities: frozenset[Capability] = frozenset(get_args(Capability))
    speech: Speech = "native"

    async def start(self, run: Run) -> Session:
        """Begin a conversation."""
        return Talk(run, self.habits, self.speech)


CORRECT: Final = Scaffold(id="miniature.correct", title="The correct miniature")
"""It does nothing wrong: every check passes it, on every provider, in every scenario."""
