"""The patterns of the kinds of map whose rows all have equally many entries.

Where a row's entries stand is found by moving the inputs' own places (0, 1, 2 …) as the map moves
numbers: the rows of `x[::2]` have their entry at `places[::2]`.  Nothing is searched or sorted.
"""

from __future__ import annotations

import numpy as np

from chainrule.graph.node import Array, Shape, size_of
from chainrule.jacobians.kinds import (
    Dense,
    Diagonal,
    DiagonalMinusOuter,
    Identity,
    LinearMap,
    Mask,
    Multilinear,
    Permute,
    Reshape,
    Section,
    Select,
    SumOver,
    Zero,
)
from chainrule.ops.contraction import Einsum, letter_lengths
from chainrule.ops.indexing import as_slices
from chainrule.ops.normalizing import SoftmaxPullback
from chainrule.run import kernels
from chainrule.run.patterns import Numbers, Pattern, places, rows_of

__all__ = [
    "of_dense",
    "of_diagonal",
    "of_diagonal_minus_outer",
    "of_einsum",
    "of_identity",
    "of_mask",
    "of_permute",
    "of_section",
    "of_select",
    "of_sum_over",
    "of_zero",
]


def of_zero(map_: Zero, numbers: Numbers) -> Pattern:
    """No entry at all."""
    return rows_of(map_.matrix_shape, np.zeros((map_.matrix_shape[0], 0), np.int32))


def of_identity(map_: Identity | Reshape, numbers: Numbers) -> Pattern:
    """An entry 1 a row, in order."""
    return _moved(map_, places(map_.output_shape))


def of_permute(map_: Permute, numbers: Numbers) -> Pattern:
    """An entry 1 a row, where the axes send it."""
    return _moved(map_, places(map_.input_shape).transpose(map_.axes))


def of_section(map_: Section, numbers: Numbers) -> Pattern:
    """An entry 1 a row, at what is taken."""
    return _moved(map_, places(map_.input_shape)[as_slices(map_.index)])


def of_select(map_: Select, numbers: Numbers) -> Pattern:
    """An entry 1 a row, at its position."""
    flat = places((size_of(map_.input_shape),))
    return _moved(map_, kernels.take(flat, numbers.fixed(map_.positions), axis=0))


def of_diagonal(map_: Diagonal, numbers: Numbers) -> Pattern:
    """A row's own number."""
    columns = places((*map_.input_shape, 1))
    return rows_of(map_.matrix_shape, columns, lambda numbers: numbers.of(map_.entries))


def of_mask(map_: Mask, numbers: Numbers) -> Pattern:
    """An entry 1 a row, where it is not dropped."""
    condition = np.asarray(numbers.fixed(map_.condition), bool)
    if numbers.kept or condition.all():
        return _moved(map_, places(map_.input_shape))
    numbers.has_dropped = True
    kept = condition[..., None]
    return rows_of(map_.matrix_shape, places(kept.shape), kept=kept)


def of_diagonal_minus_outer(map_: DiagonalMinusOuter, numbers: Numbers) -> Pattern:
    """The entries of a row's own group: C² a group of C."""
    shape = map_.input_shape
    square = (*shape, shape[-1])

    def entries(numbers: Numbers) -> Array:
        weights = numbers.of(map_.weights).reshape(*shape[:-1], 1, shape[-1])
        units = np.broadcast_to(np.eye(shape[-1], dtype=numbers.dtype), square)
        pulled = SoftmaxPullback().evaluate(kernels, np.broadcast_to(weights, square), units)
        return np.asarray(pulled).reshape(-1)

    columns = np.broadcast_to(places(shape, size_of(square))[..., None, :], square)
    return rows_of(map_.matrix_shape, columns, entries)


def of_sum_over(map_: SumOver, numbers: Numbers) -> Pattern:
    """An entry 1 for everything that is summed."""
    kept = [axis for axis in range(len(map_.input_shape)) if axis not in map_.axes]
    columns = places(map_.input_shape).transpose(*kept, *sorted(map_.axes))
    width = size_of(tuple([map_.input_shape[axis] for axis in map_.axes]))
    return rows_of(map_.matrix_shape, columns.reshape(*map_.output_shape, width))


def of_dense(map_: Dense, numbers: Numbers) -> Pattern:
    """Every entry."""
    rows, width = map_.matrix_shape
    columns = np.broadcast_to(places((width,), rows * width), (rows, width))
    return rows_of(map_.matrix_shape, columns, lambda numbers: numbers.of(map_.matrix))


def of_einsum(map_: Multilinear, numbers: Numbers) -> Pattern:
    """One entry for each value of the letters of the result and of the map's own operand.

    It is the product of the other operands there, summed over the letters that only they have.
    """
    einsum = map_.operation
    assert isinstance(einsum, Einsum)
    own = einsum.terms[map_.position]
    others = einsum.terms[: map_.position] + einsum.terms[map_.position + 1 :]
    letters = einsum.result + "".join([each for each in own if each not in einsum.result])
    lengths = letter_lengths(einsum.terms, [node.shape for node in map_.operands])
    grid = tuple([lengths[letter] for letter in letters])
    met = "".join([letter for letter in letters if letter in "".join(others)])
    spread = tuple([lengths[letter] if letter in met else 1 for letter in letters])

    def entries(numbers: Numbers) -> Array:
        held = [numbers.of(node).reshape(node.shape) for node in map_.nodes]
        weights = np.einsum(f"{','.join(others)}->{met}", *held, optimize=True)
        return np.broadcast_to(weights.reshape(spread), grid).reshape(-1)

    columns = _grid_places(own, map_.input_shape, letters, grid)
    width = size_of(grid[len(einsum.result) :])
    shaped = columns.reshape(*map_.output_shape, width)
    return rows_of(map_.matrix_shape, shaped, entries if others else None)


def _grid_places(own: str, shape: Shape, letters: str, grid: Shape) -> Array:
    """At each place of the grid of letters, the place in an array whose axes are `own`."""
    order = [own.index(letter) for letter in letters if letter in own]
    lengths = [shape[axis] for axis in order]
    kept = iter(lengths)
    spread = [next(kept) if letter in own else 1 for letter in letters]
    own_places = places(shape, size_of(grid)).transpose(order).reshape(spread)
    return np.broadcast_to(own_places, grid)


def _moved(map_: LinearMap, columns: Array) -> Pattern:
    """A one in each row."""
    return rows_of(map_.matrix_shape, columns.reshape(*map_.output_shape, 1))
