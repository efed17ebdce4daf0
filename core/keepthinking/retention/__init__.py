"""Retention: what a provider wants back of what its model thought, for how long, and where its turns begin.

What lives here: the type of a rule, its look-up, the table of rules by vendor (`table`), boundaries. What must not:
how a provider spells it (`_profiles`), reading bodies (`dialects`), judging (`audit`).
"""

from keepthinking.retention._boundary import boundary, is_boundary, is_user_input
from keepthinking.retention._rules import Boundary, Missing, Rule, rule, rule_for, rules, seal_domain, seals_travel

__all__ = [
    "Boundary",
    "Missing",
    "Rule",
    "boundary",
    "is_boundary",
    "is_user_input",
    "rule",
    "rule_for",
    "rules",
    "seal_domain",
    "seals_travel",
]
