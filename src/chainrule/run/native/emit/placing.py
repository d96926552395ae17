"""Arrays put together of others, and entries at computed places, in registers.

An entry at a computed place is chosen among all that it can be: in small arrays these are few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from chainrule.run.native.emit.layouts import places_of
from chainrule.run.native.emit.spots import Spot, known
from chainrule.run.native.emit.types import llvm_type
from chainrule.run.native.ssa import Value, lanes_of, literal
from chainrule.run.native.tensors import Join, Pick, Scatter, Tensor

if TYPE_CHECKING:
    from chainrule.run.native.emit.straight import Straight

__all__ = ["joined", "picked", "scattered"]

Spots = Sequence[Spot]


def joined(straight: Straight, tensor: Tensor, kind: Join) -> Spots:
    """Each input in its region; what is added and meets, like the slices of a sum."""
    meeting: dict[int, list[Spot]] = defaultdict(list)
    for one, region in zip(tensor.inputs, kind.regions, strict=True):
        places = places_of(one.shape, region.offset, region.strides)
        for at, spot in zip(places, straight.spots(one), strict=True):
            meeting[at] = [*meeting[at], spot] if kind.adding else [spot]
    return _sums(straight, tensor, meeting)


def _sums(straight: Straight, tensor: Tensor, meeting: Mapping[int, Spots]) -> Spots:
    """The sum of what meets at each entry; zero where nothing does."""
    nothing = known(np.zeros((), tensor.dtype).item())
    rows = [meeting.get(at) or [nothing] for at in range(tensor.size)]
    found = [row[0] for row in rows]
    crowded = [at for at, row in enumerate(rows) if len(row) > 1]
    if crowded:
        most = max(len(rows[at]) for at in crowded)
        slices = [
            [rows[at][number] if number < len(rows[at]) else nothing for at in crowded]
            for number in range(most)
        ]
        sums = straight.merged("sum", slices, tensor.dtype, (len(crowded),))
        for at, spot in zip(crowded, sums, strict=True):
            found[at] = spot
    return found


def picked(straight: Straight, tensor: Tensor, kind: Pick) -> Spots:
    """Of all entries that it can be, the one whose place is the computed one."""
    source, places = tensor.inputs
    own, function = straight.spots(source), straight.function
    starts = places_of(tensor.shape, kind.offset, kind.strides)
    columns: list[Spots] = [
        [own[start + at * kind.stride] for start in starts] for at in range(kind.length)
    ]

    def write(values: Sequence[Value]) -> Value:
        place, *choices = values
        _check(straight, place, kind.length)
        found = literal(0, choices[0].type)
        for at, choice in enumerate(choices):
            is_it = function.compare("eq", place, literal(at, place.type))
            found = function.select(is_it, choice, found)
        return found

    dtypes = [places.dtype, *[source.dtype] * kind.length]
    every = [straight.spots(places), *columns]
    return straight.entrywise(every, dtypes, write, tensor.shape, 2 * kind.length)


def scattered(straight: Straight, tensor: Tensor, kind: Scatter) -> Spots:
    """At each entry the sum of those whose computed place it is."""
    source, places = tensor.inputs
    values, chosen = straight.spots(source), straight.spots(places)
    starts = places_of(source.shape, kind.offset, kind.strides)
    meeting: dict[int, list[tuple[Spot, Spot, Spot]]] = defaultdict(list)
    for value, place, start in zip(values, chosen, starts, strict=True):
        for at in range(kind.length):
            meeting[start + at * kind.stride].append((value, place, known(at)))
    for place in dict.fromkeys(chosen):
        _check(straight, straight.gatherer.gathered([place], llvm_type(places.dtype)), kind.length)
    function = straight.function

    def write(parts: Sequence[Value]) -> Value:
        value, place, at = parts
        is_it = function.compare("eq", place, at)
        return function.select(is_it, value, literal(0, value.type))

    flat = [one for row in meeting.values() for one in row]
    dtypes = [source.dtype, places.dtype, places.dtype]
    made = straight.entrywise(list(zip(*flat, strict=True)), dtypes, write, (len(flat),), 2)
    parts = iter(made)
    return _sums(straight, tensor, {at: [next(parts) for _ in row] for at, row in meeting.items()})


def _check(straight: Straight, place: Value, length: int) -> None:
    """Marks places outside 0 … length - 1; lanes beyond the entries hold one of the entries."""
    function = straight.function
    outside = function.compare("uge", place, literal(length, place.type))
    lanes = lanes_of(outside.type)
    if lanes:
        bits = function.new(f"i{lanes}", f"bitcast {outside.type} {outside.text} to i{lanes}")
        outside = function.compare("ne", bits, literal(0, bits.type))
    straight.failures.append(outside)
