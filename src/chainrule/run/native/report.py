"""A native program for people: its kernels, its memory, and how fast it could be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod

from chainrule.graph.record import Record
from chainrule.run.native.keeping import in_order
from chainrule.run.native.kernels import (
    Apply,
    Buffer,
    Expression,
    Fallback,
    Kernel,
    LoadAt,
    Nest,
    Product,
    Store,
)
from chainrule.run.native.lowered import Lowered
from chainrule.run.native.peak import Peak
from chainrule.run.native.program import touched
from chainrule.run.native.tensors import Each, Reduce
from chainrule.run.native.traffic import moved

__all__ = ["KernelLine", "Report", "report_of"]

COSTLY = {"exp": 12, "log": 14, "tanh": 16, "sigmoid": 16, "divide": 4, "sqrt": 6, "power": 30}
MOST_FUNCTIONS = 8


class KernelLine(Record):
    """One kernel: what it does, the functions fused into it, and what it takes.

    `operations` count a multiplication and an addition each; `bytes` are read or written once.
    What is computed `once` runs before the first step of a training loop.
    """

    what: str
    functions: tuple[str, ...]
    operations: int
    bytes: int
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    once: bool = False


class Report(Record):
    """What a step takes: `operations` and `bytes` without what is computed once.

    `buffers` are those that a kernel reads or writes.  `seconds` is the least time for a step, by
    the machine's own peak.
    """

    kernels: tuple[KernelLine, ...]
    buffers: tuple[Buffer, ...]
    arena: int
    threads: int
    operations: int
    bytes: int
    seconds: float
    in_registers: bool

    @property
    def fallbacks(self) -> tuple[str, ...]:
        """What NumPy computes."""
        return tuple(one.what for one in self.kernels if one.what.startswith("NumPy: "))


def report_of(lowered: Lowered, peak: Peak, threads: int) -> Report:
    """The plan of a lowered graph that so many threads run."""
    tiny = lowered.is_tiny
    kernels = (_registers(lowered),) if tiny else tuple(_lines(lowered))
    operations = sum(one.operations for one in kernels if not one.once)
    total = sum(one.bytes for one in kernels if not one.once)
    is_double = any(one.dtype.itemsize == 8 and one.dtype.kind == "f" for one in lowered.outputs)
    rate = (peak.double if is_double else peak.single) * threads
    first = sum(one.size * one.dtype.itemsize for one in (*lowered.givens, *lowered.outputs))
    used = {number for one in kernels for number in (*one.reads, *one.writes)}
    every = () if tiny else lowered.program.buffers
    buffers = tuple([one for one in every if one.number in used])
    return Report(
        kernels,
        buffers,
        0 if tiny else lowered.program.arena,
        threads,
        operations,
        total,
        max(operations / rate, min(first, total) / peak.bytes),
        tiny,
    )


def _registers(lowered: Lowered) -> KernelLine:
    names: dict[str, None] = {}
    operations = 0
    for one in in_order(lowered.outputs):
        if isinstance(one.kind, Each | Reduce):
            names[one.kind.function] = None
            entries = one.inputs[0].size if isinstance(one.kind, Reduce) else one.size
            operations += entries * COSTLY.get(one.kind.function, 1)
    ends = (*lowered.givens, *lowered.outputs)
    return KernelLine(
        "everything in registers",
        tuple(names),
        operations,
        sum(one.size * one.dtype.itemsize for one in ends),
        (),
        (),
    )


def _lines(lowered: Lowered) -> Iterator[KernelLine]:
    before = lowered.program.before
    takes_steps = bool(lowered.carried) and not lowered.falls_back
    for at, kernel in enumerate((*before, *lowered.program.kernels)):
        reads, writes = touched(kernel)
        numbers = tuple(one.number for one in reads), tuple(one.number for one in writes)
        names = tuple(dict.fromkeys(_functions(kernel)))
        takes, once = (_operations(kernel), moved(kernel)), takes_steps and at < len(before)
        yield KernelLine(_what(kernel), names, *takes, *numbers, once)


def _what(kernel: Kernel) -> str:
    if isinstance(kernel, Fallback):
        return f"NumPy: {kernel.opaque.name}"
    if isinstance(kernel, Product):
        rows, columns, inner = prod(kernel.rows), prod(kernel.columns), prod(kernel.inner)
        batch = f"{prod(kernel.batch)} × " if kernel.batch else ""
        return f"product {batch}({rows} × {inner}) ({inner} × {columns})"
    assert isinstance(kernel, Nest)
    lengths = [str(prod(one.extents)) for one in kernel.stages if one.extents]
    sizes = " + ".join(dict.fromkeys(lengths))
    rows = prod(kernel.extents)
    outer = f"{rows} {'row' if rows == 1 else 'rows'} of " if kernel.extents else ""
    return f"sweep over {outer}{sizes or 1}"


def _stores(kernel: Kernel) -> Sequence[Store]:
    if isinstance(kernel, Product):
        return kernel.stores
    assert isinstance(kernel, Nest)
    return [store for stage in kernel.stages for store in stage.stores]


def _functions(kernel: Kernel) -> Iterator[str]:
    if isinstance(kernel, Fallback):
        return
    if isinstance(kernel, Nest):
        for stage in kernel.stages:
            for one in stage.reductions:
                yield from _applied([one.value])
                yield one.function
    yield from _applied(store.value for store in _stores(kernel))


def _applied(roots: Iterable[Expression]) -> Iterator[str]:
    """The functions in expressions, inner ones first, each as often as it is computed."""
    seen: set[int] = set()
    stack = [(one, False) for one in roots]
    while stack:
        one, done = stack.pop()
        if done:
            assert isinstance(one, Apply)
            yield one.function
        elif id(one) not in seen:
            seen.add(id(one))
            if isinstance(one, Apply):
                stack.append((one, True))
                stack += [(inner, False) for inner in one.arguments]
            elif isinstance(one, LoadAt):
                stack.append((one.place, False))


def _operations(kernel: Kernel) -> int:
    if isinstance(kernel, Fallback):
        return 0
    if isinstance(kernel, Product):
        entries = prod(kernel.batch) * prod(kernel.rows) * prod(kernel.columns)
        after = sum(COSTLY.get(one, 1) for one in _applied(s.value for s in kernel.stores))
        return entries * (2 * prod(kernel.inner) + after)
    assert isinstance(kernel, Nest)
    total = 0
    for stage in kernel.stages:
        points = prod(kernel.extents) * prod(stage.extents)
        roots = [*[one.value for one in stage.reductions], *[one.value for one in stage.stores]]
        each = sum(COSTLY.get(one, 1) for one in _applied(roots)) + len(stage.reductions)
        total += points * each
    return total
