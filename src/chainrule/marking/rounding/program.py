"""The steps of a graph, laid out once: plain where nothing varies, by intervals where it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import Array, Input, Node, topological
from chainrule.marking.rounding import linear  # noqa: F401 (its rules are entered)
from chainrule.marking.rounding.choices import loose_pullback, plain_pullback
from chainrule.marking.rounding.ends import evaluator
from chainrule.marking.rounding.intervals import JUMPS, joined, rule_for, unknown
from chainrule.ops.broadcasting import Broadcast
from chainrule.ops.naming import Same
from chainrule.ops.normalizing import Softmax
from chainrule.run.fusion import stand_in

__all__ = ["Program"]


class Program:
    """The steps from inputs to outputs: plain where nothing varies, by intervals where it does.

    As in `run.interpreter.Plan`, constants are computed when it is made.  `moves` says which
    outputs vary, `jumps` are the nodes that vary and may jump; `is_continuous` says that nothing
    else may, which is known of operations that have a rule.
    """

    def __init__(
        self,
        outputs: Sequence[Node],
        inputs: Sequence[Node],
        varying: tuple[bool, ...],
        known: Mapping[Node, Array],
    ) -> None:
        self._inputs = tuple(inputs)
        self._varying = [at for at, one in enumerate(varying) if one]
        self._place = {node: at for at, node in enumerate(inputs)}
        self._slots: list[Any] = [None] * len(inputs)
        self._moving = set(self._varying)
        self._lifted: dict[int, int] = {}
        self._steps: list[tuple[Callable[..., Any], tuple[int, ...], int]] = []
        self.jumps: list[Node] = []
        self.is_continuous = True
        given = dict.fromkeys(inputs, True) | dict.fromkeys(known, True)
        for node, value in known.items():
            if node not in self._place:
                self._place[node] = self._new_slot(np.asarray(value))
        replaced: dict[Node, Node] = {}
        with np.errstate(all="ignore"):
            for node in topological(outputs, lambda one: _below(one, given, replaced)):
                if node in replaced:
                    self._place[node] = self._place[replaced[node]]
                elif node not in self._place:
                    self._add(node, given)
        self._outputs = [self._place[node] for node in outputs]
        self.moves = [at in self._moving for at in self._outputs]

    def run(self, values: Sequence[Any], radii: Sequence[Any] = ()) -> list[Any]:
        """The outputs' values, with both ends of those that vary."""
        slots = self._slots.copy()
        slots[: len(values)] = values
        for at in self._varying:
            slots[at] = joined(values[at] - radii[at], values[at] + radii[at])
        for function, sources, target in self._steps:
            slots[target] = function(*[slots[at] for at in sources])
        return [slots[at] for at in self._outputs]

    def _new_slot(self, value: Any = None) -> int:
        self._slots.append(value)
        return len(self._slots) - 1

    def _add(self, node: Node, given: Mapping[Node, bool]) -> None:
        if isinstance(node.operation, Input):
            raise DataProblem("the value of an input is missing")
        sources = [self._place[lower] for lower in node.inputs]
        is_moving = any(at in self._moving for at in sources)
        is_loose = node.operation.name == "softmax_pullback" and not _are_shares(
            node.inputs[0], given
        )
        if not is_moving:
            function = plain_pullback if is_loose else evaluator(node)
            self._place[node] = self._step(function, sources)
            return
        found = rule_for(node)
        self.is_continuous &= found is not None
        function = loose_pullback if is_loose else (found or unknown)(node)
        lifted = [at if at in self._moving else self._lift(at) for at in sources]
        self._place[node] = place = self._step(function, lifted)
        self._moving.add(place)
        if node.dtype.kind != "f" or node.operation.name in JUMPS:
            self.jumps.append(node)

    def _lift(self, at: int) -> int:
        """The slot of a plain value as an interval without width."""
        if at not in self._lifted:
            self._lifted[at] = self._step(_one_point, [at])
        return self._lifted[at]

    def _step(self, function: Callable[..., Any], sources: list[int]) -> int:
        """The slot of a function's value: at once, where its inputs are known."""
        values = [self._slots[at] for at in sources]
        if all(value is not None for value in values):
            return self._new_slot(function(*values))
        target = self._new_slot()
        self._steps.append((function, tuple(sources), target))
        return target


def _one_point(value: Any) -> Array:
    return np.asarray(value)[None]


def _below(node: Node, given: Mapping[Node, bool], replaced: dict[Node, Node]) -> Iterable[Node]:
    """What a node is computed from, down to what is given; a stand-in is noted."""
    if node in given:
        return ()
    other: Node | None
    if isinstance(node.operation, Same):
        other = node.inputs[0]
    elif node.operation.name in WHOLE:
        other = None
    else:
        other = stand_in(node, given)
    if other is None:
        return node.inputs
    replaced[node] = other
    return (other,)


WHOLE = ("log_softmax", "max_pool2d")  # have a rule of their own, and are not taken apart


def _are_shares(node: Node, given: Mapping[Node, bool]) -> bool:
    """Whether these are the shares of a softmax, which sum to one, and not numbers put in."""
    while node not in given and isinstance(node.operation, Same | Broadcast):
        node = node.inputs[0]
    return node not in given and isinstance(node.operation, Softmax)
