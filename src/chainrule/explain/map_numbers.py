"""The numbers of local Jacobians and of their products, from one run."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.differentiate.compose import as_diagonal, multiplied_out
from chainrule.explain.forms import is_diagonal
from chainrule.explain.source import Explainable, has_named_sizes
from chainrule.graph.node import Array, Node, spend
from chainrule.jacobians.kinds import LinearMap

__all__ = ["Numbers"]

MOST_NUMBERS = 10_000  # a Jacobian with more entries is used but not written out
NUMBERS_A_NODE = 32  # so many kept numbers count as one node


class Numbers:
    """The numbers of all maps, from one run; None for a map too large to be written out."""

    def __init__(self, source: Explainable, maps: Sequence[LinearMap], answer: Node) -> None:
        small = [map_ for map_ in maps if _entries_shown(map_) <= MOST_NUMBERS]
        spend(sum(map(_entries_shown, small)) // NUMBERS_A_NODE)
        nodes = [_shown_entries(map_) for map_ in small]
        self.answer, *found = source.numbers([answer, *nodes])
        self._found = {id(map_): value for map_, value in zip(small, found, strict=True)}
        self._source = source

    def __call__(self, map_: LinearMap) -> Array | None:
        found = self._found.get(id(map_))
        if found is None:
            return None
        return found.astype(float).reshape(-1 if is_diagonal(map_) else map_.matrix_shape)

    def know(self, map_: LinearMap) -> bool:
        """Whether a map has numbers, shown or not."""
        if id(map_) in self._found:
            return self._found[id(map_)] is not None
        return not has_named_sizes(map_.matrix_shape) and not self._source.unknown(map_.nodes)


def _entries_shown(map_: LinearMap) -> int:
    rows, columns = map(int, map_.matrix_shape)
    return rows if is_diagonal(map_) else rows * columns


def _shown_entries(map_: LinearMap) -> Node:
    return as_diagonal(map_) if is_diagonal(map_) else multiplied_out(map_)
