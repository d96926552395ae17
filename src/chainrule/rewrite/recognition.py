"""Functions that are written out by hand: e / sum(e) with e = exp(z) is a softmax.

A person who reads `S = np.exp(O) / np.exp(O).sum(axis=1, keepdims=True)` takes S for a softmax, and
differentiates it as one: by S itself, not by the exponentials it is made of.
"""

from __future__ import annotations

from chainrule.graph.node import Node, Shape, fresh
from chainrule.ops.activation import Sigmoid
from chainrule.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from chainrule.ops.broadcasting import Broadcast, Reshaped, literal
from chainrule.ops.contraction import MatMul
from chainrule.ops.elementary import Exp
from chainrule.ops.naming import original
from chainrule.ops.normalizing import Softmax
from chainrule.ops.reduction import Sum

__all__ = ["divided_by_its_sums", "recognized"]


def recognized(node: Node) -> Node | None:
    """The softmax or sigmoid that a quotient of exponentials is; None if it is neither.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.elementary import exp
    >>> from chainrule.ops.reduction import sum_
    >>> z = variable((4, 3))
    >>> recognized(exp(z) / sum_(exp(z), axis=1, keepdims=True))
    <softmax float64[4, 3]>
    """
    if not isinstance(node.operation, Divide):
        return None
    found = _softmax(node)
    return _sigmoid(node) if found is None else found


def divided_by_its_sums(node: Node) -> Node | None:
    """The x of x / sum(x), each row by its own sum; None if it is no such quotient.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.reduction import sum_
    >>> x = variable((3, 3))
    >>> divided_by_its_sums(x / sum_(x, axis=1, keepdims=True)) is x
    True
    >>> divided_by_its_sums(x / sum_(x, axis=1)) is None  # each column
    True
    """
    if not isinstance(node.operation, Divide) or not node.ndim or not _one_a_row(node):
        return None
    x, total = original(node.inputs[0]), _plain(node.inputs[1])
    if not isinstance(total.operation, Sum) or total.operation.axis != (x.ndim - 1,):
        return None
    return x if original(total.inputs[0]) is x else None


def _plain(node: Node) -> Node:
    """The node without other names, repetition, and axes of length 1."""
    while isinstance(node.operation, Broadcast | Reshaped):
        node = original(node.inputs[0])
    return original(node)


def _softmax(node: Node) -> Node | None:
    above = divided_by_its_sums(node)
    if above is None or not isinstance(above.operation, Exp):
        return None
    return fresh(Softmax(), _without_shift(above.inputs[0]))


def _one_a_row(node: Node) -> bool:
    """Whether the divisor is one number for each row, and not one for each column."""
    divisor = original(node.inputs[1])
    if not isinstance(divisor.operation, Broadcast):
        return divisor.shape == node.shape and node.shape[-1] == 1
    return _is_same_in_rows(divisor, node.shape)


def _is_same_in_rows(repeated: Node, shape: Shape) -> bool:
    """Whether a repeated node is one number along each row of an array of that shape."""
    once = repeated.inputs[0].shape
    return once == () or (len(once) == len(shape) and once[-1] == 1)


def _without_shift(z: Node) -> Node:
    """z of z - max(z), or of any other difference that is the same along each row."""
    z_or_shifted = original(z)
    if not isinstance(z_or_shifted.operation, Subtract):
        return z
    shifted, shift = z_or_shifted.inputs
    if not isinstance(shift.operation, Broadcast):
        return z
    return shifted if _is_same_in_rows(shift, z.shape) and shifted.shape == z.shape else z


def _sigmoid(node: Node) -> Node | None:
    """1 / (1 + e^(-z)), and e^z / (1 + e^z)."""
    above, below = map(_plain, node.inputs)
    if not isinstance(below.operation, Add) or below.shape != node.shape:
        return None
    first, second = map(_plain, below.inputs)
    power = second if literal(first) == 1 else first if literal(second) == 1 else None
    if power is None or not isinstance(power.operation, Exp) or power.shape != node.shape:
        return None
    if above is power:
        return fresh(Sigmoid(), power.inputs[0])
    turned = _negated(original(power.inputs[0])) if literal(above) == 1 else None
    return None if turned is None else fresh(Sigmoid(), turned)


def _negated(z: Node) -> Node | None:
    """The z of -z, and the X @ w of -X @ w, where the sign stands at the first factor."""
    if isinstance(z.operation, Negate):
        return z.inputs[0]
    if isinstance(z.operation, MatMul | Multiply) and not z.inputs[0].distinct:
        first = _negated(z.inputs[0])
        return None if first is None else z.operation(first, z.inputs[1])
    return None
