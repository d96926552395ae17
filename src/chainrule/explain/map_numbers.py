"""The numbers of local Jacobians and of their products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chainrule.differentiate.compose import as_diagonal, multiplied_out
from chainrule.differentiate.factors import Factor, Link
from chainrule.explain.forms import is_diagonal
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Value
from chainrule.explain.source import has_named_sizes
from chainrule.graph.node import Node, Shape, spend
from chainrule.jacobians.kinds import LinearMap

__all__ = ["Numbers", "reshaped"]

MOST_NUMBERS = 10_000  # a Jacobian with more entries is used but not written out
NUMBERS_A_NODE = 32  # so many kept numbers count as one node


class Numbers:
    """The numbers of all maps, from one run; None for a map too large to be written out.

    A diagonal map has those of its diagonal, any other those of its outputs × inputs matrix.
    """

    def __init__(
        self,
        evaluation: Evaluation,
        maps: Sequence[LinearMap],
        answer: Node,
        inner: Sequence[Node] = (),
        above_inner: Sequence[LinearMap] = (),
    ) -> None:
        """`inner` are inner results of formulas, by which the maps `above_inner` are written."""
        self._evaluation = evaluation
        self._found: dict[int, Value | None] = {}
        small = [map_ for map_ in maps if _entries_shown(map_) <= MOST_NUMBERS]
        lower = [map_ for map_ in above_inner if _entries_shown(map_) <= MOST_NUMBERS]
        spend(sum(map(_entries_shown, (*small, *lower))) // NUMBERS_A_NODE)
        nodes = [_shown_entries(map_) for map_ in small]
        if evaluation.options.by_hand:
            self.answer, *found = evaluation.values([answer, *nodes])
            self.inner = _one_after_another(evaluation, inner)
            given = {node: value for node, value in self.inner.items() if value is not None}
            found += evaluation.values([_shown_entries(map_) for map_ in lower], given)
        else:
            nodes += [_shown_entries(map_) for map_ in lower]
            self.answer, *found = evaluation.values([answer, *nodes, *inner])
            self.inner = dict(zip(inner, found[len(nodes) :], strict=True))
        for map_, value in zip([*small, *lower], found, strict=False):
            self._found[id(map_)] = None if value is None else reshaped(value, _matrix_shape(map_))

    def __call__(self, map_: LinearMap) -> Value | None:
        return self._found.get(id(map_))

    def know(self, map_: LinearMap) -> bool:
        """Whether a map has numbers, shown or not."""
        if id(map_) in self._found:
            return self._found[id(map_)] is not None
        unknown = self._evaluation.source.unknown(map_.nodes)
        return not has_named_sizes(map_.matrix_shape) and not unknown

    def reshaped(self, map_: LinearMap, shape: Shape) -> Value | None:
        """A map's numbers as an array of a shape; None if that is not the shape of its matrix."""
        found = self(map_)
        if found is None or is_diagonal(map_):
            return None
        return reshaped(found, shape)

    def multiply_inner_by_hand(self, whole: LinearMap, links: Sequence[Link]) -> None:
        """The same for a factor, from those of the operations in its formula."""
        values = [self(link.map) for link in links]
        total, *others = values
        for value in others:
            if total is None or value is None:
                return
            total = self._evaluation.product(total, value)
        if total is not None and total.array.shape == _matrix_shape(whole):
            self._found[id(whole)] = total

    def multiply_by_hand(
        self,
        links: Sequence[Link],
        partial: Sequence[LinearMap],
        routes: Mapping[int, LinearMap],
    ) -> None:
        """Every product anew, from the displayed numbers of its factors, each rounded in turn."""
        for link in links:
            if not isinstance(link, Factor):
                for path in link.paths:
                    self._set(routes[id(path)], [self(factor.map) for factor in path])
                if link.count == len(link.paths):
                    self._add(link.map, [self(routes[id(path)]) for path in link.paths])
        left = self(links[0].map) if links else None
        for link, product in zip(links[1:], partial, strict=True):
            self._set(product, [left, self(link.map)])
            left = self(product)

    def _set(self, product: LinearMap, factors: Sequence[Value | None]) -> None:
        total, *others = factors
        for factor in others:
            if total is None or factor is None:
                self._found.pop(id(product), None)
                return
            total = self._evaluation.product(total, factor)
        self._found[id(product)] = total

    def _add(self, total: LinearMap, terms: Sequence[Value | None]) -> None:
        known = [term for term in terms if term is not None]
        if len({term.array.shape for term in known}) == 1 and len(known) == len(terms):
            self._found[id(total)] = self._evaluation.sum_of(known)


def _one_after_another(evaluation: Evaluation, nodes: Sequence[Node]) -> dict[Node, Value | None]:
    """By hand: each inner result from the displayed ones before it."""
    found: dict[Node, Value | None] = {}
    for node in nodes:
        given = {one: value for one, value in found.items() if value is not None}
        (found[node],) = evaluation.values([node], given)
    return found


def reshaped(value: Value, shape: Shape) -> Value:
    """The same numbers, row by row, in another shape."""
    exact = None if value.exact is None else value.exact.reshape(shape)
    values = dict(zip(value.fields, value.key(), strict=True))
    return Value(**values | {"array": value.array.reshape(shape), "exact": exact})


def _matrix_shape(map_: LinearMap) -> Shape:
    rows, columns = map_.matrix_shape
    return (rows,) if is_diagonal(map_) else (rows, columns)


def _entries_shown(map_: LinearMap) -> int:
    rows, columns = map(int, map_.matrix_shape)
    return rows if is_diagonal(map_) else rows * columns


def _shown_entries(map_: LinearMap) -> Node:
    return as_diagonal(map_) if is_diagonal(map_) else multiplied_out(map_)
