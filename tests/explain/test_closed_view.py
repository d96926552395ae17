"""The closed view: facts, closed forms, their steps, their numbers, what is affine."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.explain.derived import EXAMPLES, example, paper, said_by
from tests.explain.truth import shown_array

from chainrule.differentiate.jacobian import derivative
from chainrule.differentiate.walk import gradient
from chainrule.explain.closed_json import closed_json
from chainrule.explain.closed_view import ClosedLine, ClosedView, closed_views
from chainrule.explain.explain import explanation
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable
from chainrule.explain.topics import topics_of
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Node
from chainrule.graph.source import Source
from chainrule.notation.formula import Expression, Formula, Matrix, inline
from chainrule.notation.text import TOO_LONG, show
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Asked, Paper
from chainrule.rewrite.rules import LAYOUT, READING

NETWORK = """\
W0 = [[1, -2], [2, 5]]
W1 = [[3, -3], [-1, 1]]
h = I @ W0
L = relu(h)
O = L @ W1
S = softmax(O)
"""
VECTOR = "I = [2, 1]\nlabel = [0, 1]\n" + NETWORK + "l = -sum(label * log(S))\n"
BATCH = (
    "I = [[2, 1], [1, 1], [0, 1]]\nlabel = [[0, 1], [1, 0], [0, 1]]\n"
    + NETWORK
    + "l = mean_cross_entropy(S, label)\n"
)
LAYERS = "x : R^n\nw0 : R^(m x n)\nb0 : R^m\nw1 : R^(k x m)\nb1 : R^k\n"


def views(text: str, of: str, *wrt: str) -> list[ClosedView]:
    read = paper(text)
    return closed_views(read, [Asked(read.graph[of], read.graph[one]) for one in wrt])


def view(text: str, of: str, *wrt: str) -> ClosedView:
    (found,) = views(text, of, *wrt)
    return found


def formulas(found: ClosedView) -> list[str]:
    return [f"{line.derived.name} = {line.derived.text}" for line in found.lines]


def asked_in(read: Paper) -> list[Asked]:
    found = [asked for one in read.questions for asked in one.asked]
    return found + [asked for one in read.updates for asked in one.asked]


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


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
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


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
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


# Where local Jacobians come from.


def test_a_local_jacobian_comes_from_the_operation_entry_by_entry() -> None:
    shown = said(VECTOR, "S", "O")
    first = "∂S/∂O = [S[0] * (1 - S[0])  -S[0] * S[1]; -S[1] * S[0]  S[1] * (1 - S[1])]"
    at = shown.index(first)
    assert shown[at - 2] == "softmax"
    assert "S_i (1 - S_i) where i = j, else -S_i S_j" in shown[at + 1]
    assert shown[at + 2 : at + 4] == ["the same as one expression", "= diag(S) - outer(S, S)"]


@pytest.mark.parametrize(
    ("text", "of", "wrt", "entries"),
    [
        (VECTOR, "O", "W1", "[L[0]  0  L[1]  0; 0  L[0]  0  L[1]]"),
        (VECTOR, "L", "h", "diag(h[0] > 0, h[1] > 0)"),
        ("index_base 1\nx = [1, 2]\ny = x^3", "y", "x", "diag(3 * x[1]^2, 3 * x[2]^2)"),
        (BATCH, "O", "L", None),  # 36 entries
        ("x = 2\ny = [x^2, 3 * x]", "y", "x", None),  # it is written entry by entry anyway
        ("x = [1, 2]\nu = 2 * x\ny = u * x", "y", "x", None),  # no single step
    ],
)
def test_entries_of_a_local_jacobian(text: str, of: str, wrt: str, entries: str | None) -> None:
    (line,) = view(text, of, wrt).lines
    origin = line.written.origin
    found = None if origin is None or origin.entries is None else inline(origin.entries)
    assert found == entries


def test_a_layer_says_what_each_of_its_operations_does() -> None:
    shown = said("x = [1, 2]\nW = [[1, 2], [3, 4]]\nb = [0, 1]\ny = W @ x + b", "y", "x")
    assert any(one.startswith("sum of terms: ") for one in shown)
    assert any(one.startswith("matrix product: ") for one in shown)


# Layout.


def dense(formula: Formula) -> Array:
    """The numbers of a matrix, a diagonal one written out."""
    shown = shown_array(formula)
    assert shown is not None
    assert isinstance(formula, Matrix)
    return np.diag(shown.reshape(-1)) if formula.kind == "diagonal" else shown


JACOBIANS = [
    (VECTOR, "S", "O"),
    (VECTOR, "O", "W1"),
    (VECTOR, "O", "L"),
    (BATCH, "S", "O"),
    (BATCH, "O", "W1"),
    (BATCH, "h", "I"),
    ("x = 2\ny = [x^2, 3 * x]", "y", "x"),
    ("W = [[1, 2], [3, 4]]\ny = exp(W)", "y", "W"),
]


@pytest.mark.parametrize(("text", "of", "wrt"), JACOBIANS)
@pytest.mark.parametrize("layout", ["numerator", "denominator"])
@pytest.mark.parametrize("flatten", ["rows", "columns"])
def test_a_jacobian_stands_as_it_is_laid_out(
    text: str, of: str, wrt: str, layout: str, flatten: str
) -> None:
    """Each formula is the matrix by rows, the numbers are what the chain view prints."""
    how = Options(digits=10, layout=layout, flatten=flatten)
    read = paper(text)
    topics = topics_of(read, of, [wrt])
    (wanted,) = explainable(read).evaluated([derivative(read.graph[of], read.graph[wrt])])
    steps = [step for step in explanation(read, topics, "closed", how).walk() if step.sides]
    lines = [step for step in steps if step.what and inline(step.what) == f"∂{of}/∂{wrt}"]
    assert len(lines) == 3
    by_rows = wanted.T if layout == "denominator" else wanted
    for step in lines:
        for side in step.sides:
            if side.role == "symbolic" and isinstance(side.formula, Expression):
                again = paper(f"{text}\nagain = {inline(side.formula)}")
                (value,) = explainable(again).evaluated([again.graph["again"]])
                np.testing.assert_allclose(value, by_rows, rtol=1e-9, atol=1e-12)
    chain = [
        step
        for step in explanation(read, topics, "chain", how).walk()
        if step.what and inline(step.what) == f"∂{of}/∂{wrt}" and step.shape
    ]
    shown, by_factors = [dense(one[-1].sides[-1].formula) for one in (lines, chain)]
    np.testing.assert_allclose(shown, by_factors, rtol=1e-6)
    assert {step.shape for step in lines} == {by_rows.shape}


def test_numbers_by_columns_stand_beside_no_formula_by_rows() -> None:
    read = paper(VECTOR)
    shown = said_by(
        explanation(read, topics_of(read, "O", ["W1"]), "closed", Options(flatten="columns"))
    )
    assert "∂O/∂W1 = [4 1 0 0; 0 0 4 1]" in shown
    assert any("flattened row by row" in one for one in shown)
    again = said_by(
        explanation(read, topics_of(read, "O", ["L"]), "closed", Options(flatten="columns"))
    )
    assert not any("flattened row by row" in one for one in again)


def test_a_gradient_stays_as_it_is_in_denominator_layout() -> None:
    read = paper(VECTOR)
    how = Options(layout="denominator", flatten="columns")
    shown = said_by(explanation(read, topics_of(read, "l", ["W1"]), "closed", how))
    assert "dW1 = ∂l/∂W1 = outer(L, S - label)" in shown


# Batches.


def test_what_each_example_contributes_stands_below_the_numbers() -> None:
    shown = said(BATCH, "l", "W1")
    assert "∂l/∂W1, example by example" in shown
    assert [one for one in shown if one.startswith("example ")] == [
        "example 1",
        "example 2",
        "example 3",
    ]
    assert not any("example by example" in one for one in said(VECTOR, "l", "W1"))
    assert not any("example by example" in one for one in said(BATCH, "O", "W1"))


# Names.


def test_a_jacobian_of_a_function_goes_by_its_symbol() -> None:
    read = paper(example("003-2c"))
    shown = said_by(explanation(read, topics_of(read), "closed"))
    assert "∂F/∂(x, y) = [[2 * x, 2], [3, 8 * y]]" in shown
    assert not any("_d" in one for one in shown)


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


# As text and as data.


def said(text: str, of: str, *wrt: str) -> list[str]:
    """What the view says, an equation, a heading or a sentence a line."""
    read = paper(text)
    return said_by(explanation(read, topics_of(read, of, list(wrt)), "closed"))


def test_the_view_as_text() -> None:
    lines = said(VECTOR, "l", "W1", "W0")
    headings = ["Known", "Closed form", "Derivation", "Numbers"]
    assert [line for line in lines if line in headings] == headings
    assert lines[-2].startswith("Verified: equal to the product of the local Jacobians")
    assert lines[-1].startswith("Verified by central differences of every entry: relative error")
    assert "dW1 = outer(L, dO) ≈ outer([4, 1], [1, -1]) ≈ [4 -4; 1 -1]" in lines
    rules = {rule.name: rule.sentence for rule in (*READING, *LAYOUT)}
    used = {line for line in lines if line in rules}
    assert "rows that sum to one" in used
    assert all(lines.count(rules[rule]) == 1 for rule in used)  # a sentence is said once


def test_without_numbers_there_are_shapes_and_a_check_at_random_ones() -> None:
    lines = said(LAYERS + "y = w1 @ (w0 @ x + b0)", "y", "x")
    assert "∂y/∂x = w1 @ w0" in lines
    assert "Numbers" not in lines
    assert lines[-1].startswith("Verified at random numbers")


def test_where_digits_are_lost_it_is_said() -> None:
    text = "x = [40, 0]\nS = softmax(x)"
    (last, *_) = [line for line in said(text, "S", "x") if "product of the local" in line]
    assert last.startswith("Differs from the product of the local Jacobians")


def test_the_view_as_data() -> None:
    found = closed_json(views(VECTOR, "l", "W1"))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["format"], found["view"]) == (1, "closed")
    (one,) = found["closed_forms"]
    (line,) = one["lines"]
    assert (one["of"], line["name"], line["wrt"], line["shape"]) == ("l", "dW1", "W1", [2, 2])
    assert line["latex"] == r"L^{\top} \, \left(S - \mathrm{label}\right)"
    assert one["facts"][0]["source"] == "label = [0, 1], as given"


def test_named_sizes_are_words_in_data() -> None:
    (one,) = closed_json(views(LAYERS + "y = w1 @ (w0 @ x)", "y", "x"))["closed_forms"]
    assert one["lines"][0]["shape"] == ["k", "n"]


def test_gradients_of_one_number_share_their_adjoints() -> None:
    read = paper(VECTOR + "dl/dW1\ndO/dL\ndl/dW0\n")
    found = closed_views(read, asked_in(read))
    assert [[line.wrt for line in one.lines if line.is_asked] for one in found] == [
        ["W1", "W0"],
        ["L"],
    ]


def names(graph: Graph, lines: tuple[ClosedLine, ...]) -> list[str]:
    return [line.derived.name for line in lines if line.derived.name in graph]


def test_an_adjoint_does_not_take_a_name_of_the_file() -> None:
    text = "x = [1, 2]\ndx = 3\nl = sum(x^2) * dx"
    read = elaborate(parse(Source(text)))
    found = view(text, "l", "x", "dx")
    assert names(read.graph, found.lines) == []


def test_entries_count_as_the_file_counts_them() -> None:
    text = "index_base 1\nx = [1, 2]\nl = x[1]^2 * x[2]"
    read = elaborate(parse(Source(text)))
    node: Node = read.graph["l"]
    assert show(node.inputs[0], read.graph.name_of) == "x[0]^2"
    printed = "\n".join(said(text, "l", "x"))
    assert "x[0]" not in printed
