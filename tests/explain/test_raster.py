"""Drawings as PNG."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from chainrule.errors import DataProblem, TooLarge
from chainrule.explain.printers.raster import rasterised

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}">{}</svg>'


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def differs(inner: str, other: str) -> bool:
    """Whether two drawings look different."""
    return rasterised(SVG.format(60, 30, inner)) != rasterised(SVG.format(60, 30, other))


@pytest.mark.parametrize("scale", [0.5, 1, 2, 3])
def test_each_pixel_is_scaled(scale: float) -> None:
    assert size(rasterised(SVG.format(200, 80, ""), scale)) == (200 * scale, 80 * scale)


def test_colours() -> None:
    png = rasterised(SVG.format(4, 1, '<rect width="4" height="1" fill="#c00"/>'), 1)
    start = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[start - 4 : start])
    row = zlib.decompress(png[start + 4 : start + 4 + length])
    assert np.frombuffer(row[1:5], np.uint8).tolist() == [204, 0, 0, 255]


def test_hangul_is_drawn() -> None:
    text = '<text y="20" font-size="16">{}</text>'
    assert differs(text.format("가"), text.format("나"))
    assert differs(text.format("∂"), text.format("⊙"))


@pytest.mark.parametrize("text", ['"); #panic("', "#eval(1)", "\\", '\\"'])
def test_text_in_a_drawing_is_only_text(text: str) -> None:
    assert size(rasterised(SVG.format(9, 9, f"<desc>{text}</desc>"), 1)) == (9, 9)


@pytest.mark.parametrize("svg", ["", "<p>", "<svg/>", '<svg width="1em" height="2em"/>'])
def test_what_has_no_size_in_pixels_is_refused(svg: str) -> None:
    with pytest.raises(DataProblem, match="a width and a height"):
        rasterised(svg)


def test_what_is_no_drawing_is_refused() -> None:
    with pytest.raises(DataProblem, match="cannot set"):
        rasterised('<svg width="9" height="9"><g>')


@pytest.mark.parametrize(("width", "height"), [(10**6, 10**6), (10**9, 1), (0, 5), (10**400, 1)])
def test_pictures_of_absurd_size_are_refused(width: int, height: int) -> None:
    with pytest.raises(TooLarge, match="is not made"):
        rasterised(SVG.format(width, height, ""))
