"""Where in an array something holds, in words.

>>> import numpy as np
>>> everywhere = np.full((2, 3), True)
>>> place(np.array([[False] * 3, [True] * 3]), everywhere)
('row 1 is', True)
>>> place(np.array([[False, True, False], [True, False, False]]), everywhere)
('entries [0, 1] and [1, 0] are', False)
"""

from __future__ import annotations

import numpy as np

from chainrule.graph.node import Array

__all__ = ["along", "place", "plural"]

NAMED = 4  # so many are named one by one


def place(chosen: Array, usable: Array) -> tuple[str, bool]:
    """Where the chosen ones of the usable entries are, with its verb; whether in whole slices."""
    count = int(chosen.sum())
    if count == usable.sum():
        return ("the only entry is" if count == 1 else "all entries are"), True
    for axis in range(chosen.ndim) if chosen.ndim > 1 and count > 1 else ():
        others = tuple(at for at in range(chosen.ndim) if at != axis)
        whole = (chosen | ~usable).all(axis=others) & chosen.any(axis=others)
        slices = np.flatnonzero(whole)
        if slices.size and int(chosen.take(slices, axis).sum()) == count:
            many, one = along(axis, chosen.ndim)
            return _listed([str(at) for at in slices], one, many, whole.size), True
    entries = [str([int(at) for at in index]) for index in np.argwhere(chosen)[: NAMED + 1]]
    if count > NAMED:
        return f"{count:,} of {int(usable.sum()):,} entries are", False
    return _listed(entries, "entry", "entries", count), False


def along(axis: int, count: int) -> tuple[str, str]:
    """What lies along an axis: many of it, one of it."""
    if count == 1:
        return "entries", "entry"
    if count == 2:
        return (("rows", "row"), ("columns", "column"))[axis]
    return f"slices along axis {axis}", f"along axis {axis} slice"


def plural(count: int, one: str, many: str) -> str:
    """A count and what is counted."""
    return f"{count:,} {one if count == 1 else many}"


def _listed(names: list[str], one: str, many: str, total: int) -> str:
    if len(names) == 1:
        return f"{one} {names[0]} is"
    if len(names) > NAMED:
        return f"{len(names):,} of {total:,} {many} are"
    return f"{many} {', '.join(names[:-1])} and {names[-1]} are"
