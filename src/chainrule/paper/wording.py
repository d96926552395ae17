"""What went wrong, in sentences that say what to write instead, and which token to point at."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import kwlist
from typing import TypeAlias

from chainrule.paper.lexer import LINE, NAME, NUMBER, Token
from chainrule.paper.suggest import did_you_mean, quoted
from chainrule.paper.syntax import LEVELS, Call, Derivative, Expression, Index, Name, Number

__all__ = [
    "PYTHON_STATEMENTS",
    "Complaint",
    "missing_operand",
    "no_quotient",
    "not_definable",
    "python_word",
    "signed_entry",
    "two_readings",
    "undefined_differential",
    "unexpected",
]

Complaint: TypeAlias = tuple[str, Token]

OPENS = frozenset((NAME, NUMBER, "(", "[", "∂"))
PYTHON_WORDS = frozenset((*kwlist, "print"))
# Within a formula even these may be names; a line that starts with one is Python.
PYTHON_STATEMENTS = PYTHON_WORDS - {
    "False",
    "None",
    "True",
    "and",
    "in",
    "is",
    "lambda",
    "not",
    "or",
}
MISPLACED = {
    "=": "'=' gives a name its value and stands after that name at the start of a line."
    " To compare, write ==.",
    ":=": "':=' updates a name and stands after that name at the start of a line.",
    ":": "A colon stands only in an index, such as x[0:2].",
    ",": "A list of values stands in brackets: [1, 2].",
}


def unexpected(tokens: list[Token], at: int) -> Complaint:
    """About a token that cannot follow the complete expression before it."""
    before, token = tokens[at - 1], tokens[at]
    if token[0] in OPENS:
        return _side_by_side(tokens, at)
    if before[1] in PYTHON_WORDS:
        return python_word(before)
    return MISPLACED.get(token[0], f"'{token[1]}' cannot stand here."), token


def _side_by_side(tokens: list[Token], at: int) -> Complaint:
    left, right = tokens[at - 1], tokens[at]
    for token in (left, right):
        if token[1] in PYTHON_WORDS:
            return python_word(token)
    a, b = "a", "b"
    if {left[0], right[0]} <= {NAME, NUMBER}:
        a, b = quoted(left[1])[1:-1], quoted(right[1])[1:-1]
    if _innermost_bracket(tokens, at) == "[":
        message = f"Separate entries with commas: [{a}, {b}]; write {a} * {b} for a product."
    else:
        message = f"Two expressions stand side by side. Write {a} * {b} for a product."
    return message, right


def _innermost_bracket(tokens: list[Token], at: int) -> str:
    """The bracket that is open before this place, if any."""
    closed = 0
    for kind, _, _ in reversed(tokens[:at]):
        if kind in (")", "]"):
            closed += 1
        elif kind in ("(", "["):
            if not closed:
                return kind
            closed -= 1
        elif kind == LINE:
            break
    return ""


def missing_operand(tokens: list[Token], at: int) -> Complaint:
    """About a token that stands where a value must."""
    token = tokens[at]
    before = tokens[at - 1] if at else token
    if before[1] in PYTHON_WORDS:
        return python_word(before)
    if token[0] == LINE:
        return f"The line ends after {quoted(before[1])}; a value must follow.", before
    if before[0] == "[" and token[0] == "]":
        return "These brackets are empty; an entry must stand in them.", before
    if before[0] == "(" and token[0] == ")":
        return "These parentheses are empty; a value must stand in them.", before
    if token[0] == "=" and before[0] in LEVELS:
        return "'=' cannot follow an operator. To compare, write ==.", token
    if token[0] in ("=", ":="):
        return f"Before '{token[0]}' stands a name, as in x {token[0]} 2.", token
    if token[0] == ":":
        return MISPLACED[":"], token
    return f"A value must stand before '{token[1]}'.", token


def python_word(token: Token) -> Complaint:
    """About a word that belongs to Python."""
    hint = " Write not(c)." if token[1] == "not" else ""
    message = (
        f"'{token[1]}' is Python.{hint} Here a line is a definition x = …, a function F(x) = …,"
        " an update x := … or a question."
    )
    return message, token


def signed_entry(left: Expression, sign: str, right: Expression) -> str:
    """About `[1 -2]`, which has one entry here and two elsewhere."""
    a, b = _shown(left, "a"), _shown(right, "b")
    what = "difference" if sign == "-" else "sum"
    signed = f"-{b}" if sign == "-" else b
    return f"Separate entries with commas: [{a}, {signed}]; write {a} {sign} {b} for a {what}."


def _shown(operand: Expression, otherwise: str) -> str:
    if isinstance(operand, Number):
        return quoted(operand.text)[1:-1]
    return quoted(operand.name)[1:-1] if isinstance(operand, Name) else otherwise


def not_definable(expression: Expression, sign: str) -> str:
    """Why the expression cannot stand before `=` or `:=`."""
    if isinstance(expression, Number):
        return "A number keeps its value. A definition starts with a name: x = 2."
    if isinstance(expression, Index):
        return "Single entries cannot be set. Define the whole array: x = [1, 2]."
    if isinstance(expression, Derivative):
        return "A derivative is a question. Name its value, g = ∂L/∂w, or ask for the right side."
    if isinstance(expression, Call) and not (expression.arguments or expression.keywords):
        return "A function has at least one parameter: F(x) = x^2. A value has none: y = 2."
    if isinstance(expression, Call) and sign == ":=":
        return "A function is defined with '=': F(x) = x^2. Only a name can be updated."
    if isinstance(expression, Call):
        return "The parameters of a function are names: F(x, y) = x + y."
    return "Only a name or a function of names can be given a value: x = 2 or F(x) = x^2."


def two_readings(above: str, below: str) -> str:
    """About `dl/dx` where dl, l and x are all defined."""
    return (
        f"{quoted(above)} is a name too, so this has two readings. Write ∂{above[1:]}/∂{below[1:]}"
        f" for the derivative, ({above})/({below}) for the quotient."
    )


def undefined_differential(differential: str, known: Iterable[str]) -> str:
    """About the `dW7` of a derivative when there is no `W7`."""
    name = differential[1:]
    return (
        f"{quoted(differential)} asks for a derivative, but {quoted(name)} is not defined."
        f"{did_you_mean(name, known)}"
    )


def no_quotient(above: str, below: str, missing: list[str], known: list[str]) -> str:
    """About `depth/dim` when there is no `depth`, nor what a derivative ∂epth/∂im needs."""
    missing = list(dict.fromkeys(missing))
    nor = " and ".join(map(quoted, missing))
    suggestions = (did_you_mean(name, known) for name in (above, *missing))
    return (
        f"{quoted(above)} is not defined. Nor {'are' if missing[1:] else 'is'} {nor}, so this is"
        f" not the derivative of {quoted(above[1:])} by {quoted(below[1:])}."
        f"{next(filter(None, suggestions), '')}"
    )
