"""A row of the table of functions that are compared with JAX and PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np

from chainrule.graph.node import Array, Shape

Interval = tuple[float, float]
Samples = tuple[tuple[Shape, ...], ...]

# Among the samples are numbers, empty axes and axes of length 1.
ONE: Samples = (((2, 3),), ((),), ((1,),), ((0, 3),))
TWO: Samples = (
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((), (2, 1)),
    ((1, 3), (2, 1)),
    ((0, 3), (1, 1)),
)
PAIRS: Samples = (((2, 3), (2, 3)), ((1, 1), (1, 1)))
MATRIX: Samples = (((2, 3),), ((3, 1),))
SQUARE: Samples = (((3, 3),), ((1, 1),), ((2, 3, 3),))
CUBE: Samples = (((2, 3, 4),), ((1, 3, 1),))
USUAL: tuple[Interval, ...] = ((-2.0, 2.0),)


@dataclass(frozen=True)
class Row:
    """A function of a namespace and arrays: one text for NumPy, `chainrule.numpy` and the peers.

    Each of `shapes` is a sample.  An input is drawn from its interval of `domain`, the last of
    which repeats.  Derivatives are compared up to `order`.  `torch` is the function where PyTorch
    has another spelling; it is given the module.  `apart` says why a peer is left out.
    """

    name: str
    function: Callable[..., Any]
    shapes: Samples = ONE
    domain: tuple[Interval, ...] = USUAL
    order: int = 2
    torch: Callable[..., Any] | None = None
    apart: Mapping[str, str] = field(default_factory=dict)

    def inputs(self, shapes: tuple[Shape, ...]) -> list[Array]:
        """Random numbers: always the same ones for a name and shapes."""
        random = np.random.default_rng(crc32(f"{self.name}{shapes}".encode()))
        intervals = [self.domain[min(at, len(self.domain) - 1)] for at in range(len(shapes))]
        return [
            np.asarray(random.uniform(*interval, shape))
            for interval, shape in zip(intervals, shapes, strict=True)
        ]


def words(text: str) -> list[str]:
    """The names in a text."""
    return text.split()


def at(*positions: Any) -> Array:
    """Positions, or whether to take each, as a plain array."""
    return np.array(positions)


def samples(rows: tuple[Row, ...]) -> Iterator[tuple[str, Row, tuple[Shape, ...]]]:
    """Every row with each of its samples, under a name."""
    for row in rows:
        for shapes in row.shapes:
            yield f"{row.name} {'·'.join(map(str, shapes))}", row, shapes


def leaves(result: Any) -> list[Any]:
    """The arrays of a result that is one, or a tuple or list of them."""
    return list(result) if isinstance(result, list | tuple) else [result]
