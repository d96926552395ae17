"""Loops in one node: they keep every law, cost as much as their steps, are the unrolled graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.differentiate.every_law import EVERY_LAW
from tests.ops import test_laws as laws
from tests.ops.row import Row

from chainrule.differentiate.batched import EachRow, batched
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.loops import Scan
from chainrule.differentiate.scan import scan
from chainrule.differentiate.walk import adjoints, gradient, tangents
from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Array, Kernels, Node, Shape, constant, topological, variable
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.notation.latex import latex
from chainrule.notation.text import show
from chainrule.ops.activation import tanh
from chainrule.ops.choice import where
from chainrule.ops.contract import Elementwise
from chainrule.ops.elementary import exp, sin, sqrt
from chainrule.ops.indexing import gather
from chainrule.ops.normalizing import log_softmax, softmax
from chainrule.ops.reduction import max_, sum_
from chainrule.ops.shaping import concatenate, stack
from chainrule.ops.transposition import transpose
from chainrule.run import kernels
from chainrule.run.gradient_check import check
from chainrule.run.interpreter import Plan, evaluate_all


def looped(function: Callable[[Node, Node], Node], init: Node, x: Node) -> Node:
    """The trajectory of one carry and one array that is read step by step."""
    _, (found,) = scan(lambda c, p: ([(h := function(c[0], p[0]))], [h]), [init], [x])
    return found


def np_looped(function: Callable[[Array, Array], Array], init: Array, x: Array) -> Array:
    found = []
    for entries in x:
        init = function(init, entries)
        found.append(init)
    return np.array(found)


def network(W: Node, U: Node, h: Node, x: Node) -> Node:
    return looped(lambda h, x: tanh(W @ h + U @ x), h, x)


def np_network(W: Array, U: Array, h: Array, x: Array) -> Array:
    return np_looped(lambda h, x: np.tanh(W @ h + U @ x), h, x)


def oscillator(state: Node, push: Node) -> Node:
    """Two carries of different shapes, of which only the last values are returned."""

    def step(carries: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        place, speed = carries
        speed = 0.9 * speed - 0.3 * sin(sum_(place)) + parts[0]
        return [place + 0.1 * speed, speed], []

    (place, speed), _ = scan(step, [state, state[0]], [push])
    return concatenate(place, speed)


def np_oscillator(state: Array, push: Array) -> Array:
    place, speed = state, state[0]
    for entry in push:
        speed = 0.9 * speed - 0.3 * np.sin(place.sum()) + entry
        place = place + 0.1 * speed
    return np.append(place, speed)


def swapped(a: Node, b: Node) -> Node:
    """Carries that change places; the outputs read them before the step."""
    _, outputs = scan(lambda c, p: ([c[1], c[0] + c[1]], [c[0] * c[1]]), [a, b], length=4)
    return outputs[0]


def np_swapped(a: Array, b: Array) -> Array:
    found = []
    for _ in range(4):
        found.append(a * b)
        a, b = b, a + b
    return np.array(found)


def nested(init: Node, x: Node) -> Node:
    """A loop in each step of a loop."""

    def outer(carries: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        inner = looped(lambda c, p: sin(c) * p, carries[0], parts[0])
        return [inner[-1]], [sum_(inner)]

    _, (sums,) = scan(outer, [init], [x])
    return sums


def np_nested(init: Array, x: Array) -> Array:
    found = []
    for row in x:
        inner = np_looped(lambda c, p: np.sin(c) * p, init, row)
        init = inner[-1]
        found.append(inner.sum())
    return np.array(found)


def attention(query: Node, keys: Node) -> Node:
    """Whole-array operations, a maximum and positions in the body."""

    def one(q: Node, k: Node) -> Node:
        scores = softmax(q * k) + log_softmax(k)
        largest = max_(q * k)
        return where(q > 0, scores, largest + 0 * q) + gather(q, constant([2, 0, 0], np.int64), 1)

    return looped(one, query, keys)


def independent(c: Node, x: Node) -> Node:
    """A step that forgets the carry: no loop is left."""
    return looped(lambda c, x: exp(x), c, x) * c


MANY: tuple[tuple[Shape, ...], ...] = (((3,), (4, 3)), ((2,), (1, 2)), ((), (3,)), ((2,), (0, 2)))
ROWS = (
    Row(
        "linear recurrence",
        lambda c, x: looped(lambda c, x: x * c + x, c, x),
        MANY,
        lambda c, x: np_looped(lambda c, x: x * c + x, c, x).reshape(x.shape),
    ),
    Row(
        "cumulative product",
        lambda c, x: looped(lambda c, x: c * x, c, x),
        MANY,
        lambda c, x: c * np.cumprod(x, axis=0),
    ),
    Row("network", network, (((3, 3), (3, 2), (3,), (4, 2)),), np_network),
    Row("two carries", oscillator, (((2,), (5,)), ((2,), (0,))), np_oscillator),
    Row("carries change places", swapped, (((), ()), ((2,), (2,))), np_swapped),
    Row("loop in a loop", nested, (((), (2, 3)),), np_nested),
    Row("whole arrays", attention, (((3,), (3, 3)),), None),
    Row("no carry", independent, (((2,), (3, 2)),), lambda c, x: np.exp(x) * c),
)
CASES = [(row, shapes) for row in ROWS for shapes in row.shapes]


@pytest.mark.parametrize("law", EVERY_LAW)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].name} {case[1]}")
def test_loops_keep_the_laws(law: str, case: laws.Case) -> None:
    EVERY_LAW[law](case)


def unrolled(function: Callable[[Node, Node], Node], init: Node, x: Node) -> Node:
    """The same trajectory, step by step in the graph."""
    found = []
    for at in range(x.shape[0]):
        init = function(init, x[at])
        found.append(init)
    return stack(*found)


class Network:
    """A recurrent network with all its gradients, looped or unrolled."""

    def __init__(self, length: int, way: Callable[..., Node] = looped) -> None:
        shapes = (4, 4), (4, 2), (4,), (4,), (length, 2)
        W, U, b, h, X = self.inputs = [variable(shape) for shape in shapes]
        found = way(lambda h, x: tanh(W @ h + U @ x + b), h, X)
        loss = sum_(found**2)
        slopes = adjoints(loss, self.inputs)
        self.outputs = [loss, *[slopes[node] for node in self.inputs]]
        random = np.random.default_rng(4)
        self.values = [0.5 * random.normal(size=shape) for shape in shapes]
        below = [node.operation for node in topological(self.outputs)]
        self.loops = [operation for operation in below if isinstance(operation, Scan)]


@pytest.mark.parametrize("length", [1, 2, 30])
def test_a_loop_is_the_unrolled_graph(length: int) -> None:
    loop, graph = Network(length), Network(length, unrolled)
    found = Plan(loop.outputs, loop.inputs)(*loop.values)
    wanted = Plan(graph.outputs, graph.inputs)(*loop.values)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


def test_the_graph_does_not_grow_with_the_number_of_steps() -> None:
    sizes = [len(topological(Network(length).outputs)) for length in (3, 1000)]
    assert sizes[0] == sizes[1]
    orders = []
    for length in (3, 1000):
        x = variable((length,))
        slope = sum_(looped(lambda c, x: sin(c) * x, x[0], x))
        for _ in range(2):
            slope = sum_(gradient(slope, x) ** 2)
        orders.append(len(topological([slope])))
    assert orders[0] == orders[1]


def test_all_gradients_share_one_loop_back() -> None:
    assert [scan.backwards for scan in Network(5).loops] == [False, True]


def test_only_what_varies_with_the_carry_is_looped_over() -> None:
    """U x and b are added for all steps at once; so are the slopes 1 - h^2."""
    names = []
    for operation in Network(5).loops:
        once, each, *_ = operation.instructions
        assert not once
        names.append([step.name for step, *_ in each])
    assert names == [["matmul", "add", "add", "tanh"], ["add", "multiply", "matmul"]]


def test_written_numbers_are_computed_once() -> None:
    c = variable((3,))
    (found,), _ = scan(lambda carries, _: ([carries[0] * 0.5 + 1], []), [c], length=4)
    operation = found.inputs[0].operation
    assert isinstance(operation, Scan)
    once, each, *_ = operation.instructions
    assert {step.name for step, *_ in once} == {"constant", "broadcast"}
    assert [step.name for step, *_ in each] == ["multiply", "add"]


def steps_run(network: Network, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many steps of loops are taken in all."""
    count = 0
    plain = kernels.scan

    def counting(step: Callable[..., Any], *rest: Any) -> Any:
        def counted(*values: Any) -> Any:
            nonlocal count
            count += 1
            return step(*values)

        return plain(counted, *rest)

    monkeypatch.setattr(kernels, "scan", counting)
    Plan(network.outputs, network.inputs)(*network.values)
    monkeypatch.undo()
    return count


def test_a_gradient_takes_each_step_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for length in (10, 1000):
        assert (
            steps_run(Network(length), monkeypatch) == 2 * length - 1
        )  # the first one for h is no loop


def same_slopes(function: Callable[..., Node], *shapes: Shape) -> None:
    """`function(way, *inputs)` has the same gradients looped and unrolled."""
    inputs = [variable(shape) for shape in shapes]
    random = np.random.default_rng(8)
    given = {node: random.uniform(0.2, 1, node.shape) for node in inputs}
    found, wanted = [
        [gradient(sum_(sin(function(way, *inputs))), node) for node in inputs]
        for way in (looped, unrolled)
    ]
    values = evaluate_all([*found, *wanted], given)
    for one, other in zip(values[: len(inputs)], values[len(inputs) :], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-13)


def test_inputs_of_a_loop_may_depend_on_each_other() -> None:
    def entangled(way: Callable[..., Node], x: Node) -> Node:
        total = sum_(x)
        return way(lambda c, p: sin(c * p) + total * c + x[0] * exp(total), x[1], x)

    same_slopes(entangled, (4,))


def test_a_node_on_the_way_has_its_gradient() -> None:
    x, v = variable((3,)), variable(())
    held = exp(v)
    loss = sum_(looped(lambda c, p: held * sin(c) + p, constant(1.0), x))
    given = {x: np.array([0.1, 0.2, 0.3]), v: np.array(0.3)}
    by_held, by_v = evaluate_all([gradient(loss, held), gradient(loss, v)], given)
    assert by_v == pytest.approx(by_held * np.exp(0.3))
    assert by_held != 0


def test_first_carries_that_are_no_inputs() -> None:
    same_slopes(lambda way, x, c: way(lambda c, p: c * p + sin(c), exp(c) * x[0], x), (3, 2), (2,))


def test_words_are_looked_up_in_a_table() -> None:
    table, words = variable((6, 3)), variable((4,), np.int64)

    def step(carries: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        return [tanh(carries[0] + gather(transpose(table), parts[0], 1))], []

    (last,), _ = scan(step, [table[0]], [words])
    random = np.random.default_rng(3)
    given = {table: random.normal(size=(6, 3)), words: np.array([5, 1, 1, 2])}
    at, slope = evaluate_all([last, gradient(sum_(last), table)], given)
    h = given[table][0]
    for word in given[words]:
        h = np.tanh(h + given[table][word])
    np.testing.assert_allclose(at, h, rtol=1e-14)
    assert check(sum_(last), table, given).relative_error < 1e-8
    assert not slope[3:5].any()
    assert slope[1].all()


def test_third_order() -> None:
    """The product of n equal factors x has the derivatives of x^n."""
    x = variable(())
    ones = constant(np.ones(6))
    (y,), _ = scan(lambda c, p: ([c[0] * x * p[0]], []), [constant(1.0)], [ones])
    slopes = [y]
    for _ in range(3):
        slopes.append(gradient(slopes[-1], x))
    found = evaluate_all(slopes, {x: np.array(1.5)})
    np.testing.assert_allclose(found, [1.5**6, 6 * 1.5**5, 30 * 1.5**4, 120 * 1.5**3], rtol=1e-13)


def test_an_infinite_slope_at_a_fixed_start_is_not_met() -> None:
    """The first carry does not move, so it does not matter that the root's slope at 0 is infinite.

    The reverse walk asks only for the slope that is wanted, too.
    """
    x, start = variable((3,)), constant(0.0)
    y = looped(lambda c, p: sqrt(c) + p, start, x)
    given = {x: np.array([1.0, 2.0, 3.0])}
    forward = tangents([y], {x: constant([1.0, 0.0, 0.0])})[y]
    pushed, pulled = evaluate_all([forward, gradient(y[2], x)], given)
    again = sum_(gradient(y[2], x) ** 2)
    assert check(again, x, given).relative_error < 1e-8
    b = 0.5 / np.sqrt(1.0)
    c = 0.5 / np.sqrt(3.0)
    np.testing.assert_allclose(pushed, [1, b, b * c], rtol=1e-14)
    np.testing.assert_allclose(pulled, [b * c, c, 1], rtol=1e-14)


def test_a_step_that_forgets_the_carry_is_no_loop() -> None:
    x = variable((5, 2))
    found = looped(lambda c, p: exp(p), variable((2,)), x)
    assert found is exp(x)


def test_without_carries_a_step_is_applied_to_each_entry() -> None:
    x, y = variable((5, 2)), variable((5,))
    carries, (found,) = scan(lambda _, p: ([], [exp(p[0])]), [], [x, y])
    assert carries == []
    assert found is exp(x)


def test_a_carry_that_stays_the_same() -> None:
    a, b = variable((2,)), variable((2,))
    (kept, fixed), (first, second) = scan(
        lambda c, _: ([c[0], sin(b)], [c[0], c[1]]), [a, b], length=3
    )
    given = {a: np.array([1.0, 2.0]), b: np.array([3.0, 4.0])}
    found = evaluate_all([kept, fixed, first, second], given)
    np.testing.assert_allclose(found[0], given[a])
    np.testing.assert_allclose(found[1], np.sin(given[b]))
    np.testing.assert_allclose(found[2], [given[a]] * 3)
    np.testing.assert_allclose(found[3], [given[b], *[np.sin(given[b])] * 2])


def test_no_steps_at_all() -> None:
    c, x = variable((2,)), variable((0, 3))
    (last,), (outputs,) = scan(lambda c, p: ([sin(c[0])], [p[0]]), [c], [x])
    assert last is c
    assert outputs.shape == (0, 3)
    (again,), _ = scan(lambda c, _: ([sin(c[0])], []), [c], length=0)
    assert again is c


def test_a_loop_for_each_row_of_a_batch_is_one_loop() -> None:
    """The gradient of each example of a recurrent network, and of a batch of first carries."""
    W, U, h, x = variable((3, 3)), variable((3, 2)), variable((3,)), variable((4, 2))
    loss = sum_(network(W, U, h, x) ** 2)
    slopes = adjoints(loss, (W, U, h))
    wanted = [slopes[node] for node in (W, U, h)]
    random = np.random.default_rng(6)
    given = {node: random.normal(size=node.shape) for node in (W, U, h, x)}
    for rows in ([x], [h], [W], [x, h], [W, U, h, x]):
        stacks = {node: variable((5, *node.shape)) for node in rows}
        many = {node: random.normal(size=(5, *node.shape)) for node in rows}
        outputs = batched(wanted, stacks)
        below = [node.operation for node in topological(outputs)]
        assert not any(isinstance(each, EachRow) for each in below)
        assert sum(isinstance(each, Scan) for each in below) == 2
        together = evaluate_all(outputs, given | {stacks[n]: many[n] for n in rows})
        for at in range(5):
            alone = evaluate_all(wanted, given | {node: many[node][at] for node in rows})
            for found, one in zip(together, alone, strict=True):
                np.testing.assert_allclose(found[at], one, rtol=1e-10, atol=1e-12)


class Unknown(Elementwise):
    """e^-x, of which it is not said that it acts on stacks."""

    name = "unknown"
    stacks = False
    derivatives = ("-y",)
    sentence = "A test."

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.exp(-values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(-y),)


def test_unknown_operations_do_not_unroll_the_loop() -> None:
    sizes = []
    for length in (3, 300):
        x = variable((length, 2))
        y = looped(lambda c, p: c * p + Unknown()(c), x[0], x)
        sizes.append(len(topological([gradient(sum_(y), x)])))
    assert sizes[0] == sizes[1]
    same_slopes(lambda way, x: way(lambda c, p: c * p + Unknown()(c), x[0], x), (4, 2))


def test_what_is_printed_says_what_is_looped_over() -> None:
    c, x = variable(()), variable((4,))
    y = looped(lambda c, p: c * p, c, x)
    names = {c: "c", x: "x"}.get
    assert show(y, names) == "scan(c, x, length=4)"
    assert r"\operatorname{scan}" in latex(y, names)
    assert "backwards=1" in show(gradient(sum_(y), c), names)
    assert repr(jacobian(y, x)) == "Multilinear[4 × 4]"


def test_what_cannot_be_looped_is_refused() -> None:
    c, x, y = variable((2,)), variable((3, 2)), variable((4, 2))
    keep: Any = lambda carries, _: (carries, [])  # noqa: E731
    with pytest.raises(ShapeError, match=r"over \(3 × 2\), \(4 × 2\) with length None has no one"):
        scan(keep, [c], [x, y])
    with pytest.raises(ShapeError, match=r"over \(3 × 2\) with length 5"):
        scan(keep, [c], [x], 5)
    with pytest.raises(ShapeError, match="over nothing with length None"):
        scan(keep, [c])
    with pytest.raises(ShapeError, match="over a number with length None"):
        scan(keep, [c], [variable(())])
    with pytest.raises(ShapeError, match=r"is \(2\) before a step and a number after it"):
        scan(lambda c, _: ([sum_(c[0])], []), [c], [x])
    with pytest.raises(DataProblem, match="given 1 carries and returns 2"):
        scan(lambda c, _: ([c[0], c[0]], []), [c], [x])
    with pytest.raises(DataProblem, match="floating-point numbers, not int64"):
        scan(keep, [variable((2,), np.int64)], [x])
    with pytest.raises(DataProblem, match="float64 before a step and float32 after it"):
        scan(lambda c, _: ([variable((2,), np.float32)], []), [c], [x])
    with pytest.raises(DataProblem, match="do not mix"):
        scan(lambda c, p: ([c[0] * p[0]], []), [c], [variable((3, 2), np.float32)])


def test_a_loop_refuses_inputs_of_another_shape() -> None:
    y = looped(lambda c, p: c * p, variable(()), variable((4,)))
    with pytest.raises(ShapeError, match=r"this loop reads a number, \(4\), not a number, \(5\)"):
        y.operation(variable(()), variable((5,)))
