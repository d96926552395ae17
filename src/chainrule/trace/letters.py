"""What NumPy's einsum leaves unsaid: the result, the axes that `...` stands for, stretched axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Node, Shape
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.contract import show_shape
from chainrule.ops.contraction import LETTERS

__all__ = ["explicit", "stretched", "written"]


def written(operands: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The pattern as one string, and the arrays; also of `einsum(A, [0, 1], B, [1, 2], [0, 2])`."""
    if not operands or isinstance(operands[0], str):
        return operands[0] if operands else "", operands[1:]
    pairs, odd = divmod(len(operands), 2)
    pattern = ",".join(map(_in_letters, operands[1 : 2 * pairs : 2]))
    if odd:
        pattern += "->" + _in_letters(operands[-1])
    return pattern, operands[: 2 * pairs : 2]


def _in_letters(axes: Any) -> str:
    try:
        return "".join("..." if axis is Ellipsis else LETTERS[axis] for axis in axes)
    except (TypeError, IndexError):
        raise DataProblem(
            f"numpy.einsum takes letters, or lists of whole numbers below {len(LETTERS)} after "
            f"each array, not {axes!r}"
        ) from None


def explicit(pattern: str, shapes: Sequence[Shape]) -> tuple[list[str], str]:
    """The terms and the result with a letter for each axis, "..." too, and none left unsaid.

    >>> explicit("...ij,...jk", [(5, 2, 3), (3, 4)])
    (['aij', 'jk'], 'aik')

    Raises:
        ShapeError: the pattern does not fit the arrays.
    """
    left, arrow, result = pattern.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise ShapeError(f"einsum: {pattern!r} has {len(terms)} terms for {len(shapes)} arrays")
    unnamed = [
        len(shape) - len(term) + 3 if "..." in term else 0
        for term, shape in zip(terms, shapes, strict=True)
    ]
    most = max([0, *unnamed])
    fresh = [letter for letter in LETTERS if letter not in pattern][:most]
    if not arrow:
        free = sorted(a for a in set(left) - set(".,") if left.count(a) == 1)
        result = "..." * (most > 0) + "".join(free)
    if most and "..." not in result:
        raise ShapeError(f"einsum: the result of {pattern!r} needs the ... of its terms")
    for at, (term, shape, count) in enumerate(zip(terms, shapes, unnamed, strict=True)):
        terms[at] = term.replace("...", "".join(fresh[most - count :]), 1) if count >= 0 else ""
        if len(terms[at]) != len(shape):
            raise ShapeError(f"einsum: '{term}' does not name the axes of {show_shape(shape)}")
    return terms, result.replace("...", "".join(fresh), 1)


def stretched(terms: Sequence[str], arrays: Sequence[Node]) -> list[Node]:
    """The arrays with each axis of length 1 as long as its letter's elsewhere."""
    lengths: dict[str, int] = {}
    for term, array in zip(terms, arrays, strict=True):
        for letter, length in zip(term, array.shape, strict=True):
            lengths[letter] = length if lengths.get(letter, 1) == 1 else lengths[letter]
    wide = [
        tuple(lengths[a] if n == 1 else n for a, n in zip(term, array.shape, strict=True))
        for term, array in zip(terms, arrays, strict=True)
    ]
    return [broadcast(array, to=shape) for array, shape in zip(arrays, wide, strict=True)]
