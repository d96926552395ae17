"""Formulas as they are read aloud."""

from __future__ import annotations

import pytest
from tests.notation.written import every_latex

from chainrule.errors import DataProblem
from chainrule.explain.language.catalogue import is_known
from chainrule.explain.printers.speech import speech
from chainrule.notation.spoken import FENCES, POWERS, PREFIXES, QUOTIENTS, SYMBOLS

SENTENCES = [
    ("x", "x"),
    ("W_{1}", "W 1"),
    (r"\hat{y}_{2}", "y hat 2"),
    (r"\frac{\partial l}{\partial W_{1}}", "partial l over partial W 1"),
    (r"\frac{\mathrm{d} y}{\mathrm{d} x}", "d y over d x"),
    (r"\frac{1}{2}", "1 over 2"),
    (r"\frac{a + b + c}{2}", "the fraction a plus b plus c over 2, end of fraction"),
    (r"-\frac{2}{3}", "minus 2 over 3"),
    ("a - b", "a minus b"),
    ("x^2", "x squared"),
    ("x^{n}", "x to the power n"),
    ("A^{-1}", "A inverse"),
    (r"A^{-\top}", "A inverse transposed"),
    (r"W^{\top} \, x", "W transposed x"),
    (r"2.5 \times 10^{-5}", "2.5 times 10 to the power minus 5"),
    ("W_{0, 2}", "W 0, 2"),
    (r"x_{\left(i + 1\right)}",
     "x with index open parenthesis i plus 1 close parenthesis, end of index"),
    (r"\sqrt{x}", "the square root of x"),
    (r"\sqrt[3]{x}", "the root of degree 3 of x"),
    (r"\operatorname{softmax}\left(O\right) \odot x", "softmax of O, times, entry by entry, x"),
    (r"\sigma\left(z\right)", "sigma of z"),
    (r"2 \left(a + b\right)", "2 open parenthesis a plus b close parenthesis"),
    (r"\left\lVert x \right\rVert^2", "the norm of x, squared"),
    (r"\left|x\right| \le 1", "the absolute value of x, is at most 1"),
    (r"\mathbb{R}^{2 \times 3}", "R 2 by 3"),
    (r"\begin{bmatrix} 1 & -2 \\ 2 & 5 \end{bmatrix}",
     "the 2 by 2 matrix with row 1: 1, minus 2; row 2: 2, 5; end of matrix"),
    (r"\begin{bmatrix} 1 & 2 \end{bmatrix}", "the row 1, 2; end of row"),
    (r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}", "the column 1, 2; end of column"),
    (r"\mathbf{1}[h > 0]", "1 open bracket h is greater than 0 close bracket"),
    (r"\cdot \in \mathbb{R}^{2 \times 3}", "the array in R 2 by 3"),
    (r"f' = f_{\mathrm{out}}", "f prime equals f out"),
    (r"\mathrm{net\_in}", "net_in"),
    (r"\delta_{1} \approx 0.5", "delta 1 is about 0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "said"), SENTENCES)
def test_a_formula_in_english(latex: str, said: str) -> None:
    assert speech(latex) == said


KOREAN = [
    (r"\frac{\partial l}{\partial W_{1}}", "l의 W 1에 대한 편미분"),
    (r"\frac{1}{2}", "2분의 1"),
    (r"W^{\top} \, x", "W의 전치 x"),
    (
        r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}",
        "2 곱하기 2 행렬, 1행: 1, 2; 2행: 3, 4; 행렬 끝",
    ),
]


@pytest.mark.parametrize(("latex", "said"), KOREAN)
def test_a_formula_in_korean(latex: str, said: str) -> None:
    assert speech(latex, "ko") == said


CODES = (SYMBOLS, FENCES, POWERS, PREFIXES, QUOTIENTS)


@pytest.mark.parametrize("code", sorted({code for codes in CODES for code in codes.values()}))
def test_english_has_a_word_for_every_symbol(code: str) -> None:
    assert is_known(f"spoken:{code}")


def test_everything_that_is_written_can_be_said() -> None:
    for latex in every_latex():
        said = speech(latex)
        assert "spoken:" not in said
        assert said


def test_nothing_is_passed_over() -> None:
    with pytest.raises(DataProblem, match="foo is not known"):
        speech(r"1 + \foo")
