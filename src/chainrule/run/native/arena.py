"""Where arrays lie in one piece of memory: two that are never needed at once share a place."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chainrule.run.native.kernels import Buffer

__all__ = ["placed"]

ALIGNED = 64


def placed(
    spans: Mapping[int, tuple[int, int]], buffers: Mapping[int, Buffer]
) -> tuple[dict[int, int], int]:
    """Offsets by number for which no two arrays that are needed at once meet, and the memory used.

    `spans` are the first and the last use of each.  The largest are placed first, each at the
    lowest offset that is free.

    >>> sizes = {number: Buffer(number, 16, np.dtype("f4")) for number in range(3)}
    >>> placed({0: (0, 1), 1: (1, 2), 2: (2, 3)}, sizes)
    ({0: 0, 1: 64, 2: 0}, 128)
    """
    places: dict[int, int] = {}
    held = np.zeros((4, len(spans)), np.int64)  # of those placed: start, end, first and last use
    sizes = {number: buffers[number].size * buffers[number].dtype.itemsize for number in spans}
    for count, number in enumerate(sorted(spans, key=lambda one: -sizes[one])):
        size = -(-max(sizes[number], 1) // ALIGNED) * ALIGNED
        first, last = spans[number]
        starts, ends, firsts, lasts = held[:, :count]
        meets = np.flatnonzero((firsts <= last) & (first <= lasts))
        reached = np.maximum.accumulate(np.concatenate(([0], ends[meets])))
        free = np.flatnonzero(reached[:-1] + size <= starts[meets])
        offset = int(reached[free[0] if len(free) else -1])
        at = int(np.searchsorted(starts, offset))
        held[:, at + 1 : count + 1] = held[:, at:count].copy()
        held[:, at] = offset, offset + size, first, last
        places[number] = offset
    return places, int(held[1].max(initial=0))
