"""Other numbers for a problem's quantities, with the properties that its formulas rest on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chainrule.graph.node import Array, Node
from chainrule.paper.program import Paper

__all__ = ["HOW_MANY", "instances"]

HOW_MANY = 3
GOLDEN = (5**0.5 - 1) / 2  # its multiples' fractions spread evenly, and no two numbers are alike


def instances(paper: Paper) -> list[Mapping[Node, Array]]:
    """Other numbers: an identity holds for all of them, a coincidence does not.

    First `HOW_MANY` of which the givens keep their signs (a learning rate, an argument of log),
    then as many with mixed signs, where formulas may have no value: relu and abs show only
    there.  One-hot rows stay one-hot and rows that sum to one keep their sum; what has no numbers
    is drawn as it is declared.
    """
    turns = [(turn, keep) for keep in (True, False) for turn in range(HOW_MANY)]
    return [{**_drawn(paper, *turn), **_others(paper, *turn)} for turn in turns]


def _drawn(paper: Paper, seed: int, positive: bool) -> Mapping[Node, Array]:
    """Numbers for what is only declared."""
    if not paper.declared:
        return {}
    from chainrule.paper.drawing import numbers_for

    declared = [one.node for one in paper.declared]
    return numbers_for(paper, declared, seed, positive=positive) or {}


def _others(paper: Paper, turn: int, keep_signs: bool) -> Mapping[Node, Array]:
    """Other numbers for what is given."""
    found: dict[Node, Array] = {}
    used = 1 + 1000 * turn
    for given in paper.givens:
        value = np.asarray(given.value, float)
        other = _other(value, used, turn)
        found[given.node] = other if keep_signs or _is_share(value) else _turned(other)
        used += value.size
    return found


def _turned(value: Array) -> Array:
    """With every other sign turned; a single number keeps its sign, it may be a step or a count."""
    signs = 1 - 2 * (np.arange(value.size) % 2)
    return np.asarray(value * signs.reshape(value.shape))


def _other(value: Array, start: int, turn: int) -> Array:
    if _is_one_hot(value):
        return np.roll(value, turn + 1, axis=-1)
    share = (np.arange(start, start + value.size) * GOLDEN % 1).reshape(value.shape)
    spread = np.where(value == 0, 1.4 * share - 0.7, value * (0.5 + 1.1 * share))
    if _is_share(value):
        return np.asarray(np.abs(spread) / np.abs(spread).sum(-1, keepdims=True))
    return np.asarray(spread)


def _is_share(value: Array) -> bool:
    """Whether the rows sum to one, as probabilities do."""
    return value.ndim > 0 and bool(np.allclose(value.sum(-1), 1) and (value >= 0).all())


def _is_one_hot(value: Array) -> bool:
    in_rows = value.ndim > 0 and value.shape[-1] > 1
    return in_rows and bool(np.isin(value, (0, 1)).all() and (value.sum(-1) == 1).all())
