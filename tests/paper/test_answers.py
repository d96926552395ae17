"""Small programs and their answers: what was once answered wrongly, and stays answered right."""

from __future__ import annotations

from typing import Any

import pytest

from chainrule.errors import ChainruleError
from chainrule.explain.solution import solve
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse


def answers(text: str) -> list[Any]:
    """The values of a program's questions, in order."""
    return [answer.value.tolist() for answer in solve(elaborate(parse(Source(text)))).answers]


@pytest.mark.parametrize(
    "question",
    [
        "(x > 0) @ (x > 0)",
        "(x > 0) · (x > 0)",
        "dot(x > 0, x > 0)",
        "matmul(x > 0, x > 0)",
        "einsum(x > 0, terms=[i], result=_)",
        "sum(outer(x > 0, x > 0)) / 3",
        "[x > 0, x > 0][0] @ (x > 0)",
    ],
)
def test_products_of_truth_values_count(question: str) -> None:
    assert answers(f"x = [0.5, 1, 2]\n{question}") == [3]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # the argument is equal to a number, a sum, another argument or a name in the body
        ("q(t) = ∂(t^2 + 2*t)/∂t\nq(2)\nq(3)", [6, 8]),
        ("F(a, b) = ∂(a*b)/∂a\nF(3, 3)\nF(3, 4)", [3, 4]),
        ("a = 2\nb = 3\nG(x) = ∂(x*(a+b))/∂x\nG(a+b)", [5]),
        ("a = 2\nK(u) = ∂(u*a)/∂u\nK(a)", [2]),
        # a derivative of a parameter by a quantity of the file goes through the argument
        ("x = 2\nG(l) = ∂l/∂x\nG(x^2)", [4]),
        # a point is its numbers, whatever they were made from
        ("x = [0.5, -1, 2]\nc = x > 0\np(u) = sum(u^2)\nD(p)(c)", [[2, 0, 2]]),
        ("f(x) = x^3\nD(D(f))(2)", [12]),
        ("f(x, y) = x*y^2\nD(grad(f))(3, 3)", [[[0, 6], [6, 6]]]),
    ],
)
def test_a_parameter_is_a_quantity_of_its_own(text: str, wanted: list[Any]) -> None:
    assert answers(text) == wanted


@pytest.mark.parametrize(
    ("index", "wanted"),
    [
        ("x[3:1:-1]", [30, 20, 10]),
        ("x[:2:-1]", [40, 30, 20]),
        ("x[2:3]", [20, 30]),
        ("x[1:4:2]", [10, 30]),
    ],
)
def test_counting_from_one_a_slice_includes_both_ends(index: str, wanted: list[float]) -> None:
    assert answers(f"index_base 1\nx = [10, 20, 30, 40]\n{index}") == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x = [0, 0]\nsoftmax = softmax(x)\nsoftmax", [[0.5, 0.5]]),
        ("x = [1, 3]\nt = max(x)\nmax = t + mean(x)\nmax", [5]),
        ("b := h\nh = 2\nb = 3\nnew(b)", [2]),
        ("W = 0.5\nv = cos(W)\nW := W > 0.1\nnew(v) - cos(1)", [0]),  # a truth value is a number
        ("yi = 1\ns = [3, 4]\ns[yi]", [4]),
        ("x = pi\nsin(x/2) + cos(π)", [0]),
        ("pi = 3\npi", [3]),
    ],
)
def test_names(text: str, wanted: list[Any]) -> None:
    assert answers(text) == wanted


@pytest.mark.parametrize("loss", ["max(0, z)", "max(z, 0)", "maximum(0, z)", "relu(z)"])
def test_a_rectifier_has_no_slope_at_zero_however_it_is_written(loss: str) -> None:
    assert answers(f"z = [-1, 0, 2]\ny = sum({loss})\ndy/dz") == [[0, 0, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = [1, 2]\nc = x > 1\n∂(sum(c*x))/∂c", "c holds truth values or positions"),
        ("w = 1\nw <- w - 0.1", "An update is written with :=, as in w := w - 0.1 * ∂L/∂w."),
        ("w = 1\ny = w^2\n∂y/∂w = 2*w", "A derivative is a question. Name its value"),
        ("x = 2\ny = |x|", "The absolute value is written abs(x)."),
        ("w = 2\nw ← w - 1", "An update is written w := w - 0.1 * ∂L/∂w."),
        (f"{'a' * 1_001} = 1", "This name has more than 1,000 characters."),
        ("x = 2\ny = e^x", "The exponential is written exp(x)."),
        ("f(x) = x^2\nf'(2)", "The derivative at a point is D(f)(...)."),
        ("w = 1\nL = w^2\ngrad(L, w)", "grad takes one function, as in grad(f)(1, 2)"),
        ("x = 2\ny = x^2\n∂y/∂(x+1)", "A derivative is by a named quantity"),
        ("f(x) = x\nx = 1\n∂f/∂x", "f is a function; its derivative at a point is D(f)(...)."),
    ],
)
def test_what_a_person_would_try_is_answered_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(ChainruleError) as caught:
        answers(text)
    assert message in str(caught.value)
