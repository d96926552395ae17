"""Values carried from earlier claims: what a later line may have been computed from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record

if TYPE_CHECKING:
    from chainrule.marking.sheet import Sheet

__all__ = ["Basis", "Carry", "carried_on", "scaled"]


class Carry(Record):
    """Claimed values of one quantity: `radii` is how far each may be from what was meant.

    `mask` says which cells were claimed, and `lines` where, 0 for none; all have its shape.
    """

    values: Array
    radii: Array
    mask: Array
    lines: Array


def carried_on(
    old: Carry | None,
    shape: tuple[int, ...],
    positions: Array,
    values: Array,
    radii: Array,
    line: int,
) -> Carry:
    """What is carried after a claim of some cells, named by their flat `positions`."""
    if old is None:
        zeros = np.zeros(shape)
        old = Carry(zeros, zeros, np.zeros(shape, bool), np.zeros(shape, int))
    return Carry(
        _put(old.values, positions, values),
        _put(old.radii, positions, radii),
        _put(old.mask, positions, True),
        _put(old.lines, positions, line),
    )


def scaled(carry: Carry, factor: float) -> Carry:
    """The same claims of a multiple of the quantity."""
    return Carry(carry.values * factor, carry.radii * abs(factor), carry.mask, carry.lines)


def _put(array: Array, positions: Array, values: object) -> Array:
    changed = array.copy()
    changed.reshape(-1)[positions] = values
    return changed


class Basis:
    """One way to have come to a line: these earlier claims as displayed, all else recomputed.

    A node is computed from the nearest carried nodes below it; cells that nobody claimed are
    computed in turn.  Without carries it is the true value.
    """

    def __init__(self, sheet: Sheet, carries: Mapping[Node, Carry]) -> None:
        self.sheet = sheet
        self.carries = carries
        self._values: dict[Node, Array] = {}
        self._reaches: dict[Node, Array] = {}

    @cached_property
    def stops(self) -> frozenset[Node]:
        """The nodes whose values are carried."""
        return frozenset(self.carries)

    def value(self, node: Node) -> Array:
        """The node's value, computed from the carried ones below it."""
        if node not in self._values:
            step = self.sheet.step(node, self.stops)
            if step.enclosure is None:
                return self.sheet.truth(node)
            inputs = [self.carried(one) for one in step.inputs]
            self._values[node] = step.enclosure.middle(inputs)
        return self._values[node]

    def reach(self, node: Node) -> Array:
        """How far the rounding of the carried values can move the node's value."""
        if node not in self._reaches:
            step = self.sheet.step(node, self.stops)
            radii = [self.radius(one) for one in step.inputs]
            if step.enclosure is None or not any(radius.any() for radius in radii):
                self._reaches[node] = np.zeros(np.shape(self.value(node)))
            else:
                inputs = [self.carried(one) for one in step.inputs]
                self._reaches[node] = step.enclosure.reach(inputs, radii, self.value(node))
        return self._reaches[node]

    def rests_on_claims(self, node: Node) -> bool:
        """Whether any carried value enters the node's."""
        return self.sheet.step(node, self.stops).enclosure is not None

    def finest(self, node: Node) -> float:
        """The smallest rounding of the claims that the node's value rests on directly."""
        inputs = self.sheet.step(node, self.stops).inputs
        radii = [self.radius(one) for one in inputs]
        return min([float(one[one > 0].min()) for one in radii if one.any()], default=0.0)

    def lines(self, node: Node) -> list[int]:
        """The lines whose claims the node's value rests on directly."""
        inputs = self.sheet.step(node, self.stops).inputs
        found = {
            int(line)
            for one in inputs
            if one in self.carries
            for line in self.carries[one].lines[self.carries[one].mask]
        }
        return sorted(found)

    def carried(self, node: Node) -> Array:
        """The value of a stop as claimed, what nobody claimed of it recomputed; of a given."""
        carry = self.carries.get(node)
        if carry is None:
            return self.sheet.truth(node)
        if carry.mask.all():
            return carry.values
        return np.where(carry.mask, carry.values, self.value(node))

    def radius(self, node: Node) -> Array:
        """How far a carried value may be from what was meant; zeros for a given."""
        carry = self.carries.get(node)
        if carry is None:
            return np.zeros(node.shape)
        if carry.mask.all():
            return carry.radii
        return np.where(carry.mask, carry.radii, self.reach(node))
