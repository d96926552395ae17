"""The table of what is compared with the peers is complete, and right without them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.peers.comparing import IGNORED
from tests.peers.row import Row, leaves, samples, words
from tests.peers.table import ROWS

import chainrule as cr
from chainrule.graph.node import Shape
from chainrule.ops import all_functions
from chainrule.trace.indexing import CHANGING, DEPENDING
from chainrule.trace.table import FUNCTIONS, adapter_of

TESTS = Path(__file__).parents[1]

# What backward passes are made of, and what only the paper language writes.  Every law of
# `tests/ops` holds for them; through the derivatives of others they are compared here as well.
WITHIN = words(
    """
    assume broadcast cofactors det_sign divide_or_zero eigvecsh expand
    folded gather hcat lower_half log_abs_det mirrored number p_norm place place_diagonal positions
    max_pool2d_positions product_of_others put qr_q qr_r reciprocal_gaps same scatter share
    softmax_pullback sources svd_u svd_v vcat vec where_largest where_smallest xdivy xtimesy
    """
)
# Random bits are the library's own: the same on every interpreter, but not those of a peer.
RANDOM = {"dropout", "random_mask", "random_normal", "random_uniform"}
# Other names of what has a row.
ALIASES = {
    "ReLU": "relu",
    "abs": "absolute",
    "and": "logical_and",
    "concat": "concatenate",
    "flatten": "ravel",
    "inverse": "inv",
    "ln": "log",
    "log_abs_det": "slogdet",
    "logdet": "slogdet",
    "mod": "remainder",
    "negate": "negative",
    "not": "logical_not",
    "or": "logical_or",
    "tr": "trace",
    "xor": "logical_xor",
    "Σ": "sum",
    "σ": "sigmoid",
}


class Namespace:
    """`chainrule.numpy`, noting every name that is asked of it."""

    def __init__(self, of: Any, noted: set[str], within: str = "") -> None:
        self.of, self.noted, self.within = of, noted, within

    def __getattr__(self, name: str) -> Any:
        if name == "linalg":
            return Namespace(self.of.linalg, self.noted, "linalg.")
        self.noted.add(self.within + name)
        return getattr(self.of, name)


@cache
def names_in_rows() -> frozenset[str]:
    """Every name that the rows use."""
    noted: set[str] = set()
    for row in ROWS:
        row.function(Namespace(cr.numpy, noted), *row.inputs(row.shapes[0]))
    return frozenset(noted)


def names_in_tests_of_tracing() -> set[str]:
    """Every name of NumPy that `tests/trace` writes."""
    texts = [path.read_text(encoding="utf-8") for path in (TESTS / "trace").glob("*.py")]
    return {name for text in texts for name in re.findall(r"\bnp\.((?:linalg\.)?\w+)", text)}


def name_of(function: Any) -> str:
    """As it is written behind `np.`."""
    home = getattr(function, "__module__", None) or "numpy"
    return f"{home}.{function.__name__}".removeprefix("numpy.")


@pytest.mark.filterwarnings(IGNORED)
def test_every_numpy_function_that_is_traced_is_compared() -> None:
    adapter_of(np.sin)
    known = names_in_rows() | names_in_tests_of_tracing()
    refused = {*DEPENDING, *CHANGING, "piecewise"}  # see tests/trace/test_refusals.py
    assert {name_of(function) for function in FUNCTIONS} - known - refused == set()


@pytest.mark.filterwarnings(IGNORED)
def test_every_operation_is_compared() -> None:
    known = {name.removeprefix("linalg.") for name in names_in_rows()}
    missing = {name for name in all_functions() if ALIASES.get(name, name) not in known}
    assert missing - {*WITHIN, *RANDOM} == set()


@pytest.mark.filterwarnings(IGNORED)
@pytest.mark.parametrize(
    ("row", "shapes"), [pytest.param(*rest, id=name) for name, *rest in samples(ROWS)]
)
def test_traced_is_untraced(row: Row, shapes: tuple[Shape, ...]) -> None:
    function, inputs = row.function, row.inputs(shapes)
    wanted = leaves(function(cr.numpy, *inputs))
    found, pullback = cr.vjp(lambda *arrays: leaves(function(cr.numpy, *arrays)), *inputs)
    for one, other in zip(found, wanted, strict=True):
        assert (np.shape(one), np.asarray(one).dtype) == (np.shape(other), np.asarray(other).dtype)
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)
    slopes = pullback([np.ones_like(one) for one in found])
    assert [np.shape(slope) for slope in slopes] == list(shapes)
