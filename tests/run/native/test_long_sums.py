"""Sums of very many float32 numbers, and products over long axes, to the last digits."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.graph.node import Array

EPSILON = 2.0**-24  # half a unit in the last place of a float32 in [1, 2)
ALLOWED = 24 * EPSILON  # added one after the other, they are wrong by hundreds or thousands
ALLOWED_OF_PRODUCTS = 4 * ALLOWED  # parts of them are as long as registers are best used


def equal(shape: tuple[int, ...]) -> Array:
    """Numbers whose rounding errors all go in the same direction."""
    return np.full(shape, 0.1, np.float32)


def drawn(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(3).random(shape, np.float32)


VALUES = {"equal": equal, "drawn": drawn}
SUMS: dict[str, tuple[tuple[int, ...], int | tuple[int, ...] | None]] = {
    "a thousand": ((1000,), None),
    "a hundred thousand": ((100_003,), None),
    "three millions": ((3_000_001,), None),
    "of a matrix": ((1000, 1500), None),
    "along rows": ((3, 700_001), 1),
    "along columns": ((300_000, 5), 0),
    "along many columns": ((50_000, 70), 0),
    "along two axes that lie apart": ((400, 7, 500), (0, 2)),
    "along a long axis and a short one": ((100_000, 7, 3), (0, 2)),
    "along a short axis and a long one": ((3, 7, 100_000), (0, 2)),
}


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("name", SUMS)
def test_sums(name: str, values: str) -> None:
    shape, axes = SUMS[name]
    x = VALUES[values](shape)
    found = cr.compile(lambda x: np.sum(x, axis=axes))(x)
    exact = np.asarray(np.sum(x, axis=axes, dtype=np.float64))
    assert relative_error(found, exact) <= ALLOWED


PRODUCTS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...]]] = {
    "of vectors": ("i,i->", (1_000_000,), (1_000_000,)),
    "of a vector and a matrix": ("i,ij->j", (300_000,), (300_000, 5)),
    "of small matrices": ("ki,kj->ij", (300_000, 8), (300_000, 6)),
    "of a few rows": ("ik,kj->ij", (5, 30_000), (30_000, 40)),
    "of larger matrices": ("ki,kj->ij", (30_000, 70), (30_000, 65)),
    "packed": ("ik,jk->ij", (70, 20_000), (66, 20_000)),
    "along two axes": ("abi,abj->ij", (500, 300, 7), (500, 300, 9)),
    "along a short axis and a long one": ("abi,bja->ij", (3, 50_000, 7), (50_000, 9, 3)),
    "in a batch": ("nki,nkj->nij", (2, 40_000, 8), (2, 40_000, 8)),
}


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name: str, values: str) -> None:
    rule, left, right = PRODUCTS[name]
    a, b = VALUES[values](left), VALUES[values](right)
    found = cr.compile(lambda a, b: np.einsum(rule, a, b))(a, b)
    exact = np.einsum(rule, a.astype(np.float64), b.astype(np.float64), optimize=True)
    assert relative_error(found, exact) <= ALLOWED_OF_PRODUCTS


def relative_error(found: Array, exact: Array) -> float:
    assert found.dtype == np.float32
    return float(np.max(np.abs(found - exact) / np.abs(exact)))
