"""Running a graph for its values, with what is certain of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from chainrule.explain.numbers.exact import (
    as_value,
    entries_of,
    run_exactly,
    work_of,
    written_entries,
)
from chainrule.explain.numbers.shown import Value
from chainrule.explain.source import Explainable
from chainrule.graph.facts import Fact
from chainrule.graph.node import Array, Input, Node, topological
from chainrule.ops.contract import Operation, lower_nodes

__all__ = ["Runner"]

MOST_ENTRIES = 4_096  # of a value that is computed exactly; larger ones are never written out
MOST_WORK = 30_000  # operations on single numbers for one source: at most 0.15 s
NEVER_ZERO = frozenset({Fact.POSITIVE, Fact.NEGATIVE, Fact.NONZERO})

Entries = dict[Node, Array | None]  # what is certain of nodes, see `exact`


class Runner:
    """Values of nodes over leaves that have values; what is certain of a node is kept.

    The source's own numbers are leaves; others may be added, and given for one call.
    """

    def __init__(self, source: Explainable) -> None:
        self.source = source
        self._leaves: dict[Node, Array] = dict(source.values)
        self._certain_leaves: Entries = {}
        self._certain: Entries = {}
        self._lower: dict[Node, tuple[Node, ...]] = {}
        self._work_left = MOST_WORK

    def given(self, node: Node) -> Value:
        """A number of the source's own, exactly as it is written."""
        array = self._leaves[node]
        return as_value(self._leaf(node) if array.size <= MOST_ENTRIES else None, array)

    def add(self, node: Node, value: Value) -> None:
        """Let a node have this value from now on; nothing above it has been run before."""
        self._leaves[node] = value.array
        self._certain_leaves.update(_certain({node: value}))
        self._certain.pop(node, None)

    def values(self, nodes: Sequence[Node], given: Mapping[Node, Value]) -> list[Value | None]:
        """The nodes' values; None for one that depends on what has no numbers.

        Raises:
            TooLarge: the values or the work exceed the stated limits; nothing was run.
        """
        leaves = {**self._leaves, **{node: value.array for node, value in given.items()}}
        source = _standing_on(self.source, leaves)
        unknown = source.unknown(nodes)
        wanted = [node for node in nodes if node not in unknown]
        # What was found before does not hold above a node that is given another value.
        are_new = all(isinstance(one.operation, Input) and one not in self._leaves for one in given)
        kept = self._certain if are_new else {}
        found = {**kept, **self._certain_leaves, **_certain(given)}
        order = topological(wanted, lambda node: () if node in leaves else self._below(node))
        small = {node for node, array in self._leaves.items() if array.size <= MOST_ENTRIES}
        pending = self._manageable(order, leaves, small.union(found))
        used = {*wanted, *(lower for node in pending for lower in self._below(node))}
        found |= {node: self._leaf(node) for node in small & used if node not in found}
        floats = dict(zip([*wanted, *pending], source.evaluated([*wanted, *pending]), strict=True))
        run_exactly(pending, self._lower, found, floats)
        above_given = self._above(order, given)
        self._certain |= {node: found[node] for node in pending if node not in above_given}
        lost = [node for node, one in given.items() if one.has_underflow or one.has_cancelled]
        lossy = self._above(order, lost)
        values = {node: _value(node, found, floats[node], node in lossy) for node in wanted}
        return [values.get(node) for node in nodes]

    def _below(self, node: Node) -> tuple[Node, ...]:
        if node not in self._lower:
            self._lower[node] = lower_nodes(node)
        return self._lower[node]

    def _leaf(self, node: Node) -> Array | None:
        """A leaf's entries; the source's own numbers are what is written."""
        if node not in self._certain_leaves:
            self._certain_leaves[node] = written_entries(self._leaves[node])
        return self._certain_leaves[node]

    def _manageable(
        self, order: Iterable[Node], leaves: Mapping[Node, Array], reached: set[Node]
    ) -> list[Node]:
        """What is to be run exactly: all that is small enough, down to what is reached."""
        pending: list[Node] = []
        for node in order:
            if node in leaves or node in reached or node.size > MOST_ENTRIES:
                continue
            work = work_of(node)
            if work <= self._work_left and all(one in reached for one in self._below(node)):
                self._work_left -= work
                reached.add(node)
                pending.append(node)
        return pending

    def _above(self, order: Iterable[Node], starts: Iterable[Node]) -> set[Node]:
        """All nodes that depend on some of these."""
        found = set(starts)
        for node in order if found else ():
            if any(one in found for one in self._lower.get(node, ())):
                found.add(node)
        return found


def _standing_on(source: Explainable, leaves: Mapping[Node, Array]) -> Explainable:
    return Explainable(source.graph, source.formulas, leaves, is_known=source.is_known)


def _certain(values: Mapping[Node, Value]) -> Entries:
    small = {node: value for node, value in values.items() if value.array.size <= MOST_ENTRIES}
    return {node: entries_of(value) if _is_known(value) else None for node, value in small.items()}


def _is_known(value: Value) -> bool:
    """Whether anything is certain of the entries but their float64 values."""
    return value.exact is not None or value.certain is not None or value.has_underflow


def _value(node: Node, found: Entries, floats: Array, is_lossy: bool) -> Value:
    """A node's value, and what is to be said of its zeros.

    Of a large one, whose entries nothing is known of, only the operation tells that they are none.
    """
    entries = found.get(node)
    value = as_value(entries, floats)
    if entries is not None or np.all(value.array):
        return value
    operation = node.operation
    is_never_zero = isinstance(operation, Operation) and not NEVER_ZERO.isdisjoint(operation.facts)
    return Value(value.array, has_underflow=is_never_zero, has_cancelled=is_lossy)
