"""Small arrays from memory into registers, and back: as few loads and stores as there are powers of
two in their length.

>>> pieces(11, 8)
[(0, 8), (8, 2), (10, 1)]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.run.native.emit.spots import Gatherer, Spot, spots_of
from chainrule.run.native.emit.types import from_memory, llvm_type, memory_type, to_memory
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Function, Value, literal, vector_of

__all__ = ["load_spots", "pieces", "store_spots"]


def pieces(count: int, widest: int) -> list[tuple[int, int]]:
    """Where pieces begin, and how long they are."""
    found = []
    at, length = 0, widest
    while at < count:
        while length > count - at:
            length //= 2
        found.append((at, length))
        at += length
    return found


def load_spots(
    function: Function, base: Value, count: int, dtype: np.dtype[Any], processor: Processor
) -> list[Spot]:
    """So many numbers, from an address on."""
    scalar = memory_type(dtype)
    found: list[Spot] = []
    for at, length in pieces(count, _widest(dtype, processor)):
        type_ = vector_of(scalar, length if length > 1 else 0)
        value = function.load(type_, base, literal(at, "i64"))
        found += spots_of(from_memory(function, value, dtype))
    return found


def store_spots(
    gatherer: Gatherer,
    spots: Sequence[Spot],
    base: Value,
    dtype: np.dtype[Any],
    processor: Processor,
) -> None:
    """The entries side by side, from an address on."""
    function = gatherer.function
    for at, length in pieces(len(spots), _widest(dtype, processor)):
        value = gatherer.gathered(spots[at : at + length], llvm_type(dtype))
        function.store(to_memory(function, value), base, literal(at, "i64"))


def _widest(dtype: np.dtype[Any], processor: Processor) -> int:
    return processor.vector_bytes // max(dtype.itemsize, 4)
