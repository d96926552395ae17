"""Which signs entries can have: −1, 0 and 1 stand for below, at and above zero.

Signs are computed as numbers are: the product of something above and something below zero is
below it, their sum may lie anywhere.

>>> from chainrule.graph.node import variable
>>> from chainrule.ops.elementary import exp
>>> x, y = variable(()), variable(())
>>> sorted(signs_of(exp(x) * exp(y) + exp(x), lambda node, fact: None))
[-1, 0, 1]
>>> sorted(SIGNS[type((x * y).operation)](x * y, [ABOVE, frozenset({-1, 0})]))
[-1, 0]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chainrule.graph.facts import Fact
from chainrule.graph.node import Computation, Node, Shape, size_of
from chainrule.ops import (
    activation,
    arithmetic,
    choice,
    contraction,
    cumulative,
    elementary,
    exponential,
    guarded,
    hyperbolic,
    limiting,
    norms,
    product,
    reduction,
    roots,
    rounding,
    special,
    trigonometric,
)

__all__ = ["ABOVE", "ANY", "SIGNS", "ZERO", "Signs", "facts_of", "signs_of"]

Signs = frozenset[int]
SignRule = Callable[[Node, list[Signs]], Iterable[int]]

ANY: Signs = frozenset({-1, 0, 1})
ZERO: Signs = frozenset({0})
ABOVE: Signs = frozenset({1})
EXCLUDED = {Fact.NONNEGATIVE: -1, Fact.NONZERO: 0, Fact.NONPOSITIVE: 1}


def signs_of(node: Node, holds: Callable[[Node, Fact], bool | None]) -> Signs:
    """The signs that entries of a node can have."""
    return ANY - {sign for fact, sign in EXCLUDED.items() if holds(node, fact)} or ANY


def facts_of(signs: Iterable[int]) -> frozenset[Fact]:
    """What holds of entries with such signs; of no sign at all, nothing is said."""
    found = frozenset(signs)
    return frozenset(fact for fact, sign in EXCLUDED.items() if found and sign not in found)


def _sum(a: Iterable[int], b: Iterable[int]) -> Signs:
    """A sum has the sign of its parts, or any sign where they pull in both directions."""
    found: set[int] = set()
    for one in a:
        for other in b:
            found |= ANY if one * other < 0 else {one or other}
    return frozenset(found)


def _total(signs: Signs, count: int) -> Signs:
    """The signs of a sum of so many entries."""
    return ZERO if count == 0 else signs if count == 1 else _sum(signs, signs)


def _product(*factors: Iterable[int]) -> Signs:
    found: Signs = ABOVE
    for factor in factors:
        found = frozenset(a * b for a in found for b in factor)
    return found


def _add(node: Node, signs: list[Signs]) -> Iterable[int]:
    return _sum(*signs)


def _subtract(node: Node, signs: list[Signs]) -> Iterable[int]:
    a, b = node.inputs
    return ZERO if a is b else _sum(signs[0], [-sign for sign in signs[1]])


def _multiply(node: Node, signs: list[Signs]) -> Iterable[int]:
    if node.inputs[0] is node.inputs[1]:
        return {sign * sign for sign in signs[0]}
    return _product(*signs)


def _divide(node: Node, signs: list[Signs]) -> Iterable[int]:
    return _product(signs[0], signs[1] - ZERO)


def _divide_or_zero(node: Node, signs: list[Signs]) -> Iterable[int]:
    return _product(*signs)


def _power_of(node: Node, signs: list[Signs]) -> Iterable[int]:
    assert isinstance(node.operation, arithmetic.PowerOf)
    exponent = node.operation.exponent
    if exponent == 0:
        return ABOVE
    base = signs[0] - ZERO if exponent < 0 else signs[0]
    if exponent % 2 == 0:
        return {sign * sign for sign in base}
    return base if exponent % 2 == 1 else base - {-1}


def _power(node: Node, signs: list[Signs]) -> Iterable[int]:
    base = signs[0]
    return ABOVE if base == ABOVE else {0, 1} if -1 not in base else ANY


def _sum_over(node: Node, signs: list[Signs]) -> Iterable[int]:
    assert isinstance(node.operation, reduction.Reduction)
    lengths = tuple(node.inputs[0].shape[axis] for axis in node.operation.axis)
    return _total(signs[0], size_of(lengths))


def _product_over(node: Node, signs: list[Signs]) -> Iterable[int]:
    return signs[0] | _product(signs[0], signs[0]) | ABOVE


def _norm(node: Node, signs: list[Signs]) -> Iterable[int]:
    return _sum_over(node, [frozenset(abs(sign) for sign in signs[0])])


def _matmul(node: Node, signs: list[Signs]) -> Iterable[int]:
    return _total(_product(*signs), node.inputs[0].shape[-1])


def _einsum(node: Node, signs: list[Signs]) -> Iterable[int]:
    assert isinstance(node.operation, contraction.Einsum)
    shapes = [lower.shape for lower in node.inputs]
    lengths = contraction.letter_lengths(node.operation.terms, shapes)
    summed: Shape = tuple(n for a, n in lengths.items() if a not in node.operation.result)
    return _total(_product(*signs), size_of(summed))


def _cumulated(node: Node, signs: list[Signs]) -> Iterable[int]:
    return signs[0] | _sum(signs[0], signs[0])


def _cumulated_product(node: Node, signs: list[Signs]) -> Iterable[int]:
    return signs[0] | _product(signs[0], signs[0])


def _negated(node: Node, signs: list[Signs]) -> Iterable[int]:
    return {-sign for sign in signs[0]}


def _same_sign(node: Node, signs: list[Signs]) -> Iterable[int]:
    return signs[0]


def _absolute(node: Node, signs: list[Signs]) -> Iterable[int]:
    return {abs(sign) for sign in signs[0]}


def _reciprocal(node: Node, signs: list[Signs]) -> Iterable[int]:
    return signs[0] - ZERO


def _root(node: Node, signs: list[Signs]) -> Iterable[int]:
    return signs[0] - {-1}


def _leaky(node: Node, signs: list[Signs]) -> Iterable[int]:
    (slope,) = node.operation.key()
    return signs[0] if slope > 0 else ANY


def _relu(node: Node, signs: list[Signs]) -> Iterable[int]:
    return {max(sign, 0) for sign in signs[0]}


def _larger(node: Node, signs: list[Signs]) -> Iterable[int]:
    return {max(a, b) for a in signs[0] for b in signs[1]}


def _smaller(node: Node, signs: list[Signs]) -> Iterable[int]:
    return {min(a, b) for a in signs[0] for b in signs[1]}


def _clipped(node: Node, signs: list[Signs]) -> Iterable[int]:
    x, low, high = signs
    return {min(max(a, b), c) for a in x for b in low for c in high}


def _floor(node: Node, signs: list[Signs]) -> Iterable[int]:
    return signs[0] | ZERO if 1 in signs[0] else signs[0]


def _ceil(node: Node, signs: list[Signs]) -> Iterable[int]:
    return signs[0] | ZERO if -1 in signs[0] else signs[0]


def _towards_zero(node: Node, signs: list[Signs]) -> Iterable[int]:
    return signs[0] | ZERO


SIGNS: dict[type[Computation], SignRule] = {
    arithmetic.Add: _add,
    arithmetic.Subtract: _subtract,
    arithmetic.Negate: _negated,
    arithmetic.Multiply: _multiply,
    arithmetic.Divide: _divide,
    arithmetic.PowerOf: _power_of,
    arithmetic.Power: _power,
    elementary.XTimesY: _divide_or_zero,
    elementary.XDivY: _divide,
    guarded.DivideOrZero: _divide_or_zero,
    contraction.MatMul: _matmul,
    contraction.Einsum: _einsum,
    contraction.Outer: lambda node, signs: _product(*signs),
    reduction.Sum: _sum_over,
    product.ProductOver: _product_over,
    norms.Norm: _norm,
    norms.NormOf: _norm,
    cumulative.CumulativeSum: _cumulated,
    cumulative.CumulativeProduct: _cumulated_product,
    choice.Absolute: _absolute,
    roots.Square: _absolute,
    roots.Reciprocal: _reciprocal,
    elementary.Sqrt: _root,
    activation.Relu: _relu,
    activation.LeakyRelu: _leaky,
    activation.Elu: _leaky,
    choice.Maximum: _larger,
    choice.Minimum: _smaller,
    limiting.Clip: _clipped,
    rounding.Floor: _floor,
    rounding.Ceil: _ceil,
    rounding.Trunc: _towards_zero,
    rounding.Round: _towards_zero,
}
"""How the signs of a result follow from those of its inputs."""

INCREASING_THROUGH_ZERO = (
    choice.Sign,
    activation.Tanh,
    hyperbolic.Sinh,
    hyperbolic.Arcsinh,
    hyperbolic.Arctanh,
    trigonometric.Arcsin,
    trigonometric.Arctan,
    special.Erf,
    roots.CubeRoot,
    exponential.Expm1,
    exponential.Log1p,
)
SIGNS.update(dict.fromkeys(INCREASING_THROUGH_ZERO, _same_sign))
