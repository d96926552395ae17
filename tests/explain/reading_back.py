"""Numbers read back out of what printers wrote, each as the text of its `Number`: 2.789e-10, 2/3.

Text is two-dimensional: brackets are found by their corners, and what is in them is read row by
row, before what stands to their right.  Blocks of columns are put side by side again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from chainrule.explain.printers.boxes import cells
from chainrule.notation.formula import (
    FIRST_MARK,
    Expression,
    Formula,
    Line,
    Matrix,
    Number,
    Summary,
)

__all__ = ["are_in_order", "numbers_in_latex", "numbers_in_text", "numbers_of", "value_of"]

Table = list[list[str]]  # rows of numbers
Grid = list[list[str]]  # rows of cells; a wide character has an empty cell behind it
CORNERS = {"⎡": ("⎢", "⎣"), "⎛": ("⎜", "⎝"), "⎧": ("⎪", "⎩")}
ENDS = ("⎤", "⎞", "⎫")
LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
IN_TEXT = re.compile(
    r"(?:(?<![\w.)\]\u0300-\u036f])-)?(?<![\w.\u0300-\u036f])"
    r"(?:\d+(?:\.\d+)?(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)|e[+-]?\d+|/\d+(?![\w.]))?|∞|(?:inf|nan)(?!\w))"
)
IN_LATEX = re.compile(
    r"(?P<sign>-?)\\frac\{(?P<above>\d+)\}\{(?P<below>\d+)\}"
    r"|(?P<mantissa>-?\d+(?:\.\d+)?)(?: \\times 10\^\{(?P<exponent>-?\d+)\})?"
    r"|(?P<infinite>-?)\\infty|\\mathrm\{(?P<nan>nan)\}"
)
LABEL = re.compile(r"(?:columns?|entry|entries) \d+(?: to (\d+))? of (\d+):")


def value_of(text: str) -> float:
    """The value of a number as it was shown."""
    return float(Fraction(text)) if "/" in text else float(text)


def numbers_in_text(text: str) -> list[str]:
    """The numbers of a text in the order in which they are read; digits of names are none."""
    grid = [_cells_of(line) for line in text.splitlines()]
    width = max(map(len, grid), default=0)
    return [one for row in _read([row + [" "] * (width - len(row)) for row in grid]) for one in row]


def numbers_in_latex(latex: str) -> list[str]:
    """The numbers of a formula in LaTeX, or of a text with such; indices are none."""
    found = IN_LATEX.finditer(re.sub(r"_\{[^{}]*\}", "", latex))
    return [_latex_number(one) for one in found]


def _latex_number(found: re.Match[str]) -> str:
    if found["above"]:
        return f"{found['sign']}{found['above']}/{found['below']}"
    if found["mantissa"]:
        return found["mantissa"] + (f"e{found['exponent']}" if found["exponent"] else "")
    return found["nan"] or f"{found['infinite']}inf"


def numbers_of(formula: Formula, notation: str = "text") -> list[str]:
    """The numbers that a formula holds, in the order of its text or its LaTeX."""
    return list(_numbers_of(formula, notation))


def _numbers_of(formula: Formula, notation: str) -> Iterator[str]:
    if isinstance(formula, Number):
        yield formula.text
    elif isinstance(formula, Expression):
        for character in getattr(formula, notation):
            if 0 <= ord(character) - FIRST_MARK < len(formula.holes):
                yield from _numbers_of(formula.holes[ord(character) - FIRST_MARK], notation)
    elif isinstance(formula, Line | Matrix):
        rows = formula.rows if isinstance(formula, Matrix) else (formula.parts,)
        for row in rows:
            for entry in row:
                yield from _numbers_of(entry, notation)
    else:
        yield from (one.text for one in _of_summary(formula, notation))


def _of_summary(found: Summary, notation: str) -> list[Number]:
    known = [one for one in (found.low, found.high, found.norm) if one is not None]
    return [*known, *found.first] if notation == "text" else [*found.first, *known]


def are_in_order(wanted: list[str], found: list[str]) -> bool:
    """Whether all that is wanted was found, in that order, among other numbers.

    Signs and bars are set aside: those of -a/b are the expression's, those of -2/3 the number's.
    """
    rest = iter(_parts(found))
    return all(one in rest for one in _parts(wanted))


def _parts(numbers: list[str]) -> list[str]:
    return [part for number in numbers for part in number.lstrip("-").split("/")]


# Two-dimensional reading


def _cells_of(line: str) -> list[str]:
    row: list[str] = []
    for character in line:
        if row and not cells(character):
            row[-1] += character
        else:
            row += [character, *[""] * (cells(character) - 1)]
    return row


def _read(grid: Grid) -> Table:
    """The numbers, a list for each row that is read in one go."""
    table: Table = []
    blocks: Table | None = None
    goes_on = False  # after a label, until the columns that it counts are complete
    for top, bottom in _bands(grid):
        label = LABEL.search("".join(grid[top]))
        if label and top + 1 == bottom:
            goes_on = (label[1] or label[0].split()[1]) != label[2]
            blocks = blocks or []
            continue
        rows = _band(grid[top:bottom])
        if blocks is None:
            table += rows
            continue
        blocks = [one + two for one, two in zip(blocks, rows, strict=True)] if blocks else rows
        if not goes_on:
            table += blocks
            blocks = None
    return table


def _bands(grid: Grid) -> list[tuple[int, int]]:
    """Rows that tall brackets hold together; every other row is on its own."""
    spans = [(top, bottom) for top, _, bottom, _ in _brackets(grid)]
    bands: list[tuple[int, int]] = []
    for row in range(len(grid)):
        reach = max([bottom for top, bottom in spans if top == row], default=row + 1)
        if bands and row < bands[-1][1]:
            bands[-1] = bands[-1][0], max(bands[-1][1], reach)
        else:
            bands.append((row, reach))
    return bands


def _band(grid: Grid) -> Table:
    """A single bracket gives its rows; whatever else stands beside it makes it one long row."""
    found = _brackets(grid)
    parts: list[tuple[int, Table]] = []
    rest = [row.copy() for row in grid]
    for top, left, bottom, right in found:
        inside = [row[left + 1 : right] for row in grid[top:bottom]]
        parts.append((left, _read(inside)))
        for row in rest[top:bottom]:
            row[left : right + 1] = ["|"] * (right + 1 - left)
    for row in rest:
        parts += [(at, [[number]]) for at, number in _in_row(row)]
    parts.sort(key=lambda part: part[0])
    if len(parts) == 1:
        return parts[0][1]
    return [[one for _, table in parts for row in table for one in row]]


def _in_row(row: list[str]) -> Iterator[tuple[int, str]]:
    """Numbers of a row of cells and where each begins."""
    for found in IN_TEXT.finditer("".join(row)):
        text = found[0].replace("∞", "inf")
        if found[1]:
            text = f"{text.split('×')[0]}e{found[1].translate(LOWERED)}"
        yield cells("".join(row)[: found.start()]), text


def _brackets(grid: Grid) -> list[tuple[int, int, int, int]]:
    """Top, left, bottom (not included) and right of the outermost tall brackets."""
    found: list[tuple[int, int, int, int]] = []
    for top, row in enumerate(grid):
        for left, cell in enumerate(row):
            inside = any(t <= top < b and le < left < r for t, le, b, r in found)
            if cell in CORNERS and not inside:
                found.append((top, left, _bottom(grid, top, left), _right(row, left)))
    return found


def _bottom(grid: Grid, top: int, left: int) -> int:
    middle, end = CORNERS[grid[top][left]]
    row = top + 1
    while grid[row][left] == middle:
        row += 1
    assert grid[row][left] == end, f"a bracket that is not closed: {grid[row][left]!r}"
    return row + 1


def _right(row: list[str], left: int) -> int:
    depth = 0
    for at in range(left, len(row)):
        depth += (row[at] in CORNERS) - (row[at] in ENDS)
        if depth == 0:
            return at
    raise AssertionError("a bracket that is not closed on the right")
