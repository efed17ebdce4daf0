"""Versions and ranges of installed distributions, as far as `Requirement` needs them.

What lives here: the order of PEP 440 versions and the clauses of version specifiers. The base install has no
`packaging`; the tests compare this module with it.

What is missing: arbitrary equality (`===`) and local versions in a range. An installed pre-release is a fact, so it
is compared like any other version (`packaging` with `prereleases=True`).

Source: https://packaging.python.org/en/latest/specifications/version-specifiers/ (verified 2026-11-23).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

_VERSION = re.compile(
    r"""v?
    (?:(?P<epoch>[0-9]+)!)?
    (?P<release>[0-9]+(?:\.[0-9]+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>[0-9]+)?)?
    (?P<post>-(?P<post_n1>[0-9]+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_n2>[0-9]+)?)?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_n>[0-9]+)?)?
    (?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_CLAUSE = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*([^\s,]+)")
_PRE: Final = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_NO_PRE: Final = (3, 0)
_BEFORE_PRE: Final = (-1, 0)

_Order: TypeAlias = tuple[int, tuple[int, ...], tuple[int, int], int, tuple[int, int]]


class Version(NamedTuple):
    """A version, without its local part: no range that we read asks for one.

    Attributes:
        epoch: Almost always 0.
        release: Its numbers as written.
        pre: Kind (0 alpha, 1 beta, 2 candidate) and number, where it is a pre-release.
        post: Number of its post-release.
        dev: Number of its development release.
    """

    epoch: int
    release: tuple[int, ...]
    pre: tuple[int, int] | None
    post: int | None
    dev: int | None

    @property
    def order(self) -> _Order:
        """What versions are ordered by."""
        release = self.release
        while len(release) > 1 and release[-1] == 0:
            release = release[:-1]
        # 1.0.dev1 comes before 1.0a1, which comes before 1.0, which comes before 1.0.post1.
        early = self.dev is not None and self.post is None
        pre = self.pre or (_BEFORE_PRE if early else _NO_PRE)
        post = -1 if self.post is None else self.post
        dev = (1, 0) if self.dev is None else (0, self.dev)
        return self.epoch, release, pre, post, dev

    @property
    def is_early(self) -> bool:
        """Whether it is a pre-release or a development release."""
        return self.pre is not None or self.dev is not None

    def begins(self, prefix: Version) -> bool:
        """Whether its numbers begin with those of another."""
        count = len(prefix.release)
        padded = self.release + (0,) * (count - len(self.release))
        return self.epoch == prefix.epoch and padded[:count] == prefix.release


Test: TypeAlias = Callable[[Version], bool]


def parse(text: str) -> Version:
    """Read a version. Raises `ValueError`."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a version")
    part = found.groupdict()
    return Version(
        epoch=int(part["epoch"] or 0),
        release=tuple(map(int, part["release"].split("."))),
        pre=(_PRE[part["pre"].lower()], int(part["pre_n"] or 0)) if part["pre"] else None,
        post=int(part["post_n1"] or part["post_n2"] or 0) if part["post"] else None,
        dev=int(part["dev_n"] or 0) if part["dev"] else None,
    )


@lru_cache(maxsize=256)
def parse_range(text: str) -> tuple[Test, ...]:
    """Read a range such as `>=1.2,<3`: all of its clauses have to hold. An empty range allows everything.

    Raises:
        ValueError: Not a range, or one with `===` or a local version.
    """
    return tuple(_clause(clause.strip()) for clause in text.split(",")) if text.strip() else ()


def allows(range_: str, version: str) -> bool:
    """Tell whether an installed version lies inside a range; one that is no version lies in none but the empty one.

    Raises:
        ValueError: The range cannot be read.
    """
    tests = parse_range(range_)
    if not tests:
        return True
    try:
        found = parse(version)
    except ValueError:
        return False
    return all(test(found) for test in tests)


def _clause(text: str) -> Test:
    found = _CLAUSE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a version clause such as '>=1.2'")
    operator, name = found.groups()
    if "+" in name:
        raise ValueError(f"{text!r} names a local version")
    wild = name.endswith(".*")
    if wild and operator not in {"==", "!="}:
        raise ValueError(f"{text!r}: only == and != take a prefix")
    wanted = parse(name.removesuffix(".*"))
    if wild and (wanted.is_early or wanted.post is not None):
        raise ValueError(f"{text!r}: a prefix is made of numbers only")
    if operator == "~=":
        if len(wanted.release) == 1:
            raise ValueError(f"{text!r}: ~= needs at least two numbers")
        prefix = wanted._replace(release=wanted.release[:-1])
        return lambda v: v.order >= wanted.order and v.begins(prefix)
    if wild:
        return (lambda v: v.begins(wanted)) if operator == "==" else (lambda v: not v.begins(wanted))
    return _comparison(operator, wanted)


def _comparison(operator: str, wanted: Version) -> Test:
    order = wanted.order
    match operator:
        case "==":
            return lambda v: v.order == order
        case "!=":
            return lambda v: v.order != order
        case ">=":
            return lambda v: v.order >= order
        case "<=":
            return lambda v: v.order <= order
        case "<":
            # "<3" is not meant to let 3.0rc1 in, so it ends before the first development release of 3.
            end = order if wanted.is_early else wanted._replace(dev=0).order
            return lambda v: v.order < end
        case _:
            # Nor is ">3" to let 3.0.post1 in, which is still 3.
            own = wanted.post is None and wanted.dev is None
            return lambda v: v.order > order and not (own and v.post is not None and v.order[:3] == order[:3])
