"""The backward view: every line is a formula of the paper language, and true."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.explain.derived import WITH_NUMBERS, example, paper
from tests.explain.truth import answers, defined_deltas, shown_array, text_of, untrue
from tests.rewrite.random_programs import BY, program

from chainrule import explain
from chainrule.errors import TooLarge
from chainrule.explain.deltas import MOST_QUANTITIES
from chainrule.explain.explanation import Step
from chainrule.explain.language.catalogue import is_known, say
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.explain.views.backward import MOST_SHARES, backward
from chainrule.graph.node import Array
from chainrule.notation.formula import Summary, inline, typeset

DIGITS = 6
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


@pytest.mark.parametrize("path", WITH_NUMBERS, ids=lambda path: path.stem)
def test_every_line_of_the_examples_is_true(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    checked = 0
    for one in passes(text, digits=DIGITS):
        steps = [step for step in one.walk() if "(x, y)" not in line_or_nothing(step)]
        assert list(untrue(text, steps, DIGITS)) == []
        checked += len(steps)
    assert checked > 1 or not passes(text)


def line_or_nothing(step: Step) -> str:
    return "" if step.what is None else line(step)


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


# Rules and what is said of them.


def test_softmax_and_cross_entropy_are_shown_apart_and_then_together() -> None:
    delta = found(NETWORK + "∂l/∂W", "δO")
    assert line(delta) == ("δO = ∂l/∂O = S * (δS - sum(S * δS, axis=1, keepdims=1)) = S - T")
    assert line(found(NETWORK + "∂l/∂W", "δS")) == "δS = ∂l/∂S = -T / S"
    short = next(one for one in delta.remarks if one.code == "backward:short")
    assert say(short) == "With δS substituted, only this is left, and this is what is computed."
    assert "T : one_hot (T = [[1, 0], [0, 1], [1, 0]], as given)" in map(say, delta.remarks)


def test_labels_that_do_not_sum_to_one_leave_their_sums() -> None:
    delta = found(NETWORK.replace("[1, 0]]", "[1, 1]]") + "∂l/∂W", "δO")
    assert line(delta).endswith(" = S * sum(T, axis=1, keepdims=1) - T")
    assert "closed:fact" not in codes(delta)


def test_a_sigmoid_and_its_cross_entropy_are_put_together() -> None:
    text = "z = [1, -2]\ny = [1, 0]\np = sigmoid(z)\nl = binary_cross_entropy(p, y)\n∂l/∂z"
    assert line(found(text, "∂l/∂z")).endswith(" = p - y")


def test_only_the_short_form_has_a_value_where_a_softmax_saturates() -> None:
    text = "O = [-900, 900]\nt = [1, 0]\nS = softmax(O)\nl = cross_entropy(S, t)\n∂l/∂O"
    delta = found(text, "∂l/∂O")
    assert "backward:saturated" in codes(delta)
    (result,) = [side for side in delta.sides if side.role == "result"]
    numbers = shown_array(result.formula)
    assert numbers is not None
    assert numbers.tolist() == [-1.0, 1.0]


def test_where_the_long_form_has_no_value_the_short_one_is_worked() -> None:
    """Also where the loss itself is 0 · log 0, and so are the true derivatives of its parts."""
    x, y = np.array([800.0, -2.0]), np.array([1.0, 0.0])
    page = explain(cross_entropy_of_sigmoid, x, y, wrt="x", view="backward")
    steps = [step for one in page.steps for step in one.walk() if step.what is not None]
    delta = next(
        step for step in steps if inline(step.what or Summary(())) == "∂cross_entropy_of_sigmoid/∂x"
    )
    shown = [text_of(side.formula) for side in delta.sides if side.role != "symbolic"]
    assert shown == ["[1, 0.1192] - [1, 0]", "[0, 0.1192]"]
    assert {"backward:saturated", "cancelled"} <= codes(delta)


def cross_entropy_of_sigmoid(x: Any, y: Any) -> Any:
    s = 1 / (1 + np.exp(-x))
    return -np.sum(y * np.log(s) + (1 - y) * np.log(1 - s))


def test_no_form_is_said_to_have_a_value_that_is_shown_as_none() -> None:
    text = """
    z = [800, -2]
    y = [1, 0]
    k = 1 / (0 * y[0])
    p = sigmoid(z)
    l = k * binary_cross_entropy(p, y)
    ∂l/∂z
    """
    delta = found(text, "∂l/∂z")
    assert "backward:short" in codes(delta)
    assert text_of(delta.sides[-1].formula) == "[nan, nan]"
    assert "backward:saturated" not in codes(delta)


# Zeros, and results that do not follow from what is displayed.


def said_at(text: str, **options: Any) -> dict[str, set[str]]:
    """What is said of numbers, by what it is said of."""
    known = {"underflow", "cancelled", "rounded_to_zero", "scalar:digits"}
    steps = [step for one in passes(text, **options) for step in one.walk()]
    found = {inline(step.what): codes(step) & known for step in steps if step.what is not None}
    return {what: said for what, said in found.items() if said}


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (
            "x = [50, -2]\ns = sigmoid(x)\nd = s - [1, 0]\nl = sum(d^2)\n∂l/∂x",
            {},
            {"δd": {"cancelled"}, "δs": {"cancelled"}, "∂l/∂x": {"cancelled"}},
        ),
        ("x = [-800, -2]\nl = sum(exp(x))\n∂l/∂x", {}, {"∂l/∂x": {"underflow"}}),
        (
            "x = [1, 2]\ns = sigmoid(6 * x)\nl = sum(s)\n∂l/∂x",
            {},
            {"∂l/∂x": {"scalar:digits"}},  # 6 · 0.9975 · (1 - 0.9975)
        ),
        (
            "x = [1, 2]\ns = sigmoid(6 * x)\nl = sum(s)\n∂l/∂x",
            {"by_hand": True},
            {},
        ),
        (
            "x = [0.01, 2]\nl = sum(x^3)\n∂l/∂x",
            {"by_hand": True, "decimals": 3},
            {"∂l/∂x": {"rounded_to_zero"}},
        ),
        ("x = [0, 2]\nl = sum(x^3)\n∂l/∂x", {"by_hand": True, "decimals": 3}, {}),
    ],
)
def test_what_is_said_of_numbers(text: str, options: Any, said: dict[str, set[str]]) -> None:
    assert said_at(text, **options) == said


def test_what_cancels_to_nothing_is_no_number_of_the_size_of_rounding() -> None:
    """The shift of a layer norm is moved by nothing: its derivative is 0, not -5.551e-17."""
    text = """
    x = [0.3, -1.2, 2.7]
    m = mean(x)
    c = x - m
    s = sqrt(mean(c^2) + 0.001)
    y = c / s
    l = sum((y - [1, 0, 2])^2)
    ∂l/∂x
    """
    total = found(text.replace("[1, 0, 2]", "[0, 0, 0]"), "δm")
    assert inline(total.sides[-1].formula) == "0"
    assert not total.sides[-1].is_exact
    assert "cancelled" in codes(total)


def test_a_quantity_that_is_read_in_two_places_gets_two_shares() -> None:
    delta = found(example("001-D"), "∂T/∂z")
    assert line(delta) == "∂T/∂z = δỹ + δq"
    assert [line(step) for step in delta.steps] == ["δỹ", "δq"]
    assert [say(step.rule) for step in delta.steps if step.rule] == ["through ỹ", "through q"]
    assert delta.why is not None
    assert say(delta.why) == (
        "z is used by ỹ, q: each sends back a contribution, and the contributions add up."
    )


def test_entries_that_are_read_one_by_one_stand_in_brackets() -> None:
    text = example("003-1.x1")
    assert line(found(text, "∂L/∂v")) == "∂L/∂v = [δŷ  δh1 * f1  δh2 * f2  δh3 * f3]"


def test_of_very_many_readers_the_first_are_shown() -> None:
    count = MOST_SHARES + 3
    terms = [f"a{at} = sin({at + 2} * x)" for at in range(count)]
    total = " + ".join(f"a{at}" for at in range(count))
    text = "\n".join(["x = 0.5", *terms, f"l = {total}", "∂l/∂x"])
    delta = found(text, "∂l/∂x")
    assert len(delta.steps) == MOST_SHARES + 1
    assert say(delta.steps[-1].remarks[0]) == "Shown: the first 12 of 15 contributions."


@pytest.mark.parametrize(
    ("text", "wrt", "wanted"),
    [
        ("x = [1, -1]\nl = sum(x)\n∂l/∂x", "∂l/∂x", "name:sum"),
        ("x = [1, -1]\nh = relu(x)\nl = h @ h\n∂l/∂x", "∂l/∂x", "convention"),
        (NETWORK + "∂l/∂b", "∂l/∂b", "name:broadcast"),
        (NETWORK + "∂l/∂b", "∂l/∂b", "backward:serves_examples"),
        (NETWORK + "∂l/∂W", "∂l/∂W", "operation:matmul"),
        ("t = [0, 1]\nx = [1, 2]\nl = sum(-t * log(x))\n∂l/∂x", "∂l/∂x", "name:log"),
        ("X = [[1, 2]]\nw = [1, 1]\nl = sum(sigmoid(X @ w))\n∂l/∂w", "∂l/∂w", "operation:sigmoid"),
    ],
)
def test_what_is_said_of_a_rule(text: str, wrt: str, wanted: str) -> None:
    assert wanted in codes(found(text, wrt))


def test_the_sentence_of_an_operation_stands_where_it_is_first_needed() -> None:
    (one,) = passes(example("002-A"))
    said = [step.why.code for step in one.walk() if step.why is not None]
    assert said.count("operation:matmul") == 1
    assert said.count("operation:sigmoid") == 1


@pytest.mark.parametrize("problem", ["000-C", "001-D", "002-A", "003-1d", "004-A"])
def test_every_sentence_is_in_the_catalogue(problem: str) -> None:
    for one in passes(example(problem)):
        for step in one.walk():
            for sentence in (step.title, step.rule, step.why, *step.remarks):
                assert sentence is None or is_known(sentence.code)


def test_a_rule_rests_on_the_deltas_and_quantities_it_uses() -> None:
    assert set(found(example("002-A"), "δl2").rests_on) == {"δh2", "h2"}
    assert set(found(example("002-A"), "∂L/∂W2").rests_on) == {"h1", "δl2"}


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
