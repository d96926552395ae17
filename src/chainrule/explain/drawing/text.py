"""A drawing for the terminal: a quantity a row, its wire running down to whatever reads it.

A wire ends where it is read for the last time (╯), or goes on (┤); where two merely cross, the
upright one is drawn through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.explain.drawing.graph import Drawing, Edge, Quantity
from chainrule.explain.drawing.measure import wrapped
from chainrule.explain.language.catalogue import say

__all__ = ["text_lines"]

WIDTH = 100
MOST_LANES = 20  # more of them leave no room for text, and nobody follows them
NARROWEST = 40
MOST_LINES = 12  # of one text


def text_lines(drawing: Drawing, width: int = WIDTH) -> Iterator[str]:
    """The lines of the drawing, none wider than `width` cells (and at least so many as it takes).

    A given quantity is ○, a computed one ●.
    """
    yield say(drawing.title, drawing.language)
    yield ""
    readings = _readings(drawing)
    lanes = _Lanes(readings)
    rows = [(number, *lanes.row(number)) for number in _order(readings)]
    left = 2 * lanes.most if lanes.most <= MOST_LANES else 0
    for number, row, after in rows:
        beside = [row[:left], after[:left]]
        for at, line in enumerate(_texts(drawing, number, max(NARROWEST, width - left - 1))):
            yield f"{beside[min(at, 1)]:<{left}} {line}".rstrip() if left else line
    if drawing.aside and drawing.has_forward:
        yield ""
        yield from (constant.text for constant in drawing.aside)


def _texts(drawing: Drawing, number: int, width: int) -> Iterator[str]:
    """What is said of a quantity, broken into lines; all but the first are indented."""
    for at, text in enumerate(_said(drawing, drawing.quantities[number], number)):
        first = 2 if at else 0
        for more, line in enumerate(wrapped(text, width - first - 4, MOST_LINES)):
            yield " " * (first + (4 if more else 0)) + line


def _said(drawing: Drawing, quantity: Quantity, number: int) -> Iterator[str]:
    """The quantity with its formula and value, then what it reads, then its gradient."""
    if drawing.has_forward:
        formula = f" = {quantity.formula}" if quantity.formula else ""
        value = f" {quantity.value.text}" if quantity.value else ""
        yield f"{quantity.name}{formula}{value}"
        yield from (constant.text for constant in quantity.constants)
    else:
        yield quantity.name
    if not drawing.has_backward:
        return
    for edge in drawing.edges:
        if edge.upper == number and edge.text:
            yield local_text(edge)
    if quantity.gradient is not None:
        yield f"{quantity.gradient.symbol} {quantity.gradient.value.text}"


def local_text(edge: Edge) -> str:
    """A local derivative on one line: ∂f/∂e = f(1-f) ≈ 0.25."""
    text = " ".join(edge.text)
    symbol = "" if text.startswith("∂") and " = " in text else f"{edge.symbol} = "
    number = f" {edge.number.text}" if edge.number else ""
    return f"{symbol}{text}{number}"


def _readings(drawing: Drawing) -> list[list[int]]:
    """What each quantity reads."""
    found: list[list[int]] = [[] for _ in drawing.quantities]
    for edge in drawing.edges:
        found[edge.upper].append(edge.lower)
    return found


def _order(readings: Sequence[Sequence[int]]) -> list[int]:
    """Every quantity shortly before what reads it: the wires stay short."""
    read = {lower for lowers in readings for lower in lowers}
    found: dict[int, None] = {}
    for top in range(len(readings)):
        stack = [] if top in read else [(top, False)]
        while stack:
            number, done = stack.pop()
            if done:
                found.setdefault(number)
            elif number not in found:
                stack.append((number, True))
                stack += [(lower, False) for lower in reversed(readings[number])]
    return list(found)


class _Lanes:
    """The wires beside the rows; a lane is free again once its quantity has been read."""

    def __init__(self, readings: Sequence[Sequence[int]]) -> None:
        self.readings = readings
        self.left = [0] * len(readings)  # how often a quantity is still to be read
        for lowers in readings:
            for lower in lowers:
                self.left[lower] += 1
        self.open: list[int | None] = []
        self.most = 0

    def row(self, number: int) -> tuple[str, str]:
        """The lanes beside a quantity's row, and beside the lines below it."""
        lowers = self.readings[number]
        for lower in lowers:
            self.left[lower] -= 1
        inputs = [at for at, one in enumerate(self.open) if one in lowers]
        ended = [at for at in inputs if self.left[self.open[at] or 0] == 0]
        own = self._own(ended)
        self.most = max(self.most, len(self.open))
        shown = self._drawn(own, inputs, ended, "●" if lowers else "○")
        for at in ended:
            self.open[at] = None
        self.open[own] = number if self.left[number] else None
        after = "".join("  " if one is None else "│ " for one in self.open)
        while self.open and self.open[-1] is None:
            self.open.pop()
        return shown, after

    def _own(self, ended: Sequence[int]) -> int:
        """Where the quantity stands: on a wire that ends here, else on the first free lane."""
        if ended:
            return ended[0]
        if None not in self.open:
            self.open.append(None)
        return self.open.index(None)

    def _drawn(self, own: int, inputs: Sequence[int], ended: Sequence[int], dot: str) -> str:
        first, last = min([own, *inputs]), max([own, *inputs])
        shown = ""
        for at, one in enumerate(self.open):
            if at == own:
                sign = dot
            elif at in inputs:
                place = 0 if at == first else 2 if at == last else 1
                sign = "╰┴╯"[place] if at in ended else "├┼┤"[place]
            elif one is not None:
                sign = "│"
            else:
                sign = "─" if first < at < last else " "
            shown += sign + ("─" if first <= at < last else " ")
        return shown
