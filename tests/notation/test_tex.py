"""The LaTeX that chainrule writes is read back whole, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.notation.written import NAMES, every_latex, templates

from chainrule.errors import DataProblem, TooLarge
from chainrule.notation.latex import latex_name
from chainrule.notation.tex import (
    Accent,
    Atom,
    Fence,
    Fraction,
    Root,
    Row,
    Scripts,
    Table,
    Tree,
    parse_tex,
)
from chainrule.notation.tex_symbols import FUNCTIONS, LARGE, LETTERS, PAIRS, SIGNS


def letter(text: str) -> Atom:
    return Atom("letter", text)


def number(text: str) -> Atom:
    return Atom("number", text)


def sign(text: str) -> Atom:
    return Atom("sign", text)


x, y, two = letter("x"), letter("y"), number("2")
TREES: list[tuple[str, Tree]] = [
    ("x", x),
    ("", Row(())),
    ("2.5", number("2.5")),
    ("x y", Row((x, y))),
    ("xy", Row((x, y))),
    (r"\alpha", letter("α")),
    ("x^2", Scripts(x, None, two)),
    ("x^23", Row((Scripts(x, None, two), number("3")))),  # an exponent is one character …
    ("x^{23}", Scripts(x, None, number("23"))),  # … or what is in braces
    (r"x_{2}^{\top}", Scripts(x, two, letter("⊤"))),
    (r"x^{\top}_{2}", Scripts(x, two, letter("⊤"))),
    (r"\log_2 x", Row((Scripts(Atom("function", "log"), two), x))),
    ("x'", Scripts(x, None, sign("′"))),
    ("{x}^{y}", Scripts(x, None, y)),
    (r"\frac{x}{2}", Fraction(x, two)),
    (r"\sqrt{x}", Root(x)),
    (r"\sqrt[3]{x}", Root(x, number("3"))),
    (r"\hat{y}", Accent("hat", y)),
    (r"\left(x\right)", Fence("(", x, ")")),
    (r"\left\lVert x \right\rVert", Fence("‖", x, "‖")),
    (r"\lVert x \rVert", Fence("‖", x, "‖")),
    (r"\left. x \right|", Fence("", x, "|")),
    ("[x]", Row((sign("["), x, sign("]")))),
    (r"\mathrm{net}", Atom("upright", "net")),
    (r"\mathbf{1}", Atom("bold", "1")),
    (r"\mathbb{R}", Atom("double", "R")),
    (r"\operatorname{cross\_entropy}", Atom("function", "cross_entropy")),
    (r"\text{a\_b \{c\} \textbackslash{}d}", Atom("text", r"a_b {c} \d")),
    (r"x \, y", Row((x, Atom("space", "0.167"), y))),
    (r"\begin{bmatrix} x & 2 \\ y & x \end{bmatrix}", Table("bmatrix", ((x, two), (y, x)))),
    (r"\begin{bmatrix} x \\ y \\ \end{bmatrix}", Table("bmatrix", ((x,), (y,)))),
]


@pytest.mark.parametrize(("latex", "tree"), TREES)
def test_a_formula_is_read(latex: str, tree: Tree) -> None:
    assert parse_tex(latex) == tree


REFUSED = [
    (r"\foo", r"\foo is not known here"),
    (r"x \input{secret}", r"\input is not known here"),
    (r"\begin{tikzpicture} x \end{tikzpicture}", "environment 'tikzpicture'"),
    (r"\begin{bmatrix} x \end{matrix}", "bmatrix does not end"),
    (r"\begin{bmatrix} x", "The end"),
    ("{x", "'}' should be"),
    ("x}", "does not belong here"),
    ("x & y", "does not belong here"),
    (r"\frac{x}", "where an argument should be"),
    ("x^", "where an argument should be"),
    ("x_1_2", "Two indices"),
    ("x^1^2", "Two exponents"),
    (r"\left( x", r"\right should be"),
    (r"\left x \right)", "where a bracket should be"),
    (r"\lVert x \rvert", r"\rVert should be"),
    (r"\sqrt[3 {x}", "']' should be"),
    (r"\mathrm x", "without a text in braces"),
    (r"\mathrm{x", "not closed"),
    (r"\mathrm{a_b}", "'_' is not known in a text"),
    (r"\text{\input x}", r"\input' is not known in a text"),
    ("$x$", "'$' is not known"),
    ("50% off", "'%' is not known"),
    ("#1", "'#' is not known"),
    ("a~b", "'~' is not known"),
    ("x\\", r"'\\' is not known"),
    ("x \x00", "is not known"),
    ("x \ue000", "is not known"),  # the mark of a hole that was not filled
]


@pytest.mark.parametrize(("latex", "said"), REFUSED)
def test_what_is_not_ours_is_an_error(latex: str, said: str) -> None:
    with pytest.raises(DataProblem) as caught:
        parse_tex(latex)
    assert said.replace("\\", "\\\\") in str(caught.value) or said in str(caught.value)


@pytest.mark.parametrize("name", templates())
def test_the_form_of_every_operation_is_known(name: str) -> None:
    assert parse_tex(templates()[name]) != Row(())


def test_everything_that_is_written_is_known() -> None:
    trees = [parse_tex(latex) for latex in every_latex()]
    assert len(trees) > 900


SYMBOLS = {*LETTERS, *SIGNS, *LARGE, *FUNCTIONS} - {*PAIRS, *PAIRS.values()}


@pytest.mark.parametrize("command", sorted(SYMBOLS))
def test_every_command_is_one_symbol(command: str) -> None:
    assert isinstance(parse_tex(f"\\{command}"), Atom)


def shown(tree: Tree) -> str:
    """The characters of a name, in order, without what says how they stand."""
    if isinstance(tree, Atom):
        return tree.text
    if isinstance(tree, Row):
        return "".join(map(shown, tree.parts))
    if isinstance(tree, Scripts):
        return shown(tree.base) + "".join(shown(one) for one in (tree.below, tree.above) if one)
    assert isinstance(tree, Accent), tree
    return shown(tree.inner)


PLAIN = dict(zip("'₀₁₂₃₄₅₆₇₈₉", "′0123456789", strict=True)) | {"_": ""}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_written_with_all_its_characters(name: str) -> None:
    assert letters(shown(parse_tex(latex_name(name)))) == letters(name)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8))
def test_any_text_as_a_name_is_read_back(name: str) -> None:
    assert letters(shown(parse_tex(latex_name(name)))) == letters(name)


def letters(text: str) -> str:
    """What is seen of a name: underscores join an index, accents are commands."""
    from unicodedata import normalize

    accents = dict.fromkeys("\u0302\u0304\u0303\u0307\u20d7", "")
    plain = "".join((PLAIN | accents).get(one, one) for one in normalize("NFD", text))
    return normalize("NFC", plain)


def test_deep_and_long_formulas_are_refused() -> None:
    assert parse_tex("{" * 70 + "x" + "}" * 70) == x
    with pytest.raises(TooLarge, match="nested more than 80 deep"):
        parse_tex("{" * 99_000 + "x" + "}" * 99_000)
    with pytest.raises(TooLarge, match="nested more than 80 deep"):
        parse_tex(r"\frac{1}" * 10_000 + "{2}")
    with pytest.raises(TooLarge, match="200,000 characters"):
        parse_tex("x " * 100_001)
