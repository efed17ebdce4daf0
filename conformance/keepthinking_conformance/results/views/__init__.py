"""Views of results that need a library: JUnit XML for build servers, and one static HTML page for people.

What lives here: arranging and escaping. What must not: reading anything but `Results`, and saying what the other views
do not say (`keepthinking_conformance.results._evidence`).
"""

from keepthinking_conformance.results.views._html import as_html
from keepthinking_conformance.results.views._junit import as_junit

__all__ = ["as_html", "as_junit"]
