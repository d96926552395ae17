"""How much room formulas take, about, in digits: for deciding where an equation is broken."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from chainrule.graph.record import Record
from chainrule.notation.formula import Expression, Formula, Line, Matrix, filled, mark, typeset

__all__ = ["Piece", "height", "pieces", "width"]

COLUMN_GAP = 2.0
BRACKETS = 3.0
GROUP = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
FRACTION = re.compile(r"\\frac" + GROUP + GROUP)
UPRIGHT = re.compile(r"\\(?:operatorname|mathrm|mathbf|mathbb|text|left|right|begin|end)\b\*?")
COMMAND = re.compile(r"\\[a-zA-Z]+")
UNSEEN = re.compile(r"\\[,;:! ]|[{}^_ ]")
BETWEEN = re.compile(r"(?<= )(?:[-+=<>]|\\(?:cdot|odot|times|approx|in|circ))(?= )")
TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|.", re.DOTALL)
OPENING = ("{", "(", "[", r"\{", r"\left", r"\begin")
CLOSING = ("}", ")", "]", r"\}", r"\right", r"\end")
SIGNS = ("+", "-", r"\cdot", r"\times", r"\odot")


class Piece(Record):
    """A part of a formula before which a line may end, as LaTeX, and about how wide it is."""

    latex: str
    width: float


def width(formula: Formula) -> float:
    """About how many digits wide a formula is when it is typeset.

    >>> from chainrule.notation.formula import Number
    >>> width(Number("-0.25")), width(Expression("", r"\\frac{\\partial l}{\\partial W_{1}}"))
    (5.0, 3.0)
    >>> width(Matrix(((Number("1"), Number("-2")), (Number("2"), Number("5")))))
    8.0
    """
    if isinstance(formula, Expression):
        shown = [
            formula.latex.count(mark(at)) * width(hole) for at, hole in enumerate(formula.holes)
        ]
        return _written(filled(formula.latex, formula.holes, lambda _: "")) + sum(shown)
    if isinstance(formula, Line):
        return sum(map(width, formula.parts))
    if not isinstance(formula, Matrix):
        return _written(typeset(formula))
    if formula.kind == "column":
        return max(map(width, formula.rows[0]), default=0) + BRACKETS
    columns: list[float] = []
    for row in formula.rows:
        columns.extend([0.0] * (len(row) - len(columns)))
        columns = [max(pair) for pair in zip(columns, map(width, row), strict=False)] or columns
    name = len("diag") if formula.kind == "diagonal" else 0
    return sum(columns) + COLUMN_GAP * max(0, len(columns) - 1) + BRACKETS + name


def height(formula: Formula) -> int:
    """How many lines of numbers a formula is high."""
    if isinstance(formula, Expression):
        return max(map(height, formula.holes), default=1)
    if isinstance(formula, Line):
        return max(map(height, formula.parts), default=1)
    if not isinstance(formula, Matrix) or formula.kind == "diagonal":
        return 1
    if formula.kind == "column":
        return sum(map(height, formula.rows[0]))
    return sum(max(map(height, row), default=0) for row in formula.rows)


def pieces(formula: Formula, most: float) -> list[Piece]:
    """The formula cut before its outermost signs; within a term only if it is wider than `most`.

    >>> total = Expression("", r"a + \\left(b + c\\right) - d")
    >>> [piece.latex for piece in pieces(total, 50)]
    ['a', '+ \\\\left(b + c\\\\right)', '- d']
    """
    if isinstance(formula, Line):
        found = _joined([piece for part in formula.parts for piece in pieces(part, most)], most)
        return found if len(found) == 1 else [Piece(_free(one.latex), one.width) for one in found]
    if isinstance(formula, Matrix) and formula.kind == "diagonal" and width(formula) > most:
        return _entries(formula)
    if not isinstance(formula, Expression):
        return [Piece(typeset(formula), width(formula))]
    cut = [Expression("", part, formula.holes) for part in _cut(formula.latex)]
    return _joined([Piece(typeset(part), width(part)) for part in cut], most)


def _entries(diagonal: Matrix) -> list[Piece]:
    """A long diagonal, cut after its commas."""
    *entries, last = map(typeset, diagonal.rows[0])
    written = [*(f"{entry}," for entry in entries), f"{last})"]
    written[0] = rf"\operatorname{{diag}}({written[0]}"
    return [Piece(latex, width(Expression("", latex))) for latex in written]


def _free(latex: str) -> str:
    r"""Brackets that grow, but whose partners are in another piece, as brackets that do not.

    >>> print(_free(r"\left(a \cdot \left(b\right) + c"))
    (a \cdot \left(b\right) + c
    """
    open_ones: list[int] = []
    alone: list[tuple[int, int]] = []
    for found in re.finditer(r"\\(left|right)(?![a-zA-Z])", latex):
        if found[1] == "left":
            open_ones.append(found.start())
        elif open_ones:
            open_ones.pop()
        else:
            alone.append(found.span())
    alone += [(start, start + len(r"\left")) for start in open_ones]
    for start, end in sorted(alone, reverse=True):
        latex = latex[:start] + latex[end:]
    return latex


def _joined(found: list[Piece], most: float) -> list[Piece]:
    """Pieces such that each but the first starts with a sign, which is not alone."""
    with_signs = _merged(found, lambda last, piece: last in SIGNS or not piece.startswith(SIGNS))
    return _merged(with_signs, lambda _, piece: not piece.startswith(("+", "-")), most)


def _merged(
    found: list[Piece], belong: Callable[[str, str], bool], most: float = math.inf
) -> list[Piece]:
    """Neighbours that belong together, and are together no wider than `most`, as one."""
    merged: list[Piece] = []
    for piece in found:
        last = merged[-1] if merged else None
        if (
            last is not None
            and last.width + piece.width <= most
            and belong(last.latex, piece.latex)
        ):
            piece = Piece(f"{last.latex} {piece.latex}", merged.pop().width + piece.width)
        merged.append(Piece(piece.latex.strip(), piece.width))
    return merged


def _cut(latex: str) -> list[str]:
    """LaTeX cut before each sign that stands between spaces and outside of all brackets."""
    parts, depth, start = [], 0, 0
    for found in TOKEN.finditer(latex):
        token, at = found[0], found.start()
        depth += (token in OPENING) - (token in CLOSING)
        between = latex[at - 1 : at] == " " and latex[found.end() : found.end() + 1] == " "
        if depth == 0 and token in SIGNS and between and latex[start:at].strip():
            parts.append(latex[start:at].strip())
            start = at
    return [*parts, latex[start:].strip()]


def _written(latex: str) -> float:
    """The width of LaTeX without arrays in it: a command is a letter, a fraction its wider half.

    A sign between others has space around it.
    """
    while (found := FRACTION.search(latex)) is not None:
        wider = max(found.groups(), key=lambda half: _written(half))
        latex = latex[: found.start()] + wider + latex[found.end() :]
    signs = len(BETWEEN.findall(f" {latex} "))
    return len(UNSEEN.sub("", COMMAND.sub("x", UPRIGHT.sub("", latex)))) + 1.5 * signs
