"""What becomes of the sums of a block: the stores of a product, in vectors along what they fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.run.native.emit.blocking import Blocking
from chainrule.run.native.emit.expressions import Emission, Strip
from chainrule.run.native.emit.sources import Place, Source, plus, settled, whole
from chainrule.run.native.emit.tiles import Tile
from chainrule.run.native.emit.transposing import turner
from chainrule.run.native.kernels import Apply, Expression, Store
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Function, Value, literal, vector_of

__all__ = ["Ending", "keep", "room"]

WRITTEN_OUT = 64  # instructions, about; what takes more is written once, in a loop
ONE = frozenset((
    *("add", "subtract", "multiply", "divide", "negative", "absolute", "sqrt", "maximum"),
    *("minimum", "cast", "where", "greater", "greater_equal", "less", "less_equal", "equal"),
    *("not_equal", "logical_and", "logical_or", "logical_not"),
))  # fmt: skip
Put = Callable[[Place, Value], None]


class Ending:
    """Writes the stores for blocks of sums.

    The sums are stored from their registers, one after the other.  If there is much to compute,
    or if vectors are to run along the rows, they go through memory.
    """

    def __init__(self, f: Function, blocking: Blocking, processor: Processor) -> None:
        self.f = f
        self.scalar = blocking.scalar
        self.most = blocking.most
        self.problem = blocking.problem
        self.stores = self.problem.product.stores
        errors, *buffers = f.parameters[:-2]
        written = [store.access.buffer.number for store in self.stores]
        self.emission = Emission(f, processor, dict(enumerate(buffers)), errors, written)
        weight = _weight(self.stores) * blocking.rows * blocking.vectors
        self.through_memory = self.problem.turned or weight > WRITTEN_OUT
        if self.through_memory and not blocking.depth:
            rows = max(blocking.rows, self.most if self.problem.turned else 0)
            self.block = room(f, self.scalar, rows * blocking.lanes)
            self._clear(self.block, rows * blocking.lanes)
        if self.problem.turned:
            self.square = room(f, self.scalar, self.most * self.most)
        self.emission.hoist([one.value for one in self.stores], 0)  # what is the same everywhere

    def _clear(self, block: Value, size: int) -> None:
        """Rows that no block fills hold no strange numbers: computing with these takes long."""
        zero = literal(0, vector_of(self.scalar, self.most))
        if self.problem.turned:
            self.f.loop(size, lambda at: self.f.store(zero, block, at), self.most)

    def write(
        self,
        tile: Tile,
        sums: Sequence[Sequence[Value]],
        outer: Sequence[Value],
        row: Value,
        lane: Value,
    ) -> None:
        """Store a block's sums, which begin at this row and lane."""
        row, lane = settled(self.f, row), settled(self.f, lane)
        if self.through_memory:
            block = Source(self.f, self.scalar, self.block, 1, (tile.width,))
            keep(tile, sums, block)
            self.write_from(block, tile, outer, row, lane)
            return
        with self.emission.at(self._outer(outer)):
            for number, start in enumerate(tile.starts):
                column = [one[number] for one in sums]
                self._along_lanes(
                    tile, number, plus(self.f, lane, start), self._vectors(column, row)
                )

    def write_from(
        self, block: Source, tile: Tile, outer: Sequence[Value], row: Value, lane: Value
    ) -> None:
        """The same of sums in memory, whose rows are steps of the source."""
        with self.emission.at(self._outer(outer)):
            for number, start in enumerate(tile.starts):
                column, first = block.at(start), plus(self.f, lane, start)
                if self.problem.turned:
                    self._turned(tile, number, column, row, first)
                else:
                    rows = self._rows(column, tile.rows, tile.type(number), row)
                    self._along_lanes(tile, number, first, rows)

    def _outer(self, outer: Sequence[Value]) -> dict[int, Value]:
        return dict(zip(self.problem.outer_axes, outer, strict=True))

    def _vectors(self, column: Sequence[Value], start: Place) -> Callable[[Put], None]:
        """Gives vectors one by one."""

        def body(put: Put) -> None:
            for number, vector in enumerate(column):
                put(plus(self.f, start, number), vector)

        return body

    def _rows(self, source: Source, count: int, type_: str, start: Place) -> Callable[[Put], None]:
        """Gives vectors that are in memory, in a loop."""

        def body(put: Put) -> None:
            def turn(i: Place) -> None:
                put(plus(self.f, start, i), self.f.load(type_, source.step(i).base))

            if count == 1:
                turn(0)
            else:
                self.f.loop(count, turn)

        return body

    def _along_lanes(
        self, tile: Tile, number: int, lane: Value, body: Callable[[Put], None]
    ) -> None:
        axis, strip = self.problem.lane_axis, None
        if axis >= 0:
            strip = Strip(axis, tile.widths[number], tile.valid(number))
        self._put(strip, axis, lane, self.problem.row_axis, body)

    def _turned(self, tile: Tile, number: int, column: Source, row: Value, lane: Value) -> None:
        """Each lane becomes a vector along the rows; of so many rows as a vector has lanes."""
        f, most = self.f, self.most
        name, axis = turner(f.module, self.scalar, most), self.problem.row_axis
        square = Source(f, self.scalar, self.square, 1, (most,))
        lanes = self._rows(square, tile.valid(number), vector_of(self.scalar, most), lane)

        def turn(start: Place, active: int) -> None:
            places = column.step(start).base, whole(column.inner[0]), self.square, whole(most)
            f.call(name, *places)
            strip = Strip(axis, most, active)
            self._put(strip, axis, plus(f, row, start), self.problem.lane_axis, lanes)

        full = tile.rows // most * most
        if full == most:
            turn(0, most)
        elif full:
            f.loop(full, lambda start: turn(start, most), most)
        if tile.rows > full:
            turn(full, tile.rows - full)

    def _put(
        self,
        strip: Strip | None,
        axis: int,
        along: Value,
        other: int,
        body: Callable[[Put], None],
    ) -> None:
        """`body` gives vectors along an axis, each with its place on the other one.

        Without such an axis (-1), the first lane stands alone.
        """
        emission = self.emission
        known = [*self.problem.outer_axes, *([axis] if strip else [])]

        def put(place: Place, vector: Value) -> None:
            copied = vector if strip else self.f.extract(vector, 0)
            here = {other: whole(place)} if other >= 0 else {}
            with emission.at(here, copied):
                emission.store(self.stores)

        with emission.at({axis: along} if strip else {}), emission.strip(strip):
            values = [one.value for one in self.stores]
            emission.hoist(values, sum(1 << one for one in known))
            body(put)


def room(f: Function, scalar: str, size: int) -> Value:
    """Memory for so many numbers, as long as the function runs."""
    return f.new("ptr", f"alloca [{size} x {scalar}], align 64")


def keep(tile: Tile, sums: Sequence[Sequence[Value]], block: Source) -> None:
    """The sums in memory, each row a step further."""
    for row, vectors in enumerate(sums):
        for start, vector in zip(tile.starts, vectors, strict=True):
            block.f.store(vector, block.step(row).at(start).base)


def _weight(stores: Sequence[Store]) -> int:
    """About how many instructions the stores of one vector are."""
    seen: set[int] = set()
    waiting: list[Expression] = [store.value for store in stores]
    weight = len(stores)
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        weight += 20 if isinstance(part, Apply) and part.function not in ONE else 1
        if isinstance(part, Apply):
            waiting.extend(part.arguments)
    return weight
