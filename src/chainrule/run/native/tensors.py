"""The small tensor language that every graph is lowered to: eleven kinds of arrays.

An array is known by how its entries are computed.  `View` and `Each` cost nothing by themselves:
they are computed wherever they are read, unless something else asks for them to be in memory.
A product of matrices is a sum of products of views, and so is a convolution: one generator finds
and tiles both.

>>> import numpy as np
>>> x = Tensor(Given(0), (), (2, 3), np.dtype("f4"))
>>> total = Tensor(Reduce("sum", (1,)), (x,), (2,), x.dtype)
>>> total
sum(2) of float32
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Shape, size_of
from chainrule.graph.record import Record

__all__ = [
    "Counting",
    "Each",
    "Filled",
    "Given",
    "Join",
    "Kind",
    "Number",
    "Opaque",
    "Pick",
    "Reduce",
    "Region",
    "Scatter",
    "Strides",
    "Tensor",
    "View",
    "row_major",
]

Strides = tuple[int, ...]


class Kind(Record):
    """How the entries of an array come about."""


class Given(Kind):
    """Input number `number` of the program: in memory, row by row."""

    number: int


class Number(Kind):
    """One number that is known, of shape ()."""

    value: float | int | bool


class Filled(Kind):
    """Numbers that are known, kept in memory; compared by identity."""

    values: Array

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class Counting(Kind):
    """0, 1, 2, … along the one axis; whole numbers."""


class Each(Kind):
    """A function of `functions.FUNCTIONS`, entry by entry; all inputs have the result's shape.

    "cast" makes numbers of the result's type of them.
    """

    function: str


class View(Kind):
    """The input's entries elsewhere: entry i is number `offset + Σ i_k strides_k` of the input.

    The input's entries are counted row by row.  Broadcasting has strides of 0; transposition,
    slices, diagonals, windows, reversal, and new shapes are views, too.
    """

    offset: int
    strides: Strides


class Reduce(Kind):
    """ "sum", "prod", "max", "min", "any", "all", or "argmax"/"argmin" (first place, counted row by
    row over the axes) of the input's entries over some axes, which the result lacks.
    """

    function: str
    axes: tuple[int, ...]


class Pick(Kind):
    """Entries of the first input at computed places; the second has the result's shape.

    Entry i is number `offset + Σ i_k strides_k + places_i · stride` of the first input, where
    0 ≤ places_i < `length`; anything else is an error of the data.
    """

    offset: int
    strides: Strides
    stride: int
    length: int


class Scatter(Kind):
    """Zeros, and the first input's entries added at computed places, one after the other.

    Entry i of the first input goes to number `offset + Σ i_k strides_k + places_i · stride`.
    """

    offset: int
    strides: Strides
    stride: int
    length: int


class Region(Record):
    """Where an input's entry i stands in a result: number `offset + Σ i_k strides_k`."""

    offset: int
    strides: Strides


class Join(Kind):
    """Zeros, and each input in its region, one after the other; `adding` to what is there, or not.

    Concatenation, padding, the adjoints of slices and of windows.  Regions that are `apart` have
    no entry in common.
    """

    regions: tuple[Region, ...]
    adding: bool = False
    apart: bool = False


class Opaque(Kind):
    """What has no kernel: `evaluate` computes it from the inputs' values, with NumPy."""

    name: str
    evaluate: Any

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class Tensor:
    """An array: its kind, what it is made of, its shape and type.  Compared by identity."""

    __slots__ = ("dtype", "inputs", "kind", "shape", "size")

    def __init__(
        self, kind: Kind, inputs: tuple[Tensor, ...], shape: Shape, dtype: np.dtype[Any]
    ) -> None:
        self.kind = kind
        self.inputs = inputs
        self.shape = shape
        self.dtype = dtype
        self.size = size_of(shape)

    def __repr__(self) -> str:
        name = getattr(self.kind, "function", type(self.kind).__name__.lower())
        return f"{name}({', '.join(map(str, self.shape))}) of {self.dtype}"


@lru_cache(maxsize=4096)
def row_major(shape: Shape) -> Strides:
    """The strides of an array whose entries stand row by row.

    >>> row_major((2, 3, 4))
    (12, 4, 1)
    """
    strides: list[int] = []
    step = 1
    for length in reversed(shape):
        strides.append(step)
        step *= length
    return tuple(reversed(strides))
