"""Drawings as Chromium shows them: no two texts upon each other, whatever its fonts measure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser.opening import Opened
from tests.browser.table import LANGUAGES
from tests.explain.derived import EXAMPLES

from chainrule.explain.drawing.build import drawing_of
from chainrule.explain.drawing.page import page as drawing_page
from chainrule.explain.options import Options
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# Boxes of letters hold the space above and below them, too: a quarter of it may be shared.
UPON_EACH_OTHER = """(() => {
    const texts = [...document.querySelectorAll("svg text")].map(
        one => [one.textContent, one.getBoundingClientRect()]);
    const found = [];
    texts.forEach(([name, box], at) => texts.slice(at + 1).forEach(([other, another]) => {
        const wide = Math.min(box.right, another.right) - Math.max(box.left, another.left);
        const high = Math.min(box.bottom, another.bottom) - Math.max(box.top, another.top);
        if (wide > 1 && high > Math.min(box.height, another.height) / 4) found.push([name, other]);
    }));
    return [texts.length, found];
})()"""


def drawn(example: str, language: str) -> str:
    """An example as a page with its drawing."""
    (path,) = [path for path in EXAMPLES if path.stem == example]
    paper = elaborate(parse(Source(path.read_text(encoding="utf-8"), path.name)))
    return drawing_page(drawing_of(paper, options=Options(language=language)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("example", [path.stem for path in EXAMPLES])
def test_drawing(example: str, language: str, page: Page, file: Path) -> None:
    shown = Opened(page, drawn(example, language), file)
    count, upon_each_other = page.evaluate(UPON_EACH_OTHER)
    assert count > 2
    assert upon_each_other == []
    assert shown.violations() == []
    assert not shown.is_too_wide()
    assert shown.is_quiet()


def test_overlap_is_found(page: Page, file: Path) -> None:
    text = "<svg><text y='20'>one</text><text x='5' y='22'>two</text><text y='60'>3</text></svg>"
    Opened(page, text, file)
    assert page.evaluate(UPON_EACH_OTHER) == [3, [["one", "two"]]]
