"""Texts, boxes and brackets at their places, and how far they reach; nothing is left to a font."""

from __future__ import annotations

from chainrule.explain.drawing.graph import Block
from chainrule.explain.drawing.measure import ADVANCE, cells
from chainrule.graph.record import Record

__all__ = ["BASELINE", "LEADING", "SIZES", "Box", "Bracket", "Canvas", "Text"]

SIZES = {
    "title": 17.0,
    "name": 15.0,
    "formula": 13.0,
    "value": 13.0,
    "gradient": 13.0,
    "local": 12.0,
    "constant": 12.0,
}
LEADING = 1.4  # of the font size, from line to line
BASELINE = 1.03  # of the font size, below the upper end of a line
BRACKET = 5.0  # the room of a bracket beside its numbers


class Text(Record):
    """A text on one line, `y` its baseline; `layer` is "" where it is drawn always."""

    x: float
    y: float
    text: str
    style: str
    layer: str

    @property
    def width(self) -> float:
        """How wide it is drawn, in any font."""
        return round(cells(self.text) * ADVANCE * SIZES[self.style], 1)

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower end."""
        size = SIZES[self.style]
        top = self.y - BASELINE * size
        return self.x, top, self.x + self.width, top + LEADING * size


class Box(Record):
    """A frame around a quantity ("given", "declared", "defined"), constants or a connector."""

    x: float
    y: float
    width: float
    height: float
    kind: str


class Bracket(Record):
    """One bracket of a matrix, at its left or at its right."""

    x: float
    top: float
    bottom: float
    is_left: bool
    style: str
    layer: str


class Canvas:
    """What has been drawn so far, and how far it reaches."""

    def __init__(self) -> None:
        self.width = self.height = 0.0
        self.texts: list[Text] = []
        self.brackets: list[Bracket] = []
        self.boxes: list[Box] = []

    def write(self, x: float, y: float, text: str, style: str, layer: str) -> float:
        """A text with its upper left corner here; returns where it ends."""
        kept = text.replace("  ", "\N{NO-BREAK SPACE}" * 2)
        baseline = y + BASELINE * SIZES[style]
        self.texts.append(Text(round(x, 1), round(baseline, 1), kept, style, layer))
        end = x + cells(text) * ADVANCE * SIZES[style]
        self.reach(end, y + LEADING * SIZES[style])
        return end

    def value(self, x: float, y: float, lead: str, block: Block, style: str, layer: str) -> float:
        """A value behind its sign and what stands before that; returns its lower end."""
        cell, line = ADVANCE * SIZES[style], LEADING * SIZES[style]
        bottom = y + line * len(block.rows)
        middle = y + line * (len(block.rows) - 1) / 2
        x = self.write(x, middle, f"{lead} {block.sign}".strip(), style, layer) + cell
        end = x + max(map(cells, block.rows)) * cell
        if block.is_matrix:
            self._brackets(x, end + 2 * BRACKET, y, bottom, style, layer)
            x += BRACKET
        for at, row in enumerate(block.rows):
            bare = row.lstrip()
            self.write(x + (len(row) - len(bare)) * cell, y + at * line, bare, style, layer)
        return bottom

    def _brackets(
        self, left: float, right: float, top: float, bottom: float, style: str, layer: str
    ) -> None:
        for x, is_left in ((left, True), (right, False)):
            ends = round(top + 1.5, 1), round(bottom - 1.5, 1)
            self.brackets.append(Bracket(round(x, 1), *ends, is_left, style, layer))
        self.reach(right, bottom)

    def frame(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A box."""
        left, top, wide, high = (round(one, 1) for one in (x, y, width, height))
        self.boxes.append(Box(left, top, wide, high, kind))
        self.reach(x + width, y + height)

    def reach(self, x: float, y: float) -> None:
        """The canvas goes at least so far."""
        self.width, self.height = max(self.width, x), max(self.height, y)
