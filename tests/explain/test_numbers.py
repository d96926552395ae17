"""Numbers as they are shown: digits and decimals, = and ≈, what does not fit, what underflows."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.explain.numbers_of import evaluation, line, named, numbers

from chainrule.errors import DomainProblem
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.exact import part_of
from chainrule.explain.numbers.from_shown import follows_from_shown
from chainrule.explain.numbers.rounding import number_of, rounded_text, texts_of
from chainrule.explain.numbers.shown import Value, shown_array
from chainrule.explain.options import Options
from chainrule.explain.source import Explainable
from chainrule.graph.named import Graph
from chainrule.graph.node import variable
from chainrule.notation.formula import Matrix, Number, Summary, inline
from chainrule.ops.activation import relu
from chainrule.ops.linear import matmul
from chainrule.ops.normalizing import softmax

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
    assert found.vector == vector
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


# Underflow is said, and only of what is not 0 and smaller than any float64; cancellation is said
# where something is shown as 0 that may be larger.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = [0, -800]\ny = exp(x)", "underflow"),
        ("x = [0, -700]\ny = exp(x)", ""),
        ("x = [800, 0]\ny = softmax(x)", "underflow"),
        ("x = [800, 0]\nS = softmax(x)\ny = S - [1, 0]", "underflow, cancelled"),
        ("x = -800\ny = sigmoid(x)", "underflow"),
        ("x = -800\ny = 1 / (1 + exp(-x))", "underflow"),
        ("x = -800\ny = log(1 + exp(x))", "cancelled"),
        ("x = -800\ny = softplus(x)", "underflow"),
        ("x = -800\ny = 1e300 * exp(x)", "cancelled"),  # it is 4e-48
        ("x = -800\ny = sqrt(exp(x))", "cancelled"),
        ("x = -800\ny = 3 * exp(x)", "underflow"),
        ("x = -745\ny = exp(x) / 1000", "underflow"),
        ("x = 800\nS = sigmoid(x)\ny = S * (1 - S)", "cancelled"),
        ("x = 50\nS = sigmoid(x)\ny = S - 1", "cancelled"),  # it is -1.9e-22
        ("x = [50, -2]\ns = sigmoid(x)\nd = s - [1, 0]\ny = 2 * d", "cancelled"),
        ("x = 40\nS = sigmoid(x)\ny = S", ""),
        ("x = 30\nS = sigmoid(x)\ny = 1 - S", ""),  # 9.36e-14 has some digits
        ("x = 30\nt = tanh(x)\ny = 1 - t ^ 2", "cancelled"),
        ("x = 1e-200\ny = x * x", "underflow"),
        ("x = 1e-200\ny = x ^ 2", "underflow"),
        ("x = [1e-200, 0]\ny = x * [0, 1]", ""),
        ("x = [1, -1]\ny = relu(x)", ""),
        ("x = [1e-200, 1]\ny = x @ [1e-200, 0]", "underflow"),
        ("x = [0, -800]\ny = [0, 1] * exp(x)", "underflow"),
        ("x = [0, -800]\ny = [1, 0] * exp(x)", ""),
        ("x = 0.5\ny = tanh(x) - tanh(x)", ""),
        ("x = 0.5\na = exp(x)\ny = a * (1 / a) - 1", "cancelled"),
    ],
)
def test_zeros(text: str, said: str) -> None:
    (value,) = named(evaluation(text), "y")
    flags = {"underflow": value.has_underflow, "cancelled": value.has_cancelled}
    assert ", ".join(name for name, is_said in flags.items() if is_said) == said
    assert not said or 0 in value.array


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # each sum is exactly 0, and float64 finds some 1e-17
        ("x = [1, 2, 4]\nd = x / sqrt(7)\ny = sum(d - mean(d))", "≈ 0"),
        ("x = 1.1\ny = sin(x) ^ 2 + cos(x) ^ 2 - 1", "≈ 0"),
        ("x = 2\ny = sqrt(x) * sqrt(x) - 2", "≈ 0"),
        ("x = 0.3\ny = log(exp(x)) - x", "≈ 0"),
        # a small number that has digits keeps them
        ("x = 1e-9\ny = exp(x) - 1", "≈ 1e-9"),
        ("x = 1e-9\ny = sin(x)", "≈ 1e-9"),
        ("x = -30\ny = softmax([x, 0])", "≈ [9.358e-14 1]"),
    ],
)
def test_noise_is_not_shown(text: str, shown: str) -> None:
    assert numbers(text, "y") == shown


@given(st.lists(st.integers(-999, 999), min_size=2, max_size=4), st.integers(2, 99))
def test_deviations_from_the_mean_add_up_to_nothing(entries: list[int], divisor: int) -> None:
    listed = ", ".join(map(str, entries))
    text = f"x = [{listed}]\nd = x / sqrt({divisor})\ny = sum(d - mean(d))"
    assert numbers(text, "y") in ("≈ 0", "= 0")


@pytest.mark.parametrize(
    ("index", "shown", "has_cancelled"), [(0, "≈ 0", True), (1, "≈ 0.1192", False)]
)
def test_an_entry_knows_what_is_lost_of_it(index: int, shown: str, has_cancelled: bool) -> None:
    found = evaluation("x = [50, -2]\ns = sigmoid(x)\nd = s - [1, 0]")
    (value,) = named(found, "d")
    entry = part_of(value, (index,))
    assert (line(found.shown(entry)), entry.has_cancelled) == (shown, has_cancelled)


# Whether the displayed result follows from what is displayed of its operands.


@pytest.mark.parametrize(
    ("text", "follows"),
    [
        ("x = [3, -5]\nS = softmax(x)\ny = S * (1 - S)", False),  # 0.9997 · 0.0003
        ("x = [11, -11]\nS = softmax(x)\ny = diag(S) - outer(S, S)", False),
        ("x = [0, 1]\nS = softmax(x)\ny = diag(S) - outer(S, S)", True),
        ("x = [1, 2]\ns = sigmoid(x)\ny = 3 * s", True),
        ("x = 1.00004\ny = x - 1", False),
        ("x = 50\ns = sigmoid(x)\ny = s - 1", True),  # 1 - 1 is 0, as is shown
        ("x = [1, 2]\nd = x - 1.5\ny = sum(d)", True),
        ("x = [1, 2]\nd = x / 3 + exp(x)\ny = relu(d) / d[0]", True),
        ("x = 1 / 3\nz = exp(x)\ny = log(z) - x", True),
        ("x = 2.00001\nz = x * sqrt(2)\ny = 1 / (z - 2.828)", False),
        ("x = [[2.00001, 2], [2, 2]]\ny = inv(x)", True),  # there is none: nothing is judged
        ("x = ones(30, 30) / 3\ny = sum(x)", True),  # nor of what is not written out
    ],
)
def test_what_follows_from_displayed_numbers(text: str, follows: bool) -> None:
    found = evaluation(text)
    graph = found.source.graph
    values = dict(zip(graph.named_nodes, found.values(list(graph.named_nodes)), strict=True))

    def number_of(node: Any) -> Any:
        value = values.get(node)
        return None if value is None else found.shown(value)

    (value,) = named(found, "y")
    shown = found.shown(value)
    assert follows_from_shown(graph["y"], number_of, shown, found.options) == follows


def test_what_has_no_numbers_is_not_judged() -> None:
    found = evaluation("x : R^2\ny = 2 * x")
    shown = shown_array(Value(np.array([5.0, 5.0])), Options())
    assert follows_from_shown(found.source.graph["y"], lambda _: None, shown, Options())


def test_underflow_of_large_arrays_is_what_operations_guarantee() -> None:
    x = variable((100, 100))
    S = softmax(x)
    scores = np.zeros((100, 100))
    scores[0, 0] = 1000.0
    for values, lost in ((scores, True), (0 * scores, False)):
        source = Explainable(Graph({"x": x, "S": S}), {}, {x: values})
        (value,) = Evaluation(source, Options()).values([S])
        assert value is not None
        assert value.exact is None
        assert value.has_underflow == lost


def test_underflow_of_a_given_value_goes_on() -> None:
    found = evaluation("x = [1, 2]\ny = 3 * x")
    x, y = (found.source.graph[name] for name in "xy")
    (value,) = found.values([y], {x: Value(np.array([0.0, 1.0]), None, has_underflow=True)})
    assert value is not None
    assert (value.has_underflow, value.has_cancelled) == (False, True)  # 3x may be a float64
    assert value.array.tolist() == [0, 3]


def test_what_is_known_of_a_given_value_goes_on() -> None:
    found = evaluation("x = [1, 2]\ny = 3 * x\nz = [-800, 0]\ne = exp(z)")
    x, y = (found.source.graph[name] for name in "xy")
    (lost,) = named(found, "e")
    (value,) = found.values([y], {x: lost})
    assert value is not None
    assert (value.has_underflow, value.has_cancelled) == (True, False)  # 3e^(-800)


# Products and sums of values.

HALF = np.array([Fraction(1, 2), Fraction(1, 3)], dtype=object)
GRID = np.array([[Fraction(1), Fraction(2)], [Fraction(3), Fraction(4)]], dtype=object)


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        (GRID, GRID, "= [7 10; 15 22]"),
        (HALF, GRID, "= [1/2 1; 1 4/3]"),
        (GRID, HALF, "= [1/2 2/3; 3/2 4/3]"),
        (HALF, HALF, "= [1/4 1/9]"),
    ],
)
@pytest.mark.parametrize("is_exact", [True, False])
def test_products(left: Any, right: Any, shown: str, is_exact: bool) -> None:
    found = evaluation("x = 1")
    kept = [Value(one.astype(float), one if is_exact else None) for one in (left, right)]
    product = found.product(*kept)
    if is_exact:
        assert line(found.shown(product)) == shown
    else:
        full = [np.diag(one) if one.ndim == 1 else one for one in (left, right)]
        expected = (full[0] @ full[1]).astype(float)
        found_full = np.diag(product.array) if product.array.ndim == 1 else product.array
        assert found_full == pytest.approx(expected)
        assert product.exact is None


def test_a_product_that_vanishes() -> None:
    found = evaluation("x = 1")
    tiny = Value(np.array([[1e-200, 0.0]]))
    assert found.product(tiny, Value(np.array([[1e-200], [1.0]]))).has_underflow
    assert not found.product(tiny, Value(np.array([[0.0], [1.0]]))).has_underflow
    lost = Value(np.array([[0.0]]), None, has_underflow=True)
    product = found.product(lost, Value(np.array([[3.0]])))
    assert (product.has_underflow, product.has_cancelled) == (False, True)
    assert found.sum_of([lost, lost]).has_cancelled


def test_sums() -> None:
    found = evaluation("x = 1")
    half, third = (Value(one.astype(float), one) for one in (HALF, HALF[::-1]))
    assert line(found.shown(found.sum_of([half, third, half]))) == "= [4/3 7/6]"
    rounded = Value(half.array)
    assert line(found.shown(found.sum_of([half, rounded]))) == "≈ [1 0.6667]"
    assert found.sum_of([half]).exact.tolist() == HALF.tolist()


def test_exact_products_are_bounded() -> None:
    """Fractions that grow without end go on as float64."""
    found = evaluation("x = 1")
    third = np.array([[Fraction(1, 3)]], dtype=object)
    value = Value(third.astype(float), third)
    for _ in range(10):
        value = found.product(value, value)
    assert value.exact is None
    assert value.array[0, 0] == pytest.approx((1 / 3) ** 1024 or 0.0)


# What has no value.


def test_without_numbers() -> None:
    found = evaluation("x : R^2\na = [1, 2]\ny = 2 * x\nb = 3 * a")
    names = [found.source.graph[name] for name in "xyab"]
    values = found.values(names)
    assert [value is None for value in values] == [True, True, False, False]
    (given,) = found.values([names[1]], {names[0]: Value(np.array([1.0, 0.5]))})
    assert given is not None
    assert given.array.tolist() == [2, 1]


def test_symbols_stand_for_what_they_are_given() -> None:
    """What was found with one value of a symbol is not used with another."""
    found = evaluation("x = [1, 2]")
    x, u = found.source.graph["x"], variable((2,))
    product = relu(u) * x
    for start in ([1.0, 1.0], [-1.0, 5.0]):
        (value,) = found.values([product], {u: Value(np.array(start))})
        assert value is not None
        assert value.array.tolist() == [max(start[0], 0), 2 * start[1]]


def test_a_quantity_that_is_given_another_value_has_it_for_one_call() -> None:
    found = evaluation("x = [1, 2]\ny = 3 * x\nz = y + 1")
    x, y, z = (found.source.graph[name] for name in "xyz")
    other = Value(np.array([5.0, 6.0]), np.array([Fraction(5), Fraction(6)], dtype=object))
    for instead, expected in (
        ({}, [4, 7]),
        ({x: other}, [16, 19]),
        ({y: other}, [6, 7]),
        ({}, [4, 7]),
    ):
        (value,) = found.values([z], instead)
        assert value is not None
        assert (value.array.tolist(), value.exact.tolist()) == (expected, expected)


def test_a_singular_matrix_is_an_error() -> None:
    found = evaluation("A = [[1, 2], [2, 4]]\nB = inv(A)")
    with pytest.raises(DomainProblem, match="singular"):
        named(found, "B")


def test_float32_and_whole_numbers() -> None:
    x, W = variable((2,), np.float32), variable((2, 2), np.float32)
    numbers = {x: np.array([0.1, 2], np.float32), W: np.array([[1, 0], [0.5, 1]], np.float32)}
    y = matmul(W, x)
    found = Evaluation(Explainable(Graph({"x": x, "y": y}), {}, numbers), Options())
    values = [value for value in found.values([x, y]) if value is not None]
    assert [line(found.shown(value)) for value in values] == ["= [0.1 2]", "= [0.1 2.05]"]
    assert {value.array.dtype for value in values} == {np.dtype(np.float64)}
