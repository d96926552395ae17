"""Formulas in lines of text: matrices line up, long formulas are broken, nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.explain.formulas import NUMBERS, equations, formulas, matrices
from tests.explain.reading_back import are_in_order, numbers_in_text, numbers_of
from tests.explain.sample import SOFTMAX, expression, numbers

from chainrule.explain.explanation import Equal
from chainrule.explain.printers.boxes import Box, below, beside, box, cells
from chainrule.explain.printers.equations import equation
from chainrule.explain.printers.laid_out import fitted
from chainrule.notation.formula import (
    Expression,
    Formula,
    Line,
    Matrix,
    Number,
    Summary,
    inline,
    mark,
)


def shown(one: Box) -> str:
    return "\n".join(line.rstrip() for line in one.lines)


def drawn(text: str) -> str:
    """What a test draws: without the line breaks around it."""
    return text.strip("\n")


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("W1 @ x", 6),
        ("∂S/∂O ≈ ⎡1⎤ · 10⁻¹⁰", 19),
        ("연쇄 법칙", 9),
        ("ŷ", 1),
        ("y\u0302", 1),  # the circumflex is a character of its own
        ("\u1112\u1161\u11ab글", 4),  # Hangul letter by letter
        ("（", 2),
        ("", 0),
    ],
)
def test_a_text_takes_as_many_cells_as_a_terminal_gives_it(text: str, width: int) -> None:
    from rich.cells import cell_len

    assert cells(text) == width == cell_len(text)


LAID_OUT: list[tuple[Formula, str]] = [
    (numbers("4 1", kind="row"), "[4 1]"),
    (numbers("0.25 -1.5", kind="row"), "[0.25  -1.5]"),
    (numbers("1 0.5", kind="diagonal"), "diag(1, 0.5)"),
    (Matrix(()), "[]"),
    (Matrix(((), ())), "[]"),
    (Number("-1.6e-5"), "-1.6×10⁻⁵"),
    (
        numbers("6 -2 11", kind="column"),
        """
⎡ 6⎤
⎢-2⎥
⎣11⎦
""",
    ),
    (
        numbers("0.5 2/3", "-12 1/3", "7.25 -1/6"),
        """
⎡  0.5    2/3⎤
⎢-12      1/3⎥
⎣  7.25  -1/6⎦
""",
    ),
    (
        numbers("2.789e-10 0", "-2.789e-10 1"),
        """
⎡ 2.789×10⁻¹⁰  0⎤
⎣-2.789×10⁻¹⁰  1⎦
""",
    ),
    (
        SOFTMAX,
        """
⎡S0(1-S0)   -S0S1  ⎤
⎣ -S1S0    S1(1-S1)⎦
""",
    ),
    (
        Matrix(
            ((expression("손실"), expression("ŷ")), (Number("0"), expression("y\u0302y\u0302")))
        ),
        """
⎡손실  ŷ ⎤
⎣ 0    y\u0302y\u0302⎦
""",
    ),
    (
        expression(f"({mark(0)} @ {mark(1)} + 1)^2", "", numbers("2 1"), numbers("1 -2", "2 5")),
        """
⎛[2 1] @ ⎡1 -2⎤ + 1⎞^2
⎝        ⎣2  5⎦    ⎠
""",
    ),
    (
        expression(f"relu({mark(0)}[0])", "", numbers("1", "2", "3")),
        """
    ⎛⎡1⎤   ⎞
relu⎜⎢2⎥[0]⎟
    ⎝⎣3⎦   ⎠
""",
    ),
    (
        Matrix(((numbers("1 2", "3 4"),), (numbers("5 6", "7 8"),))),
        """
⎡⎡1 2⎤⎤
⎢⎣3 4⎦⎥
⎢     ⎥
⎢⎡5 6⎤⎥
⎣⎣7 8⎦⎦
""",
    ),
    (
        Summary((64, 784), Number("-3.1"), Number("2.9"), Number("17.3"), (Number("2.5e-9"),)),
        "an array of 64 × 784 from -3.1 to 2.9, norm 17.3: 2.5×10⁻⁹, …",
    ),
    (Summary((9, 9), is_diagonal=True), "a diagonal matrix of 9 × 9"),
]


@pytest.mark.parametrize(("formula", "lines"), LAID_OUT)
def test_what_formulas_look_like(formula: Formula, lines: str) -> None:
    assert shown(fitted(formula, 96)) == drawn(lines)


def test_an_equation_that_fits_is_on_one_line() -> None:
    product = Line(
        (numbers("4 1", kind="row"), expression(" @ "), numbers("3 -3", "-1 1"))
    )  # fmt: skip
    sides = [Equal(expression("L @ W1")), Equal(product), Equal(numbers("11 -11", kind="row"))]
    assert shown(equation(expression("O"), sides, 96)) == drawn("""
O = L @ W1 = [4 1] @ ⎡ 3 -3⎤ = [11 -11]
                     ⎣-1  1⎦
""")
    assert shown(equation(expression("O"), sides, 30)) == drawn("""
O = L @ W1
  = [4 1] @ ⎡ 3 -3⎤
            ⎣-1  1⎦
  = [11 -11]
""")


def test_what_is_rounded_stands_behind_another_sign() -> None:
    sides = [Equal(expression("exp(x)")), Equal(Number("2.718"), "result", is_exact=False)]
    assert shown(equation(expression("y"), sides, 96)) == "y = exp(x) ≈ 2.718"


def test_a_long_left_side_stands_on_its_own() -> None:
    sides = [Equal(expression("first * second")), Equal(Number("3"))]
    assert shown(equation(expression("∂loss/∂weights"), sides, 24)) == drawn("""
∂loss/∂weights
  = first * second
  = 3
""")


BROKEN = [
    ("a * b + c * d - e * f", 14, "a * b + c * d\n- e * f"),
    ("∂l/∂S · ∂S/∂O · ∂O/∂W", 16, "∂l/∂S · ∂S/∂O\n· ∂O/∂W"),
    ("softmax(first, second)", 16, "softmax(first,\nsecond)"),
    ("f(a + b) + g(c + d)", 14, "f(a + b)\n+ g(c + d)"),
    ("S0(1-S0)S1(1-S1)S2", 13, "S0(1-S0)S1(1\n-S1)S2"),
    ("1.5e-10*abcdefg", 12, "1.5e-10*abcdefg"),  # there is no place to break it at
]


@pytest.mark.parametrize(("text", "width", "lines"), BROKEN)
def test_lines_are_broken_at_the_loosest_sign(text: str, width: int, lines: str) -> None:
    assert shown(fitted(expression(text), width)) == lines


def test_a_wide_matrix_is_printed_in_blocks_of_columns() -> None:
    wide = numbers("1 2 3 4 5 6 7 8 9", "10 20 30 40 50 60 70 80 90")
    assert shown(equation(expression("W"), [Equal(wide)], 27)) == drawn("""
W = columns 1 to 7 of 9:
    ⎡ 1  2  3  4  5  6  7⎤
    ⎣10 20 30 40 50 60 70⎦
    columns 8 to 9 of 9:
    ⎡ 8  9⎤
    ⎣80 90⎦
""")
    assert numbers_in_text(shown(fitted(wide, 20))) == numbers_of(wide)


def test_a_long_vector_is_printed_in_blocks_of_entries() -> None:
    assert shown(fitted(numbers("1 2 3 4 5 6 7 8 9", kind="row"), 16)) == drawn("""
entries 1 to 7
of 9:
[1 2 3 4 5 6 7]
entries 8 to 9
of 9:
[8 9]
""")


WIDTHS = st.integers(40, 120)


@given(equations(), WIDTHS)
def test_no_line_is_longer_than_the_width(equal: tuple[Formula, list[Equal]], width: int) -> None:
    found = equation(*equal, width)
    assert max(map(cells, found.lines)) <= width


@given(formulas(), WIDTHS)
def test_boxes_are_rectangles(formula: Formula, width: int) -> None:
    found = fitted(formula, width)
    assert {cells(line) for line in found.lines} == {found.width}
    assert 0 <= found.baseline < found.height


@given(formulas())
def test_numbers_are_read_back_in_order(formula: Formula) -> None:
    read = numbers_in_text(shown(fitted(formula, 10**6)))
    assert read == numbers_in_text(inline(formula))
    assert are_in_order(numbers_of(formula), read)


@given(matrices(NUMBERS), WIDTHS)
def test_blocks_of_a_matrix_lose_nothing(matrix: Matrix, width: int) -> None:
    assert numbers_in_text(shown(fitted(matrix, width))) == numbers_of(matrix)


def boxes() -> st.SearchStrategy[Box]:
    """Rectangles of letters."""
    sizes = st.tuples(st.integers(1, 4), st.integers(1, 4))
    return sizes.flatmap(
        lambda size: st.integers(0, size[0] - 1).map(
            lambda baseline: Box(("x" * size[1],) * size[0], size[1], baseline)
        )
    )


@given(st.lists(boxes(), min_size=1, max_size=4))
def test_neighbours_stand_on_one_line(row: list[Box]) -> None:
    found = beside(row)
    assert found.width == sum(one.width for one in row)
    assert found.lines[found.baseline] == "x" * found.width
    assert "".join(found.lines).count("x") == sum(one.width * one.height for one in row)


@given(st.lists(boxes(), min_size=1, max_size=4), st.integers(0, 2))
def test_boxes_below_each_other_are_as_wide_as_the_widest(column: list[Box], gap: int) -> None:
    found = below(column, gap)
    assert found.width == max(one.width for one in column)
    assert found.height == sum(one.height for one in column) + gap * (len(column) - 1)


def test_an_empty_row_of_boxes_is_an_empty_line() -> None:
    assert beside([]) == box("")


def test_a_deep_formula_is_laid_out() -> None:
    deep: Formula = expression("x")
    for _ in range(60):
        deep = expression(f"f({mark(0)})", "f", deep)
    assert shown(fitted(deep, 500)).count("f(") == 60
    assert isinstance(deep, Expression)
