"""What this machine can do at best: multiplications and additions, and bytes moved, per second."""

from __future__ import annotations

import ctypes
import time
from functools import cache

import numpy as np

from chainrule.graph.record import Record
from chainrule.run.native.cache import code_for
from chainrule.run.native.calling import address_of, entry_point
from chainrule.run.native.processor import Processor, detect
from chainrule.run.native.ssa import Module, Value, literal, vector_of

__all__ = ["Peak", "measured_peak"]

CHAINS = 12  # sums that do not wait for each other: latency times width of the units
TURNS = 200_000
MOVED = 1 << 25  # bytes: more than the caches hold
TRIES = 5


class Peak(Record):
    """Per second, on one thread: operations on float32 and float64, and bytes of memory."""

    single: float
    double: float
    bytes: float


@cache
def measured_peak() -> Peak:
    """Measured once a process, in about fifty milliseconds.

    Raises:
        NativeUnavailable: there is no compiler for this machine.
    """
    processor = detect()
    loaded = code_for("peak", lambda: _text(processor), processor)
    found = {}
    for scalar in ("float", "double"):
        entry = entry_point(loaded, f"multiply_{scalar}", True)
        kept = np.zeros(64)
        table = np.array([address_of(kept)], np.uintp).tobytes()
        seconds = _best(lambda: entry(table, ctypes.c_int64(TURNS), ctypes.c_int64(0)))  # noqa: B023
        found[scalar] = 2 * CHAINS * processor.lanes(scalar) * TURNS / seconds
    source = np.ones(MOVED // 16)
    target = np.empty_like(source)
    seconds = _best(lambda: np.copyto(target, source))
    return Peak(found["float"], found["double"], 2 * source.nbytes / seconds)


def _best(run: object) -> float:
    assert callable(run)
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def _text(processor: Processor) -> str:
    """Sums of products in registers, as many chains as keep every unit busy."""
    module = Module(processor.rounds)
    for scalar in ("float", "double"):
        lanes = processor.lanes(scalar)
        type_ = vector_of(scalar, lanes)
        function = module.function(
            f"multiply_{scalar}", [("ptr", "table"), ("i64", "steps"), ("i64", "thread")]
        )
        kept = function.load("ptr", Value("%table", "ptr"))
        factor = function.load(type_, kept)
        zeros = [literal(0.0, type_)] * CHAINS

        def body(_: Value, *sums: Value) -> list[Value]:
            return [function.fma(one, factor, factor) for one in sums]  # noqa: B023

        sums = function.loop(Value("%steps", "i64"), body, carried=zeros)
        for one in sums:
            function.store(one, kept)
        function.finish()
    return module.text()
