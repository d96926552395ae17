"""NumPy's products of arrays of any rank: dot, inner, tensordot, kron, cross, matrix powers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import Node, constant
from chainrule.ops.arithmetic import multiply, subtract
from chainrule.ops.broadcasting import as_numbers, broadcast, common_shape, reshape
from chainrule.ops.contract import Composite, paper_operation, paper_settings, show_shape
from chainrule.ops.contraction import LETTERS, Einsum, contract
from chainrule.ops.indexing import gather
from chainrule.ops.linear import matmul
from chainrule.ops.making import eye
from chainrule.ops.matrices import check_square
from chainrule.ops.reduction import normal_axes
from chainrule.ops.solving import inverse

__all__ = [
    "cross",
    "dot",
    "inner",
    "kron",
    "matrix_power",
    "multi_dot",
    "tensordot",
    "vdot",
]


class Kron(Composite):
    """Every entry of a times all of b, as one block: the Kronecker product."""

    name = "kron"
    arity = 2
    latex = r"{0} \otimes {1}"
    derivatives = ("b at each entry's block", "a at each entry of the blocks")
    sentence = "Each block is an entry of the left matrix times the whole right matrix."

    def body(self, *inputs: Node) -> Node:
        rank = max(node.ndim for node in inputs)
        a, b = [reshape(node, to=(1,) * (rank - node.ndim) + node.shape) for node in inputs]
        left, right = LETTERS[:rank], LETTERS[rank : 2 * rank]
        blocks = "".join(one + other for one, other in zip(left, right, strict=True))
        sizes = tuple(n * m for n, m in zip(a.shape, b.shape, strict=True))
        return reshape(Einsum((left, right), blocks)(a, b), to=sizes)


class Cross(Composite):
    """The vector product of vectors with three entries, along the last axis."""

    name = "cross"
    arity = 2
    latex = r"{0} \times {1}"
    derivatives = ("v ↦ v × b", "v ↦ a × v")
    sentence = (
        "The product is linear in each vector; the derivative is a product with the other vector."
    )

    def body(self, *inputs: Node) -> Node:
        a, b = inputs
        if a.shape != b.shape or a.shape[-1:] != (3,):
            found = " and ".join(show_shape(node.shape) for node in inputs)
            raise ShapeError(f"cross multiplies vectors of three entries, not {found}")
        ahead, behind = [constant(order, np.int64) for order in ([1, 2, 0], [2, 0, 1])]
        return subtract(
            multiply(gather(a, ahead, 1), gather(b, behind, 1)),
            multiply(gather(a, behind, 1), gather(b, ahead, 1)),
        )


class MatrixPower(Composite):
    """A @ A @ … @ A; below 0 of the inverse, at 0 the identity."""

    name = "matrix_power"
    derivatives = ("Σ A^i ⊗ (A^(n-1-i))ᵀ",)
    sentence = (
        "The product rule gives a term for each of the n factors, between those left and right of "
        "it."
    )
    exponent: int

    def body(self, *inputs: Node) -> Node:
        a = inputs[0]
        check_square(self.name, a.shape)
        if not self.exponent:
            return broadcast(eye(a.shape[-1], a.dtype), to=a.shape)
        square, left = (a, self.exponent) if self.exponent > 0 else (inverse(a), -self.exponent)
        power: Node | None = None
        while left:
            if left % 2:
                power = square if power is None else matmul(power, square)
            left //= 2
            square = matmul(square, square) if left else square
        assert power is not None
        return power


kron_of, cross_of = paper_operation(Kron()), paper_operation(Cross())
paper_settings(MatrixPower)


def kron(a: Node, b: Node) -> Node:
    """The Kronecker product; the shorter shape is filled up with leading axes of length 1."""
    return kron_of(*as_numbers((a, b)))


def cross(a: Node, b: Node) -> Node:
    """a × b along the last axis, of three entries; leading axes are broadcast."""
    a, b = as_numbers((a, b))
    shape = common_shape(a.shape, b.shape)
    if shape is None or a.shape[-1:] != (3,) or b.shape[-1:] != (3,):
        found = f"{show_shape(a.shape)} and {show_shape(b.shape)}"
        raise ShapeError(f"cross multiplies vectors of three entries, not {found}")
    return cross_of(broadcast(a, to=shape), broadcast(b, to=shape))


def matrix_power(a: Node, exponent: int) -> Node:
    """A multiplied with itself so many times."""
    return MatrixPower(exponent)(*as_numbers((a,)))


def dot(a: Node, b: Node) -> Node:
    """Σ over the last axis of a and the last but one of b (its only one); a number scales."""
    if not a.ndim or not b.ndim:
        return multiply(a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul(a, b)
    return tensordot(a, b, ((-1,), (-min(b.ndim, 2),)))


def inner(a: Node, b: Node) -> Node:
    """Σ over the last axes of both; a number scales."""
    if not a.ndim or not b.ndim:
        return multiply(a, b)
    return tensordot(a, b, ((-1,), (-1,)))


def vdot(a: Node, b: Node) -> Node:
    """The inner product of all entries, row by row."""
    return matmul(reshape(a, to=(a.size,)), reshape(b, to=(b.size,)))


def tensordot(a: Node, b: Node, axes: tuple[Sequence[int], Sequence[int]]) -> Node:
    """Σ over pairs of axes; the result has a's other axes, then b's.

    Raises:
        ShapeError: a pair's lengths differ, or an axis does not exist.
    """
    a, b = as_numbers((a, b))
    ours, theirs = [tuple(one) for one in axes]
    normal_axes(ours, a.shape)
    normal_axes(theirs, b.shape)
    left = list(LETTERS[: a.ndim])
    right = list(LETTERS[a.ndim : a.ndim + b.ndim])
    if [a.shape[axis] for axis in ours] != [b.shape[axis] for axis in theirs]:
        raise ShapeError(
            f"axes {list(ours)} of {show_shape(a.shape)} and axes {list(theirs)} of "
            f"{show_shape(b.shape)} differ in length"
        )
    for axis, other in zip(ours, theirs, strict=True):
        right[other] = left[axis]
    summed = {left[axis] for axis in ours}
    result = "".join(letter for letter in left + right if letter not in summed)
    return contract(("".join(left), "".join(right)), result, (a, b))


def multi_dot(arrays: Sequence[Node]) -> Node:
    """A @ B @ C … in the order of multiplication that takes the least work.

    The first may be a row, the last a column, each written as a vector.

    Raises:
        ShapeError: there are fewer than two, or they do not fit.
    """
    factors = as_numbers(tuple(arrays))
    if len(factors) < 2:
        raise ShapeError("multi_dot multiplies two arrays or more")
    if len(factors) == 2:
        return matmul(*factors)
    last = len(factors)
    terms = [LETTERS[at : at + 2] for at in range(last)]
    terms[0] = terms[0][-factors[0].ndim :]
    terms[-1] = terms[-1][: factors[-1].ndim]
    for at, (term, factor) in enumerate(zip(terms, factors, strict=True)):
        if len(term) != factor.ndim or not term:
            raise ShapeError(f"multi_dot: array {at} is {show_shape(factor.shape)}, not a matrix")
    for one, other in pairwise(factors):
        if one.shape[-1] != other.shape[0]:
            found = f"{show_shape(one.shape)} and {show_shape(other.shape)}"
            raise ShapeError(f"multi_dot: {found} do not fit as neighbours")
    ends = terms[0][:-1] + terms[-1][1:]
    return Einsum(tuple(terms), ends)(*factors)
