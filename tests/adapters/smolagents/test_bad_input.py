"""What is no history of smolagents, or no document, is an error that says what to do."""

from __future__ import annotations

import pytest

from keepthinking_adapters.smolagents import ADAPTER
from tests.adapters.bad import CASES, refused


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_an_error_that_says_where_whose_fault_it_is_and_what_to_do(case: str) -> None:
    refused(ADAPTER, CASES[case], items="steps")
