"""Explanations as LaTeX; that it compiles is seen by `make browser`."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.explain.sample import SAMPLE, expression, numbers, partial

from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.explain.printers.latex import ROOM, latex_document, latex_fragment
from chainrule.explain.printers.latex_text import MATH, ascii_math, escaped
from chainrule.explain.printers.measure import pieces, width
from chainrule.notation.formula import Expression, Formula, Line, Matrix, typeset

COMMAND = re.compile(r"\\([a-zA-Z]+|.)", re.DOTALL)


def explained(*steps: Step, title: Formula | None = None) -> Explanation:
    """An explanation of these steps."""
    return Explanation(title or partial("l", "W"), "chain", steps)


def quantity(*sides: Formula, what: str = "l") -> Step:
    """A quantity with sides that are equal to it."""
    return Step("quantity", what=expression(what), sides=tuple(map(Equal, sides)))


def noted(text: str) -> Step:
    """What somebody wrote, as a remark."""
    return Step("remark", remarks=(Sentence("note", (("text", text),)),))


def rows(latex: str) -> list[str]:
    """The lines of the only equation."""
    found = re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", latex, re.DOTALL)
    (equation,) = found
    return [str(row) for row in equation.split(" \\\\\n")]


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("100 % of #1 & $x$", r"100 \% of \#1 \& \$x\$"),
        (r"\input{a_1}", r"\textbackslash{}input\{a\_1\}"),
        ("a^b ~ c", r"a\textasciicircum{}b \textasciitilde{} c"),
        ("a < b > c | d", "a $<$ b $>$ c $|$ d"),
        (
            "Wᵀ ∂l/∂α − 2·x₁²",
            r"W$^{\top}$ $\partial$l/$\partial \alpha$ $-$ 2$\cdot$x$_{1} ^{2}$",
        ),
        ("ŷ été naïve", r"\^{y} \'{e}t\'{e} na\"{i}ve"),
        ("연쇄 법칙", "연쇄 법칙"),
        ("Ж 😀\u202e\x07", r"\texttt{U+0416} \texttt{U+1F600}\texttt{U+202E}\texttt{U+0007}"),
        ("two\nlines", "two lines"),
        ("x --- 'y' `z` ``", "x --- '{}y'{} `{}z`{} `{}`{}"),
    ],
)
def test_text_is_shown_as_it_is(text: str, latex: str) -> None:
    assert escaped(text) == latex


@given(st.text())
def test_no_text_is_a_command(text: str) -> None:
    """Only commands that write a character, whatever is written; a comment never starts."""
    known = {"textbackslash", "textasciicircum", "textasciitilde", "texttt", "ldots"}
    known.update(*map(COMMAND.findall, MATH.values()))
    assert {name for name in COMMAND.findall(escaped(text)) if len(name) > 2} <= known
    assert re.search(r"(?<!\\)[%#&]", escaped(text)) is None


@given(st.text())
def test_braces_and_dollars_match(text: str) -> None:
    plain = re.sub(r"\\.", "", escaped(text), flags=re.DOTALL)
    assert plain.count("$") % 2 == 0
    assert plain.count("{") == plain.count("}")


@given(st.text(st.characters(exclude_characters="\\")))
def test_formulas_are_ascii_but_for_hangul(text: str) -> None:
    left = re.sub("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]", "", ascii_math(text))
    assert left.isascii()


def test_the_document_says_how_to_compile_it() -> None:
    first, second, *_ = latex_document(SAMPLE).splitlines()
    assert first.startswith("% Compile with pdflatex")
    assert second.startswith(r"\documentclass")


def test_everything_is_said_in_order() -> None:
    latex = latex_document(SAMPLE)
    said = [
        r"\begin{document}",
        r"\section{Conventions}",
        "Numerator layout",
        r"\section{Forward pass}",
        r"h & = I \, W_{0}",
        r"= \begin{bmatrix} 4 & 1 \end{bmatrix}",
        r"\approx \begin{bmatrix} 1 & 2.789 \times 10^{-10} \end{bmatrix}",
        r"\mathbb{R}^{64 \times 784}",
        r"\textbf{softmax",
        r"\frac{\partial S}{\partial O} & =",
        r"\begin{list}",
        r"\begin{bmatrix} 6 \\ -2 \end{bmatrix}",
        r"\end{list}",
        r"\end{document}",
    ]
    places = [latex.index(one) for one in said]
    assert places == sorted(places)


def test_a_fragment_has_no_preamble_and_no_numbered_headings() -> None:
    latex = latex_fragment(SAMPLE)
    assert r"\documentclass" not in latex
    assert r"\begin{document}" not in latex
    assert r"\section*{Forward pass}" in latex
    assert latex.startswith("% Needs amsmath, amssymb and graphicx.")


@pytest.mark.parametrize("write", [latex_document, latex_fragment])
def test_environments_match(write: Callable[[Explanation], str]) -> None:
    open_ones: list[str] = []
    for command, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", write(SAMPLE)):
        if command == "begin":
            open_ones.append(name)
        else:
            assert open_ones.pop() == name
    assert open_ones == []


def test_hangul_needs_kotex_and_nothing_else_does() -> None:
    assert "kotex" not in latex_document(SAMPLE)
    assert r"\usepackage{kotex}" in latex_document(explained(noted("손실")))
    assert "and kotex" in latex_fragment(explained(noted("손실"))).splitlines()[0]


def test_numbers_within_sentences_are_written_as_people_do() -> None:
    latex = latex_document(explained(noted("error 2.5e-12이다, not e1 or 0x1e5")))
    assert r"error 2.5$\times 10^{-12}$이다, not e1 or 0x1e5" in latex


def test_what_a_user_writes_does_nothing() -> None:
    hostile = r"\input{/etc/passwd} % \write18 $ #1 _ ^ ~ {"
    latex = latex_document(explained(noted(hostile)))
    body = latex.split(r"\begin{document}")[1]
    assert r"\input" not in body
    assert r"\textbackslash{}input\{/etc/passwd\} \% \textbackslash{}write18 \$ \#1" in body


def test_short_sides_share_a_line() -> None:
    assert len(rows(latex_fragment(explained(quantity(expression("a"), expression("b")))))) == 1


def test_long_sides_begin_new_lines() -> None:
    wide = numbers(" ".join(["-0.1234"] * 5))
    first, second = rows(latex_fragment(explained(quantity(wide, wide))))
    assert first.startswith("l & = ")
    assert second.startswith("& = ")


def test_a_long_sum_is_broken_before_its_signs() -> None:
    names = [f"a_{{{number}}} b_{{{number}}}" for number in range(60)]
    total = Expression("", " + ".join(names))
    lines = rows(latex_fragment(explained(quantity(total))))
    assert len(lines) > 2
    assert all(
        line.startswith(r"& \quad {}  + ") or line.startswith(r"& \quad {} + ")
        for line in lines[1:]
    )
    assert all(width(Expression("", line.replace("&", ""))) <= ROOM + 2 for line in lines)
    assert re.findall(r"a_\{\d+\} b_\{\d+\}", " ".join(lines)) == names


@pytest.mark.parametrize(
    ("formula", "cut"),
    [
        (expression("a + b - c"), ["a", "+ b", "- c"]),
        (expression("-a + b"), ["-a", "+ b"]),
        (
            expression("x", r"\left(a + b\right) - \frac{c + d}{e}"),
            [r"\left(a + b\right)", r"- \frac{c + d}{e}"],
        ),
        (expression("x", "e^{a + b}"), ["e^{a + b}"]),
        (numbers("1 2"), [r"\begin{bmatrix} 1 & 2 \end{bmatrix}"]),
        (expression("x", r"a \odot b + c \odot d"), [r"a \odot b", r"+ c \odot d"]),
        (Line((expression("a"), expression("+"), expression("b"))), ["a", "+ b"]),
    ],
)
def test_where_a_formula_may_be_broken(formula: Formula, cut: list[str]) -> None:
    assert [piece.latex for piece in pieces(formula, 50)] == cut


def test_long_terms_are_broken_at_their_products() -> None:
    product = expression("x", r"a_{1} \odot b_{1} + c_{1} \odot d_{1}")
    cut = ["a_{1}", r"\odot b_{1}", "+ c_{1}", r"\odot d_{1}"]
    assert [piece.latex for piece in pieces(product, 3)] == cut


def test_brackets_around_a_break_do_not_grow() -> None:
    """TeX wants \\left and \\right within one piece."""
    opening, closing = expression("(", r"\left("), expression(")", r"\right)")
    total = Line((opening, expression("a"), expression("+"), expression("b"), closing))
    assert [piece.latex for piece in pieces(total, 50)] == ["( a", "+ b )"]


def test_a_long_diagonal_is_broken_after_its_commas() -> None:
    short, long = numbers("1 2", kind="diagonal"), numbers(" ".join(["0.125"] * 9), kind="diagonal")
    assert [piece.latex for piece in pieces(short, 50)] == [typeset(short)]
    assert [piece.latex for piece in pieces(long, 50)] == [
        r"\operatorname{diag}(0.125,", *["0.125,"] * 7, "0.125)",
    ]  # fmt: skip


@pytest.mark.parametrize("formula", [side.formula for step in SAMPLE.walk() for side in step.sides])
def test_breaking_loses_nothing(formula: Formula) -> None:
    found = pieces(formula, 50)
    assert "".join("".join(one.latex.split()) for one in found) == "".join(typeset(formula).split())
    assert sum(one.width for one in found) == pytest.approx(width(formula), abs=2)


def test_what_is_too_wide_or_too_high_is_scaled_by_tex() -> None:
    wide = numbers(" ".join(["-0.1234"] * 12))
    high = Matrix(tuple((Line(()),) for _ in range(60)))
    fits = numbers("1 2", "3 4")
    for formula, is_scaled in ((wide, True), (high, True), (fits, False)):
        equation = " ".join(rows(latex_fragment(explained(quantity(formula)))))
        assert (r"\chainrulefit{\begin" in equation) is is_scaled


def test_steps_within_steps_stay_within_what_tex_takes() -> None:
    step = quantity(expression("a"))
    for _ in range(9):
        step = Step("quantity", what=expression("b"), steps=(step,))
    assert latex_document(explained(step)).count(r"\begin{list}") == 3


def test_parts_within_parts_are_headings_of_lower_rank() -> None:
    step = Step("part", title=Sentence("forward"))
    for _ in range(5):
        step = Step("part", title=Sentence("forward"), steps=(step,))
    found = re.findall(r"\\(\w+)\{Forward pass\}", latex_document(explained(step)))
    assert found == [
        "section",
        "subsection",
        "subsubsection",
        "paragraph",
        "paragraph",
        "paragraph",
    ]
