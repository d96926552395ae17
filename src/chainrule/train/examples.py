"""Parameters and data as arrays: copies to train, examples to take by rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.functions.signature import as_array
from chainrule.graph.node import FLOAT, Array
from chainrule.graph.record import Record
from chainrule.trace.trees import flatten, unflatten

__all__ = ["Examples", "examples_in", "first_rows", "is_trained", "own"]


class Examples(Record):
    """The arrays of the data, in order; which are taken by rows, and how many rows these have."""

    arrays: tuple[Array, ...]
    by_rows: tuple[bool, ...]
    count: int

    @property
    def gathered(self) -> list[Array]:
        """Those that are taken by rows."""
        pairs = zip(self.arrays, self.by_rows, strict=True)
        return [array for array, by_rows in pairs if by_rows]


def examples_in(data: Sequence[Any], batch: int | None) -> Examples:
    """The arrays among the data.  For batches, all but single numbers are taken by rows.

    Raises:
        DataProblem: they do not have equally many rows, or fewer than a batch.
    """
    leaves = [leaf for argument in data for leaf in flatten(argument)[0]]
    arrays = [array for leaf in leaves if (array := as_array(leaf, False)) is not None]
    by_rows = [batch is not None and array.ndim > 0 for array in arrays]
    arrays = [np.asarray(array, order="C") for array in arrays]  # rows lie together, once for all
    found = Examples(tuple(arrays), tuple(by_rows), 0)
    if batch is None:
        return found
    counts = {len(array) for array in found.gathered}
    if len(counts) != 1:
        shown = " and ".join(map(str, sorted(counts)))
        shown = shown or "no array (lists of numbers are made arrays by np.array)"
        raise DataProblem(
            f"a batch is taken from the rows of all data arrays, equally many; found {shown}"
        )
    (count,) = counts
    if batch > count:
        raise DataProblem(f"a batch of {batch} is taken from the data, which has {count} rows")
    return Examples(found.arrays, found.by_rows, count)


def first_rows(argument: Any, batch: int | None) -> Any:
    """Data in the shape of a batch, to trace the loss with."""
    if batch is None:
        return argument
    leaves, structure = flatten(argument)
    return unflatten(
        structure,
        [leaf[:batch] if isinstance(leaf, np.ndarray) and leaf.ndim else leaf for leaf in leaves],
    )


def own(leaves: Sequence[Any], is_alone: bool) -> list[Any]:
    """Copies of arrays; plain numbers as arrays, in the precision of the arrays beside them."""
    types = {leaf.dtype for leaf in leaves if is_trained(leaf) or isinstance(leaf, np.floating)}
    dtype = types.pop() if len(types) == 1 else FLOAT
    found = []
    for leaf in leaves:
        array = as_array(leaf, is_alone)
        if array is None:
            found.append(leaf)
        elif isinstance(leaf, np.ndarray | np.generic):
            found.append(np.array(array, order="C"))
        else:
            found.append(np.array(array, dtype))
    return found


def is_trained(leaf: Any) -> bool:
    """Whether it is an array of real numbers."""
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"
