"""What is printed is what was found: numbers are read back out of text and Markdown."""

from __future__ import annotations

import pytest
from tests.explain.example_views import PAIRS, explained
from tests.explain.reading_back import (
    are_in_order,
    numbers_in_latex,
    numbers_in_text,
    numbers_of,
    value_of,
)
from tests.explain.sample import SAMPLE, expression, numbers

from chainrule.explain.explanation import Explanation, Step
from chainrule.explain.printers.equations import equation
from chainrule.explain.printers.markdown import markdown, math
from chainrule.explain.printers.terminal import PIPE_WIDTH
from chainrule.notation.formula import Formula, inline, mark

WIDE = 100_000


def test_values_of_numbers() -> None:
    shown = ["2/3", "-2.789e-10", "22", "inf", "-0.25"]
    assert list(map(value_of, shown)) == [2 / 3, -2.789e-10, 22, float("inf"), -0.25]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("h1 = 2 * W0 - 3", ["2", "3"]),
        ("S0(1-S0) ≈ -2.789×10⁻¹⁰", ["1", "-2.789e-10"]),
        ("[-1 2/3  ∞]", ["-1", "2/3", "inf"]),
        ("⎡1 2⎤ + ⎡5 6⎤\n⎣3 4⎦   ⎣7 8⎦", list("12345678")),
        ("    ⎡1⎤      \nx = ⎢2⎥ + 4\n    ⎣3⎦    ", list("1234")),
        ("⎡⎡1 2⎤⎤\n⎢⎣3 4⎦⎥\n⎢     ⎥\n⎣[5 6]⎦", list("123456")),
        ("손실 ≈ ⎡1⎤ · 3\n       ⎣2⎦    ", list("123")),
    ],
)
def test_numbers_in_text(text: str, found: list[str]) -> None:
    assert numbers_in_text(text) == found


def test_numbers_in_latex() -> None:
    latex = r"W_{1} = -\frac{2}{3} + 2.5 \times 10^{-3} x_{12}, -\infty, \mathrm{nan}"
    assert numbers_in_latex(latex) == ["-2/3", "2.5e-3", "-inf", "nan"]


def test_numbers_are_in_the_order_of_the_notation() -> None:
    turned = expression(f"{mark(0)} / {mark(1)}", f"{mark(1)} {mark(0)}", *numbers("3 4").rows[0])
    assert numbers_of(turned) == ["3", "4"]
    assert numbers_of(turned, "latex") == ["4", "3"]


def shown(step: Step, width: int) -> str:
    return "\n".join(equation(step.what, step.sides, width).lines)


def formulas_of(step: Step) -> list[Formula]:
    what = [] if step.what is None else [step.what]
    return [*what, *(side.formula for side in step.sides)]


def check_text(explanation: Explanation) -> None:
    for step in explanation.walk():
        formulas = formulas_of(step)
        wanted = [one for formula in formulas for one in numbers_in_text(inline(formula))]
        assert numbers_in_text(shown(step, WIDE)) == wanted
        assert sorted(numbers_in_text(shown(step, PIPE_WIDTH))) == sorted(wanted)
        held = [one for formula in formulas for one in numbers_of(formula)]
        assert are_in_order(held, wanted)


def check_markdown(explanation: Explanation) -> None:
    read = numbers_in_latex(markdown(explanation))
    held = []
    for step in explanation.walk():
        for side in step.sides:
            numbers_of_side = numbers_of(side.formula, "latex")
            assert are_in_order(numbers_of_side, numbers_in_latex(math(side.formula)))
            held += numbers_of_side
    assert are_in_order(held, read)


def test_numbers_of_the_sample() -> None:
    check_text(SAMPLE)
    check_markdown(SAMPLE)


@pytest.mark.parametrize(("problem", "view"), PAIRS)
def test_numbers_of_the_examples(problem: str, view: str) -> None:
    found = explained(problem, view)
    if found is None:
        pytest.skip("the view refuses the example")
    check_text(found)
    check_markdown(found)
