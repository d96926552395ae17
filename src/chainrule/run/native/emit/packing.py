"""A panel of a factor copied side by side: for each step of the sum its lanes, then zeros."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.run.native.emit.blocking import ceiling
from chainrule.run.native.emit.sources import Place, Source, plus, whole
from chainrule.run.native.emit.tiles import Tile, loaded
from chainrule.run.native.emit.transposing import part_turner, turner
from chainrule.run.native.ssa import Function, Value, literal

__all__ = ["pack", "packed", "panel_size"]

Copy = Callable[[Tile, Source, Source], None]


def panel_size(tile: Tile, steps: int) -> int:
    """How many numbers a packed panel needs; the last square may be written beyond its end."""
    return tile.width * (steps + tile.most)


def packed(f: Function, tile: Tile, extents: Sequence[Place], panel: Value) -> Source:
    """Where the factor's entries are in a packed panel."""
    strides, step = [], tile.width
    for extent in reversed(extents):
        strides.append(step)
        step *= extent if isinstance(extent, int) else 1  # only the first is not known
    return Source(f, tile.scalar, panel, 1, strides[::-1], padded=True)


def pack(tile: Tile, extents: Sequence[Place], source: Source, panel: Value, left: Value) -> None:
    """Copy a tile's lanes, over all axes of the sum, to the panel.

    So many lanes are `left` of the array from the first one on: what is read of them may reach
    into the next.
    """
    target = packed(source.f, tile, extents, panel)
    if source.along != 1 and source.inner[-1] == 1 and extents[-1] != 1:
        last = extents[-1]
        _each(tile, extents[:-1], source, target, lambda *parts: _turn(last, left, *parts))
    else:
        _each(tile, extents, source, target, _copy)


def _each(tile: Tile, extents: Sequence[Place], source: Source, target: Source, copy: Copy) -> None:
    """Loops over axes of the sum."""
    if not extents:
        copy(tile, source, target)
        return

    def body(i: Place) -> None:
        _each(tile, extents[1:], source.inside(i), target.inside(i), copy)

    if extents[0] == 1:
        body(0)
    else:
        source.f.loop(extents[0], body)


def _copy(tile: Tile, source: Source, target: Source) -> None:
    """The lanes of one step, wherever they are."""
    for number, start in enumerate(tile.starts):
        value = loaded(source.at(start), tile.type(number), tile.valid(number))
        source.f.store(value, target.at(start).base)


def _turn(extent: Place, left: Value, tile: Tile, source: Source, target: Source) -> None:
    """Lanes whose numbers along the last axis of the sum lie side by side: squares are turned."""
    f, most = source.f, tile.most
    turn = turner(f.module, tile.scalar, most)
    turn_part = part_turner(f.module, tile.scalar, most)
    steps = whole(source.along), whole(target.inner[0])

    def lanes(start: Place, valid: int) -> None:
        origin, panel = source.at(start), target.at(start)

        def square(k: Place, count: Place) -> None:
            places = origin.step(k).base, steps[0], panel.step(k).base, steps[1]

            def whole_square() -> None:
                f.call(turn, *places)

            def part() -> None:
                f.call(turn_part, *places, whole(valid), whole(count))

            if (valid, count) == (most, most):
                whole_square()
            elif valid < most or not isinstance(count, int) or source.along < 1:
                part()
            else:  # it may reach beyond its lanes, as long as there are others behind
                beyond = most + ceiling(most - count, source.along)
                f.when(f.compare("sge", left, plus(f, start, beyond)), whole_square, part)

        _squares(f, extent, most, square)

    full = tile.lanes // most * most
    if full == most:
        lanes(0, most)
    elif full:
        f.loop(full, lambda start: lanes(start, most), most)
    if tile.lanes > full:
        lanes(full, tile.lanes - full)


def _squares(f: Function, extent: Place, most: int, square: Callable[[Place, Place], None]) -> None:
    """Whole squares along an axis, then the part that is left."""
    if isinstance(extent, int):
        full = extent // most * most
        if full:
            f.loop(full, lambda k: square(k, most), most)
        if extent > full:
            square(full, extent - full)
        return
    some = f.bits("and", extent, literal(-most, "i64"))
    f.when(
        f.compare("ne", some, whole(0)),
        lambda: _done(f.loop(some, lambda k: square(k, most), most)),
    )
    rest = f.sub(extent, some)
    f.when(f.compare("ne", rest, whole(0)), lambda: square(some, rest))


def _done(values: object) -> None:
    del values
