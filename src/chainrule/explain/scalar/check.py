"""Whether the sums over paths are what reverse mode finds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add, mul

import numpy as np

from chainrule.differentiate.jacobian import derivative
from chainrule.errors import ChainruleError
from chainrule.explain.explanation import Sentence
from chainrule.explain.numbers.shown import Value
from chainrule.explain.scalar.graph import Entry, Gradient
from chainrule.explain.source import Explainable
from chainrule.graph.node import Array, Node, constant
from chainrule.notation.numbers import significant
from chainrule.paper.drawing import numbers_for
from chainrule.paper.program import Paper
from chainrule.run.interpreter import evaluate_all

__all__ = ["SAME", "compared", "together"]

SAME = "scalar:same"  # the sentence of what is verified begins with it
TRIES = 3
CLOSE = 1e-9  # of the largest entry; what nearly cancels has fewer digits


def compared(
    paper: Paper,
    source: Explainable,
    one: Gradient,
    values: Sequence[Value | None],
    by_hand: bool = False,
) -> Sentence:
    """What the comparison comes to; without numbers it is made at random ones."""
    answer = derivative(one.of, one.wrt)
    (wanted,) = source.numbers([answer])
    known = [value for value in values if value is not None]
    if wanted is None or len(known) < len(values):
        return _at_random(paper, one, answer)
    found = np.array([float(value.array) for value in known])
    error = _relative_error(found, wanted)
    if error is None:
        return Sentence("not_verified")
    if by_hand:
        return Sentence("by_hand_differs", (("difference", significant(error, 2)),))
    return Sentence(_judged(SAME, error), (("error", significant(error, 2)),))


def _at_random(paper: Paper, one: Gradient, answer: Node) -> Sentence:
    sums = [_as_node(entry) for entry in one.entries]
    for seed in range(TRIES):
        numbers = numbers_for(paper, [each.node for each in paper.declared], seed, seed > 0)
        if numbers is None:
            break
        try:
            wanted, *found = evaluate_all([answer, *sums], numbers)
        except ChainruleError:  # no value there, as of a singular matrix
            continue
        error = _relative_error(np.array(found), wanted)
        if error is not None:
            code = _judged(f"{SAME}:random", error)
            return Sentence(code, (("error", significant(error, 2)),))
    return Sentence("not_verified")


def _judged(code: str, error: float) -> str:
    return code if error <= CLOSE else "scalar:differs"


def together(checks: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """What was verified, said once of all: the largest error of each way to compare.

    >>> def check(error: str) -> Sentence:
    ...     return Sentence(SAME, (("error", error),))
    >>> together([check("0"), check("2.1e-16"), check("1e-17")])
    (Sentence(code='scalar:all_same', details=(('error', '2.1e-16'),)),)
    """
    largest: dict[str, Sentence] = {}
    for one in checks:
        before = largest.setdefault(one.code, one)
        largest[one.code] = max(before, one, key=_error)
    if len(checks) == 1:
        return tuple(largest.values())
    return tuple(
        Sentence(code.replace(SAME, "scalar:all_same", 1), one.details)
        for code, one in largest.items()
    )


def _error(check: Sentence) -> float:
    return float(str(dict(check.details)["error"]))


def _as_node(entry: Entry) -> Node:
    """The sum over the paths as an expression."""
    products = [reduce(mul, [edge.node for edge in route], constant(1.0)) for route in entry.routes]
    return reduce(add, products, constant(0.0))


def _relative_error(found: Array, wanted: Array) -> float | None:
    """How far apart, relative to the largest entry; None where some are not finite."""
    wanted = wanted.reshape(found.shape)
    if not (np.isfinite(found).all() and np.isfinite(wanted).all()) or not found.size:
        return None
    scale = float(np.abs(wanted).max()) or 1.0
    return float(np.abs(found - wanted).max()) / scale
