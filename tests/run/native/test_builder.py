"""Tensors in their shortest form: what they become, and that not a bit of the numbers changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.run.native.reference import run_tensors
from tests.run.native.symbols import bits, given_arrays, text

from chainrule.graph.node import Array
from chainrule.run.native.builder import Builder
from chainrule.run.native.namespace import Namespace
from chainrule.run.native.sums import reduced
from chainrule.run.native.symbolic import Symbolic
from chainrule.run.native.tensors import Each, Join, Region, Tensor, View

Line = Callable[..., Any]
DOUBLE = np.dtype("f8")
ODD = [0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1.7e308, -1.7e308, np.inf, -np.inf, np.nan, 0.1, -3.7]


class Plain(Builder):
    """A builder that leaves every function as it is said."""

    def each(self, function: str, *values: Any) -> Tensor:
        arrays = [one for one in values if isinstance(one, Tensor)]
        shape, dtype = arrays[-1].shape, arrays[-1].dtype
        wide = [
            one if isinstance(one, Tensor) else self.spread(self.number(one, dtype), shape)
            for one in values
        ]
        is_question = function.startswith(("greater", "less", "logical", "is"))
        found = np.dtype(bool) if is_question else dtype
        return self.tensor(Each(function), tuple(wide), shape, found)


FORMS: list[tuple[Line, str]] = [
    (lambda k, x, y: x * 1, "x"),
    (lambda k, x, y: -1 * x, "negative(x)"),
    (lambda k, x, y: x / 1, "x"),
    (lambda k, x, y: x / 8, "multiply(x, 0.125)"),
    (lambda k, x, y: x / -(2.0**1023), f"multiply(x, {-(2.0**-1023)})"),
    (lambda k, x, y: x / 2.0**-1074, "divide(x, 5e-324)"),
    (lambda k, x, y: x / 3, "divide(x, 3.0)"),
    (lambda k, x, y: x / 0.0, "divide(x, 0.0)"),
    (lambda k, x, y: x - 0, "x"),
    (lambda k, x, y: x - -0.0, "subtract(x, -0.0)"),
    (lambda k, x, y: x + 0, "add(x, 0.0)"),
    (lambda k, x, y: x + 0 + 0, "add(x, 0.0)"),
    (lambda k, x, y: -0.0 + x, "x"),
    (lambda k, x, y: x * 0, "multiply(x, 0.0)"),
    (lambda k, x, y: k.negative(-x), "x"),
    (lambda k, x, y: +x, "x"),
    (lambda k, x, y: -(3 * x), "multiply(-3.0, x)"),
    (lambda k, x, y: -(x / 3), "divide(x, -3.0)"),
    (lambda k, x, y: -(1 / x), "divide(-1.0, x)"),
    (lambda k, x, y: -x / 3, "divide(x, -3.0)"),
    (lambda k, x, y: -x * 3, "multiply(x, -3.0)"),
    (lambda k, x, y: -x * -y, "multiply(x, y)"),
    (lambda k, x, y: x + -y, "subtract(x, y)"),
    (lambda k, x, y: -x + y, "subtract(y, x)"),
    (lambda k, x, y: x - -y, "add(x, y)"),
    (lambda k, x, y: -(x - y), "negative(subtract(x, y))"),
    (lambda k, x, y: abs(-x), "absolute(x)"),
    (lambda k, x, y: k.fabs(x), "absolute(x)"),
    (lambda k, x, y: k.square(x), "multiply(x, x)"),
    (lambda k, x, y: k.reciprocal(x), "divide(1.0, x)"),
    (lambda k, x, y: k.power(x, 1), "x"),
    (lambda k, x, y: k.power(x, 0), "1.0"),
    (lambda k, x, y: k.power(x, 0.5), "power(x, 0.5)"),
    (lambda k, x, y: k.maximum(x, x), "x"),
    (lambda k, x, y: k.where(x > y, x, x), "x"),
    (lambda k, x, y: k.where(k.logical_not(x > y), x, y), "where(greater(x, y), y, x)"),
    (lambda k, x, y: k.where(x < y, 1 / y, x / y), "divide(where(less(x, y), 1.0, x), y)"),
    (lambda k, x, y: k.logical_not(k.logical_not(k.isnan(x))), "isnan(x)"),
]


@pytest.mark.parametrize(("line", "form"), FORMS, ids=[form for _, form in FORMS])
def test_shorter_forms_are_equal_to_the_last_bit(line: Line, form: str) -> None:
    x, y = (one.reshape(-1) for one in np.meshgrid(ODD, ODD))
    short, long = (
        line(Namespace(make), *[Symbolic(make, one) for one in given_arrays(make, x, y)]).tensor
        for make in (Builder(), Plain())
    )
    assert text(short) == form
    found, wanted = run_tensors([short], [x, y]), run_tensors([long], [x, y])
    assert bits(found[0]) == bits(wanted[0])


def test_a_power_of_two_is_a_product() -> None:
    """As NumPy's `x**2` is; its `power` may be off by one unit in the last place."""
    make, numbers = Builder(), np.array(ODD)
    squared = make.each("power", *given_arrays(make, numbers), 2.0)
    assert text(squared) == "multiply(x, x)"
    with np.errstate(all="ignore"):
        wanted = numbers**2
    assert bits(run_tensors([squared], [numbers])[0]) == bits(wanted)


def test_equal_tensors_are_one() -> None:
    make = Builder()
    x, y = given_arrays(make, np.zeros((2, 3)), np.zeros((2, 3)))
    assert make.each("multiply", x, y) is make.each("multiply", y, x)
    assert make.each("subtract", x, y) is not make.each("subtract", y, x)
    assert reduced(make, "sum", x, (0,)) is reduced(make, "sum", x, (0,))
    assert make.view(x, (3, 2), 0, (1, 3)) is make.view(x, (3, 2), 0, (1, 3))


def test_zeros_of_either_sign_are_two_numbers() -> None:
    make = Builder()
    assert make.number(0.0, DOUBLE) is not make.number(-0.0, DOUBLE)
    assert make.number(np.nan, DOUBLE) is make.number(np.float64("nan"), DOUBLE)
    mixed = make.known(np.array([0.0, -0.0]))
    assert bits(run_tensors([mixed], [])[0]) == ["0.0", "-0.0"]


KNOWN: list[tuple[str, Any, str]] = [
    ("one number", np.full((2, 3), 2.5), "2.5"),
    ("one number, not a number", np.full(3, np.nan), "nan"),
    ("nothing", np.zeros((0, 3)), "0.0"),
    ("a range", np.arange(5), "counting()"),
    ("a table of places", np.arange(12).reshape(3, 4).T + 3, "counting()"),
    ("a range that goes down", np.arange(4, -4, -2), "add(counting(), -2)"),
    ("other whole numbers", np.array([1, 2, 4]), "filled()"),
    ("other numbers", np.array([[1.0, 2.0]]), "filled()"),
    ("truth", np.array([True, False]), "filled()"),
]


@pytest.mark.parametrize(("what", "value", "form"), KNOWN, ids=[row[0] for row in KNOWN])
def test_known_arrays(what: str, value: Array, form: str) -> None:
    tensor = Builder().known(value)
    assert text(tensor) == form
    (found,) = run_tensors([tensor], [])
    assert found.dtype == value.dtype
    np.testing.assert_array_equal(found, value)


def test_a_function_of_known_numbers_is_a_known_number() -> None:
    make = Builder()
    found = make.each("multiply", make.each("exp", 0.0), make.each("maximum", 2.0, 3.0))
    assert text(found) == "3.0"


def test_what_is_repeated_is_computed_once() -> None:
    make = Builder()
    (row,) = given_arrays(make, np.array([1.0, 2.0]))
    wide = make.spread(row, (5, 2))
    found = make.each("add", make.each("exp", wide), make.spread(make.number(3.0, DOUBLE), (5, 2)))
    assert isinstance(found.kind, View)
    assert found.inputs[0].shape == (1, 2)
    np.testing.assert_array_equal(
        run_tensors([found], [np.array([0.0, 0.0])])[0], np.full((5, 2), 4.0)
    )


SUMS: list[tuple[str, str, tuple[int, ...], str]] = [
    ("of what is repeated", "sum", (0,), "multiply(x, 5.0)"),
    ("of both", "sum", (0, 1), "multiply(sum(x), 5.0)"),
    ("the largest of what is repeated", "max", (0,), "x"),
    ("the place of the largest", "argmax", (0, 1), "argmax(x)"),
    ("a product", "prod", (0,), "prod(x)"),
]


@pytest.mark.parametrize(("what", "function", "axes", "form"), SUMS, ids=[row[0] for row in SUMS])
def test_reductions(what: str, function: str, axes: tuple[int, ...], form: str) -> None:
    make, x = Builder(), np.array([1.5, -2.5, 0.0])
    wide = make.spread(given_arrays(make, x)[0], (5, 3))
    found = reduced(make, function, wide, axes)
    assert text(found) == form
    full = np.broadcast_to(x, (5, 3))
    along = None if len(axes) == 2 else axes[0]
    wanted = getattr(np, function)(full, axis=along)
    np.testing.assert_array_equal(run_tensors([found], [x])[0], wanted)


def test_a_slice_of_joined_arrays_is_one_of_them() -> None:
    """Nothing is joined where the parts are taken again."""
    make = Builder()
    x, y = given_arrays(make, np.zeros((2, 3)), np.zeros((2, 3)))
    both = make.each("negative", x), make.each("exp", y)
    regions = (Region(0, (6, 1)), Region(3, (6, 1)))
    joined = make.tensor(Join(regions, apart=True), both, (2, 6), DOUBLE)
    assert make.view(joined, (2, 3), 3, (6, 1)) is both[1]
    assert text(make.view(joined, (3,), 2, (-1,))) == "negative(x)"
    assert text(make.view(joined, (2, 2), 2, (6, 1))) == "join(negative(x), exp(y))"


def test_parts_put_into_zeros_and_added_are_put_side_by_side() -> None:
    make = Builder()
    x, y = given_arrays(make, np.zeros(2), np.zeros(2))
    left, right = (
        make.tensor(Join((Region(at, (1,)),), apart=True), (part,), (4,), DOUBLE)
        for at, part in ((0, x), (2, y))
    )
    found = make.each("add", right, left)
    assert text(found) == "join(add(y, 0.0), add(x, 0.0))"
    (value,) = run_tensors([found], [np.array([1.0, -0.0]), np.array([3.0, 4.0])])
    assert bits(value) == ["1.0", "0.0", "3.0", "4.0"]
    overlapping = make.tensor(Join((Region(1, (1,)),), apart=True), (y,), (4,), DOUBLE)
    assert text(make.each("add", left, overlapping)) == "add(join(x), join(y))"


@pytest.mark.parametrize(
    ("comparison", "choice"),
    [
        ("greater", "maximum"),
        ("less_equal", "maximum"),
        ("less", "minimum"),
        ("greater_equal", "minimum"),
    ],
)
def test_a_comparison_reads_the_choice_between_the_two(comparison: str, choice: str) -> None:
    """Whichever is made first; then only the choice is kept in memory."""
    make, numbers = Builder(), np.array(ODD)
    (x,) = given_arrays(make, numbers)
    compared = make.each(comparison, x, 0.1)
    (wanted,) = run_tensors([compared], [numbers])
    chosen = make.each(choice, x, 0.1)
    make.settle()
    assert compared.inputs[0] is chosen
    np.testing.assert_array_equal(run_tensors([compared], [numbers])[0], wanted)
