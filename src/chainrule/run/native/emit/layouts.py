"""Partitions: which entries of an array stand in one register, side by side.

>>> along(1, (2, 3), 16)  # the rows of a matrix
((0, 1, 2), (3, 4, 5))
>>> whole(6, 4)
((0, 1, 2, 3), (4, 5))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from chainrule.run.native.emit.spots import Spot

__all__ = ["Partition", "along", "places_of", "standing", "whole"]

Partition = tuple[tuple[int, ...], ...]  # the entries of each register, by number


def whole(count: int, widest: int) -> Partition:
    """All entries in one register, or in as few as there must be."""
    return _cut([range(count)], widest)


@lru_cache(maxsize=1024)
def along(axis: int, shape: tuple[int, ...], widest: int) -> Partition:
    """The entries along an axis."""
    numbers = np.arange(int(np.prod(shape, dtype=int))).reshape(shape)
    return _cut(np.moveaxis(numbers, axis, -1).reshape(-1, shape[axis]).tolist(), widest)


def standing(spots: Sequence[Spot], widest: int) -> Partition:
    """As they stand: the entries of a register together, in order of their lanes.

    An entry that is wanted several times begins as many rows.
    """
    rows: dict[int, list[list[int]]] = {}
    for at in sorted(range(len(spots)), key=lambda one: spots[one].lane):
        spot = spots[at]
        started = rows.setdefault(id(spot.register), [])
        for row in started:
            if spots[row[-1]].lane < spot.lane:
                row.append(at)
                break
        else:
            started.append([at])
    return _cut([row for started in rows.values() for row in started], widest)


def _cut(rows: Iterable[Sequence[int]], widest: int) -> Partition:
    """No row is wider than a register."""
    return tuple(tuple(row[at : at + widest]) for row in rows for at in range(0, len(row), widest))


@lru_cache(maxsize=1024)
def places_of(shape: tuple[int, ...], offset: int, strides: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers `offset + Σ i_k strides_k`, row by row.

    >>> places_of((2, 3), 10, (0, -1))
    (10, 9, 8, 10, 9, 8)
    """
    at = np.full(shape, offset)
    for axis, (length, step) in enumerate(zip(shape, strides, strict=True)):
        at += (np.arange(length) * step).reshape(-1, *[1] * (len(shape) - axis - 1))
    return tuple(at.reshape(-1).tolist())
