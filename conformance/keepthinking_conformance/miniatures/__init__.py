"""Miniatures: a correct scaffold, and one for each check that is wrong in just that way.

What lives here: scaffolds of a few lines that speak real HTTP to the scripted provider, and the table that says which
check has to catch which of them. What must not: our codecs, and a second judge.
"""

from keepthinking_conformance.miniatures._habits import Habits, Sent
from keepthinking_conformance.miniatures._scaffold import CORRECT, Scaffold
from keepthinking_conformance.miniatures._talk import Talk
from keepthinking_conformance.miniatures._wire import Entry, Place, Wire
from keepthinking_conformance.miniatures._wires import WIRES
from keepthinking_conformance.miniatures.faults import Fault
from keepthinking_conformance.miniatures.table import MINIATURES, Miniature

__all__ = [
    "CORRECT",
    "MINIATURES",
    "WIRES",
    "Entry",
    "Fault",
    "Habits",
    "Miniature",
    "Place",
    "Scaffold",
    "Sent",
    "Talk",
    "Wire",
]
