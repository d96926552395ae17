"""Random programs: both modes agree, with each other, with differences, and in any layout."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.factors import factors
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.maps import matrix
from chainrule.differentiate.walk import adjoints, gradient, tangents
from chainrule.graph.node import Array, Node, constant, fresh, variable
from chainrule.ops.activation import relu, sigmoid, softplus, tanh
from chainrule.ops.broadcasting import broadcast, reshape
from chainrule.ops.choice import maximum, where
from chainrule.ops.elementary import cos, exp, log, sin
from chainrule.ops.indexing import take
from chainrule.ops.linear import matmul
from chainrule.ops.normalizing import log_softmax, logsumexp, softmax
from chainrule.ops.reduction import max_, mean, sum_
from chainrule.ops.shaping import concatenate, stack
from chainrule.ops.transposition import transpose
from chainrule.run.gradient_check import Check, check
from chainrule.run.interpreter import evaluate_all

# Every node of a program is (2, 3), (3,) or a number; each move keeps its value moderate.
UNARY: list[Callable[[Node], Node]] = [
    sin,
    cos,
    tanh,
    sigmoid,
    softplus,
    relu,
    lambda x: exp(tanh(x)),
    lambda x: log(1.5 + sin(x)),
    lambda x: sin(x) ** 2,
    lambda x: 1 / (2 + cos(x)),
    lambda x: -x,
    lambda x: softmax(x) if x.shape else sigmoid(x),
    lambda x: log_softmax(x) if x.shape else tanh(x),
    lambda x: reshape(transpose(x), to=x.shape),
    lambda x: take(x, (..., slice(None, None, -1))) if x.shape else x * 2,
    lambda x: concatenate(x[1:], x[:1]) if x.shape else x / 2,
    lambda x: sum_(x, axis=0) if x.shape else x,
    lambda x: mean(x, axis=0) if x.shape else x,
    lambda x: max_(x, axis=0) if x.shape else x,
    lambda x: logsumexp(x, axis=0) if x.shape else x,
    lambda x: x[-1] if x.shape else x,
    lambda x: stack(x, sin(x)) if x.shape == (3,) else x,
    lambda x: broadcast(x, to=(2, 3)),
]


def product(a: Node, b: Node) -> Node:
    if a.shape == (2, 3) and b.shape == (2, 3):
        return tanh(transpose(matmul(transpose(a), b))[:2])
    if a.shape and b.shape:
        return tanh(matmul(a, transpose(b)) if a.ndim > b.ndim else matmul(b, a))
    return tanh(a) * tanh(b)


BINARY: list[Callable[[Node, Node], Node]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: tanh(a) * b,
    lambda a, b: a / (1.5 + sin(b)),
    maximum,
    lambda a, b: where(a > b, sin(a), b),
    product,
]

Move = tuple[int, int, int, bool]
MOVES = st.lists(
    st.tuples(
        st.integers(0, len(UNARY) + 2 * len(BINARY) - 1),
        st.integers(0, 99),
        st.integers(0, 99),
        st.booleans(),
    ),
    min_size=1,
    max_size=15,
)
SHAPES = {(), (3,), (2, 3)}


class Program:
    """A graph grown move by move on three inputs; some of its nodes bear names."""

    def __init__(self, moves: list[Move], seed: int) -> None:
        random = np.random.default_rng(seed)
        self.inputs = [variable((2, 3)), variable((3,)), variable(())]
        self.given: dict[Node, Array] = {
            node: np.asarray(random.uniform(-1.5, 1.5, node.shape)) for node in self.inputs
        }
        self.nodes = list(self.inputs)
        for move, first, second, named in moves:
            node = self._moved(move, first, second)
            if node.shape in SHAPES:
                is_new = node.inputs and named
                self.nodes.append(fresh(node.operation, *node.inputs) if is_new else node)
        self.output = self.nodes[-1]
        self.named = frozenset([node for node in self.nodes if node.distinct])
        self.random = random

    def _moved(self, move: int, first: int, second: int) -> Node:
        a = self.nodes[-1 - first % min(len(self.nodes), 4)]  # mostly what was just made
        b = self.nodes[second % len(self.nodes)]
        if move < len(UNARY):
            return UNARY[move](a)
        return BINARY[(move - len(UNARY)) % len(BINARY)](a, b)

    def draw(self, node: Node) -> Node:
        """Random numbers in a node's shape."""
        return constant(self.random.normal(size=node.shape))


def is_close(found: Check) -> bool:
    """Beside tiny derivatives rounding and kinks are all that is seen, and are tiny, too."""
    return min(found.relative_error, 10 * found.largest_error) < 1e-5


programs = st.builds(Program, MOVES, st.integers(0, 999))


@given(programs)
@settings(max_examples=150)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_modes_agree(program: Program) -> None:
    output = program.output
    u = program.draw(output)
    moves = {node: program.draw(node) for node in program.inputs}
    pushed = tangents([output], moves).get(output, 0 * output)
    pulled = adjoints(output, program.inputs, u)
    one = sum_(u * pushed)
    other = constant(0.0)
    for node, move in moves.items():
        if node in pulled:
            other = other + sum_(pulled[node] * move)
    found, wanted = evaluate_all([one, other], program.given)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


@given(programs)
@settings(max_examples=100)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_structured_and_dense_jacobians_agree(program: Program) -> None:
    for node in program.inputs:
        map_ = jacobian(program.output, node)
        rows, entries = evaluate_all([matrix(map_), multiplied_out(map_)], program.given)
        np.testing.assert_allclose(entries.reshape(rows.shape), rows, atol=1e-9)


@given(programs)
@settings(max_examples=100)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_programs_against_differences(program: Program) -> None:
    for node in (*program.inputs, *program.named):
        found = check(program.output, node, program.given)
        assert is_close(found), found


@given(programs)
@settings(max_examples=50)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_second_derivatives_against_differences(program: Program) -> None:
    node = program.inputs[0]
    slope = gradient(sum_(program.output * program.draw(program.output)), node)
    projected = sum_(slope * program.draw(node))
    for other in program.inputs:
        found = check(projected, other, program.given)
        assert is_close(found), found


@given(programs)
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_the_links_of_a_chain_multiply_to_the_jacobian(program: Program) -> None:
    output = fresh(program.output.operation, *program.output.inputs)
    if not output.inputs:
        return
    for node in program.inputs:
        links = factors(output, node, program.named | {output})
        matrices = evaluate_all([matrix(link.map) for link in links], program.given)
        (whole,) = evaluate_all([matrix(jacobian(output, node))], program.given)
        if not links:
            assert not whole.any()
            continue
        total = matrices[0]
        for each in matrices[1:]:
            total = total @ each
        np.testing.assert_allclose(total, whole, rtol=1e-8, atol=1e-9)
