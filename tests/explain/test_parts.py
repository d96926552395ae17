"""What every view has: the file's comment, what is given, the forward pass, updates, answers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from tests.explain.derived import example, paper, said_by

from chainrule.explain.explain import explanation
from chainrule.explain.explanation import Explanation
from chainrule.explain.language.catalogue import say
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.notation.formula import Matrix, Number, inline

VIEWS = ["chain", "backward", "scalar", "closed"]


def explained(text: str, view: str = "chain", wrt: str | None = None, **how: Any) -> Explanation:
    read = paper(text)
    topics = topics_of(read, None, None if wrt is None else [wrt])
    return explanation(read, topics, view, Options(**how))


def equations(found: Explanation, title: str) -> dict[str, list[str]]:
    """The equations under a heading: the left side and the others."""
    (part,) = [step for step in found.steps if step.title and say(step.title) == title]
    steps = [step for step in part.walk() if step.what is not None]
    return {
        inline(one.what): [inline(side.formula) for side in one.sides] for one in steps if one.what
    }


def titles(found: Explanation) -> list[str]:
    return [say(step.title) for step in found.steps if step.title is not None]


@pytest.mark.parametrize("view", VIEWS)
def test_the_comment_of_a_file_stands_before_everything(view: str) -> None:
    found = said_by(explained("# Two lines\n#   of it.\nx = 2  # no more\ny = x^2\ndy/dx", view))
    assert found[1:4] == ["Two lines", "of it.", "Conventions"]
    assert "no more" not in "\n".join(found)


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_given_is_listed(view: str) -> None:
    found = explained("x = [0.5, 1]\nunused = 7\ny = sum(x^2)\ndy/dx", view)
    assert equations(found, "Given") == {"x": ["[0.5 1]"]}
    assert titles(found)[:2] == ["Conventions", "Given"]


def test_what_is_declared_is_listed_with_its_facts() -> None:
    found = said_by(explained("x : R^n, positive\nf : R^n -> R\ny = f(x)\ndy/dx"))
    at = found.index("Given")
    assert found[at + 1 : at + 3] == ["x : R^n, positive", "f : R^n -> R"]


def test_quantities_that_no_derivative_needs_are_shown_where_everything_is() -> None:
    text = "x = 2\ny = x^2\nslope = dy/dx\ntwice = 2 * slope\ndy/dx"
    assert equations(explained(text), "Further quantities") == {
        "slope": ["dy/dx", "2 * 2", "4"],
        "twice": ["2 * slope", "2 * 4", "8"],
    }
    more = f"{text}\nz = 2 * x\ndz/dx"
    assert "Further quantities" not in titles(explained(more, wrt="x"))


def test_answers_of_functions_stand_under_their_question() -> None:
    text = "f(x, y) = (2*x + 3*y)^2\ngrad(f)(1, 2)\nf(1, 2)"
    assert equations(explained(text), "Answers") == {
        "grad(f)(1, 2)": ["[32 48]"],
        "f(1, 2)": ["64"],
    }


def test_answers_have_the_layout_that_is_asked_for() -> None:
    text = "F(x, y) = [x^2 + 2*y, 3*x + 4*y^2]\nD(F)(1, 2)"
    assert equations(explained(text), "Answers") == {"D(F)(1, 2)": ["[2 2; 3 16]"]}
    turned = explained(text, layout="denominator")
    assert equations(turned, "Answers") == {"D(F)(1, 2)": ["[2 3; 2 16]"]}


def test_a_large_answer_shows_the_first_entries_of_its_layout() -> None:
    text = "c = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\nF(x) = sum(x) * c\nD(F)(c)"
    summary = "array 12 × 12 of [1, 12], norm 88.32: {}, …"
    assert equations(explained(text), "Answers") == {"D(F)(c)": [summary.format("1, 1, 1, 1")]}
    turned = explained(text, layout="denominator")
    assert equations(turned, "Answers") == {"D(F)(c)": [summary.format("1, 2, 3, 4")]}


@pytest.mark.parametrize("view", VIEWS)
def test_an_update_has_the_old_value_the_gradient_and_the_new_one(view: str) -> None:
    found = equations(explained("x = 3\na = 0.1\ny = x^2\nx := x - a * dy/dx", view), "Updates")
    assert found == {
        "new(x)": ["x - a * dy/dx", "3 - 0.1 * 6", "2.4"],
        "x": ["3"],
        "∂y/∂x": ["6"],
    }


# By hand.


@pytest.mark.parametrize("view", ["chain", "backward", "closed"])
def test_by_hand_an_update_goes_on_from_the_displayed_gradient(view: str) -> None:
    found = explained(example("002-A"), view, by_hand=True, decimals=2)
    shown: dict[str, Matrix] = {}
    for step in found.walk():
        for side in step.sides:
            if step.what is not None and isinstance(side.formula, Matrix):
                shown.setdefault(inline(step.what), side.formula)
    for name in ("W1", "W2", "W3", "b1", "b2", "b3"):
        old, gradient, new = (
            entries(found, what) for what in (name, f"∂L/∂{name}", f"new({name})")
        )
        expected = [a - Fraction(1, 10) * b for a, b in zip(old, gradient, strict=True)]
        assert all(abs(a - b) <= Fraction(1, 200) for a, b in zip(new, expected, strict=True))


def entries(found: Explanation, what: str) -> list[Fraction]:
    """The numbers of the last result of a quantity."""
    results = [
        side.formula
        for step in found.walk()
        for side in step.sides
        if step.what is not None and inline(step.what) == what and side.role == "result"
    ]
    return [Fraction(one.text) for one in numbers(results[-1])]


def numbers(formula: object) -> list[Number]:
    if isinstance(formula, Number):
        return [formula]
    assert isinstance(formula, Matrix)
    return [entry for row in formula.rows for entry in row if isinstance(entry, Number)]


def test_by_hand_an_answer_goes_on_from_the_answers_before() -> None:
    found = explained(example("002-A"), by_hand=True, decimals=2)
    outputs = [float(entry) for entry in entries(found, "new(ŷ)")]
    loss = sum((y - t) ** 2 for y, t in zip(outputs, [1, 0, -1], strict=True)) / 3
    (shown,) = entries(found, "new(L)")
    assert abs(float(shown) - loss) <= 0.005 + 1e-12


def test_by_hand_the_unrounded_result_is_what_was_verified() -> None:
    found = explained("x = 2\ny = sqrt(x)\nz = y^3\ndz/dx", by_hand=True, digits=3)
    remarks = [say(one) for step in found.walk() for one in step.remarks]
    assert any(one.startswith("Without rounding, verified by") for one in remarks)
    (differs,) = [one for one in remarks if one.startswith("The true result differs by ")]
    assert " 0 " not in differs


def test_by_hand_too_few_digits_are_said() -> None:
    found = said_by(explained(example("000-C"), wrt="W1", by_hand=True, decimals=2))
    assert any("no number is left" in line for line in found)
