"""Expressions as solutions write them: the paper language, and what is written beside it by hand.

`[1, 2; 3, 4]` has rows, so have `[4 -1]` and `[[1 2] [3 4]]`, as NumPy prints them; `10⁻³` is a
power, `3 x 10^2` a product.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from chainrule.errors import ChainruleError, PaperError
from chainrule.graph.record import Record
from chainrule.graph.source import Source, Span
from chainrule.paper import wording
from chainrule.paper.formulas import Formulas
from chainrule.paper.lexer import LINE, NUMBER, Token, tokenize
from chainrule.paper.syntax import Expression

__all__ = ["Formula", "formula", "moved"]

LONGEST_KEPT = 100  # characters of a text whose tree is remembered
DIGITS = r"[-−–+]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+"
SPACED = re.compile(rf"(?<=[\[;])\s*+{DIGITS}(?:\s++{DIGITS})++\s*+(?=[\];])")
BETWEEN = re.compile(r"(?<=[0-9.])\s(?=\s*+[-−–+.0-9])")
PRINTED = re.compile(r"\[\s*+\[[-−–+.,;0-9eE\s\[\]]*+")  # as NumPy prints a matrix
BETWEEN_ROWS = re.compile(r"(?<=\])\s(?=\s*+\[)")
RAISED = re.compile(r"[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
LETTER_TIMES = re.compile(r"(?<=[0-9.\]]\s)[xX](?=\s*+10\s*+(?:\^|\*\*|[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]))")
SPECIAL = re.compile(r"[;⁰¹²³⁴⁵⁶⁷⁸⁹]|[0-9.\]]\s+[-−–+.0-9\[xX]")


class Formula(Record):
    """The tree of a text, its places counted from the start of it; or what is wrong, and where."""

    expression: Expression | None
    problem: str = ""
    place: int = 0


def formula(text: str, names: frozenset[str]) -> Formula:
    """The tree of one expression; `names` decide what is a derivative.

    >>> formula("dl/dW1", frozenset(("l", "W1"))).expression.wrt.name
    'W1'
    """
    return (_remembered if len(text) <= LONGEST_KEPT else _formula)(text, names)


def _formula(text: str, names: frozenset[str]) -> Formula:
    try:
        return Formula(_parsed(text, names))
    except ChainruleError as problem:
        place = 0 if problem.span is None else problem.span.start
        return Formula(None, problem.shortened().message, place)


_remembered = lru_cache(maxsize=1024)(_formula)


def _parsed(text: str, names: frozenset[str]) -> Expression:
    source = Source(text)
    if not text:
        raise PaperError("Nothing stands beside the '='.").at(source, Span(0, 0))
    tokens = _by_hand(source) if SPECIAL.search(text) else tokenize(source)
    formulas = Formulas(source, tokens)
    formulas.differentials.defined = dict.fromkeys(names)
    expression = formulas.expression()
    if formulas.kind != LINE:
        raise formulas.error(*wording.unexpected(tokens, formulas.position))
    return expression


def moved(part: Any, by: int) -> Any:
    """A tree whose places are counted from `by` characters earlier."""
    kind = type(part)
    if kind is Span:
        return Span(part.start + by, part.stop + by)
    if kind is tuple:
        return tuple([moved(one, by) for one in part])
    if kind is str or part is None:
        return part
    return kind(*[moved(one, by) for one in part.key()])


def _by_hand(source: Source) -> list[Token]:
    """The tokens of a text with signs that only solutions have; no character changes its place."""
    text = LETTER_TIMES.sub("×", source.text)
    if "[" in text:
        text = SPACED.sub(lambda row: BETWEEN.sub(",", row[0]), text)
        if PRINTED.fullmatch(text):
            text = BETWEEN_ROWS.sub(",", text)
    raised = list(RAISED.finditer(text))
    text = RAISED.sub(lambda power: " " * len(power[0]), text)
    opening, ends = _rows(text)
    text = "".join("," if at in ends else sign for at, sign in enumerate(text)) if ends else text
    tokens = _with_rows(tokenize(Source(text)), opening, ends)
    tokens += [token for power in raised for token in _power(power)]
    return sorted(tokens, key=lambda token: token[2]) if raised else tokens


def _power(raised: re.Match[str]) -> list[Token]:
    """`⁻³` as the tokens of ^-3."""
    text, start = raised[0], raised.start()
    sign = text[0].translate(LOWERED) if text[0] in "⁺⁻" else ""
    digits = text[len(sign) :].translate(LOWERED)
    tokens: list[Token] = [("^", text, start)]
    if sign:
        tokens.append((sign, sign, start))
    return [*tokens, (NUMBER, digits, start + len(sign))]


def _rows(text: str) -> tuple[set[int], set[int]]:
    """The places of the brackets that have rows, opening and closing, and of their semicolons."""
    brackets: set[int] = set()
    ends: set[int] = set()
    open_: list[tuple[int, list[int]]] = []
    for mark in re.finditer(r"[\[\]();]", text):
        at = mark.start()
        if mark[0] in "[(":
            open_.append((at, []))
        elif mark[0] == ";" and open_ and text[open_[-1][0]] == "[":
            open_[-1][1].append(at)
        elif mark[0] in "])" and open_:
            start, semicolons = open_.pop()
            if semicolons and mark[0] == "]":
                brackets |= {start, at}
                ends |= set(semicolons)
    unclosed = [semicolons for start, semicolons in open_ if text[start] == "["]
    return brackets, ends.union(*unclosed)


def _with_rows(tokens: list[Token], brackets: set[int], ends: set[int]) -> list[Token]:
    """`[1, 2; 3, 4]` as the tokens of [[1, 2], [3, 4]]."""
    if not ends:
        return tokens
    found: list[Token] = []
    for token in tokens:
        kind, _, place = token
        if place in ends and kind == ",":
            found += ("]", ";", place), (",", ";", place), ("[", ";", place)
        elif place in brackets and kind in ("[", "]"):
            found += token, token
        else:
            found.append(token)
    return found
