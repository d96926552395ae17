"""An entry-by-entry product seen as a number in front and powers of factors, and built again.

    -2 * a * b^2 / a   is   -2 · {a: 1, b: 2, a: -1}   is   -2 · {b: 2}

Only anonymous nodes are looked into.  A factor that is repeated along axes counts without the
repetition: building restores it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce

from chainrule.graph.facts import Fact
from chainrule.graph.node import Node, Shape, constant, spend
from chainrule.graph.record import Record
from chainrule.ops.arithmetic import Divide, Multiply, Negate, PowerOf
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped, broadcast, common_shape, literal
from chainrule.rewrite.coefficient import ONE, Coefficient, as_coefficient
from chainrule.rewrite.knowledge import Knowledge

__all__ = ["Monomial", "is_led_by_ones", "monomial", "product"]


MOST_EXPONENT = 1_000  # of a power that is worked out
MOST_FACTORS = 16  # of a product that is looked into: nobody reads a longer one


class Monomial(Record):
    """coefficient · Π base^exponent; the bases in the order they were written."""

    coefficient: Coefficient
    powers: tuple[tuple[Node, Fraction], ...]

    @property
    def kind(self) -> frozenset[tuple[Node, Fraction]]:
        """Without the number and the order: what like terms have in common."""
        return frozenset(self.powers)

    def times(self, other: Monomial, knowledge: Knowledge) -> Monomial:
        """The product; powers of one base are added."""
        powers = dict(self.powers)
        for base, exponent in other.powers:
            powers[base] = powers.get(base, Fraction(0)) + exponent
        return Monomial(self.coefficient.times(other.coefficient), _kept(powers, knowledge))


def _kept(
    powers: Mapping[Node, Fraction], knowledge: Knowledge
) -> tuple[tuple[Node, Fraction], ...]:
    found = []
    for base, exponent in powers.items():
        if exponent > 1 and knowledge.knows(base, Fact.BOOLEAN):
            exponent = Fraction(1)  # 0² is 0 and 1² is 1
        if exponent:
            found.append((base, exponent))
    return tuple(found)


def monomial(node: Node, knowledge: Knowledge) -> Monomial:
    """The node as a product; a node that is none, or a very long one, is itself to the power 1."""
    spend(3)  # looking is what simplifying takes its time for
    coefficient = ONE
    powers: dict[Node, Fraction] = {}
    stack: list[tuple[Node, Fraction]] = [(node, Fraction(1))]
    while stack:
        if len(powers) + len(stack) > MOST_FACTORS:
            return Monomial(ONE, ((node, Fraction(1)),))
        here, exponent = stack.pop()
        operation = here.operation
        known = literal(here)
        number = None if known is None else as_coefficient(known)
        if number is not None and _is_ordinary(number, exponent):
            size = number.power(abs(int(exponent)))
            coefficient = coefficient.times(size) if exponent > 0 else coefficient.over(size)
        elif here.distinct:
            powers[here] = powers.get(here, Fraction(0)) + exponent
        elif isinstance(operation, Broadcast) or is_led_by_ones(here):
            stack.append((here.inputs[0], exponent))
        elif isinstance(operation, Multiply):
            stack.extend([(lower, exponent) for lower in reversed(here.inputs)])
        elif isinstance(operation, Divide):
            stack.extend([(here.inputs[1], -exponent), (here.inputs[0], exponent)])
        elif isinstance(operation, Negate) and exponent.denominator == 1:
            coefficient = coefficient.times(as_coefficient((-1) ** int(exponent)) or ONE)
            stack.append((here.inputs[0], exponent))
        elif isinstance(operation, PowerOf) and _splits(operation.exponent, exponent):
            stack.append((here.inputs[0], exponent * Fraction(repr(float(operation.exponent)))))
        else:
            powers[here] = powers.get(here, Fraction(0)) + exponent
    if not coefficient.is_in_range:  # it would be infinite, or 0, as a number
        return Monomial(ONE, ((node, Fraction(1)),))
    return Monomial(coefficient, _kept(powers, knowledge))


def _is_ordinary(number: Coefficient, exponent: Fraction) -> bool:
    """Whether a number's power is worked out: a whole one, and not of 0 downwards."""
    small = exponent.denominator == 1 and abs(exponent) <= MOST_EXPONENT
    return small and (bool(number.multiplier) or exponent > 0)


def is_led_by_ones(node: Node) -> bool:
    """Whether a node is another one with leading axes of length 1, which repeating restores."""
    if not isinstance(node.operation, Reshaped) or node.distinct:
        return False
    inner = node.inputs[0].shape
    lead = len(node.shape) - len(inner)
    return lead > 0 and node.shape == (1,) * lead + inner


def _splits(inner: float, outer: Fraction) -> bool:
    """Whether (x^inner)^outer is x^(inner · outer): for whole outer powers it is."""
    small = abs(inner * float(outer)) <= MOST_EXPONENT and len(repr(float(inner))) < 8
    return outer.denominator == 1 and small


def product(found: Monomial, like: Node) -> Node:
    """The product as a node of the shape and type of `like`: 2 * a * b / (3 * c), or its negative.

    Factors are repeated to one shape where they differ.  Raises `OverflowError` where a number is
    beyond the range of numbers: a rule that comes to one is not used.
    """
    size = found.coefficient.size
    above = [_power(base, exponent, like) for base, exponent in found.powers if exponent > 0]
    below = [_power(base, -exponent, like) for base, exponent in found.powers if exponent < 0]
    if size.multiplier == 0:
        return broadcast(_number(size.multiplier, like), to=like.shape)
    if size.multiplier != 1 or not above:
        above.insert(0, _number(size.multiplier, like))
    if size.divisor != 1:
        below.insert(0, _number(size.divisor, like))
    node = reduce(_multiplied, above)
    if below:
        node = _divided(node, reduce(_multiplied, below))
    node = broadcast(node, to=like.shape)
    return Negate()(node) if found.coefficient.is_negative else node


def _number(value: Fraction, like: Node) -> Node:
    """Raises `OverflowError` beyond the range of numbers, at either end."""
    number = float(value)
    if not number and value:
        raise OverflowError("the number is too small")
    return constant(number, like.dtype)


def _power(base: Node, exponent: Fraction, like: Node) -> Node:
    if base.dtype != like.dtype:
        base = Cast(like.dtype)(base)
    return base if exponent == 1 else PowerOf(float(exponent))(base)


def _multiplied(a: Node, b: Node) -> Node:
    shape = _common(a.shape, b.shape)
    return Multiply()(broadcast(a, to=shape), broadcast(b, to=shape))


def _divided(a: Node, b: Node) -> Node:
    shape = _common(a.shape, b.shape)
    return Divide()(broadcast(a, to=shape), broadcast(b, to=shape))


def _common(first: Shape, second: Shape) -> Shape:
    shape = common_shape(first, second)
    assert shape is not None  # both are parts of one array
    return shape
