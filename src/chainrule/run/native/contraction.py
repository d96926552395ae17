"""Sums of products of arrays, written by letters, as `einsum` writes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.run.native.builder import Builder, NotNative
from chainrule.run.native.sums import reduced
from chainrule.run.native.tensors import Tensor, row_major

__all__ = ["contracted", "einsum", "matrix_product"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def contracted(
    make: Builder, terms: Sequence[str], result: str, operands: Sequence[Tensor]
) -> Tensor:
    """The sum over the letters that the result lacks of the products of entries.

    Of more than two operands, two at a time are multiplied, in NumPy's order.

    >>> from chainrule.run.native.tensors import Given
    >>> make = Builder()
    >>> x = make.tensor(Given(0), (), (2, 3), np.dtype("f8"))
    >>> contracted(make, ["ij", "kj"], "ik", [x, x])
    sum(2, 2) of float64
    """
    left, arrays = list(terms), list(operands)
    if len(arrays) > 2:
        shaped = [np.broadcast_to(0.0, one.shape) for one in arrays]
        pattern = f"{','.join(terms)}->{result}"
        for pair in np.einsum_path(pattern, *shaped, optimize="greedy")[0][1:-1]:
            chosen = [(left.pop(at), arrays.pop(at)) for at in sorted(pair, reverse=True)]
            needed = set(result).union(*left)
            kept = "".join(sorted({a for term, _ in chosen for a in term} & needed))
            arrays.append(_sum(make, [t for t, _ in chosen], kept, [x for _, x in chosen]))
            left.append(kept)
    return _sum(make, left, result, arrays)


def _sum(make: Builder, terms: Sequence[str], result: str, operands: Sequence[Tensor]) -> Tensor:
    lengths = _lengths(terms, operands)
    summed = [letter for letter in lengths if letter not in result]
    letters = [*result, *summed]
    shape = tuple([lengths[letter] for letter in letters])
    product: Tensor | None = None
    for term, x in zip(terms, operands, strict=True):
        steps = dict.fromkeys(letters, 0)
        for letter, step, length in zip(term, row_major(x.shape), x.shape, strict=True):
            steps[letter] += step if length > 1 else 0
        spread = make.view(x, shape, 0, tuple(steps.values()))
        product = spread if product is None else make.each("multiply", product, spread)
    assert product is not None
    return reduced(make, "sum", product, tuple(range(len(result), len(letters))))


def _lengths(terms: Sequence[str], operands: Sequence[Tensor]) -> dict[str, int]:
    """How long the axis of each letter is; axes of length 1 are repeated."""
    lengths: dict[str, int] = {}
    for term, x in zip(terms, operands, strict=True):
        if len(term) != len(x.shape) or not set(term) <= set(LETTERS + LETTERS.lower()):
            raise NotNative(f"einsum of {term} and {x}")
        for letter, length in zip(term, x.shape, strict=True):
            if lengths.get(letter, 1) == 1:
                lengths[letter] = length
    return lengths


def matrix_product(make: Builder, a: Tensor, b: Tensor) -> Tensor:
    """a @ b: of vectors, of matrices, of stacks of them."""
    if not a.shape or not b.shape or "b" in (a.dtype.kind, b.dtype.kind):
        raise NotNative("@")
    left = "k" if len(a.shape) == 1 else "rk"
    right = "k" if len(b.shape) == 1 else "kc"
    lead = LETTERS[: max(len(a.shape) - len(left), len(b.shape) - len(right))]
    result = lead + left[:-1] + right[1:]
    left, right = [
        lead[len(lead) - (len(x.shape) - len(own)) :] + own for x, own in ((a, left), (b, right))
    ]
    return contracted(make, [left, right], result, [a, b])


def einsum(make: Builder, pattern: str, operands: Sequence[Tensor]) -> Tensor:
    """`numpy.einsum` with the result written out."""
    left, arrow, result = pattern.replace(" ", "").partition("->")
    if not arrow or "." in pattern:
        raise NotNative(f"einsum of {pattern}")
    return contracted(make, left.split(","), result, operands)
