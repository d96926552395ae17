"""Tensors that one kernel computes."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.run.native.kernels import Access, Buffer, Expression, Kernel, Store
from chainrule.run.native.tensors import Tensor, row_major

__all__ = ["BufferOf", "Group", "NotHere", "plain_strides"]

BufferOf = Callable[[Tensor], Buffer]


class NotHere(Exception):
    """A tensor cannot be computed in this kernel."""


class Group:
    """Tensors that are computed together; of some kinds also such as have nothing in common."""

    takes_others = False

    def __init__(self, memory: set[Tensor], buffer_of: BufferOf, is_last: bool) -> None:
        self.memory = memory
        self.buffer_of = buffer_of
        self.is_last = is_last
        self.members: list[Tensor] = []
        self.length = 0  # instructions, about

    def takes(self, tensor: Tensor, below: set[Tensor], is_last: bool) -> bool:
        """Add the tensor if that is possible; `below` is what it reads."""
        return False

    def kernels(self) -> list[Kernel]:
        """What is to be run."""
        raise NotImplementedError

    def complete(self, tensor: Tensor) -> Buffer:
        """Where a tensor lies that is read at computed places: all of it has to be there.

        Raises:
            NotHere: it is computed here.
        """
        if tensor in self.members:
            raise NotHere
        return self.buffer_of(tensor)

    def _store(self, tensor: Tensor, strides: tuple[int, ...], value: Expression) -> Store:
        return Store(Access(self.buffer_of(tensor), 0, strides), value)


def plain_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Row-major strides, 0 along axes of length 1."""
    return tuple(0 if n == 1 else step for n, step in zip(shape, row_major(shape), strict=True))
