"""A curve in the terminal, drawn with dots of Braille: two columns and four rows a character.

>>> for line in plot_lines([4.0, 3.0, 2.0, 1.0, 0.0], width=22, rows=3):
...     print(line)
4 ┤⠙⠒⠲⠤⣄⣀⡀
  │      ⠉⠙⠒⠦⠤⣄⣀
0 ┤            ⠈⠉⠙⠒⠦⠤⣄
   0                 4
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chainrule.graph.node import Array
from chainrule.notation.numbers import significant

__all__ = ["plot_lines"]

BLANK = 0x2800
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # of a column, from the top
WIDE = 100.0  # values that differ by more than this factor are drawn on a logarithmic scale


def plot_lines(values: npt.ArrayLike, width: int, rows: int = 8) -> list[str]:
    """The values one after the other, from left to right, in so many characters a line.

    Positive values of very different sizes are drawn by their logarithms.  Values that are not
    finite leave a gap; without two finite ones there is nothing to draw.
    """
    curve = np.asarray(values, float)
    finite = curve[np.isfinite(curve)]
    if finite.size < 2:
        return []
    low, high = float(finite.min()), float(finite.max())
    is_log = low > 0 and high / low > WIDE
    labels = [significant(high, 4), significant(low, 4)]
    margin = max(map(len, labels))
    columns = max(width - margin - 2, 2)
    with np.errstate(invalid="ignore"):
        lines = _drawn(np.log(curve) if is_log else curve, columns, rows)
    edges = [f"{labels[0]:>{margin}} ┤", *[f"{'':{margin}} │"] * (rows - 2)]
    edges.append(f"{labels[1]:>{margin}} ┤")
    shown = [f"{edge}{line}".rstrip() for edge, line in zip(edges, lines, strict=True)]
    last = f"{len(curve) - 1:,}"
    axis = f"0{'(logarithmic)' if is_log else '':^{max(columns - len(last) - 1, 0)}}{last}"
    return [*shown, f"{'':{margin + 2}}{axis}"]


def _drawn(curve: Array, columns: int, rows: int) -> list[str]:
    """The characters, row by row."""
    width, height = 2 * columns, 4 * rows
    if len(curve) <= width:
        curve = np.interp(np.linspace(0, len(curve) - 1, width + 1), range(len(curve)), curve)
    finite = curve[np.isfinite(curve)]
    low, extent = finite.min(), np.ptp(finite) or 1.0
    places = np.linspace(0, len(curve) - 1, width + 1).astype(int)
    cells = np.zeros((rows, columns), int)
    for at in range(width):
        part = curve[places[at] : places[at + 1] + 1]  # with the first of the next: no gaps
        part = part[np.isfinite(part)]
        if part.size:
            ends = [
                round((height - 1) * (1 - (y - low) / extent)) for y in (part.max(), part.min())
            ]
            for y in range(ends[0], ends[1] + 1):
                cells[y // 4, at // 2] |= DOTS[at % 2][y % 4]
    return ["".join(chr(BLANK + dots) if dots else " " for dots in row) for row in cells]
