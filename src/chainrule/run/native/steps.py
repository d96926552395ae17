"""Many steps of a graph as one native function, on as many threads as pay.

The environment variable CHAINRULE_THREADS says how many there are instead, more than there are
cores or fewer; 1 leaves the other cores to others.  What fits into registers, and what NumPy
computes a part of, has one thread always.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, DomainProblem
from chainrule.graph.node import Array
from chainrule.run.native.cache import code_for
from chainrule.run.native.calling import OUTSIDE, Memories, address_of, entry_point, room_of
from chainrule.run.native.entry import WORKING, Steps
from chainrule.run.native.lowered import Lowered
from chainrule.run.native.processor import detect
from chainrule.run.native.segments import Segments
from chainrule.run.native.together import together

__all__ = ["NativeLoop", "Pace"]

VARIABLE = "CHAINRULE_THREADS"
MOST_THREADS = 256
QUOTA = "/sys/fs/cgroup/cpu.max"  # microseconds of all cores together, in so many (cgroup v2)
WORTH_THREADS = 3_000_000  # operations of a step; below, meeting costs more than is won
SLICE = 0.02  # seconds that steps run before it is asked again how many threads pay
TRIALS = 8  # short slices before numbers of threads are compared
AGAIN = 32  # slices after which the slower way is tried again


class NativeLoop:
    """Steps compiled for data sets of one shape.

    Every number comes out the same, bit for bit, whatever the number of threads; so it may change
    while the loop runs: on a busy machine one thread is faster than two that wait for each other.
    Several threads of Python may run it at once, each run in memory of its own.

    Raises:
        NativeUnavailable: there is no compiler for this machine.
        DataProblem: CHAINRULE_THREADS is no number of threads.
    """

    def __init__(self, lowered: Lowered) -> None:
        self.lowered = lowered
        choices = _choices_for(lowered)
        self.threads = max(choices)
        processor, is_parallel = detect(), self.threads > 1
        key = f"{lowered.name}|{is_parallel}"
        loaded = code_for(key, lambda: lowered.text(is_parallel, processor), processor)
        self._loaded = loaded
        self._pace = Pace(choices)
        if lowered.falls_back:
            self._segments = Segments(lowered.program, loaded, len(lowered.givens))
            return
        self._entry = entry_point(loaded, "main", True)
        self._memories = Memories(room_of(loaded))

    def run(
        self, givens: Sequence[Array], rows: Array, records: Sequence[Array], first: int
    ) -> None:
        """As many steps as `rows` has rows.

        `givens` are all inputs but the counter, of gathered ones the whole data; those that are
        carried are written over.  `records` are filled.

        Raises:
            DomainProblem: a computed place lies outside its array.
        """
        held = [np.empty(one.shape, one.dtype) for one in self.lowered.outputs]
        if self.lowered.falls_back:
            self._run_in_steps(givens, held, rows, records, first)
            return
        done = 0
        while done < len(rows):
            threads, count = self._pace.next(len(rows) - done)
            part = slice(done, done + count)
            start = time.perf_counter()
            records_now = [one[part] for one in records]
            if self._slice(givens, held, rows[part], records_now, first + done, threads):
                self._pace.took(threads, count, time.perf_counter() - start)
                done += count
            else:
                self._pace = Pace((1,))

    def _slice(
        self,
        givens: Sequence[Array],
        held: Sequence[Array],
        rows: Array,
        records: Sequence[Array],
        first: int,
        threads: int,
    ) -> bool:
        """Some of the steps; False if there cannot be so many threads, and nothing was done."""
        number = np.array([float(first)])
        spare = [] if self.lowered.steps.counter is None else [number]
        differ = self.lowered.steps != Steps()
        between = [rows, *records, number] if differ else []  # as `driver.py` lays the table out
        working = self._memories.take()
        arrays = [*givens, *spare, *held, *between, working]
        table = np.array([address_of(one) for one in arrays], np.uintp).tobytes()
        part = partial(self._part, arrays, table, ctypes.c_int64(len(rows)))
        working[:WORKING] = 0
        words = working[WORKING // 2 : WORKING].view(np.uintp)
        words[1], words[2] = threads, _giving_away()
        if threads == 1:
            part(0)
        elif not together(part, threads):
            return False
        if working[0]:
            raise DomainProblem(OUTSIDE)
        self._memories.give_back(working)
        return True

    def _part(
        self, arrays: Sequence[Array], table: bytes, steps: ctypes.c_int64, thread: int
    ) -> None:
        """What one thread does; the arrays that the table points to live for as long as that."""
        self._entry(table, steps, ctypes.c_int64(thread))

    def _run_in_steps(
        self,
        givens: Sequence[Array],
        held: Sequence[Array],
        rows: Array,
        records: Sequence[Array],
        first: int,
    ) -> None:
        """Step by step: NumPy computes something in each."""
        steps, places = self.lowered.steps, self._segments.program.places
        shapes = dict(steps.gathered)
        fixed = {number: one for number, one in enumerate(givens) if number not in shapes}
        gathered = [number for number in shapes if number in places]
        for at, chosen in enumerate(rows):
            inside: dict[int, Any] = {number: givens[number][chosen] for number in gathered}
            if steps.counter is not None and steps.counter in places:
                inside[steps.counter] = np.array(first + at)
            self._segments.run(fixed, held, inside)
            for output, record in zip(steps.recorded, records, strict=True):
                record[at] = held[output]


class Pace:
    """How many threads the next steps run on: of the choices that which was fastest of late.

    A short slice says more of beginning threads than of steps, so a choice has several of them
    before it is compared.
    """

    def __init__(self, choices: tuple[int, ...]) -> None:
        self.choices = choices
        self.seconds: dict[int, float] = {}  # of a step, by the number of threads
        self.tried = dict.fromkeys(choices, 0)
        self.slices = 0

    def next(self, left: int) -> tuple[int, int]:
        """How many threads, and for how many steps."""
        if len(self.choices) == 1:
            return self.choices[0], left
        self.slices += 1
        untried = [one for one in self.choices if self.tried[one] < TRIALS]
        order = sorted(self.seconds, key=lambda one: self.seconds[one])
        chosen = untried[0] if untried else order[0]
        if not untried and self.slices % AGAIN == 0:
            chosen = order[1]
        known = self.seconds.get(chosen) or min(self.seconds.values(), default=SLICE)
        return chosen, max(1, min(left, int(SLICE / known)))

    def took(self, threads: int, steps: int, seconds: float) -> None:
        """What was measured."""
        if steps:
            self.seconds[threads] = seconds / steps
            self.tried[threads] += TRIALS if seconds > SLICE / 4 else 1


def _choices_for(lowered: Lowered) -> tuple[int, ...]:
    """The numbers of threads that may pay, or the one that is asked for."""
    asked = _asked()
    if lowered.is_tiny or lowered.falls_back:
        return (1,)
    if asked:
        return (asked,)
    threads = min(_cores(), lowered.work // WORTH_THREADS)
    return (threads, 1) if threads > 1 else (1,)


def _cores(quota: str = QUOTA) -> int:
    """How many cores the process may use; within a container, for as much time as it gets."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    try:
        with open(quota, encoding="ascii") as file:
            microseconds, period = file.read().split()
        return max(1, min(cores, int(microseconds) // int(period)))
    except (OSError, ValueError):  # not within one, or "max": without a limit
        return cores


def _asked() -> int:
    """What the environment asks for; 0 if it does not.

    Raises:
        DataProblem: that is no number of threads.
    """
    text = os.environ.get(VARIABLE, "")
    number = int(text) if text.isdecimal() and len(text) < 10 else 0
    if text and not 1 <= number <= MOST_THREADS:
        raise DataProblem(f"{VARIABLE} is {text!r}; expected 1 to {MOST_THREADS}")
    return number


@cache
def _giving_away() -> int:
    """The address of what gives the processor to another thread that waits for it."""
    try:
        function: Any = ctypes.CDLL(None).sched_yield
    except (AttributeError, OSError, TypeError):
        function = ctypes.pythonapi.Py_IsInitialized  # does nothing
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address
