"""chainrule beside other libraries: `make bench-peers`, or a part of it:

python -m benchmarks.peers --workloads W1,W3 --peers chainrule,jax --runs 3 --json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.peers.by_c import peak
from benchmarks.peers.first_gradient import first_gradients
from benchmarks.peers.goals import GOALS, judged
from benchmarks.peers.machine import described, usable_cores, versions
from benchmarks.peers.memory import AVAILABLE, NET
from benchmarks.peers.report import markdown
from benchmarks.peers.running import Job, Outcome, cores_of, jobs, process, run_in_turn
from benchmarks.peers.ways import ALL, DERIVATIVES, PEERS, Way
from benchmarks.peers.workloads import TRAININGS, operations

FLOORS = ("W4a", "W4b", "W4c")
MEMORY = ("chainrule", "JAX scan", "PyTorch eager", "NumPy by hand")


def main() -> int:
    options = _options()
    workloads, peers, cores = options.workloads, options.peers, options.cores
    wanted = jobs([name for name in workloads if name in (*ALL, *DERIVATIVES)], peers)
    outcomes = run_in_turn(wanted, cores, options.runs, _tell)
    outcomes |= _floors(workloads, cores) if "c" in peers else {}
    first = first_gradients(set(peers), _tell) if "first" in workloads else {}
    memory = _memory(peers, cores) if "memory" in workloads else {}
    figures = _figures(outcomes, first, memory)
    verdicts = [judged(goal, figures) for goal in GOALS if goal.workload in workloads]
    machine, packages = described(cores), versions()
    if options.json:
        rows = [_as_json(job, found) for job, found in outcomes.items()]
        judgements = [one._asdict() | {"goal": one.goal._asdict()} for one in verdicts]
        print(
            json.dumps(
                {
                    "machine": machine,
                    "versions": packages,
                    "steps": rows,
                    "first gradient": first,
                    "memory": memory,
                    "goals": judgements,
                }
            )
        )
        return 0
    text = markdown(
        machine, packages, verdicts, outcomes, first, _memory_rows(memory), options.runs
    )
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


def _options() -> argparse.Namespace:
    everything = (*ALL, *DERIVATIVES, "first", "memory")
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--workloads", type=_chosen(everything), default=everything)
    parser.add_argument("--peers", type=_chosen(PEERS), default=PEERS)
    parser.add_argument("--runs", type=int, default=3, help="processes for each (default: 3)")
    parser.add_argument("--cores", type=_numbers, default=usable_cores(), help="such as 0,1")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the report there")
    return parser.parse_args()


def _chosen(known: tuple[str, ...]) -> Any:
    def names(text: str) -> list[str]:
        found = text.split(",")
        if unknown := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"no {', '.join(unknown)} in {', '.join(known)}")
        return found

    return names


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _floors(workloads: list[str], cores: list[int]) -> dict[Job, Outcome]:
    """The least time that the products of the large nets can take on this processor."""
    found = {}
    for name in FLOORS:
        if name not in workloads:
            continue
        _tell(f"floor of {name}")
        way = Way("floor", "c", "numpy", "by_c", "peak", FLOORS)
        try:
            rate = peak(cores_of(name, cores))
        except ModuleNotFoundError as problem:
            found[Job(name, way)] = Outcome(problem=str(problem))
            continue
        least = operations(TRAININGS[name]) / rate * 1e6
        found[Job(name, way)] = Outcome(us=least, worst_us=least)
    return found


def _memory(peers: list[str], cores: list[int]) -> dict[str, dict[str, Any]]:
    """Megabytes, for one way of each library that shares the work with nobody."""
    if not AVAILABLE:
        return {}
    found = {}
    for job in jobs([NET], peers):
        if job.way.name in MEMORY:
            _tell(f"memory of {NET}, {job.way.name}")
            one = process("benchmarks.peers.memory", cores, job.way.name)
            if "problem" not in one:
                one["ratio"] = (one["grown"] + one["data"]) / (one["needed"] + one["data"])
            found[job.way.name] = one
    return found


def _memory_rows(memory: dict[str, dict[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (name, one["problem"], "", "", "")
        if "problem" in one
        else (
            name,
            *(f"{one[key]:.0f}" for key in ("grown", "needed", "data")),
            f"{one['ratio']:.2f}",
        )
        for name, one in memory.items()
    ]


def _figures(
    outcomes: dict[Job, Outcome],
    first: dict[str, float | str],
    memory: dict[str, dict[str, Any]],
) -> dict[tuple[str, str, str], float]:
    """By workload, way and quantity; only what was measured."""
    found: dict[tuple[str, str, str], float] = {}
    for job, one in outcomes.items():
        if not one.problem:
            found[job.workload, job.way.name, "us"] = one.us
            found[job.workload, job.way.name, "first_ms"] = one.first_ms
    for name, taken in first.items():
        if not isinstance(taken, str):
            found["first", name, "ms"] = taken
    for name, held in memory.items():
        if "ratio" in held:
            found["memory", name, "ratio"] = held["ratio"]
    return found


def _as_json(job: Job, found: Outcome) -> dict[str, Any]:
    return {"workload": job.workload, "way": job.way.name, "peer": job.way.peer} | found._asdict()


if __name__ == "__main__":
    sys.exit(main())
