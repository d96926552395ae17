"""NumPy's entry-by-entry functions, traced: the same values, shapes and types as NumPy's own."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

from chainrule.errors import BroadcastWarning, ChainruleError, DataProblem, ShapeError
from chainrule.graph.node import Array, Node, variable
from chainrule.ops.arithmetic import PowerOf
from chainrule.run.interpreter import evaluate_all
from chainrule.trace.elementwise import UFUNCS
from chainrule.trace.table import adapter_of

INF, NAN = math.inf, math.nan
WHOLE = np.array([[7, -3, 0], [2, 5, -8]])
COUNTS = np.array([[1, 2, 3], [4, 5, 6]])
SMALL = np.array([3, -1, 2], np.int32)
REAL = np.array([[0.5, -1.25, 2.0], [0.0, 0.75, -0.5]])
POSITIVE = np.array([[0.5, 1.25, 2.0], [1.0, 0.75, 3.5]])
ROW = np.array([1.5, -0.5, 0.25])
SINGLE = REAL.astype("float32")
MASK = np.array([[True, False, True], [False, False, True]])
OTHER = np.array([[True, True, False], [False, True, True]])
WIDE = [-INF, -1e200, -2.0, -0.0, 0.0, 1e-200, 3.5, 1e200, INF, NAN]


def traced(function: Any, *args: Any, **kwargs: Any) -> Any:
    """The function's adapter on inputs in the place of the arrays, then run on the arrays."""
    given: dict[Node, Array] = {}

    def opened(value: Any) -> Any:
        if isinstance(value, list):
            return [opened(part) for part in value]
        if not isinstance(value, np.ndarray):
            return value
        node = variable(value.shape, value.dtype)
        given[node] = value
        return node

    adapter = adapter_of(function)
    assert adapter is not None
    found = adapter(*map(opened, args), **{name: opened(v) for name, v in kwargs.items()})
    nodes = found if isinstance(found, tuple) else (found,)
    for node in nodes:
        assert isinstance(node, Node)
    values = evaluate_all(nodes, given)
    for node, value in zip(nodes, values, strict=True):
        assert (node.shape, node.dtype) == (value.shape, value.dtype)
    return tuple(values) if isinstance(found, tuple) else values[0]


def agrees(function: Any, *args: Any, **kwargs: Any) -> None:
    """The traced result is NumPy's in value, shape and type."""
    with np.errstate(all="ignore"):
        wanted = function(*args, **kwargs)
        found = traced(function, *args, **kwargs)
    pairs = zip(found, wanted, strict=True) if isinstance(wanted, tuple) else [(found, wanted)]
    for one, other in pairs:
        assert (one.shape, one.dtype) == (np.shape(other), np.asarray(other).dtype)
        rtol = 1e-6 if one.dtype == np.float32 else 1e-14
        np.testing.assert_allclose(one, other, rtol=rtol)


UNARY = [ufunc for ufunc in UFUNCS if ufunc.nin == 1]
BINARY = [ufunc for ufunc in UFUNCS if ufunc.nin == 2]
MORE_UNARY: list[np.ufunc] = [np.degrees, np.radians, np.deg2rad, np.rad2deg, np.positive]
MORE_BINARY: list[np.ufunc] = [np.power, np.float_power, np.divmod]


def name_of(function: Any) -> str:
    return str(function.__name__)


def _said(value: Any) -> str:
    """A function by its name: its address differs from process to process."""
    return getattr(value, "__name__", None) or str(value)


@pytest.mark.parametrize("ufunc", [*UNARY, *MORE_UNARY, np.conjugate], ids=name_of)
@pytest.mark.parametrize("array", [REAL, SINGLE, ROW[0:0], np.array(0.5), np.array(WIDE)])
def test_functions_of_one_array(ufunc: np.ufunc, array: Array) -> None:
    agrees(ufunc, array)


@pytest.mark.parametrize("ufunc", BINARY + MORE_BINARY, ids=name_of)
@pytest.mark.parametrize(
    "pair",
    [
        (REAL, POSITIVE),
        (POSITIVE, ROW),
        (ROW, POSITIVE),
        (SINGLE, SINGLE),
        (SINGLE, 2.0),
        (2.0, SINGLE),
        (SINGLE, 3),
        (REAL, np.array(0.5)),
        (np.array(2.0), np.array(0.5)),
        (REAL, [1.0, 2.0, 3.0]),
        (POSITIVE, COUNTS),
        (REAL, True),
        (REAL, MASK),
    ],
    ids=lambda pair: " and ".join(str(np.asarray(each).dtype) for each in pair),
)
def test_functions_of_two_arrays(ufunc: np.ufunc, pair: tuple[Any, Any]) -> None:
    agrees(ufunc, *pair)


KEPT_WHOLE = [
    (np.add, (WHOLE, WHOLE)),
    (np.add, (WHOLE, 2)),
    (np.add, (2, WHOLE)),
    (np.add, (SMALL, 2)),
    (np.add, (WHOLE, SMALL)),
    (np.add, (WHOLE, [1, 2, 3])),
    (np.add, (WHOLE, MASK)),
    (np.subtract, (WHOLE, SMALL)),
    (np.multiply, (WHOLE, WHOLE)),
    (np.multiply, (MASK, 2)),
    (np.negative, (WHOLE,)),
    (np.positive, (WHOLE,)),
    (np.absolute, (WHOLE,)),
    (np.sign, (WHOLE,)),
    (np.square, (WHOLE,)),
    (np.floor_divide, (WHOLE, COUNTS)),
    (np.floor_divide, (WHOLE, 3)),
    (np.remainder, (WHOLE, COUNTS)),
    (np.remainder, (WHOLE, 4)),
    (np.divmod, (WHOLE, 4)),
    (np.power, (WHOLE, 2)),
    (np.power, (2, COUNTS)),
    (np.power, (WHOLE, COUNTS)),
    (np.maximum, (WHOLE, 0)),
    (np.minimum, (WHOLE, SMALL)),
    (np.fmax, (WHOLE, 0)),
    (np.fmin, (WHOLE, SMALL)),
    (np.rint, (WHOLE,)),
    (np.round, (WHOLE,)),
    (np.round, (WHOLE * 7, -1)),
    (np.clip, (WHOLE, -1, 4)),
    (np.clip, (WHOLE, None, 4)),
    (np.clip, (WHOLE, SMALL, None)),
    (np.where, (MASK, WHOLE, 0)),
    (np.where, (WHOLE, WHOLE, COUNTS)),
    (np.where, (MASK, 1, 0)),
    (np.less, (WHOLE, 2)),
    (np.equal, (WHOLE, COUNTS)),
    (np.nan_to_num, (WHOLE,)),
    (np.isnan, (WHOLE,)),
    # and no longer whole
    (np.add, (WHOLE, 0.5)),
    (np.add, (WHOLE, REAL)),
    (np.divide, (WHOLE, COUNTS)),
    (np.divide, (WHOLE, 2)),
    (np.power, (COUNTS, 0.5)),
    (np.power, (COUNTS, -1.0)),
    (np.float_power, (COUNTS, 2)),
    (np.sqrt, (COUNTS,)),
    (np.exp, (WHOLE,)),
    (np.fabs, (WHOLE,)),
    (np.where, (MASK, WHOLE, 0.5)),
    (np.where, (MASK, WHOLE, REAL)),
    (np.clip, (WHOLE, -0.5, 0.5)),
    (np.arctan2, (WHOLE, COUNTS)),
    (np.radians, (WHOLE,)),
    (np.sinc, (WHOLE,)),
]


@pytest.mark.parametrize(("function", "args"), KEPT_WHOLE, ids=_said)
def test_whole_numbers_stay_whole_where_numpy_keeps_them(function: Any, args: Any) -> None:
    agrees(function, *args)


TRUTHS = [
    (np.multiply, (MASK, REAL)),
    (np.multiply, (REAL, MASK)),
    (np.multiply, (MASK, SINGLE)),
    (np.multiply, (MASK, OTHER)),
    (np.add, (MASK, OTHER)),
    (np.maximum, (MASK, OTHER)),
    (np.power, (MASK, OTHER)),
    (np.floor_divide, (MASK, np.ones_like(MASK))),
    (np.logical_and, (MASK, OTHER)),
    (np.logical_and, (REAL, WHOLE)),
    (np.logical_or, (MASK, REAL)),
    (np.logical_or, (MASK, 0)),
    (np.logical_xor, (WHOLE, MASK)),
    (np.logical_not, (MASK,)),
    (np.logical_not, (WHOLE,)),
    (np.invert, (MASK,)),
    (np.bitwise_and, (MASK, OTHER)),
    (np.bitwise_and, (MASK, True)),
    (np.bitwise_or, (MASK, OTHER[0])),
    (np.bitwise_xor, (MASK, OTHER)),
    (np.equal, (MASK, OTHER)),
    (np.less, (MASK, OTHER)),
    (np.where, (MASK, OTHER, MASK)),
    (np.where, (MASK, OTHER, 2.5)),
    (np.exp, (np.array(WIDE) > 0,)),
]


@pytest.mark.parametrize(("function", "args"), TRUTHS, ids=_said)
def test_truth_values(function: Any, args: Any) -> None:
    if function is np.exp:
        assert traced(function, *args).dtype == np.float64  # NumPy's is float16
    else:
        agrees(function, *args)


OTHERS: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = [
    (np.power, (REAL, 2), {}),
    (np.power, (REAL, -1), {}),
    (np.power, (REAL, 0), {}),
    (np.power, (REAL, 0.5), {}),
    (np.power, (SINGLE, 3), {}),
    (np.power, (REAL, np.array([2.0, 0.0, 3.0])), {}),
    (np.where, (REAL, REAL, 0.0), {}),
    (np.where, (MASK, REAL, ROW), {}),
    (np.where, (MASK[0], REAL, 1), {}),
    (np.where, (True, REAL, 1), {}),
    (np.where, (MASK, SINGLE, 0), {}),
    (np.where, ([True, False, True], REAL, NAN), {}),
    (np.clip, (REAL, -1, 1), {}),
    (np.clip, (SINGLE, -1, 1.5), {}),
    (np.clip, (REAL,), {"a_min": 0.0, "a_max": None}),
    (np.clip, (REAL, None, ROW), {}),
    (np.clip, (REAL, ROW, POSITIVE), {}),
    (np.clip, (REAL, 1.0, -1.0), {}),
    (np.clip, (np.array(WIDE), -1.0, 1.0), {}),
    (np.clip, (REAL,), {"min": -0.5, "max": 0.5}),
    (np.clip, (REAL,), {"min": -0.5}),
    (np.round, (REAL,), {}),
    (np.round, (REAL * 1.2345, 2), {}),
    (np.around, (REAL * 123,), {"decimals": -1}),
    (np.sinc, (REAL,), {}),
    (np.sinc, (SINGLE,), {}),
    (np.real, (REAL,), {}),
    (np.imag, (REAL,), {}),
    (np.nan_to_num, (np.array(WIDE),), {}),
    (np.nan_to_num, (np.array([-INF, 2.0, INF, NAN], "float32"),), {}),
    (np.nan_to_num, (np.array(WIDE),), {"nan": 7.0, "posinf": 1.0, "neginf": -1.0}),
    (np.nan_to_num, (np.array(WIDE), True, 2.0), {"neginf": 0.0}),
    (np.exp, (REAL,), {"where": True, "order": "K", "casting": "same_kind", "dtype": None}),
]


@pytest.mark.parametrize(("function", "args", "kwargs"), OTHERS, ids=_said)
def test_other_functions(function: Any, args: Any, kwargs: Any) -> None:
    agrees(function, *args, **kwargs)


def call(function: Any, *args: Any, **kwargs: Any) -> Node:
    adapter = adapter_of(function)
    assert adapter is not None
    found = adapter(*args, **kwargs)
    assert isinstance(found, Node)
    return found


def test_a_written_exponent_is_a_setting() -> None:
    x = variable((3,), "float32")
    assert call(np.power, x, 2) is PowerOf(2.0)(x)
    assert call(np.power, x, np.float64(0.5)) is PowerOf(0.5)(x)
    assert call(np.power, x, variable((3,), "float32")).operation.name == "power_of"


@pytest.mark.parametrize("number", [np.float64(0.5), np.array(0.5), np.int64(2), 0.5, 2])
def test_a_single_number_takes_the_precision_of_the_array(number: Any) -> None:
    for function in (np.add, np.maximum, np.power, np.less, np.hypot):
        adapter = adapter_of(function)
        assert adapter is not None
        node = variable(SINGLE.shape, "float32")
        (found,) = evaluate_all([adapter(node, number)], {node: SINGLE})
        with np.errstate(invalid="ignore"):
            wanted = function(SINGLE, np.float32(number))
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
        assert found.dtype == (np.bool_ if function is np.less else np.float32)


def test_float_power_is_always_in_float64() -> None:
    assert traced(np.float_power, SINGLE, 2).dtype == np.float64


X, N, B = variable((3,)), variable((3,), "int64"), variable((3,), "bool")


@pytest.mark.parametrize(
    ("function", "args", "kwargs", "kind", "message"),
    [
        (np.where, (B,), {}, DataProblem, r"write np\.where\(condition, a, b\)"),
        (np.where, (B, X), {}, DataProblem, "two branches"),
        (np.where, (B, X, np.zeros(2)), {}, ShapeError, r"\(3\) and \(2\) do not fit"),
        (np.where, (variable((2,), "bool"), X, X), {}, ShapeError, "do not fit"),
        (np.add, (X, np.zeros(2)), {}, ShapeError, r"numpy.add acts entry by entry, .* do not fit"),
        (np.add, (N, np.zeros(2, int)), {}, ShapeError, "do not fit"),
        (np.add, (X, np.zeros(3, "float32")), {}, DataProblem, "do not mix"),
        (np.multiply, (X, 1j), {}, DataProblem, "complex128 holds no numbers that can be traced"),
        (np.multiply, (X, "a"), {}, DataProblem, "holds no numbers"),
        (np.exp, (X,), {"out": np.zeros(3)}, DataProblem, "numpy.exp: out= is not taken"),
        (np.exp, (X,), {"where": B}, DataProblem, "numpy.exp: where= is not taken"),
        (np.exp, (X,), {"dtype": "float32"}, DataProblem, "numpy.exp: dtype= is not taken"),
        (np.clip, (X, 0, 1), {"out": np.zeros(3)}, DataProblem, "numpy.clip: out= is not taken"),
        (np.round, (X, 1, np.zeros(3)), {}, DataProblem, "numpy.round: out= is not taken"),
        (np.power, (N, -1), {}, DataProblem, r"no negative powers; write x \*\* -1\.0"),
        (np.bitwise_and, (N, 1), {}, DataProblem, "not for the bits of int64"),
        (np.invert, (N,), {}, DataProblem, "not for the bits of int64"),
        (np.bitwise_and, (X, X), {}, DataProblem, "bitwise_and"),
        (np.subtract, (B, B), {}, DataProblem, "subtract"),
        (np.negative, (B,), {}, DataProblem, "negative"),
        (np.add, (variable((2,), "uint8"), 300), {}, DataProblem, "300 out of bounds"),
    ],
)
def test_what_is_refused_says_why(
    function: Any, args: Any, kwargs: Any, kind: type[ChainruleError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        call(function, *args, **kwargs)


def test_what_is_not_traced_has_no_adapter() -> None:
    assert all(adapter_of(function) is None for function in (np.angle, np.bitwise_count, np.gcd))


def test_a_shape_that_neither_has_warns() -> None:
    with pytest.warns(BroadcastWarning, match="a shape that neither has"):
        call(np.add, variable((3,)), variable((3, 1)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call(np.add, variable((3, 2)), variable((2,)))
