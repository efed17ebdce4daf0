"""When and how long to wait, without waiting."""

import email.utils
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepthinking import ProviderError, TransportError

pytestmark = pytest.mark.extras


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "3", "retry-after-ms": "soon"}, 3.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e400"}, math.inf),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "Thu, 99 Jan 1970 00:00:00 GMT"}, None),
    ],
)
def test_a_wait_is_read(headers: dict[str, str], wait: float | None) -> None:
    from keepthinking.client._retry import asked_wait

    assert asked_wait(headers) == wait


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({}, b'{"error":{"code":429,"details":[{"@type":"t/google.rpc.RetryInfo","retryDelay":"36.5s"}]}}', 36.5),
        ({}, b'{"error":{"details":[{"retryDelay" : "7s"}]}}', 7.0),
        ({"retry-after": "2"}, b'{"retryDelay":"36s"}', 2.0),
        ({}, b'{"retryDelay":"soon"}', None),
        ({}, b'{"retryDelay":"-1s"}', None),
    ],
)
def test_a_wait_may_stand_in_the_body(headers: dict[str, str], body: bytes, wait: float | None) -> None:
    from keepthinking.client._retry import asked_wait

    assert asked_wait(headers, body) == wait


def test_a_date_is_read_as_the_time_until_then() -> None:
    from keepthinking.client._retry import asked_wait

    wait = asked_wait({"retry-after": email.utils.formatdate(time.time() + 50, usegmt=True)})

    assert wait is not None
    assert 45 < wait <= 50


@given(st.text(), st.text())
def test_any_header_is_a_wait_or_none(after: str, after_ms: str) -> None:
    from keepthinking.client._retry import asked_wait

    wait = asked_wait({"retry-after": after, "retry-after-ms": after_ms})

    assert wait is None or wait >= 0


@pytest.mark.parametrize(("asked", "worth"), [("119", True), ("121", False), ("1e400", False)])
def test_a_wait_of_more_than_two_minutes_is_not_waited_for(asked: str, worth: bool) -> None:  # noqa: FBT001 - a column
    from keepthinking.client._retry import is_worth_another

    assert is_worth_another(429, {"retry-after": asked}) is worth


def test_waits_double_up_to_eight_seconds_and_vary() -> None:
    from keepthinking.client._retry import Tries

    tries = Tries(20)
    waits = [tries.wait_after(TransportError("x"), again=True) for _ in range(20)]

    for n, wait in enumerate(waits):
        longest = min(0.5 * 2**n, 8.0)
        assert 0.75 * longest <= wait <= longest
    assert len(set(waits)) > 10


def test_a_wait_of_nothing_is_still_a_wait() -> None:
    from keepthinking.client._retry import Tries

    assert Tries(1).wait_after(ProviderError("x", status=429, retry_after=0.0), again=True) > 0.3
