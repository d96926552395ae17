"""Values as they are drawn: small arrays written out, larger ones by their shape."""

from __future__ import annotations

from chainrule.explain.drawing.graph import Block
from chainrule.explain.drawing.measure import cells, clipped
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Value
from chainrule.graph.node import Shape
from chainrule.graph.sizes import Size
from chainrule.notation.formula import Formula, Matrix, Number

__all__ = ["block", "is_small", "pretty", "shape_block"]

MOST_ENTRIES = 20
MOST_ROWS = 5
WIDEST = 34  # cells of a row
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_small(shape: Shape) -> bool:
    """Whether an array is written out."""
    if any(isinstance(length, Size) for length in shape) or len(shape) > 2:
        return False
    rows = shape[0] if len(shape) == 2 else 1
    columns = shape[-1] if shape else 1
    return 0 < rows * columns <= MOST_ENTRIES and rows <= MOST_ROWS


def block(evaluation: Evaluation, value: Value) -> Block:
    """A value with its sign; by its shape if its rows are too wide."""
    shown = evaluation.shown(value, "row")
    rows = _rows(shown.formula)
    if rows is None or cells(rows[0]) > WIDEST:
        return shape_block(value.array.shape)
    return Block("=" if shown.is_exact else "≈", rows, value.array.ndim > 0)


def shape_block(shape: Shape) -> Block:
    """What is only known, or too large, is said by its space.

    >>> shape_block((3, 4)).text, shape_block(()).text
    ('∈ ℝ^(3×4)', '∈ ℝ')
    """
    if not shape:
        return Block("∈", ("ℝ",))
    size = "×".join(map(str, shape))
    return Block("∈", (clipped(f"ℝ^({size})" if len(shape) > 1 else f"ℝ^{size}", WIDEST),))


def _rows(formula: Formula) -> tuple[str, ...] | None:
    """The rows of numbers, columns one below another; None for what is no small array."""
    if isinstance(formula, Number):
        return (pretty(formula.text),)
    if not isinstance(formula, Matrix) or formula.kind == "diagonal":
        return None
    texts = [[pretty(one.text) for one in row if isinstance(one, Number)] for row in formula.rows]
    if not texts or any(len(row) != len(texts[0]) or not row for row in texts):
        return None
    widths = [max(map(cells, column)) for column in zip(*texts, strict=True)]
    return tuple(
        "  ".join(
            " " * (width - cells(text)) + text for text, width in zip(row, widths, strict=True)
        )
        for row in texts
    )


def pretty(number: str) -> str:
    """A number with its power of ten as one writes it.

    >>> pretty("2.789e-10"), pretty("-2/3")
    ('2.789×10⁻¹⁰', '-2/3')
    """
    mantissa, _, exponent = number.partition("e")
    if not exponent or not mantissa:
        return number
    return f"{mantissa}×10{exponent.translate(SUPERSCRIPT)}"
