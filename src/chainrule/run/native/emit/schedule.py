"""How a nest is run: which axes are one, in what order, and which of them lies in the lanes.

Axes whose entries follow each other in every access are run as one.  Then the work is estimated
for each axis that could lie in the lanes, and the least is taken: an axis along which memory is
contiguous; for sums over rows the columns, for sums along rows the rows themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from chainrule.graph.record import Record
from chainrule.run.native.emit.dependence import Dependence, everything
from chainrule.run.native.emit.memory import power_of_two_above
from chainrule.run.native.emit.order import Loop, accesses_of, counted_in, is_sequential, merged
from chainrule.run.native.emit.work import Work
from chainrule.run.native.kernels import Expression, Nest, Stage
from chainrule.run.native.processor import Processor

__all__ = ["Schedule", "Sweep", "scheduled"]

BLOCK = 1024  # entries of a map that are one unit of work
MOST = 8  # registers that a row may fill to be kept in them, or that sums are gathered in


class Sweep(Record):
    """How a stage is run: its loops, the last one in `lanes` lanes if there are any.

    `chains` sums are gathered side by side, that additions need not wait for each other.
    """

    stage: Stage
    loops: tuple[Loop, ...]
    lanes: int = 0
    chains: int = 1


class Schedule(Record):
    """How a nest is run: the outer loops, number `strip` in `lanes` lanes if there are any.

    A unit of work is `block` entries of the first loop; there are so many `units`.
    """

    loops: tuple[Loop, ...]
    strip: int
    lanes: int
    sweeps: tuple[Sweep, ...]
    block: int
    units: int


def scheduled(nest: Nest, processor: Processor) -> Schedule:
    """The order with the least work."""
    return _Planner(nest, processor).best()


class _Planner:
    def __init__(self, nest: Nest, processor: Processor) -> None:
        self.stages = nest.stages
        self.dependence = Dependence()
        self.sequential = is_sequential(nest)
        every = everything(nest.stages)
        self.accesses = accesses_of(every, nest.stages)
        self.single = processor.vector_bytes // _widest(every)
        self.work = Work(nest.stages, self.dependence, self.single)
        outer = [Loop(axis, n) for axis, n in enumerate(nest.extents) if n > 1]
        first = len(nest.extents)
        inner = [
            [Loop(axis, n) for axis, n in enumerate(stage.extents, start=first) if n > 1]
            for stage in nest.stages
        ]
        if len(nest.stages) == 1 and not nest.stages[0].reductions:
            outer, inner = [*outer, *inner[0]], [[]]
        self.outer = self._merged(outer, nest.stages)
        self.inner = [
            self._merged(loops, [stage]) for loops, stage in zip(inner, nest.stages, strict=True)
        ]

    def _merged(self, loops: list[Loop], stages: Sequence[Stage]) -> list[Loop]:
        """As few loops as there can be; the one with the smallest steps is the innermost."""
        expressions = everything(stages)
        accesses = accesses_of(expressions, stages)
        if accesses and not self.sequential and not any(map(_asks_for_places, stages)):
            guide = accesses[-1].strides
            loops = sorted(loops, key=lambda loop: -abs(guide[loop.axis]))
        return merged(loops, accesses, counted_in(expressions))

    # Which loop lies in the lanes.

    def best(self) -> Schedule:
        """An outer loop for all stages, or for each stage one of its own: what is less work."""
        numbers = range(len(self.stages))
        along = [self._best_inner(number) for number in numbers]
        chosen, least = None, sum(self._of(number, along[number]) for number in numbers)
        for loop in self.outer:
            if self._can_lie_across(loop, self.outer, self.stages):
                work = sum(self._of(number, loop) for number in numbers)
                if work < least or (chosen is None and work == least):
                    chosen, least = loop, work
        return self._by_rows(along) if chosen is None else self._by_columns(chosen)

    def _of(self, number: int, strip: Loop | None) -> float:
        return self.work.of(number, self.outer, self.inner[number], strip)

    def _best_inner(self, number: int) -> Loop | None:
        loops, stage = self.inner[number], self.stages[number]
        possible = [loop for loop in loops if self._can_lie_across(loop, loops, [stage])]
        if _asks_for_places(stage):
            possible = [loop for loop in possible if loop == loops[-1]]
        return min(possible, key=lambda loop: self._of(number, loop), default=None)

    def _can_lie_across(self, loop: Loop, loops: list[Loop], stages: Sequence[Stage]) -> bool:
        """Whether neighbours along the loop are stored at different places, and in order."""
        stores = [store for stage in stages for store in stage.stores]
        if any(store.access.strides[loop.axis] == 0 for store in stores):
            return False
        if not self.sequential:
            return True
        if loop != loops[-1] or (loops is self.outer and any(self.inner)):
            return False
        every = [store for stage in self.stages for store in stage.stores]
        if len({store.access.buffer.number for store in every}) < len(every):
            return False
        places = [store.place for store in every if store.place is not None]
        return not any(self.dependence.mask(place) >> loop.axis & 1 for place in places)

    # The schedules.

    def _by_columns(self, strip: Loop) -> Schedule:
        """Neighbouring outer points in the lanes."""
        sums = max([1, *[len(stage.reductions) for stage in self.stages]])
        registers = self._registers() if sums == 1 else max(self._registers() // 2, 1)
        if any(abs(access.strides[strip.axis]) > 1 for access in self.accesses):
            registers = 1
        lanes = min(registers * self.single, power_of_two_above(strip.extent))
        chains = max(MOST * self.single // (lanes * sums), 1) if registers > 1 else 1
        sweeps = [
            Sweep(stage, tuple(loops), 0, _chains(stage, loops, chains))
            for stage, loops in zip(self.stages, self.inner, strict=True)
        ]
        ordered = self._ordered(strip)
        at = ordered.index(strip)
        inside = max(prod(loop.extent for loop in some) for some in self.inner)
        after = prod(loop.extent for loop in ordered[at + 1 :])
        block = max(lanes, BLOCK // power_of_two_above(inside * after)) if at == 0 else 1
        return self._schedule(ordered, at, lanes, sweeps, block)

    def _ordered(self, strip: Loop) -> list[Loop]:
        """The loop in lanes is the innermost; but not if its entries lie apart somewhere, where
        those of another loop are neighbours: then the lanes' entries are soon used again.
        """
        others = [loop for loop in self.outer if loop != strip]
        if self.sequential:
            return [*others, strip]
        apart = [one for one in self.accesses if abs(one.strides[strip.axis]) > 1]
        for loop in others:
            if any(abs(access.strides[loop.axis]) == 1 for access in apart):
                return [*[one for one in others if one != loop], strip, loop]
        return [*others, strip]

    def _by_rows(self, strips: Sequence[Loop | None]) -> Schedule:
        """Neighbours within a row in the lanes, and one row after the other."""
        sweeps = []
        for stage, loops, strip in zip(self.stages, self.inner, strips, strict=True):
            if strip is None:
                sweeps.append(Sweep(stage, tuple(loops)))
                continue
            ordered = (*[loop for loop in loops if loop != strip], strip)
            sweeps.append(Sweep(stage, ordered, self._lanes_along(strip, stage)))
        return self._schedule(self.outer, 0, 0, sweeps, 1)

    def _lanes_along(self, strip: Loop, stage: Stage) -> int:
        """The whole row, if it fits into the registers."""
        whole = power_of_two_above(strip.extent)
        if whole <= MOST * self.single:
            return whole
        return (4 if stage.reductions and not self.work.is_heavy else 2) * self.single

    def _registers(self) -> int:
        """How many registers of lanes are worked on at once."""
        if self.work.is_heavy:
            return 1
        return 4 if any(stage.reductions for stage in self.stages) else 2

    def _schedule(
        self, loops: list[Loop], strip: int, lanes: int, sweeps: Sequence[Sweep], block: int
    ) -> Schedule:
        if self.sequential:
            block = loops[0].extent if loops else 1
        units = -(-loops[0].extent // block) if loops else 1
        return Schedule(tuple(loops), strip, lanes, tuple(sweeps), block, units)


def _chains(stage: Stage, loops: Sequence[Loop], most: int) -> int:
    """How many sums are gathered side by side."""
    if not loops or not stage.reductions or stage.stores:
        return 1
    return min(most, loops[-1].extent, 4)


def _asks_for_places(stage: Stage) -> bool:
    """Whether the order of the axes matters, as entries are counted."""
    return any(one.function.startswith("arg") for one in stage.reductions)


def _widest(expressions: Sequence[Expression]) -> int:
    """The bytes of the widest numbers that are computed with; of floats, if there are any."""
    floats = [one.dtype.itemsize for one in expressions if one.dtype.kind == "f"]
    return max([4, *(floats or [one.dtype.itemsize for one in expressions])])
