"""Reports as one HTML page that stands by itself: no script, no request, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from chainrule.explain.printers.page_head import page_head
from chainrule.marking.report import Report
from chainrule.marking.reports.shown import Shown, shown, summary
from chainrule.marking.reports.wording import word

__all__ = ["report_html"]

STYLE = """\
:root { color-scheme: light dark; --text: #1b1b1b; --page: #fff; --quiet: #5c5c5c; --rule: #ddd;
  --good: #1a7f37; --bad: #c0262d; --open: #8a6100; --carried: #0b62b0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8e8e8; --page: #151515; --quiet: #a5a5a5; --rule: #3a3a3a;
    --good: #56d364; --bad: #ff7b72; --open: #e3b341; --carried: #79c0ff; } }
body { color: var(--text); background: var(--page); font: 1rem/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.3rem; }
ol { list-style: none; margin: 0; padding: 0; }
li { border-top: 1px solid var(--rule); padding: .6rem 0; break-inside: avoid; }
.head { display: flex; flex-wrap: wrap; gap: 0 .7rem; align-items: baseline; }
.mark { font-weight: bold; width: 1.2em; text-align: center; }
.line { color: var(--quiet); min-width: 1.5em; text-align: right; }
code { font: .95rem/1.5 ui-monospace, monospace; flex: 1 1 12rem; min-width: 0;
  overflow-wrap: anywhere; }
.name { font-size: .85rem; }
li p { margin: .2rem 0 0 4.2em; overflow-wrap: anywhere; }
.remark, .expected { color: var(--quiet); }
.exact .mark, .consistent .mark, .truncated .mark { color: var(--good); }
.follow-through .mark, .follow-through .name { color: var(--carried); }
.undecided .mark, .unreadable .mark, .undecided .name, .unreadable .name { color: var(--open); }
.wrong .mark, .wrong .name { color: var(--bad); }
.summary { border-top: 2px solid var(--rule); padding-top: .6rem; }
@media (max-width: 30rem) { li p { margin-left: 1.9em; } }
@media print { :root { color-scheme: light; --text: #000; --page: #fff; --quiet: #444;
  --rule: #bbb; --good: #000; --bad: #000; --open: #000; --carried: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; } }
"""


def report_html(report: Report, language: str = "en", reveal: bool = False) -> str:
    """The report as a page in UTF-8; markup in the student's text is shown as it is.

    >>> from chainrule.marking.report import Claim, Report
    >>> page = report_html(Report((Claim(1, 1, "<script>", "h", (), (), "unreadable"),)))
    >>> "<script>" in page, "<code>h = &lt;script&gt;</code>" in page
    (False, True)
    """
    return "\n".join(_lines(report, language, reveal)) + "\n"


def _lines(report: Report, language: str, reveal: bool) -> Iterator[str]:
    title = word("title", language)
    yield from page_head(title, language, STYLE)
    yield "<body>"
    yield f"<h1>{escape(title)}</h1>"
    if report.claims:
        yield "<ol>"
        for one in shown(report, language, reveal):
            yield from _claim(one)
        yield "</ol>"
    yield '<div class="summary">'
    yield from (f"<p>{escape(line)}</p>" for line in summary(report, language))
    yield "</div>"
    yield "</body>"
    yield "</html>"


def _claim(one: Shown) -> Iterator[str]:
    yield f'<li class="{one.verdict}">'
    yield (
        f'<div class="head"><span class="mark" aria-hidden="true">{one.mark}</span>'
        f'<span class="line">{one.line}</span> <code>{escape(one.text)}</code>'
        f'<span class="name">{escape(one.name)}</span></div>'
    )
    yield from (f'<p class="{note.kind}">{escape(note.text)}</p>' for note in one.notes)
    yield "</li>"
