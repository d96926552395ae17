"""A report in words, before it is laid out as text, Markdown or HTML."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator

from chainrule.graph.record import Record
from chainrule.marking.report import VERDICTS, Cell, Claim, Mistake, Remark, Report
from chainrule.marking.reports.wording import MARKS, remark, sentence, word
from chainrule.notation.numbers import significant

__all__ = [
    "Note",
    "Shown",
    "harmless",
    "nested_text",
    "said",
    "shown",
    "summary",
    "visible",
    "written",
]

MOST_CELLS = 6  # wrong cells of one claim that are shown
MOST_SHOWN = 96  # entries of an array that is shown in full
LONGEST = 600  # characters of a claim that are shown
TRUNCATED = Remark("truncated")  # accepted, but always said
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # categories: control, direction, …


class Note(Record):
    """Something said below a claim: its kind is cell, mistake, remark, problem or expected."""

    kind: str
    text: str


class Shown(Record):
    """A claim as people see it: its verdict's mark and name, the line, its text, what is said."""

    mark: str
    verdict: str
    name: str
    line: int
    text: str
    notes: tuple[Note, ...]


def shown(report: Report, language: str = "en", reveal: bool = False) -> Iterator[Shown]:
    """Every claim in words; the true values of all lines only if they are to be revealed."""
    is_after = False  # after the first wrong line
    for claim in report.claims:
        yield Shown(
            MARKS[claim.verdict],
            claim.verdict,
            word(claim.verdict, language),
            claim.line,
            harmless(written(claim)),
            tuple(
                Note(kind, harmless(text))
                for kind, text in _notes(claim, language, reveal, is_after)
            ),
        )
        is_after = is_after or claim.verdict == "wrong"


def written(claim: Claim) -> str:
    """The claim as an equation.

    >>> written(Claim(1, 9, "-15.888", "dl/dW", (1, 0), (), "exact"))
    '(dl/dW)[1, 0] = -15.888'
    """
    if not claim.target:  # a line that could not be read at all
        return claim.text
    if claim.target.endswith(":="):
        return f"{claim.target} {claim.text}"
    if not claim.index:
        return f"{claim.target} = {claim.text}"
    target = f"({claim.target})" if "/" in claim.target else claim.target
    return f"{target}[{', '.join(map(str, claim.index))}] = {claim.text}"


def summary(report: Report, language: str = "en") -> list[str]:
    """How many claims have which verdict, with their marks; the first wrong line."""
    if not report.claims:
        return [word("no-claims", language)]
    counts = [(one, report.count(one)) for one in VERDICTS]
    verdicts = ", ".join(
        f"{MARKS[verdict]} {word(verdict, language)} {count}" for verdict, count in counts if count
    )
    line = report.first_wrong_line
    return [
        word("summary", language, claims=len(report.claims), verdicts=verdicts),
        word("nothing-wrong", language)
        if line is None
        else word("first-wrong", language, line=line),
    ]


def said(claim: Claim, language: str) -> Iterator[tuple[str, str]]:
    """What is said of a claim, but for its numbers: why it is unreadable, mistakes, remarks."""
    if claim.problem:
        yield "problem", claim.problem
    yield from (("mistake", _placed(one, language)) for one in claim.mistakes)
    if claim.verdict == "wrong" and not claim.mistakes:
        yield "mistake", word("no-known-mistake", language)
    remarks = claim.remarks
    if claim.verdict == "truncated" and TRUNCATED not in remarks:
        remarks = (TRUNCATED, *remarks)
    yield from (("remark", remark(one, language)) for one in remarks)


def _placed(mistake: Mistake, language: str) -> str:
    """The sentence, and the place if it does not say it."""
    said = sentence(mistake, language)
    return said if mistake.where in said else f"{said} ({mistake.where})"


def _notes(claim: Claim, language: str, reveal: bool, is_after: bool) -> Iterator[tuple[str, str]]:
    if claim.verdict == "wrong":
        yield from (("cell", text) for text in _wrong_cells(claim, language, is_after))
    yield from said(claim, language)
    values = nested_text(claim) if reveal else ""
    if values:
        yield "expected", word("expected", language, expected=values)


def _wrong_cells(claim: Claim, language: str, is_after: bool) -> Iterator[str]:
    wrong = [cell for cell in claim.cells if cell.verdict == "wrong" and cell.value is not None]
    for cell in wrong[:MOST_CELLS]:
        code, wanted = _wanted(cell, is_after)
        if wanted is None or cell.value is None:
            continue
        difference = cell.value - wanted
        at = f"[{', '.join(map(str, cell.index))}] " if len(claim.cells) > 1 else ""
        yield word(
            code if math.isfinite(difference) else "cell-without-difference",
            language,
            at=at,
            claimed=cell.claimed,
            expected=significant(wanted, _digits(wanted, difference, cell.claimed)),
            difference=f"{'+' if difference > 0 else ''}{significant(difference, 3)}",
        )
    if len(wrong) > MOST_CELLS:
        yield word("further-cells", language, count=len(wrong) - MOST_CELLS)


def _wanted(cell: Cell, is_after: bool) -> tuple[str, float | None]:
    """What should stand there: the true value, or, after other mistakes, what follows from them.

    The true value of a line after the first wrong one would give that one away.
    """
    if cell.carried is None or not is_after:
        return "cell", cell.expected
    return "cell-from-above", cell.carried


def _digits(value: float, difference: float, claimed: str) -> int:
    """So many significant digits that the difference is seen, and no fewer than are claimed."""
    written = len(re.sub(r"[eE].*|\D", "", claimed).lstrip("0"))
    least = min(max(written, 4), 8)
    if not (math.isfinite(value) and math.isfinite(difference) and value and difference):
        return least
    return min(max(math.ceil(math.log10(abs(value / difference))) + 2, least), 12)


def nested_text(claim: Claim, digits: int = 6, of: str = "expected") -> str:
    """The true (or carried) values in the claim's shape, "" where there are none."""
    values = [getattr(cell, of) for cell in claim.cells]
    if not values or None in values:
        return ""
    fits = len(values) == math.prod(claim.shape)
    shape = claim.shape if fits else (len(values),)
    if len(values) > MOST_SHOWN:
        return f"an array of {' × '.join(map(str, shape))}"
    return _literal([significant(value, digits) for value in values], shape)


def _literal(texts: list[str], shape: tuple[int, ...]) -> str:
    """Texts in brackets, nested in this shape."""
    for length in reversed(shape):
        inner = zip(*[iter(texts)] * length, strict=True)
        texts = [f"[{', '.join(some)}]" for some in inner]
    return texts[0]


def harmless(text: str) -> str:
    """A stranger's text on one line, without what would steer a terminal, and not too long.

    >>> harmless("h =\\t4\\x1b[2J")
    'h = 4�[2J'
    """
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    """The text with � for every character that steers and is not seen."""
    if text.isascii() and text.isprintable():  # nearly always, and much quicker
        return text
    return "".join("�" if unicodedata.category(one) in UNPRINTABLE else one for one in text)
