"""The adapters of NumPy's reductions: value, shape and type are NumPy's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.errors import ChainruleError, DataProblem, DomainProblem, ShapeError
from chainrule.graph.node import Array, variable
from chainrule.run.interpreter import evaluate_all
from chainrule.trace.lines import ACCUMULATIONS
from chainrule.trace.reductions import REDUCTIONS
from chainrule.trace.table import adapter_of

NAN, INF = np.nan, np.inf


class Placeholder:
    """Stands for the array in the table of calls."""

    def __repr__(self) -> str:
        return "x"


X = Placeholder()
VECTOR = np.array([0.5, -2.0, 0.0, 3.0, 3.0, -2.0])
MATRIX = np.array([[1.5, -2.0, 0.25], [0.5, 4.0, -1.0]])
CUBE = np.random.default_rng(5).normal(size=(2, 3, 4))
SINGLE = MATRIX.astype(np.float32)
COUNTS = np.array([[3, -1, 2], [0, 5, 5]])
BYTES = COUNTS.astype(np.int8)
TRUTH = COUNTS > 1
NUMBER = np.array(-1.5)
EMPTY = np.zeros((2, 0))
HOLED = np.array([[1.0, NAN, 3.0], [NAN, 2.0, -1.0]])
ENDLESS = np.array([INF, 1.0, -INF, 2.0])
EVERY = (VECTOR, MATRIX, CUBE, SINGLE, COUNTS, BYTES, TRUTH, NUMBER, EMPTY, HOLED, ENDLESS)
FILLED = tuple(array for array in EVERY if array.size)
LINES = tuple(array for array in FILLED if array.ndim)
MATRICES = (MATRIX, SINGLE, COUNTS, BYTES, TRUTH, HOLED, CUBE, EMPTY)
NUMBERS = (VECTOR, MATRIX, CUBE, SINGLE, COUNTS, BYTES, NUMBER, HOLED, ENDLESS)
WEIGHTS = np.array([[1.0, 2.0, 3.0], [0.5, 0.25, 4.0]])


def call(function: Callable[..., Any], *args: Any, **settings: Any) -> Any:
    """A row: a function, and what it is called with."""
    return function, args, settings


def called(function: Callable[..., Any], row: Any, array: Any) -> Any:
    """What the function makes of the row's arguments, the array in its place."""
    _, args, settings = row
    return function(
        *[array if each is X else each for each in args],
        **{name: array if each is X else each for name, each in settings.items()},
    )


def adapter(function: Any) -> Callable[..., Any]:
    found = adapter_of(function)
    assert found is not None
    return found


def agrees(ours: Callable[..., Any], theirs: Callable[..., Any], row: Any, array: Array) -> None:
    x = variable(array.shape, array.dtype)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wanted = called(theirs, row, array)
        found = called(ours, row, x)
    nodes = list(found) if isinstance(found, tuple) else [found]
    values = list(wanted) if isinstance(wanted, tuple) else [wanted]
    for node, value, result in zip(nodes, values, evaluate_all(nodes, {x: array}), strict=True):
        value = np.asarray(value)
        assert node.shape == value.shape
        assert node.dtype == result.dtype == value.dtype
        tolerance = 1e-6 if value.dtype == np.float32 else 1e-13
        np.testing.assert_allclose(result, value, rtol=tolerance, atol=tolerance)


def rows(arrays: tuple[Array, ...], *calls: Any) -> list[Any]:
    return [
        pytest.param(each, array, id=f"{each[0].__name__}{each[1:]} of {array.dtype}{array.shape}")
        for each in calls
        for array in arrays
    ]


@pytest.mark.parametrize(
    ("row", "array"),
    [
        *rows(
            EVERY,
            *[
                call(function, X, **settings)
                for function in (np.sum, np.prod, np.any, np.all, np.nansum, np.nanprod, np.mean)
                for settings in ({}, {"keepdims": True})
            ],
            call(np.sum, X, ()),
            call(np.count_nonzero, X),
            call(np.count_nonzero, X, keepdims=True),
            call(np.cumsum, X),
            call(np.cumprod, X),
            call(np.var, X),
            call(np.std, X, ddof=1),
        ),
        *rows(
            FILLED,
            *[
                call(function, X, **settings)
                for function in (np.max, np.min, np.argmax, np.argmin, np.median, np.amax, np.amin)
                for settings in ({}, {"keepdims": True})
            ],
            call(np.sort, X, None),
            call(np.argsort, X, axis=None, stable=True),
            call(np.average, X),
            call(np.average, X, returned=True),
        ),
        *rows(
            LINES,
            *[
                call(function, X, axis=axis)
                for function in (
                    *(np.sum, np.prod, np.any, np.all, np.count_nonzero, np.mean, np.nanmean),
                    *(np.max, np.min, np.argmax, np.argmin, np.median, np.average),
                    *(np.var, np.std, np.cumsum, np.cumprod),
                )
                for axis in (0, -1, np.int64(0))
            ],
            call(np.sort, X),
            call(np.sort, X, 0, kind="stable"),
            call(np.argsort, X, stable=True),
            call(np.argsort, X, axis=0, kind="stable"),
            call(np.diff, X),
            call(np.diff, X, 2),
            call(np.diff, X, n=0),
            call(np.diff, X, axis=0),
            call(np.std, X, -1, ddof=1, keepdims=True),
            call(np.var, X, 0, correction=1),
            call(np.argmax, X, 0, keepdims=True),
        ),
        *rows(
            NUMBERS,
            call(np.ptp, X),
            call(np.ptp, X, keepdims=True),
            call(np.linalg.norm, X),
            call(np.linalg.norm, X, keepdims=True),
            *[call(np.linalg.vector_norm, X, ord=p) for p in (0, 1, 2, 3, -1, INF, -INF)],
        ),
        *rows(
            (VECTOR, COUNTS[0], np.zeros(3), ENDLESS),
            *[call(np.linalg.norm, X, p) for p in (None, 0, 1, 2, 3, 0.5, -1, INF, -INF)],
            call(np.linalg.norm, X, axis=0),
            call(np.linalg.norm, X, 2, (0,), keepdims=True),
        ),
        *rows(
            MATRICES,
            *[call(np.sum, X, axis=axis) for axis in ((0, 1), (-1, 0), (1,))],
            call(np.prod, X, (0, 1)),
            call(np.mean, X, (1, 0), keepdims=True),
            call(np.linalg.norm, X, axis=0),
            call(np.linalg.norm, X, axis=(1, 0)),
            call(np.linalg.matrix_norm, X),
            call(np.sum, X, axis=0, keepdims=True),
        ),
        *rows(
            (MATRIX, SINGLE, COUNTS, CUBE, HOLED),
            *[
                call(np.linalg.norm, X, order, axis, keepdims=kept)
                for order in ("fro", None, 1, -1, INF, -INF)
                for axis in ((0, 1), (1, 0), (-1, -2))
                for kept in (False, True)
            ],
            *[call(np.linalg.matrix_norm, X, ord=order) for order in ("fro", 1, -1, INF, -INF)],
            call(np.max, X, (0, 1)),
            call(np.min, X, (1,), keepdims=True),
            call(np.median, X, (0, -1)),
            call(np.var, X, axis=(0, 1), ddof=2),
        ),
        *rows(
            (MATRIX, SINGLE, COUNTS, CUBE),
            *[
                call(np.linalg.norm, X, order, axis, keepdims=kept)
                for order in (2, -2, "nuc")
                for axis in ((0, 1), (1, 0), (-1, -2))
                for kept in (False, True)
            ],
        ),
        *rows((MATRIX, COUNTS), call(np.linalg.norm, X, 1), call(np.linalg.norm, X, -INF)),
        *rows(
            (MATRIX, HOLED),
            call(np.diff, X, prepend=1),
            call(np.diff, X, 2, 0, WEIGHTS, -2),
            call(np.diff, X, axis=0, prepend=COUNTS, append=WEIGHTS),
        ),
        *rows((CUBE,), call(np.median, X, (0, 2), keepdims=True), call(np.sum, X, (0, 2))),
        *rows(
            (MATRIX, COUNTS, HOLED),
            call(np.average, X, weights=WEIGHTS),
            call(np.average, X, 1, WEIGHTS, returned=True),
            call(np.average, X, 1, [1.0, 2.0, 3.0]),
            call(np.average, X, axis=-2, weights=np.array([1.0, 2.0]), keepdims=True),
            call(np.average, X, axis=(0, 1), weights=WEIGHTS),
            call(np.average, WEIGHTS, weights=X),
            call(np.trapezoid, X),
            call(np.trapezoid, X, dx=0.5, axis=0),
            call(np.trapezoid, X, [0.0, 1.0, 4.0]),
            call(np.trapezoid, X, x=[0.0, 3.0], axis=0),
            call(np.trapezoid, X, WEIGHTS),
            call(np.trapezoid, WEIGHTS, X, axis=0),
            call(np.nanmean, X, 1, keepdims=True),
        ),
        *rows(
            (NUMBER,),
            *[
                call(function, X, axis)
                for function in (np.sum, np.prod, np.max, np.min, np.any, np.cumsum, np.argmax)
                for axis in (0, -1)
            ],
            call(np.argsort, X, 0),
        ),
        *rows((SINGLE,), call(np.sum, X, dtype=np.float32), call(np.mean, X, 0, "float32")),
        *rows((TRUTH,), call(np.sum, X, dtype=int), call(np.mean, X, dtype=float)),
        *rows((EMPTY,), call(np.max, X, 0), call(np.argmin, X, 0), call(np.sort, X)),
    ],
)
def test_a_function_is_numpys(row: Any, array: Array) -> None:
    agrees(adapter(row[0]), row[0], row, array)


@pytest.mark.parametrize("settings", [{}, {"axis": 0}, {"axis": -1}, {"axis": None}, {"axis": ()}])
@pytest.mark.parametrize("ufunc", list(REDUCTIONS), ids=lambda ufunc: ufunc.__name__)
@pytest.mark.parametrize("array", FILLED, ids=lambda array: f"{array.dtype}{array.shape}")
def test_reduce_is_numpys(ufunc: np.ufunc, settings: dict[str, Any], array: Array) -> None:
    for kept in (False, True):
        row = call(ufunc.reduce, X, **settings, keepdims=kept)
        agrees(REDUCTIONS[ufunc], ufunc.reduce, row, array)


@pytest.mark.parametrize("ufunc", list(ACCUMULATIONS), ids=lambda ufunc: ufunc.__name__)
@pytest.mark.parametrize("array", LINES, ids=lambda array: f"{array.dtype}{array.shape}")
def test_accumulate_is_numpys(ufunc: np.ufunc, array: Array) -> None:
    for settings in ({}, {"axis": -1}):
        row = call(ufunc.accumulate, X, **settings)
        agrees(ACCUMULATIONS[ufunc], ufunc.accumulate, row, array)


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        (call(np.sum, X, out=MATRIX), DataProblem, "numpy.sum: out= is not taken"),
        (call(np.sum, X, where=TRUTH), DataProblem, "where= is not taken"),
        (call(np.sum, X, dtype="float32"), DataProblem, "dtype=float32 .* result is float64"),
        (call(np.sum, X, 2), ShapeError, "axis 2 does not exist"),
        (call(np.sum, X, (0, 0)), ShapeError, "named twice"),
        (call(np.sum, X, 0.5), DataProblem, "axis is a whole number, not 0.5"),
        (call(np.max, X, initial=0), DataProblem, "initial= is not taken"),
        (call(np.var, X, ddof=0.5), DataProblem, "ddof is a whole number"),
        (call(np.var, X, mean=0), DataProblem, "mean= is not taken"),
        (call(np.average, X, weights=[1.0]), ShapeError, "weights have the shape"),
        (call(np.average, X, 0, [1.0, 2.0, 3.0]), ShapeError, "lengths of axis="),
        (call(np.diff, X, -1), DataProblem, "n is 0 or more, not -1"),
        (call(np.argmax, X, (0, 1)), DataProblem, "axis is a whole number"),
        (call(np.sort, X, order="a"), DataProblem, "order= is not taken"),
        (call(np.sort, X, 2), ShapeError, "axis 2 does not exist"),
        (call(np.linalg.norm, X, 3), DataProblem, "no norm of a matrix"),
        (call(np.linalg.norm, X, "fro", 0), DataProblem, "a norm of matrices"),
        (call(np.linalg.norm, X, NAN, 0), DomainProblem, "order of a norm"),
        (call(np.linalg.norm, X, axis=(0, 0)), ShapeError, "named twice"),
        (call(np.linalg.vector_norm, X, ord="fro"), DataProblem, "a norm of matrices"),
    ],
)
def test_what_is_refused(row: Any, error: type[ChainruleError], message: str) -> None:
    with pytest.raises(error, match=message):
        called(adapter(row[0]), row, variable(MATRIX.shape))


@pytest.mark.parametrize("function", [np.max, np.min, np.argmax, np.argmin, np.median])
def test_nothing_has_no_extreme(function: Any) -> None:
    with pytest.raises(ShapeError, match="at least one entry"):
        adapter(function)(variable((2, 0)), axis=1)


def test_a_number_has_no_axis_to_sort_along() -> None:
    with pytest.raises(ShapeError, match="axis -1 does not exist in a number"):
        adapter(np.sort)(variable(()))
    with pytest.raises(ShapeError, match="a number has none"):
        ACCUMULATIONS[np.add](variable(()))
    with pytest.raises(ShapeError, match="one axis or two, not 3"):
        adapter(np.linalg.norm)(variable((2, 2, 2)), 1)
    with pytest.raises(ShapeError, match="needs two axes, not 1"):
        adapter(np.linalg.matrix_norm)(variable((2,)))
