"""The suite's own tools, of the kind that agents grew up with: an interpreter, a search engine, a browser, a look-up.

What lives here: what a tool does when it is called, and the small archive that is searched. All of it works offline and
gives the same for the same arguments. What must not: who calls what and when (`scenarios`), and the run that a call
belongs to (`provider`).

    from keepthinking_conformance.tools import result

    text = await result("search", '{"query": "lighthouse"}')
"""

from keepthinking_conformance.tools._code import interpreter
from keepthinking_conformance.tools._pages import Page, pages
from keepthinking_conformance.tools._python import run_python
from keepthinking_conformance.tools._table import result, scripted
from keepthinking_conformance.tools._web import browse, search

__all__ = ["Page", "browse", "interpreter", "pages", "result", "run_python", "scripted", "search"]
