"""What is run natively where that is possible, and by the interpreter where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.graph.node import Array, Node
from chainrule.run.interpreter import Plan
from chainrule.run.native.function import NativeFunction
from chainrule.run.native.lowered import lowered_loop
from chainrule.run.native.machine import NativeUnavailable, say_unavailable

if TYPE_CHECKING:
    from chainrule.run.native.steps import NativeLoop

__all__ = ["native_loop", "native_plan", "run_natively"]


def native_plan(outputs: Sequence[Node], inputs: Sequence[Node]) -> NativeFunction | Plan:
    """The outputs as machine code; as a plan for the interpreter where there is no compiler."""
    try:
        return NativeFunction(outputs, inputs)
    except NativeUnavailable as problem:
        say_unavailable(problem)
        return Plan(outputs, inputs)


def native_loop(
    carried: Sequence[tuple[Node, Node]],
    gathered: Sequence[tuple[Node, tuple[int, ...]]],
    fixed: Sequence[Node],
    counter: Node | None,
    recorded: Sequence[Node],
) -> NativeLoop | None:
    """The steps as machine code; None where there is no compiler."""
    from chainrule.run.native.steps import NativeLoop

    try:
        return NativeLoop(lowered_loop(carried, gathered, fixed, counter, recorded))
    except NativeUnavailable as problem:
        say_unavailable(problem)
        return None


def run_natively(
    loop: NativeLoop,
    carried: Sequence[Array],
    data: Sequence[Array],
    rows: Array,
    fixed: Sequence[Array],
    first: int,
) -> tuple[list[Array], list[Array]]:
    """See `run.loop.run_loop`."""
    lowered = loop.lowered
    values = [np.array(value, order="C") for value in carried]
    others = [
        np.require(value, one.dtype, ["C", "ALIGNED", "ENSUREARRAY"])
        for value, one in zip([*data, *fixed], lowered.givens[len(values) :], strict=False)
    ]
    count = len(rows)
    records: list[Any] = [
        np.empty((count, *lowered.outputs[at].shape), lowered.outputs[at].dtype)
        for at in lowered.steps.recorded
    ]
    chosen = np.ascontiguousarray(rows, np.int64)
    loop.run([*values, *others], chosen, records, first)
    return values, records
