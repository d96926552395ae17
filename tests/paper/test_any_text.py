"""Whatever is typed is answered or refused: the lectures with random slips of the pen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import ChainruleError
from chainrule.explain.solution import solve
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.chain"))
LECTURES = [path.read_text(encoding="utf-8") for path in EXAMPLES]
SLIPS = re.findall(
    r"\S+",
    """
    [ ] ( ) , : . = := == # + - * / @ ^ · ᵀ .T ∂ ∘ d 0 1 -1 0.5 1e999 x W l L S α ŷ _ < ≥ " ' { é
    new grad D new(l) D(f) D(F)(1) grad(f) f(1,2) F∘G dl/dx ∂L/∂W ∂l/∂l index_base relu( softmax
    sum axis=0 keepdims=1 to=[2] reshape einsum where max not( zeros(2) ones(2,2) eye(2) [] () [0]
    [0,0] [:] [::-1] [1:1] argmax(x,axis=[0]) number(x>0) place(1,index=[0],to=[2])
    einsum(W,terms=[ii],result=_) : -> R R^2 R^n R^(n x m) R^(2x3) :R^n,one_hot :symmetric f'(x)
    zeros(n) D(f,1)
    """,
)

Slip = tuple[int, int, str]


def slipped(text: str, slips: list[Slip]) -> str:
    """The text with each slip put in, or over some characters, or over a line."""
    for place, length, typed in slips:
        at = place % (len(text) + 1)
        text = text[:at] + typed + text[at + length :]
    return text


TEXTS = st.builds(
    slipped,
    st.sampled_from(LECTURES),
    st.lists(
        st.tuples(
            st.integers(0, 3000),
            st.sampled_from([0, 0, 0, 1, 1, 2, 5, 30]),
            st.one_of(st.sampled_from(["", " ", "\n", *SLIPS]), st.characters()),
        ),
        min_size=1,
        max_size=6,
    ),
)


def is_answered_or_refused(text: str) -> None:
    try:
        solve(elaborate(parse(Source(text, "slip.chain"))))
    except ChainruleError as problem:
        said = str(problem)
    else:
        said = "an answer"
    assert said.strip()


@given(TEXTS)
@settings(max_examples=300)
def test_a_slip_of_the_pen(text: str) -> None:
    is_answered_or_refused(text)


@pytest.mark.soak
@given(TEXTS)
@settings(max_examples=5000)
def test_many_slips_of_the_pen(text: str) -> None:
    is_answered_or_refused(text)


@given(st.text(st.sampled_from("xyWd01.+-*/^@()[],:=∂∘ᵀ \n"), max_size=30))
@settings(max_examples=300)
def test_any_characters(text: str) -> None:
    is_answered_or_refused(text)
