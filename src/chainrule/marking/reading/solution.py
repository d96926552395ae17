"""A solution's text: one claim a line, every link of an equality chain a claim of its own.

What cannot be read is kept with its place and the reason, and never stops what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from chainrule.errors import ChainruleError, TooLarge
from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span
from chainrule.marking.reading.displayed import Displayed, Written, displayed
from chainrule.marking.reading.formulas import Formula, formula, moved
from chainrule.marking.reading.lines import LONGEST_LINE, Row, Side, rows, sides
from chainrule.marking.reading.numerals import Numerals, is_layout
from chainrule.paper.syntax import Expression, Name

__all__ = ["Line", "Link", "Solution", "Written", "read_solution"]

LONGEST_TEXT = 200_000  # characters
MOST_LINES = 5_000
MOST_CLAIMS = 5_000  # links of all lines
MOST_LINKS = 50  # of one line
SHOWN = 200  # characters of a line that is too long

NUMBER = r"[-−–]?(?:[0-9]{1,17}(?:\.[0-9]{0,17})?|\.[0-9]{1,17})(?:[eE][+-]?[0-9]{1,3})?"
ROW = rf"\[ *{NUMBER}(?: *, *{NUMBER})* *\]"
INSIDE = r"\[\]()=#<>!≈≃≅;"
# A target, its sign and plain numbers: what nearly all lines are.
PLAIN = re.compile(
    rf"((?:[^:{INSIDE}]++|\([^:{INSIDE}]*+\)|\[[^{INSIDE}]*+\])++)(:?=) *"
    rf"({NUMBER}|{ROW}|\[ *{ROW}(?: *, *{ROW})* *\])"
)
NUMBERS = re.compile(NUMBER)
ROWS = re.compile(r"\[([^\[\]]*)\]")
DECIMAL_COMMA = re.compile(r"[-−–+]?[0-9]+,[0-9]+")


class Link(Record):
    """One side of an equality after the first: numbers, or a formula with names, or unreadable.

    `expression` is the syntax tree, None where there are only numbers without arithmetic;
    `written` the numbers if no name is in it; `problem` says why it cannot be read, and then
    both are None and line and column are those of the problem.
    """

    text: str
    line: int
    column: int
    expression: Expression | None
    written: Written | None
    problem: str = ""


class Line(Record):
    """`target = link = link`, or `target := link`; line and column count from 1.

    `target` is None, and `problem` says why, where the line cannot be read at all; its places are
    counted from `start`, so that the same target is read once.
    """

    number: int
    column: int
    text: str
    target_text: str
    target: Expression | None
    is_update: bool
    links: tuple[Link, ...]
    problem: str = ""
    start: int = 0

    @property
    def placed(self) -> Expression:
        """The target, its places counted from the start of the text."""
        assert self.target is not None
        found: Expression = moved(self.target, self.start)
        return found


class Solution(Record):
    """All lines that claim something, or cannot be read, in their order."""

    source: Source
    lines: tuple[Line, ...]


def read_solution(text: Source | str, names: Iterable[str], quick: bool = True) -> Solution:
    """The claims of a solution of a problem with these names.

    >>> solution = read_solution("h = I @ W0 = [4, 1]  # hidden", {"I", "W0", "h"})
    >>> [link.text for link in solution.lines[0].links], solution.lines[0].links[1].written.shape
    (['I @ W0', '[4, 1]'], (2,))

    Args:
        quick: whether plain numbers are read without the parser, to the same result.

    Raises:
        TooLarge: the text is longer than any solution.
    """
    source = text if isinstance(text, Source) else Source(text)
    if len(source.text) > LONGEST_TEXT:
        raise TooLarge(f"A solution has at most {LONGEST_TEXT:,} characters.")
    if source.text.count("\n") >= MOST_LINES:
        raise TooLarge(f"A solution has at most {MOST_LINES:,} lines.")
    return Solution(source, tuple(_Reader(source, frozenset(names), quick).lines()))


class _Reader:
    def __init__(self, source: Source, names: frozenset[str], quick: bool) -> None:
        self.source = source
        self.names = names
        self.quick = quick
        self.numerals = Numerals(names)

    def lines(self) -> list[Line]:
        found = []
        claims = 0
        for row in rows(self.source.text):
            if len(row.text) > LONGEST_LINE:
                found.append(self._too_long(row))
                continue
            line = (self._plain(row) if self.quick else None) or self._line(row)
            if line is None:
                continue
            found.append(line)
            claims += len(line.links)
            if claims > MOST_CLAIMS:
                raise TooLarge(f"A solution has at most {MOST_CLAIMS:,} equality signs.")
            if isinstance(line.target, Name):
                self._introduce(line.target.name)
        return found

    def _introduce(self, name: str) -> None:
        """`dS = …` does not make a quotient of dS/dO."""
        if name not in self.names and not (name[0] == "d" and name[1:] in self.names):
            self.names |= {name}

    def _plain(self, row: Row) -> Line | None:
        """A line of a target and plain numbers, without the parser; None if it is another."""
        found = PLAIN.fullmatch(row.text)
        if found is None:
            return None
        written = _numbers(found[3])
        target = formula(found[1].rstrip(), self.names)
        if written is None or target.expression is None:
            return None
        place = self._position(row.start + found.start(3))
        link = Link(_shown(found[3]), *place, None, written)
        text, target_text = _shown(row.text), _shown(found[1])
        read = target_text, target.expression, found[2] == ":="
        return Line(row.number, row.column, text, *read, (link,), "", row.start)

    def _too_long(self, row: Row) -> Line:
        problem = f"A line has at most {LONGEST_LINE:,} characters."
        text = f"{_shown(row.text[:SHOWN])}…"
        return Line(row.number, row.column, text, "", None, False, (), problem)

    def _line(self, row: Row) -> Line | None:
        """Any other line; None if it claims nothing."""
        text = _shown(row.text)
        first, *others = sides(row.text)
        target = formula(first.text, self.names)
        if target.expression is not None and not others:
            return None
        line, column = self._position(row.start + first.start + target.place)
        problem = target.problem
        if len(others) > MOST_LINKS:
            problem = f"A line has at most {MOST_LINKS} equality signs."
        if problem:
            return Line(line, column, text, _shown(first.text), None, False, (), problem)
        assert target.expression is not None
        links = tuple([self._link(row, side, not at) for at, side in enumerate(others)])
        read = _shown(first.text), target.expression, others[0].sign == ":="
        return Line(line, column, text, *read, links, "", row.start + first.start)

    def _link(self, row: Row, side: Side, is_first: bool) -> Link:
        start = row.start + side.start
        found = formula(side.text, self.names)
        if side.sign == ":=" and not is_first:
            found = Formula(None, "':=' stands once, after the target.")
        elif DECIMAL_COMMA.fullmatch(side.text):
            found = Formula(None, f"A number has a decimal point: {side.text.replace(',', '.')}.")
        text = _shown(side.text)
        if found.expression is None:
            return Link(text, *self._position(start + found.place), None, None, found.problem)
        line, column = self._position(start)
        try:
            written = self.numerals.written(Source(side.text), found.expression)
        except ChainruleError as problem:
            return Link(text, line, column, None, None, problem.shortened().message)
        expression = None if is_layout(found.expression) else moved(found.expression, start)
        return Link(text, line, column, expression, written)

    def _position(self, place: int) -> tuple[int, int]:
        return self.source.position(Span(place, place))


def _numbers(text: str) -> Written | None:
    """Plain numbers, of which the text has been matched; None if the rows differ in length."""
    try:
        cells = tuple([_cell(number) for number in NUMBERS.findall(text)])
    except ChainruleError:
        return None
    if text[0] != "[":
        return Written((), cells)
    lengths = [row.count(",") + 1 for row in ROWS.findall(text)]
    if text.count("[") == 1:
        return Written((len(cells),), cells)
    if len(set(lengths)) > 1:
        return None
    return Written((len(lengths), lengths[0]), cells)


def _cell(text: str) -> Displayed:
    return displayed("-" + text[1:] if text[0] in "−–" else text)


def _shown(text: str) -> str:
    """On one line, without characters that hide or reorder others."""
    text = " ".join(text.split())
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
