"""What the scalar view says of a text: its steps, as they are read, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from tests.explain.derived import EXAMPLES, paper
from tests.explain.truth import shown_array

from chainrule.explain.explanation import Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.explain.views.scalar import scalar
from chainrule.graph.node import Array
from chainrule.notation.formula import inline

__all__ = [
    "SMALL",
    "each_example",
    "equation",
    "equations",
    "line",
    "lines",
    "parts",
    "results",
    "steps",
    "totals",
]

SMALL = """
X = [[1, 2], [0, -1]]
T = [[1], [0]]
W = [[0.5], [-1]]
ŷ = sigmoid(X @ W + 0.5)
l = sum((ŷ - T)^2)
∂l/∂W
"""
WITH_ENTRIES = [path for path in EXAMPLES if "R^n" not in path.read_text(encoding="utf-8")]
each_example = pytest.mark.parametrize("path", WITH_ENTRIES, ids=lambda path: path.stem)


def parts(text: str, **options: Any) -> list[Step]:
    """The parts that explain all that a text asks for."""
    read = paper(text)
    asked = [one for topic in topics_of(read) for one in topic.asked]
    return list(scalar(read, asked, Options(**options)))


def steps(found: Iterable[Step]) -> list[Step]:
    """All that is said, as it is read."""
    return [step for one in found for step in one.walk()]


def equation(step: Step) -> str:
    """What is found and its sides on one line."""
    sides = [f"{'=' if one.is_exact else '≈'} {inline(one.formula)}" for one in step.sides]
    return " ".join([*([] if step.what is None else [inline(step.what)]), *sides])


def line(step: Step) -> str:
    """The same with its sentences."""
    said = [say(one) for one in (step.title, step.rule, step.why, *step.remarks) if one]
    return " ".join([equation(step), *[f"[{one}]" for one in said]]).strip()


def lines(text: str, **options: Any) -> list[str]:
    return list(map(line, steps(parts(text, **options))))


def equations(text: str, **options: Any) -> list[str]:
    """The same without sentences."""
    return list(map(equation, steps(parts(text, **options))))


def results(found: list[Step]) -> dict[str, Array]:
    """What each equation comes to, by its left side."""
    return {
        inline(step.what): shown
        for step in found
        if step.what is not None and step.sides and step.sides[-1].role == "result"
        if (shown := shown_array(step.sides[-1].formula)) is not None
    }


def totals(text: str, **options: Any) -> dict[str, Array]:
    """The derivatives as a whole; one that is only summarized from its entries."""
    found: dict[str, Array] = {}
    for one in steps(parts(text, **options)):
        if one.title is None or one.title.code != "derivative":
            continue
        symbol = say(one.title)
        shown = results(list(one.walk()))
        found[symbol.replace("d", "∂")] = shown.get(symbol, np.array(math.nan))
    return found
