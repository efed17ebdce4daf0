"""The judge over recordings: what became of every block that a model's memory is made of.

What lives here: reading recordings, finding lineages, judging, the report. The table of checks is
`keepthinking.checks`; rules of providers are in `keepthinking`. Nothing here prints.
"""

from keepthinking.audit._auditor import Auditor, Problem, Report, audit
from keepthinking.audit._recording import read

__all__ = ["Auditor", "Problem", "Report", "audit", "read"]
