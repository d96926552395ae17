"""Drawings as pictures of pixels."""

from __future__ import annotations

import re

from chainrule.errors import DataProblem, TooLarge
from chainrule.explain.printers.compiled import compiled

__all__ = ["rasterised"]

MOST_PIXELS = 100_000_000  # 400 MB while it is drawn
DOTS = 96.0  # of an SVG to the inch
ROOT = re.compile(r"<svg\b[^>]*>")
SIZE = r"\s{}\s*=\s*[\"']\s*(\d+(?:\.\d+)?)(?:px)?\s*[\"']"


def rasterised(svg: str, scale: float = 2.0) -> bytes:
    """An SVG drawing as PNG, each of its pixels as `scale` × `scale` of them.

    Text is set in the fonts of the typst package; Hangul in ours.

    >>> rasterised('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="1"/>')[:4]
    b'\\x89PNG'

    Raises:
        DataProblem: typst is not installed, or this is no drawing with a width and a height in
            pixels.
        TooLarge: the picture would have more than a hundred million pixels.
    """
    width, height = _size(svg)
    if not 0 < width * height * scale * scale <= MOST_PIXELS:
        raise TooLarge(
            f"A picture of {width * scale:.0f} × {height * scale:.0f} pixels is not made; "
            f"there may be {MOST_PIXELS:,} in all. Draw less, or save it as SVG."
        )
    text = svg.replace("\\", "\\\\").replace('"', '\\"')
    page = "#set page(width: auto, height: auto, margin: 0pt, fill: none)"
    return compiled(f'{page}\n#image(bytes("{text}"), format: "svg")', "png", DOTS * scale)


def _size(svg: str) -> tuple[float, float]:
    root = ROOT.search(svg)
    found = [re.search(SIZE.format(side), root[0]) for side in ("width", "height")] if root else []
    if len(found) != 2 or found[0] is None or found[1] is None:
        raise DataProblem("A drawing has a width and a height in pixels: <svg width=… height=…>")
    return float(found[0][1]), float(found[1][1])
