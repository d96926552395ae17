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
    """Three times other numbers: an identity holds for all of them, a coincidence does not.

    Of givens the signs are kept (a learning rate, an argument of log), one-hot rows stay one-hot
    and rows that sum to one keep their sum; what has no numbers is drawn as it is declared.
    """
    return [{**_drawn(paper, turn), **_others(paper, turn)} for turn in range(HOW_MANY)]


def _drawn(paper: Paper, seed: int) -> Mapping[Node, Array]:
    """Numbers for what is only declared."""
    if not paper.declared:
        return {}
    from chainrule.paper.drawing import numbers_for

    declared = [one.node for one in paper.declared]
    return numbers_for(paper, declared, seed, positive=True) or {}


def _others(paper: Paper, turn: int) -> Mapping[Node, Array]:
    """Other numbers for what is given."""
    found: dict[Node, Array] = {}
    used = 1 + 1000 * turn
    for given in paper.givens:
        value = np.asarray(given.value, float)
        found[given.node] = _other(value, used, turn)
        used += value.size
    return found


def _other(value: Array, start: int, turn: int) -> Array:
    if _is_one_hot(value):
        return np.roll(value, turn + 1, axis=-1)
    share = (np.arange(start, start + value.size) * GOLDEN % 1).reshape(value.shape)
    spread = np.where(value == 0, 1.4 * share - 0.7, value * (0.5 + 1.1 * share))
    if value.ndim and np.allclose(value.sum(-1), 1) and (value >= 0).all():
        return np.asarray(np.abs(spread) / np.abs(spread).sum(-1, keepdims=True))
    return np.asarray(spread)


def _is_one_hot(value: Array) -> bool:
    in_rows = value.ndim > 0 and value.shape[-1] > 1
    return in_rows and bool(np.isin(value, (0, 1)).all() and (value.sum(-1) == 1).all())
