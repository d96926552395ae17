"""What must be reached, as ratios within one run."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["GOALS", "Goal", "Verdict", "judged"]

Figures = dict[tuple[str, str, str], float]  # workload, way, quantity


class Goal(NamedTuple):
    """Ours against the best of some others: their figure over ours, or ours over theirs."""

    workload: str
    quantity: str  # us: a step's time; first_ms: compiling; ms: a fresh process; memory
    ours: str
    others: tuple[str, ...]
    at_least: float | None = None
    at_most: float | None = None


class Verdict(NamedTuple):
    """A goal and what was measured, beside the best of the others; None where that is missing."""

    goal: Goal
    beside: str
    ours: float | None
    other: float | None
    ratio: float | None
    met: bool | None


JAX = ("JAX fori_loop", "JAX scan", "JAX scan, loss in plain NumPy", "JAX jit per step")
TORCH = ("PyTorch eager",)
LOOP, COMPILED = "chainrule", "chainrule, compiled"
FLOOR = ("floor",)


def _speed(workload: str, others: tuple[str, ...], at_least: float, ours: str = LOOP) -> Goal:
    return Goal(workload, "us", ours, others, at_least=at_least)


def _limit(workload: str, others: tuple[str, ...], at_most: float, ours: str = LOOP) -> Goal:
    return Goal(workload, "us", ours, others, at_most=at_most)


def _start(ours: str, at_most: float) -> Goal:
    return Goal("first", "ms", ours, ("NumPy by hand",), at_most=at_most)


def _compile(workload: str) -> Goal:
    return Goal(workload, "first_ms", LOOP, ("JAX scan",), at_most=0.25)


GOALS = (
    _speed("W1", JAX[:2], 1.5),
    _speed("W1", TORCH, 2500),
    _limit("W1", ("C",), 1.1),
    _speed("W2", JAX, 1.6),
    _limit("W2", ("C",), 1.1),
    _speed("W3", JAX, 2.7),
    _limit("W3", ("C",), 1.15),
    _speed("W4a", JAX, 1.35),
    _limit("W4a", FLOOR, 1.25),
    _speed("W4b", JAX, 1.15),
    _limit("W4b", FLOOR, 1.2),
    _speed("W4c", JAX, 1.6),
    _limit("W4c", FLOOR, 1.2),
    _speed("W5a", ("JAX jit jacrev", "JAX jit jacfwd"), 1.0, COMPILED),
    _speed("W5b", ("JAX jit vmap(grad)",), 1.0, COMPILED),
    _speed("W5c", ("JAX jit hessian",), 1.0, COMPILED),
    _limit("W5d", ("NumPy by hand",), 1.1, COMPILED),
    _start("chainrule, interpreter", 1.5),
    _start("chainrule, compiled", 2.3),
    _start("chainrule, from the cache", 1.7),
    _compile("W3"),
    _compile("W4a"),
    _compile("W4c"),
    Goal("memory", "ratio", LOOP, (), at_most=1.3),
)


def judged(goal: Goal, figures: Figures) -> Verdict:
    """Whether a goal is met by these figures."""
    ours = figures.get((goal.workload, goal.ours, goal.quantity))
    places = [(goal.workload, other, goal.quantity) for other in goal.others]
    known = {place[1]: figures[place] for place in places if place in figures}
    best = min(known, key=known.__getitem__, default=" / ".join(goal.others))
    other = known.get(best) if goal.others else 1.0  # a figure that is a ratio already
    if ours is None or other is None:
        return Verdict(goal, best, ours, other, None, None)
    if goal.at_least is not None:
        return Verdict(goal, best, ours, other, other / ours, other / ours >= goal.at_least)
    assert goal.at_most is not None
    return Verdict(goal, best, ours, other, ours / other, ours / other <= goal.at_most)
