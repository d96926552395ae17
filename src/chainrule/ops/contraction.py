"""Einsum, and `contract`: the friendliest operation that computes a given contraction.

Every product of arrays (matrix, outer, inner, batched) is a sum over repeated letters, and so is
its derivative in either factor: take the cotangent in the place of the result, and sum over what
the factor lacks.  `contract` then writes that sum as a person would: `W @ dO`, `outer(L, dO)`,
`Xᵀ @ dH`.  Source: A. Graham, Kronecker Products and Matrix Calculus, 1981, ch. 4.

>>> from chainrule.graph.node import variable
>>> X, dH = variable((5, 3)), variable((5, 4))
>>> contract(("ni", "nj"), "ij", (X, dH)).operation.name
'matmul'
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import LinearMap, Multilinear
from chainrule.ops.broadcasting import broadcast, reshape
from chainrule.ops.contract import LinearOperation, Operation, show_shape
from chainrule.ops.making import Eye
from chainrule.ops.reduction import Sum
from chainrule.ops.transposition import permute

__all__ = ["LETTERS", "Einsum", "MatMul", "Outer", "batched_letters", "contract"]

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Einsum(LinearOperation):
    """Σ over the letters that the result lacks; each letter names an axis, once an input."""

    name = "einsum"
    latex = r"\operatorname{{einsum}}"
    derivatives = ("the product of the other factors",)
    sentence = "The product is linear in each factor; the derivative is made of the other factors."
    terms: tuple[str, ...]
    result: str

    @property
    def pattern(self) -> str:
        """The letters as NumPy writes them: "ij,jk->ik"."""
        return ",".join(self.terms) + "->" + self.result

    def shape(self, *shapes: Shape) -> Shape:
        lengths = letter_lengths(self.terms, shapes)
        return tuple(lengths[letter] for letter in self.result)

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        """Of the products of a few factors at a time, in the order that NumPy finds."""
        lengths = letter_lengths(self.terms, shapes)
        held, products, terms = sum(map(size_of, shapes)), 0, list(self.terms)
        for places in _order(self.pattern, shapes):
            letters = set("".join([terms.pop(at) for at in sorted(places, reverse=True)]))
            kept = letters & set(self.result).union(*terms)
            choices = size_of(tuple([lengths[letter] for letter in letters]))
            products += choices * max(1, len(places) - 1)
            held += size_of(tuple([lengths[letter] for letter in kept]))
            terms.append("".join(kept))
        return held, products

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.einsum(self.pattern, *values, optimize=True)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return tuple(Multilinear(self, inputs, position) for position in range(len(inputs)))

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        batch = batched_letters(tangent.ndim - len(self.terms[position]), self.terms)
        terms = list(self.terms)
        terms[position] = batch + terms[position]
        inputs = (*operands[:position], tangent, *operands[position + 1 :])
        return contract(tuple(terms), batch + self.result, inputs)

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        batch = batched_letters(cotangent.ndim - len(self.result), self.terms)
        terms = list(self.terms)
        terms[position] = batch + self.result
        inputs = (*operands[:position], cotangent, *operands[position + 1 :])
        wanted = batch + self.terms[position]
        present = set("".join(terms))
        found = "".join(letter for letter in wanted if letter in present)
        partial = contract(tuple(terms), found, inputs)
        shape = cotangent.shape[: len(batch)] + operands[position].shape
        kept = [n if a in present else 1 for a, n in zip(wanted, shape, strict=True)]
        return broadcast(reshape(partial, to=tuple(kept)), to=shape)


class MatMul(Operation):
    """a @ b: matrices, a vector on either side, stacks of matrices along equal leading axes."""

    name = "matmul"
    arity = 2
    precedence = "product"
    text = "{0} @ {1}"
    latex = r"{0} \, {1}"
    derivatives = ("I ⊗ bᵀ", "a ⊗ I")
    sentence = "The product is linear in each factor; the Jacobian is made of the other factor."

    def shape(self, *shapes: Shape) -> Shape:
        (*_, result), lengths = self._letters(*shapes)
        return tuple(lengths[letter] for letter in result)

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        return 0, size_of(self.shape(*shapes)) * shapes[0][-1]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.matmul(values[0], values[1])

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        (*terms, result), _ = self._letters(*[node.shape for node in inputs])
        product = Einsum(tuple(terms), result)
        return Multilinear(product, inputs, 0), Multilinear(product, inputs, 1)

    def _letters(self, a: Shape, b: Shape) -> tuple[tuple[str, str, str], dict[str, int]]:
        """The product as a sum over letters: the two terms, the result, and the lengths."""
        if not a or not b:
            raise ShapeError("@ multiplies vectors and matrices; with a number write *")
        batch = LETTERS[3 : 3 + max(len(a), len(b), 2) - 2]
        left = batch[len(batch) - max(len(a) - 2, 0) :] + "ab"[-min(len(a), 2) :]
        right = batch[len(batch) - max(len(b) - 2, 0) :] + "bc"[: min(len(b), 2)]
        inner = a[-1], b[0] if len(b) == 1 else b[-2]
        if inner[0] != inner[1]:
            raise ShapeError(
                f"@ needs the last size of the left, {inner[0]}, to equal the "
                f"{'first' if len(b) <= 2 else 'last but one'} size of the right, {inner[1]}"
            )
        lengths = letter_lengths((left, right), (a, b))
        result = batch + ("a" if len(a) > 1 else "") + ("c" if len(b) > 1 else "")
        return (left, right, result), lengths


class Outer(Operation):
    """Every entry of a vector times every entry of another: a bᵀ."""

    name = "outer"
    arity = 2
    latex = r"{0} \otimes {1}"
    derivatives = ("I ⊗ b", "a ⊗ I")
    sentence = "The product is linear in each vector; the Jacobian is made of the other vector."

    def shape(self, *shapes: Shape) -> Shape:
        if any(len(shape) != 1 for shape in shapes):
            found = " and ".join(map(show_shape, shapes))
            raise ShapeError(f"outer multiplies two vectors, not {found}")
        return shapes[0] + shapes[1]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return values[0][:, None] * values[1][None, :]

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        product = Einsum(("a", "b"), "ab")
        return Multilinear(product, inputs, 0), Multilinear(product, inputs, 1)


def _order(pattern: str, shapes: Iterable[Shape]) -> list[tuple[int, ...]]:
    """Which factors are multiplied first, which then; the result joins the rest as the last."""
    arrays = [np.broadcast_to(0.0, shape) for shape in shapes]
    order: list[tuple[int, ...]] = np.einsum_path(pattern, *arrays, optimize="greedy")[0][1:]
    return order


def letter_lengths(terms: Iterable[str], shapes: Iterable[Shape]) -> dict[str, int]:
    """The length of each letter's axis.

    Raises:
        ShapeError: a term does not fit its array, or a letter has two lengths.
    """
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        if len(term) != len(shape):
            raise ShapeError(
                f"'{term}' names {len(term)} axes, but the array is {show_shape(shape)}"
            )
        for letter, length in zip(term, shape, strict=True):
            if lengths.setdefault(letter, length) != length:
                raise ShapeError(
                    f"'{letter}' stands for an axis of {lengths[letter]} and of {length}"
                )
    return lengths


def batched_letters(count: int, terms: Iterable[str]) -> str:
    """Fresh letters for the leading batch axes of a tangent or cotangent."""
    used = set("".join(terms))
    return "".join([letter for letter in LETTERS if letter not in used][:count])


def contract(terms: tuple[str, ...], result: str, operands: tuple[Node, ...]) -> Node:
    """The contraction of `operands`, with as few and as familiar operations as possible.

    Every letter of `result` stands in some term, and no term repeats a letter.
    """
    terms, result, operands = _without_identities(terms, result, operands)
    terms, operands = _summed_alone(terms, result, operands)
    if len(operands) == 1:
        return permute(operands[0], tuple(terms[0].index(letter) for letter in result))
    if len(operands) == 2:
        (a, b), (a_term, b_term) = operands, terms
        product = _pairwise(a_term, b_term, result, a, b)
        if product is None:
            product = _pairwise(b_term, a_term, result, b, a)
        if product is not None:
            return product
    return Einsum(terms, result)(*operands)


def _without_identities(
    terms: tuple[str, ...], result: str, operands: tuple[Node, ...]
) -> tuple[tuple[str, ...], str, tuple[Node, ...]]:
    """A sum against the identity matrix only renames a letter."""
    for at, operand in enumerate(operands):
        if not isinstance(operand.operation, Eye) or len(operands) == 1:
            continue
        others = terms[:at] + terms[at + 1 :]
        first, second = tuple(terms[at])
        for old, new in ((first, second), (second, first)):
            holds = [term for term in others if old in term]
            if old in result or not holds or any(new in term for term in holds):
                continue
            renamed = tuple(term.replace(old, new) for term in others)
            return _without_identities(renamed, result, operands[:at] + operands[at + 1 :])
    return terms, result, operands


def _summed_alone(
    terms: tuple[str, ...], result: str, operands: tuple[Node, ...]
) -> tuple[tuple[str, ...], tuple[Node, ...]]:
    """Letters of one term alone are summed before anything is multiplied."""
    new_terms, new_operands = list(terms), list(operands)
    for at, term in enumerate(terms):
        elsewhere = set(result).union(*(terms[:at] + terms[at + 1 :]))
        axes = tuple(axis for axis, letter in enumerate(term) if letter not in elsewhere)
        if axes:
            new_terms[at] = "".join(letter for letter in term if letter in elsewhere)
            new_operands[at] = Sum(axes)(operands[at])
    return tuple(new_terms), tuple(new_operands)


def _pairwise(a_term: str, b_term: str, result: str, a: Node, b: Node) -> Node | None:
    """`a` and `b`, in this order, as an entrywise, outer or matrix product, if they are one."""
    shared = set(a_term) & set(b_term)
    summed = shared - set(result)
    if not summed and set(b_term) <= set(a_term):
        return _entrywise(a_term, b_term, result, a, b)
    if not shared and len(a_term) == len(b_term) == 1:
        return Outer()(a, b) if result == a_term + b_term else None
    if len(summed) != 1:
        return None
    letter = summed.pop()
    if shared == {letter}:
        return _matrix_product(a_term, b_term, result, a, b, letter)
    return _stacked_product(a_term, b_term, result, a, b, letter)


def _entrywise(a_term: str, b_term: str, result: str, a: Node, b: Node) -> Node:
    ordered = permute(a, tuple(a_term.index(letter) for letter in result))
    if not b_term:
        return ordered * broadcast(b, to=ordered.shape)
    kept = "".join(letter for letter in result if letter in b_term)
    other = permute(b, tuple(b_term.index(letter) for letter in kept))
    lengths = dict(zip(b_term, b.shape, strict=True))
    other = reshape(other, to=tuple(lengths.get(letter, 1) for letter in result))
    return ordered * broadcast(other, to=ordered.shape)


def _matrix_product(a_term: str, b_term: str, result: str, a: Node, b: Node, k: str) -> Node | None:
    """a @ b with the factors transposed where needed; a vector stands on the side it is written."""
    a_free = a_term.replace(k, "")
    b_free = b_term.replace(k, "")
    if len(b_term) > 2 or (len(a_term) > 2 and a_term[-1] != k) or result != a_free + b_free:
        return None
    if len(a_term) == 1 and b_term[0] != k:
        return None  # written the other way round: b @ a
    left = permute(a, (1, 0)) if len(a_term) == 2 and a_term[0] == k else a
    right = permute(b, (1, 0)) if len(b_term) == 2 and b_term[1] == k else b
    if len(b_term) == 1 and len(a_term) == 2 and a_term[0] == k:
        return None  # xᵀ-first reads better: b @ a
    return MatMul()(left, right)


def _stacked_product(
    a_term: str, b_term: str, result: str, a: Node, b: Node, k: str
) -> Node | None:
    """a @ b for two stacks of matrices, matrix by matrix."""
    lead = a_term[:-2]
    if not lead or any(term[:-2] != lead for term in (b_term, result)):
        return None
    if k in lead or result[-2:] != (a_term[-2:] + b_term[-2:]).replace(k, ""):
        return None
    last, before = a.ndim - 1, a.ndim - 2
    swapped = (*range(before), last, before)
    left = a if a_term[-1] == k else permute(a, swapped)
    right = b if b_term[-2] == k else permute(b, swapped)
    return MatMul()(left, right)
