"""Running one subject against the scripted provider, and collecting what travelled.

What lives here: the runner of one cell, and its trace. What must not: any verdict (`keepthinking_conformance.judge`),
and more than one cell at a time (`keepthinking_conformance.examine`).
"""

from keepthinking_conformance.run._given import API_KEY
from keepthinking_conformance.run._laid import WORKSPACE, fresh, has_receipt, heard, lay
from keepthinking_conformance.run._limits import TURN_SECONDS
from keepthinking_conformance.run._runner import run_cell, run_task
from keepthinking_conformance.run._search import UNASKED, searches
from keepthinking_conformance.run._surroundings import quiet_output, quiet_surroundings
from keepthinking_conformance.run._trace import Act, Given, Told, Trace, Voice

__all__ = [
    "API_KEY",
    "TURN_SECONDS",
    "UNASKED",
    "WORKSPACE",
    "Act",
    "Given",
    "Told",
    "Trace",
    "Voice",
    "fresh",
    "has_receipt",
    "heard",
    "lay",
    "quiet_output",
    "quiet_surroundings",
    "run_cell",
    "run_task",
    "searches",
]
