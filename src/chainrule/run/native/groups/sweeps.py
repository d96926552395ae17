"""Maps and reductions over the same rows: elementwise chains, softmax, layer norm, sums."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.graph.node import size_of
from chainrule.run.native.groups.group import BufferOf, Group, NotHere, plain_strides
from chainrule.run.native.keeping import sides_of, takes_long
from chainrule.run.native.kernels import (
    Access,
    Expression,
    Kernel,
    Load,
    Nest,
    Reduced,
    Reduction,
    Stage,
    renumbered,
)
from chainrule.run.native.tensors import Join, Opaque, Reduce, Scatter, Tensor, row_major
from chainrule.run.native.writing import Place, Writer

__all__ = ["Sweeps"]

SMALL = 1 << 12  # a sum over no more entries is not worth a kernel of its own
SHORT_ROW = 64  # entries, all of which are in lanes at once
MOST_ALONGSIDE = 4  # a kernel that does more at once lacks registers, and takes long to compile


class Sweeps(Group):
    """Maps and reductions over the same rows."""

    takes_others = True

    def __init__(self, memory: set[Tensor], buffer_of: BufferOf, is_last: bool) -> None:
        super().__init__(memory, buffer_of, is_last)
        self.outer: tuple[int, ...] | None = None  # as long as there are only maps, none
        self.shape: tuple[int, ...] = ()  # of the first map
        self.stages: list[_Sweep] = []
        self.at: dict[Tensor, int] = {}  # the stage that computes a member
        self.numbers: dict[Tensor, int] = {}  # of the members that are reductions
        self.alongside = 1  # members that have nothing to do with each other

    def takes(self, tensor: Tensor, below: set[Tensor], is_last: bool) -> bool:
        if isinstance(tensor.kind, Join | Scatter | Opaque):
            return False
        joins = below.isdisjoint(self.members)
        if joins and (is_last != self.is_last or self.alongside == MOST_ALONGSIDE):
            return False
        if self.is_last and not is_last:
            return False
        if sides_of(tensor) is not None or self._is_better_apart(tensor):
            return False
        before = self.outer
        try:
            self._add(tensor, below)
        except NotHere:
            self.outer = before
            return False
        self.members.append(tensor)
        return True

    def _is_better_apart(self, tensor: Tensor) -> bool:
        """Whether it is a number for each row, which takes longer than all the row: in a kernel of
        its own it is computed for many rows at once.
        """
        rows = size_of(self.outer or ())
        if rows == 1 or tensor.size != rows or isinstance(tensor.kind, Reduce):
            return False
        longest = max([size_of(stage.extents) for stage in self.stages])
        is_short = longest <= SHORT_ROW * rows
        return is_short and takes_long(tensor, self.memory)

    def _add(self, tensor: Tensor, below: set[Tensor]) -> None:
        kind = tensor.kind
        is_sum = isinstance(kind, Reduce)
        kept_shape = tensor.shape
        (whole,) = tensor.inputs if is_sum else (tensor,)
        axes = kind.axes if isinstance(kind, Reduce) else ()
        order = [at for at in range(len(whole.shape)) if at not in axes] + list(axes)
        joins = bool(self.stages) and not below.intersection(self.members)
        if joins:
            self._check_alongside(whole, order, is_sum)
        outer = self._outer_for(kept_shape, is_sum, whole)
        extents = tuple(whole.shape[at] for at in order)
        own = row_major(whole.shape)
        place = (0, tuple(own[at] if whole.shape[at] > 1 else 0 for at in order))
        first = max((self._ready(one) for one in below if one in self.at), default=0)
        for number in range(first, len(self.stages) + 1):
            if number == len(self.stages):
                sweep = _Sweep(extents)
            elif self.stages[number].extents == extents:
                sweep = self.stages[number]
            else:
                continue
            writer = self._writer(sweep, number, len(outer))
            write = writer.value if is_sum else writer.definition
            value = write(whole, place)
            break
        if writer.is_too_deep(value):
            raise NotHere
        self.outer = outer if is_sum or self.outer is not None else None
        if number == len(self.stages):
            self.stages.append(sweep)
        self.alongside += joins
        self.at[tensor] = number
        self.shape = self.shape or extents
        if isinstance(kind, Reduce):
            self.numbers[tensor] = len(self.numbers)
            sweep.reductions.append((tensor, Reduction(kind.function, value)))
        else:
            writer.keep(tensor, place, value)
            sweep.stores.append((tensor, place[1], value))

    def _check_alongside(self, whole: Tensor, order: Sequence[int], is_sum: bool) -> None:
        """Work on other arrays joins only what sweeps over the same points."""
        extents = tuple(whole.shape[at] for at in order)
        if not any(stage.extents == extents for stage in self.stages):
            raise NotHere
        if is_sum != bool(self.numbers):
            raise NotHere

    def _outer_for(
        self, kept_shape: tuple[int, ...], is_sum: bool, whole: Tensor
    ) -> tuple[int, ...]:
        if not self.stages:
            return kept_shape if is_sum else ()
        if self.outer is not None:
            if is_sum and kept_shape != self.outer:
                raise NotHere
            if kept_shape[: len(self.outer)] != self.outer:
                raise NotHere
            return self.outer
        if not is_sum:
            if kept_shape != self.shape:
                raise NotHere
            return ()
        if self.shape[: len(kept_shape)] != kept_shape or size_of(whole.shape) == 0:
            raise NotHere
        if not kept_shape and whole.size > SMALL:
            raise NotHere
        return kept_shape

    def _ready(self, tensor: Tensor) -> int:
        """The first stage that can read a member."""
        return self.at[tensor] + (tensor in self.numbers)

    def _writer(self, sweep: _Sweep, number: int, outer: int) -> _SweepWriter:
        if sweep.writer is None or sweep.writer.outer != outer:
            old = sweep.writer
            sweep.writer = _SweepWriter(self, sweep.extents, number, outer)
            if old is not None:
                sweep.writer.take_over(old)
        return sweep.writer

    def kernels(self) -> list[Kernel]:
        outer = self.outer or ()
        stages: list[Stage] = []
        for sweep in self.stages:
            inner = sweep.extents[len(outer) :]
            reductions = tuple(one for _, one in sweep.reductions)
            stores = tuple(
                self._store(tensor, strides, value) for tensor, strides, value in sweep.stores
            )
            stages.append(Stage(inner, reductions, stores))
        results = [
            self._store(tensor, plain_strides(tensor.shape), Reduced(tensor.dtype, number))
            for tensor, number in self.numbers.items()
        ]
        if results:
            stages.append(Stage((), (), tuple(results)))
        order = [tensor for sweep in self.stages for tensor, _ in sweep.reductions]
        places = {self.numbers[tensor]: number for number, tensor in enumerate(order)}
        return [Nest(outer, tuple(renumbered(stages, places)))]


class _Sweep:
    """A stage that is being filled; `extents` are the outer axes and its own."""

    def __init__(self, extents: tuple[int, ...]) -> None:
        self.extents = extents
        self.reductions: list[tuple[Tensor, Reduction]] = []
        self.stores: list[tuple[Tensor, tuple[int, ...], Expression]] = []
        self.writer: _SweepWriter | None = None


class _SweepWriter(Writer):
    """Writes what a stage computes: members of the group as far as they are known by then."""

    def __init__(self, group: Sweeps, extents: tuple[int, ...], number: int, outer: int) -> None:
        super().__init__(extents, group.memory, self._member_or_load, group.complete)
        self.group = group
        self.number = number
        self.outer = outer
        self.here: dict[tuple[Tensor, Place], Expression] = {}

    def keep(self, tensor: Tensor, place: Place, value: Expression) -> None:
        """The tensor's entry there is known while the stage is at the point."""
        self.here[tensor, place] = value

    def take_over(self, other: _SweepWriter) -> None:
        self.here.update(other.here)
        self._written.update(other._written)
        self._depths.update(other._depths)

    def check_picked(self, source: Tensor) -> None:
        if source in self.group.at:  # of a member, only what stands at the same point is there
            raise NotHere

    def _member_or_load(self, tensor: Tensor, place: Place) -> Expression:
        offset, strides = place
        load = Load(tensor.dtype, Access(self.group.buffer_of(tensor), offset, strides))
        at = self.group.at.get(tensor)
        if at is None:
            return load
        found = self.here.get((tensor, place))
        if found is not None:
            return found
        own = plain_strides(tensor.shape)
        if strides[: self.outer] != own[: self.outer]:
            raise NotHere
        if tensor in self.group.numbers:
            if offset or any(strides[self.outer :]) or at >= self.number:
                raise NotHere
            return Reduced(tensor.dtype, self.group.numbers[tensor])
        reach = offset + sum(
            step * (n - 1)
            for step, n in zip(strides[self.outer :], self.extents[self.outer :], strict=True)
        )
        row = size_of(tensor.shape[self.outer :])
        if at >= self.number or offset < 0 or min((0, *strides)) < 0 or reach >= row:
            raise NotHere
        if not self.outer:  # without rows, all of it would have to be there
            raise NotHere
        return load
