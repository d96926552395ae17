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

from chainrule.explain.numbers.entry import Entry, Undecided, rational, rough, written
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.points import POINTS, POSITIVE
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


# Single numbers: what is exact, which sign is certain, how large the error can be.


@pytest.mark.parametrize(
    ("name", "point", "value"),
    [
        ("exp", "0", "1"),
        ("exp2", "-3", "1/8"),
        ("expm1", "0", "0"),
        ("log", "1", "0"),
        ("log2", "1/8", "-3"),
        ("log10", "1000", "3"),
        ("log1p", "0", "0"),
        ("sqrt", "9/4", "3/2"),
        ("sqrt", "0", "0"),
        ("cbrt", "-8/27", "-2/3"),
        ("sin", "0", "0"),
        ("cos", "0", "1"),
        ("tan", "0", "0"),
        ("arcsin", "0", "0"),
        ("arccos", "1", "0"),
        ("arctan", "0", "0"),
        ("sinh", "0", "0"),
        ("cosh", "0", "1"),
        ("tanh", "0", "0"),
        ("arcsinh", "0", "0"),
        ("arccosh", "1", "0"),
        ("arctanh", "0", "0"),
        ("erf", "0", "0"),
        ("erfc", "0", "1"),
    ],
)
def test_rational_points(name: str, point: str, value: str) -> None:
    entry = rational(Fraction(point)).applied(name)
    assert entry.exact == Fraction(value)
    assert POINTS[name].value(float(Fraction(point))) == pytest.approx(float(Fraction(value)))


@pytest.mark.parametrize("name", sorted(POINTS))
def test_elsewhere_they_are_irrational(name: str) -> None:
    for point in (Fraction(1, 3), Fraction(3, 2), Fraction(-1, 2)):
        entry = rational(point).applied(name)
        assert entry.exact is None
        assert entry.differs == (np.isfinite(entry.value) and name[:3] != "erf")
        assert name not in POSITIVE or entry.sign == 1


@pytest.mark.parametrize(
    ("made", "exact"),
    [
        (lambda: written(0.1) + 0.2, "3/10"),
        (lambda: 1 - written(0.1), "9/10"),
        (lambda: 2 / written(3.0), "2/3"),
        (lambda: written(4.0) ** 0.5, "2"),
        (lambda: written(4.0) ** -2.0, "1/16"),
        (lambda: written(0.25) ** 1.5, "1/8"),
        (lambda: written(0.0) ** 0.0, "1"),
        (lambda: written(7.0) // 2, "3"),
        (lambda: written(-7.0) % 3, "2"),
        (lambda: abs(written(-0.5)), "1/2"),
        (lambda: 0 * written(2.0).exp(), "0"),
        (lambda: 0 / written(2.0).exp(), "0"),
        (lambda: written(2.0).exp() ** 0, "1"),
        (lambda: written(-8.0) ** (1 / 3), None),  # as in float64, where it is no number
        (lambda: written(1.0) / 0, None),
        (lambda: 0 * (written(1.0) / 0), None),
        (lambda: written(0.0) ** -1.0, None),
        (lambda: written(3.0) ** 400.0, None),  # too many digits
        (lambda: written(2 / 3) + 0, None),  # of a float that is no short decimal
        (lambda: written(float("nan")), None),
    ],
)
def test_arithmetic(made: Callable[[], Entry], exact: str | None) -> None:
    assert made().exact == (None if exact is None else Fraction(exact))


MOVES: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("a + b", lambda a, b: a + b),
    ("a - b", lambda a, b: a - b),
    ("a * b", lambda a, b: a * b),
    ("a / b", lambda a, b: a / b),
    ("a ** 2", lambda a, b: a**2),
    ("sin(a)", lambda a, b: np.sin(a)),
    ("exp(tanh(a))", lambda a, b: np.exp(np.tanh(a))),
    ("log(1 + a * a)", lambda a, b: np.log(1 + a * a)),
    ("1e9 + a", lambda a, b: 1_000_000_000 + a),
    ("a / 3 - b", lambda a, b: a / 3 - b),
)


@given(st.data())
def test_the_error_is_bounded(data: st.DataObject) -> None:
    """Beside the same in extended precision: no value is further off than it says."""
    start = data.draw(st.lists(st.integers(-30, 30), min_size=2, max_size=2))
    known: list[Any] = [np.array(rational(Fraction(n, 10)), dtype=object) for n in start]
    precise: list[Any] = [np.longdouble(n) / 10 for n in start]
    with np.errstate(all="ignore"):
        for _ in range(data.draw(st.integers(1, 8))):
            a, b = (data.draw(st.integers(0, len(known) - 1)) for _ in range(2))
            _, move = data.draw(st.sampled_from(MOVES))
            known.append(np.array(move(known[a], known[b]), dtype=object))
            precise.append(move(precise[a], precise[b]))
    for boxed, number in zip(known, precise, strict=True):
        entry: Entry = boxed[()]
        if not np.isfinite(number) or not np.isfinite(entry.error):
            continue
        slack = 1e-18 * abs(number) * 1000  # of the extended precision itself
        if entry.exact is None:
            assert abs(number - np.longdouble(entry.value)) <= entry.error + slack
        if entry.sign and abs(number) > 1000 * slack + entry.error * 1e-3:
            assert entry.sign == np.sign(number)


def test_comparisons_are_certain_or_undecided() -> None:
    e = written(1.0).exp()
    assert e > 2.718281828
    assert e != 2.71828
    assert e == e
    assert (-1000 * e).exp() > 0
    assert (-1000 * e).exp().value == 0
    for unsure in (rough(1.0), (e + 1) - 1 - e):
        with pytest.raises(Undecided):
            assert unsure < unsure.value


@pytest.mark.parametrize(
    ("made", "is_lost"),
    [
        (lambda: written(-800.0).exp(), True),
        (lambda: 1 - 1 / (1 + written(-40.0).exp()), True),
        (lambda: 1 - written(30.0).tanh() ** 2, True),
        (lambda: 1 - written(9.0).applied("erf"), True),
        (lambda: written(-800.0).exp() * written(-1.5), True),
        (lambda: written(-800.0).exp() + written(-900.0).exp(), True),
        (lambda: written(-800.0).exp() - written(-900.0).exp(), False),  # it may be 0
        (lambda: written(-800.0).exp() * 0, False),
        (lambda: rough(0.0), False),
        (lambda: rational(0), False),
    ],
)
def test_lost(made: Callable[[], Entry], is_lost: bool) -> None:
    with np.errstate(all="ignore"):
        assert made().is_lost == is_lost


@pytest.mark.parametrize(
    ("made", "is_underflow", "has_cancelled"),
    [
        (lambda: written(-800.0).exp(), True, False),
        (lambda: written(-800.0).exp() * 1000, True, False),
        (lambda: written(-800.0).exp() / 1e-300, False, True),
        (lambda: written(-800.0).exp() * 1e300, False, True),
        (lambda: written(-800.0).exp() ** 0.5, False, True),
        (lambda: written(-400.0).exp() ** 2, True, False),
        (lambda: 1 / written(800.0).exp(), True, False),
        (lambda: 1 / (1 + written(800.0).exp()), True, False),
        (lambda: 1 / (1 - written(800.0).exp()), True, False),
        (lambda: 1 / (written(799.9).exp() - written(800.0).exp()), False, False),  # by 1 / nan
        (lambda: (-(written(800.0).exp())).exp(), False, True),
        (lambda: written(30.0).applied("erfc"), True, False),
        (lambda: written(-800.0).exp().log1p(), True, False),
        (lambda: 1 - 1 / (1 + written(-50.0).exp()), False, True),
        (lambda: written(2.0).sqrt() * written(2.0).sqrt() - 2, False, True),
        (lambda: written(2.0).sqrt() - 1, False, False),
        (lambda: rough(0.0), False, False),
        (lambda: rational(0), False, False),
    ],
)
def test_why_something_is_zero(
    made: Callable[[], Entry], is_underflow: bool, has_cancelled: bool
) -> None:
    with np.errstate(all="ignore"):
        entry = made()
    assert (entry.is_underflow, entry.has_cancelled) == (is_underflow, has_cancelled)


FAR_MOVES: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("a + b", lambda a, b: a + b),
    ("a - b", lambda a, b: a - b),
    ("a * b", lambda a, b: a * b),
    ("1 / (1 + a)", lambda a, b: 1 / (1 + a)),
    ("a ** 2", lambda a, b: a**2),
    ("exp(a)", lambda a, b: np.exp(a)),
    ("exp(100 * a)", lambda a, b: np.exp(100 * a)),
    ("exp2(-99 * a)", lambda a, b: np.exp2(-99 * a)),
    ("expm1(a)", lambda a, b: np.expm1(a)),
    ("sqrt(a * a)", lambda a, b: np.sqrt(a * a)),
    ("log1p(a * a)", lambda a, b: np.log1p(a * a)),
)


@given(st.data())
def test_the_size_is_bounded(data: st.DataObject) -> None:
    """Extended precision goes down to 2^-16000: what float64 calls 0 is as small as it says."""
    start = data.draw(st.lists(st.integers(-120, 120), min_size=2, max_size=2))
    known: list[Any] = [np.array(rational(Fraction(n, 10)), dtype=object) for n in start]
    precise: list[Any] = [np.longdouble(n) / 10 for n in start]
    with np.errstate(all="ignore"):
        for _ in range(data.draw(st.integers(1, 7))):
            a, b = (data.draw(st.integers(0, len(known) - 1)) for _ in range(2))
            _, move = data.draw(st.sampled_from(FAR_MOVES))
            known.append(np.array(move(known[a], known[b]), dtype=object))
            precise.append(move(precise[a], precise[b]))
        for boxed, number in zip(known, precise, strict=True):
            entry: Entry = boxed[()]
            if not np.isfinite(number):
                return
            if entry.exact is None and number:
                low, high = entry.span
                slack = 1e-6 + 1e-12 * abs(np.log2(abs(number)))
                assert np.log2(abs(number)) <= high + slack or abs(number) < 1e-4000
                if low > -10_000:
                    assert low - slack <= np.log2(abs(number))
            if entry.is_underflow:
                assert abs(number) < np.longdouble(5e-324)


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
