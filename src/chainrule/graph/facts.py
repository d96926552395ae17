"""Facts: properties of every value that a quantity can take, and how they hang together.

A fact's value is the sentence that says it; `word(fact)` is what the paper language and
`cr.assume` call it.  How facts follow from one another is two small tables, closed by code.

>>> word(Fact.ONE_HOT), sorted(map(word, implied(Fact.POSITIVE)))
('one_hot', ['nonnegative', 'nonzero', 'positive'])
>>> decide(Fact.ONE_HOT, np.array([0.0, 1.0, 0.0])), decide(Fact.POSITIVE, np.array([0.0, 1.0]))
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.record import Record

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "EXCLUDES",
    "FACTORED",
    "IMPLIES",
    "NOTHING",
    "OF_ENTRIES",
    "OF_MATRICES",
    "OF_ROWS",
    "TOGETHER",
    "WORDS",
    "Fact",
    "Known",
    "check_shape",
    "decide",
    "fits",
    "implied",
    "known",
    "refutation",
    "word",
]

Array = np.ndarray[tuple[Any, ...], np.dtype[Any]]


class Fact(Enum):
    """A property of every value a node can take, in exact arithmetic, wherever it has a value.

    Floating point may round it away: e^(-1000) is above 0, and its nearest float64 is 0.
    """

    POSITIVE = "every entry is above 0"
    NEGATIVE = "every entry is below 0"
    NONNEGATIVE = "no entry is below 0"
    NONPOSITIVE = "no entry is above 0"
    NONZERO = "no entry is 0"
    AT_MOST_ONE = "no entry is above 1"
    BOOLEAN = "every entry is 0 or 1"
    INTEGER = "every entry is a whole number"
    ROWS_SUM_TO_ONE = "the entries along the last axis sum to 1"
    ONE_HOT = "along the last axis one entry is 1, the others are 0"
    SYMMETRIC = "it equals its transpose"
    SKEW_SYMMETRIC = "it equals minus its transpose"
    DIAGONAL = "every entry off the diagonal is 0"
    POSITIVE_DEFINITE = "it is symmetric, and every eigenvalue is above 0"
    ORTHOGONAL = "its transpose is its inverse"
    INVERTIBLE = "it has an inverse"

    __hash__ = object.__hash__  # members are compared by identity


class Known(Record):
    """What is known to hold, and what is known not to; of all else nothing is known."""

    true: frozenset[Fact] = frozenset()
    false: frozenset[Fact] = frozenset()

    def holds(self, fact: Fact) -> bool | None:
        """True, False, or None: not known."""
        return True if fact in self.true else False if fact in self.false else None

    @property
    def contradicts(self) -> bool:
        """Whether something is said to hold and not to hold."""
        return bool(self.true & self.false)


NOTHING = Known()

OF_ROWS = frozenset({Fact.ROWS_SUM_TO_ONE, Fact.ONE_HOT})
"""Facts about the entries along the last axis together."""

OF_MATRICES = frozenset(
    {
        Fact.SYMMETRIC,
        Fact.SKEW_SYMMETRIC,
        Fact.DIAGONAL,
        Fact.POSITIVE_DEFINITE,
        Fact.ORTHOGONAL,
        Fact.INVERTIBLE,
    }
)
"""Facts about the last two axes, which are of one length: a matrix, or a stack of them."""

FACTORED = frozenset({Fact.POSITIVE_DEFINITE, Fact.ORTHOGONAL, Fact.INVERTIBLE})
"""Facts that take a product or a factorization of a matrix to decide."""

OF_ENTRIES = frozenset(Fact) - OF_ROWS - OF_MATRICES
"""Facts about each entry by itself: they stay true wherever entries are moved or repeated."""

IMPLIES: dict[Fact, tuple[Fact, ...]] = {
    Fact.POSITIVE: (Fact.NONNEGATIVE, Fact.NONZERO),
    Fact.NEGATIVE: (Fact.NONPOSITIVE, Fact.NONZERO),
    Fact.NONPOSITIVE: (Fact.AT_MOST_ONE,),
    Fact.BOOLEAN: (Fact.NONNEGATIVE, Fact.AT_MOST_ONE, Fact.INTEGER),
    Fact.ONE_HOT: (Fact.BOOLEAN, Fact.ROWS_SUM_TO_ONE),
    Fact.DIAGONAL: (Fact.SYMMETRIC,),
    Fact.POSITIVE_DEFINITE: (Fact.SYMMETRIC, Fact.INVERTIBLE),
    Fact.ORTHOGONAL: (Fact.INVERTIBLE,),
}
"""What follows from one fact."""

TOGETHER: tuple[tuple[frozenset[Fact], Fact], ...] = (
    (frozenset({Fact.NONNEGATIVE, Fact.NONZERO}), Fact.POSITIVE),
    (frozenset({Fact.NONPOSITIVE, Fact.NONZERO}), Fact.NEGATIVE),
    (frozenset({Fact.NONNEGATIVE, Fact.AT_MOST_ONE, Fact.INTEGER}), Fact.BOOLEAN),
    (frozenset({Fact.NONNEGATIVE, Fact.ROWS_SUM_TO_ONE}), Fact.AT_MOST_ONE),
    (frozenset({Fact.BOOLEAN, Fact.ROWS_SUM_TO_ONE}), Fact.ONE_HOT),
)
"""What follows from several facts together."""

EXCLUDES: tuple[tuple[Fact, Fact], ...] = (
    (Fact.POSITIVE, Fact.NONPOSITIVE),
    (Fact.NEGATIVE, Fact.NONNEGATIVE),
    (Fact.NONPOSITIVE, Fact.ROWS_SUM_TO_ONE),
    (Fact.SKEW_SYMMETRIC, Fact.NONZERO),  # its diagonal is 0
    (Fact.SKEW_SYMMETRIC, Fact.ROWS_SUM_TO_ONE),  # all its entries together sum to 0
    (Fact.SKEW_SYMMETRIC, Fact.POSITIVE_DEFINITE),
    (Fact.NONPOSITIVE, Fact.POSITIVE_DEFINITE),  # whose diagonal is above 0
)
"""Which facts cannot both hold of an array that has entries."""

WORDS: dict[str, Fact] = {fact.name.lower(): fact for fact in Fact}
"""Each fact by its word."""


def word(fact: Fact) -> str:
    """What the paper language and `cr.assume` call it.

    >>> word(Fact.ROWS_SUM_TO_ONE)
    'rows_sum_to_one'
    """
    return fact.name.lower()


@cache
def implied(fact: Fact) -> frozenset[Fact]:
    """The fact itself and all that follows from it."""
    return frozenset({fact}).union(*[implied(next_) for next_ in IMPLIES.get(fact, ())])


@cache
def known(true: frozenset[Fact], false: frozenset[Fact] = frozenset()) -> Known:
    """All that follows from what holds and what does not; it may contradict itself.

    >>> known(frozenset({Fact.NEGATIVE})).holds(Fact.POSITIVE)
    False
    >>> known(frozenset({Fact.NONNEGATIVE, Fact.NONZERO})).holds(Fact.POSITIVE)
    True
    """
    holds = true.union(*map(implied, true))
    more = {conclusion for premises, conclusion in TOGETHER if premises <= holds}
    fails = false.union(
        *[{fact for fact in Fact if implied(fact) & false}],
        *[{one for one in Fact if b in implied(one)} for a, b in _excluding() if a in holds],
    )
    if more <= holds and fails == false:
        return Known(holds, fails)
    return known(holds | more, fails)


def _excluding() -> Iterable[tuple[Fact, Fact]]:
    return [*EXCLUDES, *[(b, a) for a, b in EXCLUDES]]


def fits(fact: Fact, shape: tuple[int, ...]) -> bool:
    """Whether an array of that shape can have such a property."""
    if fact in OF_MATRICES:
        return len(shape) > 1 and shape[-1] == shape[-2]
    return fact not in OF_ROWS or bool(shape)


def check_shape(fact: Fact, shape: tuple[int, ...]) -> None:
    """Raises `ShapeError` where an array of that shape cannot have such a property."""
    if not fits(fact, shape):
        needed = "at least one axis" if fact in OF_ROWS else "a square matrix, or a stack of them"
        found = f"({' × '.join(map(str, shape))})" if shape else "a number"
        raise ShapeError(f"{word(fact)} needs {needed}, not {found}")


def decide(fact: Fact, value: npt.ArrayLike) -> bool:
    """Whether the fact holds of these numbers.

    Exactly, but for four: rows sum to one, and a matrix is orthogonal, up to the rounding of the
    sums that are taken; a matrix is invertible, or positive definite, where rounding its entries
    could not make it singular.  What is not a number has no property.
    """
    array = np.asarray(value)
    if not fits(fact, array.shape):
        return False
    with np.errstate(all="ignore"):
        return bool(np.all(DECIDES[fact](array.astype(np.float64) if _is_truth(array) else array)))


def refutation(fact: Fact, value: npt.ArrayLike) -> str:
    """Which entry or row shows that the fact does not hold of these numbers; "" if no single one.

    >>> refutation(Fact.POSITIVE, np.array([[1.0, 0.0]])), refutation(Fact.POSITIVE, -2.0)
    ('entry [0, 1] is 0.0', 'it is -2.0')
    >>> refutation(Fact.ONE_HOT, np.array([[0.0, 1.0], [1.0, 1.0]]))
    'row [1] sums to 2.0'
    """
    array = np.asarray(value)
    for one in Fact:
        if one in implied(fact) - FACTORED and fits(one, array.shape) and not decide(one, array):
            at = tuple(np.argwhere(~np.asarray(DECIDES[one](array)))[0].tolist())
            found = array[at].sum() if one in OF_ROWS else array[at]
            place = f"{'row' if one in OF_ROWS else 'entry'} {list(at)}" if at else "it"
            return f"{place} {'sums to' if one in OF_ROWS else 'is'} {found}"
    return ""


def _is_truth(value: Array) -> bool:
    return value.dtype.kind == "b"


def _rounding(value: Array) -> float:
    """The spacing of the floats near 1, times how many are summed."""
    precision = value.dtype if value.dtype.kind == "f" else np.dtype(np.float64)
    spacing = float(np.finfo(precision).eps)
    return spacing * max(1, int(value.shape[-1]))


def _rows_sum_to_one(value: Array) -> Any:
    size = np.abs(value).sum(axis=-1)
    near = np.abs(value.sum(axis=-1) - 1) <= _rounding(value) * np.maximum(size, 1)
    return near & np.isfinite(size)


def _one_hot(value: Array) -> Any:
    return ((value == 0) | (value == 1)).all(axis=-1) & ((value == 1).sum(axis=-1) == 1)


def _turned(value: Array) -> Array:
    return np.swapaxes(value, -1, -2)


def _diagonal(value: Array) -> Any:
    return (value == 0) | np.eye(value.shape[-1], dtype=bool)


def _singular_values(value: Array) -> Array:
    return np.linalg.svd(value.astype(np.float64), compute_uv=False)


def _invertible(value: Array) -> Any:
    if not np.isfinite(value).all() or not value.size:
        return value.size == 0
    sizes = _singular_values(value)
    return sizes[..., -1] > _rounding(value) * sizes[..., 0]


def _positive_definite(value: Array) -> Any:
    if not np.array_equal(value, _turned(value)) or not np.isfinite(value).all():
        return False
    if not value.size:
        return True
    eigenvalues = np.linalg.eigvalsh(value.astype(np.float64))
    return eigenvalues[..., 0] > _rounding(value) * np.abs(eigenvalues[..., -1])


def _orthogonal(value: Array) -> Any:
    if not np.isfinite(value).all():
        return False
    numbers = value.astype(np.float64)
    off = _turned(numbers) @ numbers - np.eye(value.shape[-1])
    return np.abs(off) <= 4 * _rounding(value)


DECIDES: dict[Fact, Callable[[Array], Any]] = {
    Fact.POSITIVE: lambda value: value > 0,
    Fact.NEGATIVE: lambda value: value < 0,
    Fact.NONNEGATIVE: lambda value: value >= 0,
    Fact.NONPOSITIVE: lambda value: value <= 0,
    Fact.NONZERO: lambda value: (value < 0) | (value > 0),
    Fact.AT_MOST_ONE: lambda value: value <= 1,
    Fact.BOOLEAN: lambda value: (value == 0) | (value == 1),
    Fact.INTEGER: lambda value: np.isfinite(value) & (value == np.floor(value)),
    Fact.ROWS_SUM_TO_ONE: _rows_sum_to_one,
    Fact.ONE_HOT: _one_hot,
    Fact.SYMMETRIC: lambda value: value == _turned(value),
    Fact.SKEW_SYMMETRIC: lambda value: value == -_turned(value),
    Fact.DIAGONAL: _diagonal,
    Fact.POSITIVE_DEFINITE: _positive_definite,
    Fact.ORTHOGONAL: _orthogonal,
    Fact.INVERTIBLE: _invertible,
}
