"""The examination as a class of pytest, for the tests of a framework or of an app.

    from keepthinking_conformance.suite import ScaffoldConformance
    from my_agent.checks import SUBJECT

    class TestMyAgent(ScaffoldConformance):
        subject = SUBJECT

One test a run and check, by the check's stable id: `pytest -k thinking.kept` and `-n auto` do what they say. Nothing
happens in a project that does not write such a class.
"""

import pytest

pytest.register_assert_rewrite("keepthinking_conformance.suite._conformance")

from keepthinking_conformance.suite._conformance import ScaffoldConformance, overrides  # noqa: E402 - after rewriting

__all__ = ["ScaffoldConformance", "overrides"]
