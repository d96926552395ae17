"""Values of the nodes of a program, as an explanation shows them and goes on from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

import numpy as np

from chainrule.errors import DomainProblem
from chainrule.explain.numbers.by_hand import as_displayed
from chainrule.explain.numbers.products import multiplied, summed
from chainrule.explain.numbers.running import Runner
from chainrule.explain.numbers.shown import Shown, Value, shown_array
from chainrule.explain.options import Options
from chainrule.explain.source import Explainable
from chainrule.graph.node import Node, topological

__all__ = ["Evaluation"]

NOTHING_GIVEN: Mapping[Node, Value] = MappingProxyType({})


class Evaluation:
    """The numbers of one source under the options.

    By hand, a named quantity has the value that is displayed, and what is computed goes on from
    there; otherwise every value is computed in full precision, and only shown rounded.
    """

    def __init__(self, source: Explainable, options: Options) -> None:
        self.source = source
        self.options = options
        self._runner = Runner(source)

    def values(
        self, nodes: Sequence[Node], given: Mapping[Node, Value] = NOTHING_GIVEN
    ) -> list[Value | None]:
        """The nodes' values, from one run; None for a node that depends on what has no numbers.

        `given` are values of further nodes, such as symbols that stand for adjoints.  By hand, each
        is rounded as it will be displayed; where there is no value, it is NaN.

        Raises:
            TooLarge: the values or the work exceed the stated limits; nothing was run.
            DomainProblem: not by hand, there is no value, as of the inverse of a singular matrix.
        """
        if not self.options.by_hand:
            return self._runner.values(nodes, given)
        leaves = {**self._displayed, **given}
        others = [node for node in dict.fromkeys(nodes) if node not in leaves]
        found = {**leaves, **dict(zip(others, self._by_hand(others, given), strict=True))}
        return [found[node] for node in nodes]

    def product(self, left: Value, right: Value) -> Value:
        """The product of two matrices; a vector stands for a diagonal one. By hand, rounded."""
        return self._gone_on_from(multiplied(left, right))

    def sum_of(self, values: Sequence[Value]) -> Value:
        """The sum of arrays of one shape, entry by entry. By hand, rounded."""
        return self._gone_on_from(summed(values))

    def shown(self, value: Value, vector: str | None = None) -> Shown:
        """A value as a formula; `vector` says how one of one axis stands, if not as usual here.

        It may also be "diagonal", of the diagonal of a matrix.
        """
        return shown_array(value, self.options, vector or self.source.vectors)

    def _gone_on_from(self, value: Value) -> Value:
        return as_displayed(value, self.options) if self.options.by_hand else value

    @cached_property
    def _displayed(self) -> Mapping[Node, Value]:
        """By hand: the displayed value of each quantity that has a name and a value.

        Each is computed from those before it, which are leaves from then on.
        """
        found: dict[Node, Value] = {}
        given, named = self.source.values, self.source.graph.named_nodes
        order = topological([*given, *named])
        for node in order:
            if node in given:
                found[node] = as_displayed(self._runner.given(node), self.options)
            elif node in named:
                (value,) = self._by_hand([node], NOTHING_GIVEN)
                found |= {} if value is None else {node: value}
            if node in found and node.dtype.kind == "f":  # no position is ever rounded
                self._runner.add(node, found[node])
        return found

    def _by_hand(self, nodes: Sequence[Node], given: Mapping[Node, Value]) -> list[Value | None]:
        """Values over displayed ones; rounded numbers may leave an operation's domain."""
        try:
            found = self._runner.values(nodes, given)
        except DomainProblem:
            if len(nodes) > 1:
                return [value for node in nodes for value in self._by_hand([node], given)]
            found = [Value(np.full(node.shape, np.nan)) for node in nodes]
        return [None if one is None else as_displayed(one, self.options) for one in found]
