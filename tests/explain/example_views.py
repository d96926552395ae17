"""The examples explained in every view; each is explained once, however many tests look at it."""

from __future__ import annotations

from functools import cache

from tests.explain.derived import EXAMPLES

from chainrule.errors import ChainruleError
from chainrule.explain.explain import VIEWS, explanation
from chainrule.explain.explanation import Explanation
from chainrule.explain.topics import topics_of
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

__all__ = ["PAIRS", "explained", "explained_or_refused"]

PAIRS = [(path.stem, view) for path in EXAMPLES for view in VIEWS]


@cache
def explained_or_refused(problem: str, view: str) -> Explanation | ChainruleError:
    """An example in a view, or why there is none."""
    (path,) = [path for path in EXAMPLES if path.stem == problem]
    source = Source(path.read_text(encoding="utf-8"), f"examples/{path.name}")
    try:
        paper = elaborate(parse(source))
        return explanation(paper, topics_of(paper), view)
    except ChainruleError as refusal:
        return refusal


def explained(problem: str, view: str) -> Explanation | None:
    """An example in a view; None where the view refuses it."""
    found = explained_or_refused(problem, view)
    return found if isinstance(found, Explanation) else None
