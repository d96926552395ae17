"""The chain view: formulas of several operations taken apart, nothing said twice, facts, size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from tests.explain.claims import Page
from tests.explain.derived import (
    asked,
    dense,
    derived,
    equation_of,
    example,
    explained,
    lines,
    paper,
)

import chainrule as cr
from chainrule.explain.derivation import FactorStep, ForkStep, LinkStep
from chainrule.explain.explain import explanation
from chainrule.explain.explanation import Explanation, Step
from chainrule.explain.language.catalogue import say
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.graph.node import Array
from chainrule.notation.formula import Summary, inline

LAYER = "X = [[1, 2], [3, 4]]\nW = [[1, -1], [2, 1]]\nb = [1, 2]\n"

# Formulas of several operations.


@pytest.mark.parametrize(
    ("text", "of", "wrt", "said"),
    [
        (
            LAYER + "H = tanh(X @ W + b)",
            "H",
            "W",
            ["∂H/∂W = ∂H/∂u1 · ∂u1/∂W", "u1 = X @ W + b", "∂H/∂u1 =", "∂u1/∂W ="],
        ),
        (
            LAYER + "H = tanh(X @ W + b)",
            "H",
            "b",
            ["∂H/∂b = ∂H/∂u1 · ∂u1/∂b", "u1 = X @ W + b", "∂H/∂u1 =", "∂u1/∂b ="],
        ),
        (
            LAYER + "l = sum(tanh(X @ W)^2)",
            "l",
            "W",
            [
                "∂l/∂W = ∂l/∂u2 · ∂u2/∂u1 · ∂u1/∂W",
                "u1 = X @ W",
                "u2 = tanh(u1)",
                "∂l/∂u2 =",
                "∂u2/∂u1 =",
                "∂u1/∂W =",
            ],
        ),
        (
            "x = 3\ny = sin(2 * x)",
            "y",
            "x",
            ["∂y/∂x = ∂y/∂u1 · ∂u1/∂x", "u1 = 2 * x", "∂y/∂u1 = cos(u1)", "∂u1/∂x = 2"],
        ),
        (
            "x = 3\ny = x * sin(x)",
            "y",
            "x",
            ["dy/dx = ∂y/∂x + ∂y/∂u1 · ∂u1/∂x", "u1 = sin(x)", "∂y/∂x = u1", "∂y/∂u1 = x"],
        ),
        (
            "u1 = 2\nx = 3\ny = sin(u1 * x)",
            "y",
            "x",
            ["∂y/∂x = ∂y/∂u2 · ∂u2/∂x", "u2 = u1 * x"],  # that name is taken
        ),
    ],
)
def test_each_operation_has_a_factor_of_its_own(
    text: str, of: str, wrt: str, said: list[str]
) -> None:
    found = lines(text, of, wrt)
    for start in said:
        assert any(line.startswith(start) for line in found), start
    assert sum("An inner result has no name" in line for line in found) == 1


@pytest.mark.parametrize(
    "formula", ["X @ W + b", "2 * (X @ W) - 1", "X @ W", "(X @ W)ᵀ", "sum(X @ W)"]
)
def test_an_affine_formula_is_explained_by_its_matrix_product(formula: str) -> None:
    (factor,) = derived(f"{LAYER}y = {formula}", "y", "W").links
    assert isinstance(factor, FactorStep)
    assert factor.links == ()
    assert factor.operation is not None
    assert say(factor.operation) == "matrix product"
    assert factor.sentence is not None


def test_an_inner_result_has_one_name_wherever_it_is_met() -> None:
    found = explained(LAYER + "H = tanh(X @ W + b)\nl = sum(H)\n∂l/∂W\n∂l/∂b\n∂H/∂b")
    assert sum(line.startswith("u1 = ") for line in found) == 1
    assert not any("u2" in line for line in found)
    assert "∂H/∂u1: as above." in found


def composed(links: Sequence[LinkStep]) -> Iterator[FactorStep]:
    """The factors that are taken apart."""
    for link in links:
        ways = [(link,)] if isinstance(link, FactorStep) else link.paths
        yield from (factor for way in ways for factor in way if factor.links)


def multiplied(links: Sequence[LinkStep]) -> Array:
    """The product of what is shown, sums over paths added up."""
    total = np.eye(links[0].matrix_shape[0])
    for link in links:
        if isinstance(link, ForkStep):
            total = total @ np.sum([multiplied(path) for path in link.paths], axis=0)
        else:
            total = total @ dense(link)
    return total


@pytest.mark.parametrize("problem", ["001-D", "003-1d", "003-3"])
def test_the_factors_of_a_formula_multiply_to_its_factor(problem: str) -> None:
    found = [one for derivation in asked(example(problem)) for one in composed(derivation.links)]
    for factor in found:
        scale = np.abs(dense(factor)).max()
        assert np.abs(multiplied(factor.links) - dense(factor)).max() <= 1e-13 * scale
    assert found or problem == "001-D"


@pytest.mark.parametrize(
    "text",
    [
        LAYER + "H = tanh(X @ W + b)\nl = sum(H^2)\n∂l/∂W\n∂l/∂b\n∂H/∂W",
        LAYER + "l = sum(tanh(X @ W)^2) / 3\n∂l/∂W",
        "O = [[1, 2, 0], [0, 1, 3]]\nS = exp(O) / sum(exp(O), axis=1, keepdims=1)\n∂S/∂O",
        "x = [0.5, 2]\na = exp(x)\ny = sigmoid(3 * x) + a\nl = sum(y * x)\n∂l/∂x\n∂y/∂x",
        "x = 2\ny = x * exp(-x)\nz = y * tanh(x)\n∂z/∂x",
        "X = [[1, 2, 3], [0, 1, 4], [1, 1, 1]]\nW = X / 9\nZ = sigmoid(X @ W)\n∂Z/∂W\n∂Z/∂X",
    ],
)
def test_every_line_about_inner_results_is_true(text: str) -> None:
    read = paper(text)
    found = Page(text, explanation(read, topics_of(read), "chain"))
    assert found.wrong == []
    assert found.unread == []
    assert found.counts["symbolic"] > 4


@pytest.mark.parametrize("problem", ["003-1d", "001-B", "000-B", "002-A", "003-3"])
def test_no_factor_is_a_shape_alone(problem: str) -> None:
    """A formula, or what makes one, and a rule with its reason stand at every factor."""
    factors = [
        (inline(step.what), step)
        for step in explained_as_data(example(problem)).walk()
        if step.what is not None and re.fullmatch(r"∂[^\W\d]\w*/∂\w+", inline(step.what))
        if step.shape is not None and step.rule is not None
    ]
    assert len(factors) > 3
    for symbol, step in factors:
        codes = {remark.code for remark in step.remarks}
        is_summary = all(isinstance(side.formula, Summary) for side in step.sides)
        said = codes & {"too_large_in_letters", "entries_in_letters", "shown_above"}
        assert not is_summary or said, symbol
        assert step.why is not None or step.steps or "shown_above" in codes, symbol


def explained_as_data(text: str, **options: Any) -> Explanation:
    read = paper(text)
    return explanation(read, topics_of(read), "chain", Options(**options))


# Large maps.


@pytest.mark.parametrize(
    ("definitions", "wrt", "form"),
    [
        ("X = ones(9, 4)\nW = ones(4, 5)\ny = X @ W", "W", "kron(X, eye(5))"),
        ("X = ones(9, 4)\nW = ones(4, 5)\ny = X @ W", "X", "kron(eye(9), Wᵀ)"),
        ("X = ones(9, 4)\nb = ones(4)\ny = X + b", "b", "kron(ones(9, 1), eye(4))"),
        ("X = ones(9, 4)\ny = sigmoid(X)", "X", "diag(vec(y * (1 - y)))"),
    ],
)
def test_a_large_map_has_a_formula(definitions: str, wrt: str, form: str) -> None:
    assert equation_of(f"∂y/∂{wrt}", lines(definitions, "y", wrt)).startswith(f"= {form} ≈ ")
    by_columns = explained_as_data(f"{definitions}\n∂y/∂{wrt}", flatten="columns")
    shown = [inline(side.formula) for step in by_columns.walk() for side in step.sides]
    assert ("kron" in form) == (form not in shown)  # a Kronecker product is of rows


def test_a_map_without_one_has_its_entries_in_letters() -> None:
    found = lines("X = ones(9, 4)\nW = ones(5, 4)\ny = X @ Wᵀ", "y", "W")
    assert "Entry by entry, ∂y[i,k]/∂W[k,j] = X[i,j]; every other entry is 0." in found


# Nothing is said twice.


def test_factors_that_were_shown_are_named_in_one_line() -> None:
    found = explained(example("000-C"))
    assert "∂l/∂S, ∂S/∂O, ∂O/∂L, ∂L/∂h, ∂h/∂W0: as above." in found or (
        "∂l/∂S, ∂S/∂O, ∂O/∂L, ∂L/∂h: as above." in found
    )
    for symbol in ("∂l/∂S", "∂S/∂O", "∂O/∂L", "∂L/∂h", "∂O/∂W1", "∂h/∂W0"):
        assert sum(line.startswith((f"{symbol} = ", f"{symbol} ≈ ")) for line in found) == 1


def parts(found: Explanation) -> dict[str, Step]:
    """The part of each derivative."""
    titles = {say(step.title): step for step in found.steps if step.title is not None}
    return {title: step for title, step in titles.items() if title.startswith("∂")}


def test_a_derivative_of_one_factor_is_printed_once() -> None:
    found = parts(explained_as_data(example("000-C")))
    assert [step.title.code for step in found["∂S/∂O"].steps if step.title] == []
    (factor,) = found["∂S/∂O"].steps
    codes = [remark.code for remark in factor.remarks]
    assert "verified" in codes
    assert "shape_matrix:numerator" in codes
    assert [step.title.code for step in found["∂l/∂W1"].steps if step.title][-1] == "result"


def test_a_gradient_of_one_factor_has_its_own_shape_still() -> None:
    found = parts(explained_as_data("W = [[1, 2], [3, 4]]\nl = sum(W^2)\n∂l/∂W"))
    _, result = found["∂l/∂W"].steps
    assert inline(result.steps[0].sides[-1].formula) == "[2 4; 6 8]"


@pytest.mark.parametrize("problem", ["000-A3", "001-B", "003-1d"])
@pytest.mark.parametrize("options", [{"by_hand": True}, {"layout": "denominator"}])
def test_it_is_so_however_it_is_laid_out(problem: str, options: dict[str, Any]) -> None:
    found = parts(explained_as_data(example(problem), **options))
    assert found
    for part in found.values():
        shown = [inline(step.what) for step in part.steps if step.what is not None]
        assert len(shown) == len(set(shown))


# Facts.


def test_a_closed_form_says_by_which_facts_it_holds() -> None:
    (found,) = [one for one in asked(example("000-C")) if one.symbol.text == "∂l/∂O"]
    assert [say(one) for one in found.facts] == ["label : one_hot (label, as given)"]
    assert all(not one.facts for one in asked(example("000-C")) if one.symbol.text == "∂l/∂S")


def test_without_numbers_the_product_says_so() -> None:
    steps = explained_as_data(example("000-B")).walk()
    product = next(
        step for step in steps if any(inline(side.formula) == "S - label" for side in step.sides)
    )
    assert "closed:fact" in {remark.code for remark in product.remarks}
    assert inline(product.sides[-1].formula) == "S - label"  # what the entries come to


# A large network.


def loss(X: Array, W1: Array, b1: Array, W2: Array, b2: Array, T: Array) -> Array:
    H = np.tanh(X @ W1 + b1)
    O = H @ W2 + b2  # noqa: E741
    S = np.exp(O) / np.sum(np.exp(O), axis=1, keepdims=True)
    return -np.sum(T * np.log(S)) / len(X)


def test_a_large_network_is_explained_in_formulas() -> None:
    random = np.random.default_rng(0)
    X, T = random.normal(size=(64, 784)), np.eye(10)[random.integers(0, 10, 64)]
    W1, W2 = random.normal(size=(784, 128)) / 30, random.normal(size=(128, 10)) / 10
    found = cr.explain(loss, X, W1, np.zeros(128), W2, np.zeros(10), T, wrt=["W1", "b1"])
    forms = {inline(side.formula) for step in found.walk() for side in step.sides}
    assert "kron(eye(64), W2ᵀ)" in forms
    assert "kron(X, eye(128))" in forms
    assert "diag(vec(1 - H^2))" in forms
    examples = [step for step in found.walk() if step.title is not None]
    assert sum(step.title.code == "backward:first_examples" for step in examples if step.title) == 2
    assert len(found.to("html").encode()) < 200_000
