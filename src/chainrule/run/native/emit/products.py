"""Sums of products as machine code: blocks in registers, and what becomes of each sum at once."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from chainrule.run.native.emit.blocking import Blocking, blocking_of, ceiling
from chainrule.run.native.emit.deep import DeepWork
from chainrule.run.native.emit.endings import room
from chainrule.run.native.emit.packing import pack, packed, panel_size
from chainrule.run.native.emit.signature import kernel_function
from chainrule.run.native.emit.sources import Source, plus, scaled, whole
from chainrule.run.native.emit.tiles import Tile, accumulated
from chainrule.run.native.emit.types import llvm_type
from chainrule.run.native.emit.units import Work
from chainrule.run.native.kernels import Product, buffers_of
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Function, Module, Value

__all__ = ["emit_product"]

WORTH_SPLITTING = 1 << 17  # multiplications; less is done before another thread has begun
UNITS = 16


def emit_product(module: Module, name: str, product: Product, processor: Processor) -> int:
    """Write a function for a product; how many units its work can be split into."""
    scalar = llvm_type(product.left.buffer.dtype)
    blocking = blocking_of(product, scalar, processor)
    f = kernel_function(module, name, len(buffers_of(product)))
    work = (DeepWork if blocking.depth else FlatWork)(f, blocking, processor)
    low, high = f.parameters[-2:]

    def units() -> None:
        f.loop(high, work.unit, start=low)

    f.when(f.compare("ult", low, high), units)
    f.finish()
    return work.units


class FlatWork(Work):
    """Each block's sums are done in registers.

    The units are blocks of rows within panels of lanes, the blocks of one panel one after the
    other: whoever does several of them packs a panel once.
    """

    def __init__(self, f: Function, blocking: Blocking, processor: Processor) -> None:
        super().__init__(f, blocking, processor)
        problem = self.problem
        self.blocks = ceiling(problem.rows, blocking.rows)
        panels = ceiling(problem.lanes, blocking.lanes)
        self.each = self._each(panels)
        near = (*problem.outer[problem.far :], ceiling(self.blocks, self.each))
        self.digits = (*problem.outer[: problem.far], panels, *near)
        self.again = prod(near)  # units in a row that use the same panel
        if blocking.packed:
            tile = Tile(blocking.scalar, 1, min(problem.lanes, blocking.lanes), blocking.most)
            self.panel = room(f, tile.scalar, panel_size(tile, prod(problem.inner)))

    def _each(self, panels: int) -> int:
        """How many of a panel's blocks make a unit: few, if the work is worth sharing."""
        problem, others = self.problem, prod(self.problem.outer) * panels
        work = problem.rows * problem.lanes * prod((*problem.inner, *problem.outer))
        if work < WORTH_SPLITTING:
            return self.blocks
        return max(1, self.blocks * others // UNITS)

    def unit(self, number: Value) -> None:
        """Some blocks of a panel."""
        problem, blocking = self.problem, self.blocking
        *outer, chunk = self.decoded(number)
        panel = outer.pop(problem.far)
        lane = scaled(self.f, panel, blocking.lanes)
        spread = self.source(problem.spread, outer)
        vectors = self.source(problem.vectors, outer).at(lane)

        def lanes(count: int) -> None:
            own = self._packed(number, lane, count, vectors) if blocking.packed else vectors

            def block(at: Value) -> None:
                row = scaled(self.f, at, blocking.rows)

                def rows(rows: int) -> None:
                    tile = Tile(blocking.scalar, rows, count, blocking.most)
                    sums = accumulated(tile, problem.inner, spread.at(row), own)
                    self.ending.write(tile, sums, outer, row, lane)

                self.either(at, problem.rows, blocking.rows, rows)

            self._each_block(chunk, block)

        self.either(panel, problem.lanes, blocking.lanes, lanes)

    def _each_block(self, chunk: Value, body: Callable[[Value], None]) -> None:
        f, start = self.f, scaled(self.f, chunk, self.each)
        if self.each == 1:
            body(chunk)
        elif self.each >= self.blocks:
            f.loop(self.blocks, body) if self.blocks > 1 else body(whole(0))
        else:
            stop = f.intrinsic("umin", plus(f, start, self.each), whole(self.blocks))
            f.loop(stop, body, start=start)

    def _packed(self, number: Value, lane: Value, lanes: int, source: Source) -> Source:
        """The panel, filled unless the unit before has done it."""
        f, inner = self.f, self.problem.inner
        tile = Tile(source.scalar, 1, lanes, self.blocking.most)

        def fill() -> None:
            left = f.sub(whole(self.problem.lanes), lane)
            pack(tile, inner, source, self.panel, left)

        if self.again == 1:
            fill()
        else:
            begins = f.compare("eq", f.bits("urem", number, whole(self.again)), whole(0))
            is_first = f.compare("eq", number, f.parameters[-2])
            f.when(f.bits("or", begins, is_first), fill)
        return packed(f, tile, inner, self.panel)
