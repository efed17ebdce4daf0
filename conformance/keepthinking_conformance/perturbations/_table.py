"""The perturbations of all axes by id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, get_args

from keepthinking_conformance.perturbations import _environment, _results, _system, _tools, _user
from keepthinking_conformance.perturbations._types import Axis, Perturbation
from keepthinking_conformance.scenarios import SCENARIOS, Scenario

AXES: Final[tuple[Axis, ...]] = get_args(Axis)
"""The axes, in the order of the loop."""

_ROWS = (*_tools.ROWS, *_system.ROWS, *_user.ROWS, *_environment.ROWS, *_results.ROWS)

PERTURBATIONS: Final[Mapping[str, Perturbation]] = MappingProxyType({row.id: row for row in _ROWS})
"""The perturbations by id."""


def perturbed(name: str) -> Scenario:
    """Give the scenario of a perturbation as it is played."""
    row = PERTURBATIONS[name]
    return row.script(SCENARIOS[row.plays])
