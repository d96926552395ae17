"""Two-dimensional text: boxes of lines that stand side by side and below each other."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import category, east_asian_width

from chainrule.graph.record import Record

__all__ = ["EMPTY", "Box", "below", "beside", "box", "cells", "enclosed", "moved", "padded"]

TALL = {
    "(": ("⎛", "⎜", "⎝"),
    ")": ("⎞", "⎟", "⎠"),
    "[": ("⎡", "⎢", "⎣"),
    "]": ("⎤", "⎥", "⎦"),
    "{": ("⎧", "⎪", "⎩"),
    "}": ("⎫", "⎪", "⎭"),
}  # top, middle, bottom
DRAWN_ONTO_THE_LAST = ("Mn", "Me", "Cf")  # accents, and what is not seen at all
JOINED_VOWELS = range(0x1160, 0x1200)  # of Hangul that is written letter by letter


class Box(Record):
    """Lines of equal width; neighbours stand on the line `baseline`."""

    lines: tuple[str, ...]
    width: int
    baseline: int = 0

    @property
    def height(self) -> int:
        return len(self.lines)


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: Hangul two each, an accent none.

    >>> cells("∂S"), cells("기울기"), cells("y" + chr(0x302))
    (2, 6, 1)
    """
    if text.isascii():
        return len(text)
    return sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if category(character) in DRAWN_ONTO_THE_LAST or ord(character) in JOINED_VOWELS:
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def padded(text: str, width: int) -> str:
    """A text with spaces behind it, up to a width."""
    return text + " " * (width - cells(text))


def box(text: str) -> Box:
    """A single line."""
    return Box((text,), cells(text))


EMPTY = box("")


def beside(boxes: Sequence[Box]) -> Box:
    """Boxes from left to right, their baselines on one line.

    >>> column = Box(("⎡1⎤", "⎣2⎦"), 3)
    >>> print(*beside([box("x = "), column]).lines, sep="|")
    x = ⎡1⎤|    ⎣2⎦
    """
    if len(boxes) == 1:
        return boxes[0]
    above = max((one.baseline for one in boxes), default=0)
    under = max((one.height - one.baseline for one in boxes), default=1)
    columns = [_grown(one, above, above + under) for one in boxes]
    lines = tuple(map("".join, zip(*columns, strict=True))) if boxes else ("",)
    return Box(lines, sum(one.width for one in boxes), above)


def _grown(one: Box, above: int, height: int) -> list[str]:
    """The lines of a box with empty ones over and under it."""
    blank = " " * one.width
    over = above - one.baseline
    return [blank] * over + [*one.lines] + [blank] * (height - over - one.height)


def below(boxes: Sequence[Box], gap: int = 0, baseline: int | None = None) -> Box:
    """Boxes below each other, from the left edge; the baseline is in the middle, or as given.

    >>> below([box("a"), box("bc")], gap=1)
    Box(lines=('a ', '  ', 'bc'), width=2, baseline=1)
    """
    width = max((one.width for one in boxes), default=0)
    lines: list[str] = []
    for one in boxes:
        lines += [" " * width] * (gap if lines else 0)
        lines += [line + " " * (width - one.width) for line in one.lines]
    middle = max(len(lines) - 1, 0) // 2
    return Box(tuple(lines), width, middle if baseline is None else baseline)


def moved(one: Box, left: int, width: int) -> Box:
    """A box with spaces before it, and behind it up to a width."""
    before, behind = " " * left, " " * (width - left - one.width)
    return Box(tuple(before + line + behind for line in one.lines), width, one.baseline)


def enclosed(opening: str, inner: Box, closing: str) -> Box:
    """A box in brackets as tall as it is.

    >>> print(*enclosed("(", below([box("a"), box("b"), box("c")]), ")").lines, sep="|")
    ⎛a⎞|⎜b⎟|⎝c⎠
    """
    left, right = _side(opening, inner), _side(closing, inner)
    return beside([left, inner, right])


def _side(bracket: str, inner: Box) -> Box:
    if inner.height == 1 or bracket not in TALL:
        return Box((bracket,), cells(bracket), 0)
    top, middle, bottom = TALL[bracket]
    lines = (top, *[middle] * (inner.height - 2), bottom)
    return Box(lines, 1, inner.baseline)
