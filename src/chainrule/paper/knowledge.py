"""What a program knows of its quantities: what it declares, and what given numbers tell of data."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from chainrule.graph.declaration import Declaration
from chainrule.graph.facts import Fact, decide
from chainrule.graph.node import Array, Node
from chainrule.paper.program import Given, Paper
from chainrule.rewrite.knowledge import Knowledge

__all__ = ["fact_of_labels", "facts_of_givens", "knowledge_of"]

LONGEST = 40  # characters of given numbers that are repeated where a fact is said of them
OF_LABELS = (Fact.ONE_HOT, Fact.ROWS_SUM_TO_ONE)  # the stronger first


def knowledge_of(paper: Paper, wrt: Collection[Node] = ()) -> Knowledge:
    """What is known where a program is differentiated by `wrt`.

    >>> from chainrule.graph.source import Source
    >>> from chainrule.paper.elaborate import elaborate
    >>> from chainrule.paper.parser import parse
    >>> text = "t = [0, 1]\\nA : symmetric\\nA = [[1, 2], [2, 1]]\\nt @ A"
    >>> paper = elaborate(parse(Source(text)))
    >>> known = knowledge_of(paper)
    >>> known.why(paper.graph["t"], Fact.ONE_HOT), known.why(paper.graph["A"], Fact.SYMMETRIC)
    ('t = [0, 1], as given', 'A : symmetric (line 2)')
    """
    return Knowledge([*paper.declarations, *facts_of_givens(paper, wrt)])


def facts_of_givens(paper: Paper, wrt: Collection[Node] = ()) -> Iterator[Declaration]:
    """Which given arrays are labels: one-hot, or rows that sum to 1.

    Whatever else numbers happen to satisfy is an accident of the numbers, no fact about the
    problem; so is all that holds of what is differentiated by, or gets a new value.
    """
    moving = {*wrt, *(update.old for update in paper.updates)}
    for given in paper.givens:
        fact = fact_of_labels(given.value)
        if fact is not None and given.node not in moving:
            yield Declaration(given.node, fact, _where(paper, given), given.span)


def fact_of_labels(value: Array) -> Fact | None:
    """That the rows of an array are one-hot, or sum to 1; a row has more than one entry.

    >>> import numpy as np
    >>> fact_of_labels(np.array([[0.0, 1.0]])), fact_of_labels(np.array([0.0, 2.0]))
    (<Fact.ONE_HOT: 'along the last axis one entry is 1, the others are 0'>, None)
    """
    if not value.ndim or value.shape[-1] < 2:
        return None
    return next((one for one in OF_LABELS if decide(one, value)), None)


def _where(paper: Paper, given: Given) -> str:
    text = paper.source.slice(given.span).strip() if given.texts else ""
    return f"{text if 0 < len(text) <= LONGEST else given.name}, as given"
