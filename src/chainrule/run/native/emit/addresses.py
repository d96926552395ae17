"""Where accesses lead from a point of the index space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from chainrule.run.native.emit.dependence import axes_in
from chainrule.run.native.emit.types import memory_type
from chainrule.run.native.kernels import Access
from chainrule.run.native.ssa import Function, Value, literal

__all__ = ["Addresses"]


class Addresses:
    """The addresses of accesses; what loops do not change of them is computed before the loops.

    `indexes` say where we are, 0 along axes that are not there.
    """

    def __init__(self, function: Function, buffers: Mapping[int, Value]) -> None:
        self.function = function
        self.buffers = buffers
        self.indexes: dict[int, Value] = {}
        self._started: list[dict[int, tuple[Value, int]]] = [{}]

    @contextmanager
    def at(self, indexes: Mapping[int, Value]) -> Iterator[None]:
        """Inside, we are at these places along these axes."""
        before = dict(self.indexes)
        self.indexes |= indexes
        self._started.append({})
        try:
            yield
        finally:
            self.indexes = before
            self._started.pop()

    def of(self, access: Access) -> Value:
        """The entry's address; that of the first lane."""
        found, known = self._so_far(access)
        return self._moved(access, found, self.indexes.keys() - axes_in(known))

    def after(self, access: Access, place: Value, stride: int) -> Value:
        """The address of the entry `place` strides after the access."""
        return self._address(access, self.of(access), self.times(place, stride))

    def hoist(self, access: Access, known: int) -> None:
        """Goes along the axes of this mask already, if we are anywhere along them."""
        found, before = self._so_far(access)
        new = axes_in(known & ~before) & self.indexes.keys()
        if any(access.strides[axis] for axis in new):
            pointer = self._moved(access, found, new)
            self._started[-1][id(access)] = pointer, before | sum(1 << axis for axis in new)

    def times(self, index: Value, step: int) -> Value:
        """An index in strides."""
        if index.text.isdigit():
            return literal(int(index.text) * step, index.type)
        return index if step == 1 else self.function.mul(index, literal(step, index.type))

    def _so_far(self, access: Access) -> tuple[Value, int]:
        for scope in reversed(self._started):
            if id(access) in scope:
                return scope[id(access)]
        base = self.buffers[access.buffer.number]
        if access.offset:
            base = self._address(access, base, literal(access.offset, "i64"))
        return base, 0

    def _moved(self, access: Access, pointer: Value, axes: Iterable[int]) -> Value:
        total: Value | None = None
        for axis in sorted(axes):
            step = access.strides[axis]
            if step:
                part = self.times(self.indexes[axis], step)
                total = part if total is None else self.function.add(total, part)
        return pointer if total is None else self._address(access, pointer, total)

    def _address(self, access: Access, pointer: Value, count: Value) -> Value:
        return self.function.address(memory_type(access.buffer.dtype), pointer, count)
