"""Backward passes to be tested: of all that a text asks for, and single steps of them."""

from __future__ import annotations

from typing import Any

from tests.explain.derived import paper

from chainrule.explain.explanation import Step
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.explain.views.backward import backward
from chainrule.notation.formula import inline

__all__ = ["NETWORK", "codes", "found", "line", "line_or_nothing", "lines", "parts", "passes"]

NETWORK = """
X = [[1, 2], [0, 1], [3, -1]]
T = [[1, 0], [0, 1], [1, 0]]
W = [[0.1, 0.2], [0.3, 0.4]]
b = [0.1, 0.2]
O = X @ W + b
S = softmax(O)
l = cross_entropy(S, T)
"""


def parts(text: str, **options: Any) -> list[Step]:
    """The parts that explain all that a text asks for."""
    read = paper(text)
    asked = [one for topic in topics_of(read) for one in topic.asked]
    return list(backward(read, asked, Options(**options)))


def passes(text: str, **options: Any) -> list[Step]:
    """The backward passes, without the derivatives of what is no number."""
    return [one for one in parts(text, **options) if one.title and one.title.code == "backward"]


def line(step: Step) -> str:
    """A step as its symbolic sides."""
    assert step.what is not None
    sides = [inline(side.formula) for side in step.sides if side.role == "symbolic"]
    return " = ".join([inline(step.what), *sides])


def lines(text: str) -> list[str]:
    """The rules of all deltas and contributions, in symbols."""
    return [line(step) for one in passes(text) for step in one.walk() if step.what is not None]


def found(text: str, name: str) -> Step:
    """The step that finds the delta or derivative of that name."""
    every = [step for one in passes(text) for step in one.walk()]
    return next(step for step in every if step.what is not None and inline(step.what) == name)


def codes(step: Step) -> set[str]:
    """What is said at a step."""
    return {sentence.code for sentence in (*step.remarks, step.rule, step.why) if sentence}


def line_or_nothing(step: Step) -> str:
    return "" if step.what is None else line(step)
