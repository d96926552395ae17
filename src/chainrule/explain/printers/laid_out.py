"""Formulas as boxes of text: matrices that line up, long formulas broken where a hand would.

A formula is taken apart into pieces, each with how gladly a line is broken before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from chainrule.explain.explanation import Sentence
from chainrule.explain.language.catalogue import say
from chainrule.explain.printers.boxes import (
    EMPTY,
    Box,
    below,
    beside,
    box,
    cells,
    enclosed,
    moved,
    padded,
)
from chainrule.explain.printers.pieces import Piece, number_text, parts_of, pieces_of_text
from chainrule.notation.formula import Expression, Formula, Matrix, Number

__all__ = ["fitted", "stacked"]

PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
NARROWEST = 12  # what is left for a formula, however deep it stands


def fitted(formula: Formula, width: int, language: str = "en") -> Box:
    """A formula in as many lines as the width asks for.

    >>> from chainrule.notation.formula import Line
    >>> W = Matrix(((Number("1"), Number("-2")), (Number("2"), Number("5"))))
    >>> product = Line((Matrix(((Number("2"), Number("1")),), "row"), Expression(" @ ", ""), W))
    >>> print(*fitted(product, 80).lines, sep="|")
    [2 1] @ ⎡1 -2⎤|        ⎣2  5⎦
    >>> print(*fitted(Expression("first * x + second * y", ""), 12).lines, sep="|")
    first * x   |+ second * y
    """
    return stacked(_rows(_pieces(formula, language), max(width, NARROWEST), language))


def stacked(rows: Sequence[Box]) -> Box:
    """Rows of one formula; between tall ones there is an empty line. The first has the baseline."""
    spaced = list(rows[:1])
    for last, row in pairwise(rows):
        if last.height > 1 and row.height > 1:
            spaced.append(EMPTY)
        spaced.append(row)
    return below(spaced, baseline=rows[0].baseline)


def _pieces(formula: Formula, language: str) -> list[Piece]:
    pieces: list[Piece] = []
    depth = 0
    for part in parts_of(formula, language):
        if isinstance(part, Number):
            pieces.append(Piece(box(number_text(part)), depth=depth))
        elif isinstance(part, Matrix):
            pieces.append(Piece(_matrix(part, language), depth=depth, matrix=part))
        else:
            for piece in pieces_of_text(part, depth):
                pieces.append(piece)
                depth += {"(": 1, "[": 1, "{": 1, "": 0}.get(piece.bracket, -1)
    return pieces


def _rows(pieces: list[Piece], width: int, language: str) -> list[Box]:
    """Pieces in as few rows as the width allows, broken at the loosest place that helps."""
    if _width(pieces) <= width:
        return [_row(pieces)]
    breaks = [(piece.depth, piece.rank) for piece in pieces[1:] if piece.rank]
    if not breaks:
        return [_narrowed(pieces, width, language)]
    rows: list[Box] = []
    current: list[Piece] = []
    for term in _terms(pieces, min(breaks)):
        if current and _width(current + term) > width:
            rows += _rows(current, width, language)
            current = []
        current += term
    return rows + _rows(current, width, language)


def _terms(pieces: list[Piece], place: tuple[int, int]) -> list[list[Piece]]:
    terms = [pieces[:1]]
    for piece in pieces[1:]:
        if (piece.depth, piece.rank) == place:
            terms.append([])
        terms[-1].append(piece)
    return terms


def _width(pieces: list[Piece]) -> int:
    """Spaces at the start of a row are not written."""
    first = pieces[0].box.lines[0]
    return sum(piece.box.width for piece in pieces) - (len(first) - len(first.lstrip()))


def _row(pieces: list[Piece]) -> Box:
    """Pieces side by side, brackets as tall as what is in them."""
    first = pieces[0]
    if first.matrix is None:
        pieces = [Piece(box(first.box.lines[0].lstrip()), bracket=first.bracket), *pieces[1:]]
    open_groups: list[tuple[str, list[Box]]] = [("", [])]
    for piece in pieces:
        if piece.bracket and piece.bracket in "([{":
            open_groups.append((piece.bracket, []))
        elif piece.bracket and len(open_groups) > 1:
            opening, inner = open_groups.pop()
            group = enclosed(opening, beside(inner) if inner else EMPTY, piece.bracket)
            open_groups[-1][1].append(group)
        else:
            open_groups[-1][1].append(piece.box)
    flat: list[Box] = []
    for opening, inner in open_groups:  # all but the first lost their closing bracket to a break
        flat += [box(opening), *inner] if opening else inner
    return beside(flat)


def _narrowed(pieces: list[Piece], width: int, language: str) -> Box:
    """What no line is broken in: its widest matrix in blocks of columns; without one, as it is."""
    wide = [piece for piece in pieces if piece.matrix is not None]
    if not wide:
        return _row(pieces)
    widest = max(wide, key=lambda piece: piece.box.width)
    at = pieces.index(widest)
    room = width - _width(pieces) + widest.box.width
    if room < NARROWEST and len(pieces) > 1:  # no room beside its neighbours
        parts = [part for part in (pieces[:at], [widest], pieces[at + 1 :]) if part]
        return stacked([one for part in parts for one in _rows(part, width, language)])
    assert widest.matrix is not None
    blocks = Piece(_blocks(widest.matrix, room, language), matrix=widest.matrix)
    return _row([*pieces[:at], blocks, *pieces[at + 1 :]])


# Matrices


def _matrix(matrix: Matrix, language: str, width: int = 10**9) -> Box:
    """A matrix whose columns line up."""
    rows = _table(matrix)
    if not rows or not rows[0]:
        return box("[]")
    columns = [_column(column, width - 2, language) for column in zip(*rows, strict=True)]
    gap = box(" " if _is_tight(rows) else "  ")
    lines = []
    for row in zip(*columns, strict=True):
        spaced = [one for entry in row for one in (gap, entry)][1:]
        lines.append(beside(spaced))
    is_tall = any(line.height > 1 for line in lines)
    inner = below(lines, gap=1 if is_tall else 0) if len(lines) > 1 else lines[0]
    return enclosed("[", inner, "]")


def _table(matrix: Matrix) -> tuple[tuple[Formula, ...], ...]:
    if matrix.kind == "column":
        return tuple((entry,) for entry in matrix.rows[0])
    return matrix.rows


def _is_tight(rows: Sequence[Sequence[Formula]]) -> bool:
    """Whether single spaces keep the entries apart: short whole numbers, nothing else."""
    return all(
        isinstance(entry, Number) and entry.text.lstrip("-").isdecimal()
        for row in rows
        for entry in row
    )


def _column(entries: Sequence[Formula], width: int, language: str) -> list[Box]:
    """Entries below each other: numbers at the point or the right edge, the rest in the middle."""
    if all(isinstance(entry, Number) for entry in entries):
        texts = [number_text(entry) for entry in entries if isinstance(entry, Number)]
        if all(PLAIN.fullmatch(text) for text in texts):
            behind = max(cells(_behind_the_point(text)) for text in texts)
            texts = [text + " " * (behind - len(_behind_the_point(text))) for text in texts]
        widest = max(map(cells, texts))
        return [box(padded("", widest - cells(text)) + text) for text in texts]
    boxes = [fitted(entry, width, language) for entry in entries]
    widest = max(one.width for one in boxes)
    return [moved(one, (widest - one.width) // 2, widest) for one in boxes]


def _behind_the_point(text: str) -> str:
    return text[text.index(".") :] if "." in text else ""


def _blocks(matrix: Matrix, width: int, language: str) -> Box:
    """A matrix that is too wide: as many columns as fit, and the next ones below them."""
    rows = _table(matrix)
    count = len(rows[0]) if rows else 0
    if count < 2:
        return _matrix(matrix, language, width)
    one = [_matrix(_columns(rows, at, at + 1), language, width).width - 2 for at in range(count)]
    gap = 1 if _is_tight(rows) else 2
    blocks = []
    start = 0
    while start < count:
        end, used = start + 1, 2 + one[start]
        while end < count and used + gap + one[end] <= width:
            used += gap + one[end]
            end += 1
        blocks += [
            _label(matrix, start + 1, end, count, width, language),
            _matrix(_columns(rows, start, end), language, width),
        ]
        start = end
    return below(blocks, baseline=0)


def _columns(rows: Sequence[Sequence[Formula]], start: int, end: int) -> Matrix:
    return Matrix(tuple(tuple(row[start:end]) for row in rows))


def _label(matrix: Matrix, first: int, last: int, count: int, width: int, language: str) -> Box:
    """Which columns follow."""
    kind = "entries" if matrix.kind == "row" else "columns"
    if first == last:
        kind = kind.replace("entries", "entry").replace("columns", "column")
    details = (("first", str(first)), ("last", str(last)), ("count", str(count)))
    words = say(Sentence(f"printer:{kind}", details), language)
    return fitted(Expression(words, ""), width, language)
