"""What cannot be traced: each refusal, with its message, its place and what to write instead."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, DataProblem, ShapeError, TooLarge

THREE = np.array([1.0, 2.0, 3.0])
KEPT: list[Any] = []


def branches(x: Any) -> Any:
    return x.sum() if x[0] > 0 else -x.sum()


def loops_while(x: Any) -> Any:
    while np.abs(x).sum() > 1:
        x = x / 2
    return x.sum()


def is_made_a_float(x: Any) -> Any:
    return float(x[0]) * 2


def calls_math(x: Any) -> Any:
    return math.sin(x[0])


def is_a_length(x: Any) -> Any:
    return np.ones(x[0].astype(int)).sum() * x[0]


def counts_by(x: Any) -> Any:
    return sum(x[0] for _ in range(x[0]))


def assigns_an_entry(x: Any) -> Any:
    x[0] = 5.0
    return x.sum()


def adds_in_place(x: Any) -> Any:
    x += 1.0
    return x.sum()


def writes_out(x: Any) -> Any:
    return np.exp(x, out=x).sum()


def sorts_in_place(x: Any) -> Any:
    x.sort()
    return x[0]


def makes_an_array(x: Any) -> Any:
    return np.array([x[0], x[1]]).sum()


def converts_to_an_array(x: Any) -> Any:
    return np.asarray(x).sum()


def sets_an_entry_of_another(x: Any) -> Any:
    found = np.zeros(3)
    found[0] = x[0]
    return found.sum()


def adds_to_another(x: Any) -> Any:
    found = np.zeros(3)
    found += x
    return found.sum()


def adds_a_number_to_another(x: Any) -> Any:
    found = np.zeros(3)
    found += x[0]
    return found.sum()


def takes_rows_at_traced_positions(x: Any) -> Any:
    return np.eye(3)[np.argsort(x)].sum()


def loops_without_end(x: Any) -> Any:
    total = 0.0
    for _ in itertools.count():
        total = total + x[0]
    return total


def uses_fft(x: Any) -> Any:
    return np.fft.fft(x).sum()


def draws_random_numbers(x: Any) -> Any:
    return np.sum(x * np.random.normal(size=3))


def returns_a_vector(x: Any) -> Any:
    return 2 * x


def returns_a_text(x: Any) -> Any:
    return "loss"


def forgets_to_return(x: Any) -> Any:
    np.sum(x)


def mixes_shapes(x: Any) -> Any:
    weights = np.ones((4, 2))
    return np.sum(x @ weights)


def adds_shapes(x: Any) -> Any:
    bias = np.ones(2)
    return np.sum(x + bias)


def is_out_of_range(x: Any) -> Any:
    return x[7]


def mixes_precisions(x: Any) -> Any:
    return np.sum(x * np.ones(3, np.float32))


def has_a_shape_of_numbers(x: Any) -> Any:
    return x[x > 0].sum()


REFUSALS: list[tuple[Callable[..., Any], type[ChainruleError], str, str]] = [
    (branches, DataProblem, "np.where(condition, a, b)", "x[0] > 0"),
    (loops_while, DataProblem, "np.where(condition, a, b)", "np.abs(x).sum() > 1"),
    (is_made_a_float, DataProblem, "leave the array as it is", "float(x[0])"),
    (calls_math, DataProblem, "np.exp for math.exp", "math.sin(x[0])"),
    (is_a_length, DataProblem, "a plain whole number", "np.ones(x[0].astype(int))"),
    (counts_by, DataProblem, "as a Python int", "range(x[0])"),
    (assigns_an_entry, DataProblem, "x = cr.numpy.set(x, index, value)", "x[0]"),
    (adds_in_place, DataProblem, "x = x + …", "x += 1.0"),
    (writes_out, DataProblem, "x = x + …", "np.exp(x, out=x)"),
    (makes_an_array, DataProblem, "cr.numpy.array([…]) or np.stack([…])", "np.array([x[0], x[1]])"),
    (converts_to_an_array, DataProblem, "leave out np.asarray(x)", "np.asarray(x)"),
    (sets_an_entry_of_another, DataProblem, "cr.numpy.set(a, index, x)", "found[0]"),
    (adds_to_another, DataProblem, "x = x + …", "found += x"),
    (adds_a_number_to_another, DataProblem, "x = x + …", "found += x[0]"),
    (takes_rows_at_traced_positions, DataProblem, "cr.numpy.take", "np.eye(3)[np.argsort(x)]"),
    (loops_without_end, TooLarge, "cr.numpy.scan", "x[0]"),
    (uses_fft, DataProblem, "numpy.fft.fft cannot be traced", "np.fft.fft(x)"),
    (mixes_shapes, ShapeError, "x is (3), weights is (4 × 2): @ needs", "x @ weights"),
    (adds_shapes, ShapeError, "x is (3), bias is (2): numpy.add acts entry by entry", "x + bias"),
    (is_out_of_range, ShapeError, "out of range", "x[7]"),
    (mixes_precisions, DataProblem, "do not mix", "x * np.ones(3, np.float32)"),
    (has_a_shape_of_numbers, DataProblem, "np.where(mask, x, 0)", "x[x > 0]"),
]


@pytest.mark.parametrize(
    ("function", "kind", "said", "where"), REFUSALS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_refusal_says_what_to_write_and_points_at_it(
    function: Callable[..., Any], kind: type[ChainruleError], said: str, where: str
) -> None:
    with pytest.raises(kind, match=re.escape(said)) as caught:
        cr.grad(function)(THREE)
    problem = caught.value
    assert problem.source is not None
    assert problem.span is not None
    assert problem.source.slice(problem.span) == where
    line = problem.source.text.splitlines()[problem.source.position(problem.span)[0] - 1]
    assert line in str(problem)
    assert "test_refusals.py" in str(problem)


UNPLACED: list[tuple[Callable[..., Any], type[ChainruleError], str]] = [
    (draws_random_numbers, DataProblem, "draws random numbers"),
    (returns_a_vector, ShapeError, "returns (3): sum it, or take cr.jacobian"),
    (returns_a_text, DataProblem, "not an object of type str"),
    (forgets_to_return, DataProblem, "is there a `return` missing?"),
]


@pytest.mark.parametrize(("function", "kind", "said"), UNPLACED)
def test_a_refusal_of_the_whole_function(
    function: Callable[..., Any], kind: type[ChainruleError], said: str
) -> None:
    with pytest.raises(kind, match=re.escape(said)):
        cr.grad(function)(THREE)


def test_methods_that_change_an_array_say_what_to_write() -> None:
    with pytest.raises(AttributeError, match=r"write np\.sort\(x\)"):
        cr.grad(sorts_in_place)(THREE)


def test_numbers_are_immutable_and_may_be_added_to() -> None:
    def total(x: Any) -> Any:
        found = 0.0
        for entry in x:
            found += entry**2
        return found

    np.testing.assert_array_equal(cr.grad(total)(THREE), [2, 4, 6])


def test_an_array_that_was_kept_belongs_to_a_call_that_is_over() -> None:
    def leaks(x: Any) -> Any:
        KEPT.append(x)
        return x.sum()

    cr.grad(leaks)(THREE)
    for use in (lambda: KEPT[0] + 1, lambda: cr.grad(lambda y: (y * KEPT[0]).sum())(THREE)):
        with pytest.raises(DataProblem, match="belongs to a call that is over"):
            use()


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        (np.arange(3), "x.astype(float)"),
        (np.array([1 + 2j]), "x is complex"),
        ("text", "that argument holds no real numbers"),
    ],
)
def test_arguments_that_nothing_is_differentiated_by(argument: Any, said: str) -> None:
    with pytest.raises(DataProblem, match=re.escape(said)):
        cr.grad(lambda x: np.sum(x))(argument)


def test_wrt_that_is_not_there() -> None:
    with pytest.raises(cr.errors.NameProblem, match="has the parameters x, y"):
        cr.grad(lambda x, y: x * y, "z")
    with pytest.raises(DataProblem, match="that argument is not given"):
        cr.grad(lambda x: x, 3)(1.0)


def test_scipy_functions_have_names_here() -> None:
    special = pytest.importorskip("scipy.special")
    with pytest.raises(DataProblem, match=re.escape("write cr.numpy.sigmoid")):
        cr.grad(lambda x: special.expit(x).sum())(THREE)
    with pytest.raises(DataProblem, match=re.escape("write cr.numpy.erf")):
        cr.grad(lambda x: special.erf(x).sum())(THREE)
    optimize = pytest.importorskip("scipy.optimize")
    with pytest.raises(DataProblem, match=r"np\.array"):
        cr.grad(lambda x: optimize.rosen_der(x).sum())(THREE)
