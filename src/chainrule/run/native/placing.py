"""Reading and adding at computed places, in the form that computes least.

Places that only count are strides.  What counts and is read at computed places is arithmetic on
them.  Where every number is added in a row of its own, each entry of the row is either that number
or 0: a comparison, which needs no memory of its own.
"""

from __future__ import annotations

import numpy as np

from chainrule.graph.node import Shape, size_of
from chainrule.run.native.builder import Builder, NotNative
from chainrule.run.native.simpler import value_of
from chainrule.run.native.tensors import (
    Each,
    Filled,
    Join,
    Pick,
    Region,
    Scatter,
    Strides,
    Tensor,
    View,
    row_major,
)
from chainrule.run.native.views import composed, do_not_meet
from chainrule.run.native.whole import WHOLE, Span

__all__ = ["checked", "pick", "scatter", "wrapped"]

ZERO = Filled(np.zeros(1, np.int64))


class _Places:
    """Numbers `offset + Σ i_k strides_k + places_i · stride`, with 0 ≤ places_i < length."""

    def __init__(
        self, make: Builder, offset: int, strides: Strides, stride: int, length: int, places: Tensor
    ) -> None:
        self.make = make
        self.offset, self.strides = offset, strides
        self.stride, self.length = stride, length
        self.places: Tensor | None = make.cast(places, WHOLE)
        self.are_certain = False
        self._split()

    def _split(self) -> None:
        """What counts in the places goes into the strides."""
        assert self.places is not None
        known = self.make.known_of
        span, affine = known.span(self.places), known.affine(self.places)
        self.are_certain = span is not None and span.low >= 0 and span.high < self.length
        if not self.are_certain:
            return
        inner = None if affine.rest is None else known.span(affine.rest)
        if affine.rest is not None and (inner is None or inner.low < 0):
            return
        self.offset += affine.offset * self.stride
        steps = zip(self.strides, affine.strides, strict=True)
        self.strides = tuple([step + self.stride * more for step, more in steps])
        self.stride *= affine.scale
        self.places = affine.rest
        self.length = 1 if inner is None else inner.high + 1

    def through(self, own: Shape, offset: int, strides: Strides) -> tuple[int, Strides] | None:
        """The same places of a view, as places below it; the last step is that of the places."""
        assert self.places is not None
        shape = (*self.places.shape, self.length)
        return composed(own, offset, strides, shape, self.offset, (*self.strides, self.stride))

    def raw(self) -> Tensor:
        """The places as they are, if whatever reads there marks an error by itself."""
        assert self.places is not None
        return _unchecked(self.make, self.places, self.length)


def pick(
    make: Builder,
    x: Tensor,
    offset: int,
    strides: Strides,
    stride: int,
    length: int,
    places: Tensor,
) -> Tensor:
    """Entry i is number `offset + Σ i_k strides_k + places_i · stride` of x."""
    shape = places.shape
    if not size_of(shape):
        return make.view(x, shape, 0, strides)
    if not x.size:
        raise NotNative("a place in an empty array")
    at = _Places(make, offset, strides, stride, length, places)
    if at.places is None:
        return make.view(x, shape, at.offset, at.strides)
    while isinstance(x.kind, View):
        seen = at.through(x.shape, x.kind.offset, x.kind.strides)
        if seen is None:
            break
        at.offset, (*steps, at.stride) = seen
        at.strides = tuple(steps)
        x = x.inputs[0]
    if at.are_certain:
        found = _counted(make, x, at)
        if found is not None:
            return found
    kind = Pick(at.offset, at.strides, at.stride, at.length)
    return make.tensor(kind, (x, at.raw()), shape, x.dtype)


def _counted(make: Builder, x: Tensor, at: _Places) -> Tensor | None:
    """What is read, if x is one number or counts."""
    assert at.places is not None
    shape = at.places.shape
    if value_of(x) is not None:
        return make.view(x, shape, 0, (0,) * len(shape))
    affine = make.known_of.affine(x)
    if x.dtype != WHOLE or affine.rest is not None:
        return None
    seen = at.through(x.shape, affine.offset, affine.strides)
    if seen is None:
        return None
    first, (*steps, step) = seen
    counted = make.counting(shape, first, tuple(steps))
    return make.each("add", counted, make.each("multiply", at.places, step))


def scatter(
    make: Builder,
    values: Tensor,
    strides: Strides,
    stride: int,
    length: int,
    places: Tensor,
    shape: Shape,
) -> Tensor:
    """Zeros, and entry i of the values added at number `Σ i_k strides_k + places_i · stride`."""
    if not values.size or not size_of(shape):
        if values.size:
            raise NotNative("a place in an empty array")
        return make.spread(make.number(0, values.dtype), shape)
    at = _Places(make, 0, strides, stride, length, places)
    if at.places is None:
        apart = do_not_meet(values.shape, at.strides)
        part = _without_sign(make, values) if apart else values
        join = Join((Region(at.offset, at.strides),), adding=not apart, apart=apart)
        return make.tensor(join, (part,), shape, values.dtype)
    if at.are_certain:
        found = _one_in_each_row(make, values, at, shape)
        if found is not None:
            return found
    kind = Scatter(at.offset, at.strides, at.stride, at.length)
    return make.tensor(kind, (values, at.raw()), shape, values.dtype)


def _one_in_each_row(make: Builder, values: Tensor, at: _Places, shape: Shape) -> Tensor | None:
    """The values compared into place, if each has a row of its own, and the rows are everything."""
    assert at.places is not None
    wide = (*values.shape, at.length)
    steps = (*at.strides, at.stride)
    order = [axis for axis, n in enumerate(wide) if n > 1]
    order.sort(key=lambda axis: -steps[axis])
    lengths = tuple([wide[axis] for axis in order])
    if at.offset or size_of(lengths) != size_of(shape):
        return None
    if row_major(lengths) != tuple([steps[axis] for axis in order]):
        return None
    columns = make.counting(wide, 0, (0,) * len(values.shape) + (1,))
    here = make.each("equal", columns, _spread_last(make, at.places, wide))
    chosen = make.each("where", here, _spread_last(make, _without_sign(make, values), wide), 0)
    own = row_major(wide)
    moved = make.view(chosen, lengths, 0, tuple([own[axis] for axis in order]))
    return make.reshaped(moved, shape)


def _spread_last(make: Builder, x: Tensor, wide: Shape) -> Tensor:
    """x, repeated along a new last axis."""
    return make.spread(make.reshaped(x, (*x.shape, 1)), wide)


def _without_sign(make: Builder, values: Tensor) -> Tensor:
    """What adding to 0 makes of numbers: -0.0 becomes 0.0."""
    return make.each("add", values, 0) if values.dtype.kind == "f" else values


# --- places that depend on numbers that are not known -------------------------------------------


def wrapped(make: Builder, places: Tensor, length: int) -> Tensor:
    """Places along an axis of that length, those below 0 counted from its end; checked."""
    places = make.cast(places, WHOLE)
    from_end = make.each("add", places, length)
    return checked(make, make.each("where", make.each("less", places, 0), from_end, places), length)


def checked(make: Builder, places: Tensor, length: int) -> Tensor:
    """The places, of which it is then known that they are from 0 to length - 1, or an error."""
    span = make.known_of.span(places)
    if not places.size or (span is not None and span.low >= 0 and span.high < length):
        return places
    if not length:
        raise NotNative("a place in an empty array")
    found = make.each("add", places, _mark(make, places, length))
    make.known_of.decree(found, Span(0, length - 1))
    return found


def _mark(make: Builder, places: Tensor, length: int) -> Tensor:
    """Zeros, read from memory at the places: what is outside is marked as an error."""
    zero = make.tensor(ZERO, (), (1,), WHOLE)
    still = (0,) * len(places.shape)
    return make.tensor(Pick(0, still, 0, length), (zero, places), places.shape, WHOLE)


def _unchecked(make: Builder, places: Tensor, length: int) -> Tensor:
    """The places before they were checked for that length."""
    if isinstance(places.kind, View):
        inner = _unchecked(make, places.inputs[0], length)
        kind = places.kind
        return make.view(inner, places.shape, kind.offset, kind.strides)
    if not isinstance(places.kind, Each) or places.kind.function != "add":
        return places
    raw, mark = places.inputs
    is_mark = isinstance(mark.kind, Pick) and mark.kind == Pick(0, mark.kind.strides, 0, length)
    return raw if is_mark and mark.inputs[1] is raw else places
