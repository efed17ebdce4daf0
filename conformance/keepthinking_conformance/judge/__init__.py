"""The verdict on a run: the audit over what travelled, and what only a run can know.

What lives here: the judge of one run, the checks that need to know what the scaffold was asked to do, and what several
runs tell together. What must not: running anything, and a second opinion on the law (`keepthinking.audit`).
"""

from keepthinking_conformance.judge._answers import Call, calls_of
from keepthinking_conformance.judge._expected import expected_checks
from keepthinking_conformance.judge._judge import broken, judge, lost, unrun
from keepthinking_conformance.judge._outcome import Outcome
from keepthinking_conformance.judge._twins import twins, with_twins

__all__ = ["Call", "Outcome", "broken", "calls_of", "expected_checks", "judge", "lost", "twins", "unrun", "with_twins"]
