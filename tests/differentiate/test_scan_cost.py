"""A loop is the unrolled graph, it costs as much as its steps, and its graph has a fixed size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.differentiate.looped import looped, unrolled

from chainrule.differentiate.loops import Scan
from chainrule.differentiate.scan import scan
from chainrule.differentiate.walk import adjoints, gradient
from chainrule.graph.node import Node, topological, variable
from chainrule.ops.activation import tanh
from chainrule.ops.elementary import sin
from chainrule.ops.reduction import sum_
from chainrule.run import kernels
from chainrule.run.interpreter import Plan


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
