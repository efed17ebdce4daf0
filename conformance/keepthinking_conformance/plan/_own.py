"""Subjects that bring their own tools: the script has to call these, and what they can show was seen before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from keepthinking import Subject
from keepthinking_conformance.scenarios import Binding, Served

if TYPE_CHECKING:
    from keepthinking_conformance.plan._cells import Cell

Skip = Literal["", "unsupported", "absent"]


@runtime_checkable
class BringsTools(Subject, Protocol):
    """A subject whose tools are its own. It is given none, and no instructions, and works in `Run.workspace`."""

    def binding(self, profile: str) -> Binding | None:
        """Give the tool that the script may call when a provider is played; None where there is none."""
        ...

    def served(self, served: Served) -> Served:
        """Give a provider as this subject asks for it: with the model that it names, and the rule of that."""
        ...

    def unfit(self, cell: Cell) -> tuple[Skip, str]:
        """Tell why a cell cannot be run, and how that is called; "" twice where it can."""
        ...
