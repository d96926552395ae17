"""Compiled graphs held against the interpreter's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Node
from chainrule.run.interpreter import Plan
from chainrule.run.native.function import NativeFunction

__all__ = ["TOLERANCES", "assert_close", "assert_compiled_is_interpreted"]

# Sums are added up in another order, and functions differ in their last digits.
TOLERANCES = {"float64": 1e-12, "float32": 2e-4}


def assert_close(found: Any, wanted: Any, tolerance: float | None = None) -> None:
    """The same shape, type and numbers, to so many digits of the largest entry."""
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    if wanted.dtype.kind != "f":
        np.testing.assert_array_equal(found, wanted)
        return
    tolerance = tolerance or TOLERANCES[wanted.dtype.name]
    size = np.abs(wanted[np.isfinite(wanted)]).max(initial=1.0)
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * size)


def assert_compiled_is_interpreted(
    outputs: Sequence[Node],
    inputs: Sequence[Node],
    values: Sequence[Array],
    tolerance: float | None = None,
) -> None:
    """The outputs twice, since working memory is used again."""
    wanted = Plan(outputs, inputs)(*values)
    compiled = NativeFunction(outputs, inputs)
    for _ in range(2):
        for one, other in zip(compiled.run(values), wanted, strict=True):
            assert_close(one, other, tolerance)
