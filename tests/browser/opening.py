"""A page in Chromium: what it asks for, what it complains of, what axe-core has against it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["PHONE", "WIDE", "Opened"]

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
FORMULAS_AS_TEXT = """document.querySelectorAll("math").forEach(
    one => one.replaceChildren(one.getAttribute("aria-label")))"""
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


class Opened:
    """A page of HTML from a file, with its own policy in force."""

    def __init__(self, page: Page, html: str, file: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        file.write_text(html, encoding="utf-8")
        page.goto(file.as_uri())

    def is_quiet(self) -> bool:
        """Whether it has complained of nothing, and asked for nothing but itself."""
        return not self.complaints and self.requests == [self.page.url.partition("#")[0]]

    def violations(self) -> list[tuple[str, str, str]]:
        """What axe-core calls serious or critical: rule, what it says, and where.

        Formulas are one text each by now, the one that is read aloud: nine of ten elements stand
        within them, and no rule is about these.
        """
        self.page.evaluate(FORMULAS_AS_TEXT)
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[dict[str, Any]] = self.page.evaluate("async () => (await axe.run()).violations")
        return [
            (one["id"], one["help"], one["nodes"][0]["html"])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def is_too_wide(self) -> bool:
        """Whether it scrolls sideways on a phone."""
        self.page.set_viewport_size(PHONE)
        width: int = self.page.evaluate("document.documentElement.scrollWidth")
        return width > PHONE["width"]
