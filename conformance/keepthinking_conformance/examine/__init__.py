"""One examination from start to end: the controls, the cells, their verdicts, the results.

What lives here: how cells are executed, and the controls that prove that the examination can see. What must not:
judging (`keepthinking_conformance.judge`), and anything that needs a terminal (`keepthinking_conformance.cli`).
"""

from keepthinking_conformance.examine._controls import CONTROLS, FAITHFUL, FORGETFUL, control_cells
from keepthinking_conformance.examine._examine import (
    Examined,
    Order,
    environment,
    examine,
    hold,
    needs_the_server,
    replayable,
    steps,
)
from keepthinking_conformance.examine._execute import run_cells
from keepthinking_conformance.examine._loop import run_unjoined
from keepthinking_conformance.examine._sources import load, made, several, subjects_of

__all__ = [
    "CONTROLS",
    "FAITHFUL",
    "FORGETFUL",
    "Examined",
    "Order",
    "control_cells",
    "environment",
    "examine",
    "hold",
    "load",
    "made",
    "needs_the_server",
    "replayable",
    "run_cells",
    "run_unjoined",
    "several",
    "steps",
    "subjects_of",
]
