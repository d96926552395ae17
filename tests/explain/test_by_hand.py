"""By hand: every line goes on from the numbers that are displayed, as with a calculator."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.explain.derived import every_example_with_numbers, paper
from tests.explain.numbers_of import evaluation, line, named, numbers, questions
from tests.explain.printed_numbers import numbers_in

from chainrule.explain.numbers.by_hand import as_displayed
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.rounding import number_of
from chainrule.explain.numbers.shown import Value
from chainrule.explain.numbers.summary import MOST_ENTRIES
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable
from chainrule.explain.source import Explainable
from chainrule.graph.named import Graph
from chainrule.graph.node import variable
from chainrule.ops.advanced_indexing import take_
from chainrule.ops.linear import matmul
from chainrule.run.interpreter import evaluate_all

# What is displayed is what goes on.


@pytest.mark.parametrize(
    ("text", "options", "shown", "in_full"),
    [
        # 1.414 · 1.414 = 1.999396, displayed with four digits
        ("a = sqrt(2)\ny = a * a", {}, "≈ 1.999", "≈ 2"),
        ("a = sqrt(2)\ny = a + 1", {}, "= 2.414", "≈ 2.414"),
        ("a = 2 / 3\ny = 3 * a", {}, "= 2", "= 2"),  # 2/3 is displayed as a fraction
        ("a = 2000 / 3\ny = 3 * a", {}, "≈ 2000", "= 2000"),
        ("a = 0.123456\ny = 2 * a", {}, "= 0.247", "≈ 0.2469"),
        ("a = 0.123456\ny = 2 * a", {"digits": 6}, "= 0.246912", "= 0.246912"),
        ("a = 0.00049\ny = 1000 * a", {"decimals": 3}, "= 0", "= 0.490"),
        ("a = 0.0625\ny = a / 2", {"decimals": 2}, "= 0.03", "≈ 0.03"),
        ("a = exp(1)\nb = log(a)\ny = 10000 * b", {}, "= 9999", "≈ 10000"),
        ("a = [1, 2]\ny = a / 3", {}, "= [1/3 2/3]", "= [1/3 2/3]"),
        ("a = sigmoid([0, 1])\ny = a * (1 - a)", {}, "≈ [0.25 0.1966]", "≈ [0.25 0.1966]"),
        ("a = 1 / 64\ny = a", {}, "= 1/64", "= 1/64"),
        ("a = sigmoid(40)\ny = 1 - a", {}, "= 0", "≈ 0"),
    ],
)
def test_lines(text: str, options: dict[str, Any], shown: str, in_full: str) -> None:
    assert numbers(text, "y", by_hand=True, **options) == shown
    assert numbers(text, "y", **options) == in_full


def test_questions_go_on_from_names() -> None:
    text = """
        a = sqrt(2)
        b = a * a

        b - 2
        a * a - 2
        sqrt(2) * sqrt(2) - 2
        """
    assert questions(text, by_hand=True) == ["= -0.001", "= -0.000604", "≈ 0"]
    found = evaluation(text, by_hand=True)
    assert [line(found.shown(value)) for value in named(found, "a", "b")] == ["≈ 1.414", "≈ 1.999"]


# Whatever is asked, each displayed number follows from displayed numbers alone.


@every_example_with_numbers
@pytest.mark.parametrize("digits", [3, 4])
def test_every_line_of_the_examples(path: Any, digits: int) -> None:
    """From the displayed numbers of all names before it, run in float64, and rounded."""
    read = paper(path.read_text(encoding="utf-8"))
    options = Options(digits, by_hand=True)
    found = Evaluation(explainable(read), options)
    given = [one.node for one in read.givens]
    names = given + [one.node for one in read.definitions]
    values = dict(zip(names, found.values(names), strict=True))
    for defined in read.definitions:
        value = values[defined.node]
        assert value is not None
        before = {
            node: other.array
            for node, other in values.items()
            if other is not None and node is not defined.node
        }
        later = names[names.index(defined.node) :]
        known = {node: array for node, array in before.items() if node not in later}
        (expected,) = Explainable(read.graph, {}, known).evaluated([defined.node])
        size = 10.0 ** np.floor(np.log10(np.where(expected == 0, 1, np.abs(expected))))
        half = size / 10 ** (digits - 1) / 2
        assert np.all(np.abs(value.array - expected) <= half * (1 + 1e-9))


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=5), st.integers(1, 6))
def test_what_is_displayed_is_what_goes_on(entries: list[float], digits: int) -> None:
    options = Options(digits, by_hand=True)
    value = as_displayed(Value(np.array(entries)), options)
    shown = evaluation("x = 1", by_hand=True, digits=digits).shown(value)
    read = [float(number_of(one.text)) for one in numbers_in(shown.formula)]
    assert np.array_equal(read, value.array, equal_nan=True)
    again = as_displayed(value, options)
    assert np.array_equal(again.array, value.array, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "options", "is_said"),
    [
        ("y = 0.00016", {"decimals": 3}, True),
        ("y = [1, 0.00016]", {"decimals": 3}, True),
        ("y = exp(-10)", {"decimals": 3}, True),
        ("y = 0.00016", {}, False),
        ("y = [0, 1.5]", {"decimals": 3}, False),
        ("y = 0.0005", {"decimals": 3}, False),  # 0.001
        ("a = 0.00016\ny = 2 * a", {"decimals": 3}, False),  # twice the 0 that is displayed
        ("y = exp(-800)", {"decimals": 3}, False),  # that is an underflow
    ],
)
def test_what_is_rounded_to_zero_is_known(text: str, options: Any, is_said: bool) -> None:
    (value,) = named(evaluation(text, by_hand=True, **options), "y")
    assert value.is_rounded_to_zero == is_said
    assert value.has_underflow == ("-800" in text)
    assert not value.has_cancelled


# Products and sums are rounded, too.


def test_products_and_sums() -> None:
    found = evaluation("x = 1", by_hand=True, digits=2)
    a = found.sum_of([Value(np.array([0.126]), np.array([Fraction(126, 1000)], dtype=object))])
    assert (a.exact.tolist(), a.is_rounded) == ([Fraction(13, 100)], True)
    square = found.product(a, a)  # 0.0169
    assert (square.exact.tolist(), square.is_rounded) == ([Fraction(17, 1000)], True)
    total = found.sum_of([a, a])
    assert (total.exact.tolist(), total.is_rounded) == ([Fraction(26, 100)], False)
    assert [line(found.shown(value)) for value in (a, square, total)] == [
        "≈ [0.13]",
        "≈ [0.017]",
        "= [0.26]",
    ]


def test_given_values_stand_as_they_are() -> None:
    found = evaluation("x = [1, 2]", by_hand=True)
    x, u = found.source.graph["x"], variable((2,))
    displayed = np.array([Fraction(1234, 1000), Fraction(1)], dtype=object)
    adjoint = Value(displayed.astype(float), displayed, is_rounded=True)
    value, same = found.values([u * x, u], {u: adjoint})
    assert value is not None
    assert line(found.shown(value)) == "= [1.234 2]"
    assert same is adjoint


# Few digits leave the domains of functions: that is shown, and is no crash.


@pytest.mark.parametrize(
    ("text", "options", "shown"),
    [
        ("a = 0.001\ny = log(a)", {"decimals": 2}, "≈ -inf"),
        ("a = 0.001\ny = 1 / a", {"decimals": 2}, "≈ inf"),
        ("a = 0.001\nb = log(a)\ny = 0 * b", {"decimals": 2}, "≈ nan"),
        ("a = 0.001\nb = [a, 1] / a\ny = sum(b)", {"decimals": 2}, "≈ nan"),
        ("a = 1.7e308\ny = a", {"digits": 1}, "≈ inf"),
        ("a = 0.996\ny = sqrt(a - 1)", {"digits": 2}, "= 0"),
        ("A = [[1.001, 1], [1, 1]]\ny = inv(A)", {"decimals": 2}, "≈ [nan nan; nan nan]"),
        ("A = [[1.001, 1], [1, 1]]\nB = inv(A)\ny = sum(B)", {"decimals": 2}, "≈ nan"),
    ],
)
def test_domains(text: str, options: dict[str, Any], shown: str) -> None:
    assert numbers(text, "y", by_hand=True, **options) == shown


def test_one_value_that_does_not_exist_takes_no_other_with_it() -> None:
    text = "A = [[1.001, 1], [1, 1]]\n\ninv(A)\n2 * A"
    assert questions(text, by_hand=True, decimals=2) == [
        "≈ [nan nan; nan nan]",
        "= [2 2; 2 2]",
    ]


# What nobody copies down is not rounded.


def test_large_arrays_and_positions_stay_what_they_are() -> None:
    x, at = variable((MOST_ENTRIES + 1,)), variable((2,), np.int64)
    values = {x: np.sqrt(np.arange(MOST_ENTRIES + 1.0)), at: np.array([3, 0])}
    y = take_(x, at, axis=0)
    source = Explainable(Graph({"x": x, "at": at, "y": y}), {}, values)
    found = Evaluation(source, Options(2, by_hand=True))
    kept, positions, taken = (value for value in found.values([x, at, y]) if value is not None)
    assert np.array_equal(kept.array, values[x])
    assert line(found.shown(positions)) == "= [3 0]"
    assert taken.array.tolist() == [1.7, 0.0]


def test_without_numbers() -> None:
    found = evaluation("x : R^n\na = sqrt(2)\ny = 2 * x\nb = a * a", by_hand=True)
    values = found.values([found.source.graph[name] for name in "xyb"])
    assert values[:2] == [None, None]
    assert values[2] is not None
    assert line(found.shown(values[2])) == "≈ 1.999"


def test_float32() -> None:
    x = variable((2, 2), np.float32)
    y = matmul(x, x)
    numbers = {x: np.array([[0.126, 0], [0, 1]], np.float32)}
    found = Evaluation(Explainable(Graph({"x": x, "y": y}), {}, numbers), Options(2, by_hand=True))
    (value,) = found.values([y])
    assert value is not None
    assert value.array.tolist() == [[0.017, 0], [0, 1]]
    assert evaluate_all([y], numbers)[0][0, 0] == pytest.approx(0.126**2)
