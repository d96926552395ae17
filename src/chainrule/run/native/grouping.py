"""Tensors as kernels: what is computed together, in one sweep over memory.

Each tensor that is kept in memory joins the kernel that computes what it reads, if every point of
it needs only what has been computed at the same point (or, of rows, in the same row) there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.run.native.groups.group import BufferOf, Group
from chainrule.run.native.groups.placed import Computed, Placed
from chainrule.run.native.groups.sums import Sums
from chainrule.run.native.groups.sweeps import Sweeps
from chainrule.run.native.keeping import LARGEST, in_order, kept, made_of, sides_of
from chainrule.run.native.tensors import Filled, Given, Join, Opaque, Scatter, Tensor
from chainrule.run.native.writing import MustBeKept

__all__ = ["grouped"]

ROUNDS = 3  # in each the kernels know of all that had to be kept in the one before
RECENT = 64  # groups that are asked whether they take something
STORE = 4  # instructions for a result's being stored, or gathered, about


def grouped(
    outputs: Sequence[Tensor], buffer_of: BufferOf, last: frozenset[Tensor] = frozenset()
) -> list[Group]:
    """Kernels that compute the outputs, in an order in which they can run.

    Those in `last` replace what others read: only they may join each other, or a product that
    nothing else reads.
    """
    order = in_order(outputs)
    memory = kept(order, outputs)
    for _ in range(ROUNDS):
        grouping, known = _Grouping(memory, buffer_of, last), len(memory)
        for tensor in order:
            if tensor in memory:
                grouping.add(tensor)
        if len(memory) == known:
            break
    return grouping.groups


class _Grouping:
    """Groups that are being filled; `memory` grows by what turns out to have to be kept."""

    def __init__(self, memory: set[Tensor], buffer_of: BufferOf, last: frozenset[Tensor]) -> None:
        self.memory = memory
        self.buffer_of = buffer_of
        self.last = last
        self.groups: list[Group] = []
        self.home: dict[Tensor, int] = {}

    def add(self, tensor: Tensor) -> None:
        """A tensor that is kept, after those that it turns out to need in memory."""
        waiting = [tensor]
        while waiting:
            try:
                self._add(waiting[-1])
            except MustBeKept as found:
                needed = found.tensor
            else:
                waiting.pop()
                continue
            assert needed not in self.memory, f"{needed} is kept, and cannot be read"
            self.memory.add(needed)
            waiting.append(needed)

    def _add(self, tensor: Tensor) -> None:
        if isinstance(tensor.kind, Given | Filled) or not tensor.size or tensor in self.home:
            return
        below, length = made_of(tensor, self.memory)
        is_last, length = tensor in self.last, length + STORE
        for number in self._possible(below):
            group = self.groups[number]
            has_room = group.length + length <= LARGEST
            if has_room and group.takes(tensor, below, is_last):
                break
        else:
            number = len(self.groups)
            self.groups.append(_new_group(tensor, self.memory, self.buffer_of, is_last))
        self.groups[number].length += length
        self.home[tensor] = number

    def _possible(self, below: set[Tensor]) -> Iterator[int]:
        """The group that computes what is read last, and some that have been begun lately."""
        first = max([self.home[one] for one in below if one in self.home], default=0)
        yield from range(first, min(first + 1, len(self.groups)))
        for number in range(max(first + 1, len(self.groups) - RECENT), len(self.groups)):
            if self.groups[number].takes_others:
                yield number


def _new_group(tensor: Tensor, memory: set[Tensor], buffer_of: BufferOf, is_last: bool) -> Group:
    sides = sides_of(tensor)
    group: Group
    if isinstance(tensor.kind, Opaque):
        group = Computed(memory, buffer_of, tensor)
    elif isinstance(tensor.kind, Join | Scatter):
        group = Placed(memory, buffer_of, tensor)
    elif sides is not None:
        group = Sums(memory, buffer_of, tensor, sides)
    else:
        group = Sweeps(memory, buffer_of, is_last)
        added = group.takes(tensor, set(), is_last)
        assert added
    return group
