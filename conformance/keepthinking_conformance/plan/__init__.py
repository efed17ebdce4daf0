"""What is to be run: cells, one agent run each, and which of them make a set.

What lives here: data and choices over it. What must not: running anything, and the server of the provider.

    from keepthinking_conformance.plan import plan

    cells = plan(adapter("langchain").subjects(), profiles=["deepseek"])
"""

from keepthinking_conformance.plan._cells import (
    MODES,
    NAMED,
    NAMES,
    TEMPERS,
    Cell,
    Mode,
    Skip,
    Temper,
    distributions,
    missing,
    plan,
    speaks,
)
from keepthinking_conformance.plan._sets import CORE, core, is_usual, pairwise

__all__ = [
    "CORE",
    "MODES",
    "NAMED",
    "NAMES",
    "TEMPERS",
    "Cell",
    "Mode",
    "Skip",
    "Temper",
    "core",
    "distributions",
    "is_usual",
    "missing",
    "pairwise",
    "plan",
    "speaks",
]
