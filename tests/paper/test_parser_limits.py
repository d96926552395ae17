"""Nested, long and arbitrary texts: each is read or refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.paper.trees import read

from chainrule.errors import ChainruleError, TooLarge
from chainrule.paper.lexer import MAX_NESTING
from chainrule.paper.printer import show
from chainrule.paper.syntax import Question, Sequence

# Texts that would exhaust the stack of a recursive parser, were nesting not limited.
NESTED: dict[str, Callable[[int], str]] = {
    "minus": lambda n: "-" * n + "x",
    "plus": lambda n: "+" * n + "x",
    "power": lambda n: "2^" * n + "2",
    "signed power": lambda n: "2^-" * (n // 2) + "2",
    "transpose": lambda n: "x" + "ᵀ" * n,
    "index": lambda n: "x" + "[0]" * n,
    "call": lambda n: "f" + "(1)" * n,
    "parentheses": lambda n: "(" * n + "x" + ")" * n,
    "brackets": lambda n: "[" * n + "x" + "]" * n,
    "calls": lambda n: "f(" * n + "x" + ")" * n,
    "keywords": lambda n: "f(a=" * n + "x" + ")" * n,
    "slices": lambda n: "x[1:" * n + "2" + "]" * n,
    "sums": lambda n: "(" * (n // 2) + "x" + "+1)" * (n // 2),
    "every level": lambda n: "1<2+3*x∘f(" * n + "x" + ")" * n,
    "sign in brackets": lambda n: "-[" * (n // 2) + "x" + "]" * (n // 2),
    "∂": lambda n: "∂(" * (n // 2) + "x" + ")/∂x" * (n // 2),
    "d": lambda n: "d(" * n + "x" + ")/dx" * n + "\nx = 1",
    "transposes in parentheses": lambda n: "(" * n + "x" + ")ᵀᵀ" * n,
}


@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED)
def test_nesting_is_limited(nested: Callable[[int], str]) -> None:
    for depth in (MAX_NESTING + 2, 8_000):
        with pytest.raises(TooLarge, match="nested more than 60 deep") as caught:
            read(nested(depth))
        assert caught.value.place is not None


@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED)
def test_nesting_within_the_limit_is_read(nested: Callable[[int], str]) -> None:
    program = read(nested(MAX_NESTING // 5))
    assert read(show(program)).statements


def test_a_long_sum_is_flat() -> None:
    question = read("x" + "+x" * 40_000).statements[0]
    assert isinstance(question, Question)
    assert isinstance(question.expression, Sequence)
    assert len(question.expression.rest) == 40_000


PIECES = "x dx l dl d ( ) [ ] , : = := == + - * / ^ ᵀ .T ∂ ∘ 2 0.5 index_base grad import"


@given(st.lists(st.sampled_from([*PIECES.split(), " ", "\n", "x = 1\n", "l = x\n"])).map("".join))
def test_any_text_is_read_or_refused_at_a_place(text: str) -> None:
    try:
        read(text)
    except ChainruleError as error:
        problem = error
    else:
        return
    assert problem.place is not None
    assert problem.message.endswith((".", "?"))
