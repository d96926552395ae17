"""Kronecker products: within sums over letters, times vec(X), of vectors.

The derivative of a Kronecker product is a sum over letters against the cotangent cut into blocks.
Where the cotangent is itself a Kronecker product (or I, or all ones), the sum falls apart into
sums over the letters of either factor.
"""

from __future__ import annotations

from typing import TypeVar

from chainrule.graph.node import Node, Shape
from chainrule.ops.arithmetic import Add, Multiply, Subtract
from chainrule.ops.broadcasting import Broadcast, Reshaped, broadcast, reshape
from chainrule.ops.contraction import Einsum, MatMul, Outer, contract
from chainrule.ops.diagonals import Trace
from chainrule.ops.making import Eye, eye
from chainrule.ops.reduction import Sum
from chainrule.ops.tensor_products import Kron
from chainrule.ops.transposition import permute
from chainrule.rewrite.chains import chain, turned
from chainrule.rewrite.coefficient import ONE
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.products import Monomial
from chainrule.rewrite.rule import rule_book
from chainrule.rewrite.sums import collected, polynomial, total

__all__ = ["BOOK"]

BOOK = rule_book(__name__)
One = TypeVar("One")


@BOOK.rule(
    "blocks of a Kronecker product",
    "In a sum over letters A ⊗ B, cut into its blocks, is A and B with letters of their own.",
    Einsum,
)
def _blocks(node: Node, knowledge: Knowledge) -> Node | None:
    operation = node.operation
    assert isinstance(operation, Einsum)
    for at, (term, operand) in enumerate(zip(operation.terms, node.inputs, strict=True)):
        parts = _block_factors(operand)
        if parts is not None:
            terms = (term[0] + term[2], term[1] + term[3])
            return Einsum(_put(operation.terms, at, terms), operation.result)(
                *_put(node.inputs, at, parts)
            )
    return None


def _put(whole: tuple[One, ...], at: int, parts: tuple[One, ...]) -> tuple[One, ...]:
    return (*whole[:at], *parts, *whole[at + 1 :])


def _block_factors(node: Node) -> tuple[Node, Node] | None:
    """A and B, if the node is A ⊗ B with the rows and the columns of both as axes."""
    if not isinstance(node.operation, Reshaped) or node.distinct or node.ndim != 4:
        return None
    inner, (rows, own_rows, columns, own_columns) = node.inputs[0], node.shape
    if inner.distinct:
        return None
    if isinstance(inner.operation, Eye) and (rows, own_rows) == (columns, own_columns):
        return eye(rows, node.dtype), eye(own_rows, node.dtype)
    if isinstance(inner.operation, Kron):
        a, b = inner.inputs
        if (a.shape, b.shape) == ((rows, columns), (own_rows, own_columns)):
            return a, b
    return None


@BOOK.rule(
    "ones in a sum over letters",
    "A factor that is the same for every choice of the letters only multiplies the sum.",
    Einsum,
)
def _ones(node: Node, knowledge: Knowledge) -> Node | None:
    operation = node.operation
    assert isinstance(operation, Einsum)
    for at, operand in enumerate(node.inputs):
        repeated = isinstance(operand.operation, Broadcast) and not operand.distinct
        if repeated and operand.inputs[0].shape == ():
            return _without(node, operation, at)
    return None


def _without(node: Node, operation: Einsum, at: int) -> Node | None:
    """The sum without the repeated number at `at`, times the number."""
    others = operation.terms[:at] + operation.terms[at + 1 :]
    left = set("".join(others))
    if not others or set(operation.terms[at]) - left - set(operation.result):
        return None  # letters that nothing else has are summed first
    kept = "".join([letter for letter in operation.result if letter in left])
    rest = contract(others, kept, node.inputs[:at] + node.inputs[at + 1 :])
    wide = zip(operation.result, node.shape, strict=True)
    spread = reshape(rest, to=tuple([n if letter in left else 1 for letter, n in wide]))
    if kept == "":
        spread = rest
    number = node.inputs[at].inputs[0]
    return Multiply()(broadcast(number, to=node.shape), broadcast(spread, to=node.shape))


@BOOK.rule(
    "sums over separate letters",
    "Factors that share no letter with the others are summed by themselves.",
    Einsum,
)
def _separate(node: Node, knowledge: Knowledge) -> Node | None:
    operation = node.operation
    assert isinstance(operation, Einsum)
    group = _connected(operation.terms)
    apart = [at for at in range(len(operation.terms)) if at not in group]
    if not apart:
        return None
    first, second = [_part(node, operation, places) for places in (sorted(group), apart)]
    if first.shape != () and second.shape != ():
        return None
    number, rest = (first, second) if first.shape == () else (second, first)
    return Multiply()(broadcast(number, to=rest.shape), rest)


def _connected(terms: tuple[str, ...]) -> set[int]:
    """The places of the first term and of all that share letters with it, directly or not."""
    letters, group = set(terms[0]), {0}
    for _ in terms:
        group = {at for at, term in enumerate(terms) if at == 0 or letters & set(term)}
        letters = set("".join([terms[at] for at in group]))
    return group


def _part(node: Node, operation: Einsum, places: list[int]) -> Node:
    terms = tuple([operation.terms[at] for at in places])
    held = set("".join(terms))
    result = "".join([letter for letter in operation.result if letter in held])
    return _summed(terms, result, tuple([node.inputs[at] for at in places]))


@BOOK.rule(
    "sum over pairs of letters",
    "Two matrices with the same letters are multiplied entry by entry, and then summed; "
    "with I that is the trace.",
    Einsum,
)
def _paired(node: Node, knowledge: Knowledge) -> Node | None:
    operation = node.operation
    assert isinstance(operation, Einsum)
    found = _summed(operation.terms, operation.result, node.inputs)
    return None if isinstance(found.operation, Einsum) else found


def _summed(terms: tuple[str, ...], result: str, operands: tuple[Node, ...]) -> Node:
    """The sum over letters, by simpler operations where there are some."""
    alike = len(terms) == 2 and sorted(terms[0]) == sorted(terms[1])
    if result or not alike or len({*terms[0]}) < len(terms[0]):
        return contract(terms, result, operands)
    (first, second), (a, b) = terms, operands
    for one, other in ((a, b), (b, a)):
        if isinstance(one.operation, Eye) and not one.distinct:
            return Trace()(other)
    turned_b = permute(b, tuple([second.index(letter) for letter in first]))
    return Sum(tuple(range(a.ndim)))(Multiply()(a, turned_b))


@BOOK.rule(
    "Kronecker product times vec",
    "(A ⊗ B) vec(X) is vec(A X Bᵀ), row by row; and so for sums of such products.",
    MatMul,
)
def _times_vec(node: Node, knowledge: Knowledge) -> Node | None:
    left, right = node.inputs
    if node.ndim != 1 or left.ndim != 2 or not isinstance(right.operation, Reshaped):
        return None
    x = right.inputs[0]
    if right.distinct or x.ndim != 2:
        return None
    terms: list[Monomial] = []
    for term in polynomial(left, knowledge).terms:
        found = _image(term, x)
        if found is None:
            return None
        terms.append(found)
    if len({one.powers[0][0].shape for one in terms}) != 1:
        return None
    image = total(collected(terms), terms[0].powers[0][0])
    return reshape(image, to=node.shape)


def _image(term: Monomial, x: Node) -> Monomial | None:
    """The term with A X Bᵀ in the place of A ⊗ B, if it is a multiple of one that fits X."""
    ((base, exponent),) = term.powers[:1] or ((x, ONE.multiplier),)
    is_kron = isinstance(base.operation, Kron) and not base.distinct
    if not is_kron or len(term.powers) != 1 or exponent != 1:
        return None
    a, b = base.inputs
    if a.ndim != 2 or b.ndim != 2 or x.shape != (a.shape[1], b.shape[1]):
        return None
    return Monomial(term.coefficient, ((chain([a, x, turned(b)]), exponent),))


@BOOK.rule("Kronecker product of vectors", "a ⊗ b holds the entries of a bᵀ.", Reshaped)
def _vectors(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if not isinstance(inner.operation, Kron) or inner.distinct or inner.ndim != 1:
        return None
    a, b = inner.inputs
    fits: Shape = a.shape + b.shape
    return Outer()(a, b) if node.shape == fits else None


@BOOK.rule(
    "sum in another shape and back",
    "A sum of reshaped arrays is the reshaped sum; reshaped back it is the sum itself.",
    Reshaped,
)
def _and_back(node: Node, knowledge: Knowledge) -> Node | None:
    inner = node.inputs[0]
    if inner.distinct or not isinstance(inner.operation, Add | Subtract):
        return None
    terms = inner.inputs
    reshaped = all(isinstance(one.operation, Reshaped) and not one.distinct for one in terms)
    if not reshaped or any(one.inputs[0].shape != node.shape for one in terms):
        return None
    return inner.operation(*[one.inputs[0] for one in terms])
