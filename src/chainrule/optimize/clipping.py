"""Gradients kept within bounds before an optimiser sees them.

>>> from chainrule.optimize.descent import sgd
>>> print(clipped(sgd(0.1), value=1.0).formulas("W"))
g = ∂L/∂W
W := W - 0.1 * minimum(maximum(g, -1), 1)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.errors import DataProblem
from chainrule.graph.node import FLOAT, Node, constant
from chainrule.ops.broadcasting import cast
from chainrule.ops.choice import maximum, minimum
from chainrule.ops.elementary import sqrt
from chainrule.ops.reduction import sum_
from chainrule.optimize.optimizer import Nodes, Optimizer, State, in_type_of, within

__all__ = ["clipped"]

Clip = Callable[[Sequence[Node], float], Nodes]


def clipped(
    optimizer: Optimizer,
    *,
    value: float | None = None,
    norm: float | None = None,
    global_norm: float | None = None,
) -> Optimizer:
    """The optimiser, given gradients that are not longer than a bound; one of three is named.

    Source: R. Pascanu, T. Mikolov, Y. Bengio, On the difficulty of training recurrent neural
    networks, ICML 2013, Algorithm 1, for the norms.

    Args:
        value: no entry of a gradient is larger than this, with either sign.
        norm: the gradient of each parameter is shortened to this length, if it is longer.
        global_norm: all gradients together, seen as one vector, are shortened to this length; as
            `torch.nn.utils.clip_grad_norm_` does, without the 1e-6 that it adds to the length.

    Raises:
        DataProblem: no bound is named, or several are, or it is not above 0; or there is no
            optimiser.
    """
    if not isinstance(optimizer, Optimizer):
        raise DataProblem(f"clipped takes an optimiser such as cr.sgd(0.1), not {optimizer!r}")
    bounds = {"value": value, "norm": norm, "global_norm": global_norm}
    given = [(kind, bound) for kind, bound in bounds.items() if bound is not None]
    if len(given) != 1:
        raise DataProblem("clipped takes one of value=, norm= and global_norm=")
    ((kind, bound),) = given
    if within(f"the bound {kind}", bound, 0.0) == 0:
        raise DataProblem(f"the bound {kind} is a number above 0")

    def update(
        gradients: Sequence[Node], state: State, parameters: Sequence[Node], step: Node
    ) -> tuple[Nodes, State]:
        return optimizer.update(CLIPS[kind](gradients, bound), state, parameters, step)

    return Optimizer(f"clipped({optimizer!r}, {kind}={bound!r})", optimizer.initial, update)


def _by_value(gradients: Sequence[Node], bound: float) -> Nodes:
    high, low = constant(bound), constant(-bound)
    return tuple([minimum(maximum(g, low), high) for g in gradients])


def _by_norm(gradients: Sequence[Node], bound: float) -> Nodes:
    return tuple([_by_global_norm([g], bound)[0] for g in gradients])


def _by_global_norm(gradients: Sequence[Node], bound: float) -> Nodes:
    """Each times bound / max(length, bound): 1 where they are short enough, exactly."""
    if not gradients:
        return ()
    squares = [sum_(cast(g, FLOAT) ** 2) for g in gradients]  # no float32 is too large to square
    total = squares[0]
    for square in squares[1:]:
        total = total + square
    factor = bound / maximum(sqrt(total), constant(bound))
    return tuple([in_type_of(g, factor) * g for g in gradients])


CLIPS: dict[str, Clip] = {"value": _by_value, "norm": _by_norm, "global_norm": _by_global_norm}
