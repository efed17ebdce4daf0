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
    Temper,
    distributions,
    missing,
    plan,
    speaks,
)
from keepthinking_conformance.plan._own import BringsTools, Skip
from keepthinking_conformance.plan._sets import CORE, changed, core, pairwise
from keepthinking_conformance.plan._worth import BASE, TELLING, is_usual

__all__ = [
    "BASE",
    "CORE",
    "MODES",
    "NAMED",
    "NAMES",
    "TELLING",
    "TEMPERS",
    "BringsTools",
    "Cell",
    "Mode",
    "Skip",
    "Temper",
    "changed",
    "core",
    "distributions",
    "is_usual",
    "missing",
    "pairwise",
    "plan",
    "speaks",
]
