"""Functions that know when their values are there: the figures that layouts are chosen by.

Instructions do not wait for their turn but for what they are computed from; in a small program that
is repeated, the longest chain of them is the time that a step takes.

>>> from chainrule.run.native.ssa import Module
>>> function = Timed(Module(), "f", [("float", "x")])
>>> (x,) = function.parameters
>>> function.ready(function.mul(x, function.add(x, x)))
6.0
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from chainrule.run.native.ssa import Function, Module, Value

__all__ = ["ALWAYS", "Timed"]

ALWAYS = -math.inf  # what does not change from step to step waits for nobody

# Cycles from an operand to the result, about the same on all wide processors of today.  Source:
# A. Fog, Instruction tables (agner.org/optimize); optimisation manuals of AMD and Intel.
CYCLES = {
    "fadd": 3, "fsub": 3, "fmul": 3, "fdiv": 11, "frem": 30, "fneg": 1, "fcmp": 3, "icmp": 1,
    "select": 1, "shufflevector": 2, "extractelement": 1, "insertelement": 2, "bitcast": 0,
    "sitofp": 4, "uitofp": 5, "fptosi": 4, "fptoui": 5, "fpext": 4, "fptrunc": 4, "mul": 4,
    "sdiv": 18, "udiv": 18, "srem": 18, "urem": 18, "call": 4, "load": 5, "phi": 0,
}  # fmt: skip
FUSED = 4  # a multiplication and an addition at once
OPERAND = re.compile(r"%[\w.]+")


class Timed(Function):
    """A function that says in which cycle a value is `ready`, if its parameters are at 0."""

    def __init__(self, module: Module, name: str, parameters: Sequence[tuple[str, str]]) -> None:
        super().__init__(module, name, parameters, "void")
        self.written = 0
        self._ready: dict[str, float] = {}
        self._factors: dict[str, float] = {}

    def new(self, type_: str, text: str) -> Value:
        found = super().new(type_, text)
        name = text.split(" ", 1)[0]
        operands = OPERAND.findall(text)
        times = [self._ready.get(one, 0.0) for one in operands]
        start = max(times, default=ALWAYS)
        self._ready[found.text] = start + CYCLES.get(name, 1)
        if name == "fmul":
            self._factors[found.text] = start
        elif name in ("fadd", "fsub"):
            self._ready[found.text] = self._sum(operands, times)
        self.written += start > ALWAYS
        return found

    def _sum(self, operands: Sequence[str], times: Sequence[float]) -> float:
        """One factor of two products in a sum is fused with it."""
        plain = max(times, default=ALWAYS) + CYCLES["fadd"]
        for at, one in enumerate(operands):
            if one in self._factors:
                others = [time for other, time in enumerate(times) if other != at]
                plain = min(plain, max([self._factors[one], *others]) + FUSED)
        return plain

    def ready(self, value: Value) -> float:
        """The cycle in which the value is known; `ALWAYS` of constants."""
        return self._ready.get(value.text, 0.0 if value.text.startswith("%") else ALWAYS)

    def keep(self, values: Iterable[Value]) -> None:
        """These are there before the first step, or do not wait for the step before."""
        self._ready.update((one.text, ALWAYS) for one in values)
