"""The closed forms over one source, each found once; the rules are loaded with the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainrule.errors import TooLarge
from chainrule.explain.explanation import Sentence
from chainrule.explain.source import Explainable
from chainrule.graph.declaration import Declaration
from chainrule.graph.facts import word
from chainrule.graph.node import Node, node_budget
from chainrule.jacobians.kinds import LinearMap
from chainrule.notation.formula import Expression
from chainrule.notation.text import TOO_LONG

if TYPE_CHECKING:
    from chainrule.rewrite.closed import Memory
    from chainrule.rewrite.knowledge import Knowledge

__all__ = ["ClosedForms"]

MOST_NODES = 1_500  # that the form of a single map may take to be found
MOST_MAPS = 60  # of one source that are written as one expression beside numbers


class ClosedForms:
    """Derivatives and local Jacobians as one expression."""

    def __init__(self, source: Explainable) -> None:
        self.source = source
        self._stated: dict[Node, list[Declaration]] = {}
        self._memories: dict[tuple[Node, frozenset[Declaration]], tuple[Knowledge, Memory]] = {}
        self._derivatives: dict[tuple[Node, Node, bool], Expression | None] = {}
        self._maps: dict[LinearMap, Expression | None] = {}

    def over(self, source: Explainable) -> ClosedForms:
        """The same over another source."""
        return ClosedForms(source)

    def derivative(self, of: Node, wrt: Node, is_short: bool = False) -> Expression | None:
        """∂of/∂wrt; None if it is too long to be read: beside numbers, all but a short one."""
        key = of, wrt, is_short
        if key not in self._derivatives:
            self._derivatives[key] = self._derivative(*key, self._known(of, wrt))
        return self._derivatives[key]

    def _derivative(
        self, of: Node, wrt: Node, is_short: bool, known: Sequence[Declaration]
    ) -> Expression | None:
        """The same, by some of what is known; what is simplified for one `wrt` serves others."""
        from chainrule.explain.closed_form import closed_derivative, short_gradient
        from chainrule.rewrite.knowledge import Knowledge

        key = of, frozenset(known)
        if key not in self._memories:
            self._memories[key] = Knowledge(known), {}
        knowledge, memory = self._memories[key]
        if is_short:
            return short_gradient(self.source, of, wrt, knowledge, memory)
        found = closed_derivative(self.source, of, wrt, knowledge, memory)
        return None if TOO_LONG in found.text else found

    def _known(self, of: Node, wrt: Node) -> list[Declaration]:
        """What is stated of quantities below `of`; of `wrt` only what is declared."""
        from chainrule.explain.closed_form import stated

        if of not in self._stated:
            self._stated[of] = stated(self.source, of)
        declared = self.source.declarations
        return [one for one in self._stated[of] if one.node is not wrt or one in declared]

    def facts(self, of: Node, wrt: Node, is_short: bool = False) -> tuple[Sentence, ...]:
        """The facts without which the closed form would be another one."""
        from chainrule.explain.language.sources import fact_source
        from chainrule.rewrite.derivation import needed_facts

        known, found = self._known(of, wrt), self.derivative(of, wrt, is_short)
        if found is None or not known:
            return ()

        def text_with(fewer: Sequence[Declaration]) -> str:
            other = self._derivative(of, wrt, is_short, fewer)
            return "" if other is None else other.text

        if text_with(()) == found.text:
            return ()
        needed = needed_facts(known, found.text, lambda fewer: text_with(_declarations(fewer)))
        return tuple(
            Sentence(
                "closed:fact",
                (
                    ("name", self.source.name(one.node)),
                    ("fact", Sentence(f"fact:{word(one.fact)}", (("text", word(one.fact)),))),
                    ("who", fact_source(one.where)),
                ),
            )
            for one in needed
        )

    def of_map(self, map_: LinearMap) -> Expression | None:
        """A local Jacobian; None where that takes too long."""
        from chainrule.explain.closed_form import closed_map

        if map_ not in self._maps:
            if self.source.is_known and len(self._maps) >= MOST_MAPS:
                return None
            try:
                with node_budget(MOST_NODES):
                    self._maps[map_] = closed_map(self.source, map_)
            except TooLarge:
                self._maps[map_] = None
        return self._maps[map_]


def _declarations(knowledge: Knowledge) -> list[Declaration]:
    return [one for stated in knowledge.declared.values() for one in stated]
