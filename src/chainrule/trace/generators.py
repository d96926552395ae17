"""Generators of random numbers: a function that draws from one would draw the same at every call.

Loading `numpy.random` takes longer than tracing a small function, so that module and Python's
`random` are only looked at where somebody has loaded them.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

__all__ = ["is_fresh", "is_generator", "shared", "state_of"]

PYTHONS, NUMPYS = "random", "numpy.random"
# The Mersenne Twister makes 624 numbers at a time, and counts how many of them it has handed out.
# Nobody has drawn where Python's is at the end of what it was seeded with, NumPy's one before it.
PYTHONS_FIRST, NUMPYS_FIRST = 624, 623


def shared() -> list[Any]:
    """The generators that everybody uses, as far as they are loaded."""
    found: list[Any] = []
    if PYTHONS in sys.modules:
        found.append(getattr(sys.modules[PYTHONS].random, "__self__"))  # noqa: B009
    if NUMPYS in sys.modules:
        found.append(getattr(np.random.get_state, "__self__"))  # noqa: B009 (not in the stubs)
    return found


def is_generator(value: Any) -> bool:
    """Whether numbers can be drawn from it."""
    return _is_pythons(value) or (
        NUMPYS in sys.modules and isinstance(value, np.random.Generator | np.random.RandomState)
    )


def state_of(generator: Any) -> Any:
    """What changes when random numbers are drawn."""
    if _is_pythons(generator):
        return generator.getstate()
    if isinstance(generator, np.random.Generator):
        return repr(_plain(generator.bit_generator.state))
    return repr(_plain(generator.get_state(legacy=False)))


def is_fresh(generator: Any) -> bool:
    """Whether a shared generator is as it was when its module was loaded."""
    if _is_pythons(generator):
        return bool(generator.getstate()[1][-1] == PYTHONS_FIRST)
    return bool(generator.get_state(legacy=False)["state"].get("pos") == NUMPYS_FIRST)


def _is_pythons(value: Any) -> bool:
    return PYTHONS in sys.modules and isinstance(value, sys.modules[PYTHONS].Random)


def _plain(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _plain(part) for key, part in state.items()}
    return state.tobytes() if isinstance(state, np.ndarray) else state
