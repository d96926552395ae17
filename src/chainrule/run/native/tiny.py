"""Which programs are so small that they stay in registers; see `emit/registers.py`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.run.native.keeping import in_order
from chainrule.run.native.lengths import length_of
from chainrule.run.native.tensors import Each, Opaque, Pick, Reduce, Scatter, Tensor, View

__all__ = ["is_product", "is_tiny", "operations_of"]

MOST_ENTRIES = 256  # of an array
MOST_WORK = 4000  # operations on single numbers; LLVM takes tenths of a second for more
TYPES = frozenset(map(np.dtype, ("f4", "f8", "?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")))


def is_tiny(outputs: Sequence[Tensor]) -> bool:
    """Whether the program is written in registers: arrays are few and small, nothing is opaque."""
    tensors = in_order(outputs)
    if len(tensors) > MOST_WORK:
        return False
    work = 0
    for tensor in tensors:
        most = MOST_WORK if _is_passing(tensor) else MOST_ENTRIES
        if isinstance(tensor.kind, Opaque) or tensor.dtype not in TYPES:
            return False
        if not 1 <= tensor.size <= most:
            return False
        work += operations_of(tensor)
    return work <= MOST_WORK


def _is_passing(tensor: Tensor) -> bool:
    """Whether it arranges what is there, or is summed at once: such arrays stand nowhere."""
    is_multiply = isinstance(tensor.kind, Each) and tensor.kind.function == "multiply"
    return isinstance(tensor.kind, View) or is_multiply


def operations_of(tensor: Tensor) -> int:
    """How many operations on single numbers."""
    kind = tensor.kind
    if isinstance(kind, Each):
        return tensor.size * length_of(kind.function)
    if isinstance(kind, Reduce):
        return 0 if is_product(tensor) else tensor.inputs[0].size
    if isinstance(kind, Pick | Scatter):
        return 2 * kind.length * tensor.inputs[-1].size
    return 0


def is_product(tensor: Tensor) -> bool:
    """Whether it is a sum of products."""
    if not isinstance(tensor.kind, Reduce) or tensor.kind.function != "sum":
        return False
    (source,) = tensor.inputs
    is_multiply = isinstance(source.kind, Each) and source.kind.function == "multiply"
    return is_multiply and source.dtype.kind == "f"
