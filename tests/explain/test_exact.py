"""What is known exactly: an operation is exact, or says that it is not, and is never wrong."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ops.cases import CASES
from tests.ops.row import Row

from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Value
from chainrule.explain.options import Options
from chainrule.explain.source import Explainable
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Node, Shape, variable
from chainrule.graph.sizes import Size
from chainrule.ops import arithmetic, choice, elementary, reduction
from chainrule.ops.activation import relu
from chainrule.ops.indexing import take
from chainrule.ops.linear import matmul, outer
from chainrule.ops.shaping import concatenate, stack
from chainrule.ops.solving import inverse
from chainrule.ops.transposition import transpose
from chainrule.run.interpreter import evaluate_all


def value_of(output: Node, values: dict[Node, Array]) -> Value:
    """What an explanation knows of a node's value."""
    (found,) = Evaluation(Explainable(Graph({}), {}, values), Options()).values([output])
    assert found is not None
    return found


# Every operation of the table, at short decimals and at whole numbers.

HAS_NUMBERS = [
    (row, shapes)
    for row, shapes in CASES
    if not any(isinstance(n, Size) for n in row.build(*row.inputs(shapes)).shape)
]
NEEDS_IRRATIONALS = """
    arccos arccosh arcsin arcsinh arctan arctanh cbrt cos cosh erf erfc exp expm1 log log10
    log1p sin sinh tan tanh cholesky eigvalsh svdvals qr_r
"""
RATIONAL = """
    same add subtract negate multiply divide relu abs sign maximum minimum where broadcast
    number reshape transpose concatenate stack eye sum mean max min matmul gram outer trace
    diagonal place gather scatter squared_error half_squared_error mse inverse solve det
    leaky_relu clip var median cumsum cumprod prod sort flip roll tile repeat pad huber  conv2d
    kron tril triu hinge floor ceil trunc
"""


@pytest.mark.parametrize("decimals", [2, 0])
@pytest.mark.parametrize(
    ("row", "shapes"), HAS_NUMBERS, ids=[f"{row.name} {shapes}" for row, shapes in HAS_NUMBERS]
)
def test_every_operation(row: Row, shapes: tuple[Shape, ...], decimals: int) -> None:
    inputs = row.inputs(shapes)
    output = row.build(*inputs)
    given = [np.round(value, decimals) for value in row.values(shapes)]
    values = dict(zip(inputs, given, strict=True))
    (expected,) = evaluate_all([output], values)
    found = value_of(output, values)
    assert found.array == pytest.approx(expected.astype(float), rel=1e-12, abs=1e-12, nan_ok=True)
    if row.name in RATIONAL.split():
        assert found.exact is not None
    if row.name in NEEDS_IRRATIONALS.split() and decimals:
        assert found.exact is None


def test_the_lists_above_name_operations() -> None:
    names = {row.name for row, _ in CASES}
    assert {*RATIONAL.split(), *NEEDS_IRRATIONALS.split()} - names == set()


# Random rational programs, beside the same ones on fractions alone.

Fractions = Any
UNARY: tuple[tuple[Callable[[Node], Node], Callable[[Fractions], Any]], ...] = (
    (arithmetic.negate, lambda x: -x),
    (arithmetic.PowerOf(2.0), lambda x: x * x),
    (lambda x: x * 0.5 + 0.1, lambda x: x / 2 + Fraction(1, 10)),
    (lambda x: 3 - x / 7, lambda x: 3 - x / 7),
    (relu, lambda x: (x > 0) * x),
    (choice.absolute, abs),
    (lambda x: choice.where(x > 0.25, x, 2 * x), lambda x: np.where(x > Fraction(1, 4), x, 2 * x)),
    (lambda x: 1 / (1 + x**2), lambda x: 1 / (1 + x * x)),
    (reduction.mean, lambda x: np.sum(x) / Fraction(x.size)),
    (lambda x: elementary.sqrt(x * x), abs),
    (lambda x: elementary.exp(x - x) * x, lambda x: x),
)
OF_MATRICES: tuple[tuple[Callable[[Node], Node], Callable[[Fractions], Any]], ...] = (
    (transpose, np.transpose),
    (lambda x: reduction.sum_(x, axis=0), lambda x: np.sum(x, axis=0)),
    (lambda x: reduction.max_(x, axis=1), lambda x: np.max(x, axis=1)),
    (lambda x: take(x, (1, slice(None))), lambda x: x[1]),
    (lambda x: matmul(x, transpose(x)), lambda x: x @ x.T),
    (lambda x: concatenate(x, 2 * x, axis=0), lambda x: np.concatenate([x, 2 * x])),
    (lambda x: outer(x[0], x[-1]), lambda x: np.multiply.outer(x[0], x[-1])),
    (lambda x: stack(x, -x), lambda x: np.stack([x, -x])),
)


def entries(shape: Shape) -> st.SearchStrategy[list[Fraction]]:
    size = int(np.prod(shape))
    tenths = st.integers(-40, 40).map(lambda n: Fraction(n, 10))
    return st.lists(tenths, min_size=size, max_size=size)


@given(st.data())
def test_random_rational_programs(data: st.DataObject) -> None:
    """The fractions are the true ones; only where they grow too long there are none."""
    x = variable((2, 3))
    true = np.array(data.draw(entries((2, 3))), dtype=object).reshape(2, 3)
    output = x
    values = {x: true.astype(float)}
    for _ in range(data.draw(st.integers(1, 6))):
        table = UNARY + (OF_MATRICES if output.ndim == 2 else ())
        build, run = data.draw(st.sampled_from(table))
        output, true = build(output), np.asarray(run(true), dtype=object)
    found = value_of(output, values)
    longest = max(entry.denominator.bit_length() for entry in true.reshape(-1))
    if longest < 100:
        assert found.exact is not None
    if found.exact is not None:
        assert np.array_equal(found.exact, true)
    expected = true.astype(float)
    assert found.array == pytest.approx(expected, rel=1e-9, abs=1e-9 * max(1, abs(expected).max()))


# Bounds.


def test_large_arrays_are_left_alone() -> None:
    x = variable((100, 50))
    assert value_of(2 * x, {x: np.ones((100, 50))}).exact is None
    assert value_of(reduction.sum_(x[0]), {x: np.ones((100, 50))}).exact is None


def test_work_is_bounded() -> None:
    """A product of many matrices is exact as far as that takes no time."""
    x = variable((20, 20))
    values = {x: np.round(np.random.default_rng(0).uniform(-1, 1, (20, 20)), 1)}
    product = x
    found = []
    for _ in range(8):
        product = matmul(product, x)
        found.append(value_of(product, values).exact is not None)
    assert found == sorted(found, reverse=True)
    assert found[0]
    assert not found[-1]


def test_a_choice_that_is_not_certain_is_not_exact() -> None:
    """sin² + cos² - 1 is 0, but float64 does not know."""
    x = variable(())
    zero = elementary.sin(x) ** 2 + elementary.cos(x) ** 2 - 1
    chosen = choice.where(zero > 0, x, 2 * x)
    assert value_of(chosen, {x: np.array(1.5)}).exact is None
    certain = choice.where(zero > -0.5, x, 2 * x)
    assert value_of(certain, {x: np.array(1.5)}).exact == Fraction(3, 2)


def test_systems_of_equations() -> None:
    A = variable((3, 3))
    hilbert = np.array([[1 / 2, 1 / 4, 1 / 5], [1 / 4, 1 / 5, 1 / 8], [1 / 5, 1 / 8, 1 / 10]])
    found = value_of(matmul(inverse(A), A), {A: hilbert})
    assert found.exact.tolist() == np.eye(3, dtype=int).tolist()
    first_is_zero = np.array([[0.0, 2, 0], [1, 0, 0], [0, 0, 4]])
    exact = value_of(inverse(A), {A: first_is_zero}).exact
    assert exact.tolist() == [[0, 1, 0], [Fraction(1, 2), 0, 0], [0, 0, Fraction(1, 4)]]
