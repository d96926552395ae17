"""From a text of the paper language to the numbers of its explanation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.explain.derived import paper

from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable
from chainrule.graph.node import Node
from chainrule.notation.formula import inline

__all__ = ["evaluation", "line", "named", "numbers", "questions"]


def evaluation(text: str, **options: Any) -> Evaluation:
    """The numbers of a text under these options."""
    return Evaluation(explainable(paper(text)), Options(**options).checked())


def named(found: Evaluation, *names: str, given: Mapping[Node, Value] | None = None) -> list[Value]:
    """The values of named quantities, all of which have one."""
    values = found.values([found.source.graph[name] for name in names], given or {})
    return [value for value in values if value is not None]


def line(shown: Shown) -> str:
    """Numbers as they are shown, on one line: `= [1 2]`, `≈ 0.3333`."""
    text = " ".join(inline(shown.formula).split())
    return f"{'=' if shown.is_exact else '≈'} {text}"


def numbers(text: str, name: str, **options: Any) -> str:
    """One named value of a text as it is shown."""
    found = evaluation(text, **options)
    return line(found.shown(named(found, name)[0]))


def questions(text: str, **options: Any) -> list[str]:
    """The answers of a text as they are shown."""
    read = paper(text)
    found = Evaluation(explainable(read), Options(**options).checked())
    values = found.values([question.node for question in read.questions])
    return [line(found.shown(value)) for value in values if value is not None]
