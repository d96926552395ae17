"""`assume`: what the user knows of a quantity."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import DomainProblem
from chainrule.graph.node import Node
from chainrule.ops.assuming import assumed_nonnegative, assumed_positive
from chainrule.trace.array import Traced, build

__all__ = ["assume"]


def assume(x: Any, *, positive: bool = False, nonnegative: bool = False) -> Any:
    """`x` itself, of which something is known: simplification and warnings rely on it.

    Raises:
        DomainProblem: `x` holds numbers, and one of them is otherwise.

    >>> import chainrule as cr
    >>> cr.grad(lambda x: np.sqrt(cr.assume(x, positive=True)))(4.0)
    np.float64(0.25)
    """
    if not (positive or nonnegative):
        return x
    if isinstance(x, Traced):

        def adapter(node: Node) -> Node:
            return assumed_positive(node) if positive else assumed_nonnegative(node)

        return build("cr.assume", adapter, (x,), {})
    fits = np.all(np.greater(x, 0) if positive else np.greater_equal(x, 0))
    if not fits:
        raise DomainProblem(
            f"it is assumed that every entry is {'above 0' if positive else '0 or above'}, and one "
            f"is {np.min(x)}"
        )
    return x
