"""Reports as text, Markdown and HTML: what is said, what is kept back, what is harmless."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from chainrule.marking.report import VERDICTS, Cell, Claim, Mistake, Remark, Report
from chainrule.marking.reports.markdown import report_markdown
from chainrule.marking.reports.page import report_html
from chainrule.marking.reports.text import columns, report_lines
from chainrule.marking.reports.wording import MARKS, languages, word

SLIP = Mistake("unnamed", "∂l/∂S")  # without a sentence, so the code itself is shown


def number(
    claimed: str,
    expected: float,
    verdict: str,
    carried: float | None = None,
    radius: float = 0.0,
    index: tuple[int, ...] = (),
) -> Cell:
    """A cell as it is judged."""
    return Cell(index, claimed, float(claimed), expected, carried, radius, verdict)


def claim(line: int, target: str, cell: Cell, *mistakes: Mistake, **more: Any) -> Claim:
    """A claim of one number."""
    return Claim(line, 1, cell.claimed, target, (), (), cell.verdict, (cell,), mistakes, **more)


def row(line: int, target: str, *cells: Cell) -> Claim:
    """A claim of a row of numbers."""
    verdict = max((cell.verdict for cell in cells), key=VERDICTS.index)
    text = f"[{', '.join(cell.claimed for cell in cells)}]"
    return Claim(line, 1, text, target, (), (len(cells),), verdict, cells)


def unreadable(line: int, text: str, problem: str) -> Claim:
    """A line that cannot be read."""
    return Claim(line, 1, text, "", (), (), "unreadable", problem=problem)


FOLLOWS = Remark("follows-from", (("line", "4"),))
REPORT = Report(
    (
        claim(1, "h", number("4", 4, "exact")),
        claim(3, "S", number("0.27", 0.2689, "consistent", 0.2712, 0.004)),
        claim(4, "dl/dS", number("3.58e9", -3.58491e9, "wrong", -3.58491e9, 1e7), SLIP),
        claim(12, "dl/dO", number("0.5", -0.25, "follow-through", 0.5, 0.01), remarks=(FOLLOWS,)),
        claim(13, "dl/dh", number("7", -0.125, "wrong", 0.25, 0.01)),
        unreadable(14, "dl/dq = 3 +", "Here a number or a name is missing."),
    )
)


def text(report: Report, **options: object) -> str:
    return "\n".join(report_lines(report, **options))  # type: ignore[arg-type]


# What is said.


def test_a_report_as_text() -> None:
    assert text(REPORT).splitlines() == [
        "✓  1  h = 4",
        "≈  3  S = 0.27",
        "✗  4  dl/dS = 3.58e9",
        "      3.58e9 should be -3.585e9; difference +7.16e9.",
        "      unnamed (∂l/∂S)",
        "↪ 12  dl/dO = 0.5",
        "      This follows from the mistake in line 4: the method is right, and it does not count "
        "again.",
        "✗ 13  dl/dh = 7",
        "      7 should be 0.25 by your earlier lines; difference +6.75.",
        "      No known mistake gives these numbers.",
        "! 14  dl/dq = 3 +",
        "      Here a number or a name is missing.",
        "",
        "Claims: 6 (✓ exact 1, ≈ consistent 1, ↪ follows through 1, ✗ wrong 2, ! unreadable 1)",
        "First wrong line: 4",
    ]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_has_its_mark(verdict: str) -> None:
    one = Report((claim(1, "h", number("4", 4, verdict)),))
    assert text(one).startswith(f"{MARKS[verdict]} 1  h = 4\n")
    assert f"({MARKS[verdict]} {word(verdict)} 1)" in text(one)


def test_a_report_in_korean() -> None:
    found = text(REPORT, language="ko")
    assert "3.58e9 → 올바른 값 -3.585e9, 차이 +7.16e9." in found
    assert "7 → 앞줄의 값으로 계산하면 0.25, 차이 +6.75." in found
    assert "4번째 줄의 실수에서 이어진 값입니다." in found
    assert found.endswith("처음으로 틀린 줄: 4")
    assert not re.search(r"wrong|should|line", found)


def test_nothing_wrong_and_nothing_claimed() -> None:
    assert text(Report(REPORT.claims[:2])).endswith(
        "\n\nClaims: 2 (✓ exact 1, ≈ consistent 1)\nNo line is wrong."
    )
    assert text(Report(())) == "Nothing is claimed."


# The difference is seen.


@pytest.mark.parametrize(
    ("claimed", "expected", "said"),
    [
        ("0.28", 0.26894142, "0.28 should be 0.2689; difference +0.0111."),
        ("0.26895", 0.26894142, "0.26895 should be 0.2689414; difference +8.58e-6."),
        ("1", -1.0, "1 should be -1; difference +2."),
        ("0", -3584912847.13, "0 should be -3.585e9; difference +3.58e9."),
        ("2.7e-10", 2.78946809e-10, "2.7e-10 should be 2.789e-10; difference -8.95e-12."),
        ("2.789468", -2.78946809, "2.789468 should be -2.789468; difference +5.58."),
        ("12", 0.0, "12 should be 0; difference +12."),
        ("3", float("inf"), "3 should be inf."),
        ("0.1", 0.1 + 1e-15, "0.1 should be 0.1; difference -9.99e-16."),
    ],
)
def test_as_many_digits_as_show_the_difference(claimed: str, expected: float, said: str) -> None:
    one = Report((claim(1, "h", number(claimed, expected, "wrong")),))
    assert text(one).splitlines()[1].strip() == said


def test_only_the_wrong_cells_of_a_line_are_shown() -> None:
    cells = [number("1", 1, "exact", index=(0,)), number("2", 3, "wrong", index=(1,))]
    assert text(Report((row(1, "h", *cells),))).splitlines()[:2] == [
        "✗ 1  h = [1, 2]",
        "     [1] 2 should be 3; difference -1.",
    ]


def test_of_many_wrong_cells_the_first_are_shown() -> None:
    cells = [number("2", 3, "wrong", index=(at,)) for at in range(40)]
    found = text(Report((row(1, "h", *cells),)))
    assert found.count("should be") == 6
    assert "34 more cells of this line are wrong." in found


# What is kept back.


def test_true_values_of_later_lines_are_kept_back() -> None:
    for found in (text(REPORT), report_markdown(REPORT), report_html(REPORT)):
        assert "-0.25" not in found
        assert "-0.125" not in found


def test_true_values_are_revealed_when_asked() -> None:
    found = text(REPORT, reveal=True)
    assert re.findall("True value: (.*)", found) == [
        "4.",
        "0.2689.",
        "-3.58491e9.",
        "-0.25.",
        "-0.125.",
    ]
    for other in (report_markdown(REPORT, reveal=True), report_html(REPORT, reveal=True)):
        assert other.count("True value") == 5


def test_a_large_array_is_revealed_by_its_shape() -> None:
    cells = tuple(number("1", 1, "exact", index=(at, 0)) for at in range(200))
    one = Claim(1, 1, "…", "W", (), (20, 10), "exact", cells)
    assert "True value: an array of 20 × 10." in text(Report((one,)), reveal=True)


# Room.


@pytest.mark.parametrize("width", [30, 40, 96])
@pytest.mark.parametrize("language", languages())
def test_lines_are_broken_where_there_is_no_room(width: int, language: str) -> None:
    for line in report_lines(REPORT, language, width=width):
        assert columns(line) <= width or " " not in line.strip()
    spaces = re.compile(r"\s+")
    assert spaces.sub("", text(REPORT, language=language, width=width)) == spaces.sub(
        "", text(REPORT, language=language)
    )


def test_a_long_word_is_left_whole() -> None:
    one = Report((unreadable(1, "h = " + "4" * 100, "Too long."),))
    assert "4" * 100 in text(one, width=30)


# What is harmless.

HOSTILE = [
    "h = <script>alert(1)</script>",
    'h = " onload="x',
    "h = </code></li></ol><img src=x>",
    "h = | a | b |",
    "h = `x` ``y``",
    "h = [a](javascript:x)",
    "h = ![a](http://example.org/x.png)",
    "h = *a* _b_ ~~c~~ <b>",
    "h = &amp; &#60;",
    "h = \\| \\",
    "h = {where} {0} %s",
    "h = ﷽ 𝒽",
]
PRINTERS: list[Callable[[Report], str]] = [text, report_markdown, report_html]


class Tags(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("written", HOSTILE)
def test_markup_is_shown_as_it_is_written_in_html(written: str) -> None:
    plain = Tags(report_html(Report((unreadable(1, "h", "p"),))))
    found = Tags(report_html(Report((unreadable(1, written, written),))))
    assert found.tags == plain.tags
    assert found.text.count(written) == 2


def test_a_page_makes_no_request() -> None:
    page = report_html(REPORT)
    assert not re.search(r"src=|href=|url\(|@import|http:|https:|<script", page)
    assert "default-src 'none'" in page


def test_a_page_names_its_language_and_fits_a_phone() -> None:
    page = report_html(REPORT, "ko")
    assert page.startswith('<!DOCTYPE html>\n<html lang="ko">')
    assert "width=device-width" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def unescaped_pipes(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line))


@pytest.mark.parametrize("written", HOSTILE)
def test_a_table_keeps_its_columns(written: str) -> None:
    head, rule, line, *_ = report_markdown(Report((unreadable(1, written, written),))).splitlines()
    assert unescaped_pipes(head) == unescaped_pipes(rule) == unescaped_pipes(line) == 6


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("h = 4", "`h = 4`"),
        ("h = |x|", r"`h = \|x\|`"),
        ("h = `x`", "`` h = `x` ``"),
        ("h = ``x`", "``` h = ``x` ```"),
        ("h = <b>", "`h = <b>`"),
    ],
)
def test_a_claim_is_a_code_span(written: str, shown: str) -> None:
    assert f"| {shown} |" in report_markdown(Report((unreadable(1, written, "p"),)))


@pytest.mark.parametrize("printer", PRINTERS, ids=lambda printer: printer.__name__)
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("h = \x1b[2J4", "h = �[2J4"),  # steers a terminal
        ("h = \u202e4", "h = �4"),  # turns the direction of writing
        ("h = \x004", "h = �4"),
        ("h =\n\n4", "h = 4"),
        ("h =\t4", "h = 4"),
        ("h = " + "4" * 10_000, "4" * 280),
    ],
)
def test_what_steers_or_floods_is_not_passed_on(
    printer: Callable[[Report], str], written: str, shown: str
) -> None:
    found = printer(Report((unreadable(1, written, "Cannot be read."),)))
    assert shown in found.replace("`", "")
    assert len(found) < 6000


@pytest.mark.parametrize("printer", PRINTERS, ids=lambda printer: printer.__name__)
def test_the_same_report_gives_the_same_text(printer: Callable[[Report], str]) -> None:
    assert printer(REPORT) == printer(REPORT)
