"""What is known of whole numbers before they are computed: their range, and what is affine in them.

Places are computed from indices that count, and from others that depend on numbers.  What is
affine becomes strides, and what is certain to be in range needs no comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from chainrule.graph.record import Record
from chainrule.run.native.tensors import (
    Counting,
    Each,
    Filled,
    Number,
    Pick,
    Reduce,
    Strides,
    Tensor,
    View,
)
from chainrule.run.native.views import composed

__all__ = ["WHOLE", "Affine", "Knowledge", "Span", "compared", "reach"]

WHOLE = np.dtype(np.int64)
LEAST, MOST = -(1 << 63), (1 << 63) - 1


class Span(Record):
    """All entries are from `low` to `high`."""

    low: int
    high: int


class Affine(Record):
    """Entry i is `offset + Σ i_k strides_k + scale · rest_i`; `rest` is an array, or None."""

    offset: int
    strides: Strides
    scale: int = 0
    rest: Tensor | None = None


class Knowledge:
    """What is known of arrays of int64, from when they are made on."""

    def __init__(self) -> None:
        self._spans: dict[Tensor, Span] = {}
        self._affine: dict[Tensor, Affine] = {}

    def span(self, x: Tensor) -> Span | None:
        """From where to where the entries are; None where that is not known."""
        return self._spans.get(x)

    def affine(self, x: Tensor) -> Affine:
        """The entries as affine numbers; in the end x is once x."""
        return self._affine.get(x) or Affine(0, (0,) * len(x.shape), 1, x)

    def decree(self, x: Tensor, span: Span) -> None:
        """Wherever the entries are not in the span, an error is marked."""
        self._spans[x] = span
        self._affine.pop(x, None)

    def note(self, x: Tensor, rest: Tensor | None = None) -> None:
        """Look at a new array; `rest` is what is not affine of a view, seen through it."""
        span, affine = self._span(x), self._affine_of(x, rest)
        if span is not None:
            self._spans[x] = span
        if affine is not None:
            self._affine[x] = affine

    def _span(self, x: Tensor) -> Span | None:
        kind = x.kind
        if isinstance(kind, Number):
            return Span(int(kind.value), int(kind.value))
        if isinstance(kind, Counting):
            return Span(0, x.size - 1)
        if isinstance(kind, Filled):
            return Span(int(kind.values.min()), int(kind.values.max()))
        if isinstance(kind, Each):
            return span_of(kind.function, [self._span_in(one) for one in x.inputs])
        if isinstance(kind, Reduce) and kind.function.startswith("arg"):
            return Span(0, x.inputs[0].size // x.size - 1)
        is_choice = isinstance(kind, View | Pick)
        is_choice |= isinstance(kind, Reduce) and kind.function in ("max", "min")
        return self._span_in(x.inputs[0]) if is_choice else None

    def _span_in(self, x: Tensor) -> Span | None:
        if x.dtype == WHOLE or x.dtype.kind not in "biu":
            return self.span(x)
        if x.dtype.kind == "b":
            return Span(0, 1)
        ends = np.iinfo(x.dtype)
        return Span(int(ends.min), int(ends.max)) if ends.max <= MOST else None

    def _affine_of(self, x: Tensor, rest: Tensor | None) -> Affine | None:
        kind = x.kind
        if isinstance(kind, Number):
            return Affine(int(kind.value), ())
        if isinstance(kind, Counting):
            return Affine(0, (1,))
        if isinstance(kind, Each):
            inputs = [self.affine(one) for one in x.inputs]
            return affine_of(kind.function, inputs, [self.span(one) for one in x.inputs])
        if not isinstance(kind, View):
            return None
        inner = self.affine(x.inputs[0])
        if rest is None and inner.rest is not None:
            return None
        place = (x.inputs[0].shape, inner.offset, inner.strides)
        seen = composed(*place, x.shape, kind.offset, kind.strides)
        return None if seen is None else Affine(*seen, inner.scale, rest)


def reach(shape: Sequence[int], offset: int, strides: Sequence[int]) -> Span:
    """The span of `offset + Σ i_k strides_k`; no axis is empty.

    >>> reach((2, 3), 1, (-1, 4))
    Span(low=0, high=9)
    """
    ends = [step * (n - 1) for n, step in zip(shape, strides, strict=True)]
    low, high = sum([min(end, 0) for end in ends]), sum([max(end, 0) for end in ends])
    return Span(offset + low, offset + high)


def span_of(function: str, spans: Sequence[Span | None]) -> Span | None:
    """The span of a function's result, entry by entry; None where it is not known.

    >>> span_of("multiply", [Span(0, 3), Span(-2, 5)])
    Span(low=-6, high=15)
    """
    known = [one for one in spans if one is not None]
    if function == "where":
        known, is_known = known[-2:], None not in spans[1:]
        return _between([one.low for one in known] + [one.high for one in known], is_known)
    if len(known) < len(spans):
        return None
    ends = [(one.low, one.high) for one in known]
    if function == "add":
        return _checked(ends[0][0] + ends[1][0], ends[0][1] + ends[1][1])
    if function == "subtract":
        return _checked(ends[0][0] - ends[1][1], ends[0][1] - ends[1][0])
    if function == "multiply":
        return _between([a * b for a, b in product(*ends)])
    if function == "negative":
        return _checked(-ends[0][1], -ends[0][0])
    if function in ("maximum", "minimum"):
        choose = max if function == "maximum" else min
        return Span(choose(ends[0][0], ends[1][0]), choose(ends[0][1], ends[1][1]))
    return known[0] if function == "cast" else None


def _between(ends: Sequence[int], is_known: bool = True) -> Span | None:
    return _checked(min(ends), max(ends)) if is_known else None


def _checked(low: int, high: int) -> Span | None:
    """None where the numbers could wrap around."""
    return Span(low, high) if low >= LEAST and high <= MOST else None


def compared(function: str, a: Span, b: Span) -> bool | None:
    """What a comparison comes to at every entry; None where that depends on the numbers.

    >>> compared("less", Span(0, 3), Span(4, 4)), compared("less", Span(0, 4), Span(4, 4))
    (True, None)
    """
    if function in ("greater", "greater_equal"):
        return compared(function.replace("greater", "less"), b, a)
    if function == "not_equal":
        found = compared("equal", a, b)
        return None if found is None else not found
    if function == "equal":
        if a.high < b.low or b.high < a.low:
            return False
        return True if a.low == a.high == b.low == b.high else None
    if function == "less":
        return True if a.high < b.low else False if a.low >= b.high else None
    return True if a.high <= b.low else False if a.low > b.high else None


def affine_of(
    function: str, inputs: Sequence[Affine], spans: Sequence[Span | None]
) -> Affine | None:
    """A function of affine numbers as one of these again; None where it is none."""
    if function == "negative":
        return _scaled(inputs[0], -1)
    if function == "multiply":
        for one, span in zip(inputs, reversed(spans), strict=True):
            if span is not None and span.low == span.high:
                return _scaled(one, span.low)
        return None
    if function not in ("add", "subtract"):
        return None
    one, other = inputs[0], inputs[1] if function == "add" else _scaled(inputs[1], -1)
    if one.rest is not None and other.rest is not None:
        return None
    strides = tuple([a + b for a, b in zip(one.strides, other.strides, strict=True)])
    scale = one.scale + other.scale
    return Affine(one.offset + other.offset, strides, scale, one.rest or other.rest)


def _scaled(one: Affine, factor: int) -> Affine:
    strides = tuple([step * factor for step in one.strides])
    return Affine(one.offset * factor, strides, one.scale * factor, one.rest if factor else None)
