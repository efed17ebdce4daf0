"""The controls: two scaffolds whose verdict is known, one of each kind, examined in every run.

Both are miniatures, which know nothing of our codecs: the faithful one sends back what it was given, the forgetful one
is the same but for what holds thinking and seals. Where the first is not green and the second not red, the examination
cannot see, and no other verdict of the run means anything.

They do not stream: what they prove is the path from the provider through the recording to the judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from keepthinking._adapter import Capability
from keepthinking_conformance.miniatures import Habits, Scaffold, Sent
from keepthinking_conformance.plan import Cell, plan
from keepthinking_conformance.results._results import CellStatus

_PROVIDERS: Final = ("deepseek", "openai", "anthropic", "google-gemini", "ollama-native")
"""One provider of each dialect that wants thinking back."""

_CAPABILITIES: Final[frozenset[Capability]] = frozenset({"parallel", "system"})


def _forgets(sent: Sent) -> None:
    for answer in sent.answers:
        sent.wire.forget(answer)


FAITHFUL: Final = Scaffold(id="control.faithful", framework="control", capabilities=_CAPABILITIES)
FORGETFUL: Final = Scaffold(
    id="control.forgetful", framework="control", capabilities=_CAPABILITIES, habits=Habits(sends=_forgets)
)

CONTROLS: Final[Mapping[str, CellStatus]] = MappingProxyType({FAITHFUL.id: "pass", FORGETFUL.id: "fail"})
"""What each control has to come out as."""


def control_cells() -> tuple[Cell, ...]:
    """Give the cells of the controls: one provider of each dialect."""
    cells = plan((FAITHFUL, FORGETFUL), providers=_PROVIDERS, scenarios=("loop",))
    return tuple(cell for cell in cells if not cell.stream)
