"""Joining arrays and splitting them, axes of length 1.

Reshaping is in `chainrule.ops.broadcasting`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Kernels, Node, Shape, constant
from chainrule.jacobians.kinds import LinearMap, Section, Transposed
from chainrule.ops.broadcasting import as_numbers, cast, reshape
from chainrule.ops.contract import Operation, paper_function, show_shape
from chainrule.ops.indexing import section_of, take
from chainrule.ops.transposition import Axes, counted

__all__ = [
    "array",
    "concatenate",
    "expand",
    "hcat",
    "of_one_type",
    "ravel",
    "split",
    "squeeze",
    "stack",
    "vcat",
]


class Concatenate(Operation):
    """Arrays one after the other along an axis they have."""

    name = "concatenate"
    stacks = True
    derivatives = ("1 at the place it is put, else 0",)
    sentence = "Each part affects only the place where it is put."
    axis: int

    def __call__(self, *inputs: Node) -> Node:
        return super().__call__(*of_one_type(inputs))

    def shape(self, *shapes: Shape) -> Shape:
        first = shapes[0]
        for shape in shapes[1:]:
            if len(shape) != len(first) or any(
                a != b
                for axis, (a, b) in enumerate(zip(first, shape, strict=True))
                if axis != self.axis
            ):
                found = f"{show_shape(first)} and {show_shape(shape)}"
                raise ShapeError(f"{found} cannot be joined along axis {self.axis}")
        total = sum(shape[self.axis] for shape in shapes)
        return (*first[: self.axis], total, *first[self.axis + 1 :])

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.concatenate(values, axis=self.axis)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        maps: list[LinearMap] = []
        start = 0
        for part in inputs:
            stop = start + part.shape[self.axis]
            entries = (slice(None),) * self.axis + (slice(start, stop),)
            maps.append(Transposed(Section(section_of(entries, y.shape)[0], y.shape, part.shape)))
            start = stop
        return tuple(maps)


class Stack(Operation):
    """Arrays of one shape along a new axis; brackets around expressions mean this."""

    name = "stack"
    stacks = True
    text = "[*]"
    derivatives = ("1 at the place it is put, else 0",)
    sentence = "Each part affects only the place where it is put."
    axis: int = 0

    def __call__(self, *inputs: Node) -> Node:
        return super().__call__(*of_one_type(inputs))

    def shape(self, *shapes: Shape) -> Shape:
        for shape in shapes[1:]:
            if shape != shapes[0]:
                raise ShapeError(
                    "brackets stack parts of one shape, and "
                    f"{show_shape(shapes[0])} and {show_shape(shape)} differ; "
                    "concatenate(a, b) joins a longer and a shorter vector"
                )
        return (*shapes[0][: self.axis], len(shapes), *shapes[0][self.axis :])

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        return k.stack(values, axis=self.axis)

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        lead = (slice(None),) * self.axis
        return tuple(
            Transposed(Section(section_of((*lead, at), y.shape)[0], y.shape, part.shape))
            for at, part in enumerate(inputs)
        )


@paper_function("concat")
def concatenate(*parts: Node, axis: int = 0) -> Node:
    """The parts one after the other; a number counts as a vector of one entry.

    Raises:
        ShapeError: no parts, or their other axes differ.
    """
    if not parts:
        raise ShapeError("concatenate needs at least one part")
    of_type = of_one_type(parts)
    whole = [reshape(part, to=(1,)) if part.shape == () else part for part in of_type]
    if not -whole[0].ndim <= axis < whole[0].ndim:
        raise ShapeError(f"axis {axis} does not exist in {show_shape(whole[0].shape)}")
    return Concatenate(axis % whole[0].ndim)(*whole)


@paper_function()
def stack(*parts: Node, axis: int = 0) -> Node:
    """Parts of one shape along a new axis.

    Raises:
        ShapeError: no parts, or their shapes differ.
    """
    if not parts:
        raise ShapeError("stack needs at least one part")
    rank = parts[0].ndim + 1
    if not -rank <= axis < rank:
        raise ShapeError(
            f"axis {axis} does not exist when {show_shape(parts[0].shape)} are stacked"
        )
    return Stack(axis % rank)(*parts)


@paper_function()
def hcat(*parts: Node) -> Node:
    """Matrices side by side; a vector is a column."""
    columns = [reshape(p, to=(*p.shape, 1)) if p.ndim == 1 else p for p in parts]
    return concatenate(*columns, axis=1)


@paper_function()
def vcat(*parts: Node) -> Node:
    """Matrices one below the other; a vector is a row."""
    rows = [reshape(p, to=(1, *p.shape)) if p.ndim == 1 else p for p in parts]
    return concatenate(*rows, axis=0)


@paper_function("vec", "flatten")
def ravel(x: Node) -> Node:
    """All entries, row by row, as a vector."""
    return reshape(x, to=(x.size,))


def of_one_type(parts: Sequence[Node]) -> Sequence[Node]:
    """Parts that are joined in one type: numbers if any are, in the arrays' precision."""
    types = {part.dtype for part in parts}
    if len(types) < 2:
        return parts
    if any(dtype.kind == "f" for dtype in types):
        return as_numbers(tuple(parts))
    wide = np.result_type(*types)
    return [cast(part, wide) for part in parts]


def split(x: Node, bounds: Sequence[int], axis: int) -> list[Node]:
    """The parts of `x` along an axis, cut before each of the bounds.

    >>> from chainrule.graph.node import variable
    >>> [part.shape for part in split(variable((5, 2)), [1, 3], 0)]
    [(1, 2), (2, 2), (2, 2)]
    """
    (axis,) = counted((axis,), x.ndim, x.shape)
    lead = (slice(None),) * axis
    cuts = zip([0, *bounds], [*bounds, None], strict=True)
    return [take(x, (*lead, slice(start, stop))) for start, stop in cuts]


@paper_function()
def expand(x: Node, *, axis: Axes) -> Node:
    """A new axis of length 1 at each of these places of the result."""
    rank = x.ndim + len(axis)
    places = set(counted(axis, rank, (*x.shape, *(1 for _ in axis))))
    rest = iter(x.shape)
    return reshape(x, to=tuple(1 if at in places else next(rest) for at in range(rank)))


@paper_function()
def squeeze(x: Node, *, axis: int | Axes | None = None) -> Node:
    """Without these axes, which are of length 1; without all such axes by default.

    Raises:
        ShapeError: an axis has another length.
    """
    axes = axis if isinstance(axis, tuple) else (axis,) if axis is not None else None
    gone = None if axes is None else counted(axes, x.ndim, x.shape)
    for at in gone or ():
        if x.shape[at] != 1:
            raise ShapeError(f"axis {at} of {show_shape(x.shape)} has {x.shape[at]} entries, not 1")
    kept = [n for at, n in enumerate(x.shape) if (n != 1 if gone is None else at not in gone)]
    return reshape(x, to=tuple(kept))


def array(value: Any) -> Node:
    """An array of nested lists of numbers, arrays and nodes; numbers take the nodes' precision.

    >>> from chainrule.graph.node import variable
    >>> a = variable((), np.float32)
    >>> array([[a, 0], [1, a]])
    <stack float32[2, 2]>

    Raises:
        ShapeError: the rows differ in length.
        DataProblem: there is something else than numbers.
    """
    found = {node.dtype for node in _nodes_in(value) if node.dtype.kind == "f"}
    return _array_of(value, found.pop() if len(found) == 1 else None)


def _nodes_in(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _nodes_in(part)


def _array_of(value: Any, dtype: np.dtype[Any] | None) -> Node:
    if isinstance(value, Node):
        return value
    if next(_nodes_in(value), None) is not None:
        return stack(*[_array_of(part, dtype) for part in value])
    try:
        numbers = np.asarray(value)
    except ValueError:
        raise ShapeError("the rows of an array have one length") from None
    if numbers.dtype.kind not in "fiub":
        raise DataProblem(f"an array holds numbers, not {numbers.dtype}")
    return constant(numbers, numbers.dtype if dtype is None else dtype)
