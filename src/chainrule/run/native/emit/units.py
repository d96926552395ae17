"""What the functions of products have in common: units by number, and where each of them is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from chainrule.run.native.emit.blocking import Blocking
from chainrule.run.native.emit.endings import Ending
from chainrule.run.native.emit.matrices import Factor
from chainrule.run.native.emit.sources import Source, whole
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Function, Value

__all__ = ["Work"]


class Work:
    """A function that does units of a product, each a number of rows and of lanes.

    A unit's number is written in digits: along the outer axes, the lanes, the rows.
    """

    def __init__(self, f: Function, blocking: Blocking, processor: Processor) -> None:
        self.f = f
        self.blocking = blocking
        self.problem = blocking.problem
        self.ending = Ending(f, blocking, processor)
        self.digits: tuple[int, ...] = ()

    @property
    def units(self) -> int:
        """How many there are."""
        return prod(self.digits)

    def unit(self, number: Value) -> None:
        """Write what one unit is."""
        raise NotImplementedError

    def source(self, factor: Factor, outer: Sequence[Value]) -> Source:
        """Where a factor is, at places along the outer axes."""
        base = self.f.parameters[1 + factor.buffer]
        found = Source(self.f, self.blocking.scalar, base, factor.along, factor.inner)
        found = found.moved(factor.offset)
        for i, stride in zip(outer, factor.outer, strict=True):
            found = found.at(i, stride)
        return found

    def decoded(self, number: Value) -> list[Value]:
        """A unit's digits, the last of them counting fastest."""
        f, found = self.f, []
        for place, extent in reversed(list(enumerate(self.digits))):
            if extent == 1:
                found.append(whole(0))
            elif prod(self.digits[:place]) == 1:
                found.append(number)
            else:
                found.append(f.bits("urem", number, whole(extent)))
                number = f.bits("udiv", number, whole(extent))
        return found[::-1]

    def either(self, at: Value, length: int, each: int, body: Callable[[int], None]) -> None:
        """`body` for part `at` of a length: of the size of each, or of what is left at the end."""
        full, rest = divmod(length, each)
        if not rest or not full:
            body(each if full else rest)
        else:
            is_full = self.f.compare("ult", at, whole(full))
            self.f.when(is_full, lambda: body(each), lambda: body(rest))
