"""Reading what is printed gives the same tree; what is printed is canonical."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span
from chainrule.paper.parser import parse
from chainrule.paper.printer import show, show_expression
from chainrule.paper.syntax import (
    COMPARISON,
    LEVELS,
    PRODUCT,
    SUM,
    Bracket,
    Call,
    Composition,
    Definition,
    Derivative,
    Expression,
    FunctionDefinition,
    Index,
    Name,
    Negative,
    Number,
    Power,
    Program,
    Question,
    Sequence,
    Setting,
    Slice,
    Statement,
    Transpose,
    Update,
)

HERE = Span(0, 0)


def without_spans(value: object) -> object:
    if isinstance(value, Span | Source):
        return None
    if isinstance(value, Record):
        return (type(value), *(without_spans(field) for field in value.key()))
    if isinstance(value, tuple):
        return tuple(without_spans(item) for item in value)
    return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a)+((b)-(c))", "a + (b - c)"),
        ("(a+b)-c", "(a + b) - c"),
        ("(a*b)⊙(c+d)", "(a * b) * (c + d)"),
        ("(a<b)==c", "(a < b) == c"),
        ("((x)**(2))**3", "(x^2)^3"),
        ("x**(y**z)", "x^y^z"),
        ("(-2)^2", "(-2)^2"),
        ("-(2^2)", "-2^2"),
        ("-(2)", "-(2)"),
        ("-(-2)", "--2"),
        ("a−(−2)", "a - -2"),
        ("(-a)*b", "-a * b"),
        ("-(a*b)", "-(a * b)"),
        ("2^(-x)", "2^-x"),
        ("(-x).T", "(-x)ᵀ"),
        ("(x.T).T", "xᵀᵀ"),
        ("(F∘G)∘H", "(F∘G)∘H"),
        ("((F∘G))(1,2)[0]", "(F∘G)(1, 2)[0]"),
        ("x[ 1:2 , :, ::-1]", "x[1:2, :, ::-1]"),
        ("sum( D,axis = 0 )", "sum(D, axis=0)"),
        ("(dl)/(dW)", "dl / dW"),
        ("∂ (l)/∂ (W[0])", "∂l/∂W[0]"),
        ("(∂l/∂W)[0]", "(∂l/∂W)[0]"),
        ("(∂F/∂x)(1)", "(∂F/∂x)(1)"),
        ("(∂l/∂W).T", "∂l/∂Wᵀ"),
        ("∂(l+m)/∂(W[0][1])", "∂(l + m)/∂(W[0][1])"),
    ],
)
def test_no_more_parentheses_than_needed(text: str, expected: str) -> None:
    assert show(parse(Source(text))) == f"{expected}\n"


def test_a_program_is_printed_line_by_line() -> None:
    text = "index_base 1\nl=2;W=3;F(x,y)=x+y;W:=W-dl/dW;(F)(l,W)  # why".replace(";", "\n")
    assert show(parse(Source(text))).splitlines() == [
        "index_base 1",
        "l = 2",
        "W = 3",
        "F(x, y) = x + y",
        "W := W - ∂l/∂W",
        "F(l, W)",
    ]


# Trees that some text stands for: a literal is neither called nor indexed, a chain has two links.

words = st.sampled_from(
    ["x", "y", "d", "dx", "dl", "T", "e1", "ŷ", "σ", "W₁", "f'", "_", "y\u0302"]
)
names = st.builds(Name, st.just(HERE), words)
numbers = st.builds(
    Number, st.just(HERE), st.sampled_from(["2", "0.20", ".5", "5.", "1e-3", "-2", "-.5", "-5."])
)


def tuples_of(items: st.SearchStrategy, least: int = 1, most: int = 3) -> st.SearchStrategy:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


def sequences(items: st.SearchStrategy, level: int) -> st.SearchStrategy:
    signs = st.sampled_from([sign for sign in LEVELS if LEVELS[sign] == level])
    rest = tuples_of(st.tuples(signs, st.just(HERE), items), most=1 if level == COMPARISON else 3)
    return st.builds(Sequence, st.just(HERE), items, rest)


def larger(items: st.SearchStrategy) -> st.SearchStrategy:
    here, parts = st.just(HERE), st.none() | items
    heads = items.filter(lambda item: not isinstance(item, Number))
    keywords = st.dictionaries(words, items, max_size=2).map(lambda given: tuple(given.items()))
    return st.one_of(
        st.builds(Bracket, here, tuples_of(items)),
        st.builds(Call, here, heads, tuples_of(items, least=0), keywords),
        st.builds(
            Index, here, heads, tuples_of(items | st.builds(Slice, here, parts, parts, parts))
        ),
        st.builds(Negative, here, items),
        *(sequences(items, level) for level in (COMPARISON, SUM, PRODUCT)),
        st.builds(Power, here, items, items),
        st.builds(Transpose, here, items),
        st.builds(Derivative, here, items, items),
        st.builds(Composition, here, tuples_of(items, least=2)),
    )


expressions: st.SearchStrategy[Expression] = st.recursive(names | numbers, larger, max_leaves=15)


def question(expression: Expression) -> Question:
    return Question(HERE, expression, show_expression(expression))


here = st.just(HERE)
statements: st.SearchStrategy[Statement] = st.one_of(
    st.builds(Definition, here, words, here, expressions),
    st.builds(Update, here, words, here, expressions),
    st.builds(
        FunctionDefinition,
        here,
        words,
        here,
        st.lists(words, min_size=1, max_size=3, unique=True).map(tuple),
        expressions,
    ),
    expressions.map(question),
)


@given(expressions)
@settings(max_examples=500)
def test_an_expression_is_read_back(expression: Expression) -> None:
    (statement,) = parse(Source(show_expression(expression))).statements
    assert isinstance(statement, Question)
    assert without_spans(statement.expression) == without_spans(expression)


@given(st.lists(statements, max_size=5), st.sampled_from([None, 0, 1]))
def test_a_program_is_read_back(lines: list[Statement], base: int | None) -> None:
    settings_first = [] if base is None else [Setting(HERE, "index_base", base)]
    program = Program(Source(""), (*settings_first, *lines))
    assert without_spans(parse(Source(show(program)))) == without_spans(program)
