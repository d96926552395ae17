"""How many bytes a kernel reads and writes: of each array the entries that it touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from chainrule.run.native.kernels import (
    Access,
    Apply,
    Expression,
    Fallback,
    Kernel,
    Load,
    LoadAt,
    Nest,
    Product,
    Store,
)
from chainrule.run.native.program import touched

__all__ = ["moved"]

Extents = tuple[int, ...]


def moved(kernel: Kernel) -> int:
    """The bytes of all entries read, each once, and of all entries written.

    Where several accesses of an array may meet, each is counted, up to the whole array.
    """
    if isinstance(kernel, Fallback):
        reads, writes = touched(kernel)
        return sum(one.size * one.dtype.itemsize for one in (*reads, *writes))
    assert isinstance(kernel, Nest | Product)
    entries: dict[tuple[int, bool], int] = {}
    buffers = {access.buffer.number: access.buffer for access, _, _ in _accesses(kernel)}
    for (access, is_store), count in _counts(kernel).items():
        key = access.buffer.number, is_store
        entries[key] = entries.get(key, 0) + count
    return sum(
        min(count, buffers[number].size) * buffers[number].dtype.itemsize
        for (number, _), count in entries.items()
    )


def _counts(kernel: Nest | Product) -> dict[tuple[Access, bool], int]:
    """For each access, read or stored by, how many entries it reaches."""
    found: dict[tuple[Access, bool], int] = {}
    for access, count, is_store in _accesses(kernel):
        key = access, is_store
        found[key] = max(found.get(key, 0), count)
    return found


def _accesses(kernel: Nest | Product) -> Iterator[tuple[Access, int, bool]]:
    """The accesses, how many entries each reaches, and whether something is stored there."""
    if isinstance(kernel, Product):
        batch, inner = kernel.batch, kernel.inner
        for side, own in ((kernel.left, kernel.rows), (kernel.right, kernel.columns)):
            yield side, _reached(side, (*batch, *own, *inner)), False
        yield from _of_stores((*batch, *kernel.rows, *kernel.columns), kernel.stores, ())
        return
    for stage in kernel.stages:
        values = [one.value for one in stage.reductions]
        yield from _of_stores((*kernel.extents, *stage.extents), stage.stores, values)


def _of_stores(
    extents: Extents, stores: Sequence[Store], values: Sequence[Expression]
) -> Iterator[tuple[Access, int, bool]]:
    waiting = [*values, *[one for store in stores for one in (store.value, store.place) if one]]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Load):
            yield one.access, _reached(one.access, extents), False
        elif isinstance(one, LoadAt):
            yield one.access, prod(extents), False
            waiting.append(one.place)
        elif isinstance(one, Apply):
            waiting += one.arguments
    for store in stores:
        count = _reached(store.access, extents) if store.place is None else prod(extents)
        yield store.access, count, True
        if store.adding:
            yield store.access, count, False


def _reached(access: Access, extents: Extents) -> int:
    """How many entries an access reaches; those that windows share are counted once."""
    steps = [(abs(s), n) for s, n in zip(access.strides, extents, strict=True) if s and n > 1]
    return min(prod(n for _, n in steps), 1 + sum(s * (n - 1) for s, n in steps))
