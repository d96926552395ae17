"""The tensor language, evaluated by NumPy one tensor at a time: slow, and plain to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import DomainProblem
from chainrule.graph.node import Array, Shape
from chainrule.run import kernels
from chainrule.run.native.keeping import in_order
from chainrule.run.native.tensors import (
    Counting,
    Each,
    Filled,
    Given,
    Join,
    Number,
    Opaque,
    Pick,
    Reduce,
    Scatter,
    Tensor,
    View,
)

__all__ = ["apply", "places", "run_tensors"]


def run_tensors(outputs: Sequence[Tensor], inputs: Sequence[npt.ArrayLike]) -> list[Array]:
    """The outputs' values for those of the givens."""
    values: dict[Tensor, Array] = {}
    with np.errstate(all="ignore"):
        for tensor in in_order(outputs):
            arrays = [values[one] for one in tensor.inputs]
            value = np.asarray(_value(tensor, arrays, inputs))
            assert value.shape == tensor.shape, f"{tensor} has the shape {value.shape}"
            assert value.dtype == tensor.dtype, f"{tensor} has the type {value.dtype}"
            values[tensor] = value
    return [values[one] for one in outputs]


def places(shape: Shape, offset: int, strides: Sequence[int]) -> Any:
    """`offset + Σ i_k strides_k` for every index i."""
    found = np.full(shape, offset)
    for axis, step in enumerate(strides):
        along = [1] * len(shape)
        along[axis] = -1
        found += step * np.arange(shape[axis]).reshape(along)
    return found


def apply(function: str, arrays: Sequence[Array], dtype: np.dtype[Any]) -> Any:
    """A function of `functions.FUNCTIONS`; all arrays have one shape."""
    if function == "cast":
        return arrays[0].astype(dtype)
    if function == "sigmoid":
        return 1 / (1 + np.exp(-arrays[0]))
    found = getattr(kernels, function)(*arrays)
    return np.asarray(found, dtype)


def _value(tensor: Tensor, arrays: Sequence[Array], inputs: Sequence[npt.ArrayLike]) -> Any:
    kind, dtype = tensor.kind, tensor.dtype
    match kind:
        case Given():
            return inputs[kind.number]
        case Number():
            return np.asarray(kind.value, dtype)
        case Filled():
            return kind.values
        case Counting():
            return np.arange(tensor.size, dtype=dtype)
        case Each():
            assert all(one.shape == tensor.shape for one in arrays), f"{tensor} of other shapes"
            return apply(kind.function, arrays, dtype)
        case View():
            return arrays[0].reshape(-1)[places(tensor.shape, kind.offset, kind.strides)]
        case Reduce():
            return _reduced(kind, arrays[0], dtype)
        case Pick():
            at = places(tensor.shape, kind.offset, kind.strides)
            return arrays[0].reshape(-1)[at + _inside(arrays[1], kind.length) * kind.stride]
        case Scatter():
            result = np.zeros(tensor.size, dtype)
            at = places(arrays[0].shape, kind.offset, kind.strides)
            np.add.at(result, at + _inside(arrays[1], kind.length) * kind.stride, arrays[0])
            return result.reshape(tensor.shape)
        case Join():
            return _joined(kind, arrays, tensor)
        case Opaque():
            return np.asarray(kind.evaluate(*arrays), dtype)
    raise AssertionError(f"{kind} is no kind of tensor")


def _reduced(kind: Reduce, x: Array, dtype: np.dtype[Any]) -> Any:
    if kind.function in ("sum", "prod"):
        return getattr(np, kind.function)(x, axis=kind.axes, dtype=dtype)
    if kind.function in ("max", "min", "any", "all"):
        return getattr(np, kind.function)(x, axis=kind.axes)
    kept = [at for at in range(x.ndim) if at not in kind.axes]
    rows = x.transpose(*kept, *kind.axes).reshape(*[x.shape[at] for at in kept], -1)
    return getattr(np, kind.function)(rows, axis=-1).astype(dtype)


def _inside(at: Array, length: int) -> Array:
    if np.any((at < 0) | (at >= length)):
        raise DomainProblem("a computed index lies outside its array")
    return at


def _joined(kind: Join, arrays: Sequence[Array], tensor: Tensor) -> Any:
    result = np.zeros(tensor.size, tensor.dtype)
    for array, region in zip(arrays, kind.regions, strict=True):
        at = places(array.shape, region.offset, region.strides)
        if kind.adding:
            np.add.at(result, at, array)
        else:
            result[at] = array
    return result.reshape(tensor.shape)
