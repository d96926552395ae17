"""The array namespace of the native compiler: NumPy's functions, over arrays without numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.graph.node import Shape
from chainrule.run.native import placing
from chainrule.run.native.builder import Builder, NotNative
from chainrule.run.native.contraction import einsum, matrix_product
from chainrule.run.native.names import NAMES
from chainrule.run.native.symbolic import Symbolic, as_tensor, axes_of
from chainrule.run.native.tensors import Join, Region, Tensor, View, row_major
from chainrule.run.native.whole import WHOLE

__all__ = ["Namespace"]

MOST_TURNS = 1 << 5  # of a running sum: a longer one is NumPy's
TYPES = ("bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
GIVEN = frozenset((*TYPES, "float32", "float64", "finfo", "iinfo"))
SHORT = {"abs": "absolute"}
Axes = int | Sequence[int] | None


class Namespace:
    """What `evaluate` is given as its kernels; what it lacks is `NotNative`.

    Every function takes symbolic arrays, NumPy's, and plain numbers, which give way to the type of
    an array as NumPy has it.
    """

    inf, nan, pi, e = np.inf, np.nan, np.pi, np.e
    newaxis = None
    at_once = 1 << 62  # numbers that may be held on the way: nothing is held

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def __getattr__(self, name: str) -> Any:
        if name in GIVEN:
            return getattr(np, name)
        function = SHORT.get(name, name)
        if function not in NAMES:
            raise NotNative(name)
        return lambda *values: self._each(function, *values)

    def _each(self, function: str, *values: Any) -> Symbolic:
        tensors = [one.tensor if isinstance(one, Symbolic) else one for one in values]
        return self._wrapped(self.builder.each(function, *tensors))

    def _wrapped(self, tensor: Tensor) -> Symbolic:
        return Symbolic(self.builder, tensor)

    def _tensor(self, value: Any) -> Tensor:
        return as_tensor(self.builder, value)

    # Making.

    def asarray(self, x: Any, dtype: Any = None) -> Symbolic:
        tensor = self._tensor(x)
        return self._wrapped(
            tensor if dtype is None else self.builder.cast(tensor, np.dtype(dtype))
        )

    array = asarray

    def arange(self, start: int, stop: int | None = None, step: int = 1, dtype: Any = None) -> Any:
        if not all(isinstance(one, int | None) for one in (start, stop, step)):
            raise NotNative("a range of broken numbers")
        every = range(start) if stop is None else range(start, stop, step)
        counted = self._wrapped(self.builder.counting((len(every),), every.start, (every.step,)))
        return counted if dtype is None else counted.astype(dtype)

    def full(self, shape: Any, value: Any, dtype: Any = None) -> Symbolic:
        whole = (shape,) if isinstance(shape, int) else tuple(shape)
        return self.broadcast_to(self.asarray(value, dtype), whole)

    def ones(self, shape: Any, dtype: Any = float) -> Symbolic:
        return self.full(shape, 1, dtype)

    def zeros(self, shape: Any, dtype: Any = float) -> Symbolic:
        return self.full(shape, 0, dtype)

    def zeros_like(self, x: Symbolic, dtype: Any = None) -> Symbolic:
        return self.full(x.shape, 0, dtype or x.dtype)

    def ones_like(self, x: Symbolic, dtype: Any = None) -> Symbolic:
        return self.full(x.shape, 1, dtype or x.dtype)

    def eye(self, rows: int, columns: int | None = None, k: int = 0, dtype: Any = float) -> Any:
        across = self.arange(rows if columns is None else columns)
        return (self.arange(rows)[:, None] + k == across).astype(dtype)

    def tril(self, x: Symbolic, k: int = 0) -> Symbolic:
        rows, columns = x.shape[-2:]
        return self._each("where", self.arange(rows)[:, None] + k >= self.arange(columns), x, 0)

    def triu(self, x: Symbolic, k: int = 0) -> Symbolic:
        rows, columns = x.shape[-2:]
        return self._each("where", self.arange(rows)[:, None] + k <= self.arange(columns), x, 0)

    # Arranging.

    def broadcast_to(self, x: Any, shape: Any) -> Symbolic:
        return self._wrapped(self.builder.spread(self._tensor(x), tuple(shape)))

    def reshape(self, x: Symbolic, shape: Any) -> Symbolic:
        return x.reshape(shape if isinstance(shape, tuple) else (shape,))

    def transpose(self, x: Symbolic, axes: Any = None) -> Symbolic:
        return x.transpose(*(axes or ()))

    def swapaxes(self, x: Symbolic, first: int, second: int) -> Symbolic:
        order = list(range(x.ndim))
        order[first], order[second] = order[second], order[first]
        return x.transpose(tuple(order))

    def moveaxis(self, x: Symbolic, source: Any, target: Any) -> Symbolic:
        sources, targets = axes_of(source, x.ndim), axes_of(target, x.ndim)
        order = [at for at in range(x.ndim) if at not in sources]
        for place, axis in sorted(zip(targets, sources, strict=True)):
            order.insert(place, axis)
        return x.transpose(tuple(order))

    def expand_dims(self, x: Symbolic, axis: int) -> Symbolic:
        at = axis % (x.ndim + 1)
        return x.reshape((*x.shape[:at], 1, *x.shape[at:]))

    def flip(self, x: Symbolic, axis: Axes = None) -> Symbolic:
        axes = axes_of(axis, x.ndim)
        return x[tuple([slice(None, None, -1 if at in axes else 1) for at in range(x.ndim)])]

    def diagonal(self, x: Symbolic, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Symbolic:
        first, second = axis1 % x.ndim, axis2 % x.ndim
        own = row_major(x.shape)
        count = min(x.shape[first] - max(-offset, 0), x.shape[second] - max(offset, 0))
        rest = [at for at in range(x.ndim) if at not in (first, second)]
        start = max(offset, 0) * own[second] + max(-offset, 0) * own[first]
        shape = (*[x.shape[at] for at in rest], max(count, 0))
        strides = (*[own[at] for at in rest], own[first] + own[second])
        return self._wrapped(self.builder.view(x.tensor, shape, start, strides))

    def concatenate(self, parts: Sequence[Any], axis: int = 0) -> Symbolic:
        tensors = [self._tensor(part) for part in parts]
        dtype = np.result_type(*[one.dtype for one in tensors])
        at = axis % len(tensors[0].shape)
        total = sum([one.shape[at] for one in tensors])
        shape = (*tensors[0].shape[:at], total, *tensors[0].shape[at + 1 :])
        present = [self.builder.cast(one, dtype) for one in tensors if one.size]
        if len(present) <= 1:
            return self._wrapped(present[0]) if present else self.zeros(shape, dtype)
        strides, start, regions = row_major(shape), 0, []
        for one in present:
            regions.append(Region(start * strides[at], strides))
            start += one.shape[at]
        join = Join(tuple(regions), apart=True)
        return self._wrapped(self.builder.tensor(join, tuple(present), shape, dtype))

    def stack(self, parts: Sequence[Any], axis: int = 0) -> Symbolic:
        wrapped = [self._wrapped(self._tensor(part)) for part in parts]
        at = axis % (wrapped[0].ndim + 1)
        return self.concatenate([self.expand_dims(one, at) for one in wrapped], at)

    def place(self, value: Symbolic, index: Any, shape: Shape) -> Symbolic:
        region = self._region(index, shape)
        if not value.size:
            return self.zeros(shape, value.dtype)
        join = Join((region,), apart=True)
        return self._wrapped(self.builder.tensor(join, (value.tensor,), shape, value.dtype))

    def replaced(self, x: Symbolic, value: Any, index: Any) -> Symbolic:
        taken, region = x[index], self._region(index, x.shape)
        if not taken.size:
            return x
        part = self.builder.spread(self.builder.cast(self._tensor(value), x.dtype), taken.shape)
        join = Join((Region(0, row_major(x.shape)), region))
        return self._wrapped(self.builder.tensor(join, (x.tensor, part), x.shape, x.dtype))

    def _region(self, index: Any, shape: Shape) -> Region:
        """Where a static index leads: the view that takes it, read backwards."""
        whole = self._wrapped(Tensor(Join(()), (), shape, WHOLE))  # only its shape matters
        taken = whole[index].tensor
        if isinstance(taken.kind, View):
            return Region(taken.kind.offset, taken.kind.strides)
        return Region(0, row_major(shape))

    def pad(self, x: Symbolic, widths: Sequence[tuple[int, int]], constant_values: Any = 0) -> Any:
        shape = tuple([b + n + a for n, (b, a) in zip(x.shape, widths, strict=True)])
        inner = tuple([slice(b, b + n) for n, (b, _) in zip(x.shape, widths, strict=True)])
        border = self.full(shape, constant_values, x.dtype)
        return self.replaced(border, x, inner) if constant_values else self.place(x, inner, shape)

    # Adding up.

    def sum(self, x: Any, axis: Axes = None, keepdims: bool = False) -> Symbolic:
        return self.asarray(x).reduced("sum", axis, keepdims)

    def prod(self, x: Any, axis: Axes = None, keepdims: bool = False) -> Symbolic:
        return self.asarray(x).reduced("prod", axis, keepdims)

    def max(
        self, x: Any, axis: Axes = None, keepdims: bool = False, initial: Any = None
    ) -> Symbolic:
        return self._extreme("max", x, axis, keepdims, initial)

    def min(
        self, x: Any, axis: Axes = None, keepdims: bool = False, initial: Any = None
    ) -> Symbolic:
        return self._extreme("min", x, axis, keepdims, initial)

    def _extreme(self, function: str, x: Any, axis: Axes, keepdims: bool, initial: Any) -> Symbolic:
        array = self.asarray(x)
        if initial is None:
            return array.reduced(function, axis, keepdims)
        if not array.size:
            raise NotNative(f"{function} of no entries")
        return self._each(f"{function}imum", array.reduced(function, axis, keepdims), initial)

    def any(self, x: Any, axis: Axes = None, keepdims: bool = False) -> Symbolic:
        return self.asarray(x).reduced("any", axis, keepdims)

    def all(self, x: Any, axis: Axes = None, keepdims: bool = False) -> Symbolic:
        return self.asarray(x).reduced("all", axis, keepdims)

    def argmax(self, x: Any, axis: int | None = None, keepdims: bool = False) -> Symbolic:
        return self.asarray(x).reduced("argmax", axis, keepdims)

    def argmin(self, x: Any, axis: int | None = None, keepdims: bool = False) -> Symbolic:
        return self.asarray(x).reduced("argmin", axis, keepdims)

    def matmul(self, a: Any, b: Any) -> Symbolic:
        return self._wrapped(matrix_product(self.builder, self._tensor(a), self._tensor(b)))

    def einsum(self, pattern: str, *operands: Any, optimize: Any = True) -> Symbolic:
        return self._wrapped(einsum(self.builder, pattern, [self._tensor(one) for one in operands]))

    # Rounding.

    def round(self, x: Any, decimals: int = 0) -> Symbolic:
        if not decimals:
            return self._each("rint", x)
        scale = 10.0 ** abs(decimals)
        up, down = ("multiply", "divide") if decimals > 0 else ("divide", "multiply")
        return self._each(down, self._each("rint", self._each(up, x, scale)), scale)

    # One entry after the other: short ones, written out.

    def cumsum(self, x: Symbolic, axis: int) -> Symbolic:
        return self._running(x, axis, lambda total, at: total + x_at(x, axis, at))

    def cumprod(self, x: Symbolic, axis: int) -> Symbolic:
        return self._running(x, axis, lambda total, at: total * x_at(x, axis, at))

    def recurrence(self, factors: Symbolic, terms: Symbolic, axis: int) -> Symbolic:
        def step(before: Symbolic, at: int) -> Symbolic:
            return x_at(terms, axis, at) + x_at(factors, axis, at) * before

        return self._running(terms, axis, step)

    def _running(
        self, x: Symbolic, axis: int, step: Callable[[Symbolic, int], Symbolic]
    ) -> Symbolic:
        if x.dtype.kind != "f":
            raise NotNative("a running sum of whole numbers")
        if not x.size:
            return x
        if x.shape[axis] > MOST_TURNS:
            raise NotNative("a long running sum")
        results = [x_at(x, axis, 0)]
        for at in range(1, x.shape[axis]):
            results.append(step(results[-1], at))
        return self.stack(results, axis if axis >= 0 else axis + x.ndim)

    def scan(
        self, step: Any, init: Symbolic, xs: Sequence[Symbolic], length: int, backwards: bool
    ) -> Symbolic:
        carry, results = init, []
        for at in range(length)[::-1] if backwards else range(length):
            carry = step(carry, [x[at] for x in xs])
            results.append(carry)
        return self.stack(results[::-1] if backwards else results)

    # Computed places.

    def wrapped(self, positions: Any, length: int) -> Symbolic:
        return self._wrapped(placing.wrapped(self.builder, self._tensor(positions), length))

    def take(self, x: Symbolic, positions: Any, axis: int) -> Symbolic:
        at, places = axis % x.ndim, self._tensor(positions)
        own, after = row_major(x.shape), x.shape[at + 1 :]
        shape = (*x.shape[:at], *places.shape, *after)
        strides = (*own[:at], *[0] * len(places.shape), *own[at + 1 :])
        behind = self.builder.reshaped(places, (*places.shape, *[1] * len(after)))
        return self._picked(x, strides, at, self.builder.spread(behind, shape))

    def take_along_axis(self, x: Symbolic, positions: Any, axis: int) -> Symbolic:
        at, places = axis % x.ndim, self._tensor(positions)
        if (*x.shape[:at], *x.shape[at + 1 :]) != (*places.shape[:at], *places.shape[at + 1 :]):
            raise NotNative("positions of another shape")
        strides = [0 if k == at else step for k, step in enumerate(row_major(x.shape))]
        return self._picked(x, tuple(strides), at, places)

    def _picked(self, x: Symbolic, strides: tuple[int, ...], axis: int, places: Tensor) -> Symbolic:
        step, length = row_major(x.shape)[axis], x.shape[axis]
        return self._wrapped(placing.pick(self.builder, x.tensor, 0, strides, step, length, places))

    def scatter_add(self, rows: Symbolic, positions: Any, size: int) -> Symbolic:
        if rows.dtype.kind == "b":  # where truth values meet, one that holds is enough
            return self.scatter_add(rows.astype(WHOLE), positions, size).astype(rows.dtype)
        shape = (*rows.shape[:-1], size)
        strides = (*row_major(shape)[:-1], 0)
        places = self.builder.spread(self._tensor(positions), rows.shape)
        return self._wrapped(
            placing.scatter(self.builder, rows.tensor, strides, 1, size, places, shape)
        )

    # Windows of images.

    def windows(self, images: Symbolic, size: Shape, stride: Shape, dilation: Shape) -> Symbolic:
        own = row_major(images.shape)
        counts = [
            (n - (w - 1) * d - 1) // s + 1
            for n, w, s, d in zip(images.shape[-2:], size, stride, dilation, strict=True)
        ]
        shape = (*images.shape[:-2], *counts, *size)
        steps = [own[-2] * stride[0], own[-1] * stride[1]]
        steps += [own[-2] * dilation[0], own[-1] * dilation[1]]
        return self._wrapped(self.builder.view(images.tensor, shape, 0, (*own[:-2], *steps)))

    def add_windows(self, parts: Symbolic, to: Shape, stride: Shape, dilation: Shape) -> Symbolic:
        *lead, _, _, rows, columns = parts.shape
        shape = (*lead, *to)
        own = row_major(shape)
        strides = (*own[:-2], own[-2] * stride[0], own[-1] * stride[1])
        if not parts.size:
            return self.zeros(shape, parts.dtype)
        regions, inputs = [], []
        for i, j in np.ndindex(rows, columns):
            offset = i * dilation[0] * own[-2] + j * dilation[1] * own[-1]
            regions.append(Region(offset, strides))
            inputs.append(parts[..., i, j].tensor)
        join = Join(tuple(regions), adding=True)
        return self._wrapped(self.builder.tensor(join, tuple(inputs), shape, parts.dtype))


def x_at(x: Symbolic, axis: int, place: int) -> Symbolic:
    """The part of x at one place along an axis."""
    lead = (slice(None),) * (axis % x.ndim)
    return x[(*lead, place)]
