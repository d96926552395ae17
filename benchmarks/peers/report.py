"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.peers.goals import Verdict
from benchmarks.peers.running import TOLERANCE, Job, Outcome, off

__all__ = ["markdown", "workload_rows"]

LIMITS = ("C", "floor")
OURS = ("chainrule", "chainrule, compiled")
COMPILERS = ("chainrule", "jax", "torch", "numba")
TITLES = {
    "W1": "W1: 2-2-2, one example",
    "W2": "W2: 1-2-2-1, sigmoid, batch of 3",
    "W3": "W3: 64-32-10, batch of 32, momentum",
    "W4a": "W4a: 784-128-10, batch of 64",
    "W4b": "W4b: 784-512-512-10, batch of 128, Adam",
    "W4c": "W4c: 12 layers of 256, tanh, batch of 32",
    "residual": "A residual net with layer norm: 3 blocks of 64-128-64, batch of 32, Adam",
    "conv": "A convolutional net: 8 and 16 kernels of 3 × 3, batch of 32",
    "W5a": "W5a: Jacobian of 64-64-64-64",
    "W5b": "W5b: per-example gradients, 256 examples of W3",
    "W5c": "W5c: Hessian of W2's loss, 13 × 13",
    "W5d": "W5d: Jacobian of sin(x) exp(−x²), 5,000 entries",
}
PREFACE = """\
# chainrule beside other libraries

Written by `make bench-peers`; do not edit. Each way of doing a workload ran in {runs} process(es)
of its own, pinned to its cores, in turn with all others. A process reports the median of its
repetitions; the time shown is the lowest of these medians, behind it the highest. *First* is what
the first run took beyond a later one: tracing and compiling (for JAX and chainrule after a tiny
net, so that it holds nothing that is done once in a process). Results are compared after a few
steps: *off* says how far a way is from the median of all, where that is more than {tolerance:g} of
the norm of all weights. `C` is written by hand for one processor and one net; the floor is the
number of multiplications and additions in all matrix products over what this processor does when
it does nothing else. JAX keeps a copy of its own of the data.
"""


def markdown(
    machine: Mapping[str, str],
    versions: Mapping[str, str],
    verdicts: Sequence[Verdict],
    outcomes: Mapping[Job, Outcome],
    first: Mapping[str, float | str],
    memory: Sequence[Sequence[str]],
    runs: int,
) -> str:
    """The whole report."""
    parts = [PREFACE.format(runs=runs, tolerance=TOLERANCE)]
    parts.append(_table(("", ""), [*machine.items(), ("versions", _listed(versions))]))
    parts.append("## What must be reached\n\n" + _verdicts(verdicts))
    workloads = dict.fromkeys(job.workload for job in outcomes)
    parts += [f"## {TITLES[name]}\n\n" + _workload(name, outcomes) for name in workloads]
    if first:
        rows = [(name, _number(found)) for name, found in first.items()]
        parts.append("## First gradient of W1 in a fresh process\n\n" + _table(("", "ms"), rows))
    if memory:
        head = ("", "grown by, MB", "needed, MB", "data, MB", "with data, × needed")
        parts.append("## Peak memory while training W4b\n\n" + _table(head, memory))
    return "\n".join(parts)


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{package} {version}" for package, version in versions.items())


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    head = ("workload", "", "ours", "beside", "theirs", "ratio", "wanted", "")
    return _table(head, [_verdict(one) for one in verdicts])


QUANTITIES = {"us": "µs", "first_ms": "compile, ms", "ms": "fresh process, ms", "ratio": "× needed"}


def _verdict(one: Verdict) -> tuple[str, ...]:
    goal = one.goal
    bound = f"≥ {goal.at_least:,g}" if goal.at_least is not None else f"≤ {goal.at_most:g}"
    word = {None: "not measured", True: "met", False: "**not met**"}[one.met]
    return (
        goal.workload,
        QUANTITIES[goal.quantity],
        _number(one.ours),
        one.beside or "–",
        _number(one.other),
        _number(one.ratio),
        bound,
        word,
    )


def _workload(workload: str, outcomes: Mapping[Job, Outcome]) -> str:
    unit = "µs" if workload.startswith("W5") else "µs/step"
    head = ("", unit, "highest", "time / ours", "time / limit", "first, ms", "")
    return _table(head, workload_rows(workload, outcomes))


def workload_rows(workload: str, outcomes: Mapping[Job, Outcome]) -> list[tuple[str, ...]]:
    """A row for each way, the fastest first; those without figures last."""
    mine = {job: found for job, found in outcomes.items() if job.workload == workload}
    known = {job.way.name: found.us for job, found in mine.items() if found.us}
    ours = next((known[name] for name in OURS if name in known), None)
    limit = next((known[name] for name in LIMITS if name in known), None)
    distances = dict(zip(mine, off(list(mine.values())), strict=True))
    ranked = sorted(mine, key=lambda job: (bool(mine[job].problem), mine[job].us))
    return [_row(job, mine[job], ours, limit, distances[job]) for job in ranked]


def _row(
    job: Job, found: Outcome, ours: float | None, limit: float | None, distance: float
) -> tuple[str, ...]:
    name, compiles = job.way.name, job.way.peer in COMPILERS
    if found.problem:
        return (name, "", "", "", "", "", found.problem)
    return (
        name,
        _number(found.us),
        _number(found.worst_us),
        _number(found.us / ours if ours else None),
        _number(found.us / limit if limit else None),
        _number(found.first_ms) if compiles else "",
        f"off by {distance:.0e}" if distance > TOLERANCE else "",
    )


def _number(value: float | str | None) -> str:
    """Three figures, and no more than are meant."""
    if value is None or isinstance(value, str):
        return value or "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
