"""The backward view: every line is a formula of the paper language, and true."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.explain.backward_passes import found, line, line_or_nothing, lines, parts, passes
from tests.explain.derived import every_example_with_numbers, example
from tests.explain.truth import answers, defined_deltas, shown_array, text_of, untrue
from tests.rewrite.random_programs import BY, program

from chainrule.errors import TooLarge
from chainrule.explain.deltas import MOST_QUANTITIES
from chainrule.explain.explanation import Step
from chainrule.explain.language.catalogue import say
from chainrule.graph.node import Array
from chainrule.notation.formula import Summary, inline, typeset

DIGITS = 6


# The pages of the lectures.


def test_the_network_of_sigmoids_is_worked_from_the_loss_to_the_inputs() -> None:
    rules = [rule for rule in lines(example("002-A")) if "[" not in rule and "their" not in rule]
    assert rules == [
        "∂L/∂L",
        "δŷ = ∂L/∂ŷ = 2 * (ŷ - Y) / 3",
        "∂L/∂W3 = h2ᵀ @ δŷ",
        "∂L/∂W3",  # the sum over the examples
        "∂L/∂b3 = sum(δŷ, axis=0)",
        "δh2 = ∂L/∂h2 = δŷ @ W3ᵀ",
        "δl2 = ∂L/∂l2 = δh2 * h2 * (1 - h2)",
        "∂L/∂W2 = h1ᵀ @ δl2",
        "∂L/∂W2",
        "∂L/∂b2 = sum(δl2, axis=0)",
        "δh1 = ∂L/∂h1 = δl2 @ W2ᵀ",
        "δl1 = ∂L/∂l1 = δh1 * h1 * (1 - h1)",
        "∂L/∂X = δl1 @ W1ᵀ",
        "∂L/∂W1 = Xᵀ @ δl1",
        "∂L/∂W1",
        "∂L/∂b1 = sum(δl1, axis=0)",
    ]


def test_a_softmax_of_its_parts_is_gone_through_as_a_softmax() -> None:
    assert lines(example("004-A")) == [
        "∂Loss/∂Loss",
        "δdy = ∂Loss/∂dy = 2 * dy",
        "δystar = ∂Loss/∂ystar = -δdy",
        "δz2 = ∂Loss/∂z2 = δystar",
        "δz1 = ∂Loss/∂z1 = z2 * (δz2 - sum(z2 * δz2))",
        "∂Loss/∂b1 = δz1",
        "δwx = ∂Loss/∂wx = δz1",
        "∂Loss/∂W1 = outer(δwx, x)",
        "∂Loss/∂x = W1ᵀ @ δwx",
    ]


def test_the_parts_of_a_softmax_have_deltas_where_they_are_asked_for() -> None:
    rules = lines(example("004-A") + "\n∂Loss/∂ez")
    assert "δez = ∂Loss/∂ez = δz2 / Σe + δΣe" in rules


@every_example_with_numbers
def test_every_line_of_the_examples_is_true(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    checked = 0
    for one in passes(text, digits=DIGITS):
        steps = [step for step in one.walk() if "(x, y)" not in line_or_nothing(step)]
        assert list(untrue(text, steps, DIGITS)) == []
        checked += len(steps)
    assert checked > 1 or not passes(text)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 8))
def test_every_line_of_random_programs_is_true(seed: int, length: int) -> None:
    text = program(random.Random(seed).choice, length)
    questions = "\n".join(f"∂l/∂{name}" for name in BY)
    (one,) = passes(f"{text}\n{questions}", digits=DIGITS)
    assert list(untrue(text, list(one.walk()), DIGITS)) == []


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_the_deltas_of_random_programs_are_the_gradients(seed: int, length: int) -> None:
    text = program(random.Random(seed).choice, length)
    (one,) = passes("\n".join([text, *(f"∂l/∂{name}" for name in BY)]), digits=17)
    known = [step for step in one.steps if step.what is not None and step.shape is not None]
    symbols = [symbol(step) for step in known]
    for step, wanted in zip(known, answers(text, [], symbols), strict=True):
        (result,) = [side for side in step.sides if side.role == "result"]
        numbers = shown_array(result.formula)
        if numbers is not None:
            size = max(1.0, float(np.abs(wanted).max()))
            assert np.allclose(numbers, wanted, rtol=1e-12, atol=1e-12 * size)


def symbol(step: Step) -> str:
    """The derivative that a step finds: ∂l/∂h of δh."""
    assert step.what is not None
    what = inline(step.what)
    return inline(step.sides[0].formula) if what.startswith("δ") else what


# Names.


def test_names_of_the_program_are_left_to_it() -> None:
    text = "x = 1\nδh = 7\nh = sin(x)\ng = h * δh\nl = g^2\n∂l/∂x"
    assert "δh_ = ∂l/∂h = δg * δh" in lines(text)
    assert typeset(found(text, "δh_").what or Summary(())) == r"\bar{\delta_{h}}"


def test_the_loss_has_the_plain_deltas_and_other_numbers_have_their_own() -> None:
    rules = lines(example("003-1.x1"))
    assert "δf1 = ∂L/∂f1 = δh1 * v[1]" in rules
    assert "δŷ_e1 = ∂ŷ/∂e1 = δŷ_f1 * f1 * (1 - f1)" in rules


def test_deltas_are_written_in_latex_with_an_index() -> None:
    delta = found(example("002-A"), "δh2")
    assert delta.what is not None
    assert typeset(delta.what) == r"\delta_{h_{2}}"
    assert typeset(delta.sides[1].formula) == r"\delta_{\hat{y}} \, W_{3}^{\top}"


# What has no numbers, no path, no end.


def test_what_has_no_numbers_has_rules_and_shapes() -> None:
    text = """
    x : R^n
    W : R^(n x m)
    f : R -> R
    h = f(x @ W)
    l = sum(h^2)
    ∂l/∂W
    """
    delta = found(text, "∂l/∂W")
    assert line(delta) == "∂l/∂W = outer(x, δh * f'(x @ W))"
    assert {side.role for side in delta.sides} == {"symbolic"}
    assert str(delta.shape) == "(n, m)"


def test_what_does_not_depend_is_said() -> None:
    (one,) = passes("x = 1\ny = 2\nl = x^2\n∂l/∂x\n∂l/∂y")
    assert "l does not depend on y: the derivative is zero." in map(say, one.steps[-1].remarks)


def test_a_number_by_itself_is_one() -> None:
    (one,) = passes("x = 1\nl = x^2\n∂l/∂l")
    assert [line_or_nothing(step) for step in one.steps] == ["∂l/∂l"]


def test_what_is_no_number_is_a_product_of_local_jacobians() -> None:
    titles = [part.title.code for part in parts(example("002-A")) if part.title]
    assert titles == ["derivative"] * 4 + ["backward"]


def test_a_pass_through_very_many_quantities_is_refused() -> None:
    rows = [f"a{at + 1} = sin(a{at})" for at in range(MOST_QUANTITIES)]
    text = "\n".join(["a0 = 1", *rows, f"∂a{MOST_QUANTITIES}/∂a0"])
    with pytest.raises(TooLarge, match="goes through 121 quantities, and at most 120"):
        parts(text)


def test_large_arrays_are_summarized_and_not_put_in() -> None:
    text = "X = ones(40, 30)\nW = ones(30, 20)\nH = tanh(X @ W)\nl = sum(H^2)\n∂l/∂W"
    delta = found(text, "∂l/∂W")
    assert [side.role for side in delta.sides] == ["symbolic", "result"]
    assert isinstance(delta.sides[-1].formula, Summary)


# By hand.


@pytest.mark.parametrize("problem", ["000-C", "001-D", "002-A", "003-1d", "003-3", "004-A"])
def test_by_hand_every_line_goes_on_from_the_displayed_numbers(problem: str) -> None:
    worked = 0
    for one in passes(example(problem), by_hand=True):
        for step in one.walk():
            put_in = [side for side in step.sides if side.role == "substituted"]
            if not put_in:
                continue
            (result,) = [side for side in step.sides if side.role == "result"]
            shown = shown_array(result.formula)
            (value,) = answers("", [], [text_of(put_in[0].formula)])
            assert shown is not None
            assert (np.abs(shown.reshape(value.shape) - value) <= half_a_digit(value, 4)).all()
            worked += 1
    assert worked > 3


def half_a_digit(value: Array, digits: int) -> Array:
    """Half a unit of the last significant digit that is displayed of each entry."""
    size = np.floor(np.log10(np.where(value == 0, 1, np.abs(value))))
    return np.asarray(0.5 * 10.0 ** (size - digits + 1) * (1 + 1e-9))


def test_by_hand_the_distance_to_the_true_gradients_is_said() -> None:
    (one,) = passes(example("002-A"), by_hand=True)
    assert any(sentence.code == "backward:differs" for sentence in one.steps[-1].remarks)
    (exact,) = passes(example("001-D"), by_hand=True)
    (differs,) = [one for one in exact.steps[-1].remarks if one.code == "backward:differs"]
    assert dict(differs.details)["difference"] == "0"


def test_deltas_are_defined_by_the_derivatives_they_are_short_for() -> None:
    (one,) = passes(example("002-A"))
    assert defined_deltas(one.walk())[:2] == ["δŷ = ∂L/∂ŷ", "δh2 = ∂L/∂h2"]
