"""Matrices as the options lay them out: numerator or denominator layout, arrays by rows or columns.

Both are matters of display only: what is computed is outputs × inputs, flattened row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.explain.numbers.shown import Value
from chainrule.explain.options import Options
from chainrule.graph.node import Shape, size_of
from chainrule.notation.formula import Expression, Formula, Line, Matrix, Number, Summary

__all__ = [
    "is_reordered",
    "laid_out",
    "laid_out_value",
    "ordered",
    "reversed_line",
    "size_text",
    "transposed",
]

ZERO = Number("0")


def laid_out(formula: Formula, output: Shape, input_: Shape, options: Options) -> Formula:
    """A matrix of `output` × `input_`, both flattened row by row, as the options want it.

    >>> M = Matrix(((Number("1"), Number("2")), (Number("3"), Number("4"))))
    >>> from chainrule.notation.formula import inline
    >>> inline(laid_out(M, (2,), (2,), Options(layout="denominator")))
    '[1 3; 2 4]'
    """
    if isinstance(formula, Summary):
        return _summary(formula, output, input_, options)
    if not isinstance(formula, Matrix) or formula.kind in ("row", "column"):
        return formula
    if formula.kind == "diagonal":
        return _diagonal(formula, output, input_, options)
    rows, columns = _order(output, options), _order(input_, options)
    if len(formula.rows) != len(rows) or any(len(row) != len(columns) for row in formula.rows):
        return formula  # not written out entry by entry
    entries = [[formula.rows[i][j] for j in columns] for i in rows]
    if options.layout == "denominator":
        entries = [list(column) for column in zip(*entries, strict=True)]
    return Matrix(tuple(map(tuple, entries)))


def _diagonal(formula: Matrix, output: Shape, input_: Shape, options: Options) -> Formula:
    rows, columns = _order(output, options), _order(input_, options)
    (entries,) = formula.rows
    if rows == columns:
        return Matrix((tuple(entries[i] for i in rows),), "diagonal")
    dense = tuple(tuple(entries[i] if i == j else ZERO for j in columns) for i in rows)
    transposed = tuple(zip(*dense, strict=True))
    return Matrix(transposed if options.layout == "denominator" else dense)


def _order(shape: Shape, options: Options) -> list[int]:
    """The places of an array's entries, in the order in which it is flattened."""
    places = np.arange(int(np.prod(shape, dtype=int))).reshape(shape)
    flat: list[int] = places.reshape(
        -1, order="F" if options.flatten == "columns" else "C"
    ).tolist()
    return flat


def _summary(found: Summary, output: Shape, input_: Shape, options: Options) -> Summary:
    """The first entries of another order are not known: `laid_out_value` keeps them."""
    is_turned = options.layout == "denominator"
    shape = found.shape[::-1] if is_turned else found.shape
    stays = found.is_diagonal or not is_turned or 1 in found.shape
    is_same = stays and not is_reordered(output, input_, options)
    values = dict(zip(found.fields, found.key(), strict=True))
    return Summary(**values | {"shape": shape, "first": found.first if is_same else ()})


def laid_out_value(value: Value, output: Shape, input_: Shape, options: Options) -> Value:
    """The numbers of a matrix of `output` × `input_` as the options want them, before some of them
    stand for all; what is no such matrix stays.

    >>> value = Value(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> laid_out_value(value, (2,), (2,), Options(layout="denominator")).array.tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    if value.array.shape != (size_of(output), size_of(input_)):
        return value
    places = np.ix_(_order(output, options), _order(input_, options))
    array = value.array[places]
    exact = None if value.exact is None else value.exact[places]
    if options.layout == "denominator":
        array, exact = array.T, None if exact is None else exact.T
    known = dict(zip(value.fields, value.key(), strict=True))
    return Value(**known | {"array": array, "exact": exact, "certain": None})


def is_reordered(output: Shape, input_: Shape, options: Options) -> bool:
    """Whether flattening column by column leads to another matrix than row by row."""
    if options.flatten == "rows":
        return False
    return any(sum(length != 1 for length in shape) > 1 for shape in (output, input_))


def ordered(factors: Sequence[Formula], options: Options) -> list[Formula]:
    """The factors of a product as they stand: in denominator layout from the right."""
    return list(factors) if options.layout == "numerator" else list(reversed(factors))


def size_text(matrix_shape: tuple[int, int], options: Options) -> tuple[int, int]:
    """Rows × columns."""
    rows, columns = matrix_shape
    return (rows, columns) if options.layout == "numerator" else (columns, rows)


def transposed(expression: Expression) -> Expression:
    """An expression of a matrix, transposed by sign.

    >>> transposed(Expression("W1ᵀ", r"W_{1}^{\\top}")).text, transposed(Expression("A", "A")).text
    ('W1', 'Aᵀ')
    """
    text, shown = expression.text, expression.latex
    if text.endswith("ᵀ") and text[:-1].isidentifier() and shown.endswith(r"^{\top}"):
        return Expression(text[:-1], shown.removesuffix(r"^{\top}"))
    if text.isidentifier():
        return Expression(f"{text}ᵀ", rf"{shown}^{{\top}}")
    return Expression(f"({text})ᵀ", rf"\left({shown}\right)^{{\top}}")


def reversed_line(formula: Formula, options: Options) -> Formula:
    """A product of symbols as it stands; sums keep their order, the products in them turn round."""
    if options.layout == "numerator" or not isinstance(formula, Line):
        return formula
    terms: list[list[Formula]] = [[]]
    signs: list[Formula] = []
    for part in formula.parts:
        if isinstance(part, Expression) and part.text == " + ":
            signs.append(part)
            terms.append([])
        else:
            terms[-1].append(reversed_line(part, options))
    parts: list[Formula] = []
    for number, term in enumerate(terms):
        parts += [signs[number - 1]] if number else []
        inner = term[::-1]
        if inner and isinstance(inner[0], Expression) and inner[0].text == ")":
            inner = [inner[-1], *inner[1:-1], inner[0]]
        parts += inner
    return Line(tuple(parts))
