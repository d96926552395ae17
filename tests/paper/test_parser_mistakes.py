"""What is no text of the paper language: where the mistake stands, and what is said."""

from __future__ import annotations

import pytest
from tests.paper.trees import GIVEN, read

from chainrule.errors import NameProblem, PaperError
from chainrule.paper.suggest import derivative_hint, did_you_mean


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
