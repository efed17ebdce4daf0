"""The HTML report as a person meets it: opened in Chromium, on a desk and on a phone, by day and by night, on paper."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, Dialog, Page

from keepthinking_conformance.results import Results, load_results
from keepthinking_conformance.results.views import as_html
from tests.conformance.results.everything import CELL, EVERYTHING, FOUND, HOSTILE, RAISED, said
from tests.conformance.results.test_merge import run as examined
from tests.conformance.test_check import LOOP, ROOT, own

Open = Callable[..., Page]

WIDTHS = {"phone": 360, "tablet": 768, "desk": 1280}
SCHEMES = ("light", "dark")


def many() -> Results:
    """Give results with rows of every colour."""
    good = {"status": "pass", "findings": (), "fates": {"preserved": 4}}
    cells = [
        replace(CELL, checks={"thinking.kept.in-loop": "fail", "arguments.verbatim": "warn", "ids.paired": "pass"}),
        replace(CELL, id="agents.chat.stock/deepseek/loop/stream", mode="stream", gate="scorecard"),
        replace(CELL, id="agents.chat.stock/kimi/loop/plain", profile="kimi", provider="Kimi", **good),
        replace(
            CELL,
            id="agents.chat.stock/kimi/loop/stream",
            profile="kimi",
            provider="Kimi",
            mode="stream",
            status="warn",
            findings=(replace(FOUND, level="SHOULD", status="warn", lost_in="framework"),),
        ),
        replace(RAISED, environments=("1",), gate="rule", differences=()),
        replace(CELL, id="b/x/loop/plain", subject="b", title="B", status="harness-error", reason="it saw nothing"),
        replace(CELL, id="b/x/loop/stream", subject="b", title="B", status="unsupported", reason="cannot", findings=()),
    ]
    return examined(*cells)


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open results as a page; whatever the page complains about or asks for fails the test."""
    wrong: list[str] = []
    contexts: list[BrowserContext] = []

    def refuse(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def visit(results: Results, *, width: int = 1280, scheme: Any = "light", place: str = "") -> Page:
        path = tmp_path / f"report-{len(contexts)}.html"
        path.write_text(as_html(results), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", refuse)
        page.on("popup", lambda popup: wrong.append(f"popup: {popup.url}"))
        page.on("request", lambda request: None if request.url.startswith(path.as_uri()) else wrong.append(request.url))
        page.goto(path.as_uri() + place)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


# -- what it does ------------------------------------------------------------------------------------------------------


def test_what_check_wrote_opens_and_says_its_verdict(opened: Open, tmp_path: Path) -> None:
    data, written = tmp_path / "results.json", tmp_path / "results.html"
    # In a process of its own, since Playwright's loop runs in this one.
    call = [*own("FORGETFUL", "FAITHFUL"), *LOOP, "--out", str(written), "--out", str(data)]
    program = [sys.executable, "-m", "tests.conformance.console"]
    done = subprocess.run([*program, *call], cwd=ROOT, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (1, b"")

    page = opened(load_results(data))

    assert written.read_text(encoding="utf-8") == as_html(load_results(data))
    assert page.locator("h1").inner_text() == "2 of 4 runs fail."
    assert page.locator("article.card").count() == 2
    assert "reasoning_content" in page.locator("article.card .fix, article.card dl.facts").first.inner_text()


def test_a_word_of_the_table_leads_to_its_run_with_the_wire_open(opened: Open) -> None:
    page = opened(many())

    page.locator("#table a.badge.bad").first.click()

    card = page.locator("article.card:target")
    assert card.count() == 1
    # The browser scrolls there in the next frame that it draws.
    page.wait_for_function(f"card => {AT_TOP}", arg=card.element_handle(), timeout=SECONDS * 1000)
    box = card.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 400
    assert card.locator("details.kind").first.get_attribute("open") is not None
    assert card.locator("pre").first.is_visible()
    assert [mark.inner_text() for mark in card.locator("mark.first").all()] == ["O", "R"]


def test_every_link_of_the_page_leads_to_something_that_is_seen(opened: Open) -> None:
    page = opened(many())

    for address in {link.get_attribute("href") for link in page.locator('a[href^="#"]').all()}:
        page.evaluate("address => { location.hash = address }", address)
        assert page.locator(":target").count() == 1, address


def test_every_details_opens_and_shows_what_is_in_it(opened: Open) -> None:
    page = opened(many())

    for details in page.locator("details").all():
        if details.get_attribute("open") is None:
            details.locator("summary").first.click()
        assert details.locator(":scope > :not(summary)").first.is_visible()


@pytest.mark.parametrize(
    ("name", "count"), [("all", 5), ("failing", 2), ("known", 1), ("warned", 1), ("unjudged", 1), ("framework", 1)]
)
def test_a_filter_shows_its_runs_and_no_others(opened: Open, name: str, count: int) -> None:
    page = opened(many())
    link = page.locator(f'nav.filters a[href="#only-{name}"]')
    assert link.locator(".count").inner_text() == str(count)

    link.click()

    shown = [card for card in page.locator("article.card").all() if card.is_visible()]
    assert len(shown) == count
    assert all(f"f-{name}" in str(card.get_attribute("class")).split() for card in shown)
    marked = [a for a in page.locator("nav.filters a").all() if a.evaluate(BACKGROUND) == "rgb(32, 36, 42)"]
    assert [a.get_attribute("href") for a in marked] == [f"#only-{name}"]


def test_the_keyboard_reaches_the_table_first(opened: Open) -> None:
    page = opened(many())

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the table"
    assert page.locator("a.skip").bounding_box()["x"] >= 0  # type: ignore[index]  # it is there
    page.keyboard.press("Enter")

    page.wait_for_function("location.hash === '#table'", timeout=SECONDS * 1000)
    assert page.evaluate("location.hash") == "#table"


# -- how it looks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize(
    "results", [many(), EVERYTHING, said("w" * 500), said(HOSTILE[1])], ids=["many", "all", "long", "hostile"]
)
def test_nothing_is_wider_than_the_screen(opened: Open, results: Results, width: int) -> None:
    page = opened(results, width=width)
    unfold(page)

    assert overflow(page) == 0
    assert len(page.screenshot()) > 10_000  # something is on it


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("results", [many(), EVERYTHING, said("w" * 500)], ids=["many", "all", "long"])
def test_what_is_wider_than_its_place_can_be_scrolled_to(opened: Open, results: Results, width: int) -> None:
    page = opened(results, width=width)
    unfold(page)

    assert page.evaluate(WIDER) == []


def test_the_keyboard_scrolls_the_table_to_its_last_column(opened: Open) -> None:
    page = opened(many(), width=360)
    box = page.get_by_role("region", name="Who keeps what").locator(".scroll")
    box.scroll_into_view_if_needed()
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")

    box.focus()
    assert box.evaluate("box => document.activeElement === box && box.matches(':focus-visible')")
    assert box.evaluate("box => getComputedStyle(box).outlineStyle") != "none"
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"box => {AT_END}", arg=box.element_handle(), timeout=SECONDS * 1000)

    last = box.locator("thead th").last.bounding_box()
    assert last is not None
    assert last["x"] + last["width"] <= 360
    assert page.evaluate("scrollX") == 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_word_stands_out_from_what_is_behind_it(opened: Open, scheme: str) -> None:
    page = opened(many(), scheme=scheme)
    unfold(page)

    faint = page.evaluate(FAINT)

    assert faint == []
    assert (
        page.evaluate("getComputedStyle(document.body).backgroundColor")
        == {
            "light": "rgb(251, 250, 246)",
            "dark": "rgb(21, 23, 27)",
        }[scheme]
    )


def test_on_paper_everything_is_unfolded(opened: Open) -> None:
    page = opened(many())
    page.emulate_media(media="print")

    assert page.locator("nav.toc").is_hidden()
    heights = page.evaluate(
        "[...document.querySelectorAll('details > :not(summary)')].map(e => e.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) > 0
    assert page.pdf().startswith(b"%PDF")


# -- hostile words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [*HOSTILE, "<svg onload=alert(1)>" * 5000], ids=range(len(HOSTILE) + 1))
def test_hostile_words_are_inert_and_seen(opened: Open, words: str) -> None:
    page = opened(said(words), width=375)
    unfold(page)

    assert page.locator("script, img, svg, iframe, object, form, input, textarea, button, base, link").count() == 0
    assert page.evaluate(HANDLERS) == []
    assert page.evaluate("[...document.links].filter(a => !/^(https?|file):/.test(a.href)).length") == 0
    assert page.locator("h1").inner_text() == "2 of 3 runs fail."
    assert page.locator("footer").is_visible()


def test_a_style_that_was_smuggled_in_is_refused(opened: Open, browser: Browser, tmp_path: Path) -> None:
    del opened
    path = tmp_path / "smuggled.html"
    html = as_html(many()).replace(
        "<h1>", "<style>h1 { display: none }</style><script>document.title = 'in'</script><h1>"
    )
    path.write_text(html, encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(path.as_uri())

    assert page.locator("h1").is_visible()
    assert page.title() != "in"
    context.close()


SECONDS = 60
"""So long something may take that a person sees at once: a busy machine draws slowly."""

AT_TOP = "0 <= card.getBoundingClientRect().y && card.getBoundingClientRect().y < 400"
AT_END = "box.scrollLeft + box.clientWidth >= box.scrollWidth - 1"

WIDER = """() => {
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    if (!e.checkVisibility() || e.scrollWidth <= e.clientWidth + 1 || e.clientWidth === 0) continue;
    const style = getComputedStyle(e);
    if (style.overflowX === 'visible') continue;  // it pushes what is around it, which is looked at for itself
    const titled = document.getElementById(e.getAttribute('aria-labelledby'));
    const name = e.getAttribute('aria-label') || titled?.textContent;
    const reached = e.tabIndex === 0 || [...e.querySelectorAll('a')].some(a => a.tabIndex === 0);
    if (!['auto', 'scroll'].includes(style.overflowX) || !reached || !name) {
      found.push([e.tagName, e.className, style.overflowX, e.tabIndex, name]);
    }
  }
  return found;
}"""
"""What is cut, or can be scrolled and cannot be reached by keyboard, or has no name (WCAG 2.2, 2.1.1 and 4.1.2)."""

BACKGROUND = "element => getComputedStyle(element).backgroundColor"

HANDLERS = """[...document.querySelectorAll('*')].flatMap(
  e => [...e.attributes].map(a => a.name).filter(name => name.startsWith('on'))
)"""

FAINT = """() => {
  const numbers = color => color.match(/[\\d.]+/g).map(Number);
  const light = color => {
    const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    const [r, g, b] = numbers(color).slice(0, 3).map(v => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      const parts = numbers(color);
      if (parts.length === 3 || parts[3] === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) found.push([walker.currentNode.data.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return found;
}"""
"""Texts whose contrast is below that of WCAG 2.2, 1.4.3 (level AA, 4.5 to 1), each with its own."""
