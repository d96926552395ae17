"""Blocks of sums of products in registers: rows × lanes, along all axes of the sum.

Source: K. Goto and R. A. van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from chainrule.graph.record import Record
from chainrule.run.native.emit.memory import load_lanes
from chainrule.run.native.emit.parts import in_parts
from chainrule.run.native.emit.sources import Place, Source
from chainrule.run.native.ssa import SIZES, Function, Value, lanes_of, literal, vector_of

__all__ = ["Tile", "accumulated", "added", "loaded"]

WHOLE, UNROLLED = 64, 16  # so many multiplications and additions are written one after the other
PART = 512  # products of which the sum is one part of a longer one
AT_ONCE = 8  # sums that a processor is busy with before the first of them is ready


class Tile(Record):
    """The shape of a block: rows, and lanes in vectors of at most so many.

    >>> Tile("float", 4, 42, 16).widths
    (16, 16, 16)
    """

    scalar: str
    rows: int
    lanes: int
    most: int

    @property
    def widths(self) -> tuple[int, ...]:
        """The lanes of each vector: as many as a register has, fewer where that is enough."""
        full, rest = divmod(self.lanes, self.most)
        last = max(1 << (rest - 1).bit_length(), 16 // SIZES[self.scalar])
        return (self.most,) * full + ((last,) if rest else ())

    @property
    def starts(self) -> tuple[int, ...]:
        """The first lane of each vector."""
        return tuple(range(0, self.lanes, self.most))

    @property
    def width(self) -> int:
        """How many numbers a row takes in memory."""
        return len(self.widths) * self.most

    def valid(self, number: int) -> int:
        """How many lanes of a vector are of the array."""
        return min(self.most, self.lanes - number * self.most)

    def type(self, number: int) -> str:
        """LLVM's type of a vector."""
        return vector_of(self.scalar, self.widths[number])

    def zeros(self) -> list[Value]:
        """Sums of nothing, row by row."""
        return [literal(0, vector_of(self.scalar, width)) for width in self.widths] * self.rows


def accumulated(
    tile: Tile, extents: Sequence[Place], spread: Source, vectors: Source
) -> list[list[Value]]:
    """The block's sums: for each row its vectors."""
    f, start = spread.f, tile.zeros()
    sums = start * _chains(len(start), extents[-1])
    sums = _nested(tile, extents, spread.settled(), vectors.settled(), sums)
    while len(sums) > len(start):
        half = len(sums) // 2
        sums = added(f, sums[:half], sums[half:])
    count = len(tile.widths)
    return [sums[at : at + count] for at in range(0, len(sums), count)]


def added(f: Function, before: Sequence[Value], more: Sequence[Value]) -> list[Value]:
    """Sums and more sums, one by one."""
    return [f.add(a, b) for a, b in zip(before, more, strict=True)]


def loaded(source: Source, type_: str, valid: int) -> Value:
    """The first lanes from where a source is; nothing else is read, and the others are 0."""
    f, lanes = source.f, lanes_of(type_)
    active = lanes if source.padded else valid
    if active < lanes and active & (active - 1) == 0 and source.along == 1:
        part = f.load(vector_of(source.scalar, active), source.base)
        rest = [min(lane, active) for lane in range(lanes)]  # in one instruction, unlike a mask
        return f.shuffle(part, literal(0, part.type), rest)
    return load_lanes(f, source.base, source.scalar, lanes, active, source.along)


def _chains(each: int, extent: Place) -> int:
    """How many sums run side by side for each number: a processor waits for none of them."""
    chains = 1
    if isinstance(extent, int):
        while each * chains < AT_ONCE and chains * 4 <= extent and chains < AT_ONCE:
            chains *= 2
    return chains


def _nested(
    tile: Tile, extents: Sequence[Place], spread: Source, vectors: Source, sums: list[Value]
) -> list[Value]:
    """The loops over the axes of the sum."""
    f, (extent, *rest) = spread.f, extents
    if extent == 1 and rest:
        return _nested(tile, rest, spread.inside(0), vectors.inside(0), sums)
    each = _part(extents)
    if isinstance(extent, int) and each < extent:
        return _in_parts(tile, extents, each, spread, vectors, sums)
    if not rest:
        return _innermost(tile, extent, spread, vectors, sums)

    def body(i: Place, *carried: Value) -> list[Value]:
        return _nested(tile, rest, spread.inside(i), vectors.inside(i), list(carried))

    return f.loop(extent, body, carried=sums)


def _part(extents: Sequence[Place]) -> int:
    """How many steps along the first axis, of known length, make a part of the sum."""
    count, *rest = [one if isinstance(one, int) else 1 for one in extents]
    inside = prod(rest)
    return count if count * inside <= 2 * PART else max(PART // inside, 1)


def _in_parts(
    tile: Tile,
    extents: Sequence[Place],
    each: int,
    spread: Source,
    vectors: Source,
    sums: list[Value],
) -> list[Value]:
    """Sums of parts: each is so many steps along the first axis."""
    f, (extent, *rest) = spread.f, extents
    assert isinstance(extent, int)
    nothing = [literal(0, one.type) for one in sums]

    def part(start: Place, count: int, before: Sequence[Value]) -> list[Value]:
        places = spread.step(start), vectors.step(start)
        return added(f, before, _nested(tile, [count, *rest], *places, nothing))

    def turn(start: Value, *carried: Value) -> list[Value]:
        return part(start, each, carried)

    whole = extent // each * each
    sums = in_parts(f, whole, each, turn, sums, nothing, lambda a, b: added(f, a, b))
    return part(whole, extent - whole, sums) if whole < extent else sums


def _innermost(
    tile: Tile, extent: Place, spread: Source, vectors: Source, sums: list[Value]
) -> list[Value]:
    """The last axis, several steps a turn."""
    each = tile.rows * len(tile.widths)
    steps = 1
    if isinstance(extent, int):
        steps = _steps(each, extent, len(sums) // each)
        if extent // steps <= 1:
            return _straight(tile, extent, spread, vectors, sums)

    def turn(i: Value, *carried: Value) -> list[Value]:
        return _straight(tile, steps, spread.step(i), vectors.step(i), list(carried))

    if not isinstance(extent, int):
        return spread.f.loop(extent, turn, carried=sums)
    done = extent // steps * steps
    sums = spread.f.loop(done, turn, steps, carried=sums)
    return _straight(tile, extent - done, spread.step(done), vectors.step(done), sums)


def _steps(each: int, extent: int, chains: int) -> int:
    """How many steps of the innermost axis are written out: all of a short one."""
    if each * extent <= WHOLE:
        return extent
    steps = chains
    while steps * each * 2 <= UNROLLED and steps * 2 <= extent:
        steps *= 2
    return steps


def _straight(
    tile: Tile, count: int, spread: Source, vectors: Source, sums: list[Value]
) -> list[Value]:
    """So many products added to the sums, one after the other."""
    f, sums = spread.f, list(sums)
    each = tile.rows * len(tile.widths)
    for k in range(count):
        at = k % (len(sums) // each) * each
        place = vectors.step(k)
        columns = [
            loaded(place.at(start), tile.type(number), tile.valid(number))
            for number, start in enumerate(tile.starts)
        ]
        for row in range(tile.rows):
            one = f.load(tile.scalar, spread.step(k).at(row).base)
            for column in columns:
                sums[at] = f.fma(f.splat(one, lanes_of(column.type)), column, sums[at])
                at += 1
    return sums
