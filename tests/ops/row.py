"""A row of the table of operations: how to build one, on which shapes, what it should be worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Node, Shape, variable
from chainrule.ops.contract import Operation

Interval = tuple[float, float]
ONE: tuple[tuple[Shape, ...], ...] = (((3,),), ((2, 3),), ((),), ((1, 2),))
TWO: tuple[tuple[Shape, ...], ...] = (((3,), (3,)), ((2, 3), (2, 3)), ((), ()))
ROWS_OF_ONE: tuple[tuple[Shape, ...], ...] = (((3,),), ((2, 3),), ((2, 1),), ((2, 2, 2),))
ROWS_OF_TWO: tuple[tuple[Shape, ...], ...] = (((3,), (3,)), ((2, 3), (2, 3)), ((2, 1), (2, 1)))
SQUARE: tuple[tuple[Shape, ...], ...] = (((3, 3),),)
GRID: tuple[tuple[Shape, ...], ...] = (((2, 3),), ((1, 3),), ((2, 3, 2),))


@dataclass(frozen=True)
class Row:
    """An operation under test: `build` makes its node from inputs of each of `shapes`.

    `value` is a formula in plain NumPy, independent of the operation's own.  An input is drawn
    from its interval of `domain`, the last of which repeats; the operation's own by default.
    """

    name: str
    build: Callable[..., Node]
    shapes: tuple[tuple[Shape, ...], ...]
    value: Callable[..., Any] | None = None
    domain: tuple[Interval, ...] | None = None  # by default the operation's own
    smooth: bool = True  # False: the result has no derivative at all

    def inputs(self, shapes: tuple[Shape, ...], dtype: str = "float64") -> list[Node]:
        """Fresh inputs of these shapes."""
        return [variable(shape, dtype) for shape in shapes]

    def operation(self, shapes: tuple[Shape, ...]) -> Operation:
        """The operation that the row's graph ends in."""
        operation = self.build(*self.inputs(shapes)).operation
        assert isinstance(operation, Operation)
        return operation

    def values(self, shapes: tuple[Shape, ...], dtype: str = "float64") -> list[Array]:
        """Numbers from the domain; always the same ones for the same shapes."""
        random = np.random.default_rng(sum(map(sum, shapes)) + 7)
        domain = self.domain or self.operation(shapes).domain
        intervals = [domain[min(at, len(domain) - 1)] for at in range(len(shapes))]
        return [
            random.uniform(*interval, shape).astype(dtype)
            for interval, shape in zip(intervals, shapes, strict=True)
        ]
