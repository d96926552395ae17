"""Arrays that only remember how they are computed: what an operation's own `evaluate` is run on.

They have NumPy's operators.  What they have no word for, and whatever would need their numbers,
is `NotNative`, and is computed by NumPy itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import index
from types import EllipsisType
from typing import Any

import numpy as np

from chainrule.graph.node import Shape, size_of
from chainrule.run.native.builder import Builder, NotNative
from chainrule.run.native.contraction import matrix_product
from chainrule.run.native.sums import reduced
from chainrule.run.native.tensors import Number, Strides, Tensor, row_major

__all__ = ["Symbolic", "as_tensor", "axes_of"]

MOST_ROWS = 1 << 10  # that are gone through one by one


def _operator(function: str) -> Callable[..., Symbolic]:
    def apply(self: Symbolic, *others: Any) -> Symbolic:
        return self._each(function, self, *others)

    return apply


def _turned(function: str) -> Callable[..., Symbolic]:
    """With the array on the right."""

    def apply(self: Symbolic, other: Any) -> Symbolic:
        return self._each(function, other, self)

    return apply


class Symbolic:
    """An array without numbers.

    >>> from chainrule.run.native.tensors import Given
    >>> make = Builder()
    >>> x = Symbolic(make, make.tensor(Given(0), (), (2, 3), np.dtype("f4")))
    >>> (2 * x[:, ::-1].T).tensor
    multiply(3, 2) of float32
    """

    __slots__ = ("builder", "tensor")

    def __init__(self, builder: Builder, tensor: Tensor) -> None:
        self.builder = builder
        self.tensor = tensor

    def __repr__(self) -> str:
        return f"<{self.tensor}>"

    @property
    def shape(self) -> Shape:
        return self.tensor.shape

    @property
    def ndim(self) -> int:
        return len(self.tensor.shape)

    @property
    def size(self) -> int:
        return self.tensor.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.tensor.dtype

    @property
    def T(self) -> Symbolic:  # noqa: N802 (NumPy's name)
        return self.transpose()

    def _made(self, tensor: Tensor) -> Symbolic:
        return Symbolic(self.builder, tensor)

    def _view(self, shape: Shape, offset: int, strides: Strides) -> Symbolic:
        return self._made(self.builder.view(self.tensor, shape, offset, strides))

    def reshape(self, *shape: Any) -> Symbolic:
        """The same entries, row by row, in another shape; -1 is what is left."""
        wanted = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        known = size_of(tuple([n for n in wanted if n != -1]))
        full = tuple([self.size // max(known, 1) if n == -1 else int(n) for n in wanted])
        if size_of(full) != self.size:
            raise NotNative(f"{self.shape} in the shape {full}")
        return self._made(self.builder.reshaped(self.tensor, full))

    def transpose(self, *axes: Any) -> Symbolic:
        """The axes in another order, the reverse by default."""
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        order = tuple([at % self.ndim for at in given or ()]) or tuple(range(self.ndim))[::-1]
        own = row_major(self.shape)
        return self._view(
            tuple([self.shape[at] for at in order]), 0, tuple([own[at] for at in order])
        )

    def astype(self, dtype: Any, **_: Any) -> Symbolic:
        """Numbers of another type."""
        return self._made(self.builder.cast(self.tensor, np.dtype(dtype)))

    def sum(self, axis: Any = None, keepdims: bool = False) -> Symbolic:
        """The sum over one axis, several, or all."""
        return self.reduced("sum", axis, keepdims)

    def reduced(self, function: str, axis: Any, keepdims: bool) -> Symbolic:
        """What `Reduce` has under this name, over one axis, several, or all."""
        axes = axes_of(axis, self.ndim)
        found = reduced(self.builder, function, self.tensor, axes)
        if keepdims:
            kept = tuple([1 if at in axes else n for at, n in enumerate(self.shape)])
            found = self.builder.reshaped(found, kept)
        return self._made(found)

    def __len__(self) -> int:
        if not self.shape:
            raise NotNative("the length of a number")
        return self.shape[0]

    def __iter__(self) -> Iterator[Symbolic]:
        if len(self) > MOST_ROWS:
            raise NotNative("many rows, one by one")
        return iter([self[at] for at in range(len(self))])

    def __getitem__(self, key: Any) -> Symbolic:
        shape: list[int] = []
        strides: list[int] = []
        offset = 0
        own = list(zip(self.shape, row_major(self.shape), strict=True))
        for entry in _entries(key, self.ndim):
            if entry is None:
                shape.append(1)
                strides.append(0)
                continue
            length, step = own.pop(0)
            if isinstance(entry, slice):
                every = range(length)[entry]
                shape.append(len(every))
                strides.append(step * every.step)
                offset += every.start * step if len(every) else 0
            elif -length <= entry < length:
                offset += (entry % length) * step
            else:
                raise NotNative(f"entry {entry} of {length}")
        return self._view(tuple(shape), offset, tuple(strides))

    __add__, __radd__ = _operator("add"), _turned("add")
    __sub__, __rsub__ = _operator("subtract"), _turned("subtract")
    __mul__, __rmul__ = _operator("multiply"), _turned("multiply")
    __truediv__, __rtruediv__ = _operator("divide"), _turned("divide")
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _turned("floor_divide")
    __mod__, __rmod__ = _operator("remainder"), _turned("remainder")
    __rpow__ = _turned("power")
    __and__, __rand__ = _operator("bitwise_and"), _turned("bitwise_and")
    __or__, __ror__ = _operator("bitwise_or"), _turned("bitwise_or")
    __xor__, __rxor__ = _operator("bitwise_xor"), _turned("bitwise_xor")
    __lshift__, __rlshift__ = _operator("left_shift"), _turned("left_shift")
    __rshift__, __rrshift__ = _operator("right_shift"), _turned("right_shift")
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")
    __eq__ = _operator("equal")  # type: ignore[assignment]
    __ne__ = _operator("not_equal")  # type: ignore[assignment]
    __neg__, __pos__, __abs__ = _operator("negative"), _operator("positive"), _operator("absolute")
    __invert__ = _operator("invert")

    def __matmul__(self, other: Any) -> Symbolic:
        return self._made(matrix_product(self.builder, self.tensor, as_tensor(self.builder, other)))

    def __rmatmul__(self, other: Any) -> Symbolic:
        return self._made(matrix_product(self.builder, as_tensor(self.builder, other), self.tensor))

    def __pow__(self, exponent: Any) -> Symbolic:
        """NumPy takes these exponents of an array by other functions, which differ at −0 and −∞."""
        function = {-1: "reciprocal", 0.5: "sqrt"}.get(_plain(exponent))
        if function is None or (self.dtype.kind != "f" and function == "reciprocal"):
            return self._each("power", self, exponent)
        return self._each(function, self)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **settings: Any) -> Symbolic:
        if method != "__call__" or settings:
            raise NotNative(f"{ufunc.__name__}.{method}")
        if ufunc is np.matmul:
            first, second = [as_tensor(self.builder, one) for one in inputs]
            return self._made(matrix_product(self.builder, first, second))
        return self._each(ufunc.__name__, *inputs)

    def _each(self, function: str, *values: Any) -> Symbolic:
        tensors = [one.tensor if isinstance(one, Symbolic) else one for one in values]
        return self._made(self.builder.each(function, *tensors))

    # What needs the numbers.

    def _number(self) -> Any:
        if isinstance(self.tensor.kind, Number):
            return self.tensor.kind.value
        raise NotNative("the numbers themselves")

    def __bool__(self) -> bool:
        return bool(self._number())

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __index__(self) -> int:
        return index(self._number())

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise NotNative("the numbers themselves")

    def __array_function__(self, function: Any, *_: Any) -> Any:
        raise NotNative(function.__name__)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise NotNative("writing into an array")

    def __getattr__(self, name: str) -> Any:
        raise NotNative(name)


def as_tensor(builder: Builder, value: Any) -> Tensor:
    """A value as a tensor: numbers and arrays are known."""
    return value.tensor if isinstance(value, Symbolic) else builder.known(np.asarray(value))


def axes_of(axis: Any, rank: int) -> tuple[int, ...]:
    """Axes counted from the front: of one number, of several, or all."""
    if axis is None:
        return tuple(range(rank))
    return tuple([at % rank for at in ((axis,) if isinstance(axis, int) else axis)])


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float) else None


def _entries(key: Any, rank: int) -> list[Any]:
    """A key of whole numbers, slices and None, with `...` written out."""
    given = list(key) if isinstance(key, tuple) else [key]
    found: list[Any] = []
    for one in given:
        if isinstance(one, bool) or not isinstance(
            one, int | np.integer | slice | EllipsisType | type(None)
        ):
            raise NotNative("indexing by arrays")
        found.append(int(one) if isinstance(one, np.integer) else one)
    missing = rank - sum([isinstance(one, int | slice) for one in found])
    dots = [at for at, one in enumerate(found) if one is Ellipsis] or [len(found)]
    if missing < 0 or len(dots) > 1:
        raise NotNative("more entries than axes")
    return found[: dots[0]] + [slice(None)] * missing + found[dots[0] + 1 :]
