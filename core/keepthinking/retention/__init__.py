"""Retention: what a provider wants back of what its model thought, for how long, and where its turns begin.

What lives here: the type of a rule, its look-up, the table of rules by vendor (`table`), boundaries, and what follows
from a rule for a request: what has to be sent (`duties`), what the model will see (`visible`), what the provider will
refuse (`refusals`). What must not: how a provider spells it (`_profiles`), reading bodies (`dialects`), judging
(`audit`).
"""

from keepthinking.retention._boundary import boundary, boundary_meant, interrupts, is_boundary, is_user_input
from keepthinking.retention._duties import Duty, duties
from keepthinking.retention._forms import Flaw, Rewrite
from keepthinking.retention._reading import Demand, demand, has_tools, is_asked
from keepthinking.retention._refusals import Refusal, refusals
from keepthinking.retention._rules import Boundary, Missing, Rule, rule, rule_for, rules, seal_domain, seals_travel
from keepthinking.retention._visible import Hidden, Rewritten, Visible, visible

__all__ = [
    "Boundary",
    "Demand",
    "Duty",
    "Flaw",
    "Hidden",
    "Missing",
    "Refusal",
    "Rewrite",
    "Rewritten",
    "Rule",
    "Visible",
    "boundary",
    "boundary_meant",
    "demand",
    "duties",
    "has_tools",
    "interrupts",
    "is_asked",
    "is_boundary",
    "is_user_input",
    "refusals",
    "rule",
    "rule_for",
    "rules",
    "seal_domain",
    "seals_travel",
    "visible",
]
