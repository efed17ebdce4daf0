"""What an examination found: values, the scorecard they are compared with, and views without a terminal.

What lives here: the results as data, JSON and Markdown. What must not: judging (`keepthinking_conformance.run`) and
anything that needs a terminal (`keepthinking_conformance.cli`).
"""

from keepthinking_conformance.results._gate import Exit, gate
from keepthinking_conformance.results._markdown import as_markdown
from keepthinking_conformance.results._merge import MergeError, Named, merge
from keepthinking_conformance.results._reading import load_results, read_results
from keepthinking_conformance.results._results import (
    SCHEMA,
    CellResult,
    Control,
    Difference,
    Environment,
    Found,
    Incident,
    LostIn,
    Results,
    Summary,
    Volatile,
    as_json,
    summarise,
)
from keepthinking_conformance.results._scorecard import (
    Note,
    Recording,
    Scorecard,
    compare,
    load_scorecard,
    read_scorecard,
    update_scorecard,
    write_scorecard,
)
from keepthinking_conformance.results._shape import shipped, stable
from keepthinking_conformance.results._table import COLUMNS, Row, rows

__all__ = [
    "COLUMNS",
    "SCHEMA",
    "CellResult",
    "Control",
    "Difference",
    "Environment",
    "Exit",
    "Found",
    "Incident",
    "LostIn",
    "MergeError",
    "Named",
    "Note",
    "Recording",
    "Results",
    "Row",
    "Scorecard",
    "Summary",
    "Volatile",
    "as_json",
    "as_markdown",
    "compare",
    "gate",
    "load_results",
    "load_scorecard",
    "merge",
    "read_results",
    "read_scorecard",
    "rows",
    "shipped",
    "stable",
    "summarise",
    "update_scorecard",
    "write_scorecard",
]
