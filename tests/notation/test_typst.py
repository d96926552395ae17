"""Formulas as Typst's math; Typst itself reads all of them."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader
from tests.notation.written import NAMES, every_latex

from chainrule.errors import DataProblem
from chainrule.explain.printers.compiled import compiled
from chainrule.notation.latex import latex_name
from chainrule.notation.typst import quoted, typst, typst_pieces

FORMS = [
    ("x", "x"),
    (r"\alpha", "α"),
    ("", '""'),
    ("2.5", "2.5"),
    ("xy", "x y"),
    ("-x + 1", "minus x plus 1"),
    (r"\frac{\partial l}{\partial x}", "frac(∂ l, ∂ x)"),
    (r"W_{1}^{\top}", "attach(W, t: ⊤, b: 1)"),
    (r"\sqrt[3]{x}", "root(3, x)"),
    (r"\hat{y}", "accent(y, hat)"),
    (r"\left(a, b\right)", "lr(paren.l a comma b paren.r)"),
    (r"\left. x \right|", "lr(x bar.v)"),
    (r"\log x", 'op("log")/**/x'),
    (r"\mathbb{R}", 'bb("R")'),
    (r"\mathbf{1}", 'bold(upright("1"))'),
    (r"x \, y \quad z", "x thin y quad z"),
    (r"\begin{bmatrix} 1 & 2 \\ a & b \end{bmatrix}", 'mat(delim: "[", 1, 2; a, b)'),
    # a blank beside a text would be seen
    (r"-\mathrm{net}", 'minus/**/"net"'),
    (r"\mathrm{net} + x", '"net"/**/plus x'),
    # signs that mean something to Typst go by their names
    ("a/b", "a slash b"),
    ("x; y: z", "x semi y colon z"),
    ("[x)", "bracket.l x paren.r"),
    (r"\# \$ \& \_", '"#"/**/"$"/**/"&"/**/"_"'),
]


@pytest.mark.parametrize(("latex", "written"), FORMS)
def test_a_formula(latex: str, written: str) -> None:
    assert typst(latex) == written


PIECES = [
    ("a", ["a"]),
    ("a + b", ["a", '""/**/plus b']),
    ("-a - b", ["minus a", '""/**/minus b']),
    (r"a = b \cdot c", ["a", '""/**/eq b', '""/**/⋅ c']),
    ("a[b + c]", ["a bracket.l b plus c bracket.r"]),
    (r"\frac{a + b}{c}", ["frac(a plus b, c)"]),
]


@pytest.mark.parametrize(("latex", "pieces"), PIECES)
def test_a_line_may_be_broken_before_its_outermost_signs(latex: str, pieces: list[str]) -> None:
    assert typst_pieces(latex) == pieces


INNER_PIECES = [
    (r"f\left(a, b\right)", ["f paren.l a comma thin", "b paren.r"]),
    (r"2 \left(a + b\right)^2", ["2 paren.l a", '""/**/plus b attach(paren.r, t: 2)']),
    (r"\left(a \left(b - c\right)\right)", ["paren.l a lr(paren.l b minus c paren.r) paren.r"]),
]


@pytest.mark.parametrize(("latex", "pieces"), INNER_PIECES)
def test_and_within_its_outermost_brackets(latex: str, pieces: list[str]) -> None:
    assert typst_pieces(latex, inside=True) == pieces


def test_typst_reads_everything_that_is_written() -> None:
    formulas = list(every_latex())
    lines = [f"$ {typst(latex)} $" for latex in formulas]
    pieces = [f"${piece}$" for latex in formulas for piece in typst_pieces(latex, inside=True)]
    assert compiled("\n".join(lines + pieces)).startswith(b"%PDF-")


HOSTILE = [
    "#eval(1)", '#import "secret"', '"#panic()"', "$ x $", r"\input{secret}", "*/ #panic() /*",
    "//", "<label>", "@ref", "`raw`", '\\"', "); #panic(", "a\\", "params['<script>']",
]  # fmt: skip


@pytest.mark.parametrize("name", [*HOSTILE, *(name for name in NAMES if "[" in name)])
def test_a_name_is_only_shown(name: str) -> None:
    math = typst(latex_name(name))
    document = compiled(f"#set page(width: auto)\n$ {math} $\n#{quoted(name)}")
    (page,) = PdfReader(BytesIO(document)).pages
    shown = page.extract_text().replace("\u2018", "'").replace("\u2019", "'").split()
    assert "".join(shown) == 2 * "".join(name.split())


def test_nothing_is_passed_over() -> None:
    with pytest.raises(DataProblem, match="foo is not known"):
        typst(r"1 + \foo")
