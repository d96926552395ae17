"""Windows of an image: their settings, and how many of them fit.  See convolution and pooling."""

from __future__ import annotations

from typing import Any

from chainrule.errors import ShapeError
from chainrule.graph.node import Shape
from chainrule.ops.contract import show_shape

__all__ = ["Pair", "pair", "places", "with_border"]

Pair = tuple[int, int]


def pair(name: str, value: Any, least: int) -> Pair:
    """A setting for both image axes; one number stands for two equal ones.

    >>> pair("stride", 2, 1), pair("stride", (2, 1), 1)
    ((2, 2), (2, 1))

    Raises:
        ShapeError: it is anything else, or below `least`.
    """
    both = value if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2 or any(isinstance(n, bool) or not hasattr(n, "__index__") for n in both):
        raise ShapeError(f"{name} is a whole number or a pair of them, not {value}")
    first, second = [n.__index__() for n in both]
    if min(first, second) < least:
        raise ShapeError(f"{name} is at least {least}, not {value}")
    return first, second


def places(name: str, image: Shape, window: Shape, of: Any) -> Shape:
    """How many windows fit an image along each axis; `of` has stride, padding and dilation.

    Raises:
        ShapeError: not even one fits.
    """
    padded = with_border(image, of.padding)
    spans = [gap * (n - 1) + 1 for n, gap in zip(window, of.dilation, strict=True)]
    fits = all(span <= n for span, n in zip(spans, padded, strict=True))
    if not fits or min(*window, *image) < 1:
        raise ShapeError(
            f"{name} needs a window of at least 1 × 1 that fits the image: {show_shape(window)} "
            f"spans {show_shape(tuple(spans))}, the padded image is {show_shape(padded)}"
        )
    return tuple(
        (n - span) // step + 1 for n, span, step in zip(padded, spans, of.stride, strict=True)
    )


def with_border(image: Shape, padding: Shape) -> Shape:
    """The size of an image with a border on all sides."""
    return tuple(n + 2 * border for n, border in zip(image, padding, strict=True))
