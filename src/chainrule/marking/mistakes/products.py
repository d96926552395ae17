"""Products seen flat, and the derivatives of activations among their factors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import mul

from chainrule.graph.node import Node
from chainrule.graph.record import Record
from chainrule.marking.mistakes.scene import Scene, bare
from chainrule.ops.activation import Relu, Sigmoid, Tanh, sigmoid, tanh
from chainrule.ops.arithmetic import Divide, Multiply, Negate, PowerOf, Subtract
from chainrule.ops.broadcasting import cast, literal
from chainrule.ops.choice import Greater, Where
from chainrule.ops.making import Eye, ones

__all__ = ["Product", "Slope", "product_at", "slopes_in", "tanh_slope"]

PRODUCTS = Multiply, Divide, Negate


class Product(Record):
    """± the factors over the divisors, all of one shape."""

    node: Node
    factors: tuple[Node, ...]
    divisors: tuple[Node, ...]
    is_negative: bool

    def remade(self, factors: Sequence[Node], divisors: Sequence[Node] | None = None) -> Node:
        """The product with other factors."""
        made = reduce(mul, factors) if factors else ones(self.node.shape, self.node.dtype)
        for divisor in self.divisors if divisors is None else divisors:
            made = made / divisor
        return -made if self.is_negative else made


class Slope(Record):
    """The derivative of an activation as a factor: of its value `y`, at the places `at`.

    `x` is the activation's argument, if it is in sight.
    """

    kind: str
    y: Node
    x: Node | None
    at: tuple[int, ...]


def product_at(node: Node, scene: Scene) -> Product | None:
    """The whole product that a node is; None if it is none, or a part of another one."""
    if not isinstance(node.operation, PRODUCTS):
        return None
    users = scene.users.get(node, [])
    if users and not node.distinct and all(_is_product(one) for one in users):
        return None
    factors: list[Node] = []
    divisors: list[Node] = []
    is_negative = False
    waiting = [(node, False)]
    while waiting:
        one, is_below = waiting.pop()
        is_inner = one is node or not (one.distinct or scene.is_known(one))
        if is_inner and isinstance(one.operation, Multiply):
            waiting += [(one.inputs[1], is_below), (one.inputs[0], is_below)]
        elif is_inner and isinstance(one.operation, Divide):
            waiting += [(one.inputs[1], not is_below), (one.inputs[0], is_below)]
        elif is_inner and isinstance(one.operation, Negate):
            is_negative = not is_negative
            waiting.append((one.inputs[0], is_below))
        else:
            (divisors if is_below else factors).append(one)
    return Product(node, tuple(factors), tuple(divisors), is_negative)


def _is_product(node: Node) -> bool:
    return isinstance(node.operation, PRODUCTS)


def slopes_in(product: Product) -> Iterator[Slope]:
    """y (1 − y), 1 − y² and [x > 0] among the factors of a product."""
    factors = product.factors
    for at, factor in enumerate(factors):
        other = _complement(factor)
        if other is not None and other in factors:
            yield Slope("sigmoid", other, argument(other, Sigmoid), (at, factors.index(other)))
        elif other is not None and isinstance(other.operation, PowerOf):
            y = other.inputs[0]
            if other.operation.exponent == 2:
                yield Slope("tanh", y, argument(y, Tanh), (at,))


def _complement(node: Node) -> Node | None:
    """y of 1 − y."""
    is_difference = isinstance(node.operation, Subtract) and not node.distinct
    return node.inputs[1] if is_difference and literal(node.inputs[0]) == 1 else None


def argument(y: Node, activation: type) -> Node | None:
    """What the activation with value `y` was taken of."""
    return y.inputs[0] if isinstance(y.operation, activation) else None


def tanh_slope(y: Node) -> Node:
    """1 − y²."""
    return 1 - y**2


def positive(x: Node) -> Node:
    """1 where x > 0, else 0."""
    return cast(x > 0, x.dtype)


def masked(node: Node) -> tuple[Node, Node] | None:
    """x and u, where a node is u masked by x > 0: what a ReLU sends back."""
    if not isinstance(node.operation, Where) or literal(node.inputs[2]) != 0:
        return None
    condition = bare(node.inputs[0])
    if not isinstance(condition.operation, Greater) or literal(condition.inputs[1]) != 0:
        return None
    x = condition.inputs[0]
    inner = x.inputs[0] if x.inputs and not x.distinct else x
    is_layout = isinstance(x.operation, Eye) or isinstance(inner.operation, Eye)
    return None if is_layout else (x, node.inputs[1])


ACTIVATIONS = {"sigmoid": sigmoid, "tanh": tanh}
FORWARD = Sigmoid, Tanh, Relu
