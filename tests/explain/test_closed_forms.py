"""Closed forms: their formulas, the steps that lead there, the facts they need, what is affine."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.explain.closed import BATCH, LAYERS, VECTOR, asked_in, formulas, view
from tests.explain.derived import every_example, example, paper

from chainrule.differentiate.walk import gradient
from chainrule.explain.closed_view import closed_views
from chainrule.explain.solution import explainable
from chainrule.notation.text import TOO_LONG

# Closed forms.

FORMS: list[tuple[str, str, tuple[str, ...], list[str]]] = [
    (VECTOR, "l", ("W1", "W0"),
     ["dO = S - label", "dW1 = outer(L, dO)", "dW0 = outer(I, (W1 @ dO) * (h > 0))"]),
    (VECTOR, "l", ("W0",), ["dW0 = outer(I, (W1 @ (S - label)) * (h > 0))"]),
    (BATCH, "l", ("W1", "W0"),
     ["dO = (S - label) / 3", "dW1 = Lᵀ @ dO", "dW0 = Iᵀ @ ((dO @ W1ᵀ) * (h > 0))"]),
    ("X = [[1, 2], [3, 4]]\ny = [1, 0]\nw = [1, 1]\nl = sum((X @ w - y)^2)", "l", ("w",),
     ["dw = 2 * Xᵀ @ (X @ w - y)"]),
    ("x : R^n\nA : R^(n x n)\nq = x @ A @ x", "q", ("x",), ["dx = (A + Aᵀ) @ x"]),
    ("x : R^n\nA : R^(n x n), symmetric\nq = x @ A @ x", "q", ("x",), ["dx = 2 * A @ x"]),
    ("x = [1, 2]\ny = 3 * x", "y", ("x",), ["dy_dx = 3 * eye(2)"]),
    ("f : R^2 -> R\nx : R^2\ny = f(x)", "y", ("x",), ["dx = grad(f)(x)"]),
    ("x = 2\ny = [x^2, 3 * x]", "y", ("x",), ["dy_dx = [[2 * x], [3]]"]),
    ("x = [1, 2]\nz = [3]\nl = sum(x)", "l", ("z", "l"), ["dz = zeros(1)", "dl = 1"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "of", "wrt", "expected"), FORMS)
def test_a_closed_form(text: str, of: str, wrt: tuple[str, ...], expected: list[str]) -> None:
    assert formulas(view(text, of, *wrt)) == expected


@every_example
def test_every_example_has_closed_forms_that_are_the_derivatives(path: Path) -> None:
    read = paper(example(path.stem))
    asked = list(dict.fromkeys(asked_in(read)))
    found = closed_views(read, asked)
    lines = [line for one in found for line in one.lines]
    assert sum(line.is_asked for line in lines) == len(asked)
    for line in lines:
        assert TOO_LONG not in line.derived.text
        assert (line.value is not None) == explainable(read).is_known
        if line.value is not None:
            assert line.difference is not None
            assert line.difference < 1e-6
        if line.is_asked and line.verified is not None:
            assert line.verified.relative_error < 1e-6


# Text that parses back, with the same value.


@pytest.mark.parametrize(("text", "of", "wrt"), [row[:3] for row in FORMS[:4]])
def test_the_formulas_are_lines_of_the_paper_language(
    text: str, of: str, wrt: tuple[str, ...]
) -> None:
    found = view(text, of, *wrt)
    read = paper(text + "\n" + "\n".join(formulas(found)))
    source = explainable(read)
    for line in found.lines:
        node = read.graph[line.derived.name]
        slope = gradient(read.graph[of], read.graph[line.wrt])
        written, wanted = source.evaluated([node, slope])
        np.testing.assert_allclose(written, wanted, rtol=1e-12, atol=1e-12)


# Steps.


@pytest.mark.parametrize(("text", "of", "wrt"), [row[:3] for row in FORMS])
def test_steps_lead_from_the_start_to_the_formula(text: str, of: str, wrt: tuple[str, ...]) -> None:
    for line in view(text, of, *wrt).lines:
        one = line.derived
        texts = [one.start, *[step.text for step in one.steps]]
        assert texts[-1] == one.text
        assert all(a != b for a, b in pairwise(texts))
        assert all(step.rule and step.sentence.endswith(".") for step in one.steps)


def test_every_step_has_the_value_of_the_whole() -> None:
    """Each line of a derivation is computed anew from its text, and is the same number."""
    (line,) = [one for one in view(VECTOR, "l", "O").lines if one.derived.name == "dO"]
    texts = [step.text for step in line.derived.steps]
    assert len(texts) > 3
    read = paper(VECTOR + "\n".join(f"step_{at} = {text}" for at, text in enumerate(texts)))
    nodes = [read.graph[f"step_{at}"] for at in range(len(texts))]
    for value in explainable(read).evaluated(nodes):
        assert line.value is not None
        np.testing.assert_allclose(value, line.value, rtol=1e-6, atol=1e-9)


def test_a_long_derivation_is_summed_up_in_the_middle() -> None:
    text = "x = [1, 2]\nl = sum(" + " + ".join(f"x / {n} / x * x" for n in range(2, 30)) + ")"
    (line,) = view(text, "l", "x").lines
    assert len(line.derived.steps) <= 12
    printed = "\n".join(line.derived.lines())
    assert ("… in between: " in printed) == bool(line.derived.left_out)


INTERNAL = re.compile(r"\b(?:\w+_pullback|x\w+y|broadcast|reshape|place|number|\w+_or_zero)\(|-\(-")
LEAKING = [
    (VECTOR.replace("-sum(label * log(S))", "cross_entropy(S, label)"), "l", "O"),
    (BATCH, "l", "O"),
    (BATCH, "S", "O"),
    (BATCH, "L", "h"),
    ("x = [1, 2, 3]\nn = norm(x)\ny = x[0:2] / n", "y", "x"),
    ("O = [[1, 2], [3, 4]]\nT = [[1, 2], [0, 1]]\nS = softmax(O)\nl = cross_entropy(S, T)",
     "l", "O"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "of", "wrt"), LEAKING)
def test_every_line_is_one_that_a_person_writes(text: str, of: str, wrt: str) -> None:
    for line in view(text, of, wrt).lines:
        texts = [line.derived.start, *[step.text for step in line.derived.steps]]
        assert [one for one in texts if INTERNAL.search(one)] == []
        latex = [one.latex for one in (line.written.start, *line.written.steps)]
        assert not any("pullback" in one or "xdivy" in one or "reshape" in one for one in latex)


@every_example
def test_no_line_of_the_examples_comes_twice_or_leaks(path: Path) -> None:
    read = paper(example(path.stem))
    for found in closed_views(read, asked_in(read)):
        for line in found.lines:
            texts = [line.derived.start, *[step.text for step in line.derived.steps]]
            assert len(set(texts)) == len(texts)
            assert [one for one in texts if INTERNAL.search(one)] == []


def test_a_softmax_and_its_loss_cancel_as_on_paper() -> None:
    text = VECTOR.replace("-sum(label * log(S))", "cross_entropy(S, label)")
    (line,) = [one for one in view(text, "l", "O").lines if one.is_asked]
    assert line.derived.start == "S * (-label / S - sum(S * (-label / S)))"
    assert [step.text for step in line.derived.steps] == [
        "S * (-label / S - sum(-label))",
        "S * (-label / S + sum(label))",
        "S * (-label / S + 1)",
        "S * (1 - label / S)",
        "S - label",
    ]


# Facts.

FACTS: list[tuple[str, str, str, list[tuple[str, str, str]]]] = [
    (VECTOR, "l", "W1", [("label", "one_hot", "label = [0, 1], as given")]),
    (VECTOR.replace("[0, 1]\n", "[0.25, 0.75]\n", 1), "l", "W1",
     [("label", "rows_sum_to_one", "label = [0.25, 0.75], as given")]),
    (VECTOR.replace("label = [0, 1]", "label = [0.5, 1]"), "l", "W1", []),
    (VECTOR, "O", "L", []),
    ("x : R^n\nA : R^(n x n), symmetric\nq = x @ A @ x", "q", "x",
     [("A", "symmetric", "A : symmetric (line 2)")]),
    ("x : R^n\nA : R^(n x n), symmetric\nq = sum(A @ x)", "q", "x",
     [("A", "symmetric", "A : symmetric (line 2)")]),
    ("x : R^n\nA : R^(n x n), invertible\nq = x @ A @ x", "q", "x", []),
    ("x = [1, 2]\nA = [[1, 2], [2, 1]]\nq = x @ A @ x", "q", "x", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "of", "wrt", "expected"), FACTS)
def test_only_the_facts_that_are_needed_are_named(
    text: str, of: str, wrt: str, expected: list[tuple[str, str, str]]
) -> None:
    found = view(text, of, wrt).facts
    assert [(one.name, one.fact, one.where) for one in found] == expected


def test_a_point_without_a_name_of_its_own_is_what_it_stands_for() -> None:
    """∂l/∂X is cancelled where X is added and taken away again; no `same(...)` is shown."""
    (line,) = view("X = [0.5, -1.2]\nv = X + 1\ny = v - X\nl = sum(y^2)", "l", "X").lines
    assert line.derived.start == "2 * y - 2 * y"
    assert line.derived.text == "zeros(2)"


def test_what_is_differentiated_by_or_updated_is_no_label() -> None:
    assert formulas(view(VECTOR, "l", "label"))[-1] == "dlabel = -log(S)"
    updated = VECTOR + "label := label - 0.1 * S\n"
    assert formulas(view(updated, "l", "O")) == ["dO = S * sum(label) - label"]


# What is affine.

AFFINE: list[tuple[str, str, str, str | None]] = [
    (LAYERS + "z = w0 @ x + b0\ny = w1 @ z + b1", "y", "x", "(w1 @ w0) @ x + (w1 @ b0 + b1)"),
    (LAYERS + "z = w0 @ x + b0\ny = w1 @ z + b1", "y", "z", "w1 @ z + b1"),
    (LAYERS + "z = w0 @ x\ny = w1 @ z", "y", "x", "(w1 @ w0) @ x"),
    (LAYERS + "z = w0 @ x\ny = tanh(w1 @ z)", "y", "x", None),
    ("x = [1, 2]\nc = [3, 4]\nl = sum(c * x) + 5", "l", "x", "c @ x + 5"),
    ("x = 3\ny = 2 * x + 1", "y", "x", "2 * x + 1"),
    ("x = 3\ny = 2 * x^2", "y", "x", None),
    ("W = [[1, 2], [3, 4]]\ny = W @ [1, 2]", "y", "W", None),
    ("x = [1, 2]\ny = [3, 4]\nz = y * 2", "z", "x", None),
]


@pytest.mark.parametrize(("text", "of", "wrt", "expected"), AFFINE)
def test_what_is_affine(text: str, of: str, wrt: str, expected: str | None) -> None:
    found = view(text, of, wrt).affine
    assert [one.text for one in found] == ([] if expected is None else [expected])
    assert all(one.is_linear == (" + " not in one.text) for one in found)


def test_the_affine_form_is_the_quantity() -> None:
    text = "x = [1, 2]\nA = [[1, 2], [3, 4]]\nb = [5, 6]\nz = A @ x + b\ny = A @ z - 2 * b"
    (found,) = view(text, "y", "x").affine
    read = paper(f"{text}\nagain = {found.text}")
    written, wanted = explainable(read).evaluated([read.graph["again"], read.graph["y"]])
    np.testing.assert_allclose(written, wanted, rtol=1e-14)
