"""The grammar, as tables: a text and its tree."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.paper.trees import GIVEN, compact, read, tree

from chainrule.graph.source import Source
from chainrule.paper.parser import parse
from chainrule.paper.syntax import Definition, Sequence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Operators of one level stay flat, and go from left to right
        ("a + b - c", "(a + b - c)"),
        ("a − b ⊙ c", "(a - (b * c))"),
        ("a*b/c@d·e", "(a * b / c @ d · e)"),
        ("a*b + c*d", "((a * b) + (c * d))"),
        ("a - (b - c)", "(a - (b - c))"),
        ("(a - b) - c", "((a - b) - c)"),
        ("a + b <= c * d", "((a + b) <= (c * d))"),
        ("a == b", "(a == b)"),
        ("a ≠ (b < c)", "(a != (b < c))"),
        # Signs
        ("-x", "(Negative x)"),
        ("--x", "(Negative (Negative x))"),
        ("+x", "x"),
        ("-+x", "(Negative x)"),
        ("-a * b", "((Negative a) * b)"),
        ("a * -b", "(a * (Negative b))"),
        ("-x^2", "(Negative (Power x 2))"),
        # A minus directly before a literal belongs to it
        ("-0.20", "-0.20"),
        ("−2", "-2"),
        ("(-2)", "-2"),
        ("- 2", "-2"),
        ("--2", "(Negative -2)"),
        ("-(2)", "(Negative 2)"),
        ("-2^2", "(Negative (Power 2 2))"),
        ("(-2)^2", "(Power -2 2)"),
        ("-2ᵀ", "(Negative (Transpose 2))"),
        ("a - 2", "(a - 2)"),
        ("a -2", "(a - 2)"),
        ("a - -2", "(a - -2)"),
        ("-2 * a", "(-2 * a)"),
        # Powers
        ("x^2 + 2*y", "((Power x 2) + (2 * y))"),
        ("x**2", "(Power x 2)"),
        ("2^3^2", "(Power 2 (Power 3 2))"),
        ("(2^3)^2", "(Power (Power 2 3) 2)"),
        ("2^-1", "(Power 2 -1)"),
        ("2^-x^2", "(Power 2 (Negative (Power x 2)))"),
        ("2^-1 * 3", "((Power 2 -1) * 3)"),
        ("Wᵀ^2", "(Power (Transpose W) 2)"),
        # What follows an operand
        ("Wᵀ @ x.T", "((Transpose W) @ (Transpose x))"),
        ("h.T", "(Transpose h)"),
        ("(a + b)ᵀ", "(Transpose (a + b))"),
        ("F(1, 2)", "(Call F [1 2] [])"),
        ("F()", "(Call F [] [])"),
        ("D(F)(1, 2)", "(Call (Call D [F] []) [1 2] [])"),
        ("sum(D, axis=0)", "(Call sum [D] [[axis 0]])"),
        ("f(a, b=c + 1, d=-1)", "(Call f [a] [[b (c + 1)] [d -1]])"),
        ("f (x)", "(Call f [x] [])"),
        ("x[0]", "(Index x [0])"),
        ("x[0][1]", "(Index (Index x [0]) [1])"),
        ("x[-1, i + 1]", "(Index x [-1 (i + 1)])"),
        ("x[:]", "(Index x [(Slice _ _ _)])"),
        ("x[:, 1]", "(Index x [(Slice _ _ _) 1])"),
        ("x[1:]", "(Index x [(Slice 1 _ _)])"),
        ("x[:n-1]", "(Index x [(Slice _ (n - 1) _)])"),
        ("x[1:2:3, ::2]", "(Index x [(Slice 1 2 3) (Slice _ _ 2)])"),
        ("x[::]", "(Index x [(Slice _ _ _)])"),
        ("[1, 2][0]", "(Index (Bracket [1 2]) [0])"),
        # Composition binds tighter than a power, looser than a call
        ("F∘G", "(Composition [F G])"),
        ("F ∘ G ∘ H", "(Composition [F G H])"),
        ("F∘(G∘H)", "(Composition [F (Composition [G H])])"),
        ("D(F∘G)(2)", "(Call (Call D [(Composition [F G])] []) [2] [])"),
        ("F∘G(2)", "(Composition [F (Call G [2] [])])"),
        ("(F∘G)(2)", "(Call (Composition [F G]) [2] [])"),
        ("F∘G^2", "(Power (Composition [F G]) 2)"),
        # A sign in brackets
        ("[1 - 2]", "(Bracket [(1 - 2)])"),
        ("[1-2]", "(Bracket [(1 - 2)])"),
        ("[1- 2]", "(Bracket [(1 - 2)])"),
        ("[1, -2]", "(Bracket [1 -2])"),
        ("[a\n - b]", "(Bracket [(a - b)])"),
        ("[(1 -2)]", "(Bracket [(1 - 2)])"),
        ("[f(1 -2)]", "(Bracket [(Call f [(1 - 2)] [])])"),
        ("x[n -1]", "(Index x [(n - 1)])"),
        # Python's words are names like others within a formula
        ("not(c)", "(Call not [c] [])"),
        ("1 + not(a < b) * print(c)", "(1 + ((Call not [(a < b)] []) * (Call print [c] [])))"),
        ("lambda(2) + in(3)", "((Call lambda [2] []) + (Call in [3] []))"),
        # Brackets
        ("[[1, -2], [2, 5]]", "(Bracket [(Bracket [1 -2]) (Bracket [2 5])])"),
        ("[x^2 + 2*y, 3*x]", "(Bracket [((Power x 2) + (2 * y)) (3 * x)])"),
        ("[1,\n 2 # two\n]", "(Bracket [1 2])"),
        ("((x))", "x"),
        ("ŷ - y\u0302", "(ŷ - y\u0302)"),
    ],
)
def test_an_expression(text: str, expected: str) -> None:
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dl/dW1", "(Derivative l W1)"),
        ("dS[0]/dO[1]", "(Derivative (Index S [0]) (Index O [1]))"),
        ("dS[0, 1]/dO", "(Derivative (Index S [0 1]) O)"),
        ("(dS/dO)[0, 1]", "(Index (Derivative S O) [0 1])"),
        ("dl/dW1ᵀ", "(Transpose (Derivative l W1))"),
        ("dl/dW1.T", "(Transpose (Derivative l W1))"),
        ("dl/dW1^2", "(Power (Derivative l W1) 2)"),
        ("dl/dS/2", "((Derivative l S) / 2)"),
        ("0.1 * dl/dW1", "(0.1 * (Derivative l W1))"),
        ("dl/dS · dS/dO", "((Derivative l S) · (Derivative S O))"),
        ("x/dl/dS", "(x / (Derivative l S))"),
        ("dl/dS/dS/dO", "((Derivative l S) / (Derivative S O))"),
        ("-dl/dS", "(Negative (Derivative l S))"),
        # ∂ always is one
        ("∂l/∂W1", "(Derivative l W1)"),
        ("∂ l / ∂ W1", "(Derivative l W1)"),
        ("∂u/∂v", "(Derivative u v)"),
        ("∂S[0]/∂O[1]", "(Derivative (Index S [0]) (Index O [1]))"),
        ("∂l/∂(W1)", "(Derivative l W1)"),
        ("∂(l + S)/∂W1", "(Derivative (l + S) W1)"),
        ("∂(∂l/∂S)/∂S", "(Derivative (Derivative l S) S)"),
        ("∂(dl/dS)/∂(S)", "(Derivative (Derivative l S) S)"),
        ("∂l/∂(S + O)[0]", "(Index (Derivative l (S + O)) [0])"),
        # d(…) is one where d is no name of the user's
        ("d(l*S)/dW1", "(Derivative (l * S) W1)"),
        ("d(dl/dS)/dS", "(Derivative (Derivative l S) S)"),
        ("d(l)/dO[1]", "(Derivative l (Index O [1]))"),
        ("d = S\nd(l)/dO", "((Call d [l] []) / dO)"),
        ("d(l, S)/dO", "((Call d [l S] []) / dO)"),
        ("d(l) / dO", "((Call d [l] []) / dO)"),
        # Plain quotients
        ("(dl)/(dW1)", "(dl / dW1)"),
        ("dl / dW1", "(dl / dW1)"),
        ("dl /dW1", "(dl / dW1)"),
        ("dl/ dW1", "(dl / dW1)"),
        ("dS [0]/dO", "((Index dS [0]) / dO)"),
        ("dl/2", "(dl / 2)"),
        ("l/dW1", "(l / dW1)"),
        ("d1/d2", "(d1 / d2)"),
        ("data = 1\ndim = 2\ndata/dim", "(data / dim)"),
        ("delta = 1\ndelta/dS^2", "(delta / (Power dS 2))"),
        ("delta = 1\ndelta[0]/dS[1]", "((Index delta [0]) / (Index dS [1]))"),
        ("dl = 1\ndx = 2\ndl/dx", "(dl / dx)"),
        ("lambda = 1\nlambda * 2", "(lambda * 2)"),
        ("print = 1\nprint", "print"),
    ],
)
def test_a_derivative(text: str, expected: str) -> None:
    assert tree(GIVEN + text) == expected


def test_names_defined_later_and_parameters_count_as_defined() -> None:
    program = read("g = dl/dw\nl = 1\nw := 2\nF(x) = dl/dx\nH(a) = dF/da")
    assert [compact(statement) for statement in program.statements] == [
        "(Definition g (Derivative l w))",
        "(Definition l 1)",
        "(Update w 2)",
        "(FunctionDefinition F [x] (Derivative l x))",
        "(FunctionDefinition H [a] (Derivative F a))",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("index_base 1", "(Setting index_base 1)"),
        ("I = [2, 1]", "(Definition I (Bracket [2 1]))"),
        ("h = I @ W0  # hidden", "(Definition h (I @ W0))"),
        ("F(x, y) = x + y", "(FunctionDefinition F [x y] (x + y))"),
        ("W := W - 0.1", "(Update W (W - 0.1))"),
        ("F(x) == y", "(Question ((Call F [x] []) == y) F(x) == y)"),
        ("  (a)*b  # why", "(Question (a * b) (a)*b)"),
        ("D = 1", "(Definition D 1)"),
        ("d = 1", "(Definition d 1)"),
    ],
)
def test_a_statement(text: str, expected: str) -> None:
    for ending in ("", "\n", "\r\n", "\n\n# the end"):
        (statement,) = read(f"{text}{ending}").statements
        assert compact(statement) == expected


def test_a_file_is_read_line_by_line() -> None:
    text = "\ufeffindex_base 1\r\n\r\nx = [1,\r\n  2]\r\nx[1] # first\r\n"
    assert [compact(statement) for statement in read(text).statements] == [
        "(Setting index_base 1)",
        "(Definition x (Bracket [1 2]))",
        "(Question (Index x [1]) x[1])",
    ]


def test_everything_knows_where_it_stands() -> None:
    source = Source("y = 1\nx = (a + b)*-2 ≤ f(c)")
    definition = parse(source).statements[1]
    assert isinstance(definition, Definition)
    assert source.slice(definition.span) == "x = (a + b)*-2 ≤ f(c)"
    assert source.slice(definition.name_span) == "x"
    comparison = definition.value
    assert isinstance(comparison, Sequence)
    (sign, place, call), product = comparison.rest[0], comparison.first
    assert (sign, source.slice(place), source.slice(call.span)) == ("<=", "≤", "f(c)")
    assert source.slice(product.span) == "(a + b)*-2"
    assert isinstance(product, Sequence)
    assert source.slice(product.first.span) == "a + b"
    assert source.slice(product.rest[0][2].span) == "-2"


def test_nothing_is_loaded_that_only_errors_need() -> None:
    unwanted = "difflib", "unicodedata", "inspect", "dataclasses"
    script = (
        "import sys; import chainrule.graph.source, chainrule.errors; before = set(sys.modules);"
        "from chainrule.graph.source import Source; from chainrule.paper.parser import parse;"
        "parse(Source('ŷ = 1\\ng = [ŷ, 2] @ x'));"
        f"print(*sorted((set(sys.modules) - before) & set({unwanted})))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
