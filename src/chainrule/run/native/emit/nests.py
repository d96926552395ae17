"""Nests of loops: maps, sums along rows and columns, whole rows at a time, gathers and scatters.

How a nest is run is decided in `schedule.py`; here it is written.  Either neighbouring outer
points lie in the lanes, and each stage loops over its axes with sums in vectors; or one row after
the other is swept over, its neighbours in the lanes.  A short row is one vector, and what a stage
has computed of it is still there for the next.
"""

from __future__ import annotations

from collections.abc import Callable

from chainrule.run.native.emit.dependence import AXES, REDUCED, everything
from chainrule.run.native.emit.expressions import Emission, Strip
from chainrule.run.native.emit.memory import power_of_two_above
from chainrule.run.native.emit.order import Loop
from chainrule.run.native.emit.schedule import Schedule, Sweep, scheduled
from chainrule.run.native.emit.signature import kernel_function
from chainrule.run.native.emit.stages import StageWriter
from chainrule.run.native.kernels import Nest, buffers_of
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Function, Module, Value, literal

__all__ = ["emit_nest"]


def emit_nest(module: Module, name: str, nest: Nest, processor: Processor) -> int:
    """A function for the nest (see `emit`), and into how many units its work can be split."""
    numbers = sorted(buffer.number for buffer in buffers_of(nest))
    function = kernel_function(module, name, len(numbers))
    errors, *buffers, low, high = function.parameters
    stores = [store for stage in nest.stages for store in stage.stores]
    emission = Emission(
        function,
        processor,
        dict(zip(numbers, buffers, strict=True)),
        errors,
        {store.access.buffer.number for store in stores},
    )
    schedule = scheduled(nest, processor)
    writer = _Writer(function, emission, nest, schedule)
    function.when(function.compare("ult", low, high), lambda: writer.write(low, high))
    function.finish()
    return schedule.units


class _Writer:
    def __init__(
        self, function: Function, emission: Emission, nest: Nest, schedule: Schedule
    ) -> None:
        self.function = function
        self.emission = emission
        self.first = len(nest.extents)
        self.schedule = schedule
        self.expressions = everything(nest.stages)
        # Axes that are one with a later one, or have one entry, are known from the start.
        looped = [*schedule.loops, *[loop for one in schedule.sweeps for loop in one.loops]]
        self.known = AXES & ~sum({1 << loop.axis for loop in looped})
        self.limits: tuple[Value, Value] | None = None

    # The outer loops.

    def write(self, low: Value, high: Value) -> None:
        """The units from low until before high."""
        self.limits = low, high
        schedule, lanes = self.schedule, self.schedule.lanes
        strip = Strip(schedule.loops[schedule.strip].axis, lanes, lanes) if lanes else None
        with self.emission.strip(strip):
            self.emission.hoist(self.expressions, self.known)
            self._outer(0, self.known)

    def _outer(self, level: int, known: int) -> None:
        loops = self.schedule.loops
        if level == len(loops):
            self._point(known | REDUCED)
            return
        loop = loops[level]
        is_strip = self.schedule.lanes and level == self.schedule.strip

        def inside(index: Value) -> None:
            with self.emission.at({loop.axis: index}):
                now = known | 1 << loop.axis
                self.emission.hoist(self.expressions, now)
                self._outer(level + 1, now)

        if is_strip:
            self._strips(loop, inside, level == 0)
        elif level == 0:
            self._unit_loop(loop.extent, 1, inside)
        else:
            self.function.loop(loop.extent, inside)

    def _unit_loop(self, stop: int, step: int, inside: Callable[[Value], None]) -> None:
        """Over the entries of the wanted units, as far as `stop`."""
        assert self.limits is not None
        function, block = self.function, self.schedule.block
        low, high = (
            one if block == 1 else function.mul(one, literal(block, "i64")) for one in self.limits
        )
        if block > 1:
            end = literal(stop, "i64")
            high = function.select(function.compare("ult", high, end), high, end)
        turns = function.compare("ult", low, high)
        function.when(turns, lambda: void(function.loop(high, inside, step, start=low)))

    def _strips(self, loop: Loop, inside: Callable[[Value], None], units: bool) -> None:
        """Whole strips, and one that is shorter at the end."""
        lanes, function = self.schedule.lanes, self.function
        whole = loop.extent // lanes * lanes
        rest = loop.extent - whole
        if whole and units:
            self._unit_loop(whole, lanes, inside)
        elif whole:
            function.loop(whole, inside, lanes)
        if not rest:
            return

        def last() -> None:
            with self.emission.strip(Strip(loop.axis, power_of_two_above(rest), rest)):
                inside(literal(whole, "i64"))

        if units:
            assert self.limits is not None
            is_last = function.compare("eq", self.limits[1], literal(self.schedule.units, "i64"))
            function.when(is_last, last)
        else:
            last()

    # The stages.

    def _point(self, known: int) -> None:
        """All stages at one point of the outer axes, or at a strip of them."""
        self.emission.reduced = []
        for sweep in self.schedule.sweeps:
            with self.emission.strip(self._strip_of(sweep)):
                results = StageWriter(self.function, self.emission, sweep, self.first).write(known)
            self.emission.reduced += results
            if sweep.stage.stores:
                self.emission.forget_changing()

    def _strip_of(self, sweep: Sweep) -> Strip | None:
        if not sweep.lanes:
            return self.emission.across
        loop = sweep.loops[-1]
        return Strip(loop.axis, sweep.lanes, min(sweep.lanes, loop.extent))


def void(_: object) -> None:
    """What a loop carries is not asked for."""
