"""Choosing entry by entry: absolute value, minimum, maximum, where, comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.facts import Fact
from chainrule.graph.node import OPERATORS, Kernels, Node, Operand
from chainrule.jacobians.kinds import Diagonal, LinearMap, Mask, Zero
from chainrule.ops.algebra import pair
from chainrule.ops.broadcasting import aligned, as_numbers, broadcast, common_shape, literal
from chainrule.ops.contract import Elementwise, paper_function, paper_operation, show_shape

__all__ = ["COMPARISONS", "absolute", "logical_not", "maximum", "minimum", "where"]

BOOL = np.dtype(np.bool_)
# so that max(x, 0) and max(0, x) both have the slope of ReLU, 0, at x = 0
TIE = "at a tie a number written in the formula counts, else the first of the two"


class TruthValue(Elementwise):
    """Base of what is true or false for each entry; it has no slope."""

    derivatives: ClassVar[tuple[str, ...]] = ("0", "0")
    sentence = "A truth value is constant wherever it has a derivative, so the derivative is zero."
    facts = frozenset({Fact.BOOLEAN})

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        super().dtype(*dtypes)  # two precisions do not mix here, either
        return BOOL

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return tuple(Zero(y.shape, node.shape) for node in inputs)


class Comparison(TruthValue):
    """Base of what compares two numbers."""

    arity = 2
    precedence = "comparison"
    sentence = "A comparison is constant wherever it has a derivative, so the derivative is zero."
    choice = "where the two sides are equal the derivative is taken as 0"


class Less(Comparison):
    """a < b."""

    name = "less"
    text = latex = "{0} < {1}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] < values[1]


class LessEqual(Comparison):
    """a ≤ b."""

    name = "less_equal"
    text = "{0} <= {1}"
    latex = r"{0} \le {1}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] <= values[1]


class Greater(Comparison):
    """a > b."""

    name = "greater"
    text = latex = "{0} > {1}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] > values[1]


class GreaterEqual(Comparison):
    """a ≥ b."""

    name = "greater_equal"
    text = "{0} >= {1}"
    latex = r"{0} \ge {1}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] >= values[1]


class Equal(Comparison):
    """a = b, exactly."""

    name = "equal"
    text = "{0} == {1}"
    latex = "{0} = {1}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] == values[1]


class NotEqual(Comparison):
    """a ≠ b, exactly."""

    name = "not_equal"
    text = "{0} != {1}"
    latex = r"{0} \ne {1}"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0] != values[1]


class Not(Comparison):
    """True where the condition is 0 or false."""

    name = "not"
    arity = 1
    precedence = "call"
    derivatives = ("0",)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.logical_not(values[0])


class Absolute(Elementwise):
    """|x|."""

    name = "abs"
    latex = r"\left|{0}\right|"
    derivatives = ("sign(x)",)
    sentence = (
        "The derivative of the absolute value is 1 for positive numbers and −1 for negative ones."
    )
    choice = "at 0 the derivative is taken as 0"
    facts = frozenset({Fact.NONNEGATIVE})

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.abs(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(Sign()(inputs[0])),)


class Sign(Elementwise):
    """−1, 0 or 1."""

    name = "sign"
    derivatives = ("0",)
    sentence = "The sign is constant on both sides of 0, so its derivative is zero."
    choice = "at 0 the derivative is taken as 0"

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.sign(values[0])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Zero(y.shape, y.shape),)


class Maximum(Elementwise):
    """The larger of a and b, entry by entry."""

    name = "maximum"
    arity = 2
    latex = r"\max\left({0}, {1}\right)"
    derivatives = ("1 where a ≥ b, else 0", "1 where a < b, else 0")
    sentence = "Only the larger of the two counts: its derivative is 1, the other's 0."
    choice = TIE

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.maximum(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[Mask, Mask]:
        a, b = inputs
        if literal(b) is not None:
            return Mask(a > b), Mask(a <= b)
        return Mask(a >= b), Mask(a < b)


class Minimum(Elementwise):
    """The smaller of a and b, entry by entry."""

    name = "minimum"
    arity = 2
    latex = r"\min\left({0}, {1}\right)"
    derivatives = ("1 where a ≤ b, else 0", "1 where a > b, else 0")
    sentence = "Only the smaller of the two counts: its derivative is 1, the other's 0."
    choice = TIE

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.minimum(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[Mask, Mask]:
        a, b = inputs
        if literal(b) is not None:
            return Mask(a < b), Mask(a >= b)
        return Mask(a <= b), Mask(a > b)


class Where(Elementwise):
    """a where the condition holds, else b."""

    name = "where"
    arity = 3
    derivatives = ("0", "1 where c holds, else 0", "0 where c holds, else 1")
    sentence = "Each entry is that of the chosen branch, and does not depend on the other."

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return super().dtype(*dtypes[1:])

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.where(values[0], values[1], values[2])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        condition = inputs[0]
        return Zero(y.shape, condition.shape), Mask(condition), Mask(logical_not(condition))


logical_not = paper_operation(Not())
sign = paper_operation(Sign())


@paper_function()
def abs_(x: Node) -> Node:
    """|x|."""
    return Absolute()(*aligned("abs", x))


@paper_function()
def maximum(a: Node, b: Node) -> Node:
    """The larger of each pair."""
    return Maximum()(*aligned("maximum", a, b))


@paper_function()
def minimum(a: Node, b: Node) -> Node:
    """The smaller of each pair."""
    return Minimum()(*aligned("minimum", a, b))


@paper_function()
def where(condition: Node, a: Node, b: Node) -> Node:
    """`a` where the condition holds (is not 0), else `b`; all three broadcast."""
    holds = condition if condition.dtype == BOOL else compare("!=", condition, condition * 0)
    branches = aligned("where", a, b)[0].shape
    shape = common_shape(holds.shape, branches)
    if shape is None:
        found = f"{show_shape(condition.shape)} and {show_shape(branches)}"
        raise ShapeError(f"where acts entry by entry, and the shapes {found} do not fit")
    return Where()(*[broadcast(node, to=shape) for node in (holds, *as_numbers((a, b)))])


def compare(symbol: str, a: Node, b: Node) -> Node:
    """A comparison, broadcast."""
    operation = {
        "<": Less,
        "<=": LessEqual,
        ">": Greater,
        ">=": GreaterEqual,
        "==": Equal,
        "!=": NotEqual,
    }[symbol]
    return operation()(*aligned(symbol, a, b))


def _comparison(symbol: str) -> Callable[[Operand, Operand], Node]:
    return lambda a, b: compare(symbol, *pair(a, b))


absolute = abs_
COMPARISONS = {symbol: _comparison(symbol) for symbol in ("<", "<=", ">", ">=", "==", "!=")}
OPERATORS.update({symbol: COMPARISONS[symbol] for symbol in ("<", "<=", ">", ">=")})
