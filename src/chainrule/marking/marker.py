"""Marking a solution line by line."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.source import Source
from chainrule.marking.judged import Measure, measured
from chainrule.marking.naming import Namer
from chainrule.marking.passing import Passing
from chainrule.marking.reading.solution import Solution, read_solution
from chainrule.marking.report import Claim, Report
from chainrule.marking.sheet import Sheet
from chainrule.paper.workbook import Workbook

__all__ = ["Marker", "check"]

DOUBTFUL = frozenset(("follow-through", "undecided", "wrong"))


class Marker:
    """A problem, prepared to mark any number of solutions.

    `measure` works out what is carried to a claim's cells, and their radii; `no_radii` leaves out
    what no verdict needs, which is much faster.

    >>> marker = Marker(Source("x = 0.3\\ny = exp(x)\\nl = y^2\\ndl/dy\\ndl/dx"))
    >>> report = marker.check("y = 1.35\\nl = 1.82\\ndl/dy = -2.7")
    >>> [claim.verdict for claim in report.claims]
    ['exact', 'exact', 'wrong']

    Raises:
        ChainruleError: the problem's text cannot be used.
    """

    def __init__(self, problem: Source, measure: Measure = measured) -> None:
        self.measure = measure
        self.workbook = Workbook(problem)
        self.sheet = Sheet(self.workbook.paper)
        self.namer = Namer(self.sheet)

    def check(self, text: str, path: str = "") -> Report:
        """The verdict on every claim of a solution.

        Raises:
            TooLarge: the text is longer than any solution.
        """
        solution = read_solution(Source(text, path), self.workbook.names)
        with np.errstate(all="ignore"):  # a student's numbers may be anything
            claims = self._pass(solution, cuts=False)
            if _cuts(claims) and any(one.verdict in DOUBTFUL for one in claims):
                claims = self._pass(solution, cuts=True)
        return Report(tuple(claims))

    def _pass(self, solution: Solution, cuts: bool) -> list[Claim]:
        workbook = self.workbook.fresh()
        passing = Passing(self.sheet, workbook, solution.source, self.namer, self.measure, cuts)
        return [claim for line in solution.lines for claim in passing.line(line)]


def _cuts(claims: list[Claim]) -> bool:
    """Whether some number is cut instead of rounded: then others may be, where it does not show."""
    return any(cell.verdict == "truncated" for claim in claims for cell in claim.cells)


def check(problem: str | PathLike[str], solution: str | PathLike[str]) -> Report:
    r"""Mark a hand-worked solution: the report of `chainrule check`.

    Both are a path or the text itself (a text has a line break or an equals sign).

    >>> report = check("x = 3\ny = x^2\ndy/dx", "y = 9\ndy/dx = -6")
    >>> [(claim.verdict, [one.code for one in claim.mistakes]) for claim in report.claims]
    [('exact', []), ('wrong', ['sign'])]

    Raises:
        ChainruleError: the problem cannot be used, or a file cannot be read.
    """
    marker = Marker(Source(*_read(problem)))
    return marker.check(*_read(solution))


def _read(given: str | PathLike[str]) -> tuple[str, str]:
    """The text, and the path if it came from a file."""
    if isinstance(given, str) and ("\n" in given or "=" in given or not given):
        return given, ""
    try:
        return Path(given).read_text(encoding="utf-8"), str(given)
    except (OSError, UnicodeDecodeError) as problem:
        raise DataProblem(f"{given} cannot be read: {problem}") from None
