"""Whether a reader who puts the displayed numbers into a formula gets the displayed result.

Where numbers nearly cancel, their last digits decide: 1 - 0.9999 is not the 0.00005 that it comes
to with all digits, when 0.9999 stands for 0.99995.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.explain.numbers.rounding import number_of
from chainrule.explain.numbers.shown import Shown
from chainrule.explain.options import Options
from chainrule.graph.node import Array, Input, Node, size_of, topological
from chainrule.notation.formula import Formula, Matrix, Number
from chainrule.run.interpreter import evaluate_all

__all__ = ["follows_from_shown"]

MOST_UNITS = 10  # of the last digit, by which roundings that add up as usual may be off
ShownOf = Callable[[Node], Shown | None]


def follows_from_shown(node: Node, shown_of: ShownOf, result: Shown, options: Options) -> bool:
    """Whether a formula over displayed numbers comes to the displayed result, nearly.

    `shown_of` gives what is put in for the nodes that the formula reads.  What is not written out
    number by number is not judged.
    """
    displayed = _numbers(result.formula)
    if len(displayed) != size_of(node.shape) or not np.isfinite(displayed).all():
        return True
    given = _given(node, shown_of)
    if given is None:
        return True
    try:
        (found,) = evaluate_all([node], given)
    except ChainruleError:  # as of a matrix that is singular when it is rounded
        return True
    largest = max([float(np.abs(one).max(initial=0)) for one in given.values()], default=0.0)
    off = np.abs(found.reshape(-1) - displayed)
    return bool(np.all(off <= MOST_UNITS * _last_digit(displayed, largest, options)))


def _given(node: Node, shown_of: ShownOf) -> dict[Node, Array] | None:
    """The displayed numbers that a formula is made of; None if some are not there."""
    shown: dict[Node, Shown] = {}

    def below(one: Node) -> tuple[Node, ...]:
        known = None if one is node else shown_of(one)
        if known is not None:
            shown[one] = known
        return () if known is not None else one.inputs

    order = topological([node], below)
    if any(isinstance(one.operation, Input) and one not in shown for one in order):
        return None
    numbers = {one: _numbers(known.formula) for one, known in shown.items()}
    if any(len(found) != size_of(one.shape) for one, found in numbers.items()):
        return None
    return {one: found.reshape(one.shape).astype(one.dtype) for one, found in numbers.items()}


def _last_digit(displayed: Array, largest: float, options: Options) -> Array:
    """A unit of the last digit of each number; 0 has those of what it is computed from."""
    if options.decimals is not None:
        return np.full(displayed.shape, 10.0**-options.decimals)
    size = np.where(displayed == 0, largest or 1.0, np.abs(displayed))
    return np.asarray(10.0 ** (np.floor(np.log10(size)) - options.digits + 1))


def _numbers(formula: Formula) -> Array:
    """The numbers of a formula, row by row; none of a summary."""
    return np.array([float(number_of(text)) for text in _texts(formula)])


def _texts(formula: Formula) -> Iterator[str]:
    if isinstance(formula, Number):
        yield formula.text
    elif isinstance(formula, Matrix):
        for row in formula.rows:
            for entry in row:
                yield from _texts(entry)
