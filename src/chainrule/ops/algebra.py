"""The operators of `Node`: arithmetic that leaves out what a person would not write.

`0 + a`, `1 * a`, `a * (-b)`, `-(-a)`, `a * (1/b)` come out as `a`, `a`, `-(a * b)`, `a`, `a / b`.
Local Jacobians, adjoints and composed maps are written with these operators, so that a gradient
reads as one would derive it by hand.  Text that a user wrote is never touched.

Named nodes are quantities of their own: they are never looked into.
A zero that is structural (a mask, a missing dependence) stays zero even against infinity.
"""

from __future__ import annotations

from chainrule.graph.node import OPERATORS, Node, Operand, constant
from chainrule.ops.arithmetic import (
    Divide,
    Multiply,
    Negate,
    Subtract,
    add,
    divide,
    multiply,
    negate,
    power,
    subtract,
)
from chainrule.ops.broadcasting import Broadcast, broadcast, common_shape, literal

__all__ = ["as_node", "minus", "negative", "number", "over", "pair", "plus", "times", "to_power"]


def number(value: float, like: Node) -> Node:
    """A number in the shape and precision of `like`."""
    return broadcast(constant(value, like.dtype), to=like.shape)


def as_node(value: Operand, like: Node) -> Node:
    """A node as it is; a Python number as a constant in the precision of `like`."""
    if isinstance(value, Node):
        return value
    return constant(value, like.dtype if like.dtype.kind == "f" else None)


def plus(a: Operand, b: Operand) -> Node:
    """a + b."""
    a, b = pair(a, b)
    left, right = literal(a), literal(b)
    if left is not None and right is not None:
        return _same(left + right, a, b)
    if left == 0:
        return _widened(b, a)
    if right == 0:
        return _widened(a, b)
    if a is b:
        return times(2, a)
    return _signed_sum(*_unsigned(a), *_unsigned(b))


def minus(a: Operand, b: Operand) -> Node:
    """a − b."""
    a, b = pair(a, b)
    left, right = literal(a), literal(b)
    if left is not None and right is not None:
        return _same(left - right, a, b)
    if right == 0:
        return _widened(a, b)
    if left == 0:
        return negative(_widened(b, a))
    negated, inner = _unsigned(b)
    return _signed_sum(*_unsigned(a), not negated, inner)


def _signed_sum(a_negated: bool, a: Node, b_negated: bool, b: Node) -> Node:
    """±a ± b."""
    if a_negated and b_negated:
        return negate(add(a, b))
    if a_negated:
        return subtract(b, a)
    return subtract(a, b) if b_negated else add(a, b)


def times(a: Operand, b: Operand) -> Node:
    """a ⊙ b."""
    a, b = pair(a, b)
    left, right = literal(a), literal(b)
    if left is not None and right is not None:
        return _same(left * right, a, b)
    if right is not None:
        a, b, left = b, a, right
    if left == 0:
        return _same(0.0, a, b)
    if left == 1:
        return _widened(b, a)
    if left == -1:
        return negative(_widened(b, a))
    a_negated, a = _unsigned(a)
    b_negated, b = _unsigned(b)
    product = _product(a, b, left)
    return negative(product) if a_negated != b_negated else product


def _product(a: Node, b: Node, factor: float | None) -> Node:
    """a ⊙ b, where `factor` is the number that `a` is, if it is one."""
    divisor = _divisor(b)
    if divisor is not None:
        return over(a, divisor)
    divisor = _divisor(a)
    if divisor is not None:
        return over(b, divisor)
    if factor is not None and isinstance(b.operation, Multiply) and not b.distinct:
        inner = literal(b.inputs[0])
        if inner is not None:
            return times(factor * inner, b.inputs[1])
    return multiply(a, b)


def over(a: Operand, b: Operand) -> Node:
    """a / b."""
    a, b = pair(a, b)
    if literal(b) == 1:
        return _widened(a, b)
    if literal(a) == 0:
        return _same(0.0, a, b)
    a_negated, a = _unsigned(a)
    b_negated, b = _unsigned(b)
    quotient = _reduced(a, literal(b))
    if quotient is None:
        quotient = divide(a, b)
    return negative(quotient) if a_negated != b_negated else quotient


def _reduced(a: Node, divisor: float | None) -> Node | None:
    """2x / 2 as x, 4x / 2 as 2x; None where the numbers do not divide."""
    if not divisor or not isinstance(a.operation, Multiply) or a.distinct:
        return None
    factor = literal(a.inputs[0])
    return None if factor is None or factor % divisor else times(factor / divisor, a.inputs[1])


def negative(x: Node) -> Node:
    """−x."""
    known = literal(x)
    if known is not None:
        return _same(-known if known else 0.0, x)
    negated, inner = _unsigned(x)
    if negated:
        return inner
    if isinstance(x.operation, Subtract) and not x.distinct:
        return minus(x.inputs[1], x.inputs[0])
    return negate(x)


def _unsigned(x: Node) -> tuple[bool, Node]:
    """Whether `x` is minus something, and that something; also behind a broadcast."""
    negated = False
    while not x.distinct:
        if isinstance(x.operation, Negate):
            negated, x = not negated, x.inputs[0]
        elif isinstance(x.operation, Broadcast) and isinstance(x.inputs[0].operation, Negate):
            if x.inputs[0].distinct:
                break
            negated, x = not negated, broadcast(x.inputs[0].inputs[0], to=x.shape)
        else:
            break
    return negated, x


def _divisor(x: Node) -> Node | None:
    """What 1 is divided by in `x`, if `x` is such a quotient; also behind a broadcast."""
    original = x.inputs[0] if isinstance(x.operation, Broadcast) and not x.distinct else x
    if original.distinct or not isinstance(original.operation, Divide):
        return None
    one, divisor = original.inputs
    return broadcast(divisor, to=x.shape) if literal(one) == 1 else None


def to_power(a: Operand, b: Operand) -> Node:
    """a^b."""
    a, b = pair(a, b)
    exponent = literal(b) if b.shape == () else None
    if exponent == 1:
        return a
    if exponent == 0:
        return number(1.0, a)
    return power(a, b)


def pair(a: Operand, b: Operand) -> tuple[Node, Node]:
    """Both as nodes; a Python number in the precision of the node beside it."""
    like = a if isinstance(a, Node) else b
    assert isinstance(like, Node), "Node's operators always have a node on one side"
    return as_node(a, like), as_node(b, like)


def _widened(kept: Node, other: Node) -> Node:
    """`kept`, in the shape it has together with `other`."""
    return broadcast(kept, to=common_shape(kept.shape, other.shape) or kept.shape)


def _same(value: float, *nodes: Node) -> Node:
    """A number in the common shape of the nodes."""
    shape = nodes[0].shape
    for node in nodes[1:]:
        shape = common_shape(shape, node.shape) or shape
    floats = [node for node in nodes if node.dtype.kind == "f"]
    arrays = [node for node in floats if literal(node) is None]
    dtype = next((node.dtype for node in arrays or floats), None)
    return broadcast(constant(value, dtype), to=shape)


OPERATORS.update({"+": plus, "-": minus, "*": times, "/": over, "^": to_power})
OPERATORS["negate"] = negative
