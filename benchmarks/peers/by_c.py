"""C by hand, as the limit: compiled by the system's `cc` for this processor.

`-ffast-math` makes the processor flush tiny numbers to zero once such a library is loaded: hence a
process of its own.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.peers.session import Session
from benchmarks.peers.updates import MOMENTUM
from benchmarks.peers.workloads import Training, data_of, one_hot

__all__ = ["hand_written", "peak", "with_losses"]

HERE = Path(__file__).resolve().parent / "limits"
COMPILER = "cc"
FLAGS = ("-O3", "-march=native", "-ffast-math", "-fno-math-errno", "-shared", "-fPIC")
ROUNDS = 2_000_000
REPETITIONS = 25


def hand_written(training: Training) -> Session:
    """W1 and W2 without their losses, W3 with them."""
    return _w3(training) if training.name == "W3" else _small(training, losses=False)


def with_losses(training: Training) -> Session:
    """W1 and W2, every step's loss recorded."""
    return _small(training, losses=True)


def _small(training: Training, losses: bool) -> Session:
    train = _library(training.name.lower())[f"limit_{training.name.lower()}"]
    X, Y, _, first = data_of(training)
    T = one_hot(training, Y) if training.name == "W1" else Y
    flat = np.concatenate([W.ravel() for W in first])
    weights = flat.copy()

    def run(steps: int) -> None:
        kept = np.empty(steps, np.float32) if losses else None
        rate, count = ctypes.c_float(training.rate), ctypes.c_long(steps)
        train(_at(weights), _at(X), _at(T), rate, count, None if kept is None else _at(kept))

    return Session(run, lambda: _split(weights, first), partial(np.copyto, weights, flat))


def _split(flat: Any, shapes: list[Any]) -> list[Any]:
    ends = np.cumsum([array.size for array in shapes])[:-1]
    return np.split(flat, ends)


def _w3(training: Training) -> Session:
    """The struct of w3.c as one row of floats: W, its momentum, b, its momentum; V and c padded."""
    library = _library("w3")
    X, Y, order, first = data_of(training)
    W, b, V, c = first
    wide, long_c = np.zeros((32, 16), np.float32), np.zeros(16, np.float32)
    wide[:, :10], long_c[:10] = V, c
    parts = [W, 0 * W, b, 0 * b, wide, 0 * wide, long_c, 0 * long_c]
    start = np.concatenate([part.ravel() for part in parts])
    assert start.size == library.limit_w3_floats()
    weights = start.copy()

    def run(steps: int) -> None:
        losses = np.empty(steps, np.float32)
        library.limit_w3(
            *(_at(array) for array in (weights, X, Y, order)),
            ctypes.c_long(len(order)),
            ctypes.c_float(training.rate),
            ctypes.c_float(MOMENTUM),
            ctypes.c_long(steps),
            _at(losses),
        )

    def results() -> list[Any]:
        W, _, b, _, V, _, c, _ = _split(weights, parts)
        return [W, b, V.reshape(32, 16)[:, :10], c[:10]]

    return Session(run, results, partial(np.copyto, weights, start))


def _at(array: Any) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _library(name: str) -> Any:
    """A file of limits/, compiled and loaded."""
    if shutil.which(COMPILER) is None:
        raise ModuleNotFoundError(f"no C compiler ({COMPILER})")
    with TemporaryDirectory() as folder:
        target = str(Path(folder) / f"{name}.so")
        command = [COMPILER, *FLAGS, str(HERE / f"{name}.c"), "-o", target, "-lm"]
        subprocess.run(command, check=True)
        return ctypes.CDLL(target)


# --- the floor: what the processor can multiply and add ------------------------------------------


def peak(cores: list[int]) -> float:
    """Operations a second of these cores together at their best, each with a thread of its own."""
    library = _library("peak")
    library.limit_peak.restype = ctypes.c_float
    together = Barrier(len(cores))
    with ThreadPoolExecutor(len(cores)) as pool:
        spans = list(pool.map(partial(_multiply, library, together), cores))
    times = [
        max(end for _, end in each) - min(start for start, _ in each)
        for each in zip(*spans, strict=True)
    ]
    return len(cores) * library.limit_peak_operations() * ROUNDS / min(times)


def _multiply(library: Any, together: Barrier, core: int) -> list[tuple[float, float]]:
    """When each repetition began and ended on this core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})  # of this thread alone
    spans = []
    for _ in range(REPETITIONS):
        together.wait()
        start = perf_counter()
        library.limit_peak(ctypes.c_long(ROUNDS), ctypes.c_float(0.999), ctypes.c_float(0.001))
        spans.append((start, perf_counter()))
    return spans


if __name__ == "__main__":
    print(peak([int(core) for core in sys.argv[1].split(",")]))
