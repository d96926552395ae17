"""What is known of a wrong claim, and from what its author may have computed it."""

from __future__ import annotations

from typing import Protocol

from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record
from chainrule.marking.reading.solution import Written

__all__ = ["Basis", "Earlier", "Wrong"]


class Basis(Protocol):
    """Values that a line may have been computed from: those of earlier claims, and givens."""

    @property
    def stops(self) -> frozenset[Node]:
        """The nodes whose values are carried from earlier claims."""

    def value(self, node: Node) -> Array:
        """A node's value as it follows from the carried values strictly below it."""

    def reach(self, node: Node) -> Array:
        """How far the rounding of the carried values can move that value."""

    def carried(self, node: Node) -> Array:
        """The value of a stop as it was claimed, or of a given."""

    def radius(self, node: Node) -> Array:
        """How far a carried value may be from what was meant; zeros for a given."""


class Earlier(Record):
    """An earlier claim: its line, what it is of, and its numbers."""

    line: int
    text: str
    node: Node
    values: Array


class Wrong(Record):
    """A wrong claim.

    `target` is what was to be computed, `expected` its true value.  `written` are the claimed
    cells; `values` and `halves` (half a unit of the last place, and what written operands bring)
    are in the target's shape where they fit, else in their own.  `verdicts` has one a cell.
    `bases` are what the line may have been computed from, the likeliest first.  `misquoted` are
    givens that were written with other numbers, and where.  `operands` is the link before, where
    it is arithmetic.
    """

    target: Node
    expected: Array
    written: Written
    values: Array
    halves: Array
    verdicts: tuple[str, ...]
    bases: tuple[Basis, ...]
    earlier: tuple[Earlier, ...] = ()
    misquoted: tuple[tuple[Node, Array, str], ...] = ()
    operands: Written | None = None
