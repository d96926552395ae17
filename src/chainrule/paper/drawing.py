"""Random numbers of which everything holds that is declared of a quantity.

>>> from chainrule.graph.facts import word
>>> declared = {Fact.SYMMETRIC, Fact.INVERTIBLE, Fact.POSITIVE}
>>> A = drawn((3, 3), declared, np.random.default_rng(0))
>>> sorted(word(fact) for fact in declared if decide(fact, A))
['invertible', 'positive', 'symmetric']
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import numpy as np

from chainrule.graph.facts import Fact, decide
from chainrule.graph.node import Array, Node, Shape
from chainrule.paper.program import Paper

__all__ = ["drawn", "numbers_for"]

Random = np.random.Generator


def numbers_for(
    paper: Paper, nodes: Iterable[Node], seed: int, positive: bool
) -> dict[Node, Array] | None:
    """The paper's numbers, and random ones for those of the nodes that it gives none.

    None where no numbers were found as declared.  With `positive` they are between 0 and 1 unless
    something else is declared, so that most formulas have a value.
    """
    random = np.random.default_rng(seed)
    values = dict(paper.values)
    for node in nodes:
        if node in values:
            continue
        facts = {one.fact for one in paper.declarations if one.node is node}
        found = drawn(node.shape, facts, random, positive)
        if found is None:
            return None
        values[node] = found
    return values


def drawn(
    shape: Shape, facts: Collection[Fact], random: Random, positive: bool = False
) -> Array | None:
    """An array of which all these facts hold, which fit its shape; None if none is found.

    It is the first that has them: entries of one kind, arranged as each fact asks for; then arrays
    in which much comes together, as the identity.
    """
    lengths = tuple(map(int, shape))  # one without a number is represented by one
    for found in _candidates(lengths, facts, random, positive):
        if all(decide(fact, found) for fact in facts):
            return found
    return None


def _candidates(
    shape: Shape, facts: Collection[Fact], random: Random, positive: bool
) -> Iterator[Array]:
    for entries in ENTRIES:
        if positive and entries in OF_BOTH_SIGNS:
            continue
        value = entries(shape, random)
        for fact, arranged in ARRANGED.items():
            value = arranged(value, random) if fact in facts else value
        yield value
    yield from _special(shape)


def _special(shape: Shape) -> Iterator[Array]:
    """Zeros, ones, rows with a single one, identities, exchanges."""
    yield np.zeros(shape)
    yield np.ones(shape)
    if shape:
        size = shape[-1]
        yield np.broadcast_to(np.eye(size)[0], shape)
    if len(shape) > 1 and shape[-1] == shape[-2]:
        turn = np.diag(np.arange(size) % 2 * 2.0 - 1)[::-1]  # skew-symmetric if the size is even
        for one in (np.eye(size), -np.eye(size), np.eye(size)[::-1], turn):
            yield np.broadcast_to(one, shape)


# --- entries ------------------------------------------------------------------------------------


def _normal(shape: Shape, random: Random) -> Array:
    return np.asarray(random.normal(size=shape))


def _whole(shape: Shape, random: Random) -> Array:
    return np.asarray(random.integers(-3, 4, shape), float)


def _positive(shape: Shape, random: Random) -> Array:
    return np.asarray(random.uniform(0.2, 0.9, shape))


def _counts(shape: Shape, random: Random) -> Array:
    return np.asarray(random.integers(1, 4, shape), float)


def _truths(shape: Shape, random: Random) -> Array:
    return np.asarray(random.integers(0, 2, shape), float)


OF_BOTH_SIGNS = (_normal, _whole)
ENTRIES: tuple[Callable[[Shape, Random], Array], ...] = (
    _normal,
    _positive,
    lambda shape, random: -_positive(shape, random),
    _whole,
    _counts,
    lambda shape, random: -_counts(shape, random),
    _truths,
)


# --- arranged -----------------------------------------------------------------------------------


def _turned(value: Array) -> Array:
    return np.swapaxes(value, -1, -2)


def _mirrored(value: Array) -> Array:
    return np.triu(value) + _turned(np.triu(value, 1))


def _definite(value: Array) -> Array:
    return _mirrored(value @ _turned(value) + np.eye(value.shape[-1]))


def _dominant(value: Array) -> Array:
    """The same signs, and a diagonal that outweighs the rest: far from what has no inverse."""
    size = value.shape[-1]
    return np.asarray(value + 2 * size * np.eye(size) * np.sign(value))


def _shares(value: Array) -> Array:
    sizes = np.abs(value)
    with np.errstate(invalid="ignore"):  # a row of zeros
        return np.asarray(sizes / sizes.sum(axis=-1, keepdims=True))


ARRANGED: dict[Fact, Callable[[Array, Random], Array]] = {
    Fact.POSITIVE_DEFINITE: lambda value, _: _definite(value),
    Fact.SYMMETRIC: lambda value, _: _mirrored(value),
    Fact.SKEW_SYMMETRIC: lambda value, _: np.triu(value, 1) - _turned(np.triu(value, 1)),
    Fact.DIAGONAL: lambda value, _: value * np.eye(value.shape[-1]),
    Fact.INVERTIBLE: lambda value, _: _dominant(value),
    Fact.ORTHOGONAL: lambda value, random: np.linalg.qr(_normal(value.shape, random))[0],
    Fact.ROWS_SUM_TO_ONE: lambda value, _: _shares(value),
    Fact.ONE_HOT: lambda value, random: np.eye(value.shape[-1])[
        random.integers(value.shape[-1], size=value.shape[:-1])
    ],
}
"""What each fact asks for, in the order in which they leave each other alone."""
