"""exp, log, sqrt, sin, cos, tan, and the three guarded forms that entropies need."""

from __future__ import annotations

from typing import Any

from chainrule.graph.facts import Fact
from chainrule.graph.node import Kernels, Node
from chainrule.jacobians.kinds import Diagonal, LinearMap
from chainrule.ops.contract import Elementwise, paper_operation

__all__ = ["cos", "exp", "log", "sin", "sqrt", "tan", "xdivy", "xlogy", "xtimesy"]


class Exp(Elementwise):
    """e^x."""

    name = "exp"
    latex = r"e^{{{0}}}"
    derivatives = ("y",)
    sentence = "The exponential is its own derivative."
    facts = frozenset({Fact.POSITIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.exp(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(y),)


class Log(Elementwise):
    """The natural logarithm."""

    name = "log"
    aliases = ("ln",)
    latex = r"\log {0}"
    derivatives = ("1/x",)
    sentence = "The derivative of the natural logarithm is one over its argument."
    domain = ((0.3, 2.0),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.log(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 / inputs[0]),)


class Sqrt(Elementwise):
    """The square root."""

    name = "sqrt"
    latex = r"\sqrt{{{0}}}"
    derivatives = ("1/(2y)",)
    sentence = "The derivative of the square root is one over twice the root."
    choice = "at 0 the derivative is infinite, and is shown so"
    facts = frozenset({Fact.NONNEGATIVE})
    domain = ((0.3, 2.0),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.sqrt(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 / (2 * y)),)


class Sin(Elementwise):
    """The sine."""

    name = "sin"
    latex = r"\sin {0}"
    derivatives = ("cos(x)",)
    sentence = "The derivative of the sine is the cosine."
    facts = frozenset({Fact.AT_MOST_ONE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.sin(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(cos(inputs[0])),)


class Cos(Elementwise):
    """The cosine."""

    name = "cos"
    latex = r"\cos {0}"
    derivatives = ("−sin(x)",)
    sentence = "The derivative of the cosine is minus the sine."
    facts = frozenset({Fact.AT_MOST_ONE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.cos(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(-sin(inputs[0])),)


class Tan(Elementwise):
    """The tangent."""

    name = "tan"
    latex = r"\tan {0}"
    derivatives = ("1 + y²",)
    sentence = "The derivative of the tangent is one plus its square."
    domain = ((-1.2, 1.2),)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.tan(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(1 + y**2),)


class XLogY(Elementwise):
    """a log b, and 0 where a is 0: the convention 0 · log 0 = 0 of every entropy.

    A prediction that is NaN stays NaN, even where it has no weight.
    """

    name = "xlogy"
    arity = 2
    latex = r"{0} \log {1}"
    precedence = "call"
    derivatives = ("log b", "a/b")
    sentence = (
        "The derivative with respect to the factor is the logarithm; with respect to the argument "
        "of the logarithm, the factor over the argument."
    )
    choice = "0 · log 0 is taken as 0, and so is its derivative"
    domain = ((0.1, 2.0), (0.3, 2.0))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        a, b = values
        nothing = (a == 0) & ~k.isnan(b)
        return k.where(nothing, 0 * a, a * k.log(k.where(nothing, b * 0 + 1, b)))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a, b = inputs
        return Diagonal(log(b)), Diagonal(xdivy(a, b))


class XDivY(Elementwise):
    """a / b, and 0 where a is 0."""

    name = "xdivy"
    arity = 2
    latex = r"\frac{{{0}}}{{{1}}}"
    derivatives = ("1/b", "−y/b")
    sentence = (
        "The derivative with respect to the numerator is one over the denominator; with respect to"
        " the denominator, minus the quotient over the denominator."
    )
    choice = (
        "where the numerator is 0, the quotient and its derivative with respect to the denominator"
        " are taken as 0"
    )
    domain = ((0.1, 2.0), (0.5, 2.0))

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        a, b = values
        nothing = (a == 0) & ~k.isnan(b)
        return k.where(nothing, 0 * a, a / k.where(nothing, b * 0 + 1, b))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        b = inputs[1]
        return Diagonal(1 / b), Diagonal(-xdivy(y, b))


class XTimesY(Elementwise):
    """a b, and 0 where a is 0, be b infinite."""

    name = "xtimesy"
    arity = 2
    latex = r"{0} \odot {1}"
    precedence = "product"
    derivatives = ("b", "a")
    sentence = "The derivative of a product with respect to one factor is the other factor."
    choice = "0 · ∞ is taken as 0"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        a, b = values
        return a * k.where(a == 0, 0, b)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        a, b = inputs
        return Diagonal(b), Diagonal(a)


exp = paper_operation(Exp())
log = paper_operation(Log())
sqrt = paper_operation(Sqrt())
sin = paper_operation(Sin())
cos = paper_operation(Cos())
tan = paper_operation(Tan())
xlogy = paper_operation(XLogY())
xdivy = paper_operation(XDivY())
xtimesy = paper_operation(XTimesY())
