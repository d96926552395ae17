"""In which order things are done of which some wait for others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import heappop, heappush

__all__ = ["ordered"]


def ordered(after: Sequence[Collection[int]]) -> list[int] | None:
    """An order in which each number comes after others, and else the least first.

    None if they wait for each other in a circle.

    >>> ordered([{2}, (), ()]), ordered([{1}, {0}])
    ([1, 2, 0], None)
    """
    before: list[list[int]] = [[] for _ in after]
    for at, others in enumerate(after):
        for one in others:
            before[one].append(at)
    missing = [len(others) for others in after]
    ready = [at for at, count in enumerate(missing) if not count]  # sorted, so it is a heap
    order: list[int] = []
    while ready:
        order.append(heappop(ready))
        for at in before[order[-1]]:
            missing[at] -= 1
            if not missing[at]:
                heappush(ready, at)
    return order if len(order) == len(after) else None
