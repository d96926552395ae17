"""Exponentials and logarithms to other bases and near 0, and sums of exponentials."""

from __future__ import annotations

import math
from typing import Any

from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.ops.broadcasting import aligned
from chainrule.ops.contract import Composite, Elementwise, paper_function, paper_operation
from chainrule.ops.elementary import exp

__all__ = ["exp2", "expm1", "log1p", "log2", "log10", "logaddexp", "logaddexp2", "share"]


class Exp2(Elementwise):
    """2^x."""

    name = "exp2"
    latex = r"2^{{{0}}}"
    precedence = "power"
    derivatives = ("y log 2",)
    sentence = "The derivative of a power of two is itself times log 2."
    facts = frozenset({Fact.POSITIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.exp2(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(math.log(2) * y),)


class Expm1(Elementwise):
    """e^x − 1, exact near 0."""

    name = "expm1"
    derivatives = ("e^x",)
    sentence = (
        "The derivative of the exponential minus one is the exponential: the constant drops out."
    )

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.expm1(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(exp(inputs[0])),)


class Log1p(Elementwise):
    """log(1 + x), exact near 0."""

    name = "log1p"
    derivatives = ("1/(1 + x)",)
    sentence = "The derivative of the logarithm is one over its argument, 1 + x."
    domain = ((-0.5, 2.0),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.log1p(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 / (1 + inputs[0])),)


class Log2(Elementwise):
    """The logarithm to base 2."""

    name = "log2"
    latex = r"\log_2 {0}"
    derivatives = ("1/(x log 2)",)
    sentence = "To base 2, one over the argument is divided by log 2."
    domain = ((0.3, 2.0),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.log2(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 / math.log(2) / inputs[0]),)


class Log10(Elementwise):
    """The logarithm to base 10."""

    name = "log10"
    latex = r"\log_{{10}} {0}"
    derivatives = ("1/(x log 10)",)
    sentence = "To base 10, one over the argument is divided by log 10."
    domain = ((0.3, 2.0),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.log10(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 / math.log(10) / inputs[0]),)


class LogAddExp(Elementwise):
    """log(e^a + e^b), computed without overflow."""

    name = "logaddexp"
    arity = 2
    latex = r"\log\left(e^{{{0}}} + e^{{{1}}}\right)"
    derivatives = ("e^a / (e^a + e^b)", "e^b / (e^a + e^b)")
    sentence = (
        "The derivative with respect to each of the two is its share of the sum of exponentials."
    )
    choice = "where both are the same infinity, both derivatives are taken as 1/2"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.logaddexp(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a, b = inputs
        return Diagonal(share(a, b)), Diagonal(share(b, a))


class Share(Elementwise):
    """e^a / (e^a + e^b) = σ(a − b), computed without overflow; ½ where a and b are equal."""

    name = "share"
    arity = 2
    latex = r"\frac{{e^{{{0}}}}}{{e^{{{0}}} + e^{{{1}}}}}"
    precedence = "product"
    derivatives = ("y (1 - y)", "−y (1 - y)")
    sentence = "The derivative is the share times the rest, with opposite signs for the two."
    facts = frozenset({Fact.POSITIVE, Fact.AT_MOST_ONE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        a, b = values
        ahead = k.where(a == b, k.zeros_like(a), a - b)  # ∞ − ∞ is no number
        small = k.exp(-k.abs(ahead))
        return k.where(ahead >= 0, 1 / (1 + small), small / (1 + small))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        slope = y * share(inputs[1], inputs[0])
        return Diagonal(slope), Diagonal(-slope)


class LogAddExp2(Composite):
    """log₂(2^a + 2^b), computed without overflow."""

    name = "logaddexp2"
    arity = 2
    derivatives = ("2^a / (2^a + 2^b)", "2^b / (2^a + 2^b)")
    sentence = (
        "The derivative with respect to each of the two is its share of the sum of powers of two."
    )
    choice = LogAddExp.choice

    def body(self, *inputs: Node) -> Node:
        a, b = inputs
        return logaddexp(math.log(2) * a, math.log(2) * b) / math.log(2)


exp2 = paper_operation(Exp2())
expm1 = paper_operation(Expm1())
log1p = paper_operation(Log1p())
log2 = paper_operation(Log2())
log10 = paper_operation(Log10())
logaddexp = paper_operation(LogAddExp())
share = paper_operation(Share())


@paper_function()
def logaddexp2(a: Node, b: Node) -> Node:
    """log₂(2^a + 2^b), broadcast."""
    return LogAddExp2()(*aligned("logaddexp2", a, b))
