"""What a function runs, as data: many kernels are then no more code than few."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from chainrule.graph.node import size_of
from chainrule.run.native.emit.types import memory_type
from chainrule.run.native.entry import WORKING, Steps
from chainrule.run.native.kernels import (
    Access,
    Buffer,
    Kernel,
    Load,
    LoadAt,
    Nest,
    Product,
    Stage,
    Store,
    stores_of,
)
from chainrule.run.native.program import Program
from chainrule.run.native.ssa import Module

__all__ = ["Calls", "Place", "Written"]

WHOLE = np.dtype(np.int64)
MOST_SPANS = 64  # that are compared with each other, so that many kernels take no long time
Written = tuple[str, int, tuple[Buffer, ...]]  # a function, its units, what it is called with


class Place(NamedTuple):
    """Where a buffer lies: so many bytes after an address in the table, or a constant.

    It lies `step` bytes further in each step.
    """

    slot: int
    offset: int = 0
    step: int = 0
    constant: str = ""


class Span(NamedTuple):
    """Bytes after an address in the table."""

    slot: int
    start: int
    stop: int


class Calls:
    """Calls of kernels, in order.

    Of each the function in `names`, its `units`, from where on its buffers stand in `pointers`, and
    what of memory it has `read` and `written`; those from number `step` on are repeated.
    `rows`, `first` and `working` are places in the table; see `entry.py`.
    """

    def __init__(
        self,
        program: Program,
        givens: int,
        steps: Steps,
        module: Module,
        function_for: Callable[[Nest | Product], Written],
        whole: bool,
    ) -> None:
        self.program = program
        self.steps = steps
        self.function_for = function_for
        self.names: list[str] = []
        self.units: list[int] = []
        self.starts: list[int] = []
        self.pointers: list[Place] = []
        self.read: list[list[Span]] = []
        self.written: list[list[Span]] = []
        self.step = 0
        self.rows = givens + len(program.outputs)
        self.first = self.rows + 1 + len(steps.recorded)
        self.working = self.first + 1 if whole and steps != Steps() else self.rows
        self.places: dict[int, Place] = {}
        for number, values in program.constants.items():
            text = module.constant(values.reshape(-1).tolist(), memory_type(values.dtype)).text
            self.places[number] = Place(self.working, constant=text)
        for number in range(givens):
            self.places.setdefault(number, Place(number))
        for at, number in enumerate(program.outputs):
            self.places.setdefault(number, Place(givens + at))
        for number, offset in program.places.items():
            self.places[number] = Place(self.working, WORKING + offset)

    def __len__(self) -> int:
        return len(self.units)

    def add(self, kernel: Kernel, moved: Mapping[int, Place] | None = None) -> None:
        """A kernel's function, on its buffers."""
        assert isinstance(kernel, Nest | Product)
        name, units, buffers = self.function_for(kernel)
        self.names.append(name)
        self.units.append(units)
        self.starts.append(len(self.pointers))
        stored = {access.buffer for access in stores_of(kernel)}
        self.read.append([])
        self.written.append([])
        for buffer in buffers:
            known = moved if moved and buffer.number in moved else self.places
            place = known[buffer.number]
            self.pointers.append(place)
            end = place.offset + buffer.size * buffer.dtype.itemsize
            if not place.constant:
                touched = self.written if buffer in stored else self.read
                touched[-1].append(Span(place.slot, place.offset, end))

    def meets(self) -> list[bool]:
        """Whether threads that share the work have to meet after each call: before one that reads
        what was written since they last met, or writes what was read or written.
        """
        found = [True] * len(self)
        read: list[Span] = []
        written: list[Span] = []
        for at, (reads, writes) in enumerate(zip(self.read, self.written, strict=True)):
            is_free = at not in (0, self.step) and len(read) + len(written) < MOST_SPANS
            if is_free and not _meet(writes, [*read, *written]) and not _meet(reads, written):
                found[at - 1] = False
            else:
                read, written = [], []
            read += reads
            written += writes
        return found

    def add_step(self, kernels: Sequence[Kernel]) -> None:
        """Rows are gathered, everything is computed, what is wanted is recorded."""
        self.step = len(self)
        program, steps = self.program, self.steps
        for number, shape in steps.gathered:
            if number in program.places:
                self._gather(number, program.buffers[number], shape)
        for kernel in kernels:
            self.add(kernel)
        for at, output in enumerate(steps.recorded):
            self._record(program.buffers[program.outputs[output]], self.rows + 1 + at)

    def _gather(self, number: int, target: Buffer, shape: tuple[int, ...]) -> None:
        """The rows of this step, copied to where the given lies."""
        row = size_of(shape[1:])
        batch = target.size // max(row, 1)
        if not target.size:
            return
        whole = Buffer(-1, size_of(shape), target.dtype)
        rows = Buffer(-2, batch, WHOLE)
        place = Load(WHOLE, Access(rows, 0, (1, 0)))
        value = LoadAt(target.dtype, Access(whole, 0, (0, 1)), place, row, shape[0])
        store = Store(Access(target, 0, (row, 1)), value)
        moved = {-1: Place(number), -2: Place(self.rows, step=batch * WHOLE.itemsize)}
        self.add(Nest((batch,), (Stage((row,), (), (store,)),)), moved)

    def _record(self, source: Buffer, slot: int) -> None:
        """What this step found, kept in its own place."""
        target = Buffer(-1, source.size, source.dtype)
        load = Load(source.dtype, Access(source, 0, (1,)))
        store = Store(Access(target, 0, (1,)), load)
        if source.size:
            moved = {-1: Place(slot, step=source.size * source.dtype.itemsize)}
            self.add(Nest((), (Stage((source.size,), (), (store,)),)), moved)


def _meet(some: Sequence[Span], others: Sequence[Span]) -> bool:
    """Whether they have bytes in common."""
    return any(
        a.slot == b.slot and a.start < b.stop and b.start < a.stop for a in some for b in others
    )
