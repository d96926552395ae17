"""A formula with numbers in the place of names: `[2, 1] @ [[1, -2], [2, 5]]`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chainrule.explain.indices import shown
from chainrule.graph.node import Array, Node
from chainrule.notation.numbers import significant
from chainrule.notation.text import NameOf
from chainrule.ops.indexing import Take, as_slices

__all__ = ["MOST_ENTRIES", "array_literal", "substituted"]

MOST_ENTRIES = 16  # a larger array stays a name


def substituted(
    node: Node, name_of: NameOf, values: Mapping[Node, Array], index_base: int = 0, digits: int = 6
) -> str:
    """The node's formula with every small named value, and every entry of one, as numbers."""

    def number_or_name(lower: Node) -> str | None:
        if lower is node:
            return None
        value = values.get(lower)
        if value is None and isinstance(lower.operation, Take):
            array = values.get(lower.inputs[0])
            value = None if array is None else np.asarray(array[as_slices(lower.operation.index)])
        if value is not None and value.size <= MOST_ENTRIES and np.isfinite(value).all():
            return array_literal(value, digits)
        return name_of(lower)

    return shown(node, number_or_name, index_base)


def array_literal(value: Array, digits: int = 6) -> str:
    """An array as brackets of numbers with so many significant digits.

    >>> array_literal(np.array([[1.0, 2.5e-10], [-3.0, 1 / 3]]))
    '[[1, 2.5e-10], [-3, 0.333333]]'
    """
    if value.ndim == 0:
        return significant(float(value), digits)
    return "[" + ", ".join(array_literal(row, digits) for row in value) + "]"
