"""Expressions as LaTeX."""

from __future__ import annotations

import pytest

from chainrule.graph.node import Node, variable
from chainrule.graph.source import Source
from chainrule.notation.latex import adjoint_name, latex, latex_name
from chainrule.ops.activation import relu, sigmoid
from chainrule.ops.arithmetic import add, divide, multiply, negate, subtract
from chainrule.ops.elementary import exp, log
from chainrule.ops.linear import matmul
from chainrule.ops.losses import cross_entropy
from chainrule.ops.normalizing import softmax
from chainrule.ops.reduction import sum_
from chainrule.ops.transposition import transpose
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

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
    (a**10, "a^{10}"),
    (a**-1, "a^{-1}"),
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


DECLARED = "a, b, h, w : R^3\nA, B, C, W1 : R^(3 x 3)\nX : R^(4 x 3)\ny : R^4\ns, t : R\n"
FOR_SLIDES: list[tuple[str, str]] = [
    # matrix products: a thin space, no parentheses for their order; vectors on the left are rows
    ("Xᵀ @ (X @ w - y)", r"X^{\top} \, \left(X \, w - y\right)"),
    ("2 * Xᵀ @ (X @ w - y)", r"2 X^{\top} \, \left(X \, w - y\right)"),
    ("A @ (B @ C)", r"A \, B \, C"),
    ("a @ b", r"a^{\top} \, b"),
    ("a @ A @ b", r"a^{\top} \, A \, b"),
    ("a @ (A @ b)", r"a^{\top} \, A \, b"),
    ("(a + b) @ A @ h", r"\left(a + b\right)^{\top} \, A \, h"),
    ("a @ A", r"a \, A"),
    ("outer(a, b)", r"a \, b^{\top}"),
    ("outer(A @ a, a - b)", r"A \, a \, \left(a - b\right)^{\top}"),
    ("outer(a * h, b)", r"\left(a \odot h\right) \, b^{\top}"),
    ("kron(A, B) @ kron(B, A)", r"\left(A \otimes B\right) \, \left(B \otimes A\right)"),
    # numbers stand in front; ⊙ is for arrays
    ("2 * a", "2 a"),
    ("2 * 3", r"2 \cdot 3"),
    ("2 * same(a)", "2 a"),  # another name says nothing
    ("2 * s * t", r"2 s \, t"),
    ("s * a", r"s \, a"),
    ("a * s", r"a \, s"),
    ("a * (-2)", r"a \, \left(-2\right)"),
    ("a * b * h", r"a \odot b \odot h"),
    ("s * (a * b)", r"s \, a \odot b"),
    ("(W1 @ a) * b", r"\left(W_{1} \, a\right) \odot b"),
    ("A @ (a * b)", r"A \, \left(a \odot b\right)"),
    ("(a * b) @ A", r"\left(a \odot b\right) \, A"),
    # fractions hold together
    ("(a - b) / 3", r"\frac{a - b}{3}"),
    ("-(a / b)", r"-\frac{a}{b}"),
    ("(a / b) * h", r"\frac{a}{b} \odot h"),
    ("(a / b)^2", r"\left(\frac{a}{b}\right)^2"),
    ("outer(a / s, b)", r"\frac{a}{s} \, b^{\top}"),
    # arrays of one number, entries in brackets
    ("zeros(2, 3)", r"\mathbf{0}_{2 \times 3}"),
    ("ones(3) @ A", r"\mathbf{1}_{3} \, A"),
    ("[s, 2 * t]", r"\begin{bmatrix} s & 2 t \end{bmatrix}"),
    ("[[s, t], [t, s]]", r"\begin{bmatrix} s & t \\ t & s \end{bmatrix}"),
    # masks
    ("(W1 @ a) * (h > 0)", r"\left(W_{1} \, a\right) \odot \mathbf{1}[h > 0]"),
    ("where(h > 0, 1, 0)", r"\mathbf{1}[h > 0]"),
    ("number(h > 0)", r"\mathbf{1}[h > 0]"),
    # inverses, determinants, traces, norms
    ("inverse(A)", "A^{-1}"),
    ("inverse(A)ᵀ @ a", r"A^{-\top} \, a"),
    ("inverse(Aᵀ)", r"\left(A^{\top}\right)^{-1}"),
    ("inverse(A + B)", r"\left(A + B\right)^{-1}"),
    ("solve(A, b)", "A^{-1} b"),
    ("solve(A, b) * h", r"\left(A^{-1} b\right) \odot h"),
    ("det(A)", r"\det A"),
    ("log(det(A))", r"\log \det A"),
    ("trace(A @ B)", r"\operatorname{tr} \left(A \, B\right)"),
    ("diag(a) @ W1", r"\operatorname{diag}\left(a\right) \, W_{1}"),
    ("norm(a - b)^2", r"\left\lVert a - b \right\rVert^2"),
    # what a function is applied to ends where another factor or an exponent begins
    ("b * log(a)", r"b \odot \log a"),
    ("log(a) * b", r"\left(\log a\right) \odot b"),
    ("log(a)^2", r"\left(\log a\right)^2"),
    ("-sum(a * log(b))", r"-\sum \left(a \odot \log b\right)"),
    # one exponent at a time
    ("exp(a)^2", r"\left(e^{a}\right)^2"),
    ("(a^2)^3", r"\left(a^2\right)^3"),
    ("(s + t)^s", r"{\left(s + t\right)}^{s}"),
    ("s^t^2", "{s}^{t^2}"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "text"), FOR_SLIDES)
def test_an_expression_of_the_language(expression: str, text: str) -> None:
    paper = elaborate(parse(Source(f"{DECLARED}{expression}")))
    assert latex(paper.questions[0].node, paper.graph.name_of) == text


def test_what_is_in_latex_already() -> None:
    written = {a: adjoint_name("l", "h1")}
    slope = r"\frac{\partial l}{\partial h_{1}}"
    assert latex(matmul(W1, a), NAMES.get, written) == rf"W_{{1}} \, {slope}"
    assert latex(matmul(a, b), NAMES.get, written) == rf"\left({slope}\right)^{{\top}} \, b"


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
