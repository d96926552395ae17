"""What a program becomes before it is written as machine code: kernels over buffers, as plain data.

A buffer is a number: the place of an array in the table of addresses.  A kernel reads and writes
buffers by affine accesses; expressions say what is computed at one point of its index space.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import is_
from typing import Any

import numpy as np

from chainrule.graph.record import Record
from chainrule.run.native.tensors import Opaque

__all__ = [
    "Access",
    "Apply",
    "Buffer",
    "Copied",
    "Expression",
    "Fallback",
    "Index",
    "Kernel",
    "Literal",
    "Load",
    "LoadAt",
    "Nest",
    "Product",
    "Reduced",
    "Reduction",
    "Stage",
    "Store",
    "buffers_of",
    "canonical",
    "described",
    "loads_of",
    "renumbered",
    "stores_of",
]

PLAIN = frozenset({int, str, bool, type(None)})  # types of values that describe themselves


class Buffer(Record):
    """An array in memory: its number in the table of addresses, how many entries of which type.

    A bool has one byte, as NumPy has it.  In one program the number says all.
    """

    number: int
    size: int
    dtype: np.dtype[Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Buffer) and other.number == self.number

    def __hash__(self) -> int:
        return self.number


class Access(Record):
    """Where an index point stands in a buffer: entry `offset + Σ i_k strides_k`."""

    buffer: Buffer
    offset: int
    strides: tuple[int, ...]


class Expression(Record):
    """What is computed at one point.  Shared parts are one object, and computed once."""

    dtype: np.dtype[Any]


class Load(Expression):
    """An entry of a buffer."""

    access: Access


class LoadAt(Expression):
    """The entry `place · stride` after the access; a place outside 0 … length - 1 is marked as an
    error of the data, and the first entry is read.
    """

    access: Access
    place: Expression
    stride: int
    length: int


class Literal(Expression):
    """A known number; -0.0 is another than 0.0."""

    value: float | int | bool

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Literal) or other.dtype != self.dtype:
            return False
        return repr(other.value) == repr(self.value)

    def __hash__(self) -> int:
        return hash((self.dtype, repr(self.value)))


class Index(Expression):
    """Where we are along an axis of the index space, as a whole number."""

    axis: int


class Apply(Expression):
    """A function of `functions.FUNCTIONS`, or "cast"."""

    function: str
    arguments: tuple[Expression, ...]


class Reduced(Expression):
    """The result of a reduction of this nest, `number` counted over its stages in order."""

    number: int


class Copied(Expression):
    """In the epilogue of a product: the sum of products itself."""


class Store(Record):
    """What is written where; `adding` to what is there, or not.

    With a `place`, entry `place · stride` after the access is meant, and nothing is stored where
    the place is outside 0 … length - 1 (which is marked as an error of the data).  Such stores and
    those that add may meet at one entry: they are done one after the other, in order.
    """

    access: Access
    value: Expression
    adding: bool = False
    place: Expression | None = None
    stride: int = 0
    length: int = 0


class Reduction(Record):
    """A value over a stage's axes: its "sum", "prod", "max", "min", "any", "all", or the place of
    its first largest or smallest entry, "argmax" or "argmin", counted row by row.
    """

    function: str
    value: Expression


class Stage(Record):
    """One sweep over inner axes: reductions over them, or stores at each of their points.

    Accesses have a stride for each outer axis of the nest, then for each of `extents`.
    """

    extents: tuple[int, ...]
    reductions: tuple[Reduction, ...] = ()
    stores: tuple[Store, ...] = ()


class Kernel(Record):
    """A piece of work between two barriers."""


class Nest(Kernel):
    """Sweeps at each point of the outer axes, `stages` in order; points are independent.

    Without outer axes and with stores only, it is a map over the stage's extents.  A stage with
    extents () stores once for each outer point.  Empty arrays make no nest.
    """

    extents: tuple[int, ...]
    stages: tuple[Stage, ...]


class Product(Kernel):
    """Sums of products: at each (batch, row, column) the sum over the inner axes of left × right.

    `left` has strides for (*batch, *rows, *inner), `right` for (*batch, *columns, *inner); the
    stores' accesses and expressions are over (*batch, *rows, *columns), where `Copied` is the sum.
    """

    batch: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    inner: tuple[int, ...]
    left: Access
    right: Access
    stores: tuple[Store, ...]


class Fallback(Kernel):
    """What NumPy computes: the buffers that it reads, with their shapes, and the one it fills."""

    opaque: Opaque
    sources: tuple[tuple[Buffer, tuple[int, ...]], ...]
    target: Buffer
    shape: tuple[int, ...]


def buffers_of(kernel: Nest | Product) -> tuple[Buffer, ...]:
    """The buffers that a kernel reads or writes, each once, in the order they are met."""
    every = [*loads_of(kernel), *stores_of(kernel)]
    return tuple(dict.fromkeys(access.buffer for access in every))


def stores_of(kernel: Nest | Product) -> list[Access]:
    """Where a kernel stores."""
    if isinstance(kernel, Product):
        return [store.access for store in kernel.stores]
    return [store.access for stage in kernel.stages for store in stage.stores]


def canonical(kernel: Any, numbers: Mapping[Buffer, int]) -> Any:
    """The same kernel over buffers that are numbered anew; kernels that agree then are equal."""

    def again(part: Record) -> Record | None:
        if isinstance(part, Buffer):
            return Buffer(numbers[part], part.size, part.dtype)
        return None

    return _rewritten(kernel, again)


def described(kernel: Kernel, buffers: Mapping[Buffer, int] | None = None) -> tuple[Any, ...]:
    """A kernel as flat data by which it is known, its buffers by these numbers or their own.

    It is linear in the kernel's size, where comparing would go through a shared expression as often
    as it is read.
    """
    numbers: dict[int, int] = {}
    found: list[tuple[Any, ...]] = []

    def walk(part: Any) -> Any:
        if type(part) in PLAIN:
            return part
        if isinstance(part, tuple):
            return tuple([walk(one) for one in part])
        if not isinstance(part, Record):
            return repr(part) if isinstance(part, float) else part
        if isinstance(part, Buffer):
            number = part.number if buffers is None else buffers[part]
            return "Buffer", number, part.size, part.dtype
        if id(part) not in numbers:
            entry = (type(part).__name__, *[walk(one) for one in part.key()])
            numbers[id(part)] = len(found)
            found.append(entry)
        return "part", numbers[id(part)]

    walk(kernel)
    return tuple(found)


def renumbered(stages: Any, numbers: Mapping[int, int]) -> Any:
    """Stages that read reductions by other numbers."""

    def again(part: Record) -> Record | None:
        return Reduced(part.dtype, numbers[part.number]) if isinstance(part, Reduced) else None

    return _rewritten(tuple(stages), again)


def _rewritten(part: Any, again: Callable[[Record], Record | None]) -> Any:
    """Data with some records replaced; what is one object stays one."""
    done: dict[int, Any] = {}
    parts = (Record, tuple)

    def walk(one: Any) -> Any:
        if isinstance(one, Record):
            found = done.get(id(one))
            if found is None:
                found = done[id(one)] = again(one) or rebuilt(one)
            return found
        if one and isinstance(one[0], parts):
            return tuple([walk(inner) for inner in one])
        return one

    def rebuilt(one: Record) -> Record:
        old = one.key()
        new = [walk(inner) if isinstance(inner, parts) else inner for inner in old]
        is_same = all(map(is_, old, new))
        return one if is_same else type(one)(*new)

    return walk(part)


def loads_of(kernel: Nest | Product) -> tuple[Access, ...]:
    """What a kernel reads, each access once; not what its stores add to."""
    known = kernel.__dict__.get("_loads")
    if known is None:
        known = kernel.__dict__["_loads"] = _loads_of(kernel)
    found: tuple[Access, ...] = known
    return found


def _loads_of(kernel: Nest | Product) -> tuple[Access, ...]:
    found: dict[Access, None] = {}
    if isinstance(kernel, Product):
        found |= {kernel.left: None, kernel.right: None}
        roots = _roots(kernel.stores)
    else:
        roots = []
        for stage in kernel.stages:
            roots += [one.value for one in stage.reductions] + _roots(stage.stores)
    seen: set[int] = set()
    for expression in roots:  # which grows
        if id(expression) in seen:
            continue
        seen.add(id(expression))
        if isinstance(expression, Load | LoadAt):
            found[expression.access] = None
        if isinstance(expression, LoadAt):
            roots.append(expression.place)
        if isinstance(expression, Apply):
            roots += expression.arguments
    return tuple(found)


def _roots(stores: Sequence[Store]) -> list[Expression]:
    return [one for store in stores for one in (store.value, store.place) if one is not None]
