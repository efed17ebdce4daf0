"""What is told of an error that ended a run."""

from __future__ import annotations

import pytest

from keepthinking import TransportError
from keepthinking_conformance.run._incident import incident


def raised_from(cause: BaseException | None, *, context: BaseException | None = None) -> RuntimeError:
    error = RuntimeError("The turn failed.")
    error.__context__ = context
    if cause is not None:
        error.__cause__ = cause
    return error


def test_each_error_tells_its_first_line_and_those_that_it_was_raised_from() -> None:
    error = raised_from(ValueError("The answer is none.\nAnd more."))

    told = incident(error, "turn 1", [])

    assert (told.kind, told.message) == ("RuntimeError", "The turn failed.; from ValueError: The answer is none.")
    assert told.culprit == "scaffold"
    assert incident(raised_from(None, context=ValueError("Unsaid.")), "turn 1", []).message == "The turn failed."


def test_an_error_whose_first_line_only_announces_what_is_wrong_tells_the_next_two() -> None:
    held = "1 validation error for Settings\nthinking\n  Input should be an object [type=model]\n  See the manual"

    assert incident(ValueError(held), "start", []).message == (
        "1 validation error for Settings thinking Input should be an object [type=model]"
    )
    assert incident(ValueError("Cannot start:\nno key"), "start", []).message == "Cannot start: no key"
    quoting = incident(ValueError(held), "start", ["Input should be an object."]).message
    assert quoting == "1 validation error for Settings"
    assert incident(ValueError(""), "start", []).message == ""


@pytest.mark.parametrize("length", [1, 2, 9])
@pytest.mark.parametrize("meanwhile", [False, True])
def test_errors_in_a_ring_come_to_an_end(length: int, *, meanwhile: bool) -> None:
    ring = [RuntimeError(f"Number {n}.") for n in range(length)]
    for error, behind in zip(ring, (*ring[1:], ring[0]), strict=True):
        if meanwhile:
            error.__context__ = behind
        else:
            error.__cause__ = behind

    told = incident(ring[0], "turn 1", [])

    assert told.message.count("Number") == (1 if meanwhile else min(length, 5))


def test_who_is_to_blame_is_told_by_any_error_of_those() -> None:
    error = raised_from(TransportError("The answer ended early.", culprit="provider"))

    assert incident(error, "turn 1", []).culprit == "harness"
