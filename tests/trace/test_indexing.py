"""Keys, positions and replaced entries: the same results as NumPy's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.trace.comparing import Plain, agrees, compared

from chainrule.errors import ChainruleError, DataProblem, DomainProblem, ShapeError
from chainrule.graph.node import Array, constant, variable
from chainrule.notation.text import show
from chainrule.ops.replacing import set_ as set_node
from chainrule.run.interpreter import evaluate
from chainrule.trace.shaping import index, set_
from chainrule.trace.table import adapter_of

NUMBER = np.array(1.5)
VECTOR = np.array([3.0, 1.0, 2.0])
MATRIX = np.arange(6.0).reshape(2, 3)
CUBE = np.arange(24.0).reshape(2, 3, 4)
BIG = np.arange(120.0).reshape(2, 3, 4, 5)
NOTHING = np.zeros((0, 3))
SINGLE = MATRIX.astype("float32")
COUNTS = np.arange(12).reshape(3, 4)
LABELS = np.array([2, -1, 0])
PAIRS = np.array([[0, -1], [1, 1]])
ONE = np.array(1)
SMALL = np.array([1, 0, 1], np.uint8)
MASK = np.array([[True, False, True], [False, True, True]])
ALL = slice(None)


def by_key(x: Array, key: Any) -> Any:
    return x[key]


def replaced(x: Array, key: Any, value: Any) -> Array:
    result = np.array(x)
    result[key] = value
    return result


KEYS: list[tuple[Array, Any]] = [
    (VECTOR, 0),
    (VECTOR, -1),
    (VECTOR, np.int32(1)),
    (VECTOR, ()),
    (VECTOR, ...),
    (NUMBER, ()),
    (NUMBER, ...),
    (NUMBER, None),
    (NUMBER, True),
    (NUMBER, (False, None)),
    (VECTOR, slice(None, None, -2)),
    (VECTOR, slice(5, 1)),
    (VECTOR, slice(-2, None)),
    (VECTOR, slice(np.int64(1), None)),
    (VECTOR, []),
    (VECTOR, [True, False, True]),
    (VECTOR, [0, -1, 0]),
    (VECTOR, None),
    (VECTOR, True),
    (VECTOR, (ALL, False)),
    (MATRIX, (1, None, ..., 0)),
    (MATRIX, (None, ALL, None, 1)),
    (MATRIX, [[0, 1], [1, 1]]),
    (MATRIX, (ALL, [2, 0])),
    (MATRIX, ([1, 0], [2, 2])),
    (MATRIX, Plain(MASK)),
    (MATRIX, Plain(~MASK & MASK)),
    (MATRIX, Plain(MASK[:, 0])),
    (MATRIX, (ALL, Plain(MASK[0]))),
    (MATRIX, (Plain(MASK[:, 1]), 2)),
    (CUBE, Plain(MASK)),
    (CUBE, (Plain(MASK), [0, 1, 2, 3])),
    (CUBE, (1, ALL, [0, 3])),
    (CUBE, ([0, 1], ALL, 2)),
    (CUBE, (0, [0, 1], ALL)),
    (CUBE, (ALL, 0, [0, 1])),
    (CUBE, (..., [0, 1], None)),
    (CUBE, ([0, 1], None, [1, 2])),
    (CUBE, ([[0], [1]], slice(1, None), [1, 2])),
    (BIG, (ALL, [0, 1], ALL, [1, 2])),
    (BIG, (ALL, [0, 1], [1, 2], slice(None, None, 2))),
    (BIG, ([[0, 1]], 2, ALL, [1])),
    (BIG, (0, [0, 1], ALL, 1)),
    (BIG, (0, ALL, ALL, 1)),
    (NOTHING, [[], []]),
    (NOTHING, (ALL, [0, 0])),
    (COUNTS, ([0, 1], [2, -1])),
    (COUNTS, (ALL, 1)),
    (MASK, (0, [0, 2])),
    # positions that are given as an array
    (VECTOR, LABELS),
    (VECTOR, ONE),
    (VECTOR, PAIRS),
    (VECTOR, SMALL),
    (COUNTS, LABELS),
    (SINGLE, (ALL, LABELS)),
    (COUNTS, (LABELS, ALL)),
    (COUNTS, (Plain(np.arange(3)), LABELS)),
    (COUNTS, (LABELS, 1)),
    (COUNTS, (..., ONE)),
    (CUBE, (ONE, ALL, LABELS)),
    (CUBE, (PAIRS, LABELS[1:], slice(1, 3))),
    (CUBE, ([[0], [1]], LABELS, [ONE, 2, 3])),
    (CUBE, (ALL, PAIRS, None, [0, 3])),
    (BIG, (ALL, LABELS, ALL, LABELS)),
    (BIG, (None, 1, LABELS, ..., LABELS)),
    (VECTOR, [ONE, 0]),
]
NAMES = [f"{x.shape} {at}" for at, (x, _) in enumerate(KEYS)]


@pytest.mark.parametrize(("x", "key"), KEYS, ids=NAMES)
def test_a_key_means_what_it_means_in_numpy(x: Array, key: Any) -> None:
    compared(index, by_key, x, key)


@pytest.mark.parametrize(("x", "key"), KEYS, ids=NAMES)
def test_any_key_names_what_is_replaced(x: Array, key: Any) -> None:
    part = by_key(x, plain(key))
    values = -1 - np.arange(part.size).reshape(part.shape).astype(x.dtype)
    compared(set_, replaced, x, key, values)
    compared(set_, replaced, x, key, values[..., :1] if part.ndim else values)
    compared(set_, replaced, x, key, 7)
    if part.ndim > 1:
        compared(set_, replaced, x, key, values[None])


def plain(key: Any) -> Any:
    """A key without the marks of what is not traced."""
    if isinstance(key, tuple):
        return tuple(map(plain, key))
    return key.value if isinstance(key, Plain) else key


def _positions(length: int) -> Any:
    within = st.integers(-length, length - 1)
    shapes = st.sampled_from([(2,), (1,), (3, 1), (3, 2), ()])
    return shapes.flatmap(lambda shape: arrays.arrays(np.int64, shape, elements=within))


@st.composite
def keys(draw: Any) -> Any:
    """A key into BIG: numbers, slices, new axes, `...`, and arrays that broadcast together."""
    parts: list[Any] = []
    for length in BIG.shape[: draw(st.integers(0, 4))]:
        numbers = st.integers(-length, length - 1)
        parts.append(draw(st.one_of(numbers, st.slices(length), _positions(length))))
        if draw(st.integers(0, 5)) == 0:
            parts.append(None)
    parts.insert(draw(st.integers(0, len(parts))), ...)
    try:
        BIG[tuple(parts)]
    except IndexError:  # with `...` in the middle a number may be out of range
        parts = [part for part in parts if part is not ...]
    shapes = [part.shape for part in parts if isinstance(part, np.ndarray)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        parts = [ALL if isinstance(part, np.ndarray) else part for part in parts]
    is_known = draw(st.booleans())
    return tuple(Plain(p) if isinstance(p, np.ndarray) and is_known else p for p in parts)


@settings(max_examples=300, deadline=None)
@given(key=keys())
def test_any_key_at_all(key: Any) -> None:
    compared(index, by_key, BIG, key)
    compared(set_, replaced, BIG, key, -1.0)


def test_the_last_of_two_values_wins() -> None:
    compared(set_, replaced, VECTOR, [0, 1, 0], np.array([5.0, 6.0, 7.0]))
    compared(set_, replaced, VECTOR, LABELS[:2], np.array([5.0, 6.0]))


@pytest.mark.parametrize("value", [4.0, NUMBER, np.array([7.0])])
def test_entries_are_replaced_where_a_computed_condition_holds(value: Any) -> None:
    compared(set_, replaced, MATRIX, MASK, value)
    compared(set_, replaced, CUBE, MASK, value)


def test_a_row_is_put_wherever_a_computed_condition_holds() -> None:
    compared(set_, replaced, MATRIX, MASK[:, 0], VECTOR)


def test_what_is_put_takes_the_type_of_the_array() -> None:
    compared(set_, replaced, SINGLE, (0, 1), 0.5)
    compared(set_, replaced, MATRIX, 0, LABELS)
    compared(set_, replaced, MATRIX, 0, MASK[0])
    compared(set_, replaced, COUNTS, 0, 3)
    compared(set_, replaced, COUNTS, LABELS, MASK[:, :1][:1])
    compared(set_, replaced, MASK, (ALL, 1), False)


CALLS: list[tuple[Any, ...]] = [
    (np.take, VECTOR, LABELS),
    (np.take, MATRIX, 4),
    (np.take, MATRIX, [[0, 5], [-1, 2]]),
    (np.take, MATRIX, [], 1),
    (np.take, MATRIX, [True, False], 1),
    (np.take, MATRIX, LABELS, 1),
    (np.take, MATRIX, LABELS, -1),
    (np.take, CUBE, PAIRS, {"axis": 1}),
    (np.take, CUBE, Plain(PAIRS), {"axis": 1}),
    (np.take, MATRIX, 1, 0),
    (np.take, MATRIX, [5, -7], 1, None, "wrap"),
    (np.take, MATRIX, [5, -7], 1, None, "clip"),
    (np.take, COUNTS, ONE, 0),
    (np.take_along_axis, MATRIX, PAIRS, 1),
    (np.take_along_axis, MATRIX, PAIRS[:1], 1),
    (np.take_along_axis, MATRIX, Plain(np.argsort(-MATRIX, 1)), 1),
    (np.take_along_axis, MATRIX, PAIRS[:, :1], {"axis": -1}),
    (np.take_along_axis, CUBE, Plain(np.argsort(CUBE, 1)), 1),
    (np.take_along_axis, MATRIX, LABELS, None),
    (np.take_along_axis, COUNTS, LABELS[:, None], {"axis": 1}),
    (np.delete, VECTOR, 1),
    (np.delete, MATRIX, -1, 1),
    (np.delete, CUBE, slice(0, 2), 2),
    (np.delete, MATRIX, [0, 2], {"axis": 1}),
    (np.delete, MATRIX, [0, 2]),
    (np.delete, MATRIX, Plain(MASK[0]), 1),
    (np.compress, [True, False, True], MATRIX, 1),
    (np.compress, [0, 1], MATRIX, {"axis": 1}),
    (np.compress, Plain(MASK[0]), VECTOR),
    (np.extract, Plain(MASK), MATRIX),
    (np.choose, LABELS * LABELS % 3, [VECTOR, -VECTOR, 7.0]),
    (np.choose, [1, 0, 1], [VECTOR, NUMBER]),
    (np.choose, [4, -1, 1], [VECTOR, -VECTOR], None, "clip"),
    (np.select, [VECTOR > 2, VECTOR > 1], [VECTOR, -VECTOR]),
    (np.select, [MASK, VECTOR > 1], [MATRIX, VECTOR], NUMBER),
]


@pytest.mark.parametrize("call", CALLS, ids=[f"{c[0].__name__} {i}" for i, c in enumerate(CALLS)])
def test_a_function_is_numpys(call: tuple[Any, ...]) -> None:
    function, *args = call
    named = args.pop() if isinstance(args[-1], dict) else {}
    agrees(function, *args, **named)


X = variable((2, 3))
N = variable((2,), np.int64)
B = variable((2, 3), np.bool_)
PROBLEMS: list[tuple[type[ChainruleError], str, Any]] = [
    (ShapeError, r"index 2 is out of range for axis 0 of \(2 × 3\)", 2),
    (ShapeError, r"index -4 is out of range for axis 1 of \(2 × 3\)", (0, -4)),
    (ShapeError, r"index 3 is out of range for axis 1 of \(2 × 3\)", (ALL, [0, 3])),
    (ShapeError, r"index 3 is out of range for axis 1 of \(2 × 3\)", (N, [[0], [3]])),
    (ShapeError, r"3 indices into \(2 × 3\), which has 2 axes", (0, 0, 0)),
    (ShapeError, "one ... at most", (..., ...)),
    (ShapeError, "step of a slice", slice(None, None, 0)),
    (ShapeError, r"a mask of \(3\) does not fit the axes of \(2\) from axis 0", [True] * 3),
    (ShapeError, r"shapes \(2\) and \(3\) do not fit together", ([0, 1], [0, 1, 2])),
    (DataProblem, r"would depend on the numbers; write np.where\(mask, x, 0\)", B),
    (DataProblem, "would depend on the numbers", (ALL, B[0])),
    (DataProblem, "a whole number, and this is float64", X[0]),
    (DataProblem, "a whole number, and this is float64", 1.0),
    (DataProblem, "a whole number, and this is float64", [0.5]),
    (DataProblem, "bounds of a slice are plain numbers", slice(N[0], None)),
    (DataProblem, "a whole number, and this is <U1", "a"),
]


@pytest.mark.parametrize(("kind", "message", "key"), PROBLEMS)
def test_a_problem_names_axis_index_and_shape(
    kind: type[ChainruleError], message: str, key: Any
) -> None:
    with pytest.raises(kind, match=message):
        index(X, key)


@pytest.mark.parametrize(
    ("kind", "message", "key", "value"),
    [
        (ShapeError, "index 5 is out of range", 5, 0.0),
        (ShapeError, r"\(2\) cannot be put in the place of \(3\)", 0, variable((2,))),
        (ShapeError, r"\(2\) cannot be put in the place of \(2 × 3\)", [0, 1], variable((2,))),
        (ShapeError, r"a mask of \(3\) does not fit \(2 × 3\)", B[0], 0.0),
        (DataProblem, "how many entries a mask names", B, variable((4,))),
        (DataProblem, "float64 and float32 do not mix", 0, variable((3,), "float32")),
    ],
)
def test_a_value_that_does_not_fit(
    kind: type[ChainruleError], message: str, key: Any, value: Any
) -> None:
    with pytest.raises(kind, match=message):
        set_(X, key, value)


def test_numbers_are_not_cut_to_whole_ones() -> None:
    with pytest.raises(DataProblem, match="would be cut to whole ones"):
        set_(N, 0, 0.5)


def test_a_computed_position_out_of_range() -> None:
    for taken in (index(X, N), index(X, (N, [0, 1])), set_(X, (N, 0), 1.0)):
        with pytest.raises(DomainProblem, match="index 2 lies outside an axis of 2 entries"):
            evaluate(taken, {X: MATRIX, N: [0, 2]})


REFUSED: list[tuple[str, Any, tuple[Any, ...]]] = [
    ("numpy.nonzero: the shape of the result depends", np.nonzero, (X,)),
    ("numpy.unique: the shape of the result depends", np.unique, (X,)),
    ("numpy.compress: the shape of the result depends", np.compress, (B[0], X, 1)),
    ("numpy.extract: the shape of the result depends", np.extract, (B, X)),
    ("which entries are left", np.delete, (X, N)),
    ("no mode='clip' for positions that are computed", np.take, (X, N, 0, None, "clip")),
    ("numpy.take: out=", np.take, (X, N, 0, X)),
    (r"write x = cr.numpy.set\(x, index, value\)", np.put, (X, 0, 1)),
    ("not changed in place", np.copyto, (X, 0)),
    (r"write np.where\(condition, f\(x\), g\(x\)\)", np.piecewise, (X, [B], [abs])),
    ("true or false", np.select, ([X], [X])),
    ("one choice for each condition", np.select, ([B], [])),
]


@pytest.mark.parametrize(("message", "function", "args"), REFUSED)
def test_what_is_refused_says_what_to_write(
    message: str, function: Any, args: tuple[Any, ...]
) -> None:
    adapter = adapter_of(function)
    assert adapter is not None
    with pytest.raises(DataProblem, match=message):
        adapter(*args)


def test_what_is_built_reads_as_it_was_meant() -> None:
    x, labels = variable((5, 3)), variable((5,), np.int64)
    names = {x: "x", labels: "labels"}

    def text(key: Any) -> str:
        return show(index(x, key), names.get)

    assert text((slice(1, 3), 0)) == "x[1:3, 0]"
    assert text(labels) == "take(x, labels)"
    assert text([3, -1]) == "take(x, [3, 4])"
    assert text((ALL, labels)) == "take(x, labels, axis=1)"
    rows = "positions([0, 1, 2, 3, 4], labels, of=[5, 3])"
    assert text((np.arange(5), labels)) == f"gather(x, {rows}, axes=2)"
    put = set_node(x, (slice(1, 3), 0), constant(0.0))
    assert show(put, names.get) == "set(x, zeros(2), index=[[1, 3, 1], 0])"
