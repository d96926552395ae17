"""What a user knows of a quantity and says: facts that simplification and warnings may rely on."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from chainrule.errors import DomainProblem, NameProblem
from chainrule.graph.facts import WORDS, Fact, check_shape, word
from chainrule.graph.facts import known as closed
from chainrule.graph.node import Node, Shape
from chainrule.ops.contract import paper_function
from chainrule.ops.naming import Same

__all__ = [
    "Assumed",
    "assume",
    "fact_named",
    "facts_named",
]


class Assumed(Same):
    """x itself, of which the facts with these words are known."""

    name = "assume"
    sentence = "It is the same quantity with a known fact about it; its Jacobian is the identity."
    domain = ((0.3, 2.0),)
    known: tuple[str, ...]

    @property
    def stated(self) -> frozenset[Fact]:
        """The facts, as they are stated."""
        return frozenset(map(fact_named, self.known))

    def shape(self, *shapes: Shape) -> Shape:
        for fact in map(fact_named, self.known):
            check_shape(fact, shapes[0])
        return shapes[0]


@paper_function()
def assume(x: Node, *, known: tuple[str, ...]) -> Node:
    """`x` itself, of which the facts with these words are known.

    Raises:
        NameProblem: there is no such fact.
        DomainProblem: two of the facts exclude each other.
        ShapeError: a fact about matrices is stated of something else.
    """
    words = tuple(map(word, facts_named(known)))
    return Assumed(words)(x) if words else x


def facts_named(names: Iterable[str]) -> tuple[Fact, ...]:
    """The facts with these words, each once.

    Raises:
        NameProblem: there is no such fact.
        DomainProblem: two of them exclude each other.
    """
    found = tuple(dict.fromkeys(map(fact_named, names)))
    for a, b in combinations(found, 2):
        if closed(frozenset({a, b})).contradicts:
            raise DomainProblem(f"nothing can be both {word(a)} and {word(b)}")
    return found


def fact_named(name: str) -> Fact:
    """The fact with that word.

    Raises:
        NameProblem: there is none.
    """
    found = WORDS.get(name)
    if found is None:
        from difflib import get_close_matches  # loaded only when something is wrong

        name = str(name)  # a setting may be left out, as _
        near = get_close_matches(name, WORDS, 1)
        hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(WORDS)}."
        raise NameProblem(f"'{name[:40]}' is not a fact. {hint}")
    return found
