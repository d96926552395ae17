"""Formulas of several operations, cut at inner results: Z = sigmoid(u1), u1 = X @ Wᵀ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chainrule.differentiate.compose import compose
from chainrule.differentiate.factors import Factor, Link, factors, named_below
from chainrule.differentiate.walk import Edges, Paths
from chainrule.explain.explanation import Sentence
from chainrule.explain.remarks import factor_operation, operation_name, operation_sentence
from chainrule.explain.scalar.cut import FUNCTION, LINEAR, MOVE, PRODUCT, QUOTIENT, cut, kind_of
from chainrule.explain.source import Explainable
from chainrule.graph.named import Graph
from chainrule.graph.node import Node, topological
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import LinearMap
from chainrule.ops.broadcasting import literal
from chainrule.ops.choice import Where
from chainrule.ops.contract import Operation
from chainrule.ops.contraction import MatMul
from chainrule.ops.transposition import Transpose

__all__ = [
    "Composition",
    "InnerResults",
    "direct_pairs",
    "parts_of",
    "paths_of",
    "product_in_letters",
    "spoken_rule",
    "with_names",
]

MOST_INNER = 9  # inner results of one formula that get a name; more are for no reader


class Composition(Record):
    """A factor as the product of the local Jacobians of the operations in its formula.

    `source` has names for the `inner` results, which come inputs first; `is_direct` says whether
    `of` also reads `wrt` beside them, so that ∂of/∂wrt is only that part.
    """

    source: Explainable
    inner: tuple[Node, ...]
    links: tuple[Link, ...]
    routes: Mapping[int, LinearMap]
    is_direct: bool


class InnerResults:
    """Takes formulas apart; an inner result has one name wherever it is met: u1, u2, …"""

    def __init__(self) -> None:
        self._names: dict[Node, str] = {}
        self._found: dict[tuple[Graph, Node, Node], Composition | None] = {}

    def composition(self, source: Explainable, factor: Factor) -> Composition | None:
        """The factor taken apart; None where it is one operation, or elementary as it stands."""
        key = source.graph, factor.of, factor.wrt
        if key not in self._found:
            self._found[key] = self._composition(source, factor)
        return self._found[key]

    def _composition(self, source: Explainable, factor: Factor) -> Composition | None:
        named = source.graph.named_nodes
        if factor_operation(source, factor) is not None:
            return None
        held = named - {factor.of, factor.wrt}
        inner = _inner(factor.of, factor.wrt, named, held)
        if not 0 < len(inner) <= MOST_INNER:
            return None
        links = factors(factor.of, factor.wrt, named.union(inner), held)
        is_direct = (factor.of, factor.wrt) in direct_pairs(links)
        if direct_pairs(links) and named_below(factor.of, factor.wrt, named)[factor.of] != (
            factor.wrt,
        ):
            return None  # the symbols would be those of the ways through named quantities, too
        names = {self._name(node, source): node for node in inner}
        routes = {id(path): compose(*[one.map for one in path]) for path in paths_of(links)}
        return Composition(with_names(source, names), inner, links, routes, is_direct)

    def _name(self, node: Node, source: Explainable) -> str:
        if node not in self._names:
            number = len(self._names) + 1
            while f"u{number}" in source.graph or f"u{number}" in self._names.values():
                number += 1
            self._names[node] = f"u{number}"
        return self._names[node]


def with_names(source: Explainable, more: Mapping[str, Node]) -> Explainable:
    """The same with more named nodes."""
    nodes = {name: source.graph[name] for name in source.graph.names} | dict(more)
    values = dict(zip(source.fields, source.key(), strict=True))
    return Explainable(**values | {"graph": Graph(nodes)})


def paths_of(links: Sequence[Link]) -> list[tuple[Factor, ...]]:
    """The paths of all sums."""
    return [path for link in links if not isinstance(link, Factor) for path in link.paths]


def parts_of(links: Iterable[Link]) -> list[Factor]:
    """The factors of a product, and those on the paths of its sums."""
    found: list[Factor] = []
    for link in links:
        ways = [(link,)] if isinstance(link, Factor) else link.paths
        found += [factor for path in ways for factor in path]
    return found


def direct_pairs(links: Sequence[Link]) -> frozenset[tuple[Node, Node]]:
    """What is read both directly and on other paths: there ∂ is only the direct part."""
    return frozenset((path[0].of, path[0].wrt) for path in paths_of(links) if len(path) == 1)


def _inner(of: Node, wrt: Node, named: frozenset[Node], held: frozenset[Node]) -> tuple[Node, ...]:
    """The inner results that get a name, inputs first: those of the scalar view, and whatever a
    function is applied to.
    """
    found = cut([of], [wrt], named, held)
    below = Paths(of, (wrt,), held).edges
    ends = {of, wrt}
    chosen = set(found.inner)
    for node in below:
        if kind_of(node) == FUNCTION:
            chosen.update(_moved(lower, below, ends) for lower, _ in below[node])
    order = topological([of], lambda node: [lower for lower, _ in below[node]])
    return tuple(node for node in order if node in chosen - ends)


def _moved(node: Node, below: Edges, ends: set[Node]) -> Node:
    """What stands behind reshaping, broadcasting and the like."""
    while node not in ends and kind_of(node) == MOVE and len(below[node]) == 1:
        ((node, _),) = below[node]
    return node


def spoken_rule(source: Explainable, factor: Factor) -> tuple[Sentence | None, Sentence | None]:
    """The operations between two quantities by name, and what explains them, one after the other.

    Sums, signs and numbers as factors are not mentioned beside others, nor what moves entries.
    """
    below = Paths(factor.of, (factor.wrt,), source.graph.named_nodes - {factor.of}).edges
    order = topological([factor.of], lambda node: [lower for lower, _ in below[node]])
    nodes = [node for node in order if below[node] and kind_of(node) != MOVE]
    weighty = [node for node in nodes if not _is_light(node, below)] or nodes
    operations = list({node.operation.name: node.operation for node in weighty}.values())
    rule = said = None
    for operation in operations:
        assert isinstance(operation, Operation)
        rule = _then("then", rule, operation_name(operation))
        said = _then("both", said, operation_sentence(operation))
    if any(len(ways) > 1 for ways in below.values()):
        said = _then("both", said, Sentence("read_in_places"))
    return rule, said


def product_in_letters(source: Explainable, factor: Factor) -> Sentence | None:
    """The entries of ∂(A @ B)/∂A, or of ∂(A @ B)/∂B, also where a factor is a transpose.

    None of what is no product of two matrices, of which one is `wrt` and the other has a name.
    """
    product = factor.of
    if not isinstance(product.operation, MatMul) or any(one.ndim != 2 for one in product.inputs):
        return None
    names = [source.graph.name_of(_untransposed(one)) for one in product.inputs]
    sides = [at for at, one in enumerate(product.inputs) if _untransposed(one) is factor.wrt]
    if len(sides) != 1 or None in names:
        return None
    indices = [
        pair[::-1] if _untransposed(one) is not one else pair
        for one, pair in zip(product.inputs, ("ij", "jk"), strict=True)
    ]
    entries = [f"{name}[{','.join(pair)}]" for name, pair in zip(names, indices, strict=True)]
    (at,) = sides
    details = (
        ("of", f"{source.name(product)}[i,k]"),
        ("wrt", entries[at]),
        ("other", entries[1 - at]),
    )
    return Sentence("entries_in_letters", details)


def _untransposed(node: Node) -> Node:
    is_transpose = isinstance(node.operation, Transpose) and not node.distinct
    return node.inputs[0] if is_transpose else node


def _is_light(node: Node, below: Edges) -> bool:
    """Whether an operation adds, changes the sign or scales by a number: it needs no reason."""
    if kind_of(node) == LINEAR:
        return not isinstance(node.operation, Where)
    moving = [lower for lower, _ in below[node]]
    others = [one for one in node.inputs if one not in moving]
    is_quotient = kind_of(node) == QUOTIENT and others == [*node.inputs[1:]]
    is_scaling = kind_of(node) == PRODUCT or is_quotient
    return is_scaling and bool(others) and all(literal(one) is not None for one in others)


def _then(code: str, first: Sentence | None, second: Sentence | None) -> Sentence | None:
    if first is None or second is None:
        return first or second
    return Sentence(code, (("first", first), ("second", second)))
