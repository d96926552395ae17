"""∂of/∂wrt as a product of derivatives that somebody has already worked out.

dl/dW1 may be computed from the matrices dl/dS, dS/dO and dO/dW1 as they were displayed, and then
carries their rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from chainrule.differentiate.factors import named_below
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.maps import adjoint
from chainrule.differentiate.walk import adjoints
from chainrule.graph.node import Node, Shape, topological
from chainrule.ops.broadcasting import reshape
from chainrule.ops.linear import matmul
from chainrule.ops.making import eye

__all__ = ["Pair", "Routes", "examples"]

Pair = tuple[Node, Node]


class Routes:
    """The ways from `of` down to `wrt` through the named quantities, and what is known on them."""

    def __init__(self, of: Node, wrt: Node, named: frozenset[Node]) -> None:
        self.of = of
        self.wrt = wrt
        self.named = named | {of, wrt}
        self.below: Mapping[Node, tuple[Node, ...]] = (
            {} if of is wrt else named_below(of, wrt, self.named)
        )

    @cached_property
    def order(self) -> list[Node]:
        """The named quantities on the ways, from `of` down."""
        return topological([self.of], lambda one: self.below[one])[::-1]

    @cached_property
    def above(self) -> Mapping[Node, list[Node]]:
        """Who reads each quantity."""
        found: dict[Node, list[Node]] = {node: [] for node in self.below}
        for node, lower in self.below.items():
            for one in lower:
                found[one].append(node)
        return found

    def nearest(self, claimed: Mapping[Pair, Node]) -> tuple[frozenset[Pair], frozenset[Node]]:
        """The claimed derivatives met on the way up from `wrt`, and the quantities passed."""
        if self.of not in self.below:
            return frozenset(), frozenset()
        pairs: set[Pair] = set()
        passed = {self.wrt}
        stack = [self.wrt]
        while stack:
            node = stack.pop()
            if node is not self.wrt and node is not self.of and (self.of, node) in claimed:
                pairs.add((self.of, node))
                continue
            readers = self.above[node]
            if node is self.wrt:
                readers = [*readers, *self._far_readers(claimed)]
            for reader in readers:
                if reader is not self.of and (reader, node) in claimed:
                    pairs.add((reader, node))
                if reader not in passed:
                    passed.add(reader)
                    stack.append(reader)
        return frozenset(pairs), frozenset(passed)

    def _far_readers(self, claimed: Mapping[Pair, Node]) -> list[Node]:
        """Quantities whose derivative by `wrt` is claimed, however far above it they are."""
        tops = [top for top, lower in claimed if lower is self.wrt and top is not self.of]
        return [top for top in tops if top in self.below and top not in self.above[self.wrt]]

    def product(
        self, claimed: Mapping[Pair, Node], passed: frozenset[Node], shape: Shape
    ) -> Node | None:
        """The derivative from these claimed factors and the local Jacobians between them.

        `claimed` are matrices, outputs × inputs, or gradients of a number.
        """
        rows = self.of.size
        cotangents: dict[Node, Node] = {}
        if self.of in passed:
            cotangents[self.of] = reshape(eye(rows), to=(rows, *self.of.shape))
        for node in self.order:
            if (self.of, node) in claimed and node is not self.wrt:
                cotangents[node] = reshape(claimed[self.of, node], to=(rows, *node.shape))
            if node not in cotangents or node is self.wrt:
                continue
            whole = (node, self.wrt) in claimed
            for lower in (self.wrt,) if whole else self.below[node]:
                if lower in passed:
                    share = self._share(node, lower, cotangents[node], claimed)
                    cotangents[lower] = cotangents[lower] + share if lower in cotangents else share
        found = cotangents.get(self.wrt)
        return None if found is None else reshape(found, to=shape)

    def _share(
        self, node: Node, lower: Node, cotangent: Node, claimed: Mapping[Pair, Node]
    ) -> Node:
        """What `lower` gets of a cotangent of `node`."""
        known = claimed.get((node, lower))
        if known is None or not (lower is self.wrt or self._is_only_way(node, lower)):
            return adjoint(jacobian(node, lower, self.named), cotangent)
        rows = self.of.size
        flat = reshape(cotangent, to=(rows, node.size))
        matrix = reshape(known, to=(node.size, lower.size))
        return reshape(matmul(flat, matrix), to=(rows, *lower.shape))

    def _is_only_way(self, node: Node, lower: Node) -> bool:
        """Whether nothing else leads from `node` to `lower`."""
        others = [one for one in self.below[node] if one is not lower]
        return lower not in topological(others, lambda one: self.below[one])


def examples(of: Node, wrt: Node, named: frozenset[Node]) -> Node | None:
    """∂of/∂wrt of each example of a batch, one in front of the other; None without a batch.

    The named quantities that read `wrt` hold the examples along their first axis.
    """
    below = named_below(of, wrt, named | {of, wrt})
    readers = [node for node in below if wrt in below[node]]
    lengths = {node.shape[0] if node.ndim > 1 else 1 for node in readers}
    if of.shape != () or len(lengths) != 1 or lengths == {1}:
        return None
    count = lengths.pop()
    found = adjoints(of, readers)
    total: Node | None = None
    for node in readers:
        each = reshape(eye(count), to=(count, count, *[1] * (node.ndim - 1))) * found[node]
        share = adjoint(jacobian(node, wrt, named), each)
        total = share if total is None else total + share
    return total
