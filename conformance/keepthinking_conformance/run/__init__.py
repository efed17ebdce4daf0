"""Running one subject against the scripted provider, and collecting what travelled.

What lives here: the runner of one cell, and its trace. What must not: any verdict (`keepthinking_conformance.judge`),
and more than one cell at a time (`keepthinking_conformance.examine`).
"""

from keepthinking_conformance.run._given import API_KEY
from keepthinking_conformance.run._limits import TURN_SECONDS
from keepthinking_conformance.run._runner import run_cell
from keepthinking_conformance.run._surroundings import quiet_output, quiet_surroundings
from keepthinking_conformance.run._trace import Act, Told, Trace, Voice

__all__ = [
    "API_KEY",
    "TURN_SECONDS",
    "Act",
    "Told",
    "Trace",
    "Voice",
    "quiet_output",
    "quiet_surroundings",
    "run_cell",
]
