"""Checking a derivative against central differences, cheaply and at any node.

>>> from chainrule.graph.node import variable
>>> from chainrule.ops.elementary import exp
>>> x = variable((2,))
>>> found = check(exp(x), x, {x: [0.0, 1.0]})
>>> found.method, found.relative_error < 1e-8
('central differences of every entry', True)

Sources: W. Press et al., Numerical Recipes, 3rd ed., 2007, section 5.7 (the step);
A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., 2008, ch. 3 (random directions).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import adjoints
from chainrule.errors import DataProblem
from chainrule.graph.node import Array, Node, constant, topological
from chainrule.graph.record import Record
from chainrule.ops.contract import body_cost
from chainrule.ops.making import zeros
from chainrule.run.interpreter import Plan, evaluate

__all__ = ["EFFORT", "Check", "check", "is_cheap"]

MOST_ENTRIES = 64  # up to here every entry is checked; beyond, random directions are
DIRECTIONS = 16
EFFORT = 100_000_000  # entries that one check computes, about: half a second
PRODUCTS = 2  # so many take as long as computing an entry
RUN = 500  # running a node takes as long as computing so many entries
HELD = 4_000_000  # entries of one array, with all directions in it
SHRINKING = (1.0, 1e-2, 1e-4)  # tried in turn where the function has a kink within a step
NOISE = 1e-12  # beside values and slopes below it an error is not made relative
AGREEMENT = 1e-3  # how far the two one-sided differences of a smooth function may lie apart


class Check(Record):
    """How far derivatives and differences lie apart.

    `where` is the index of the worst entry: into the gradient of a number, else into an array
    of shape output + wrt; None where random directions were taken.  `relative_error` is in
    units of the largest derivative or value, below which differences see nothing.  `skipped`
    derivatives lie on a kink or beside infinite values, where there is nothing to compare.
    """

    largest_error: float
    relative_error: float
    where: tuple[int, ...] | None
    evaluations: int
    method: str
    skipped: int = 0


def check(
    output: Node, wrt: Node, values: Mapping[Node, npt.ArrayLike], effort: int = EFFORT
) -> Check:
    """Compare ∂output/∂wrt, from local Jacobians, with central differences.

    `wrt` may be any node: it counts as an input, whose value is `values[wrt]` or else what it
    computes to.  `values` are those of all inputs.  The step is scaled to each entry.  What would
    take more than `effort` is checked along fewer random directions.

    Raises:
        DataProblem: a value is missing or has another shape than its node, or `wrt` is not real.
    """
    if wrt.dtype.kind != "f" or output.dtype.kind != "f":
        raise DataProblem("only numbers that vary smoothly have differences to check")
    arrays = {node: np.asarray(value, node.dtype) for node, value in values.items()}
    if wrt not in arrays:
        arrays[wrt] = evaluate(wrt, values)
    for node, array in arrays.items():
        if array.shape != node.shape:
            raise DataProblem(f"a node of shape {node.shape} was given {array.shape}")
    most = _affordable(output, wrt, effort)
    rows = _directions(output.size, output.dtype, most)
    columns = _directions(wrt.size, wrt.dtype, most)
    function = _Function(output, wrt, arrays)
    exact = _exact(output, wrt, arrays, rows)
    rows, columns = rows.astype(np.float64), columns.astype(np.float64)
    pairs = [_slopes(function, rows, exact, direction) for direction in columns]
    shape = (len(columns), len(rows))
    numeric = np.array([found for found, _ in pairs]).reshape(shape).T
    expected = np.array([wanted for _, wanted in pairs]).reshape(shape).T
    return _compared(output, wrt, expected, numeric, function)


class _Function:
    """The output as a function of `wrt` alone, in double precision; counts its evaluations."""

    def __init__(self, output: Node, wrt: Node, arrays: Mapping[Node, Array]) -> None:
        self.plan = Plan([output], list(arrays))
        self.arrays = list(arrays.values())
        self.slot = list(arrays).index(wrt)
        self.epsilon = float(np.finfo(output.dtype).eps)
        self.evaluations = 0
        self.at = self.arrays[self.slot].reshape(-1).astype(np.float64)
        self.base = self(self.at)

    def round(self, x: Array) -> Array:
        """`x` as the function sees it, in the precision of `wrt`."""
        return x.astype(self.arrays[self.slot].dtype).astype(np.float64)

    def __call__(self, x: Array) -> Array:
        self.evaluations += 1
        given = self.arrays[self.slot]
        self.arrays[self.slot] = x.astype(given.dtype).reshape(given.shape)
        value = self.plan(*self.arrays)[0].reshape(-1).astype(np.float64)
        self.arrays[self.slot] = given
        return value


def is_cheap(output: Node) -> bool:
    """Whether a check along one direction is a matter of a second."""
    return body_cost(output)[1] <= EFFORT


def _affordable(output: Node, wrt: Node, effort: int) -> int:
    """How many directions fit into the effort and into memory; at least one is taken."""
    sizes = [node.size for node in topological([output])]
    cost = sum(sizes) + RUN * len(sizes) + body_cost(output)[1] // PRODUCTS
    return max(1, min(effort // (2 * cost), HELD // max(1, wrt.size, *sizes)))


def _directions(size: int, dtype: np.dtype[Any], most: int) -> Array:
    """Every unit vector, or a few of random signs, always the same ones."""
    if size <= min(MOST_ENTRIES, most):
        return np.eye(size, dtype=dtype)
    count = min(DIRECTIONS, most)
    return np.random.default_rng(0).choice(np.array([-1, 1], dtype), (count, size))


def _exact(output: Node, wrt: Node, arrays: Mapping[Node, Array], rows: Array) -> Array:
    """The rows times the Jacobian: as it is multiplied out if every entry is wanted, else from
    one reverse walk with the rows as a batch of cotangents.
    """
    if len(rows) == output.size:
        found = multiplied_out(jacobian(output, wrt), output.dtype)
    else:
        seed = constant(rows.reshape((len(rows), *output.shape)), output.dtype)
        missing = zeros((len(rows), *wrt.shape), wrt.dtype)
        found = adjoints(output, (wrt,), seed).get(wrt, missing)
    value = Plan([found], list(arrays))(*arrays.values())[0]
    return value.reshape(len(rows), wrt.size).astype(np.float64)


def _slopes(
    function: _Function, rows: Array, exact: Array, direction: Array
) -> tuple[Array, Array]:
    """The slope of each row of the output along a direction, by differences and as expected.

    A slope that no step size settles is NaN.
    """
    at = function.at
    cube_root = function.epsilon ** (1 / 3)
    widths = [cube_root * shrink * np.maximum(1, np.abs(at)) for shrink in SHRINKING]
    widths.append(cube_root * np.where(at == 0, cube_root, np.abs(at)))
    slopes, expected, last_gap = np.full((3, len(rows)), np.nan)
    last_scale = np.inf
    for width in widths:
        ahead, behind = (
            function.round(at + width * direction),
            function.round(at - width * direction),
        )
        step = (ahead - behind) / 2  # what the rounding of at ± width has left of it
        scale = float(np.abs(step).max(initial=0.0))
        with np.errstate(all="ignore"):
            above = _weighted(rows, function(ahead) - function.base) / scale
            below = _weighted(rows, function.base - function(behind)) / scale
            gap = np.abs(above - below)
            largest = np.maximum(np.abs(above), np.abs(below))
            values = np.maximum(1, np.abs(_weighted(rows, function.base)))
            noise = 100 * function.epsilon * values / scale
            # Smooth: both sides agree, or come together as fast as the step shrinks.
            settled = (gap <= AGREEMENT * largest + noise) | (
                (gap < 0.1 * last_gap) & (scale < last_scale)
            )
            along = _weighted(exact, step / scale)
            between = (above + below) / 2
        settled &= np.isnan(slopes)
        slopes = np.where(settled, between, slopes)
        expected = np.where(settled, along, expected)
        last_gap, last_scale = gap, scale
        if not np.isnan(slopes).any():
            break
    return slopes, expected


def _weighted(weights: Array, values: Array) -> Array:
    """Each row's weighted sum of the values; a weight of zero forgets even what is infinite."""
    ignored = (weights == 0) | (values == 0)
    total: Array = np.where(ignored, 0.0, weights * values).sum(axis=-1)
    return total


def _compared(output: Node, wrt: Node, exact: Array, numeric: Array, function: _Function) -> Check:
    """The verdict on all pairs of rows and directions."""
    usable = ~np.isnan(numeric)
    with np.errstate(all="ignore"):
        errors = np.where(usable, np.abs(exact - numeric), 0.0)
    errors = np.where(np.isnan(errors), np.inf, errors)  # a derivative that is no number
    largest = float(errors.max(initial=0.0))
    slopes, values = (
        np.where(usable, numeric, 0.0),
        np.nan_to_num(function.base, posinf=0, neginf=0),
    )
    scale = max(float(np.abs(found).max(initial=0.0)) for found in (slopes, values))
    skipped = int(np.count_nonzero(~usable))
    everywhere = exact.shape == (output.size, wrt.size)
    where: tuple[int, ...] | None = None
    if everywhere and errors.size:
        shape = wrt.shape if output.size == 1 else output.shape + wrt.shape
        where = tuple(int(at) for at in np.unravel_index(int(errors.argmax()), shape))
    method = "central differences " + (
        "of every entry" if everywhere else f"along {exact.shape[1]} random directions"
    )
    if not everywhere and exact.shape[1] == wrt.size:
        method = f"central differences of {exact.shape[0]} random sums of the result"
    if skipped:
        method += f"; {skipped} of {numeric.size} left out, at a kink or an infinite value"
    relative = largest / scale if scale > NOISE else largest
    return Check(largest, relative, where, function.evaluations, method, skipped)
