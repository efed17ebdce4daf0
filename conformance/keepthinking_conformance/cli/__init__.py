"""The command line of the examination: `keepthinking check`, `merge` and `simulate`.

What lives here: options, progress, and what a terminal shows. What must not: judging, and the format of the results.
"""

from keepthinking_conformance.cli._check import check
from keepthinking_conformance.cli._merge import merge
from keepthinking_conformance.cli._simulate import simulate

__all__ = ["check", "merge", "simulate"]
