"""What a scaffold runs in: files, clock, network, provider, working directory, and tools that are there or not."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from msgspec.structs import replace

from keepthinking_conformance.perturbations._types import SECOND, Perturbation, Place, Result
from keepthinking_conformance.scenarios import Fault, Scenario

_SLOW: Final = 1.5
"""Seconds that a slow answer takes."""

_TARDY: Final = 0.1
"""Seconds that a slow tool takes."""

_DOWN: Final = 0.5
"""Seconds until a provider that was ended listens again: longer than a client's first try, shorter than its last."""

_FAR: Final = ("<+14>-14", "<-11>+11")
"""Time zones that are a day and an hour apart, in a form that needs no database of zones (POSIX `TZ`)."""


def _slow(scenario: Scenario) -> Scenario:
    return replace(scenario, faults=(Fault(kind="slow", at_request=2, seconds=_SLOW),))


def _limited(scenario: Scenario) -> Scenario:
    faults = (
        Fault(kind="rate-limit", at_request=2, retry_after=0.05),
        Fault(kind="rate-limit", at_request=5, retry_after=0.05),
    )
    return replace(scenario, faults=faults)


async def _is_gone(result: Result) -> str:
    if result.turn >= SECOND:
        raise ConnectionError(f"`{result.tool}` is no longer there. Receipt {result.receipt}.")
    return result.text


@contextmanager
def _other_files(place: Place) -> Generator[None]:
    if place.turn == SECOND:
        for name, text in (("AGENTS.md", "Be brief.\n"), ("notes.txt", "Nothing.\n"), (".env", "DEBUG=1\n")):
            (place.directory / name).write_text(text, encoding="utf-8")
    yield


@contextmanager
def _other_clock(place: Place) -> Generator[None]:
    if place.turn >= SECOND + 1:
        yield
        return
    kept = os.environ.get("TZ")
    _set_zone(_FAR[place.turn])
    try:
        yield
    finally:
        _set_zone(kept)


def _set_zone(name: str | None) -> None:
    if name is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = name
    if hasattr(time, "tzset"):  # Windows has none
        time.tzset()


@contextmanager
def _restarted(place: Place) -> Generator[None]:
    up = place.restart(_DOWN) if place.turn == SECOND else None
    try:
        yield
    finally:
        if up is not None:
            up.wait()


@contextmanager
def _elsewhere(place: Place) -> Generator[None]:
    if place.turn != SECOND:
        yield
        return
    here = os.getcwd()  # noqa: PTH109 - `chdir` takes it back as it is
    os.chdir(place.spare)
    try:
        yield
    finally:
        os.chdir(here)


async def _waits(result: Result) -> str:
    await asyncio.sleep(_TARDY)
    return result.text


ROWS: Final = (
    Perturbation(
        id="environment.files",
        axis="environment",
        title="New files in the working folder before the second turn",
        rule="What a scaffold reads of them into new messages; what was said stays as it was.",
        around=_other_files,
    ),
    Perturbation(
        id="environment.clock",
        axis="environment",
        title="The clock is in another time zone, a day behind, in the second turn",
        rule="Dates in new messages; what was said stays as it was.",
        around=_other_clock,
        alone=True,
    ),
    Perturbation(
        id="environment.latency",
        axis="environment",
        title="A slow provider, and slow tools",
        rule="Nothing differs but the time it takes.",
        script=_slow,
        tells=_waits,
    ),
    Perturbation(
        id="environment.restart",
        axis="environment",
        title="Saved, and loaded while the provider is started again, which takes no connections until then",
        rule="The first request is made again, or the turn's words are given again; what was said stays as it was.",
        plays="resume",
        around=_restarted,
        breaks=True,
        alone=True,
    ),
    Perturbation(
        id="environment.directory",
        axis="environment",
        title="Another working directory in the second turn",
        rule="Nothing differs.",
        around=_elsewhere,
        alone=True,
    ),
    Perturbation(
        id="environment.rate-limit",
        axis="environment",
        title="Too many requests in the middle of both loops",
        rule="A request is made again, or the turn's words are given again; what was said stays as it was.",
        script=_limited,
    ),
    Perturbation(
        id="environment.tool-gone",
        axis="environment",
        title="The tools stop working in the second turn",
        rule="The results of the second turn tell of the failure; everything else stays as it was.",
        tells=_is_gone,
    ),
)
"""The perturbations of this axis."""
