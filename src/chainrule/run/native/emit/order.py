"""Which axes of a nest are run as one, and whether the order of its points matters."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.record import Record
from chainrule.run.native.kernels import (
    Access,
    Expression,
    Index,
    Load,
    LoadAt,
    Nest,
    Stage,
    Store,
)

__all__ = ["Loop", "accesses_of", "counted_in", "is_sequential", "merged"]


class Loop(Record):
    """An axis that is run over; `extent` counts the axes before it that are one with it, too."""

    axis: int
    extent: int


def merged(loops: Sequence[Loop], accesses: Sequence[Access], counted: set[int]) -> list[Loop]:
    """Loops over axes that follow each other in all accesses become one.

    Where we are along the axes in `counted` is asked for: they stay apart.

    >>> import numpy as np
    >>> from chainrule.run.native.kernels import Buffer
    >>> rows = Access(Buffer(0, 35, np.dtype("f4")), 0, (7, 1))
    >>> merged([Loop(0, 5), Loop(1, 7)], [rows], set())
    [Loop(axis=1, extent=35)]
    """
    found: list[Loop] = []
    for loop in loops:
        last = found[-1] if found else None
        if last is not None and _follow(last, loop, accesses, counted):
            found[-1] = Loop(loop.axis, last.extent * loop.extent)
        else:
            found.append(loop)
    return found


def _follow(last: Loop, loop: Loop, accesses: Sequence[Access], counted: set[int]) -> bool:
    if {last.axis, loop.axis} & counted:
        return False
    return all(
        access.strides[last.axis] == access.strides[loop.axis] * loop.extent for access in accesses
    )


def accesses_of(expressions: Sequence[Expression], stages: Sequence[Stage]) -> list[Access]:
    """The accesses of loads, then those of the stages' stores."""
    loads = [one.access for one in expressions if isinstance(one, Load | LoadAt)]
    return [*loads, *[store.access for stage in stages for store in stage.stores]]


def counted_in(expressions: Sequence[Expression]) -> set[int]:
    """The axes of which it is asked where we are."""
    return {one.axis for one in expressions if isinstance(one, Index)}


def is_sequential(nest: Nest) -> bool:
    """Whether points may meet at an entry, so that their order matters."""
    stores = [(stage, store) for stage in nest.stages for store in stage.stores]
    if any(store.place is not None for _, store in stores):
        return True
    adding = [(stage, store) for stage, store in stores if store.adding]
    buffers = {store.access.buffer.number for _, store in adding}
    if len(buffers) < len(adding):
        return True
    return any(not _lie_apart(store, nest.extents + stage.extents) for stage, store in adding)


def _lie_apart(store: Store, extents: tuple[int, ...]) -> bool:
    """Whether no two points have one entry: each stride is more than smaller ones reach."""
    reach = 0
    steps = zip(store.access.strides, extents, strict=True)
    for step, n in sorted((abs(step), n) for step, n in steps if n > 1):
        if step <= reach:
            return False
        reach += step * (n - 1)
    return True
