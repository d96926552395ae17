"""The lines of a solution: a chain of equalities may go over several, a broken bracket may not.

Everything here is linear in the text and never fails: what cannot be read is left to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from chainrule.graph.record import Record

__all__ = ["EQUALS", "LONGEST_LINE", "Row", "Side", "rows", "sides"]

LONGEST_LINE = 20_000  # characters
EQUALS = "=≈≃≅"
STARTS_NUMBERS = re.compile(r"[-−–+.0-9\[]")
BRACKETS = re.compile(r"[\[\]()]")
MARKS = re.compile(rf"[\[\]()]|[<>!]=|:=|==|[{EQUALS}]")
# What stands before the sign of `axis=0`; at the start of a line `y = 0` is a claim.
KEYWORD = re.compile(r"(?:\A\w++|[(,]\s*+\w++\s*+)\Z")
LONGEST_KEYWORD = 40
CLOSING = {"]": "[", ")": "("}


class Row(Record):
    """A line without its comments, and those that continue it: `start` is its place in the text.

    Line ends and comments within are blanks, so that each character keeps its distance.
    """

    start: int
    number: int
    column: int
    text: str


class Side(Record):
    """One side of an equality: its text, its place in the row, and the sign before it."""

    sign: str
    start: int
    text: str


class _Open:
    """The row that is being put together, and the brackets that are open in it."""

    def __init__(self, start: int, number: int, column: int, text: str) -> None:
        self.start, self.number, self.column = start, number, column
        self.parts = [text]
        self.length = len(text)
        self.brackets: list[str] = []
        if not _is_balanced(text):
            _follow(text, self.brackets)

    def append(self, start: int, text: str, brackets: list[str]) -> None:
        gap = " " * (start - self.start - self.length)
        self.parts += gap, text
        self.length += len(gap) + len(text)
        self.brackets = brackets

    def row(self) -> Row:
        return Row(self.start, self.number, self.column, "".join(self.parts))


def rows(text: str) -> Iterator[Row]:
    """The lines that say something, each with those that continue it.

    >>> [row.text for row in rows("h = [1,  # first\\n 2]\\n\\nL = h\\n  = 3")]
    ['h = [1,           2]', 'L = h   = 3']
    """
    row: _Open | None = None
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        said = line.partition("#")[0].rstrip()
        words = said.lstrip()
        if number == 1:
            words = words.removeprefix("\ufeff").lstrip()
        if words:
            column = len(said) - len(words)
            brackets = _continued(row, start + column, words)
            if brackets is not None and row is not None:
                row.append(start + column, words, brackets)
            else:
                if row is not None:
                    yield row.row()
                row = _Open(start + column, number, column + 1, words)
        start += len(line) + 1
    if row is not None:
        yield row.row()


def _continued(row: _Open | None, place: int, text: str) -> list[str] | None:
    """The brackets that are open after `text`, if it belongs to the row; else None."""
    if row is None or place + len(text) - row.start > LONGEST_LINE:
        return None
    brackets = list(row.brackets)
    if brackets:
        return brackets if _follow(text, brackets) else None
    ends_open = row.parts[-1][-1] in EQUALS and STARTS_NUMBERS.match(text)
    if text[0] in EQUALS or ends_open:
        _follow(text, brackets)
        return brackets
    return None


def _is_balanced(text: str) -> bool:
    return text.count("[") == text.count("]") and text.count("(") == text.count(")")


def _follow(text: str, brackets: list[str]) -> bool:
    """Keep in `brackets` those that are open; False if a line of its own begins within them.

    After brackets that do not match none are open: such a line is continued by none.
    """
    inside = bool(brackets)
    for mark in MARKS.finditer(text):
        sign = mark[0]
        if sign in "[(":
            brackets.append(sign)
        elif sign in CLOSING:
            if not brackets or brackets.pop() != CLOSING[sign]:
                brackets.clear()
                return True
        elif (
            inside
            and brackets
            and sign in (":=", *EQUALS)
            and not _is_keyword(text, mark, brackets)
        ):
            return False
    return True


def _is_keyword(text: str, mark: re.Match[str], brackets: list[str]) -> bool:
    """Whether the sign gives a setting its value, as in `sum(D, axis=0)`."""
    return (
        mark[0] == "="
        and brackets[-1] == "("
        and bool(KEYWORD.search(text[max(0, mark.start() - LONGEST_KEYWORD) : mark.start()]))
    )


def sides(text: str) -> list[Side]:
    """What stands between the signs of an equality chain.

    >>> [(side.sign, side.text) for side in sides("W[0] := 1 + 0.2 = 1.2")]
    [('', 'W[0]'), (':=', '1 + 0.2'), ('=', '1.2')]
    """
    found: list[Side] = []
    sign, start, depth = "", 0, 0
    for mark in MARKS.finditer(text):
        if mark[0] in "[(":
            depth += 1
        elif mark[0] in "])":
            depth -= 1
        elif depth <= 0 and mark[0] not in ("<=", ">=", "!="):
            found.append(_side(sign, start, text[start : mark.start()]))
            sign, start = mark[0], mark.end()
    found.append(_side(sign, start, text[start:]))
    return found


def _side(sign: str, start: int, text: str) -> Side:
    inner = text.lstrip()
    return Side(
        ":=" if sign == ":=" else sign and "=", start + len(text) - len(inner), inner.rstrip()
    )
