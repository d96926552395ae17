"""Digits that are lost: underflow and cancellation are said, noise is not shown.

Underflow is said only of what is not 0 and smaller than any float64; cancellation is said where
something is shown as 0 that may be larger.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.explain.numbers_of import evaluation, line, named, numbers

from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.exact import part_of
from chainrule.explain.numbers.from_shown import follows_from_shown
from chainrule.explain.numbers.shown import Value, shown_array
from chainrule.explain.options import Options
from chainrule.explain.source import Explainable
from chainrule.graph.named import Graph
from chainrule.graph.node import variable
from chainrule.ops.normalizing import softmax


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = [0, -800]\ny = exp(x)", "underflow"),
        ("x = [0, -700]\ny = exp(x)", ""),
        ("x = [800, 0]\ny = softmax(x)", "underflow"),
        ("x = [800, 0]\nS = softmax(x)\ny = S - [1, 0]", "underflow, cancelled"),
        ("x = -800\ny = sigmoid(x)", "underflow"),
        ("x = -800\ny = 1 / (1 + exp(-x))", "underflow"),
        ("x = -800\ny = log(1 + exp(x))", "cancelled"),
        ("x = -800\ny = softplus(x)", "underflow"),
        ("x = -800\ny = 1e300 * exp(x)", "cancelled"),  # it is 4e-48
        ("x = -800\ny = sqrt(exp(x))", "cancelled"),
        ("x = -800\ny = 3 * exp(x)", "underflow"),
        ("x = -745\ny = exp(x) / 1000", "underflow"),
        ("x = 800\nS = sigmoid(x)\ny = S * (1 - S)", "cancelled"),
        ("x = 50\nS = sigmoid(x)\ny = S - 1", "cancelled"),  # it is -1.9e-22
        ("x = [50, -2]\ns = sigmoid(x)\nd = s - [1, 0]\ny = 2 * d", "cancelled"),
        ("x = 40\nS = sigmoid(x)\ny = S", ""),
        ("x = 30\nS = sigmoid(x)\ny = 1 - S", ""),  # 9.36e-14 has some digits
        ("x = 30\nt = tanh(x)\ny = 1 - t ^ 2", "cancelled"),
        ("x = 1e-200\ny = x * x", "underflow"),
        ("x = 1e-200\ny = x ^ 2", "underflow"),
        ("x = [1e-200, 0]\ny = x * [0, 1]", ""),
        ("x = [1, -1]\ny = relu(x)", ""),
        ("x = [1e-200, 1]\ny = x @ [1e-200, 0]", "underflow"),
        ("x = [0, -800]\ny = [0, 1] * exp(x)", "underflow"),
        ("x = [0, -800]\ny = [1, 0] * exp(x)", ""),
        ("x = 0.5\ny = tanh(x) - tanh(x)", ""),
        ("x = 0.5\na = exp(x)\ny = a * (1 / a) - 1", "cancelled"),
    ],
)
def test_zeros(text: str, said: str) -> None:
    (value,) = named(evaluation(text), "y")
    flags = {"underflow": value.has_underflow, "cancelled": value.has_cancelled}
    assert ", ".join(name for name, is_said in flags.items() if is_said) == said
    assert not said or 0 in value.array


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # each sum is exactly 0, and float64 finds some 1e-17
        ("x = [1, 2, 4]\nd = x / sqrt(7)\ny = sum(d - mean(d))", "≈ 0"),
        ("x = 1.1\ny = sin(x) ^ 2 + cos(x) ^ 2 - 1", "≈ 0"),
        ("x = 2\ny = sqrt(x) * sqrt(x) - 2", "≈ 0"),
        ("x = 0.3\ny = log(exp(x)) - x", "≈ 0"),
        # a small number that has digits keeps them
        ("x = 1e-9\ny = exp(x) - 1", "≈ 1e-9"),
        ("x = 1e-9\ny = sin(x)", "≈ 1e-9"),
        ("x = -30\ny = softmax([x, 0])", "≈ [9.358e-14 1]"),
    ],
)
def test_noise_is_not_shown(text: str, shown: str) -> None:
    assert numbers(text, "y") == shown


@given(st.lists(st.integers(-999, 999), min_size=2, max_size=4), st.integers(2, 99))
def test_deviations_from_the_mean_add_up_to_nothing(entries: list[int], divisor: int) -> None:
    listed = ", ".join(map(str, entries))
    text = f"x = [{listed}]\nd = x / sqrt({divisor})\ny = sum(d - mean(d))"
    assert numbers(text, "y") in ("≈ 0", "= 0")


@pytest.mark.parametrize(
    ("index", "shown", "has_cancelled"), [(0, "≈ 0", True), (1, "≈ 0.1192", False)]
)
def test_an_entry_knows_what_is_lost_of_it(index: int, shown: str, has_cancelled: bool) -> None:
    found = evaluation("x = [50, -2]\ns = sigmoid(x)\nd = s - [1, 0]")
    (value,) = named(found, "d")
    entry = part_of(value, (index,))
    assert (line(found.shown(entry)), entry.has_cancelled) == (shown, has_cancelled)


# Whether the displayed result follows from what is displayed of its operands.


@pytest.mark.parametrize(
    ("text", "follows"),
    [
        ("x = [3, -5]\nS = softmax(x)\ny = S * (1 - S)", False),  # 0.9997 · 0.0003
        ("x = [11, -11]\nS = softmax(x)\ny = diag(S) - outer(S, S)", False),
        ("x = [0, 1]\nS = softmax(x)\ny = diag(S) - outer(S, S)", True),
        ("x = [1, 2]\ns = sigmoid(x)\ny = 3 * s", True),
        ("x = 1.00004\ny = x - 1", False),
        ("x = 50\ns = sigmoid(x)\ny = s - 1", True),  # 1 - 1 is 0, as is shown
        ("x = [1, 2]\nd = x - 1.5\ny = sum(d)", True),
        ("x = [1, 2]\nd = x / 3 + exp(x)\ny = relu(d) / d[0]", True),
        ("x = 1 / 3\nz = exp(x)\ny = log(z) - x", True),
        ("x = 2.00001\nz = x * sqrt(2)\ny = 1 / (z - 2.828)", False),
        ("x = [[2.00001, 2], [2, 2]]\ny = inv(x)", True),  # there is none: nothing is judged
        ("x = ones(30, 30) / 3\ny = sum(x)", True),  # nor of what is not written out
    ],
)
def test_what_follows_from_displayed_numbers(text: str, follows: bool) -> None:
    found = evaluation(text)
    graph = found.source.graph
    values = dict(zip(graph.named_nodes, found.values(list(graph.named_nodes)), strict=True))

    def number_of(node: Any) -> Any:
        value = values.get(node)
        return None if value is None else found.shown(value)

    (value,) = named(found, "y")
    shown = found.shown(value)
    assert follows_from_shown(graph["y"], number_of, shown, found.options) == follows


def test_what_has_no_numbers_is_not_judged() -> None:
    found = evaluation("x : R^2\ny = 2 * x")
    shown = shown_array(Value(np.array([5.0, 5.0])), Options())
    assert follows_from_shown(found.source.graph["y"], lambda _: None, shown, Options())


def test_underflow_of_large_arrays_is_what_operations_guarantee() -> None:
    x = variable((100, 100))
    S = softmax(x)
    scores = np.zeros((100, 100))
    scores[0, 0] = 1000.0
    for values, lost in ((scores, True), (0 * scores, False)):
        source = Explainable(Graph({"x": x, "S": S}), {}, {x: values})
        (value,) = Evaluation(source, Options()).values([S])
        assert value is not None
        assert value.exact is None
        assert value.has_underflow == lost


def test_underflow_of_a_given_value_goes_on() -> None:
    found = evaluation("x = [1, 2]\ny = 3 * x")
    x, y = (found.source.graph[name] for name in "xy")
    (value,) = found.values([y], {x: Value(np.array([0.0, 1.0]), None, has_underflow=True)})
    assert value is not None
    assert (value.has_underflow, value.has_cancelled) == (False, True)  # 3x may be a float64
    assert value.array.tolist() == [0, 3]


def test_what_is_known_of_a_given_value_goes_on() -> None:
    found = evaluation("x = [1, 2]\ny = 3 * x\nz = [-800, 0]\ne = exp(z)")
    x, y = (found.source.graph[name] for name in "xy")
    (lost,) = named(found, "e")
    (value,) = found.values([y], {x: lost})
    assert value is not None
    assert (value.has_underflow, value.has_cancelled) == (True, False)  # 3e^(-800)
