"""Formulas taken apart into pieces of text, each with how gladly a line is broken before it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainrule.explain.explanation import Sentence
from chainrule.explain.language.catalogue import say
from chainrule.explain.printers.boxes import Box, box
from chainrule.graph.record import Record
from chainrule.notation.formula import (
    FIRST_MARK,
    Expression,
    Formula,
    Line,
    Matrix,
    Number,
    Summary,
)

__all__ = ["Piece", "number_text", "parts_of", "pieces_of_text"]

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SYMBOLS = {"inf": "∞", "-inf": "-∞"}
NOWHERE, LIST, SUM, PRODUCT, SPACE, TIGHT = range(6)  # ranks; the loosest breaks first
PIECES = re.compile(
    r"(?P<list>\s+(?:[=≈<>≤≥≠]|:=)\s+|(?<=[,;])\s+)"
    r"|(?P<sum>\s+[-+−]\s+)"
    r"|(?P<product>\s+[·@*⊙/∘×⊗]\s+)"
    r"|(?P<space>\s+)"
    r"|(?P<open>[(\[{])"
    r"|(?P<close>[)\]}])"
    r"|(?P<word>[^\s()\[\]{}]+)"
)
RANKS = {"list": LIST, "sum": SUM, "product": PRODUCT, "space": SPACE}
INSIDE_A_WORD = re.compile(r"(?<=[^-+·/,^=<>])(?<!\de)(?=[-+·/])|(?<=,)")


class Piece(Record):
    """A part of a formula that a line is never broken in, unless it is a wide matrix.

    `rank` is how gladly a line is broken before it, at its `depth` of brackets; 0 is never.
    """

    box: Box
    rank: int = NOWHERE
    depth: int = 0
    bracket: str = ""
    matrix: Matrix | None = None


def number_text(number: Number) -> str:
    """A number as it is read.

    >>> number_text(Number("-2.789e-10")), number_text(Number("2/3")), number_text(Number("inf"))
    ('-2.789×10⁻¹⁰', '2/3', '∞')
    """
    mantissa, _, exponent = number.text.partition("e")
    if not exponent:
        return SYMBOLS.get(number.text, number.text)
    return f"{mantissa}×10{str(int(exponent)).translate(RAISED)}"


def parts_of(formula: Formula, language: str) -> Iterator[str | Number | Matrix]:
    """Text, numbers and matrices in the order they are read; texts that touch are one text."""
    text = ""
    for part in _flat(formula, language):
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        text = ""
        yield part
    if text:
        yield text


def _flat(formula: Formula, language: str) -> Iterator[str | Number | Matrix]:
    if isinstance(formula, Line):
        for part in formula.parts:
            yield from _flat(part, language)
    elif isinstance(formula, Expression):
        for text in _split_at_marks(formula.text, len(formula.holes)):
            if isinstance(text, int):
                yield from _flat(formula.holes[text], language)
            else:
                yield text
    elif isinstance(formula, Summary):
        yield _summary(formula, language)
    elif isinstance(formula, Matrix) and formula.kind == "diagonal":
        yield "diag("
        for at, entry in enumerate(formula.rows[0]):
            yield ", " if at else ""
            yield from _flat(entry, language)
        yield ")"
    else:
        yield formula


def _split_at_marks(text: str, count: int) -> Iterator[str | int]:
    start = 0
    for at, character in enumerate(text):
        if FIRST_MARK <= ord(character) < FIRST_MARK + count:
            yield text[start:at]
            yield ord(character) - FIRST_MARK
            start = at + 1
    yield text[start:]


def _summary(found: Summary, language: str) -> str:
    """An array in words."""
    shape = " × ".join(map(str, found.shape))
    details = [("shape", shape)]
    code = "printer:diagonal" if found.is_diagonal else "printer:array"
    if found.low is not None and found.high is not None and found.norm is not None:
        code += ":numbers" if found.first else ":range"
        details += [
            ("low", number_text(found.low)),
            ("high", number_text(found.high)),
            ("norm", number_text(found.norm)),
            ("first", ", ".join(map(number_text, found.first))),
        ]
    return say(Sentence(code, tuple(details)), language)


def pieces_of_text(text: str, depth: int) -> Iterator[Piece]:
    for found in PIECES.finditer(text):
        kind, part = str(found.lastgroup), found[0]
        if kind == "word":
            words = [word for word in INSIDE_A_WORD.split(part) if word]
            for at, word in enumerate(words):
                yield Piece(box(word), TIGHT if at else NOWHERE, depth)
            continue
        bracket = part if kind in ("open", "close") else ""
        depth -= kind == "close"
        yield Piece(box(part), RANKS.get(kind, NOWHERE), depth, bracket)
        depth += kind == "open"
