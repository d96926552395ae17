"""Makes tensors, each in its shortest form: equal ones are one, and what is known is not computed.

A view of a view is one view, a function of what is repeated is computed once and then repeated.
No number changes but by the rounding of a sum.

>>> from chainrule.run.native.tensors import Given
>>> make = Builder()
>>> x = make.tensor(Given(0), (), (3,), np.dtype("f8"))
>>> make.each("multiply", x, 1.0) is x
True
>>> make.each("negative", make.each("divide", x, 4.0)).kind, make.each("exp", 0.0).kind
(Each(function='multiply'), Number(value=1.0))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Shape, size_of
from chainrule.run import kernels
from chainrule.run.native.names import NAMES
from chainrule.run.native.simpler import RULES, value_of
from chainrule.run.native.tensors import (
    Counting,
    Each,
    Filled,
    Join,
    Kind,
    Number,
    Strides,
    Tensor,
    View,
    row_major,
)
from chainrule.run.native.views import composed, found_in
from chainrule.run.native.whole import WHOLE, Knowledge, reach

__all__ = ["NATIVE", "TRUTH", "Builder", "NotNative", "at_most_one", "is_still"]

TRUTH = np.dtype(bool)
NATIVE = frozenset(map(np.dtype, "?bhilqBHILQfd"))
COMMUTES = frozenset({"add", "multiply"})
MOST_THROUGH = 32  # arrangements that a view looks through, down to where its entries stand
PARTNERS = {  # a comparison is the same after the choice between the two
    "greater": "maximum",
    "less_equal": "maximum",
    "less": "minimum",
    "greater_equal": "minimum",
}


class NotNative(Exception):
    """There is no kernel for this; NumPy computes it."""


@lru_cache(maxsize=4096)
def _types(function: str, given: tuple[Any, ...]) -> tuple[np.dtype[Any], ...]:
    """What NumPy turns the arguments into, and the type of the result."""
    if function not in NAMES:
        raise NotNative(function)
    ufunc = getattr(np, function, None)
    if function == "where":
        dtype = np.result_type(*[one(0) if isinstance(one, type) else one for one in given[1:]])
        found: tuple[np.dtype[Any], ...] = (TRUTH, dtype, dtype, dtype)
    elif not isinstance(ufunc, np.ufunc):  # those that NumPy lacks are of floating-point numbers
        found = (np.result_type(*given, np.float32),) * (len(given) + 1)
    elif ufunc.nin == len(given) and ufunc.nout == 1:
        found = tuple(ufunc.resolve_dtypes((*given, None)))
    else:
        raise NotNative(f"{function} of {len(given)} arrays")
    if not NATIVE.issuperset(found):
        raise NotNative(f"{function} of {', '.join(map(str, given))}")
    return found


class Builder:
    """Makes tensors; see the module's first lines.

    `most` is how many may be made in all; more are `NotNative`.
    """

    def __init__(self) -> None:
        self.most = math.inf
        self.known_of = Knowledge()
        self._made: dict[Any, Tensor] = {}
        self._comparisons: list[Tensor] = []

    def __len__(self) -> int:
        return len(self._made)

    def tensor(
        self, kind: Kind, inputs: tuple[Tensor, ...], shape: Shape, dtype: np.dtype[Any]
    ) -> Tensor:
        """An array of this kind, as it is said."""
        key = (kind, shape, dtype, *inputs)
        return self._made.get(key) or self._new(key, kind, inputs, shape, dtype)

    def _new(
        self,
        key: Any,
        kind: Kind,
        inputs: tuple[Tensor, ...],
        shape: Shape,
        dtype: np.dtype[Any],
        rest: Tensor | None = None,
    ) -> Tensor:
        if len(self._made) >= self.most:
            raise NotNative("too many small arrays")
        made = self._made[key] = Tensor(kind, inputs, shape, dtype)
        if dtype == WHOLE and made.size:
            self.known_of.note(made, rest)
        return made

    # What is known.

    def number(self, value: Any, dtype: np.dtype[Any]) -> Tensor:
        """A known number."""
        try:
            with np.errstate(all="ignore"):
                is_typed = isinstance(value, np.generic | np.ndarray)
                found = value.astype(dtype) if is_typed else dtype.type(value)
        except OverflowError:
            raise NotNative(f"{value} does not fit {dtype}") from None
        key = (dtype, found.tobytes())  # by its bits: -0.0 is not 0.0
        return self._made.get(key) or self._new(key, Number(found.item()), (), (), dtype)

    def known(self, value: Array) -> Tensor:
        """Known numbers; an array of one number many times is a view of it."""
        if value.dtype not in NATIVE:
            raise NotNative(str(value.dtype))
        if not value.ndim:
            return self.number(value[()], value.dtype)
        if _is_one_number(value):
            first = value.flat[0] if value.size else value.dtype.type(0)
            return self.spread(self.number(first, value.dtype), value.shape)
        counted = _counted(value) if value.dtype == WHOLE else None
        if counted is not None:
            return self.counting(value.shape, *counted)
        kind = Filled(np.ascontiguousarray(value))
        return self._new(kind, kind, (), value.shape, value.dtype)

    def counting(self, shape: Shape, offset: int, strides: Strides) -> Tensor:
        """The whole numbers `offset + Σ i_k strides_k`."""
        if not size_of(shape):
            return self._nothing(shape, WHOLE)
        ends = reach(shape, offset, strides)
        first = min(ends.low, 0)
        count = self.tensor(Counting(), (), (ends.high - first + 1,), WHOLE)
        return self.each("add", self.view(count, shape, offset - first, strides), first)

    def _nothing(self, shape: Shape, dtype: np.dtype[Any]) -> Tensor:
        """An empty array."""
        return self.spread(self.number(0, dtype), shape)

    # Views.

    def view(self, x: Tensor, shape: Shape, offset: int, strides: Strides) -> Tensor:
        """Entries of x in other places; a view of a view is one view, where that is possible."""
        if not size_of(shape) and x.shape:
            return self._nothing(shape, x.dtype)
        strides = tuple([0 if n == 1 else step for n, step in zip(shape, strides, strict=True)])
        for _ in range(MOST_THROUGH):
            below = _below(x, shape, offset, strides)
            if below is None:
                break
            x, offset, strides = below
        if shape == x.shape and not offset and strides == at_most_one(shape):
            return x
        key = (x, shape, offset, strides)
        found = self._made.get(key)
        if found is None:
            rest = self.known_of.affine(x).rest if x.dtype == WHOLE else None
            if rest is not None:
                rest = self.view(rest, shape, offset, strides) if rest is not x else None
            found = self._new(key, View(offset, strides), (x,), shape, x.dtype, rest)
        return found

    def spread(self, x: Tensor, shape: Shape) -> Tensor:
        """x broadcast to a shape."""
        if x.shape == shape:
            return x
        more = (0,) * (len(shape) - len(x.shape))
        return self.view(x, shape, 0, more + at_most_one(x.shape))

    def reshaped(self, x: Tensor, shape: Shape) -> Tensor:
        """The same entries row by row."""
        return self.view(x, shape, 0, row_major(shape))

    # Functions entry by entry.

    def cast(self, x: Tensor, dtype: np.dtype[Any]) -> Tensor:
        """x as numbers of another type."""
        if x.dtype == dtype:
            return x
        if dtype not in NATIVE or x.dtype not in NATIVE:
            raise NotNative(f"{x.dtype} as {dtype}")
        if isinstance(x.kind, Number):
            return self.number(x.dtype.type(x.kind.value), dtype)
        if isinstance(x.kind, View) and x.inputs[0].size <= x.size:  # converted once
            inner = self.cast(x.inputs[0], dtype)
            return self.view(inner, x.shape, x.kind.offset, x.kind.strides)
        key = ("cast", x, dtype)
        return self._made.get(key) or self._new(key, Each("cast"), (x,), x.shape, dtype)

    def each(self, function: str, *values: Any) -> Tensor:
        """A function entry by entry, with NumPy's broadcasting and types."""
        types = _types(function, tuple([_type_of(one) for one in values]))
        inputs = [self._as(one, to) for one, to in zip(values, types, strict=False)]
        shape = inputs[0].shape
        if any(one.shape != shape for one in inputs):
            shape = np.broadcast_shapes(*[one.shape for one in inputs])
        if not size_of(shape):
            return self._nothing(shape, types[-1])
        still = _still_axes(inputs, shape)
        if not still:
            wide = [self.spread(one, shape) for one in inputs]
            return self._each(function, wide, shape, types[-1])
        small = tuple([1 if axis in still else n for axis, n in enumerate(shape)])
        small = () if size_of(small) == 1 else small
        found = self.each(function, *[self._first(one, small) for one in inputs])
        return self.spread(found, shape)

    def _first(self, x: Tensor, shape: Shape) -> Tensor:
        """The first entries of an array, which is repeated along the axes of which it has more."""
        if not isinstance(x.kind, View):
            return self.reshaped(x, ()) if not shape else x
        own = x.shape if shape else ()
        wanted = shape[len(shape) - len(own) :]
        least = tuple([min(n, m) for n, m in zip(own, wanted, strict=True)])
        strides = x.kind.strides if shape else ()
        return self.view(x.inputs[0], least, x.kind.offset, strides)

    def _each(
        self, function: str, inputs: list[Tensor], shape: Shape, dtype: np.dtype[Any]
    ) -> Tensor:
        key = (function, *inputs)
        found = self._made.get(key)
        if found is None and function in COMMUTES:
            found = self._made.get((function, *reversed(inputs)))
        if found is not None:
            return found
        found = self._computed(function, inputs, dtype) if not shape else None
        if found is None and function in RULES:
            found = RULES[function](self, *inputs)
        if found is None:
            found = self._new(key, Each(function), tuple(inputs), shape, dtype)
            if function in PARTNERS:
                self._comparisons.append(found)
        self._made[key] = found
        return found

    def _computed(
        self, function: str, inputs: Sequence[Tensor], dtype: np.dtype[Any]
    ) -> Tensor | None:
        """The result now, if all numbers are known."""
        if not all(isinstance(one.kind, Number) for one in inputs):
            return None
        evaluate = getattr(kernels, function, None)
        if evaluate is None:
            return None
        with np.errstate(all="ignore"):
            return self.number(evaluate(*map(value_of, inputs)), dtype)

    def _as(self, value: Any, dtype: np.dtype[Any]) -> Tensor:
        if isinstance(value, Tensor):
            return value if value.dtype == dtype else self.cast(value, dtype)
        if isinstance(value, np.ndarray) and value.ndim:
            return self.known(value.astype(dtype))
        return self.number(value, dtype)

    # In the end.

    def settle(self) -> None:
        """Let comparisons read max(x, c) where that is computed as well: then x need not be kept.

        `x > c` and `max(x, c) > c` are the same, also for NaN.
        """
        for tensor in self._comparisons:
            x, limit = tensor.inputs
            chosen = self._made.get((PARTNERS[tensor.kind.function], x, limit))  # type: ignore[attr-defined]
            if chosen is not None and isinstance(chosen.kind, Each):
                tensor.inputs = (chosen, limit)


def _below(
    x: Tensor, shape: Shape, offset: int, strides: Strides
) -> tuple[Tensor, int, Strides] | None:
    """The array in which the same entries stand, where x only arranges them, and their places."""
    if isinstance(x.kind, View):
        seen = composed(x.shape, x.kind.offset, x.kind.strides, shape, offset, strides)
        return None if seen is None else (x.inputs[0], *seen)
    if not isinstance(x.kind, Join) or x.kind.adding:
        return None
    last = len(x.kind.regions) - 1
    for at, (part, region) in enumerate(zip(x.inputs, x.kind.regions, strict=True)):
        if x.kind.apart or at == last:
            place = (region.offset, region.strides)
            seen = found_in(part.shape, *place, shape, offset, strides)
            if seen is not None:
                return part, *seen
    return None


def at_most_one(shape: Shape) -> Strides:
    """Row-major strides, 0 along axes of length 1.

    >>> at_most_one((2, 1, 3))
    (3, 0, 1)
    """
    return tuple([0 if n == 1 else s for n, s in zip(shape, row_major(shape), strict=True)])


def _is_one_number(value: Array) -> bool:
    """Whether all entries have the same bits."""
    if not value.size or not any(value.strides):
        return True
    bits = np.ascontiguousarray(value).reshape(-1).view(f"V{value.itemsize}")
    return bool((bits == bits[0]).all())


def _counted(value: Array) -> tuple[int, Strides] | None:
    """The offset and strides of whole numbers that only count."""
    first = value.flat[0]
    corners = [
        value[(0,) * at + (1,)].flat[0] if n > 1 else first for at, n in enumerate(value.shape)
    ]
    strides = tuple([int(corner - first) for corner in corners])
    along = np.ogrid[tuple([slice(n) for n in value.shape])]
    found = sum([step * index for step, index in zip(strides, along, strict=True)]) + first
    return (int(first), strides) if np.array_equal(found, value) else None


def _still_axes(inputs: Sequence[Tensor], shape: Shape) -> list[int]:
    """The axes along which all inputs, broadcast to the shape, only repeat themselves."""
    if any(one.shape == shape and not isinstance(one.kind, View) for one in inputs):
        return []
    back = len(shape)
    return [
        axis
        for axis, n in enumerate(shape)
        if n > 1 and all(is_still(one, axis - back, n) for one in inputs)
    ]


def is_still(x: Tensor, axis: int, length: int) -> bool:
    """Whether x, broadcast to that length along an axis, only repeats itself there."""
    if -axis > len(x.shape) or x.shape[axis] != length:
        return True
    return isinstance(x.kind, View) and not x.kind.strides[axis]


def _type_of(value: Any) -> Any:
    """The type as NumPy's rules see it: plain numbers of Python give way."""
    if isinstance(value, Tensor | np.generic | np.ndarray):
        return value.dtype
    if isinstance(value, bool):
        return TRUTH
    if isinstance(value, int | float):
        return type(value)
    raise NotNative(type(value).__name__)
