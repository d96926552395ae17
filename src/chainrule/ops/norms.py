"""Norms over axes: the 2-norm (of a matrix: Frobenius), p-norms, and those that choose or sum."""

from __future__ import annotations

import math
from typing import Any

from chainrule.errors import DomainProblem
from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap, Product, SumOver
from chainrule.ops.broadcasting import as_numbers, cast
from chainrule.ops.choice import absolute, compare, sign
from chainrule.ops.contract import paper_function
from chainrule.ops.guarded import divide_or_zero
from chainrule.ops.reduction import Axes, Reduction, max_, min_, normal_axes, spread, sum_

__all__ = ["Norm", "NormOf", "norm", "p_norm"]


class Norm(Reduction):
    """√Σx² over the axes."""

    name = "norm"
    latex = r"\left\lVert {0} \right\rVert"
    derivatives = ("x/y",)
    sentence = "The gradient of the norm is the array divided by its norm: a unit vector."
    choice = "where the norm is 0 its derivative is taken as 0"
    facts = frozenset({Fact.NONNEGATIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        x = values[0]
        return k.sqrt(k.sum(x * x, axis=self.axis, keepdims=self.keepdims))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        shares = Diagonal(divide_or_zero(x, spread(y, self.axis, x.shape)))
        return (Product((SumOver(self.axis, x.shape, y.shape), shares)),)


class NormOf(Reduction):
    """(Σ|x|^p)^(1/p) over the axes."""

    name = "p_norm"
    derivatives = ("sign(x) (|x|/y)^(p-1)",)
    sentence = (
        "The derivative is the entry's size over the norm, to the power p − 1, with the entry's "
        "sign."
    )
    choice = "where an entry or the norm is 0 the derivative is taken as 0"
    facts = frozenset({Fact.NONNEGATIVE})
    p: float = 2.0

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        powers = k.abs(values[0]) ** self.p
        return k.sum(powers, axis=self.axis, keepdims=self.keepdims) ** (1 / self.p)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x = inputs[0]
        size, whole = absolute(x), spread(y, self.axis, x.shape)
        if self.p >= 1:
            share = divide_or_zero(size, whole) ** (self.p - 1)
        else:  # the other way up, so that no 0 has a negative power
            share = divide_or_zero(whole, size) ** (1 - self.p)
        row = SumOver(self.axis, x.shape, y.shape)
        return (Product((row, Diagonal(sign(x) * share))),)


@paper_function()
def norm(
    x: Node, *, ord: float = 2, axis: int | Axes | None = None, keepdims: bool = False
) -> Node:
    """The norm of all entries over the axes, seen as one vector; of order 2 by default.

    Order 1 is Σ|x|, `inf` the largest |x|, 0 the number of entries that are not 0.

    Raises:
        DomainProblem: the order is no number.
    """
    (x,) = as_numbers((x,))
    order = _order(ord)
    if order == 2:
        return Norm(normal_axes(axis, x.shape), bool(keepdims))(x)
    if order == 1:
        return sum_(absolute(x), axis=axis, keepdims=keepdims)
    if math.isinf(order):
        extreme = max_ if order > 0 else min_
        return extreme(absolute(x), axis=axis, keepdims=keepdims)
    if order == 0:
        return sum_(cast(compare("!=", x, x * 0), x.dtype), axis=axis, keepdims=keepdims)
    return p_norm(x, p=order, axis=axis, keepdims=keepdims)


@paper_function()
def p_norm(
    x: Node, *, p: float = 2, axis: int | Axes | None = None, keepdims: bool = False
) -> Node:
    """(Σ|x|^p)^(1/p) over the axes, all by default.

    Raises:
        DomainProblem: p is no number, 0 or infinite.
    """
    power = _order(p)
    if power == 0 or math.isinf(power):
        raise DomainProblem(f"p_norm needs a finite power that is not 0, not {p}")
    return NormOf(normal_axes(axis, x.shape), bool(keepdims), power)(*as_numbers((x,)))


def _order(value: Any) -> float:
    """The order of a norm; the word `inf` stands for infinity."""
    try:
        order = float(value)
    except (TypeError, ValueError):
        order = math.nan
    if math.isnan(order):
        raise DomainProblem(f"the order of a norm is a number or inf, not {value}")
    return order
