"""The closed view: where local Jacobians come from, layout, batches, names, text and data."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.explain.closed import BATCH, LAYERS, VECTOR, asked_in, said, view, views
from tests.explain.derived import example, paper, said_by
from tests.explain.truth import dense_array

from chainrule.differentiate.jacobian import derivative
from chainrule.explain.closed_json import closed_json
from chainrule.explain.closed_view import ClosedLine, closed_views
from chainrule.explain.explain import explanation
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable
from chainrule.explain.topics import topics_of
from chainrule.graph.named import Graph
from chainrule.graph.node import Node
from chainrule.graph.source import Source
from chainrule.notation.formula import Expression, inline
from chainrule.notation.text import show
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.rewrite.rules import LAYOUT, READING

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
    shown, by_factors = [dense_array(one[-1].sides[-1].formula) for one in (lines, chain)]
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


# As text and as data.


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
