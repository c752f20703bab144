"""A finished report in a real Chromium: no request to the network, no broken link, no error.

`make browser OUT=report` runs this on the report in that folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def report():
    folder = Path(os.environ.get("SLT_REPORT", "report")).resolve()
    assert (folder / "index.html").is_file(), f"no report in {folder}: run make verify first"
    return folder


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # The system's Chromium where there is one, else the one that playwright installed.
        system = shutil.which("chromium") or shutil.which("google-chrome")
        chromium = playwright.chromium.launch(executable_path=system, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def pages(report):
    return sorted(report.glob("*.html"))


def opened(browser, path, **options):
    """The page with everything that went wrong or left the machine."""
    page, troubles = browser.new_page(**options), []
    page.on("pageerror", lambda error: troubles.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: troubles.append(message.text) if message.type == "error" else None,
    )
    page.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:"))
            else troubles.append(f"network: {request.url}")
        ),
    )
    page.goto(path.as_uri())
    return page, troubles


def test_every_page_opens_without_an_error_or_a_request_to_the_network(browser, report):
    assert len(pages(report)) >= 6
    for path in pages(report):
        page, troubles = opened(browser, path)
        page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
        page.wait_for_function("[...document.images].every(i => i.complete)")
        broken = page.evaluate("[...document.images].filter(i => !i.naturalWidth).map(i => i.src)")
        assert troubles == [], path.name
        assert broken == [], path.name
        assert page.evaluate("[...document.images].every(i => i.alt.length > 10)"), path.name
        page.close()


class Links(HTMLParser):
    """Addresses and anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and not value.startswith("data:"):
                self.links.append(value)
            if name == "id":
                assert value not in self.anchors, f"id {value} twice"
                self.anchors.add(value)


def test_no_link_is_broken(report):
    found = {path.name: Links(path) for path in pages(report)}
    count = 0
    for name, page in found.items():
        for link in page.links:
            parts = urlsplit(link)
            assert not parts.scheme, f"{name}: {link} leaves the report"
            file = unquote(parts.path) or name
            assert (report / file).is_file(), f"{name}: {link} leads nowhere"
            if parts.fragment:
                assert parts.fragment in found[file].anchors, f"{name}: {link} has no anchor"
            count += 1
    assert count > 200


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_column_of_a_table_is_hidden(browser, report, width):
    """The last columns count most; on a narrow screen a row is a list of names and values."""
    for path in pages(report):
        page, _ = opened(browser, path, viewport={"width": width, "height": 800})
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        hidden = page.evaluate(
            "[...document.querySelectorAll('.scroll:has(table)')]"
            ".filter(e => e.scrollWidth > e.clientWidth)"
            ".map(e => e.ariaLabel + ': ' + e.scrollWidth + ' of ' + e.clientWidth)"
        )
        assert hidden == [], path.name
        page.close()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_a_page_is_never_wider_than_the_screen(browser, report, width):
    for path in pages(report):
        page, _ = opened(browser, path, viewport={"width": width, "height": 800})
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path.name} is {wide} wide"
        page.close()


def luminance(colour):
    red, green, blue = (int(v) / 255 for v in re.findall(r"\d+", colour)[:3])
    linear = [
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_both_schemes(browser, report, scheme):
    """WCAG AA: contrast of at least 4.5 between text and page."""
    page, _ = opened(browser, report / "catalogue.html", color_scheme=scheme)
    back = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (back < 0.1) == (scheme == "dark")
    for selector in ("p", ".soft", "a", ".CONSISTENT", "summary", "code"):
        ink = luminance(
            page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).color")
        )
        bright, dim = max(ink, back), min(ink, back)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5, (scheme, selector)
    page.close()


def test_the_keyboard_reaches_the_content_first_and_headings_have_an_order(browser, report):
    for path in pages(report):
        page, _ = opened(browser, path)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main", path.name
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(b <= a + 1 for a, b in pairwise(levels)), path.name
        assert page.evaluate("document.documentElement.lang") == "en"
        page.close()


def test_what_the_page_shows_is_what_the_data_say(browser, report):
    """A screenshot compared by data: the numbers drawn by the browser are those of the record."""
    record = json.loads((report / "results.json").read_text())
    page, _ = opened(browser, report / "tickets.html")
    shown = page.evaluate(
        "[...document.querySelectorAll('table')[0].tBodies[0].rows]"
        ".map(r => [r.cells[0].innerText, r.cells[5].innerText, r.cells[12].innerText])"
    )
    wanted = [
        [row["theorem"], f"{row['kept']:,}", "ok" if row["ok"] else "failed"]
        for row in record["tickets"]
    ]
    assert shown == wanted
    page.goto((report / "catalogue.html").as_uri())
    for verdict in {row["verdict"] for row in record["verdicts"]}:
        count = page.locator("details table td:nth-child(2)", has_text=verdict).count()
        assert count == sum(row["verdict"] == verdict for row in record["verdicts"]), verdict
    page.close()
