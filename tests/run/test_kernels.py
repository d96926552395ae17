"""The kernels that NumPy lacks."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.run import kernels


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scatter_adds_at_repeated_positions(dtype: str) -> None:
    rows = np.array([[1, 2, 3], [4, 5, 6]], dtype)
    found = kernels.scatter_add(rows, np.array([2, 0, 2]), 4)
    np.testing.assert_array_equal(found, [[2, 0, 4, 0], [5, 0, 10, 0]])
    assert found.dtype == dtype


def test_scatter_adds_nothing() -> None:
    assert kernels.scatter_add(np.zeros((2, 0)), np.zeros(0, np.int64), 3).shape == (2, 3)


def test_place_puts_a_part_among_zeros() -> None:
    found = kernels.place(np.array([1.0, 2.0]), (1, slice(None, None, 2)), (2, 3))
    np.testing.assert_array_equal(found, [[0, 0, 0], [1, 0, 2]])


def test_the_rest_is_numpys() -> None:
    assert kernels.exp is np.exp
    with pytest.raises(AttributeError):
        _ = kernels.no_such_function
