"""Sums of products, and what is computed from each entry of the result alone."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.run.native.groups.group import BufferOf, Group, NotHere, plain_strides
from chainrule.run.native.keeping import Sides, place_of
from chainrule.run.native.kernels import Access, Copied, Expression, Kernel, Load, Product
from chainrule.run.native.tensors import Join, Opaque, Reduce, Scatter, Tensor, row_major
from chainrule.run.native.writing import Place, Writer

__all__ = ["Sums"]


class Sums(Group):
    """A sum of products, and what is computed from each of its entries alone.

    What reads the result in another shape, or transposed, belongs here as well if each of its
    entries needs one of the result's: axes of the product are then split as that shape has them,
    as the positions of a convolution are.
    """

    def __init__(
        self, memory: set[Tensor], buffer_of: BufferOf, tensor: Tensor, sides: Sides
    ) -> None:
        super().__init__(memory, buffer_of, False)
        self.tensor = tensor
        self.sides = sides
        self.members.append(tensor)
        summed = set(sides.inner)
        kept = [at for at in range(len(sides.shape)) if at not in summed]
        self.order = [kept.index(at) for at in (*sides.batch, *sides.rows, *sides.columns)]
        self.splits: list[tuple[int, ...]] = [(tensor.shape[at],) for at in self.order]
        self.values: list[tuple[Tensor, Expression]] = []
        self._lay_out()

    def _lay_out(self) -> None:
        """The index space and where the result lies in it, with the axes split as they are."""
        own = plain_strides(self.tensor.shape)
        whole = [own[at] for at in self.order]
        self.extents = tuple(length for parts in self.splits for length in parts)
        self.frames = {self.tensor.shape: _split(whole, self.splits)}
        self.writer = Writer(self.extents, self.memory, self._read, self.complete)

    def _read(self, tensor: Tensor, place: Place) -> Expression:
        if tensor not in self.members:
            return Load(tensor.dtype, Access(self.buffer_of(tensor), *place))
        if place != (0, self.frames[tensor.shape]):
            raise NotHere
        if tensor is self.tensor:
            return Copied(tensor.dtype)
        return dict(self.values)[tensor]

    def takes(self, tensor: Tensor, below: set[Tensor], is_last: bool) -> bool:
        if isinstance(tensor.kind, Reduce | Join | Scatter | Opaque):
            return False
        if tensor.size != self.tensor.size or not below.intersection(self.members):
            return False
        if tensor.shape not in self.frames and not self._is_split_for(tensor):
            return False
        try:
            value = self.writer.definition(tensor, (0, self.frames[tensor.shape]))
        except NotHere:
            return False
        if self.writer.is_too_deep(value):
            return False
        self.values.append((tensor, value))
        self.members.append(tensor)
        return True

    def _is_split_for(self, tensor: Tensor) -> bool:
        """Split the axes as an array of another shape reads the result, if that is possible."""
        strides = _read_by(tensor, self.tensor, self.memory)
        if strides is None or self.values or any(len(parts) > 1 for parts in self.splits):
            return False
        axes = sorted(zip(strides, tensor.shape, plain_strides(tensor.shape), strict=True))[::-1]
        left = [one for one in axes if one[1] > 1]
        splits: list[tuple[int, ...]] = []
        frame: list[int] = []
        for at in self.order:
            length, step = self.tensor.shape[at], row_major(self.tensor.shape)[at]
            own = [one for one in left if step <= one[0] < step * length]
            if not _follow(own, step, length):
                return False
            splits.append(tuple(n for _, n, _ in own) or (1,))
            frame += [target for _, _, target in own] or [0]
        self.splits = splits
        self._lay_out()
        self.frames[tensor.shape] = tuple(frame)
        return True

    def kernels(self) -> list[Kernel]:
        sides = self.sides
        lengths = sides.shape
        own = row_major(lengths)
        left, right = (place_of(one, lengths, 0, own) for one in (sides.left, sides.right))
        parts = dict(zip((*sides.batch, *sides.rows, *sides.columns), self.splits, strict=True))
        parts |= {at: (lengths[at],) for at in sides.inner}

        def split(axes: Sequence[int]) -> tuple[int, ...]:
            return tuple(length for at in axes for length in parts[at])

        def access(place: tuple[Tensor, int, tuple[int, ...]], axes: Sequence[int]) -> Access:
            tensor, offset, strides = place
            steps = _split([strides[at] for at in axes], [parts[at] for at in axes])
            return Access(self.buffer_of(tensor), offset, steps)

        values = [(self.tensor, Copied(self.tensor.dtype)), *self.values]
        stores = tuple(
            self._store(tensor, self.frames[tensor.shape], value) for tensor, value in values
        )
        return [
            Product(
                split(sides.batch),
                split(sides.rows),
                split(sides.columns),
                split(sides.inner),
                access(left, (*sides.batch, *sides.rows, *sides.inner)),
                access(right, (*sides.batch, *sides.columns, *sides.inner)),
                stores,
            )
        ]


def _split(strides: Sequence[int], splits: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The strides of axes that are split."""
    found: list[int] = []
    for step, parts in zip(strides, splits, strict=True):
        found += [step * inner for inner in plain_strides(parts)]
    return tuple(found)


def _follow(axes: Sequence[tuple[int, int, int]], step: int, length: int) -> bool:
    """Whether axes, widest first, together go through `length` entries that lie `step` apart."""
    reach = step
    for stride, count, _ in reversed(axes):
        if stride != reach:
            return False
        reach *= count
    return reach == step * length


def _read_by(tensor: Tensor, result: Tensor, memory: set[Tensor]) -> tuple[int, ...] | None:
    """The strides by which each entry of `tensor` reads one of the result; None if it is not so."""
    plain = plain_strides(tensor.shape)
    stack = [(one, (0, plain)) for one in tensor.inputs]
    found: set[Place] = set()
    while stack:
        one, (offset, strides) = stack.pop()
        below, offset, strides = place_of(one, tensor.shape, offset, strides)
        if below is result:
            found.add((offset, strides))
        elif below not in memory:
            stack += [(inner, (offset, strides)) for inner in below.inputs]
    if len(found) != 1:
        return None
    ((offset, strides),) = found
    return None if offset or min((0, *strides)) < 0 else strides
