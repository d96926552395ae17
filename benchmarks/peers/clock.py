"""Times one way of doing one workload: compilation apart, results as they are early on."""

from __future__ import annotations

import json
from importlib import import_module
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.peers.derivatives import derivative_of
from benchmarks.peers.session import Session
from benchmarks.peers.ways import DERIVATIVES, Way, way_of
from benchmarks.peers.workloads import TRAININGS, Training, data_of

__all__ = ["fingerprint", "measured"]

SECONDS = 1.5  # about as long as one process goes on timing
LEAST_RUN = 0.02  # a timed run lasts at least so long: more steps, for the smallest nets
REPETITIONS = (5, 51)
SMALL = ("W1", "W2", *DERIVATIVES)
ALIKE = {"W1": "W2", "W2": "W1", "W3": "W4a"}  # a net that a compiler treats in the same way
ONCE_A_PROCESS = ("chainrule", "jax")  # peers whose compile times are compared


def measured(workload: str, name: str) -> str:
    """The median µs a step, the milliseconds that the first run took beyond a later one, results.

    The first run includes building the net: tracing, compiling, whatever a peer does first.
    Results are those after a few steps from the first weights; timing goes on from there.
    """
    way = way_of(workload, name)
    module = import_module(f"benchmarks.peers.{way.module}")
    start = getattr(module, way.start)
    case: Any = derivative_of(workload) if workload in DERIVATIVES else TRAININGS[workload]
    steps, check = (case.steps, case.check) if isinstance(case, Training) else (1, 1)
    if isinstance(case, Training):
        _make_ready(way, module, case)
    began = perf_counter()
    session: Session = start(case)
    session.run(steps)
    first = perf_counter() - began
    again = min(_seconds(session, steps) for _ in range(2))
    session.restart()
    session.run(check)
    found = fingerprint(session)
    microseconds = _per_step(session, steps, workload in SMALL) * 1e6
    return json.dumps(
        {"us": microseconds, "first_ms": max(first - again, 0) * 1e3, "results": found}
    )


def _make_ready(way: Way, module: Any, training: Training) -> None:
    """What is no part of compiling: the data, and what a compiler does once in a process."""
    data_of(training)
    if way.peer in ONCE_A_PROCESS:
        module.prepare(training)
        getattr(module, way.start)(TRAININGS[ALIKE.get(training.name, "W3")]).run(1)


def _per_step(session: Session, steps: int, small: bool) -> float:
    _seconds(session, steps)
    while (once := _seconds(session, steps)) < LEAST_RUN and small:
        steps *= 4
        _seconds(session, steps)
    least, most = REPETITIONS
    repetitions = max(least, min(most, int(SECONDS / once)))
    return median(_seconds(session, steps) for _ in range(repetitions)) / steps


def _seconds(session: Session, steps: int) -> float:
    start = perf_counter()
    session.run(steps)
    return perf_counter() - start


def fingerprint(session: Session) -> list[float]:
    """The sum of each array over the root of how many entries are not 0, and the norm of all."""
    arrays: list[Any] = [np.asarray(array, np.float64) for array in session.results()]
    norm = float(np.sqrt(sum(np.sum(array**2) for array in arrays)))
    counts = [max(1, int(np.count_nonzero(array))) for array in arrays]
    sums = [float(np.sum(a) / np.sqrt(count)) for a, count in zip(arrays, counts, strict=True)]
    return [*sums, norm]
