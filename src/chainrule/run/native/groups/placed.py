"""Parts put, or added, into an array; and what NumPy computes."""

from __future__ import annotations

from chainrule.run.native.groups.group import BufferOf, Group, plain_strides
from chainrule.run.native.kernels import (
    Access,
    Expression,
    Fallback,
    Kernel,
    Literal,
    Load,
    Nest,
    Stage,
    Store,
)
from chainrule.run.native.tensors import Join, Opaque, Scatter, Tensor
from chainrule.run.native.writing import Place, Writer

__all__ = ["Computed", "Placed"]


class Placed(Group):
    """Parts put, or added, into an array."""

    def __init__(self, memory: set[Tensor], buffer_of: BufferOf, tensor: Tensor) -> None:
        super().__init__(memory, buffer_of, False)
        self.tensor = tensor
        self.members.append(tensor)
        self.parts = self._parts()

    def _parts(self) -> list[Kernel]:
        tensor, kind = self.tensor, self.tensor.kind
        found: list[Kernel] = []
        if not (isinstance(kind, Join) and _covers(tensor, kind)):
            zero = Literal(tensor.dtype, 0)
            fill = self._store(tensor, plain_strides(tensor.shape), zero)
            found.append(_map(tensor.shape, fill))
        if isinstance(kind, Scatter):
            values, places = tensor.inputs
            writer = Writer(values.shape, self.memory, self._load, self.buffer_of)
            own = (0, plain_strides(values.shape))
            access = Access(self.buffer_of(tensor), kind.offset, kind.strides)
            store = Store(
                access,
                writer.value(values, own),
                True,
                writer.value(places, own),
                kind.stride,
                kind.length,
            )
            return [*found, _map(values.shape, store)]
        assert isinstance(kind, Join)
        for part, region in zip(tensor.inputs, kind.regions, strict=True):
            if not part.size:
                continue
            writer = Writer(part.shape, self.memory, self._load, self.buffer_of)
            value = writer.value(part, (0, plain_strides(part.shape)))
            steps = tuple(
                0 if n == 1 else step for n, step in zip(part.shape, region.strides, strict=True)
            )
            access = Access(self.buffer_of(tensor), region.offset, steps)
            found.append(_map(part.shape, Store(access, value, kind.adding)))
        return found

    def _load(self, tensor: Tensor, place: Place) -> Expression:
        return Load(tensor.dtype, Access(self.buffer_of(tensor), *place))

    def kernels(self) -> list[Kernel]:
        return self.parts


def _map(shape: tuple[int, ...], store: Store) -> Nest:
    return Nest((), (Stage(shape, (), (store,)),))


def _covers(tensor: Tensor, kind: Join) -> bool:
    """Whether the parts fill the array, so that it need not be cleared before."""
    if kind.adding:
        return False
    parts = sum(part.size for part in tensor.inputs)
    is_first = any(part.shape == tensor.shape for part in tensor.inputs[:1])
    return is_first or (kind.apart and parts == tensor.size)


class Computed(Group):
    """What NumPy computes."""

    def __init__(self, memory: set[Tensor], buffer_of: BufferOf, tensor: Tensor) -> None:
        super().__init__(memory, buffer_of, False)
        self.tensor = tensor
        self.members.append(tensor)

    def kernels(self) -> list[Kernel]:
        tensor = self.tensor
        assert isinstance(tensor.kind, Opaque)
        sources = tuple((self.buffer_of(one), one.shape) for one in tensor.inputs)
        return [Fallback(tensor.kind, sources, self.buffer_of(tensor), tensor.shape)]
