"""Clipping: what is short enough stays bit for bit, what is too long keeps its direction."""

from __future__ import annotations

import numpy as np
import pytest
from tests.optimize.stepping import followed

import chainrule as cr
from chainrule.graph.node import Array

RANDOM = np.random.default_rng(5)
SHAPES = [(3, 4), (5,), ()]


def clipped(gradients: list[Array], **bound: float) -> list[Array]:
    """What an optimiser is given of these gradients."""
    zeros = [np.zeros_like(one) for one in gradients]
    found, _ = followed(cr.clipped(cr.sgd(1.0), **bound), zeros, [one[None] for one in gradients])
    return [-one for one in found]


def drawn(scale: float, dtype: str = "float64") -> list[Array]:
    return [np.asarray(RANDOM.normal(size=shape) * scale, dtype) for shape in SHAPES]


def length(*arrays: Array) -> float:
    return float(np.sqrt(sum(np.sum(np.square(one, dtype=float)) for one in arrays)))


@pytest.mark.parametrize("bound", ["value", "norm", "global_norm"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_within_the_bound_stays_as_it_is(bound: str, dtype: str) -> None:
    gradients = drawn(0.1, dtype)
    for before, after in zip(gradients, clipped(gradients, **{bound: 50.0}), strict=True):
        np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_by_value_entries_are_cut_off(dtype: str) -> None:
    gradients = drawn(10, dtype)
    for before, after in zip(gradients, clipped(gradients, value=2.0), strict=True):
        np.testing.assert_array_equal(after, np.clip(before, -2, 2))


@pytest.mark.parametrize("bound", [0.5, 1.0, 2.0])
def test_by_norm_each_gradient_is_shortened_by_itself(bound: float) -> None:
    gradients = [*drawn(10)[:2], np.array(0.001)]
    *long, short = clipped(gradients, norm=bound)
    assert short == 0.001
    for before, after in zip(gradients, long, strict=False):
        assert length(after) == pytest.approx(bound, rel=1e-14)
        np.testing.assert_allclose(after * length(before) / bound, before, rtol=1e-14)


@pytest.mark.parametrize("bound", [0.5, 1.0, 2.0])
def test_by_global_norm_they_are_shortened_together(bound: float) -> None:
    gradients = drawn(10)
    found = clipped(gradients, global_norm=bound)
    assert length(*found) == pytest.approx(bound, rel=1e-14)
    factor = bound / length(*gradients)
    for before, after in zip(gradients, found, strict=True):
        np.testing.assert_allclose(after, before * factor, rtol=1e-14)


@pytest.mark.parametrize("bound", ["norm", "global_norm"])
def test_a_gradient_whose_square_is_too_large_for_float32_is_shortened(bound: str) -> None:
    """It would be taken for infinitely long, and training would stand still in silence."""
    found, *_ = clipped([np.array([3e30, -4e30], "float32")], **{bound: 1.0})
    np.testing.assert_allclose(found, [0.6, -0.8], rtol=1e-6)


@pytest.mark.parametrize("bound", ["value", "norm", "global_norm"])
def test_what_is_no_number_is_not_hidden(bound: str) -> None:
    found, *_ = clipped([np.array([1.0, np.nan])], **{bound: 1.0})
    assert np.isnan(found).any()


def test_the_optimiser_behind_remembers_what_it_was_given() -> None:
    inner, outer = cr.adam(), cr.clipped(cr.adam(), global_norm=1.0)
    start, slopes = [np.zeros(2)], np.array([[3.0, 4.0], [0.3, 0.4]])
    short = slopes / np.array([[5.0], [1.0]])
    found, expected = followed(outer, start, [slopes]), followed(inner, start, [short])
    np.testing.assert_allclose(found[0][0], expected[0][0], rtol=1e-14)
    np.testing.assert_allclose(found[1]["v"][0], expected[1]["v"][0], rtol=1e-14)
