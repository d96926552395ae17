"""One student of a class: rows to a solution, and its report back to rows."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

from chainrule.errors import ChainruleError
from chainrule.graph.record import Record
from chainrule.marking.classes.answers import Row, Student
from chainrule.marking.marker import Marker
from chainrule.marking.report import Claim, Mistake, Remark, Report
from chainrule.marking.reports.schema import report_json
from chainrule.marking.reports.shown import nested_text, said, visible
from chainrule.marking.reports.wording import word

__all__ = ["HEADER", "Marked", "csv_rows", "json_line", "marked"]

HEADER = "student,line,target,value,verdict,expected,carried,mistakes,message\n"
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what a spreadsheet runs
REASON = 300  # characters of an error that are shown


class Marked(Record):
    """A student's rows, and the claims in each of them."""

    student: Student
    claims: tuple[tuple[Claim, ...], ...]

    @property
    def report(self) -> Report:
        """All claims."""
        return Report(tuple(claim for row in self.claims for claim in row))


def marked(marker: Marker, student: Student, language: str = "en") -> Marked:
    """A student's rows, marked as one solution; every row has at least one claim.

    >>> from chainrule.graph.source import Source
    >>> marker = Marker(Source("x = 0.3\\ny = exp(x)"))
    >>> found = marked(marker, Student("Kim", (Row("7", "y", "1.35"), Row("8", "y", ""))))
    >>> [(claim.line, claim.verdict, claim.problem) for claim in found.report.claims]
    [(7, 'exact', ''), (8, 'unreadable', 'Nothing is answered.')]
    """
    text = "\n".join(map(_solution_line, student.rows))
    problem = ""
    report = Report(())
    try:
        report = marker.check(text, student.name)
    except ChainruleError as error:
        problem = error.message
    except Exception as error:  # one answer, whatever is wrong with it, never stops the class
        problem = type(error).__name__
    found: dict[int, list[Claim]] = {}
    for claim in report.claims:
        found.setdefault(claim.line, []).append(claim)
    claims = []
    for at, row in enumerate(student.rows, 1):
        own = found.get(at) or [_unmarked(at, row, problem, language)]
        claims.append(tuple(_renumbered(claim, student.rows) for claim in own))
    return Marked(student, tuple(claims))


def _solution_line(row: Row) -> str:
    """The row as one line of a solution; an empty line if there is nothing to be marked."""
    target, value = (" ".join(text.split()) for text in (row.target, row.value))
    if row.problem is not None or not value:
        return ""
    if not target:
        return value
    return f"{target} {value}" if target.endswith("=") else f"{target} = {value}"


def _unmarked(at: int, row: Row, problem: str, language: str) -> Claim:
    """What stands for a row of which nothing was marked."""
    if row.problem is not None:
        code, number = row.problem
        said = word(code, language, found=number, most=number)
    elif not row.value:
        said = word("no-answer", language)
    elif problem:
        said = word("not-marked", language, reason=" ".join(problem.split())[:REASON])
    else:
        said = word("no-claim", language)
    return Claim(at, 1, row.value, row.target, (), (), "unreadable", problem=said)


def _renumbered(claim: Claim, rows: tuple[Row, ...]) -> Claim:
    """The claim with the lines that the rows say, instead of those of the text made of them."""
    label = rows[claim.line - 1].line
    line = int(label) if label.isascii() and label.isdigit() and len(label) < 10 else claim.line
    return Claim(
        line,
        claim.column,
        claim.text,
        claim.target,
        claim.index,
        claim.shape,
        claim.verdict,
        claim.cells,
        tuple(Mistake(one.code, one.where, _labels(one.details, rows)) for one in claim.mistakes),
        tuple(Remark(one.code, _labels(one.details, rows)) for one in claim.remarks),
        claim.problem,
    )


def _labels(
    details: tuple[tuple[str, str], ...], rows: tuple[Row, ...]
) -> tuple[tuple[str, str], ...]:
    lines = {str(at): row.line for at, row in enumerate(rows, 1)}
    return tuple((key, lines.get(text, text) if key == "line" else text) for key, text in details)


def json_line(found: Marked, language: str = "en") -> str:
    """The student's name and report as one line."""
    one = {"student": found.student.name, "report": report_json(found.report, language)}
    return json.dumps(one, ensure_ascii=False, allow_nan=False) + "\n"


def csv_rows(found: Marked, language: str = "en") -> str:
    """One row for each claim, in which a spreadsheet finds nothing to run."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row, claims in zip(found.student.rows, found.claims, strict=True):
        for claim in claims:
            value = row.value if len(claims) == 1 else claim.text
            fields = (found.student.name, row.line, row.target, value, *_found(claim, language))
            writer.writerow([inert(text) for text in fields])
    return out.getvalue()


def _found(claim: Claim, language: str) -> Iterator[str]:
    yield claim.verdict
    yield nested_text(claim)
    yield nested_text(claim, of="carried")
    yield " ".join(one.code for one in claim.mistakes)
    yield " ".join(text for _, text in said(claim, language))


def inert(text: str) -> str:
    """The text as a spreadsheet may show it: no formula, no control characters.

    >>> inert("=1+1"), inert("-0.5"), inert("-[1, 2]"), inert("h\\0")
    ("'=1+1", '-0.5', "'-[1, 2]", 'h�')
    """
    if text.startswith(FORMULA) and not NUMBER.fullmatch(text):
        text = f"'{text}"
    return "\n".join(map(visible, text.splitlines()))
