"""What is computed at one point of a kernel's index space, as an expression over loads."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.run.native.kernels import (
    Access,
    Apply,
    Buffer,
    Expression,
    Index,
    Literal,
    LoadAt,
)
from chainrule.run.native.tensors import Counting, Each, Number, Pick, Tensor, View, row_major
from chainrule.run.native.views import composed

__all__ = ["MustBeKept", "Place", "Writer"]

DEEPEST = 64  # a longer chain is computed in several sweeps: nobody gains by one
WHOLE = np.dtype(np.int64)
Place = tuple[int, tuple[int, ...]]


class MustBeKept(Exception):
    """No strides lead through this tensor: it has to be in memory."""

    def __init__(self, tensor: Tensor) -> None:
        super().__init__(repr(tensor))
        self.tensor = tensor


class Writer:
    """Writes tensors as expressions over the index space `extents`.

    `read` gives the expression of a tensor that is in memory, or a number of this very kernel.
    """

    def __init__(
        self,
        extents: tuple[int, ...],
        kept: set[Tensor],
        read: Callable[[Tensor, Place], Expression],
        buffer_of: Callable[[Tensor], Buffer],
    ) -> None:
        self.extents = extents
        self._kept = kept
        self._read = read
        self._buffer_of = buffer_of
        self._written: dict[tuple[Tensor, Place], Expression] = {}
        self._depths: dict[int, int] = {}  # of expressions, by identity: they are kept in _written

    def value(self, tensor: Tensor, place: Place) -> Expression:
        """The entry of the tensor at `offset + Σ i_k strides_k`, counted row by row."""
        if tensor in self._kept:
            return self._read(tensor, place)
        key = (tensor, place)
        if key not in self._written:
            self._written[key] = self.definition(tensor, place)
        return self._written[key]

    def definition(self, tensor: Tensor, place: Place) -> Expression:
        """The same from what it is made of, whether or not it is in memory."""
        kind, (offset, strides) = tensor.kind, place
        if isinstance(kind, Number):
            return Literal(tensor.dtype, kind.value)
        if isinstance(kind, Counting):
            return self._index(offset, strides)
        if isinstance(kind, Each):
            inner = tuple([self.value(one, place) for one in tensor.inputs])
            found = Apply(tensor.dtype, kind.function, inner)
            self._depths[id(found)] = 1 + max(map(self.depth, inner), default=0)
            return found
        if isinstance(kind, View):
            return self.value(tensor.inputs[0], self._through(tensor, kind, place))
        assert isinstance(kind, Pick), f"{tensor} is not computed entry by entry"
        source, places = tensor.inputs
        self.check_picked(source)
        at, steps = self._through(tensor, View(kind.offset, kind.strides), place)
        while source not in self._kept:
            assert isinstance(source.kind, View)
            if not _is_whole(source, source.kind):
                raise MustBeKept(source)
            source = source.inputs[0]
        access, number = Access(self._buffer_of(source), at, steps), self.value(places, place)
        picked = LoadAt(tensor.dtype, access, number, kind.stride, kind.length)
        self._depths[id(picked)] = 1 + self.depth(number)
        return picked

    def check_picked(self, source: Tensor) -> None:
        """Raised from where a kernel cannot read this tensor at computed places."""

    def is_too_deep(self, expression: Expression) -> bool:
        """Whether too many functions stand within each other."""
        return self.depth(expression) > DEEPEST

    def depth(self, expression: Expression) -> int:
        """How many functions stand within each other in it."""
        return self._depths.get(id(expression), 0)

    def _through(self, tensor: Tensor, kind: View, place: Place) -> Place:
        if 0 in self.extents:  # there is no entry to be found
            return 0, (0,) * len(self.extents)
        found = composed(tensor.shape, kind.offset, kind.strides, self.extents, *place)
        if found is None:
            raise MustBeKept(tensor)
        return found

    def _index(self, offset: int, strides: tuple[int, ...]) -> Expression:
        """The number of the entry itself."""
        total: Expression | None = Literal(WHOLE, offset) if offset else None
        for axis, step in enumerate(strides):
            if not step:
                continue
            one: Expression = Index(WHOLE, axis)
            if step != 1:
                one = Apply(WHOLE, "multiply", (one, Literal(WHOLE, step)))
            total = one if total is None else Apply(WHOLE, "add", (total, one))
        return total if total is not None else Literal(WHOLE, 0)


def _is_whole(tensor: Tensor, kind: View) -> bool:
    """Whether a view only says another shape."""
    (inner,) = tensor.inputs
    plain = tuple(
        0 if n == 1 else step for n, step in zip(tensor.shape, row_major(tensor.shape), strict=True)
    )
    return kind.offset == 0 and kind.strides == plain and inner.size == tensor.size
