"""Products seen flat, and the derivatives of activations among their factors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import mul

from chainrule.differentiate.batched import replaced
from chainrule.graph.node import Node, variable
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import Diagonal, Mask
from chainrule.marking.mistakes.scene import Scene, bare
from chainrule.ops.activation import sigmoid, tanh
from chainrule.ops.arithmetic import Divide, Multiply, Negate
from chainrule.ops.broadcasting import cast, literal
from chainrule.ops.choice import Greater, Where
from chainrule.ops.contract import edges
from chainrule.ops.making import Eye, ones

__all__ = [
    "SMOOTH",
    "Function",
    "Product",
    "Slope",
    "derivative",
    "masked",
    "product_at",
    "slopes_in",
]

PRODUCTS = Multiply, Divide, Negate
Function = Callable[[Node], Node]
SMOOTH: dict[str, Function] = {"sigmoid": sigmoid, "tanh": tanh}


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
    """The derivatives of activations among the factors of a product: y (1 − y), 1 − y²."""
    factors = product.factors
    for at, factor in enumerate(factors):
        lower = [one for inner in factor.inputs for one in (inner, *inner.inputs)]
        alike = [one for one in lower if (one.shape, one.dtype) == (factor.shape, factor.dtype)]
        for y in dict.fromkeys(alike if factor.dtype.kind == "f" else []):
            for kind, function in SMOOTH.items():
                parts = _factors(derivative(function, y))
                if factor is parts[-1] and all(one in factors for one in parts):
                    places = (at, *[factors.index(one) for one in parts[:-1]])
                    yield Slope(kind, y, argument(y, kind), places)


def _factors(node: Node) -> list[Node]:
    return list(node.inputs) if isinstance(node.operation, Multiply) else [node]


def argument(y: Node, kind: str) -> Node | None:
    """What the activation with value `y` was taken of."""
    return y.inputs[0] if y.operation.name == kind else None


def derivative(function: Function, value: Node, argument: Node | None = None) -> Node:
    """The entries of the function's own local Jacobian, with these for its value and argument.

    The value of another function makes the mistake of taking one derivative for the other.
    """
    x = variable(value.shape, value.dtype)
    y = function(x)
    ((_, map_),) = edges(y)
    assert isinstance(map_, Diagonal | Mask)
    entries = map_.entries if isinstance(map_, Diagonal) else cast(map_.condition, x.dtype)
    (found,) = replaced([entries], {y: value, x: value if argument is None else argument})
    return found


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
