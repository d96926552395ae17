"""Explanations as Markdown: formulas in dollar signs, words as they are, whatever is in them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.explain.formulas import explanations, formulas
from tests.explain.reading_back import are_in_order, numbers_in_latex, numbers_of
from tests.explain.sample import SAMPLE, expression, numbers

from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.explain.printers import printed
from chainrule.explain.printers.markdown import escaped, markdown, math
from chainrule.notation.formula import Expression, Number

AS_MARKDOWN = r"""
# $\frac{\partial l}{\partial O}$

## Conventions

Numerator layout: rows are outputs, columns are inputs.

Arrays are flattened row by row.

## Forward pass

$$
\begin{aligned}
h &= I \, W_{0} \\
&= \begin{bmatrix} 2 & 1 \end{bmatrix} \, \begin{bmatrix} 1 & -2 \\ 2 & 5 \end{bmatrix} \\
&= \begin{bmatrix} 4 & 1 \end{bmatrix}
\end{aligned}
$$
""".strip()
NESTED = r"""
$$
\begin{aligned}
\frac{\partial L}{\partial h} &= \operatorname{diag}\left(\mathbf{1}[h_{0} > 0], \mathbf{1}[h_{1} > 0]\right) \\
&= \operatorname{diag}\left(1, 1\right)
\end{aligned}
$$

- $$
  \frac{\partial l}{\partial h} = \begin{bmatrix} 6 \\ -2 \end{bmatrix}
  $$

  Forward pass
""".strip()  # noqa: E501


def test_what_markdown_looks_like() -> None:
    text = printed(SAMPLE, "md")
    assert text.startswith(AS_MARKDOWN)
    assert text.endswith(NESTED)
    assert r"S &= \operatorname{softmax}\left(O\right) \\" in text
    assert r"&\approx \begin{bmatrix} 1 & 2.789 \times 10^{-10} \end{bmatrix}" in text
    assert r"$\frac{\partial L}{\partial h}$ (2 × 2): *ReLU*: *ReLU passes what" in text


# Reading Markdown as GitHub and Jupyter do: formulas first, then everything else

FORMULA = re.compile(r"\$\$\n(.*?)\n *\$\$|(?<!\\)\$((?:[^$\\]|\\.)*)\$", re.DOTALL)
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def without_formulas(text: str) -> tuple[str, list[str]]:
    """The text with a word in the place of each formula, and the formulas."""
    found: list[str] = []

    def word(one: re.Match[str]) -> str:
        found.append(one[1] or one[2])
        return "formula"

    return FORMULA.sub(word, text), found


def tokens(text: str) -> list[Token]:
    """All that is seen, within blocks and within lines."""
    blocks = READER.parse(text)
    return [one for block in blocks for one in (block, *(block.children or []))]


def shown(text: str) -> str:
    """What a reader sees."""
    return "".join(one.content for one in tokens(text) if one.type == "text")


def raw_html(text: str) -> set[str]:
    """The tags that are passed on."""
    return {one.content for one in tokens(text) if one.type.startswith("html")}


MARKUP = [
    "<script>alert(1)</script>",
    "*bold* and __bold__ and ~~gone~~",
    "`code` and ```fence```",
    "a | b",
    "|a|b|",
    "[link](http://example.org) ![image](x.png)",
    "<http://example.org> &lt; &amp;",
    "costs $5 and $6, $x$",
    "# heading #",
    "- item",
    "+ item",
    "1. item",
    "2) item",
    "> quote",
    "===",
    "---",
    "***",
    "~~~",
    "    indented",
    r"a\b \* \\",
    "<!-- comment -->",
    "[^1]: note",
]


@pytest.mark.parametrize("text", MARKUP)
def test_what_a_user_wrote_is_shown_as_it_is(text: str) -> None:
    found = escaped(text)
    assert shown(found) == " ".join(text.split())
    kinds = {one.type for one in tokens(found)} - {"html_inline"}
    assert kinds == {"paragraph_open", "inline", "text", "paragraph_close"}
    assert raw_html(found) <= {"<span>", "</span>"}


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zs", "Zl", "Zp"]))
ROUGH = st.text("abc 12.)-+=*_`~#<>[]()!|\\&;:$^\"'{}@/")


@given(st.one_of(PRINTABLE, ROUGH))
def test_no_character_begins_markup(text: str) -> None:
    assert shown(escaped(text)) == " ".join(text.split())


@given(ROUGH)
def test_nor_does_it_in_italics(text: str) -> None:
    wanted = " ".join(text.split())
    if wanted:
        assert shown(f"*{escaped(text)}*") == wanted


STRANGE = "<script>`x` $y$ *z* | & _w_ \n\n# [a](b)"


def test_no_name_or_sentence_gets_out_of_its_place() -> None:
    step = Step("quantity", what=expression("W", STRANGE), sides=(Equal(expression("b", STRANGE)),),
                rule=Sentence(STRANGE), why=Sentence(STRANGE), remarks=(Sentence(STRANGE),),
                steps=(Step("quantity", what=expression("b", STRANGE)),))  # fmt: skip
    part = Step("part", title=Sentence(STRANGE), steps=(step,))
    text = markdown(Explanation(expression("b", STRANGE), "chain", (part,)))
    bare, formulas_found = without_formulas(text)
    kinds = [one.type for one in tokens(bare)]
    assert len(formulas_found) == 4
    assert not {"html_block", "code_inline", "code_block", "fence", "link_open"} & set(kinds)
    assert raw_html(bare) == {"<span>", "</span>"}
    assert text.count("<script") == text.count(r"\<script")
    assert kinds.count("heading_open") == 2
    assert kinds.count("bullet_list_open") == 1


def test_formulas_hold_no_dollar_of_their_own() -> None:
    assert math(Expression("", r"a $ b \$ c \\$")) == r"a \$ b \$ c \\\$"


def test_a_tag_in_a_formula_is_none() -> None:
    assert math(Expression("", "a<b<script>")) == "a< b< script>"


def test_a_single_side_stands_on_its_line() -> None:
    step = Step("quantity", what=expression("y"), sides=(Equal(Number("2/3"), "result", False),))
    text = markdown(Explanation(expression("y"), "chain", (step,)))
    assert text == "# $y$\n\n$$\ny \\approx \\frac{2}{3}\n$$"


def test_deep_steps_are_lists_in_lists() -> None:
    inner = Step("quantity", what=expression("c"), sides=(Equal(numbers("1 2")),))
    middle = Step("quantity", what=expression("b"), rule=Sentence("name:relu"), steps=(inner,))
    outer = Step("quantity", what=expression("a"), rule=Sentence("name:relu"), steps=(middle,))
    text = markdown(Explanation(expression("a"), "chain", (outer,)))
    assert text.splitlines()[2:] == [
        "$a$: *ReLU*",
        "",
        "- $b$: *ReLU*",
        "",
        "  - $$",
        r"    c = \begin{bmatrix} 1 & 2 \end{bmatrix}",
        "    $$",
    ]
    kinds = [one.type for one in tokens(without_formulas(text)[0])]
    assert kinds.count("bullet_list_open") == 2
    assert "code_block" not in kinds


@given(explanations(st.from_regex(r"[a-z]{1,9}( [a-z]{1,9}){0,5}", fullmatch=True)))
def test_every_sentence_and_formula_is_there(explanation: Explanation) -> None:
    bare, found = without_formulas(markdown(explanation))
    words = shown(bare)
    for step in explanation.walk():
        said = [*step.remarks, *filter(None, [step.title, step.rule, step.why])]
        assert all(sentence.code in words for sentence in said)
        for side in step.sides:
            assert any(math(side.formula) in one for one in found)


@given(formulas())
def test_numbers_are_read_back_in_order(formula: Expression) -> None:
    assert are_in_order(numbers_of(formula, "latex"), numbers_in_latex(math(formula)))
