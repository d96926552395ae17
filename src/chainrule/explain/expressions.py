"""What stands in the place of numbers where there are none: entries in symbols, closed forms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from chainrule.differentiate.factors import Factor, Link
from chainrule.explain.closed_forms import ClosedForms
from chainrule.explain.forms import entries_formula, is_diagonal, written_out
from chainrule.explain.partials import Partials, map_entries, multiplied_entries, symbols
from chainrule.explain.source import ARRANGING, Explainable
from chainrule.graph.node import Array, Node
from chainrule.jacobians.kinds import LinearMap
from chainrule.notation.formula import Expression, Formula, inline
from chainrule.notation.text import TOO_LONG

__all__ = ["Expressions"]

Written = TypeVar("Written", bound=Formula)
LONGEST = 1_000  # characters of a matrix in symbols; a longer one is for no reader


class Expressions:
    """The maps of one derivation as expressions over the file's names."""

    def __init__(self, source: Explainable, forms: ClosedForms) -> None:
        self.source = source
        self.forms = forms
        self.named = source.graph.named_nodes

    def entries(self, map_: LinearMap) -> Formula | None:
        """The map's entries in symbols."""
        return _if_short(written_out(self.source, map_))

    def closed(self, map_: LinearMap) -> Expression | None:
        """The map as one expression."""
        found = self.forms.of_map(map_)
        if found is None or any(word in found.text for word in ARRANGING):
            return None
        return _if_short(found)

    def products(
        self, of: Node, links: Sequence[Link], partial: Sequence[LinearMap]
    ) -> Iterator[Formula | None]:
        """Each product from the left, in the entries of the product before and of the factor."""
        left = self._of_link(links[0])
        for link, product, upper in zip(links[1:], partial, [None, *partial], strict=False):
            stands_for = {}
            if upper is not None or left is None:
                is_line = is_diagonal(links[0].map if upper is None else upper)
                found = symbols(of, link.of, is_line)
                left = None if found is None else found[1]
                stands_for = {} if found is None else {found[0]: (of, link.of)}
            right = self._of_link(link)
            if right is None:
                found = symbols(link.of, link.wrt, is_diagonal(link.map))
                right = None if found is None else found[1]
                stands_for |= {} if found is None else {found[0]: (link.of, link.wrt)}
            entries = multiplied_entries([left, right])
            if entries is None or is_diagonal(product) != (entries.ndim == 1):
                yield None
            else:
                yield _if_short(
                    entries_formula(self.source, entries, Partials(self.source, stands_for))
                )

    def _of_link(self, link: Link) -> Array | None:
        """The entries of a factor; of a sum over paths they are symbols."""
        return map_entries(link.map, self.named) if isinstance(link, Factor) else None


def _if_short(found: Written | None) -> Written | None:
    if found is None:
        return None
    text = inline(found)
    return None if len(text) > LONGEST or TOO_LONG in text else found
