"""What lost thinking costs, simulated: tasks that a model does by what it can see alone.

What lives here: episodes, their figures, and the file that they are kept in. What must not: the model
(`provider._amnesiac`) and the families (`scenarios.FAMILIES`), and any verdict of the examination.

    from keepthinking_conformance.amnesia import figures, load, planned

Everything is simulated: the figures say what a scaffold does to a model that relies on its thoughts, and nothing of how
much a real one does.
"""

from keepthinking_conformance.amnesia._episodes import AXIS_ROWS, PROVIDER, Episode, Step, planned, run_episodes
from keepthinking_conformance.amnesia._figures import Figure, figures, wilson
from keepthinking_conformance.amnesia._store import Store

__all__ = [
    "AXIS_ROWS",
    "PROVIDER",
    "Episode",
    "Figure",
    "Step",
    "Store",
    "figures",
    "planned",
    "run_episodes",
    "wilson",
]
