"""The judge over recordings: what became of every block that a model's memory is made of.

What lives here: reading recordings, finding lineages, judging, the report. The table of checks is
`keepthinking.checks`; rules of providers are in `keepthinking`. Nothing here prints.
"""

from keepthinking.audit._auditor import Auditor, audit
from keepthinking.audit._recording import read
from keepthinking.audit._report import Problem, Report, Stranger

__all__ = ["Auditor", "Problem", "Report", "Stranger", "audit", "read"]
