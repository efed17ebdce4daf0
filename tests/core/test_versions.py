"""Versions and ranges, judged by `packaging`."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from keepthinking import _versions

numbers = st.sampled_from((0, 1, 2, 3, 10))
releases = st.lists(numbers, min_size=1, max_size=3).map(lambda found: ".".join(map(str, found)))


@st.composite
def versions(draw: st.DrawFn, *, local: bool = False) -> str:
    text = draw(st.sampled_from(("", "", "", "1!", "v"))) + draw(releases)
    text += draw(st.sampled_from(("", "", "a1", "b2", "rc1", "-rc.1", "alpha", "_beta_3", "c0", "pre1", "PREVIEW2")))
    text += draw(st.sampled_from(("", "", ".post1", "-1", "post", ".rev2", "-r3")))
    text += draw(st.sampled_from(("", "", ".dev0", "dev1", "_dev2")))
    return text + draw(st.sampled_from(("", "+local.1"))) if local else text


@st.composite
def clauses(draw: st.DrawFn) -> str:
    operator = draw(st.sampled_from((">=", "<=", "<", ">", "==", "!=", "~=")))
    if draw(st.booleans()) and operator in {"==", "!="}:
        return f"{operator}{draw(releases)}.*"
    version = draw(versions())
    assume(operator != "~=" or len(Version(version).release) > 1)
    assume(operator != "~=" or not version.lower().startswith("v"))  # packaging 24 takes the v for a part of the number
    return operator + draw(st.sampled_from(("", " "))) + version


@given(versions(), versions())
def test_versions_are_ordered_as_packaging_orders_them(a: str, b: str) -> None:
    assert (_versions.parse(a).order < _versions.parse(b).order) == (Version(a) < Version(b))
    assert (_versions.parse(a).order == _versions.parse(b).order) == (Version(a) == Version(b))


@given(st.lists(clauses(), max_size=3).map(",".join), versions())
def test_ranges_allow_what_packaging_allows(range_: str, version: str) -> None:
    expected = SpecifierSet(range_).contains(version, prereleases=True)

    assert _versions.allows(range_, version) == expected


@given(st.sampled_from((">=1", "<=1.2", "==1.0", "!=1.0", "==1.*", "~=1.0", "<2")), versions(local=True))
def test_a_local_build_counts_as_the_version_that_it_was_built_from(range_: str, version: str) -> None:
    assert _versions.allows(range_, version) == SpecifierSet(range_).contains(version, prereleases=True)


@pytest.mark.parametrize(
    "range_",
    ["1.2", "=1", "=>1", ">=", ">=1,", ",", "===1", "==1.2+local", ">=1.*", "~=1", "==1a1.*", ">=one", "latest"],
)
def test_what_is_no_range_is_refused(range_: str) -> None:
    with pytest.raises(ValueError, match=r"version|prefix|number"):
        _versions.parse_range(range_)


def test_an_installed_version_that_is_none_lies_in_no_range() -> None:
    assert not _versions.allows(">=0", "unknown")
    assert not _versions.allows(">=0", "")
    assert _versions.allows("", "unknown")


@pytest.mark.parametrize("text", ["", "1.", ".1", "1..2", "one", "1.0-", "1 0", "1.0.x", "\u0661.0"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        _versions.parse(text)
