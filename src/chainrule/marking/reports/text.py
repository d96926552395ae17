"""Reports as plain text: one line a claim, and below it what is to be said."""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import east_asian_width

from chainrule.marking.report import Report
from chainrule.marking.reports.shown import shown, summary

__all__ = ["report_lines"]

LINE_WIDTH = 96


def report_lines(
    report: Report, language: str = "en", reveal: bool = False, width: int = LINE_WIDTH
) -> Iterator[str]:
    """The lines of a report, without line feeds.

    >>> from chainrule.marking.report import Cell, Claim, Report
    >>> cell = Cell((), "-0.5", -0.5, 0.5, None, 0.05, "wrong")
    >>> report = Report((Claim(3, 1, "-0.5", "dl/dw", (), (), "wrong", (cell,)),))
    >>> print(*report_lines(report), sep="\\n")
    ✗ 3  dl/dw = -0.5
         -0.5 should be 0.5; difference -1.
         No known mistake gives these numbers.
    <BLANKLINE>
    Claims: 1 (✗ wrong 1)
    First wrong line: 3
    """
    digits = len(str(max((claim.line for claim in report.claims), default=0)))
    for one in shown(report, language, reveal):
        lead = f"{one.mark} {one.line:>{digits}}  "
        padding = " " * len(lead)
        yield from wrapped(one.text, width, lead, f"{padding}  ")
        for note in one.notes:
            yield from wrapped(note.text, width, padding, f"{padding}  ")
    if report.claims:
        yield ""
    for line in summary(report, language):
        yield from wrapped(line, width, "", "  ")


def wrapped(text: str, width: int, lead: str, padding: str) -> Iterator[str]:
    """The text broken between words, where it is wider than there is room.

    >>> list(wrapped("h = [4, 1]", 9, "✓ ", "    "))
    ['✓ h = [4,', '    1]']
    """
    line, is_empty = lead, True
    for part in text.split():
        joined = line + part if is_empty else f"{line} {part}"
        if not is_empty and columns(joined) > width:
            yield line
            joined = padding + part
        line, is_empty = joined, False
    yield line


def columns(text: str) -> int:
    """How many columns of a terminal the text takes; Korean letters take two.

    >>> columns("h = 1"), columns("틀림")
    (5, 4)
    """
    return len(text) + sum(east_asian_width(one) in "WF" for one in text)
