"""Numbers as they are shown: digits and decimals, = and ≈, what stands as a column, what fits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.explain.numbers_of import evaluation, line, named, numbers

from chainrule.explain.numbers.rounding import number_of, rounded_text, texts_of
from chainrule.explain.numbers.shown import Value, shown_array
from chainrule.explain.options import Options
from chainrule.notation.formula import Matrix, Number, Summary, inline

# What is shown of a number that is only known as float64.


@pytest.mark.parametrize(
    ("number", "options", "text"),
    [
        (2.78946809e-10, {}, "2.789e-10"),
        (1.6e-5, {}, "1.6e-5"),
        (0.00012346, {}, "0.0001235"),
        (0.125, {"digits": 2}, "0.13"),  # a half is rounded up, as at school
        (-0.125, {"digits": 2}, "-0.13"),
        (12.0, {}, "12"),
        (123456.0, {}, "123456"),
        (123456.7, {}, "1.235e5"),
        (-3584912847.13, {}, "-3.585e9"),
        (2.0**40, {}, "1.1e12"),
        (0.5, {}, "0.5"),
        (-0.0, {}, "0"),
        (-1e-320, {}, "-1e-320"),
        (0.1 + 0.2, {"digits": 17}, "0.30000000000000004"),
        (2 / 3, {"digits": 1}, "0.7"),
        (9.96, {"digits": 2}, "10"),
        (0.999, {"digits": 2}, "1"),
        (0.0625, {"digits": 2}, "0.063"),
        (1 / 3, {"decimals": 3}, "0.333"),
        (22.5, {"decimals": 0}, "23"),
        (-22.5, {"decimals": 0}, "-23"),
        (0.0004, {"decimals": 3}, "0.000"),
        (-0.0004, {"decimals": 3}, "0.000"),
        (12345.678, {"decimals": 2}, "12345.68"),
        (3.0, {"decimals": 2}, "3.00"),
        (1e300, {"decimals": 2}, "1e300"),
        (float("inf"), {"decimals": 2}, "inf"),
        (float("-inf"), {}, "-inf"),
        (float("nan"), {}, "nan"),
    ],
)
def test_rounded(number: float, options: dict[str, Any], text: str) -> None:
    assert rounded_text(number, Options(**options)) == text


@given(st.floats(), st.integers(1, 17))
def test_digits_are_the_nearest(number: float, digits: int) -> None:
    text = rounded_text(number, Options(digits))
    read = number_of(text)
    if isinstance(read, float):
        assert np.array_equal(read, number, equal_nan=True)
        return
    exact = Fraction(number)
    size = 10 ** (len(str(abs(int(exact)))) - 1)
    while size > abs(exact) > 0:
        size = Fraction(size, 10)
    assert abs(read - exact) <= Fraction(size) / 10 ** (digits - 1) / 2
    assert not text.startswith("-0") or read < 0


@given(st.floats(-1e9, 1e9), st.integers(0, 12))
def test_decimals_are_the_nearest(number: float, decimals: int) -> None:
    text = rounded_text(number, Options(decimals=decimals))
    assert len(text.partition(".")[2]) == decimals
    assert abs(Fraction(text) - Fraction(number)) <= Fraction(1, 2 * 10**decimals)


# Numbers that are known exactly, all entries of an array treated alike.


@pytest.mark.parametrize(
    ("entries", "options", "shown"),
    [
        ("2/3", {}, "= 2/3"),
        ("-2/3", {}, "= -2/3"),
        ("1/4", {}, "= 0.25"),
        ("1/20", {}, "= 0.05"),
        ("1/1000000", {}, "= 1e-6"),
        ("1/64", {}, "= 1/64"),  # 0.015625 has five digits
        ("1/64", {"digits": 5}, "= 0.015625"),
        ("754/25", {}, "= 30.16"),
        ("754/25", {"digits": 2}, "≈ 30"),  # nobody writes the fraction
        ("1/128", {}, "≈ 0.007813"),
        ("22/7", {}, "= 22/7"),
        ("1000/7", {}, "≈ 142.9"),
        ("123456789", {}, "= 123456789"),
        ("12345678901", {}, "≈ 1.235e10"),
        ("20000000000", {}, "= 2e10"),
        ("1234567/100000", {}, "≈ 12.35"),
        ("1/4 2/3", {}, "= [1/4 2/3]"),
        ("1/4 2 -1/2", {}, "= [0.25 2 -0.5]"),
        ("1/3 2 0", {}, "= [1/3 2 0]"),
        ("1/1000 2/3", {}, "≈ [0.001 0.6667]"),
        ("2/3", {"decimals": 3}, "≈ 0.667"),
        ("1/4", {"decimals": 3}, "= 0.250"),
        ("1/4", {"decimals": 1}, "≈ 0.3"),
        ("4 1", {"decimals": 3}, "= [4 1]"),
        ("4 1/2", {"decimals": 3}, "= [4.000 0.500]"),
        ("1/100000 1", {"decimals": 2}, "≈ [0.00 1.00]"),
    ],
)
def test_exact(entries: str, options: dict[str, Any], shown: str) -> None:
    fractions = [Fraction(entry) for entry in entries.split()]
    exact = np.array(fractions, dtype=object)
    exact = exact if len(fractions) > 1 else exact.reshape(())
    found = shown_array(Value(exact.astype(float), exact), Options(**options))
    assert line(found) == shown


@given(st.lists(st.fractions(max_denominator=200), min_size=1, max_size=6), st.integers(1, 9))
def test_equals_is_said_of_true_numbers_only(fractions: list[Fraction], digits: int) -> None:
    texts, is_true = texts_of(fractions, Options(digits))
    assert is_true == ([number_of(text) for text in texts] == fractions)


def test_what_is_not_known_exactly_is_never_said_to_be_equal() -> None:
    assert line(shown_array(Value(np.array([1.0, 2.0])), Options())) == "≈ [1 2]"


# = and ≈ in programs.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x = 0.1\ny = x + 0.2", "= 0.3"),
        ("x = 2\ny = x / 3", "= 2/3"),
        ("x = [1, 2]\ny = mean(x ^ 2)", "= 2.5"),
        ("x = [0, 0, 0]\ny = softmax(x)", "= [1/3 1/3 1/3]"),
        ("x = [0, 1]\ny = sigmoid(x)", "≈ [0.5 0.7311]"),
        ("x = [3, 4]\ny = norm(x)", "= 5"),
        ("x = [3, 5]\ny = norm(x)", "≈ 5.831"),
        ("x = 100\ny = sigmoid(x)", "≈ 1"),  # it is below 1
        ("x = 100\ny = sigmoid(x) + 0.5", "≈ 1.5"),
        ("x = 0\ny = tanh(x) + cos(x)", "= 1"),
        ("x = 0.5\ny = relu(tanh(x)) - tanh(x)", "= 0"),
        ("x = 1.5\ny = sin(x) ^ 2 + cos(x) ^ 2", "≈ 1"),
        ("x = 0.5\ny = number(tanh(x) > 0)", "= 1"),
        ("x = 0\ny = log(x)", "≈ -inf"),
        ("x = 0\ny = x / x", "≈ nan"),
        ("x = 3.14159265358979\ny = sin(x)", "≈ 3.231e-15"),
        ("A = [[2, 1], [1, 1]]\ny = inv(A)", "= [1 -1; -1 2]"),
        ("x = 3\ny = x ^ 40", "≈ 1.216e19"),
    ],
)
def test_of_programs(text: str, shown: str) -> None:
    assert numbers(text, "y") == shown


def test_given_numbers_are_what_is_written() -> None:
    assert numbers("x = [0.1, 0.20, 1e-3]", "x") == "= [0.1 0.2 0.001]"
    assert numbers("x = 0.12345678901234567", "x") == "≈ 0.1235"


def test_full_precision_goes_on() -> None:
    """A rounded number never feeds the next line."""
    text = "a = 1.00004\nb = a - 1\nc = 100000 * b"
    assert [numbers(text, name) for name in "abc"] == ["≈ 1", "= 4e-5", "= 4"]


# What stands as a column.


@pytest.mark.parametrize(
    ("text", "vector"),
    [
        ("W = [[1, 2], [3, 4]]\nx = [1, 2]\ny = W @ x", "column"),
        ("W = [[1, 2], [3, 4]]\nx = [1, 2]\ny = x @ W", "row"),
        ("W = [[1, 2], [3, 4]]\nx = [1, 2]\ny = x @ W @ x", "row"),
        ("W = [[1, 2], [3, 4]]\nx = [1, 2]\ny = (x @ W) + (W @ x)", "row"),
        ("x = [1, 2]\ny = sum(x)", "row"),
    ],
)
def test_vectors_stand_as_the_program_uses_them(text: str, vector: str) -> None:
    found = evaluation(text)
    assert found.source.vectors == vector
    (x,) = named(found, "x")
    assert found.shown(x).formula == Matrix(((Number("1"), Number("2")),), vector)
    assert found.shown(x, "diagonal").formula == Matrix(((Number("1"), Number("2")),), "diagonal")


# What fits, and what does not.


@pytest.mark.parametrize(
    ("shape", "vector", "fits"),
    [
        ((), "row", True),
        ((16,), "row", True),
        ((16,), "column", True),
        ((17,), "column", False),
        ((30,), "row", True),
        ((65,), "row", False),
        ((4, 16), "row", True),
        ((16, 4), "row", True),
        ((17, 2), "row", False),
        ((2, 2, 2), "row", True),
        ((9, 2, 1), "row", False),
        ((0,), "row", False),
        ((2, 0), "row", False),
        ((0, 0), "row", False),
    ],
)
def test_what_fits(shape: tuple[int, ...], vector: str, fits: bool) -> None:
    found = shown_array(Value(np.ones(shape)), Options(), vector).formula
    assert isinstance(found, Summary) != fits
    if isinstance(found, Summary):
        assert found.shape == shape


def test_a_wide_row_fits_if_its_numbers_are_short() -> None:
    short, long = np.zeros(40), np.full(40, 1 / 3)
    assert isinstance(shown_array(Value(short), Options()).formula, Matrix)
    assert isinstance(shown_array(Value(long), Options()).formula, Summary)


def test_a_summary() -> None:
    array = np.arange(200.0).reshape(10, 20) - 3
    found = shown_array(Value(array), Options())
    assert found == shown_array(Value(array, np.vectorize(Fraction)(array)), Options())
    assert line(found) == "≈ array 10 × 20 of [-3, 196], norm 1590: -3, -2, -1, 0, …"


@pytest.mark.parametrize(
    ("entry", "norm"), [(1e200, "1e201"), (1e-200, "1e-199"), (np.inf, "inf"), (np.nan, "nan")]
)
def test_the_norm_of_a_summary_neither_overflows_nor_vanishes(entry: float, norm: str) -> None:
    formula = shown_array(Value(np.full(100, entry)), Options()).formula
    assert isinstance(formula, Summary)
    assert formula.norm == Number(norm)


def test_more_axes_are_a_column_of_matrices() -> None:
    formula = shown_array(Value(np.arange(8.0).reshape(2, 2, 2)), Options()).formula
    assert inline(formula) == "[[0 1; 2 3]; [4 5; 6 7]]"
