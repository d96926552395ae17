"""Reports as Markdown: one table, which GitHub's dialect and most others know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainrule.marking.report import Report
from chainrule.marking.reports.shown import Shown, shown, summary
from chainrule.marking.reports.wording import word

__all__ = ["report_markdown"]

MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$:@]|(?<=www)\.)")  # and what makes a link of a text


def report_markdown(report: Report, language: str = "en", reveal: bool = False) -> str:
    """The report as a Markdown document; markup in the student's text is shown as it is.

    >>> from chainrule.marking.report import Claim, Report
    >>> print(report_markdown(Report((Claim(1, 1, "|x|", "h", (), (), "exact"),))))
    | | Line | Claim | Verdict | Comments |
    | --- | ---: | --- | --- | --- |
    | ✓ | 1 | `h = \\|x\\|` | exact |  |
    <BLANKLINE>
    Claims: 1 (✓ exact 1)
    <BLANKLINE>
    No line is wrong.
    <BLANKLINE>
    """
    return "\n".join(_lines(report, language, reveal))


def _lines(report: Report, language: str, reveal: bool) -> Iterator[str]:
    if report.claims:
        headings = (word(code, language) for code in ("line", "claim", "verdict", "comments"))
        yield f"| | {' | '.join(headings)} |"
        yield "| --- | ---: | --- | --- | --- |"
        for one in shown(report, language, reveal):
            yield _row(one)
        yield ""
    for line in summary(report, language):
        yield line
        yield ""


def _row(one: Shown) -> str:
    comments = "<br>".join(escaped(note.text) for note in one.notes)
    name = f"**{one.name}**" if one.verdict == "wrong" else one.name
    return f"| {escaped(one.mark)} | {one.line} | {code(one.text)} | {name} | {comments} |"


def code(text: str) -> str:
    """The text as a code span in a table's cell, whatever backticks and pipes it has.

    >>> code("a|b"), code("a`b"), code("")
    ('`a\\\\|b`', '`` a`b ``', '')
    """
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if longest else ""
    inner = text.replace("|", "\\|")
    return f"{fence}{padding}{inner}{padding}{fence}" if text else ""


def escaped(text: str) -> str:
    """Text in which nothing is markup.

    >>> escaped("<b> *not* bold")
    '\\\\<b\\\\> \\\\*not\\\\* bold'
    """
    return MARKUP.sub(r"\\\1", text)
