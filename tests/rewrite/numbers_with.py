"""Numbers with given properties, and whether numbers have one up to rounding."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from chainrule.graph.facts import Fact, decide, fits, known
from chainrule.graph.node import Array, Shape

Random = np.random.Generator
NEAR = 1e-9


def _turned(value: Array) -> Array:
    return np.swapaxes(value, -1, -2)


def _is_near(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=NEAR, atol=NEAR))


UP_TO_ROUNDING: dict[Fact, Callable[[Array], bool]] = {
    Fact.AT_MOST_ONE: lambda x: bool((x <= 1 + NEAR).all()),
    Fact.BOOLEAN: lambda x: _is_near(x * x, x),
    Fact.INTEGER: lambda x: _is_near(x, np.round(x)),
    Fact.ONE_HOT: lambda x: _is_near(x * x, x) and _is_near(x.sum(axis=-1), 1),
    Fact.ROWS_SUM_TO_ONE: lambda x: _is_near(x.sum(axis=-1), 1),
    Fact.SYMMETRIC: lambda x: _is_near(x, _turned(x)),
    Fact.SKEW_SYMMETRIC: lambda x: _is_near(x, -_turned(x)),
    Fact.DIAGONAL: lambda x: _is_near(x, x * np.eye(x.shape[-1])),
    Fact.ORTHOGONAL: lambda x: _is_near(x @ _turned(x), np.eye(x.shape[-1])),
    Fact.POSITIVE_DEFINITE: lambda x: (
        _is_near(x, _turned(x)) and decide(Fact.POSITIVE_DEFINITE, (x + _turned(x)) / 2)
    ),
}


def has(fact: Fact, value: Array) -> bool:
    """Whether the numbers have the property, up to the rounding of how they were computed."""
    if fact not in UP_TO_ROUNDING:
        return decide(fact, value)
    return fits(fact, value.shape) and UP_TO_ROUNDING[fact](value.astype(float))


def special(shape: Shape) -> list[Array]:
    """Arrays in which much comes together: zeros, ones, identities, a single one, an exchange."""
    if 0 in shape:
        return [np.zeros(shape)]
    found = [np.full(shape, number) for number in (0.0, 1.0, -1.0, 2.0, 0.5, -1.5)]
    if shape:
        found.append(np.eye(shape[-1])[np.zeros(shape[:-1], int)])
    if len(shape) > 1 and shape[-1] == shape[-2]:
        size = shape[-1]
        turn = np.diag(np.arange(size) % 2 * 2.0 - 1)[::-1]
        matrices = [np.eye(size), -2 * np.eye(size), np.eye(size)[::-1], turn, np.tri(size)]
        found += [np.broadcast_to(one, shape).copy() for one in matrices]
    return found


def drawn(facts: Collection[Fact], shape: Shape, random: Random) -> Array:
    """Random numbers that have the properties."""
    pool = [one for one in special(shape) if all(decide(fact, one) for fact in facts)]
    if pool and random.random() < 0.4:
        return pool[random.integers(len(pool))]
    while True:
        value = _at_random(known(frozenset(facts)).true, shape, random)
        if all(decide(fact, value) for fact in facts):
            return value


def _entries(facts: Collection[Fact], shape: Shape, random: Random) -> Array:
    low = 0.0 if Fact.NONNEGATIVE in facts else -3.0
    high = 0.0 if Fact.NONPOSITIVE in facts else 1.0 if Fact.AT_MOST_ONE in facts else 3.0
    steps = 1 if Fact.INTEGER in facts or random.random() < 0.3 else 8  # sums are then exact
    return np.round(random.uniform(low, high, shape) * steps) / steps


def _at_random(facts: Collection[Fact], shape: Shape, random: Random) -> Array:
    value = _entries(facts, shape, random)
    if Fact.ONE_HOT in facts:
        return np.eye(shape[-1])[random.integers(shape[-1], size=shape[:-1])]
    if Fact.ROWS_SUM_TO_ONE in facts:
        if Fact.NONNEGATIVE in facts:
            return random.dirichlet(np.ones(shape[-1]), shape[:-1])
        if Fact.SYMMETRIC in facts:
            value = np.tril(value) + _turned(np.tril(value, -1))
            return value + np.eye(shape[-1]) * (1 - value.sum(axis=-1, keepdims=True))
        return value + (1 - value.sum(axis=-1, keepdims=True)) / shape[-1]
    return _matrix(facts, value, random) if len(shape) > 1 else value


def _matrix(facts: Collection[Fact], value: Array, random: Random) -> Array:
    size = value.shape[-1]
    if Fact.POSITIVE_DEFINITE in facts and Fact.DIAGONAL not in facts:
        product = value @ _turned(value)
        return (product + _turned(product)) / 2 + np.eye(size)
    if Fact.ORTHOGONAL in facts:
        return np.linalg.qr(random.normal(size=value.shape))[0]
    if Fact.DIAGONAL in facts:
        return np.asarray(value * np.eye(size))
    if Fact.SYMMETRIC in facts:
        return np.asarray(np.tril(value) + _turned(np.tril(value, -1)))
    if Fact.SKEW_SYMMETRIC in facts:
        return np.asarray(np.tril(value, -1) - _turned(np.tril(value, -1)))
    return value
