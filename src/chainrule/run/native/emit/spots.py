"""Arrays as spots: where each entry stands, which lane of which register, or which known number.

Views, joins and broadcasts only arrange spots: they cost nothing until an instruction needs some
of them side by side.  Then they are gathered, with as few shuffles as that takes.

>>> from chainrule.run.native.emit.timing import Timed
>>> from chainrule.run.native.ssa import Module
>>> function = Timed(Module(), "f", [("<4 x float>", "x")])
>>> (x,) = function.parameters
>>> gatherer = Gatherer(function)
>>> gatherer.gathered(spots_of(x), "float") is x  # they stand side by side already
True
>>> gatherer.gathered(spots_of(x)[::-1], "float").type
'<4 x float>'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chainrule.run.native.emit.timing import ALWAYS, Timed
from chainrule.run.native.ssa import FLOATS, SIZES, Value, lanes_of, literal, vector_of

__all__ = ["Gatherer", "Spot", "known", "padded", "spots_of"]

BLOCK = 16  # bytes within which entries move freely; across blocks it takes longer
ACROSS = 4


class Spot(NamedTuple):
    """An entry: a lane of a register (-1: a scalar); without a register, a number."""

    register: Value | None
    lane: int = -1
    number: float | int | bool = 0


Part = tuple[Value, list[int]]  # a vector, and which of its lanes go where; -1 where others do


def known(number: float | int | bool) -> Spot:
    """A number that needs no register."""
    return Spot(None, -1, number)


def spots_of(value: Value) -> list[Spot]:
    """The entries of a register."""
    return [Spot(value, lane) for lane in range(lanes_of(value.type))] or [Spot(value)]


def padded(count: int) -> int:
    """How many lanes hold so many entries: the next power of two.

    >>> [padded(count) for count in (1, 2, 3, 6)]
    [1, 2, 4, 8]
    """
    return 1 << (count - 1).bit_length()


class Gatherer:
    """Writes what brings spots side by side; the same spots are gathered once."""

    def __init__(self, function: Timed) -> None:
        self.function = function
        self._made: dict[tuple[str, tuple[Spot, ...]], Value] = {}

    def gathered(self, spots: Sequence[Spot], scalar: str) -> Value:
        """The entries in one register, in this order: a scalar if there is one, else a vector.

        A vector has a power of two of lanes.  In those beyond the entries stands anything, or, of
        whole numbers, which may be divided by, the first entry again.
        """
        key = (scalar, tuple(spots))
        found = self._made.get(key)
        if found is None:
            write = self._single if len(spots) == 1 else self._vector
            found = self._made[key] = write(spots, scalar)
        return found

    def price(self, spots: Sequence[Spot], scalar: str) -> tuple[float, int]:
        """When they would stand side by side, and how many instructions that takes."""
        made = self._made.get((scalar, tuple(spots)))
        if made is not None:
            return self.function.ready(made), 0
        registers = list(dict.fromkeys(spot.register for spot in spots))
        ready = max([ALWAYS if one is None else self.function.ready(one) for one in registers])
        (first, *more) = registers
        if not more and (first is None or _is_there(first, spots)):
            return ready, 0
        size = max([padded(len(spots)), *[lanes_of(one.type) for one in registers if one]])
        is_short = size * SIZES[scalar] <= BLOCK
        if not more:
            is_free = len(spots) == 1 and spots[0].lane == 0
            within = is_short or _stay(spots, BLOCK // SIZES[scalar])
            return ready + (0 if is_free else 1 if within else ACROSS), 1
        depth = (len(registers) - 1).bit_length()
        return ready + depth * (2 if is_short else ACROSS), len(registers)

    def _single(self, spots: Sequence[Spot], scalar: str) -> Value:
        (spot,) = spots
        if spot.register is None:
            return literal(spot.number, scalar)
        if spot.lane < 0:
            return spot.register
        return self.function.extract(spot.register, spot.lane)

    def _vector(self, spots: Sequence[Spot], scalar: str) -> Value:
        width = padded(len(spots))
        if scalar not in FLOATS:
            spots = [*spots, *[spots[0]] * (width - len(spots))]
        registers = dict.fromkeys(spot.register for spot in spots)
        parts = [self._part(one, spots, scalar, width) for one in registers]
        while len(parts) > 1:
            pairs = zip(parts[0::2], parts[1::2], strict=False)
            parts = [self._merged(a, b) for a, b in pairs] + parts[len(parts) & ~1 :]
        value, lanes = parts[0]
        if lanes_of(value.type) == width and all(at in (-1, own) for own, at in enumerate(lanes)):
            return value
        return self.function.shuffle(value, value, lanes)

    def _part(self, register: Value | None, spots: Sequence[Spot], scalar: str, width: int) -> Part:
        """What one register has of the entries."""
        own = [spot.register is register or spot.register == register for spot in spots]
        free = [-1] * (width - len(spots))
        if register is None:
            numbers = [spot.number if spot.register is None else 0 for spot in spots]
            constant = _constant([*numbers, *[0] * (width - len(spots))], scalar)
            return constant, [at if is_own else -1 for at, is_own in enumerate(own)] + free
        lanes = [
            max(spot.lane, 0) if is_own else -1 for spot, is_own in zip(spots, own, strict=True)
        ]
        if lanes_of(register.type):
            return register, lanes + free
        type_ = vector_of(scalar, width)
        text = f"insertelement {type_} poison, {scalar} {register.text}, i32 0"
        return self.function.new(type_, text), lanes + free

    def _merged(self, one: Part, two: Part) -> Part:
        """The entries of both in one vector, each where it is to be."""
        (a, first), (b, second) = one, two
        size = max(lanes_of(a.type), lanes_of(b.type))
        a, b = self._widened(a, size), self._widened(b, size)
        lanes = [
            at if at >= 0 else other + size if other >= 0 else -1
            for at, other in zip(first, second, strict=True)
        ]
        merged = self.function.shuffle(a, b, lanes)
        return merged, [at if lane >= 0 else -1 for at, lane in enumerate(lanes)]

    def _widened(self, value: Value, size: int) -> Value:
        lanes = lanes_of(value.type)
        if lanes == size:
            return value
        return self.function.shuffle(value, value, [*range(lanes), *[-1] * (size - lanes)])


def _is_there(register: Value, spots: Sequence[Spot]) -> bool:
    """Whether the entries stand as they are wanted."""
    lanes = lanes_of(register.type)
    if not lanes:
        return len(spots) == 1
    return lanes == padded(len(spots)) and all(spot.lane == at for at, spot in enumerate(spots))


def _stay(spots: Sequence[Spot], block: int) -> bool:
    """Whether each entry stays within its block of lanes."""
    return all(
        spot.lane >= 0 and spot.lane // block == at // block for at, spot in enumerate(spots)
    )


def _constant(numbers: Sequence[float | int | bool], scalar: str) -> Value:
    """A vector of known numbers."""
    shown = ", ".join(f"{scalar} {literal(number, scalar).text}" for number in numbers)
    return Value(f"<{shown}>", vector_of(scalar, len(numbers)))
