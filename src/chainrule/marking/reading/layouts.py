"""How numbers may be laid out: as the quantity is, transposed, flattened, a row for a column."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from chainrule.graph.node import Array, Shape, size_of
from chainrule.graph.record import Record

__all__ = ["Layout", "layouts"]


class Layout(Record):
    """One reading: cell i of what is written stands for entry `order[i]` of the quantity.

    `remark` says what was unusual, "" for nothing.
    """

    order: Array
    remark: str


@lru_cache(maxsize=1024)
def layouts(written: Shape, shape: Shape, is_jacobian: bool) -> tuple[Layout, ...]:
    """The readings of numbers in one shape as a quantity of another, the plainest first.

    A square matrix of derivatives may be in the other layout; a square gradient that is
    transposed is a mistake, and no other reading.

    >>> [one.remark for one in layouts((3, 2), (2, 3), False)]
    ['transposed', 'flattened', 'flattened']
    >>> [one.remark for one in layouts((2, 2), (2, 2), False)]
    ['']
    """
    if size_of(written) != size_of(shape):
        return ()
    order = np.arange(size_of(shape))
    columns = order.reshape(shape).T.reshape(-1)
    is_plain = written == shape or size_of(shape) == 1
    found = [Layout(order, "")] if is_plain else []
    if len(shape) == 2 and written == shape[::-1] and (not is_plain or is_jacobian):
        found.append(Layout(columns, "row-for-column" if 1 in shape else "transposed"))
    if not is_plain:
        found.append(Layout(order, "flattened"))
        if len(shape) == 2 and 1 not in shape:
            found.append(Layout(columns, "flattened"))
    return tuple(found)
