"""Faults: what real scaffolds do, each a function on one point of the correct miniature.

What lives here: the faults, by what they hurt. What must not: which check has to catch them (`miniatures._table`).
"""

from keepthinking_conformance.miniatures.faults._fault import Fault

__all__ = ["Fault"]
