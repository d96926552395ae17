"""Large products: parts of the sum one after the other, so that what is read again is near.

A unit's sums are in memory, a panel of the one factor is packed for as many steps as the first
cache holds, and meets the rows of the other before it goes on.

Source: K. Goto and R. A. van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from chainrule.run.native.emit.blocking import DEEP_ROWS, Blocking, ceiling
from chainrule.run.native.emit.endings import keep, room
from chainrule.run.native.emit.packing import pack, packed, panel_size
from chainrule.run.native.emit.parts import TURNS
from chainrule.run.native.emit.sources import Place, Source, scaled, whole
from chainrule.run.native.emit.tiles import Tile, accumulated, added
from chainrule.run.native.emit.units import Work
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Function, Value, literal, vector_of

__all__ = ["DeepWork"]

PANELS = 4  # of a unit, at most


class DeepWork(Work):
    """Units of some hundred rows and some panels; each goes through the whole sum by itself."""

    def __init__(self, f: Function, blocking: Blocking, processor: Processor) -> None:
        super().__init__(f, blocking, processor)
        problem = self.problem
        step = blocking.rows
        self.rows = min(ceiling(DEEP_ROWS, step) * step, ceiling(problem.rows, step) * step)
        self.lanes = min(
            PANELS * blocking.lanes, ceiling(problem.lanes, blocking.lanes) * blocking.lanes
        )
        across = ceiling(problem.lanes, self.lanes), ceiling(problem.rows, self.rows)
        self.digits = (*problem.outer, *across)
        most = blocking.most
        size = (self.rows + most) * self.lanes
        self.total = self.sums = room(f, blocking.scalar, size)
        self.several = TURNS * blocking.depth  # steps
        if problem.inner[0] > 2 * self.several:
            self.total = room(f, blocking.scalar, size)
        steps = blocking.depth * prod(problem.inner[1:])
        tile = Tile(blocking.scalar, 1, blocking.lanes, most)
        self.panel = room(f, blocking.scalar, panel_size(tile, steps))

    def unit(self, number: Value) -> None:
        """All sums of some rows and lanes, in parts."""
        f, problem = self.f, self.problem
        *outer, across, down = self.decoded(number)
        row, lane = scaled(f, down, self.rows), scaled(f, across, self.lanes)
        spread = self.source(problem.spread, outer).at(row)
        vectors = self.source(problem.vectors, outer).at(lane)

        def rows(count: int) -> None:
            def lanes(wide: int) -> None:
                tile = Tile(self.blocking.scalar, count, wide, self.blocking.most)
                self._sum_up(tile, spread, vectors, f.sub(whole(problem.lanes), lane))
                self.ending.write_from(self._block(self.total), tile, outer, row, lane)

            self.either(across, problem.lanes, self.lanes, lanes)

        self.either(down, problem.rows, self.rows, rows)

    def _block(self, base: Value) -> Source:
        return Source(self.f, self.blocking.scalar, base, 1, (self.lanes,))

    def _sum_up(self, tile: Tile, spread: Source, vectors: Source, left: Value) -> None:
        """All parts of the sum, if they are many in parts of their own; so many lanes are left."""
        f, steps = self.f, self.problem.inner[0]
        zero = literal(0, vector_of(tile.scalar, tile.most))
        self._each_vector(tile, lambda at: f.store(zero, self.total, at))
        if self.total is self.sums:
            self._parts(tile, spread, vectors, left, whole(0), whole(steps))
            return

        def turn(start: Value) -> None:
            self._each_vector(tile, lambda at: f.store(zero, self.sums, at))
            stop = f.intrinsic("umin", f.add(start, whole(self.several)), whole(steps))
            self._parts(tile, spread, vectors, left, start, stop)
            self._each_vector(tile, lambda at: self._add(zero.type, at))

        f.loop(steps, turn, self.several)

    def _each_vector(self, tile: Tile, body: Callable[[Value], None]) -> None:
        """For all sums, in whole squares."""
        size = ceiling(tile.rows, tile.most) * tile.most * self.lanes
        self.f.loop(size, body, tile.most)

    def _add(self, type_: str, at: Value) -> None:
        f = self.f
        total, more = f.load(type_, self.total, at), f.load(type_, self.sums, at)
        f.store(f.add(total, more), self.total, at)

    def _parts(
        self, tile: Tile, spread: Source, vectors: Source, left: Value, start: Value, stop: Value
    ) -> None:
        """The parts of the sum from one step to another."""
        f, (extent, *rest), depth = self.f, self.problem.inner, self.blocking.depth

        def part(at: Value) -> None:
            steps = f.intrinsic("umin", f.sub(whole(extent), at), whole(depth))
            places = spread.step(at), vectors.step(at)
            self._panels(tile, [steps, *rest], *places, self._block(self.sums), left)

        f.loop(stop, part, depth, start=start)

    def _panels(
        self,
        tile: Tile,
        extents: Sequence[Place],
        spread: Source,
        vectors: Source,
        block: Source,
        left: Value,
    ) -> None:
        """A part of the sum for all panels."""
        each = self.blocking.lanes

        def panel(start: Place, lanes: int) -> None:
            own = Tile(tile.scalar, tile.rows, lanes, tile.most)
            remaining = self.f.sub(left, whole(start))
            pack(own, extents, vectors.at(start), self.panel, remaining)
            source = packed(self.f, own, extents, self.panel)
            self._blocks(own, extents, spread, source, block.at(start))

        full = tile.lanes // each * each
        if full:
            self.f.loop(full, lambda start: panel(start, each), each)
        if tile.lanes > full:
            panel(full, tile.lanes - full)

    def _blocks(
        self,
        tile: Tile,
        extents: Sequence[Place],
        spread: Source,
        vectors: Source,
        block: Source,
    ) -> None:
        """A part of the sum for all rows of a panel."""
        f, each = self.f, self.blocking.rows

        def rows(start: Place, count: int) -> None:
            own = Tile(tile.scalar, count, tile.lanes, tile.most)
            place = block.step(start)
            more = accumulated(own, extents, spread.at(start), vectors)
            before = [self._row(own, place.step(row)) for row in range(count)]
            keep(own, [added(f, a, b) for a, b in zip(before, more, strict=True)], place)

        full = tile.rows // each * each
        if full:
            f.loop(full, lambda start: rows(start, each), each)
        if tile.rows > full:
            rows(full, tile.rows - full)

    def _row(self, tile: Tile, place: Source) -> list[Value]:
        """The sums of a row so far."""
        starts = enumerate(tile.starts)
        return [self.f.load(tile.type(number), place.at(at).base) for number, at in starts]
