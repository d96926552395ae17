"""An entry-by-entry sum seen as terms with numbers in front, collected and built again.

a - (b - a) + 3   is   {a: 2, b: -1, 1: 3}   is   2 * a - b + 3
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from chainrule.graph.node import Node
from chainrule.graph.record import Record
from chainrule.ops.arithmetic import Add, Negate, Subtract
from chainrule.ops.broadcasting import Broadcast, broadcast
from chainrule.ops.transposition import Transpose
from chainrule.rewrite.coefficient import ONE, ZERO, as_coefficient
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import Monomial, monomial, product

__all__ = ["Polynomial", "collected", "distributed", "expanded", "length", "polynomial", "total"]

MINUS_ONE = as_coefficient(-1) or ONE
MOST_TERMS = 16  # of a sum that is looked into, or that a product of sums is multiplied out to
LONGEST_EXPANDED = 60  # nodes of an expression that is multiplied out
LONGEST = 400  # nodes of an expression that is looked at as a whole
Key = frozenset[object]


class Polynomial(Record):
    """A sum of monomials, no two of them alike, in the order they were written."""

    terms: tuple[Monomial, ...]


def polynomial(node: Node, knowledge: Knowledge) -> Polynomial:
    """The node as a sum; products in it stay products."""
    return collected(_terms(node, knowledge))


def collected(terms: Iterable[Monomial]) -> Polynomial:
    """Like terms counted together, what cancels left out."""
    found: dict[Key, Monomial] = {}
    for term in terms:
        known = found.get(term.kind)
        number = term.coefficient if known is None else known.coefficient.plus(term.coefficient)
        first = term if known is None else known
        found[term.kind] = Monomial(number, first.powers)
    return Polynomial(tuple([one for one in found.values() if one.coefficient != ZERO]))


def _terms(node: Node, knowledge: Knowledge) -> list[Monomial]:
    found: list[Monomial] = []
    stack: list[tuple[Node, bool]] = [(node, False)]
    while stack:
        if len(found) + len(stack) > MOST_TERMS:
            return [Monomial(ONE, ((node, Fraction(1)),))]
        here, negated = stack.pop()
        operation = here.operation
        if not here.distinct and isinstance(operation, Add | Subtract):
            minus = isinstance(operation, Subtract)
            stack.append((here.inputs[1], negated != minus))
            stack.append((here.inputs[0], negated))
        elif not here.distinct and isinstance(operation, Negate):
            stack.append((here.inputs[0], not negated))
        elif not here.distinct and isinstance(operation, Broadcast) and is_sum(here.inputs[0]):
            stack.append((here.inputs[0], negated))
        else:
            term = monomial(here, knowledge)
            sign = MINUS_ONE if negated else ONE
            found.append(Monomial(sign.times(term.coefficient), term.powers))
    return found


def is_sum(node: Node) -> bool:
    """Whether a node is an anonymous sum, difference or negative."""
    return isinstance(node.operation, Add | Subtract | Negate) and not node.distinct


def total(found: Polynomial, like: Node) -> Node:
    """The sum as a node of the shape and type of `like`; what is added before what is taken off.

    A number, or a factor that is one number, stands before the sum if all terms have it:
    (a - b) / 3.
    """
    shared = _shared(found, like)
    if shared == Monomial(ONE, ()):
        return _total(found, like)
    bare = [
        Monomial(
            term.coefficient.over(shared.coefficient),
            tuple([power for power in term.powers if power not in shared.powers]),
        )
        for term in found.terms
    ]
    inner = _total(Polynomial(tuple(bare)), like)
    return product(Monomial(shared.coefficient, (*shared.powers, (inner, Fraction(1)))), like)


def _shared(found: Polynomial, like: Node) -> Monomial:
    """What all terms of a sum have in common but for their signs: numbers, no arrays."""
    if len(found.terms) < 2:
        return Monomial(ONE, ())
    first, *others = found.terms
    size = first.coefficient.size
    number = size if all(term.coefficient.size == size for term in others) else ONE
    powers = [
        power
        for power in first.powers
        if power[0].shape != like.shape and power[0].shape == ()
        if all(power in term.powers for term in others)
    ]
    return Monomial(number, tuple(powers))


def _total(found: Polynomial, like: Node) -> Node:
    added = [term for term in found.terms if not term.coefficient.is_negative]
    taken = [term for term in found.terms if term.coefficient.is_negative]
    if not found.terms:
        return product(Monomial(ZERO, ()), like)
    if not added:
        node = _sum([_size(term, like) for term in taken], Add())
        return Negate()(broadcast(node, to=like.shape))
    node = _sum([_size(term, like) for term in added], Add())
    node = _sum([node, *[_size(term, like) for term in taken]], Subtract())
    return broadcast(node, to=like.shape)


def _size(term: Monomial, like: Node) -> Node:
    return product(Monomial(term.coefficient.size, term.powers), like)


def _sum(nodes: list[Node], operation: Add | Subtract) -> Node:
    node = nodes[0]
    for other in nodes[1:]:
        node = operation(node, other)
    return node


def expanded(node: Node, knowledge: Knowledge) -> Polynomial | None:
    """The node with its products of sums multiplied out.

    None unless terms then cancel, and no more are left than there were; nobody looks for that in
    a long expression.
    """
    if length(node) > LONGEST_EXPANDED:
        return None
    terms = _multiplied_out(node, knowledge)
    found = collected(terms)
    count = len(found.terms)
    cancels = count < len(terms) and count <= len(polynomial(node, knowledge).terms)
    return found if cancels else None


def _multiplied_out(node: Node, knowledge: Knowledge) -> list[Monomial]:
    """The terms, not yet collected; none if there are too many."""
    terms: list[Monomial] = []
    for term in polynomial(node, knowledge).terms:
        parts = [Monomial(term.coefficient, ())]
        for base, exponent in term.powers:
            itself = base is node  # a sum of too many terms is one term: it stays as it is
            factor = [] if itself else _as_sum(base, exponent, knowledge)
            factor = factor or [Monomial(ONE, ((base, exponent),))]
            parts = [one.times(other, knowledge) for one in parts for other in factor]
            if len(parts) > MOST_TERMS:
                return []
        terms += parts
        if len(terms) > MOST_TERMS:
            return []
    return terms


def _as_sum(base: Node, exponent: Fraction, knowledge: Knowledge) -> list[Monomial]:
    """The terms of a factor that is a sum; none of any other."""
    return _multiplied_out(base, knowledge) if exponent == 1 and is_sum(base) else []


def distributed(found: Monomial, knowledge: Knowledge) -> Polynomial | None:
    """A product with one sum in it, term by term, if a divisor in the sum cancels then.

    (a / b - c / d) * b * d   is   a * d - c * b
    """
    for at, (base, exponent) in enumerate(found.powers):
        if exponent != 1 or not is_sum(base):
            continue
        before = Monomial(found.coefficient, found.powers[:at])
        after = Monomial(ONE, found.powers[at + 1 :])
        terms = polynomial(base, knowledge).terms
        products = [before.times(one, knowledge).times(after, knowledge) for one in terms]
        if _divisors(products) < _divisors(terms):
            return collected(products)
    return None


def _divisors(terms: Iterable[Monomial]) -> int:
    return sum(exponent < 0 for term in terms for _, exponent in term.powers)


def length(node: Node) -> int:
    """How long the node is when written out: a named node or a number counts as one, ᵀ as none.

    More than `LONGEST` comes out as something above it.

    >>> from chainrule.graph.node import variable
    >>> x = variable((3,))
    >>> length(x * x + 2)
    5
    """
    count = 0
    stack = [node]
    while stack and count <= LONGEST:
        here = stack.pop()
        if isinstance(here.operation, Broadcast | Transpose) and not here.distinct:
            stack.append(here.inputs[0])
            continue
        count += 1
        if not here.distinct:
            stack.extend(here.inputs)
    return count
