"""The grammar, as tables: a text and its tree, a text and its error."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ChainruleError, NameProblem, PaperError, TooLarge
from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span
from chainrule.paper.lexer import MAX_NESTING
from chainrule.paper.parser import parse
from chainrule.paper.printer import show
from chainrule.paper.suggest import derivative_hint, did_you_mean
from chainrule.paper.syntax import (
    Definition,
    Name,
    Number,
    Program,
    Question,
    Sequence,
)


def read(text: str) -> Program:
    return parse(Source(text))


def compact(value: object) -> str:
    """`(Power x 2)`: the tree without its places; a sequence shows its operators in order."""
    if isinstance(value, Name):
        return value.name
    if isinstance(value, Number):
        return value.text
    if isinstance(value, Sequence):
        rest = "".join(f" {sign} {compact(operand)}" for sign, _, operand in value.rest)
        return f"({compact(value.first)}{rest})"
    if isinstance(value, Record):
        fields = [compact(field) for field in value.key() if not isinstance(field, Span)]
        return f"({' '.join([type(value).__name__, *fields])})"
    if isinstance(value, tuple):
        return f"[{' '.join(compact(item) for item in value)}]"
    return "_" if value is None else str(value)


def tree(text: str) -> str:
    """The compact tree of the last line, which is a question."""
    question = read(text).statements[-1]
    assert isinstance(question, Question)
    return compact(question.expression)


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


GIVEN = "l = 1\nW1 = 2\nS = [1, 2]\nO = [3, 4]\n"


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


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        # A value is missing
        ("x = a +", "The line ends after '+'; a value must follow.", 1, 7),
        ("x =  # nothing", "The line ends after '='; a value must follow.", 1, 3),
        ("x ==\ny", "The line ends after '=='; a value must follow.", 1, 3),
        ("a + * b", "A value must stand before '*'.", 1, 5),
        ("[1, 2, ]", "A value must stand before ']'.", 1, 8),
        ("x = []", "These brackets are empty; an entry must stand in them.", 1, 5),
        ("x[]", "These brackets are empty; an entry must stand in them.", 1, 2),
        ("x = ()", "These parentheses are empty; a value must stand in them.", 1, 5),
        # One value too many
        ("a b", "Two expressions stand side by side. Write a * b for a product.", 1, 3),
        ("x = 2 y", "Write 2 * y for a product.", 1, 7),
        ("(a)[0] b", "Write a * b for a product.", 1, 8),
        ("[1 2]", "Separate entries with commas: [1, 2]; write 1 * 2 for a product.", 1, 4),
        ("[(1), f(2)(3) y]", "Separate entries with commas: [a, b]; write a * b for", 1, 15),
        ("[(1 2)]", "Two expressions stand side by side.", 1, 5),
        ("x[0 1]", "Separate entries with commas: [0, 1]", 1, 5),
        ("x = [1]\ny = 2 y", "Two expressions stand side by side.", 2, 7),
        # A sign that stands with its right side only
        ("[1 -2]", "Separate entries with commas: [1, -2]; write 1 - 2 for a difference.", 1, 4),
        ("[[a −b, 2]]", "Separate entries with commas: [a, -b]; write a - b for", 1, 5),
        ("[a +b]", "Separate entries with commas: [a, b]; write a + b for a sum.", 1, 4),
        ("[x^2 -f(x)]", "Separate entries with commas: [a, -b]; write a - b", 1, 6),
        ("[3 - 2 -1]", "Separate entries with commas: [2, -1]; write 2 - 1", 1, 8),
        ("[1\n-2]", "Separate entries with commas: [1, -2]", 2, 1),
        ("2(x + 1)", "Two expressions stand side by side.", 1, 2),
        ("2[0]", "Two expressions stand side by side.", 1, 2),
        ("x = 1, 2", "A list of values stands in brackets: [1, 2].", 1, 6),
        ("x = (1, 2)", "A list of values stands in brackets: [1, 2].", 1, 5),
        ("a < b < c", "Comparisons cannot be chained. Write each of them on its own.", 1, 7),
        # Equals signs
        ("x = y = 2", "'=' gives a name its value and stands after that name", 1, 7),
        ("x = (y = 2)", "To compare, write ==.", 1, 8),
        ("x = y := 2", "':=' updates a name and stands after that name", 1, 7),
        ("= 2", "Before '=' stands a name, as in x = 2.", 1, 1),
        ("x < = 2", "'=' cannot follow an operator. To compare, write ==.", 1, 5),
        ("2 = x", "A number keeps its value. A definition starts with a name: x = 2.", 1, 1),
        ("h[0] = 1", "Single entries cannot be set. Define the whole array", 1, 1),
        ("h[0] := 1", "Single entries cannot be set.", 1, 1),
        ("a + b = 1", "Only a name or a function of names can be given a value", 1, 1),
        ("F(1) = x", "The parameters of a function are names: F(x, y) = x + y.", 1, 1),
        ("F(x, y[0]) = x", "The parameters of a function are names", 1, 1),
        ("F(x) := x", "A function is defined with '=': F(x) = x^2.", 1, 1),
        ("F() = 1", "A function has at least one parameter: F(x) = x^2.", 1, 1),
        ("F(x, x) = x", "'x' is a parameter twice.", 1, 6),
        # Names with a meaning
        ("grad = 1", "'grad' has a meaning of its own; choose another name.", 1, 1),
        ("new := 1", "'new' has a meaning of its own", 1, 1),
        ("F(grad) = 1", "'grad' has a meaning of its own", 1, 3),
        ("new(x) = 1", "'new' has a meaning of its own", 1, 1),
        ("index_base = 1", "index_base is a setting: write index_base 0 or index_base 1.", 1, 1),
        ("x = index_base + 1", "index_base is a setting, not a value.", 1, 5),
        ("index_base 2", "write index_base 0 or index_base 1.", 1, 1),
        ("index_base -1", "write index_base 0 or index_base 1.", 1, 1),
        ("x = 1\nindex_base 1", "index_base must stand once, before everything else.", 2, 1),
        ("index_base 0\nindex_base 0", "index_base must stand once", 2, 1),
        ("index_base 1 2", "Two expressions stand side by side.", 1, 14),
        # Arguments
        ("sum(axis=0, x)", "Arguments without a name stand before those with one.", 1, 13),
        ("sum(x, axis=0, axis=1)", "'axis' is given twice.", 1, 16),
        # Colons
        ("x = 1:2", "A colon stands only in an index, such as x[0:2].", 1, 6),
        ("f(:)", "A colon stands only in an index", 1, 3),
        ("x[1:2:3:4]", "A colon stands only in an index", 1, 8),
        # Derivatives
        ("∂l", "This ∂ needs another below it, as in ∂l/∂x", 1, 1),
        ("∂l/dx", "This ∂ needs another below it", 1, 1),
        ("∂F(x)/∂x", "This ∂ needs another below it", 1, 1),
        ("∂2/∂x", "After ∂ stands a name or an expression in parentheses.", 1, 1),
        ("l = 1\nx = 2\ndl = 3\ndl/dx", "Write ∂l/∂x for the derivative, (dl)/(dx)", 4, 1),
        # Python
        ("import numpy", "'import' is Python. Here a line is a definition x = …", 1, 1),
        ("def f(x):", "'def' is Python.", 1, 1),
        ("f = lambda x: x", "'lambda' is Python.", 1, 5),
        ("f = lambda: 1", "'lambda' is Python.", 1, 5),
        ("for i in x:", "'for' is Python.", 1, 1),
        ("x if y else z", "'if' is Python.", 1, 3),
        ("else:", "'else' is Python.", 1, 1),
        ("return x", "'return' is Python.", 1, 1),
        ("x = a and b", "'and' is Python.", 1, 7),
        ("x = not c", "'not' is Python. Write not(c).", 1, 5),
        ("x = not(c) or d", "'or' is Python.", 1, 12),
        ("print(x)", "'print' is Python.", 1, 1),
        ("while (x < 1):", "'while' is Python.", 1, 1),
        ("pass", "'pass' is Python.", 1, 1),
    ],
)
def test_a_mistake_is_named_where_it_stands(
    text: str, message: str, line: int, column: int
) -> None:
    with pytest.raises(PaperError) as caught:
        read(text)
    assert message in caught.value.message
    assert caught.value.place == ("<text>", line, column)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("dl/dW7", "'dW7' asks for a derivative, but 'W7' is not defined. Did you mean 'W1'?", 5),
        ("dloss/dW1", "'dloss' asks for a derivative, but 'loss' is not defined.", 2),
        ("depth/dW1", "'depth' asks for a derivative, but 'epth' is not defined.", 2),
        (
            "depth/dim",
            "'depth' is not defined. Nor are 'epth' and 'im', so this is not the derivative of"
            " 'epth' by 'im'.",
            1,
        ),
        ("dim = 2\ndepth/dim", "'depth' is not defined. Nor are 'epth'", 1),
        ("dim = 2\ndl/dim", "'dl' is not defined. Nor is 'im', so this is not the", 1),
        ("dim = 2\nd(l)/dim", "'dim' asks for a derivative, but 'im' is not defined.", 7),
        ("dSS/dOO", "so this is not the derivative of 'SS' by 'OO'. Did you mean 'S'?", 1),
        ("dS[0]/dP", "'dP' asks for a derivative, but 'P' is not defined.", 8),
        ("d(l)/dW2", "'dW2' asks for a derivative, but 'W2' is not defined. Did you mean", 7),
        ("dl/dW₁", "'W₁' is not defined. Did you mean 'W1'?", 5),
    ],
)
def test_a_derivative_of_what_is_not_defined(text: str, message: str, column: int) -> None:
    with pytest.raises(NameProblem) as caught:
        read(GIVEN + text)
    assert message in caught.value.message
    line = 5 + text.count("\n")
    assert caught.value.place == ("<text>", line, column)


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("W7", ["l", "W1"], " Did you mean 'W1'?"),
        ("sigmiod", ["sigmoid", "sign"], " Did you mean 'sigmoid'?"),
        ("µ", ["\N{GREEK SMALL LETTER MU}"], " Did you mean 'μ'?"),
        ("W7", ["l"], ""),
        ("x" * 100_000, ["x" * 99_999], ""),
        (
            "y\u0302",
            ["ŷ"],
            " A name that looks the same is defined, but typed in another Unicode form: U+0177"
            " there, U+0079 U+0302 here. Copy one of them to both places.",
        ),
    ],
    ids=["one letter", "typing", "look-alike", "nothing near", "very long", "Unicode form"],
)
def test_did_you_mean(name: str, known: list[str], expected: str) -> None:
    assert did_you_mean(name, known) == expected


@pytest.mark.parametrize(
    ("name", "after", "expected"),
    [
        ("dl", " / dW1", " For the derivative write dl/dW1 without spaces, or ∂l/∂W1."),
        ("dl", " /dW1ᵀ * 2", " For the derivative write dl/dW1 without spaces, or ∂l/∂W1."),
        ("dl", " / dx", " For a derivative of l write dl/dx without spaces, or ∂l/∂x."),
        ("dW1", "", " For a derivative of W1 write dW1/dx without spaces, or ∂W1/∂x."),
        ("dx", " / dW1", ""),
        ("l", " / dW1", ""),
        ("d", "", ""),
        ("", "", ""),
    ],
)
def test_a_derivative_written_with_spaces(name: str, after: str, expected: str) -> None:
    assert derivative_hint(name, ["l", "W1"], after) == expected


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
