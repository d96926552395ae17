"""A process for each workload and way, pinned to its cores, all in turn so that noise hits all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from benchmarks.peers.ways import WAYS, Way
from benchmarks.peers.workloads import TRAININGS

__all__ = ["TOLERANCE", "Job", "Outcome", "cores_of", "jobs", "off", "process", "run_in_turn"]

SECONDS = 600  # that a process may take
TOLERANCE = 1e-4  # of the norm of all weights
THREADS = ("OMP", "OPENBLAS", "MKL", "NUMBA")


class Job(NamedTuple):
    """A workload done one way."""

    workload: str
    way: Way


class Outcome(NamedTuple):
    """The lowest of the processes' medians, the highest, the lowest compile time; or a problem."""

    us: float = 0.0
    worst_us: float = 0.0
    first_ms: float = 0.0
    results: tuple[float, ...] = ()
    problem: str = ""


def jobs(workloads: Sequence[str], peers: Sequence[str]) -> list[Job]:
    """Each way of each workload that is wanted."""
    return [
        Job(workload, way)
        for workload in workloads
        for way in WAYS
        if workload in way.workloads and way.peer in peers
    ]


def cores_of(workload: str, cores: list[int]) -> list[int]:
    """All cores, or the last ones where a net is too small for more."""
    training = TRAININGS.get(workload)
    wanted = training.cores if training else 1
    return cores if wanted is None else cores[-wanted:]


def run_in_turn(
    wanted: list[Job], cores: list[int], runs: int, tell: Callable[[str], None]
) -> dict[Job, Outcome]:
    """So many processes for each job; a job that fails is not tried again."""
    found: dict[Job, list[dict[str, Any]]] = {job: [] for job in wanted}
    problems = {job: "not installed" for job in wanted if find_spec(job.way.package) is None}
    try:
        for run in range(runs):
            for at, job in enumerate(wanted):
                if job in problems:
                    continue
                pinned = cores_of(job.workload, cores)
                one = process("benchmarks.peers.one", pinned, job.workload, job.way.name)
                if "problem" in one:
                    problems[job] = one["problem"]
                else:
                    found[job].append(one)
                word = problems.get(job) or f"{one['us']:.3g} µs"
                place = f"run {run + 1} of {runs}, {at + 1} of {len(wanted)}"
                tell(f"{place}: {job.workload} {job.way.name}: {word}")
    except KeyboardInterrupt:
        tell("stopped: the report is of what was done so far")
    return {job: outcome(found[job], problems.get(job, "")) for job in wanted}


def outcome(measured: list[dict[str, Any]], problem: str = "") -> Outcome:
    """What all processes of a job come to."""
    if problem or not measured:
        return Outcome(problem=problem or "not run")
    times = [one["us"] for one in measured]
    first = min(one["first_ms"] for one in measured)
    return Outcome(min(times), max(times), first, tuple(measured[-1]["results"]))


def process(module: str, cores: list[int], *arguments: str) -> dict[str, Any]:
    """What a module prints as JSON, in a process of its own on these cores, with empty caches."""
    pinned = ",".join(map(str, cores))
    command = [sys.executable, "-m", module, pinned, *arguments]
    with TemporaryDirectory() as empty:
        settings = {f"{name}_NUM_THREADS": str(len(cores)) for name in THREADS}
        caches = {"CHAINRULE_CACHE": empty, "TORCHINDUCTOR_CACHE_DIR": empty}
        environment = os.environ | settings | caches | {"JAX_PLATFORMS": "cpu"}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return {"problem": f"took more than {SECONDS} s"}
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        return {"problem": f"failed: {last[:100]}"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def off(outcomes: Sequence[Outcome]) -> list[float]:
    """How far each one's results are from the median of all, in units of the norm."""
    known = [one.results for one in outcomes if one.results]
    middle = np.median(np.array(known), axis=0) if known else np.zeros(1)
    norm = max(1.0, abs(float(middle[-1])))
    return [
        float(np.max(np.abs(np.array(one.results) - middle))) / norm if one.results else 0.0
        for one in outcomes
    ]
