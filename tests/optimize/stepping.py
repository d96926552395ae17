"""An optimiser led through gradients that are given, as a loop of its own."""

from __future__ import annotations

import numpy as np

from chainrule.graph.node import Array, variable
from chainrule.optimize.optimizer import Optimizer
from chainrule.run.interpreter import evaluate_all
from chainrule.run.loop import Loop, run_loop

STEPS = 10


def followed(
    optimizer: Optimizer, starts: list[Array], gradients: list[Array], first: int = 1
) -> tuple[list[Array], dict[str, list[Array]]]:
    """Parameters and state after as many steps as there are gradients of each, (steps, …)."""
    parameters = [variable(start.shape, start.dtype) for start in starts]
    given = [variable((1, *start.shape), start.dtype) for start in starts]
    initial = optimizer.initial(parameters)
    state = {
        word: tuple(variable(node.shape, node.dtype) for node in nodes)
        for word, nodes in initial.items()
    }
    step = variable(())
    new, after = optimizer.update([one[0] for one in given], state, parameters, step)
    carried = list(zip(parameters, new, strict=True))
    values = list(starts)
    for word, nodes in state.items():
        carried += zip(nodes, after[word], strict=True)
        values += evaluate_all(list(initial[word]), dict(zip(parameters, starts, strict=True)))
    rows = np.arange(len(gradients[0]))[:, None]
    found, _ = run_loop(
        Loop(tuple(carried), tuple(given), (), step), values, gradients, rows, (), first
    )
    last = iter(found)
    return [next(last) for _ in starts], {word: [next(last) for _ in starts] for word in state}


def drawn(dtype: str = "float64", seed: int = 3) -> tuple[list[Array], list[Array]]:
    """A matrix, a vector and a number to start from, and their gradients in `STEPS` steps."""
    random = np.random.default_rng(seed)
    shapes = [(2, 3), (3,), ()]
    starts = [random.normal(size=shape).astype(dtype) for shape in shapes]
    return starts, [random.normal(size=(STEPS, *shape)).astype(dtype) for shape in shapes]
