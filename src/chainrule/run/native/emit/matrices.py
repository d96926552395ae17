"""A sum of products as numbers times vectors: which axes are looped over, and in which role.

Of the two factors one is read number by number, each spread over a register (`spread`); the other
in vectors (`vectors`), along an axis of the result that is its own.  If its entries do not lie side
by side along that axis, they are packed first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.graph.record import Record
from chainrule.run.native.emit.merging import merged
from chainrule.run.native.kernels import Access, Product

__all__ = ["Factor", "Problem", "readings"]


class Factor(Record):
    """Where a factor's entries stand: strides along what is looped over, its own axis, the sum."""

    buffer: int
    offset: int
    outer: tuple[int, ...]
    along: int
    inner: tuple[int, ...]


class Problem(Record):
    """A product, and who is who in it.

    `rows` and `lanes` are the lengths of the axes of the result that a block covers; `row_axis` and
    `lane_axis` their numbers among the axes of the stores, -1 for none.  The axes numbered
    `outer_axes`, of lengths `outer`, are looped over: first those along which `vectors` moves,
    `far` of them.  If `turned`, what is stored is contiguous along the rows.
    """

    product: Product
    outer_axes: tuple[int, ...]
    outer: tuple[int, ...]
    far: int
    row_axis: int
    rows: int
    lane_axis: int
    lanes: int
    inner: tuple[int, ...]
    spread: Factor
    vectors: Factor
    turned: bool


def readings(product: Product) -> Iterator[Problem]:
    """The ways to see a product: vectors along one of its columns, or of its rows."""
    product = merged(product)
    extents = (*product.batch, *product.rows, *product.columns)
    first, last = len(product.batch), len(product.batch) + len(product.rows)
    row_axes, column_axes = list(range(first, last)), list(range(last, len(extents)))
    left = _factor(product, product.left, row_axes)
    right = _factor(product, product.right, column_axes)
    for rows, columns, spread, vectors in (
        (row_axes, column_axes, left, right),
        (column_axes, row_axes, right, left),
    ):
        row = max(rows, key=lambda at: (extents[at], at), default=-1)
        for lane in columns or [-1]:
            yield _problem(product, extents, row, lane, spread, vectors)


def _problem(
    product: Product,
    extents: Sequence[int],
    row: int,
    lane: int,
    spread: _Strides,
    vectors: _Strides,
) -> Problem:
    others = [at for at in range(len(extents)) if at not in (row, lane)]
    far = [at for at in others if vectors.at(at)]
    outer = far + [at for at in others if at not in far]
    return Problem(
        product,
        tuple(outer),
        tuple([extents[at] for at in outer]),
        len(far),
        row,
        extents[row] if row >= 0 else 1,
        lane,
        extents[lane] if lane >= 0 else 1,
        product.inner or (1,),
        spread.factor(outer, row),
        vectors.factor(outer, lane),
        _is_turned(product, row, lane),
    )


class _Strides:
    """A factor's strides by the numbers of the result's axes."""

    def __init__(self, access: Access, along: dict[int, int], inner: tuple[int, ...]) -> None:
        self.access = access
        self.along = along
        self.inner = inner

    def at(self, axis: int) -> int:
        return self.along.get(axis, 0)

    def factor(self, outer: Sequence[int], own: int) -> Factor:
        strides = tuple([self.at(axis) for axis in outer])
        return Factor(
            self.access.buffer.number, self.access.offset, strides, self.at(own), self.inner
        )


def _factor(product: Product, access: Access, own: Sequence[int]) -> _Strides:
    axes = [*range(len(product.batch)), *own]
    along = dict(zip(axes, access.strides, strict=False))
    return _Strides(access, along, access.strides[len(axes) :] or (0,))


def _is_turned(product: Product, row: int, lane: int) -> bool:
    """Whether most of what is stored lies side by side along the rows, not along the lanes."""
    if row < 0 or lane < 0:
        return False
    along_rows = sum(store.access.strides[row] == 1 for store in product.stores)
    along_lanes = sum(store.access.strides[lane] == 1 for store in product.stores)
    return along_rows > along_lanes
