"""What is changed around a scaffold while it works: five axes of perturbations, as data.

What lives here: rows, and the pure functions that they are made of. What must not: running anything, and any verdict.

    from keepthinking_conformance.perturbations import PERTURBATIONS

    row = PERTURBATIONS["tools.renamed"]
    row.rule  # what may differ from the same run without it

The rule of all of them is one: a perturbation may change what is new, never the history that is already made. So each
run with one is compared with the same run without.
"""

from keepthinking_conformance.perturbations._table import AXES, PERTURBATIONS, perturbed
from keepthinking_conformance.perturbations._types import Axis, Perturbation, Place, Result, Spoken, Stage

__all__ = ["AXES", "PERTURBATIONS", "Axis", "Perturbation", "Place", "Result", "Spoken", "Stage", "perturbed"]
