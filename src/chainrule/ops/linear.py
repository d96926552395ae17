"""Matrix, outer and inner products, and sums over letters (einsum)."""

from __future__ import annotations

import numpy as np

from chainrule.errors import ShapeError, TooLarge
from chainrule.graph.node import OPERATORS, Node, constant
from chainrule.graph.sizes import counted
from chainrule.ops.broadcasting import as_numbers, broadcast, common_shape
from chainrule.ops.contract import paper_function, show_shape
from chainrule.ops.contraction import LETTERS, Einsum, MatMul, Outer, letter_lengths
from chainrule.ops.indexing import gather

__all__ = ["dot", "einsum", "matmul", "outer"]

MOST_OPERANDS = 32  # of one einsum: the order of multiplication is searched for
MOST_LETTERS = 16  # a batch of tangents adds its own, and NumPy has 32 axes


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
    grids = np.indices([counted(lengths[letter]) for letter in unique])
    index = tuple(grids[unique.index(letter)] for letter in term)
    positions = np.ravel_multi_index(index, x.shape)
    return unique, gather(x, constant(positions, np.int64), x.ndim)


OPERATORS["@"] = matmul
