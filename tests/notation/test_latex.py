"""Expressions as LaTeX."""

from __future__ import annotations

import pytest

from chainrule.graph.node import Node, variable
from chainrule.notation.latex import latex, latex_name
from chainrule.ops.activation import relu, sigmoid
from chainrule.ops.arithmetic import add, divide, multiply, negate, subtract
from chainrule.ops.elementary import exp, log
from chainrule.ops.linear import matmul
from chainrule.ops.losses import cross_entropy
from chainrule.ops.normalizing import softmax
from chainrule.ops.reduction import sum_
from chainrule.ops.transposition import transpose

a, b = variable((3,)), variable((3,))
W1 = variable((3, 3))
C = variable((2, 3, 4))
NAMES = {a: "a", b: "b", W1: "W1", C: "C"}

FORMS: list[tuple[Node, str]] = [
    (subtract(a, subtract(b, a)), r"a - \left(b - a\right)"),
    (subtract(subtract(a, b), a), "a - b - a"),
    (multiply(add(a, b), b), r"\left(a + b\right) \odot b"),
    (divide(add(a, b), b), r"\frac{a + b}{b}"),
    (negate(add(a, b)), r"-\left(a + b\right)"),
    (add(a, b) ** 2, r"\left(a + b\right)^2"),
    (matmul(W1, a), r"W_{1} \, a"),
    (matmul(transpose(W1), a), r"W_{1}^{\top} \, a"),
    (transpose(C, axes=(1, 0, 2)),
     r"\operatorname{transpose}\left(C, \mathrm{axes}=[1, 0, 2]\right)"),
    (exp(add(a, b)), "e^{a + b}"),
    (log(a), r"\log a"),
    (log(add(a, b)), r"\log \left(a + b\right)"),
    (sigmoid(a), r"\sigma\left(a\right)"),
    (relu(a), r"\operatorname{ReLU}\left(a\right)"),
    (sum_(multiply(a, b)), r"\sum \left(a \odot b\right)"),
    (cross_entropy(softmax(a), b),
     r"\operatorname{cross\_entropy}\left(\operatorname{softmax}\left(a\right), b\right)"),
    (a[0], "a_{0}"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("node", "text"), FORMS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_expression(node: Node, text: str) -> None:
    assert latex(node, NAMES.get) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("W1", "W_{1}"),
        ("W₁", "W_{1}"),
        ("ŷ", r"\hat{y}"),
        ("y\u0302", r"\hat{y}"),
        ("ỹ", r"\tilde{y}"),
        ("α", r"\alpha"),
        ("Σe", r"\mathrm{Σe}"),
        ("Loss", r"\mathrm{Loss}"),
        ("net_h1", r"\mathrm{net}_{h1}"),
        ("ℓ", "ℓ"),
    ],
)
def test_a_name(name: str, text: str) -> None:
    assert latex_name(name) == text
