"""A copy of an array with some entries replaced: what `x[index] = value` would make of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import LinearMap, Multilinear, Section, Transposed, Zero
from chainrule.ops.advanced_indexing import named_positions
from chainrule.ops.broadcasting import as_numbers, broadcast, cast, reshape
from chainrule.ops.choice import Where
from chainrule.ops.contract import (
    Composite,
    LinearOperation,
    Operation,
    paper_operation,
    paper_settings,
    show_shape,
)
from chainrule.ops.indexing import Index, as_positions, as_slices, gather, section_of, whole
from chainrule.ops.keys import Entry, counted_key
from chainrule.ops.making import zeros
from chainrule.ops.shaping import concatenate, ravel

__all__ = ["as_entries", "put", "set_"]

BOOL = np.dtype(np.bool_)


class Set(LinearOperation):
    """A copy of x with the part that a static index names replaced."""

    name = "set"
    arity = 2
    linear = True
    derivatives = ("1 where x is kept, else 0", "1 at the place it is put, else 0")
    sentence = "What is replaced no longer counts; what is put in its place does."
    index: Index

    def shape(self, *shapes: Shape) -> Shape:
        if any(isinstance(entry, tuple) and entry[2] == 0 for entry in self.index):
            raise ShapeError("the step of a slice cannot be 0")
        _, part = section_of(as_slices(self.index), shapes[0])
        if part != shapes[1]:
            raise ShapeError(f"{show_shape(shapes[1])} is put in a place of {show_shape(part)}")
        return shapes[0]

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.replaced(values[0], values[1], as_slices(self.index))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        x, value = inputs
        kept = Multilinear(self, (x, zeros(value.shape, value.dtype)), 0)
        return kept, Transposed(Section(self.index, x.shape, value.shape))

    def substitute(self, operands: tuple[Node, ...], position: int, tangent: Node) -> Node:
        x, nothing = operands
        batch = tangent.shape[: tangent.ndim - x.ndim]
        return Set(whole(batch) + self.index)(tangent, zeros(batch + nothing.shape, nothing.dtype))

    def transposed(self, operands: tuple[Node, ...], position: int, cotangent: Node) -> Node:
        return self.substitute(operands, position, cotangent)


class Put(Composite):
    """A copy of x with values put at positions, counted row by row; at one named twice the last."""

    name = "put"
    arity = 3
    derivatives = ("1 where x is kept, else 0", "1 where it is put last, else 0", "0")
    sentence = "Each entry of the result is a copy of an entry of x or of one of the values."

    def __call__(self, *inputs: Node) -> Node:
        return super().__call__(inputs[0], inputs[1], as_positions(inputs[2]))

    def shape(self, *shapes: Shape) -> Shape:
        if shapes[1] != shapes[2]:
            found, wanted = show_shape(shapes[1]), show_shape(shapes[2])
            raise ShapeError(f"{found} cannot be put at positions of {wanted}")
        return shapes[0]

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return super().dtype(*dtypes[:2])

    def body(self, *inputs: Node) -> Node:
        x, value, at = inputs
        return gather(concatenate(ravel(x), ravel(value)), Sources(x.shape)(at), 1)


class Sources(Operation):
    """Where each entry of a `put` comes from, counted in the entries of x, then of the values."""

    name = "sources"
    derivatives = ("0",)
    sentence = (
        "A position is a whole number, which small changes leave as it is: the derivative is zero."
    )
    to: Shape

    def __call__(self, *inputs: Node) -> Node:
        return super().__call__(as_positions(inputs[0]))

    def shape(self, *shapes: Shape) -> Shape:
        return self.to

    def dtype(self, *dtypes: np.dtype[Any]) -> np.dtype[Any]:
        return np.dtype(np.int64)

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.reshape(k.last_put(values[0], size_of(self.to)), self.to)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Zero(y.shape, inputs[0].shape),)


put = paper_operation(Put())
paper_settings(Set)
paper_settings(Sources)


def set_(x: Node, key: Any, value: Node) -> Node:
    """A copy of `x` with `x[key] = value`; where the key names an entry twice, the last one wins.

    The key is anything that `index` takes, or a mask of truth values computed on the way.

    >>> from chainrule.graph.node import constant, variable
    >>> set_(variable((5, 3)), (slice(1, 3), 0), constant(0.0))
    <set float64[5, 3]>

    Raises:
        ShapeError: the value does not fit, or an index is out of range.
        DataProblem: what would be replaced depends on numbers that are not known.
    """
    value = as_entries(value, x)
    if isinstance(key, Node) and key.dtype == BOOL:
        return _set_where(x, key, value)
    shape, entries = counted_key(key, x.shape)
    inner = reshape(x, to=shape)
    fixed = [entry for entry in entries if isinstance(entry, int | slice)]
    if len(fixed) == len(entries):
        replaced = _set_section(inner, section_of(tuple(fixed), shape), value)
    else:
        replaced = _set_at(inner, entries, value)
    return reshape(replaced, to=x.shape)


def _set_section(x: Node, section: tuple[Index, Shape], value: Node) -> Node:
    named, part = section
    fitted = _fitted(value, part)
    if not fitted.size:
        return x
    return fitted if part == x.shape and named == whole(x.shape) else Set(named)(x, fitted)


def _set_at(x: Node, entries: list[Entry], value: Node) -> Node:
    at = named_positions(entries, x.shape)
    fitted = _fitted(value, at.shape)
    return put(x, fitted, at) if fitted.size else x


def _set_where(x: Node, mask: Node, value: Node) -> Node:
    """x[mask] = value for a mask that is not known: the value is one for all that is replaced."""
    rest = x.shape[mask.ndim :]
    if x.shape[: mask.ndim] != mask.shape:
        found, wanted = show_shape(mask.shape), show_shape(x.shape)
        raise ShapeError(f"a mask of {found} does not fit {wanted}")
    if value.ndim > len(rest) and set(value.shape[: value.ndim - len(rest)]) != {1}:
        raise DataProblem(
            "how many entries a mask names depends on the numbers; "
            "write np.where(mask, value, x) with a value for every entry of x"
        )
    chosen = broadcast(reshape(mask, to=mask.shape + (1,) * len(rest)), to=x.shape)
    return Where()(chosen, broadcast(_fitted(value, rest), to=x.shape), x)


def as_entries(value: Node, x: Node) -> Node:
    """The value in the type of the array it is put into."""
    if x.dtype.kind == "f":
        return as_numbers((x, value))[1]
    if value.dtype.kind == "f" and not _is_whole(value):
        raise DataProblem(f"numbers put into an array of {x.dtype} would be cut to whole ones")
    return cast(value, x.dtype)


def _is_whole(value: Node) -> bool:
    try:
        as_positions(value)
    except ShapeError:
        return False
    return True


def _fitted(value: Node, part: Shape) -> Node:
    """The value, repeated to the shape of what it replaces."""
    extra = value.ndim - len(part)
    if extra > 0 and set(value.shape[:extra]) == {1}:
        value = reshape(value, to=value.shape[extra:])
    try:
        return broadcast(value, to=part)
    except ShapeError:
        found, wanted = show_shape(value.shape), show_shape(part)
        raise ShapeError(f"{found} cannot be put in the place of {wanted}") from None
