"""A problem prepared for marking: true values, steps between claims, quantities that are akin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.node import Array, Constant, Input, Node, node_budget, topological
from chainrule.graph.record import Record
from chainrule.marking.instances import HOW_MANY, instances
from chainrule.marking.reading.targets import Target
from chainrule.marking.rounding.enclosure import Enclosure
from chainrule.marking.routes import Pair, Routes, examples
from chainrule.paper.program import Paper, find_symbolic
from chainrule.run.interpreter import Plan

__all__ = ["Sheet", "Unknown", "bound"]

MOST_STEPS = 2000  # kept ready; beyond, a step is prepared anew
MOST_AKIN = 400  # nodes that an introduced quantity is compared with
MOST_NODES = 200_000
LARGE = 4096  # entries; larger quantities are not compared
CLOSE = 1e-9


class Unknown(ChainruleError):
    """The problem gives no numbers for a quantity."""


class Step(Record):
    """A node computed from the nearest of the carried nodes, and from givens."""

    inputs: tuple[Node, ...]
    enclosure: Enclosure | None


NOTHING = Step((), None)


class Sheet:
    """What every solution of one problem shares; nothing here depends on a solution.

    `numbers` are the values of its quantities, by default those that are given.
    """

    def __init__(self, paper: Paper, numbers: Mapping[Node, Array] | None = None) -> None:
        self.paper = paper
        self.named = frozenset(paper.graph[name] for name in paper.graph.names)
        self.givens: dict[Node, Array] = dict(paper.values if numbers is None else numbers)
        self._has_all = numbers is not None
        self.targets: dict[tuple[str, bool], Target] = {}  # by how they are written
        self._truths: dict[Node, Array] = {}
        self._steps: dict[tuple[Node, frozenset[Node]], Step] = {}
        self._below: dict[Node, frozenset[Node]] = {}
        self._symbolic: dict[Node, bool] = {}
        self._akin: dict[Node, tuple[tuple[Node, float], ...]] = {}
        self._distinct: dict[tuple[Node, frozenset[Node]], Step] = {}
        self._ways: dict[Pair, Routes] = {}
        self._products: dict[tuple[Node, frozenset[Pair]], Node] = {}
        self._examples: dict[Pair, Node | None] = {}
        self._samples: dict[Node, list[Array]] = {}

    # True values

    def truth(self, node: Node) -> Array:
        """The node's value at the given numbers.

        Raises:
            Unknown: it depends on a quantity that has none.
        """
        if node not in self._truths:
            if node in self.givens:
                self._truths[node] = self.givens[node]
            else:
                self._require_numbers(node)
                self._truths[node] = self._at(node, self.givens)
        return self._truths[node]

    def _require_numbers(self, node: Node) -> None:
        if self.is_symbolic(node):
            raise Unknown("The problem gives no numbers for this; a formula can be checked.")

    def is_symbolic(self, node: Node) -> bool:
        """Whether the node depends on a quantity or a function without numbers."""
        if self._has_all:
            return False
        find_symbolic(node, self._symbolic, self.givens)
        return self._symbolic[node]

    def _at(self, node: Node, values: Mapping[Node, Array]) -> Array:
        return self._all_at([node], values)[0]

    def _all_at(self, nodes: list[Node], values: Mapping[Node, Array]) -> list[Array]:
        found = Plan(nodes, list(values))(*values.values())
        return [np.asarray(one, float) for one in found]

    @cached_property
    def given_decimals(self) -> Mapping[float, Node]:
        """The given single numbers that are no whole ones, such as a learning rate."""
        single = {float(value): node for node, value in self.givens.items() if value.shape == ()}
        return {value: node for value, node in single.items() if value != int(value)}

    @cached_property
    def given_numbers(self) -> frozenset[float]:
        """The single numbers of the problem, such as a learning rate: exact wherever they stand."""
        updates = [one.new for one in self.paper.updates]
        nodes = topological([*self.quantities, *updates])
        constants = [one.operation.value for one in nodes if isinstance(one.operation, Constant)]
        every = [*self.givens.values(), *constants]
        return frozenset(float(one) for one in every if np.shape(one) == ())

    @cached_property
    def twin(self) -> Sheet:
        """The same problem with numbers for all that has none: to look for mistakes in formulas."""
        return Sheet(self.paper, self.instances[0])

    # Steps

    def step(self, node: Node, stops: frozenset[Node]) -> Step:
        """The node computed from the nearest of `stops` strictly below it."""
        relevant = stops & self.below(node)
        if not relevant:
            return NOTHING
        key = node, relevant
        found = self._steps.get(key)
        if found is None:
            bound(self._steps)
            found = self._steps[key] = self._from(node, self._nearest(node, relevant))
        return found

    def _from(self, node: Node, nearest: tuple[Node, ...]) -> Step:
        """Many sets of stops have the same nearest ones."""
        key = node, frozenset(nearest)
        if key not in self._distinct:
            bound(self._distinct)
            with node_budget(MOST_NODES):
                enclosure = Enclosure(node, nearest, self.givens)
            self._distinct[key] = Step(nearest, enclosure)
        return self._distinct[key]

    def below(self, node: Node) -> frozenset[Node]:
        """All nodes strictly below."""
        if node not in self._below:
            self._below[node] = frozenset(topological([node])) - {node}
        return self._below[node]

    def _nearest(self, node: Node, stops: frozenset[Node]) -> tuple[Node, ...]:
        found: dict[Node, None] = {}

        def lower(one: Node) -> Iterable[Node]:
            if one is node or one not in stops:
                return one.inputs
            found[one] = None
            return ()

        topological([node], lower)
        return tuple(found)

    # Ways to a derivative

    def routes(self, pair: Pair, claimed: Mapping[Pair, Node], target: Node) -> tuple[Node, ...]:
        """∂of/∂wrt as products of claimed derivatives, where the target's own graph has none.

        By all of those nearest to `wrt`; by the deltas among them, the derivatives of `of`; and
        by the local ones, between other quantities.
        """
        if pair not in self._ways:
            self._ways[pair] = Routes(*pair, self.named)
        ways = self._ways[pair]
        below = self.below(target)
        found: dict[Node, None] = {}
        for some in _selections(pair[0], claimed):
            used, passed = ways.nearest(some)
            if all(claimed[one] in below for one in used):
                continue
            found[self._product(ways, used, passed, claimed, target)] = None
        return tuple(found)

    def _product(
        self,
        ways: Routes,
        used: frozenset[Pair],
        passed: frozenset[Node],
        claimed: Mapping[Pair, Node],
        target: Node,
    ) -> Node:
        key = target, used
        if key not in self._products:
            bound(self._products)
            factors = {pair: claimed[pair] for pair in used}
            with node_budget(MOST_NODES):
                found = ways.product(factors, passed, target.shape)
            self._products[key] = target if found is None else found
        return self._products[key]

    def examples(self, pair: Pair) -> Node | None:
        """∂of/∂wrt of each example of a batch; None where there is no batch."""
        if pair not in self._examples:
            with node_budget(MOST_NODES):
                self._examples[pair] = examples(*pair, self.named)
        return self._examples[pair]

    def acted_on(self, jacobian: Node, columns: int) -> Array | None:
        """The one row of each column that is not always zero; None if a column has another."""
        acts = np.zeros((jacobian.size // columns, columns), bool)
        for one in self.samples(jacobian):
            acts |= one.reshape(acts.shape) != 0
        return acts.argmax(axis=0) if (acts.sum(axis=0) == 1).all() else None

    # Akin quantities

    def akin(self, node: Node) -> tuple[tuple[Node, float], ...]:
        """Nodes of the problem that are, as identities, a constant multiple of this one.

        A student's own δ may lack the factor 1/N, or be t - y for y - t; what is claimed of it
        is then known of the problem's own quantity.
        """
        if node not in self._akin:
            self._akin[node] = tuple(self._multiples(node))
        return self._akin[node]

    def _multiples(self, node: Node) -> Iterable[tuple[Node, float]]:
        if not node.size or node.size > LARGE:
            return
        own = self.samples(node)
        for other in self.quantities:
            if other is node or other.shape != node.shape:
                continue
            factor = _ratio(own, self.samples(other))
            if factor is not None:
                yield other, factor

    @cached_property
    def quantities(self) -> list[Node]:
        """The nodes that the problem's answers, gradients and updates are computed through."""
        paper = self.paper
        tops = [one.node for one in paper.definitions]
        tops += [one.node for one in paper.questions]
        tops += [one.new for one in paper.updates]
        found = [one for one in topological(dict.fromkeys(tops)) if _may_be_akin(one)]
        found = found[:MOST_AKIN]
        values = [self._all_at(found, numbers) for numbers in self.instances]
        self._samples |= {
            node: list(at) for node, at in zip(found, zip(*values, strict=True), strict=True)
        }
        return found

    @cached_property
    def instances(self) -> list[Mapping[Node, Array]]:
        """Other numbers for the givens, with the same properties: to tell identities by."""
        found = instances(self.paper)
        nodes = [one.node for one in self.paper.definitions]
        fit = [one for one in found[HOW_MANY:] if _are_finite(self._all_at(nodes, one))]
        given = [self.givens] if not any(self.is_symbolic(one) for one in nodes) else []
        return found[:HOW_MANY] + fit + given

    def samples(self, node: Node) -> list[Array]:
        """The node's values at the instances."""
        if node not in self._samples:
            self._samples[node] = [self._at(node, values) for values in self.instances]
        return self._samples[node]


def _selections(of: Node, claimed: Mapping[Pair, Node]) -> list[Mapping[Pair, Node]]:
    deltas = {pair: node for pair, node in claimed.items() if pair[0] is of}
    local = {pair: node for pair, node in claimed.items() if pair[0] is not of}
    return [claimed, deltas, local] if deltas and local else [claimed]


def bound(kept: dict[Any, Any]) -> None:
    """What is kept ready stays within bounds."""
    if len(kept) >= MOST_STEPS:
        kept.clear()


def _may_be_akin(node: Node) -> bool:
    is_quantity = not isinstance(node.operation, Input | Constant)
    return is_quantity and node.dtype.kind == "f" and 0 < node.size <= LARGE


def _ratio(own: list[Array], other: list[Array]) -> float | None:
    """k with other = k · own in all samples; None if there is none."""
    a, b = [np.concatenate([one.reshape(-1) for one in some]) for some in (own, other)]
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    at = int(np.argmax(np.abs(a)))
    if a[at] == 0 or b[at] == 0:
        return None
    factor = float(b[at] / a[at])
    return factor if np.allclose(b, factor * a, rtol=CLOSE, atol=CLOSE * abs(b[at])) else None


def _are_finite(values: Iterable[Array]) -> bool:
    return all(bool(np.isfinite(one).all()) for one in values)
