"""A softmax or a sigmoid that is written out is differentiated as what it is."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.differentiate.walk import gradient
from chainrule.graph.facts import Fact
from chainrule.graph.source import Source
from chainrule.notation.text import show
from chainrule.paper.elaborate import elaborate
from chainrule.paper.knowledge import knowledge_of
from chainrule.paper.parser import parse
from chainrule.rewrite.closed import closed_form
from chainrule.rewrite.knowledge import Knowledge
from chainrule.run.interpreter import evaluate_all

BATCH = "O = [[1, -2, 0.5], [0.3, 0.1, 2]]\nT = [[0, 0, 1], [1, 0, 0]]\n"
ROW = "O = [1, -2, 0.5]\nT = [0, 0, 1]\n"
LOSS = "\nl = -sum(T * log(S))"
SQUARE = "O = [[1, -2], [0.3, 0.1]]\nT = [[0, 1], [1, 0]]\n"
SIGMOID = "z = [1, -2, 0.5]\nt = [0, 1, 1]\n"
SQUARES = "\nl = sum((y - t)^2)"

RECOGNIZED = [  # the program, what it is differentiated by, and the form
    (f"{BATCH}S = exp(O) / sum(exp(O), axis=1, keepdims=1){LOSS}", "O", "S - T"),
    (f"{ROW}S = exp(O) / sum(exp(O)){LOSS}", "O", "S - T"),
    (f"{ROW}e = exp(O)\nS = e / sum(e){LOSS}", "O", "S - T"),
    (f"{ROW}e = exp(O)\ns = sum(e)\nS = e / s{LOSS}", "O", "S - T"),
    (f"{ROW}e = exp(O - max(O))\nS = e / sum(e){LOSS}", "O", "S - T"),
    (
        f"{BATCH}e = exp(O - max(O, axis=1, keepdims=1))\nS = e / sum(e, axis=1, keepdims=1){LOSS}",
        "O",
        "S - T",
    ),
    (f"{SIGMOID}y = 1 / (1 + exp(-z)){SQUARES}", "z", "2 * (y - t) * y * (1 - y)"),
    (f"{SIGMOID}y = exp(z) / (1 + exp(z)){SQUARES}", "z", "2 * (y - t) * y * (1 - y)"),
    (
        f"X = [[1, -2], [0.5, 3]]\nz = [0.3, -0.1]\nt = [0, 1]\ny = 1 / (1 + exp(-X @ z)){SQUARES}",
        "z",
        "2 * Xᵀ @ ((y - t) * y * (1 - y))",
    ),
    (f"{SIGMOID}e = exp(-z)\ny = 1 / (e + 1){SQUARES}", "z", "2 * (y - t) * y * (1 - y)"),
]
OTHERWISE = [  # look-alikes: their closed forms are right, and are not those of a softmax
    (f"{BATCH}S = exp(O) / sum(exp(O), axis=0, keepdims=1){LOSS}", "O", "S - T"),
    (f"{SQUARE}S = exp(O) / sum(exp(O), axis=1){LOSS}", "O", "S - T"),
    (f"{SQUARE}S = exp(O) / reshape(sum(exp(O), axis=1), 1, 2){LOSS}", "O", "S - T"),
    (
        f"{SQUARE}e = exp(O - max(O, axis=1))\nS = e / sum(e, axis=1, keepdims=1){LOSS}",
        "O",
        "S - T",
    ),
    (f"{ROW}S = exp(O) / (1 + sum(exp(O))){LOSS}", "O", "S - T"),
    (f"{ROW}S = exp(O - O * max(O)) / sum(exp(O - O * max(O))){LOSS}", "O", "S - T"),
    (f"{SIGMOID}y = 1 / (2 + exp(-z)){SQUARES}", "z", "2 * (y - t) * y * (1 - y)"),
    (f"{SIGMOID}y = 1 / (1 + exp(z)){SQUARES}", "z", "2 * (y - t) * y * (1 - y)"),
]


def closed(text: str, wrt: str) -> str:
    """The last definition as text; its value is held against the gradient."""
    paper = elaborate(parse(Source(text)))
    of, by = paper.graph["l"], paper.graph[wrt]
    form = closed_form(of, [by], paper.graph, knowledge_of(paper, [by]))
    found = form.gradients[0].expression
    value, wanted = evaluate_all([found, gradient(of, by)], paper.values)
    np.testing.assert_allclose(value, wanted, rtol=1e-10, atol=1e-12)
    return show(found, lambda node: paper.graph.name_of(node) or form.names.get(node))


@pytest.mark.parametrize(("text", "wrt", "form"), RECOGNIZED)
def test_what_is_written_out_is_recognized(text: str, wrt: str, form: str) -> None:
    assert closed(text, wrt) == form


@pytest.mark.parametrize(("text", "wrt", "form"), OTHERWISE)
def test_what_only_looks_alike_is_not(text: str, wrt: str, form: str) -> None:
    assert closed(text, wrt) != form


SHARES = [  # the program, and whether each row of S is divided by its sum
    (f"{BATCH}S = exp(O) / sum(exp(O), axis=1, keepdims=1)", True),
    (f"{BATCH}e = exp(O)\ns = sum(e, axis=1, keepdims=1)\nS = e / s", True),
    (f"{ROW}e = exp(O)\nS = e / sum(e)", True),
    (f"{ROW}e = exp(O)\nf = e\nS = f / sum(e)", True),
    (f"{ROW}e = O^2 + 1\nS = e / sum(e)", True),
    (f"{BATCH}S = exp(O) / sum(exp(O), axis=0, keepdims=1)", False),
    (f"{BATCH}S = exp(O) / sum(exp(O))", False),
    (f"{SQUARE}S = exp(O) / sum(exp(O), axis=1)", False),
    (f"{SQUARE}S = exp(O) / reshape(sum(exp(O), axis=1), 1, 2)", False),
    (f"{ROW}S = exp(O) / sum(exp(2 * O))", False),
]


@pytest.mark.parametrize(("text", "sums_to_one"), SHARES)
def test_what_is_divided_by_its_sum_is_known_to_sum_to_one(text: str, sums_to_one: bool) -> None:
    S = elaborate(parse(Source(text))).graph["S"]
    assert Knowledge().knows(S, Fact.POSITIVE)
    assert Knowledge().knows(S, Fact.ROWS_SUM_TO_ONE) is sums_to_one


def test_its_parts_can_still_be_asked_for() -> None:
    text = f"{ROW}e = exp(O)\nS = e / sum(e){LOSS}"
    assert closed(text, "e") == "(1 - T / S) / sum(e)"
