"""Numerator and denominator layout, arrays by rows and by columns: matters of display only."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Literal

import numpy as np
import pytest
from tests.explain.derived import paper
from tests.explain.truth import dense_array

from chainrule.explain.explain import explanation
from chainrule.explain.explanation import Explanation
from chainrule.explain.numbers.shown import Value, shown_array
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.explain.views.layout import (
    laid_out,
    laid_out_value,
    reversed_line,
    size_text,
    transposed,
)
from chainrule.graph.node import Array, size_of
from chainrule.notation.formula import (
    Expression,
    Formula,
    Line,
    Matrix,
    Number,
    Summary,
    inline,
    typeset,
)

DENOMINATOR = Options(layout="denominator")
COLUMNS = Options(flatten="columns")


def matrix_of(values: Array) -> Matrix:
    """An array of numbers as a formula."""
    return Matrix(tuple(tuple(Number(f"{entry:g}") for entry in row) for row in values))


def expected(
    values: Array, output: tuple[int, ...], input_: tuple[int, ...], how: Options
) -> Array:
    """The same by NumPy's own reshaping."""
    order: Literal["F", "C"] = "F" if how.flatten == "columns" else "C"
    tensor = values.reshape(output + input_)
    flat = [np.ravel(tensor[at], order=order) for at in np.ndindex(*output)]
    by_output = np.stack(flat).reshape((*output, -1))
    columns = [np.ravel(by_output[..., at], order=order) for at in range(size_of(input_))]
    found = np.stack(columns, axis=1)
    return found.T if how.layout == "denominator" else found


@pytest.mark.parametrize(
    ("output", "input_"),
    list(product([(), (3,), (2, 3), (3, 2)], [(), (2,), (2, 2), (3, 2)])),
)
@pytest.mark.parametrize("layout", ["numerator", "denominator"])
@pytest.mark.parametrize("flatten", ["rows", "columns"])
def test_a_matrix_is_laid_out_as_numpy_would(
    output: tuple[int, ...], input_: tuple[int, ...], layout: str, flatten: str
) -> None:
    how = Options(layout=layout, flatten=flatten)
    size = int(np.prod(output, dtype=int)), int(np.prod(input_, dtype=int))
    values = np.arange(1.0, 1 + size[0] * size[1]).reshape(size)
    found = laid_out(matrix_of(values), output, input_, how)
    np.testing.assert_array_equal(dense_array(found), expected(values, output, input_, how))
    assert size_text(size, how) == dense_array(found).shape


@pytest.mark.parametrize("how", [DENOMINATOR, COLUMNS, Options()])
@pytest.mark.parametrize(("output", "input_"), [((2, 3), (2, 3)), ((2, 3), (6,)), ((4,), (2, 2))])
def test_a_diagonal_is_the_matrix_it_stands_for(
    output: tuple[int, ...], input_: tuple[int, ...], how: Options
) -> None:
    entries = np.arange(1.0, 1 + np.prod(output))
    diagonal = Matrix((tuple(Number(f"{entry:g}") for entry in entries),), "diagonal")
    found = dense_array(laid_out(diagonal, output, input_, how))
    np.testing.assert_array_equal(found, expected(np.diag(entries), output, input_, how))


@pytest.mark.parametrize(
    "formula", [Number("3"), Expression("W1ᵀ", "W_{1}^{\\top}"), Matrix(((Number("1"),),), "row")]
)
def test_what_is_no_matrix_stays(formula: Formula) -> None:
    assert laid_out(formula, (), (), DENOMINATOR) is formula


@pytest.mark.parametrize("layout", ["numerator", "denominator"])
@pytest.mark.parametrize("flatten", ["rows", "columns"])
def test_the_first_entries_of_a_large_matrix_are_those_of_its_layout(
    layout: str, flatten: str
) -> None:
    how = Options(layout=layout, flatten=flatten)
    values = np.arange(9.0 * 12).reshape(9, 12)
    exact = np.vectorize(Fraction, otypes=[object])(values)
    found = laid_out_value(Value(values, exact), (3, 3), (3, 4), how)
    wanted = expected(values, (3, 3), (3, 4), how)
    np.testing.assert_array_equal(found.array, wanted)
    assert found.exact is not None
    assert found.exact.tolist() == wanted.tolist()
    shown = shown_array(found, how).formula
    assert isinstance(shown, Summary)
    assert shown.shape == wanted.shape
    assert [float(one.text) for one in shown.first] == wanted.reshape(-1)[:4].tolist()


def test_first_entries_that_are_not_known_leave_no_dots() -> None:
    low, high, norm = Number("0"), Number("1"), Number("3")
    summary = Summary((9, 12), low, high, norm, (Number("1"), Number("0")))
    found = laid_out(summary, (9,), (12,), DENOMINATOR)
    assert inline(found) == "array 12 × 9 of [0, 1], norm 3"
    assert typeset(found).startswith(r"\left[ \ldots \right] \in")
    for language in ("en", "ko"):
        assert "…" not in str(Explanation(found, "chain", (), language))
    square = Summary((9, 9), low, high, norm, (Number("1"), Number("0")))
    assert inline(laid_out(square, (9,), (9,), DENOMINATOR)) == "array 9 × 9 of [0, 1], norm 3"
    kept = laid_out(summary, (9,), (12,), Options())
    assert inline(kept) == "array 9 × 12 of [0, 1], norm 3: 1, 0, …"


def test_the_chain_view_shows_the_first_entries_in_denominator_layout() -> None:
    text = "X = [[1, 2, 3], [4, 5, 6]]\nW = ones(3, 40)\nY = X @ W\nl = sum(Y^2)\n∂Y/∂X\n∂l/∂X"
    read = paper(text)
    found = explanation(read, topics_of(read), "chain", DENOMINATOR)
    shown = [
        side.formula
        for step in found.walk()
        for side in step.sides
        if isinstance(side.formula, Summary)
    ]
    assert shown
    assert all(one.low is None or one.first for one in shown)


def test_a_summary_changes_only_its_shape() -> None:
    found = laid_out(
        Summary((2, 640), Number("0"), Number("1"), Number("9")), (2,), (640,), DENOMINATOR
    )
    assert isinstance(found, Summary)
    assert (found.shape, found.norm) == ((640, 2), Number("9"))


@pytest.mark.parametrize(
    ("written", "turned"),
    [("W1ᵀ", "W1"), ("A", "Aᵀ"), ("A @ B", "(A @ B)ᵀ"), ("(A @ B)ᵀ", "((A @ B)ᵀ)ᵀ")],
)
def test_an_expression_is_transposed_by_sign(written: str, turned: str) -> None:
    latex = written.replace("ᵀ", r"^{\top}")
    assert transposed(Expression(written, latex)).text == turned


def line(text: str) -> Line:
    """`a · b + c · d` as a line of its parts."""
    parts = text.replace(" · ", "|·|").replace(" + ", "|+|").split("|")
    shown = [f" {part} " if part in "·+" else part for part in parts]
    return Line(tuple(Expression(part, part) for part in shown))


@pytest.mark.parametrize(
    ("numerator", "denominator"),
    [("a · b", "b · a"), ("a · b · c", "c · b · a"), ("a · b + c", "b · a + c"), ("a", "a")],
)
def test_products_turn_round_and_sums_do_not(numerator: str, denominator: str) -> None:
    assert inline(reversed_line(line(numerator), DENOMINATOR)) == denominator
    assert inline(reversed_line(line(numerator), Options())) == numerator


def test_a_sum_over_paths_in_a_chain_keeps_its_parentheses() -> None:
    opening, closing = Expression("(", "("), Expression(")", ")")
    chain = Line((Line((opening, line("a · b + c"), closing)), Expression(" · ", "·"), line("d")))
    assert inline(reversed_line(chain, DENOMINATOR)) == "d · (b · a + c)"
