"""The rules of a backward pass, and what is said of them and of their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.explain.backward_passes import NETWORK, codes, found, line, passes
from tests.explain.derived import example
from tests.explain.truth import shown_array, text_of

from chainrule import explain
from chainrule.explain.language.catalogue import is_known, say
from chainrule.explain.views.backward import MOST_SHARES
from chainrule.notation.formula import Summary, inline

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
