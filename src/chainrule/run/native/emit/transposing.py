"""Squares of numbers turned over in registers, by shuffles that processors have.

A module has one function for whole squares and one for parts of them, whoever needs them: the
shuffles are what takes LLVM longest.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.run.native.emit.sources import scaled
from chainrule.run.native.ssa import (
    SIZES,
    Function,
    Module,
    Value,
    lanes_of,
    literal,
    vector_of,
)

__all__ = ["part_turner", "turner"]


def turner(module: Module, scalar: str, lanes: int) -> str:
    """The name of a function (from, step, to, width) that turns lanes × lanes numbers over.

    Rows are `step` numbers apart where they are read, and `width` where they are written.
    """
    name = f"turn_{scalar}_{lanes}"
    module.once(name, lambda: _write_turner(module, name, scalar, lanes))
    return name


def part_turner(module: Module, scalar: str, lanes: int) -> str:
    """The same of so many rows and columns, the others taken as 0: (from, step, to, width, rows,
    columns).  It writes a whole square; what is beyond rows and columns is not read.
    """
    name, whole = f"turn_part_{scalar}_{lanes}", turner(module, scalar, lanes)
    module.once(name, lambda: _write_part_turner(module, name, whole, scalar, lanes))
    return name


PARAMETERS = (("ptr", "from"), ("i64", "step"), ("ptr", "to"), ("i64", "width"))


def _write_turner(module: Module, name: str, scalar: str, lanes: int) -> None:
    """First the squares of 128 bits, four or two rows at a time, then these as the numbers of a
    smaller square; in two loops, which LLVM has done with long before it has with all shuffles.
    """
    f = module.function(name, PARAMETERS)
    origin, step, target, width = f.parameters
    type_, within = vector_of(scalar, lanes), 16 // SIZES[scalar]
    square = f.new("ptr", f"alloca [{lanes * lanes} x {scalar}], align 64")

    def interleave(group: Value) -> None:
        first = f.mul(group, literal(within, "i64"))
        source = f.address(scalar, origin, f.mul(first, step))
        rows = [f.load(type_, _row(f, scalar, source, step, row)) for row in range(within)]
        place = f.address(scalar, square, scaled(f, first, lanes))
        for row, one in enumerate(_interleaved(f, rows)):
            f.store(one, place, literal(row * lanes, "i64"))

    def move(column: Value) -> None:
        place = f.address(scalar, square, scaled(f, column, lanes))
        rows = [
            f.load(type_, place, literal(group * within * lanes, "i64"))
            for group in range(lanes // within)
        ]
        column_of = f.address(scalar, target, f.mul(column, width))
        for block, one in enumerate(_blocks(f, rows, within)):
            f.store(one, _row(f, scalar, column_of, width, block * within))

    f.loop(lanes // within, interleave)
    f.loop(within, move)
    f.finish()


def _write_part_turner(module: Module, name: str, whole: str, scalar: str, lanes: int) -> None:
    """Through a square in memory that is 0 but for the part."""
    f = module.function(name, [*PARAMETERS, ("i64", "rows"), ("i64", "columns")])
    origin, step, target, width, rows, columns = f.parameters
    type_, size = vector_of(scalar, lanes), SIZES[scalar]
    square = f.new("ptr", f"alloca [{lanes * lanes} x {scalar}], align 64")
    numbers = ", ".join(f"i64 {lane}" for lane in range(lanes))
    counted = Value(f"<{numbers}>", vector_of("i64", lanes))
    inside = f.compare("ult", counted, f.splat(columns, lanes))

    def clear(row: Value) -> None:
        f.store(literal(0, type_), square, scaled(f, row, lanes))

    def copy(row: Value) -> None:
        one = f.intrinsic(
            "masked.load",
            f.address(scalar, origin, f.mul(row, step)),
            Value(str(size), "i32"),
            inside,
            literal(0, type_),
            returns=type_,
            kinds=f"v{lanes}f{8 * size}.p0",
        )
        f.store(one, square, scaled(f, row, lanes))

    f.loop(lanes, clear)
    f.loop(rows, copy)
    f.call(whole, square, literal(lanes, "i64"), target, width)
    f.finish()


def _row(f: Function, scalar: str, base: Value, step: Value, row: int) -> Value:
    return f.address(scalar, base, f.mul(step, literal(row, "i64"))) if row else base


def _interleaved(f: Function, rows: Sequence[Value]) -> list[Value]:
    """Squares of 128 bits, side by side in the rows, each turned over."""
    count, pairs = len(rows), range(0, len(rows), 2)
    low = [_zipped(f, rows[at], rows[at + 1], count, 1, 0) for at in pairs]
    high = [_zipped(f, rows[at], rows[at + 1], count, 1, count // 2) for at in pairs]
    if count == 2:
        return [low[0], high[0]]
    return [_zipped(f, one, two, 4, 2, half) for one, two in (low, high) for half in (0, 2)]


def _zipped(f: Function, a: Value, b: Value, block: int, piece: int, start: int) -> Value:
    """In each block half of a's lanes and half of b's, from `start`, in turns of `piece`."""
    lanes, half = lanes_of(a.type), block // 2
    order = [
        source * lanes + base + start + at + step
        for base in range(0, lanes, block)
        for at in range(0, half, piece)
        for source in (0, 1)
        for step in range(piece)
    ]
    return f.shuffle(a, b, order)


def _blocks(f: Function, rows: Sequence[Value], within: int) -> list[Value]:
    """The square of blocks turned over: of 1, 2 or 4 rows with as many blocks."""
    if len(rows) == 1:
        return list(rows)
    if len(rows) == 2:
        return [_chosen(f, rows, (number, number + 2), within) for number in (0, 1)]
    even = [_chosen(f, rows[at : at + 2], (0, 2, 4, 6), within) for at in (0, 2)]
    odd = [_chosen(f, rows[at : at + 2], (1, 3, 5, 7), within) for at in (0, 2)]
    return [
        _chosen(f, pair, choice, within)
        for choice in ((0, 2, 4, 6), (1, 3, 5, 7))
        for pair in (even, odd)
    ]


def _chosen(f: Function, pair: Sequence[Value], blocks: Sequence[int], within: int) -> Value:
    """Some of the blocks of two rows."""
    a, b = pair
    return f.shuffle(a, b, [block * within + at for block in blocks for at in range(within)])
