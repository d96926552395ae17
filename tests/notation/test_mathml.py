"""Formulas as MathML Core."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from tests.notation.written import NAMES, every_latex

from chainrule.errors import DataProblem
from chainrule.notation.latex import latex_name
from chainrule.notation.mathml import mathml

CORE = set(
    """
    math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover
    mtable mtr mtd
    """.split()  # noqa: SIM905
)


def inner(latex: str) -> str:
    """What stands within the element."""
    return mathml(latex).removeprefix("<math>").removesuffix("</math>")


FORMS = [
    ("x", "<mi>x</mi>"),
    ("2.5", "<mn>2.5</mn>"),
    ("x y", "<mrow><mi>x</mi><mi>y</mi></mrow>"),
    ("x < y", "<mrow><mi>x</mi><mo>&lt;</mo><mi>y</mi></mrow>"),
    (r"\frac{1}{x}", "<mfrac><mn>1</mn><mi>x</mi></mfrac>"),
    (r"\sqrt{x}", "<msqrt><mi>x</mi></msqrt>"),
    (r"\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>"),
    ("x_1", "<msub><mi>x</mi><mn>1</mn></msub>"),
    ("x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
    (r"x_1^{\top}", "<msubsup><mi>x</mi><mn>1</mn><mi>⊤</mi></msubsup>"),
    (r"\hat{y}", '<mover accent="true"><mi>y</mi><mo stretchy="false">^</mo></mover>'),
    # a minus belongs to the number behind it where nothing stands before it
    ("x - 2", "<mrow><mi>x</mi><mo>−</mo><mn>2</mn></mrow>"),
    ("-2", '<mrow><mo form="prefix">−</mo><mn>2</mn></mrow>'),
    ("x = -2", '<mrow><mi>x</mi><mo>=</mo><mo form="prefix">−</mo><mn>2</mn></mrow>'),
    (r"A^{+}", '<msup><mi>A</mi><mo form="prefix">+</mo></msup>'),
    # a function stands apart from what it is applied to, but for brackets
    (r"\log x", '<mrow><mi>log</mi><mspace width="0.167em"/><mi>x</mi></mrow>'),
    (
        r"\log \left(x\right)",
        '<mrow><mi>log</mi><mrow><mo form="prefix" stretchy="false">(</mo><mi>x</mi>'
        '<mo form="postfix" stretchy="false">)</mo></mrow></mrow>',
    ),
    # brackets grow around what is high
    (
        r"\left|\frac{x}{2}\right|",
        '<mrow><mo form="prefix" stretchy="true">|</mo><mfrac><mi>x</mi><mn>2</mn></mfrac>'
        '<mo form="postfix" stretchy="true">|</mo></mrow>',
    ),
    ("[x]", '<mrow><mo stretchy="false">[</mo><mi>x</mi><mo stretchy="false">]</mo></mrow>'),
    (r"\sum_{i} x", '<mrow><munder><mo>∑</mo><mi>i</mi></munder>'
                    '<mspace width="0.167em"/><mi>x</mi></mrow>'),
    # letters that are not slanted
    (r"\mathrm{net}", "<mi>net</mi>"),
    (r"\mathrm{d}", '<mi mathvariant="normal">d</mi>'),
    (r"\mathbf{1}", '<mn style="font-weight: bold">1</mn>'),
    (r"\mathbb{R}", "<mi>ℝ</mi>"),
    (r"\text{a b}", "<mtext>a\xa0b</mtext>"),
    (r"\mathtt{f}", '<mtext style="font-family: monospace">f</mtext>'),
    (r"x \quad y", '<mrow><mi>x</mi><mspace width="1em"/><mi>y</mi></mrow>'),
    (
        r"\begin{bmatrix} 1 & x \end{bmatrix}",
        '<mrow><mo form="prefix" stretchy="true">[</mo><mtable><mtr><mtd><mn>1</mn></mtd>'
        '<mtd><mi>x</mi></mtd></mtr></mtable><mo form="postfix" stretchy="true">]</mo></mrow>',
    ),
    (
        r"\begin{cases} x & y \end{cases}",
        '<mrow><mo form="prefix" stretchy="true">{</mo><mtable><mtr>'
        '<mtd style="text-align: left"><mi>x</mi></mtd>'
        '<mtd style="text-align: left"><mi>y</mi></mtd></mtr></mtable></mrow>',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "written"), FORMS)
def test_a_formula(latex: str, written: str) -> None:
    assert inner(latex) == written


def test_display_and_what_is_spoken() -> None:
    assert mathml("x", display=True) == '<math display="block"><mi>x</mi></math>'
    element = ElementTree.fromstring(mathml("x", spoken='x is < "y" & z'))
    assert element.get("aria-label") == 'x is < "y" & z'


def test_everything_that_is_written_is_well_formed_mathml_core() -> None:
    found: set[str] = set()
    for latex in every_latex():
        found |= {element.tag for element in ElementTree.fromstring(mathml(latex)).iter()}
    assert found <= CORE
    assert {"mfrac", "msubsup", "msqrt", "mover", "mtext"} <= found


@pytest.mark.parametrize("name", [name for name in NAMES if "[" in name])
def test_a_name_that_is_no_word_is_shown_as_it_is(name: str) -> None:
    text = "".join(ElementTree.fromstring(mathml(latex_name(name))).itertext())
    assert text.replace("\xa0", " ") == name


def test_nothing_is_passed_over() -> None:
    with pytest.raises(DataProblem, match="foo is not known"):
        mathml(r"1 + \foo")
