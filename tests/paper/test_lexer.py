"""What a token is, and what belongs to no formula."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ChainruleError, PaperError, TooLarge
from chainrule.graph.source import Source
from chainrule.paper.lexer import (
    END,
    LINE,
    MAX_CHARACTERS,
    MAX_DIGITS,
    MAX_NESTING,
    MAX_TOKENS,
    NAME,
    NUMBER,
    tokenize,
)


def kinds(text: str) -> list[str]:
    return [kind for kind, _, _ in tokenize(Source(text))]


def texts(text: str) -> list[str]:
    return [typed for kind, typed, _ in tokenize(Source(text)) if kind not in (LINE, END)]


@pytest.mark.parametrize(
    "name",
    [
        *("x", "W1", "net_h1", "_", "_0", "T", "d", "D"),
        *("σ", "ŷ", "W₁", "xₐ", "Δ", "ℓ", "ℓ₂", "µ", "变量"),
        *("y\u0302", "x\u0304\u0302", "y'", "f''", "f′", "f″", "x'1", "x٣"),
    ],
)
def test_a_name_is_one_token_exactly_as_typed(name: str) -> None:
    tokens = tokenize(Source(f" {name}+"))
    assert tokens[0] == (NAME, name, 1)
    assert tokens[1] == ("+", "+", len(name) + 1)


@pytest.mark.parametrize(
    "number", ["2", "0.20", ".5", "5.", "1e-3", "2.7E-10", "1e5", "1.e+5", "007"]
)
def test_a_number_keeps_its_text(number: str) -> None:
    assert tokenize(Source(number))[0] == (NUMBER, number, 0)


@pytest.mark.parametrize(
    ("sign", "spellings"),
    [
        ("+", "+"),
        ("-", "- − –"),
        ("*", "* ⊙ × ∗"),
        ("/", "/"),
        ("@", "@"),
        ("·", "· ⋅ ∙"),
        ("<", "<"),
        ("<=", "<= ≤"),
        (">", ">"),
        (">=", ">= ≥"),
        ("==", "=="),
        ("!=", "!= ≠"),
        ("^", "^ **"),
        ("ᵀ", "ᵀ .T"),
        ("∘", "∘"),
        ("∂", "∂"),
        ("=", "="),
        (":=", ":="),
    ],
)
def test_each_sign_has_one_kind_however_it_is_typed(sign: str, spellings: str) -> None:
    for spelling in spellings.split():
        assert tokenize(Source(f"a{spelling} b"))[:3] == [
            (NAME, "a", 0),
            (sign, spelling, 1),
            (NAME, "b", len(spelling) + 2),
        ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a-1", ["a", "-", "1"]),
        ("a<=-b", ["a", "<=", "-", "b"]),
        ("x:=1", ["x", ":=", "1"]),
        ("x[1:2]", ["x", "[", "1", ":", "2", "]"]),
        ("1,5", ["1", ",", "5"]),
        ("h.T@x.T", ["h", ".T", "@", "x", ".T"]),
        ("Wᵀ^2", ["W", "ᵀ", "^", "2"]),
        ("∂l/∂W", ["∂", "l", "/", "∂", "W"]),
        ("2**3*4", ["2", "**", "3", "*", "4"]),
        ("a\u00a0+\u2003b", ["a", "+", "b"]),
        ('x # + y ; " ²', ["x"]),
    ],
)
def test_signs_need_no_space_and_comments_are_dropped(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [END]),
        ("\n \n# nothing\n", [END]),
        ("\ufeff", [END]),
        ("\ufeffx", [NAME, LINE, END]),
        ("x", [NAME, LINE, END]),
        ("x\n", [NAME, LINE, END]),
        ("x\r\ny\r\n", [NAME, LINE, NAME, LINE, END]),
        ("x # one\r\n\r\n# two\n  y", [NAME, LINE, NAME, LINE, END]),
        ("[x\n]\nf(\r\n)", ["[", NAME, "]", LINE, NAME, "(", ")", LINE, END]),
        ("[x, # the first\n y]", ["[", NAME, ",", NAME, "]", LINE, END]),
    ],
)
def test_a_line_ends_a_statement_unless_a_bracket_is_open(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        # Brackets
        ("x = [1, 2\ny = 3", "This '[' is not closed. A ']' is missing.", 1, 5),
        ("x = f(1", "This '(' is not closed. A ')' is missing.", 1, 6),
        ("x = [1, (2]", "This '(' is not closed before the ']' that follows.", 1, 9),
        ("a\nx = 1)", "')' closes a bracket that was never opened.", 2, 6),
        ("]", "']' closes a bracket that was never opened.", 1, 1),
        # Numbers
        ("x = 3x", "'3x' is no number and no name. Write 3*x for a product.", 1, 5),
        ("2.5σ", "'2.5σ' is no number and no name. Write 2.5*σ for a product.", 1, 1),
        ("1.2.3", "'1.2.3' is not a number.", 1, 1),
        ("1..2", "'1..2' is not a number.", 1, 1),
        ("1_000", "'1_000' is not a number. Numbers are written like 2, 0.20 or 1e-3.", 1, 1),
        # Powers typed as raised digits
        ("y = x²", "A raised '²' cannot be read. Write x^2 for a power.", 1, 6),
        ("(x)⁻¹", "A raised '⁻' cannot be read.", 1, 4),
        ("2³", "A raised '³' cannot be read.", 1, 2),
        ("∂²l/∂x²", "Write ∂(∂l/∂x)/∂x for a second derivative.", 1, 2),
        # Signs of other languages
        ("x += 1", "'+=' has no meaning here. Write x := x + … for an update of x.", 1, 3),
        ("x //= 2", "'//' has no meaning here. A quotient is written a / b.", 1, 3),
        ("[1 2; 3 4]", "';' has no meaning here. Rows are written [[1, 2], [3, 4]]", 1, 5),
        ("{1}", "'{' has no meaning here. Brackets are ( ) and [ ].", 1, 1),
        ('x = "text"', "Text in quotation marks has no place in a formula.", 1, 5),
        ("x = 'text'", "Text in quotation marks has no place in a formula.", 1, 5),
        ("x = “text”", "'“' (U+201C) has no meaning here. Text in quotation marks", 1, 5),
        ("x.shape", "'.' has no meaning here. A transpose is written xᵀ or x.T", 1, 2),
        ("x.Tail", "'.' has no meaning here.", 1, 2),
        ("∇f", "'∇' (U+2207) has no meaning here. A gradient is written grad(f).", 1, 1),
        ("a & b", "'&' has no meaning here.", 1, 3),
        ("½", "'½' (U+00BD) has no meaning here.", 1, 1),
        ("\u0302y", "U+0302 has no meaning here.", 1, 1),
        ("x\u200b", "U+200B has no meaning here.", 1, 2),
        ("x\ufeff", "U+FEFF has no meaning here.", 1, 2),
        # Characters that are not what they seem
        ("x\n\x00", "The character U+0000 cannot be read. Remove it.", 2, 1),
        ("x # \x1b[31m", "The character U+001B cannot be read.", 1, 5),
        ("x\ry", "The character U+000D cannot be read.", 1, 2),
        ("x # \u202e", "The character U+202E cannot be read.", 1, 5),
        ("x\u2028y", "The character U+2028 cannot be read.", 1, 2),
        ("\ud800", "The character U+D800 cannot be read.", 1, 1),
    ],
)
def test_what_belongs_to_no_formula_is_named(
    text: str, message: str, line: int, column: int
) -> None:
    with pytest.raises(PaperError) as caught:
        tokenize(Source(text))
    assert message in caught.value.message
    assert caught.value.place == ("<text>", line, column)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        (" " * (MAX_CHARACTERS + 1), "longer than 4,000,000 characters", MAX_CHARACTERS + 1),
        ("x+" * MAX_TOKENS, "more than 100,000 numbers, names and signs", MAX_TOKENS + 1),
        ("1," * 1_000_000, "more than 100,000 numbers, names and signs", MAX_TOKENS + 1),
        ("1" * (MAX_DIGITS + 1), "more than 1,000 characters", 1),
        ("x" + "(" * 100_000, "nested more than 60 deep", MAX_NESTING + 2),
        ("[" * 90_000 + "]" * 90_000, "nested more than 60 deep", MAX_NESTING + 1),
    ],
    ids=["characters", "sum", "literal", "digits", "parentheses", "brackets"],
)
def test_a_text_beyond_a_limit_is_refused_where_it_exceeds_it(
    text: str, message: str, column: int
) -> None:
    with pytest.raises(TooLarge, match=message) as caught:
        tokenize(Source(text))
    assert caught.value.place == ("<text>", 1, column)


def test_a_text_at_the_limit_is_read() -> None:
    sum_of_many = "x+" * (MAX_TOKENS // 2 - 1) + "x"
    assert len(tokenize(Source(sum_of_many))) == MAX_TOKENS + 1  # the END comes on top
    assert tokenize(Source("1" * MAX_DIGITS))[0] == (NUMBER, "1" * MAX_DIGITS, 0)


@given(st.text(st.sampled_from("ab1.e_σŷ̂²ᵀT∂'+-*/=<>!:;()[],#\r\n\t\x00 \ufeff") | st.characters()))
def test_any_text_gives_tokens_that_stand_where_they_say_or_an_error(text: str) -> None:
    source = Source(text)
    try:
        tokens = tokenize(source)
    except ChainruleError as error:
        problem = error
    else:
        assert all(text.startswith(typed, place) for _, typed, place in tokens)
        return
    assert problem.place is not None
    assert str(problem)
