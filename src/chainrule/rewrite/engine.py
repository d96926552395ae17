"""Rewriting to a normal form, bottom-up, every application recorded.

Named nodes are quantities of their own: what a rule sees below them is their name.  Shared nodes
are rewritten once, without recursion, so that the cost is linear in the graph.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from chainrule.graph.node import Computation, Node, topological
from chainrule.graph.record import Record
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import Rule
from chainrule.rewrite.rules import LAYOUT

__all__ = ["Application", "Simplified", "replaced", "rewritten", "simplified"]


class Application(Record):
    """One use of a rule."""

    rule: Rule
    before: Node
    after: Node


class Simplified(Record):
    """Nodes in their normal form, and the rules that led to it, in the order they were used."""

    nodes: tuple[Node, ...]
    applications: tuple[Application, ...]


def simplified(
    outputs: Sequence[Node],
    rules: Iterable[Rule],
    knowledge: Knowledge,
    written: Collection[Node] = (),
) -> Simplified:
    """The outputs' normal forms.  What is `written` stands as it was written.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.notation.text import show
    >>> from chainrule.rewrite.rules import RULES
    >>> x = variable((3,))
    >>> found = simplified([x - (3 - x)], RULES, Knowledge())
    >>> show(found.nodes[0], {x: "x"}.get), [one.rule.name for one in found.applications]
    ('2 * x - 3', ['terms of a sum'])
    """
    engine = _Engine(rules, knowledge, written)
    nodes = tuple([engine.normal_form(output) for output in outputs])
    return Simplified(nodes, tuple(engine.applications))


class _Engine:
    def __init__(
        self, rules: Iterable[Rule], knowledge: Knowledge, written: Collection[Node]
    ) -> None:
        self.rules: Mapping[type[Computation], list[Rule]] = defaultdict(list)
        for rule in rules:
            for operation in rule.on:
                self.rules[operation].append(rule)
        self.knowledge = knowledge
        self.written = written
        self.normal: dict[Node, Node] = {}
        self.applications: list[Application] = []

    def normal_form(self, node: Node) -> Node:
        """The node's normal form; each node passes through here once."""
        waiting = [node]
        becomes: dict[Node, Node] = {}  # what a rule made of a node, until that one is normal
        while waiting:
            top = waiting[-1]
            if top in self.normal:
                waiting.pop()
                continue
            if top in becomes:
                self.normal[top] = self.normal[becomes[top]]
                continue
            if top.distinct or top in self.written:
                self.normal[top] = top
                continue
            missing = [lower for lower in top.inputs if lower not in self.normal]
            if missing:
                waiting.extend(missing)
                continue
            then = self._rebuilt(top)
            if then is top:
                then = self._step(top)
            circular = then in becomes and then not in self.normal
            if then is top or circular:  # nothing to do; a circle of rules ends here
                self.normal[top] = top
                continue
            becomes[top] = then
            waiting.append(then)
        return self.normal[node]

    def _rebuilt(self, node: Node) -> Node:
        inputs = tuple([self.normal[lower] for lower in node.inputs])
        return node if inputs == node.inputs else node.operation(*inputs)

    def _step(self, node: Node) -> Node:
        """The first rule that changes the node, applied."""
        for rule in self.rules.get(type(node.operation), ()):
            try:
                then = rule.rewrite(node, self.knowledge)
            except OverflowError:  # it comes to a number beyond their range
                continue
            if then is not None and then is not node:
                assert (then.shape, then.dtype) == (node.shape, node.dtype), rule.name
                self.applications.append(Application(rule, node, then))
                return then
        return node


def replaced(node: Node, new: Mapping[Node, Node]) -> Node:
    """The node with others in the place of some; named nodes are not looked into.

    >>> from chainrule.graph.node import variable
    >>> x, y = variable(()), variable(())
    >>> replaced(x * x + 1, {x: y}) is y * y + 1
    True
    """
    found: dict[Node, Node] = {}
    for lower in topological([node], lambda one: () if one in new or one.distinct else one.inputs):
        if lower in new:
            found[lower] = new[lower]
        else:
            inputs = tuple([found[one] for one in lower.inputs]) if not lower.distinct else ()
            same = lower.distinct or inputs == lower.inputs
            found[lower] = lower if same else lower.operation(*inputs)
    return found[node]


def rewritten(node: Node, applications: Iterable[Application]) -> list[tuple[Rule, Node]]:
    """The whole expression after each application that shows in it, with the rule.

    The engine rewrites an expression once, however often it comes up: where a later step brings
    one back, its rule is shown again.  What is laid out is not simplified again.
    """
    steps: list[tuple[Rule, Node]] = []
    simplifying: dict[Node, Application] = {}
    laying_out: dict[Node, Application] = {}
    size = len(_parts(node))
    for one in applications:
        known, most = (laying_out, 1) if one.rule in LAYOUT else (simplifying, size)
        known[one.before] = one
        left, times = dict(known), Counter[Node]()
        while (use := _first_in(node, left)) is not None:
            times[use.before] += 1
            if times[use.before] == most:  # a step may bring back what it rewrote: a + 0 + 0
                del left[use.before]
            node = replaced(node, {use.before: use.after})
            steps.append((use.rule, node))
    return steps


def _first_in(node: Node, applications: Mapping[Node, Application]) -> Application | None:
    """The application to the first part of the node that there is one for."""
    return next((applications[one] for one in _parts(node) if one in applications), None)


def _parts(node: Node) -> list[Node]:
    """What it is made of, down to what has a name; inputs first."""
    return topological([node], lambda one: () if one.distinct else one.inputs)
