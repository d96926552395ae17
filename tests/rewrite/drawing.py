"""Random numbers of which facts hold: what a declaration promises, drawn.

>>> import numpy as np
>>> from chainrule.graph.facts import decide
>>> S = draw((4, 3), {Fact.ROWS_SUM_TO_ONE}, np.random.default_rng(0))
>>> S.shape, decide(Fact.ROWS_SUM_TO_ONE, S)
((4, 3), True)
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from chainrule.graph.facts import OF_MATRICES, Fact, decide
from chainrule.graph.node import Array, Shape

__all__ = ["draw"]

Random = np.random.Generator
Draw = Callable[[Shape, Random], Array]


def draw(shape: Shape, facts: Collection[Fact], random: Random) -> Array:
    """Numbers of this shape of which the facts hold; without facts, signs and sizes as they come.

    Raises:
        LookupError: no drawing of one of the facts meets the others too.
    """
    candidates = [DRAWS[fact] for fact in facts] or [_any]
    for one in candidates:
        numbers = _of_matrices(one, facts)(shape, random)
        if all(decide(fact, numbers) for fact in facts):
            return numbers
    raise LookupError(f"no drawing meets {sorted(fact.name for fact in facts)}")


def _of_matrices(one: Draw, facts: Collection[Fact]) -> Draw:
    """A stack of matrices is drawn matrix by matrix, where the fact is about matrices."""
    if not OF_MATRICES & frozenset(facts):
        return one

    def stacked(shape: Shape, random: Random) -> Array:
        flat = [one(shape[-2:], random) for _ in range(int(np.prod(shape[:-2])))]
        return np.reshape(flat, shape)

    return stacked


def _any(shape: Shape, random: Random) -> Array:
    """Both signs, away from 0, so that quotients and comparisons are clear."""
    return np.asarray(random.uniform(0.3, 2.0, shape) * random.choice([-1.0, 1.0], shape))


def _positive(shape: Shape, random: Random) -> Array:
    return np.asarray(random.uniform(0.3, 2.0, shape))


def _with_zeros(shape: Shape, random: Random) -> Array:
    return _positive(shape, random) * random.integers(0, 2, shape)


def _rows(shape: Shape, random: Random) -> Array:
    """Some entries may be negative: that rows sum to one does not make them probabilities."""
    numbers = np.asarray(random.uniform(-1.0, 2.0, shape))
    numbers[..., -1] += 1 - numbers.sum(axis=-1)
    return numbers


def _one_hot(shape: Shape, random: Random) -> Array:
    return np.asarray(np.eye(shape[-1])[random.integers(0, shape[-1], shape[:-1])])


def _symmetric(shape: Shape, random: Random) -> Array:
    numbers = _any(shape, random)
    return numbers + numbers.T


def _skew(shape: Shape, random: Random) -> Array:
    numbers = _any(shape, random)
    return numbers - numbers.T


def _definite(shape: Shape, random: Random) -> Array:
    numbers = _any(shape, random)
    return numbers @ numbers.T + np.eye(shape[-1])


def _orthogonal(shape: Shape, random: Random) -> Array:
    return np.asarray(np.linalg.qr(random.normal(size=shape))[0])


DRAWS: dict[Fact, Draw] = {
    Fact.POSITIVE: _positive,
    Fact.NEGATIVE: lambda shape, random: -_positive(shape, random),
    Fact.NONNEGATIVE: _with_zeros,
    Fact.NONPOSITIVE: lambda shape, random: -_with_zeros(shape, random),
    Fact.NONZERO: _any,
    Fact.AT_MOST_ONE: lambda shape, random: 1.0 - _with_zeros(shape, random),
    Fact.BOOLEAN: lambda shape, random: np.asarray(random.integers(0, 2, shape), float),
    Fact.INTEGER: lambda shape, random: np.asarray(random.integers(-3, 4, shape), float),
    Fact.ROWS_SUM_TO_ONE: _rows,
    Fact.ONE_HOT: _one_hot,
    Fact.SYMMETRIC: _symmetric,
    Fact.SKEW_SYMMETRIC: _skew,
    Fact.DIAGONAL: lambda shape, random: np.diag(_any(shape[-1:], random)),
    Fact.POSITIVE_DEFINITE: _definite,
    Fact.ORTHOGONAL: _orthogonal,
    Fact.INVERTIBLE: lambda shape, random: random.normal(size=shape) + 3 * np.eye(shape[-1]),
}
"""One way of drawing for every fact."""
