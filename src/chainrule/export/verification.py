"""Written code is run and compared with the interpreter before anybody sees it."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, TooLarge
from chainrule.explain.source import MOST_NUMBERS, MOST_WORK
from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record
from chainrule.paper.drawing import numbers_for
from chainrule.paper.program import Paper
from chainrule.run.interpreter import Plan, check_cost

__all__ = ["Verified", "verified"]

TOLERANCE = 1e-10
SEED = 4


class Verified(Record):
    """On which numbers the code was run, and how far from the interpreter's its results are."""

    numbers: str
    relative_error: float
    agrees: bool
    worst: str = ""


def verified(
    source: str, function: str, paper: Paper, parameters: Sequence[Node], truth: Sequence[Node]
) -> Verified:
    """Run our own source on the paper's numbers, random ones where it has none, and compare.

    Raises:
        DataProblem: no numbers were found that are as declared.
        TooLarge: running it exceeds the stated limits, or it is nested too deeply for Python.
    """
    check_cost(truth, MOST_NUMBERS, MOST_WORK)
    numbers = numbers_for(paper, parameters, SEED, positive=True)
    if numbers is None:
        raise DataProblem("no numbers were found of which all that is declared holds; give some")
    values = [numbers[node] for node in parameters]
    made_up = any(node not in paper.values for node in parameters)
    wanted = Plan(truth, parameters)(*values)
    space: dict[str, Any] = {"__name__": "written"}
    where = "random numbers" if made_up else "the given numbers"
    with np.errstate(all="ignore"):
        exec(_compiled(source), space)  # our own text
        arguments = [value if np.ndim(value) else value.item() for value in map(np.asarray, values)]
        try:
            found = space[function](*arguments)
        except ArithmeticError:  # where NumPy has infinity, Python's own numbers raise
            return Verified(where, np.inf, False)
    results = found if isinstance(found, tuple) else (found,)
    errors = [_error(a, b) for a, b in zip(results, wanted, strict=True)]
    worst = max(errors)
    return Verified(
        where,
        worst,
        worst <= TOLERANCE,
        f"result {errors.index(worst) + 1}",
    )


def _compiled(source: str) -> CodeType:
    try:
        return compile(source, "<written>", "exec")
    except (SyntaxError, RecursionError, MemoryError):
        raise TooLarge(
            "an expression is nested too deeply to be written in Python; name parts of it"
        ) from None


def _error(found: Any, wanted: Array) -> float:
    """The largest difference, relative to the largest number; infinite where shapes differ."""
    if np.shape(found) != wanted.shape:
        return np.inf
    a, b = np.asarray(found, float).reshape(-1), np.asarray(wanted, float).reshape(-1)
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return np.inf
    if not finite.any():
        return 0.0
    scale = max(float(np.abs(b[finite]).max()), 1e-300)
    gap = float(np.abs(a[finite] - b[finite]).max())
    return gap / scale if np.isfinite(gap) else np.inf
