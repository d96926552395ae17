"""Every operation keeps every law: one generated test a law, a row and a choice of shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from tests.ops.cases import CASES, ROWS
from tests.ops.row import Row

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.maps import adjoint, apply, dense, matrix
from chainrule.differentiate.walk import adjoints, gradient, tangents
from chainrule.errors import DataProblem
from chainrule.graph.facts import Fact
from chainrule.graph.node import Array, Computation, Node, Shape, constant, topological
from chainrule.ops import all_functions
from chainrule.ops.contract import Composite, Operation, edges, lower_nodes
from chainrule.ops.naming import Same
from chainrule.ops.reduction import sum_
from chainrule.run.interpreter import evaluate_all

Case = tuple[Row, tuple[Shape, ...]]
law = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].name} {case[1]}")
SMOOTH = [case for case in CASES if case[0].smooth]
smooth_law = pytest.mark.parametrize("case", SMOOTH, ids=lambda c: f"{c[0].name} {c[1]}")


class Instance:
    """A row built on inputs of one dtype, with numbers for them."""

    def __init__(self, case: Case, dtype: str = "float64") -> None:
        row, shapes = case
        self.row = row
        self.inputs = row.inputs(shapes, dtype)
        self.output = row.build(*self.inputs)
        self.given = dict(zip(self.inputs, row.values(shapes, dtype), strict=True))
        self.random = np.random.default_rng(3)

    def run(self, *nodes: Node) -> list[Array]:
        """The nodes' values."""
        return evaluate_all(nodes, self.given)

    def draw(self, *shape: int, dtype: Any = np.float64) -> Array:
        """Random numbers."""
        return self.random.normal(size=shape).astype(dtype)


def one_hots(shape: Shape) -> list[Array]:
    """The unit vectors, in that shape."""
    size = int(np.prod(shape))
    return [unit.reshape(shape) for unit in np.eye(size)]


def central_differences(function: Callable[[], list[Array]], x: Array, step: float = 6e-6) -> Array:
    """∂function/∂x, one entry of `x` at a time; `x` is moved in place and put back."""
    columns = []
    flat = x.reshape(-1)
    for at in range(x.size):
        here = flat[at]
        flat[at] = here + step
        ahead = function()[0].copy()
        flat[at] = here - step
        behind = function()[0].copy()
        flat[at] = here
        columns.append((ahead - behind) / (2 * step))
    shape = function()[0].shape
    return np.stack(columns, -1).reshape(shape + x.shape) if columns else np.zeros(shape + x.shape)


def local_maps(output: Node) -> Iterator[tuple[Node, Node, Any]]:
    """Every local Jacobian of a graph, composites opened."""
    for node in topological([output], lower_nodes):
        for lower, map_ in edges(node):
            yield node, lower, map_


def subclasses(kind: type[Computation]) -> Iterator[type[Computation]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from subclasses(sub)


def test_every_operation_has_a_row() -> None:
    all_functions()
    wanted = {
        kind
        for kind in subclasses(Operation)
        if kind.__module__.startswith("chainrule.ops.") and "name" in kind.__dict__
    }
    found: set[type[Computation]] = set()
    for row, shapes in CASES:
        below = topological([row.build(*row.inputs(shapes))], lower_nodes)
        below += topological(below)  # a composite's inputs that its body does not use
        found.update(type(node.operation) for node in below)
    assert len(wanted) > 50
    assert not {kind.__name__ for kind in wanted - found}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_operation_says_what_it_is(row: Row) -> None:
    node = row.build(*row.inputs(row.shapes[-1]))
    for each in topological([node], lower_nodes):
        if isinstance(each.operation, Operation) and each.inputs:
            assert each.operation.name
            assert each.operation.derivatives
            assert each.operation.sentence.endswith(".")


@law
def test_value_is_the_formulas(case: Case) -> None:
    here = Instance(case)
    (value,) = here.run(here.output)
    assert value.shape == here.output.shape
    assert value.dtype == here.output.dtype
    if here.row.value is not None:
        wanted = here.row.value(*here.given.values())
        np.testing.assert_allclose(value, wanted, rtol=1e-13, atol=1e-13)


HOLDS: dict[Fact, Callable[[Array], Any]] = {
    Fact.POSITIVE: lambda value: value > 0,
    Fact.NONNEGATIVE: lambda value: value >= 0,
    Fact.AT_MOST_ONE: lambda value: value <= 1,
    Fact.ROWS_SUM_TO_ONE: lambda value: np.abs(value.sum(axis=-1) - 1) < 1e-14,
    Fact.BOOLEAN: lambda value: (value == 0) | (value == 1),
}


@law
def test_facts_hold_whatever_the_inputs(case: Case) -> None:
    here = Instance(case)
    operation = here.output.operation
    assert isinstance(operation, Operation)
    scales = (1.0,) if isinstance(operation, Same) else (1.0, 30.0, -30.0)  # what is assumed
    for scale in scales:
        given = {node: (scale * value).astype(value.dtype) for node, value in here.given.items()}
        value = evaluate_all([here.output], given)[0]
        finite = np.isfinite(value)
        if finite.all():
            assert all(np.all(HOLDS[fact](value)) for fact in operation.facts)


@smooth_law
def test_reverse_and_forward_agree(case: Case) -> None:
    here = Instance(case)
    u = here.draw(*here.output.shape)
    moves = {node: here.draw(*node.shape) for node in here.inputs}
    forward = tangents([here.output], {node: constant(v) for node, v in moves.items()})
    reverse = adjoints(here.output, here.inputs, constant(u))
    (pushed,) = here.run(forward[here.output]) if here.output in forward else [0 * u]
    pulled = [
        np.vdot(here.run(reverse[node])[0], move) for node, move in moves.items() if node in reverse
    ]
    assert np.vdot(u, pushed) == pytest.approx(sum(pulled), rel=1e-11, abs=1e-11)


@smooth_law
def test_dense_is_stacked_adjoints_and_applies(case: Case) -> None:
    here = Instance(case)
    for node, lower, map_ in local_maps(here.output):
        assert map_.output_shape == node.shape
        assert map_.input_shape == lower.shape
        (entries,) = here.run(dense(map_))
        assert entries.shape == node.shape + lower.shape
        if not entries.size:
            continue
        rows = here.run(*[adjoint(map_, constant(unit)) for unit in one_hots(node.shape)])
        columns = here.run(*[apply(map_, constant(unit)) for unit in one_hots(lower.shape)])
        flat = entries.reshape(node.size, lower.size)
        np.testing.assert_allclose(flat, [r.reshape(-1) for r in rows], atol=1e-14)
        np.testing.assert_allclose(flat.T, [c.reshape(-1) for c in columns], atol=1e-14)


@smooth_law
@pytest.mark.parametrize("batch", [(2,), (3, 2), (1,)])
def test_leading_axes_are_a_batch(case: Case, batch: Shape) -> None:
    here = Instance(case)
    for node, lower, map_ in local_maps(here.output):
        for verb, into, out in ((apply, lower, node), (adjoint, node, lower)):
            many = here.draw(*batch, *into.shape)
            (together,) = here.run(verb(map_, constant(many)))
            assert together.shape == batch + out.shape
            singles = here.run(*[verb(map_, constant(many[at])) for at in np.ndindex(batch)])
            wanted = np.reshape(np.array(singles), together.shape)
            np.testing.assert_allclose(together, wanted, rtol=1e-12, atol=1e-13)


@smooth_law
def test_first_order_against_differences(case: Case) -> None:
    here = Instance(case)
    wanted = [
        central_differences(partial(here.run, here.output), here.given[node])
        for node in here.inputs
    ]
    found = here.run(*[multiplied_out(jacobian(here.output, node)) for node in here.inputs])
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-8)


@smooth_law
def test_second_order_against_differences(case: Case) -> None:
    here = Instance(case)
    projected = sum_(here.output * constant(here.draw(*here.output.shape)))
    for node in here.inputs:
        slope = gradient(projected, node)
        again = sum_(slope * constant(here.draw(*node.shape)))
        plan = partial(here.run, again)
        found = here.run(*[gradient(again, other) for other in here.inputs])
        for other, one in zip(here.inputs, found, strict=True):
            wanted = central_differences(plan, here.given[other])
            np.testing.assert_allclose(one, wanted, rtol=1e-6, atol=1e-7)


@smooth_law
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_precision_is_kept(case: Case, dtype: str) -> None:
    here = Instance(case, dtype)
    assert here.output.dtype == dtype
    reverse = adjoints(here.output)
    seeds = {node: constant(here.draw(*node.shape, dtype=dtype)) for node in here.inputs}
    forward = tangents([here.output], seeds)
    maps = [jacobian(here.output, node) for node in here.inputs]
    nodes = [*reverse.values(), *forward.values()]
    nodes += [multiplied_out(map_, here.output.dtype) for map_ in maps]
    assert {node.dtype.name for node in nodes} == {dtype}
    assert {value.dtype.name for value in here.run(here.output, *nodes)} == {dtype}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if len(row.shapes[0]) > 1], ids=lambda row: row.name
)
def test_precisions_do_not_mix(row: Row) -> None:
    shapes = row.shapes[0]
    narrow, *rest = row.inputs(shapes)
    narrow = row.inputs(shapes, "float32")[0]
    if row.name == "where":  # its condition is a truth value, of any precision
        narrow, rest = rest[0], [row.inputs(shapes, "float32")[1], rest[1]]
    with pytest.raises(DataProblem, match="do not mix"):
        row.build(narrow, *rest)


@smooth_law
def test_jacobians_agree_however_they_are_written(case: Case) -> None:
    here = Instance(case)
    size = here.output.size
    units = one_hots(here.output.shape)
    for node in here.inputs:
        map_ = jacobian(here.output, node)
        assert map_.matrix_shape == (size, node.size)
        by_matrix, by_order = here.run(matrix(map_), multiplied_out(map_))
        np.testing.assert_allclose(by_order.reshape(size, node.size), by_matrix, atol=1e-13)
        for unit, row in zip(units, by_matrix, strict=True):
            reverse = adjoints(here.output, [node], constant(unit)).get(node)
            wanted = 0 * row if reverse is None else here.run(reverse)[0].reshape(-1)
            np.testing.assert_allclose(row, wanted, atol=1e-13)


@smooth_law
def test_declared_jacobians_are_the_bodys(case: Case) -> None:
    here = Instance(case)
    for node in topological([here.output]):
        if not isinstance(node.operation, Composite):
            continue
        declared = node.operation.declared(node, *node.inputs)
        if declared is None:
            continue
        body = node.operation.body(*node.inputs)
        for lower, map_ in zip(node.inputs, declared, strict=True):
            found, wanted = here.run(dense(map_), dense(jacobian(body, lower)))
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
