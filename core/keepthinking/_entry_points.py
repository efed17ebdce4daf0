"""What is installed: plug-ins that distributions announce, and the versions of what they need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata

from keepthinking._adapter import Requirement
from keepthinking._version import __version__

_REQUIRES = re.compile(
    r"""\s*(?P<name>[a-z0-9][a-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?(?P<range>[^;()]*)\)?\s*(?:;(?P<marker>.*))?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_EXTRA = re.compile(r"""\s*extra\s*==\s*["'](?P<extra>[^"']+)["']\s*""")


def find(group: str) -> list[metadata.EntryPoint]:
    """Give the entry points of a group, in an order that does not depend on the machine."""
    try:
        found = list(metadata.entry_points(group=group))
    except Exception:  # noqa: BLE001 - one distribution with broken metadata hides all others from the quick way
        found = list(_one_by_one(group))
    return sorted(found, key=lambda point: (point.name, owner(point)[0]))


def _one_by_one(group: str) -> Iterator[metadata.EntryPoint]:
    seen: set[str] = set()
    for distribution in metadata.distributions():
        try:
            name = re.sub("[-_.]+", "-", distribution.metadata["Name"]).lower()
            points = distribution.entry_points.select(group=group)
        except Exception:  # noqa: BLE001, S112 - as above; nobody can name what is wrong with a stranger's metadata
            continue
        if name not in seen:  # a distribution further down the path is hidden by its namesake
            seen.add(name)
            yield from points


def owner(point: metadata.EntryPoint) -> tuple[str, str]:
    """Give name and version of the distribution that announced an entry point; "" for what nobody can tell."""
    try:
        return (point.dist.name or "", point.dist.version or "") if point.dist else ("", "")
    except Exception:  # noqa: BLE001 - metadata that is absent or broken is reported in many ways, by version of Python
        return "", ""


def installed(distribution: str) -> str | None:
    """Give the installed version of a distribution: None if it is absent, "" if it does not tell."""
    if distribution == "keepthinking":
        return __version__  # it runs, so it is there: a checkout need not be installed
    try:
        return metadata.version(distribution) or ""
    except metadata.PackageNotFoundError:
        return None
    except Exception:  # noqa: BLE001 - as in `owner`
        return ""


def needs(point: metadata.EntryPoint) -> Iterator[Requirement]:
    """Give what an entry point's distribution needs for it.

    Requirements with a marker are left out, but for the extras that the entry point names; and so are ranges that
    only pip can read (`===`, URLs).
    """
    for text in (point.dist.requires if point.dist else None) or ():
        found = _REQUIRES.fullmatch(text)
        if found is None:
            continue
        marker = found["marker"]
        extra = _EXTRA.fullmatch(marker) if marker else None
        if marker and (extra is None or extra["extra"] not in point.extras):
            continue
        try:
            yield Requirement(found["name"], found["range"].strip())
        except ValueError:
            yield Requirement(found["name"])
