"""`assume`: what the user knows of a quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from chainrule.errors import DomainProblem
from chainrule.graph.facts import Fact, check_shape, decide, refutation, word
from chainrule.graph.node import Node
from chainrule.ops import assuming
from chainrule.trace.array import Traced, build
from chainrule.trace.recorder import Recorder

if TYPE_CHECKING:
    from chainrule.rewrite.knowledge import Knowledge

__all__ = ["assume"]


def assume(x: Any, *facts: str, **stated: bool) -> Any:
    """`x` itself, of which something is known: simplification and warnings rely on it.

    A fact is a word, or a keyword that is true: `assume(A, "symmetric")`, `assume(x,
    positive=True)`.  Of entries: positive, negative, nonnegative, nonpositive, nonzero,
    at_most_one, boolean, integer.  Of the rows along the last axis: rows_sum_to_one, one_hot.  Of
    a square matrix, or of each of a stack: symmetric, skew_symmetric, diagonal, positive_definite
    (and symmetric), orthogonal, invertible.

    Numbers are looked at; of a traced array what is known already is.

    Raises:
        NameProblem: there is no such fact.
        ShapeError: it is a fact about square matrices, and `x` is none; or about rows of a number.
        DomainProblem: the facts exclude each other, the numbers are otherwise, or what `x` is
            computed by guarantees the opposite.

    >>> import chainrule as cr
    >>> cr.grad(lambda x: np.sqrt(cr.assume(x, positive=True)))(4.0)
    np.float64(0.25)
    >>> cr.assume(np.array([[0.0, 1.0], [0.0, 2.0]]), "one_hot")
    Traceback (most recent call last):
    chainrule.errors.DomainProblem: it is assumed to be one_hot, and entry [1, 1] is 2.0.
    """
    known = assuming.facts_named((*facts, *[name for name, holds in stated.items() if holds]))
    if isinstance(x, Traced):
        knowledge = _knowledge_of(x.recorder)

        def adapter(node: Node) -> Node:
            assumed = assuming.assume(node, known=tuple(map(word, known)))
            knowledge.check(assumed)
            return assumed

        return build("cr.assume", adapter, (x,), {}) if known else x
    for fact in known:
        _check(fact, x)
    return x


def _check(fact: Fact, x: Any) -> None:
    """Raises `DomainProblem` unless the fact holds of the numbers."""
    numbers = np.asarray(x)
    check_shape(fact, numbers.shape)
    if not decide(fact, numbers):
        shown = refutation(fact, numbers) or "it is not"
        raise DomainProblem(f"it is assumed to be {word(fact)}, and {shown}")


_known: WeakKeyDictionary[Recorder, Knowledge] = WeakKeyDictionary()


def _knowledge_of(recorder: Recorder) -> Knowledge:
    """What is known in one traced function, so that no step of it is looked at twice."""
    from chainrule.rewrite.knowledge import Knowledge  # only where something is assumed

    return _known.setdefault(recorder, Knowledge())
