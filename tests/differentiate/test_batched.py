"""One graph for every row: whatever is batched, the result is the stack of the rows' results."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from tests.differentiate.every_law import EVERY_LAW
from tests.ops import test_laws as laws
from tests.ops.cases import CASES
from tests.ops.row import Row

from chainrule.differentiate.batched import EachRow, batched
from chainrule.differentiate.walk import adjoints, gradient
from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Array, Kernels, Node, Shape, constant, topological, variable
from chainrule.jacobians.kinds import Dense, Diagonal, LinearMap
from chainrule.notation.latex import latex
from chainrule.notation.text import show
from chainrule.ops.activation import tanh
from chainrule.ops.contract import Composite, Operation
from chainrule.ops.elementary import sin
from chainrule.ops.indexing import gather, scatter
from chainrule.ops.linear import outer
from chainrule.ops.losses import cross_entropy
from chainrule.ops.normalizing import softmax
from chainrule.ops.reduction import ArgMax, sum_
from chainrule.ops.transposition import transpose
from chainrule.run.interpreter import Plan, evaluate, evaluate_all

ROW_BY_ROW = {
    "abstract_function",  # of which no batch is ever computed
    "conv2d",  # of images and kernels that are both batched
    "conv2d_correlation",
    "conv2d_transposed",
    "sources",
}


class Instance:
    """A row of the table with its gradient, and numbers for two examples."""

    def __init__(self, row: Row, shapes: tuple[Shape, ...]) -> None:
        self.inputs = row.inputs(shapes)
        output = row.build(*self.inputs)
        slopes = adjoints(sum_(output * output), self.inputs) if row.smooth else {}
        self.outputs = [output, *[slopes[node] for node in self.inputs if node in slopes]]
        random = np.random.default_rng(5)
        domain = row.domain or row.operation(shapes).domain
        self.values = [
            random.uniform(*domain[min(at, len(domain) - 1)], (2, *shape))
            for at, shape in enumerate(shapes)
        ]

    def batches(self) -> Iterator[tuple[tuple[bool, ...], list[Node], list[Node]]]:
        """Every choice of inputs that have rows, with the inputs then, and the outputs."""
        for flags in product([False, True], repeat=len(self.inputs)):
            if any(flags):
                pairs = list(zip(self.inputs, flags, strict=True))
                given = [variable((2, *n.shape)) if many else n for n, many in pairs]
                rows = {n: x for (n, many), x in zip(pairs, given, strict=True) if many}
                yield flags, given, batched(self.outputs, rows)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].name} {case[1]}")
def test_a_batch_is_the_stack_of_its_rows(case: laws.Case) -> None:
    here = Instance(*case)
    plan = Plan(here.outputs, here.inputs)
    for flags, given, outputs in here.batches():
        pairs = list(zip(here.values, flags, strict=True))
        together = Plan(outputs, given)(*[v if many else v[0] for v, many in pairs])
        singles = [plan(*[v[at] if many else v[0] for v, many in pairs]) for at in (0, 1)]
        for output, found, *wanted in zip(here.outputs, together, *singles, strict=True):
            assert found.shape == (2, *output.shape)
            assert found.dtype == output.dtype
            np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12)


def fallbacks(outputs: list[Node]) -> set[str]:
    operations = [node.operation for node in topological(outputs)]
    return {each.operation.name for each in operations if isinstance(each, EachRow)}


def test_which_operations_are_applied_row_by_row() -> None:
    """A new name here is right, but slow: say `stacks` or `linear`, or write it in `RULES`."""
    found: set[str] = set()
    for row, shapes in CASES:
        for _, _, outputs in Instance(row, shapes).batches():
            found |= fallbacks(outputs)
    assert found == ROW_BY_ROW


class Quadratic(Operation):
    """xᵀ A x for one vector and one matrix, of which the library knows nothing more."""

    name = "quadratic"
    arity = 2
    derivatives = ("x xᵀ", "(A + Aᵀ) x")
    sentence = "A test."

    def shape(self, *shapes: Shape) -> Shape:
        assert [len(shape) for shape in shapes] == [2, 1]
        return ()

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        matrix, x = values
        return x @ matrix @ x

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        matrix, x = inputs
        slope = (matrix + transpose(matrix)) @ x
        return Dense(outer(x, x), (), matrix.shape), Dense(slope, (), x.shape)


class Growth(Operation):
    """e^x of one vector, unknown as well; its slope holds the unknown operation again."""

    name = "growth"
    derivatives = ("y",)
    sentence = "A test."

    def shape(self, *shapes: Shape) -> Shape:
        assert len(shapes[0]) == 1
        return shapes[0]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.exp(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(y),)


def quadratic_over_rows(matrix: Node, x: Node) -> Node:
    """The unknown operation over whichever of the two has an axis too many."""
    row_of = {
        node: variable(node.shape[1:], node.dtype)
        for node, rank in ((matrix, 2), (x, 1))
        if node.ndim > rank
    }
    a, v = [row_of.get(node, node) for node in (matrix, x)]
    return batched([Quadratic()(a, v)], {row: node for node, row in row_of.items()})[0]


def growth_over_rows(x: Node) -> Node:
    row = variable(x.shape[1:], x.dtype)
    return batched([Growth()(row)], {row: x})[0]


UNKNOWN = (
    Row(
        "quadratic",
        quadratic_over_rows,
        (((2, 3, 3), (2, 3)), ((3, 3), (2, 3)), ((2, 3, 3), (3,)), ((0, 3, 3), (0, 3))),
        lambda a, x: np.einsum("...ij,...i,...j->...", a, x, x),
    ),
    Row("growth", growth_over_rows, (((2, 3),),), np.exp),
    Row(
        "growth of rows of rows",
        lambda x: batched([growth_over_rows(row := variable(x.shape[1:], x.dtype))], {row: x})[0],
        (((2, 2, 3),),),
        np.exp,
    ),
)
UNKNOWN_CASES = [(row, shapes) for row in UNKNOWN for shapes in row.shapes]


@pytest.mark.parametrize("law", EVERY_LAW)
@pytest.mark.parametrize("case", UNKNOWN_CASES, ids=lambda case: f"{case[0].name} {case[1]}")
def test_what_goes_row_by_row_keeps_the_laws(law: str, case: laws.Case) -> None:
    assert fallbacks([case[0].build(*case[0].inputs(case[1]))])
    EVERY_LAW[law](case)


class Example:
    """The loss of one example of a small network, and a batch of examples."""

    def __init__(self, count: int = 6) -> None:
        self.x, self.t = variable((3,)), variable((2,))
        self.W, self.V = variable((4, 3)), variable((2, 4))
        self.loss = cross_entropy(softmax(self.V @ tanh(self.W @ self.x)), self.t)
        self.X, self.T = variable((count, 3)), variable((count, 2))
        self.rows = {self.x: self.X, self.t: self.T}
        random = np.random.default_rng(2)
        nodes = self.W, self.V, self.X, self.T
        self.given = {node: random.uniform(0.1, 1, node.shape) for node in nodes}

    def alone(self, at: int) -> dict[Node, Array]:
        """The numbers of one example."""
        single = {row: self.given[stack][at] for row, stack in self.rows.items()}
        return {self.W: self.given[self.W], self.V: self.given[self.V], **single}


def test_the_gradient_of_each_example() -> None:
    here = Example()
    slopes = adjoints(here.loss, (here.W, here.V))
    wanted = [slopes[here.W], slopes[here.V]]
    together = evaluate_all(batched(wanted, here.rows), here.given)
    for at in range(6):
        alone = evaluate_all(wanted, here.alone(at))
        for batch, one in zip(together, alone, strict=True):
            np.testing.assert_allclose(batch[at], one, rtol=1e-12)


def test_a_batch_takes_no_more_nodes_than_a_pair() -> None:
    def nodes(count: int) -> int:
        here = Example(count)
        slope = gradient(here.loss, here.W)
        (each,) = batched([slope], here.rows)
        assert not fallbacks([each])
        return len(topological([each]))

    assert nodes(2) == nodes(1000)


def test_what_is_batched_is_differentiated_again() -> None:
    """The sum of each example's squared gradient, by the parameters."""
    here = Example()
    slope = gradient(here.loss, here.W)
    penalty = sum_(slope * slope)
    by_V = gradient(penalty, here.V)
    (each,) = batched([penalty], here.rows)
    (found,) = evaluate_all([gradient(sum_(each), here.V)], here.given)
    wanted = sum(evaluate(by_V, here.alone(at)) for at in range(6))
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_what_depends_on_no_row_is_repeated() -> None:
    x, y = variable((3,)), variable((2,))
    X = variable((4, 3))
    found, whole = batched([sin(y), x], {x: X})
    assert found.shape == (4, 2)
    assert found.inputs == (sin(y),)
    assert whole is X


def test_nodes_on_the_way_may_be_batched() -> None:
    x = variable((3,))
    y = sin(x)
    Y = variable((4, 3))
    assert batched([2 * y], {y: Y}) == [2 * Y]


def test_shared_nodes_are_replaced() -> None:
    x, w, v = variable((3,)), variable((3,)), variable((3,))
    X = variable((4, 3))
    assert batched([x @ w], {x: X}, {w: v}) == batched([x @ v], {x: X})


class First(Composite):
    """The first of two inputs; the other is not used."""

    name = "first"
    arity = 2

    def body(self, *inputs: Node) -> Node:
        return sin(inputs[0])


def test_a_composite_that_does_not_use_its_rows() -> None:
    a, x, X = variable((2,)), variable((3,)), variable((4, 3))
    (found,) = batched([First()(a, x)], {x: X})
    assert found.shape == (4, 2)
    assert found.inputs == (sin(a),)


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
@pytest.mark.parametrize("flags", [(True, True), (False, True), (True, False)])
def test_positions_that_differ_from_row_to_row(lead: Shape, flags: tuple[bool, bool]) -> None:
    random = np.random.default_rng(1)
    x, u = variable((*lead, 4, 5)), variable((*lead, 7))
    at = gather(constant(np.arange(20), np.int64), variable((7,), np.int64), 1)
    (positions,) = at.inputs[1:]
    outputs = [gather(x, at, 2), scatter(u, at, (4, 5)), ArgMax((0,))(sum_(u) * x)]
    inputs = [x, u, positions]
    by_row = (flags[0], flags[0], flags[1])
    values: list[Array] = [random.normal(size=(3, *node.shape)) for node in (x, u)]
    values.append(random.integers(0, 20, (3, 7)))
    pairs = list(zip(inputs, by_row, strict=True))
    given = [variable((3, *n.shape), n.dtype) if many else n for n, many in pairs]
    rows = {n: stack for (n, many), stack in zip(pairs, given, strict=True) if many}
    choice = list(zip(values, by_row, strict=True))
    together = Plan(batched(outputs, rows), given)(*[v if many else v[0] for v, many in choice])
    plan = Plan(outputs, inputs)
    for row in range(3):
        alone = plan(*[v[row] if many else v[0] for v, many in choice])
        for found, wanted in zip(together, alone, strict=True):
            np.testing.assert_allclose(found[row], wanted)


def test_a_batch_of_nothing() -> None:
    here = Example(0)
    (each,) = batched([gradient(here.loss, here.W)], here.rows)
    assert evaluate(each, here.given).shape == (0, 4, 3)


def test_what_goes_row_by_row_is_printed_with_its_operation() -> None:
    x = variable((2, 3))
    y = growth_over_rows(x)
    assert show(y, {x: "x"}.get) == "each_row(x, operation=Growth(), by_row=[1])"
    assert "each" in latex(y, {x: "x"}.get)


def test_rows_that_do_not_fit_are_refused() -> None:
    x, y = variable((3,)), variable(())
    with pytest.raises(ShapeError, match=r"\(4 × 2\) is no stack of rows of shape \(3\)"):
        batched([x], {x: variable((4, 2))})
    with pytest.raises(ShapeError, match="a number is no stack"):
        batched([y], {y: variable(())})
    with pytest.raises(ShapeError, match=r"one length, not \[4, 5\]"):
        batched([x], {x: variable((4, 3)), y: variable((5,))})
    with pytest.raises(ShapeError, match=r"one length, not \[\]"):
        batched([x], {})
    with pytest.raises(DataProblem, match="float64 are stacked as float32"):
        batched([x], {x: variable((4, 3), np.float32)})
