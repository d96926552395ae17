"""Truth values: and, or, exclusive or; whether a number is finite, infinite, or none at all.

What is not 0 counts as true.
"""

from __future__ import annotations

from typing import Any, ClassVar

from chainrule.graph.node import Kernels, Node
from chainrule.ops.broadcasting import repeated_together
from chainrule.ops.choice import TruthValue
from chainrule.ops.contract import paper_function, paper_operation

__all__ = ["and_", "isfinite", "isinf", "isnan", "or_", "xor"]


class Connective(TruthValue):
    """Base of what joins two truth values."""

    arity = 2
    choice = "where it changes the derivative is taken as 0"


class And(Connective):
    """Whether both hold."""

    name = "and"
    latex = r"{0} \land {1}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.logical_and(values[0], values[1])


class Or(Connective):
    """Whether one of the two holds, or both."""

    name = "or"
    latex = r"{0} \lor {1}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.logical_or(values[0], values[1])


class Xor(Connective):
    """Whether exactly one of the two holds."""

    name = "xor"
    latex = r"{0} \oplus {1}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.logical_xor(values[0], values[1])


class Question(TruthValue):
    """Base of the questions about one number."""

    derivatives: ClassVar[tuple[str, ...]] = ("0",)


class IsFinite(Question):
    """Whether it is a number, and not infinite."""

    name = "isfinite"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.isfinite(values[0])


class IsInf(Question):
    """Whether it is infinite, of either sign."""

    name = "isinf"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.isinf(values[0])


class IsNan(Question):
    """Whether it is not a number, such as 0/0."""

    name = "isnan"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.isnan(values[0])


isfinite = paper_operation(IsFinite())
isinf = paper_operation(IsInf())
isnan = paper_operation(IsNan())


@paper_function()
def and_(a: Node, b: Node) -> Node:
    """Whether both hold, broadcast."""
    return And()(*repeated_together("and", a, b))


@paper_function()
def or_(a: Node, b: Node) -> Node:
    """Whether one of the two holds, or both; broadcast."""
    return Or()(*repeated_together("or", a, b))


@paper_function()
def xor(a: Node, b: Node) -> Node:
    """Whether exactly one of the two holds, broadcast."""
    return Xor()(*repeated_together("xor", a, b))
