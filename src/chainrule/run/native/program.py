"""A program: kernels in the order they run, and where each array lies in memory.

Nothing is allocated while it runs: arrays that are never needed at the same time share a place in
one arena, and a new parameter is written over the old one by the last kernel that reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from chainrule.graph.node import Array
from chainrule.graph.record import Record
from chainrule.run.native.arena import placed
from chainrule.run.native.builder import NATIVE
from chainrule.run.native.grouping import grouped
from chainrule.run.native.kernels import (
    Access,
    Buffer,
    Fallback,
    Kernel,
    Load,
    Nest,
    Product,
    Stage,
    Store,
    canonical,
    loads_of,
)
from chainrule.run.native.ordering import ordered
from chainrule.run.native.tensors import Filled, Given, Opaque, Tensor, View, row_major

__all__ = ["Program", "has_fallbacks", "program_of", "segments_of", "touched"]


class Program(Record):
    """What runs, and its buffers by number: the givens first, in order.

    `outputs` are the numbers of the outputs' buffers; a carried output has that of the given that
    it replaces.  `places` are the offsets of temporary buffers in the arena, in bytes; `constants`
    are those that are filled once.  `before` runs once, before the first step.
    """

    buffers: tuple[Buffer, ...]
    outputs: tuple[int, ...]
    constants: Mapping[int, Array]
    before: tuple[Kernel, ...]
    kernels: tuple[Kernel, ...]
    places: Mapping[int, int]
    arena: int


def program_of(
    outputs: Sequence[Tensor],
    givens: Sequence[Tensor],
    carried: Mapping[int, int] | None = None,
    changing: frozenset[int] | None = None,
    inside: frozenset[int] = frozenset(),
) -> Program:
    """The kernels that compute the outputs, and the plan of their memory.

    `carried` says which output replaces which given after each step; `changing` which givens are
    not the same in every step (all of them by default); `inside` which givens lie in the arena,
    where they have a place if anything reads them.
    """
    planner = _Planner(outputs, givens, carried or {})
    changes = frozenset(range(len(givens))) if changing is None else changing
    return planner.program(changes, inside)


def _in_memory_of_their_own(outputs: Sequence[Tensor], carried: Mapping[int, int]) -> list[Tensor]:
    """The outputs, with copies of what is given, known, or an output already; but what is carried
    and stays the same needs none.
    """
    found: list[Tensor] = []
    seen: set[Tensor] = set()
    replaced = {output: number for number, output in carried.items()}
    for at, tensor in enumerate(outputs):
        is_elsewhere = isinstance(tensor.kind, Given | Filled) or tensor in seen
        stays = isinstance(tensor.kind, Given) and tensor.kind.number == replaced.get(at)
        seen.add(tensor)
        if is_elsewhere and not stays:
            same = View(0, row_major(tensor.shape))
            tensor = Tensor(same, (tensor,), tensor.shape, tensor.dtype)
        found.append(tensor)
    return found


def touched(kernel: Kernel) -> tuple[tuple[Buffer, ...], tuple[Buffer, ...]]:
    """The buffers that a kernel reads, and those that it writes."""
    known = kernel.__dict__.get("_touched")
    if known is None:
        known = kernel.__dict__["_touched"] = _touched(kernel)
    found: tuple[tuple[Buffer, ...], tuple[Buffer, ...]] = known
    return found


def _touched(kernel: Kernel) -> tuple[tuple[Buffer, ...], tuple[Buffer, ...]]:
    if isinstance(kernel, Fallback):
        return tuple(buffer for buffer, _ in kernel.sources), (kernel.target,)
    assert isinstance(kernel, Nest | Product)
    stores = _stores(kernel)
    reads = {access.buffer: None for access in loads_of(kernel)}
    reads |= {store.access.buffer: None for store in stores if store.adding}
    return tuple(reads), tuple(dict.fromkeys(store.access.buffer for store in stores))


def _stores(kernel: Nest | Product) -> list[Store]:
    if isinstance(kernel, Product):
        return list(kernel.stores)
    return [store for stage in kernel.stages for store in stage.stores]


class _Planner:
    def __init__(
        self, outputs: Sequence[Tensor], givens: Sequence[Tensor], carried: Mapping[int, int]
    ) -> None:
        self.outputs = _in_memory_of_their_own(outputs, carried)
        self.buffers: dict[Tensor, Buffer] = {}
        for tensor in givens:
            self.buffer_of(tensor)
        self.carried = dict(carried)
        self.replacing = self._replacing(carried)
        last = frozenset(self.replacing)
        self.groups = grouped(self.outputs, self.buffer_of, last)

    def buffer_of(self, tensor: Tensor) -> Buffer:
        if tensor not in self.buffers:
            number = len(self.buffers)
            self.buffers[tensor] = Buffer(number, tensor.size, tensor.dtype)
        return self.buffers[tensor]

    def _replacing(self, carried: Mapping[int, int]) -> dict[Tensor, int]:
        """The outputs that each replace one given, by its number."""
        every = {self.outputs[output]: number for number, output in carried.items()}
        return {
            one: number
            for one, number in every.items()
            if one.size and not isinstance(one.kind, Given)
        }

    def program(self, changing: frozenset[int], inside: frozenset[int]) -> Program:
        by_group = self._kernels_by_group()
        over = self._written_over(by_group)
        order = self._ordered(by_group, over)
        while order is None:  # two new values each wait for the other's old one
            over = dict(list(over.items())[:-1])
            order = self._ordered(by_group, over)
        renamed = {self.buffers[one]: number for one, number in over.items()}
        kernels = [_renamed(kernel, renamed) for at in order for kernel in by_group[at]]
        copies = self._copies(over)
        steady = self._steady(kernels, changing)
        before = [kernel for kernel, once in zip(kernels, steady, strict=True) if once]
        each = [kernel for kernel, once in zip(kernels, steady, strict=True) if not once]
        return self._laid_out(before, [*each, *copies], over, inside)

    def _kernels_by_group(self) -> list[list[Kernel]]:
        """What each group runs; what nobody reads is not stored."""
        every = [group.kernels() for group in self.groups]
        read = {buffer for kernels in every for buffer in _reads(kernels)}
        read |= {self.buffer_of(one) for one in self.outputs}
        return [
            [_storing(kernel, read) for kernel in kernels] if kernels else [] for kernels in every
        ]

    def _written_over(self, by_group: Sequence[Sequence[Kernel]]) -> dict[Tensor, int]:
        """The outputs that can be written where the given stands that they replace."""
        found: dict[Tensor, int] = {}
        homes = {one: at for at, group in enumerate(self.groups) for one in group.members}
        givens = {buffer.number: buffer for buffer in self.buffers.values()}
        for tensor, number in self.replacing.items():
            home, given = by_group[homes[tensor]], givens[number]
            if len(home) == 1 and _is_pointwise(home[0], given, self.buffers[tensor]):
                found[tensor] = number
        return found

    def _ordered(
        self, by_group: Sequence[Sequence[Kernel]], over: Mapping[Tensor, int]
    ) -> list[int] | None:
        """The groups in an order that computes before it reads, and reads before it overwrites."""
        home = {one: at for at, group in enumerate(self.groups) for one in group.members}
        writer = {self.buffers[one].number: at for one, at in home.items()}
        readers: dict[int, set[int]] = {}
        after: list[set[int]] = [set() for _ in by_group]
        for at, kernels in enumerate(by_group):
            for buffer in _reads(kernels):
                readers.setdefault(buffer.number, set()).add(at)
                if writer.get(buffer.number, at) != at:
                    after[at].add(writer[buffer.number])
        for tensor, number in over.items():
            after[home[tensor]] |= readers.get(number, set()) - {home[tensor]}
        return ordered(after)

    def _copies(self, over: Mapping[Tensor, int]) -> list[Kernel]:
        """At the end of a step, what could not be written in place is copied there."""
        targets = {buffer.number: buffer for buffer in self.buffers.values()}
        return [
            _copy(self.buffers[tensor], targets[number])
            for tensor, number in self.replacing.items()
            if tensor not in over
        ]

    def _steady(self, kernels: Sequence[Kernel], changing: frozenset[int]) -> list[bool]:
        """For each kernel whether it computes the same in every step."""
        moving = set(changing)
        while True:  # what is added to in every step is also cleared in every step
            before = len(moving)
            result: list[bool] = []
            for kernel in kernels:
                reads, writes = touched(kernel)
                moves = any(one.number in moving for one in (*reads, *writes))
                result.append(not moves)
                if moves:
                    moving.update(one.number for one in writes)
            if len(moving) == before:
                return result

    def _laid_out(
        self,
        before: list[Kernel],
        kernels: list[Kernel],
        over: Mapping[Tensor, int],
        inside: frozenset[int],
    ) -> Program:
        outputs = [over.get(one, self.buffer_of(one).number) for one in self.outputs]
        for number, output in self.carried.items():
            outputs[output] = number
        buffers = sorted(self.buffers.values(), key=lambda one: one.number)
        constants = {
            buffer.number: tensor.kind.values
            for tensor, buffer in self.buffers.items()
            if isinstance(tensor.kind, Filled)
        }
        givens = {b.number for t, b in self.buffers.items() if isinstance(t.kind, Given)} - inside
        outside = givens | set(constants) | set(outputs)
        spans = _spans(before, kernels, outside, inside)
        places, arena = placed(spans, {one.number: one for one in buffers})
        return Program(
            tuple(buffers), tuple(outputs), constants, tuple(before), tuple(kernels), places, arena
        )


def _storing(kernel: Kernel, read: set[Buffer]) -> Kernel:
    """A kernel without stores that nobody reads."""
    if isinstance(kernel, Fallback) or all(one in read for one in touched(kernel)[1]):
        return kernel

    def some(stores: Sequence[Store]) -> tuple[Store, ...]:
        return tuple(one for one in stores if one.access.buffer in read)

    if isinstance(kernel, Product):
        return Product(
            kernel.batch,
            kernel.rows,
            kernel.columns,
            kernel.inner,
            kernel.left,
            kernel.right,
            some(kernel.stores),
        )
    assert isinstance(kernel, Nest)
    stages = [Stage(one.extents, one.reductions, some(one.stores)) for one in kernel.stages]
    return Nest(kernel.extents, tuple(one for one in stages if one.reductions or one.stores))


def _renamed(kernel: Kernel, renamed: Mapping[Buffer, int]) -> Kernel:
    reads, writes = touched(kernel)
    buffers = dict.fromkeys((*reads, *writes))
    if renamed.keys().isdisjoint(buffers):
        return kernel
    found: Kernel = canonical(kernel, {one: renamed.get(one, one.number) for one in buffers})
    return found


def _reads(kernels: Sequence[Kernel]) -> set[Buffer]:
    return {buffer for kernel in kernels for buffer in touched(kernel)[0]}


def _is_pointwise(kernel: Kernel, given: Buffer, new: Buffer) -> bool:
    """Whether the old value is read only where the new one is written."""
    if isinstance(kernel, Fallback):
        return False
    assert isinstance(kernel, Nest | Product)
    (target,) = {store.access for store in _stores(kernel) if store.access.buffer == new}
    return all(
        (one.offset, one.strides) == (target.offset, target.strides)
        for one in loads_of(kernel)
        if one.buffer == given
    )


def _copy(source: Buffer, target: Buffer) -> Kernel:
    if source.dtype not in NATIVE:
        shape = (source.size,)
        return Fallback(Opaque("copy", np.array), ((source, shape),), target, shape)
    load = Load(source.dtype, Access(source, 0, (1,)))
    return Nest((), (Stage((source.size,), (), (Store(Access(target, 0, (1,)), load),)),))


def _spans(
    before: Sequence[Kernel], kernels: Sequence[Kernel], outside: set[int], inside: frozenset[int]
) -> dict[int, tuple[int, int]]:
    """From which kernel to which each temporary buffer is needed; -1 is before the first."""
    spans: dict[int, tuple[int, int]] = {}
    for kernel in before:
        for buffer in (*touched(kernel)[0], *touched(kernel)[1]):
            if buffer.number not in outside:
                spans[buffer.number] = (-1, len(kernels))
    for at, kernel in enumerate(kernels):
        for buffer in (*touched(kernel)[0], *touched(kernel)[1]):
            if buffer.number not in outside:
                start = -1 if buffer.number in inside else at
                first, last = spans.get(buffer.number, (start, at))
                spans[buffer.number] = (first, max(last, at))
    return spans


def segments_of(program: Program) -> list[tuple[Kernel, ...]]:
    """The kernels between which NumPy computes something: fallbacks stand alone."""
    found: list[list[Kernel]] = [[]]
    for kernel in (*program.before, *program.kernels):
        if isinstance(kernel, Fallback):
            found += [[kernel], []]
        else:
            found[-1].append(kernel)
    return [tuple(one) for one in found if one]


def has_fallbacks(program: Program) -> bool:
    """Whether NumPy computes something."""
    return any(isinstance(one, Fallback) for one in (*program.before, *program.kernels))
