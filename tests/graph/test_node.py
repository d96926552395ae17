"""Nodes: interning, constants and their text, dtypes, walking without recursion."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from chainrule.errors import DataProblem, TooLarge
from chainrule.graph.node import (
    Constant,
    Node,
    common_dtype,
    constant,
    fresh,
    node_budget,
    size_of,
    topological,
    variable,
)
from chainrule.ops.arithmetic import Add, PowerOf
from chainrule.ops.elementary import exp, sin


def test_equal_anonymous_nodes_are_one() -> None:
    x = variable((2,))
    assert sin(x) is sin(x)
    assert sin(x) is not exp(x)
    assert PowerOf(2.0)(x) is PowerOf(2.0)(x)
    assert PowerOf(2.0)(x) is not PowerOf(3.0)(x)
    assert Add()(x, x) is Add()(x, x)


def test_named_nodes_and_inputs_are_their_own() -> None:
    x = variable(())
    assert variable(()) is not variable(())
    named = fresh(sin(x).operation, x)
    assert named is not sin(x)
    assert named.distinct
    assert not sin(x).distinct
    assert exp(named) is exp(named)
    assert exp(named) is not exp(sin(x))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (lambda: constant(2.0), lambda: constant(2), True),
        (lambda: constant(0.0), lambda: constant(-0.0), False),
        (lambda: constant(np.nan), lambda: constant(np.nan), True),
        (lambda: constant(0.2, text=("0.2",)), lambda: constant(0.2, text=("0.20",)), False),
        (lambda: constant([1.0]), lambda: constant(1.0), False),
        (lambda: constant(1.0, "float32"), lambda: constant(1.0), False),
        (lambda: constant([[1.0, 2.0]]), lambda: constant(np.array([[1, 2]])), True),
        (lambda: constant(np.eye(3)[:, ::2]), lambda: constant([[1, 0], [0, 0], [0, 1]]), True),
    ],
)
def test_constants(one: Callable[[], Node], other: Callable[[], Node], same: bool) -> None:
    first, second = one(), other()
    assert (first is second) is same


def test_a_constants_value_is_read_only() -> None:
    operation = constant([1.0, 2.0]).operation
    assert isinstance(operation, Constant)
    with pytest.raises(ValueError, match="read-only"):
        operation.value[0] = 3.0


@pytest.mark.parametrize("value", ["1", None, 1j, [object()]])
def test_what_is_no_number_is_no_constant(value: object) -> None:
    with pytest.raises(DataProblem, match="needs numbers"):
        constant(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dtypes", "wanted"),
    [
        ([], "float64"),
        (["float32"], "float32"),
        (["float32", "float32"], "float32"),
        (["bool", "float32"], "float32"),
        (["float32", "int64"], "float32"),
        (["bool", "int64"], "int64"),
        (["bool", "bool"], "bool"),
    ],
)
def test_common_dtypes(dtypes: list[str], wanted: str) -> None:
    assert common_dtype("add", [np.dtype(name) for name in dtypes]) == wanted


def test_two_widths_do_not_mix() -> None:
    with pytest.raises(DataProblem, match="float32 and float64 do not mix"):
        common_dtype("add", [np.dtype("float32"), np.dtype("float64")])


def test_walking_is_in_order_and_visits_once() -> None:
    x = y = variable(())
    for _ in range(200):
        y = y + sin(y)  # 2^200 paths
    order = topological([y, x])
    place = {node: at for at, node in enumerate(order)}
    assert len(place) == len(order) == 401
    assert all(place[lower] < place[node] for node in order for lower in node.inputs)


def test_a_budget_of_nodes() -> None:
    x = variable(())
    with node_budget(3):
        y = sin(sin(sin(x)))
        assert sin(sin(sin(x))) is y  # what exists costs nothing
        with pytest.raises(TooLarge, match="more nodes than the limit"):
            sin(y)
    sin(sin(y))


def test_repr_and_sizes() -> None:
    assert repr(sin(variable((2, 3), "float32"))) == "<sin float32[2, 3]>"
    assert (variable((2, 3)).size, variable(()).size, variable((0, 3)).size) == (6, 1, 0)
    assert size_of((10**6, 10**6)) == 10**12


def test_numpy_scalars_leave_the_operators_to_nodes() -> None:
    x = variable((2,))
    assert np.float64(2.0) * x is 2.0 * x
    assert isinstance(np.float64(1.0) - x, Node)
