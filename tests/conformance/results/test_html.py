"""The HTML page: everything is there, everything is escaped, nothing is loaded, every link leads somewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from keepthinking_conformance.results import CellResult, Difference, Results, as_json
from keepthinking_conformance.results._evidence import sides, spelt
from keepthinking_conformance.results.views import as_html
from keepthinking_conformance.results.views._html import source, words
from tests.conformance.results.everything import CELL, EVERYTHING, FOUND, HOSTILE, RAISED, said
from tests.conformance.results.test_merge import GOOD, here, merged
from tests.conformance.results.test_merge import run as examined

pytestmark = pytest.mark.extras

TAGS = frozenset(
    re.findall(
        r"\w+",
        "a article body br code dd details div dl dt em figcaption figure footer h1 h2 h3 h4 head header html i li main"
        " mark meta nav p pre section span strong style summary table tbody td th thead title tr ul",
    )
)
ATTRIBUTES = frozenset(
    re.findall(
        r"[\w-]+",
        "aria-label aria-labelledby charset class colspan content href http-equiv id lang name open rel role scope"
        " tabindex title",
    )
)


class Seen(HTMLParser):
    """Gathers what a page consists of."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.css = ""
        self._in_style = False
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.css += data
            self._in_style = False
        else:
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"dt", "dd", "td", "th", "li"}:
            self.texts.append(" ")

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def values(self, name: str) -> list[str]:
        return [value for attribute, value in self.attributes if attribute == name]


def seen(results: Results) -> Seen:
    return Seen(as_html(results))


def red(count: int, **changes: Any) -> Results:
    return examined(*(replace(CELL, id=f"s/deepseek/loop{number}/plain", **changes) for number in range(count)))


# -- what it is made of ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "results", [EVERYTHING, examined(CELL), examined(), *map(said, HOSTILE)], ids=lambda _: "results"
)
def test_it_is_one_page_of_known_elements_that_loads_nothing(results: Results) -> None:
    found = seen(results)

    assert set(found.tags) <= TAGS
    assert {name for name, _ in found.attributes} <= ATTRIBUTES
    for address in found.values("href"):
        assert address.startswith("#") or re.match(r"https?://[\w.-]+", address)
    assert not re.search(r"url\(|@import|expression|//[a-z]", found.css)


def test_its_policy_allows_its_own_style_sheet_and_nothing_else() -> None:
    found = seen(EVERYTHING)
    digest = base64.b64encode(hashlib.sha256(found.css.encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'" in found.values(
        "content"
    )


@pytest.mark.parametrize(
    "results",
    [EVERYTHING, merged(EVERYTHING, replace(EVERYTHING, cells=(replace(CELL, status="warn"),))), *map(said, HOSTILE)],
    ids=lambda _: "results",
)
def test_every_id_is_unique_and_every_link_inside_leads_to_one(results: Results) -> None:
    found = seen(results)
    ids = Counter(found.values("id"))

    assert set(ids.values()) == {1}
    assert {address[1:] for address in found.values("href") if address.startswith("#")} <= set(ids)
    assert {one for value in found.values("aria-labelledby") for one in value.split()} <= set(ids)


def test_every_heading_of_a_table_says_what_it_heads() -> None:
    found = seen(EVERYTHING)

    assert found.tags["th"] == len(found.values("scope"))
    assert found.values("lang") == ["en"]


# -- what it says ------------------------------------------------------------------------------------------------------


def test_the_head_says_the_verdict_the_seed_the_versions_and_the_controls() -> None:
    text = " ".join(seen(EVERYTHING).text.split())

    assert "2 of 2 runs fail." in text
    assert "Seed 7 Fails on MUST and SHOULD" in text
    assert "Controls 1 of 1 as it must be" in text
    assert "Environment 1: Python 3.11.7, Linux x86_64, agents 1.4. Environment 2: Python 3.13.1, Windows" in text
    assert "Runs 2, the core set" in text


def test_a_red_cell_holds_everything_that_a_maintainer_needs() -> None:
    found = seen(examined(CELL))
    text = " ".join(found.text.split())

    for part in (
        "thinking.kept.in-loop MUST altered",
        "the words differ",
        'The provider said "reasoning_content":"First Oslo, then Rome."',
        'The scaffold sent back "reasoning_content":"First Rome, then Oslo."',
        "said in response 1, $.choices[0].message.reasoning_content",
        "seen in request 2, $.messages[2].reasoning_content, first differing byte 17, and in 2 later requests",
        "lost in the client, as it wrote the request; the framework still had it",
        "wanted Thinking of the running tool loop comes back.",
        "rule deepseek.v4.chat, last read on 2026-11-23https://api-docs.deepseek.com/guides/thinking_mode",
        "fix Use ChatKeepThinking.",
        "run it again keepthinking check agents --id agents.chat.stock/deepseek/loop/plain",
        "arguments.verbatim Arguments come back byte for byte. 1",
    ):
        assert part in text
    assert "https://api-docs.deepseek.com/guides/thinking_mode" in found.values("href")


def test_the_first_difference_is_marked_on_both_sides() -> None:
    marks = re.findall(
        r'<mark class="first" title="first difference">(.)</mark><mark>([^<]*)</mark>', as_html(examined(CELL))
    )

    assert marks == [("O", "slo, then Rome"), ("R", "ome, then Oslo")]


def test_what_is_gone_is_said_to_be_gone_and_what_nobody_said_too() -> None:
    gone = replace(CELL, findings=(replace(FOUND, fate="dropped", sent=UNSET),))
    new = replace(CELL, findings=(replace(FOUND, fate="invented", said=UNSET),))

    assert "Nothing in its place." in seen(examined(gone)).text
    assert "Nothing that has a place." in seen(examined(new)).text


def test_the_table_leads_to_the_run_that_a_word_is_about() -> None:
    good = replace(CELL, id="s/deepseek/single/plain", status="pass", findings=(), checks={}, fates={"preserved": 1})
    streamed = replace(CELL, id="s/deepseek/loop/stream", mode="stream")

    written = as_html(examined(good, CELL, streamed))

    row = written[written.index("<tbody>") : written.index("</tbody>")]
    links = re.findall(r'class="badge (\w+)" href="#([^"]+)"', row)
    assert ("bad", f"cell:{CELL.id}") in links
    assert links[-1] == ("bad", "cell:s/deepseek/loop/stream")
    assert ("good", "row:agents.chat.stock/deepseek") in links


def test_a_known_loss_a_difference_and_what_nobody_records_are_told_apart() -> None:
    known = replace(CELL, gate="scorecard")
    other = replace(known, id="x", differences=(Difference(what="status", recorded="pass", found="fail"),))
    loose = replace(CELL, id="y", gate="unrecorded")

    written = as_html(examined(known, other, loose))

    for words_, name in (
        ("fails, as recorded", "known"),
        ("differs", "failing"),
        ("fails, not recorded", "unrecorded"),
    ):
        assert f'<span class="badge bad">{words_}</span>' in written
        assert f'href="#only-{name}"' in written
    assert "differs status recorded pass found fail" in " ".join(Seen(written).text.split())


def test_what_raised_says_where_and_whose_fault() -> None:
    text = " ".join(seen(examined(replace(RAISED, environments=("1",)))).text.split())

    assert "raised KeyError: 'reasoning' in turn 1 fault of the scaffold" in text


def test_what_does_not_apply_says_why() -> None:
    gaps = [
        replace(
            CELL, id=f"s/p/{n}/stream", scenario=f"s{n}", status="unsupported", reason="it cannot stream", findings=()
        )
        for n in range(9)
    ]
    absent = replace(CELL, id="s/q/loop/plain", status="absent", reason="install 'agents'", findings=())

    text = " ".join(seen(examined(*gaps, absent, absent={"crews": "'crews>=1'"})).text.split())

    assert (
        "does not apply it cannot stream s0/plain, s1/plain, s2/plain, s3/plain, s4/plain, s5/plain and 3 more" in text
    )
    assert "not installed install 'agents'" in text
    assert "crews not installed pip install 'crews>=1'" in text


def test_a_control_that_came_out_wrong_is_open_and_loud() -> None:
    wrong = replace(GOOD, status="pass", reason="it saw nothing")

    written = as_html(examined(CELL, controls=(wrong,)))

    assert "This examination proves nothing." in written
    assert "pass, but it must be fail: it saw nothing" in written
    assert re.search(r'<details open>\s*<summary>\s*<span class="badge bad">0 of 1 as it must be', written)


def test_one_cell_of_two_environments_names_the_versions_of_each() -> None:
    green = replace(CELL, status="pass", findings=(), checks={}, fates={"preserved": 1})
    text = " ".join(seen(merged(examined(green), examined(CELL, environment=here("2.0")))).text.split())

    assert "It came out otherwise elsewhere. Here: Python 3.11.7, Linux x86_64, agents 2.0" in text


def test_it_says_that_it_is_no_certification_and_how_to_disagree() -> None:
    text = seen(EVERYTHING).text

    assert "This is not a certification" in text
    assert "You think that a verdict is wrong?" in text


# -- hostile words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_was_said_is_text(hostile: str) -> None:
    found = seen(said(hostile))
    shown = spelt(hostile)

    assert found.text.count(shown) > 20
    assert found.text.isprintable() or all(c.isprintable() or c in "\n\u00a0" for c in found.text)
    # In the wire what was spelt out is an element of its own.
    assert f"sent back\n{shown}" in re.sub(r"\n+", "\n", found.text)


@settings(max_examples=25)
@given(st.text())
def test_any_text_can_be_written(hostile: str) -> None:
    found = seen(said(hostile))

    assert set(found.tags) <= TAGS
    assert {name for name, _ in found.attributes} <= ATTRIBUTES


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " https://x.y",
        "https:",
        "https://",
        "//x.y",
        "data:text/html,x",
        "https://[",
        "see https://x.y",
        "https://x.y/\u202e",
        "HTTPS",
        "",
    ],
)
def test_only_addresses_of_the_web_become_links(address: str) -> None:
    assert "<a" not in source(address)
    assert "javascript" not in "".join(
        seen(examined(replace(CELL, findings=(replace(FOUND, source=address),)))).values("href")
    )


def test_an_address_cannot_leave_its_attribute() -> None:
    assert (
        source('https://x.y/"onclick="z')
        == '<a href="https://x.y/&#34;onclick=&#34;z" rel="external noopener noreferrer">https://x.y/&#34;onclick=&#34;z</a>'
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("use `A` or `B`", "use <code>A</code> or <code>B</code>"),
        ("`<b>` & `", "<code>&lt;b&gt;</code> &amp; `"),
        ("a lone ` here", "a lone ` here"),
        ("", ""),
        ("``", "<code></code>"),
    ],
)
def test_code_in_a_sentence_is_set_as_code(text: str, written: str) -> None:
    assert words(text) == written


# -- size --------------------------------------------------------------------------------------------------------------


def test_a_megabyte_is_cut_everywhere() -> None:
    assert len(as_html(said("<x>" * 350_000))) < 400_000
    assert len(as_html(red(1, findings=(replace(FOUND, said="a" * 1_000_000, sent="b" * 1_000_000),)))) < 60_000


def test_150_red_cells_fit_into_3_megabytes() -> None:
    wire = ('{"role":"assistant","content":[{"type":"thinking","thinking":"' * 10)[:400]
    found = tuple(
        replace(
            FOUND, check=f"check.{kind}", path=f"$.messages[{place}].content", said=wire, sent=wire[:200] + wire[:200]
        )
        for kind in range(12)
        for place in range(20)
    )
    results = red(150, findings=found)

    size = len(as_html(results).encode())

    assert len(as_json(results)) > 10_000_000
    assert size < 3_000_000


def test_what_is_not_shown_in_full_is_named() -> None:
    found = tuple(replace(FOUND, check=f"check.{kind}") for kind in range(40))

    text = " ".join(seen(red(1, findings=found)).text.split())

    assert "30 more kinds of findings check.10 MUST altered check.11" in text
    assert "and 10 more, which are in the JSON file" in text


# -- the wire ----------------------------------------------------------------------------------------------------------


@given(st.text(max_size=600), st.text(max_size=600), st.integers(0, 200))
def test_a_window_shows_the_first_difference_and_where_it_was_cut(said_: str, sent: str, lead: int) -> None:
    left, right = sides(replace(FOUND, said=said_, sent=sent), width=200, lead=lead % 100)

    assert left is not None
    assert right is not None
    for side, whole in ((left, said_), (right, sent)):
        assert whole[side.before : len(whole) - side.behind] == side.text
        assert len(side.text) <= 200
    assert left.same == right.same
    if said_ != sent:
        assert left.first != right.first
    else:
        assert (left.first, left.differs, right.first, right.differs) == ("", "", "", "")


def cell_of(fate: str) -> CellResult:
    return replace(CELL, findings=(replace(FOUND, fate=fate),))


@pytest.mark.parametrize(
    ("fate", "marked"), [("dropped", [True, False]), ("invented", [False, True]), ("reordered", [False, False])]
)
def test_where_nothing_can_be_compared_only_what_was_lost_or_made_up_is_marked(fate: str, marked: list[bool]) -> None:
    written = as_html(examined(cell_of(fate)))

    assert ["<mark>" in pre for pre in re.findall(r"<pre.*?</pre>", written, re.DOTALL)] == marked
