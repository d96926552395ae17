"""Graphs compiled for single calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DomainProblem
from chainrule.graph.node import Array, Node
from chainrule.run.interpreter import Plan
from chainrule.run.native.cache import code_for
from chainrule.run.native.calling import Caller, Spec, room_of
from chainrule.run.native.loader import Loaded
from chainrule.run.native.lowered import lowered_function, may_fail
from chainrule.run.native.processor import detect

__all__ = ["NativeFunction"]

LONG = 1 << 16  # operations of a call that lets other threads run meanwhile


class NativeFunction:
    """A graph compiled for single calls.

    Attributes:
        attempt: the outputs of arrays; None where they are not exactly what is expected.  It is
            None itself where NumPy computes something.

    Raises:
        NativeUnavailable: there is no compiler for this machine.
    """

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node]) -> None:
        self.outputs, self.inputs = tuple(outputs), tuple(inputs)
        self.lowered = lowered_function(outputs, inputs)
        self._call, self.attempt = self._made()

    def run(self, values: Sequence[Any]) -> list[Array]:
        """The outputs, in memory of their own.

        Raises:
            DomainProblem: a computed place lies outside its array.
        """
        try:
            return self._call(*values)
        except DomainProblem:
            Plan(self.outputs, self.inputs)(*values)  # says which place, and whose
            raise

    def _made(self) -> tuple[Callable[..., list[Array]], Callable[..., Any] | None]:
        lowered, processor = self.lowered, detect()
        loaded = code_for(lowered.name, lambda: lowered.text(False, processor), processor)
        if lowered.falls_back:
            return self._in_segments(loaded), None
        inputs = [Spec(one.shape, one.dtype) for one in lowered.givens]
        outputs = [Spec(one.shape, one.dtype) for one in lowered.outputs]
        is_long, fails = lowered.work > LONG, may_fail(lowered.outputs)
        caller = Caller(loaded, "main", inputs, outputs, room_of(loaded), is_long, fails)
        return caller, caller.attempt

    def _in_segments(self, loaded: Loaded) -> Callable[..., list[Array]]:
        """Run with NumPy in between."""
        from chainrule.run.native.segments import Segments

        lowered = self.lowered
        segments = Segments(lowered.program, loaded, len(lowered.givens))

        def call(*values: Any) -> list[Array]:
            pairs = zip(values, lowered.givens, strict=True)
            givens = {
                number: np.require(value, one.dtype, ["C", "ALIGNED", "ENSUREARRAY"])
                for number, (value, one) in enumerate(pairs)
            }
            outputs = [np.empty(one.shape, one.dtype) for one in lowered.outputs]
            segments.run(givens, outputs)
            return outputs

        return call
