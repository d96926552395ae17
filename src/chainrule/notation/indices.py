"""Indices as a file counts them: from 0, or from 1 with the stop of a slice included."""

from __future__ import annotations

from chainrule.jacobians.kinds import Stride

__all__ = ["index_entry"]


def index_entry(entry: int | Stride, base: int = 0) -> str:
    """One entry of an index, counted from `base`.

    >>> index_entry(2, 0), index_entry(2, 1)
    ('2', '3')
    >>> index_entry((1, 4, 1), 0), index_entry((1, 4, 1), 1)
    ('1:4', '2:4')
    """
    if isinstance(entry, int):
        return str(entry + base)
    start, stop, step = entry
    end = "" if stop is None else str(stop if base == 0 or step > 0 else stop + 2)
    return f"{start + base}:{end}" if step == 1 else f"{start + base}:{end}:{step}"
