"""Axes that are one in memory, however they are written: fewer loops, and longer ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from chainrule.graph.record import Record
from chainrule.run.native.kernels import Access, Expression, Index, Product, Store

__all__ = ["merged"]


def merged(product: Product) -> Product:
    """The same product with neighbouring axes made one where every access runs through both.

    >>> import numpy as np
    >>> from chainrule.run.native.kernels import Buffer, Copied
    >>> single = np.dtype("f4")
    >>> a, b, c = (Buffer(number, 48, single) for number in range(3))
    >>> store = Store(Access(c, 0, (8, 4, 1)), Copied(single))
    >>> product = Product(
    ...     (), (3, 2), (4,), (6,), Access(a, 0, (12, 6, 1)), Access(b, 0, (1, 4)), (store,)
    ... )
    >>> merged(product).rows, merged(product).stores[0].access.strides
    ((6,), (4, 1))
    """
    first, last = len(product.batch), len(product.batch) + len(product.rows)
    extents = (*product.batch, *product.rows, *product.columns)
    borders = {first, last}
    own = set(_indexes(product.stores))
    inner = _joined(
        product.inner,
        [
            product.left.strides[last:],
            product.right.strides[first + len(product.columns) :],
        ],
        lambda axis: True,
    )
    accesses = list(dict.fromkeys(_accesses(product.stores)))
    left = (*product.left.strides[:last], *[0] * len(product.columns))
    right = (
        *product.right.strides[:first],
        *[0] * len(product.rows),
        *product.right.strides[first : first + len(product.columns)],
    )
    parts = _joined(
        extents,
        [left, right, *[access.strides for access in accesses]],
        lambda axis: axis not in borders and axis not in own and axis - 1 not in own,
    )
    return _with(product, parts, inner)


Parts = list[list[int]]


def _joined(
    extents: Sequence[int],
    strides: Sequence[Sequence[int]],
    may: Callable[[int], bool],
) -> Parts:
    """Runs of axes that can be one; `may` says whether an axis can follow the one before it."""
    parts: Parts = [[axis] for axis in range(len(extents))[:1]]
    for before, axis in pairwise(range(len(extents))):
        is_one = extents[before] == 1 or extents[axis] == 1
        if may(axis) and (
            is_one or all(one[before] == one[axis] * extents[axis] for one in strides)
        ):
            parts[-1].append(axis)
        else:
            parts.append([axis])
    return parts


def _with(product: Product, parts: Parts, inner: Parts) -> Product:
    """The product over the runs of axes."""
    extents = (*product.batch, *product.rows, *product.columns)
    first, last = len(product.batch), len(product.batch) + len(product.rows)
    batch = [part for part in parts if part[0] < first]
    rows = [part for part in parts if first <= part[0] < last]
    columns = [part for part in parts if last <= part[0]]
    numbers = {part[0]: number for number, part in enumerate(parts)}

    def lengths(runs: Parts) -> tuple[int, ...]:
        return tuple([_product(extents[axis] for axis in run) for run in runs])

    def strides(of: Access, runs: Parts, start: int = 0) -> tuple[int, ...]:
        return tuple([of.strides[start + _last(run, extents)] for run in runs])

    def sums(of: Access, start: int) -> tuple[int, ...]:
        return tuple([of.strides[start + _last(run, product.inner)] for run in inner])

    left, right = product.left, product.right
    return Product(
        lengths(batch),
        lengths(rows),
        lengths(columns),
        tuple([_product(product.inner[axis] for axis in run) for run in inner]),
        Access(
            left.buffer,
            left.offset,
            (*strides(left, batch), *strides(left, rows), *sums(left, last)),
        ),
        Access(
            right.buffer,
            right.offset,
            (
                *strides(right, batch),
                *strides(right, columns, first - last),
                *sums(right, first + len(product.columns)),
            ),
        ),
        _renewed(
            product.stores,
            lambda access: Access(access.buffer, access.offset, strides(access, parts)),
            numbers,
        ),
    )


def _last(run: Sequence[int], extents: Sequence[int]) -> int:
    """The axis of a run whose stride is the run's: the last one that is longer than 1."""
    return next((axis for axis in reversed(run) if extents[axis] > 1), run[-1])


def _product(numbers: Iterator[int]) -> int:
    total = 1
    for number in numbers:
        total *= number
    return total


def _renewed(
    stores: tuple[Store, ...], access: Callable[[Access], Access], numbers: dict[int, int]
) -> tuple[Store, ...]:
    """The stores with other accesses; shared parts stay shared."""
    done: dict[int, Any] = {}

    def again(part: Any) -> Any:
        if isinstance(part, Access):
            return access(part)
        if isinstance(part, Index):
            return Index(part.dtype, numbers[part.axis])
        if isinstance(part, tuple):
            return tuple([again(one) for one in part])
        if not isinstance(part, Store | Expression):
            return part
        if id(part) not in done:
            done[id(part)] = type(part)(*[again(one) for one in part.key()])
        return done[id(part)]

    return tuple([again(store) for store in stores])


def _parts(stores: Sequence[Store]) -> Iterator[Record]:
    """The stores, their expressions and accesses, each once."""
    stack: list[Any] = list(stores)
    seen: set[int] = set()
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, tuple):
            stack.extend(part)
        elif isinstance(part, Store | Expression | Access):
            yield part
            if not isinstance(part, Access):
                stack.extend(part.key())


def _indexes(stores: Sequence[Store]) -> Iterator[int]:
    return (part.axis for part in _parts(stores) if isinstance(part, Index))


def _accesses(stores: Sequence[Store]) -> Iterator[Access]:
    return (part for part in _parts(stores) if isinstance(part, Access))
