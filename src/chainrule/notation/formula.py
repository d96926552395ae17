"""Formulas as plain data that any printer lays out: expressions, numbers, matrices, lines of them.

An expression has its text and its LaTeX from the same node; where an array of numbers stands in it,
both have a mark, and the array is among its `holes`.  Nothing here computes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.graph.record import Record

__all__ = [
    "Expression",
    "Formula",
    "Line",
    "Matrix",
    "Number",
    "Summary",
    "filled",
    "inline",
    "is_mark",
    "literal",
    "mark",
    "typeset",
]

FIRST_MARK, LAST_MARK = 0xE000, 0xF8FF  # the private use area: in nobody's names


class Expression(Record):
    """What is written in one piece: `W1ᵀ @ dO`, a name, a sign; atomic to layout but for its holes.

    `text` is the paper language (or, of the entries of a matrix, as on a blackboard: S0(1-S0)).
    Hole number i stands where `mark(i)` stands in both notations.
    """

    text: str
    latex: str
    holes: tuple[Formula, ...] = ()


class Number(Record):
    """A number as it is shown: `22`, `-0.25`, `2.789e-10`, `2/3`, `inf`, `nan`.

    Printers write `2.789×10⁻¹⁰` for the exponent, and a fraction as their format does.
    """

    text: str


class Matrix(Record):
    """Rows of formulas.

    `kind` is "matrix"; "row" and "column" of a vector, which has a single row here; "diagonal" of
    a diagonal matrix, whose single row is its diagonal.  An array of more axes is a column of
    matrices: one entry a row, each a matrix itself.
    """

    rows: tuple[tuple[Formula, ...], ...]
    kind: str = "matrix"


class Summary(Record):
    """An array that does not fit: its shape, smallest and largest entry, norm and first entries.

    Without numbers (of a Jacobian that is never written out) there is only its shape.
    """

    shape: tuple[int, ...]
    low: Number | None = None
    high: Number | None = None
    norm: Number | None = None
    first: tuple[Number, ...] = ()
    is_diagonal: bool = False


class Line(Record):
    """Formulas side by side; signs and spaces between them are expressions, too."""

    parts: tuple[Formula, ...]


Formula = Expression | Number | Matrix | Summary | Line


def mark(number: int) -> str:
    """What stands in the place of a hole."""
    return chr(FIRST_MARK + number)


def is_mark(character: str) -> bool:
    """Whether a character stands in the place of a hole."""
    return FIRST_MARK <= ord(character) <= LAST_MARK


def filled(template: str, holes: Sequence[Formula], write: Callable[[Formula], str]) -> str:
    """A text or LaTeX with its holes written out.

    >>> filled(f"2 * {mark(0)}", [Number("5")], inline)
    '2 * 5'
    """
    for number, hole in enumerate(holes):
        template = template.replace(mark(number), write(hole))
    return template


def inline(formula: Formula) -> str:
    """A formula on one line of plain text; a matrix as `[a b; c d]`, inside expressions as brackets
    of brackets.

    >>> W = Matrix(((Number("1"), Number("-2")), (Number("2"), Number("5"))))
    >>> inline(W), inline(Expression(f"relu({mark(0)})", "", (W,)))
    ('[1 -2; 2 5]', 'relu([[1, -2], [2, 5]])')
    >>> inline(Matrix(((Number("1"), Number("0.5")),), "diagonal"))
    'diag(1, 0.5)'
    """
    if isinstance(formula, Expression):
        return filled(formula.text, formula.holes, literal)
    if isinstance(formula, Number):
        return formula.text
    if isinstance(formula, Line):
        return "".join(map(inline, formula.parts))
    if isinstance(formula, Summary):
        return _summary(formula)
    rows = [[inline(entry) for entry in row] for row in formula.rows]
    if formula.kind == "diagonal":
        return f"diag({', '.join(rows[0])})"
    plain = all(entry.lstrip("-").isalnum() or _is_number(entry) for row in rows for entry in row)
    gap = " " if plain else "  "
    return "[" + "; ".join(gap.join(row) for row in rows) + "]"


def literal(formula: Formula) -> str:
    """A formula as the paper language reads it, arrays as brackets with commas.

    >>> literal(Matrix(((Number("1"), Number("2")),))), literal(Matrix(((Number("1"),),), "column"))
    ('[[1, 2]]', '[1]')
    """
    if not isinstance(formula, Matrix):
        return inline(formula)
    if any(isinstance(row[0], Matrix) for row in formula.rows if row):
        return f"[{', '.join(literal(row[0]) for row in formula.rows)}]"
    rows = [f"[{', '.join(map(literal, row))}]" for row in formula.rows]
    if formula.kind in ("row", "column"):
        return rows[0]
    if formula.kind == "diagonal":
        return f"diag({rows[0]})"
    return f"[{', '.join(rows)}]"


def typeset(formula: Formula) -> str:
    r"""A formula as LaTeX.

    >>> typeset(Matrix(((Number("1"), Number("2.5e-10")),), "row"))
    '\\begin{bmatrix} 1 & 2.5 \\times 10^{-10} \\end{bmatrix}'
    >>> typeset(Number("-2/3"))
    '-\\frac{2}{3}'
    """
    if isinstance(formula, Expression):
        return filled(formula.latex, formula.holes, typeset)
    if isinstance(formula, Number):
        return _number_latex(formula.text)
    if isinstance(formula, Line):
        return " ".join(map(typeset, formula.parts))
    if isinstance(formula, Summary):
        return _summary_latex(formula)
    if formula.kind == "diagonal":
        entries = ", ".join(map(typeset, formula.rows[0]))
        return rf"\operatorname{{diag}}\left({entries}\right)"
    if formula.kind == "column":
        rows = [typeset(entry) for entry in formula.rows[0]]
    else:
        rows = [" & ".join(map(typeset, row)) for row in formula.rows]
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"


def _is_number(text: str) -> bool:
    above, _, below = text.partition("/")
    try:
        float(above), float(below or 1)
    except ValueError:
        return False
    return True


def _number_latex(text: str) -> str:
    if text in ("inf", "-inf"):
        return text.replace("inf", r"\infty")
    if text == "nan":
        return r"\mathrm{nan}"
    if "/" in text:
        sign = "-" if text.startswith("-") else ""
        above, below = text.lstrip("-").split("/")
        return rf"{sign}\frac{{{above}}}{{{below}}}"
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa


def _summary(found: Summary) -> str:
    size = " × ".join(map(str, found.shape))
    kind = "diagonal" if found.is_diagonal else "array"
    if found.low is None or found.high is None or found.norm is None:
        return f"{kind} {size}"
    first = ", ".join([*(one.text for one in found.first), "…"])
    range_ = f"{kind} {size} of [{found.low.text}, {found.high.text}], norm {found.norm.text}"
    return f"{range_}: {first}" if found.first else range_


def _summary_latex(found: Summary) -> str:
    size = r" \times ".join(map(str, found.shape))
    kind = r"\operatorname{diag}" if found.is_diagonal else r"\mathbb{R}"
    space = rf"{kind}^{{{size}}}"
    if found.low is None or found.high is None or found.norm is None:
        return rf"\cdot \in {space}"
    low, high, norm = (_number_latex(one.text) for one in (found.low, found.high, found.norm))
    first = ", ".join([*(_number_latex(one.text) for one in found.first), r"\ldots"])
    return (
        rf"\left[ {first} \right] \in {space}, "
        rf"\; {low} \ldots {high}, \; \lVert \cdot \rVert = {norm}"
    )
