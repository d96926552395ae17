"""Gradient descent, with momentum, and with steps in proportion to what gradients have been.

W is a parameter, g its gradient, α the rate.  `momentum` and `nesterov` are written as PyTorch's
`torch.optim.SGD(momentum=μ)` is, where the rate stands outside of the velocity: with a rate that
stays the same this is what the sources have, and a new rate takes effect at once.
"""

from __future__ import annotations

from chainrule.graph.node import Node
from chainrule.ops.elementary import sqrt
from chainrule.optimize.optimizer import (
    Nodes,
    Optimizer,
    Rate,
    by_parameter,
    check_rate,
    difference,
    in_type_of,
    named,
    rate_at,
    within,
)

__all__ = ["adam", "adamw", "momentum", "nesterov", "sgd"]


def sgd(rate: Rate) -> Optimizer:
    """Gradient descent: W := W − α g.

    Args:
        rate: α, a number or a schedule.

    Raises:
        DataProblem: the rate is negative.

    >>> print(sgd(0.1).formulas("W"))
    g = ∂L/∂W
    W := W - 0.1 * g
    """
    check_rate(rate)

    def rule(step: Node, g: Node, W: Node) -> Nodes:
        return (W - in_type_of(W, rate_at(rate, step)) * g,)

    return by_parameter(named("sgd", rate), (), rule)


def momentum(rate: Rate, factor: float = 0.9) -> Optimizer:
    """Gradient descent with a heavy ball: v := μ v + g, W := W − α v.

    Source: B. T. Polyak, Some methods of speeding up the convergence of iteration methods, 1964.

    Args:
        rate: α, a number or a schedule.
        factor: μ, how much of the velocity is kept, from 0 on and below 1.

    Raises:
        DataProblem: a number is out of its range.

    >>> print(momentum(0.1, 0.8).formulas("W"))
    g = ∂L/∂W
    v := 0.8 * v + g
    W := W - 0.1 * new(v)
    """
    check_rate(rate)
    within("the factor of momentum", factor, 0.0, 1.0)

    def rule(step: Node, g: Node, W: Node, v: Node) -> Nodes:
        v = factor * v + g
        return W - in_type_of(W, rate_at(rate, step)) * v, v

    return by_parameter(named("momentum", rate, factor), ("v",), rule)


def nesterov(rate: Rate, factor: float = 0.9) -> Optimizer:
    """Momentum that looks ahead: v := μ v + g, W := W − α (g + μ v) with the new v.

    Source: Y. Nesterov, A method of solving a convex programming problem with convergence rate
    O(1/k²), 1983, in the form of I. Sutskever et al., On the importance of initialization and
    momentum in deep learning, 2013, with W standing for the point that is looked at.

    Args:
        rate: α, a number or a schedule.
        factor: μ, how much of the velocity is kept, from 0 on and below 1.

    Raises:
        DataProblem: a number is out of its range.

    >>> print(nesterov(0.1).formulas("W"))
    g = ∂L/∂W
    v := 0.9 * v + g
    W := W - 0.1 * (g + 0.9 * new(v))
    """
    check_rate(rate)
    within("the factor of momentum", factor, 0.0, 1.0)

    def rule(step: Node, g: Node, W: Node, v: Node) -> Nodes:
        v = factor * v + g
        return W - in_type_of(W, rate_at(rate, step)) * (g + factor * v), v

    return by_parameter(named("nesterov", rate, factor), ("v",), rule)


def adam(
    rate: Rate = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
) -> Optimizer:
    """Steps in proportion to the mean of the gradient over the root of the mean of its square.

    m := β₁ m + (1 − β₁) g and v := β₂ v + (1 − β₂) g² are running means; m / (1 − β₁ᵗ) and
    v / (1 − β₂ᵗ) are free of the zeros that they start from; W := W − α m̂ / (√v̂ + ε).

    Source: D. P. Kingma, J. Ba, Adam: A method for stochastic optimization, ICLR 2015, Algorithm 1,
    in the order of the end of their section 2, which takes one division an entry: numerator and
    denominator are multiplied by √(1 − β₂ᵗ), ε included.  So it is `torch.optim.Adam`, rounding
    apart.  The numbers that depend on t alone are computed in float64, whatever W is.

    Args:
        rate: α, a number or a schedule.
        beta1, beta2: how much of each mean is kept, from 0 on and below 1.
        epsilon: ε, which keeps the step finite where gradients have been 0.

    Raises:
        DataProblem: a number is out of its range.

    >>> print(adam(0.001).formulas("W"))  # doctest: +ELLIPSIS
    t := t + 1
    g = ∂L/∂W
    m := 0.9 * m + 0.1 * g
    v := 0.999 * v + 0.001 * g^2
    W := W - 0.001 * sqrt(1 - 0.999^new(t)) / (1 - 0.9^new(t)) * new(m) / (sqrt(new(v)) + ...)
    """
    name = named("adam", rate, beta1, beta2, epsilon)
    return _adaptive(name, rate, beta1, beta2, epsilon, 0.0)


def adamw(
    rate: Rate = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    weight_decay: float = 0.01,
) -> Optimizer:
    """Adam, and beside it W is drawn to 0: W := W − α λ W − α m̂ / (√v̂ + ε).

    Source: I. Loshchilov, F. Hutter, Decoupled weight decay regularization, ICLR 2019; as in
    `torch.optim.AdamW` the decay λ is multiplied by the rate of the step.

    Args:
        rate, beta1, beta2, epsilon: as of `adam`.
        weight_decay: λ, from 0 on.

    Raises:
        DataProblem: a number is out of its range.
    """
    within("the weight decay", weight_decay, 0.0)
    name = named("adamw", rate, beta1, beta2, epsilon, weight_decay)
    return _adaptive(name, rate, beta1, beta2, epsilon, weight_decay)


def _adaptive(
    name: str, rate: Rate, beta1: float, beta2: float, epsilon: float, decay: float
) -> Optimizer:
    check_rate(rate)
    within("beta1", beta1, 0.0, 1.0)
    within("beta2", beta2, 0.0, 1.0)
    within("epsilon", epsilon, 0.0)

    def rule(step: Node, g: Node, W: Node, m: Node, v: Node) -> Nodes:
        m = beta1 * m + difference(1, beta1) * g
        v = beta2 * v + difference(1, beta2) * g**2
        now = rate_at(rate, step)
        root = sqrt(1 - beta2**step)
        size = in_type_of(W, now * root / (1 - beta1**step))
        kept = W if not decay else in_type_of(W, 1 - now * decay) * W
        return kept - size * m / (sqrt(v) + in_type_of(W, epsilon * root)), m, v

    return by_parameter(name, ("m", "v"), rule)
