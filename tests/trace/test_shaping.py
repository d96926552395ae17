"""Shapes, joining, splitting, repeating, padding: the same results as NumPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.trace.comparing import Plain, agrees

from chainrule.errors import ChainruleError, DataProblem, ShapeError
from chainrule.graph.node import constant, variable
from chainrule.ops.making import zeros
from chainrule.trace.shaping import array
from chainrule.trace.table import adapter_of

NUMBER = np.array(1.5)
VECTOR = np.array([3.0, 1.0, 2.0])
MATRIX = np.arange(6.0).reshape(2, 3)
CUBE = np.arange(24.0).reshape(2, 3, 4)
LINE = np.arange(3.0).reshape(1, 3, 1)
NOTHING = np.zeros((0, 3))
SINGLE = MATRIX.astype("float32")
LABELS = np.array([2, 0, 1])
TRUTH = np.array([[True, False, True], [False, True, True]])
EACH = [NUMBER, VECTOR, MATRIX, CUBE, NOTHING, SINGLE, LABELS, TRUTH]

Call = tuple[Any, ...]  # a function, its arguments, and settings last if there are any
SHAPES: list[Call] = [
    (np.reshape, MATRIX, (3, 2)),
    (np.reshape, MATRIX, [3, -1]),
    (np.reshape, MATRIX, -1),
    (np.reshape, MATRIX, np.int64(6)),
    (np.reshape, NUMBER, ()),
    (np.reshape, NUMBER, (1, 1)),
    (np.reshape, NOTHING, (3, 0)),
    (np.reshape, NOTHING, (-1, 3)),
    (np.reshape, CUBE, (4, -1), {"order": "F"}),
    (np.reshape, LABELS, (3, 1), {"copy": True}),
    (np.ravel, CUBE, "F"),
    (np.transpose, CUBE, (1, -1, 0)),
    (np.transpose, MATRIX, [1, 0]),
    (np.matrix_transpose, CUBE),
    (np.swapaxes, CUBE, 0, -1),
    (np.moveaxis, CUBE, 0, -1),
    (np.moveaxis, CUBE, [0, 2], [-1, 0]),
    (np.moveaxis, CUBE, [0, 1], [1, 2]),
    (np.rollaxis, CUBE, 2),
    (np.rollaxis, CUBE, 0, 3),
    (np.rollaxis, CUBE, 1, -1),
    (np.expand_dims, MATRIX, 1),
    (np.expand_dims, MATRIX, (0, -1)),
    (np.expand_dims, NUMBER, 0),
    (np.squeeze, LINE),
    (np.squeeze, LINE, 0),
    (np.squeeze, LINE, (0, -1)),
    (np.squeeze, CUBE),
    (np.broadcast_to, VECTOR, (2, 3)),
    (np.broadcast_to, NUMBER, 4),
    (np.broadcast_to, LABELS, (0, 3)),
    (np.broadcast_arrays, MATRIX, VECTOR, NUMBER),
    (np.broadcast_arrays, VECTOR, Plain(np.ones((2, 1)))),
    (np.atleast_1d, NUMBER, MATRIX),
    (np.size, CUBE, 1),
    (np.size, CUBE, -1),
    (np.astype, MATRIX, np.float32),
    (np.astype, LABELS, float),
    (np.zeros_like, SINGLE, {"shape": (4,)}),
    (np.ones_like, MATRIX, int),
    (np.full_like, SINGLE, 2.5),
    (np.full_like, LABELS, 2.5),
    (np.full_like, MATRIX, [1, 2, 3]),
    (np.full_like, MATRIX, VECTOR),
    (np.full_like, VECTOR, NUMBER, {"dtype": np.float32}),
]
JOINS: list[Call] = [
    (np.concatenate, [MATRIX, MATRIX]),
    (np.concatenate, (MATRIX, Plain(np.ones((2, 1)))), 1),
    (np.concatenate, [MATRIX, NOTHING]),
    (np.concatenate, [MATRIX, VECTOR, NUMBER], {"axis": None}),
    (np.concatenate, CUBE),
    (np.concatenate, [LABELS, [1, 2]]),
    (np.concatenate, [LABELS, VECTOR]),
    (np.concatenate, [VECTOR, TRUTH[0]]),
    (np.concatenate, [LABELS, LABELS.astype(np.int32)]),
    (np.concatenate, [TRUTH, TRUTH], {"axis": -1}),
    (np.stack, [VECTOR, VECTOR]),
    (np.stack, [VECTOR, [1, 2, 3]], {"axis": -1}),
    (np.stack, [NUMBER, 1, 2.5]),
    (np.stack, MATRIX, 1),
    (np.stack, [LABELS, [3, 4, 5]]),
    (np.vstack, [VECTOR, MATRIX]),
    (np.vstack, [NUMBER, 2.0]),
    (np.hstack, [VECTOR, NUMBER, 2]),
    (np.hstack, [MATRIX, MATRIX]),
    (np.dstack, [VECTOR, VECTOR]),
    (np.dstack, [MATRIX, MATRIX]),
    (np.dstack, [CUBE, CUBE]),
    (np.column_stack, [VECTOR, LABELS]),
    (np.column_stack, [MATRIX, [1, 2]]),
    (np.append, VECTOR, 4.0),
    (np.append, LABELS, 4),
    (np.append, MATRIX, [[6, 7, 8]], {"axis": 0}),
    (np.append, MATRIX, VECTOR),
    (np.block, [[MATRIX, MATRIX], [1.0, np.ones((1, 5))]]),
    (np.block, [VECTOR, NUMBER]),
    (np.block, VECTOR),
]
SPLITS: list[Call] = [
    (np.split, VECTOR, 3),
    (np.split, CUBE, 2, {"axis": -1}),
    (np.split, VECTOR, [1, 1, 5]),
    (np.split, VECTOR, (-1,)),
    (np.array_split, VECTOR, 2),
    (np.array_split, VECTOR, 5),
    (np.array_split, CUBE, 3, 2),
    (np.array_split, NOTHING, 2),
    (np.hsplit, MATRIX, 3),
    (np.hsplit, VECTOR, [1]),
    (np.vsplit, MATRIX, 2),
    (np.dsplit, CUBE, [1, 3]),
]
REPEATS: list[Call] = [
    (np.flip, CUBE),
    (np.flip, CUBE, 1),
    (np.flip, CUBE, (0, -1)),
    (np.flip, NUMBER),
    (np.flip, NOTHING),
    (np.fliplr, CUBE),
    (np.flipud, VECTOR),
    *[(np.rot90, CUBE, turns) for turns in range(-1, 5)],
    (np.rot90, CUBE, 1, (2, 1)),
    (np.rot90, CUBE, 3, {"axes": (0, -1)}),
    (np.roll, CUBE, 5),
    (np.roll, CUBE, -1, 2),
    (np.roll, CUBE, (1, -2), (0, 2)),
    (np.roll, CUBE, (1, 2), 1),
    (np.roll, CUBE, 1, (1, 2)),
    (np.roll, VECTOR, 3),
    (np.roll, NOTHING, 2),
    (np.roll, NUMBER, 2),
    (np.tile, VECTOR, 2),
    (np.tile, MATRIX, (2, 1, 3)),
    (np.tile, CUBE, (2,)),
    (np.tile, CUBE, (0, 1)),
    (np.tile, NUMBER, 3),
    (np.tile, NUMBER, ()),
    (np.tile, LABELS, (2, 2)),
    (np.repeat, MATRIX, 2),
    (np.repeat, MATRIX, 2, 0),
    (np.repeat, MATRIX, 0, -1),
    (np.repeat, MATRIX, [1, 0, 2], 1),
    (np.repeat, MATRIX, Plain(np.array([3])), {"axis": 1}),
    (np.repeat, NUMBER, 3),
    (np.repeat, LABELS, [2, 1, 0]),
    (np.pad, VECTOR, 2),
    (np.pad, NUMBER, 2),
    (np.pad, MATRIX, (1, 0)),
    (np.pad, MATRIX, ((1, 2), (0, 1))),
    (np.pad, MATRIX, {-1: (1, 2)}, {}),
    (np.pad, MATRIX, ((1,), (2,)), {"constant_values": 7.0}),
    (np.pad, MATRIX, 1, {"constant_values": NUMBER}),
    (np.pad, MATRIX, 1, {"constant_values": (1, 2)}),
    (np.pad, CUBE, 1, {"constant_values": ((1, 2), (3, 4), (5, 6))}),
    (np.pad, SINGLE, 1, {"constant_values": 0.5}),
    (np.pad, LABELS, 1, {"constant_values": 4}),
    (np.pad, LABELS, 1),
    (np.pad, TRUTH, 1),
    (np.pad, NOTHING, ((1, 1), (0, 0))),
    *[
        (np.pad, each, width, {"mode": mode})
        for each, width in (
            (VECTOR, 2),
            (VECTOR, (7, 8)),
            (MATRIX, ((3, 1), (0, 2))),
            (VECTOR[:1], 3),
            (LABELS, 1),
        )
        for mode in ("edge", "reflect", "symmetric", "wrap")
    ],
]
SINGLES = [
    (function, each)
    for function in (
        np.ravel,
        np.transpose,
        np.atleast_1d,
        np.atleast_2d,
        np.atleast_3d,
        np.shape,
        np.size,
        np.ndim,
        np.copy,
        np.zeros_like,
        np.ones_like,
    )
    for each in EACH
]


def calls(table: list[Call]) -> pytest.MarkDecorator:
    names = [f"{call[0].__name__} {at}" for at, call in enumerate(table)]
    return pytest.mark.parametrize("call", table, ids=names)


@calls([*SHAPES, *JOINS, *SPLITS, *REPEATS, *SINGLES])
def test_a_function_is_numpys(call: Call) -> None:
    function, *args = call
    settings = args.pop() if isinstance(args[-1], dict) else {}
    agrees(function, *args, **settings)


@pytest.mark.skipif(not hasattr(np, "unstack"), reason="NumPy has it since 2.1")
def test_unstack() -> None:
    agrees(np.unstack, CUBE, axis=-1)
    agrees(np.unstack, VECTOR)


def built(function: Any, *args: Any, **settings: Any) -> Any:
    """The adapter's result."""
    adapter = adapter_of(function)
    assert adapter is not None
    return adapter(*args, **settings)


def test_empty_like_has_zeros() -> None:
    found = built(np.empty_like, variable((2, 3), "float32"))
    assert found is zeros((2, 3), np.dtype(np.float32))


@pytest.mark.parametrize("each", [1, 0.5, True, np.float64(2), [3], [[1, 2]]])
def test_written_numbers_take_the_precision_of_the_arrays(each: Any) -> None:
    assert built(np.append, variable((2,), "float32"), each).dtype == np.float32


def test_arrays_of_two_precisions_do_not_mix() -> None:
    pair = [variable((2,), "float32"), variable((2,), "float64")]
    for function in (np.concatenate, np.stack, np.hstack):
        with pytest.raises(DataProblem, match="float32 and float64 do not mix"):
            built(function, pair)


X = variable((2, 3))
N = variable((), np.int64)
PROBLEMS: list[tuple[type[ChainruleError], str, Any, tuple[Any, ...], dict[str, Any]]] = [
    (ShapeError, r"\(2 × 3\) and \(4\) differ in size", np.reshape, (X, 4), {}),
    (ShapeError, r"6 entries of \(2 × 3\) do not fill \[4, -1\]", np.reshape, (X, (4, -1)), {}),
    (ShapeError, "only one length can be -1", np.reshape, (X, (-1, -1)), {}),
    (ShapeError, "0 or more", np.reshape, (X, (-2, 3)), {}),
    (DataProblem, "plain whole number", np.reshape, (X, (N, 2)), {}),
    (DataProblem, "plain whole number here, not 1.5", np.reshape, (X, 1.5), {}),
    (DataProblem, "order is 'C' or 'F'", np.reshape, (X, 6), {"order": "A"}),
    (ShapeError, r"axis 2 does not exist in \(2 × 3\)", np.transpose, (X, (0, 2)), {}),
    (ShapeError, "not an order of the 2 axes", np.transpose, (X, (0,)), {}),
    (ShapeError, "named twice", np.transpose, (X, (0, 0)), {}),
    (ShapeError, "axis 1 .* has 3 entries", np.squeeze, (X, 1), {}),
    (ShapeError, "axis 3 does not exist", np.expand_dims, (X, 3), {}),
    (ShapeError, "named twice", np.expand_dims, (X, (0, 0)), {}),
    (ShapeError, "2 axes are moved to 1 places", np.moveaxis, (X, (0, 1), 0), {}),
    (ShapeError, "cannot be repeated", np.broadcast_to, (X, (2, 4)), {}),
    (ShapeError, "do not fit", np.broadcast_arrays, (X, variable((2,))), {}),
    (DataProblem, "numpy.zeros_like: device=", np.zeros_like, (X,), {"device": "cpu"}),
    (ShapeError, "no axis along which", np.concatenate, ([X[0, 0], X[0, 1]],), {}),
    (ShapeError, "cannot be joined along axis 0", np.concatenate, ([X, X[:, :2]],), {}),
    (ShapeError, "at least one part", np.concatenate, ([],), {}),
    (DataProblem, "numpy.concatenate: dtype=", np.concatenate, ([X],), {"dtype": float}),
    (DataProblem, "numpy.stack: out=", np.stack, ([X],), {"out": X}),
    (ShapeError, "axis 3 does not exist", np.stack, ([X, X], 3), {}),
    (ShapeError, "cannot be split into 2 equal", np.split, (X, 2, 1), {}),
    (ShapeError, "1 part or more", np.array_split, (X, 0), {}),
    (ShapeError, "needs 3 axes", np.dsplit, (X, 1), {}),
    (ShapeError, "nested equally deep", np.block, ([[X], X],), {}),
    (DataProblem, "numpy.roll needs a plain whole number", np.roll, (X, N), {}),
    (ShapeError, "0 times or more", np.repeat, (X, -1), {}),
    (ShapeError, "2 counts for the 3 entries", np.repeat, (X, [1, 2], 1), {}),
    (DataProblem, "one of constant, edge", np.pad, (X, 1, "mean"), {}),
    (DataProblem, "reflect_type", np.pad, (X, 1, "reflect"), {"reflect_type": "odd"}),
    (DataProblem, "numpy.pad: end_values=", np.pad, (X, 1), {"end_values": 1}),
    (ShapeError, "adds 0 entries or more", np.pad, (X, -1), {}),
    (ShapeError, "a pair for each axis", np.pad, (X, [(1, 2)] * 3), {}),
    (ShapeError, "no entries to copy", np.pad, (variable((0,)), 1, "edge"), {}),
]


@pytest.mark.parametrize(
    ("kind", "message", "function", "args", "settings"),
    PROBLEMS,
    ids=[f"{row[2].__name__} {at}" for at, row in enumerate(PROBLEMS)],
)
def test_a_problem_says_what_was_found(
    kind: type[ChainruleError],
    message: str,
    function: Any,
    args: tuple[Any, ...],
    settings: dict[str, Any],
) -> None:
    with pytest.raises(kind, match=message):
        built(function, *args, **settings)


def test_an_array_of_nested_lists() -> None:
    a = variable((), "float32")
    found = array([[a, 0.5], [1, a]])
    assert (found.shape, found.dtype.name) == ((2, 2), "float32")
    assert array([[1, 2], [3, 4]]).dtype == np.int64
    assert array([N, 1]).dtype == np.int64
    assert array([True, False]).dtype == np.bool_
    assert array(2.5) is constant(2.5)
    with pytest.raises(ShapeError, match="brackets stack parts of one shape"):
        array([[a, 1, 2], [a, a]])
    with pytest.raises(ShapeError, match="the rows of an array have one length"):
        array([[1, 2], [3]])
    with pytest.raises(DataProblem, match="an array holds numbers"):
        array(["a", "b"])
