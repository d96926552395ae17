"""Programs so small that all of their arrays stay in registers, from step to step.

A step of such a program is straight-line code; what is carried never touches memory, and only what
is recorded is stored.  The code is written in several layouts, and that one is taken whose longest
chain of instructions is the shortest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from chainrule.run.native.emit.layouts import Partition, whole
from chainrule.run.native.emit.spans import load_spots, store_spots
from chainrule.run.native.emit.spots import Spot, spots_of
from chainrule.run.native.emit.straight import Straight
from chainrule.run.native.emit.timing import Timed
from chainrule.run.native.emit.types import cast, llvm_type, memory_type
from chainrule.run.native.keeping import in_order
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Module, Value, literal
from chainrule.run.native.tensors import Each, Given, Tensor
from chainrule.run.native.tiny import operations_of

__all__ = ["emit_steps"]

PER_INSTRUCTION = 0.25  # cycles a step takes for each, if none had to wait
MOST_LAYOUTS = 2  # besides the one that is open

Step = Callable[[Value, Sequence[Value]], None]  # at its number, with what is carried to it


def emit_steps(
    module: Module,
    name: str,
    givens: int,
    outputs: Sequence[Tensor],
    carried: Mapping[int, int],
    recorded: Sequence[int],
    counter: int | None,
    gathered: Sequence[int],
    processor: Processor,
    layouts: Sequence[int] = (),
) -> None:
    """Writes `void name(ptr table, i64 steps, i64 thread)`, which does so many steps, 1 or more.

    `carried` says which output replaces which given after each step, `recorded` which outputs are
    kept of every step; the given `counter` is the number of the step; of the `gathered` givens,
    (batch, …), each step takes other rows.  The table holds addresses: of each of the `givens` (of
    gathered ones the data, of carried ones what is replaced in the end), of each output, and, if
    steps differ (something is gathered, recorded, or counts), of the rows (steps, batch), each
    recorded array (steps, …), and the number of the first step, a double; then of a whole number
    that becomes 1 if a computed place lies outside its array.

    `layouts` are the lengths of axes that are tried along registers (0: of any), found here if
    there are none.
    """
    if not layouts:
        layouts = [0, *_extents(outputs, processor)] if carried else [0]
    every = []
    for extent in layouts:
        steps = _Steps(module, name, outputs, carried, processor, extent)
        steps.write(givens, recorded, counter, gathered)
        every.append(steps)
    min(every, key=lambda one: one.cycles).function.finish()


def _extents(outputs: Sequence[Tensor], processor: Processor) -> list[int]:
    """The lengths of axes that most of the work goes along."""
    work: Counter[int] = Counter()
    for tensor in in_order(outputs):
        if isinstance(tensor.kind, Each):
            for length in set(tensor.shape):
                work[length] += operations_of(tensor)
    widest = processor.vector_bytes // 4
    return [one for one, _ in work.most_common() if 1 < one <= widest][:MOST_LAYOUTS]


class _Steps:
    """One function, in one layout; `cycles` is about the time of a step."""

    def __init__(
        self,
        module: Module,
        name: str,
        outputs: Sequence[Tensor],
        carried: Mapping[int, int],
        processor: Processor,
        extent: int,
    ) -> None:
        self.tensors = in_order(outputs)
        self.outputs = outputs
        self.carried = carried
        self.processor = processor
        self.cycles = 0.0
        self.function = Timed(module, name, [("ptr", "table"), ("i64", "steps"), ("i64", "thread")])
        self.straight = Straight(
            self.function, processor, self.tensors, outputs, extent, bool(carried)
        )
        self.given = {one.kind.number: one for one in self.tensors if isinstance(one.kind, Given)}
        self._changing: list[Step] = []

    def write(
        self, givens: int, recorded: Sequence[int], counter: int | None, gathered: Sequence[int]
    ) -> None:
        """Everything but the return."""
        function = self.function
        after = givens + len(self.outputs)
        differ = bool(gathered or recorded or counter is not None)
        records = [self._slot(after + 1 + at) for at in range(len(recorded))]
        last_number = after + 1 + len(recorded)
        errors = self._slot(last_number + 1 if differ else after)
        before: list[Value] = []
        for number, given in self.given.items():
            if number in self.carried:
                before += self._carry(given, self._slot(number), len(before))
            elif number in gathered:
                self._gather_rows(given, self._slot(number), self._slot(after))
            elif number == counter:
                self._count(given, self._slot(last_number))
            else:
                self.straight.written[given] = self._load(given, self._slot(number))

        def step(index: Value, *now: Value) -> list[Value]:
            function.keep([index])
            for prepare in self._changing:
                prepare(index, now)
            self.straight.write()
            for at, place in zip(recorded, records, strict=True):
                self._record(self.outputs[at], place, index)
            self._mark_failures(errors)
            new = self._replacing()
            ready = max(map(function.ready, new), default=0.0)
            self.cycles = max(ready, PER_INSTRUCTION * function.written)
            return new

        function.loop(function.parameters[1], step, carried=before)
        for number, at in self.carried.items():
            self._store(self.outputs[at], self._slot(number))
        for at, output in enumerate(self.outputs):
            if at not in self.carried.values():
                self._store(output, self._slot(givens + at))

    def _slot(self, number: int) -> Value:
        return self.function.load("ptr", self.function.parameters[0], literal(number, "i64"))

    # What a step begins with.

    def _load(self, given: Tensor, place: Value) -> list[Spot]:
        """The same in every step; in a single call it has to be waited for."""
        spots = load_spots(self.function, place, given.size, given.dtype, self.processor)
        if self.carried:
            self.function.keep(spot.register for spot in spots if spot.register)
        return spots

    def _carry(self, given: Tensor, place: Value, first: int) -> list[Value]:
        """The registers that hold it before the first step."""
        spots = load_spots(self.function, place, given.size, given.dtype, self.processor)
        parts = self._parts(given)
        registers = self._together(spots, given)

        def hold(index: Value, now: Sequence[Value]) -> None:
            own = zip(parts, now[first : first + len(parts)], strict=True)
            self.straight.written[given] = [
                spot for part, value in own for spot in spots_of(value)[: len(part)]
            ]

        self._changing.append(hold)
        return registers

    def _gather_rows(self, given: Tensor, data: Value, rows: Value) -> None:
        """The rows of the data that a step takes."""
        function, batch = self.function, given.shape[0]
        size = given.size // batch

        def gather(index: Value, now: Sequence[Value]) -> None:
            first = function.mul(index, literal(batch, "i64"))
            spots: list[Spot] = []
            for at in range(batch):
                row = function.load("i64", rows, function.add(first, literal(at, "i64")))
                start = function.mul(row, literal(size, "i64"))
                place = function.address(memory_type(given.dtype), data, start)
                spots += load_spots(function, place, size, given.dtype, self.processor)
            self.straight.written[given] = spots

        self._changing.append(gather)

    def _count(self, given: Tensor, place: Value) -> None:
        """The number of the step."""
        function = self.function
        first = function.load("double", place)
        function.keep([first])

        def count(index: Value, now: Sequence[Value]) -> None:
            number = function.add(first, function.cast("uitofp", index, "double"))
            number = cast(function, number, np.dtype(np.float64), given.dtype)
            self.straight.written[given] = spots_of(number)

        self._changing.append(count)

    # What it computes, and leaves behind.

    def _parts(self, tensor: Tensor) -> Partition:
        return whole(tensor.size, self.processor.vector_bytes // max(tensor.dtype.itemsize, 4))

    def _together(self, spots: Sequence[Spot], tensor: Tensor) -> list[Value]:
        """The entries in registers from the first one on."""
        scalar, gatherer = llvm_type(tensor.dtype), self.straight.gatherer
        return [
            gatherer.gathered([spots[at] for at in part], scalar) for part in self._parts(tensor)
        ]

    def _replacing(self) -> list[Value]:
        """The registers of what is carried to the next step."""
        new = [self.outputs[self.carried[one]] for one in self.given if one in self.carried]
        return [value for one in new for value in self._together(self.straight.spots(one), one)]

    def _store(self, output: Tensor, place: Value) -> None:
        spots = self.straight.spots(output)
        store_spots(self.straight.gatherer, spots, place, output.dtype, self.processor)

    def _record(self, output: Tensor, place: Value, index: Value) -> None:
        start = self.function.mul(index, literal(output.size, "i64"))
        self._store(output, self.function.address(memory_type(output.dtype), place, start))

    def _mark_failures(self, errors: Value) -> None:
        """Computed places that lie outside their arrays are remembered."""
        function = self.function
        if self.straight.failures:
            before = function.load("i64", errors)
            for one in self.straight.failures:
                before = function.bits("or", before, function.cast("zext", one, "i64"))
            function.store(before, errors)
