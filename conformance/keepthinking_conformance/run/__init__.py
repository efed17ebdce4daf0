"""Running subjects against the scripted provider, and judging what travelled.

What lives here: the runner, the judge over its runs, and the controls that prove that both can see. What must not: a
second opinion on the law. `keepthinking.audit` is the only judge; added is what nobody but a run can know: how many
calls were scripted, when the conversation was saved, and what the same cell did without streaming.
"""

from keepthinking_conformance.run._answers import calls_of
from keepthinking_conformance.run._controls import CONTROLS, FAITHFUL, FORGETFUL, control_cells
from keepthinking_conformance.run._judge import judge
from keepthinking_conformance.run._loop import run_unjoined
from keepthinking_conformance.run._runner import (
    API_KEY,
    TURN_SECONDS,
    Outcome,
    quiet_output,
    run_cell,
    run_cells,
)
from keepthinking_conformance.run._trace import Trace
from keepthinking_conformance.run._twins import twins, with_twins

__all__ = [
    "API_KEY",
    "CONTROLS",
    "FAITHFUL",
    "FORGETFUL",
    "TURN_SECONDS",
    "Outcome",
    "Trace",
    "calls_of",
    "control_cells",
    "judge",
    "quiet_output",
    "run_cell",
    "run_cells",
    "run_unjoined",
    "twins",
    "with_twins",
]
