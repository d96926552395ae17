"""What is false is found: lines of true explanations, changed a little, are told from true ones."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from tests.explain.claims import Page
from tests.explain.derived import example
from tests.explain.example_views import explained_or_refused

from chainrule.explain.explanation import Equal, Explanation, Step
from chainrule.notation.formula import Expression, Formula, Matrix, Number, inline

Change = Callable[[Step], Step]


def changed(found: Explanation, what: str, change: Change) -> Explanation:
    """The explanation with its lines about a quantity changed."""

    def anew(step: Step) -> Step:
        values = dict(zip(step.fields, step.key(), strict=True))
        values["steps"] = tuple(map(anew, step.steps))
        is_meant = step.what is not None and inline(step.what) == what
        return change(Step(**values)) if is_meant else Step(**values)

    values = dict(zip(found.fields, found.key(), strict=True))
    return Explanation(**values | {"steps": tuple(map(anew, found.steps))})


def with_side(role: str, change: Callable[[Equal], Equal]) -> Change:
    """Changes the sides of a role."""

    def anew(step: Step) -> Step:
        sides = tuple(change(side) if side.role == role else side for side in step.sides)
        values = dict(zip(step.fields, step.key(), strict=True))
        return Step(**values | {"sides": sides})

    return anew


def with_text(old: str, new: str) -> Callable[[Equal], Equal]:
    def of(formula: Formula) -> Formula:
        if isinstance(formula, Number):
            return Number(formula.text.replace(old, new))
        if isinstance(formula, Matrix):
            return Matrix(tuple(tuple(map(of, row)) for row in formula.rows), formula.kind)
        assert isinstance(formula, Expression)
        return Expression(formula.text.replace(old, new), "", tuple(map(of, formula.holes)))

    return lambda side: Equal(of(side.formula), side.role, side.is_exact)


def as_exact(is_exact: bool) -> Callable[[Equal], Equal]:
    return lambda side: Equal(side.formula, side.role, is_exact)


FALSE: list[tuple[str, str, str, Change]] = [
    ("000-C", "chain", "∂S/∂O", with_side("result", with_text("2.789", "2.788"))),
    ("000-C", "chain", "∂S/∂O", with_side("symbolic", with_text("1-S0", "1-S1"))),
    ("000-C", "chain", "∂S/∂O", with_side("result", as_exact(True))),
    ("000-C", "chain", "∂O/∂L", with_side("symbolic", with_text("ᵀ", ""))),
    ("000-C", "chain", "h", with_side("result", as_exact(False))),
    ("000-C", "chain", "h", with_side("substituted", as_exact(False))),
    ("000-C", "chain", "h", with_side("substituted", with_text("5", "6"))),
    ("000-C", "backward", "δO", with_side("symbolic", with_text("S - label", "label - S"))),
    ("000-C", "backward", "δL", with_side("substituted", with_text("-3", "-2"))),
    ("000-C", "scalar", "∂S0/∂O1", with_side("symbolic", with_text("-S0S1", "S0S1"))),
    ("000-C", "scalar", "∂S0/∂O1", with_side("substituted", with_text("2.789", "2.799"))),
    ("000-C", "scalar", "h1", with_side("substituted", with_text("5", "6"))),
    ("000-C", "closed", "dW0", with_side("symbolic", with_text("I", "L"))),
    ("000-C", "closed", "dh", with_side("result", with_text("6", "7"))),
    ("002-A", "chain", "new(W1)", with_side("result", with_text("1", "2"))),
]  # fmt: skip


@pytest.mark.parametrize(("problem", "view", "what", "change"), FALSE)
def test_false_lines_are_found(problem: str, view: str, what: str, change: Change) -> None:
    found = explained_or_refused(problem, view)
    assert isinstance(found, Explanation)
    other = changed(found, what, change)
    assert other != found
    wrong = Page(example(problem), other).wrong
    assert wrong
    assert any(re.search(re.escape(what), line) for line in wrong) or "=" not in wrong[0]
