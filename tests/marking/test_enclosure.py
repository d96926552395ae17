"""How far rounding carries: the bound always holds, and is hardly larger than it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ops.cases import CASES
from tests.ops.row import Row

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import gradient
from chainrule.errors import DataProblem, DomainProblem
from chainrule.graph.node import Array, Computation, Input, Node, Shape, topological, variable
from chainrule.graph.sizes import Size
from chainrule.graph.source import Source
from chainrule.marking.rounding.enclosure import Enclosure
from chainrule.marking.rounding.intervals import RULES
from chainrule.ops import all_functions, look_up
from chainrule.ops.abstract import AbstractElementwise, AbstractFunction
from chainrule.ops.contract import Operation
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper
from chainrule.run.fusion import stand_in
from chainrule.run.interpreter import Plan

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.chain"))


def of(name: str, *inputs: Node) -> Node:
    """An operation of the paper language."""
    function = look_up(name)
    assert function is not None
    return function.build(*inputs)


def reached(build: Callable[..., Node], *known: tuple[Any, Any]) -> tuple[Array, Array]:
    """The wide bound and the reach of a formula at values with radii."""
    values = [np.array(value, float) for value, _ in known]
    radii = [np.broadcast_to(np.array(radius, float), np.shape(value)) for value, radius in known]
    inputs = [variable(value.shape) for value in values]
    enclosure = Enclosure(build(*inputs), inputs)
    return enclosure.wide(values, radii), enclosure.reach(values, radii)


# What it says, by hand: a formula, its inputs as (value, radius), the wide bound, the reach.
TABLE = [
    # each operation by itself: exact
    ("a sum", lambda a, b: a + b, [(1, 0.1), (2, 0.2)], 0.3, 0.3),
    ("a difference", lambda a, b: a - b, [(1, 0.1), (2, 0.2)], 0.3, 0.3),
    ("a product", lambda a, b: a * b, [(2, 0.1), (-3, 0.2)], 0.72, 0.72),
    ("a multiple", lambda x: -3 * x, [(2, 0.1)], 0.3, 0.3),
    ("a quotient", lambda a, b: a / b, [(1, 0), (2, 1)], 0.5, 0.5),
    ("a square", lambda x: x**2, [(3, 0.1)], 0.61, 0.61),
    ("a square around 0", lambda x: x**2, [(0, 0.1)], 0.01, 0.01),
    ("a cube", lambda x: x**3, [(-1, 1)], 7, 7),
    ("one over a square", lambda x: x**-2, [(2, 1)], 0.75, 0.75),
    ("a power", lambda a, b: a**b, [(2, 0), (2, 1)], 4, 4),
    ("exp", lambda x: of("exp", x), [(0, 1)], np.e - 1, np.e - 1),
    ("log", lambda x: of("log", x), [(2, 1)], np.log(2), np.log(2)),
    ("tanh", lambda x: of("tanh", x), [(0, 1)], np.tanh(1), np.tanh(1)),
    ("abs", lambda x: of("abs", x), [(1, 3)], 3, 3),
    ("relu across its corner", lambda x: of("relu", x), [(0.5, 2)], 2, 2),
    ("sin over its peak", lambda x: of("sin", x), [(np.pi / 2, 0.5)], 1 - np.cos(0.5), None),
    ("cos over a full turn", lambda x: of("cos", x), [(0, 4)], 2, 2),
    ("max", lambda x: of("max", x), [([1, 1.1], 0.2)], 0.2, 0.2),
    ("a known matrix", lambda x, W: W @ x, [([1, 2], 0.1), ([[1, -3]], 0)], [0.4], [0.4]),
    ("a matrix product", lambda x, W: W @ x, [([1], 0.1), ([[2]], 0.1)], [0.31], [0.31]),
    # a quantity that is used twice: only the wide bound counts it twice
    ("y (1 - y)", lambda y: y * (1 - y), [(0.5, 0.05)], 0.0525, 0.005),
    ("x - x", lambda x: x - 2 * x + x, [(7, 1)], 4, 0),
    (
        "a / (a + b)",
        lambda a, b: a / (a + b),
        [(1, 0.1), (1, 0)],
        1.1 / 1.9 - 0.5,
        0.1 / 1.9 - 0.09 / 4.41,
    ),
    ("an unused input", lambda a, b: a * 1, [(1, 0), (1, 1)], 0, 0),
    # what nothing bounds
    ("log across 0", lambda x: of("log", x), [(0.004, 0.005)], np.inf, np.inf),
    ("a log of what is below 0", lambda x: of("log", x), [(-1, 0.1)], np.inf, np.inf),
    ("a root across 0", lambda x: of("sqrt", x), [(0, 0.1)], np.inf, np.inf),
    ("a quotient by 0 or so", lambda a, b: a / b, [(1, 0), (0.01, 0.02)], np.inf, np.inf),
    ("1/x across 0", lambda x: x**-1, [(0, 1)], np.inf, np.inf),
    ("tan across its pole", lambda x: of("tan", x), [(1.5, 0.1)], np.inf, np.inf),
    ("an operation without a rule", lambda x: of("copysign", x, x), [(1, 0.1)], np.inf, np.inf),
    # 0 · log 0 = 0 for a label that is exactly 0, whatever the share
    ("no label", lambda t, p: of("xlogy", t, p), [(0, 0), (0, 0.005)], 0, 0),
    ("no label over", lambda t, p: of("xdivy", t, p), [(0, 0), (0, 0.005)], 0, 0),
    # a jump: the slope is 0 on either side, and says nothing
    ("a step", lambda x: of("sign", x), [(0.1, 0.2)], 2, 2),
    ("a step not reached", lambda x: of("sign", x), [(0.3, 0.2)], 0, 0),
    ("a choice", lambda x, g: of("where", x > 0, g, 0 * g), [(0.1, 0.2), (5, 0)], 5, 5),
    ("a choice made", lambda x, g: of("where", x > 0, g, 0 * g), [(0.3, 0.2), (5, 1)], 1, 1),
]


@pytest.mark.parametrize("case", TABLE, ids=[case[0] for case in TABLE])
def test_a_formula(case: tuple) -> None:
    _, build, known, wide, reach = case
    found_wide, found_reach = reached(build, *known)
    np.testing.assert_allclose(found_wide, wide, rtol=1e-9, atol=1e-12)
    reach = wide if reach is None else reach
    np.testing.assert_allclose(found_reach, reach, rtol=1e-9, atol=1e-12)


def test_softmax_rises_with_its_own_input_and_falls_with_the_others() -> None:
    value, radius = np.array([0.2, -0.4, 1.0]), np.array([0.1, 0.2, 0.05])
    wide, _ = reached(lambda x: of("softmax", x), (value, radius))

    def soft(x: Array) -> Array:
        return np.exp(x) / np.exp(x).sum()

    signs = 2 * np.eye(3) - 1
    corners = [soft(value + side * sign * radius) for sign in signs for side in (-1, 1)]
    exact = np.max(np.abs(np.array(corners) - soft(value)), axis=0)
    np.testing.assert_allclose(wide, exact, rtol=1e-9)


def test_a_saturated_softmax_keeps_its_digits() -> None:
    """S (1 − S) = 2.7e-10 moves by about one hundredth of itself, not by the rounding of 1."""
    logits = variable((2,))
    slopes = multiplied_out(jacobian(of("softmax", logits), logits))
    enclosure = Enclosure(slopes, [logits])
    values, radii = [np.array([11.0, -11.0])], [np.array([0.005, 0.005])]
    middle, reach = enclosure.middle(values), enclosure.reach(values, radii)
    assert (reach < 0.011 * np.abs(middle)).all()


def test_rounded_shares_are_taken_as_they_are_written() -> None:
    """diag(s) − s sᵀ at shares that do not sum to one, as a student computes it."""
    shares, slopes = variable((2,)), variable((2,))
    enclosure = Enclosure(of("softmax_pullback", shares, slopes), [shares, slopes])
    s, u = np.array([0.3, 0.69]), np.array([-3.3, 0.0])
    written = (np.diag(s) - np.outer(s, s)) @ u
    np.testing.assert_allclose(enclosure.middle([s, u]), written)
    radii = [np.full(2, 0.005), np.full(2, 0.05)]
    reach = enclosure.reach([s, u], radii)
    for _, (moved, other) in zip(range(200), boxes([s, u], radii), strict=False):
        at = (np.diag(moved) - np.outer(moved, moved)) @ other
        assert (np.abs(at - written) <= reach + 1e-12).all()


def test_known_values_are_worked_into_the_bound() -> None:
    W, x = variable((2, 2)), variable((2,))
    weights = np.array([[1.0, -2.0], [0.5, 0.0]])
    enclosure = Enclosure(of("tanh", W @ x), [x], {W: weights})
    values, radii = [np.array([0.1, 0.2])], [np.array([0.01, 0.02])]
    beside = Enclosure(of("tanh", W @ x), [W, x])
    found = enclosure.reach(values, radii)
    wanted = beside.reach([weights, *values], [np.zeros((2, 2)), *radii])
    np.testing.assert_allclose(found, wanted)
    np.testing.assert_allclose(enclosure.middle(values), np.tanh(weights @ values[0]))


def test_a_large_jacobian_is_not_written_out() -> None:
    x = variable((600,))
    enclosure = Enclosure(x * (1 - x), [x])
    values, radii = [np.full(600, 0.5)], [np.full(600, 0.05)]
    np.testing.assert_allclose(enclosure.reach(values, radii), 0.0525)


def test_inputs_that_vary_in_turn() -> None:
    a, b = variable(()), variable(())
    enclosure = Enclosure(a * b, [a, b])
    values = [np.array(2.0), np.array(5.0)]
    for radii, reach in (((0, 0), 0), ((0.1, 0), 0.5), ((0, 0.1), 0.2), ((0.1, 0.1), 0.71)):
        found = enclosure.reach(values, [np.array(float(radius)) for radius in radii])
        assert float(found) == pytest.approx(reach)


def test_a_missing_input_is_named_a_problem() -> None:
    a, b = variable(()), variable(())
    with pytest.raises(DataProblem, match="missing"):
        Enclosure(a * b, [a])


# --- every operation ---------------------------------------------------------------------------


def boxes(values: list[Array], radii: list[Array]) -> Iterator[list[Array]]:
    """Points of the box without end, corners among them."""
    random = np.random.default_rng(11)
    while True:
        yield [
            value + radius * random.choice([-1.0, 0.3, 1.0], np.shape(value))
            for value, radius in zip(values, radii, strict=True)
        ]


def has_numbers(case: tuple[Row, tuple[Shape, ...]]) -> bool:
    row, shapes = case
    return not any(isinstance(n, Size) for n in row.build(*row.inputs(shapes)).shape)


NUMERIC = [case for case in CASES if has_numbers(case)]


@pytest.mark.parametrize("case", NUMERIC, ids=lambda case: f"{case[0].name} {case[1]}")
def test_no_operation_leaves_its_bound(case: tuple[Row, tuple[Shape, ...]]) -> None:
    row, shapes = case
    inputs = row.inputs(shapes)
    output = row.build(*inputs)
    enclosure, plan, values = Enclosure(output, inputs), Plan([output], inputs), row.values(shapes)
    middle = np.asarray(enclosure.middle(values), float)
    noise = 1e-12 * (1 + np.abs(middle).max(initial=0))
    for scale in (0.0, 1e-6, 1e-2, 1.0):
        radii = [scale * np.linspace(0.1, 1, value.size).reshape(value.shape) for value in values]
        wide, reach = enclosure.wide(values, radii), enclosure.reach(values, radii)
        assert wide.shape == reach.shape == output.shape
        assert not np.isnan(wide).any()
        assert (reach <= wide * (1 + 1e-9) + noise).all()
        if scale == 0:
            assert (reach <= noise).all()
        for _, point in zip(range(20), boxes(values, radii), strict=False):
            try:
                (found,) = plan(*point)
            except DomainProblem:
                continue
            with np.errstate(invalid="ignore"):
                leaves = np.abs(np.asarray(found, float) - middle) > reach + noise
            assert not leaves.any()


def kinds(of_kind: type[Computation]) -> Iterator[type[Computation]]:
    for kind in of_kind.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_rule_is_for_an_operation() -> None:
    all_functions()
    names = {kind.name for kind in kinds(Operation) if kind.__module__.startswith("chainrule.ops.")}
    assert set(RULES) <= names


def test_a_stranger_with_the_name_of_an_operation_has_no_rule() -> None:
    class Negative(Operation):
        name = "exp"

        def shape(self, *shapes: Shape) -> Shape:
            return shapes[0]

        def evaluate(self, k: object, *values: Array) -> Array:
            return -values[0]

    wide, reach = reached(Negative(), (1, 0.1))
    assert wide == reach == np.inf


# --- the lectures' problems -----------------------------------------------------------------------

UNKNOWN = (AbstractFunction, AbstractElementwise)  # have no numbers


def below(node: Node) -> Iterable[Node]:
    if node.operation.name in RULES:
        return node.inputs
    other = stand_in(node)
    return node.inputs if other is None else (other,)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_operation_of_the_lectures_has_a_rule(path: Path) -> None:
    """In the values, the derivatives that are asked for, and the derivatives of those."""
    paper = elaborate(parse(Source(path.read_text(encoding="utf-8"), path.name)))
    named = [paper.graph[name] for name in paper.graph.names]
    nodes = [*named, *(one.node for one in paper.questions), *(one.new for one in paper.updates)]
    if not (paper.declared or paper.abstract):
        held = frozenset(named)
        nodes += [
            multiplied_out(jacobian(node, by, held - {by}))
            for node in nodes
            for by in named
            if node.size * by.size < 1000
        ]
    lacking = {
        node.operation.name
        for node in topological(nodes, below)
        if node.inputs and not isinstance(node.operation, UNKNOWN)
        if node.operation.name not in RULES and stand_in(node) is None
    }
    assert lacking <= {"same"}


# --- random networks ------------------------------------------------------------------------------

HEADS = {
    "squared": ("y = {act}(z)", "squared_error(y, T)"),
    "half": ("y = z + 0", "half_squared_error(y, T)"),
    "softmax": ("y = softmax(z)", "mean_cross_entropy(y, T)"),
    "sigmoid": ("y = sigmoid(z)", "binary_cross_entropy(y, T)"),
}


class Network:
    """A small network in the paper language, with numbers, and all that a solution may claim."""

    def __init__(self, activation: str, head: str, batch: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        inner = int(random.integers(2, 4))
        output, loss = HEADS[head]
        labels = np.eye(2)[random.integers(0, 2, batch)]
        text = f"""
            X = {random.uniform(-1, 1, (batch, 2)).round(2).tolist()}
            V = {random.uniform(-1, 1, (2, inner)).round(2).tolist()}
            b = {random.uniform(-1, 1, (1, inner)).round(2).tolist()}
            W = {random.uniform(-1, 1, (inner, 2)).round(2).tolist()}
            T = {labels.tolist()}
            u = X @ V + b
            h = {activation}(u)
            z = h @ W
            {output.format(act=activation)}
            L = {loss}
            V := V - 0.1 * ∂L/∂V
        """
        lines = "\n".join(line.strip() for line in text.strip().splitlines())
        questions = "\n".join(f"∂L/∂{name}" for name in ("y", "z", "W", "h", "u", "V", "b"))
        self.paper: Paper = elaborate(parse(Source(f"{lines}\n{questions}\n∂y/∂z\n∂h/∂V")))
        self.random = random
        self.values = self.paper.values
        defined = [one.node for one in self.paper.definitions]
        asked = [one.node for one in self.paper.questions]
        self.targets = [*defined, *asked, *(one.new for one in self.paper.updates)]

    def step(self) -> tuple[Node, list[Node]]:
        """A target, and what it may be computed from: what is claimed nearest to it, and givens."""
        target = self.targets[self.random.integers(len(self.targets))]
        claimed = {node for node in self.targets if self.random.random() < 0.6} - {target}
        found: dict[Node, None] = {}

        def lower(node: Node) -> Iterable[Node]:
            if node is not target and (node in claimed or isinstance(node.operation, Input)):
                found[node] = None
                return ()
            return node.inputs

        topological([target], lower)
        return target, list(found)

    def rounded(self, inputs: list[Node], radius: float) -> tuple[list[Array], list[Array]]:
        """The inputs' values as they may be displayed; givens are exact."""
        truths = Plan(inputs, list(self.values))(*self.values.values())
        radii = [
            np.full(node.shape, 0.0 if node in self.values else radius)
            * self.random.integers(0, 2, node.shape)
            for node in inputs
        ]
        values = [
            truth + self.random.uniform(-1, 1, truth.shape) * own
            for truth, own in zip(truths, radii, strict=True)
        ]
        return values, radii


networks = st.builds(
    Network,
    st.sampled_from(["sigmoid", "tanh", "relu", "softplus"]),
    st.sampled_from(sorted(HEADS)),
    st.integers(1, 3),
    st.integers(0, 2**32 - 1),
)


@given(networks, st.sampled_from([0.05, 0.005, 5e-5]))
def test_no_step_of_a_network_leaves_its_bound(network: Network, radius: float) -> None:
    target, inputs = network.step()
    enclosure = Enclosure(target, inputs)
    values, radii = network.rounded(inputs, radius)
    middle = enclosure.middle(values)
    wide, reach = enclosure.wide(values, radii), enclosure.reach(values, radii)
    assert not np.isnan(reach).any()
    assert (reach <= wide * (1 + 1e-9) + 1e-12).all()
    for _, point in zip(range(15), boxes(values, radii), strict=False):
        found = enclosure.middle(point)
        is_inside = np.abs(found - middle) <= reach + 1e-12 * (1 + np.abs(middle))
        assert (is_inside | ~np.isfinite(found)).all()


@given(networks)
def test_a_small_rounding_is_carried_as_by_the_first_order(network: Network) -> None:
    target, inputs = network.step()
    enclosure = Enclosure(target, inputs)
    values, radii = network.rounded(inputs, 1e-4)
    pairs = zip(values, radii, strict=True)
    if any(np.abs(value[radius > 0]).min(initial=1) < 0.02 for value, radius in pairs):
        return  # at a corner of ReLU, or by a share that is nearly 0
    held = frozenset(inputs)
    first_order = np.zeros(target.size)
    for node, radius in zip(inputs, radii, strict=True):
        slope = multiplied_out(jacobian(target, node, held - {node}), target.dtype)
        (entries,) = Plan([slope], inputs)(*values)
        first_order += np.abs(entries).reshape(target.size, node.size) @ radius.reshape(-1)
    reach = enclosure.reach(values, radii).reshape(-1)
    assert (reach <= 1.02 * first_order + 1e-6).all()
    assert (reach >= 0.98 * first_order - 1e-6).all()


def test_a_gradient_whose_relu_is_undecided_is_bounded_by_both_branches() -> None:
    h, W, d = variable((2,)), variable((2, 2)), variable((2,))
    loss = of("sum", (W @ of("relu", h)) * d)
    enclosure = Enclosure(gradient(loss, h), [h, W, d])
    weights = np.array([[1.0, -2.0], [0.5, 3.0]])
    values = [np.array([0.02, 1.0]), weights, np.array([1.0, 1.0])]
    radii = [np.full(2, 0.05), np.zeros((2, 2)), np.zeros(2)]
    np.testing.assert_allclose(enclosure.middle(values), [1.5, 1.0])
    np.testing.assert_allclose(enclosure.reach(values, radii), [1.5, 0.0], atol=1e-12)
