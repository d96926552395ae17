"""The Jacobian of sin(x) exp(-x²) for 5,000 entries: 5,000 numbers, not 25 million."""

from __future__ import annotations

import numpy as np

from benchmarks.figures import Figure, in_turn
from chainrule.differentiate.jacobian import jacobian
from chainrule.graph.node import variable
from chainrule.jacobians.kinds import Diagonal
from chainrule.ops.elementary import exp, sin
from chainrule.run.interpreter import Plan

ENTRIES = 5_000
RUNS = 400


def measure_elementwise_jacobian() -> list[Figure]:
    """Evaluation, and everything from the expression on, against the derivative by hand."""
    values = np.linspace(-2.0, 2.0, ENTRIES)
    x = variable((ENTRIES,))
    f = sin(x) * exp(-(x**2))
    found = jacobian(f, x)
    assert isinstance(found, Diagonal)
    plan = Plan([found.entries], [x])
    assert np.allclose(plan(values)[0], _by_hand(values), rtol=1e-12)
    ours, theirs, ratio = in_turn(lambda: plan(values), lambda: _by_hand(values), RUNS)
    *_, whole = in_turn(lambda: _from_the_start(values), lambda: _by_hand(values), RUNS)
    held = sum(node.size for node in found.nodes)
    return [
        Figure("numbers held by the Jacobian of sin(x) exp(-x²), n = 5,000", held, "", ENTRIES),
        Figure("its evaluation", ours * 1e6, "µs"),
        Figure("the derivative by hand in NumPy", theirs * 1e6, "µs"),
        Figure("evaluation / by hand", ratio, "x", 2.0),
        Figure("building, differentiating, planning and evaluation / by hand", whole, "x"),
    ]


def _by_hand(x: np.ndarray) -> np.ndarray:
    return np.cos(x) * np.exp(-(x**2)) - 2 * x * np.sin(x) * np.exp(-(x**2))


def _from_the_start(values: np.ndarray) -> np.ndarray:
    x = variable((ENTRIES,))
    found = jacobian(sin(x) * exp(-(x**2)), x)
    assert isinstance(found, Diagonal)
    return Plan([found.entries], [x])(values)[0]
