"""Every printed line is true: each side is read back, evaluated in full, and is the line's number.

How that is found out is in `claims`: symbols are read as the paper language or as written by hand,
values are of ninety digits, derivatives on the left are differences.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import pytest
from tests.explain.claims import Page
from tests.explain.derived import WITH_NUMBERS, example, paper
from tests.explain.example_views import explained_or_refused
from tests.explain.meanings import Retold
from tests.explain.precise import places
from tests.explain.programs import PROGRAMS
from tests.explain.truth import answers

from chainrule.explain.explain import VIEWS, explanation
from chainrule.explain.explanation import Explanation
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.notation.formula import inline

PROBLEMS = [path.stem for path in WITH_NUMBERS]
SAID = {"(F∘G)": "FG", "(x, y)": "xy"}
JOINED = {"xy": ("x", "y")}
F = "F = [x^2 + 2 * y, 3 * x + 4 * y^2]"
AT_POINTS = {  # functions at points, as quantities: their pages have names that no file has
    "003-2a": "x = 1\ny = 2\nxy = [x, y]\nf = (2 * x + 3 * y)^2",
    "003-2b": f"x = 1\ny = 2\nxy = [x, y]\n{F}",
    "003-2c": f"x = 2\ny = 4\nxy = [x, y]\nG = [x, x^2]\n{F}\n"
    "FG = [G[0]^2 + 2 * G[1], 3 * G[0] + 4 * G[1]^2]",
}
AT_LEAST = {  # sides of all examples that were held against the truth
    "chain": {"symbolic": 500, "substituted": 130, "result": 750, "numbers of names": 280},
    "backward": {"symbolic": 450, "substituted": 220, "result": 460, "numbers of names": 400},
    "scalar": {"symbolic": 1400, "substituted": 950, "result": 1500, "numbers of names": 2800},
    "closed": {"symbolic": 500, "substituted": 180, "result": 220, "numbers of names": 320},
}


def explained(text: str, view: str, **options: Any) -> Explanation:
    read = paper(text)
    return explanation(read, topics_of(read), view, Options(**options))


@cache
def page(problem: str, view: str) -> Page:
    """What was found of an example's claims in a view."""
    found = explained_or_refused(problem, view)
    assert isinstance(found, Explanation)
    return Page(example(problem), found, retold=retold(problem))


def retold(problem: str) -> Retold | None:
    text = AT_POINTS.get(problem)
    return None if text is None else Retold(text, SAID, JOINED)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_line_of_the_examples_is_true(problem: str, view: str) -> None:
    found = page(problem, view)
    assert found.wrong == []
    assert found.unread == []
    assert found.counts["undecided"] == 0


@pytest.mark.parametrize("view", VIEWS)
def test_that_is_a_great_many_lines(view: str) -> None:
    total = sum([page(problem, view).counts for problem in PROBLEMS], Counter[str]())
    total["result"] += total["exact result"] + total["summary"]
    total["substituted"] += total["substituted exactly"]
    for kind, least in AT_LEAST[view].items():
        assert total[kind] >= least, kind
    assert total["numbers without a name"] < total["numbers of names"] / 2


TOO_LONG = {("a summary", "scalar")}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("title", PROGRAMS)
def test_every_line_of_other_programs_is_true(title: str, view: str) -> None:
    if (title, view) in TOO_LONG:
        pytest.skip("1,200 lines of sums")
    text = PROGRAMS[title]
    found = Page(text, explained(text, view))
    assert found.wrong == []
    assert found.unread == []
    assert found.counts["symbolic"] > 2
    assert found.counts["result"] + found.counts["exact result"] >= 3


@pytest.mark.parametrize("digits", [1, 9])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("problem", ["000-C", "004-A"])
def test_numbers_are_rounded_to_the_digits_that_are_asked_for(
    problem: str, view: str, digits: int
) -> None:
    text = example(problem)
    found = Page(text, explained(text, view, digits=digits), digits)
    assert found.wrong == []
    assert found.unread == []


UNDERFLOW = {
    "of exp": "x = [-800, 1]\ny = exp(x)\nz = 2 * y\nl = sum(z)\ndl/dx\ndz/dx",
    "of softmax": "O = [400, -400]\nS = softmax(O)\nv = [1, 2]\np = S @ v\ndp/dv\ndS/dO",
}


SATURATED = "O = [36, -36]\nS = softmax(O)\nT = [1, 0]\nl = cross_entropy(S, T)\n∂l/∂O\n∂S/∂O"


@pytest.mark.parametrize("view", VIEWS)
def test_where_all_digits_cancel_it_is_said(view: str) -> None:
    with places(300):
        found = Page(SATURATED, explained(SATURATED, view))
    assert found.wrong == []
    assert found.unread == []
    assert found.counts["said to be lost"] >= 1  # 1 - S0 is not 0


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("text", UNDERFLOW.values(), ids=UNDERFLOW)
def test_where_float64_has_no_number_it_is_said(text: str, view: str) -> None:
    with places(1000):
        found = Page(text, explained(text, view))
    assert found.wrong == []
    assert found.unread == []
    assert found.counts["said to be lost"] > 2


# By hand: what is displayed follows from what is displayed.


@pytest.mark.parametrize("view", VIEWS)
def test_by_hand_the_numbers_put_in_come_to_what_is_displayed(view: str) -> None:
    worked_out = 0
    for problem in ("000-C", "001-D", "002-A", "003-1.x1", "003-3", "004-A"):
        found = explained(example(problem), view, by_hand=True)
        checked = Page(example(problem), found, retold=retold(problem), by_hand=True)
        assert checked.wrong == []
        worked_out += checked.counts["worked out"]
    assert worked_out > 40


# Chains are of the paper language.


@pytest.mark.parametrize("problem", PROBLEMS)
def test_chains_can_be_asked_as_they_are_written(problem: str) -> None:
    if problem in AT_POINTS:
        pytest.skip("names of functions at points are no names of the file")
    found = explained_or_refused(problem, "chain")
    assert isinstance(found, Explanation)
    pairs = [
        (inline(step.what), inline(side.formula))
        for step in found.walk()
        for side in step.sides
        if step.what is not None
        and " · ∂" in inline(side.formula)
        and " + " not in inline(side.formula)
    ]
    pairs = [pair for pair in dict.fromkeys(pairs) if not pair[0].startswith("d")]
    pairs = [pair for pair in pairs if not re.search(r"∂u\d", pair[1])]  # names of the page alone
    wholes = answers(example(problem), [], [whole for whole, _ in pairs])
    products = answers(example(problem), [], [product for _, product in pairs])
    assert len(pairs) > (1 if "∂" in example(problem) else 5)
    for whole, product in zip(wholes, products, strict=True):
        assert product.reshape(-1) == pytest.approx(whole.reshape(-1), rel=1e-9)
