"""Closed views to be tested: of a text, and what they say."""

from __future__ import annotations

from tests.explain.derived import paper, said_by

from chainrule.explain.closed_view import ClosedView, closed_views
from chainrule.explain.explain import explanation
from chainrule.explain.topics import topics_of
from chainrule.paper.program import Asked, Paper

__all__ = ["BATCH", "LAYERS", "VECTOR", "asked_in", "formulas", "said", "view", "views"]

NETWORK = """\
W0 = [[1, -2], [2, 5]]
W1 = [[3, -3], [-1, 1]]
h = I @ W0
L = relu(h)
O = L @ W1
S = softmax(O)
"""
VECTOR = "I = [2, 1]\nlabel = [0, 1]\n" + NETWORK + "l = -sum(label * log(S))\n"
BATCH = (
    "I = [[2, 1], [1, 1], [0, 1]]\nlabel = [[0, 1], [1, 0], [0, 1]]\n"
    + NETWORK
    + "l = mean_cross_entropy(S, label)\n"
)
LAYERS = "x : R^n\nw0 : R^(m x n)\nb0 : R^m\nw1 : R^(k x m)\nb1 : R^k\n"


def views(text: str, of: str, *wrt: str) -> list[ClosedView]:
    read = paper(text)
    return closed_views(read, [Asked(read.graph[of], read.graph[one]) for one in wrt])


def view(text: str, of: str, *wrt: str) -> ClosedView:
    (found,) = views(text, of, *wrt)
    return found


def formulas(found: ClosedView) -> list[str]:
    return [f"{line.derived.name} = {line.derived.text}" for line in found.lines]


def asked_in(read: Paper) -> list[Asked]:
    found = [asked for one in read.questions for asked in one.asked]
    return found + [asked for one in read.updates for asked in one.asked]


def said(text: str, of: str, *wrt: str) -> list[str]:
    """What the view says, an equation, a heading or a sentence a line."""
    read = paper(text)
    return said_by(explanation(read, topics_of(read, of, list(wrt)), "closed"))
