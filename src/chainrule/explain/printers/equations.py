"""Equations in lines of text: what is found, and below each other what it is equal to."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.explain.explanation import Equal
from chainrule.explain.printers.boxes import EMPTY, Box, beside, box
from chainrule.explain.printers.laid_out import fitted, stacked
from chainrule.notation.formula import Formula

__all__ = ["equation"]

LABEL_SHARE = 3  # a left side that takes more than a third of the line stands on its own
INDENT = 2  # of the sides below it
SIGN = 2  # cells of a sign and the space behind it


def equation(what: Formula | None, sides: Sequence[Equal], width: int, language: str = "en") -> Box:
    """`what` and all that is equal to it: on one line, else a side on each, signs in a column.

    >>> from chainrule.notation.formula import Expression, Number
    >>> sides = [Equal(Expression("a + b", "")), Equal(Number("0.3333"), "result", False)]
    >>> print(*equation(Expression("sum", ""), sides, 80).lines, sep="|")
    sum = a + b ≈ 0.3333
    >>> print(*equation(Expression("sum", ""), sides, 12).lines, sep="|")
    sum = a + b |    ≈ 0.3333
    """
    left = None if what is None else fitted(what, width, language)
    natural = [fitted(side.formula, 10 * width, language) for side in sides]
    whole = _in_a_row(left, sides, natural)
    if whole.width <= width:
        return whole
    widest = max(one.width for one in natural)
    over, lead = _lead(left, widest, width)
    room = width - lead.width - SIGN
    rows = []
    for side, found in zip(sides, natural, strict=True):
        shown = found if found.width <= room else fitted(side.formula, room, language)
        rows.append(beside([lead, _sign(side), shown]))
        lead = box(" " * lead.width)
    return stacked([*over, *rows])


def _in_a_row(left: Box | None, sides: Sequence[Equal], boxes: Sequence[Box]) -> Box:
    row = [] if left is None else [left]
    for side, found in zip(sides, boxes, strict=True):
        row += [box(" " if row else ""), _sign(side), found]
    return beside(row)


def _sign(side: Equal) -> Box:
    return box("= " if side.is_exact else "≈ ")


def _lead(left: Box | None, widest: int, width: int) -> tuple[list[Box], Box]:
    """What stands on a line of its own before the sides, and what before the first of them.

    The left side has its own line if it is long, or if the widest side fits only then.
    """
    if left is None:
        return [], EMPTY
    indented = box(" " * INDENT)
    is_long = left.width > width // LABEL_SHARE or left.height > 1
    beside_it, below_it = width - left.width - 1 - SIGN, width - INDENT - SIGN
    if is_long or beside_it < widest <= below_it:
        return [left], indented
    return [], beside([left, box(" ")])
