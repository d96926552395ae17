"""Sparse matrices of the linear operations that have no kind of their own.

Selections are moved like the inputs' own places; a convolution lists its terms.  Of any other
operation nothing is known but how it acts: it is applied to unit vectors, a bounded number at a
time, and what is not zero is kept.  So that an entry which only happens to be 0 is kept, too, the
same is done with random numbers in place of those the map holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.differentiate.batched import RowByRow
from chainrule.differentiate.maps import adjoint, apply
from chainrule.errors import TooLarge
from chainrule.graph.node import Array, Node, Shape, size_of, variable
from chainrule.jacobians.kinds import Multilinear
from chainrule.ops.advanced_indexing import TakeAlong
from chainrule.ops.along import Along
from chainrule.ops.broadcasting import Cast
from chainrule.ops.contraction import Einsum
from chainrule.ops.convolution import Windowed
from chainrule.ops.diagonals import PlaceDiagonal, TakeDiagonal, Triangle
from chainrule.ops.indexing import Gather, Scatter
from chainrule.ops.replacing import Set
from chainrule.ops.solving import Solve
from chainrule.ops.triangles import Mirrored, OfTriangle
from chainrule.ops.windows import places as windows_of
from chainrule.run import kernels
from chainrule.run.interpreter import Plan
from chainrule.run.patterns import Numbers, Pattern, listed, places, rows_of
from chainrule.run.sparse_rows import of_einsum

__all__ = ["of_multilinear"]

MOST_PROBED = 1 << 28  # entries that unit vectors may bring forth
MOST_AT_ONCE = 1 << 22  # numbers held while unit vectors are sent through a map


def of_multilinear(map_: Multilinear, numbers: Numbers) -> Pattern:
    """By the operation."""
    kinds = type(map_.operation).__mro__
    rule = next((RULES[kind] for kind in kinds if kind in RULES), _probed)
    return rule(map_, numbers)


def _of_cast(map_: Multilinear, numbers: Numbers) -> Pattern:
    return rows_of(map_.matrix_shape, places((*map_.input_shape, 1)))


def _of_selection(map_: Multilinear, numbers: Numbers) -> Pattern:
    """Each entry of the result is one of the operand's, or 0: the places are counted from 1."""
    values = [numbers.fixed(node) for node in map_.nodes]
    values.insert(map_.position, places(map_.input_shape) + 1)
    columns = map_.operation.evaluate(kernels, *values)[..., None] - 1
    kept = columns >= 0
    return rows_of(map_.matrix_shape, columns, kept=None if kept.all() else kept)


def _of_scatter(map_: Multilinear, numbers: Numbers) -> Pattern:
    """Each entry of the operand is added to one of the result's."""
    scatter = map_.operation
    assert isinstance(scatter, Scatter)
    positions = numbers.fixed(map_.operands[1])
    rows = Gather(len(scatter.to)).evaluate(kernels, places(map_.output_shape), positions)
    return listed(map_.matrix_shape, rows, places(map_.input_shape))


def _of_windows(map_: Multilinear, numbers: Numbers) -> Pattern:
    """Σ x · kernel · y as a list of its terms: one entry each, the number of the third array.

    `operation.takes` are two of the three arrays, and `operation.gives` is the third.
    """
    operation = map_.operation
    assert isinstance(operation, Windowed)
    own = operation.takes[map_.position]
    shapes = {operation.gives: map_.output_shape}
    shapes |= {role: node.shape for role, node in zip(operation.takes, map_.operands, strict=True)}
    terms = _terms(operation, shapes)
    (other,) = [role for role in shapes if role not in (own, operation.gives)]
    (held,) = map_.nodes
    rows, columns, third = terms[operation.gives], terms[own], terms[other]
    return listed(map_.matrix_shape, rows, columns, lambda numbers: numbers.of(held)[third])


def _terms(operation: Windowed, shapes: Mapping[str, Shape]) -> dict[str, Array]:
    """Which entry of x, of the kernel and of y each term multiplies; none lies on the border."""
    x, kernel = shapes["x"], shapes["kernel"]
    count = windows_of(operation.name, x[2:], kernel[2:], operation)
    grid = (x[0], kernel[0], *count, *kernel[1:])
    n, k, p, q, c, i, j = np.ogrid[tuple([slice(length) for length in grid])]
    steps = zip(
        (p, q), (i, j), operation.stride, operation.dilation, operation.padding, strict=True
    )
    row, column = [at * step + inner * gap - border for at, inner, step, gap, border in steps]
    inside = (row >= 0) & (row < x[2]) & (column >= 0) & (column < x[3])
    indices = {"x": (n, c, row, column), "kernel": (k, c, i, j), "y": (n, k, p, q)}
    kept = np.broadcast_to(inside, grid)
    found = {}
    for role, index in indices.items():
        shape = (x[0], kernel[0], *count) if role == "y" else shapes[role]
        found[role] = np.broadcast_to(_row_by_row(index, shape), grid)[kept]
    return found


def _row_by_row(index: tuple[Array, ...], shape: Shape) -> Array:
    at: Any = 0
    for each, length in zip(index, shape, strict=True):
        at = at * length + each
    return np.asarray(at)


def _probed(map_: Multilinear, numbers: Numbers) -> Pattern:
    """Unit vectors sent through the map, from the side that has fewer.

    One vector of units serves all places along the shared axes at once.
    """
    shared = _shared_axes(map_)
    inputs, outputs = map_.input_shape, map_.output_shape
    backwards = size_of(outputs) < size_of(inputs)
    verb, start, end = (adjoint, outputs, inputs) if backwards else (apply, inputs, outputs)
    groups = tuple([start[axis] for axis in shared])
    others = [axis for axis in range(len(start)) if axis not in shared]
    count = size_of(tuple([start[axis] for axis in others]))
    units = places(start).transpose(*shared, *others).reshape(size_of(groups), count)
    kept_axes = [end[axis] if axis in shared else 1 for axis in range(len(end))]
    group = np.broadcast_to(places(groups).reshape(kept_axes), end).reshape(-1)
    if count * size_of(end) > MOST_PROBED:
        raise TooLarge(
            f"the Jacobian of {map_.operation.name} has up to {count * size_of(end):,} entries, "
            f"and at most {MOST_PROBED:,} are written out; J @ v and J.T need none of them"
        )
    send = _sent(map_, verb, start, numbers)
    most = max(1, MOST_AT_ONCE // max(1, size_of(start), size_of(end)))
    parts = [(group[:0], group[:0], np.zeros(0, numbers.dtype))]
    for first in range(0, count, most):
        sources = units[:, first : first + most]
        seeds = np.zeros((sources.shape[1], size_of(start)), numbers.dtype)
        seeds[np.arange(len(seeds)), sources] = 1
        found, has_path = send(seeds)
        unit, place = np.nonzero(has_path)
        parts.append((place, sources[group[place], unit], found[has_path]))
    ends, starts, entries = [np.concatenate(each) for each in zip(*parts, strict=True)]
    rows, columns = (starts, ends) if backwards else (ends, starts)
    return listed(map_.matrix_shape, rows, columns, lambda numbers: entries.astype(numbers.dtype))


def _sent(
    map_: Multilinear, verb: Callable[[Multilinear, Node], Node], start: Shape, numbers: Numbers
) -> Callable[[Array], tuple[Array, Array]]:
    """What sends rows of tangents through the map: what comes out, and where there is a path."""
    held = list(dict.fromkeys(map_.nodes))
    own = [numbers.fixed(node) for node in held]
    random = np.random.default_rng(0)
    other = [
        random.uniform(0.5, 1.5, one.shape).astype(one.dtype) if one.dtype.kind == "f" else one
        for one in own
    ]

    def sent(rows: Array) -> tuple[Array, Array]:
        seed = variable((len(rows), *start), numbers.dtype)
        plan = Plan([verb(map_, seed)], [seed, *held])
        found, elsewhere = [
            plan(rows.reshape(seed.shape), *values)[0].reshape(len(rows), -1)
            for values in (own, other)
        ]
        return found, (found != 0) | (elsewhere != 0)

    return sent


def _shared_axes(map_: Multilinear) -> tuple[int, ...]:
    """Axes with the same place and length on both sides that are known to be independent.

    What goes in has an influence only at its own place along them.
    """
    operation, rank = map_.operation, len(map_.input_shape)
    if isinstance(operation, Along):
        return tuple([axis for axis in range(rank) if axis != rank + operation.axis])
    if isinstance(operation, RowByRow):
        return (0,) if operation.of.by_row[map_.position] else ()
    if isinstance(operation, Solve) and map_.position == 1:
        lead, _ = operation.split(map_.input_shape)
        return tuple(range(len(lead)))
    return tuple(range(rank - 2)) if isinstance(operation, OfTriangle) else ()


RULES: dict[type, Callable[[Multilinear, Numbers], Pattern]] = {
    Einsum: of_einsum,
    Cast: _of_cast,
    Gather: _of_selection,
    TakeAlong: _of_selection,
    Set: _of_selection,
    Triangle: _of_selection,
    TakeDiagonal: _of_selection,
    PlaceDiagonal: _of_selection,
    Mirrored: _of_selection,
    Scatter: _of_scatter,
    Windowed: _of_windows,
}
