"""Addresses of a factor's entries, and the arithmetic of places: known numbers stay known."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.run.native.ssa import Function, Value, literal

__all__ = ["Place", "Source", "plus", "scaled", "settled", "whole"]

Place = Value | int


class Source:
    """Numbers in memory: strides along an axis of their own (`along`) and those of a sum (`inner`).

    `padded` says that vectors of them may be read beyond the last lane.
    """

    def __init__(
        self,
        f: Function,
        scalar: str,
        base: Value,
        along: int,
        inner: Sequence[int],
        padded: bool = False,
    ) -> None:
        self.f = f
        self.scalar = scalar
        self.base = base
        self.along = along
        self.inner = tuple(inner)
        self.padded = padded

    def moved(self, count: Place) -> Source:
        """So many numbers further."""
        count = whole(count)
        if count.text == "0":
            return self
        return self._with(self.f.address(self.scalar, self.base, count), self.inner)

    def at(self, index: Place, stride: int | None = None) -> Source:
        """At a place along its own axis, or along one with another stride."""
        return self.moved(scaled(self.f, index, self.along if stride is None else stride))

    def step(self, index: Place) -> Source:
        """At a place along the first axis of the sum."""
        return self.at(index, self.inner[0])

    def inside(self, index: Place) -> Source:
        """The same, for the axes after it."""
        found = self.step(index)
        return found._with(found.base, self.inner[1:])

    def settled(self) -> Source:
        """The same at an address whose origin LLVM need not follow."""
        return self._with(settled(self.f, self.base), self.inner)

    def _with(self, base: Value, inner: Sequence[int]) -> Source:
        return Source(self.f, self.scalar, base, self.along, inner, self.padded)


def settled(f: Function, value: Value) -> Value:
    """A value taken as it is: LLVM else spends much of its time on where it came from."""
    if not value.text.startswith("%"):
        return value
    return f.new(value.type, f"freeze {value.type} {value.text}")


def whole(number: Place) -> Value:
    """A whole number as a value."""
    return literal(number, "i64") if isinstance(number, int) else number


def scaled(f: Function, index: Place, stride: int) -> Value:
    """index · stride."""
    index = whole(index)
    if index.text.isdigit():
        return whole(int(index.text) * stride)
    if stride in (0, 1):
        return index if stride else whole(0)
    return f.mul(index, whole(stride))


def plus(f: Function, index: Place, more: Place) -> Value:
    """index + more."""
    index, more = whole(index), whole(more)
    if index.text.isdigit() and more.text.isdigit():
        return whole(int(index.text) + int(more.text))
    if index.text == "0":
        return more
    return index if more.text == "0" else f.add(index, more)
