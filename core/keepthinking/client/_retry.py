"""When a call is tried again, and after how long.

As the vendors' own clients do (openai 3.54.0 and anthropic 2.12.0, `_base_client.py`, read 2026-11-24): 408, 409, 429
and 5xx are tried again, `x-should-retry` overrules; `retry-after-ms` and `retry-after` (seconds or a date) name the
wait, else it is half a second, doubled each time up to eight, less up to a quarter by chance. Google names it in the
body (`google.rpc.RetryInfo`, https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto).

Where those two differ it is as the first does: a wait of more than two minutes is not waited for. The error comes at
once and says how long the provider asked for.
"""

from __future__ import annotations

import email.utils
import math
import random
import re
import time
from collections.abc import Mapping

from keepthinking._errors import KeepthinkingError, ProviderError

LONGEST_WAIT = 120.0
"""Seconds that a provider may ask to wait, at most."""

_FIRST_WAIT = 0.5
_LAST_WAIT = 8.0
_JITTER = 0.25
_DOUBLINGS = 10  # more would change nothing: the limit is reached long before
_AGAIN = frozenset({408, 409, 429})
_SERVER_ERRORS = 500


_TOLD = re.compile(rb'"retryDelay"\s*:\s*"(\d{1,9}(?:\.\d{1,9})?)s"')


def asked_wait(headers: Mapping[str, str], body: bytes = b"") -> float | None:
    """Give the seconds that a provider asks to wait, or None where it asks for no wait that can be read.

    Args:
        headers: The answer's headers.
        body: The answer's body, for where no header says it.
    """
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            wait = float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
        # A number that overflows is a very long wait, not none.
        return None if math.isnan(wait) or wait < 0 else wait
    try:
        date = email.utils.parsedate_to_datetime(headers["retry-after"])
        return max(0.0, date.timestamp() - time.time())
    except (KeyError, ValueError, OverflowError):
        told = _TOLD.search(body)
        return None if told is None else float(told[1])


def is_worth_another(status: int, headers: Mapping[str, str], body: bytes = b"") -> bool:
    """Tell whether a refused call may be tried again; arguments as of `asked_wait`."""
    wait = asked_wait(headers, body)
    if wait is not None and wait > LONGEST_WAIT:
        return False
    said = headers.get("x-should-retry")
    if said in {"true", "false"}:
        return said == "true"
    return status in _AGAIN or status >= _SERVER_ERRORS


class Tries:
    """The attempts of one call."""

    def __init__(self, max_retries: int) -> None:
        self._left = max_retries
        self._done = 0

    def wait_after(self, error: KeepthinkingError, *, again: bool) -> float:
        """Give the seconds to wait before the next attempt.

        Args:
            error: What the last attempt ended with.
            again: Whether that may be tried again at all.

        Raises:
            KeepthinkingError: `error`, where there is no next attempt.
        """
        if not again or self._left <= 0:
            if self._done:
                error.what += f" (after {self._done + 1} attempts)"
            raise error
        asked = error.retry_after if isinstance(error, ProviderError) else None
        wait = min(_FIRST_WAIT * 2.0 ** min(self._done, _DOUBLINGS), _LAST_WAIT)
        self._left -= 1
        self._done += 1
        # A provider that asks for no wait at all still gets one, as from the vendors' clients.
        return asked or wait * (1 - _JITTER * random.random())  # noqa: S311 - spreads load, keeps no secret
