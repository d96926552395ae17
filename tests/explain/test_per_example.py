"""What single examples contribute to a gradient: right one by one, and together the gradient."""

from __future__ import annotations

from ast import literal_eval
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.explain.backward_passes import found, line, passes
from tests.explain.derived import example, paper
from tests.explain.truth import answers, defined_deltas, shown_array, untrue

from chainrule.explain.batch import batch_of
from chainrule.explain.explanation import Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable
from chainrule.explain.views.examples import FIRST, MOST_WRITTEN, per_example
from chainrule.graph.node import constant
from chainrule.notation.formula import inline

DATA = "X = [[1, 2], [0, 1], [3, -1]]\nT = [[1, 0], [0, 1], [1, 0]]\ny = [1, 2, 3]"
LAYER = f"{DATA}\nW = [[0.1, 0.2], [0.4, 0.3]]\nb = [0.1, 0.2]\nw = [1, -1]"


def contributions(text: str, name: str) -> list[Step]:
    """The steps of the examples below the gradient of that name."""
    nested = [step for step in found(text, name).steps if step.kind == "part"]
    return [step for one in nested for step in one.steps]


def of_examples(text: str, of: str, wrt: str, **options: Any) -> Step | None:
    """The contributions to ∂of/∂wrt, as the chain view shows them."""
    source = explainable(paper(text))
    evaluation = Evaluation(source, Options(**options))
    return per_example(source, evaluation, source.graph[of], source.graph[wrt])


# Which losses have examples.


@pytest.mark.parametrize(
    ("formula", "rows"),
    [
        ("l = sum((X @ W + b - T)^2)", "X T"),
        ("l = mean((X @ w - y)^2)", "X y"),
        ("l = mse(X @ W, T)", "X T"),
        ("l = sum((X @ W - T)^2) / 3", "X T"),
        ("l = 0.5 * sum((X @ W - T)^2)", "X T"),
        ("r = X @ w - y\nl = r @ r", "X y"),
        ("l = mean_cross_entropy(softmax(X @ W), T)", "X T"),
        ("l = cross_entropy_with_logits(X @ W, T)", "X T"),
        ("l = sum(sum((X @ W - T)^2, axis=1))", "X T"),
        ("l = sum((concat(X, T, axis=1) @ ones(4, 2) @ W)^2)", "X T"),
        ("l = sum((X @ W - T)^2) + 0.1 * sum(W^2)", "X T"),  # a penalty has no examples
        ("l = 0.1 * sum(W^2) + sum((X @ W - T)^2)", "X T"),
        ("l = -sum(y * log(sigmoid(X @ w)))", "X y"),
    ],
)
def test_a_sum_of_one_number_for_each_row_has_examples(formula: str, rows: str) -> None:
    graph = paper(f"{LAYER}\n{formula}").graph
    batch = batch_of(graph["l"], [graph["W"], graph["w"], graph["b"]])
    assert batch is not None
    assert batch.count == 3
    assert {name for name in ("X", "T", "y", "W", "w", "b") if graph[name] in batch.rows} == {
        *rows.split()
    }


@pytest.mark.parametrize(
    "formula",
    [
        "l = sum((X @ W)ᵀ @ (X @ W))",  # rows meet
        "Q = X @ W\nl = sum((softmax(Q @ Qᵀ) @ X)^2)",  # attention
        "O = X @ W\nl = sum((O - mean(O, axis=0))^2)",  # the batch's own mean
        "l = sum(X @ W)^2",  # no sum of losses
        "l = max(X @ W)",
        "l = norm(X @ W - T)",
        "O = W @ X[0]\nl = sum((O - b)^2)",  # one example: W is what is learnt
        "O = X[0] @ W\nS = softmax(O)\nl = cross_entropy(S, T[0])",
        "l = sum((X @ W - T)^2) * sum(W^2)",
        "l = sum((X[:1] @ W)^2)",  # a single row
    ],
)
def test_what_mixes_rows_has_no_examples(formula: str) -> None:
    graph = paper(f"{LAYER}\n{formula}").graph
    assert batch_of(graph["l"], [graph["W"], graph["w"], graph["b"]]) is None


# What one example adds, in symbols.


@pytest.mark.parametrize(
    ("formula", "name", "first"),
    [
        ("O = X @ W + b\nl = sum((O - T)^2)", "∂l/∂W", "outer(X[0], δO[0])"),
        ("O = X @ W + b\nl = mse(O, T)", "∂l/∂W", "outer(X[0], δO[0])"),
        ("O = X @ Wᵀ\nl = sum(O^2)", "∂l/∂W", "outer(δO[0], X[0])"),
        ("p = X @ w\nl = sum((p - y)^2)", "∂l/∂w", "δp[0] * X[0]"),
        ("l = mean((X @ w - y)^2)", "∂l/∂w", "2 * (X[0] @ w - y[0]) * X[0] / 3"),
        ("H = relu(X @ W)\nl = sum(H)", "∂l/∂W", "outer(X[0], δH[0] * (X[0] @ W > 0))"),
        ("O = tanh(X @ W + b)\nl = sum(O)", "∂l/∂b", "δO[0] * (1 - O[0]^2)"),
    ],
)
def test_what_one_example_adds(formula: str, name: str, first: str) -> None:
    text = f"{LAYER}\n{formula}\n{name}"
    found_first = contributions(text, name)[0]
    assert line(found_first) == first
    assert found_first.rule is not None
    assert say(found_first.rule) == "example 1"
    (one,) = passes(text)
    assert list(untrue(text, list(one.walk()), 4)) == []


def test_of_a_bias_the_rows_of_the_delta_are_added() -> None:
    text = f"{LAYER}\nO = X @ W + b\nl = sum((O - T)^2)\n∂l/∂b"
    (total,) = contributions(text, "∂l/∂b")
    assert line(total) == "∂l/∂b = δO[0] + δO[1] + δO[2]"


def test_what_belongs_to_no_example_is_the_same_for_all() -> None:
    text = f"{LAYER}\nλ = 0.1\nO = X @ W\nl = sum((O - T)^2) + λ * sum(W^2)\n∂l/∂W"
    *_, rest, total = contributions(text, "∂l/∂W")
    assert rest.rule is not None
    assert (say(rest.rule), line(rest)) == ("the same for all", "2 * W * λ")
    assert inline(total.sides[0].formula).count(" + ") == 3


def test_one_matrix_in_two_layers_adds_twice_for_each_example() -> None:
    text = f"{LAYER}\nH = tanh(X @ W)\nO = H @ W\nl = sum((O - T)^2)\n∂l/∂W"
    first = contributions(text, "∂l/∂W")[0]
    assert line(first) == "outer(H[0], δO[0]) + outer(X[0], δH[0] * (1 - H[0]^2))"


def test_rows_that_are_no_examples_are_called_rows() -> None:
    text = f"{LAYER}\nQ = X @ W\nA = softmax(Q @ Qᵀ)\nl = sum((A @ X)^2)\n∂l/∂W"
    delta = found(text, "∂l/∂W")
    assert "One W serves all 3 rows of Q: their contributions add up." in map(say, delta.remarks)
    first = contributions(text, "∂l/∂W")[0]
    assert first.rule is not None
    assert (say(first.rule), line(first)) == ("row 1", "outer(X[0], δQ[0])")


def test_a_single_example_has_no_contributions() -> None:
    (one,) = passes(example("004-A"))
    assert not any("example" in (step.rule.code if step.rule else "") for step in one.walk())


@pytest.mark.parametrize(("count", "written"), [(MOST_WRITTEN, MOST_WRITTEN), (9, FIRST)])
def test_of_many_examples_the_first_few_are_written_out(count: int, written: int) -> None:
    text = f"X = ones({count}, 2)\nW = [[1], [2]]\nO = X @ W\nl = sum(O^2)\n∂l/∂W"
    rules = [step.rule.code for step in contributions(text, "∂l/∂W") if step.rule]
    assert rules.count("backward:example") == written
    assert ("backward:sum_of_rows" in rules) == (written == count)


def test_examples_of_a_huge_gradient_are_not_computed() -> None:
    text = "X = ones(4, 400)\nW = zeros(400, 300)\nO = X @ W\nl = sum(O)\n∂l/∂W"
    delta = found(text, "∂l/∂W")
    assert delta.steps == ()
    assert any(one.code == "backward:serves_examples" for one in delta.remarks)


# They add up, and each is the gradient of the example's own loss.


@st.composite
def networks(draw: Any, loss: str, penalty: str = "") -> str:
    """A network of one to three layers on a batch A0."""
    count = draw(st.integers(2, 5))
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    random = np.random.default_rng(draw(st.integers(0, 10**6)))
    lines = [f"A0 = {random.normal(size=(count, sizes[0])).round(2).tolist()}"]
    for at, (before, after) in enumerate(pairwise(sizes), 1):
        form = draw(st.sampled_from(["{z}", "tanh({z})", "sigmoid({z})", "relu({z})"]))
        lines.append(f"W{at} = {random.normal(size=(before, after)).round(2).tolist()}")
        lines.append(f"b{at} = {random.normal(size=after).round(2).tolist()}")
        lines.append(f"A{at} = {form.format(z=f'A{at - 1} @ W{at} + b{at}')}")
    last = len(sizes) - 1
    lines.append(f"l = {loss.format(a=f'A{last}')}{penalty}")
    lines += [f"∂l/∂{kind}{at}" for at in range(1, last + 1) for kind in "Wb"]
    return "\n".join(lines)


@settings(max_examples=12)
@given(st.one_of(networks("mean({a}^2)"), networks("sum(sin({a})) / 7", " + 0.3 * sum(W1^2)")))
def test_the_contributions_add_up_to_the_gradient(text: str) -> None:
    (one,) = passes(text, digits=15)
    deltas = defined_deltas(one.walk())
    gradients = [step for step in one.steps if step.what is not None and step.steps]
    assert gradients
    for step in gradients:
        assert step.what is not None
        *terms, total = [nested for part in step.steps for nested in part.steps]
        parts = [inline(term.what) for term in terms if term.what is not None]
        parts = parts or [inline(total.sides[0].formula)]  # of a bias: its rows
        *added, wanted = answers(text, deltas, [*parts, inline(step.what)])
        assert np.allclose(np.sum(added, axis=0), wanted, rtol=1e-10, atol=1e-12)


@settings(max_examples=12)
@given(networks("sum({a}^2) / 2"))
def test_each_contribution_is_the_gradient_of_the_examples_own_loss(text: str) -> None:
    rows = literal_eval(text.splitlines()[0].removeprefix("A0 = "))
    below = contributions(text, "∂l/∂W1")[: len(rows)]
    for row, step in zip(rows, below, strict=True):
        alone = "\n".join([f"A0 = {[row]}", *text.splitlines()[1:]])
        (own,) = answers(alone, [], ["∂l/∂W1"])
        (side,) = [side for side in step.sides if side.role == "result"]
        shown = shown_array(side.formula)
        assert shown is not None
        assert np.allclose(shown.reshape(own.shape), own, rtol=1e-3, atol=1e-12)


# In the chain view.


def test_the_chain_view_speaks_of_derivatives() -> None:
    step = of_examples(example("002-A"), "L", "W2")
    assert step is not None
    assert step.title is not None
    assert say(step.title) == "∂L/∂W2, example by example"
    assert [line(one) for one in step.steps[:2]] == [
        "outer(h1[0], ∂L/∂l2[0])",
        "outer(h1[1], ∂L/∂l2[1])",
    ]
    assert list(untrue(example("002-A"), list(step.walk()), 4)) == []


@pytest.mark.parametrize(
    ("problem", "of", "wrt"),
    [("000-C", "l", "W1"), ("002-A", "L", "X"), ("002-A", "ŷ", "W3"), ("004-A", "Loss", "W1")],
)
def test_where_there_is_no_batch_there_is_nothing(problem: str, of: str, wrt: str) -> None:
    assert of_examples(example(problem), of, wrt) is None


def test_there_is_nothing_by_hand_or_without_numbers() -> None:
    assert of_examples(example("002-A"), "L", "W2", by_hand=True) is None
    text = "X : R^(3 x 2)\nW : R^(2 x 2)\nO = X @ W\nl = sum(O^2)"
    assert of_examples(text, "l", "W") is None


def test_what_does_not_depend_has_no_contributions() -> None:
    assert of_examples(f"{LAYER}\nl = sum(X^2)", "l", "W") is None


def test_a_written_number_is_no_row() -> None:
    graph = paper(f"{LAYER}\nl = sum((X @ W + 1)^2)").graph
    batch = batch_of(graph["l"], [graph["W"]])
    assert batch is not None
    assert constant(1.0) not in batch.rows
