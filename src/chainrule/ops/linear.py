"""Matrix, outer and inner products, and sums over letters (einsum)."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import ShapeError, TooLarge
from chainrule.graph.node import Kernels, Node, Shape, constant
from chainrule.jacobians.kinds import LinearMap, Multilinear
from chainrule.ops.broadcasting import as_numbers, broadcast, common_shape
from chainrule.ops.contract import Operation, paper_function, show_shape
from chainrule.ops.contraction import LETTERS, Einsum, letter_lengths
from chainrule.ops.indexing import gather

__all__ = ["MatMul", "Outer", "dot", "einsum", "matmul", "outer"]

MOST_OPERANDS = 32  # of one einsum: the order of multiplication is searched for
MOST_LETTERS = 16  # a batch of tangents adds its own, and NumPy has 32 axes


class MatMul(Operation):
    """a @ b: matrices, a vector on either side, stacks of matrices along equal leading axes."""

    name = "matmul"
    arity = 2
    precedence = "product"
    text = "{0} @ {1}"
    latex = r"{0} \, {1}"
    derivatives = ("I ⊗ bᵀ", "a ⊗ I")
    sentence = "In each factor the product is linear; its Jacobian holds the other factor."

    def shape(self, *shapes: Shape) -> Shape:
        (*_, result), lengths = self._letters(*shapes)
        return tuple(lengths[letter] for letter in result)

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
    sentence = "In each vector the product is linear; its Jacobian holds the other one."

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


@paper_function()
def matmul(a: Node, b: Node) -> Node:
    """a @ b, matrices, vectors or stacks of matrices, whose leading axes are broadcast.

    Raises:
        ShapeError: the inner sizes or the stacks differ, or one of the two is a number.
    """
    a, b = as_numbers((a, b))  # NumPy's own product of truth values is a truth value
    if a.ndim > 2 and b.ndim > 2 and a.shape[:-2] != b.shape[:-2]:
        lead = common_shape(a.shape[:-2], b.shape[:-2])
        if lead is None:
            shapes = f"{show_shape(a.shape)} and {show_shape(b.shape)}"
            raise ShapeError(f"@ multiplies stacks of one shape; those of {shapes} do not fit")
        a = broadcast(a, to=lead + a.shape[-2:])
        b = broadcast(b, to=lead + b.shape[-2:])
    return MatMul()(a, b)


@paper_function()
def dot(a: Node, b: Node) -> Node:
    """The inner product of two vectors; the matrix product where one of them is a matrix."""
    return matmul(a, b)


@paper_function()
def outer(a: Node, b: Node) -> Node:
    """a bᵀ for two vectors."""
    return Outer()(*as_numbers((a, b)))


@paper_function()
def einsum(*operands: Node, terms: tuple[str, ...], result: str) -> Node:
    """Σ over letters: `einsum(A, B, terms=[ij, jk], result=ik)`; a term may repeat a letter.

    A number has no letters: its term, or the result, is then "".

    Raises:
        ShapeError: the letters do not fit the arrays.
        TooLarge: there are too many of either.
    """
    parts = [term or "" for term in terms]
    result = result or ""
    letters = set("".join(parts))
    if len(operands) > MOST_OPERANDS or len(letters) > MOST_LETTERS:
        raise TooLarge(f"einsum takes at most {MOST_OPERANDS} arrays and {MOST_LETTERS} letters")
    if len(parts) != len(operands) or not letters <= set(LETTERS):
        raise ShapeError("einsum needs one term of letters for each array: terms=[ij, jk]")
    if len(set(result)) < len(result) or not set(result) <= letters:
        raise ShapeError(f"each letter of the result {result!r} stands once in it and in a term")
    letter_lengths(parts, [operand.shape for operand in operands])
    numbers = as_numbers(operands)
    pairs = [_diagonal(part, operand) for part, operand in zip(parts, numbers, strict=True)]
    return Einsum(tuple(p for p, _ in pairs), result)(*[o for _, o in pairs])


def _diagonal(term: str, x: Node) -> tuple[str, Node]:
    """The entries of `x` where axes of one letter have one index, and the term without repeats."""
    if len(set(term)) == len(term):
        return term, x
    unique = "".join(dict.fromkeys(term))
    lengths = dict(zip(term, x.shape, strict=True))
    grids = np.indices([lengths[letter] for letter in unique])
    index = tuple(grids[unique.index(letter)] for letter in term)
    positions = np.ravel_multi_index(index, x.shape)
    return unique, gather(x, constant(positions, np.int64), x.ndim)
