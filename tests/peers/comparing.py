"""What is compared: a value, its derivatives in both modes, and those of its gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from tests.peers.row import leaves
from tests.peers.special_values import Special

import chainrule as cr
from chainrule.graph.node import Array

__all__ = ["IGNORED", "Found", "agree", "at_a_place", "directions", "is_real", "ours"]

TOLERANCE = 1e-9
IGNORED = "ignore::chainrule.errors.GradientWarning"  # lints of numbers that are drawn at random


class Found:
    """A function's value, pullback, pushforward, and the pushforward of its gradient."""

    def __init__(self, value: Any, pulled: Any = (), pushed: Any = (), second: Any = ()) -> None:
        self.value = [np.asarray(part) for part in value]
        self.pulled = [np.asarray(part) for part in pulled]
        self.pushed = [np.asarray(part) for part in pushed]
        self.second = [np.asarray(part) for part in second]


def directions(like: Sequence[Any], seed: int) -> list[Array]:
    """Random numbers in the shapes of the arrays."""
    random = np.random.default_rng(seed)
    return [np.asarray(random.normal(size=np.shape(one))) for one in like]


def is_real(value: Any) -> bool:
    """Whether it has derivatives."""
    return bool(value.dtype.kind == "f")


def ours(function: Callable[..., Any], inputs: Sequence[Array], order: int) -> Found:
    """The library's."""

    def real_parts(*arrays: Any) -> Any:
        return [part for part in leaves(function(*arrays)) if part.dtype.kind == "f"]

    value, pullback = cr.vjp(real_parts, *inputs)
    tangents = directions(inputs, 1)
    seeds = directions(value, 2)
    _, pushed = cr.jvp(real_parts, inputs, tangents)
    if order < 2:
        return Found(value, pullback(seeds), pushed)

    def projected(*arrays: Any) -> Any:
        parts = real_parts(*arrays)
        return sum(np.sum(part * seed) for part, seed in zip(parts, seeds, strict=True))

    gradient = cr.grad(projected, wrt=tuple(range(len(inputs))))
    _, second = cr.jvp(gradient, inputs, tangents)
    return Found(value, pullback(seeds), pushed, leaves(second))


def agree(one: Found, other: Found) -> None:
    """Every number of both."""
    for what in ("value", "pulled", "pushed", "second"):
        mine, theirs = getattr(one, what), getattr(other, what)
        if not theirs:
            continue
        assert len(mine) == len(theirs), what
        for found, wanted in zip(mine, theirs, strict=True):
            assert found.shape == wanted.shape, what
            scale = max(1.0, float(np.max(np.abs(wanted), initial=0)))
            np.testing.assert_allclose(
                found, wanted, rtol=TOLERANCE, atol=TOLERANCE * scale, err_msg=what
            )


def at_a_place(special: Special, theirs: Callable[..., tuple[Any, Sequence[Any]]]) -> None:
    """Value and slopes of a function where it is special: the peer's, or what is chosen."""
    arrays = [np.asarray(array, float) for array in special.arrays]
    value, pullback = cr.vjp(lambda *given: special.function(cr.numpy, *given), *arrays)
    slopes = pullback(np.ones(np.shape(value)))
    if special.chosen is None or special.value is None:
        wanted, wanted_slopes = theirs(special.function, arrays)
        np.testing.assert_allclose(value, wanted, rtol=TOLERANCE, err_msg="value")
    else:
        np.testing.assert_array_equal(value, special.value, err_msg="value")
    if special.chosen is not None:
        assert special.why
        wanted_slopes = special.chosen
    for found, slope in zip(slopes, wanted_slopes, strict=True):
        np.testing.assert_allclose(found, slope, rtol=TOLERANCE, atol=1e-13, err_msg="slope")
