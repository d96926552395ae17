"""What is known of a node: what was declared, given as numbers, guaranteed, and what follows.

Facts are about exact arithmetic, wherever a value exists: a softmax is positive even where its
floating-point value underflows to 0.

>>> from chainrule.graph.node import variable
>>> from chainrule.ops.elementary import exp
>>> x = variable((2,))
>>> given = Knowledge([Declaration(x, Fact.NEGATIVE, "x : negative")])
>>> given.holds(exp(x) - x, Fact.POSITIVE), given.holds(x, Fact.POSITIVE)
(True, False)
>>> given.holds(exp(x) + x, Fact.POSITIVE) is None, given.why(x, Fact.NONZERO)
(True, 'x : negative')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import numpy as np

from chainrule.errors import DomainProblem, ShapeError
from chainrule.graph.declaration import Declaration
from chainrule.graph.facts import (
    FACTORED,
    NOTHING,
    Fact,
    Known,
    check_shape,
    decide,
    known,
    refutation,
)
from chainrule.graph.node import Array, Constant, Node, topological
from chainrule.graph.record import Record
from chainrule.ops.assuming import Assumed, fact_named
from chainrule.ops.contract import Operation, lower_nodes
from chainrule.ops.naming import Same
from chainrule.rewrite.propagation import follows

__all__ = ["Declaration", "Knowledge"]

NONE_GIVEN: Mapping[Node, Array] = MappingProxyType({})
MOST_STEPS = 200  # back from a conclusion to what is given
MOST_SAID = 3  # of what is given, in one sentence
AFFORDABLE = 256  # rows of a matrix whose eigenvalues are looked at without being asked


class Source(Record):
    """Something that is known of a node, who says so, and from what it was concluded."""

    says: str
    known: Known
    premises: tuple[tuple[Node, Fact], ...] = ()


class Knowledge:
    """What is known of nodes; each node is looked at once, and a chain of any length is fine.

    Args:
        declared: what is stated of nodes.
        values: numbers that nodes are given; they are the truth about those nodes.
    """

    def __init__(
        self, declared: Iterable[Declaration] = (), values: Mapping[Node, Array] = NONE_GIVEN
    ) -> None:
        self.declared: dict[Node, list[Declaration]] = {}
        for declaration in declared:
            self.declared.setdefault(declaration.node, []).append(declaration)
        self._values = values
        self._known: dict[Node, Known] = {}
        self._checked: set[Node] = set()
        self._below: dict[Node, tuple[Node, ...]] = {}  # keeps the bodies of composites

    def holds(self, node: Node, fact: Fact) -> bool | None:
        """Whether the fact holds of the node: True, False, or None: not known."""
        return self._of(node).holds(fact)

    def knows(self, node: Node, fact: Fact) -> bool:
        """Whether the fact is known to hold."""
        return self._of(node).holds(fact) is True

    def why(self, node: Node, fact: Fact) -> str | None:
        """Who says that the fact holds, in words; None if it is not known to."""
        if not self.knows(node, fact):
            return None
        together: frozenset[Fact] = frozenset()
        said: list[str] = []
        for source in self._sources(node):
            if source.known.holds(fact):
                return self._in_full(source, fact)
            together |= source.known.true
            said.append(source.says)
            if known(together).holds(fact):
                break
        return " and ".join(said)

    def check(self, *outputs: Node) -> None:
        """Look for contradictions in what is declared, here and by `cr.assume` below the outputs.

        Raises:
            ShapeError: a fact about matrices is declared of something else.
            DomainProblem: declarations contradict each other, the given numbers, or what
                operations guarantee; the message names both.
        """
        for node in topological([*self.declared, *outputs], self._unchecked_inputs):
            if node in self._checked:
                continue
            self._checked.add(node)
            stated = [one.fact for one in self.declared.get(node, ())]
            for fact in stated:
                check_shape(fact, node.shape)
            if stated or isinstance(node.operation, Assumed):
                self._check(node)

    def _check(self, node: Node) -> None:
        """Raises `DomainProblem` where what is said of one node does not go together."""
        self._of(node)
        sources = list(self._sources(node, self._stated(node)))
        problems = [
            self._clash(node, earlier, later)
            for at, later in enumerate(sources)
            for earlier in sources[:at]
        ]
        found = next(filter(None, problems), "")
        together = frozenset[Fact]().union(*[source.known.true for source in sources])
        if not found and known(together).contradicts:
            found = f"{' and '.join(source.says for source in sources)} contradict each other"
        if found and node.size:
            raise DomainProblem(found)

    def _stated(self, node: Node) -> frozenset[Fact]:
        assumed = node.operation.stated if isinstance(node.operation, Assumed) else frozenset()
        return assumed.union(one.fact for one in self.declared.get(node, ()))

    def _of(self, node: Node) -> Known:
        found = self._known.get(node)
        if found is None:
            for lower in topological([node], self._unknown_inputs):
                if lower not in self._known:
                    self._known[lower] = self._together(lower)
            found = self._known[node]
        return found

    def _inputs(self, node: Node) -> tuple[Node, ...]:
        """What a node is computed from; of a composite its inputs and its body."""
        found = self._below.get(node)
        if found is None:
            found = tuple(dict.fromkeys((*node.inputs, *_body(node))))
            self._below[node] = found
        return found

    def _unchecked_inputs(self, node: Node) -> tuple[Node, ...]:
        return () if node in self._checked else self._inputs(node)

    def _unknown_inputs(self, node: Node) -> tuple[Node, ...]:
        return () if node in self._known or node in self._values else self._inputs(node)

    def _together(self, node: Node) -> Known:
        """All that the sources say; of those that contradict each other the first is believed."""
        found = NOTHING
        for source in self._own_sources(node):
            more = known(found.true | source.known.true, found.false | source.known.false)
            found = found if more.contradicts else more
        return found

    def _sources(self, node: Node, asked: frozenset[Fact] = frozenset()) -> Iterator[Source]:
        """Who says what of a quantity, under any of its names; first those that come first."""
        names = [node]
        while isinstance(names[-1].operation, Same):
            names += names[-1].inputs
        for one in reversed(names):
            yield from self._own_sources(one, asked)

    def _own_sources(self, node: Node, asked: frozenset[Fact] = frozenset()) -> Iterator[Source]:
        """Who says what of a node, those that cannot be wrong first."""
        value = self._value(node)
        if value is not None:
            yield Source("the given numbers", _decided(value, asked))
        if node not in self._values:
            yield from self._guaranteed(node)
        if isinstance(node.operation, Assumed):
            for name in node.operation.known:
                yield Source(f"the assumption {name}", known(frozenset({fact_named(name)})))
        for declaration in self.declared.get(node, ()):
            yield Source(declaration.where, known(frozenset({declaration.fact})))

    def _guaranteed(self, node: Node) -> Iterator[Source]:
        """What the operation says of its results, and what follows from its inputs."""
        operation = node.operation
        if isinstance(operation, Operation) and operation.facts:
            facts = "; ".join(fact.value for fact in Fact if fact in operation.facts)
            yield Source(f"what {operation.name} guarantees ({facts})", known(operation.facts))
        for body in self._inputs(node):
            if body not in node.inputs:
                found = self._of(body)
                premises = tuple([(body, fact) for fact in Fact if found.holds(fact) is not None])
                yield Source(f"what {operation.name} stands for", found, premises)
        premises_met: dict[tuple[Node, Fact], None] = {}

        def ask(lower: Node, fact: Fact) -> bool | None:
            answer = self.holds(lower, fact)
            if answer is not None:
                premises_met[lower, fact] = None
            return answer

        for reason, found in follows(node, ask):
            says = f"what {operation.name} does ({reason})"
            yield Source(says, known(found.true, found.false), tuple(premises_met))
            premises_met.clear()

    def _in_full(self, source: Source, fact: Fact) -> str:
        """Who says it, and who says that from which it was concluded."""
        said: dict[str, None] = {}
        steps = _premises(source, fact)
        for node, premise in steps:  # grows on the way, at most so far
            found = next(
                (one for one in self._sources(node) if one.known.holds(premise) is not None), None
            )
            if found is not None and not found.premises:
                said |= {} if isinstance(node.operation, Constant) else {found.says: None}
            elif found is not None and len(steps) < MOST_STEPS:
                steps += [step for step in _premises(found, premise) if step not in steps]
        given = " and ".join(list(said)[:MOST_SAID])
        return f"{source.says}, given {given}" if given else source.says

    def _clash(self, node: Node, earlier: Source, later: Source) -> str:
        """How two sources contradict each other, naming both; "" if they do not."""
        true, false = earlier.known.true | later.known.true, earlier.known.false | later.known.false
        if not known(true, false).contradicts:
            return ""
        wrong = [fact for fact in Fact if fact in later.known.true & earlier.known.false]
        value = self._value(node)
        if not wrong:
            return f"{later.says} contradicts {earlier.says}"
        shown = "" if value is None else refutation(wrong[0], value)
        against = self._in_full(earlier, wrong[0])
        return f"{later.says} contradicts {against}{': ' if shown else ''}{shown}"

    def _value(self, node: Node) -> Array | None:
        if node in self._values:
            return np.asarray(self._values[node])
        return node.operation.value if isinstance(node.operation, Constant) else None


def _decided(value: Array, asked: frozenset[Fact]) -> Known:
    """What holds of numbers; what takes a factorization only of small matrices, or if asked."""
    large = value.ndim >= 2 and value.shape[-1] > AFFORDABLE
    facts = [fact for fact in Fact if not large or fact not in FACTORED or fact in asked]
    true = frozenset(fact for fact in facts if decide(fact, value))
    return Known(true, frozenset(facts) - true)


def _body(node: Node) -> tuple[Node, ...]:
    """What a node stands for; nothing where that depends on sizes that are not known."""
    try:
        return lower_nodes(node)
    except ShapeError:
        return ()


def _premises(source: Source, fact: Fact) -> list[tuple[Node, Fact]]:
    """What a fact was concluded from: the same fact of other nodes, or all that was asked."""
    same = [premise for premise in source.premises if premise[1] is fact]
    return same or list(source.premises)
