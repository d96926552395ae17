"""What a kernel means, in NumPy: slow and plain, over whole grids of points at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.run.native.kernels import (
    Access,
    Apply,
    Expression,
    Index,
    Literal,
    Load,
    LoadAt,
    Nest,
    Reduced,
    Reduction,
    Stage,
    Store,
)

Array = np.ndarray[Any, Any]

FUNCTIONS: dict[str, Callable[..., Array]] = {
    "where": np.where,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


def run_nest(nest: Nest, buffers: Mapping[int, Array]) -> bool:
    """Fills the buffers that are stored to; whether a place was out of range."""
    reduced: list[Array] = []
    failed = False
    for stage in nest.stages:
        run = _Stage(nest.extents, stage, buffers, reduced)
        with np.errstate(all="ignore"):
            reduced += [run.reduction(one) for one in stage.reductions]
            run.store(stage.stores)
        failed |= run.failed
    return failed


class _Stage:
    def __init__(
        self,
        outer: tuple[int, ...],
        stage: Stage,
        buffers: Mapping[int, Array],
        reduced: Sequence[Array],
    ) -> None:
        self.outer = outer
        self.shape = outer + stage.extents
        self.grid = np.indices(self.shape, dtype=np.int64)
        self.buffers = buffers
        self.reduced = list(reduced)
        self.failed = False

    def reduction(self, reduction: Reduction) -> Array:
        values = self.value(reduction.value).reshape((*self.outer, -1))
        return np.asarray(getattr(np, reduction.function)(values, axis=-1))

    def store(self, stores: Sequence[Store]) -> None:
        found = [(store, *self.entries(store), self.value(store.value)) for store in stores]
        for point in np.ndindex(self.shape):
            for store, places, inside, values in found:
                target = self.buffers[store.access.buffer.number]
                if inside[point]:
                    old = target[places[point]] if store.adding else target.dtype.type(0)
                    target[places[point]] = old + values[point] if store.adding else values[point]

    def entries(self, store: Store) -> tuple[Array, Array]:
        """Where it is stored, and whether that is in range."""
        places = self.places(store.access)
        if store.place is None:
            return places, np.ones(self.shape, bool)
        place, inside = self.checked(store.place, store.length)
        return places + place * store.stride, inside

    def places(self, access: Access) -> Array:
        strides = np.array(access.strides, np.int64).reshape((-1, *[1] * len(self.shape)))
        return np.asarray(access.offset + (self.grid * strides).sum(axis=0))

    def checked(self, expression: Expression, length: int) -> tuple[Array, Array]:
        place = self.value(expression)
        inside = (place >= 0) & (place < length)
        self.failed |= not inside.all()
        return np.where(inside, place, 0), inside

    def value(self, expression: Expression) -> Array:
        found = np.asarray(self.computed(expression))
        return np.broadcast_to(found.astype(expression.dtype), self.shape)

    def computed(self, expression: Expression) -> Any:
        if isinstance(expression, Literal):
            return np.array(expression.value, expression.dtype)
        if isinstance(expression, Index):
            return self.grid[expression.axis]
        if isinstance(expression, Load):
            access = expression.access
            return self.buffers[access.buffer.number][self.places(access)]
        if isinstance(expression, LoadAt):
            place, _ = self.checked(expression.place, expression.length)
            source = self.buffers[expression.access.buffer.number]
            return source[self.places(expression.access) + place * expression.stride]
        if isinstance(expression, Reduced):
            found = self.reduced[expression.number]
            return found.reshape(found.shape + (1,) * (len(self.shape) - len(self.outer)))
        assert isinstance(expression, Apply)
        values = [self.value(one) for one in expression.arguments]
        name = expression.function
        if name == "cast":
            return values[0]
        return (FUNCTIONS.get(name) or getattr(np, name))(*values)
