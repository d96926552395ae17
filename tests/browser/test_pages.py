"""Every page in Chromium: quiet, alone, accessible, no wider than a phone, usable by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser.opening import Opened
from tests.browser.table import DERIVATIONS, LANGUAGES, derivation
from tests.explain.sample import SAMPLE

from chainrule.explain.printers.html import html_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PAPER = {"width": 673, "height": 980}  # A4 less its margins, at 96 dots an inch
SCROLLING = """[...document.querySelectorAll("main *")].filter(
    one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth
           && getComputedStyle(one).overflowX !== "visible")"""
OUT_OF_REACH = f"{SCROLLING}.filter(one => one.tabIndex < 0).map(one => one.outerHTML)"
CUT = f"{SCROLLING}.map(one => one.outerHTML)"
BEYOND = """[...document.querySelectorAll("math")].filter(
    one => one.getBoundingClientRect().right > innerWidth + 1).map(one => one.textContent)"""
HIDDEN = """[...document.querySelectorAll("math, p, h2")].filter(
    one => !one.closest("nav") && !one.checkVisibility({contentVisibilityAuto: true})
).map(one => one.textContent)"""
FOLD_ALL = "document.querySelectorAll('details').forEach(one => { one.open = false; })"
OPEN_ALL = FOLD_ALL.replace("false", "true")
CONTROLS = "[...document.querySelectorAll('a, summary, [tabindex=\"0\"]')].map(one => one.tagName)"
NOTE_FOLDS = """globalThis.folded = []; document.querySelectorAll("details").forEach(
    one => new MutationObserver(() => folded.push(one.open)).observe(one, {attributes: true}))"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("example", "view"), DERIVATIONS)
def test_page(example: str, view: str, language: str, page: Page, file: Path) -> None:
    shown = Opened(page, html_page(derivation(example, view, language)), file)
    assert not shown.is_too_wide()
    assert page.evaluate(OUT_OF_REACH) == []  # what scrolls by itself takes the keyboard

    page.evaluate(FOLD_ALL)
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    assert page.evaluate(HIDDEN) == []
    assert page.evaluate(CUT) == []
    assert page.evaluate(BEYOND) == []

    page.emulate_media(media="screen")
    page.evaluate(OPEN_ALL)
    assert shown.violations() == []
    assert shown.is_quiet()


@pytest.mark.parametrize(
    ("example", "view"), [pair for pair in DERIVATIONS if pair[0] in ("000-C", "004-A")]
)
def test_keyboard(example: str, view: str, page: Page, file: Path) -> None:
    """Tab goes to each link, fold and scrolling equation in turn; Enter closes and opens folds."""
    Opened(page, html_page(derivation(example, view, "en")), file)
    page.evaluate(NOTE_FOLDS)
    controls = page.evaluate(CONTROLS)
    assert controls.count("SUMMARY") > 5
    for kind in controls:
        page.keyboard.press("Tab")
        if kind == "SUMMARY":
            page.keyboard.press("Enter")
            page.keyboard.press("Enter")
    folded = page.evaluate("folded")
    assert len(folded) == controls.count("SUMMARY") * 2
    assert folded == [False, True] * controls.count("SUMMARY")


def test_a_link_opens_what_is_folded(page: Page, file: Path) -> None:
    Opened(page, html_page(SAMPLE), file)
    page.evaluate(FOLD_ALL)
    page.evaluate("location.hash = document.querySelector('.part .step').id")
    assert page.evaluate("document.querySelector('.part:has(.step)').open")


def test_colours_in_the_dark(page: Page, file: Path) -> None:
    page.emulate_media(color_scheme="dark")
    shown = Opened(page, html_page(SAMPLE), file)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert shown.violations() == []


def test_what_is_wrong_is_found(page: Page, file: Path) -> None:
    """So that an empty list says something."""
    html = "<title>t</title><img src='data:,'><p style='width: 900px'>.<script>oh()</script>"
    shown = Opened(page, html, file)
    assert {"image-alt", "html-has-lang"} <= {rule for rule, _, _ in shown.violations()}
    assert shown.is_too_wide()
    assert not shown.is_quiet()
