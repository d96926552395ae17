"""Affine places: where the entries of an array are, seen through a view of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from chainrule.graph.node import Shape
from chainrule.run.native.tensors import Strides, row_major

__all__ = ["are_apart", "composed", "do_not_meet", "found_in"]


Places = tuple[Shape, int, Strides]  # the shape of a part, and where its entries are


@lru_cache(maxsize=4096)  # layers are alike
def composed(
    own: Shape, offset: int, strides: Strides, shape: Shape, start: int, steps: Strides
) -> tuple[int, Strides] | None:
    """Places `start + Σ i_k steps_k` of an array of shape `own`, itself a view, as places below it.

    The entries of the view are counted row by row; it has them at `offset + Σ j_a strides_a`.
    None where no offset and strides lead through both at once, as for a transposed array in
    another shape.

    >>> composed((3, 2), 0, (1, 3), (6,), 0, (1,)) is None  # a (2, 3) array, transposed, in a row
    True
    >>> composed((3, 2), 0, (1, 3), (2,), 2, (1,))  # the second row of the transposed array
    (1, (3,))
    """
    lengths, below = _merged(own, strides)
    return _translated(lengths, row_major(lengths), below, offset, shape, start, steps)


def found_in(
    part: Shape, offset: int, strides: Strides, shape: Shape, start: int, steps: Strides
) -> tuple[int, Strides] | None:
    """Places of an array, as places in a part that stands in it at `offset + Σ j_a strides_a`.

    None where they are not all in the part.

    >>> found_in((2,), 3, (1,), (2,), 4, (-1,))  # the part stands at 3 and 4; seen backwards
    (1, (-1,))
    >>> found_in((2,), 3, (1,), (3,), 2, (1,)) is None
    True
    """
    axes = [at for at, n in enumerate(part) if n > 1]
    axes.sort(key=lambda at: -strides[at])
    lengths = tuple([part[at] for at in axes])
    weights = tuple([strides[at] for at in axes])
    if not _is_mixed_radix(lengths, weights):
        return None
    own = row_major(part)
    inside = tuple([own[at] for at in axes])
    return _translated(lengths, weights, inside, 0, shape, start - offset, steps)


def do_not_meet(shape: Shape, strides: Strides) -> bool:
    """Whether the places `Σ i_k strides_k` are all different, as far as is easily seen.

    >>> do_not_meet((2, 3), (3, 1)), do_not_meet((2, 3), (2, 1))
    (True, False)
    """
    axes = sorted((abs(step), n) for step, n in zip(strides, shape, strict=True) if n > 1)[::-1]
    return _is_mixed_radix([n for _, n in axes], [step for step, _ in axes])


def are_apart(shape: Shape, one: Places, other: Places) -> bool:
    """Whether parts of an array have no entry in common, as far as the boxes around them tell.

    >>> are_apart((2, 4), ((2, 2), 0, (4, 1)), ((2, 2), 2, (4, 1)))  # left and right halves
    True
    """
    boxes = [_box(shape, *places) for places in (one, other)]
    return any(
        high < other_low or other_high < low
        for (low, high), (other_low, other_high) in zip(*boxes, strict=True)
    )


def _box(shape: Shape, part: Shape, offset: int, strides: Strides) -> list[tuple[int, int]]:
    """The least and the largest index along each axis of entries at `offset + Σ i_k strides_k`."""
    weights = row_major(shape)
    first = _digits(offset, weights) or []
    lows, highs = list(first), list(first)
    for length, step in zip(part, strides, strict=True):
        there = _digits(offset + step, weights) if length > 1 else first
        for axis, (digit, here) in enumerate(zip(there or [], first, strict=True)):
            lows[axis] += min(digit - here, 0) * (length - 1)
            highs[axis] += max(digit - here, 0) * (length - 1)
    return list(zip(lows, highs, strict=True))


def _is_mixed_radix(lengths: Sequence[int], weights: Sequence[int]) -> bool:
    """Whether each weight is more than all that the smaller ones reach together."""
    reach = 0
    for length, weight in zip(reversed(lengths), reversed(weights), strict=True):
        if weight <= reach:
            return False
        reach += weight * (length - 1)
    return True


def _translated(
    lengths: Shape,
    weights: Strides,
    below: Strides,
    offset: int,
    shape: Shape,
    start: int,
    steps: Strides,
) -> tuple[int, Strides] | None:
    """Places `Σ j_a weights_a`, each with one j below `lengths`, as `offset + Σ j_a below_a`."""
    first = _digits(start, weights)
    if first is None:
        return None
    lows, highs = list(first), list(first)
    found: list[int] = []
    for length, step in zip(shape, steps, strict=True):
        total = 0
        if length > 1 and step:
            there = _digits(start + step, weights)
            if there is None:
                return None
            for axis, (digit, here) in enumerate(zip(there, first, strict=True)):
                move = digit - here
                total += move * below[axis]
                lows[axis] += min(move, 0) * (length - 1)
                highs[axis] += max(move, 0) * (length - 1)
        found.append(total)
    if min(lows, default=0) < 0 or any(h >= n for h, n in zip(highs, lengths, strict=True)):
        return None
    through = offset + sum([digit * step for digit, step in zip(first, below, strict=True)])
    return through, tuple(found)


def _digits(place: int, weights: Strides) -> list[int] | None:
    """The j with place = Σ j_a weights_a, the largest weight first; None if there are none."""
    digits: list[int] = []
    for weight in weights:
        digit, place = divmod(place, weight)
        digits.append(digit)
    return None if place else digits


def _merged(shape: Shape, strides: Strides) -> tuple[Shape, Strides]:
    """The same places over as few axes as possible: neighbours that follow each other are one."""
    axes: list[tuple[int, int]] = []
    for length, step in zip(shape, strides, strict=True):
        if length == 1:
            continue
        if axes and axes[-1][1] == step * length:
            axes[-1] = (axes[-1][0] * length, step)
        else:
            axes.append((length, step))
    return tuple([length for length, _ in axes]), tuple([step for _, step in axes])
