"""What is played: scenarios, and under which provider's profile.

What lives here: data. A scenario says who speaks when and in which blocks; every word is made by the provider from a
seed. `PROVIDERS` says which model name a profile plays and under which rule, `GRAMMARS` in which language it is said.

    from keepthinking_conformance.scenarios import PROVIDERS, SCENARIOS, misfit

    why = misfit(SCENARIOS["redacted"], PROVIDERS["deepseek"])  # "" where the two fit
"""

from keepthinking_conformance.scenarios._bindings import NOTES, Binding, Finds, bound, unbound
from keepthinking_conformance.scenarios._families import FAMILIES, Family, FamilyName
from keepthinking_conformance.scenarios._faults import Fault
from keepthinking_conformance.scenarios._grammars import FINAL, GRAMMARS, Grammar
from keepthinking_conformance.scenarios._providers import BESIDE, MODEL_NAMES, PROVIDERS, Served, misfit
from keepthinking_conformance.scenarios._rows import SCENARIOS
from keepthinking_conformance.scenarios._tools import TOOLS
from keepthinking_conformance.scenarios._types import (
    Call,
    Hosted,
    Part,
    Say,
    Scenario,
    StepScript,
    Think,
    ToolScript,
    TurnScript,
)

__all__ = [
    "BESIDE",
    "FAMILIES",
    "FINAL",
    "GRAMMARS",
    "MODEL_NAMES",
    "NOTES",
    "PROVIDERS",
    "SCENARIOS",
    "TOOLS",
    "Binding",
    "Call",
    "Family",
    "FamilyName",
    "Fault",
    "Finds",
    "Grammar",
    "Hosted",
    "Part",
    "Say",
    "Scenario",
    "Served",
    "StepScript",
    "Think",
    "ToolScript",
    "TurnScript",
    "bound",
    "misfit",
    "unbound",
]
