"""One stage of a nest at a point of its outer axes, or at a strip of them: loops, sums, stores.

Reductions are gathered in registers: along a row in the lanes of one vector, that are brought
together in the end; else for each lane apart, in several chains if there are few lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from math import prod

from chainrule.run.native.emit import reductions
from chainrule.run.native.emit.dependence import everything
from chainrule.run.native.emit.expressions import Emission, Strip
from chainrule.run.native.emit.memory import counted, power_of_two_above
from chainrule.run.native.emit.order import Loop
from chainrule.run.native.emit.parts import TURNS, in_parts
from chainrule.run.native.emit.reductions import Gathered, place_type
from chainrule.run.native.emit.schedule import Sweep
from chainrule.run.native.kernels import Reduction
from chainrule.run.native.ssa import Function, Value, lanes_of, literal
from chainrule.run.native.tensors import row_major

__all__ = ["StageWriter"]


class StageWriter:
    """One stage at a point of the outer axes."""

    def __init__(self, function: Function, emission: Emission, sweep: Sweep, first: int) -> None:
        """`first` is the number of the stage's first axis."""
        self.function = function
        self.emission = emission
        self.stage = sweep.stage
        self.sweep = sweep
        self.count = prod(self.stage.extents)
        self.steps = dict(enumerate(row_major(self.stage.extents), start=first))
        self.expressions = everything([sweep.stage])

    def write(self, known: int) -> list[Value]:
        """The results of the reductions; `known` is a mask of what does not change meanwhile."""
        strip = self.emission.across
        if self._is_one_strip():
            known |= 1 << self.sweep.loops[-1].axis
        self.emission.hoist(self.expressions, known)
        groups = [self._start(strip.lanes if strip else 0) for _ in range(self.sweep.chains)]
        start = [one for group in groups for one in group]
        carried = self._loops(self.sweep.loops, start, known)
        return [self._finished(one, some) for one, some in self._by_reduction(carried)]

    # What is gathered: a flat list of values, for each chain those of each reduction.

    def _start(self, lanes: int) -> list[Value]:
        return [
            value
            for one in self.stage.reductions
            for value in reductions.start(one.function, one.value.dtype, lanes, self.count)
        ]

    def _split(self, values: Sequence[Value]) -> list[Gathered]:
        """For each reduction its values."""
        found: list[Gathered] = []
        for one in self.stage.reductions:
            size = 2 if one.function.startswith("arg") else 1
            found.append(tuple(values[:size]))
            values = values[size:]
        return found

    def _by_reduction(self, carried: Sequence[Value]) -> list[tuple[Reduction, list[Gathered]]]:
        size = len(carried) // self.sweep.chains
        chains = [
            self._split(carried[chain * size : (chain + 1) * size])
            for chain in range(self.sweep.chains)
        ]
        return [
            (one, [chain[number] for chain in chains])
            for number, one in enumerate(self.stage.reductions)
        ]

    def _finished(self, reduction: Reduction, chains: list[Gathered]) -> Value:
        """One value of all chains; one number of all lanes, if they lie along the row."""
        name, dtype = reduction.function, reduction.value.dtype
        while len(chains) > 1:
            pairs = zip(chains[0::2], chains[1::2], strict=False)
            merged = [reductions.merge(self.function, name, dtype, a, b) for a, b in pairs]
            chains = merged + chains[len(chains) & ~1 :]
        result = chains[0][-1]
        if self.sweep.lanes:
            result = reductions.together(self.function, name, dtype, chains[0])
        if name.startswith("arg") and not result.type.endswith("i64"):
            result = self.function.cast("zext", result, "i64")
        return result

    def _merged(self, before: Sequence[Value], new: Sequence[Value]) -> list[Value]:
        """Two lists of the same kind as one."""
        size = len(before) // self.sweep.chains
        found: list[Value] = []
        for at in range(0, len(before), size or 1):
            parts = zip(
                self.stage.reductions,
                self._split(before[at : at + size]),
                self._split(new[at : at + size]),
                strict=True,
            )
            for one, a, b in parts:
                dtype = one.value.dtype
                found += reductions.merge(self.function, one.function, dtype, a, b)
        return found

    # The loops.

    def _is_one_strip(self) -> bool:
        """Whether the lanes hold all of the last loop."""
        return bool(self.sweep.lanes) and self.sweep.loops[-1].extent <= self.sweep.lanes

    def _loops(self, loops: Sequence[Loop], carried: list[Value], known: int) -> list[Value]:
        if not loops:
            return self._at_point(carried, 0)
        loop, rest = loops[0], loops[1:]
        if not rest and self.sweep.lanes:
            return self._along(loop, carried)
        if not rest and self.sweep.chains > 1:
            return self._side_by_side(loop, carried)

        def turn(index: Value, *values: Value) -> list[Value]:
            with self._inside(loop, index):
                now = known | 1 << loop.axis
                if rest:
                    self.emission.hoist(self.expressions, now)
                return self._loops(rest, list(values), now)

        return self._long_loop(loop.extent, 1, turn, carried, self._gathered_by(rest))

    def _gathered_by(self, loops: Sequence[Loop]) -> int:
        """How many values a sum takes in one after the other; a part is one."""
        count = 1
        for at, loop in enumerate(reversed(loops)):
            count *= -(-loop.extent // ((self.sweep.lanes or self.sweep.chains) if not at else 1))
            while count > 2 * TURNS:
                count = -(-count // TURNS)
        return count

    def _inside(self, loop: Loop, index: Value) -> AbstractContextManager[None]:
        return self.emission.at({loop.axis: index})

    def _along(self, loop: Loop, carried: list[Value]) -> list[Value]:
        """Whole strips of a row, and one that is shorter at the end."""
        lanes = self.sweep.lanes
        if self._is_one_strip():  # the row is one vector: what is computed stays known
            return self._at_point(carried, 0)

        def turn(index: Value, *values: Value) -> list[Value]:
            with self._inside(loop, index):
                return self._at_point(list(values), 0)

        whole = loop.extent // lanes * lanes
        carried = self._long_loop(whole, lanes, turn, carried)
        rest = loop.extent - whole
        if rest:
            with self.emission.strip(Strip(loop.axis, power_of_two_above(rest), rest)):
                carried = turn(literal(whole, "i64"), *carried)
        return carried

    def _side_by_side(self, loop: Loop, carried: list[Value]) -> list[Value]:
        """Several entries each turn, gathered apart."""
        chains = self.sweep.chains

        def turn(index: Value, *values: Value) -> list[Value]:
            found = list(values)
            for chain in range(chains):
                found = self._one_of(loop, index, chain, found)
            return found

        whole = loop.extent // chains * chains
        carried = self._long_loop(whole, chains, turn, carried)
        for chain in range(loop.extent - whole):
            carried = self._one_of(loop, literal(whole, "i64"), chain, carried)
        return carried

    def _one_of(self, loop: Loop, index: Value, chain: int, carried: list[Value]) -> list[Value]:
        if chain:
            index = self.function.add(index, literal(chain, "i64"))
        with self._inside(loop, index):
            return self._at_point(carried, chain)

    def _long_loop(
        self,
        stop: int,
        step: int,
        turn: Callable[..., list[Value]],
        carried: list[Value],
        each: int = 1,
    ) -> list[Value]:
        """A loop, in which a sum takes in so many values each turn; if they are many, sums are
        made of sums of parts.
        """
        fresh = self._start(lanes_of(carried[0].type)) * self.sweep.chains if carried else []
        return in_parts(self.function, stop, step, turn, carried, fresh, self._merged, each)

    # The points.

    def _at_point(self, carried: list[Value], chain: int) -> list[Value]:
        """One chain gathers what is here, and what is to be stored is stored."""
        size = len(carried) // self.sweep.chains
        own = self._split(carried[chain * size : (chain + 1) * size])
        found: list[Value] = []
        strip = self.emission.across
        for one, before in zip(self.stage.reductions, own, strict=True):
            new: Gathered = (self.emission.value(one.value),)
            if one.function.startswith("arg"):
                new = (*new, self._place())
            active = strip.active if strip and self.sweep.lanes else lanes_of(new[0].type)
            found += reductions.gather(
                self.function, one.function, one.value.dtype, before, new, active
            )
        if self.stage.stores:
            self.emission.store(self.stage.stores)
        return [*carried[: chain * size], *found, *carried[(chain + 1) * size :]]

    def _place(self) -> Value:
        """The entry's number, counted row by row over the stage's axes."""
        scalar = place_type(self.count)
        function, strip = self.function, self.emission.across
        total = literal(0, "i64")
        for axis, step in self.steps.items():
            index = self.emission.addresses.indexes.get(axis)
            if index is not None:
                total = function.add(total, function.mul(index, literal(step, "i64")))
        if scalar != "i64":
            total = function.cast("trunc", total, scalar)
        if strip is None:
            return total
        wide = function.splat(total, strip.lanes)
        if not self.sweep.lanes:
            return wide
        return function.add(wide, counted(scalar, strip.lanes))
